//! A mail is read as people write them and as nobody should: none is lost, none stops the program, and each has one
//! reading.

use candor::mail::read::{Automatic, Letter, Limits, Noticed, Over, Passage, Protection, read};
use proptest::prelude::*;

fn letter(text: &str) -> Letter {
    read(text.replace('\n', "\r\n").as_bytes(), &Limits::default())
}

fn files(letter: &Letter) -> Vec<(&str, &str, usize)> {
    letter.files.iter().map(|file| (file.name.as_str(), file.kind.as_str(), file.bytes.len())).collect()
}

#[test]
fn a_mail_with_two_forms_and_files_gives_its_plain_text_and_its_files() {
    let found = letter(
        "From: =?utf-8?q?Ad=C3=A1?= <ada@outside.example>\nTo: Security <security@example.org>\nCc: other@example.org\n\
         Subject: =?utf-8?b?w5xiZXJsYXVm?= in\n parser\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nMessage-ID: <1@outside.example>\n\
         In-Reply-To: <a@b>\nReferences: <c@d> <a@b>\nReceived: by x\nReceived: by y\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=\"outer\"\n\nignored\n--outer\n\
         Content-Type: multipart/alternative; boundary=outer2\n\n--outer2\nContent-Type: text/plain; charset=iso-8859-1\n\
         Content-Transfer-Encoding: quoted-printable\n\nBl=F6d.\n\n-- \nAda\n--outer2\nContent-Type: text/html\n\n<p>other</p>\n\
         --outer2--\n--outer\nContent-Type: image/png; name=\"a.png\"\nContent-Transfer-Encoding: base64\n\
         Content-Disposition: attachment; filename=\"../../a.png\"\n\niVBORw0KGgo=\n--outer\nContent-Type: text/x-patch\n\n--- a\n+++ b\n\
         --outer\nContent-Type: message/rfc822\n\nFrom: x@y.example\n\nforwarded\n--outer--\nepilogue\n",
    );
    assert_eq!(
        found.from.as_ref().map(|it| (it.name.as_str(), it.address.as_str())),
        Some(("Adá", "ada@outside.example"))
    );
    assert_eq!(found.subject, "Überlauf in parser");
    assert_eq!(found.written.map(|at| at.to_string()).as_deref(), Some("2026-03-02T09:00:00Z"));
    assert_eq!(found.message_id, "1@outside.example");
    assert_eq!(found.answers, ["a@b", "c@d", "a@b"]);
    assert_eq!(found.to, ["security@example.org", "other@example.org"]);
    assert_eq!(found.hops, 2);
    assert_eq!(found.text, [Passage::Said("Blöd.".into()), Passage::Signature("Ada".into())]);
    assert_eq!(
        files(&found),
        [
            ("../../a.png", "image/png", 8),
            ("file-2.patch", "text/x-patch", 12),
            ("forwarded-3.eml", "message/rfc822", 30)
        ]
    );
    assert_eq!((found.automatic, found.over, found.noticed.as_slice()), (None, None, &[][..]));
}

#[test]
fn abuse_e10_a_mail_with_two_readings_has_one_here_and_is_said_to_be_odd() {
    let found = letter(
        "From: Real <real@outside.example>\nFrom: staff@example.org\nSubject: first\nSubject: second\n\
         Content-Type: text/plain\nContent-Type: text/html\n\n<b>as it stands</b>\n",
    );
    assert_eq!(found.from.as_ref().map(|it| it.address.as_str()), Some("real@outside.example"));
    assert_eq!((found.subject.as_str(), found.whole().as_str()), ("first", "<b>as it stands</b>"));
    for expected in [Noticed::SeveralFrom(2), Noticed::SeveralSubjects(2), Noticed::SeveralTypes] {
        assert!(found.noticed.contains(&expected), "{:?}", found.noticed);
    }
    assert!(found.is_suspicious());
    let named = letter("From: \"staff@example.org\" <mallory@evil.example>\n\ntext\n");
    assert_eq!(named.noticed, [Noticed::NameIsAddress]);
    let seven = letter("From: a@b.example\nContent-Type: text/plain; charset=utf-7\n\n+ADw-script+AD4-\n");
    assert_eq!(seven.whole(), "+ADw-script+AD4-", "what hides text is shown as it stands");
    assert!(seven.is_suspicious());
    let japanese = read(
        b"From: a@b.example\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B4A;z\x1b(B ok\r\n",
        &Limits::default(),
    );
    assert_eq!(japanese.whole(), "漢字 ok");
    let mixed = read(b"From: a@b.example\r\n\r\none\ntwo\r\n", &Limits::default());
    assert_eq!(mixed.noticed, [Noticed::MixedLineEnds]);
    let inner = letter(
        "From: a@b.example\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n\
         --ab\n\ninner\n--ab--\n--abc\n--a\n\nouter\n--a--\n",
    );
    assert_eq!(inner.whole(), "inner\n\nouter");
}

