//! Signatures that anybody can check: Ed25519, one key per use, made from the key of its purpose.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use zeroize::Zeroizing;

use super::KeyError;
use super::purpose::Purpose;
use super::root::RootKey;

/// A key that signs for one use, such as proofs of one program.
pub struct Signer(Ed25519KeyPair);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(..)")
    }
}

impl Signer {
    /// The key of a use. The same root key, and every one that takes its place, gives the same.
    ///
    /// # Errors
    /// [`KeyError::Cipher`] when the library refuses.
    pub fn of(root: &RootKey, usage: &str) -> Result<Self, KeyError> {
        let mut context =
            hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, root.purpose(Purpose::Sign).bytes()));
        context.update(b"candor signing seed 1 ");
        context.update(usage.as_bytes());
        let seed = Zeroizing::new(context.sign().as_ref().to_vec());
        Ed25519KeyPair::from_seed_unchecked(&seed).map(Self).map_err(|_| KeyError::Cipher)
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// Signs.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

/// Whether a signature is of this key over this message.
#[must_use]
pub fn is_signed(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
}
