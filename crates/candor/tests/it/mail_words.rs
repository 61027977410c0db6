//! Letters in a program's own words: a good text is used, a broken one refused with its place, and nothing else changes.

use crate::mail_in::{ADA, begin, filed, mail, posts, to};
use candor::letters::{self, Put};
use candor_core::notices::NoticeKind;

const GERMAN: &str = "Subject: [{{program}}] Ihr Bericht ist da\n\nGuten Tag,\n\nIhr Bericht ist als Fall {{case}} angekommen.\n\n{{body}}\n\n{{dates}}\n\nWas wir von Ihnen erwarten: {{expected}}\n\n{{url}}\n\n{{answers}}\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_words_its_letters_itself_and_goes_back_to_the_usual_ones() {
    let (_place, app) = begin().await;
    let program = "store".into();
    letters::put(&app, &program, NoticeKind::Received, "en", Some(GERMAN)).await.expect("it is kept");
    let case = filed(&app, mail(ADA, "CANARY overflow", "", "CANARY text")).await;
    posts(&app).await;
    let (subject, text, raw) = to(&app, ADA).pop().expect("a letter");
    assert_eq!(subject, "[Object Store] Ihr Bericht ist da");
    assert!(
        text.starts_with("Guten Tag,") && text.contains(case.as_str()) && text.contains("Your receipt is "),
        "{text}"
    );
    assert!(text.contains("by Wed 4 Mar 2026, 09:00 UTC") && text.contains("https://candor.example/receipt"), "{text}");
    assert!(!raw.contains("CANARY") && raw.contains("text/html"), "{raw}");

    // A broken text changes nothing and says where it is broken.
    let broken = GERMAN.replace("{{case}}", "{{title}}");
    match letters::put(&app, &program, NoticeKind::Received, "en", Some(&broken)).await {
        Err(Put::Broken(why)) => {
            assert_eq!((why.line, why.column), (5, 26), "{why}");
            assert!(why.problem.contains("`title` is no place; choose from program, case"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    let kept = letters::get(&app, &program, NoticeKind::Received, "en").await.expect("it reads");
    assert_eq!(kept.as_deref(), Some(GERMAN));
    // The receipt of whoever reports by mail is in the body; it cannot be worded away.
    let without = GERMAN.replace("{{body}}\n\n", "");
    assert!(letters::put(&app, &program, NoticeKind::Received, "en", Some(&without)).await.is_err());

    letters::put(&app, &program, NoticeKind::Received, "en", None).await.expect("it is reset");
    filed(&app, mail("eve@outside.example", "Other", "", "x")).await;
    posts(&app).await;
    assert_eq!(to(&app, "eve@outside.example").pop().expect("a letter").0, "[Object Store] Your report arrived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reporter_reads_the_words_of_their_own_language_where_the_program_has_them() {
    let place = crate::support::places::Place::sqlite().await;
    let policy = crate::letters::POLICY.replace("languages = [\"en\"]", "");
    let policy = policy.replacen("[report]\n", "[report]\nlanguages = [\"en\", \"de\"]\n", 1);
    let policy = if policy.contains("languages = [\"en\", \"de\"]") {
        policy
    } else {
        format!("{policy}\n[report]\nlanguages = [\"en\", \"de\"]\n")
    };
    let app = place.app(&[&policy]).await;
    app.set_clock(crate::letters::at("2026-03-02T09:00:00Z"));
    let program = "store".into();
    letters::put(&app, &program, NoticeKind::Received, "de", Some(GERMAN)).await.expect("it is kept");
    assert_eq!(letters::get(&app, &program, NoticeKind::Received, "en").await.expect("it reads"), None);
    for (who, head, subject) in [
        ("a@outside.example", "Content-Language: de-AT\r\n", "[Object Store] Ihr Bericht ist da"),
        ("b@outside.example", "Accept-Language: en-GB, de\r\n", "[Object Store] Your report arrived"),
        ("c@outside.example", "Content-Language: fr\r\n", "[Object Store] Your report arrived"),
        ("d@outside.example", "", "[Object Store] Your report arrived"),
    ] {
        filed(&app, mail(who, "Overflow", head, "text")).await;
        posts(&app).await;
        assert_eq!(to(&app, who).pop().expect("a letter").0, subject, "{who}");
    }
}
