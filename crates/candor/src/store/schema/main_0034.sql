-- Small sealed files that came together with what names them: written in the same transaction, so that nothing else has to be
-- flushed before the sender is answered. Larger ones lie in the folder or the bucket.
create table small_file (
  id {text} not null primary key,
  sealed {bytes} not null
){keyed};
