create table journal (
  stream {text} not null,
  seq {int} not null,
  at {int} not null,
  kind {text} not null,
  actor {text} not null,
  body {bytes} not null,
  person {text},
  person_body {bytes},
  prev {bytes} not null,
  hash {bytes} not null,
  primary key (stream, seq)
){table};

create table case_row (
  id {text} not null primary key,
  program {text} not null,
  policy_version {int} not null,
  state {text} not null,
  open {int} not null,
  severity {int},
  assignee {text},
  opened_at {int} not null,
  updated_at {int} not null,
  due_at {int} not null,
  due_state {text},
  due_name {text},
  wake_at {int},
  card {bytes} not null,
  waiting_on {text},
  head_seq {int} not null,
  head_hash {bytes} not null
){table};
create index case_queue on case_row (program, open, due_at, id);
create index case_state on case_row (program, state, due_at, id);
create index case_assignee on case_row (assignee, open, due_at, id) where assignee is not null;
create index case_wake on case_row (wake_at, id) where wake_at is not null;

create table case_count (
  program {text} not null,
  state {text} not null,
  n {int} not null,
  primary key (program, state)
){keyed};

create table receipt (
  hash {bytes} not null primary key,
  stream {text} not null,
  report {int} not null
){keyed};

create table idempotency (
  key {bytes} not null primary key,
  body {bytes} not null,
  answer {bytes} not null,
  at {int} not null
){table};
create index idempotency_at on idempotency (at);

create table outbox (
  id {text} not null primary key,
  stream {text} not null,
  seq {int} not null,
  kind {text} not null,
  recipient {text} not null,
  state {text} not null,
  attempts {int} not null,
  next_at {int} not null,
  created_at {int} not null,
  done_at {int},
  error {text}
){keyed};
create index outbox_waiting on outbox (next_at, id) where state = 'waiting';
create index outbox_order on outbox (stream, recipient, seq) where state = 'waiting';
create index outbox_failed on outbox (created_at, id) where state = 'failed';

create table program (
  slug {text} not null,
  version {int} not null,
  at {int} not null,
  source {text} not null,
  hash {bytes} not null,
  primary key (slug, version)
){table};

create table member (
  id {text} not null primary key,
  lookup {bytes} not null unique,
  sealed {bytes} not null,
  password {text},
  totp {bytes},
  totp_step {int} not null,
  disabled {int} not null,
  created_at {int} not null
){table};

create table role (
  member {text} not null,
  program {text} not null,
  role {text} not null,
  primary key (member, program, role)
){keyed};

create table recovery (
  member {text} not null,
  hash {bytes} not null,
  used_at {int},
  primary key (member, hash)
){keyed};

create table session (
  hash {bytes} not null primary key,
  member {text} not null,
  created_at {int} not null,
  seen_at {int} not null,
  fresh_at {int} not null,
  expires_at {int} not null,
  label {text} not null
){keyed};
create index session_member on session (member);
create index session_expiry on session (expires_at);

create table invite (
  hash {bytes} not null primary key,
  member {text},
  kind {text} not null,
  expires_at {int} not null,
  used_at {int}
){keyed};

create table token (
  hash {bytes} not null primary key,
  id {text} not null unique,
  member {text} not null,
  scopes {text} not null,
  label {text} not null,
  created_at {int} not null,
  expires_at {int},
  used_at {int},
  revoked {int} not null
){table};
create index token_member on token (member);

create table blob (
  id {text} not null primary key,
  stream {text} not null,
  size {int} not null,
  hash {bytes} not null,
  at {int} not null
){keyed};
create index blob_stream on blob (stream);

create table advisory (
  id {text} not null primary key,
  program {text} not null,
  stream {text} not null,
  published_at {int} not null,
  modified_at {int} not null,
  record {text} not null
){table};
create index advisory_program on advisory (program, published_at, id);
create index advisory_modified on advisory (modified_at, id);

create table public_id (
  program {text} not null,
  year {int} not null,
  n {int} not null,
  primary key (program, year)
){keyed};

create table setting (
  name {text} not null primary key,
  value {bytes} not null
){keyed};
