//! Whoever takes an encrypted or signed mail apart has no key, and is not believed: what is opened, who signed, and what was
//! signed is decided by whoever asked.

use std::cell::RefCell;
use std::sync::Arc;

use candor::confine::{Budget, Lost, Workers, messages};
use candor::mail::read::openpgp::{Ring, Whose, answered_here, here, opened};
use candor::mail::read::{Letter, Limits};
use candor::mail::receive::Outcome;
use candor::openpgp::decrypt::{self, Opened, Shut, Taken, take};
use candor::openpgp::session::{Malformed, Unlocked, names, unlock};
use candor::openpgp::{Kind, Secret, Verdict, Wanted, armor, encrypt, packets, random, sign, verify};
use candor::program_keys;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::mail_in::{ADA, US, comes, look, mail};
use crate::mail_openpgp::as_reporter;
use crate::support::binary::CANDOR;
use crate::support::places::Place;

fn at() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("an instant")
}

fn made(name: &str) -> Secret {
    Secret::make(&format!("{name} <{name}@team.example>"), at(), None, random()).expect("a key")
}

/// A mail whose whole body is an entity that was signed.
fn signed(by: &Secret, entity: &str) -> Vec<u8> {
    let entity = entity.trim_end();
    let signature = sign::detached(by, entity.replace('\n', "\r\n").as_bytes(), at()).expect("signed");
    let more =
        "MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=s\r\n";
    let body = format!("--s\n{entity}\n--s\nContent-Type: application/pgp-signature\n\n{signature}\n--s--");
    mail("mei@team.example", "Re: case", more, &body)
}

/// A mail around an encrypted message.
fn encrypted(message: &str) -> Vec<u8> {
    crate::mail_openpgp::pgp_mime("...", "", message.as_bytes())
}

/// What a lie changes: the answer about the mail as JSON, and the parts after it.
type Lie<'a> = &'a dyn Fn(&mut Value, &mut Vec<Vec<u8>>);

/// A mail read with somebody in between who tells of it what they like.
fn told(raw: &[u8], ring: &Ring, lie: Lie<'_>) -> Result<Letter, Lost> {
    let first = RefCell::new(true);
    let ask = |question: Vec<Arc<Vec<u8>>>| {
        let mut answer = answered_here(question)?;
        if first.replace(false) {
            let mut head = serde_json::from_slice(&answer.remove(0)).expect("JSON");
            lie(&mut head, &mut answer);
            answer.insert(0, serde_json::to_vec(&head).expect("JSON"));
        }
        Ok(answer)
    };
    opened(&Arc::new(raw.to_vec()), &Limits::default(), ring, &ask, &here)
}

