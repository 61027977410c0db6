create table finding (
  key {bytes} not null primary key,
  program {text} not null,
  stream {text} not null,
  at {int} not null
){keyed};
create index finding_stream on finding (stream);
