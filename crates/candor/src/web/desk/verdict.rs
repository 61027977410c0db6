//! The verdict on a case: which one, then its letter from the reply library. One page shows what the reporter will read.

use super::acts::{attach, problem};
use super::{Names, Opened, case as page, history, html, may_write, opened, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute::execute;
use crate::search;
use crate::web::forms::{self, Form};
use crate::web::session::{Member, Rejection};
use crate::web::views::parts::{Choice, Control, problems};
use crate::web::views::verdict::{Offer, VerdictPage};
use crate::web::views::{Field, Group, Link, Problem};
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use candor_core::access::Role;
use candor_core::case::State as CaseState;
use candor_core::command::Command;
use candor_core::event::{Justification, Outcome};
use candor_core::evidence::{self, Lane};
use candor_core::gates;
use candor_core::id::CaseId;
use candor_core::policy::{Clause, Policy, Step, VerdictKind};
use candor_core::replies::{self, Values};
use candor_core::scope::{self, HintKind};
use serde::Deserialize;

/// Which verdict, by which clause, with which letter.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(rename = "as")]
    kind: String,
    clause: String,
    reply: String,
    of: String,
    package: String,
    finding: String,
}

/// What a verdict is given with, wherever it was typed.
#[derive(Debug, Default, Clone)]
pub struct Given {
    /// The clause that is cited.
    pub clause: String,
    /// Where to go instead.
    pub to: String,
    /// The package.
    pub package: String,
    /// The version that has the fix.
    pub version: String,
    /// The case that has it.
    pub of: String,
    /// The letter of the library, by name; empty for the first that fits.
    pub reply: String,
    /// Why the product is not affected by the package, of the closed list, where that was decided before; else empty.
    pub finding: String,
}

impl Given {
    /// What a form says.
    pub fn read(form: &Form) -> Self {
        let get = |name: &str| form.get(name).trim().to_owned();
        Self {
            clause: get("clause"),
            to: get("to"),
            package: get("package"),
            version: get("version"),
            of: get("of"),
            reply: get("reply"),
            finding: get("finding"),
        }
    }

    /// The letter to the first reporter of a case.
    pub fn letter(&self, kind: VerdictKind, opened: &Opened, member: &Member) -> String {
        let values = Values {
            clause: self.clause.clone(),
            to: self.to.clone(),
            package: self.package.clone(),
            version: self.version.clone(),
            member: member.view.name.clone(),
            report: 0,
        };
        let reply = Some(self.reply.as_str()).filter(|name| !name.is_empty());
        let letter = replies::letter(&opened.case, &opened.policy, kind, reply, &values);
        match Justification::from_name(&self.finding).filter(|_| kind == VerdictKind::InDependency) {
            Some(why) => format!(
                "{letter}\n\nWe looked at this before: it does not make our product vulnerable, because {}.",
                why.label()
            ),
            None => letter,
        }
    }

    /// The command that the verdict is.
    ///
    /// # Errors
    /// The field that has to be mended.
    pub fn command(&self, kind: VerdictKind, text: String) -> Result<Command, Problem> {
        let given = self.clone();
        let clause = Some(given.clause.clone()).filter(|clause| !clause.is_empty());
        let missing = |field: &str, text: &str| Problem { field: field.into(), text: text.into() };
        let dismiss = |outcome, text| Command::Dismiss { outcome, text };
        Ok(match kind {
            VerdictKind::Confirmed => Command::Confirm { text },
            VerdictKind::NeedsInformation => Command::Ask { text, files: Vec::new() },
            VerdictKind::Rejected => Command::Reject { text },
            VerdictKind::OutOfScope if clause.is_none() => {
                return Err(missing("clause", "Choose the clause that the verdict rests on"));
            }
            VerdictKind::OutOfScope => Command::OutOfScope { clause: given.clause, instead: String::new(), text },
            VerdictKind::Redirected => Command::Redirect { to: given.to, clause, text },
            VerdictKind::NotAVulnerability if clause.is_none() => {
                return Err(missing("clause", "Choose the clause that the verdict rests on"));
            }
            VerdictKind::NotAVulnerability => Command::NotAVulnerability { clause: given.clause, text },
            VerdictKind::Duplicate => Command::Duplicate {
                of: match given.of.as_str() {
                    "" => None,
                    typed => Some(CaseId::parse(typed).ok_or_else(|| {
                        missing("of", &format!("`{typed}` is no case; a case looks like 7K3M9-QXT4B"))
                    })?),
                },
                text,
            },
            VerdictKind::ScannerOutput => Command::ScannerOutput { text },
            VerdictKind::CannotReproduce => dismiss(Outcome::CannotReproduce, text),
            VerdictKind::InDependency => dismiss(Outcome::InDependency { package: given.package, to: given.to }, text),
            VerdictKind::AlreadyFixed => dismiss(Outcome::AlreadyFixed { version: given.version }, text),
            VerdictKind::Accepted => dismiss(Outcome::Accepted { clause }, text),
            VerdictKind::NotSecurity => dismiss(Outcome::NotSecurity, text),
            VerdictKind::Spam => dismiss(Outcome::Spam, text),
        })
    }
}

