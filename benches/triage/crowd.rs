//! Reports made of words, as many as are wanted: products, places in code, weaknesses, circumstances.

use crate::Chance;

const PARTS: &[&str] = &[
    "parser",
    "decoder",
    "console",
    "gateway",
    "router",
    "scheduler",
    "login page",
    "upload handler",
    "listing",
    "replication",
    "cache",
    "session store",
    "template engine",
    "renderer",
    "importer",
    "exporter",
    "search box",
    "mailer",
    "worker",
    "proxy",
    "installer",
    "updater",
    "plugin loader",
    "event bus",
    "key store",
    "policy engine",
    "webhook sender",
    "image scaler",
    "archive reader",
    "command line",
];
const WEAK: &[&str] = &[
    "heap buffer overflow",
    "cross-site scripting",
    "SQL injection",
    "path traversal",
    "missing authorization",
    "server-side request forgery",
    "use after free",
    "integer overflow",
    "open redirect",
    "denial of service",
    "information disclosure",
    "race condition",
    "weak randomness",
    "prototype pollution",
    "deserialization of untrusted data",
    "command injection",
    "session fixation",
    "out-of-bounds read",
    "null pointer dereference",
    "improper certificate validation",
];
const SENTENCES: &[&str] = &[
    "An attacker sends a request with a crafted header and the server answers with data of another user.",
    "The length of the value is read from the file and not compared with the size of the memory.",
    "The name is joined to the folder without a check, so a file outside of it can be read.",
    "No token is asked for, and the action is done in the name of the user who opens the page.",
    "The request is forwarded to any address, also to those of the internal network.",
    "Two requests at the same moment see the old state, and both are allowed.",
    "The error message holds the query and the value of the secret.",
    "The lock is released before the last use, and another thread frees the object.",
    "The pattern takes a time that grows with the square of the input.",
    "The certificate is accepted whatever name it is for.",
    "It happens in the default configuration and without a session.",
    "It needs an account with the least rights and nothing else.",
    "The process ends and is not started again.",
    "The value is written into the page as it is, so script runs for whoever looks at it.",
    "I have seen it on Linux with the container image from the registry.",
    "A proof is attached; it works in nine of ten runs.",
];
const SOUNDS: &[&str] = &[
    "ba", "ko", "ri", "ta", "me", "lu", "zen", "dor", "vi", "pa", "no", "ska", "tel", "mir", "gon", "fex", "qua",
    "lin", "hub", "rex",
];

/// A made-up name.
fn name(chance: &mut Chance, parts: usize) -> String {
    (0..parts).map(|_| *chance.of(SOUNDS)).collect()
}

/// Title, description and component of a report.
pub fn one(chance: &mut Chance) -> (String, String, String) {
    let product = name(chance, 3);
    let part = *chance.of(PARTS);
    let weak = *chance.of(WEAK);
    let function = format!("{}_{}", name(chance, 2), name(chance, 2));
    let file = format!("src/{}/{}.c:{}", name(chance, 2), name(chance, 2), 1 + chance.below(4_000));
    let version = format!("{}.{}.{}", chance.below(9), chance.below(30), chance.below(20));
    let title = match chance.below(3) {
        0 => format!("{weak} in the {part} of {product}"),
        1 => format!("{product}: {part} allows {weak}"),
        _ => format!("The {part} in {product} {version} has a {weak}"),
    };
    let mut body = format!(
        "In {product} {version} there is a {weak} in the {part}. The function {function}() in {file} is at fault. "
    );
    for _ in 0..4 + chance.below(6) {
        let sentence: &&str = chance.of(SENTENCES);
        body.push_str(sentence);
        body.push(' ');
    }
    for _ in 0..chance.below(12) {
        body.push_str(&name(chance, 3));
        body.push(' ');
    }
    (title, body, part.to_owned())
}
