//! What comes in: bodies, queries, credentials, read strictly. What cannot be meant in one way only is refused.

use super::problem::Problem;
use crate::accounts;
use crate::accounts::token::{self, Beyond, Scopes};
use crate::app::App;
use crate::error::Error;
use crate::execute::{files, parties, report};
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, FromRequestParts, Multipart, Path, RawQuery, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::event::FileRef;
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use serde::de::DeserializeOwned;

/// Largest JSON body in bytes.
pub const JSON_LIMIT: usize = 1024 * 1024;
/// Longest `Idempotency-Key` in characters.
pub const KEY_LIMIT: usize = 255;

/// A member of the team, by bearer token, who may read; for a changing request, who may write.
pub struct Asker(pub Actor);

/// The same, with what the token may do.
pub struct Bearer {
    /// The member.
    pub actor: Actor,
    /// What the token may do.
    scopes: Scopes,
}

impl Bearer {
    /// Refuses what goes beyond the token's scopes.
    ///
    /// # Errors
    /// 403 `scope`, naming the scope that is missing.
    pub fn must(&self, beyond: Beyond) -> Result<(), Problem> {
        if self.scopes.may(beyond) { Ok(()) } else { Err(lacks(beyond.name())) }
    }

    /// Whether the token may read cases as well.
    pub fn reads(&self) -> bool {
        self.scopes.read
    }
}

impl FromRequestParts<App> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (actor, scopes) = asker(parts, app).await?;
        Ok(Self { actor, scopes })
    }
}

fn lacks(scope: &str) -> Problem {
    let detail = format!("This token lacks the scope `{scope}`; make one that has it");
    Problem::new(StatusCode::FORBIDDEN, "scope", detail)
}

/// A member by a token that is not made for single programs: it may change their account.
pub struct Owner(pub Bearer);

impl FromRequestParts<App> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (actor, scopes) = asker(parts, app).await?;
        if scopes.programs.is_empty() {
            return Ok(Self(Bearer { actor, scopes }));
        }
        let detail = "This token is made for single programs and changes no account; make one for every program";
        Err(Problem::new(StatusCode::FORBIDDEN, "scope", detail.to_owned()))
    }
}

/// A member who manages the desk, by a token that may do so as well.
pub struct Manager(pub MemberId);

impl FromRequestParts<App> for Manager {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (actor, scopes) = asker(parts, app).await?;
        let no = |kind, detail: &str| Problem::new(StatusCode::FORBIDDEN, kind, detail.to_owned());
        let Actor::Member { id, .. } = actor else { return Err(Problem::not_found()) };
        // The scope is dropped where its member does not manage the desk.
        if scopes.admin {
            return Ok(Self(id));
        }
        match accounts::member(app, &id).await? {
            Some(member) if member.admin => Err(lacks("admin")),
            _ => Err(no("role", "Only who manages the desk may do this; nothing was changed")),
        }
    }
}

impl FromRequestParts<App> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(asker(parts, app).await?.0))
    }
}

/// Who a request's token stands for, and what it may do.
async fn asker(parts: &Parts, app: &App) -> Result<(Actor, Scopes), Problem> {
    let unknown = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "token",
            "Send a token that works, as `Authorization: Bearer …`; make one in the desk's settings or with `candor member token`",
        )
    };
    let bearer = credential(&parts.headers, "Bearer").ok_or_else(unknown)?;
    let (actor, scopes) = match token::token_actor(app, &bearer).await {
        Ok(found) => found,
        Err(Error::NotFound) => return Err(unknown()),
        Err(other) => return Err(other.into()),
    };
    let reads = parts.method == Method::GET || parts.method == Method::HEAD;
    if if reads { scopes.read } else { scopes.write } {
        Ok((actor, scopes))
    } else {
        Err(lacks(if reads { "read" } else { "write" }))
    }
}

/// The holder of a receipt, with the case of their report.
pub struct Holder {
    /// Who.
    pub actor: Actor,
    /// The case as it is now.
    pub case: Case,
    /// Number of their report within it.
    pub report: u32,
}

