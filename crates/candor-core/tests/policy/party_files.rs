//! Files that are shared with outside parties: one at a time, under a name that tells nothing, and not with the reporter's name in
//! it unless they agreed.

use crate::given::{Story, at, policy};
use candor_core::access::{Actor, Role, allow};
use candor_core::case::{Author, Case};
use candor_core::command::Command;
use candor_core::decide::{Facts, decide};
use candor_core::event::{Contact, Credit, Event, FileRef};
use candor_core::id::{MemberId, PersonId};
use candor_core::marks::{Marks, bearers};
use candor_core::parties::{
    Invitation, Looked, PartyAct, PartyKind, PartyWish, Sharing, TERMS, given, may_open, shared_with, traces,
};
use jiff::tz::TimeZone;

fn file(id: &str, name: &str) -> FileRef {
    FileRef {
        id: id.into(),
        name: name.into(),
        size: 40,
        sha256: String::new(),
        sealed_sha256: String::new(),
        key: String::new(),
        looks: String::new(),
    }
}

/// A report by somebody with a name, two files, and two parties.
fn story() -> Story {
    let contact = Contact {
        name: "Mei Lindqvist".into(),
        email: "mei@home.example".into(),
        organisation: "Norrland Labs".into(),
        ..Contact::default()
    };
    let mut story = Story::reported("2026-03-02T09:00Z");
    story.push(
        "2026-03-02T09:00Z",
        Author::Reporter(0),
        Event::ContactGiven { report: 0, person: PersonId("mei".into()), contact },
    );
    story.push(
        "2026-03-02T09:01Z",
        Author::Reporter(0),
        Event::ReporterWrote {
            report: 0,
            text: "Look.".into(),
            files: vec![file("one", "lindqvist-proof.TXT"), file("two", "core.dump")],
        },
    );
    for party in 0..2 {
        let invitation = Invitation {
            person: PersonId(format!("p{party}")),
            contact: Contact { name: format!("Vendor {party}"), ..Contact::default() },
            kind: PartyKind::Vendor,
            until: at("2026-06-01T00:00Z"),
            terms: TERMS.into(),
            link: format!("link{party}"),
        };
        let invited = Event::Party { party, act: PartyAct::Invited(Box::new(invitation)) };
        story = story.then("2026-03-02T10:00Z", "ada", invited);
        let joined = Event::Party { party, act: PartyAct::Joined { key: "00".into() } };
        story.push("2026-03-02T10:01Z", Author::Party(party), joined);
    }
    story
}

fn sharing(file: &str) -> Sharing {
    Sharing { party: 0, file: file.into(), name: String::new(), marked: false, names_reporter: false }
}

fn asked(case: &Case, sharing: Sharing, looked: Looked) -> Result<Vec<Event>, String> {
    let policy = policy("");
    let actor = Actor::Member { id: MemberId::from("ada"), roles: vec![(case.program.clone(), Role::Member)] };
    let facts = Facts { now: at("2026-03-03T10:00Z"), looked: Some(looked), ..Facts::default() };
    let command = Command::ShareFile { sharing };
    let allowed = allow(Some(case), &policy, &actor, command, facts.now).map_err(|denied| format!("{denied:?}"))?;
    decide(case, &allowed, &policy, &facts).map_err(|refusal| refusal.to_string())
}

fn shared(case: &Case, sharing: Sharing) -> (String, bool) {
    let events = asked(case, sharing, Looked { is_text: true, traces: Vec::new() }).expect("it is shared");
    match &events[..] {
        [Event::Party { party: 0, act: PartyAct::Shared { name, marked, .. } }] => (name.clone(), *marked),
        other => panic!("{other:?}"),
    }
}

