//! Who asks: a member by their session, a reporter by their receipt, anybody by a form we made for them. Each carries a
//! token that its forms send back.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use candor_core::access::{Actor, Role};
use candor_core::case::Case;
use candor_core::id::MemberId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::fields::Trouble;
use super::views::Shell;
use super::views::parts::MemberLink;
use super::{errors, page};
use crate::accounts::{self, MemberView, session::Session};
use crate::app::App;
use crate::error::Error;
use crate::execute::report::{hex, open_receipt};
use crate::keys::{self, Context, Purpose, random};
use crate::throttle::Wait;

/// A receipt need not be typed again for this long after the last look.
const RECEIPT_IDLE: SignedDuration = SignedDuration::from_hours(1);
/// How old the receipt's cookie is before a look renews it.
const RECEIPT_RENEW: SignedDuration = SignedDuration::from_mins(5);
/// A form without session may lie open for this long.
const FORM_OPEN: SignedDuration = SignedDuration::from_hours(24);

/// Why a request goes no further.
#[derive(Debug)]
pub enum Rejection {
    /// Nobody is signed in: to the sign-in page, and back to this address afterwards.
    SignIn(String),
    /// The second factor has to be proved anew first; back to this address afterwards.
    Confirm(String),
    /// Nobody entered a receipt, or too long ago.
    Receipt,
    /// The form carries no token, or another one.
    Token,
    /// Another site sent it.
    Foreign,
    /// Too often.
    Wait(Wait),
    /// The browser kept its cookies back because another site linked here: it asks once more from our own page.
    Again,
    /// The role does not reach that far.
    Manage,
    /// The form could not be read.
    Form(Trouble),
    /// Anything else.
    Other(Error),
}

impl From<Error> for Rejection {
    fn from(why: Error) -> Self {
        Self::Other(why)
    }
}

impl From<Trouble> for Rejection {
    fn from(why: Trouble) -> Self {
        Self::Form(why)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(next) => page::see_other(&format!("/desk/sign-in{}", with_next(&next))),
            Self::Confirm(next) => page::see_other(&format!("/desk/confirm{}", with_next(&next))),
            Self::Receipt => page::see_other("/receipt"),
            Self::Token => errors::said(
                StatusCode::FORBIDDEN,
                "This form is no longer good",
                "Nothing was changed: the form was made for another session, or lay open for too long. \
                 Go back, load the page anew and send it again.",
            ),
            Self::Foreign => errors::said(
                StatusCode::FORBIDDEN,
                "Another site sent this",
                "Nothing was changed. Use the form on our own page.",
            ),
            Self::Wait(wait) => too_many(wait),
            Self::Again => Html(
                "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0\">\
                 <title>One moment</title><p><a href=\"\">Go on</a></p></html>",
            )
            .into_response(),
            Self::Manage => errors::said(
                StatusCode::FORBIDDEN,
                "Only who manages the desk may do this",
                "Nothing was changed. Ask a member who manages the desk.",
            ),
            Self::Form(trouble) => trouble.answer(),
            Self::Other(Error::ReadingBudget { case }) => Self::Confirm(format!("/desk/cases/{case}")).into_response(),
            Self::Other(why) => errors::answer(&why),
        }
    }
}

