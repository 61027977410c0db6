//! What a program has made public that may answer a report: advisories, decisions about dependencies, texts about closed
//! reports. Only what everybody can read takes part, so that an answer tells nothing of what is not public.

use candor_core::case::{Assessment, Case};
use candor_core::event::{Event, Justification, ReportFacts};
use candor_core::policy::{ClosedReports, Policy};
use candor_core::scope::{self, Hint};
use candor_formats::advisory::Record;
use jiff::Timestamp;

use crate::app::App;
use crate::error::Error;
use crate::store::public_decisions::PublicDecision;
use crate::store::{Statement, advisories, closed_reports, public_decisions};

/// Entries of each kind that are looked through: the newest of the program.
const LOOKED_THROUGH: i64 = 200;

/// What may answer a report, with the addresses where it can be read.
///
/// # Errors
/// When the store cannot be read.
pub async fn hints(app: &App, policy: &Policy, facts: &ReportFacts) -> Result<Vec<Hint>, Error> {
    let slug = policy.program.slug.as_str();
    let base = app.program_url(&policy.program.slug);
    let rows = advisories::list(&app.store, slug, LOOKED_THROUGH).await?;
    let public: Vec<(String, String, Vec<String>, String)> = rows
        .into_iter()
        .filter_map(|row| {
            let record: Record = serde_json::from_str(&row.record).ok()?;
            let url = format!("{base}/advisories/{}", row.id);
            Some((row.id, record.title, record.aliases, url))
        })
        .collect();
    let public = public.iter().map(|(id, title, aliases, url)| scope::PublicAdvisory { id, title, aliases, url });
    let mut hints = scope::published(facts, public);
    let known = public_decisions::of_program(&app.store, slug, LOOKED_THROUGH).await?;
    let page = format!("{base}/dependencies");
    let assessed = known.iter().map(|one| scope::PublicAssessment {
        package: &one.package,
        vulnerability: &one.vulnerability,
        because: because(one),
        url: &page,
    });
    hints.extend(scope::not_affected(facts, assessed));
    if policy.disclosure.closed_reports != ClosedReports::Never {
        let closed = closed_reports::of_program(&app.store, slug, LOOKED_THROUGH).await?;
        let page = format!("{base}/closed");
        let decisions =
            closed.iter().map(|one| scope::PublicDecision { title: &one.title, text: &one.text, url: &page });
        hints.extend(scope::decided(facts, decisions));
    }
    Ok(hints)
}

/// What is said to whoever has sent a report: what the policy says of it, then what is public. The latter is looked up only for
/// a report that names a vulnerability or a package, so that others do not wait for it.
///
/// # Errors
/// When the store cannot be read.
pub async fn answer(app: &App, policy: &Policy, facts: &ReportFacts, at: Timestamp) -> Result<Vec<String>, Error> {
    let mut said: Vec<String> = scope::hints(facts, policy, at).into_iter().map(|hint| hint.text).collect();
    if scope::names_something_public(facts) {
        let with_address = |hint: Hint| match hint.to {
            Some(to) => format!("{} {to}", hint.text),
            None => hint.text,
        };
        said.extend(hints(app, policy, facts).await?.into_iter().map(with_address));
    }
    Ok(said)
}

/// Addresses of what is public and may answer a report, each once: for letters, which repeat no word of a report.
///
/// # Errors
/// When the store cannot be read.
pub async fn addresses(app: &App, policy: &Policy, facts: &ReportFacts) -> Result<Vec<String>, Error> {
    let mut found: Vec<String> = Vec::new();
    if scope::names_something_public(facts) {
        for to in hints(app, policy, facts).await?.into_iter().filter_map(|hint| hint.to) {
            if !found.contains(&to) {
                found.push(to);
            }
        }
    }
    Ok(found)
}

/// Why the product is not affected, in words.
pub fn because(known: &PublicDecision) -> &'static str {
    Justification::from_name(&known.justification).map_or("the team found so", Justification::label)
}

/// What a decision about a package makes public, or takes back: the event is the case's last about that package.
pub(super) fn statement(case: &Case, event: &Event) -> Option<Statement> {
    let Event::DependencyAssessed { package, .. } = event else { return None };
    let known = case.dependencies.iter().find(|known| known.package == *package);
    Some(
        known
            .and_then(|known| row(case, known))
            .unwrap_or_else(|| public_decisions::delete_statement(case.id.as_str(), package)),
    )
}

/// A decision as everybody may read it; `None` for one that stays inside the team.
pub(super) fn row(case: &Case, known: &Assessment) -> Option<Statement> {
    Some(public_decisions::put_statement(&PublicDecision {
        stream: case.id.0.clone(),
        package: known.package.clone(),
        program: case.program.0.clone(),
        at: known.at.as_microsecond(),
        vulnerability: known.public_as.clone()?,
        justification: known.justification?.name().into(),
    }))
}
