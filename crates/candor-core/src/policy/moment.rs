//! What starts a promise and what keeps it: the closed list of moments, and every event of the journal by its name.

use crate::event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of happening that starts or keeps a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// A report came in.
    Report,
    /// A member acknowledged it, or answered in another way.
    Acknowledgement,
    /// A member sent the reporter a message of their own, with or without a question.
    Message,
    /// A member told the next steps: a verdict, a timeline, or a message marked so.
    NextSteps,
    /// Somebody of the team verified it.
    Verification,
    /// It was confirmed.
    Confirmation,
    /// It was confirmed, rejected or closed otherwise.
    Verdict,
    /// Members put on record that they discussed the next steps.
    Discussion,
    /// A disclosure timeline was proposed to the reporter.
    Timeline,
    /// A fix was released, or another remediation is in force.
    Fix,
    /// The advisory was published.
    Publication,
    /// The case came to its end: published or closed.
    Resolution,
    /// The team became aware of active exploitation.
    Exploitation,
    /// The team became aware of a severe incident.
    Incident,
    /// What this promise asks for was submitted, and the proof is on record.
    Submission,
    /// An event of the journal, by its own name.
    On(EventKind),
}

/// The name of a kind of event, as it stands in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKind(&'static str);

impl EventKind {
    /// The kind of this name, if an event has it.
    pub fn named(name: &str) -> Option<Self> {
        event::kinds().iter().find(|kind| **kind == name).map(|kind| Self(kind))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// As words for people: `fix recorded`.
    pub fn words(self) -> String {
        self.0.replace('-', " ")
    }
}

impl Moment {
    /// The closed list, without the events.
    pub const NAMED: [(Moment, &'static str); 15] = [
        (Moment::Report, "report"),
        (Moment::Acknowledgement, "acknowledgement"),
        (Moment::Message, "message"),
        (Moment::NextSteps, "next-steps"),
        (Moment::Verification, "verification"),
        (Moment::Confirmation, "confirmation"),
        (Moment::Verdict, "verdict"),
        (Moment::Discussion, "discussion"),
        (Moment::Timeline, "timeline"),
        (Moment::Fix, "fix"),
        (Moment::Publication, "publication"),
        (Moment::Resolution, "resolution"),
        (Moment::Exploitation, "exploitation"),
        (Moment::Incident, "incident"),
        (Moment::Submission, "submission"),
    ];

    /// Name in the policy file and the API.
    pub fn name(self) -> &'static str {
        match self {
            Moment::On(kind) => kind.name(),
            named => Self::NAMED.iter().find(|(moment, _)| *moment == named).map_or("", |(_, name)| name),
        }
    }

    /// The moment of this name: of the closed list, or an event of the journal.
    pub fn from_name(name: &str) -> Option<Self> {
        let named = Self::NAMED.iter().find(|(_, known)| *known == name).map(|(moment, _)| *moment);
        named.or_else(|| EventKind::named(name).map(Moment::On))
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        Self::from_name(&name).ok_or_else(|| {
            serde::de::Error::custom(format!("`{name}` is neither a moment of a case nor an event of its journal"))
        })
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> =
            Self::NAMED.iter().map(|(_, name)| *name).chain(event::kinds().iter().copied()).collect();
        schemars::json_schema!({
            "type": "string",
            "enum": names,
            "description": "A moment of a case, like `report`, or an event of its journal by its name, like `audited`."
        })
    }
}
