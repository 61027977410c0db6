//! Passwords: which are good enough, and Argon2id over them.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::coding::{base64_bare as base64, unbase64_bare as unbase64};
use crate::error::Error;
use crate::keys;

/// Fewest characters of a password.
pub const SHORTEST: usize = 12;
/// Most bytes of a password; longer ones only cost time.
pub const LONGEST: usize = 1024;

/// Memory in KiB, passes and lanes.
type Cost = (u32, u32, u32);
/// Source: OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, 2 passes, 1 lane.
const COST: Cost = (19 * 1024, 2, 1);
const SALT: usize = 16;
const OUTPUT: usize = 32;

/// Two at once: each takes 19 MiB and a core for some 20 milliseconds.
static TURNS: Semaphore = Semaphore::const_new(2);

/// A hash no password gives, worked on when there is no member or no password, so that the answer takes as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What speaks against a password, in words for whoever chose it; `None` when it will do. `about` holds what a guesser
/// would try first: name and address, programs, the host.
pub fn objection(password: &str, about: &[&str]) -> Option<String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some(format!("The password has {length} characters; use at least {SHORTEST}"));
    }
    if password.len() > LONGEST {
        return Some(format!("The password is longer than {LONGEST} bytes; use a shorter one"));
    }
    let lower = password.to_lowercase();
    let parts = about.iter().flat_map(|text| {
        let text = text.to_lowercase();
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.chars().count() >= 4)
            .map(Into::into)
            .collect();
        words
    });
    if parts.into_iter().any(|part| lower.contains(&part)) {
        return Some(
            "The password contains your name or address, or the name of a program; use one that has nothing to do with you"
                .into(),
        );
    }
    if repeats(&lower) || counts(&lower) || common(&lower) {
        return Some(
            "The password repeats or counts, or is one everybody tries; use several words that do not belong together"
                .into(),
        );
    }
    None
}

/// Few different characters, or one short piece again and again.
fn repeats(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let mut different = letters.clone();
    different.sort_unstable();
    different.dedup();
    different.len() < 5
        || (1..=letters.len() / 2).any(|period| letters.iter().zip(&letters[period..]).all(|(a, b)| a == b))
}

/// Along the alphabet, the digits or a row of keys.
fn counts(text: &str) -> bool {
    const ROWS: &str = "abcdefghijklmnopqrstuvwxyzabcd 01234567890123456789 qwertyuiopasdfghjklzxcvbnm qwertzuiopasdfghjklyxcvbnm 1qaz2wsx3edc4rfv5tgb6yhn";
    let backwards: String = text.chars().rev().collect();
    ROWS.contains(text) || ROWS.contains(&backwards)
}

/// A common word with digits and signs around it.
fn common(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "password",
        "passwort",
        "passphrase",
        "letmein",
        "welcome",
        "changeme",
        "administrator",
        "admin",
        "security",
        "candor",
        "qwerty",
        "iloveyou",
        "secret",
        "correcthorsebatterystaple",
    ];
    let mut letters: String = text
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            other => other,
        })
        .collect();
    letters.retain(char::is_alphabetic);
    let plain: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let mostly = |text: &String, word: &str| !text.is_empty() && text.replace(word, "").len() * 4 <= text.len();
    [letters, plain].iter().any(|text| WORDS.iter().any(|word| mostly(text, word)))
}

/// Hashes a password with a fresh salt, as a PHC string.
///
/// # Errors
/// [`Error::Internal`] when the system gives no random numbers.
pub async fn hash(password: &str) -> Result<String, Error> {
    let mut salt = [0; SALT];
    rand::fill(&mut salt).map_err(|_| Error::internal("the system gives no random numbers"))?;
    let output = work(password, salt.to_vec(), COST).await?;
    let (memory, passes, lanes) = COST;
    Ok(format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${}${}", base64(&salt), base64(&output)))
}

/// Whether the password belongs to the hash. Without a hash it is never so, after the same work.
///
/// # Errors
/// [`Error::Internal`] when the hash cannot be read.
pub async fn verify(password: &str, hash: Option<&str>) -> Result<bool, Error> {
    let (cost, salt, expected) =
        parse(hash.unwrap_or(NOBODY)).ok_or_else(|| Error::internal("a password hash cannot be read"))?;
    let password = if password.len() > LONGEST { "" } else { password };
    let output = work(password, salt, cost).await?;
    Ok(keys::equal(&output, &expected) && hash.is_some())
}

async fn work(password: &str, salt: Vec<u8>, cost: Cost) -> Result<Vec<u8>, Error> {
    let password = Zeroizing::new(password.as_bytes().to_vec());
    let turn = TURNS.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let (memory, passes, lanes) = cost;
        let params = Params::new(memory, passes, lanes, Some(OUTPUT)).map_err(|why| why.to_string())?;
        let mut output = vec![0; OUTPUT];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(&password, &salt, &mut output)
            .map_err(|why| why.to_string())?;
        Ok(output)
    })
    .await
    .map_err(Error::internal)?
    .map_err(|why: String| Error::internal(why))
}

/// The costs, salt and output of a PHC string of ours.
fn parse(hash: &str) -> Option<(Cost, Vec<u8>, Vec<u8>)> {
    let mut parts = hash.strip_prefix("$argon2id$v=19$")?.split('$');
    let mut costs =
        parts.next()?.split(',').zip(["m=", "t=", "p="]).map(|(part, name)| part.strip_prefix(name)?.parse().ok());
    let cost = (costs.next()??, costs.next()??, costs.next()??);
    Some((cost, unbase64(parts.next()?)?, unbase64(parts.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_must_be_long_and_not_about_its_owner() {
        let about = ["Ada Lovelace", "ada@engine.example"];
        assert_eq!(objection("tin harbour sleeps early", &about), None);
        assert_eq!(objection("Pä55wörter-sind-lang", &about), None);
        assert_eq!(
            objection("elevenchars", &about).as_deref(),
            Some("The password has 11 characters; use at least 12")
        );
        assert!(objection(&"ab cd ef gh ".repeat(100), &about).is_some());
        assert!(objection("lovelace-1815-london", &about).is_some());
        assert!(objection("my engine runs hot", &about).is_some());
    }

    #[test]
    fn repeats_rows_and_common_words_are_refused() {
        for poor in [
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "harbourharbour",
            "123456789012",
            "210987654321",
            "abcdefghijklmnop",
            "qwertyuiopasdf",
            "Password2026!!",
            "P4ssw0rd!2026",
            "passwordpassw0rd",
            "changeme-2026-11",
        ] {
            assert!(objection(poor, &[]).is_some(), "{poor}");
        }
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_and_no_other() {
        let hash = hash("tin harbour sleeps early").await.expect("hashing works");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("tin harbour sleeps early", Some(&hash)).await.expect("verifying works"));
        assert!(!verify("tin harbour sleeps late", Some(&hash)).await.expect("verifying works"));
        assert!(!verify("tin harbour sleeps early", None).await.expect("verifying works"));
    }

    #[test]
    fn abuse_s3_a_name_that_nobody_has_costs_the_same_work() {
        let (cost, salt, output) = parse(NOBODY).expect("it is a hash like others");
        assert_eq!((cost, salt.len(), output.len()), (COST, SALT, OUTPUT));
    }

    #[test]
    fn base64_goes_there_and_back() {
        assert_eq!(base64(b"foob"), "Zm9vYg");
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            assert_eq!(unbase64(&base64(&bytes)), Some(bytes));
        }
    }
}
