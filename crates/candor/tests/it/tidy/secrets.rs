//! Secrets are compared in one place, in a time that tells nothing; everything else looks them up by their keyed hash.

use super::{module, report, shell};

/// How a value is called that somebody without it must not find byte by byte.
const SECRETS: [&str; 13] = [
    "secret",
    "csrf",
    "mac",
    "nonce",
    "token",
    "receipt",
    "receipt_hash",
    "commitment",
    "password",
    "verifier",
    "signature",
    "check",
    "hash",
];

/// Where such a name is no secret to whoever asks: (room, the comparison, why).
const OPEN: [(&str, &str, &str); 8] = [
    ("app", "row.hash == hash", "the hash of a policy, which is public"),
    ("store/verify", "head_hash == hash", "hashes of the chain, which only the operator compares"),
    ("store/verify", "row.prev != hash", "as before"),
    ("store/verify", "row.hash", "as before"),
    ("store/verify", "head_hash != hash", "as before"),
    ("store/backup", "sum != hash", "the sum of a file that the operator copies"),
    ("accounts/session", "row.hash == session.hash", "both are the asker's own"),
    ("accounts/session", "hex(&row.hash) == id", "the name of a session in its owner's list"),
];

/// The name at the end of an operand: `csrf` of `self.session.csrf.as_bytes()`.
fn name(operand: &str) -> &str {
    let operand = operand.trim_matches(|letter: char| "()&*[].; {,".contains(letter));
    let operand = [".as_bytes", ".as_str", ".as_slice", ".as_ref", ".expose", ".bytes", ".to_vec", ".trim", ".clone"]
        .iter()
        .fold(operand, |text, end| text.trim_end_matches("()").trim_end_matches("(").trim_end_matches(end));
    operand.rsplit(['.', ':', '(', '&', '*', ' ']).next().unwrap_or_default()
}

#[test]
fn abuse_s4_secrets_are_compared_by_one_function_of_constant_time() {
    let mut wrong = Vec::new();
    let mut places = 0;
    for file in shell().into_iter().filter(|file| !file.path.ends_with("tests.rs")) {
        let room = module(&file.path).join("/");
        for (at, line) in file.code().lines().enumerate() {
            places += usize::from(line.contains("equal(") && !line.contains("fn equal("));
            if line.contains("verify_slices_are_equal") && room != "keys/lookup" {
                wrong.push(format!("{}:{}: ask `keys::equal`", file.path, at + 1));
            }
            for operator in [" == ", " != "] {
                let Some((left, right)) = line.split_once(operator) else { continue };
                let left = left.rsplit([' ', '|']).next().unwrap_or_default();
                let right = right.split([' ', ',', '{']).next().unwrap_or_default();
                let literal = right.starts_with(['"', '\'', 'b', '0', '1']) && !right.starts_with("bytes");
                let fixed = literal || ["None", "Some", "true", "false"].iter().any(|word| right.starts_with(word));
                let secret = [left, right].into_iter().any(|operand| SECRETS.contains(&name(operand)));
                let open = OPEN.iter().any(|(known, words, _)| room == *known && line.contains(words));
                if secret && !fixed && !open {
                    wrong.push(format!(
                        "{}:{}: `{}` compares a secret; ask `keys::equal`",
                        file.path,
                        at + 1,
                        line.trim()
                    ));
                }
            }
        }
    }
    report(wrong);
    assert!(places >= 15, "only {places} comparisons go through the one function");
}

#[test]
fn abuse_s4_the_one_function_looks_at_every_byte() {
    let secret = [7_u8; 32];
    for at in 0..secret.len() {
        let mut other = secret;
        other[at] ^= 1;
        assert!(!candor::keys::equal(&secret, &other), "byte {at}");
    }
    assert!(candor::keys::equal(&secret, &secret.clone()));
    assert!(!candor::keys::equal(&secret, &secret[..31]) && !candor::keys::equal(&secret, &[]));
}