/// 429, with the time to wait.
pub fn too_many(wait: Wait) -> Response {
    let seconds = wait.seconds();
    let words = match seconds {
        1 => "a second".to_owned(),
        2..90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    };
    let view = super::views::public::ErrorPage::too_many(&words);
    let mut answer = page::html(StatusCode::TOO_MANY_REQUESTS, &view);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

pub(super) fn with_next(next: &str) -> String {
    if next.is_empty() || next == "/desk" { String::new() } else { format!("?next={}", escape(next)) }
}

pub(super) fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

/// The page to go to next, if it is one of the desk's own; the desk itself otherwise.
pub fn desk_page(next: &str) -> &str {
    let local = next.strip_prefix("/desk").is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let plain = next.len() <= 2000 && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // Signing in leads on, not round in a circle.
    let round = ["/desk/sign-in", "/desk/sign-out", "/desk/confirm"].iter().any(|page| next.starts_with(page));
    if local && plain && !round { next } else { "/desk" }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

fn https(app: &App) -> bool {
    app.config.base_url.starts_with("https://")
}

/// Name of a cookie. With the prefix, browsers keep it to this one host and to encrypted addresses.
fn cookie_name(app: &App, kind: &str) -> String {
    if https(app) { format!("__Host-candor{kind}") } else { format!("candor{kind}") }
}

/// Sets a cookie for as long as the browser is open, or takes it away when the value is empty.
fn set_cookie(app: &App, kind: &str, value: &str) -> HeaderValue {
    let name = cookie_name(app, kind);
    let secure = if https(app) { "; Secure" } else { "" };
    let end = if value.is_empty() { "; Max-Age=0" } else { "" };
    HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{end}"))
        .expect("cookie values are letters and digits")
}

/// Cookie of a browser that is on its way to a sign-in service and back.
const FLOW: &str = "-with";

/// Value of the cookie that binds the answer of a sign-in service to this browser, if any.
pub fn flow_secret<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, &cookie_name(app, FLOW))
        .filter(|value| value.len() == 52 && value.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The header that sets it, for ten minutes. It has to come along when another site leads back here, so it is `Lax`.
pub fn flow_cookie(app: &App, value: &str) -> HeaderValue {
    let secure = if https(app) { "; Secure" } else { "" };
    let (name, end) = (cookie_name(app, FLOW), if value.is_empty() { 0 } else { 600 });
    HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}; Max-Age={end}"))
        .expect("cookie values are letters and digits")
}

/// The header that takes it away.
pub fn no_flow_cookie(app: &App) -> HeaderValue {
    flow_cookie(app, "")
}

const SESSION: &str = "";
const RECEIPT: &str = "-receipt";
/// Names of the cookie that remembers a receipt: over encrypted addresses, and over others.
pub const RECEIPT_COOKIES: [&str; 2] = ["__Host-candor-receipt", "candor-receipt"];

/// Value of the session cookie that came along, if any.
pub fn session_secret<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, &cookie_name(app, SESSION))
}

/// The header that begins a session in the browser.
pub fn session_cookie(app: &App, new: &accounts::session::NewSession) -> HeaderValue {
    set_cookie(app, SESSION, &new.secret)
}

/// The header that takes the session away.
pub fn no_session_cookie(app: &App) -> HeaderValue {
    set_cookie(app, SESSION, "")
}

/// A signed-in member. As an argument of a handler it sends everybody else to the sign-in page.
#[derive(Debug, Clone)]
pub struct Member {
    /// What they may do, for `execute`.
    pub actor: Actor,
    /// Who they are.
    pub view: MemberView,
    /// Their session.
    pub session: Session,
}

impl Member {
    /// Id.
    pub fn id(&self) -> &MemberId {
        &self.view.id
    }

    /// Token that every form of theirs carries.
    pub fn csrf(&self) -> &str {
        &self.session.csrf
    }

    /// Checks the token a form sent back.
    ///
    /// # Errors
    /// [`Rejection::Token`].
    pub fn check(&self, token: &str) -> Result<(), Rejection> {
        if keys::equal(token.as_bytes(), self.session.csrf.as_bytes()) { Ok(()) } else { Err(Rejection::Token) }
    }

    /// Whether the second factor was proved within the last ten minutes; otherwise the member is asked for it, and comes
    /// back to `next`, a page of the desk.
    ///
    /// # Errors
    /// [`Rejection::Confirm`].
    pub fn fresh(&self, app: &App, next: &str) -> Result<(), Rejection> {
        if self.session.is_fresh(app.now()) { Ok(()) } else { Err(Rejection::Confirm(desk_page(next).to_owned())) }
    }

    /// Whether they manage the desk.
    ///
    /// # Errors
    /// [`Rejection::Manage`].
    pub fn manages(&self) -> Result<(), Rejection> {
        if self.view.admin { Ok(()) } else { Err(Rejection::Manage) }
    }

