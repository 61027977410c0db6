//! Somebody else's server on a port of this machine: it keeps what it was asked, and answers as it is told to.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
    /// The same as bytes.
    pub raw: Bytes,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a text"))
    }
}

type Answers = dyn Fn(&Asked, usize) -> Response + Send + Sync;

/// The server; it goes on until the test ends.
#[derive(Clone)]
pub struct Peer {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<Arc<Answers>>>,
}

impl Peer {
    /// Starts it; `answers` gets each request and how many came before.
    pub async fn start(answers: impl Fn(&Asked, usize) -> Response + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a port"));
        let peer = Self { url, asked: Arc::default(), answers: Arc::new(Mutex::new(Arc::new(answers))) };
        let router = Router::new().fallback(answer).layer(DefaultBodyLimit::max(64_000_000)).with_state(peer.clone());
        tokio::spawn(candor::web::server::serve(listener, router, std::future::pending()));
        peer
    }

    /// From now on it answers like this.
    pub fn turn(&self, answers: impl Fn(&Asked, usize) -> Response + Send + Sync + 'static) {
        *self.answers.lock().expect("nobody panicked") = Arc::new(answers);
    }

    /// Everything it was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

async fn answer(State(peer): State<Peer>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let path = uri.path_and_query().map_or(String::new(), ToString::to_string);
    let asked = Asked { method, path, headers, body: String::from_utf8_lossy(&body).into_owned(), raw: body };
    let before = {
        let mut all = peer.asked.lock().expect("nobody panicked");
        all.push(asked.clone());
        all.len() - 1
    };
    let answers = peer.answers.lock().expect("nobody panicked").clone();
    answers(&asked, before)
}

/// An answer with this status and body.
pub fn says(status: u16, body: impl Into<Body>) -> Response {
    Response::builder().status(status).header("content-type", "application/json").body(body.into()).expect("an answer")
}

/// Bytes of a text in base64.
pub fn unbase64(text: &str) -> Vec<u8> {
    let place = |c: char| match c {
        'A'..='Z' => c as u32 - 'A' as u32,
        'a'..='z' => c as u32 - 'a' as u32 + 26,
        '0'..='9' => c as u32 - '0' as u32 + 52,
        '+' => 62,
        _ => 63,
    };
    let letters: Vec<u32> = text.trim_end_matches('=').chars().map(place).collect();
    letters
        .chunks(4)
        .flat_map(|part| {
            let number = part.iter().enumerate().fold(0_u32, |sum, (at, letter)| sum | letter << (18 - 6 * at));
            number.to_be_bytes()[1..part.len()].to_vec()
        })
        .collect()
}
