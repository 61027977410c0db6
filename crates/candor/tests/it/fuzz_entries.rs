//! The entry points of the fuzzer, run on stable Rust over seeds and broken copies of them.

#[path = "../../../../fuzz/entries.rs"]
mod entries;

use std::path::Path;

/// How many broken copies of each seed are tried: 60, or what `CANDOR_FUZZ_ROUNDS` says, for a longer run.
fn rounds() -> u64 {
    std::env::var("CANDOR_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60)
}

/// Gives an entry each seed, nothing, and broken copies of them, always the same ones; says which bytes stopped it.
fn tries<S: AsRef<[u8]>>(name: &str, seeds: &[S], entry: impl Fn(&[u8])) {
    let mut count = 0_u64;
    // For a run guided by coverage, which begins with the same ones.
    let kept = std::env::var_os("CANDOR_FUZZ_SEEDS").map(|folder| Path::new(&folder).join(name));
    for (number, seed) in (1_u64..).zip(seeds) {
        let seed = seed.as_ref();
        if let Some(folder) = &kept {
            std::fs::create_dir_all(folder).expect("a folder");
            std::fs::write(folder.join(format!("seed-{number}")), seed).expect("written");
        }
        let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ seed.len() as u64 ^ (number << 32);
        let mut next = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 11).unwrap_or_default() % below.max(1)
        };
        for round in 0..rounds() + 2 {
            let mut copy = if round == 1 { Vec::new() } else { seed.to_vec() };
            // The seed itself, nothing, and then copies; a long run breaks what it broke before, too.
            let times = if round < 2 { 0 } else { 1 + next(4 + usize::try_from(round / 1000).unwrap_or(0).min(12)) };
            (0..times).for_each(|_| break_once(&mut copy, &mut next));
            let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| entry(&copy)));
            if let Err(why) = tried {
                eprintln!("{name} was stopped by {:?}", String::from_utf8_lossy(&copy));
                eprintln!("as it is: {}", copy.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
                std::panic::resume_unwind(why);
            }
            count += 1;
        }
    }
    println!("{name}: {count} executions");
}

fn break_once(copy: &mut Vec<u8>, next: &mut impl FnMut(usize) -> usize) {
    let at = next(copy.len());
    match next(7) {
        0 => copy.truncate(at),
        1 if !copy.is_empty() => copy[at] = u8::try_from(next(256)).unwrap_or_default(),
        2 => copy.insert(at.min(copy.len()), [0, b'\r', b'\n', b'.', b'"', b'>', b':', 0xff][next(8)]),
        3 if !copy.is_empty() => drop(copy.remove(at)),
        4 => {
            let piece: Vec<u8> = copy[at.min(copy.len())..].iter().take(200).copied().collect();
            copy.extend(piece);
        }
        5 if !copy.is_empty() => copy[at] ^= 1 << next(8),
        _ => copy.extend_from_slice(b"\r\n.\r\nMAIL FROM:<x@y.example>\r\n"),
    }
}

#[test]
fn no_bytes_stop_what_reads_mail_addresses_commands_tokens_or_policies() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policies");
    let mut policies: Vec<Vec<u8>> = std::fs::read_dir(policies)
        .expect("the examples")
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path()).ok())
        .take(3)
        .collect();
    policies.push(crate::letters::POLICY.as_bytes().to_vec());
    let mails = [
        crate::mail_in::mail("Ada <ada@outside.example>", "=?utf-8?q?=C3=BC?=", "Received: from a (b [192.0.2.1]) by mx.example.org;\r\n", "x\n\n> y\n\n-- \nz"),
        b"From: a@b\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=utf-7\n\n<p>+AGE-\n--b--".to_vec(),
        b"From: a@b\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; format=flowed; delsp=yes\n\na \nb\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<table><tr><td>a=3D<blockquote>x</blockquote>\n--b--".to_vec(),
        b"From: a@b\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\n\n--b\n\na\n--b\nContent-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\nMIIBMIIB\n--b--".to_vec(),
        b"Return-Path: <>\nFrom: MAILER-DAEMON@x\nAuto-Submitted: auto-replied\nContent-Type: multipart/report; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <1@x>\n\n--b--".to_vec(),
        b"From: a@b\nTo: c@d\nContent-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: base64\nAutocrypt: addr=a@b; keydata=AAAA\n\nGyRCNEE7ehsoQg==".to_vec(),
    ];
    let addresses: [&[u8]; 4] =
        [b"ada@outside.example", b"\"a b\"@c.example", b"a@b@c", b"ABCDE-FGHJK-MNPQR-STVWX-YZ234-5"];
    let sessions: [&[u8]; 3] = [
        b"MAIL FROM:<a@b.example> SIZE=3\r\n",
        b"RCPT TO:<@x:a@b.example>\r\n",
        b"Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n",
    ];
    let tokens: [&[u8]; 4] = [
        b"eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.AAAA\n{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}",
        b"eyJhbGciOiJSUzI1NiJ9.e30.AAAA\n{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},{\"kty\":\"OKP\"}]}",
        b"read write in:minio",
        b" read keys members",
    ];
    tries("id_token", &tokens, entries::id_token);
    tries("mime", &mails, entries::mime);
    tries("address", &addresses, entries::address);
    tries("lmtp", &sessions, entries::lmtp);
    tries("policy", &policies, entries::policy);
}

#[test]
fn no_bytes_stop_what_makes_previews() {
    use image::{DynamicImage, ImageFormat};
    let picture = |format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        DynamicImage::new_rgb8(7, 5).write_to(&mut bytes, format).expect("a picture");
        bytes.into_inner()
    };
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, b"some words of a log\n").expect("written");
    let mut seeds: Vec<Vec<u8>> =
        [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP].map(picture).to_vec();
    seeds.push(packed.finish().expect("written"));
    seeds.push(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0axPK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0aPK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x20\0\0\0\0\0".to_vec());
    seeds.push(b"From: a@b\nTo: c@d\nDate: x\nContent-Type: text/html\n\n<p>x".to_vec());
    seeds.push(b"%PDF-1.7 /JS\nPK\x05\x06PK\x01\x02".to_vec());
    seeds.push(b"\xff\xfe<\0s\0v\0g\0>\0\x2e\x20".to_vec());
    seeds.push(b"-----BEGIN PGP MESSAGE-----\n\nwcDMAwAAAAAAAAAAAQv/\n=AAAA\n-----END PGP MESSAGE-----\n".to_vec());
    tries("preview", &seeds, entries::preview);
}

#[test]
fn no_bytes_stop_what_reads_keys_messages_and_signatures() {
    use candor::openpgp::{Secret, encrypt, random, sign};
    let at: jiff::Timestamp = "2026-11-20T00:00:00Z".parse().expect("an instant");
    let secret = Secret::make("Ada <ada@outside.example>", at, None, random()).expect("a key");
    let key = secret.certificate();
    let message = encrypt::encrypt(b"text", &key, Some(&secret), at, random()).expect("encrypted");
    let seeds = [
        key.to_bytes(),
        key.to_armor().into_bytes(),
        candor::openpgp::armor::binary(message.as_bytes(), candor::openpgp::Kind::Message, 100_000).expect("packets"),
        message.into_bytes(),
        sign::detached(&secret, b"text", at).expect("signed").into_bytes(),
        sign::cleartext(&secret, "text", at).expect("signed").into_bytes(),
        secret.to_armor().as_bytes().to_vec(),
        // A compressed packet of no length, a packet that never ends, an old one without length.
        vec![0xc8, 0x01, 0x00, 0xd2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xa3, 0x03],
    ];
    tries("openpgp", &seeds, entries::openpgp);
}
