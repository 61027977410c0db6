create table waiting (
  id {text} not null primary key,
  at {int} not null,
  body {bytes} not null,
  sealed {bytes} not null
){keyed};

create table proof (
  stream {text} not null,
  report {int} not null,
  statement {text} not null,
  primary key (stream, report)
){keyed};

create table anchor (
  number {int} not null primary key,
  body {text} not null,
  cut {text} not null
){table};

create table anchored (
  stream {text} not null primary key,
  seq {int} not null
){keyed};

create table anchor_sent (
  place {text} not null primary key,
  number {int} not null
){keyed};
