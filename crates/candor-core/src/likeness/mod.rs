//! Which reports are about the same, and which match a question: an index in memory, asked by search and by the list of
//! likely duplicates.
//!
//! What an asker may not see takes no part: it is left out before anything is matched, counted or weighed, so neither a
//! score nor a count depends on it. The words of a report are kept as numbers of a vocabulary, and nothing here touches
//! a disk.

mod ask; // a question in the words of the search box
mod common; // words that people use whatever a report is about
mod hash; // numbers for words, without chance
mod index; // the index itself: what is in it, and the walk over it
mod products; // names of products, by the versions behind them
mod search; // a question answered: matched, counted, ranked
mod similar; // what is like a given report, with the reasons
mod words; // text to words

pub use ask::{Field, Filter, Question, Word};
pub use index::{Entry, Index, View};
pub use search::{Answer, Hit};
pub use similar::{Key, KeyKind, Likely, Reason, keys_of};
pub use words::{TEXT_LIMIT, template, words};
