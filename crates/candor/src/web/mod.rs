//! The door of pages: a form or a click comes in, `execute` is asked, a page goes out. No page decides anything.

pub mod server; // sockets in, requests out
pub mod headers; // what every answer carries
pub mod guard; // before any page: where from, and whether another site sent it
pub mod session; // who asks: member, receipt holder, a form we made
pub mod errors; // what is said when there is no page
pub mod fields; // what a form sent: every field once
pub mod forms; // what a browser sent: fields once, files sealed
pub mod page; // from a filled view to an answer
pub mod views; // what the pages show, as plain data, and their templates
pub mod clocks; // clocks in words, for both sides
pub mod markdown; // Markdown to HTML that cannot do anything
pub mod advisory; // a published record as a page shows it
pub mod api_docs; // the API as a page
pub mod public; // stylesheet, script, icon
pub mod static_tree; // programs, policies, advisories: the public tree's files
pub mod report; // the form of a policy
pub mod receipt; // the page behind a receipt
pub mod subscribe; // advisories by mail
pub mod party; // the page of an outside party
pub mod signin; // signing in and out, first set-up, invitations, the second factor anew
pub mod desk; // the team's side
pub mod hooks; // who is called when something is published
pub mod letters; // the words of letters, with a preview
pub mod openpgp_keys; // the OpenPGP keys of programs
pub mod own_key; // and the one of a member
pub mod oidc; // signing in with an account elsewhere
pub mod passkeys; // signing in with a key of one's own device
pub mod settings; // programs, people, tokens, sessions, letters on their way
pub mod demo_mail; // letters that a demonstration would have sent
pub mod ops; // is it alive, is it ready, how does it do

use crate::app::App;
use axum::Router;
use axum::middleware::from_fn_with_state;

/// Every page this process serves.
pub fn router(app: &App) -> Router<App> {
    let mut router = public::routes();
    if app.config.roles.public {
        router = router.merge(report::routes()).merge(receipt::routes(app)).merge(party::routes());
        router = router.merge(subscribe::routes());
    }
    if app.config.roles.desk {
        router = router
            .merge(signin::routes())
            .merge(desk::routes())
            .merge(settings::routes())
            .merge(hooks::routes())
            .merge(openpgp_keys::routes())
            .merge(own_key::routes())
            .merge(letters::routes())
            .merge(passkeys::routes())
            .merge(oidc::routes());
    }
    if app.config.demo {
        router = router.merge(demo_mail::routes());
    }
    // What people run this with has no forms.
    router.layer(from_fn_with_state(app.clone(), guard::same_origin)).merge(ops::routes())
}

/// Puts around all doors what holds for every answer: the public tree behind them, 404 and 405, headers.
pub fn finish(app: &App, doors: Router<App>) -> Router {
    let reached = headers::Reached {
        https: app.config.base_url.starts_with("https://"),
        onion: app.config.onion.as_deref().map(Into::into),
    };
    doors
        .fallback(static_tree::serve)
        .method_not_allowed_fallback(errors::wrong_method)
        .with_state(app.clone())
        .layer(from_fn_with_state(reached, headers::dress))
}
