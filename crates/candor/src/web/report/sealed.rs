//! `/{program}/report/sealed`: a report that only members of the team can open, encrypted before it comes here. What is not
//! encrypted is refused and not kept; there is no way from here to a report in the clear.

use super::{LANE, form_of, receipt};
use crate::app::App;
use crate::confine::{Lost, messages::is_sealed};
use crate::error::Error;
use crate::execute::files::upload;
use crate::execute::report::{Filed, NewReport, file_report};
use crate::openpgp::sealed::{DESCRIPTION, NotSealed, REPORT, TITLE};
use crate::openpgp::words::grouped;
use crate::program_keys::recipients;
use crate::web::errors::{self, Answer};
use crate::web::fields::{self, Fields, Halt};
use crate::web::guard::Visitor;
use crate::web::page;
use crate::web::report::files::Uploads;
use crate::web::session::FormNonce;
use crate::web::views::assets;
use crate::web::views::report::SealedForm;
use crate::web::views::{Control, Field, Group, Problem, parts};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use candor_core::access::Actor;
use candor_core::event::{Channel, Contact, ReportFacts};
use candor_core::id::ProgramSlug;
use candor_core::policy::Policy;

/// Bytes of an encrypted message at most; larger ones are sent by `candor report --sealed`, in files.
const LIMIT: usize = 4 * 1024 * 1024;

/// One file in memory: it is looked at before anything of it is stored.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    too_large: bool,
}

impl fields::Files for Held {
    async fn begin(&mut self, _name: &str) -> Result<(), Halt> {
        // A second file takes the place of the first.
        self.bytes.clear();
        Ok(())
    }

    async fn push(&mut self, bytes: &[u8]) -> Result<(), Halt> {
        if LIMIT < self.bytes.len() + bytes.len() {
            self.too_large = true;
            return Err(Halt);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Halt> {
        Ok(())
    }
}

/// `GET /{program}/report/sealed`
pub(super) async fn form(State(app): State<App>, Path(program): Path<String>) -> Answer {
    let policy = app.policy(&ProgramSlug(program)).ok_or(Error::NotFound)?;
    if let Some(closed) = super::closed(&app, &policy) {
        return Ok(closed);
    }
    again(&app, &policy, &Fields::default(), None, StatusCode::OK).await
}

/// `POST /{program}/report/sealed`
pub(super) async fn file(
    State(app): State<App>,
    Path(program): Path<String>,
    visitor: Visitor,
    request: Request,
) -> Answer {
    let policy = app.policy(&ProgramSlug(program)).ok_or(Error::NotFound)?;
    if let Some(closed) = super::closed(&app, &policy) {
        return Ok(closed);
    }
    let flooded = app.throttle.is_flooded(LANE, app.config.flood(), app.now());
    let slowed = app.throttle.rate("report", visitor.0, app.config.report_rate_when(flooded), app.now()).err();
    let mut held = Held::default();
    let (answers, whole) = match fields::read_with_files(request, &[], &mut held).await {
        Ok(read) => read,
        Err(trouble) => return Ok(trouble.answer()),
    };
    let no = |field: &str, text: String| Some(Problem { field: field.to_owned(), text });
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if let Some(wait) = slowed {
        let words =
            format!("Many reports came from your network just now. Send it again in {} seconds", wait.seconds());
        let mut answer = again(&app, &policy, &answers, no("", words), StatusCode::TOO_MANY_REQUESTS).await?;
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.seconds()));
        return Ok(answer);
    }
    if held.too_large || !whole {
        let words = "It is larger than 4 MB. Send it with `candor report --sealed`, which takes files".to_owned();
        return again(&app, &policy, &answers, no("file", words), StatusCode::PAYLOAD_TOO_LARGE).await;
    }
    let Ok(nonce) = FormNonce::read(&app, &form_of(&policy), answers.get("once")) else {
        let words = "This page lay open for a long time, or did not come from here. Nothing was kept; hand it in again";
        return again(&app, &policy, &answers, no("", words.into()), unprocessable).await;
    };
    let pasted = answers.get("message").trim();
    let (field, given) = match (pasted.is_empty(), held.bytes.is_empty()) {
        (true, true) => {
            let words = "Paste the encrypted message, or choose its file".to_owned();
            return again(&app, &policy, &answers, no("message", words), unprocessable).await;
        }
        (false, false) => {
            let words = "Paste the message or choose its file, not both".to_owned();
            return again(&app, &policy, &answers, no("message", words), unprocessable).await;
        }
        (false, true) => ("message", pasted.as_bytes()),
        (true, false) => ("file", held.bytes.as_slice()),
    };
    if let Err(why) = check(&app, given).await? {
        // It is not shown again either: what is not encrypted goes nowhere.
        return again(&app, &policy, &answers, no(field, format!("{why}. Nothing was kept")), unprocessable).await;
    }
    let mut kept = upload(&app, REPORT).await?;
    kept.push(given).await?;
    let files = vec![kept.finish().await?];
    let facts = ReportFacts {
        title: TITLE.into(),
        description: DESCRIPTION.into(),
        files: files.clone(),
        agreed: answers.ticked("agreed"),
        ..ReportFacts::default()
    };
    let contact = Contact { email: answers.get("email").trim().to_owned(), ..Contact::default() };
    let has_address = !contact.email.is_empty();
    let report = NewReport { channel: Channel::Form, facts, contact, credit: None, received_at: None };
    let filed = file_report(&app, &Actor::Public, &policy.program.slug, report, Some(&nonce.id)).await;
    Uploads::drop_unused(&app, &files).await;
    match filed {
        Ok(filed) => {
            // What it lacks only the team can see.
            let filed = Filed { missing: Vec::new(), ..filed };
            app.throttle.count(LANE, app.now());
            Ok(page::html(StatusCode::OK, &receipt(&app, &policy, &filed, has_address, 1)))
        }
        Err(Error::Refused(why)) => {
            let field = super::questions::field_of(&why);
            let field = if ["email", "agreed"].contains(&field) { field } else { "" };
            again(&app, &policy, &answers, no(field, why.to_string()), unprocessable).await
        }
        Err(Error::KeyReused) => {
            let words = "This form was sent before with another message. If this is another report, hand it in now";
            again(&app, &policy, &answers, no("", words.into()), StatusCode::CONFLICT).await
        }
        Err(failure) => {
            errors::log(&failure);
            again(&app, &policy, &answers, no("", failure.to_string()), errors::status(&failure)).await
        }
    }
}

