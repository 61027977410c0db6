//! What a receipt gives by itself: a name under which its page is found, and a key pair. The page is sealed to the public
//! half, so that only whoever holds the receipt opens it. Both come from the receipt by HKDF-SHA-256; neither tells
//! anything about it, for it has 130 random bits.

use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use super::intake::{self, PublicKey};
use super::random::normal_receipt;
use super::seal::Key;
use super::{KeyError, Tag};

const SALT: &[u8] = b"candor receipt 1";
const INFO: &[u8] = b"candor page of a receipt 1";

/// The key pair of one receipt, with its name. Lives as long as the receipt is at hand.
pub struct ReceiptKey {
    locator: Tag,
    secret: Key,
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand(prk: &hkdf::Prk, info: &[u8], out: &mut [u8]) -> Result<(), KeyError> {
    prk.expand(&[info], Length(out.len())).and_then(|okm| okm.fill(out)).map_err(|_| KeyError::Cipher)
}

impl ReceiptKey {
    /// Of what somebody typed. What cannot be a receipt gives a pair, too, which opens nothing: it costs the same.
    ///
    /// # Errors
    /// [`KeyError::Cipher`] when the library refuses.
    pub fn of(typed: &str) -> Result<Self, KeyError> {
        let receipt = Zeroizing::new(normal_receipt(typed).unwrap_or_default());
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(receipt.as_bytes());
        let (mut locator, mut secret) = ([0; 16], Zeroizing::new([0; 32]));
        expand(&prk, b"locator", &mut locator)?;
        expand(&prk, b"page", &mut *secret)?;
        Ok(Self { locator, secret: Key::new("receipt", *secret) })
    }

    /// The name under which the page is found.
    #[must_use]
    pub fn locator(&self) -> &Tag {
        &self.locator
    }

    /// The half that the desk seals to.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        intake::public_of(&self.secret)
    }

    /// Opens a page.
    ///
    /// # Errors
    /// [`KeyError::Sealed`] when it is not of this receipt, or was changed.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        intake::open_for(INFO, &self.secret, &self.locator, sealed)
    }
}

/// Seals a page to the public half of a receipt.
///
/// # Errors
/// [`KeyError::Cipher`] when `to` is no public key.
pub fn seal_page(to: &PublicKey, locator: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    intake::seal_for(INFO, to, locator, plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIPT: &str = "7K3M-9QXT-4BZ2-H8RV-N5C0W-D1E6G";

    #[test]
    fn a_page_opens_with_its_receipt_however_it_is_typed_and_with_no_other() {
        let key = ReceiptKey::of(RECEIPT).expect("a pair");
        let sealed = seal_page(&key.public_key(), key.locator(), b"the page").expect("sealed");
        assert!(!sealed.windows(8).any(|part| part == b"the page"));
        let typed = ReceiptKey::of("7k3m 9qxt 4bz2 h8rv n5c0w dle6g").expect("a pair");
        assert_eq!(*typed.open(&sealed).expect("it opens"), b"the page");
        for other in ["7K3M-9QXT-4BZ2-H8RV-N5C0W-D1E6H", "", "not a receipt"] {
            let other = ReceiptKey::of(other).expect("a pair all the same");
            assert_ne!(other.locator(), key.locator());
            assert!(matches!(other.open(&sealed), Err(KeyError::Sealed)));
        }
    }

    #[test]
    fn a_page_that_was_put_in_the_place_of_another_does_not_open() {
        let key = ReceiptKey::of(RECEIPT).expect("a pair");
        let elsewhere = seal_page(&key.public_key(), &[7; 16], b"the page").expect("sealed");
        assert!(matches!(key.open(&elsewhere), Err(KeyError::Sealed)));
        let mut changed = seal_page(&key.public_key(), key.locator(), b"the page").expect("sealed");
        *changed.last_mut().expect("bytes") ^= 1;
        assert!(matches!(key.open(&changed), Err(KeyError::Sealed)));
        assert!(matches!(key.open(&[]), Err(KeyError::Sealed)));
    }
}
