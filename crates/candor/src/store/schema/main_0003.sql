create table closed_report (
  stream {text} not null primary key,
  program {text} not null,
  at {int} not null,
  title {text} not null,
  text {text} not null
){keyed};

create table figures (
  program {text} not null primary key,
  at {int} not null,
  body {text} not null
){keyed};

create table probe (
  id {text} not null primary key,
  program {text} not null,
  channel {text} not null,
  state {text} not null,
  since {int} not null,
  checked_at {int} not null,
  detail {text} not null
){keyed};

create index journal_breaches on journal (at, stream, seq) where kind = 'promise-broken';
create index outbox_settled on outbox (done_at, id) where done_at is not null;
