//! The entry points of the fuzzer, run on stable Rust over seeds and broken copies of them.

#[path = "../../../../fuzz/entries.rs"]
mod entries;

use std::path::Path;

/// Copies of a seed, each broken in another way; always the same ones.
fn broken(seed: &[u8]) -> Vec<Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ seed.len() as u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 11).unwrap_or_default() % below.max(1)
    };
    let mut out = vec![seed.to_vec(), Vec::new()];
    for _ in 0..60 {
        let mut copy = seed.to_vec();
        for _ in 0..=next(4) {
            let at = next(copy.len());
            match next(6) {
                0 => copy.truncate(at),
                1 if !copy.is_empty() => copy[at] = u8::try_from(next(256)).unwrap_or_default(),
                2 => copy.insert(at.min(copy.len()), [0, b'\r', b'\n', b'.', b'"', b'>', b':', 0xff][next(8)]),
                3 if !copy.is_empty() => drop(copy.remove(at)),
                4 => {
                    let piece: Vec<u8> = copy[at.min(copy.len())..].iter().take(200).copied().collect();
                    copy.extend(piece);
                }
                _ => copy.extend_from_slice(b"\r\n.\r\nMAIL FROM:<x@y.example>\r\n"),
            }
        }
        out.push(copy);
    }
    out
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
    ];
    let addresses: [&[u8]; 4] =
        [b"ada@outside.example", b"\"a b\"@c.example", b"a@b@c", b"ABCDE-FGHJK-MNPQR-STVWX-YZ234-5"];
    let sessions: [&[u8]; 3] = [
        b"MAIL FROM:<a@b.example> SIZE=3\r\n",
        b"RCPT TO:<@x:a@b.example>\r\n",
        b"Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n",
    ];
    let tokens: [&[u8]; 3] = [
        b"eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.AAAA\n{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}",
        b"eyJhbGciOiJSUzI1NiJ9.e30.AAAA\n{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},{\"kty\":\"OKP\"}]}",
        b"read write in:minio",
    ];
    tokens.iter().flat_map(|seed| broken(seed)).for_each(|bytes| entries::id_token(&bytes));
    mails.iter().flat_map(|seed| broken(seed)).for_each(|bytes| entries::mime(&bytes));
    addresses.iter().flat_map(|seed| broken(seed)).for_each(|bytes| entries::address(&bytes));
    sessions.iter().flat_map(|seed| broken(seed)).for_each(|bytes| entries::lmtp(&bytes));
    policies.iter().flat_map(|seed| broken(seed)).for_each(|bytes| entries::policy(&bytes));
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
    seeds.iter().flat_map(|seed| broken(seed)).for_each(|bytes| entries::openpgp(&bytes));
}
