//! What follows a publication outside the public tree: mails to subscribers, calls to hooks, the record at the CVE
//! program. Each is a step that is asked for in the publication's transaction, done once, and seen on the case.

pub mod egress; // where calls may go, and how they are made
pub mod subscriptions; // who asked to hear of advisories
pub mod hooks; // who is called
pub mod steps; // what is to be done, and what came of it
pub mod cve; // numbers and records at the CVE program
pub mod cve_unused; // reserved numbers that nobody uses
pub mod cve_requests; // numbers that somebody else is asked for
