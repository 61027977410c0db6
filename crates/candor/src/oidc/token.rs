//! Reads an ID token and believes it only when everything fits: a signature by a key of the provider, made for this
//! desk, for this one sign-in, now. No clock, no network, no store.
//!
//! Source: OpenID Connect Core 1.0, section 3.1.3.7; RFC 7515, 7517 and 7518; RFC 8725 (best current practice).

use aws_lc_rs::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use jiff::Timestamp;
use serde::Deserialize;

pub use crate::coding::unbase64url;

/// Seconds by which the provider's clock may differ from ours.
const LEEWAY: i64 = 60;
/// Most seconds since a token was made; it is used right after that.
const OLDEST: i64 = 600;
/// Most keys of a provider that are looked at.
const KEYS: usize = 50;
/// Longest subject, in bytes (OpenID Connect Core 1.0, section 2).
const SUBJECT: usize = 255;

/// What a token has to say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The one provider that was asked.
    pub issuer: &'a str,
    /// Our name there.
    pub client: &'a str,
    /// What was drawn for this sign-in.
    pub nonce: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// Who somebody is at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Their identifier there. Never an address.
    pub subject: String,
    /// When they last proved themselves there, in seconds of Unix time, where the provider says so.
    pub auth_time: Option<i64>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It is no token in three parts of JSON.
    #[error("the ID token cannot be read")]
    Form,
    /// Signed in another way than RS256, PS256, ES256 or EdDSA.
    #[error("the ID token is signed in a way that is not accepted; use RS256, PS256, ES256 or EdDSA")]
    Algorithm,
    /// No key of the provider fits, or the signature is not by it.
    #[error("the ID token is not signed by a key of the provider")]
    Signature,
    /// Made by somebody else.
    #[error("the ID token was made by another issuer")]
    Issuer,
    /// Made for somebody else.
    #[error("the ID token was made for another client")]
    Audience,
    /// Made for another sign-in.
    #[error("the ID token belongs to another sign-in")]
    Nonce,
    /// Too old, or from the future.
    #[error("the ID token is not of this moment; compare the clocks of both servers")]
    Time,
    /// It names nobody.
    #[error("the ID token names no subject")]
    Subject,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Said {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    auth_time: Option<i64>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// One key of a set (RFC 7517); what is of no use here is left out.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default, rename = "use")]
    purpose: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

impl Jwk {
    /// Whether the signature over `signed` is by this key, in this way.
    fn signed(&self, alg: &str, signed: &[u8], mark: &[u8]) -> bool {
        let part = |text: &Option<String>| text.as_deref().and_then(unbase64url);
        let curve = |name: &str| self.crv.as_deref() == Some(name);
        match (alg, self.kty.as_str()) {
            ("RS256" | "PS256", "RSA") => {
                let (Some(n), Some(e)) = (part(&self.n), part(&self.e)) else { return false };
                let key = RsaPublicKeyComponents { n, e };
                let how = if alg == "RS256" {
                    &signature::RSA_PKCS1_2048_8192_SHA256
                } else {
                    &signature::RSA_PSS_2048_8192_SHA256
                };
                key.verify(how, signed, mark).is_ok()
            }
            ("ES256", "EC") if curve("P-256") => {
                let (Some(x), Some(y)) = (part(&self.x), part(&self.y)) else { return false };
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(signed, mark).is_ok()
            }
            ("EdDSA", "OKP") if curve("Ed25519") => {
                let Some(x) = part(&self.x) else { return false };
                UnparsedPublicKey::new(&signature::ED25519, x).verify(signed, mark).is_ok()
            }
            _ => false,
        }
    }

    fn fits(&self, header: &Header) -> bool {
        let same = |own: &Option<String>, other: &str| own.as_deref().is_none_or(|own| own == other);
        same(&self.purpose, "sig")
            && same(&self.alg, &header.alg)
            && header.kid.as_ref().is_none_or(|kid| self.kid.as_ref() == Some(kid))
    }
}

/// Who an ID token speaks of. `keys` is the provider's key set as it was fetched.
///
/// # Errors
/// [`Wrong`]: the first thing that does not fit.
pub fn read(token: &str, keys: &[u8], expected: Expected<'_>) -> Result<Claims, Wrong> {
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(mark), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Wrong::Form);
    };
    let opened = |part: &str| unbase64url(part).ok_or(Wrong::Form);
    let header: Header = serde_json::from_slice(&opened(head)?).map_err(|_| Wrong::Form)?;
    let mark = opened(mark)?;
    if !["RS256", "PS256", "ES256", "EdDSA"].contains(&header.alg.as_str()) || header.crit.is_some() {
        return Err(Wrong::Algorithm);
    }
    let set: KeySet = serde_json::from_slice(keys).map_err(|_| Wrong::Signature)?;
    let signed = format!("{head}.{body}");
    // Keys of kinds that are not known here are passed over.
    let by_provider = set
        .keys
        .into_iter()
        .take(KEYS)
        .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
        .any(|key| key.fits(&header) && key.signed(&header.alg, signed.as_bytes(), &mark));
    if !by_provider {
        return Err(Wrong::Signature);
    }
    let said: Said = serde_json::from_slice(&opened(body)?).map_err(|_| Wrong::Form)?;
    if said.iss != expected.issuer {
        return Err(Wrong::Issuer);
    }
    let for_us = match &said.aud {
        Audience::One(one) => one == expected.client,
        // Nobody else is trusted with what is made for us.
        Audience::Many(all) => !all.is_empty() && all.iter().all(|one| one == expected.client),
    };
    if !for_us || said.azp.as_deref().is_some_and(|party| party != expected.client) {
        return Err(Wrong::Audience);
    }
    let now = expected.now.as_second();
    let from = said.nbf.unwrap_or(said.iat).max(said.iat);
    if said.exp <= now - LEEWAY || from > now + LEEWAY || said.iat < now - OLDEST {
        return Err(Wrong::Time);
    }
    if !said.nonce.is_some_and(|nonce| crate::keys::equal(nonce.as_bytes(), expected.nonce.as_bytes())) {
        return Err(Wrong::Nonce);
    }
    if said.sub.is_empty() || said.sub.len() > SUBJECT {
        return Err(Wrong::Subject);
    }
    Ok(Claims { subject: said.sub, auth_time: said.auth_time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::passkey::base64url;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
    use serde_json::{Value, json};

    const NOW: i64 = 1_772_000_000;

    fn expected() -> Expected<'static> {
        let now = Timestamp::from_second(NOW).expect("an instant");
        Expected { issuer: "https://id.example", client: "desk", nonce: "drawn", now }
    }

    fn said() -> Value {
        json!({ "iss": "https://id.example", "sub": "1234", "aud": "desk", "exp": NOW + 300, "iat": NOW, "nonce": "drawn",
            "email": "ines@team.example" })
    }

    struct Provider(EcdsaKeyPair);

    impl Provider {
        fn new() -> Self {
            Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
        }

        fn key(&self) -> Value {
            let point = self.0.public_key().as_ref();
            json!({ "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig",
                "x": base64url(&point[1..33]), "y": base64url(&point[33..]) })
        }

        fn keys(&self) -> Vec<u8> {
            json!({ "keys": [{ "kty": "unknown" }, self.key()] }).to_string().into_bytes()
        }

        fn token(&self, header: &Value, claims: &Value) -> String {
            let parts = [header, claims].map(|part| base64url(part.to_string().as_bytes())).join(".");
            let mark = self.0.sign(&SystemRandom::new(), parts.as_bytes()).expect("a signature");
            format!("{parts}.{}", base64url(mark.as_ref()))
        }

        fn says(&self, claims: &Value) -> Result<Claims, Wrong> {
            read(&self.token(&json!({ "alg": "ES256", "kid": "one" }), claims), &self.keys(), expected())
        }
    }

    fn with(name: &str, value: Value) -> Value {
        let mut all = said();
        all[name] = value;
        all
    }

    #[test]
    fn a_token_for_this_sign_in_names_its_subject() {
        let provider = Provider::new();
        let claims = provider.says(&with("auth_time", json!(NOW - 5))).expect("it fits");
        assert_eq!(claims, Claims { subject: "1234".into(), auth_time: Some(NOW - 5) });
        provider.says(&with("aud", json!(["desk"]))).expect("a list of one");
        provider.says(&with("azp", json!("desk"))).expect("made out to us");
        let pair = Ed25519KeyPair::generate().expect("a key");
        let parts = [json!({ "alg": "EdDSA" }), said()].map(|part| base64url(part.to_string().as_bytes())).join(".");
        let mark = base64url(pair.sign(parts.as_bytes()).as_ref());
        let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref()) }] });
        read(&format!("{parts}.{mark}"), keys.to_string().as_bytes(), expected()).expect("signed with Ed25519");
    }

    #[test]
    fn a_token_that_says_anything_else_is_refused() {
        let provider = Provider::new();
        for (name, value, why) in [
            ("iss", json!("https://other.example"), Wrong::Issuer),
            ("iss", json!("https://id.example/"), Wrong::Issuer),
            ("aud", json!("other"), Wrong::Audience),
            ("aud", json!(["desk", "other"]), Wrong::Audience),
            ("aud", json!([]), Wrong::Audience),
            ("azp", json!("other"), Wrong::Audience),
            ("exp", json!(NOW - 61), Wrong::Time),
            ("iat", json!(NOW + 61), Wrong::Time),
            ("iat", json!(NOW - 601), Wrong::Time),
            ("nbf", json!(NOW + 61), Wrong::Time),
            ("nonce", json!("another"), Wrong::Nonce),
            ("nonce", Value::Null, Wrong::Nonce),
            ("sub", json!(""), Wrong::Subject),
            ("sub", json!("x".repeat(256)), Wrong::Subject),
            ("sub", json!(7), Wrong::Form),
        ] {
            assert_eq!(provider.says(&with(name, value.clone())), Err(why), "{name}: {value}");
        }
    }

    #[test]
    fn only_signatures_of_the_provider_in_accepted_ways_count() {
        let provider = Provider::new();
        let check = |token: &str| read(token, &provider.keys(), expected());
        let whole = provider.token(&json!({ "alg": "ES256", "kid": "one" }), &said());
        let (signed, mark) = whole.rsplit_once('.').expect("three parts");
        let body = signed.split('.').nth(1).expect("a body");
        for alg in ["none", "None", "HS256", "RS1", "ES384", ""] {
            let head = base64url(json!({ "alg": alg }).to_string().as_bytes());
            for mark in ["", mark] {
                assert_eq!(check(&format!("{head}.{body}.{mark}")), Err(Wrong::Algorithm), "{alg}");
            }
        }
        // The public key as the secret of an HMAC is the classic mistake.
        let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, provider.0.public_key().as_ref());
        let head = base64url(br#"{"alg":"HS256","kid":"one"}"#);
        let forged = aws_lc_rs::hmac::sign(&secret, format!("{head}.{body}").as_bytes());
        assert_eq!(check(&format!("{head}.{body}.{}", base64url(forged.as_ref()))), Err(Wrong::Algorithm));
        let other = Provider::new().token(&json!({ "alg": "ES256", "kid": "one" }), &said());
        assert_eq!(check(&other), Err(Wrong::Signature), "another key");
        let kid = provider.token(&json!({ "alg": "ES256", "kid": "two" }), &said());
        assert_eq!(check(&kid), Err(Wrong::Signature), "a key that is not in the set");
        let crit = provider.token(&json!({ "alg": "ES256", "kid": "one", "crit": ["exp"] }), &said());
        assert_eq!(check(&crit), Err(Wrong::Algorithm), "a critical extension");
        let rsa = provider.token(&json!({ "alg": "RS256", "kid": "one" }), &said());
        assert_eq!(check(&rsa), Err(Wrong::Signature), "a key of another kind");
        let mut other_body = said();
        other_body["sub"] = json!("5678");
        let head = signed.split('.').next().expect("a head");
        let swapped = format!("{head}.{}.{mark}", base64url(other_body.to_string().as_bytes()));
        assert_eq!(check(&swapped), Err(Wrong::Signature), "another body");
        let mut key = provider.key();
        key["use"] = json!("enc");
        let keys = json!({ "keys": [key] }).to_string();
        assert_eq!(read(&whole, keys.as_bytes(), expected()), Err(Wrong::Signature), "a key for something else");
        for keys in ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":[1,null,[]]}"] {
            assert_eq!(read(&whole, keys.as_bytes(), expected()), Err(Wrong::Signature), "{keys}");
        }
        for token in ["", ".", "..", "a.b.c", &format!("{whole}."), &whole.replace('.', "="), &format!("{whole}=")] {
            assert!(check(token).is_err(), "{token}");
        }
    }

    #[test]
    fn a_claim_said_twice_is_refused() {
        let provider = Provider::new();
        let body = said().to_string().replacen('{', "{\"sub\":\"root\",", 1);
        let parts = format!("{}.{}", base64url(br#"{"alg":"ES256"}"#), base64url(body.as_bytes()));
        let mark = provider.0.sign(&SystemRandom::new(), parts.as_bytes()).expect("a signature");
        let token = format!("{parts}.{}", base64url(mark.as_ref()));
        assert_eq!(read(&token, &provider.keys(), expected()), Err(Wrong::Form));
    }

    #[test]
    fn base64url_has_one_text_for_each_sequence_of_bytes() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(unbase64url(text).as_deref(), Some(bytes.as_bytes()));
        }
        for text in ["Zh", "Z", "Zg==", "Zm9vYg=", "Zm 9", "Zm+/", "Zm9vYmFyé"] {
            assert_eq!(unbase64url(text), None, "{text}");
        }
    }
}
