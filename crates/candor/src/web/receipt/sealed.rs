//! The page behind a receipt where no key of the desk is at hand: in the front of a service, or while the desk is locked. The
//! desk seals the page to the receipt after each change; here it is opened with the receipt that is presented, and nothing of
//! it is kept. Messages are sealed to the desk's public key, like reports.

use super::own::{self, Draft};
use super::words::{number, shown_files};
use super::{Answer, Said, back, enter_view, message_form, opens_nothing, said_in};
use crate::app::App;
use crate::error::Error;
use crate::execute::views::{self, Found, View};
use crate::execute::wishes::Wish;
use crate::execute::{files, handover, waiting};
use crate::keys;
use crate::store::Batch;
use crate::store::receipt_views::{self, ReceiptView};
use crate::throttle::places::Heavy;
use crate::web::fields::Fields;
use crate::web::guard;
use crate::web::report::files::{Uploads, hint};
use crate::web::report::questions::{Problems, read_credit};
use crate::web::session::{FormNonce, ReceiptHolder, Rejection, receipt_cookie, receipt_csrf, remembered_receipt};
use crate::web::views::parts::ClockView;
use crate::web::views::report::ReporterPage;
use crate::web::views::{Notice, Problem, TimeView};
use crate::web::{errors, page};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use candor_core::access::Actor;
use candor_core::event::FileRef;
use candor_core::id::CaseId;
use candor_core::policy::PromiseKind;
use candor_core::refusal::Refusal;
use serde::Deserialize as _;
use std::pin::Pin;

/// How often a page is made anew because the case changed meanwhile.
const TRIES: usize = 4;

/// Where the proof of receipt lies in a sealed page.
const PROOF: &str = "proof_of_receipt";

/// Where the files lie in it that whoever holds the receipt may fetch, each with the key that opens it.
const FILES: &str = "files_with_keys";

/// Seals the page of a receipt as it is now; whether the receipt opens one. For [`handover::answer`].
pub fn seal_view(app: App, receipt: String) -> Pin<Box<dyn Future<Output = Result<bool, Error>> + Send>> {
    Box::pin(async move {
        for _ in 0..TRIES {
            let Some(row) = views::of_receipt(&app, &receipt).await? else { return Ok(false) };
            if row.stale == 0 && !row.sealed.is_empty() {
                return Ok(true);
            }
            seal(&app, &row).await?;
        }
        Ok(true)
    })
}

/// Seals one page as it is now.
///
/// # Errors
/// [`Error::Locked`] without keys, and as the store fails.
pub async fn seal(app: &App, row: &ReceiptView) -> Result<(), Error> {
    let case = CaseId(row.stream.clone());
    let report = u32::try_from(row.report).map_err(Error::internal)?;
    let actor = Actor::Reporter { case: case.clone(), report };
    let case = match crate::execute::load_case(app, &actor, &case).await {
        Ok(case) => case,
        // It was erased: nothing of it is shown any more.
        Err(Error::NotFound) if crate::store::cases::get(&app.store, &row.stream).await?.is_some() => {
            let forget = receipt_views::forget_statement(&row.stream);
            return Ok(app.store.commit(Batch::main(vec![forget])).await?);
        }
        Err(other) => return Err(other),
    };
    let holder = ReceiptHolder { receipt: String::new(), actor, case, csrf: String::new() };
    debug_assert_eq!(number(&holder), report);
    let view = own::view(app, &holder, Draft::default())?;
    let mut page = serde_json::to_value(view).map_err(Error::internal)?;
    let files: Vec<_> = shown_files(&holder).collect();
    page[FILES] = serde_json::to_value(files).map_err(Error::internal)?;
    if let Ok(proof) = crate::execute::proofs::whole(app, &holder.case, report).await {
        page[PROOF] = serde_json::to_string_pretty(&proof).map_err(Error::internal)?.into();
    }
    views::seal(app, row, page).await
}

/// What a receipt opens here.
struct Opened {
    found: Found,
    /// Whether the desk could not be asked about what changed since.
    is_old: bool,
}

