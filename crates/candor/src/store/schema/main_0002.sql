create table mail_seen (
  key {bytes} not null primary key,
  program {text} not null,
  sender {bytes} not null,
  stream {text} not null,
  at {int} not null,
  answered_at {int}
){keyed};
create index mail_sender on mail_seen (sender, at);
create index mail_program on mail_seen (program, at);
create index mail_answered on mail_seen (sender, answered_at) where answered_at is not null;
