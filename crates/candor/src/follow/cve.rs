//! CVE Services: numbers are reserved for a case, their records published with the advisory, read back and compared, and
//! numbers that nobody uses are rejected. Nothing of a case is sent before its advisory is public.
//!
//! Source: CVE Services API 2.x; CNA Operational Rules 4.2.

use std::collections::HashSet;

use candor_formats::advisory::Record;
use candor_formats::cve::{self, Assigner};
use candor_formats::identifiers::is_cve;
use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::egress::{self, Answer, Failed, Refused, Rules, Target};
use crate::app::App;
use crate::error::Error;
use crate::keys::{Context, Purpose, open, seal};
use crate::store::cve_numbers::{self as rows, CveRow};
use crate::store::{Batch, settings};

/// The service on which a new account is tried first.
pub const TEST: &str = "https://cveawg-test.mitre.org/api";
/// Most reserved numbers of an organisation that are read.
pub const LISTED: usize = 20_000;
/// Bytes of one page of them: the service gives a thousand at a time, of some 300 bytes each.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// An account at CVE Services. The key goes in and never comes out.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    /// Address of the service.
    pub url: String,
    /// Short name of the organisation.
    pub org: String,
    /// UUID of the organisation.
    pub org_id: String,
    /// Name of the user.
    pub user: String,
    /// The key.
    pub key: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({} as {} at {})", self.user, self.org, self.url)
    }
}

/// Why CVE Services did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// There is no account for the program.
    #[error("no CVE account is set up for this program; set one up with `candor cve account`")]
    NoAccount,
    /// The address of the service cannot be called.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It did not answer, or not as it should; it can be tried again.
    #[error("CVE Services: {0}")]
    Later(String),
    /// It said no.
    #[error("CVE Services refused: {0}")]
    Never(String),
    /// More numbers are reserved than are read.
    #[error(
        "CVE Services lists more than {LISTED} reserved numbers for the organisation, and no more are read; reject old ones \
         with another client of CVE Services until fewer are left"
    )]
    TooMany,
    /// The record that was read back says something else than the one that was sent.
    #[error("CVE Services gave back another record than the one that was sent: {0}")]
    Differs(String),
    /// Our side failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl NotDone {
    /// Whether another try may help.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Later(_) | Self::Differs(_) | Self::Store(_))
    }
}

fn name(program: &str) -> String {
    format!("cve account: {program}")
}

fn place(program: &str) -> Context<'_> {
    Context { kind: "cve account", stream: program, row: 0, field: "account" }
}

/// Keeps the account of a program, sealed; an older one is replaced.
///
/// # Errors
/// [`NotDone::Refused`] for an address that cannot be called.
pub async fn set_account(app: &App, program: &str, account: &Account) -> Result<(), NotDone> {
    Target::parse(&account.url, Rules::of(&app.config))?;
    let plain = serde_json::to_vec(account).map_err(Error::internal)?;
    let keys = app.keys()?;
    let sealed = seal(keys.root().purpose(Purpose::Connector), &place(program), &plain).map_err(Error::from)?;
    app.store.commit(Batch::main(vec![settings::put_statement(&name(program), &sealed)])).await.map_err(Error::from)?;
    Ok(())
}

/// Forgets the account of a program.
///
/// # Errors
/// When the store fails.
pub async fn forget_account(app: &App, program: &str) -> Result<(), Error> {
    Ok(app.store.commit(Batch::main(vec![settings::delete_statement(&name(program))])).await?)
}

async fn account(app: &App, program: &str) -> Result<Account, NotDone> {
    let sealed = settings::get(&app.store, &name(program)).await.map_err(Error::from)?.ok_or(NotDone::NoAccount)?;
    let keys = app.keys()?;
    let plain = open(keys.root().purpose(Purpose::Connector), &place(program), &sealed).map_err(Error::from)?;
    Ok(serde_json::from_slice(&plain).map_err(Error::internal)?)
}

