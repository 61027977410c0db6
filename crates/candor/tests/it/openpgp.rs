//! OpenPGP over bytes: with GnuPG on the other side in both directions, and with what nobody should send.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use candor::openpgp::certificate::{Limits, Refused};
use candor::openpgp::decrypt::{Budget, Shut, open};
use candor::openpgp::encrypt::encrypt;
use candor::openpgp::{Certificate, Kind, Secret, Unusable, Verdict, armor, random, sign, verify};
use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;

/// GnuPG with a folder of its own.
pub struct Gpg(TempDir);

impl Gpg {
    /// `None`, and said, where it is not installed.
    pub fn new() -> Option<Self> {
        if Command::new("gpg").arg("--version").output().is_err() {
            eprintln!("skipped: gpg is not installed (Debian package gnupg)");
            return None;
        }
        let home = tempfile::tempdir().expect("a folder");
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o700)).expect("its mode is set");
        Some(Self(home))
    }

    /// Runs it. Whether it succeeded, what it printed, and its status lines.
    pub fn run(&self, words: &[&str], input: &[u8]) -> (bool, Vec<u8>, String) {
        let mut child = Command::new("gpg")
            .args(["--homedir", &self.0.path().to_string_lossy(), "--batch", "--yes", "--no-tty", "--status-fd", "2"])
            .args([
                "--pinentry-mode",
                "loopback",
                "--passphrase",
                "",
                "--trust-model",
                "always",
                "--no-auto-check-trustdb",
            ])
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gpg starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        let writes = std::thread::spawn(move || drop(pipe.write_all(&input)));
        let done = child.wait_with_output().expect("gpg ends");
        writes.join().expect("it is written");
        (done.status.success(), done.stdout, String::from_utf8_lossy(&done.stderr).into_owned())
    }

    /// What it prints; it must succeed.
    pub fn prints(&self, words: &[&str], input: &[u8]) -> Vec<u8> {
        let (well, out, said) = self.run(words, input);
        assert!(well, "gpg {words:?}: {said}");
        out
    }

    /// Makes a key and gives its certificate.
    pub fn key(&self, name: &str, kind: &str, usage: &str, expires: &str) -> Vec<u8> {
        self.prints(&["--quick-gen-key", name, kind, usage, expires], b"");
        self.prints(&["--export", "--armor", name], b"")
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("it is written");
        path
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        // Its agent ends with its folder, but not at once.
        let home = self.0.path().to_string_lossy().into_owned();
        drop(Command::new("gpgconf").args(["--homedir", &home, "--kill", "all"]).output());
    }
}

/// GnuPG lives in the present.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

fn days(count: i64) -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(24 * count)
}

pub fn ours() -> Secret {
    let made = now() - days(10);
    Secret::make("Example security <security@example.org>", made, Some(now() + days(300)), random()).expect("a key")
}

pub fn read(bytes: &[u8]) -> Certificate {
    Certificate::read(bytes, &Limits::default()).expect("a certificate")
}

fn good(certificate: &Certificate) -> Verdict {
    Verdict::Good { fingerprint: certificate.fingerprint() }
}