/// Verdicts that can be given under a policy.
pub fn kinds(policy: &Policy) -> impl Iterator<Item = VerdictKind> {
    let knows = !policy.known.is_empty();
    VerdictKind::ALL.into_iter().filter(move |kind| knows || *kind != VerdictKind::NotAVulnerability)
}

/// The clauses that a verdict can cite.
pub fn clauses(kind: VerdictKind, policy: &Policy) -> Vec<Clause> {
    match kind {
        VerdictKind::OutOfScope | VerdictKind::Redirected => policy.out_clauses(),
        VerdictKind::NotAVulnerability | VerdictKind::Accepted => policy.known_clauses(),
        _ => Vec::new(),
    }
}

/// The questions of a verdict besides its letter.
pub fn questions(kind: VerdictKind, policy: &Policy, given: &Given) -> Vec<Field> {
    let mut fields = Vec::new();
    let clauses = clauses(kind, policy);
    if !clauses.is_empty() {
        let mut choices: Vec<Choice> = Vec::new();
        if !kind.cites() {
            choices.push(Choice::new("", "No clause"));
        }
        choices.extend(clauses.iter().map(|clause| {
            Choice::new(&clause.name, format!("{}: {}", clause.name, clause.what)).hint(clause.more.clone())
        }));
        fields.push(Field::new("clause", "Clause of the policy", Control::Radio(choices)).value(&given.clause));
    } else if kind.cites() {
        fields.push(Field::line("clause", "Clause of the policy").value(&given.clause).required());
    }
    match kind {
        VerdictKind::Redirected => fields.push(
            Field::line("to", "Where to go")
                .hint("An address for mail, or a web address from https://. Left empty, the one of the clause.")
                .suggestions(clauses.iter().filter_map(|clause| clause.to.clone()).collect())
                .value(&given.to),
        ),
        VerdictKind::InDependency => fields.extend([
            Field::line("package", "Package")
                .hint("A package URL like pkg:npm/lodash@4.17.20, or its name.")
                .value(&given.package)
                .required(),
            Field::line("to", "Where it is mended")
                .note("optional")
                .hint("An address for mail, or a web address from https://.")
                .value(&given.to),
        ]),
        VerdictKind::AlreadyFixed => {
            fields.push(Field::line("version", "Version that has the fix").value(&given.version).required().narrow());
        }
        VerdictKind::Duplicate => fields.push(
            Field::line("of", "The case that has it")
                .note("optional")
                .hint("Like 7K3M9-QXT4B. The reporter does not see it; they get its date and a proof that it came before.")
                .value(&given.of)
                .narrow(),
        ),
        _ => {}
    }
    fields
}

