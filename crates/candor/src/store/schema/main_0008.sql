create table openpgp_key (
  program {text} not null,
  fingerprint {text} not null,
  certificate {bytes} not null,
  secret {bytes} not null,
  how {text} not null,
  made_at {int} not null,
  made_by {text} not null,
  retired_at {int},
  retired_by {text},
  primary key (program, fingerprint)
){keyed};