/// Who assigns numbers for a program and where, without the key; nothing where there is no account.
///
/// # Errors
/// When the store or the keys fail.
pub async fn assigner(app: &App, program: &str) -> Result<Option<(Assigner, String)>, Error> {
    match account(app, program).await {
        Ok(account) => Ok(Some((Assigner { org_id: account.org_id, short_name: Some(account.org) }, account.url))),
        Err(NotDone::NoAccount) => Ok(None),
        Err(NotDone::Store(why)) => Err(why),
        Err(other) => Err(Error::internal(other)),
    }
}

/// Asks the service. Gives status and JSON; `None` where the body is none.
async fn ask(
    app: &App,
    account: &Account,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<(u16, Option<Value>), NotDone> {
    ask_within(app, account, method, path, body, egress::BYTES).await
}

/// The same for an answer of up to so many bytes.
async fn ask_within(
    app: &App,
    account: &Account,
    method: Method,
    path: &str,
    body: Option<&Value>,
    bytes: usize,
) -> Result<(u16, Option<Value>), NotDone> {
    let target = Target::parse(&account.url, Rules::of(&app.config))?.at(path);
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("cve-api-org", account.org.as_str()),
        ("cve-api-user", account.user.as_str()),
        ("cve-api-key", account.key.as_str()),
    ];
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    match target.call_within(method, &headers, body, bytes).await {
        Ok(Answer { is_cut: true, .. }) => {
            Err(NotDone::Later(format!("its answer was longer than {} KiB, more than any it gives", bytes / 1024)))
        }
        Ok(Answer { status, body, .. }) => Ok((status, serde_json::from_slice(&body).ok())),
        Err(Failed::Refused(why)) => Err(NotDone::Refused(why)),
        Err(why) => Err(NotDone::Later(why.to_string())),
    }
}

/// An answer of success with JSON, or why not. Words of the service are cut to a line and lose what is no plain text.
fn success(answer: (u16, Option<Value>)) -> Result<Value, NotDone> {
    let (status, body) = answer;
    let said = body.as_ref().and_then(|body| body["message"].as_str()).unwrap_or_default();
    let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
    match (status, body) {
        (200..300, Some(body)) => Ok(body),
        (200..300, None) => Err(NotDone::Later("it answered with something that is no JSON".into())),
        (400..500, _) if status != 408 && status != 429 => {
            Err(NotDone::Never(format!("status {status} {said}").trim().to_owned()))
        }
        _ => Err(NotDone::Later(format!("it answered with status {status}"))),
    }
}

/// Reserves a number for a case, or for none yet. Nothing of the case is sent. It is asked once: when no answer comes, the
/// number it may have drawn shows up among the unused ones.
///
/// # Errors
/// [`NotDone`].
pub async fn reserve(app: &App, program: &str, stream: Option<&str>) -> Result<String, NotDone> {
    let account = account(app, program).await?;
    let year = app.now().to_zoned(jiff::tz::TimeZone::UTC).year();
    let path = format!("cve-id?amount=1&cve_year={year}&short_name={}", account.org);
    let answer = success(ask(app, &account, Method::POST, &path, None).await?)?;
    let ids: Vec<&str> =
        answer["cve_ids"].as_array().into_iter().flatten().filter_map(|id| id["cve_id"].as_str()).collect();
    let [id] = ids.as_slice() else {
        return Err(NotDone::Later(format!("it reserved {} numbers instead of one", ids.len())));
    };
    if !is_cve(id) {
        return Err(NotDone::Later("what it reserved is no CVE number".into()));
    }
    let statement = rows::put_statement(id, program, stream, "reserved", app.now().as_microsecond(), "");
    app.store.commit(Batch::main(vec![statement])).await.map_err(Error::from)?;
    Ok((*id).to_owned())
}

