create table mail_task (
  file {text} not null primary key,
  stream {text} not null,
  act {text} not null,
  envelope {bytes} not null,
  at {int} not null,
  next_at {int} not null,
  tries {int} not null
){keyed};

create table mail_reply (
  hash {bytes} not null primary key,
  stream {text} not null,
  member {text} not null,
  act {text} not null
){keyed};

create index mail_task_next on mail_task (next_at, file);