    /// What stands around a page of the desk.
    pub fn shell(&self, app: &App, current: &str) -> Shell {
        let role = match self.view.highest() {
            Some(role) => role.name(),
            None if self.view.admin => "administrator",
            None => Role::Observer.name(),
        };
        Shell {
            member: Some(MemberLink { name: self.view.name.clone(), role: role.to_owned() }),
            csrf: self.session.csrf.clone(),
            ..page::shell(app, current)
        }
    }
}

/// Whether a link on another site led here: browsers keep strict cookies back then, and send them when asked again.
fn led_by_another_site(parts: &Parts) -> bool {
    parts.method == Method::GET
        && parts.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site")
        && parts.headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
}

/// The address to come back to: only what can be asked with GET.
fn here(parts: &Parts) -> String {
    match parts.method {
        Method::GET => parts.uri.path_and_query().map_or("/desk", |page| page.as_str()).to_owned(),
        _ => "/desk".to_owned(),
    }
}

impl FromRequestParts<App> for Member {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejection> {
        // A middleware may have looked already.
        if let Some(member) = parts.extensions.get::<Member>() {
            return Ok(member.clone());
        }
        let found = match session_secret(app, &parts.headers) {
            Some(secret) => accounts::session::find(app, secret).await?,
            None if led_by_another_site(parts) => return Err(Rejection::Again),
            None => None,
        };
        let (view, mut session) = found.ok_or_else(|| Rejection::SignIn(desk_page(&here(parts)).to_owned()))?;
        // A session that turns up in a browser of another kind shows nothing before the second factor is proved there.
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let family = accounts::session::family(agent);
        if !session.is_of(&family) {
            match parts.uri.path() {
                "/desk/confirm" | "/desk/confirm/passkey" | "/desk/sign-out" => session.moves_to(family),
                _ => return Err(Rejection::Confirm(desk_page(&here(parts)).to_owned())),
            }
        }
        let member = Self { actor: view.actor(app), view, session };
        parts.extensions.insert(member.clone());
        Ok(member)
    }
}

/// A signed-in member who proved the second factor within the last ten minutes. Others are asked for it first; they come
/// back to this page when it was asked with GET, to the desk otherwise (see [`Member::fresh`] for another page).
#[derive(Debug, Clone)]
pub struct Fresh(pub Member);

impl FromRequestParts<App> for Fresh {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejection> {
        let member = Member::from_request_parts(parts, app).await?;
        member.fresh(app, &here(parts))?;
        Ok(Self(member))
    }
}

/// What lies sealed in the receipt's cookie.
#[derive(Serialize, Deserialize)]
struct Remembered {
    receipt: String,
    at: Timestamp,
}

const REMEMBERED: Context<'static> = Context { kind: "cookie", stream: "", row: 0, field: "receipt" };

/// The header that remembers a receipt for an hour of use, sealed: the browser's memory shows nothing.
///
/// # Errors
/// [`Error::Locked`] without keys.
pub fn receipt_cookie(app: &App, receipt: &str) -> Result<HeaderValue, Error> {
    let remembered = Remembered { receipt: receipt.to_owned(), at: app.now() };
    let plain = serde_json::to_vec(&remembered).map_err(Error::internal)?;
    let sealed = keys::seal(&app.shared_form_key(), &REMEMBERED, &plain)?;
    Ok(set_cookie(app, RECEIPT, &hex(&sealed)))
}

/// The header that forgets the receipt.
pub fn no_receipt_cookie(app: &App) -> HeaderValue {
    set_cookie(app, RECEIPT, "")
}

const PARTY: &str = "-party";
const PARTY_PLACE: Context<'static> = Context { kind: "cookie", stream: "", row: 0, field: "party" };

/// The header that remembers an outside party's key for an hour, sealed.
///
/// # Errors
/// [`Error::Locked`] without keys.
pub fn party_cookie(app: &App, key: &str) -> Result<HeaderValue, Error> {
    let remembered = Remembered { receipt: key.to_owned(), at: app.now() };
    let plain = serde_json::to_vec(&remembered).map_err(Error::internal)?;
    let sealed = keys::seal(app.keys()?.root().purpose(Purpose::Form), &PARTY_PLACE, &plain)?;
    Ok(set_cookie(app, PARTY, &hex(&sealed)))
}

