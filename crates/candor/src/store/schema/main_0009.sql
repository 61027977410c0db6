-- To whom each case is open, in words between spaces. `?` until it is worked out from the journal.
alter table case_row add column grants {text} not null default '?';
