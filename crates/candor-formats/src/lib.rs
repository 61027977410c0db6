//! The standards of vulnerability disclosure as a library.

pub mod advisory;
pub mod cvss;
