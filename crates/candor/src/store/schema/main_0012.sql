create table cve_request (
  id {text} not null primary key,
  program {text} not null,
  stream {text} not null,
  asked_by {text} not null,
  asked_at {int} not null,
  remind_at {int} not null,
  state {text} not null,
  closed_at {int},
  number {text}
){keyed};
create index cve_request_stream on cve_request (stream, asked_at, id);
create index cve_request_late on cve_request (remind_at, id) where state = 'open';
