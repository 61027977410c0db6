create table ring (
  id {text} not null primary key,
  wrapped {bytes} not null,
  root {text} not null,
  at {int} not null
){keyed};
