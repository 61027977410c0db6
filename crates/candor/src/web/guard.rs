//! Before any page: where a request comes from, and whether another site sent it.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::session::Rejection;
use crate::app::App;
use crate::throttle::Source;
use crate::throttle::places::{Heavy, Place};

/// The address at the other end of the connection; the server puts it into every request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Where a request comes from, for limits only; kept nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor(pub Source);

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Ok(Self(source(peer, &parts.headers, app.config.behind_proxy)))
    }
}

/// The visitor's address. Behind a proxy of ours it is the last one in `X-Forwarded-For`: the only one that the proxy
/// wrote itself; all before it are the visitor's own words.
pub fn source(peer: IpAddr, headers: &HeaderMap, behind_proxy: bool) -> Source {
    let told = behind_proxy
        .then(|| {
            headers
                .get_all("x-forwarded-for")
                .iter()
                .next_back()?
                .to_str()
                .ok()?
                .rsplit(',')
                .next()?
                .trim()
                .parse()
                .ok()
        })
        .flatten();
    told.unwrap_or(peer).into()
}

/// Lets `per_minute` requests of a kind through from one source.
///
/// # Errors
/// [`Rejection::Wait`], which becomes 429.
pub fn rate(app: &App, kind: &'static str, visitor: Visitor, per_minute: u32) -> Result<(), Rejection> {
    app.throttle.rate(kind, visitor.0, per_minute, app.now()).map_err(Rejection::Wait)
}

/// A place among the few lists or downloads that one asker has at a time, and all together.
///
/// # Errors
/// [`Rejection::Wait`], which becomes 429.
pub fn place(app: &App, heavy: Heavy, who: &str) -> Result<Place, Rejection> {
    app.throttle.place(heavy, who).map_err(Rejection::Wait)
}

/// Turns away every changing request that another site sent, whatever it is about.
pub async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_ours(request.method(), request.headers(), &app.config.base_url) {
        next.run(request).await
    } else {
        Rejection::Foreign.into_response()
    }
}

/// Whether a request changes nothing, or comes from our own pages, or from no browser at all.
///
/// Browsers say so themselves: `Sec-Fetch-Site` on encrypted and local addresses, `Origin` on all. Programs send neither.
fn is_ours(method: &Method, headers: &HeaderMap, base_url: &str) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        // Another site may lead a person here, and not load what lies here into its own page.
        let all = |name: &str| headers.get_all(name).iter().map(axum::http::HeaderValue::as_bytes).collect::<Vec<_>>();
        let foreign = all("sec-fetch-site").iter().any(|site| *site == b"cross-site" || *site == b"same-site");
        return !foreign || all("sec-fetch-mode").iter().all(|mode| *mode == b"navigate");
    }
    let said = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let first = values.next()?;
        // Said twice is said by somebody else.
        Some(if values.next().is_some() { "?" } else { first.to_str().unwrap_or("?") })
    };
    let site = said("sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    match said(header::ORIGIN.as_str()) {
        None => true,
        // Our pages send no referrer, so browsers write `null` here. It counts only where they also say `Sec-Fetch-Site`,
        // which they do not on plain addresses of a local network.
        Some("null") => site.is_some() || plain_and_remote(base_url),
        Some(origin) => same(origin, base_url),
    }
}

/// Whether an origin is the one of our address. All names of this machine are one, for whoever tries it at home.
fn same(origin: &str, base_url: &str) -> bool {
    let (Some(theirs), Some(ours)) = (Origin::of(origin), Origin::of(base_url)) else { return false };
    theirs == ours || (theirs.is_local() && ours.is_local() && theirs.scheme == ours.scheme && theirs.port == ours.port)
}

fn plain_and_remote(base_url: &str) -> bool {
    Origin::of(base_url).is_some_and(|ours| ours.scheme == "http" && !ours.is_local())
}

#[derive(PartialEq, Eq)]
struct Origin {
    scheme: &'static str,
    host: String,
    port: u16,
}

impl Origin {
    fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (scheme, port) = match scheme {
            "http" => ("http", 80),
            "https" => ("https", 443),
            _ => return None,
        };
        let authority = rest.split('/').next()?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, digits)) if !digits.contains(']') => (host, digits.parse().ok()?),
            _ => (authority, port),
        };
        Some(Self { scheme, host: host.to_ascii_lowercase(), port })
    }

    fn is_local(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    fn ours(base_url: &str, list: &[(&'static str, &'static str)]) -> bool {
        is_ours(&Method::POST, &headers(list), base_url)
    }

    #[test]
    fn another_site_may_look_but_not_post() {
        let base = "https://desk.example";
        assert!(is_ours(&Method::GET, &headers(&[("sec-fetch-site", "cross-site")]), base));
        let look = |list| is_ours(&Method::GET, &headers(list), base);
        assert!(look(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]), "a link");
        assert!(!look(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]), "a picture, a script");
        assert!(!look(&[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")]), "a request of a script");
        assert!(look(&[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "no-cors")]));
        assert!(ours(base, &[]));
        assert!(ours(base, &[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(ours(base, &[("sec-fetch-site", "none")]));
        assert!(ours(base, &[("origin", "https://desk.example")]));
        assert!(ours(base, &[("origin", "https://DESK.example:443")]));
        for foreign in [
            "https://evil.example",
            "http://desk.example",
            "https://desk.example:8443",
            "null",
            "?",
            "https://desk.example.evil.example",
        ] {
            assert!(
                !is_ours(
                    &Method::POST,
                    &HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_str(foreign).expect("a value"))]),
                    base
                ),
                "{foreign}"
            );
        }
        assert!(!ours(base, &[("sec-fetch-site", "cross-site")]));
        assert!(!ours(base, &[("sec-fetch-site", "same-site"), ("origin", "https://desk.example")]));
        assert!(!ours(base, &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")]));
    }

    #[test]
    fn every_name_of_this_machine_is_ours_when_it_runs_here() {
        let base = "http://127.0.0.1:8080";
        assert!(ours(base, &[("origin", "http://localhost:8080")]));
        assert!(ours(base, &[("origin", "http://[::1]:8080")]));
        assert!(!ours(base, &[("origin", "http://localhost:3000")]));
        assert!(!ours(base, &[("origin", "null")]));
        assert!(!ours("https://desk.example", &[("origin", "https://localhost")]));
        assert!(ours("http://desk.lan", &[("origin", "null")]), "plain addresses of a network have only the token");
    }

    #[test]
    fn only_our_own_proxy_is_believed_and_only_its_own_word() {
        let peer: IpAddr = "192.0.2.9".parse().expect("an address");
        let told = headers(&[("x-forwarded-for", "203.0.113.1, 198.51.100.7")]);
        let address = |text: &str| Source::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(source(peer, &told, false), address("192.0.2.9"));
        assert_eq!(source(peer, &told, true), address("198.51.100.7"));
        assert_eq!(source(peer, &headers(&[("x-forwarded-for", "nonsense")]), true), address("192.0.2.9"));
        assert_eq!(source(peer, &headers(&[]), true), address("192.0.2.9"));
    }
}