/// Opens the page of a receipt. The desk is asked for what is new, and for receipts that have no page yet.
///
/// # Errors
/// [`Error::NotFound`] for a receipt that opens nothing, [`Error::Locked`] when only the desk could tell.
async fn open(app: &App, receipt: &str) -> Result<Opened, Error> {
    let known = views::find(app, receipt).await?;
    let fresh = known.as_ref().is_some_and(|known| !known.behind && matches!(known.view, View::Page(_)));
    if let Some(found) = known.clone().filter(|_| fresh) {
        return Ok(Opened { found, is_old: false });
    }
    let asked = match &app.config.front {
        Some(front) => handover::seal_view(&front.desk, receipt).await,
        None => None,
    };
    match (asked, known) {
        (Some(true), _) => {
            let found = views::find(app, receipt).await?.ok_or(Error::NotFound)?;
            Ok(Opened { found, is_old: false })
        }
        // Sealed and not filed yet: the desk does not know it.
        (Some(false), Some(found)) if matches!(found.view, View::Waiting { .. }) => Ok(Opened { found, is_old: true }),
        (Some(false), _) => Err(Error::NotFound),
        (None, Some(found)) => Ok(Opened { found, is_old: true }),
        (None, None) => Err(Error::Locked),
    }
}

/// `GET /receipt`
pub(super) async fn own_page(app: &App, parts: &Parts, said: Option<&str>) -> Answer {
    let receipt = match remembered_receipt(app, parts) {
        Ok(receipt) => receipt,
        Err(Rejection::Receipt) => return Ok(page::html(StatusCode::OK, &enter_view(app, "", None))),
        Err(other) => return Err(other),
    };
    match open(app, &receipt).await {
        Ok(opened) => {
            let mut view = view(app, &receipt, &opened)?;
            let old = opened.is_old && matches!(opened.found.view, View::Page(_));
            let since = old.then(|| {
                let at = TimeView::fixed(opened.found.at, &jiff::tz::TimeZone::UTC).absolute;
                format!(
                    "The team's side is away just now. This is how it stood on {at}; what you write is handed over."
                )
            });
            let words: Vec<&str> = said.into_iter().chain(since.as_deref()).collect();
            view.shell.notice = (!words.is_empty()).then(|| Notice { text: words.join(" "), link: None });
            Ok(page::html(StatusCode::OK, &view))
        }
        Err(Error::NotFound) => Ok(page::html(StatusCode::OK, &enter_view(app, "", None))),
        Err(other) => Err(other.into()),
    }
}

/// `POST /receipt`
pub(super) async fn enter(app: &App, receipt: &str) -> Answer {
    match open(app, receipt).await {
        Ok(_) => {
            let mut answer = page::see_other("/receipt");
            answer.headers_mut().insert(header::SET_COOKIE, receipt_cookie(app, receipt)?);
            Ok(answer)
        }
        Err(Error::NotFound) => Ok(opens_nothing(app)),
        // Nobody can tell now: a report of before there were sealed pages may have it.
        Err(Error::Locked) => {
            let words = "No report has this receipt here, or it is an old one that only the team's side can open, which is \
                         away just now; look again at each group of it, or come back later";
            Ok(page::html(StatusCode::NOT_FOUND, &enter_view(app, "", Some(words))))
        }
        Err(other) => Err(other.into()),
    }
}

