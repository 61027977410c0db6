//! Who really sent a mail is worked out after it is durable, shown in words, and grants nothing.

use crate::letters::{POLICY, at};
use crate::mail_in::{ADA, comes, filed, look, mail, posts, secret};
use crate::support::binary::candor;
use crate::support::dns::{Dns, Signing};
use crate::support::places::Place;
use candor::app::App;
use candor::config::MailDns;
use candor::mail::dkim::{self, DkimKey};
use candor::mail::origin::Checker;
use candor::mail::receive::Outcome;
use candor::worker;
use candor_core::case::Case;
use candor_core::event::Event;
use candor_core::origin::{Check, Origin};
use std::net::SocketAddr;

const RELAY: &str = "mx.example.org";

async fn begin(dns: SocketAddr) -> (Place, App) {
    let place = Place::sqlite().await;
    let app = place
        .app_with(&[POLICY], |config| {
            config.mail_dns = MailDns::Server(dns);
            config.mail_relays = vec![RELAY.into()];
        })
        .await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    (place, app)
}

/// The mail as it comes from a server of ours, which took it from this address.
fn through(address: &str, raw: &[u8]) -> Vec<u8> {
    let line = format!(
        "Received: from out.outside.example (out.outside.example [{address}])\r\n\tby {RELAY} (Postfix) with ESMTPS id 4XY;\r\n\tMon, 2 Mar 2026 09:00:00 +0000\r\n"
    );
    [line.as_bytes(), raw].concat()
}

