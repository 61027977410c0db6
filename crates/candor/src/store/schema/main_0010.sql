create table passkey (
  id {text} not null primary key,
  member {text} not null,
  sealed {bytes} not null,
  label {text} not null,
  created_at {int} not null,
  used_at {int}
){keyed};
create index passkey_member on passkey (member, created_at, id);
