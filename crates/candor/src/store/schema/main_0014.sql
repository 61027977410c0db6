create table provider (
  name {text} not null primary key,
  sealed {bytes} not null,
  created_at {int} not null
){keyed};
create table identity (
  id {text} not null primary key,
  member {text} not null,
  provider {text} not null,
  created_at {int} not null,
  used_at {int}
){keyed};
create index identity_member on identity (member, created_at, id);