#[test]
fn s5_a_file_is_shared_under_a_name_that_tells_nothing_unless_a_member_gives_one() {
    let case = story().case();
    assert_eq!(shared(&case, sharing("one")), (format!("{}-1.txt", case.id), false));
    let named = Sharing { name: "proof of it.txt".into(), ..sharing("one") };
    assert_eq!(shared(&case, named).0, "proof of it.txt");
    for name in ["../proof.txt", "a\\b", "a\u{7}b"] {
        let why = asked(&case, Sharing { name: name.into(), ..sharing("one") }, Looked::default()).unwrap_err();
        assert!(why.contains("without folders"), "{why}");
    }
    let why = asked(&case, sharing("three"), Looked::default()).unwrap_err();
    assert!(why.contains("no such file"), "{why}");
    let why = asked(&case, Sharing { party: 7, ..sharing("one") }, Looked::default()).unwrap_err();
    assert!(why.contains("no outside party"), "{why}");
}

#[test]
fn abuse_r3_neither_name_nor_content_of_a_shared_file_names_a_reporter_who_did_not_agree() {
    let case = story().case();
    for name in ["lindqvist-proof.txt", "proof_of_Mei.txt", "Norrland Labs.pdf", "mei@home.example.txt"] {
        let why = asked(&case, Sharing { name: name.into(), ..sharing("one") }, Looked::default()).unwrap_err();
        assert!(why.contains("stands in this name"), "{name}: {why}");
    }
    let wide: Vec<u8> = "by MEI LINDQVIST.".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [b"\xff\xd8 Artist: Mei Lindqvist \x01".as_slice(), b"From: <mei@home.example>", &wide] {
        let found = traces(&case, bytes);
        assert_eq!(found.len(), 1, "{found:?}");
        let why = asked(&case, sharing("two"), Looked { is_text: false, traces: found }).unwrap_err();
        assert!(why.contains("stands in the file"), "{why}");
    }
    assert_eq!(traces(&case, b"Meilindqvist and Norrland alone"), Vec::<&str>::new());
    // With their word it is shared, and that stays on record.
    let looked = Looked { is_text: false, traces: vec!["the name of the reporter"] };
    let events = asked(&case, Sharing { names_reporter: true, ..sharing("two") }, looked).expect("they agreed");
    assert!(
        matches!(&events[..], [Event::Party { act: PartyAct::Shared { names_reporter: true, .. }, .. }]),
        "{events:?}"
    );
    // What they are to be credited with may stand; their address may not.
    let mut story = story();
    let credit = Credit::Named {
        name: "Mei Lindqvist".into(),
        organisation: String::new(),
        link: String::new(),
        about: String::new(),
    };
    story.push("2026-03-02T12:00Z", Author::Reporter(0), Event::CreditChosen { report: 0, credit });
    assert_eq!(traces(&story.case(), b"Mei Lindqvist, mei@home.example"), ["the address of the reporter"]);
}

#[test]
fn abuse_r1_a_party_may_open_what_was_shared_with_it_or_sent_by_it_and_nothing_else() {
    let mut story = story();
    let act = PartyAct::Shared { file: "one".into(), name: "x.txt".into(), marked: false, names_reporter: false };
    story = story.then("2026-03-03T10:00Z", "ada", Event::Party { party: 0, act });
    let act = PartyAct::Wrote { text: String::new(), files: vec![file("theirs", "patch.diff")] };
    story.push("2026-03-03T11:00Z", Author::Party(1), Event::Party { party: 1, act });
    let (case, now) = (story.case(), at("2026-03-04T00:00Z"));
    let open = |party, now| ["one", "two", "theirs"].map(|id| may_open(&case, party, &id.into(), now));
    assert_eq!(open(0, now), [true, false, false]);
    assert_eq!(open(1, now), [false, false, true]);
    assert_eq!(open(2, now), [false; 3]);
    assert_eq!(open(0, at("2026-06-01T00:00Z")), [false; 3], "their time is over");
    let sent = case.files.iter().find(|known| known.file.id.as_str() == "theirs").expect("it is kept");
    assert!(sent.internal, "no reporter gets it");
    assert_eq!(shared_with(&case, &"one".into()).map(|party| party.number).collect::<Vec<_>>(), [0]);
    let ended = story.then(
        "2026-03-04T00:00Z",
        "ada",
        Event::Party { party: 0, act: PartyAct::Ended { reason: String::new() } },
    );
    assert!(!may_open(&ended.case(), 0, &"one".into(), at("2026-03-04T00:01Z")));
}