#[test]
fn abuse_p5_a_reader_that_was_taken_over_cannot_say_who_signed_or_what() {
    let (mei, eve) = (made("mei"), made("eve"));
    let ring = Ring { secrets: Vec::new(), certificates: vec![(mei.certificate(), Whose::Members)], now: at() };
    let raw = signed(&mei, "Content-Type: text/plain\n\nThe fix is out.\n");
    let truth = told(&raw, &ring, &|_, _| {}).expect("read");
    assert_eq!((truth.proofs.len(), truth.fresh().trim()), (1, "The fix is out."), "{:?}", truth.protection);
    assert!(truth.protection[0].contains("that the member gave"), "{:?}", truth.protection);

    // Other bytes under her signature.
    let lie =
        |_: &mut Value, rest: &mut Vec<Vec<u8>>| rest[0] = b"Content-Type: text/plain\r\n\r\nPUBLISH all".to_vec();
    let other = told(&raw, &ring, &lie).expect("read");
    assert!(other.proofs.is_empty() && other.protection[0].contains("The signature is wrong"), "{other:?}");

    // Somebody else's signature over other bytes: it is nobody's who is known.
    let bytes = b"Content-Type: text/plain\r\n\r\nPUBLISH all";
    let by_eve = verify::found(sign::detached(&eve, bytes, at()).expect("signed").as_bytes());
    let lie = |head: &mut Value, rest: &mut Vec<Vec<u8>>| {
        head["pieces"][0]["how"] = json!({ "Signed": by_eve });
        rest[0] = bytes.to_vec();
    };
    let other = told(&raw, &ring, &lie).expect("read");
    assert!(other.proofs.is_empty() && other.protection[0].contains("not known here"), "{other:?}");

    // Words beside what is signed, a file, marks, and what only the desk says: nothing of it is in what she signed.
    let lie = |head: &mut Value, rest: &mut Vec<Vec<u8>>| {
        head["text"] =
            json!(format!("PUBLISH all\n{}⟦Signed, from here: by Mei⟧", head["text"].as_str().expect("text")));
        head["letter"]["files"] = json!([{ "name": "evil.txt", "kind": "text/plain" }]);
        head["letter"]["protection"] = json!(["Signed by the key of Mei."]);
        head["letter"]["text"] = json!([{ "Said": "PUBLISH all" }]);
        rest.insert(0, b"evil".to_vec());
    };
    let beside = told(&raw, &ring, &lie).expect("read");
    assert_eq!(
        (beside.proofs.len(), beside.fresh().trim(), beside.files.len()),
        (1, "The fix is out.", 0),
        "{beside:?}"
    );
    assert_eq!(beside.protection, truth.protection);

    // That it is not all of the mail can be said; then nothing is proven.
    let lie = |head: &mut Value, _: &mut Vec<Vec<u8>>| head["pieces"][0]["all"] = json!(false);
    let part = told(&raw, &ring, &lie).expect("read");
    assert!(part.proofs.is_empty() && part.protection[0] == "In part.", "{part:?}");
    // Two pieces, each of them said to be all.
    let lie = |head: &mut Value, rest: &mut Vec<Vec<u8>>| {
        let one = head["pieces"][0].clone();
        head["pieces"].as_array_mut().expect("pieces").push(one);
        rest.push(rest[0].clone());
    };
    assert!(told(&raw, &ring, &lie).expect("read").proofs.is_empty());

    // What is no single small signature ends the talk.
    let genuine = verify::found(sign::detached(&mei, bytes, at()).expect("signed").as_bytes()).remove(0);
    let twice = [genuine.clone(), genuine.clone()].concat();
    let mut long = genuine.clone();
    long.extend(vec![0; 20_000]);
    let length = u32::try_from(long.len() - 6).expect("small").to_be_bytes();
    long[2..6].copy_from_slice(&length);
    let mut old = genuine.clone();
    old[0] = 0x88;
    let marker = vec![0xCA, 255, 0, 0, 0, 3, b'P', b'G', b'P'];
    for packet in [twice, long, old, marker, genuine[..genuine.len() - 1].to_vec(), Vec::new()] {
        let lie = |head: &mut Value, _: &mut Vec<Vec<u8>>| head["pieces"][0]["how"] = json!({ "Signed": [packet] });
        assert_eq!(told(&raw, &ring, &lie), Err(Lost::Died), "{} bytes", packet.len());
    }
    let lie = |head: &mut Value, _: &mut Vec<Vec<u8>>| {
        head["pieces"][0]["how"] = json!({ "Signed": vec![genuine.clone(); 17] });
    };
    assert_eq!(told(&raw, &ring, &lie), Err(Lost::Died), "more than are looked at");
    // An answer with less or more in it than it says.
    let lie = |_: &mut Value, rest: &mut Vec<Vec<u8>>| rest.clear();
    assert_eq!(told(&raw, &ring, &lie), Err(Lost::Died));
    let lie = |_: &mut Value, rest: &mut Vec<Vec<u8>>| rest.extend([Vec::new(), Vec::new()]);
    assert_eq!(told(&raw, &ring, &lie), Err(Lost::Died));
    // Pieces in pieces without an end.
    let asked = RefCell::new(0);
    let ask = |_: Vec<Arc<Vec<u8>>>| {
        *asked.borrow_mut() += 1;
        let mut answer = answered_here(vec![
            Arc::new(b"mail with its pieces".to_vec()),
            Arc::new(
                serde_json::to_vec(&json!({ "limits": Limits::default(), "ours": [], "pieces": true })).expect("JSON"),
            ),
            Arc::new(raw.clone()),
        ])?;
        let mut head: Value = serde_json::from_slice(&answer[0]).expect("JSON");
        head["parts"] = json!(0);
        head["letter"]["body_at"] = json!(0);
        answer[0] = serde_json::to_vec(&head).expect("JSON");
        Ok(answer)
    };
    let endless = opened(&Arc::new(raw.clone()), &Limits::default(), &ring, &ask, &here).expect("it ends");
    assert!(endless.over.is_some() && endless.proofs.is_empty() && *asked.borrow() <= 40, "{endless:?}");
}

/// A message to a key, and what it wants opened.
fn message(to: &Secret, plain: &[u8]) -> (Vec<u8>, Wanted) {
    let text = encrypt::encrypt(plain, &to.certificate(), None, at(), random()).expect("encrypted");
    let bytes = armor::binary(text.as_bytes(), Kind::Message, 1 << 20).expect("packets");
    match take(&bytes, &names(std::slice::from_ref(to)), None, &decrypt::Budget::default()) {
        Ok(Taken::Locked(wanted)) => (bytes, wanted),
        other => panic!("{other:?}"),
    }
}

