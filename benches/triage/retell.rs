//! The same matter in other words, by rule: words for words, sentences in another order, parts left out.

use crate::Chance;

/// Words and what another person may say instead.
const OTHER: &[(&str, &[&str])] = &[
    ("vulnerability", &["flaw", "issue", "weakness", "bug"]),
    ("vulnerable", &["affected", "exposed", "at risk"]),
    ("attacker", &["adversary", "malicious user", "third party", "intruder"]),
    ("attackers", &["adversaries", "malicious users", "others"]),
    ("remote", &["network", "outside"]),
    ("execute", &["run", "launch"]),
    ("arbitrary", &["any", "chosen", "attacker-controlled"]),
    ("allows", &["lets", "enables", "makes it possible for"]),
    ("allow", &["let", "enable"]),
    ("crafted", &["specially made", "manipulated", "prepared"]),
    ("malicious", &["hostile", "prepared"]),
    ("discovered", &["found", "noticed"]),
    ("issue", &["problem", "defect"]),
    ("fixed", &["mended", "resolved", "patched"]),
    ("fix", &["patch", "correction"]),
    ("before", &["prior to", "below"]),
    ("versions", &["releases"]),
    ("version", &["release"]),
    ("user", &["person", "account"]),
    ("users", &["people", "accounts"]),
    ("via", &["through", "by way of", "using"]),
    ("cause", &["lead to", "result in", "trigger"]),
    ("causes", &["leads to", "results in"]),
    ("denial", &["outage"]),
    ("obtain", &["get", "read"]),
    ("sensitive", &["private", "confidential"]),
    ("information", &["data", "details"]),
    ("due", &["owing"]),
    ("improper", &["wrong", "missing"]),
    ("bypass", &["get around", "evade"]),
    ("uses", &["relies on", "calls"]),
    ("updates", &["upgrades", "moves"]),
    ("includes", &["contains", "ships"]),
    ("security", &["safety"]),
    ("large", &["big", "huge"]),
    ("possible", &["feasible"]),
    ("function", &["routine", "method"]),
    ("application", &["program", "app"]),
    ("malformed", &["broken", "invalid"]),
];

/// Retells a text: of its words with another word, two of three are changed; sentences change places; of the others one
/// word of eight is left out; a new beginning and a new end.
pub fn other_words(text: &str, chance: &mut Chance) -> String {
    let mut sentences: Vec<String> = text.split_inclusive(". ").map(str::to_owned).collect();
    for at in (1..sentences.len()).rev() {
        let other = chance.below(at + 1);
        sentences.swap(at, other);
    }
    if sentences.len() > 3 {
        sentences.pop();
    }
    let mut out = String::from(*chance.of(BEGIN));
    for sentence in &sentences {
        for word in sentence.split_whitespace() {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            match OTHER.iter().find(|(known, _)| *known == bare) {
                Some((_, others)) if chance.percent(67) => {
                    let other: &&str = chance.of(others);
                    out.push_str(other);
                }
                _ if chance.percent(12) => continue,
                _ => out.push_str(word),
            }
            out.push(' ');
        }
    }
    let end: &&str = chance.of(END);
    out.push_str(end);
    out
}

const BEGIN: &[&str] = &[
    "Hi, I would like to report something I came across. ",
    "While reviewing the code I noticed the following. ",
    "Our team ran into this last week. ",
    "Please have a look at this. ",
    "",
];
const END: &[&str] =
    &["I can send more if that helps.", "Tell me when you plan to publish.", "Thanks for looking at it.", ""];

/// A text as a report of a person, who says what they did. One in five names a tool that they used.
pub fn as_report(text: &str, chance: &mut Chance) -> String {
    let tool = match chance.below(5) {
        0 => *chance.of(&[
            "I first saw it in Burp Suite and then checked it by hand.",
            "CodeQL pointed me to the place, and I confirmed it with a small program.",
            "The fuzzer was AFL; I reduced the input by hand.",
            "Semgrep found the call, the rest I read myself.",
            "nmap showed the port, everything else is from reading the code.",
        ]),
        _ => "",
    };
    let steps = *chance.of(&[
        "1. Start the server\n2. Send the request below\n3. Look at the log\n",
        "Steps: open the page, change the id in the address, and you see the other record.\n",
        "$ curl -H 'X-Test: 1' http://127.0.0.1:8080/api\n",
        "",
        "",
    ]);
    format!("{}\n\n{tool}\n\n{steps}\n{}", other_words(text, chance), chance.of(END))
}