/// Publishes the record of an advisory that is public, or updates it, reads it back and compares. Gives what there is to
/// say; empty when it is done.
///
/// # Errors
/// [`NotDone`]; nothing counts as published before it was read back as it was sent.
pub async fn publish(app: &App, program: &str, record: &Record) -> Result<&'static str, NotDone> {
    let Some(id) = record.cve() else { return Ok("the advisory has no CVE number") };
    let Some(known) = rows::get(&app.store, id).await.map_err(Error::from)?.filter(|row| row.program == program) else {
        return Ok("its CVE number was not reserved here");
    };
    let account = account(app, program).await?;
    let assigner = Assigner { org_id: account.org_id.clone(), short_name: Some(account.org.clone()) };
    let container = cve::print_container(record, &assigner, env!("CARGO_PKG_VERSION"));
    let body = json!({ "cnaContainer": container });
    // Whether it is there already is asked, and not remembered: an answer to an earlier try may have been lost.
    let there = read_back(app, &account, id).await?;
    if there.as_ref().is_some_and(|there| same(there, id, &container).is_ok()) {
        return keep(app, &known, "published").await.map(|()| "");
    }
    let method = if there.is_some() { Method::PUT } else { Method::POST };
    let answer = success(ask(app, &account, method, &format!("cve/{id}/cna"), Some(&body)).await?)?;
    let named = answer.pointer("/created/cveMetadata/cveId").or(answer.pointer("/updated/cveMetadata/cveId"));
    if let Some(named) = named
        && named.as_str() != Some(id)
    {
        return Err(NotDone::Differs("its number".into()));
    }
    match read_back(app, &account, id).await? {
        None => Err(NotDone::Later("the record cannot be read back yet".into())),
        Some(there) => {
            same(&there, id, &container).map_err(NotDone::Differs)?;
            keep(app, &known, "published").await.map(|()| "")
        }
    }
}

/// Takes a number back: one that was never used, or whose record was a mistake.
///
/// # Errors
/// [`NotDone`].
pub async fn reject(app: &App, program: &str, id: &str, reason: &str) -> Result<(), NotDone> {
    if !is_cve(id) {
        return Err(NotDone::Never("this is no CVE number".into()));
    }
    let known = rows::get(&app.store, id).await.map_err(Error::from)?;
    if known.as_ref().is_some_and(|row| row.program != program) {
        return Err(NotDone::Never("the number belongs to another program".into()));
    }
    let account = account(app, program).await?;
    let assigner = Assigner { org_id: account.org_id.clone(), short_name: Some(account.org.clone()) };
    let body = json!({ "cnaContainer": cve::print_rejection(&assigner, reason) });
    let is_public = read_back(app, &account, id).await?.is_some();
    let method = if is_public { Method::PUT } else { Method::POST };
    success(ask(app, &account, method, &format!("cve/{id}/reject"), Some(&body)).await?)?;
    let statement = rows::put_statement(id, program, None, "rejected", app.now().as_microsecond(), "");
    app.store.commit(Batch::main(vec![statement])).await.map_err(Error::from)?;
    Ok(())
}

/// Numbers that are reserved at the service for the organisation, and since when it says so. They are read page by page; a
/// number that moves to another page meanwhile stands in the list once.
///
/// # Errors
/// [`NotDone`]; [`NotDone::TooMany`] where there are more than [`LISTED`].
pub async fn listed(app: &App, program: &str) -> Result<Vec<(String, Option<Timestamp>)>, NotDone> {
    let account = account(app, program).await?;
    let since = |id: &Value| {
        let said = id["reserved"].as_str().or(id.pointer("/time/created").and_then(Value::as_str));
        said.and_then(|said| said.parse().ok())
    };
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut page = 1;
    loop {
        let path = format!("cve-id?state=RESERVED&page={page}");
        let answer = success(ask_within(app, &account, Method::GET, &path, None, PAGE_BYTES).await?)?;
        let before = found.len();
        for id in answer["cve_ids"].as_array().into_iter().flatten() {
            if let Some(name) = id["cve_id"].as_str().filter(|name| is_cve(name))
                && seen.insert(name.to_owned())
            {
                found.push((name.to_owned(), since(id)));
            }
        }
        let next = answer["nextPage"].as_u64().filter(|next| *next > page);
        if found.len() > LISTED || (found.len() == LISTED && next.is_some()) {
            return Err(NotDone::TooMany);
        }
        // A page that brings nothing new and still names a next one would go on for ever.
        match next {
            Some(next) if found.len() > before => page = next,
            _ => return Ok(found),
        }
    }
}

