//! One advisory, printed in every format and looked at closely.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

mod example; // the advisory the tests print
mod hostile; // nothing that comes from outside stops the program
mod faults; // each fault of a record, in the words its editor reads
mod printed; // what the documents say
mod widened; // commits, thanks, marks, withdrawal and dispute in every format that has a place for them
mod several; // documents about more than one vulnerability
