//! The shapes of the API. They mirror the core's types, which never leave the house themselves.

#[macro_use]
mod mirror;

pub mod instant; // a point in time
pub mod words; // states, severities, kinds: the closed lists
pub mod people; // who is who
pub mod report; // a report on its way in, and its receipt
pub mod choices; // rows that a command brings several of
pub mod command; // everything a member may ask of a case
pub mod entry; // everything that can have happened to one
pub mod party; // what passes between the team and an outside party
pub mod outcome; // how it ended
pub mod gate; // what the gates of the policy hold back
pub mod plan; // hints of the policy, effort, and when it is mended
pub mod clock; // promises with their dates
pub mod case; // a case as the team sees it, and the queue
pub mod search; // search, likely duplicates, what a report holds
pub mod receipt; // a case as its reporter sees it
pub mod schedule; // steps of a publication, broken conditions, texts about closed reports
pub mod program; // a program and its policy
pub mod advisory; // what has been published
