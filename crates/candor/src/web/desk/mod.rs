//! The team's side: queue, case, acts, advisory. Every act is a command of the core; no page decides anything.

pub mod alerts; // what stands above the queue: what Candor cannot do by itself
pub mod channels; // how each channel of the policies stands
pub mod breaches; // each broken promise: who was told, and when
pub mod program; // the versions of a policy, and what a newer one would change
pub mod queue; // home: what needs a person now
pub mod search; // cases by their words
pub mod case; // one case: history and facts
pub mod evidence; // what a report holds, and which cases are like it
pub mod history; // what happened, in words
pub mod decrypted; // encrypted files, opened for the team
pub mod preview; // what a file says, without anybody opening it
pub mod acts; // the form of each act, and its sending
pub mod check; // the page before what is told outside the team
pub mod fields; // the questions each act asks
pub mod rating; // the calculators, decision tables, and what is known of identifiers
pub mod verdict; // the verdict: which one, with which letter
pub mod verdicts; // one verdict on many cases
pub mod whose_mark; // whose copy a text is that turned up elsewhere
pub mod cluster; // several reports of one problem, several problems in one report
pub mod advisory; // the editor, and the check before publication
mod draft_form; // its fields
mod remarks; // comments on sections of the draft
pub mod matrix; // one row per supported version, one tick per item of a checklist
pub mod publication; // schedule, broken conditions, texts for release notes and closed reports
pub mod cve; // how a CVE number is asked for, and the clock of the answer
mod cve_unused; // reserved numbers that nobody uses
pub mod metrics; // promises kept, in figures
pub mod behalf; // filing what came by another way
pub mod people; // who is on a case: the way onto it
pub mod times; // instants as people type them

use super::session::{Member, Rejection};
use super::views::{Problem, Shell};
use crate::accounts;
use crate::app::App;
use crate::error::Error;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use candor_core::access::{Actor, Role};
use candor_core::case::Case;
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::policy::Policy;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pages of the desk, below `/desk`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk", get(queue::page))
        .route("/desk/search", get(search::page).post(search::keep))
        .route("/desk/metrics", get(metrics::page))
        .route("/desk/channels", get(channels::page))
        .route("/desk/breaches", get(breaches::page))
        .route("/desk/programs/{program}", get(program::page))
        .route("/desk/programs/{program}/cve", get(cve_unused::list))
        .route("/desk/programs/{program}/cve/{number}", get(cve_unused::check).post(cve_unused::reject))
        .route("/desk/break-glass", get(people::glass).post(people::break_glass))
        .route("/desk/report", get(behalf::form).post(behalf::file))
        .route("/desk/cases/{case}", get(case::page))
        .route("/desk/cases/{case}/files/{file}", get(case::file))
        .route("/desk/cases/{case}/files/{file}/opened", get(decrypted::opened))
        .route("/desk/cases/{case}/files/{file}/preview", get(preview::show))
        .route("/desk/cases/{case}/files/{file}/preview.png", get(preview::picture))
        .route("/desk/cases/{case}/advisory", get(advisory::editor).post(advisory::save))
        .route("/desk/cases/{case}/advisory/{format}", get(advisory::edition))
        .route("/desk/cases/{case}/release-notes", get(publication::release_notes))
        .route("/desk/cases/{case}/whose-mark", get(whose_mark::form).post(whose_mark::look))
        .route("/desk/cases/{case}/cve", get(cve::show).post(cve::act))
        .route("/desk/cases/{case}/verdict", get(verdict::page).post(verdict::send))
        .route("/desk/cases/{case}/split", get(cluster::split_page).post(cluster::split))
        .route("/desk/merge", get(cluster::merge_page).post(cluster::merge))
        .route("/desk/score", get(rating::scores))
        .route("/desk/verdicts", get(verdicts::page).post(verdicts::send))
        .route("/desk/verdicts/undo", post(verdicts::undo))
        .route("/desk/cases/{case}/{act}", get(acts::form).post(acts::send))
}

/// Names of the team's members, for histories and lists.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<MemberId, String>);

impl Names {
    /// Everybody who is or was in the team.
    pub async fn load(app: &App) -> Result<Self, Error> {
        Ok(Self(accounts::members(app).await?.into_iter().map(|member| (member.id, member.name)).collect()))
    }

    /// The name of a member.
    pub fn of(&self, member: &MemberId) -> String {
        self.0.get(member).cloned().unwrap_or_else(|| "A former member".into())
    }

