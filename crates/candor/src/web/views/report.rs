//! Pages for the person who reports: the form, the receipt, the page behind the receipt.

use super::parts::{ClockView, Credit, FileView, Group, Link, Problem, Row, Shell, TimeView};
use askama::Template;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `/{program}/report`: one page that reads like a conversation. Shown again with every answer when something
/// has to be mended (status 422).
#[derive(Debug, Clone, Default, Template)]
#[template(path = "report/form.html")]
pub struct ReportForm {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// Where the form is sent.
    pub action: String,
    /// Drawn for each fresh form, so that a double send files one report.
    pub once: String,
    /// What the policy says first; empty for none.
    pub introduction: String,
    /// A challenge that takes the place of the wait while the form is flooded, and the script that solves it.
    pub work: Option<(String, String)>,
    /// The questions.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// The promises a report filed now would start, with real dates.
    pub promises: Vec<PromisedDate>,
    /// Who reads it: names or roles.
    pub readers: Vec<String>,
    /// What to leave out, or not to do.
    pub leave_out: Vec<String>,
    /// Other ways to report.
    pub other_ways: Vec<Link>,
    /// What the policy says that may concern the answers so far; asked for with the button that sends nothing yet.
    pub hints: Option<Vec<HintView>>,
    /// What the policy asks for besides and is missing, beside the hints.
    pub missing: Vec<String>,
}

/// Something the policy says that may concern a report.
#[derive(Debug, Clone, Default)]
pub struct HintView {
    /// In words.
    pub text: String,
    /// The clause; empty for none.
    pub clause: String,
    /// Where to go instead.
    pub to: Option<Link>,
}

/// A promise with the date it would have.
#[derive(Debug, Clone, Default)]
pub struct PromisedDate {
    /// What is promised, like `First answer by a member of the team`.
    pub what: String,
    /// `commitment` or `target`.
    pub kind: String,
    /// Until when.
    pub due: TimeView,
}