#[test]
fn abuse_e12_html_invitations_and_outlook_packing_become_text_and_files() {
    let found = letter(
        "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n\n\
         <style>@import url(https://t.example/c)</style><p style=\"background:url(https://t.example/b)\">Look<img \
         src=https://t.example/p.gif></p>\n--x\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n--x\n\
         Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+Ig==\n--x--\n",
    );
    assert_eq!(found.whole(), "Look");
    assert_eq!(files(&found), [("invitation.ics", "text/calendar", 15), ("winmail.dat", "application/ms-tnef", 4)]);
    assert_eq!(found.noticed, [Noticed::Invitation, Noticed::Winmail, Noticed::HtmlOnly]);
}

#[test]
fn what_is_encrypted_or_signed_is_kept_and_said_to_be_so() {
    let sealed = letter(
        "From: a@b.example\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\n\n--x\n\
         Content-Type: application/pgp-encrypted\n\nVersion: 1\n--x\nContent-Type: application/octet-stream; name=encrypted.asc\n\n\
         -----BEGIN PGP MESSAGE-----\n--x--\n",
    );
    assert_eq!(sealed.noticed, [Noticed::Encrypted(Protection::OpenPgp)]);
    assert_eq!((sealed.whole().as_str(), sealed.files.len()), ("", 2));
    let smime = letter(
        "From: a@b.example\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\nAAAA\n",
    );
    assert_eq!(smime.noticed, [Noticed::Encrypted(Protection::Smime)]);
    assert_eq!(files(&smime), [("smime.p7m", "application/pkcs7-mime", 3)]);
    let signed = letter(
        "From: a@b.example\nContent-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=x\n\n--x\n\nsaid\n\
         --x\nContent-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\n--x--\n",
    );
    assert_eq!(
        (signed.whole().as_str(), signed.noticed.as_slice()),
        ("said", &[Noticed::Signed(Protection::OpenPgp)][..])
    );
}

#[test]
fn what_a_program_wrote_is_known_as_that() {
    for (lines, expected) in [
        ("From: a@b.example\nAuto-Submitted: auto-replied", Some(Automatic::Reply)),
        ("From: a@b.example\nAuto-Submitted: no", None),
        ("From: a@b.example\nPrecedence: bulk", Some(Automatic::List)),
        ("From: a@b.example\nList-Id: <security.example.org>", Some(Automatic::List)),
        ("From: a@b.example\nReturn-Path: <>", Some(Automatic::Bounce)),
        ("From: MAILER-DAEMON@b.example", Some(Automatic::Bounce)),
        ("From: a@b.example\nContent-Type: multipart/report; boundary=x", Some(Automatic::Bounce)),
        ("From: no-reply@b.example", Some(Automatic::NoReply)),
        ("From: a@b.example\nX-Candor-Letter: 1", Some(Automatic::Own)),
    ] {
        assert_eq!(letter(&format!("{lines}\n\ntext\n")).automatic, expected, "{lines}");
    }
}

