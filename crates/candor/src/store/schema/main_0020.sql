-- The page of a receipt as its reporter may see it, sealed to a key that only the receipt gives. `stale` counts what changed
-- since it was sealed.
create table receipt_view (
  locator {bytes} not null primary key,
  stream {text} not null,
  report {int} not null,
  public_key {bytes} not null,
  at {int} not null,
  stale {int} not null,
  sealed {bytes} not null
){keyed};
create index receipt_view_stream on receipt_view (stream);
create index receipt_view_stale on receipt_view (at, locator) where stale > 0;
-- Sign-ins that are under way at a service elsewhere, so that any process can end what another began. Sealed; found by a hash
-- of what the service gives back.
create table sign_in_flow (
  state {bytes} not null primary key,
  at {int} not null,
  sealed {bytes} not null
){keyed};
create index sign_in_flow_at on sign_in_flow (at);
