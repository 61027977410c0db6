-- How many letters went to an address of which nobody has said that it is theirs: a keyed hash, the beginning of the hour
-- that is counted, and the count. No address is here.
create table written_to (
  address {bytes} not null primary key,
  since {int} not null,
  letters {int} not null
){keyed};
create index written_to_since on written_to (since);