impl FromRequestParts<App> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        // No receipt, a malformed one and a wrong one are answered alike.
        let unknown =
            || Problem::new(StatusCode::UNAUTHORIZED, "receipt", "Send your receipt as `Authorization: Receipt …`");
        let receipt = credential(&parts.headers, "Receipt").ok_or_else(unknown)?;
        match report::open_receipt(app, &receipt).await {
            Ok((actor, case)) => {
                let Actor::Reporter { report, .. } = actor else { return Err(unknown()) };
                Ok(Self { actor, case, report })
            }
            Err(Error::NotFound) => Err(unknown()),
            Err(other) => Err(other.into()),
        }
    }
}

/// An outside party, by their key.
pub struct PartyHolder(pub parties::Opened);

impl FromRequestParts<App> for PartyHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let unknown = || Problem::new(StatusCode::UNAUTHORIZED, "party", "Send your key as `Authorization: Party …`");
        let key = credential(&parts.headers, "Party").ok_or_else(unknown)?;
        match parties::by_key(app, &key).await {
            Ok(opened) if opened.party.joined.is_some() => Ok(Self(opened)),
            Ok(_) | Err(Error::NotFound) => Err(unknown()),
            Err(other) => Err(other.into()),
        }
    }
}

/// The credential of this scheme; given twice, none.
fn credential(headers: &HeaderMap, scheme: &str) -> Option<String> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return None };
    let (given, rest) = value.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim().to_owned()).filter(|rest| !rest.is_empty())
}

/// The program in the address.
pub struct InProgram(pub ProgramSlug);

impl FromRequestParts<App> for InProgram {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Segments(slug) = Segments::<String>::from_request_parts(parts, app).await?;
        Ok(Self(slug.into()))
    }
}

/// The case in the address, in any way a person may write it.
pub struct OfCase(pub CaseId);

impl FromRequestParts<App> for OfCase {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Segments(id) = Segments::<String>::from_request_parts(parts, app).await?;
        CaseId::parse(&id).map(Self).ok_or_else(Problem::not_found)
    }
}

/// Parts of the address; one that cannot be read names nothing.
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Path(segments) = Path::from_request_parts(parts, app).await.map_err(|_| Problem::not_found())?;
        Ok(Self(segments))
    }
}

/// What stands behind the question mark. An unknown name, or one given twice, is refused.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let RawQuery(query) = RawQuery::from_request_parts(parts, app).await.unwrap_or(RawQuery(None));
        let uri = format!("/?{}", query.unwrap_or_default());
        let wrong = |why: String| Problem::unreadable("query", format!("The query cannot be read: {why}"));
        let uri: axum::http::Uri = uri.parse().map_err(|_| wrong("it is no text".into()))?;
        let axum::extract::Query(asked) =
            axum::extract::Query::try_from_uri(&uri).map_err(|why| wrong(super::problem::causes(&why)))?;
        Ok(Self(asked))
    }
}

/// The `Idempotency-Key` of a request.
pub struct IdempotencyKey(pub Option<String>);

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let mut all = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = all.next() else { return Ok(Self(None)) };
        let text = value.to_str().ok().map(str::trim).unwrap_or_default();
        if all.next().is_some() || text.is_empty() || text.len() > KEY_LIMIT {
            let detail = format!("`Idempotency-Key` must be given once, with 1 to {KEY_LIMIT} visible characters");
            return Err(Problem::unreadable("idempotency-key", detail));
        }
        Ok(Self(Some(text.to_owned())))
    }
}

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        if kind(request.headers()) != Kind::Json {
            return Err(wrong_kind("application/json"));
        }
        let bytes = body(request.into_body()).await?;
        parse(&bytes).map(Self)
    }
}

/// A JSON body alone, or as a part beside files.
pub struct WithFiles<T> {
    /// The JSON.
    pub value: T,
    /// Files, in the order they came.
    pub files: Vec<FileRef>,
}

/// Names the JSON part of a multipart body.
pub trait PartName {
    /// The name.
    const NAME: &'static str;
}

impl<T: DeserializeOwned + PartName + Send> FromRequest<App> for WithFiles<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        match kind(request.headers()) {
            Kind::Json => {
                let bytes = body(request.into_body()).await?;
                Ok(Self { value: parse(&bytes)?, files: Vec::new() })
            }
            Kind::Multipart => {
                let (value, files) = read_parts(request, app, Some(T::NAME)).await?;
                let value = value.ok_or_else(|| {
                    Problem::unreadable("part", format!("The part `{}` with the JSON is missing", T::NAME))
                })?;
                Ok(Self { value: parse(&value)?, files })
            }
            Kind::Other => Err(wrong_kind("application/json or multipart/form-data")),
        }
    }
}

