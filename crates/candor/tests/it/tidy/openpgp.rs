//! Where bytes of strangers meet the library for OpenPGP: in processes without keys, and as single small packets in `openpgp`.

use super::{module, paths_after, report, shell};

/// What takes foreign bytes apart: (room below `openpgp`, names in it).
const TAKE_APART: [(&str, &[&str]); 4] = [
    ("decrypt", &["take", "open", "is_encrypted", "recipients"]),
    ("verify", &["found", "framed", "detached", "cleartext"]),
    ("armor", &["binary", "decode"]),
    ("sealed", &["check"]),
];

/// Who may: the sides of processes without keys, and the command line, where key and message are of the same person.
const MAY: [&str; 4] = ["confine/messages", "mail/read/pieces", "cli/sealed", "cli/openpgp"];

/// Parts of the library that take messages apart, and the one room that names each.
const LIBRARY: [(&str, &str); 3] =
    [("Message::from_bytes", "openpgp/decrypt"), ("Dearmor::", "openpgp/armor"), ("Message<", "openpgp/decrypt")];

#[test]
fn abuse_p5_messages_of_strangers_are_taken_apart_only_by_processes_without_keys() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in shell() {
        let (room, code) = (module(&file.path).join("/"), file.code());
        let bare = code
            .match_indices("pgp::")
            .any(|(at, _)| !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_'));
        if bare && !room.starts_with("openpgp/") && room != "openpgp" {
            wrong.push(format!("{}: the library for OpenPGP is used in `openpgp` alone", file.path));
        }
        for (name, only) in LIBRARY {
            if code.contains(name) && room != only && room.starts_with("openpgp") {
                wrong.push(format!("{}: {name} belongs into {only}", file.path));
            }
        }
        if room.starts_with("openpgp") {
            continue;
        }
        for (part, names) in TAKE_APART {
            let named = paths_after(&code, &format!("openpgp::{part}::"));
            for name in names {
                let uses = named.iter().any(|path| path == name) || code.contains(&format!("{part}::{name}("));
                seen += usize::from(uses);
                if uses && !MAY.contains(&room.as_str()) {
                    wrong.push(format!("{}: {part}::{name} takes apart what strangers wrote; ask a reader", file.path));
                }
            }
        }
    }
    assert!(seen >= 8, "the places are found: {seen}");
    report(wrong);
}