#[test]
fn gnupg_takes_our_certificate_checks_our_signatures_and_writes_to_us() {
    let Some(gpg) = Gpg::new() else { return };
    let secret = ours();
    let certificate = secret.certificate();
    gpg.prints(&["--import"], certificate.to_armor().as_bytes());
    let listed = String::from_utf8(gpg.prints(&["--with-colons", "--list-keys"], b"")).expect("text");
    assert!(listed.contains(&secret.fingerprint()) && listed.contains("security@example.org"), "{listed}");
    let end = certificate.view(now()).expires.expect("an end").as_second().to_string();
    assert!(listed.lines().any(|line| line.starts_with("pub:") && line.contains(&end)), "{listed}");

    let text = gpg.file("advisory.json", b"{\"what\": 1}\r\n");
    let signature = sign::detached(&secret, b"{\"what\": 1}\r\n", now()).expect("it signs");
    let signature = gpg.file("advisory.json.asc", signature.as_bytes());
    gpg.prints(&["--verify", &signature.to_string_lossy(), &text.to_string_lossy()], b"");

    let signed = sign::cleartext(&secret, "Contact: mailto:a@b.c  \n- dash\n-----\nlast\n", now()).expect("it signs");
    assert_eq!(gpg.prints(&["--decrypt"], signed.as_bytes()), b"Contact: mailto:a@b.c\n- dash\n-----\nlast\n");

    for more in [&[][..], &["--hidden-recipient", "security@example.org"], &["--compress-algo", "zip"]] {
        let mut words = vec!["--encrypt", "--armor"];
        words.extend(more);
        if !more.contains(&"--hidden-recipient") {
            words.extend(["--recipient", "security@example.org"]);
        }
        let sent = gpg.prints(&words, "grüße".as_bytes());
        let opened = open(&sent, &[ours(), secret.clone()], &[], now(), &Budget::default()).expect("it opens");
        assert_eq!(opened.bytes, "grüße".as_bytes());
        assert_eq!((opened.key, opened.recipients), (Some(secret.fingerprint()), 1));
    }
}

#[test]
fn what_gnupg_signed_and_encrypted_opens_with_exactly_its_signer() {
    let Some(gpg) = Gpg::new() else { return };
    let secret = ours();
    gpg.prints(&["--import"], secret.certificate().to_armor().as_bytes());
    for (name, kind) in [("ada@outside.example", "ed25519"), ("bob@outside.example", "rsa2048")] {
        gpg.key(name, kind, "default", "1y");
        if kind == "ed25519" {
            let listed = String::from_utf8(gpg.prints(&["--with-colons", "--list-keys", name], b"")).expect("text");
            let print = listed.lines().find_map(|line| line.strip_prefix("fpr:::::::::")).expect("a fingerprint");
            gpg.prints(&["--quick-add-key", print.trim_end_matches(':'), "cv25519", "encr", "1y"], b"");
        } else {
            let listed = String::from_utf8(gpg.prints(&["--with-colons", "--list-keys", name], b"")).expect("text");
            let print = listed.lines().find_map(|line| line.strip_prefix("fpr:::::::::")).expect("a fingerprint");
            gpg.prints(&["--quick-add-key", print.trim_end_matches(':'), "rsa2048", "encr", "1y"], b"");
        }
        let theirs = read(&gpg.prints(&["--export", "--armor", name], b""));
        assert!(theirs.names(name, now()), "{theirs:?}");
        let sent = gpg.prints(
            &["--encrypt", "--sign", "--armor", "--local-user", name, "--recipient", "security@example.org"],
            b"the finding\n",
        );
        let opened =
            open(&sent, std::slice::from_ref(&secret), &[&theirs], now(), &Budget::default()).expect("it opens");
        assert_eq!(opened.bytes, b"the finding\n");
        assert_eq!(opened.signatures.len(), 1);
        assert_eq!(opened.signatures[0].verdict, good(&theirs));
        let stranger = open(&sent, std::slice::from_ref(&secret), &[], now(), &Budget::default()).expect("it opens");
        assert_eq!(stranger.signatures[0].verdict, Verdict::Unknown);

        let clear = gpg.prints(&["--clearsign", "--local-user", name], b"one\n- two \n");
        let (said, signatures) = verify::cleartext(&clear, &[&theirs], now()).expect("a signed text");
        assert_eq!((said.as_str(), &signatures[0].verdict), ("one\n- two", &good(&theirs)));
        let forged = String::from_utf8(clear).expect("text").replace("one", "own");
        let (_, signatures) = verify::cleartext(forged.as_bytes(), &[&theirs], now()).expect("a signed text");
        assert_eq!(signatures[0].verdict, Verdict::Bad);

        let detached = gpg.prints(&["--detach-sign", "--armor", "--local-user", name], b"part\r\n");
        assert_eq!(verify::detached(b"part\r\n", &detached, &[&theirs], now())[0].verdict, good(&theirs));
        assert_eq!(verify::detached(b"part\n", &detached, &[&theirs], now())[0].verdict, Verdict::Bad);

        // And back.
        let letter = encrypt(b"our answer", &theirs, Some(&secret), now(), random()).expect("it encrypts");
        let (well, plain, said) = gpg.run(&["--decrypt"], letter.as_bytes());
        assert!(well && plain == b"our answer" && said.contains("GOODSIG"), "{said}");
    }
}

