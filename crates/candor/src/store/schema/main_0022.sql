-- Mails are counted by sender and program: without both in one index each mail of a new sender walked over all mails of its
-- program.
drop index mail_sender;
create index mail_sender on mail_seen (sender, program, at);
-- Public texts of a program are listed for the form, newest first.
create index closed_report_program on closed_report (program, at desc, stream);
