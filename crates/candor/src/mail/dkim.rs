//! Signatures under our own letters (DKIM, RFC 6376): one key per program, made here, sealed, and used once the operator says
//! that its record is in the DNS. RSA of 2048 bits, because many receivers check nothing else (RFC 8301).

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use candor_core::id::ProgramSlug;
use jiff::Timestamp;
use mail_auth::common::crypto::{RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::DkimSigner;
use serde::{Deserialize, Serialize};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::{Zeroize, Zeroizing};

use super::letters::Letter;
use crate::app::App;
use crate::coding::base64;
use crate::error::Error;
use crate::keys::{Context, Purpose, open, seal};
use crate::store::{self, Batch};

/// Header fields that a signature covers. `From` stands twice, so that no second one can be added (RFC 6376, 8.15).
const COVERED: [&str; 15] = [
    "From",
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// The keys of one program: the one in use, and one whose record is not in the DNS yet.
#[derive(Default, Serialize, Deserialize)]
struct Keys {
    used: Option<DkimKey>,
    next: Option<DkimKey>,
}

/// A key that letters are signed with.
#[derive(Clone, Serialize, Deserialize)]
pub struct DkimKey {
    /// Domain that signs; letters are signed when they come from it.
    pub domain: String,
    /// Name of the key below the domain.
    pub selector: String,
    /// When it was made.
    pub made_at: Timestamp,
    pkcs8: Vec<u8>,
}

impl Drop for DkimKey {
    fn drop(&mut self) {
        self.pkcs8.zeroize();
    }
}

impl std::fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DkimKey({}._domainkey.{})", self.selector, self.domain)
    }
}

impl DkimKey {
    /// Makes a key. `selector` is the date when none is given.
    ///
    /// # Errors
    /// What is wrong with the domain or the selector, in words.
    pub fn make(domain: &str, selector: Option<&str>, now: Timestamp) -> Result<Self, String> {
        let selector = selector.map_or_else(|| format!("candor-{}", now.strftime("%Y%m%d")), str::to_ascii_lowercase);
        let label = |text: &str| {
            (1..=63).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if !label(&selector) {
            return Err(format!("`{selector}` is no selector; write letters, digits and hyphens, at most 63"));
        }
        let domain = domain.trim_end_matches('.').to_ascii_lowercase();
        if !domain.contains('.') || domain.len() > 180 || !domain.split('.').all(label) {
            return Err(format!("`{domain}` is no domain that can publish a key; write it like example.org"));
        }
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| "the system gave no random numbers".to_owned())?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| "the key could not be written".to_owned())?;
        Ok(Self { domain, selector, made_at: now, pkcs8: der.as_ref().to_vec() })
    }

    /// Name of the record that publishes it.
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// Text of the record that publishes it (RFC 6376, section 3.6.1).
    ///
    /// # Errors
    /// When the stored key is damaged.
    pub fn record(&self) -> Result<String, Error> {
        let pair = KeyPair::from_pkcs8(&self.pkcs8).map_err(|_| Error::internal("a DKIM key is damaged"))?;
        let der: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| Error::internal("a DKIM key is damaged"))?;
        Ok(format!("v=DKIM1; k=rsa; p={}", base64(der.as_ref())))
    }

    /// The message with a signature above it.
    ///
    /// # Errors
    /// When the stored key is damaged.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.pkcs8.as_slice()));
        let key = RsaKey::<Sha256>::from_key_der(key).map_err(Error::internal)?;
        let signer = DkimSigner::from_key(key).domain(self.domain.as_str()).selector(self.selector.as_str());
        let signature = signer.headers(COVERED).sign(message).map_err(Error::internal)?;
        let mut signed = signature.to_header().into_bytes();
        signed.extend_from_slice(message);
        Ok(signed)
    }
}

fn name(program: &ProgramSlug) -> String {
    format!("dkim/{program}")
}

async fn load(app: &App, program: &ProgramSlug) -> Result<Keys, Error> {
    let name = name(program);
    let Some(sealed) = store::settings::get(&app.store, &name).await? else { return Ok(Keys::default()) };
    let place = Context { kind: "dkim", stream: program.as_str(), row: 0, field: "keys" };
    let plain = Zeroizing::new(open(app.keys()?.root().purpose(Purpose::Connector), &place, &sealed)?);
    serde_json::from_slice(&plain).map_err(Error::internal)
}

async fn keep(app: &App, program: &ProgramSlug, keys: &Keys) -> Result<(), Error> {
    let place = Context { kind: "dkim", stream: program.as_str(), row: 0, field: "keys" };
    let plain = Zeroizing::new(serde_json::to_vec(keys).map_err(Error::internal)?);
    let sealed = seal(app.keys()?.root().purpose(Purpose::Connector), &place, &plain)?;
    Ok(app.store.commit(Batch::main(vec![store::settings::put_statement(&name(program), &sealed)])).await?)
}

/// The key in use and the one that waits for its record.
///
/// # Errors
/// As the store and the keys fail.
pub async fn keys(app: &App, program: &ProgramSlug) -> Result<(Option<DkimKey>, Option<DkimKey>), Error> {
    let keys = load(app, program).await?;
    Ok((keys.used, keys.next))
}

/// Keeps a new key. It signs nothing until [`take_into_use`].
///
/// # Errors
/// As the store and the keys fail.
pub async fn put_next(app: &App, program: &ProgramSlug, key: DkimKey) -> Result<(), Error> {
    let mut keys = load(app, program).await?;
    keys.next = Some(key);
    keep(app, program, &keys).await
}

/// Signs with the new key from now on; the old one is destroyed. False when there is no new one.
///
/// # Errors
/// As the store and the keys fail.
pub async fn take_into_use(app: &App, program: &ProgramSlug) -> Result<bool, Error> {
    let mut keys = load(app, program).await?;
    let Some(next) = keys.next.take() else { return Ok(false) };
    keys.used = Some(next);
    keep(app, program, &keys).await?;
    Ok(true)
}

/// Signs no more, and destroys the keys.
///
/// # Errors
/// As the store fails.
pub async fn forget(app: &App, program: &ProgramSlug) -> Result<(), Error> {
    Ok(app.store.commit(Batch::main(vec![store::settings::delete_statement(&name(program))])).await?)
}

/// The letter, signed when its program has a key in use and its sender's domain is the key's or below it.
///
/// # Errors
/// As the store and the keys fail.
pub async fn signed(app: &App, mut letter: Letter) -> Result<Letter, Error> {
    let Some(key) = load(app, &letter.program).await?.used.take() else { return Ok(letter) };
    let sender = letter.sender_domain.to_ascii_lowercase();
    if sender != key.domain && !sender.strip_suffix(&key.domain).is_some_and(|rest| rest.ends_with('.')) {
        return Ok(letter);
    }
    letter.bytes = key.sign(&letter.bytes)?;
    Ok(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_name_below_a_domain_and_a_record_to_publish() {
        let now = "2026-03-02T09:00:00Z".parse().expect("an instant");
        let key = DkimKey::make("Example.org.", None, now).expect("a key");
        assert_eq!(key.record_name(), "candor-20260302._domainkey.example.org");
        let record = key.record().expect("a record");
        assert!(record.starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), "{record}");
        assert!(!format!("{key:?}").contains("pkcs8"));
        for (domain, selector) in [("localhost", None), ("a b.example", None), ("example.org", Some("a.b")), ("", None)]
        {
            assert!(DkimKey::make(domain, selector, now).is_err(), "{domain} {selector:?}");
        }
    }
}