/// `POST /receipt/write`
pub(super) async fn write(app: &App, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let (receipt, opened) = remembered(app, &parts).await?;
    let case = opened.found.case.clone();
    let request = Request::from_parts(parts, body);
    let Said { text, files, nonce, problem } = said_in(app, request, &receipt_csrf(app, &receipt), &case).await?;
    let (status, field, words) = match problem {
        Some(problem) => problem,
        None => {
            let once = nonce.map(|nonce| nonce.id).unwrap_or_default();
            match waiting::take_message(app, &receipt, &case, &text, files.clone(), &once).await {
                Ok(delivered) => {
                    Uploads::drop_unused(app, &files).await;
                    return Ok(back(if delivered { "write" } else { "sealed" }));
                }
                Err(Error::KeyReused) => (
                    StatusCode::CONFLICT,
                    "text",
                    "A message was sent from this page already; if this is another one, send it now".into(),
                ),
                Err(Error::Refused(Refusal::Field { .. })) if text.is_empty() => {
                    (StatusCode::UNPROCESSABLE_ENTITY, "text", "Write a message or choose a file".into())
                }
                Err(why @ (Error::Refused(_) | Error::Busy | Error::Full)) => {
                    (errors::status(&why), "text", why.to_string())
                }
                Err(other) => return Err(other.into()),
            }
        }
    };
    Uploads::drop_unused(app, &files).await;
    let mut view = view(app, &receipt, &opened)?;
    view.draft = text;
    view.problems = vec![Problem { field: field.to_owned(), text: words }];
    Ok(page::html(status, &view))
}

/// The acts of the page that are neither reading nor writing: without keys they are sealed like messages, and carried out later.
pub(super) async fn acts(State(app): State<App>, request: Request, next: Next) -> Response {
    let act = request.uri().path().strip_prefix("/receipt/").unwrap_or_default().to_owned();
    let file = act.strip_prefix("files/").map(str::to_owned);
    if app.keys().is_ok() || file.is_none() && !ACTS.contains(&act.as_str()) {
        return next.run(request).await;
    }
    let done = match *request.method() {
        Method::GET if file.is_some() => self::file(&app, &file.unwrap_or_default(), request).await,
        _ if file.is_some() => return next.run(request).await,
        Method::POST => wish(&app, &act, request).await,
        Method::GET if act == "withdraw" => withdraw_page(&app, request).await,
        Method::GET if act == "proof" => proof(&app, request).await,
        _ => return next.run(request).await,
    };
    done.unwrap_or_else(IntoResponse::into_response)
}

/// The last step of the address of each act.
const ACTS: [&str; 11] =
    ["nudge", "credit", "key", "embargo", "summary", "issue", "retest", "appeal", "withdraw", "proof", "sign-out"];

/// What a form of the page wishes; none when it says nothing, as with a choice that is left for later.
fn read_wish(act: &str, fields: &Fields) -> Result<Option<Wish>, &'static str> {
    let text = |name: &str| fields.get(name).replace("\r\n", "\n");
    let yes = |name: &str| match fields.get(name) {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("It says neither yes nor no. Nothing was changed."),
    };
    Ok(Some(match act {
        "nudge" => Wish::Nudge,
        "withdraw" => Wish::Withdraw { text: text("text") },
        "retest" => Wish::Retest { holds: yes("holds")?, text: text("saw") },
        "embargo" => Wish::Embargo { agree: yes("agree")?, text: text("text") },
        "summary" => Wish::Summary { agree: yes("agree")?, text: text("text") },
        "issue" => Wish::Issue { agree: yes("agree")?, text: text("words") },
        "appeal" => Wish::Appeal { text: text("why") },
        "key" if fields.get("letters") == "clear" => Wish::Key { pgp_key: String::new() },
        "key" if fields.get("pgp_key").trim().is_empty() => return Err("Paste your public OpenPGP key."),
        "key" => Wish::Key { pgp_key: text("pgp_key") },
        _ => {
            let mut problems = Problems::new();
            let credit = read_credit(fields, &mut problems);
            if !problems.is_empty() {
                return Err(
                    "The name or the address to be credited with is missing, or too long. Nothing was changed.",
                );
            }
            return Ok(credit.map(|credit| Wish::Credit { credit }));
        }
    }))
}

/// Opens the page of the receipt that the browser remembers.
async fn remembered(app: &App, parts: &Parts) -> Result<(String, Opened), Rejection> {
    let receipt = remembered_receipt(app, parts)?;
    let opened = open(app, &receipt).await.map_err(|why| match why {
        Error::NotFound => Rejection::Receipt,
        other => other.into(),
    })?;
    Ok((receipt, opened))
}

