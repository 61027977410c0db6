-- Mails are counted by sender and program: without both in one index each mail of a new sender walked over all mails of its
-- program.
drop index mail_sender;
create index mail_sender on mail_seen (sender, program, at);
