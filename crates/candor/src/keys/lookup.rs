//! Keyed hashes: whether two texts are equal, without the text.

use aws_lc_rs::{constant_time, hmac};

use super::seal::Key;

/// A keyed hash.
pub type Tag = [u8; 16];

/// HMAC-SHA-256 of `value` under `key`, cut to 16 bytes. `domain` keeps kinds of values apart, such
/// as `address` and `receipt`.
#[must_use]
pub fn lookup(key: &Key, domain: &str, value: &[u8]) -> Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.bytes()));
    context.update(&(domain.len() as u64).to_be_bytes());
    context.update(domain.as_bytes());
    context.update(value);
    let mut tag = [0; 16];
    tag.copy_from_slice(&context.sign().as_ref()[..16]);
    tag
}

/// Whether two secrets are equal, in a time that tells nothing about where they differ.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}
