//! The only writer of a [`Case`]: what an event means for it.
