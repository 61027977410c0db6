//! Odd mails of the real world: what ships with other programs' tests, read where it is installed. None is lost, none stops
//! the reading, and of well-formed ones the text is what another reader finds.

use crate::mail_in::{US, begin, look};
use candor::mail::read::{Limits, read};
use candor::mail::receive::{Envelope, Outcome, receive};
use candor_core::event::Event;
use std::path::{Path, PathBuf};

/// Every file below a folder whose name ends in one of these.
fn below(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            below(&path, ends, found);
        } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
            found.push(path);
        }
    }
}

/// Folders of mails that are at hand, each with where they are from.
fn corpora() -> Vec<(&'static str, PathBuf, &'static [&'static str])> {
    let mut found: Vec<(&'static str, PathBuf, &'static [&'static str])> = Vec::new();
    let cargo =
        std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    for registry in
        cargo.iter().flat_map(|home| std::fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten())
    {
        for package in std::fs::read_dir(registry.path()).into_iter().flatten().flatten() {
            let name = package.file_name().to_string_lossy().into_owned();
            if name.starts_with("mail-parser-") {
                found.push(("mail-parser", package.path().join("resources"), &[".eml", ".txt"]));
            } else if name.starts_with("mail-auth-") {
                found.push(("mail-auth", package.path().join("resources"), &[".eml", ".txt", ".msg"]));
            }
        }
    }
    let asked = "import sys, os; print(os.path.join(os.path.dirname(os.__file__), 'test', 'test_email', 'data'))";
    if let Ok(told) = std::process::Command::new("python3").args(["-c", asked]).output() {
        let folder = PathBuf::from(String::from_utf8_lossy(&told.stdout).trim());
        if folder.is_dir() {
            found.push(("Python", folder, &[".txt"]));
        }
    }
    found.retain(|(_, folder, _)| folder.is_dir());
    found
}

/// Words of a text, so that line ends and spaces do not count.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| word.trim_matches(['>', '\u{a0}']).to_owned())
        .filter(|it| !it.is_empty())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_mails_of_other_programs_tests_are_all_kept_and_none_stops_the_reading() {
    let (_place, app) = begin().await;
    let corpora = corpora();
    if corpora.is_empty() {
        eprintln!("skipped: no mails of other programs' tests are installed");
        return;
    }
    let (mut kept, mut wordless) = (0, 0);
    for (from, folder, ends) in corpora {
        let mut files = Vec::new();
        below(&folder, ends, &mut files);
        files.sort();
        let mut here = 0;
        for file in files {
            let raw = std::fs::read(&file).expect("it reads");
            let size = raw.len();
            let letter = read(&raw, &Limits::default());
            if letter.whole().trim().is_empty() && letter.files.is_empty() && letter.over.is_none() {
                wordless += 1;
            }
            // Each under a name of its own, as a flood of one sender is another story.
            let envelope = Envelope { from: None, to: US.into(), program: None };
            app.set_clock(app.now() + jiff::SignedDuration::from_mins(61));
            let outcome = receive(&app, &envelope, raw).await.unwrap_or_else(|why| panic!("{}: {why}", file.display()));
            let case = match outcome {
                Outcome::Filed(case) | Outcome::Folded(case) | Outcome::Unverified(case) => case,
                // The same mail lies in the collections twice.
                Outcome::Again => continue,
                other => panic!("{}: {other:?}", file.display()),
            };
            let case = look(&app, &case).await;
            let whole = case.history.iter().flat_map(|entry| match &entry.what {
                Event::Reported { facts, .. } => facts.files.as_slice(),
                Event::MailUnverified { files, .. } => files.as_slice(),
                _ => &[],
            });
            let is_whole = whole.into_iter().any(|it| it.name == "message.eml" && it.size == size as u64);
            assert!(is_whole, "{} is kept as it came", file.display());
            here += 1;
        }
        eprintln!("{here} mails of {from}");
        kept += here;
    }
    eprintln!("{kept} mails kept, {wordless} without words or files");
    assert!(kept > 0);
}

#[test]
fn the_text_of_well_formed_mails_is_what_another_reader_finds() {
    let (mut equal, mut differs) = (0, Vec::new());
    for (from, folder, ends) in corpora() {
        if from != "mail-parser" {
            continue;
        }
        let mut files = Vec::new();
        below(&folder, ends, &mut files);
        // What others call malformed has no one reading.
        for file in files.into_iter().filter(|file| file.to_string_lossy().contains("/rfc/")) {
            let raw = std::fs::read(&file).expect("it reads");
            let Some(reference) = mail_parser::MessageParser::default().parse(&raw) else { continue };
            let theirs: Vec<String> = (0..reference.text_body_count())
                .filter_map(|at| reference.body_text(at))
                .flat_map(|text| words(&text))
                .collect();
            let ours = words(&read(&raw, &Limits::default()).whole());
            let known: std::collections::BTreeSet<&String> = ours.iter().collect();
            let missing: Vec<_> = theirs.iter().filter(|word| !known.contains(word)).take(5).collect();
            if missing.is_empty() { equal += 1 } else { differs.push(format!("{}: {missing:?}", file.display())) }
        }
    }
    eprintln!("{equal} alike; {differs:#?}");
    if equal + differs.len() == 0 {
        eprintln!("skipped: the other reader's mails are not installed");
        return;
    }
    assert!(differs.len() * 10 <= equal + differs.len(), "{differs:#?}");
}

/// Takes a mail apart and puts it together wrongly, always in the same way for a seed.
fn mangled(raw: &[u8], mut seed: u64) -> Vec<u8> {
    let mut out = raw.to_vec();
    for _ in 0..8 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if out.is_empty() {
            break;
        }
        let at = (seed >> 33) as usize % out.len();
        match seed >> 60 & 7 {
            0 => out.truncate(at),
            1 => out[at] = 0,
            2 => out.insert(at, b'\n'),
            3 => out.insert(at, b'"'),
            4 => {
                out.remove(at);
            }
            5 => {
                let piece: Vec<u8> = out[at..].iter().take(300).copied().collect();
                out.splice(at..at, piece);
            }
            6 => out[at] ^= 0x80,
            _ => {
                out.splice(at..at, *b"\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n");
            }
        }
    }
    out
}

#[test]
fn mails_that_are_broken_at_random_are_read_all_the_same() {
    let own = crate::mail_in::mail(
        "Ada <ada@outside.example>",
        "=?utf-8?q?=C3=BCber?=",
        "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n",
        "--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nf=FCr\n--b\nContent-Type: text/html\n\n<p>für <img src=x></p>\n--b--",
    );
    let mut seeds = vec![own];
    for (_, folder, ends) in corpora() {
        let mut files = Vec::new();
        below(&folder, ends, &mut files);
        seeds.extend(
            files.into_iter().filter_map(|file| std::fs::read(file).ok()).filter(|raw| raw.len() < 100_000).take(60),
        );
    }
    let mut read_ones = 0;
    for (number, raw) in seeds.iter().enumerate() {
        for round in 0..20 {
            let broken = mangled(raw, (number * 1_000 + round) as u64);
            let letter = read(&broken, &Limits::default());
            // Nothing is invented: text and files together are no larger than a decoder can make of the bytes.
            assert!(letter.whole().len() <= broken.len() * 8 + 1_000);
            read_ones += 1;
        }
    }
    assert!(read_ones >= 20);
}