#[test]
fn a_key_is_prolonged_replaced_and_imported_from_gnupg() {
    let Some(gpg) = Gpg::new() else { return };
    let secret = ours();
    let until = now() + days(900);
    let later = secret.prolonged(now(), Some(until)).expect("it is prolonged");
    assert_eq!(later.fingerprint(), secret.fingerprint());
    let end = later.certificate().view(now()).expires.expect("an end");
    assert_eq!(end.as_second(), until.as_second());
    gpg.prints(&["--import"], later.certificate().to_armor().as_bytes());
    let kept = Secret::from_bytes(&later.to_bytes()).expect("it reads back");
    assert_eq!(kept.certificate(), later.certificate());

    gpg.key("desk@example.org", "future-default", "default", "1y");
    let exported = gpg.prints(&["--export-secret-keys", "--armor", "desk@example.org"], b"");
    let imported = Secret::read(&exported, "", now()).expect("it is taken");
    let sent = gpg.prints(&["--encrypt", "--recipient", "desk@example.org"], b"x");
    assert_eq!(open(&sent, &[imported], &[], now(), &Budget::default()).expect("it opens").bytes, b"x");
    let refused = Secret::read(secret.certificate().to_armor().as_bytes(), "", now());
    assert!(refused.is_err(), "a public key is no secret one");
    gpg.key("old@example.org", "rsa2048", "default", "1y");
    let exported = gpg.prints(&["--export-secret-keys", "--armor", "old@example.org"], b"");
    let why = Secret::read(&exported, "", now()).expect_err("RSA is not taken");
    assert!(why.to_string().contains("Ed25519"), "{why}");
}

#[test]
fn a_certificate_is_not_written_to_once_it_ran_out_or_was_revoked() {
    let secret = Secret::make("a <a@b.example>", now() - days(30), Some(now() - days(1)), random()).expect("a key");
    let certificate = secret.certificate();
    assert!(matches!(certificate.can_encrypt(now()), Err(Unusable::Expired(_))));
    assert!(encrypt(b"x", &certificate, None, now(), random()).is_err());
    assert_eq!(certificate.can_encrypt(now() - days(2)), Ok(()));
    assert_eq!(certificate.can_encrypt(now() - days(40)), Err(Unusable::Future), "before it was made");

    let Some(gpg) = Gpg::new() else { return };
    gpg.key("gone@outside.example", "future-default", "default", "1y");
    let listed = String::from_utf8(gpg.prints(&["--with-colons", "--list-keys"], b"")).expect("text");
    let print = listed.lines().find_map(|line| line.strip_prefix("fpr:::::::::")).expect("one").trim_end_matches(':');
    let before = read(&gpg.prints(&["--export", print], b""));
    assert_eq!(before.can_encrypt(now()), Ok(()));
    let revocation = std::fs::read_to_string(gpg.0.path().join("openpgp-revocs.d").join(format!("{print}.rev")));
    let revocation = revocation.expect("gpg wrote one").replace(":-----BEGIN", "-----BEGIN");
    gpg.prints(&["--import"], revocation.as_bytes());
    let after = read(&gpg.prints(&["--export", print], b""));
    assert_eq!(after.can_encrypt(now()), Err(Unusable::Revoked));
    // Nor is what it signed believed.
    let (_, signature, _) = gpg.run(&["--detach-sign", "--local-user", print], b"x");
    assert!(signature.is_empty());
}

