//! `docs/security/abuse.md`: each attack and fault of the list beside the tests named after it. The page is written by this
//! test with `UPDATE=1` and compared otherwise; a row without a test has to say why.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{files, root};

/// One row: its name, what is sent or done, what must come of it, and what to know about it (why there is no test, or
/// where Candor does it otherwise). The name stands after `abuse_` in the names of its tests: `abuse_l1_l3_…` is one for both.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// The rows, by group.
const GROUPS: &[(&str, &[Row])] = &[
    (
        "Web form and public pages",
        &[
            ("W1", "a field twice, as a list, in address and body", "refused by its name; no account, no right", ""),
            (
                "W3",
                "script, Markdown and HTML in every field; looked at in list, case, mail, print, CSAF, feed",
                "text that does nothing; nothing is fetched; no report of the Content-Security-Policy",
                "the walk in a real browser needs Chromium; the same pages are read without one as well",
            ),
            (
                "W5",
                "one report 20 times at once, sent again, the same key with another body",
                "one case, one receipt; another body is refused",
                "",
            ),
            (
                "W6",
                "guessed, wrong, ended and erased receipts from many addresses",
                "none opens, all answers are equal, the holder gets in",
                "10,000 guesses in each run of the tests, a million in a [written run](runs/2026-11-22-attacks-at-full-size.md); a receipt has 128 random bits",
            ),
            ("W8", "every changing address without token, from elsewhere, by GET", "refused, nothing changes", ""),
            (
                "W9",
                "a foreign address to go on to; hostile host names",
                "our own address only, in pages and letters",
                "",
            ),
            (
                "W10",
                "unknown verbs, odd encodings, a head of 32 KB",
                "404, 405 or 431; the page of any absent address",
                "",
            ),
        ],
    ),
    (
        "Files",
        &[
            (
                "U1",
                "SVG, HTML, XML, PDF with script, opened by the team",
                "a download from a sandboxed answer; a preview shows their source, and of a PDF its kind",
                "",
            ),
            ("U2", "a crafted type of a file", "the stored type is not used: octet-stream and nosniff", ""),
            (
                "U4",
                "archives that unpack to gigabytes",
                "kept as they came; nobody unpacks them here; a preview lists them and says what is odd",
                "",
            ),
            (
                "U5",
                "100 MB, 2 GB, cut off at the end, many at once",
                "constant memory, refused early, nothing half is seen, leftovers go",
                "the limits are set low in each run of the tests; those of the row in a [written run](runs/2026-11-22-attacks-at-full-size.md)",
            ),
            ("U7", "a link to a file in other hands", "refused", ""),
            (
                "U8",
                "a picture of 50,000 x 50,000, a PDF of deep arrays",
                "the worker dies alone, the case is whole",
                "",
            ),
            (
                "U10",
                "EICAR, files with two meanings, an archive with its password in the text",
                "stored as they came and never run; a preview says what they are and shows no byte of them as it came but text",
                "files are not scanned: only the test file is known by its bytes",
            ),
        ],
    ),
    (
        "Mail",
        &[
            ("E1", "a member's name in From and a fitting thread", "an unverified message; passed on to nobody", ""),
            ("E3", "somebody in Cc, an address added by reply-all", "takes part in nothing", ""),
            ("E4", "headers of our own, forged", "words like others", ""),
            (
                "E6",
                "line ends that other servers read otherwise, a second envelope behind the first",
                "one message or none, never two",
                "",
            ),
            (
                "E7",
                "notes of absence, 10,000 bounces, two desks that answer each other",
                "one answer per sender and hour at most; silence by the third message",
                "",
            ),
            ("E9", "line ends and Bcc in names, titles and file names", "no header and no recipient is added", ""),
            ("E10", "two From, two types, odd charsets and boundaries", "one reading, and it is said to be odd", ""),
            (
                "E12",
                "invitations, winmail.dat, pictures and styles from elsewhere",
                "text and files; nothing is fetched",
                "",
            ),
            (
                "E13",
                "kill between the end of a mail and its 250; a mailbox numbered anew; the same mail twice",
                "nothing is lost or doubled; other text under one id is kept",
                "",
            ),
            (
                "E14",
                "mail to a wrong, closed or erased address; empty; too large",
                "a new report, or refused at the door in plain words; no hint of a case",
                "",
            ),
        ],
    ),
    (
        "OpenPGP",
        &[
            (
                "P1",
                "messages without integrity, changed bytes, HTML around them",
                "not opened, kept, nothing is fetched",
                "",
            ),
            ("P3", "a key of 50 MB, with 150,000 signatures or 10,000 names", "refused by the name of the limit", ""),
            ("P4", "packets that unpack into themselves; 1 GB in 1 MB", "stopped by the budget, kept", ""),
            ("P5", "cut packets, broken armour, malformed keys", "the worker starts anew; nothing else waits", ""),
            ("P7", "1,000 changed messages", "all are answered alike", ""),
            (
                "P9",
                "hidden recipients, 200 recipients, two blocks",
                "the right key within few tries; further blocks are shown, not joined",
                "",
            ),
        ],
    ),
    (
        "JSON API",
        &[
            (
                "J1",
                "generated requests over the whole description, as each role",
                "no 5xx, what comes back fits the description",
                "",
            ),
            (
                "J3",
                "one's own case in the address, another's in the body",
                "absent, and nothing of the whole is done",
                "",
            ),
            (
                "J4",
                "100,000 levels, a key twice, half of a pair, 1e999, 64 MB, more than 4 GiB",
                "400, 413 or 422; no second meaning",
                "",
            ),
            (
                "J6",
                "a token in the address, after its end, of another scope",
                "refused; dead at once; kept as a hash only",
                "",
            ),
            (
                "J7",
                "a page of 1,000,000 rows, 1,000 exports at once, a deep filter",
                "a limit, or 429 with Retry-After; others are served",
                "a page past its limit is a wrong request and gets 400 with the limit, since to ask again later would not help; more than 32 lists or \
                 16 exports of one asker at a time, or eight times as many of all, get 429",
            ),
            ("J8", "reads from another site", "refused by CORS, CORP and Sec-Fetch", ""),
        ],
    ),
    (
        "Sign-in and sessions",
        &[
            ("S1", "a stolen cookie in another browser", "a fresh factor first; an alarm within a minute", ""),
            (
                "S3",
                "10,000 sign-ins over known and unknown names",
                "equal answers and work; the source is slowed, the member is not locked out",
                "",
            ),
            (
                "S4",
                "timing of comparisons of secrets",
                "no difference",
                "all go through one function of constant time, which a test of the source holds; the times are compared by Welch's t in `benches/intake`",
            ),
            (
                "S6",
                "an invitation used twice, late, by a scanner, by another",
                "used once, by a post of whoever has the code",
                "",
            ),
            (
                "S7",
                "signing out, a member disabled, a role taken while pages and tokens are open",
                "all are dead at once; nothing in a cache",
                "",
            ),
            ("S9", "secrets of one member are known", "no session or token can be made from them", ""),
            (
                "S11",
                "a session fixed before, cookies of a neighbour, 8 KB of cookie",
                "a new session at each sign-in and each fresh factor",
                "",
            ),
        ],
    ),
    (
        "Roles and need-to-know",
        &[
            (
                "R1",
                "every address and command by every role and relation to the case",
                "as the table says; what is not in it fails",
                "docs/security/access.md",
            ),
            ("R3", "an anonymous reporter, looked for in everything that leaves", "nothing before they consented", ""),
            ("R5", "somebody taken off a case: mails, links, keys, open pages", "refused everywhere", ""),
            ("R6", "an internal note that names an outsider", "they are told nothing and may do nothing", ""),
            (
                "R8",
                "text and files leaked by one of five recipients",
                "a mark names who",
                "the words of a person are never changed: whoever leaks them alone, when several were told the same, is not named",
            ),
            ("R9", "lists of people, read by an outsider", "only those who share a case with them", ""),
        ],
    ),
    (
        "Search, side channels, notices",
        &[
            (
                "L1",
                "words of a case, looked for by somebody who is not on it",
                "no trace; the order does not depend on it",
                "",
            ),
            ("L3", "gaps in numbers, order, lengths, sizes of lists", "no count and no existence can be read", ""),
            ("L4", "all letters and calls of a month", "ids only, unless encrypted to the reader", ""),
            ("L6", "a link to a case in a chat, the Referer, the title", "a sign-in page without a word of it", ""),
        ],
    ),
    (
        "Publishing and embargo",
        &[
            ("B2", "an hour that is skipped or comes twice, midnight, no zone", "asked about; shown back in UTC", ""),
            ("B4", "every address of an advisory before its instant", "the bytes of any absent address", ""),
            (
                "B5",
                "the CVE program down, mail down, crash after each step",
                "goes on, each step once, and it is seen which is open",
                "",
            ),
            (
                "B7",
                "a draft with internal words, names without consent, private addresses",
                "not published; the line is named",
                "",
            ),
            (
                "B8",
                "publishing alone, approving one's own words, by the API, by a change in between",
                "two people, in one transaction",
                "",
            ),
            ("B10", "an edition after the publication", "a new revision, the old ones stay, lists only grow", ""),
            ("B11", "confused answers of CVE Services", "published only after what is read back is the same", ""),
        ],
    ),
    (
        "Calls to elsewhere",
        &[
            ("O1", "inner addresses, however written", "refused alike, no connection is made", ""),
            ("O2", "redirects, endless and slow answers", "not followed, cut; others are called in time", ""),
            ("O4", "a call read, sent again, changed", "ids only; signed over time and number", ""),
            ("O5", "TLS taken away, another name, an ended certificate", "the letter waits, never in clear", ""),
            (
                "O7",
                "one administrator turns calls to their own host",
                "a second member confirms; the old target is told",
                "the mail server is a setting of whoever runs the machine: a change is put on record and shown, and nobody confirms it",
            ),
        ],
    ),
    (
        "Import and export",
        &[
            ("I1", "entities, many attributes, deep nesting", "refused at no cost", ""),
            ("I3", "formulas in what a person wrote", "no cell of a list holds it", ""),
            ("I5", "a changed backup, a crafted import", "refused whole; sets no actor, time or right", ""),
            ("I6", "names and ranges of a megabyte", "answered in linear time", ""),
        ],
    ),
    (
        "Keys and erasure",
        &[
            (
                "K2",
                "encryption in the browser that is blocked, slow or out of memory",
                "never the plain text instead",
                "the fields for the text belong to no form, so nothing sends them; the walk in a real browser needs Chromium",
            ),
            ("K3", "sealed bytes moved to another case, field or store", "do not open", ""),
            (
                "K5",
                "a new root key under load, cut off at each step",
                "everything opens; the old one opens nothing",
                "",
            ),
            (
                "K6",
                "the key file absent, wrong, garbled",
                "a locked start; reports are sealed and filed later; no new key",
                "",
            ),
            ("K7", "another key in the form's place", "refused; members see it", ""),
        ],
    ),
    (
        "Disk and processes",
        &[
            (
                "D1",
                "SIGKILL at the Nth write, flush, rename",
                "what was acknowledged is there once, the chain is whole",
                "40 points in each run, any number with `CANDOR_KILL_POINTS`",
            ),
            (
                "D3",
                "a flush fails once",
                "writes stop with 503; never \"saved\"",
                "writes begin again by themselves, after everything that was acknowledged is flushed anew into a file of its own",
            ),
            (
                "D4",
                "a disk of 8 MB fills; room is made",
                "507, SMTP 452; what is there can be read; heals without a restart",
                "the small disk is a tmpfs, for which the test must be root; else a tracer lets writes fail",
            ),
            (
                "D6",
                "two processes write and fold their logs; an old SQLite; a lost log",
                "clean; refused; seen",
                "some hundred rounds instead of an hour",
            ),
            (
                "D8",
                "an object store that fails, is slow, loses or swaps what it holds",
                "tried again; only what is verified is used",
                "",
            ),
            (
                "D9",
                "a copy made under load; an upgrade cut off; a store older than its anchor",
                "whole, old or new, refused",
                "",
            ),
            (
                "D11",
                "64 open files, 128 MiB, no threads, workers that die",
                "acknowledged, or refused with 503; recovers alone",
                "",
            ),
        ],
    ),
    (
        "Clocks",
        &[
            (
                "C2",
                "100,000 deadlines with holidays and changes of the clocks, against a second implementation",
                "equal",
                "",
            ),
            (
                "C3",
                "three days down",
                "each clock that fell due rings once, in order, marked late; at most 60 letters a minute",
                "",
            ),
            (
                "C5",
                "a key or certificate that runs out",
                "told 30, 7 and 1 days before; then held, not sent in clear",
                "",
            ),
            (
                "C6",
                "dates of 1900 and 9999, a sender's clock off by a day",
                "the time of receipt counts; theirs is shown as claimed",
                "",
            ),
        ],
    ),
    (
        "Load",
        &[
            ("Q1", "10,000 slow connections", "others are served; the slow are dropped", ""),
            (
                "Q3",
                "10,000 reports an hour, near-duplicates, one true one",
                "receipts, the true one listed, groups folded, none deleted",
                "1,000 in each run, any number with `CANDOR_FLOOD`",
            ),
            ("Q5", "1,000 sign-ins at once, deep Markdown", "memory holds", ""),
        ],
    ),
];