fn found(case: &Case) -> Vec<&Origin> {
    let checked = case.history.iter().filter_map(|entry| match &entry.what {
        Event::MailChecked { origin, .. } => Some(&**origin),
        _ => None,
    });
    checked.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sent_a_mail_is_worked_out_and_not_believed_from_its_headers() {
    let dns = Dns::begin(&[]).await;
    let ada = Signing::publish(&dns, "outside.example", "192.0.2.7");
    let (_place, app) = begin(dns.at).await;

    let honest = through("192.0.2.7", &ada.sign(&mail(ADA, "Overflow", "", "It overflows.")));
    let honest = filed(&app, honest).await;
    let believed = "Authentication-Results: mx.example.org; spf=pass; dkim=pass; dmarc=pass\r\nX-Spam-Status: No\r\n";
    let forged = filed(&app, through("198.51.100.9", &mail(ADA, "Forged", believed, "Trust me."))).await;
    let changed = String::from_utf8(ada.sign(&mail(ADA, "Changed", "", "Pay 1."))).expect("text");
    let changed = filed(&app, through("198.51.100.9", changed.replace("Pay 1", "Pay 9").as_bytes())).await;
    let direct = filed(&app, mail("bob@plain.example", "Direct", "", "No relay wrote of it.")).await;
    assert!(found(&look(&app, &honest).await).is_empty(), "nothing waited for the DNS");

    assert_eq!(worker::check_once(&app).await.expect("they are looked at"), 4);
    assert_eq!(worker::check_once(&app).await.expect("once each"), 0);

    let case = look(&app, &honest).await;
    let origin = found(&case)[0];
    assert_eq!((origin.spf.result, origin.dmarc, origin.signed_by_sender), (Check::Pass, Check::Pass, true));
    assert_eq!(
        origin.dkim.iter().map(|it| (it.result, it.domain.as_str())).collect::<Vec<_>>(),
        [(Check::Pass, "outside.example")]
    );
    assert_eq!(origin.summary(), "outside.example signed it. Who wrote it within outside.example is not proven.");

    let case = look(&app, &forged).await;
    let origin = found(&case)[0];
    assert_eq!((origin.spf.result, origin.dmarc, origin.dkim.len()), (Check::Fail, Check::Fail, 0));
    assert!(origin.summary().starts_with("It is not from outside.example"), "{}", origin.summary());
    let case = look(&app, &changed).await;
    assert_eq!((found(&case)[0].dkim[0].result, found(&case)[0].dmarc), (Check::Fail, Check::Fail));
    let case = look(&app, &direct).await;
    assert_eq!((found(&case)[0].spf.result, found(&case)[0].dmarc), (Check::Unknown, Check::None));
    assert!(case.reports.len() == 1 && case.assignee.is_none(), "it grants nothing");
    assert!(found(&case).iter().all(|_| !case.history.last().expect("it").what.is_shown_to_reporter()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e1_a_perfect_signature_of_another_sender_joins_no_thread_as_its_reporter() {
    let dns = Dns::begin(&[]).await;
    let mallory = Signing::publish(&dns, "evil.example", "192.0.2.66");
    let (_place, app) = begin(dns.at).await;
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    posts(&app).await;
    let address = secret(&app, ADA);
    let raw = mallory.sign(&mail("mallory@evil.example", "Re: Overflow", "", "I am the reporter."));
    assert_eq!(comes(&app, &address, through("192.0.2.66", &raw)).await, Outcome::Unverified(case.clone()));
    worker::check_once(&app).await.expect("it is looked at");
    let case = look(&app, &case).await;
    let proven = found(&case).into_iter().filter(|it| it.proves_domain()).count();
    assert_eq!((proven, case.reports.len()), (1, 1), "proven to be evil.example, and still nobody of the case");
    assert!(!case.history.iter().any(|entry| matches!(entry.what, Event::ReporterWrote { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_dns_a_mail_is_taken_at_once_and_after_a_day_it_says_that_it_was_not_checked() {
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port nobody serves");
    let (_place, app) = begin(nobody).await;
    let raw = through(
        "192.0.2.7",
        &mail(ADA, "Overflow", "DKIM-Signature: v=1; a=rsa-sha256; d=outside.example; s=x; h=from; bh=x; b=x\r\n", "x"),
    );
    let case = filed(&app, raw).await;
    assert_eq!(worker::check_once(&app).await.expect("it is put off"), 0);
    assert!(found(&look(&app, &case).await).is_empty());
    app.set_clock(at("2026-03-03T09:01:00Z"));
    assert_eq!(worker::check_once(&app).await.expect("it is given up"), 1);
    let case = look(&app, &case).await;
    assert!(found(&case)[0].is_open(), "{:?}", found(&case)[0]);
    assert!(found(&case)[0].summary().contains("could not be checked"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_whose_checks_would_cost_too_much_is_not_checked() {
    let dns = Dns::begin(&[]).await;
    let (_place, app) = begin(dns.at).await;
    let many = "DKIM-Signature: v=1; a=rsa-sha256; d=victim.example; s=x; h=from; bh=AAAA; b=AAAA\r\n".repeat(60);
    let case = filed(&app, mail(ADA, "Many", &many, "x")).await;
    assert_eq!(worker::check_once(&app).await.expect("it is looked at"), 1);
    assert_eq!(found(&look(&app, &case).await)[0].dmarc, Check::Broken);
    assert!(!dns.asked().iter().any(|name| name.contains("victim")), "nobody is asked sixty times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_signed_once_the_programs_key_is_in_use_and_whoever_gets_them_can_check_it() {
    let dns = Dns::begin(&[("_dmarc.example.org", "v=DMARC1; p=reject")]).await;
    let place = Place::sqlite().await;
    let app = place.app_with(&[POLICY], |config| config.mail_from = "Desk <desk@example.org>".into()).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let program = "store".into();
    let key = DkimKey::make("example.org", None, app.now()).expect("a key");
    dns.says(&key.record_name(), &key.record().expect("a record"));
    dkim::put_next(&app, &program, key).await.expect("it is kept");
    let letter = async |who: &str| {
        filed(&app, mail(who, "Overflow", "", "It overflows.")).await;
        posts(&app).await;
        crate::mail_in::to(&app, who).pop().expect("a letter").2
    };
    let unsigned = letter("ann@outside.example").await;
    assert!(!unsigned.contains("DKIM-Signature"), "its record may not be there yet");
    assert!(dkim::take_into_use(&app, &program).await.expect("it is kept"));
    let signed = letter("bob@outside.example").await;
    let checker = Checker::new(&MailDns::Server(dns.at), &[]).expect("a DNS").expect("it checks");
    let origin = checker.check(signed.as_bytes(), None).await;
    assert!(origin.proves_domain(), "{origin:?}\n{signed}");
    let changed = signed.replace("Subject: ", "Subject: Urgent! ");
    assert!(!checker.check(changed.as_bytes(), None).await.proves_domain());
    let doubled = signed.replace("From: ", "From: evil@evil.example\r\nFrom: ");
    assert!(!checker.check(doubled.as_bytes(), None).await.proves_domain(), "a second From breaks it");
    dkim::forget(&app, &program).await.expect("it is gone");
    assert!(!letter("cyd@outside.example").await.contains("DKIM-Signature"));
}

#[test]
fn the_command_line_makes_a_key_prints_its_record_and_shows_the_words_of_letters() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, policy) = (folder.path().join("data"), folder.path().join("store.toml"));
    std::fs::write(&policy, POLICY).expect("written");
    let says = |words: &[&str]| {
        let (status, text) = candor(&data, words);
        assert_eq!(status, 0, "{words:?}: {text}");
        text
    };
    says(&["program", "add", &policy.display().to_string()]);
    let dkim = ["mail", "dkim", "--program", "store", "--domain", "example.org", "--selector", "desk"];
    let made = says(&dkim);
    assert!(
        made.contains("signs nothing yet")
            && made.contains("desk._domainkey.example.org. IN TXT ( \"v=DKIM1; k=rsa; p="),
        "{made}"
    );
    assert_eq!(says(&dkim), made, "the same key again");
    let used = says(&["mail", "dkim", "--program", "store", "--use"]);
    assert!(used.contains("Letters are signed with this key."), "{used}");
    assert!(says(&["mail", "dkim", "--program", "store", "--forget"]).contains("not signed"));

    let text = folder.path().join("received.txt");
    std::fs::write(&text, "Subject: Ihr Bericht\n\n{{body}}\n{{expected}}\n{{url}}\n{{answers}}\n").expect("written");
    let file = text.display().to_string();
    says(&["mail", "letter", "--program", "store", "--kind", "received", "--file", &file]);
    let listed = says(&["mail", "letter", "--program", "store"]);
    assert!(listed.lines().any(|line| line.starts_with("received ") && line.contains(" own ")), "{listed}");
    std::fs::write(&text, "Subject: Ihr Bericht\n\n{{bdy}}\n").expect("written");
    let (status, told) =
        candor(&data, &["mail", "letter", "--program", "store", "--kind", "received", "--file", &file]);
    assert!(status != 0 && told.contains("line 3, column 1") && told.contains("`bdy` is no place"), "{told}");
    assert!(says(&["mail", "letter", "--program", "store", "--kind", "received", "--reset"]).contains("usual words"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e4_a_seal_of_a_server_on_the_way_is_worked_out_and_grants_nothing() {
    let dns = Dns::begin(&[]).await;
    let ada = Signing::publish(&dns, "outside.example", "192.0.2.7");
    let list = Signing::publish(&dns, "lists.example", "192.0.2.30");
    let (_place, app) = begin(dns.at).await;
    let first = filed(&app, ada.sign(&mail(ADA, "Overflow", "", "It overflows."))).await;
    posts(&app).await;
    let address = secret(&app, ADA);

    // A list adds a line below, so that the sender's own signature breaks, and seals what it saw.
    let signed = String::from_utf8(ada.sign(&mail(ADA, "Sealed", "", "Through a list."))).expect("text");
    let footed = format!("{signed}-- \r\nThe list's own line\r\n");
    let sealed = list.seal(footed.as_bytes(), "lists.example");
    let changed = String::from_utf8(sealed.clone()).expect("text").replace("Through a list.", "Changed after it.");
    let forged = format!("ARC-Seal: i=1; a=ed25519-sha256; cv=pass; d=lists.example; s=one; b=AAAA\r\n{signed}");
    let sealed = filed(&app, through("192.0.2.30", &sealed)).await;
    let changed = filed(&app, through("192.0.2.30", changed.as_bytes())).await;
    let forged = filed(&app, through("192.0.2.30", forged.as_bytes())).await;
    worker::check_once(&app).await.expect("they are looked at");

    let case = look(&app, &sealed).await;
    let origin = found(&case)[0];
    assert_eq!((origin.arc.result, origin.arc.domain.as_str()), (Check::Pass, "lists.example"), "{origin:?}");
    assert!(origin.dkim.iter().all(|it| it.result != Check::Pass) && origin.dmarc != Check::Pass, "{origin:?}");
    assert!(!origin.signed_by_sender && !origin.proves_domain(), "a seal proves no sender");
    assert!(origin.lines().iter().any(|(_, words)| words.contains("lists.example")), "{:?}", origin.lines());
    for case in [&changed, &forged] {
        let case = look(&app, case).await;
        assert_ne!(found(&case)[0].arc.result, Check::Pass, "{:?}", found(&case)[0]);
    }
    // Nor does it bring a stranger into a thread.
    let stranger = list.seal(&mail("eve@lists.example", "Re: Overflow", "", "I am Ada."), "lists.example");
    assert_eq!(comes(&app, &address, stranger).await, Outcome::Unverified(first));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e4_a_chain_of_two_seals_is_believed_nothing_and_a_link_that_breaks_or_was_forged_is_said() {
    let dns = Dns::begin(&[]).await;
    let ada = Signing::publish(&dns, "outside.example", "192.0.2.7");
    let list = Signing::publish(&dns, "lists.example", "192.0.2.30");
    let relay = Signing::publish(&dns, "relay.example", "192.0.2.31");
    // Whoever forges has a DNS of their own, in which the list's name is theirs.
    let lying = Dns::begin(&[]).await;
    let forger = Signing::publish(&lying, "lists.example", "192.0.2.66");
    let (_place, app) = begin(dns.at).await;
    let first = filed(&app, ada.sign(&mail(ADA, "Overflow", "", "It overflows."))).await;
    posts(&app).await;
    let address = secret(&app, ADA);

    let footed = |subject: &str| {
        let signed = String::from_utf8(ada.sign(&mail(ADA, subject, "", "Through two servers."))).expect("text");
        format!("{signed}-- \r\nThe list's own line\r\n").into_bytes()
    };
    let replaced =
        |raw: Vec<u8>, what: &str, with: &str| String::from_utf8(raw).expect("text").replace(what, with).into_bytes();
    let whole = relay.seal_again(dns.at, &list.seal(&footed("Whole"), "lists.example"), "relay.example").await;
    // The second server changes the text and seals what it finds: that the first seal does not fit any more.
    let broken = replaced(list.seal(&footed("Broken"), "lists.example"), "two servers", "2 servers");
    let broken = relay.seal_again(dns.at, &broken, "relay.example").await;
    let after = relay.seal_again(dns.at, &list.seal(&footed("After"), "lists.example"), "relay.example").await;
    let after = replaced(after, "two servers", "2 servers");
    // The second seal is good, and says the first was; the first is by nobody of that name.
    let forged = relay.seal_again(lying.at, &forger.seal(&footed("Forged"), "lists.example"), "relay.example").await;
    assert!(String::from_utf8_lossy(&forged).contains("cv=pass"), "the forger's own DNS says that it holds");
    // The second server's seal without the first's.
    let cut = {
        let text = String::from_utf8(whole.clone()).expect("text").replace("Subject: Whole", "Subject: Cut");
        text.replace("ARC-Seal: i=1;", "X-Was: i=1;").into_bytes()
    };
    let mut found_of = Vec::new();
    for raw in [whole, broken, after, forged, cut] {
        found_of.push(filed(&app, through("192.0.2.31", &raw)).await);
    }
    worker::check_once(&app).await.expect("they are looked at");
    for (number, case) in found_of.iter().enumerate() {
        let case = look(&app, case).await;
        let origin = found(&case)[0];
        let words: Vec<String> =
            origin.lines().into_iter().filter(|(name, _)| *name == "ARC").map(|(_, words)| words).collect();
        if number == 0 {
            assert_eq!((origin.arc.result, origin.arc.domain.as_str()), (Check::Pass, "relay.example"), "{origin:?}");
            assert!(words[0].contains("the last is relay.example. They are believed nothing."), "{words:?}");
        } else {
            assert!(matches!(origin.arc.result, Check::Fail | Check::Broken), "{number}: {origin:?}");
            assert_eq!(words, ["The chain of servers that passed it on is broken."], "{number}");
        }
        assert!(!origin.proves_domain() && origin.dmarc != Check::Pass, "{number}: a chain proves no sender");
        assert!(case.reports.len() == 1 && case.assignee.is_none(), "{number}: it grants nothing");
    }
    // Nor does a whole chain bring a stranger into a thread.
    let stranger = list.seal(&mail("eve@lists.example", "Re: Overflow", "", "I am Ada."), "lists.example");
    let stranger = relay.seal_again(dns.at, &stranger, "relay.example").await;
    assert_eq!(comes(&app, &address, stranger).await, Outcome::Unverified(first));
}