/// Files alone.
pub struct Files(pub Vec<FileRef>);

impl FromRequest<App> for Files {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if kind(request.headers()) != Kind::Multipart {
            return Err(wrong_kind("multipart/form-data"));
        }
        let (_, files) = read_parts(request, app, None).await?;
        if files.is_empty() {
            return Err(Problem::unreadable("part", "Send at least one part with a file"));
        }
        Ok(Self(files))
    }
}

#[derive(PartialEq)]
enum Kind {
    Json,
    Multipart,
    Other,
}

fn kind(headers: &HeaderMap) -> Kind {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => Kind::Json,
        "multipart/form-data" => Kind::Multipart,
        _ => Kind::Other,
    }
}

fn wrong_kind(expected: &str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", format!("Send the body as {expected}"))
}

async fn body(body: Body) -> Result<Bytes, Problem> {
    // What says itself that it is too long is not waited for.
    if body.size_hint().lower() > JSON_LIMIT as u64 {
        return Err(too_long());
    }
    axum::body::to_bytes(body, JSON_LIMIT).await.map_err(|why| {
        use std::error::Error as _;
        // The limit shows as a cause; anything else is a connection that ended.
        if why.source().is_some_and(|cause| cause.to_string().contains("limit")) {
            too_long()
        } else {
            Problem::unreadable("body", "The body ended before it was whole; send it again")
        }
    })
}

fn too_long() -> Problem {
    let detail = format!("The JSON is larger than {} KiB; send long material as files beside it", JSON_LIMIT / 1024);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
}

/// Reads JSON into a type that refuses unknown and repeated keys.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|why| {
        // The text of the error names fields and kinds, never a value of the body's texts beyond an unknown name.
        if why.is_data() {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body", format!("The JSON does not fit: {why}"))
        } else {
            Problem::unreadable("json", format!("The body is no JSON: {why}"))
        }
    })
}

/// Reads a multipart body: at most one part named `json`, and files.
async fn read_parts(request: Request, app: &App, json: Option<&str>) -> Result<(Option<Bytes>, Vec<FileRef>), Problem> {
    let broken = |why: MultipartError| {
        Problem::unreadable("multipart", format!("The multipart body cannot be read: {}", why.body_text()))
    };
    let mut parts =
        Multipart::from_request(request, app).await.map_err(|why| Problem::unreadable("multipart", why.body_text()))?;
    let (mut value, mut files) = (None, Vec::new());
    while let Some(field) = parts.next_field().await.map_err(broken)? {
        if json.is_some() && field.name() == json {
            if value.is_some() {
                return Err(Problem::unreadable("part", "The part with the JSON is given twice"));
            }
            value = Some(limited(field, broken).await?);
            continue;
        }
        let Some(name) = field.file_name().map(str::to_owned) else {
            let known = json.map_or_else(|| "files".to_owned(), |json| format!("`{json}` and files"));
            return Err(Problem::unreadable("part", format!("There is a part that is no file; send {known} only")));
        };
        if files.len() >= app.config.files_limit {
            return Err(Error::TooManyFiles { limit: app.config.files_limit }.into());
        }
        files.push(store(app, &name, field, broken).await?);
    }
    Ok((value, files))
}

async fn limited(mut field: Field<'_>, broken: impl Fn(MultipartError) -> Problem) -> Result<Bytes, Problem> {
    let mut whole = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(&broken)? {
        if whole.len() + chunk.len() > JSON_LIMIT {
            return Err(too_long());
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.into())
}

/// Streams one file into the sealed store, in constant memory.
async fn store(
    app: &App,
    name: &str,
    mut field: Field<'_>,
    broken: impl Fn(MultipartError) -> Problem,
) -> Result<FileRef, Problem> {
    let mut upload = files::upload(app, name).await?;
    while let Some(chunk) = field.chunk().await.map_err(&broken)? {
        upload.push(&chunk).await?;
    }
    Ok(upload.finish().await?)
}