/// Numbers that are reserved at the service for the organisation, and whether a case here holds each.
///
/// # Errors
/// [`NotDone`].
pub async fn reserved(app: &App, program: &str) -> Result<Vec<(String, Option<CveRow>)>, NotDone> {
    let mut found = Vec::new();
    for (id, _) in listed(app, program).await? {
        let row = rows::get(&app.store, &id).await.map_err(Error::from)?;
        found.push((id, row));
    }
    Ok(found)
}

/// The record at the service; `None` where there is none.
async fn read_back(app: &App, account: &Account, id: &str) -> Result<Option<Value>, NotDone> {
    match ask(app, account, Method::GET, &format!("cve/{id}"), None).await? {
        (404, _) => Ok(None),
        answer => success(answer).map(Some),
    }
}

/// Whether the service holds what was sent. It adds dates and short names of its own, so that the facts are compared.
fn same(there: &Value, id: &str, sent: &Value) -> Result<(), String> {
    if there.pointer("/cveMetadata/cveId").and_then(Value::as_str) != Some(id) {
        return Err("its number".into());
    }
    if there.pointer("/cveMetadata/state").and_then(Value::as_str) != Some("PUBLISHED") {
        return Err("its state".into());
    }
    let container = there.pointer("/containers/cna").unwrap_or(&Value::Null);
    let members = [
        "title",
        "descriptions",
        "affected",
        "problemTypes",
        "references",
        "metrics",
        "credits",
        "solutions",
        "workarounds",
    ];
    match members.into_iter().find(|member| container.get(member) != sent.get(member)) {
        None => Ok(()),
        Some(member) => Err(member.to_owned()),
    }
}

async fn keep(app: &App, known: &CveRow, state: &str) -> Result<(), NotDone> {
    let stream = known.stream.as_deref();
    let statement = rows::put_statement(&known.id, &known.program, stream, state, app.now().as_microsecond(), "");
    Ok(app.store.commit(Batch::main(vec![statement])).await.map_err(Error::from)?)
}

/// The text for the request form of the CVE program, for projects that are no numbering authority.
pub fn request_text(record: &Record) -> String {
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        if !value.trim().is_empty() {
            text.push_str(&format!("{label}:\n{}\n\n", value.trim()));
        }
    };
    let weaknesses: Vec<String> = record.cwes.iter().map(|cwe| format!("CWE-{cwe}")).collect();
    line("Vulnerability type", &weaknesses.join(", "));
    line("Vendor of the product", &record.publisher.name);
    for product in &record.products {
        let vendor = if product.vendor.is_empty() { &record.publisher.name } else { &product.vendor };
        line("Affected product", &format!("{vendor} {}", product.name));
        line("Affected versions", &product.affected());
        line("Fixed versions", &product.all_fixed().join(", "));
    }
    line("Impact", &record.impact);
    line("Severity", &record.severities.iter().map(|vector| vector.as_str()).collect::<Vec<_>>().join("\n"));
    line("Attack vector", &record.preconditions);
    line("Suggested description of the vulnerability for use in the CVE", &record.summary);
    let credits: Vec<String> = record.credits.iter().filter_map(candor_formats::advisory::Credit::line).collect();
    line("Discoverer(s)", &credits.join(", "));
    let own = record.links.page.iter().map(String::as_str);
    let references: Vec<&str> = own.chain(record.references.iter().map(|reference| reference.url.as_str())).collect();
    line("Reference(s)", &references.join("\n"));
    text
}
