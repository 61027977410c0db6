create table public_decision (
  stream {text} not null,
  package {text} not null,
  program {text} not null,
  at {int} not null,
  vulnerability {text} not null,
  justification {text} not null,
  primary key (stream, package)
){keyed};

create index public_decision_program on public_decision (program, at desc, stream, package);
