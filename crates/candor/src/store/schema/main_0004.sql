create table step (
  id {text} not null primary key,
  stream {text} not null,
  advisory {text} not null,
  revision {int} not null,
  kind {text} not null,
  target {text} not null,
  state {text} not null,
  attempts {int} not null,
  next_at {int} not null,
  created_at {int} not null,
  done_at {int},
  detail {text}
){keyed};
create index step_waiting on step (next_at, id) where state = 'waiting';
create index step_stream on step (stream, revision, kind);

create table subscription (
  id {text} not null primary key,
  program {text} not null,
  state {text} not null,
  product {text} not null,
  branch {text} not null,
  severity {text} not null,
  address {bytes} not null,
  lookup {bytes} not null,
  created_at {int} not null,
  confirmed_at {int}
){keyed};
create unique index subscription_once on subscription (lookup);
create index subscription_program on subscription (program, state, id);

create table hook (
  id {text} not null primary key,
  program {text} not null,
  state {text} not null,
  host {text} not null,
  sealed {bytes} not null,
  fingerprint {text} not null,
  asked_by {text} not null,
  confirmed_by {text},
  created_at {int} not null,
  changed_at {int} not null
){keyed};

create table cve_number (
  id {text} not null primary key,
  program {text} not null,
  stream {text},
  state {text} not null,
  reserved_at {int} not null,
  changed_at {int} not null,
  detail {text}
){keyed};

create index advisory_stream on advisory (stream);
create index hook_program on hook (program, created_at, id);
create index cve_number_program on cve_number (program, id);
create index cve_number_stream on cve_number (stream, id) where stream is not null;
