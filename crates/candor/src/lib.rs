//! The shell around the pure core: keys, store, doors and the one binary's parts.
//! Modules stand in the order of the floors; none imports one further down the list.

pub mod config; // what the operator chose
pub mod coding; // bytes as letters and back
pub mod store; // rows, batches, journals: the only place that speaks SQL
pub mod keys; // root key, key ring, sealing
pub mod openpgp; // certificates, signatures, encryption: functions over bytes
pub mod error; // what a request can meet besides success
pub mod confine; // processes that hold nothing take foreign bytes apart
pub mod proof; // what was reported and when, signed
pub mod throttle; // slows down whoever asks too often
pub mod app; // what every door shares: store, keys, policies, clock
pub mod execute; // the one way in: load, allow, decide, append
pub mod letters; // letters in a program's own words
pub mod accounts; // people of the team, and how they prove who they are
pub mod program_keys; // the OpenPGP key of a program
pub mod watch; // what Candor sees of itself: held advisories, failed channels, figures
pub mod follow; // what follows a publication: subscribers, hooks, the CVE program
pub mod anchors; // signed heads of the journals, kept elsewhere
pub mod oidc; // signing in with an account elsewhere
pub mod search; // cases by their words, and which are alike
pub mod web; // pages: public, reporter, desk
pub mod api; // the JSON API
pub mod mail; // letters that leave
pub mod publish; // the public tree
pub mod worker; // clocks, letters and pages, without anyone asking
pub mod demo; // a team, programs and cases to look at
pub mod split; // one service as several processes: door, front, desk
pub mod serve; // the service: store, doors and worker in one process
pub mod cli; // the command line