/// The header that forgets the key.
pub fn no_party_cookie(app: &App) -> HeaderValue {
    set_cookie(app, PARTY, "")
}

/// The key of an outside party that the browser remembers, and the token for its forms.
///
/// # Errors
/// [`Error::Locked`] without keys.
pub fn party_key(app: &App, headers: &HeaderMap) -> Result<Option<(String, String)>, Error> {
    let form = app.keys()?.root().purpose(Purpose::Form);
    let Some(sealed) = cookie(headers, &cookie_name(app, PARTY)).and_then(accounts::unhex) else { return Ok(None) };
    let Ok(plain) = keys::open(form, &PARTY_PLACE, &sealed) else { return Ok(None) };
    let Ok(remembered) = serde_json::from_slice::<Remembered>(&plain) else { return Ok(None) };
    if app.now().duration_since(remembered.at) >= RECEIPT_IDLE {
        return Ok(None);
    }
    let csrf = hex(&keys::lookup(form, "csrf of a party", remembered.receipt.as_bytes()));
    Ok(Some((remembered.receipt, csrf)))
}

/// The receipt that the browser remembers, and since when.
fn remembered(app: &App, headers: &HeaderMap) -> Result<Option<Remembered>, Error> {
    let Some(sealed) = cookie(headers, &cookie_name(app, RECEIPT)).and_then(accounts::unhex) else { return Ok(None) };
    let Ok(plain) = keys::open(&app.shared_form_key(), &REMEMBERED, &sealed) else { return Ok(None) };
    let Ok(remembered) = serde_json::from_slice::<Remembered>(&plain) else { return Ok(None) };
    let age = app.now().duration_since(remembered.at);
    Ok((age < RECEIPT_IDLE).then_some(remembered))
}

/// Token that the forms of a receipt's page carry.
pub fn receipt_csrf(app: &App, receipt: &str) -> String {
    let receipt = random::normal_receipt(receipt).unwrap_or_default();
    hex(&keys::lookup(&app.shared_form_key(), "csrf of a receipt", receipt.as_bytes()))
}

/// Whoever entered a receipt within the last hour. As an argument of a handler it sends everybody else to `/receipt`.
#[derive(Debug, Clone)]
pub struct ReceiptHolder {
    /// The receipt.
    pub receipt: String,
    /// What they may do, for `execute`.
    pub actor: Actor,
    /// Their case.
    pub case: Case,
    /// Token that every form of theirs carries.
    pub csrf: String,
}

impl ReceiptHolder {
    /// Number of their report in the case.
    ///
    /// # Errors
    /// [`Error::NotFound`] for anybody but a reporter.
    pub fn report(&self) -> Result<u32, Error> {
        match self.actor {
            Actor::Reporter { report, .. } => Ok(report),
            _ => Err(Error::NotFound),
        }
    }

    /// Opens a receipt that was typed just now. Remember it with [`receipt_cookie`].
    ///
    /// # Errors
    /// [`Error::NotFound`] for every receipt that opens nothing.
    pub async fn open(app: &App, receipt: &str) -> Result<Self, Error> {
        let (actor, case) = open_receipt(app, receipt).await?;
        Ok(Self { csrf: receipt_csrf(app, receipt), receipt: receipt.to_owned(), actor, case })
    }

    /// Checks the token a form sent back.
    ///
    /// # Errors
    /// [`Rejection::Token`].
    pub fn check(&self, token: &str) -> Result<(), Rejection> {
        if keys::equal(token.as_bytes(), self.csrf.as_bytes()) { Ok(()) } else { Err(Rejection::Token) }
    }
}

/// The receipt that the browser remembers; it is not known yet whether it opens anything.
///
/// # Errors
/// [`Rejection::Receipt`] when there is none, [`Rejection::Again`] when the browser kept it back.
pub fn remembered_receipt(app: &App, parts: &Parts) -> Result<String, Rejection> {
    match remembered(app, &parts.headers)? {
        Some(remembered) => Ok(remembered.receipt),
        None if led_by_another_site(parts) && cookie(&parts.headers, &cookie_name(app, RECEIPT)).is_none() => {
            Err(Rejection::Again)
        }
        None => Err(Rejection::Receipt),
    }
}

