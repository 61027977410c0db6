//! The one address. Each request goes to the front or to the desk, by its path alone; nothing else of it is read here.
//!
//! What goes to the front loses cookies and tokens, which are for the desk; on the page of a receipt, all but the one that
//! remembers it. What the front answers may set no other cookie and runs no script but that of the desk: a front that was taken
//! over stays a page without power over members' sessions.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::{Part, Rooms};
use crate::web::guard::Peer;
use crate::web::headers::DOWNLOAD_CSP;
use crate::web::server::PEER;
use crate::web::session::RECEIPT_COOKIES;

/// Bytes of an answer's head.
const HEAD_BYTES: usize = 64 * 1024;
/// How often a part that has no room for a connection is asked again, and after how long.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// Headers of one connection, which end here (RFC 9110, section 7.6.1).
const OF_CONNECTION: [HeaderName; 6] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

struct Inside {
    rooms: Rooms,
    /// What pages of the front may load and do.
    front_csp: HeaderValue,
}

/// Everything that is asked at the one address.
pub fn router(base_url: &str, onion: Option<&str>, rooms: Rooms) -> Router {
    let front_csp = HeaderValue::try_from(front_csp(base_url, onion)).unwrap_or(HeaderValue::from_static(NO_SCRIPT));
    Router::new().fallback(pass).with_state(Arc::new(Inside { rooms, front_csp }))
}

const NO_SCRIPT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The usual policy, with script from the desk's own folder only.
fn front_csp(base_url: &str, onion: Option<&str>) -> String {
    let onion = onion.map(|onion| format!(" {onion}/assets/")).unwrap_or_default();
    format!("{NO_SCRIPT}; script-src {base_url}/assets/{onion}")
}

/// Who answers a path. Both together answer whether the service is ready.
fn answers(path: &str) -> Part {
    let mut steps = path.split('/').skip(1);
    let mut next = || steps.next().unwrap_or_default();
    match (next(), next(), next(), next(), next()) {
        // The page of a receipt and its messages need no key of the desk; the rarer acts do.
        ("receipt", "" | "write", "", ..) => Part::Front,
        ("desk" | "receipt" | "party" | "setup" | "invite" | "demo" | "assets" | "metrics" | "subscribe", ..) => {
            Part::Desk
        }
        ("api", "v1", "programs", _, "" | "reports" | "advisories" | "recipients") => Part::Front,
        ("api", "v1", "advisories" | "openapi.json", ..) => Part::Front,
        ("api", "v1", ..) => Part::Desk,
        // Addresses of subscribers are sealed with a key.
        (_, "subscribe", "", ..) => Part::Desk,
        _ => Part::Front,
    }
}

/// Acts of a receipt's page that the front seals while the desk is away; else the desk does them at once.
fn can_wait(path: &str, method: &Method) -> bool {
    let acts = ["nudge", "credit", "key", "embargo", "summary", "issue", "retest", "appeal", "withdraw"];
    match path.strip_prefix("/receipt/") {
        Some("proof") => *method == Method::GET,
        Some("withdraw") => true,
        Some(act) if act.starts_with("files/") => *method == Method::GET,
        Some("sign-out") => *method == Method::POST,
        Some(act) => acts.contains(&act) && *method == Method::POST,
        None => false,
    }
}

