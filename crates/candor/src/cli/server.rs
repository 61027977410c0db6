//! A server, asked over its API.

use super::output::Failure;
use crate::keys::random;
use crate::throttle::work;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// How often a request that is safe to send again is sent.
const TRIES: u32 = 4;

/// Which server.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Server")]
pub struct Server {
    /// Address of the server
    #[arg(
        long,
        env = "CANDOR_SERVER",
        default_value = "http://127.0.0.1:8080",
        value_name = "URL",
        hide_env_values = true
    )]
    server: String,
}

/// Which server, and who asks.
#[derive(Debug, Clone, clap::Args)]
pub struct SignedIn {
    #[command(flatten)]
    pub server: Server,
    /// Token of a member; better set by environment than on the command line, where others can see it
    #[arg(long, env = "CANDOR_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// A server ready to be asked.
pub struct Api {
    client: Client,
    base: String,
    credential: Option<HeaderValue>,
}

impl Server {
    /// Ready to be asked as anyone.
    ///
    /// # Errors
    /// An address that is none.
    pub fn api(&self) -> Result<Api, Failure> {
        if !(self.server.starts_with("http://") || self.server.starts_with("https://")) {
            return Err(Failure::Usage("`--server` must begin with https:// or http://".into()));
        }
        let client = Client::builder()
            .user_agent(concat!("candor/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|why| Failure::during("the HTTP client cannot start", super::output::sentence(&why)))?;
        Ok(Api { client, base: format!("{}/api/v1", self.server.trim_end_matches('/')), credential: None })
    }
}

impl SignedIn {
    /// Ready to be asked as a member.
    ///
    /// # Errors
    /// A missing token, or one that cannot be one.
    pub fn api(&self) -> Result<Api, Failure> {
        let mut api = self.server.api()?;
        let token = self.token.as_deref().ok_or_else(|| {
            Failure::Usage("a token is needed: set CANDOR_TOKEN, or make one with `candor member token`".into())
        })?;
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
            .map_err(|_| Failure::Usage("the token has characters that no token has".into()))?;
        value.set_sensitive(true);
        api.credential = Some(value);
        Ok(api)
    }
}

impl Api {
    /// With this credential.
    pub fn with(mut self, value: HeaderValue) -> Self {
        self.credential = Some(value);
        self
    }

    fn with_credential(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.credential {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        }
    }

    /// Reads.
    ///
    /// # Errors
    /// The server's refusal in its own words, or that it cannot be reached.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let url = address(&self.base, path, query)?;
        let sent = self.with_credential(self.client.get(url)).timeout(Duration::from_secs(60)).send().await;
        read(sent.map_err(|why| self.unreachable(&why))?).await
    }

    /// Reads a file, of at most so many bytes.
    ///
    /// # Errors
    /// As [`Api::get`], and when it is larger.
    pub async fn bytes(&self, path: &str, most: usize) -> Result<Vec<u8>, Failure> {
        let url = address(&self.base, path, &[])?;
        let sent = self.with_credential(self.client.get(url)).timeout(Duration::from_secs(300)).send().await;
        let mut answer = sent.map_err(|why| self.unreachable(&why))?;
        if !answer.status().is_success() {
            return read(answer).await.and(Err(Failure::new("the server gave no file")));
        }
        let mut bytes = Vec::new();
        while let Some(part) =
            answer.chunk().await.map_err(|why| Failure::during("the file broke off", super::output::sentence(&why)))?
        {
            bytes.extend_from_slice(&part);
            if most < bytes.len() {
                return Err(Failure::new(format_args!("the file is larger than {most} bytes")));
            }
        }
        Ok(bytes)
    }

    /// A public text of the server outside the API, of at most 64 KiB; none when there is no such.
    ///
    /// # Errors
    /// That it cannot be reached.
    pub async fn public(&self, path: &str) -> Result<Option<String>, Failure> {
        let base = self.base.strip_suffix("/api/v1").unwrap_or(&self.base);
        let sent = self.client.get(address(base, path, &[])?).timeout(Duration::from_secs(60)).send().await;
        let mut answer = sent.map_err(|why| self.unreachable(&why))?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        while let Some(part) =
            answer.chunk().await.map_err(|why| Failure::during("the file broke off", super::output::sentence(&why)))?
        {
            bytes.extend_from_slice(&part);
            if 64 * 1024 < bytes.len() {
                return Err(Failure::new("the server's file is larger than 64 KiB"));
            }
        }
        Ok(String::from_utf8(bytes).ok())
    }

    /// Changes something, safely: the same key goes with each try, so that a lost answer does not do it twice.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn post<F>(&self, path: &str, body: impl Fn(RequestBuilder) -> F) -> Result<Value, Failure>
    where
        F: Future<Output = Result<RequestBuilder, Failure>>,
    {
        let key = random::secret();
        let url = address(&self.base, path, &[])?;
        let mut tried = 0;
        let mut worked: Option<String> = None;
        loop {
            tried += 1;
            let mut request = self.with_credential(self.client.post(url.clone())).header("Idempotency-Key", &key);
            if let Some(worked) = &worked {
                request = request.header(work::HEADER, worked);
            }
            let sent = body(request).await?.send().await;
            let again = match &sent {
                Ok(answer) => answer.status() == StatusCode::SERVICE_UNAVAILABLE,
                Err(why) => why.is_connect() || why.is_timeout() || why.is_request(),
            };
            if again && tried < TRIES {
                tokio::time::sleep(Duration::from_millis(500 * u64::from(tried))).await;
                continue;
            }
            let answer = sent.map_err(|why| self.unreachable(&why))?;
            if answer.status() != StatusCode::TOO_MANY_REQUESTS || worked.is_some() {
                return read(answer).await;
            }
            // Very many come in just now: some work takes the place of the wait.
            let (status, value) = parsed(answer).await?;
            let challenge = value.as_ref().and_then(|problem| problem["challenge"].as_str()).map(str::to_owned);
            let solved = tokio::task::spawn_blocking(move || challenge.as_deref().and_then(work::solve)).await;
            match solved.ok().flatten() {
                Some(solved) => worked = Some(solved),
                None => return understood(status, value),
            }
        }
    }

    fn unreachable(&self, why: &reqwest::Error) -> Failure {
        let server = self.base.trim_end_matches("/api/v1");
        if why.is_connect() {
            return Failure::new(format_args!(
                "no server answers at {server}; start one, or name another with `--server`"
            ));
        }
        let mut text = super::output::sentence(why);
        if let Some(at) = text.find(" for url (") {
            text.truncate(at);
        }
        Failure::during(format_args!("the server at {server} cannot be asked"), text)
    }
}

fn address(base: &str, path: &str, query: &[(&str, String)]) -> Result<reqwest::Url, Failure> {
    let mut url =
        reqwest::Url::parse(base).map_err(|why| Failure::Usage(format!("`--server` is no address: {why}")))?;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend(path.split('/').filter(|part| !part.is_empty()));
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

async fn read(answer: Response) -> Result<Value, Failure> {
    let (status, value) = parsed(answer).await?;
    understood(status, value)
}

/// Status and, where it is JSON, what was answered.
async fn parsed(answer: Response) -> Result<(StatusCode, Option<Value>), Failure> {
    let status = answer.status();
    let bytes =
        answer.bytes().await.map_err(|why| Failure::during("the answer broke off", super::output::sentence(&why)))?;
    Ok((status, serde_json::from_slice(&bytes).ok()))
}

fn understood(status: StatusCode, value: Option<Value>) -> Result<Value, Failure> {
    match value {
        Some(value) if status.is_success() => Ok(value),
        Some(problem) if problem["code"].is_string() => {
            let detail = problem["detail"].as_str().unwrap_or("the server gave no reason");
            let mut text =
                format!("{} ({})", super::output::plain(detail), problem["code"].as_str().unwrap_or_default());
            if let Some(since) = problem["since"].as_array() {
                for entry in since {
                    text.push_str(&format!(
                        "\n  entry {}: {} at {}",
                        entry["seq"],
                        entry["event"].as_str().unwrap_or_default(),
                        entry["at"].as_str().unwrap_or_default()
                    ));
                }
            }
            Err(Failure::Failed(text))
        }
        _ => Err(Failure::new(format_args!(
            "the server answered {status}, and not as Candor does; is `--server` the right address?"
        ))),
    }
}