impl FromRequestParts<App> for ReceiptHolder {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejection> {
        Self::open(app, &remembered_receipt(app, parts)?).await.map_err(|why| match why {
            Error::NotFound => Rejection::Receipt,
            other => other.into(),
        })
    }
}

/// Renews the memory of a receipt while its page is used. A layer for the routes under `/receipt`.
pub async fn keep_receipt(
    axum::extract::State(app): axum::extract::State<App>,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    let renew = match remembered(&app, request.headers()) {
        Ok(Some(remembered)) if app.now().duration_since(remembered.at) >= RECEIPT_RENEW => Some(remembered.receipt),
        _ => None,
    };
    let mut answer = next.run(request).await;
    if let Some(receipt) = renew
        && (answer.status().is_success() || answer.status().is_redirection())
        && !answer.headers().contains_key(header::SET_COOKIE)
        && let Ok(cookie) = receipt_cookie(&app, &receipt)
    {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// The token of a form that has no session: made by us, for this kind of form, within a day. It is also the idempotency
/// key of what the form sends, so that a double send is answered once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormNonce {
    /// Random, the same each time this one form is sent.
    pub id: String,
    at: i64,
}

impl FormNonce {
    /// A new one. Write [`FormNonce::text`] into the form.
    pub fn fresh(app: &App) -> Self {
        Self { id: random::id(), at: app.now().as_second() }
    }

    /// The text for the form's hidden field; `form` names the kind of form, like `report/minio`.
    ///
    /// # Errors
    /// [`Error::Locked`] without keys.
    pub fn text(&self, app: &App, form: &str) -> Result<String, Error> {
        Ok(format!("{}-{}-{}", self.id, self.at, self.mac(app, form)?))
    }

    fn mac(&self, app: &App, form: &str) -> Result<String, Error> {
        let value = format!("{form}\n{}\n{}", self.id, self.at);
        Ok(hex(&keys::lookup(&app.shared_form_key(), "form nonce", value.as_bytes())))
    }

    /// How long ago the form was shown.
    pub fn age(&self, app: &App) -> SignedDuration {
        SignedDuration::from_secs(app.now().as_second().saturating_sub(self.at))
    }

    /// Reads what a form sent back.
    ///
    /// # Errors
    /// [`Rejection::Token`] when it is not of ours, of another form, or older than a day.
    pub fn read(app: &App, form: &str, text: &str) -> Result<Self, Rejection> {
        let mut parts = text.split('-');
        let (Some(id), Some(at), Some(mac), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(Rejection::Token);
        };
        let nonce = Self { id: id.to_owned(), at: at.parse().map_err(|_| Rejection::Token)? };
        if !keys::equal(nonce.mac(app, form)?.as_bytes(), mac.as_bytes()) {
            return Err(Rejection::Token);
        }
        if nonce.age(app) < FORM_OPEN { Ok(nonce) } else { Err(Rejection::Token) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_one_of_the_desk_or_the_desk_itself() {
        for page in ["/desk", "/desk/cases/7K3M9-QXT4B", "/desk?state=new", "/desk/search?q=%22a%22"] {
            assert_eq!(desk_page(page), page);
        }
        for elsewhere in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/desk",
            "/deskx",
            "/desk\\evil.example",
            "\\\\evil.example",
            "/desk/\r\nSet-Cookie: a=b",
            "/%2e%2e//evil.example",
            "desk",
            "/desk@evil.example",
            "/desk/sign-out",
        ] {
            assert_eq!(desk_page(elsewhere), "/desk", "{elsewhere}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers =
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static("a=1; candor=secret; candor-receipt=x"))]);
        assert_eq!(cookie(&headers, "candor"), Some("secret"));
        assert_eq!(cookie(&headers, "candor-receipt"), Some("x"));
        assert_eq!(cookie(&headers, "cando"), None);
    }

    #[test]
    fn addresses_are_escaped_in_addresses() {
        assert_eq!(with_next("/desk/search?q=a&b=c"), "?next=/desk/search%3Fq%3Da%26b%3Dc");
        assert_eq!(with_next("/desk"), "");
    }
}
