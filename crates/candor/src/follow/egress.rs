//! Calls to places that somebody typed in. A name is resolved once, every address it has must be public, and the call goes
//! to one of these addresses and nowhere else: no redirect is followed, no proxy asked, and time and bytes are bounded.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::config::Config;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};
use tokio::net::lookup_host;
use tokio::time::timeout;

/// Time for a whole call, from the name to the last byte.
pub const TIME: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read, unless a caller asks for more.
pub const BYTES: usize = 64 * 1024;
/// Longest address, in bytes.
const LENGTH: usize = 2048;

/// Which places may be called.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'a> {
    /// Hosts of this network, and plain HTTP, too.
    pub may_be_private: bool,
    /// These and no others, each as [`origin`] writes it; none for every public host.
    pub only: &'a [String],
}

impl<'a> Rules<'a> {
    /// As the operator chose.
    pub fn of(config: &'a Config) -> Self {
        Self { may_be_private: config.private_targets, only: &config.egress }
    }
}

/// Scheme, host and port of an address, the usual port left out: what a list of places names.
pub fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.host_str().is_some();
    (is_plain && matches!(url.scheme(), "https" | "http")).then(|| url.origin().ascii_serialization())
}

/// An address that calls may go to, unless its name turns out to lead inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    may_be_private: bool,
}

/// Why an address is no place for calls. One sentence for all reasons that have to do with this network, so that it
/// tells nothing about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What it is.
    #[error(
        "this address cannot be called: it has to be an https address of a public host, without a name and password in it"
    )]
    Address,
    /// It is none of the places that the operator listed.
    #[error(
        "this address cannot be called: the desk calls only the places that whoever runs it has listed; ask them to add it \
         to `egress`"
    )]
    Unlisted,
}

/// Why a call came to nothing, in words without an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It must not be made.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Nobody answered in time, or not whole.
    #[error("no answer came within 10 seconds")]
    Silent,
    /// There is no such host, or it does not let us in.
    #[error("the host could not be reached")]
    Unreachable,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status of HTTP.
    pub status: u16,
    /// The first bytes of the body, as many as were asked for.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub is_cut: bool,
}

impl Target {
    /// Reads an address and holds it against the rules. What is not on the list is told apart only from what could be called
    /// at all.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn parse(text: &str, rules: Rules<'_>) -> Result<Self, Refused> {
        let target = Self::read(text, rules.may_be_private)?;
        let is_listed = || rules.only.contains(&target.url.origin().ascii_serialization());
        if rules.only.is_empty() || is_listed() { Ok(target) } else { Err(Refused::Unlisted) }
    }

    fn read(text: &str, may_be_private: bool) -> Result<Self, Refused> {
        let text = text.trim();
        if text.len() > LENGTH || text.chars().any(char::is_control) {
            return Err(Refused::Address);
        }
        let mut url = Url::parse(text).map_err(|_| Refused::Address)?;
        url.set_fragment(None);
        let scheme = url.scheme() == "https" || (may_be_private && url.scheme() == "http");
        if !scheme || !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Address);
        }
        let host = url.host_str().ok_or(Refused::Address)?;
        // The reader of addresses has turned every way to write a number into the plain one.
        if let Some(address) = literal(host) {
            if !may_be_private && !is_public(address) {
                return Err(Refused::Address);
            }
        } else {
            let name = host.trim_end_matches('.');
            let inside = name == "localhost"
                || !name.contains('.')
                || [".localhost", ".local", ".internal", ".home.arpa"].iter().any(|end| name.ends_with(end));
            if inside && !may_be_private {
                return Err(Refused::Address);
            }
        }
        Ok(Self { url, may_be_private })
    }

    /// The host, for people.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The same host with another path and query; for services with many addresses.
    pub fn at(&self, path: &str) -> Self {
        let mut url = self.url.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let base = self.url.path().trim_end_matches('/');
        url.set_path(&format!("{base}/{}", path.trim_start_matches('/')));
        url.set_query(query);
        Self { url, may_be_private: self.may_be_private }
    }

    /// The addresses of the host, all of them public.
    async fn resolve(&self) -> Result<Vec<SocketAddr>, Failed> {
        let port = self.url.port_or_known_default().ok_or(Refused::Address)?;
        let host = self.host();
        let found: Vec<SocketAddr> = match literal(host) {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => lookup_host((host, port)).await.map_err(|_| Failed::Unreachable)?.collect(),
        };
        if found.is_empty() {
            return Err(Failed::Unreachable);
        }
        if !self.may_be_private && !found.iter().all(|address| is_public(address.ip())) {
            return Err(Failed::Refused(Refused::Address));
        }
        Ok(found)
    }

    /// Makes a call and reads what comes back, within [`TIME`] and [`BYTES`].
    ///
    /// # Errors
    /// [`Failed`]; whatever status came back is an [`Answer`].
    pub async fn call(&self, method: Method, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer, Failed> {
        self.call_within(method, headers, body, BYTES).await
    }

    /// Makes a call and reads up to `bytes` of what comes back, within [`TIME`].
    ///
    /// # Errors
    /// As [`Target::call`].
    pub async fn call_within(
        &self,
        method: Method,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        bytes: usize,
    ) -> Result<Answer, Failed> {
        timeout(TIME, self.call_now(method, headers, body, bytes)).await.map_err(|_| Failed::Silent)?
    }

    async fn call_now(
        &self,
        method: Method,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        bytes: usize,
    ) -> Result<Answer, Failed> {
        let addresses = self.resolve().await?;
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TIME)
            .user_agent(concat!("Candor/", env!("CARGO_PKG_VERSION")))
            // The name is not looked up again: what was checked is what is called.
            .resolve_to_addrs(self.host(), &addresses)
            .build()
            .map_err(|_| Failed::Unreachable)?;
        let mut request = client.request(method, self.url.clone()).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer =
            request.send().await.map_err(|why| if why.is_timeout() { Failed::Silent } else { Failed::Unreachable })?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        let mut is_cut = false;
        while let Some(part) = answer.chunk().await.map_err(|_| Failed::Silent)? {
            let room = bytes - body.len();
            if part.len() > room {
                body.extend_from_slice(&part[..room]);
                is_cut = true;
                break;
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status, body, is_cut })
    }
}