/// A key of GnuPG, with its secret part, its fingerprint, and that of each subkey.
fn theirs(gpg: &Gpg, name: &str, kind: &str, subkeys: &[&str]) -> (String, Vec<String>) {
    // A while ago: GnuPG dates what comes in one second after each other, and so into the future.
    let begin = (now() - days(1)).as_second().to_string();
    gpg.prints(&["--faked-system-time", &begin, "--quick-gen-key", name, kind, "default", "1y"], b"");
    let prints = |gpg: &Gpg| {
        let listed = String::from_utf8(gpg.prints(&["--with-colons", "--list-keys", name], b"")).expect("text");
        let found = listed.lines().filter_map(|line| line.strip_prefix("fpr:::::::::"));
        found.map(|print| print.trim_end_matches(':').to_owned()).collect::<Vec<_>>()
    };
    let print = prints(gpg)[0].clone();
    for subkey in subkeys {
        gpg.prints(&["--faked-system-time", &begin, "--quick-add-key", &print, subkey, "encr", "1y"], b"");
    }
    let below = prints(gpg).split_off(1);
    (print, below)
}

#[test]
fn what_is_taken_back_with_an_old_hash_is_taken_back() {
    use pgp::composed::{Deserializable as _, SignedSecretKey};
    use pgp::crypto::hash::HashAlgorithm;
    use pgp::packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData};
    use pgp::types::{KeyDetails as _, Password, Tag};
    let Some(gpg) = Gpg::new() else { return };
    let (print, below) = theirs(&gpg, "old <old@outside.example>", "rsa2048", &["rsa2048"]);
    assert_eq!(below.len(), 1);
    let secret = gpg.prints(&["--export-secret-keys", &print], b"");
    let secret = SignedSecretKey::from_bytes(&secret[..]).expect("it reads");
    let primary = &secret.primary_key;
    let weak = |kind| {
        let mut config = SignatureConfig::v4(kind, primary.algorithm(), HashAlgorithm::Sha1);
        let made = pgp::types::Timestamp::now();
        config.hashed_subpackets = vec![
            Subpacket::regular(SubpacketData::SignatureCreationTime(made)).expect("a part"),
            Subpacket::regular(SubpacketData::IssuerFingerprint(primary.fingerprint())).expect("a part"),
        ];
        config
    };
    let none = Password::empty();
    let seen = |key: pgp::composed::SignedPublicKey| {
        let certificate = read(&pgp::ser::Serialize::to_bytes(&key).expect("bytes"));
        let later = now() + days(1);
        (certificate.can_encrypt(later), certificate.view(later).user_ids.len())
    };
    let whole = secret.to_public_key();
    assert_eq!(seen(whole.clone()), (Ok(()), 1));
    let mut key = whole.clone();
    let taken = weak(SignatureType::KeyRevocation).sign_key(primary, &none, primary.public_key()).expect("signed");
    key.details.revocation_signatures.push(taken);
    assert_eq!(seen(key).0, Err(Unusable::Revoked));
    let mut key = whole.clone();
    let subkey = key.public_subkeys[0].key.clone();
    let taken = weak(SignatureType::SubkeyRevocation);
    let taken = taken.sign_subkey_binding(primary, primary.public_key(), &none, &subkey).expect("signed");
    key.public_subkeys[0].signatures.push(taken);
    assert_eq!(seen(key).0, Err(Unusable::Revoked));
    let mut key = whole;
    let name = key.details.users[0].id.clone();
    let taken = weak(SignatureType::CertRevocation);
    let taken = taken.sign_certification(primary, primary.public_key(), &none, Tag::UserId, &name).expect("signed");
    key.details.users[0].signatures.push(taken);
    assert_eq!(seen(key).1, 0);
}