    /// Everybody with their name.
    pub fn pairs(&self) -> Vec<(MemberId, String)> {
        self.0.iter().map(|(id, name)| (id.clone(), name.clone())).collect()
    }

    /// Everybody, by name.
    pub fn all(&self) -> impl Iterator<Item = (&MemberId, &str)> {
        self.0.iter().map(|(id, name)| (id, name.as_str()))
    }
}

/// Members with what they may do, for the words on who could mend something.
#[derive(Debug, Default)]
pub struct People(Vec<(MemberId, String, Actor)>);

impl People {
    /// Everybody who can sign in.
    pub async fn load(app: &App) -> Result<Self, Error> {
        let members = accounts::members(app).await?.into_iter().filter(|member| !member.disabled);
        Ok(Self(members.map(|member| (member.id.clone(), member.name.clone(), member.actor(app))).collect()))
    }

    /// Who has at least this role in a program.
    pub fn with_role(&self, program: &ProgramSlug, role: Role) -> impl Iterator<Item = (&MemberId, &str)> {
        let able = move |actor: &Actor| actor.may(program, role);
        self.0.iter().filter(move |(_, _, actor)| able(actor)).map(|(id, name, _)| (id, name.as_str()))
    }

    /// Who works on cases of a program.
    pub fn working(&self, program: &ProgramSlug) -> impl Iterator<Item = (&MemberId, &str)> {
        let able = move |actor: &Actor| actor.works_in(program);
        self.0.iter().filter(move |(_, _, actor)| able(actor)).map(|(id, name, _)| (id, name.as_str()))
    }

    /// Who has any role in a program.
    pub fn of(&self, program: &ProgramSlug) -> impl Iterator<Item = (&MemberId, &str)> {
        let able = move |actor: &Actor| actor.role(program).is_some();
        self.0.iter().filter(move |(_, _, actor)| able(actor)).map(|(id, name, _)| (id, name.as_str()))
    }

    /// Names of those who have at least this role, without these; the first few, and how many more.
    pub fn able(&self, program: &ProgramSlug, role: Role, except: &[MemberId]) -> String {
        let names: Vec<&str> =
            self.with_role(program, role).filter(|(id, _)| !except.contains(id)).map(|(_, name)| name).collect();
        match names.as_slice() {
            few if few.len() <= 5 => few.join(", "),
            many => format!("{} and {} more", many[..4].join(", "), many.len() - 4),
        }
    }
}

/// What every desk page carries.
pub fn shell(app: &App, member: &Member, current: &str) -> Shell {
    Shell { search: Some(String::new()), ..member.shell(app, current) }
}

/// What stands over a form that asks for a fresh factor: a link that opens beside it, so that nothing typed is lost.
pub fn prove_again(next: &str) -> Problem {
    let text = "This reaches beyond the team, and it is more than ten minutes since you proved who you are: do it again in \
                another tab, then send this once more";
    Problem { field: format!("/desk/confirm?next={next}"), text: text.into() }
}

/// A page as an answer.
pub fn html(page: &impl askama::Template) -> Result<Response, Rejection> {
    Ok(super::page::html(StatusCode::OK, page))
}

/// The case named in the address, as the member may see it, with its policy and the zone of its program.
pub async fn opened(app: &App, member: &Member, typed: &str) -> Result<Opened, Error> {
    let id = CaseId::parse(typed).ok_or(Error::NotFound)?;
    let case = crate::execute::open_case(app, &member.actor, &id).await?;
    let policy = crate::execute::policy_of(app, &case)?;
    let zone = zone(&policy);
    let newer = app.policy_in_force(&case.program).filter(|(version, _)| *version > case.policy_version);
    Ok(Opened { case, policy, zone, newer })
}

/// A case at hand.
pub struct Opened {
    /// The case.
    pub case: Case,
    /// The policy it runs under.
    pub policy: Arc<Policy>,
    /// The zone of its program.
    pub zone: TimeZone,
    /// The version of the policy in force, when the case runs under an older one.
    pub newer: Option<(u32, Arc<Policy>)>,
}

/// The zone in which a program's dates are shown.
pub fn zone(policy: &Policy) -> TimeZone {
    policy.calendar().map(|calendar| calendar.zone().clone()).unwrap_or(TimeZone::UTC)
}

/// Whether the member may change cases of a program.
pub fn may_write(member: &Member, program: &ProgramSlug) -> bool {
    member.actor.works_in(program)
}
