//! Letters leave inside TLS or wait: against servers that strip it, name another host, or have let their certificate expire.

use crate::letters::{POLICY, at, filed};
use crate::support::places::Place;
use candor::app::App;
use candor::config::{MailOut, TlsTo};
use candor::store::outbox;
use candor::worker::{self, Delivered};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub const AUTHORITY: &[u8] = include_bytes!("support/tls/authority.pem");
const KEY: &[u8] = include_bytes!("support/tls/server.key");
pub const GOOD: &[u8] = include_bytes!("support/tls/good.pem");
const EXPIRED: &[u8] = include_bytes!("support/tls/expired.pem");
const ELSEWHERE: &[u8] = include_bytes!("support/tls/elsewhere.pem");

/// How a mail server behaves.
#[derive(Clone, Copy)]
struct Kind {
    certificate: &'static [u8],
    offers_tls: bool,
    promises: bool,
}

/// Everything a server heard, in the clear and inside TLS.
#[derive(Default)]
struct Heard {
    clear: Vec<String>,
    inside: Vec<String>,
}

pub fn acceptor(certificate: &[u8]) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>().expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).expect("it fits");
    TlsAcceptor::from(Arc::new(config))
}

/// A mail server of this kind.
async fn server(kind: Kind) -> (u16, Arc<Mutex<Heard>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let heard = Arc::new(Mutex::new(Heard::default()));
    let told = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let heard = told.clone();
            tokio::spawn(async move {
                let tls = acceptor(kind.certificate);
                if stream.write_all(b"220 mx.test.example ESMTP\r\n").await.is_err() {
                    return;
                }
                let Some(stream) = talk(stream, kind, false, &heard).await else { return };
                if let Ok(stream) = tls.accept(stream).await {
                    talk(stream, kind, true, &heard).await;
                }
            });
        }
    });
    (port, heard)
}

/// Talks until the end, or until TLS is asked for: then the stream comes back.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    kind: Kind,
    inside: bool,
    heard: &Mutex<Heard>,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    let mut letter = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or_default() == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        {
            let mut heard = heard.lock().expect("no panic");
            if inside { heard.inside.push(line.clone()) } else { heard.clear.push(line.clone()) }
        }
        let answer = if letter {
            if line != "." {
                continue;
            }
            letter = false;
            "250 2.0.0 taken".to_owned()
        } else if line.starts_with("EHLO") {
            let mut can = String::from("250-mx.test.example\r\n");
            if kind.offers_tls && !inside {
                can.push_str("250-STARTTLS\r\n");
            }
            if kind.promises && inside {
                can.push_str("250-REQUIRETLS\r\n");
            }
            can + "250 8BITMIME"
        } else if line == "STARTTLS" && kind.offers_tls {
            stream.get_mut().write_all(b"220 go on\r\n").await.ok()?;
            return Some(stream.into_inner());
        } else if line.starts_with("DATA") {
            letter = true;
            "354 go on".into()
        } else if line.starts_with("QUIT") {
            "221 bye".into()
        } else if line == "STARTTLS" {
            "502 not here".into()
        } else {
            "250 ok".into()
        };
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

async fn app(place: &Place, port: u16, authority: bool, safe: &[&str]) -> App {
    let app = place
        .app_with(&[POLICY], |config| {
            config.mail = MailOut::Smtp(format!("smtp://localhost:{port}"));
            config.mail_ca = authority.then(|| AUTHORITY.to_vec());
            config.mail_tls = safe.iter().map(|text| text.parse::<TlsTo>().expect("a domain")).collect();
        })
        .await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    filed(&app, "reporter@outside.example").await;
    app
}

