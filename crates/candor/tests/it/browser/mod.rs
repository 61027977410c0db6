//! The main job in a real Chromium against the real program: a private report becomes a public advisory.

#![allow(clippy::disallowed_methods, reason = "the program runs as a process of its own, on the system's clock")]
#![allow(clippy::print_stderr)] // what is left out is said aloud

mod ends; // other verdicts, withdrawal, two at once
mod house; // the service as a process
mod manage; // the words of letters, and sign-in services
mod look; // pictures of pages, and axe
mod markup; // what reporters type stays text
mod passkey; // a passkey with an authenticator of the browser
mod sealed; // a report that is encrypted in the browser
mod person; // somebody before a browser
mod story; // the steps of the story
mod walk; // keystrokes and pages of triage, counted
mod team; // members: joining, and the acts of a case

use crate::support::postgres::Server;
use house::House;
use look::Artist;
use person::Chromium;

/// Tells the whole story once.
async fn told(house: House, script: bool, artist: Artist) {
    let Some(chromium) = Chromium::start(script, artist).await else { return };
    story::tell(&house, &chromium).await;
    chromium.close().await;
    let log = house.close().await;
    story::kept_secret(&log);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_report_becomes_a_public_advisory_with_script_on_sqlite() {
    told(House::open(None).await, true, Artist::sighted(true)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_report_becomes_a_public_advisory_without_script_on_sqlite() {
    told(House::open(None).await, false, Artist::sighted(false)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_report_becomes_a_public_advisory_on_postgres() {
    let Some(server) = Server::start() else { return };
    for (name, script) in [("with_script", true), ("without_script", false)] {
        told(House::open(Some((server.clone(), name))).await, script, Artist::blind()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_m5b_triage_takes_few_keystrokes_and_pages() {
    let house = House::open(None).await;
    let Some(chromium) = Chromium::start(true, Artist::sighted(true)).await else { return };
    walk::tell(&house, &chromium).await;
    chromium.close().await;
    drop(house.close().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_other_end_of_a_report() {
    for (script, artist) in [(true, Artist::sighted(true)), (false, Artist::sighted(false))] {
        let house = House::open(None).await;
        let Some(chromium) = Chromium::start(script, artist).await else { return };
        ends::tell(&house, &chromium).await;
        chromium.close().await;
        drop(house.close().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_is_made_signs_in_and_proves_anew() {
    let house = House::open_at("localhost").await;
    let Some(chromium) = Chromium::start(true, Artist::sighted(true)).await else { return };
    passkey::tell(&house, &chromium).await;
    chromium.close().await;
    drop(house.close().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_words_its_letters_and_a_broken_text_comes_back_with_its_place() {
    for (script, artist) in [(true, Artist::sighted(true)), (false, Artist::sighted(false))] {
        let house = House::open(None).await;
        let Some(chromium) = Chromium::start(script, artist).await else { return };
        manage::words_of_letters(&house, &chromium).await;
        chromium.close().await;
        drop(house.close().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_service_is_added_stands_on_the_page_to_sign_in_and_goes_again() {
    for (script, artist) in [(true, Artist::sighted(true)), (false, Artist::sighted(false))] {
        let house = House::open(None).await;
        let Some(chromium) = Chromium::start(script, artist).await else { return };
        manage::sign_in_services(&house, &chromium).await;
        chromium.close().await;
        drop(house.close().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_k2_a_report_is_sealed_in_the_browser_and_opened_by_gnupg_and_never_sent_in_the_clear() {
    let house = House::open(None).await;
    let Some(chromium) = Chromium::start(true, Artist::sighted(true)).await else { return };
    sealed::tell(&house, &chromium).await;
    chromium.close().await;
    drop(house.close().await);
}
