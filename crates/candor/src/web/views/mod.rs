//! What the pages show, as plain data: one struct per page, each beside its template under `templates/`.
//!
//! A view knows no store, no clock and no case. A handler fills it from what it may show and renders it, so
//! every page can be drawn with sample data alone (`cargo run -p candor --example preview`).

pub mod account; // sign-in, first set-up, invitation
pub mod assets; // stylesheet, script and icon, with their hashes
pub mod case; // the case page, its acts, the advisory editor, the check page
pub mod cluster; // what hangs together with a case
pub mod desk; // queue, settings, metrics, letters of the demo
pub mod fmt; // words for sizes, states, severities and spans of time
pub mod hooks; // who is called when something is published
pub mod letters; // the words of letters
pub mod oidc; // accounts at other services
pub mod openpgp_keys; // the OpenPGP keys of programs
pub mod parts; // what pages are made of: shell, fields, times, problems
pub mod party; // the page of an outside party
pub mod preview; // what a file says
pub mod publication; // schedule, release notes, broken conditions
pub mod public; // programs, policy, advisories, API description, errors
pub mod record; // promises kept, closed reports, thanks
pub mod report; // the form, the receipt, the reporter's own page
pub mod search; // search, and what a report holds
pub mod verdict; // the verdict on one case, one verdict on many
pub mod watch; // channels, broken promises

pub use parts::{
    Act, Choice, ClockView, Control, Field, FileView, Group, Link, Notice, Paging, Problem, Row, SafeHtml,
    SeverityView, Shell, StateView, TimeView,
};