/// Tries once; gives what was done and why letters wait.
async fn tries(app: &App) -> (Delivered, Vec<String>) {
    let done = worker::deliver_once(app).await.expect("a round");
    let waiting = outbox::list(&app.store, "waiting", "", 10).await.expect("rows");
    (done, waiting.into_iter().filter_map(|row| row.error).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_o5_a_server_without_the_right_tls_gets_no_letter_and_none_is_lost() {
    let strips = Kind { certificate: GOOD, offers_tls: false, promises: false };
    let other = Kind { certificate: ELSEWHERE, offers_tls: true, promises: false };
    let expired = Kind { certificate: EXPIRED, offers_tls: true, promises: false };
    let good = Kind { certificate: GOOD, offers_tls: true, promises: false };
    for (kind, authority, why) in [
        (strips, true, "offers no TLS"),
        (other, true, "see its certificate"),
        (expired, true, "see its certificate"),
        (good, false, "see its certificate"),
    ] {
        let place = Place::sqlite().await;
        let (port, heard) = server(kind).await;
        let app = app(&place, port, authority, &[]).await;
        let (done, reasons) = tries(&app).await;
        assert_eq!((done.sent, done.later, done.failed), (0, 2, 0), "{why}");
        assert!(reasons.iter().all(|it| it.contains(why)), "{reasons:?}");
        let heard = heard.lock().expect("no panic");
        let said = |lines: &[String]| {
            lines.iter().any(|it| it.starts_with("MAIL") || it.starts_with("RCPT") || it.contains('@'))
        };
        assert!(!said(&heard.clear) && !said(&heard.inside), "{:?}", heard.clear);
    }
    let place = Place::sqlite().await;
    let (port, heard) = server(good).await;
    let app = app(&place, port, true, &[]).await;
    assert_eq!(tries(&app).await.0.sent, 2);
    let heard = heard.lock().expect("no panic");
    assert!(!heard.clear.iter().any(|it| it.contains('@')) && heard.inside.iter().any(|it| it.starts_with("RCPT")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_that_asks_for_tls_all_the_way_gets_letters_by_a_promise_or_by_its_own_server() {
    let silent = Kind { certificate: GOOD, offers_tls: true, promises: false };
    let promises = Kind { promises: true, ..silent };
    // No promise: the letter to that domain waits, the other one leaves.
    let place = Place::sqlite().await;
    let (port, heard) = server(silent).await;
    let waits = app(&place, port, true, &["outside.example"]).await;
    let (done, reasons) = tries(&waits).await;
    assert_eq!((done.sent, done.later), (1, 1));
    assert!(reasons[0].starts_with("held: this domain is reached inside TLS or not at all"), "{reasons:?}");
    assert!(!heard.lock().expect("no panic").inside.iter().any(|it| it.contains("reporter@")));
    // A promise.
    let place = Place::sqlite().await;
    let (port, heard) = server(promises).await;
    assert_eq!(tries(&app(&place, port, true, &["outside.example"]).await).await.0.sent, 2);
    let asked: Vec<String> =
        heard.lock().expect("no panic").inside.iter().filter(|it| it.starts_with("MAIL")).cloned().collect();
    assert_eq!(asked.iter().filter(|it| it.ends_with(" REQUIRETLS")).count(), 1, "{asked:?}");
    // Its own server.
    let place = Place::sqlite().await;
    let ((port, usual), (own, direct)) = (server(silent).await, server(silent).await);
    let direct_to = format!("outside.example=smtp://localhost:{own}");
    assert_eq!(tries(&app(&place, port, true, &[&direct_to]).await).await.0.sent, 2);
    let says = |heard: &Mutex<Heard>| heard.lock().expect("no panic").inside.iter().any(|it| it.contains("reporter@"));
    assert!(says(&direct) && !says(&usual));
}

#[test]
fn a_domain_for_tls_is_read_from_one_word() {
    let plain: TlsTo = "Example.org.".parse().expect("a domain");
    assert_eq!((plain.domain.as_str(), plain.server), ("example.org", None));
    for text in ["example", "a@example.org", "example.org=mx.example.org", "", "example.org=http://x"] {
        assert!(text.parse::<TlsTo>().is_err(), "{text}");
    }
}