/// Whether there is a row of this name.
fn is_row(name: &str) -> bool {
    GROUPS.iter().any(|(_, rows)| rows.iter().any(|(row, ..)| *row == name))
}

/// Names of test functions by the rows in them.
fn tests() -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for file in files("crates", &[".rs"]) {
        for line in file.text.lines() {
            let line = line.trim().trim_start_matches("pub ").trim_start_matches("async ");
            let Some(name) = line.strip_prefix("fn abuse_").map(super::word) else { continue };
            let rows: Vec<_> = name.split('_').map(str::to_uppercase).take_while(|row| is_row(row)).collect();
            if rows.is_empty() {
                unknown.push(format!("{}: `abuse_{name}` names no row of the list", file.path));
            }
            for row in rows {
                let tests = found.entry(row).or_default();
                tests.push(format!("abuse_{name}"));
                tests.sort();
                tests.dedup();
            }
        }
    }
    super::report(unknown);
    found
}

fn page() -> String {
    let tests = tests();
    let rows = GROUPS.iter().flat_map(|(_, rows)| *rows);
    let held = rows.clone().filter(|(row, ..)| tests.contains_key(*row)).count();
    let mut page = format!(
        "# Attacks and faults, and the tests that hold against them\n\n\
         Each row with the tests named after it. What a test does not reach of a row, what Candor does otherwise, and why there \
         is no\ntest stands in the last column. {held} of {} rows have tests. Who attacks, and what they could gain, \
         stands in\n[threat-model.md](threat-model.md). Written by `UPDATE=1 ./test attacks`, compared by `./test`.\n",
        rows.count()
    );
    for (group, rows) in GROUPS {
        let _ = write!(
            page,
            "\n## {group}\n\n| row | what is done | what must come of it | tests | to know |\n|---|---|---|---|---|\n"
        );
        for (row, done, must, note) in *rows {
            let names = tests.get(*row).cloned().unwrap_or_default();
            let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join("<br>");
            let names = if names.is_empty() { "none" } else { &names };
            let _ = writeln!(page, "| {row} | {done} | {must} | {names} | {note} |");
        }
    }
    page
}

#[test]
fn the_page_of_attacks_names_the_tests_there_are() {
    let place = root().join("docs/security/abuse.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&place, &page).expect("the page is written");
    }
    let written = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(written == page, "docs/security/abuse.md is behind the tests; run `UPDATE=1 ./test attacks`");
}

#[test]
fn a_row_of_attacks_without_a_test_says_why() {
    let tests = tests();
    let silent = GROUPS
        .iter()
        .flat_map(|(_, rows)| *rows)
        .filter(|(row, _, _, note)| note.is_empty() && !tests.contains_key(*row));
    super::report(silent.map(|(row, ..)| format!("{row} has no test and no reason")).collect());
}