/// `GET /receipt/proof`: as the desk put it into the page.
async fn proof(app: &App, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let (_, opened) = remembered(app, &parts).await?;
    let kept = match &opened.found.view {
        View::Page(page) => page[PROOF].as_str(),
        View::Waiting { .. } => None,
    };
    Ok(super::proof_file(kept.ok_or(Error::Locked)?.to_owned()))
}

/// `GET /receipt/files/{file}`: opened with the key that lies in the page.
async fn file(app: &App, id: &str, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let (receipt, opened) = remembered(app, &parts).await?;
    let kept = match &opened.found.view {
        View::Page(page) if page[FILES].is_null() => return Err(Error::Locked.into()),
        View::Page(page) => Vec::<FileRef>::deserialize(&page[FILES]).map_err(Error::internal)?,
        View::Waiting { .. } => Vec::new(),
    };
    let file = kept.into_iter().find(|file| file.id.as_str() == id).ok_or(Error::NotFound)?;
    let place = guard::place(app, Heavy::Export, &receipt_csrf(app, &receipt))?;
    let reader = files::open_given(app, &file).await?;
    Ok(super::download(&file, reader, place))
}

async fn wish(app: &App, act: &str, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let (receipt, opened) = remembered(app, &parts).await?;
    let fields = Fields::read(Request::from_parts(parts, body), &[]).await?;
    if !keys::equal(fields.get("csrf").as_bytes(), receipt_csrf(app, &receipt).as_bytes()) {
        return Err(Rejection::Token);
    }
    if act == "sign-out" {
        return Ok(super::signed_out(app));
    }
    let wish = match read_wish(act, &fields) {
        Ok(Some(wish)) => wish,
        Ok(None) => return Ok(page::see_other("/receipt")),
        Err(words) => return Ok(errors::bad_form(words)),
    };
    let made = super::shown(&fields).map_or(opened.found.at, |shown| shown.min(opened.found.at));
    match waiting::take_wish(app, &receipt, &opened.found.case, wish, made).await {
        Ok(delivered) => Ok(back(if delivered { act } else { "later" })),
        Err(Error::Refused(why)) => Ok(errors::bad_form(&format!("{why}. Nothing was changed."))),
        Err(other) => Err(other.into()),
    }
}

/// `GET /receipt/withdraw`
async fn withdraw_page(app: &App, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let receipt = remembered_receipt(app, &parts)?;
    let mut shell = page::shell(app, "receipt");
    shell.csrf = receipt_csrf(app, &receipt);
    Ok(page::html(StatusCode::OK, &super::withdraw_check(shell)))
}

/// The page as it is shown, with forms that can be sent.
fn view(app: &App, receipt: &str, opened: &Opened) -> Result<ReporterPage, Error> {
    let now = app.now();
    let mut view = match &opened.found.view {
        View::Page(page) => serde_json::from_value::<ReporterPage>(page.clone()).map_err(Error::internal)?,
        View::Waiting { program, case, title, at, promises } => {
            let policy = app.policy(program).ok_or(Error::NotFound)?;
            let zone = page::zone(&policy);
            let clock = |promised: &crate::execute::report::Promised| ClockView {
                what: promised.what.clone(),
                kind: match promised.kind {
                    PromiseKind::Commitment => "commitment".into(),
                    PromiseKind::Target => "target".into(),
                },
                status: "running".into(),
                status_word: "Running".into(),
                when: TimeView::new(promised.due, &zone, now),
                when_is: "due".into(),
                ..ClockView::default()
            };
            ReporterPage {
                shell: page::program_shell(app, &policy, "receipt"),
                base: "/receipt".into(),
                title: title.clone(),
                case: case.0.clone(),
                status: "Your report was taken in and lies sealed until the team's side is back. Its promises run."
                    .into(),
                received: TimeView::new(*at, &zone, now),
                promises: promises.iter().map(clock).collect(),
                can_write: true,
                takes_files: true,
                ..ReporterPage::default()
            }
        }
    };
    view.seen_at(now);
    view.shell.csrf = receipt_csrf(app, receipt);
    view.once = FormNonce::fresh(app).text(app, &message_form(&opened.found.case))?;
    view.file_limit = hint(app);
    Ok(view)
}
