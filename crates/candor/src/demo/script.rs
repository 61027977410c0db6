//! How a story is told: a report, then steps, each so long ago.

use candor_core::command::Command;
use candor_core::event::{
    AdvisoryDraft, AffectedProduct, Channel, Contact, Credit, FixKind, ReportFacts, VerificationFacts,
    VerificationResult,
};
use jiff::{SignedDuration, Timestamp};

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Coordinator, manages the desk.
    Ines,
    /// Coordinator.
    Tomas,
    /// Member.
    Mei,
    /// Member.
    Jonas,
    /// Observer; looks on and does nothing.
    Ruth,
    /// Whoever reported.
    Reporter,
}

/// A file: its name and what is in it.
pub type File = (&'static str, &'static str);

/// What is done in a step.
#[derive(Debug, Clone)]
pub enum Act {
    /// A command.
    Do(Box<Command>),
    /// The case is given to somebody.
    Assign(Who),
    /// It is known already: the story that has it, and words to the reporter.
    DuplicateOf(&'static str, &'static str),
    /// A message with files.
    WithFiles(&'static str, Vec<File>),
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Who,
    /// What.
    pub act: Act,
}

/// A case from its report on.
#[derive(Debug, Clone)]
pub struct Story {
    /// Name within the demonstration.
    pub name: &'static str,
    /// Slug of the program.
    pub program: &'static str,
    /// When the report came.
    pub reported_at: Timestamp,
    /// Through which door.
    pub channel: Channel,
    /// The member who filed it for somebody.
    pub filed_by: Option<Who>,
    /// What it says.
    pub facts: ReportFacts,
    /// Who reported.
    pub contact: Contact,
    /// How they wish to be credited, if they said so at once.
    pub credit: Option<Credit>,
    /// Files that came with it.
    pub files: Vec<File>,
    /// What happened then.
    pub steps: Vec<Step>,
    now: Timestamp,
}

/// So long before now: days and hours.
fn ago(now: Timestamp, days: i64, hours: i64) -> Timestamp {
    now - SignedDuration::from_hours(days * 24 + hours)
}

impl Story {
    /// A report that came through the form, so many days and hours before `now`.
    pub fn new(name: &'static str, program: &'static str, now: Timestamp, (days, hours): (i64, i64)) -> Self {
        Self {
            name,
            program,
            reported_at: ago(now, days, hours),
            channel: Channel::Form,
            filed_by: None,
            facts: ReportFacts { agreed: true, ..ReportFacts::default() },
            contact: Contact::default(),
            credit: None,
            files: Vec::new(),
            steps: Vec::new(),
            now,
        }
    }

    /// What the report says.
    pub fn says(mut self, title: &str, description: &str) -> Self {
        self.facts.title = title.to_owned();
        self.facts.description = description.to_owned();
        self
    }

    /// Where it is: product, component, version.
    pub fn about(mut self, product: &str, component: &str, version: &str) -> Self {
        self.facts.product = product.to_owned();
        self.facts.component = component.to_owned();
        self.facts.version = version.to_owned();
        self
    }

    /// Steps, and what an attacker gains.
    pub fn shows(mut self, steps: &str, impact: &str) -> Self {
        self.facts.steps = steps.to_owned();
        self.facts.impact = impact.to_owned();
        self
    }

    /// More about the report.
    pub fn with(mut self, change: impl FnOnce(&mut ReportFacts)) -> Self {
        change(&mut self.facts);
        self
    }

    /// The reporter's name and address.
    pub fn by(mut self, name: &str, email: &str) -> Self {
        self.contact = Contact { name: name.to_owned(), email: email.to_owned(), ..Contact::default() };
        self
    }

    /// Came through another door.
    pub fn through(mut self, channel: Channel, filed_by: Option<Who>) -> Self {
        self.channel = channel;
        self.filed_by = filed_by;
        self
    }

    /// Came with a file.
    pub fn file(mut self, name: &'static str, content: &'static str) -> Self {
        self.files.push((name, content));
        self
    }