#[test]
fn what_was_shared_so_already_is_not_shared_again_and_may_be_shared_otherwise() {
    let mut story = story();
    let first = asked(&story.case(), sharing("one"), Looked::default()).expect("it is shared").remove(0);
    story = story.then("2026-03-03T10:00Z", "ada", first);
    let case = story.case();
    assert_eq!(asked(&case, sharing("one"), Looked::default()), Ok(Vec::new()));
    assert_eq!(shared(&case, Sharing { marked: true, ..sharing("one") }), (format!("{}-1.txt", case.id), true));
    assert_eq!(shared(&case, sharing("two")).0, format!("{}-2.dump", case.id));
    let numbers: Vec<_> = given(&case, 0).iter().map(|one| (one.line, one.own, one.name.to_owned())).collect();
    assert_eq!(numbers, [(2, false, format!("{}-1.txt", case.id))]);
    let why = asked(&case, Sharing { marked: true, ..sharing("two") }, Looked::default()).unwrap_err();
    assert!(why.contains("only a file of plain text"), "{why}");
}

#[test]
fn abuse_r8_a_marked_copy_of_a_text_file_tells_whose_it_was() {
    let mut story = story();
    for party in 0..2 {
        let act = PartyAct::Shared { file: "one".into(), name: "a.txt".into(), marked: true, names_reporter: false };
        story = story.then("2026-03-03T10:00Z", "ada", Event::Party { party, act });
    }
    let case = story.case();
    let hash = |place: &str| {
        let mut bytes = [7_u8; 16];
        for (at, byte) in place.bytes().enumerate() {
            bytes[at % 16] = bytes[at % 16].wrapping_mul(31).wrapping_add(byte);
        }
        bytes
    };
    for party in 0..2 {
        let marks = Marks::new(&hash);
        let (name, text) =
            marks.copy(party, "a.txt", "\u{feff}one\r\ntwo\r\n", at("2026-03-03T10:00Z"), &TimeZone::UTC);
        let reference = marks.reference(party);
        assert_eq!(name, format!("a-{reference}.txt"));
        assert!(text.starts_with(&format!("Reference {reference}\r\n\r\none\r\ntwo\r\n\r\n")), "{text}");
        let found = bearers(&case, marks, &text, &TimeZone::UTC);
        assert_eq!((found[0].party, found[0].certain), (party, true));
        // Without the references, the wording and the form of the date are left.
        let last = text.lines().last().expect("a line").replace(&format!("Reference {reference}. "), "");
        let found = bearers(&case, marks, &last, &TimeZone::UTC);
        assert_eq!(found[0].party, party, "{last}: {found:?}");
        assert_eq!(
            marks.copy(party, "README", "x", at("2026-03-03T10:00Z"), &TimeZone::UTC).0,
            format!("README-{reference}")
        );
    }
}

#[test]
fn a_party_sends_files_with_words_or_without_and_an_older_journal_still_reads() {
    let case = story().case();
    let policy = policy("");
    let actor = Actor::Party { case: case.id.clone(), party: 1 };
    let facts = Facts { now: at("2026-03-03T10:00Z"), ..Facts::default() };
    let wish = |text: &str, files: Vec<FileRef>| {
        let command = Command::AsParty { wish: PartyWish::Write { text: text.into(), files } };
        let allowed = allow(Some(&case), &policy, &actor, command, facts.now).expect("it is theirs");
        decide(&case, &allowed, &policy, &facts)
    };
    assert!(wish("", Vec::new()).is_err(), "it says nothing");
    assert!(wish("", vec![file("theirs", "patch.diff")]).is_ok());
    let old: Event =
        serde_json::from_str(r#"{"event":"party","party":1,"act":"wrote","text":"Yes."}"#).expect("it reads");
    assert_eq!(old, Event::Party { party: 1, act: PartyAct::Wrote { text: "Yes.".into(), files: Vec::new() } });
}