/// The address that a host is, where it is one.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether an address belongs to the Internet at large.
///
/// Source: IANA, Special-Purpose Address Registries for IPv4 and IPv6.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => is_public_6(address),
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a == 10
        || a == 127
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113))
}

fn is_public_6(address: Ipv6Addr) -> bool {
    let part = address.segments();
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_4(Ipv4Addr::new(a, b, c, d))
    };
    match part {
        // Mapped and translated addresses lead to the one inside.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // What is handed out to the Internet lies in 2000::/3.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abuse_o1_every_way_to_write_an_inner_address_is_refused_alike() {
        for address in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0177.0.0.1/",
            "https://0x7f.0.0.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0/",
            "https://0.0.0.0/",
            "https://localhost/",
            "https://localhost./",
            "https://x.localhost/",
            "https://LOCALHOST/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[::127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[2001:0:1::1]/",
            "https://[fe80::1]/",
            "https://[fc00::1]/",
            "https://[fd12:3456::1]/",
            "https://[ff02::1]/",
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://172.31.255.255/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://100.64.0.1/",
            "https://192.0.2.1/",
            "https://198.18.0.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://①②⑦.0.0.1/",
            "https://127。0。0。1/",
            "https://router/",
            "https://db.internal/",
            "https://printer.local/",
            "https://user@example.org/",
            "https://user:pw@example.org/",
            "https://example.org@127.0.0.1/",
            "http://example.org/",
            "file:///etc/passwd",
            "unix:/run/x.sock",
            "gopher://example.org/",
            "ftp://example.org/",
            "data:text/plain,x",
            "//example.org/",
            "",
            "https://",
            "https://example.org/\r\nX: y",
        ] {
            assert_eq!(Target::parse(address, Rules::default()), Err(Refused::Address), "{address}");
        }
        assert!(Target::parse(&format!("https://example.org/{}", "a".repeat(LENGTH)), Rules::default()).is_err());
        for address in
            ["https://example.org/hook", "https://8.8.8.8/", "https://[2606:4700::1111]/x", "https://172.32.0.1/"]
        {
            assert!(Target::parse(address, Rules::default()).is_ok(), "{address}");
        }
    }

    #[test]
    fn with_a_list_of_places_nothing_else_is_called() {
        let places = ["https://cveawg.mitre.org", "https://hooks.example:8443"].map(str::to_owned);
        let rules = Rules { may_be_private: false, only: &places };
        for address in ["https://cveawg.mitre.org/api", "https://CVEAWG.mitre.org:443/", "https://hooks.example:8443/x"]
        {
            assert!(Target::parse(address, rules).is_ok(), "{address}");
        }
        for address in [
            "https://hooks.example/x",
            "https://example.org/",
            "https://cveawg.mitre.org.example.org/",
            "https://cveawg.mitre.org:8443/",
            "https://sub.cveawg.mitre.org/",
        ] {
            assert_eq!(Target::parse(address, rules), Err(Refused::Unlisted), "{address}");
        }
        // A place of this network is not made callable by a list.
        let inside = ["https://10.0.0.1".to_owned()];
        assert_eq!(
            Target::parse("https://10.0.0.1/", Rules { may_be_private: false, only: &inside }),
            Err(Refused::Address)
        );
        let rules = Rules { may_be_private: true, only: &inside };
        assert!(Target::parse("https://10.0.0.1/x", rules).is_ok());
        assert_eq!(
            Target::parse("http://10.0.0.1/x", rules),
            Err(Refused::Unlisted),
            "another scheme is another place"
        );
    }

    #[test]
    fn a_place_is_scheme_host_and_port() {
        for (text, place) in [
            ("https://Example.org", Some("https://example.org")),
            (" https://example.org:443/api?x ", Some("https://example.org")),
            ("http://127.0.0.1:8080/", Some("http://127.0.0.1:8080")),
            ("https://me@example.org", None),
            ("example.org", None),
            ("ftp://example.org", None),
        ] {
            assert_eq!(origin(text).as_deref(), place, "{text}");
        }
    }

    #[test]
    fn a_service_is_called_below_the_path_it_was_given_with() {
        let target = Target::parse("https://cve.example/api", Rules::default()).expect("it is public");
        assert_eq!(target.at("cve-id?amount=1").as_str(), "https://cve.example/api/cve-id?amount=1");
        assert_eq!(target.at("/cve/CVE-1900-1/cna").as_str(), "https://cve.example/api/cve/CVE-1900-1/cna");
    }
}
