//! A program and its policy.

use super::instant::Instant;
use super::report::Promised;
use candor_core::policy::{Policy, render};
use candor_core::promises;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The programs that take reports here.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Programs {
    /// By name.
    pub programs: Vec<ProgramLine>,
}

/// One program in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProgramLine {
    /// Short name in addresses.
    pub program: String,
    /// Name for people.
    pub name: String,
    /// One or two sentences.
    pub summary: String,
    /// Its policy page.
    pub url: String,
}

/// A planned pause of intake. Reports come in all the same; what is being exploited is taken up as ever.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IntakePause {
    /// When it began.
    pub from: Instant,
    /// When it is over.
    pub until: Instant,
    /// Why.
    pub reason: String,
}

/// One program with its policy.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Program {
    /// Short name in addresses.
    pub program: String,
    /// Name for people.
    pub name: String,
    /// One or two sentences.
    pub summary: String,
    /// Its policy page.
    pub url: String,
    /// Version of the policy in force.
    pub policy_version: u32,
    /// What a report filed now would be promised.
    pub promises: Vec<Promised>,
    /// The planned pause of intake that holds now; the promises show what it does to the dates.
    pub pause: Option<IntakePause>,
    /// The public part of the policy, with the keys of its file; `/policy-1.schema.json` describes it.
    pub policy: serde_json::Map<String, serde_json::Value>,
}

impl ProgramLine {
    /// As the API shows it.
    pub fn of(policy: &Policy, url: String) -> Self {
        Self {
            program: policy.program.slug.0.clone(),
            name: policy.program.name.clone(),
            summary: policy.program.summary.clone(),
            url,
        }
    }
}

impl Program {
    /// As the API shows it at `now`.
    pub fn of(policy: &Policy, policy_version: u32, url: String, now: Timestamp) -> Self {
        let ProgramLine { program, name, summary, url } = ProgramLine::of(policy, url);
        let policy_in_words = match render::json(policy) {
            serde_json::Value::Object(map) => map,
            _ => serde_json::Map::new(),
        };
        let promises = promises::forecast(policy, now)
            .into_iter()
            .map(|(promise, due)| Promised {
                name: promise.name,
                what: promise.what,
                kind: promise.kind.into(),
                due: due.into(),
            })
            .collect();
        let zone = policy.calendar().map_or(jiff::tz::TimeZone::UTC, |calendar| calendar.zone().clone());
        let pause = policy.pause_at(now).and_then(|pause| {
            let (from, until) = pause.spell(&zone).ok()?;
            Some(IntakePause { from: from.into(), until: until.into(), reason: pause.reason.clone() })
        });
        Self { program, name, summary, url, policy_version, promises, pause, policy: policy_in_words }
    }
}