#[test]
fn prolonging_a_key_keeps_its_names_and_revives_nothing() {
    let Some(gpg) = Gpg::new() else { return };
    let (print, below) = theirs(&gpg, "Desk <desk@example.org>", "ed25519", &["cv25519", "cv25519"]);
    assert_eq!(below.len(), 2);
    let later = (now() - days(1)).as_second() + 3_600;
    for name in ["Gone <gone@example.org>", "Second <second@example.org>"] {
        gpg.prints(&["--faked-system-time", &later.to_string(), "--quick-add-uid", &print, name], b"");
    }
    gpg.prints(&["--quick-revoke-uid", &print, "Gone <gone@example.org>"], b"");
    // The second subkey is revoked, by the dialogue that gpg has for it.
    let dialogue = b"key 2\nrevkey\ny\n1\n\ny\nsave\n";
    gpg.prints(&["--command-fd", "0", "--edit-key", &print], dialogue);
    let exported = gpg.prints(&["--export-secret-keys", &print], b"");
    let secret = Secret::read(&exported, "", now()).expect("it is taken");
    let stands = |secret: &Secret| {
        let view = secret.certificate().view(now() + days(1));
        let revoked: Vec<bool> = view.parts.iter().map(|part| part.revoked.is_some()).collect();
        let mut names = view.user_ids;
        names.sort();
        (revoked, names)
    };
    let before = stands(&secret);
    assert_eq!(before.0, [false, false, true]);
    assert_eq!(before.1, ["Desk <desk@example.org>", "Second <second@example.org>"]);
    let until = now() + days(900);
    let later = secret.prolonged(now(), Some(until)).expect("it is prolonged");
    assert_eq!(stands(&later), before);
    let view = later.certificate().view(now() + days(1));
    let ends: Vec<_> = view.parts.iter().map(|part| part.expires.map(Timestamp::as_second)).collect();
    assert_eq!(ends[..2], [Some(until.as_second()), Some(until.as_second())]);
    assert!(ends[2] < Some(until.as_second()), "what was taken back got no new end");
    // GnuPG sees the same.
    let other = Gpg::new().expect("as before");
    other.prints(&["--import"], later.certificate().to_armor().as_bytes());
    let listed = other.prints(&["--with-colons", "--list-keys"], b"");
    let listed = String::from_utf8(listed).expect("text");
    let count = |mark: &str| listed.lines().filter(|line| line.starts_with(mark)).count();
    assert_eq!((count("sub:r:"), count("uid:r:")), (1, 1), "{listed}");
}

/// Changes one byte.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

fn message(secret: &Secret, plain: &[u8]) -> Vec<u8> {
    let armored = encrypt(plain, &secret.certificate(), Some(secret), now(), random()).expect("it encrypts");
    armor::binary(armored.as_bytes(), Kind::Message, 10_000_000).expect("a message")
}

#[test]
fn abuse_p1_without_integrity_and_with_a_changed_byte_nothing_opens() {
    let secret = ours();
    let secrets = [secret.clone()];
    let whole = message(&secret, &[b'a'; 3000]);
    assert!(open(&whole, &secrets, &[], now(), &Budget::default()).is_ok());
    let step = whole.len() / 97;
    for at in (whole.len() - 3000..whole.len()).step_by(step.max(1)) {
        assert_eq!(open(&flipped(&whole, at), &secrets, &[], now(), &Budget::default()), Err(Shut::NotOpened), "{at}");
    }
    // Cut short, and with the mark of the older packet that has no protection.
    assert_eq!(open(&whole[..whole.len() - 1], &secrets, &[], now(), &Budget::default()), Err(Shut::NotOpened));
    let found = candor::openpgp::packets::walk(&whole, 10).expect("packets");
    let protected = found.iter().find(|packet| packet.tag == 18).expect("one").start;
    let mut older = whole.clone();
    older[protected] = 0xC0 | 9;
    assert_eq!(open(&older, &secrets, &[], now(), &Budget::default()), Err(Shut::NotOpened));
}

