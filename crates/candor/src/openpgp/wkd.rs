//! Where mail programs look for a key by its address (Web Key Directory, draft-koch-openpgp-webkey-service).

use aws_lc_rs::digest;

const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";

/// Paths below `.well-known/openpgpkey` under which the key of an address lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Domain of the address, lower case.
    pub domain: String,
    /// For the host `openpgpkey.DOMAIN`: `DOMAIN/hu/HASH`.
    pub advanced: String,
    /// For the host `DOMAIN` itself: `hu/HASH`.
    pub direct: String,
}

/// The places of an address; `None` when it is none, or its domain cannot be part of a path.
pub fn places(address: &str) -> Option<Places> {
    let (local, domain) = address.trim().rsplit_once('@')?;
    let domain = domain.to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if local.is_empty() || domain.is_empty() || domain.starts_with('.') || !domain.chars().all(plain) {
        return None;
    }
    let hash = hashed(local);
    Some(Places { advanced: format!("{domain}/hu/{hash}"), direct: format!("hu/{hash}"), domain })
}

/// The local part as it stands in the path: Z-base-32 over SHA-1, which here names and protects nothing.
fn hashed(local: &str) -> String {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, local.to_ascii_lowercase().as_bytes());
    let (mut out, mut bits, mut count) = (String::with_capacity(32), 0_u32, 0);
    for byte in hash.as_ref() {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            out.push(char::from(ALPHABET[(bits >> count & 31) as usize]));
        }
        bits &= (1 << count) - 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_draft_has_the_place_that_the_draft_gives() {
        let places = places("Joe.Doe@Example.ORG").expect("an address");
        assert_eq!(places.advanced, "example.org/hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q");
        assert_eq!(super::places("a@../x"), None);
    }
}
