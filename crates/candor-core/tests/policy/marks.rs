//! Marks of the copies that outside parties get: a copy that turns up elsewhere, changed as leaked texts are, names whose it was.

use crate::given::{Story, at};
use candor_core::case::Case;
use candor_core::event::{Contact, Event};
use candor_core::id::PersonId;
use candor_core::marks::{Marks, bearers, named};
use candor_core::parties::{Invitation, PartyAct, PartyKind, TERMS, find};
use jiff::tz::TimeZone;

const FIRST: &str =
    "The router runs a path twice, once before it has asked who is there. Send it a path with two slashes.";
const SECOND: &str = "The fix asks first and then runs. We release it with the others on the date that was agreed.";

/// A hash that is as good as a keyed one for a test.
fn hash(place: &str) -> [u8; 16] {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    std::array::from_fn(|byte| {
        for one in place.bytes().chain([u8::try_from(byte).unwrap()]) {
            state = (state ^ u64::from(one)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        (state >> 32).to_le_bytes()[0]
    })
}

/// A case that so many vendors were told of, all in the same words.
fn told(many: u32) -> Case {
    let mut story = Story::reported("2026-03-02T09:00Z");
    for party in 0..many {
        let contact = Contact { name: format!("Vendor {party}"), ..Contact::default() };
        let invitation = Invitation {
            person: PersonId(format!("p{party}")),
            contact,
            kind: PartyKind::Vendor,
            until: at("2026-06-01T00:00Z"),
            terms: TERMS.into(),
            link: format!("link{party}"),
        };
        let act = |act| Event::Party { party, act };
        story = story
            .then("2026-03-02T10:00Z", "mei", act(PartyAct::Invited(Box::new(invitation))))
            .then("2026-03-02T11:00Z", "mei", act(PartyAct::Told { text: FIRST.into() }))
            .then("2026-03-14T09:00Z", "mei", act(PartyAct::Told { text: SECOND.into() }));
    }
    story.case()
}

fn copy(case: &Case, party: u32) -> (String, String) {
    Marks::new(&hash).document(case, find(case, party).unwrap(), "Object Store", &TimeZone::UTC)
}

fn whose(case: &Case, leaked: &str) -> Vec<u32> {
    let found = bearers(case, Marks::new(&hash), leaked, &TimeZone::UTC);
    named(&found).iter().map(|one| one.party).collect()
}

fn without_references(text: &str) -> String {
    let cut = |line: &str| match (line.find("Reference "), line.starts_with("Reference ")) {
        (_, true) => String::new(),
        (Some(from), _) => format!("{}{}", &line[..from], &line[from + "Reference K7QX-9MD2. ".len()..]),
        (None, _) => line.to_owned(),
    };
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// What somebody does to a copy.
type Leak = fn(&str) -> String;

/// What leaks look like: a name, and what is done to a copy.
fn leaks() -> Vec<(&'static str, Leak)> {
    vec![
        ("as it is", |text| text.to_owned()),
        ("with other line ends, saved by an editor", |text| text.replace('\n', "\r\n").replace("--", "\u{2013}")),
        ("typed again in small letters, broken anew, without the references", |text| {
            let text = without_references(text).to_lowercase().replace([',', '.', '-', ':'], "");
            let words: Vec<&str> = text.split_whitespace().collect();
            words.chunks(7).map(|line| line.join(" ")).collect::<Vec<_>>().join("\n")
        }),
        ("one message quoted, without its reference", |text| {
            let text = without_references(text);
            let from = text.find("The router").unwrap();
            let quoted = text[from..].split("\n----").next().unwrap().to_owned();
            quoted.lines().map(|line| format!("> {line}\n")).collect()
        }),
        ("a few words of the last line", |text| {
            let text = without_references(text);
            let words: Vec<&str> = text.split_whitespace().collect();
            words[words.len() - 9..].join(" ")
        }),
        ("the reference alone, with one sign misread", |text| {
            let reference = text.lines().next().unwrap().replace("Reference ", "");
            let wrong = if reference.starts_with('7') { "9" } else { "7" };
            format!("seen on a screen: {wrong}{}", &reference[1..].replace('-', " ").to_lowercase())
        }),
    ]
}

#[test]
fn abuse_r8_a_leaked_copy_names_its_recipient_typed_again_cut_and_saved_anew() {
    let case = told(5);
    let (mut tried, mut right) = (0, 0);
    for (how, leak) in leaks() {
        for party in 0..5 {
            let leaked = leak(&copy(&case, party).1);
            let found = whose(&case, &leaked);
            assert!(found.is_empty() || found.contains(&party), "{how}: nobody else is named for {party}: {found:?}");
            tried += 1;
            right += u32::from(found == [party]);
        }
    }
    assert!(5 * right >= 4 * tried, "{right} of {tried}: at least four of five");
    assert_eq!(whose(&case, "A file was on a forum, and nothing of ours is in it."), Vec::<u32>::new());
    assert_eq!(whose(&case, FIRST), Vec::<u32>::new(), "words that all were told name nobody");
}

#[test]
fn abuse_r8_a_mark_is_in_the_file_and_its_name_and_never_in_the_words_of_a_person() {
    let case = told(5);
    for party in 0..5 {
        let (name, text) = copy(&case, party);
        assert!(text.contains(FIRST) && text.contains(SECOND) && text.contains(TERMS), "{text}");
        assert!(text.contains("Every text you get here is marked"), "it is said openly");
        assert_eq!(whose(&case, &format!("{name}\nnothing else is left of it")), [party]);
    }
    // All of a hundred have a reference of their own; wordings come again.
    let many = told(100);
    let mut references: Vec<String> = (0..100).map(|party| Marks::new(&hash).reference(party)).collect();
    references.sort();
    references.dedup();
    assert_eq!(references.len(), 100);
    assert_eq!(whose(&many, &copy(&many, 71).1), [71]);
    let found = whose(&many, &without_references(&copy(&many, 71).1));
    assert!(found.contains(&71) && found.len() <= 2, "without it the wordings together leave few: {found:?}");
}

#[test]
fn words_told_to_one_alone_name_them_without_any_mark() {
    let mut story = Story::reported("2026-03-02T09:00Z");
    for (party, words) in [(0, FIRST), (1, SECOND)] {
        let invitation = Invitation {
            person: PersonId(format!("p{party}")),
            contact: Contact::default(),
            kind: PartyKind::Vendor,
            until: at("2026-06-01T00:00Z"),
            terms: TERMS.into(),
            link: String::new(),
        };
        let act = |act| Event::Party { party, act };
        story = story.then("2026-03-02T10:00Z", "mei", act(PartyAct::Invited(Box::new(invitation)))).then(
            "2026-03-02T11:00Z",
            "mei",
            act(PartyAct::Told { text: words.into() }),
        );
    }
    let case = story.case();
    assert_eq!(whose(&case, &SECOND.to_uppercase()), [1]);
    let found = bearers(&case, Marks::new(&hash), SECOND, &TimeZone::UTC);
    assert_eq!(found[0].evidence, ["words that the team wrote to them"]);
}