#[test]
fn a_mail_past_a_budget_is_not_read_and_says_which() {
    let mut deep = String::from("From: a@b.example\nSubject: deep\n");
    for level in 0..200 {
        deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"));
    }
    let found = letter(&deep);
    assert_eq!((found.over, found.subject.as_str()), (Some(Over::Depth), "deep"));
    let wide =
        format!("From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(5_000));
    assert_eq!(letter(&wide).over, Some(Over::Parts));
    let long = format!("From: a@b.example\nX: {}\n\ntext", "y".repeat(1_000_000));
    assert_eq!(letter(&long).over, Some(Over::Header));
    let many = "Received: by z\n".repeat(10_000);
    assert_eq!(letter(&format!("From: a@b.example\n{many}\ntext\n")).over, None, "long, but a header");
    let digest = format!(
        "From: a@b.example\nContent-Type: message/rfc822\n\n{}",
        "Content-Type: message/rfc822\n\n".repeat(20_000)
    );
    assert_eq!(letter(&digest).files.len(), 1, "a mail within a mail is a file, however deep it goes");
    let attached = format!(
        "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n{}--b--\n",
        "--b\nContent-Type: image/png\n\nx\n".repeat(30)
    );
    let found = letter(&attached);
    assert_eq!((found.files.len(), found.noticed.as_slice()), (20, &[Noticed::MoreFiles(10)][..]));
}

#[test]
fn mails_that_are_hardly_mails_are_read_all_the_same() {
    assert_eq!(read(b"", &Limits::default()).whole(), "");
    assert_eq!(
        letter("just text without a header\nand a second line").whole(),
        "just text without a header\nand a second line"
    );
    assert_eq!(letter("From ada Mon Mar  2 10:00:00 2026\nSubject: mbox\n\ntext\n").subject, "mbox");
    assert_eq!(letter("Subject: x\nContent-Type: multipart/mixed\n\nno boundary\n").whole(), "no boundary");
    assert_eq!(
        letter("Subject: x\nContent-Type: text/plain; charset=klingon\n\ntext\n").noticed.last(),
        Some(&Noticed::UnknownCharset)
    );
    assert_eq!(letter("Subject: x\nContent-Transfer-Encoding: base64\n\n!!!dGV4dA==!!!\n").whole(), "text");
    let nul = read(b"Subject: x\r\n\r\nbe\0fore\r\n", &Limits::default());
    assert_eq!((nul.whole().as_str(), nul.noticed.contains(&Noticed::Nul)), ("before", true));
    let unix = read(b"Subject: x\n\nunix\nlines\n", &Limits::default());
    assert_eq!((unix.subject.as_str(), unix.whole().as_str()), ("x", "unix\nlines"));
    let hostile = "<a".repeat(500_000) + &"<head>".repeat(100_000) + &"&".repeat(100_000);
    let html = format!("Subject: x\nContent-Type: text/html\n\n{hostile}");
    assert!(!letter(&html).whole().is_empty());
}

proptest! {
    /// Pieces of mails put together at random, cut and scrambled: each is read to its end, twice the same.
    #[test]
    fn no_mail_stops_the_reading(pieces in proptest::collection::vec(0_usize..24, 0..40), cut in 0_usize..4_000, noise in proptest::collection::vec((0_usize..4_000, any::<u8>()), 0..20)) {
        const PIECES: [&str; 24] = [
            "From: a@b.example\r\n", "From: =?utf-7?q?+AEA-?= <x>\r\n", "Subject: =?x?b?////?=\r\n", "Subject:\r\n",
            "Content-Type: multipart/mixed; boundary=\"a\"\r\n", "Content-Type: multipart/alternative; boundary=b\r\n",
            "Content-Type: text/html; charset=gb18030\r\n", "Content-Type: text/plain; format=flowed; delsp=yes\r\n",
            "Content-Type: ;;;=\"\r\n", "Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding: quoted-printable\r\n",
            "Content-Disposition: attachment; filename*=utf-8''%ff%00\r\n", "\r\n", "\n", "--a\r\n", "--a--\r\n", "--b\r\n", "--b--",
            "dGV4dA==\r\n", "=C3=\r\n=B6=ZZ\r\n", "<p>&#x110000;&#0;<a href='", "> quoted \r\n>> more\r\n", "-- \r\nAda\r\n", "\u{202e}\u{0}\u{feff}ü",
        ];
        let mut raw: Vec<u8> = pieces.iter().flat_map(|at| PIECES[*at].bytes()).collect();
        raw.truncate(cut);
        for (at, byte) in noise {
            if let Some(place) = raw.get_mut(at) {
                *place = byte;
            }
        }
        let limits = Limits { header: 1_000, depth: 4, parts: 30, files: 3 };
        let found = read(&raw, &limits);
        prop_assert_eq!(&found, &read(&raw, &limits));
        prop_assert!(found.files.len() <= 3);
        prop_assert!(found.body_at <= raw.len());
        let _ = (found.whole(), found.fresh(), candor::mail::read::asks::read(&found.fresh()));
    }
}

#[test]
fn a_text_of_many_megabytes_is_read_for_its_beginning_and_says_that_it_goes_on() {
    for (kind, line) in
        [("text/plain", "a\n"), ("text/plain", "\n"), ("text/plain; format=flowed", "é \n"), ("text/html", "<br>b")]
    {
        let raw = format!("From: ada@outside.example\nContent-Type: {kind}\n\nFirst words\n{}", line.repeat(3_000_000));
        let found = read(raw.as_bytes(), &Limits::default());
        let whole = found.whole();
        assert!(whole.starts_with("First words"), "{kind}");
        assert!(whole.len() < 1_100_000, "{kind}: {} bytes", whole.len());
        assert!(whole.ends_with("[The text goes on in message.eml.]"), "{kind}");
        assert!(found.files.is_empty() && found.over.is_none());
    }
    let parts = "--b\n\n".to_owned() + &"x\n".repeat(40_000) + "\n";
    let raw = format!("From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n{}--b--\n", parts.repeat(50));
    let whole = read(raw.as_bytes(), &Limits::default()).whole();
    assert!(whole.len() < 1_100_000 && whole.ends_with("[The text goes on in message.eml.]"), "{}", whole.len());
    let short = read(b"From: a@b.example\n\nShort.\n", &Limits::default());
    assert_eq!(short.whole(), "Short.");
}

/// OpenSSL signs a text as S/MIME; `None`, and said, where it is not installed.
fn smime(opaque: bool) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let run = |words: &[&str]| std::process::Command::new("openssl").args(words).output();
    let (key, certificate, text) = (path("key.pem"), path("cert.pem"), path("text"));
    std::fs::write(&text, "Content-Type: text/plain\r\n\r\nIt overflows.\r\n").expect("it is written");
    let subject = "/CN=Ada Example/emailAddress=ada@outside.example";
    let made = run(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "9",
        "-subj",
        subject,
        "-keyout",
        &key,
        "-out",
        &certificate,
    ]);
    if made.is_err() {
        eprintln!("skipped: openssl is not installed (Debian package openssl)");
        return None;
    }
    let mut words = vec!["smime", "-sign", "-in", &text, "-signer", &certificate, "-inkey", &key];
    if opaque {
        words.push("-nodetach");
    }
    let signed = run(&words).expect("openssl runs");
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    let body = String::from_utf8(signed.stdout).expect("text").replace("\r\n", "\n");
    Some(format!("From: Ada <ada@outside.example>\nSubject: Overflow\n{body}"))
}

#[test]
fn a_signed_smime_mail_is_read_and_its_certificate_is_a_claim_and_nothing_more() {
    let Some(raw) = smime(false) else { return };
    let found = letter(&raw);
    assert_eq!(found.whole().trim(), "It overflows.");
    assert_eq!(found.noticed[0], Noticed::Signed(Protection::Smime));
    let words = found.noticed[1].words();
    assert!(words.contains("Ada Example, ada@outside.example, issued by Ada Example"), "{words}");
    assert!(words.contains("Nobody has checked it"), "{words}");
    assert!(found.proofs.is_empty() && found.protection.is_empty());
    assert!(found.files.iter().any(|file| file.name == "smime.p7s"), "the signature is kept");
}

#[test]
fn an_opaque_smime_mail_is_kept_shut_flagged_and_names_its_claim() {
    let Some(raw) = smime(true) else { return };
    let found = letter(&raw);
    assert_eq!(found.noticed[0], Noticed::SmimeInside, "{:?}", found.noticed);
    assert!(found.noticed[1].words().contains("Ada Example"), "{:?}", found.noticed);
    assert_eq!((found.whole().as_str(), found.files.len(), found.files[0].name.as_str()), ("", 1, "smime.p7m"));
}