async fn pass(State(inside): State<Arc<Inside>>, mut request: Request) -> Response {
    if request.method() == Method::CONNECT {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().to_owned();
    let mut part = answers(&path);
    let mut stream = None;
    if can_wait(&path, request.method()) {
        match connect(&inside.rooms.desk()).await {
            Ok(desk) => stream = Some(desk),
            Err(_) => part = Part::Front,
        }
    }
    let peer = request.extensions().get::<Peer>().and_then(|peer| HeaderValue::try_from(peer.0.to_string()).ok());
    let headers = request.headers_mut();
    OF_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
    // The head was answered here; who waits for this word got it.
    headers.remove(header::EXPECT);
    headers.remove(PEER);
    headers.extend(peer.map(|peer| (PEER, peer)));
    // What is only read can be asked of the front when the desk goes away meanwhile.
    let spare = (stream.is_some() && request.method() == Method::GET).then(|| {
        let mut spare = Request::new(Body::empty());
        (*spare.uri_mut(), *spare.headers_mut()) = (request.uri().clone(), request.headers().clone());
        for_front(spare.headers_mut(), &path);
        spare
    });
    if part == Part::Front {
        for_front(request.headers_mut(), &path);
    }
    if path == "/readyz" {
        let asked = Request::builder().uri("/readyz").body(Body::empty());
        let front = asked.map(|asked| forward(inside.rooms.front(), asked));
        let Ok(front) = front else { return away(Part::Front) };
        match front.await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => return answer,
            Err(_) => return away(Part::Front),
        }
        return forward(inside.rooms.desk(), request).await.unwrap_or_else(|_| away(Part::Desk));
    }
    let room = if part == Part::Front { inside.rooms.front() } else { inside.rooms.desk() };
    let mut forwarded = match stream {
        Some(stream) => forward_over(stream, request).await,
        None => forward(room.clone(), request).await,
    };
    if matches!(forwarded, Err(Broken::Away))
        && let Some(spare) = spare
    {
        part = Part::Front;
        forwarded = forward(inside.rooms.front(), spare).await;
    }
    match forwarded {
        Ok(mut answer) => {
            if part == Part::Front {
                let headers = answer.headers_mut();
                let set =
                    headers.get(header::SET_COOKIE).filter(|set| of_receipt(&path) && is_of_receipt(set)).cloned();
                headers.remove(header::SET_COOKIE);
                headers.extend(set.map(|set| (header::SET_COOKIE, set)));
                // Whatever the front says: a download runs nothing, and a page no more than a page may.
                let loads = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/octet-stream");
                let rules = if loads { DOWNLOAD_CSP } else { inside.front_csp.clone() };
                headers.insert(header::CONTENT_SECURITY_POLICY, rules);
            }
            answer
        }
        // A part that is there refused what it was sent before all of it came; its words got lost on the way.
        Err(Broken::Midway) if connect(&room).await.is_ok() => said(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The answer was lost: most likely what was sent is larger than what is taken. Send less, or the same once more.\n",
        ),
        Err(Broken::Away | Broken::Midway) => away(part),
        Err(Broken::Asker) => said(StatusCode::REQUEST_TIMEOUT, "The request came too slowly, or was cut off.\n"),
    }
}

/// Takes from a request what the front is not to see: cookies, but for the one of a receipt, and tokens.
fn for_front(headers: &mut HeaderMap, path: &str) {
    let kept = if of_receipt(path) { receipt_only(headers) } else { None };
    headers.remove(header::COOKIE);
    headers.extend(kept.map(|kept| (header::COOKIE, kept)));
    headers.remove(header::AUTHORIZATION);
}

/// Whether a page of the front is that of a receipt.
fn of_receipt(path: &str) -> bool {
    path == "/receipt" || path.starts_with("/receipt/")
}

/// Of the cookies that came along, the one that remembers a receipt.
fn receipt_only(headers: &HeaderMap) -> Option<HeaderValue> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).map(str::trim);
    let is_receipt = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| RECEIPT_COOKIES.contains(&name));
    pairs.find(is_receipt).and_then(|pair| HeaderValue::try_from(pair).ok())
}

/// Whether a cookie that is to be set remembers a receipt.
fn is_of_receipt(set: &HeaderValue) -> bool {
    let name = set.to_str().ok().and_then(|set| set.split_once('=')).map(|(name, _)| name);
    name.is_some_and(|name| RECEIPT_COOKIES.contains(&name))
}

/// Why a request has no answer.
enum Broken {
    /// The part is not there.
    Away,
    /// Whoever asked did not finish.
    Asker,
    /// The part closed its side while the body was on its way, and its answer was lost.
    Midway,
}

async fn connect(room: &Path) -> io::Result<UnixStream> {
    let mut tries = 0;
    loop {
        match UnixStream::connect(room).await {
            // Its queue of connections is full: it is busy, not gone.
            Err(why) if why.kind() == io::ErrorKind::WouldBlock && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            other => return other,
        }
    }
}

async fn forward(room: PathBuf, request: Request) -> Result<Response, Broken> {
    forward_over(connect(&room).await.map_err(|_| Broken::Away)?, request).await
}

