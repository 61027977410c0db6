//! The domain of coordinated vulnerability disclosure: what a case is, what may be asked of it,
//! and what then happens. Nothing here reads a clock, a disk or a socket; those facts arrive as arguments.

pub mod id; // names of things: cases, members, persons, programs
pub mod case; // the noun: one root cause, its reports, and all that became of it
pub mod event; // everything that can have happened to a case
mod lists; // closed lists of words that events carry
mod parts; // what events carry: a report's words, a contact, a file, a verdict
pub mod command; // everything a person, a letter or a clock may ask
pub mod refusal; // why the answer was no, in words fit to show
pub mod policy; // the promises a team has made, as data: parsed, checked, rendered
pub mod promises; // clocks, derived: when each promise falls due, and why
mod pauses; // and when they stand still
mod silence; // the reporter does not answer: reminders, and the end of the wait
pub mod versions; // whether a version is supported, and what to upgrade to
pub mod scope; // what a report may be about, by the policy's clauses
pub mod sources; // whether the code that a report names is there
pub mod evidence; // what a report holds, what it lacks, and what speaks for the output of a tool
pub mod likeness; // which reports are about the same, and which match a question
pub mod gates; // what must be on record before a step
pub mod standing; // who is on a case: put on it, by a rule of the policy, or until somebody is
pub mod access; // who may ask it: the only maker of an `Allowed` command
pub mod decide; // the one door: (case, allowed command, policy, facts) -> events
pub mod evolve; // the only writer of a `Case`: what an event means for it
pub mod intake; // then the chapters of a case's life, in order: a report comes in
pub mod protected; // what came encrypted is for the team
pub mod dialogue; // questions, answers, notes
pub mod origin; // who really sent a mail, as far as mail can tell
pub mod triage; // verification, verdict, weakness
pub mod rating; // how bad it is
pub mod cluster; // several reports of one problem, several problems in one report
pub mod appeals; // second thoughts about a verdict
pub mod replies; // letters of the reply library, filled in
pub mod planning; // effort, and when a problem is mended
pub mod checklists; // what the policy wants looked at, item by item
pub mod remediation; // fixes, decisions per version, the audit for similar problems
mod drafting; // the draft of an advisory, as it is taken in
pub mod timeline; // the public timeline: drafted from the journal, chosen by a member
pub mod disclosure; // embargo, advisory, approval, publication, credit
pub mod comments; // what members say of sections of a draft
pub mod duties; // what is owed to others than the reporter: awareness, submissions, drafts of what is asked for
pub mod parties; // maintainers of other projects, vendors, researchers: each with their own cut of a case
pub mod marks; // whose copy a text is that turns up elsewhere
pub mod schedule; // steps before and after a publication, and who is told
pub mod conditions; // what reporters agree to, and a breach of it
pub mod scrub; // what should not become public, word by word
pub mod closed; // reports without an advisory that become public
pub mod record; // promises kept and reports by outcome, as figures that name nobody
pub mod moved; // a case moves to a newer version of its policy
mod dates; // promised dates that move, and who knew the old ones
pub mod notices; // who is told what after an event
pub mod forecast; // months drawn from a seed: which promises would break
