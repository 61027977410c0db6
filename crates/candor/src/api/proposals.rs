//! What Candor proposes for a case, as the desk's forms show it: places to audit, a rating, a weakness, the letter of a verdict,
//! words that should perhaps not become public. A person decides.

use axum::extract::State;
use candor_core::case::Case;
use candor_core::policy::{Policy, VerdictKind};
use candor_core::replies::{self, Values};
use candor_core::{closed, rating, scrub};
use candor_formats::cvss::Version;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answered, fine, names};
use super::input::{Asked, Asker, OfCase};
use super::model::people::Member;
use super::problem::Problem;
use crate::accounts::roster;
use crate::app::App;
use crate::execute::{open_case, policy_of};
use crate::search;

/// The letter that is wanted, with what it names.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// The verdict whose letter is wanted, such as `in-dependency`; none without it.
    verdict: String,
    /// The letter of the policy's library, by name; the first that fits without it.
    reply: String,
    /// The clause that it cites.
    clause: String,
    /// Where to go instead.
    to: String,
    /// The package.
    package: String,
    /// The version that has the fix.
    version: String,
}

/// What is proposed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Proposals {
    /// Who takes it by the policy's roster: on call, the owner of the part, or whose turn it is.
    holder: Option<Holder>,
    /// Where the same mistake could be.
    audit: Vec<Place>,
    /// Values of CVSS metrics that words of the report speak for.
    rating: Vec<Metric>,
    /// The weakness that the report names: its CWE number.
    weakness: Option<u32>,
    /// The letter that was asked for, filled in for the first reporter.
    letter: Option<String>,
    /// The text to begin with when the closed report becomes public.
    public: Option<PublicText>,
}

/// Who is proposed to take the case.
#[derive(Debug, Serialize, JsonSchema)]
struct Holder {
    /// Who.
    member: Member,
    /// Why.
    because: String,
}

/// A place to audit.
#[derive(Debug, Serialize, JsonSchema)]
struct Place {
    /// Where: a component, a function, or what an earlier audit looked at.
    place: String,
    /// Why.
    because: String,
    /// The case it comes from.
    case: Option<String>,
}

/// A value of a metric.
#[derive(Debug, Serialize, JsonSchema)]
struct Metric {
    /// Version of CVSS: `3.1` or `4.0`.
    version: &'static str,
    /// Code of the metric, such as `AV`.
    metric: &'static str,
    /// Code of the value, such as `N`.
    value: &'static str,
    /// The word of the report it rests on.
    because: String,
}

/// A text that could become public.
#[derive(Debug, Serialize, JsonSchema)]
struct PublicText {
    /// Heading.
    title: String,
    /// The text.
    text: String,
    /// Words that should perhaps go.
    scrub: Vec<Word>,
    /// The text without them.
    scrubbed: String,
}

/// A word that should perhaps go.
#[derive(Debug, Serialize, JsonSchema)]
struct Word {
    /// The word.
    word: String,
    /// Why, in a few words.
    because: &'static str,
}

/// `GET /cases/{case}/proposals`
pub async fn proposals(
    State(app): State<App>,
    Asker(actor): Asker,
    OfCase(id): OfCase,
    Asked(wanted): Asked<Wanted>,
) -> Answered<Proposals> {
    let case = open_case(&app, &actor, &id).await?;
    let policy = policy_of(&app, &case)?;
    let members = names(&app).await?;
    let letter = match wanted.verdict.as_str() {
        "" => None,
        name => {
            let kind = VerdictKind::from_name(name).ok_or_else(|| {
                let known: Vec<&str> = VerdictKind::ALL.into_iter().map(VerdictKind::name).collect();
                let told = format!("`verdict` is none of {}", known.join(", "));
                Problem::unreadable("query", told).of("verdict")
            })?;
            let writer = actor.member().map(|id| members.member(id).name).unwrap_or_default();
            Some(letter(&case, &policy, kind, wanted, writer))
        }
    };
    let facts = case.reports.first().map(|report| &report.facts);
    let mut rating = Vec::new();
    if let Some(facts) = facts {
        for (version, name) in [(Version::V3_1, "3.1"), (Version::V4_0, "4.0")] {
            for one in rating::proposal(facts, version) {
                rating.push(Metric { version: name, metric: one.metric, value: one.value, because: one.because });
            }
        }
    }
    let team: Vec<String> = members.0.values().cloned().collect();
    let taker = roster::taker(&app, &case, &policy).await?;
    fine(Proposals {
        holder: taker.map(|(taker, because)| Holder { member: members.member(&taker.id), because }),
        audit: search::places(&app, &actor, &case, &policy)
            .await?
            .into_iter()
            .map(|one| Place { place: one.place, because: one.because, case: one.case.map(|case| case.0) })
            .collect(),
        rating,
        weakness: facts.and_then(rating::weakness_of).map(|cwe| cwe.id),
        letter,
        public: case.is_closed().then(|| public(&case, &policy, &team)),
    })
}

fn letter(case: &Case, policy: &Policy, kind: VerdictKind, wanted: Wanted, member: String) -> String {
    let values = Values {
        clause: wanted.clause,
        to: wanted.to,
        package: wanted.package,
        version: wanted.version,
        member,
        report: 0,
    };
    let reply = Some(wanted.reply.as_str()).filter(|name| !name.is_empty());
    replies::letter(case, policy, kind, reply, &values)
}

fn public(case: &Case, policy: &Policy, team: &[String]) -> PublicText {
    let (title, text) = match &case.summary {
        Some(summary) => (summary.title.clone(), summary.text.clone()),
        None => closed::draft(case, policy),
    };
    let hits = [&title, &text].into_iter().flat_map(|text| scrub::hits(text, case, team));
    PublicText {
        scrub: hits.map(|hit| Word { word: hit.word, because: hit.why }).collect(),
        scrubbed: scrub::scrubbed(&text, case, team),
        title,
        text,
    }
}
