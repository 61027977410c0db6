-- What the devices of members were asked, until they answer: sealed, found by a hash of a name that only the asking browser has.
create table passkey_challenge (
  name {bytes} not null primary key,
  at {int} not null,
  sealed {bytes} not null
){keyed};
create index passkey_challenge_at on passkey_challenge (at);
-- Which cases a member opened of late, and since when. Swept after minutes.
create table look (
  member {text} not null,
  stream {text} not null,
  at {int} not null,
  primary key (member, stream)
){keyed};
create index look_at on look (at);
-- One row per member who opens cases. `turn` is written with each look, so that looks of one member are counted one after the
-- other; `told` is when others were told last of a budget that was spent, 0 for never.
create table looker (
  member {text} not null primary key,
  turn {int} not null,
  told {int} not null
){keyed};