#[test]
fn abuse_p9_nothing_is_opened_with_a_secret_key_but_single_small_packets_with_a_session_key() {
    let ours = made("desk");
    let (_, wanted) = message(&ours, b"x");
    let secrets = [ours];
    assert!(matches!(unlock(&wanted, &secrets, 64), Ok(Unlocked::With(..))));
    assert_eq!((wanted.packets.len(), wanted.recipients, wanted.hidden), (1, 1, false));
    let genuine = &wanted.packets[0];
    let with = |at: usize, byte: u8| {
        let mut packet = genuine.clone();
        packet[at] = byte;
        packet
    };
    let mut long = genuine.clone();
    long.extend(vec![0; 600]);
    let length = u32::try_from(long.len() - 6).expect("small").to_be_bytes();
    long[2..6].copy_from_slice(&length);
    let (signature, text) = (sign::detached(&secrets[0], b"x", at()).expect("signed"), b"x".to_vec());
    let refused: Vec<Vec<u8>> = vec![
        [genuine.clone(), genuine.clone()].concat(),
        with(0, 0x84), // a header of the old kind
        with(0, 0xD2), // encrypted data
        with(1, 254),  // in pieces
        with(6, 2),    // a version nobody has
        with(15, 1),   // RSA
        genuine[..genuine.len() - 1].to_vec(),
        genuine[..8].to_vec(),
        long,
        verify::found(signature.as_bytes()).remove(0),
        text,
        Vec::new(),
    ];
    for (number, packet) in refused.into_iter().enumerate() {
        let forged = Wanted { packets: vec![genuine.clone(), packet], ..wanted.clone() };
        assert_eq!(unlock(&forged, &secrets, 64), Err(Malformed), "number {number}");
    }
    let many = Wanted { packets: vec![genuine.clone(); 65], ..wanted.clone() };
    assert_eq!(unlock(&many, &secrets, 64), Err(Malformed), "more than are tried");
    assert_eq!(unlock(&wanted, &[made("other")], 64), Ok(Unlocked::NotOurs));
}

#[test]
fn abuse_p7_the_session_key_of_another_message_opens_nothing() {
    let ours = made("desk");
    let ((one, wanted), (two, _)) = (message(&ours, b"one"), message(&ours, b"two"));
    let Ok(Unlocked::With(key, print)) = unlock(&wanted, std::slice::from_ref(&ours), 64) else { panic!("it is ours") };
    assert_eq!(print, ours.fingerprint());
    assert!(!format!("{key:?}").contains(char::is_numeric), "it is not printed");
    let budget = decrypt::Budget::default();
    assert!(matches!(take(&one, &[], Some(&key), &budget), Ok(Taken::Open(plain)) if plain.bytes == b"one"));
    assert_eq!(take(&two, &[], Some(&key), &budget), Err(Shut::NotOpened));
    // A lie about what is wanted opens nothing either: the key that comes back is another mail's.
    let ring = Ring { secrets: vec![ours.clone()], certificates: Vec::new(), now: at() };
    let text = |plain: &[u8]| encrypt::encrypt(plain, &ours.certificate(), None, at(), random()).expect("encrypted");
    let raw = encrypted(&text(b"Content-Type: text/plain\r\n\r\nCANARY"));
    assert!(told(&raw, &ring, &|_, _| {}).expect("read").whole().contains("CANARY"));
    let lie = |head: &mut Value, _: &mut Vec<Vec<u8>>| {
        head["pieces"][0]["how"]["Message"]["Ok"]["packets"] = json!(wanted.packets);
    };
    let shut = told(&raw, &ring, &lie).expect("read");
    assert!(!shut.whole().contains("CANARY") && shut.encrypted, "{shut:?}");
    assert_eq!(
        shut.protection,
        ["Encrypted with OpenPGP; it could not be opened with the program's keys. It is kept as it came."]
    );
    assert_eq!(shut.files.len(), 1);
    let _ = packets::walk(&one, 10).expect("packets");
}

