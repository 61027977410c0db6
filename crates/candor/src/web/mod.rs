//! The web door: public pages, the reporter's pages, the desk.

pub mod views; // what the pages show, as plain data, and their templates
