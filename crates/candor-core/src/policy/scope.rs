//! What is covered and what is not, and what is known to be no vulnerability.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is covered and what is not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The rule in a sentence or two.
    #[serde(default)]
    pub statement: String,
    /// What is covered; the form offers these.
    #[serde(default)]
    pub products: Vec<Product>,
    /// Kinds of problems that are covered or are not, whatever the product.
    #[serde(default)]
    pub kinds: Vec<ProblemKind>,
    /// What is not covered, clause by clause, with where to go instead.
    #[serde(default)]
    pub out: Vec<OutOfScope>,
    /// What someone does who is not sure.
    #[serde(default)]
    pub unsure: String,
    /// Whether reports by own staff are taken in the same way.
    #[serde(default)]
    pub internal_reports: bool,
    /// Whether dependencies are covered: `false`, `"direct"`, or `true` for direct and indirect ones.
    #[serde(default)]
    pub dependencies: DependencyScope,
}

/// Something the policy covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Name for people.
    pub name: String,
    /// Repositories by pattern, like `github.com/dapr/*`.
    #[serde(default)]
    pub repositories: Vec<String>,
    /// Components a reporter can choose from.
    #[serde(default)]
    pub components: Vec<String>,
    /// Package URL without a version (ECMA-427), like `pkg:golang/github.com/minio/minio`.
    #[serde(default)]
    pub purl: Option<String>,
    /// CPE 2.3 name without a version.
    #[serde(default)]
    pub cpe: Option<String>,
}

/// A clause about what is not covered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutOfScope {
    /// Short name that a verdict cites, like `applications`.
    pub clause: String,
    /// What is not covered, in words.
    pub what: String,
    /// Where to go instead, in words.
    #[serde(default)]
    pub instead: Option<String>,
    /// The address such reports are sent on to: for mail, or of the web.
    #[serde(default)]
    pub to: Option<String>,
    /// Repositories by pattern that this clause is about.
    #[serde(default)]
    pub repositories: Vec<String>,
}

/// A kind of problem that is covered or is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProblemKind {
    /// Short name that a verdict cites, like `missing-headers`.
    pub clause: String,
    /// The kind, in words.
    pub what: String,
    /// Whether it is covered.
    #[serde(default)]
    pub covered: bool,
    /// Words by which a report of this kind may be known.
    #[serde(default)]
    pub words: Vec<String>,
    /// Weaknesses of this kind, by CWE number.
    #[serde(default)]
    pub cwes: Vec<u32>,
    /// Where to go instead, in words.
    #[serde(default)]
    pub instead: Option<String>,
    /// The address such reports are sent on to: for mail, or of the web.
    #[serde(default)]
    pub to: Option<String>,
}

/// Something that is often reported and is no vulnerability here: a point of the threat model, a trusted input, test code,
/// an experimental part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Number or short name that a verdict cites, like `3.2`.
    pub clause: String,
    /// What is reported, in words.
    pub what: String,
    /// Why it is no vulnerability here.
    pub because: String,
    /// Words by which such a report may be known.
    #[serde(default)]
    pub words: Vec<String>,
    /// Its weaknesses, by CWE number.
    #[serde(default)]
    pub cwes: Vec<u32>,
    /// Where that is written down.
    #[serde(default)]
    pub url: Option<String>,
}

/// A clause that a verdict can cite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its short name or number.
    pub name: String,
    /// What it is about.
    pub what: String,
    /// Why, or where to go instead, in words; empty when the policy does not say.
    pub more: String,
    /// The address such reports are sent on to.
    pub to: Option<String>,
}

/// Which dependencies are covered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DependencyScope {
    /// None: `false`.
    #[default]
    None,
    /// Those that the products name themselves: `"direct"`.
    Direct,
    /// Direct and indirect ones: `true`.
    All,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Said(bool),
    Word(String),
}

impl Serialize for DependencyScope {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            DependencyScope::None => out.serialize_bool(false),
            DependencyScope::Direct => out.serialize_str("direct"),
            DependencyScope::All => out.serialize_bool(true),
        }
    }
}

impl<'de> Deserialize<'de> for DependencyScope {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Written::deserialize(from)? {
            Written::Said(false) => Ok(DependencyScope::None),
            Written::Said(true) => Ok(DependencyScope::All),
            Written::Word(word) if word == "direct" => Ok(DependencyScope::Direct),
            Written::Word(word) => {
                Err(serde::de::Error::custom(format!("`{word}` is not known here; write true, false or \"direct\"")))
            }
        }
    }
}

impl JsonSchema for DependencyScope {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DependencyScope".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "enum": [false, true, "direct"],
            "description": "Which dependencies are covered: none, direct ones, or direct and indirect ones (true)."
        })
    }
}

impl super::Policy {
    /// Clauses by which something is not covered: of `scope.out`, and kinds that are out.
    pub fn out_clauses(&self) -> Vec<Clause> {
        let clause = |name: &str, what: &str, instead: &Option<String>, to: &Option<String>| Clause {
            name: name.to_owned(),
            what: what.to_owned(),
            more: instead.clone().unwrap_or_default(),
            to: to.clone(),
        };
        let out = self.scope.out.iter().map(|out| clause(&out.clause, &out.what, &out.instead, &out.to));
        let kinds = self.scope.kinds.iter().filter(|kind| !kind.covered);
        out.chain(kinds.map(|kind| clause(&kind.clause, &kind.what, &kind.instead, &kind.to))).collect()
    }

    /// Clauses about what is no vulnerability.
    pub fn known_clauses(&self) -> Vec<Clause> {
        let clause = |known: &Known| Clause {
            name: known.clause.clone(),
            what: known.what.clone(),
            more: known.because.clone(),
            to: None,
        };
        self.known.iter().map(clause).collect()
    }

    /// The clause of this name that a verdict can cite.
    pub fn clause(&self, name: &str) -> Option<Clause> {
        self.out_clauses().into_iter().chain(self.known_clauses()).find(|clause| clause.name == name)
    }
}