/// `/{program}/report/sealed`: where a message is handed in that only members of the team can open.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "report/sealed.html")]
pub struct SealedForm {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// Where the form is sent.
    pub action: String,
    /// Drawn for each fresh form.
    pub once: String,
    /// Fingerprints of the team's certificates in groups of four; empty when there are none to seal to.
    pub fingerprints: Vec<String>,
    /// The certificates as text.
    pub certificates: String,
    /// The command that seals and sends, for a terminal.
    pub command: String,
    /// Addresses of the scripts that encrypt in the browser, each with the hash that it must have.
    pub scripts: [(String, &'static str); 2],
    /// The questions.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// Other ways to report.
    pub other_ways: Vec<Link>,
}

/// Shown once, right after a report was filed.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "report/receipt.html")]
pub struct ReceiptPage {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// The receipt in groups of four or five signs.
    pub groups: Vec<String>,
    /// When the report was put on disk.
    pub received: TimeView,
    /// The promises that run now.
    pub promises: Vec<PromisedDate>,
    /// Whether the team has an address to answer to.
    pub has_address: bool,
    /// The number of files that came with it.
    pub files: u64,
    /// What the policy would like to have had besides; empty when the report is complete.
    pub missing: Vec<String>,
    /// What the policy says that may concern it.
    pub hints: Vec<String>,
}

impl ReceiptPage {
    /// The receipt as it is typed: groups joined by dashes.
    pub fn receipt(&self) -> String {
        self.groups.join("-")
    }

    /// How many files came with it, in words.
    pub fn file_words(&self) -> String {
        super::fmt::count(self.files, "file", "files")
    }

    /// The groups with a word for each sign.
    pub fn spelled(&self) -> Vec<(&str, String)> {
        self.groups.iter().map(|group| (group.as_str(), super::fmt::spell(group))).collect()
    }
}

/// `/receipt`: where a receipt is entered.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "report/enter.html")]
pub struct EnterReceipt {
    /// Around the page.
    pub shell: Shell,
    /// What was typed.
    pub value: String,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}

impl EnterReceipt {
    /// The one field of the page.
    pub fn field(&self) -> super::Field {
        let error = self.problems.first().map(|problem| problem.text.clone());
        super::Field::line("receipt", "Your receipt")
            .hint("Capitals, spaces and dashes make no difference.")
            .value(self.value.clone())
            .error(error)
    }
}

/// The reporter's own page, behind the receipt.
#[derive(Debug, Clone, Default, Template, Serialize, Deserialize)]
#[serde(default)]
#[template(path = "report/own.html")]
pub struct ReporterPage {
    /// Around the page; `program` is set.
    pub shell: Shell,
    /// When this page was made, so that nobody agrees to what was proposed after it.
    pub made: String,
    /// Address of this page; forms are sent below it: `/write /nudge /credit /embargo /withdraw`.
    pub base: String,
    /// Title of the report as the reporter gave it.
    pub title: String,
    /// Public name of the case, like `7K3M9-QXT4B`.
    pub case: String,
    /// Where it stands, in a sentence.
    pub status: String,
    /// What happens next, in a sentence; empty for none.
    pub next: String,
    /// The signed proof that the team had an earlier report of it, as a file to keep; empty for none.
    pub earlier: String,
    /// Whether the team waits for an answer of the reporter.
    pub awaited: bool,
    /// When it was received.
    pub received: TimeView,
    /// The promises, how each stands.
    pub promises: Vec<ClockView>,
    /// What was noticed about the report's evidence and what would help, in sentences.
    pub helps: Vec<String>,
    /// What was said, oldest first.
    pub dialogue: Vec<Message>,
    /// What the report said.
    pub report: Vec<Row>,
    /// The files of the report itself.
    pub files: Vec<FileView>,
    /// Text of an answer that has to be mended.
    pub draft: String,
    /// What has to be mended; field ids `text`, `files`, `credit-…`, `embargo-text`.
    pub problems: Vec<Problem>,
    /// How many files, how large.
    pub file_limit: String,
    /// Drawn for each fresh form.
    pub once: String,
    /// Whether the reporter can still write.
    pub can_write: bool,
    /// Whom a nudge turns to, and what happened to the last one; `None` when there is nobody to nudge.
    pub nudge: Option<Nudge>,
    /// How letters are encrypted, where any are written.
    pub key: Option<KeyChoice>,
    /// The credit wish, where it can be chosen.
    pub credit: Option<Credit>,
    /// A proposed date that waits for an answer, or an agreed one.
    pub embargo: Option<EmbargoView>,
    /// A text about the closed report that waits for the reporter's yes.
    pub summary: Option<SummaryAsk>,
    /// Whether the report can be taken back.
    pub can_withdraw: bool,
    /// A text for the project's public issues that waits for the reporter's yes.
    pub issue: Option<SummaryAsk>,
    /// What the team asks to be tried, when it asks whether the fix holds.
    pub retest: Option<String>,
    /// Whether it can be asked that another member look at the verdict again.
    pub can_appeal: bool,
    /// Since when such a wish waits for an answer.
    pub appeal: Option<TimeView>,
    /// The public advisory, once there is one.
    pub advisory: Option<Link>,
    /// How the message forms are encoded: true where files can be sent.
    pub takes_files: bool,
}

impl ReporterPage {
    /// The same page, with every distance of time seen from `now`.
    pub fn seen_at(&mut self, now: Timestamp) {
        let times = self.promises.iter_mut().map(|promise| &mut promise.when);
        let times = times.chain(self.dialogue.iter_mut().map(|message| &mut message.at));
        let times = times.chain([&mut self.received]).chain(&mut self.appeal);
        let times = times.chain(self.nudge.iter_mut().filter_map(|nudge| nudge.last.as_mut()));
        let times = times.chain(self.embargo.iter_mut().map(|embargo| &mut embargo.until));
        times.for_each(|time| time.seen_at(now));
    }
}

/// How letters to the reporter are encrypted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyChoice {
    /// How it stands, in a sentence.
    pub words: String,
    /// The key's fingerprint in groups of four; empty without one.
    pub fingerprint: String,
    /// Whether a key was given.
    pub given: bool,
}

/// Whom a nudge turns to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Nudge {
    /// In words, like `the secondary coordinator`.
    pub to: String,
    /// Address the reporter may write to as well; empty for none.
    pub address: String,
    /// When the last one was sent.
    pub last: Option<TimeView>,
    /// Why it cannot be sent now; empty when it can.
    pub not_now: String,
}

/// A date before which nobody publishes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EmbargoView {
    /// The date.
    pub until: TimeView,
    /// `proposed`, `agreed` or `declined`.
    pub state: String,
    /// Who proposed it and when, in words.
    pub words: String,
    /// What was written with it; empty for none.
    pub text: String,
    /// Whether the reporter's answer is awaited.
    pub asks: bool,
}

/// A text about the closed report that waits for the reporter's yes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SummaryAsk {
    /// Heading.
    pub title: String,
    /// The text, as everybody would read it.
    pub text: String,
}

/// One message of the dialogue, or a step the reporter is told of.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// When.
    pub at: TimeView,
    /// Who, like `You` or `The security team`.
    pub who: String,
    /// What it is, like `wrote`, `asked`, `confirmed the report`.
    pub did: String,
    /// Class name: `mine theirs step`.
    pub side: String,
    /// The text; line breaks are kept; empty for a step.
    pub text: String,
    /// Files with it.
    pub files: Vec<FileView>,
}

/// A page between the wish and the act, for what cannot be undone.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "report/check.html")]
pub struct ReporterCheck {
    /// Around the page.
    pub shell: Shell,
    /// What is about to happen, as a question.
    pub title: String,
    /// What will be so afterwards.
    pub consequences: Vec<String>,
    /// Where the form is sent.
    pub action: String,
    /// Fields, such as a reason.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// The button, like `Withdraw the report`.
    pub submit: String,
    /// The way back.
    pub back: String,
}