#[test]
fn abuse_p5_a_process_that_dies_while_a_mail_is_opened_is_known_to_have_died() {
    let ours = made("desk");
    let ring = Ring { secrets: vec![ours.clone()], certificates: Vec::new(), now: at() };
    let text = encrypt::encrypt(b"Content-Type: text/plain\r\n\r\nx", &ours.certificate(), None, at(), random());
    let raw = Arc::new(encrypted(&text.expect("encrypted")));
    // The mail, its message, what that holds: three are asked.
    for dies in 0..3 {
        let asked = RefCell::new(0);
        let ask = |question| {
            let number = asked.replace_with(|number| *number + 1);
            if number == dies { Err(Lost::Died) } else { answered_here(question) }
        };
        assert_eq!(opened(&raw, &Limits::default(), &ring, &ask, &here), Err(Lost::Died), "number {dies}");
    }
    let ask = |_| Ok(Vec::new());
    assert_eq!(opened(&raw, &Limits::default(), &ring, &ask, &here), Err(Lost::Died), "nothing is no answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_opened_by_a_process_that_has_its_session_key_and_no_other() {
    let workers = Workers::new(Some((CANDOR.into(), vec!["parse-worker".into()])), Budget::default());
    let (ours, ada) = (made("desk"), made("ada"));
    let text = encrypt::encrypt(b"found", &ours.certificate(), Some(&ada), at(), random()).expect("encrypted");
    let file = Arc::new(text.into_bytes());
    let secrets = [ours];
    let Ok(messages::Found::Message(Ok(Some(wanted)))) = messages::look(&workers, file.clone(), &secrets).await else {
        panic!("it is a message")
    };
    let known = vec![ada.certificate()];
    let open = messages::open(&workers, file.clone(), Some(&wanted), &secrets, known, at()).await;
    let Ok(Ok(Opened { bytes, signatures, key, recipients })) = open else { panic!("{open:?}") };
    assert_eq!((bytes.as_slice(), recipients, key), (&b"found"[..], 1, Some(secrets[0].fingerprint())));
    assert_eq!(signatures[0].verdict, Verdict::Good { fingerprint: ada.certificate().fingerprint() });
    let others = messages::open(&workers, file.clone(), Some(&wanted), &[made("other")], Vec::new(), at()).await;
    assert_eq!(others, Ok(Err(Shut::NotOurs)));
    let named = messages::recipients(&workers, file.clone()).await.expect("told");
    assert!(named.len() == 1 && named[0].is_some(), "{named:?}");
    assert_eq!(messages::is_sealed(&workers, &file, 1 << 20).await, Ok(Ok(())));
    let open = messages::is_sealed(&workers, b"in the clear", 1 << 20).await.expect("told");
    assert!(open.expect_err("refused").contains("BEGIN PGP MESSAGE"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_mail_is_the_same_report_whether_processes_without_keys_read_it_or_this_one() {
    let mut said = Vec::new();
    for reader in [Some(CANDOR.into()), None] {
        let place = Place::sqlite().await;
        let app = place.app_with(&[crate::letters::POLICY], |config| config.reader.clone_from(&reader)).await;
        app.set_clock(at());
        let program = app.programs().first().expect("a program").program.slug.clone();
        let key =
            program_keys::make(&app, &program, at() + program_keys::LIFE, "test").await.expect("a key").certificate;
        let ada = Secret::make(&format!("Ada <{ADA}>"), at(), None, random()).expect("a key");
        let entity = b"Content-Type: multipart/mixed; boundary=y; protected-headers=\"v1\"\r\nSubject: CANARY overflow\r\n\r\n--y\r\nContent-Type: text/plain\r\n\r\nCANARY text\r\n--y\r\nContent-Type: text/plain; name=poc.txt\r\n\r\nCANARY file\r\n--y--\r\n";
        let lock = |plain: &[u8]| encrypt::encrypt(plain, &key, Some(&ada), at(), random()).expect("encrypted");
        let whole = encrypted(&lock(entity));
        // Somebody else's message, in a text of whoever hands it in, and as a part beside one.
        let block = mail(ADA, "Look", "", &format!("Read this:\n{}\nThanks.", lock(b"CANARY words").trim_end()));
        let part = String::from_utf8(encrypted(&lock(entity))).expect("text");
        let (head, body) = part.split_once("\r\n\r\n").expect("a mail");
        let kind = head.lines().find(|line| line.starts_with("Content-Type")).expect("a type");
        let beside = format!(
            "--t\nContent-Type: text/plain\n\nRead this:\n--t\n{kind}\n\n{}\n--t--",
            body.replace("\r\n", "\n").trim_end()
        );
        let mixed = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=t\r\n";
        for raw in [whole, block, mail(ADA, "Part", mixed, &beside)] {
            let Outcome::Filed(case) = comes(&app, US, raw).await else { panic!("another outcome") };
            let team = look(&app, &case).await;
            let facts = &team.reports[0].facts;
            assert!(facts.description.contains("CANARY"), "the team reads it: {}", facts.description);
            let seen = format!("{:?}", as_reporter(&app, &case).await);
            assert!(!seen.contains("CANARY") && seen.contains("shown to the team alone"), "{seen}");
            let print = candor::openpgp::words::grouped(&key.fingerprint());
            let names: Vec<&str> = facts.files.iter().map(|file| file.name.as_str()).collect();
            let text = format!("{}\n{}\n{names:?}\n{}", facts.title, facts.description, facts.noticed.join("\n"));
            let text = text.replace(&print, "KEY");
            let issuer = ada.certificate().fingerprint();
            said.push(text.replace(&issuer, "ADA"));
        }
    }
    let (apart, here) = said.split_at(3);
    assert_eq!(apart, here);
}
