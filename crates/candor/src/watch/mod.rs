//! What Candor sees of itself: advisories held back, channels that fail, figures of promises kept. Written by the worker
//! and the public tree, read by the pages.

pub mod feeds; // files that say what is exploited
pub mod figures; // promises kept and reports by outcome, counted now and then
pub mod held; // advisories that are kept out of the public tree
pub mod mail_way; // by which server letters leave, and since when
pub mod published; // what is public, read once and kept until it changes
pub mod probes; // how the channels of each program stand
pub mod round_trip; // a letter to the program's own address, looked for when it comes in