/// Whether this is one encrypted message and nothing else; in words why not. Where there are keys, somebody without any looks.
async fn check(app: &App, given: &[u8]) -> Result<Result<(), String>, Error> {
    match is_sealed(&app.workers, given, LIMIT).await {
        Ok(checked) => Ok(checked),
        Err(Lost::Died) => Ok(Err(NotSealed::Broken.to_string())),
        Err(Lost::NotStarted) => Err(Error::Busy),
    }
}

/// What goes back to whoever sent it: a message that is encrypted, so that it need not be encrypted again, and nothing else.
async fn given_back<'a>(app: &App, answers: &'a Fields) -> &'a str {
    let pasted = answers.get("message");
    let whole = !pasted.trim().is_empty() && matches!(check(app, pasted.trim().as_bytes()).await, Ok(Ok(())));
    if whole { pasted } else { "" }
}

/// The page, fresh or with what is wrong. What was sent unencrypted never comes again.
async fn again(
    app: &App,
    policy: &Policy,
    answers: &Fields,
    problem: Option<Problem>,
    status: StatusCode,
) -> Result<Response, errors::PageError> {
    let certificates = recipients::current(app, &policy.program.slug).await?;
    let fingerprints = recipients::fingerprints(app, &policy.program.slug).await?;
    let fingerprints: Vec<String> = fingerprints.iter().map(|one| grouped(one)).collect();
    let given_back = given_back(app, answers).await;
    let wrong = |name: &str| problem.as_ref().filter(|it| it.field == name).map(|it| it.text.clone());
    let mut fields = vec![
        Field::area("message", "The encrypted message", 8)
            .hint("From -----BEGIN PGP MESSAGE----- to the end, with nothing around it.")
            .value(given_back)
            .error(wrong("message")),
        Field::new("file", "Or its file", Control::Files("One file, up to 4 MB. Pack what belongs to the report into it.".into()))
            .note("optional")
            .error(wrong("file")),
        Field::new("email", "Your address for mail", Control::Typed("email".into()))
            .note("optional")
            .hint("It is not part of what you encrypted: this server needs it to write to you. Leave it out to be known to nobody.")
            .value(answers.get("email"))
            .error(wrong("email")),
    ];
    if !policy.disclosure.conditions.is_empty() {
        let agreed = Field::new("agreed", "I agree to these conditions", Control::Check);
        let agreed = agreed.hint(policy.disclosure.conditions.join(" ")).value(answers.get("agreed"));
        fields.push(agreed.error(wrong("agreed")));
    }
    let groups = vec![Group::new("sealed", "", fields)];
    let mut problems = parts::problems(&groups);
    problems.extend(problem.filter(|it| it.field.is_empty()));
    let slug = &policy.program.slug;
    let view = SealedForm {
        shell: page::program_shell(app, policy, "report"),
        action: format!("/{slug}/report/sealed"),
        once: FormNonce::fresh(app).text(app, &form_of(policy))?,
        fingerprints,
        certificates,
        command: format!("candor report --server {} --program {slug} --sealed report.md", app.config.base_url),
        groups,
        problems,
        other_ways: super::other_ways(policy),
        scripts: ["openpgp.min.js", "sealed.js"].map(|name| (assets::url(name), assets::integrity(name))),
    };
    Ok(page::html(status, &view))
}
