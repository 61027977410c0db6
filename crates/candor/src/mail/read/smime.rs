//! Whom the certificates with an S/MIME signature name (CMS, RFC 5652; X.509, RFC 5280). Nothing is checked: it is a claim, and
//! shown as one.

/// Values of one level that are looked at.
const MOST: usize = 64;
/// `2.5.4.3`: a name.
const NAME: &[u8] = &[0x55, 0x04, 0x03];
/// `1.2.840.113549.1.9.1`: an address.
const ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01];
/// `1.2.840.113549.1.7.2`: signed data.
const SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// A value: its kind and what is in it.
type Value<'a> = (u8, &'a [u8]);

/// The values that stand one after the other, as far as they can be read. Only lengths that are said at the beginning are
/// (DER); what is written otherwise is not read.
fn values(mut bytes: &[u8]) -> Vec<Value<'_>> {
    let mut found = Vec::new();
    while let [kind, first, rest @ ..] = bytes {
        let (length, rest) = match usize::from(*first) {
            short @ 0..0x80 => (short, rest),
            long => {
                let count = long - 0x80;
                if count == 0 || count > 4 || rest.len() < count {
                    break;
                }
                let (digits, rest) = rest.split_at(count);
                (digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit)), rest)
            }
        };
        let Some((inside, after)) = rest.split_at_checked(length) else { break };
        found.push((*kind, inside));
        if found.len() == MOST {
            break;
        }
        bytes = after;
    }
    found
}

/// Name and address in a name of X.509.
fn named(name: &[u8]) -> (Option<String>, Option<String>) {
    let (mut who, mut address) = (None, None);
    for (_, set) in values(name) {
        for (_, pair) in values(set) {
            let [(0x06, kind), (_, text), ..] = values(pair)[..] else { continue };
            let text = || Some(super::super::address::display_name(&String::from_utf8_lossy(text)));
            match kind {
                NAME => who = who.or_else(text),
                ADDRESS => address = address.or_else(text),
                _ => {}
            }
        }
    }
    (who, address)
}

/// Subject and issuer of a certificate.
fn names(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, inside) = *values(certificate).first()?;
    let mut fields = values(inside);
    // The version, where it is said.
    if fields.first().is_some_and(|(kind, _)| *kind == 0xa0) {
        fields.remove(0);
    }
    let [_serial, _algorithm, (_, issuer), _validity, (_, subject), ..] = fields[..] else { return None };
    Some((subject, issuer))
}

/// The subject of the certificate that no other one here was issued by: the signer's, if they sent their chain. `None` when
/// there is none that can be read.
pub(super) fn claimed(signature: &[u8]) -> Option<String> {
    let (0x30, content) = *values(signature).first()? else { return None };
    let [(0x06, SIGNED), (0xa0, wrapped), ..] = values(content)[..] else { return None };
    let (_, signed) = *values(wrapped).first()?;
    let fields = values(signed);
    let (_, chain) = fields.iter().find(|(kind, _)| *kind == 0xa0)?;
    let all: Vec<_> = values(chain).into_iter().filter_map(|(_, certificate)| names(certificate)).collect();
    let leaf =
        |(subject, _): &&(&[u8], &[u8])| !all.iter().any(|(other, issuer)| issuer == subject && other != subject);
    let (subject, issuer) = all.iter().find(leaf).or(all.first())?;
    let said = match named(subject) {
        (Some(who), Some(address)) => format!("{who}, {address}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return None,
    };
    let by = named(issuer).0.map(|by| format!(", issued by {by}")).unwrap_or_default();
    Some(format!("{said}{by}").chars().take(200).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_stop_it_and_what_is_no_signature_names_nobody() {
        let mut state = 7_u32;
        for length in 0..400_usize {
            let bytes: Vec<u8> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    [0x30, 0x06, 0xa0, 0x31, 0x82, 0x80, 0x01, (state >> 24) as u8][(state >> 16) as usize % 8]
                })
                .collect();
            assert_eq!(claimed(&bytes), None);
        }
        assert_eq!(claimed(&[0x30, 0x80, 0, 0]), None, "a length that is not said");
    }
}