#[test]
fn abuse_p3_a_key_past_a_limit_is_refused_by_its_name() {
    let secret = ours();
    let bytes = secret.certificate().to_bytes();
    let found = candor::openpgp::packets::walk(&bytes, 10).expect("packets");
    let of = |tag: u8| {
        found.iter().find(|packet| packet.tag == tag).map(|it| bytes[it.start..it.end].to_vec()).expect("one")
    };
    let refused = |bytes: &[u8]| Certificate::read(bytes, &Limits::default()).expect_err("it is refused");
    let mut flood = bytes.clone();
    flood.extend(of(2).repeat(150_000));
    assert!(matches!(refused(&flood), Refused::TooLarge(512)));
    let mut many = bytes.clone();
    many.extend(of(2).repeat(3000));
    assert_eq!(refused(&many), Refused::TooMany { what: "signatures", limit: 2000 });
    let mut own = bytes[..found[2].end].to_vec();
    own.extend(of(2).repeat(300));
    own.extend(&bytes[found[2].end..]);
    assert_eq!(refused(&own), Refused::TooMany { what: "signatures of its own", limit: 200 });
    let mut names = bytes.clone();
    names.extend(of(13).repeat(10_000));
    assert_eq!(refused(&names), Refused::TooMany { what: "packets", limit: 5000 });
    let mut names = bytes.clone();
    names.extend(of(13).repeat(51));
    assert_eq!(refused(&names), Refused::TooMany { what: "names", limit: 50 });
    let mut subkeys = bytes.clone();
    subkeys.extend(of(14).repeat(31));
    assert_eq!(refused(&subkeys), Refused::TooMany { what: "subkeys", limit: 30 });
    let mut version = bytes.clone();
    version[found[0].body] = 5;
    assert_eq!(refused(&version), Refused::Version(5));
    assert!(matches!(refused(&vec![0xC6; 50_000_000]), Refused::TooLarge(512)));
    assert_eq!(refused(&[bytes.clone(), bytes.clone()].concat()), Refused::Several(2));
    assert_eq!(refused(secret.to_armor().as_bytes()), Refused::Secret);
    assert_eq!(refused(b"hello"), Refused::NotOne);
    assert_eq!(refused(&bytes[..bytes.len() - 3]), Refused::Broken);
}

#[test]
fn abuse_p4_what_grows_past_the_budget_stays_shut() {
    let Some(gpg) = Gpg::new() else { return };
    let secret = ours();
    gpg.prints(&["--import"], secret.certificate().to_armor().as_bytes());
    let zeros = vec![0; 40_000_000];
    let bomb = gpg.prints(&["--encrypt", "--compress-algo", "zlib", "--recipient", "security@example.org"], &zeros);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    let budget = Budget { bytes: 20_000_000, ..Budget::default() };
    assert_eq!(open(&bomb, std::slice::from_ref(&secret), &[], now(), &budget), Err(Shut::NotOpened));
    // Layers within layers end.
    let mut nested = message(&secret, b"x");
    for _ in 0..6 {
        nested = message(&secret, &nested);
    }
    let opened =
        open(&nested, std::slice::from_ref(&secret), &[], now(), &Budget::default()).expect("the outer one opens");
    assert_eq!(opened.key.as_deref(), Some(secret.fingerprint().as_str()), "what is in it is a file of bytes");
    let mut store = gpg.prints(&["--store", "--compress-algo", "zip"], b"x");
    for _ in 0..8 {
        // A compressed packet that holds a compressed packet: stored blocks of deflate.
        let mut body = vec![1_u8, 1];
        let length = u16::try_from(store.len()).expect("small");
        body.extend(length.to_le_bytes());
        body.extend((!length).to_le_bytes());
        body.extend(&store);
        store = vec![0xC8, 255];
        store.extend(u32::try_from(body.len()).expect("small").to_be_bytes());
        store.extend(body);
    }
    assert_eq!(open(&store, &[secret], &[], now(), &Budget::default()), Err(Shut::NotOpened));
}

