-- Cases with an advisory that is not for everybody, and under which label. What it says lies sealed in the journal.
create table restricted_advisory (
  stream {text} not null primary key,
  program {text} not null,
  label {text} not null,
  modified_at {int} not null
){keyed};
create index restricted_advisory_program on restricted_advisory (program, label, modified_at desc, stream);