async fn forward_over(stream: UnixStream, mut request: Request) -> Result<Response, Broken> {
    let way = http1::Builder::new().max_buf_size(HEAD_BYTES).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = way.map_err(|_| Broken::Away)?;
    // It ends with the answer, or with whoever reads it.
    tokio::spawn(async move { drop(connection.await) });
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    if let Ok(uri) = path.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    *request.version_mut() = axum::http::Version::HTTP_11;
    let has_body = !request.body().is_end_stream();
    match sender.send_request(request).await {
        Ok(answer) => Ok(answer.map(Body::new)),
        Err(why) if why.is_user() || why.is_body_write_aborted() => Err(Broken::Asker),
        Err(_) if has_body => Err(Broken::Midway),
        Err(_) => Err(Broken::Away),
    }
}

/// What is said while a part is not there.
fn away(part: Part) -> Response {
    said(
        StatusCode::SERVICE_UNAVAILABLE,
        match part {
            Part::Desk => "The team's side is starting. Reports are taken in; try this page again in a few seconds.\n",
            _ => "The public side is starting. Try again in a few seconds.\n",
        },
    )
}

fn said(status: StatusCode, words: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::RETRY_AFTER, "5"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, words).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_cookies_the_front_is_given_that_of_a_receipt() {
        let headers = HeaderMap::from_iter([(
            header::COOKIE,
            HeaderValue::from_static("__Host-candor=secret; __Host-candor-receipt=a1; candor-with=b"),
        )]);
        assert_eq!(receipt_only(&headers).expect("one"), "__Host-candor-receipt=a1");
        assert!(receipt_only(&HeaderMap::new()).is_none());
        assert!(is_of_receipt(&HeaderValue::from_static("candor-receipt=a1; Path=/")));
        assert!(!is_of_receipt(&HeaderValue::from_static("candor=a1; Path=/")));
        assert!(of_receipt("/receipt") && of_receipt("/receipt/write") && !of_receipt("/receipts"));
    }

    #[test]
    fn only_the_acts_of_a_receipt_s_page_wait_for_the_desk() {
        for path in ["/receipt/withdraw", "/receipt/retest", "/receipt/credit"] {
            assert!(can_wait(path, &Method::POST), "{path}");
        }
        assert!(can_wait("/receipt/withdraw", &Method::GET));
        assert!(can_wait("/receipt/proof", &Method::GET));
        assert!(can_wait("/receipt/files/1", &Method::GET) && !can_wait("/receipt/files/1", &Method::POST));
        for path in ["/receipt/proof", "/receipt/files/1", "/desk/nudge", "/receipt/nudge/x"] {
            assert!(!can_wait(path, &Method::POST), "{path}");
        }
        assert!(!can_wait("/receipt/retest", &Method::GET));
    }

    #[test]
    fn what_needs_a_key_goes_to_the_desk_and_all_else_to_the_front() {
        for path in [
            "/",
            "/minio",
            "/minio/report",
            "/minio/advisories",
            "/.well-known/security.txt",
            "/v1/query",
            "/healthz",
            "/api/v1/programs",
            "/api/v1/programs/minio",
            "/api/v1/programs/minio/reports",
            "/api/v1/advisories/X",
            "/api/v1/openapi.json",
            "/api/docs",
            "/%64esk",
            "/Desk",
            "//desk",
            "",
            "*",
            "/minio/subscribe/x",
            "/apis",
            "/receipt",
            "/receipt/write",
        ] {
            assert_eq!(answers(path), Part::Front, "{path}");
        }
        for path in [
            "/desk",
            "/desk/",
            "/desk/cases/X",
            "/receipt/files/1",
            "/receipt/write/x",
            "/receipt/withdraw",
            "/party/x",
            "/setup/s",
            "/invite/s/code",
            "/subscribe/s",
            "/minio/subscribe",
            "/assets/candor.js",
            "/metrics",
            "/demo/mail",
            "/api/v1/cases",
            "/api/v1/receipt",
            "/api/v1/programs/minio/findings",
            "/api/v1/programs/minio/subscriptions",
            "/api/v1",
            "/api/v1/",
            "/api/v1/search",
        ] {
            assert_eq!(answers(path), Part::Desk, "{path}");
        }
    }
}