    /// Then somebody did something, so many days and hours before now.
    pub fn then(mut self, (days, hours): (i64, i64), who: Who, act: Act) -> Self {
        self.steps.push(Step { at: ago(self.now, days, hours), who, act });
        self
    }
}

fn act(command: Command) -> Act {
    Act::Do(Box::new(command))
}

/// First answer.
pub fn acknowledge(text: &str) -> Act {
    act(Command::Acknowledge { text: text.into() })
}

/// A message to the reporter.
pub fn answer(text: &str) -> Act {
    act(Command::Answer { text: text.into(), files: Vec::new(), next_steps: false })
}

/// A message that says what happens next.
pub fn next_steps(text: &str) -> Act {
    act(Command::Answer { text: text.into(), files: Vec::new(), next_steps: true })
}

/// A question.
pub fn ask(text: &str) -> Act {
    act(Command::Ask { text: text.into(), files: Vec::new() })
}

/// A note of the team.
pub fn note(text: &str) -> Act {
    act(Command::Note { text: text.into(), files: Vec::new(), mentions: Vec::new() })
}

/// The reporter writes.
pub fn write(text: &str) -> Act {
    act(Command::Write { text: text.into(), files: Vec::new() })
}

/// The reporter asks for news.
pub fn nudge() -> Act {
    act(Command::Nudge)
}

/// It was tried: where, with what result, under which conditions, with what impact.
pub fn verify(environment: &str, result: VerificationResult, conditions: &str, impact: &str) -> Act {
    act(Command::Verify {
        facts: VerificationFacts {
            environment: environment.into(),
            result,
            conditions: conditions.into(),
            impact: impact.into(),
        },
    })
}

/// It happens as told.
pub fn reproduced(environment: &str, conditions: &str, impact: &str) -> Act {
    verify(environment, VerificationResult::Reproduced, conditions, impact)
}

/// The report is right.
pub fn confirm(text: &str) -> Act {
    act(Command::Confirm { text: text.into() })
}

/// It is not.
pub fn reject(text: &str) -> Act {
    act(Command::Reject { text: text.into() })
}

/// Rated by vectors.
pub fn rate(vectors: &[&str]) -> Act {
    act(Command::Rate {
        vectors: vectors.iter().map(|vector| (*vector).to_owned()).collect(),
        severity: None,
        level: None,
        why: String::new(),
    })
}

/// The weakness.
pub fn weakness(cwe: u32) -> Act {
    act(Command::SetWeakness { cwe })
}

/// The next steps were discussed.
pub fn discuss(text: &str) -> Act {
    act(Command::Discuss { text: text.into() })
}

/// A fix for a branch.
pub fn fix(branch: &str, version: &str) -> Act {
    act(Command::RecordFix {
        branch: branch.into(),
        kind: FixKind::Patch,
        version: Some(version.into()),
        url: None,
        details: String::new(),
    })
}

/// Another decision about a branch.
pub fn decide(branch: &str, kind: FixKind, details: &str) -> Act {
    act(Command::RecordFix { branch: branch.into(), kind, version: None, url: None, details: details.into() })
}

/// The audit for similar problems.
pub fn audit(looked: &str, found: &str) -> Act {
    act(Command::RecordAudit { looked: looked.into(), found: found.into() })
}

/// The draft of the advisory.
pub fn draft(draft: AdvisoryDraft) -> Act {
    act(Command::DraftAdvisory { draft: Box::new(draft) })
}

/// The first words of every advisory here.
pub const INVENTED: &str = "Invented for a demonstration; no real software has this flaw. ";

/// An advisory: title, summary, details, impact, and one affected product with its package, first affected and first
/// fixed version.
pub fn advisory(
    title: &str,
    summary: &str,
    details: &str,
    impact: &str,
    (product, purl): (&str, &str),
    ranges: &[(&str, &str)],
) -> AdvisoryDraft {
    AdvisoryDraft {
        title: title.into(),
        summary: format!("{INVENTED}{summary}"),
        details: details.into(),
        impact: impact.into(),
        products: ranges
            .iter()
            .map(|(introduced, fixed)| AffectedProduct {
                name: product.into(),
                purl: Some(purl.into()),
                introduced: (*introduced).into(),
                fixed: (*fixed).into(),
                ..AffectedProduct::default()
            })
            .collect(),
        ..AdvisoryDraft::default()
    }
}

/// The draft of this number is approved.
pub fn approve(revision: u32) -> Act {
    act(Command::ApproveAdvisory { revision })
}

/// The order to publish, with the fix.
pub fn publish() -> Act {
    act(Command::Publish { at: None })
}

/// A date before which nobody publishes.
pub fn embargo(until: Timestamp, text: &str) -> Act {
    act(Command::ProposeEmbargo { until, text: text.into() })
}

/// The reporter answers the date.
pub fn agree(agree: bool, text: &str) -> Act {
    act(Command::AnswerEmbargo { agree, text: text.into(), asked: None })
}

/// The reporter is asked about credit.
pub fn ask_credit() -> Act {
    act(Command::AskCredit)
}

/// The reporter wishes to be named.
pub fn named(name: &str, organisation: &str, link: &str) -> Act {
    act(Command::ChooseCredit {
        credit: Credit::Named {
            name: name.into(),
            organisation: organisation.into(),
            link: link.into(),
            about: String::new(),
        },
    })
}

/// The reporter wishes not to be named.
pub fn anonymous() -> Act {
    act(Command::ChooseCredit { credit: Credit::Anonymous })
}

/// A missed target gets a reason and a new date.
pub fn estimate(promise: &str, until: Timestamp, reason: &str) -> Act {
    act(Command::Estimate { promise: promise.into(), until, reason: reason.into() })
}

/// Anything else.
pub fn other(command: Command) -> Act {
    act(command)
}