/// `GET /desk/cases/{case}/verdict`: which verdict; with `as`, its letter.
pub async fn page(
    State(app): State<App>,
    member: Member,
    Path(case): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Rejection> {
    let opened = opened(&app, &member, &case).await?;
    if !may_write(&member, &opened.case.program) {
        return Err(Error::Role { needs: Role::Member }.into());
    }
    let given = Given {
        clause: asked.clause,
        reply: asked.reply,
        of: asked.of,
        package: asked.package,
        finding: asked.finding,
        ..Given::default()
    };
    show(&app, &member, &opened, VerdictKind::from_name(&asked.kind), &given, None, Vec::new(), None).await
}

/// `POST /desk/cases/{case}/verdict`: gives it, or shows its letter again.
pub async fn send(
    State(app): State<App>,
    member: Member,
    Path(case): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    let opened = opened(&app, &member, &case).await?;
    let kind = VerdictKind::from_name(form.get("as")).ok_or(Error::NotFound)?;
    let given = Given::read(&form);
    let text = form.get("text").trim().to_owned();
    let letter = given.letter(kind, &opened, &member);
    let untouched = text == form.get("made").trim();
    if form.ticked("fill") {
        return show(&app, &member, &opened, Some(kind), &given, None, Vec::new(), None).await;
    }
    let wish = match given.command(kind, text.clone()) {
        Ok(wish) => wish,
        Err(wrong) => return show(&app, &member, &opened, Some(kind), &given, Some(text), vec![wrong], None).await,
    };
    // Nothing leaves that was not read: a letter that now says something else is shown first.
    if untouched && letter != text {
        let told =
            Problem { field: "text".into(), text: "The letter now names what you chose; read it, then send it".into() };
        return show(&app, &member, &opened, Some(kind), &given, Some(letter), vec![told], None).await;
    }
    match execute(&app, &member.actor, &opened.case.id, wish, form.seen()).await {
        Ok(_) => Ok(Redirect::to(&page::href(&opened.case)).into_response()),
        Err(Error::Refused(refusal)) => {
            show(&app, &member, &opened, Some(kind), &given, Some(text), vec![problem(&refusal)], None).await
        }
        Err(Error::Changed { .. }) => {
            show(&app, &member, &opened, Some(kind), &given, Some(text), Vec::new(), form.seen()).await
        }
        Err(other) => Err(other.into()),
    }
}

#[allow(clippy::too_many_arguments)]
async fn show(
    app: &App,
    member: &Member,
    opened: &Opened,
    kind: Option<VerdictKind>,
    given: &Given,
    text: Option<String>,
    wrong: Vec<Problem>,
    changed_since: Option<u64>,
) -> Result<Response, Rejection> {
    let Opened { case, policy, zone, .. } = opened;
    let names = Names::load(app).await?;
    let now = app.now();
    let since = changed_since.map(|seq| crate::execute::since(case, seq)).unwrap_or_default();
    let base = format!("{}/verdict", page::href(case));
    let mut view = VerdictPage {
        shell: shell(app, member, "case"),
        head: page::head(case, policy, &names),
        action: base.clone(),
        changed: history::lines(case, &since, policy, &names, zone, now),
        gate: closed_gate(opened, member, kind),
        ..VerdictPage::default()
    };
    let Some(kind) = kind else {
        view.proposed = proposed(app, member, opened, &base, now).await?;
        view.offers = kinds(policy)
            .map(|kind| Offer {
                label: kind.label().into(),
                hint: String::new(),
                href: format!("{base}?as={}", kind.name()),
                key: kind.key().to_string(),
            })
            .collect();
        return html(&view);
    };
    let letter = given.letter(kind, opened, member);
    let mut fields = vec![Field::hidden("as", kind.name()), Field::hidden("made", &letter)];
    if !given.reply.is_empty() {
        fields.push(Field::hidden("reply", &given.reply));
    }
    if !given.finding.is_empty() {
        fields.push(Field::hidden("finding", &given.finding));
    }
    fields.extend(questions(kind, policy, given));
    fields.push(
        Field::area("text", "The letter to the reporter", 10)
            .hint("It stands on the reporter's page; mail only says that there is something to read.")
            .value(text.unwrap_or(letter))
            .required(),
    );
    let clause = Some(given.clause.as_str()).filter(|clause| !clause.is_empty());
    view.letters = policy
        .replies_for(kind, clause)
        .into_iter()
        .filter(|reply| reply.name != given.reply)
        .map(|reply| {
            let clause = reply.clause.as_deref().unwrap_or(&given.clause);
            Link::new(
                &reply.name,
                format!("{base}?as={}&reply={}&clause={}", kind.name(), coded(&reply.name), coded(clause)),
            )
        })
        .collect();
    let mut groups = vec![Group::new("verdict", "", fields)];
    attach(&mut groups, &wrong);
    view.problems = problems(&groups);
    let loose = |wrong: &Problem| !groups.iter().flat_map(|group| &group.fields).any(|field| field.name == wrong.field);
    view.problems.extend(wrong.into_iter().filter(loose));
    view.groups = groups;
    view.chosen = kind.label().into();
    view.submit = match kind {
        VerdictKind::NeedsInformation => "Ask and wait for the answer".into(),
        VerdictKind::Confirmed => "Confirm and send the letter".into(),
        _ => "Close it and send the letter".into(),
    };
    html(&view)
}

/// What a gate of the policy waits for before a verdict, in words.
fn closed_gate(opened: &Opened, member: &Member, kind: Option<VerdictKind>) -> String {
    let Opened { case, policy, .. } = opened;
    if !case.state.is_open() && case.state != CaseState::Published {
        return "The case is closed. Take the verdict back, or take the case up again, before another one.".into();
    }
    let step = match kind {
        Some(VerdictKind::Confirmed) => Step::Confirm,
        Some(VerdictKind::NeedsInformation) => Step::Acknowledge,
        _ => Step::Reject,
    };
    let missing = gates::missing(case, policy, step, member.actor.member());
    missing.map(|gate| candor_core::refusal::Refusal::Gate(gate).to_string()).unwrap_or_default()
}

/// Verdicts that facts speak for: what was decided about the same dependency, clauses of the policy, output of a tool. Keys are
/// digits; a person chooses.
async fn proposed(
    app: &App,
    member: &Member,
    opened: &Opened,
    base: &str,
    now: jiff::Timestamp,
) -> Result<Vec<Offer>, Error> {
    let Some(report) = opened.case.reports.first() else { return Ok(Vec::new()) };
    let found = evidence::of(&opened.case, &opened.policy);
    let mut offers = Vec::new();
    if let Some(ids) = &found.dependency {
        for known in search::decided(app, &member.actor, &opened.case, ids).await? {
            if let Some(answer) = with_decision(base, &known) {
                let label = format!("{}, as decided in {}", VerdictKind::InDependency.label(), known.case);
                offers.push(Offer { label, hint: known.words, href: answer, key: String::new() });
            }
        }
    }
    for hint in scope::hints(&report.facts, &opened.policy, now) {
        let kind = match hint.about {
            HintKind::OutOfScope => VerdictKind::OutOfScope,
            HintKind::Known => VerdictKind::NotAVulnerability,
            _ => continue,
        };
        let Some(clause) = hint.clause else { continue };
        offers.push(Offer {
            label: format!("{}: clause {clause}", kind.label()),
            hint: hint.text,
            href: format!("{base}?as={}&clause={}", kind.name(), coded(&clause)),
            key: String::new(),
        });
    }
    if found.lane == Lane::Scanner {
        let hint = found.against.into_iter().next().map(|fact| fact.words).unwrap_or_default();
        let kind = VerdictKind::ScannerOutput;
        let href = format!("{base}?as={}", kind.name());
        offers.push(Offer { label: kind.label().into(), hint, href, key: String::new() });
    }
    offers.truncate(9);
    for (offer, number) in offers.iter_mut().zip(1..) {
        offer.key = format!("{number}");
    }
    Ok(offers)
}

/// The way to answer with a decision on record; `None` where the package does make the product vulnerable.
pub fn with_decision(base: &str, known: &search::Decided) -> Option<String> {
    let why = known.justification?;
    let kind = VerdictKind::InDependency.name();
    Some(format!("{base}?as={kind}&package={}&finding={}", coded(&known.package), why.name()))
}

/// A value in an address.
pub fn coded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