#[test]
fn abuse_p9_the_right_key_is_found_among_many_and_hidden_recipients_are_tried_a_few_times() {
    let secret = ours();
    let whole = message(&secret, b"found");
    let found = candor::openpgp::packets::walk(&whole, 10).expect("packets");
    let ours_packet = &whole[found[0].start..found[0].end];
    let other = message(&ours(), b"x");
    let strange = candor::openpgp::packets::walk(&other, 10).expect("packets")[0];
    let strange = &other[strange.start..strange.end];
    let mut many = strange.repeat(200);
    many.extend(ours_packet);
    many.extend(&whole[found[0].end..]);
    let opened = open(&many, std::slice::from_ref(&secret), &[], now(), &Budget::default()).expect("it opens");
    assert_eq!((opened.bytes.as_slice(), opened.recipients), (&b"found"[..], 201));
    // Without a name each is tried, up to an end.
    let mut hidden = strange.to_vec();
    hidden[found[0].body - found[0].start + 1..][..8].fill(0);
    let mut few = hidden.repeat(20);
    let mut ours_hidden = ours_packet.to_vec();
    ours_hidden[found[0].body - found[0].start + 1..][..8].fill(0);
    few.extend(&ours_hidden);
    few.extend(&whole[found[0].end..]);
    assert_eq!(
        open(&few, std::slice::from_ref(&secret), &[], now(), &Budget::default()).expect("it opens").bytes,
        b"found"
    );
    let mut too_many = hidden.repeat(200);
    too_many.extend(&ours_hidden);
    too_many.extend(&whole[found[0].end..]);
    assert_eq!(open(&too_many, std::slice::from_ref(&secret), &[], now(), &Budget::default()), Err(Shut::NotOpened));
    // To somebody else: said, because the message says it itself.
    assert_eq!(open(&other, &[secret], &[], now(), &Budget::default()), Err(Shut::NotOurs));
    // Two blocks in one text are two, and nothing between them belongs to either.
    let text = "-----BEGIN PGP MESSAGE-----\n\nxx\n-----END PGP MESSAGE-----\nbetween\n-----BEGIN PGP MESSAGE-----\n\nyy\n-----END PGP MESSAGE-----\n";
    let blocks = armor::blocks(text.as_bytes(), 10);
    assert_eq!(blocks.len(), 2);
    assert!(&text[blocks[0].end..blocks[1].start] == "between\n");
}

/// What must be read without a panic: parts of it are read further than noise would be.
fn seeds() -> Vec<Vec<u8>> {
    let secret = ours();
    vec![
        secret.certificate().to_bytes(),
        secret.certificate().to_armor().into_bytes(),
        secret.to_bytes().to_vec(),
        message(&secret, b"some text"),
        sign::detached(&secret, b"x", now()).expect("it signs").into_bytes(),
        sign::cleartext(&secret, "x\n- y", now()).expect("it signs").into_bytes(),
    ]
}

fn read_everything(bytes: &[u8], secret: &Secret) {
    drop(Certificate::read(bytes, &Limits::default()).map(|it| (it.view(now()), it.to_bytes())));
    drop(Secret::read(bytes, "x", now()));
    drop(open(bytes, std::slice::from_ref(secret), &[&secret.certificate()], now(), &Budget::default()));
    verify::detached(b"x", bytes, &[&secret.certificate()], now());
    drop(verify::cleartext(bytes, &[&secret.certificate()], now()));
    armor::blocks(bytes, 50);
    candor::openpgp::decrypt::is_encrypted(bytes, 100_000);
}

#[test]
fn abuse_p5_cut_and_broken_packets_are_refused_and_nothing_falls_over() {
    let secret = ours();
    for seed in seeds() {
        for at in (0..seed.len()).step_by(3) {
            read_everything(&seed[..at], &secret);
        }
        for at in (0..seed.len()).step_by(3) {
            read_everything(&flipped(&seed, at), &secret);
        }
    }
    for hostile in [
        &b"\xC1\x0C\x03\0\0\0\0\0\0\0\0\x12\x01\x02"[..],
        b"\xC1\x01\x03\xD2\x01\x01",
        b"\xC3\x02\x04\x09\xD2\x02\x01\0",
        b"\xC5\x06\x04\0\0\0\0\x16",
        b"\xC5\x14\x04\0\0\0\0\x12\x0A+\x06\x01\x04\x01\x97U\x01\x05\x01\xFF",
        b"\xC6\xFF\xFF\xFF\xFF\xFF\x04",
        b"\xC6\xFE\x04",
        b"\x99\xFF\xFF\x04",
        b"-----BEGIN PGP MESSAGE-----\n-----END PGP MESSAGE-----",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n====\n-----END PGP PUBLIC KEY BLOCK-----",
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----",
    ] {
        read_everything(hostile, &secret);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), first in 0_u8..64) {
        let secret = ours();
        read_everything(&bytes, &secret);
        // As a packet of some kind.
        let mut packet = vec![0xC0 | first, 255];
        packet.extend(u32::try_from(bytes.len()).expect("small").to_be_bytes());
        packet.extend(&bytes);
        read_everything(&packet, &secret);
    }
}
