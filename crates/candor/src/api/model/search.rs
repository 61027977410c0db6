//! Search, likely duplicates, and what a report holds.

use super::case::Row;
use super::people::Names;
use super::words::Justification;
use crate::search::{Decided, Found, LikelyCase};
use candor_core::evidence;
use schemars::JsonSchema;
use serde::Serialize;

/// What was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Results {
    /// The cases, best first.
    pub cases: Vec<Row>,
    /// How many there are of those you may see.
    pub total: usize,
    /// Words that stand nowhere, with those taken instead.
    pub respelt: Vec<Respelt>,
    /// Whether no case has all of the words, so that these have some of them.
    pub some: bool,
    /// What was not understood.
    pub problems: Vec<String>,
    /// Whether cases are still being read, so that some may be missing.
    pub warming: bool,
}

/// A word that stands nowhere.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Respelt {
    /// As it was given.
    pub given: String,
    /// What was taken instead.
    pub taken: Vec<String>,
}

/// Cases that are likely about the same.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Similar {
    /// The likely ones, the most alike first.
    pub likely: Vec<Likely>,
    /// What was decided in other cases about the dependency that the report only names.
    pub decided: Vec<DecidedBefore>,
    /// Whether cases are still being read, so that some may be missing.
    pub warming: bool,
}

/// A decision on record about a dependency.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DecidedBefore {
    /// The case it was made in.
    pub case: String,
    /// The package.
    pub package: String,
    /// Why the product is not affected; nothing when it is.
    pub justification: Option<Justification>,
    /// In words.
    pub words: String,
}

/// A case that is likely about the same.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Likely {
    /// The case.
    pub case: Row,
    /// How alike; only the order means something.
    pub score: f32,
    /// Why, the strongest first.
    pub reasons: Vec<String>,
}

/// What a report holds, lacks, and what speaks for the output of a tool. No verdict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Evidence {
    /// The lane of the queue: `normal`, `scanner` or `folded`.
    pub lane: String,
    /// How much it holds, from 0 to 100; sorts within a lane.
    pub score: u8,
    /// What it holds.
    pub holds: Vec<Fact>,
    /// What it lacks.
    pub missing: Vec<Fact>,
    /// What speaks for the output of a tool.
    pub against: Vec<Fact>,
    /// The tool.
    pub tool: Option<String>,
    /// Identifiers, when the report says only that they are in a dependency.
    pub dependency: Option<Vec<String>>,
}

/// One fact.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// In words, to the reporter.
    pub words: String,
}

impl Results {
    /// As the API shows it.
    pub fn of(found: Found, names: &Names) -> Self {
        Self {
            cases: found.rows.into_iter().map(|row| Row::of(row, names)).collect(),
            total: found.total,
            respelt: found.respelt.into_iter().map(|(given, taken)| Respelt { given, taken }).collect(),
            some: found.some,
            problems: found.problems,
            warming: found.warming,
        }
    }
}

impl Similar {
    /// As the API shows it.
    pub fn of(likely: Vec<LikelyCase>, decided: Vec<Decided>, warming: bool, names: &Names) -> Self {
        let likely = likely
            .into_iter()
            .map(|one| Likely { case: Row::of(one.row, names), score: one.score, reasons: one.reasons })
            .collect();
        let decided = decided.into_iter().map(|one| DecidedBefore {
            case: one.case.0,
            package: one.package,
            justification: one.justification.map(Into::into),
            words: one.words,
        });
        Self { likely, decided: decided.collect(), warming }
    }
}

impl From<evidence::Evidence> for Evidence {
    fn from(core: evidence::Evidence) -> Self {
        let facts = |facts: Vec<evidence::Fact>| {
            facts.into_iter().map(|fact| Fact { name: fact.name.into(), words: fact.words }).collect()
        };
        Self {
            lane: core.lane.name().into(),
            score: core.score,
            holds: facts(core.holds),
            missing: facts(core.missing),
            against: facts(core.against),
            tool: core.tool,
            dependency: core.dependency,
        }
    }
}
