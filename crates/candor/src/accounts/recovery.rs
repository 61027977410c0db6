//! Recovery codes: ten, each good for one sign-in without the authenticator. Kept as keyed hashes.

use crate::keys::{self, KeyRing, Purpose, random};
use crate::store::people;
use crate::store::{Statement, Store};

/// How many codes a member gets.
pub const COUNT: usize = 10;
/// Characters of a code: 50 bits, on top of the password.
const LENGTH: usize = 10;

/// Ten fresh codes and the statements that replace the old ones.
pub(super) fn fresh(keys: &KeyRing, member: &str) -> (Vec<String>, Vec<Statement>) {
    let codes: Vec<String> = (0..COUNT).map(|_| random::text(LENGTH)).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| hash(keys, member, code)).collect();
    let shown = codes.iter().map(|code| format!("{}-{}", &code[..LENGTH / 2], &code[LENGTH / 2..])).collect();
    (shown, people::replace_recovery(member, &hashes))
}

/// The hash of what was typed, if it can be a recovery code.
pub(super) fn typed(keys: &KeyRing, member: &str, typed: &str) -> Option<Vec<u8>> {
    let code = random::normal(typed).filter(|code| code.len() == LENGTH)?;
    Some(hash(keys, member, &code))
}

fn hash(keys: &KeyRing, member: &str, code: &str) -> Vec<u8> {
    let value = format!("{member}/{code}");
    keys::lookup(keys.root().purpose(Purpose::Session), "recovery code", value.as_bytes()).to_vec()
}

/// Replaces a member's codes and returns them, to be shown once.
///
/// # Errors
/// As every write.
pub async fn replace(
    app: &crate::app::App,
    member: &candor_core::id::MemberId,
) -> Result<Vec<String>, crate::error::Error> {
    let (codes, mut statements) = fresh(app.keys()?, member.as_str());
    statements.push(super::told::statement(app, member.as_str(), super::told::Change::Recovery));
    app.store.commit(crate::store::Batch::main(statements)).await?;
    Ok(codes)
}

/// How many codes a member has left.
///
/// # Errors
/// As every read.
pub async fn left(store: &Store, member: &candor_core::id::MemberId) -> Result<i64, crate::error::Error> {
    Ok(people::recovery_left(store, member.as_str()).await?)
}
