//! Any advisory without problems prints to valid documents.
