//! What counts as an absolute URI in the documents this crate prints and checks.
//!
//! Source: RFC 3986, section 3 and appendix A.

/// Whether `text` is an absolute URI: a scheme, a colon and allowed characters. What follows the colon may be empty.
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let scheme_fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    scheme_fits && characters_fit(rest) && authority_fits(rest)
}

/// Whether `text` is an absolute `https` URI with a host.
pub fn is_https(text: &str) -> bool {
    is_uri(text)
        && text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#']))
}

/// Whether `text` is an absolute `http` or `https` URI with a host: fit to be a link.
pub fn is_web(text: &str) -> bool {
    is_https(text)
        || (is_uri(text)
            && text.strip_prefix("http://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#'])))
}

/// Which bytes may stand in a URI as they are, besides `#`.
const ALLOWED: [bool; 256] = {
    let mut allowed = [false; 256];
    let marks = b"-._~:/?[]@!$&'()*+,;=";
    let mut place = 0;
    while place < marks.len() {
        allowed[marks[place] as usize] = true;
        place += 1;
    }
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            allowed[byte as usize] = true;
        }
        byte += 1;
    }
    allowed
};

fn characters_fit(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    let (mut place, mut fragments) = (0, 0);
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'%' => {
                let escaped =
                    bytes.get(place + 1..place + 3).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit));
                if !escaped {
                    return false;
                }
                place += 2;
            }
            b'#' => fragments += 1,
            byte if ALLOWED[usize::from(*byte)] => {}
            _ => return false,
        }
        place += 1;
    }
    fragments <= 1
}

fn authority_fits(rest: &str) -> bool {
    let Some(after) = rest.strip_prefix("//") else {
        return !rest.contains(['[', ']']);
    };
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, path) = after.split_at(end);
    if path.contains(['[', ']']) {
        return false;
    }
    let (user, host_port) = authority.split_once('@').unwrap_or(("", authority));
    if user.contains(['[', ']']) || host_port.contains('@') {
        return false;
    }
    let port_fits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(literal) = host_port.strip_prefix('[') {
        let Some((address, after)) = literal.split_once(']') else {
            return false;
        };
        return address.parse::<std::net::Ipv6Addr>().is_ok()
            && (after.is_empty() || after.strip_prefix(':').is_some_and(port_fits));
    }
    match host_port.split_once(':') {
        Some((host, port)) => !host.contains(['[', ']']) && port_fits(port),
        None => !host_port.contains(['[', ']']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_uris_are_told_from_other_text() {
        for good in [
            "https://example.com",
            "https://a.b/c?d=e#f",
            "mailto:security@example.com",
            "tel:+1-201-555-0123",
            "https://[2001:db8::1]:8443/",
            "urn:x:y",
            "pkg:npm/%40a/b",
        ] {
            assert!(is_uri(good), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "https://exa mple.com",
            "https://ex.com/%zz",
            "1http://x",
            "https://é.example",
            "http://a/#b#c",
            "https://[::1",
            "https://h:port/",
            "/relative",
        ] {
            assert!(!is_uri(bad), "{bad}");
        }
        assert!(is_https("https://example.com/x"));
        assert!(!is_https("https:///x") && !is_https("http://example.com") && !is_https("https:x"));
        assert!(is_web("http://example.com") && !is_web("javascript:alert(1)") && !is_web("mailto:a@b"));
    }
}
