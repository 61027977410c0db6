// What reads bytes of the outside world, each with what must hold whatever the bytes are. The fuzzer runs these with bytes of its
// own; a test of the usual run gives them seeds and broken copies of those.

/// A mail becomes what a report or a message says: nothing stops it, twice the same, and no line break gets into a name.
pub fn mime(bytes: &[u8]) {
    use candor::mail::read::{Limits, read};
    let letter = read(bytes, &Limits::default());
    assert_eq!(letter, read(bytes, &Limits::default()));
    assert!(!letter.subject.contains(['\r', '\n']));
    if let Some(from) = &letter.from {
        assert!(!from.name.contains(['\r', '\n']));
    }
    let (whole, fresh) = (letter.whole(), letter.fresh());
    assert!(whole.len() <= bytes.len() * 8 + 1_000 && fresh.len() <= bytes.len() * 8 + 10_000);
    let _ = candor::mail::members::own_words(&letter);
    let _ = candor::mail::origin::peer(bytes, &["mx.example.org".to_owned()]);
    let ring = candor::mail::read::openpgp::Ring::default();
    let with = candor::mail::read::read_with(bytes, &Limits::default(), &ring, &candor::mail::read::openpgp::here);
    assert_eq!(with.from, letter.from);
    let _ = read(bytes, &Limits { parts: 0, ..Limits::default() });
}

/// A file becomes what is shown of it: nothing stops it, twice the same, and who shows it takes it.
pub fn preview(bytes: &[u8]) {
    use candor::confine::previews::{answer, of, understood};
    use candor::mail::apart::preview_words;
    let seen = of(bytes, preview_words);
    assert_eq!(seen, of(bytes, preview_words));
    let answer = answer(&[b"preview".to_vec(), bytes.to_vec()], preview_words).expect("it is about a preview");
    assert_eq!(understood(answer).expect("it is taken").shown, seen.shown);
}

/// What may be written to is one address on one line.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(address) = candor::mail::address::check(&text) {
        let written = address.to_string();
        assert!(!written.contains(['\r', '\n', ' ', ',', '<', '>', '"']) && written.matches('@').count() == 1);
        assert_eq!(candor::mail::address::check(&written), Ok(address));
    }
    let shown = candor::mail::address::display_name(&text);
    assert!(!shown.contains(['\r', '\n']));
    if let Some(normal) = candor::keys::random::normal_receipt(&text) {
        assert_eq!(candor::keys::random::normal_receipt(&normal), Some(normal.clone()));
    }
}

/// A mail server's commands, and the message after them: its end is found in one place only.
pub fn lmtp(bytes: &[u8]) {
    use candor::mail::lmtp;
    for line in String::from_utf8_lossy(bytes).lines() {
        for mark in ["FROM:", "TO:"] {
            if let Some((path, _)) = lmtp::path(line, mark) {
                assert!(!path.contains(['\r', '\n', ' ', '<', '>']) && path.len() <= 320);
            }
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    if let Some((message, rest)) = runtime.block_on(lmtp::read_message(bytes)) {
        assert!(message.len() + rest < bytes.len());
        let end = bytes.len() - rest;
        assert!(bytes[..end].ends_with(b".\r\n"), "only one thing ends a message");
    }
}

/// Somebody's key, a message, a signature: read within limits or refused, twice the same, and what is read writes itself again.
pub fn openpgp(bytes: &[u8]) {
    use candor::openpgp::decrypt::{Budget, open};
    use candor::openpgp::{Certificate, Kind, armor, packets, verify};
    let now: jiff::Timestamp = "2026-11-21T00:00:00Z".parse().expect("an instant");
    if let Ok(found) = packets::walk(bytes, 1000) {
        assert!(found.iter().all(|packet| packet.start < packet.end && packet.end <= bytes.len()));
    }
    assert!(armor::blocks(bytes, 20).iter().all(|block| block.start < block.end && block.end <= bytes.len()));
    let _ = armor::binary(bytes, Kind::Message, 1 << 20);
    let read = Certificate::read(bytes, &Default::default());
    assert_eq!(read, Certificate::read(bytes, &Default::default()));
    if let Ok(certificate) = &read {
        let _ = (certificate.view(now), certificate.can_encrypt(now), certificate.can_sign(now));
        let again = Certificate::read(&certificate.to_bytes(), &Default::default()).expect("what is written reads");
        assert_eq!(again.fingerprint(), certificate.fingerprint());
    }
    let known: Vec<&Certificate> = read.iter().collect();
    let budget = Budget { bytes: 1 << 20, ..Budget::default() };
    let _ = open(bytes, &[], &known, now, &budget);
    let _ = verify::detached(b"text", bytes, &known, now);
    let _ = verify::cleartext(bytes, &known, now);
    // What whoever holds keys looks at: one packet, or nothing.
    let wanted = candor::openpgp::Wanted { packets: vec![bytes.to_vec()], ..Default::default() };
    let _ = candor::openpgp::session::unlock(&wanted, &[], 64);
    let _ = verify::each(b"text", &[bytes.to_vec()], &known, now);
    if let Some(key) = candor::openpgp::SessionKey::from_bytes(&bytes[..bytes.len().min(34)]) {
        let _ = candor::openpgp::decrypt::take(bytes, &[], Some(&key), &budget);
    }
}

/// A policy file is taken or told what is wrong with it where; what is taken reads again as the same.
pub fn policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(policy) = candor_core::policy::file::read(&text) {
        assert_eq!(candor_core::policy::file::read(&text), Ok(policy));
    }
}

/// An ID token in the first line and a set of keys after it: nobody is believed whose key is not known, and no two texts are
/// the same bytes in base64url.
pub fn id_token(bytes: &[u8]) {
    use candor::oidc::token::{self, Expected};
    let text = String::from_utf8_lossy(bytes);
    let (token, keys) = text.split_once('\n').unwrap_or((&text, ""));
    let now = "2026-03-02T09:00:00Z".parse().expect("a fixed instant");
    let expected = Expected { issuer: "https://id.example", client: "desk", nonce: "drawn", now };
    assert!(token::read(token, keys.as_bytes(), expected).is_err());
    if let Some(read) = token::unbase64url(token) {
        assert_eq!(read.len(), token.len() * 3 / 4);
    }
    if let Ok(scopes) = candor::accounts::token::Scopes::parse(&text) {
        assert_eq!(candor::accounts::token::Scopes::parse(&scopes.names()), Ok(scopes));
    }
}
