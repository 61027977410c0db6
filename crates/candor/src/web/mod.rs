//! The web door: public pages, the reporter's pages, the desk.

pub mod errors; // what is said when there is no page
pub mod fields; // what a form sent: every field once
pub mod guard; // before any page: where from, and whether another site sent it
pub mod page; // from a filled view to an answer
pub mod session; // who asks: member, receipt holder, a form we made
pub mod signin; // signing in and out, first set-up, invitations, the second factor anew
pub mod forms; // what a browser sent: fields once, files sealed
pub mod clocks; // clocks in words, for both sides
pub mod advisory; // a published record as a page shows it
pub mod desk; // the team's side
pub mod views; // what the pages show, as plain data, and their templates
