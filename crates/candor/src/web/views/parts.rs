//! What pages are made of: the shell around every page, fields, times, problems, links.

use super::fmt;
use askama::Template;
use askama::filters::HtmlSafe;
use candor_core::policy::IntakePause;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Display;

/// What every page carries around its own content.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Shell {
    /// The program the page belongs to, for header and navigation.
    pub program: Option<ProgramLink>,
    /// Who is signed in; only desk pages set it.
    pub member: Option<MemberLink>,
    /// Which entry of the navigation is the current page, like `queue` or `advisories`; empty for none.
    pub current: String,
    /// What is searched for on the desk; `None` where there is no search.
    pub search: Option<String>,
    /// Token that every form sends back; empty where there is none.
    pub csrf: String,
    /// Whether this is a demonstration with a throw-away store.
    pub demo: bool,
    /// What just happened, said once at the top of the page.
    pub notice: Option<Notice>,
}

/// A program in header and navigation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgramLink {
    /// Short name in addresses.
    pub slug: String,
    /// Name for people.
    pub name: String,
}

/// The member who is signed in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberLink {
    /// Name for people.
    pub name: String,
    /// Role in one word, like `coordinator`.
    pub role: String,
}

/// What just happened, in a sentence.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// A way on from here.
    pub link: Option<Link>,
}

impl Notice {
    /// What form and policy page say while a planned pause of intake holds: its dates, and the lane that stays open.
    pub fn paused(pause: &IntakePause, zone: &TimeZone) -> Self {
        let spell = pause
            .spell(zone)
            .ok()
            .map(|(from, until)| (TimeView::fixed(from, zone).absolute, TimeView::fixed(until, zone).absolute));
        let (from, until) = spell.unwrap_or_else(|| (pause.from.clone(), pause.until.clone()));
        let reason = pause.reason.trim();
        let stop = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
        Self {
            text: format!(
                "{reason}{stop} The intake is paused until {until}, since {from}. Reports come in all the same; the dates \
                 of what is promised count from the end. If it is being exploited already, tick that, or say so in your \
                 mail: such a report is taken up as ever."
            ),
            link: None,
        }
    }
}

/// A link with its words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// What a reader sees.
    pub text: String,
    /// Where it leads.
    pub href: String,
}

impl Link {
    /// A link with these words to this address.
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into() }
    }
}

/// A label and what stands beside it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// The label.
    pub label: String,
    /// What stands beside it; line breaks are kept.
    pub text: String,
}

impl Row {
    /// A row of this label and text.
    pub fn new(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self { label: label.into(), text: text.into() }
    }
}

/// Markup that was made safe before: only what a Markdown renderer without raw HTML, or a drawing of our own, gave.
#[derive(Debug, Clone, Default)]
pub struct SafeHtml(pub String);

impl Display for SafeHtml {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for SafeHtml {}

/// An instant, absolute with its zone and relative beside it.
#[derive(Debug, Clone, Default, Template, Serialize, Deserialize)]
#[serde(default)]
#[template(path = "parts/time.html")]
pub struct TimeView {
    /// For machines, like `2026-11-24T17:00:00Z`.
    pub iso: String,
    /// For people, like `Tue 24 Nov 2026, 17:00 UTC`.
    pub absolute: String,
    /// Distance from now, like `in 2 days`; empty where the page is kept for long.
    pub relative: String,
}

impl HtmlSafe for TimeView {}

impl TimeView {
    /// `at` in `zone`, with its distance from `now`.
    pub fn new(at: Timestamp, zone: &TimeZone, now: Timestamp) -> Self {
        Self { relative: fmt::relative(at, now), ..Self::fixed(at, zone) }
    }

    /// The same instant, seen from another `now`.
    pub fn seen_at(&mut self, now: Timestamp) {
        if let Ok(at) = self.iso.parse::<Timestamp>()
            && !self.relative.is_empty()
        {
            self.relative = fmt::relative(at, now);
        }
    }

    /// `at` in `zone` without a distance, for pages that are kept as files.
    pub fn fixed(at: Timestamp, zone: &TimeZone) -> Self {
        let civil = at.to_zoned(zone.clone());
        Self {
            iso: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            absolute: civil.strftime("%a %-d %b %Y, %H:%M %Z").to_string(),
            relative: String::new(),
        }
    }
}

/// A severity as a word, with its score where one was computed.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/severity.html")]
pub struct SeverityView {
    /// The word, like `High` or `Not rated`.
    pub word: String,
    /// Class name of the band: `none low medium high critical unrated`.
    pub band: String,
    /// The score, like `8.1`.
    pub score: Option<String>,
}

impl HtmlSafe for SeverityView {}

impl Default for SeverityView {
    fn default() -> Self {
        Self::new(None, None)
    }
}

impl SeverityView {
    /// The words for a rating; `None` when nobody has rated yet.
    pub fn new(severity: Option<candor_formats::cvss::Severity>, score: Option<String>) -> Self {
        Self {
            word: severity.map_or("Not rated", fmt::severity).to_string(),
            band: fmt::severity_class(severity).to_string(),
            score,
        }
    }

    /// In the program's own word, where it has one.
    pub fn named(self, word: Option<String>) -> Self {
        Self { word: word.unwrap_or(self.word), ..self }
    }
}

/// The state of a case as a word.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "parts/state.html")]
pub struct StateView {
    /// The word.
    pub word: String,
    /// Class name: `new triage confirmed fixed published closed`.
    pub name: String,
}

impl HtmlSafe for StateView {}

impl StateView {
    /// The word for a state.
    pub fn new(state: candor_core::case::State) -> Self {
        Self { word: fmt::state(state).to_string(), name: state.name().to_string() }
    }
}

/// One promise and how it stands; the reporter's list and the desk's clocks are made of these.
#[derive(Debug, Clone, Default, Template, Serialize, Deserialize)]
#[serde(default)]
#[template(path = "parts/clock.html")]
pub struct ClockView {
    /// What is promised, like `First answer by a member of the team`.
    pub what: String,
    /// `commitment` or `target`.
    pub kind: String,
    /// Class name: `running paused kept late broken ended`.
    pub status: String,
    /// The status as a word, like `Kept` or `Broken`.
    pub status_word: String,
    /// The instant that matters: due, kept at, broken since.
    pub when: TimeView,
    /// What the instant is, like `due`, `kept`, `would be due`.
    pub when_is: String,
    /// Why it is paused, who was told of a breach, the new estimate; empty for none.
    pub note: String,
    /// Why this date, step by step.
    pub why: Vec<String>,
}

impl HtmlSafe for ClockView {}

/// Something that has to be mended on the page, with a link to where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Problem {
    /// Id of the field, without `#`; empty when it belongs to none.
    pub field: String,
    /// What is wrong and what to do.
    pub text: String,
}

/// The problems of `groups`' fields, in the order of the page.
pub fn problems(groups: &[Group]) -> Vec<Problem> {
    let fields = groups.iter().flat_map(|group| &group.fields);
    fields
        .filter_map(|field| {
            let text = field.error.clone()?;
            Some(Problem { field: field.target(), text })
        })
        .collect()
}

/// Fields under one heading.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    /// Anchor of the group.
    pub id: String,
    /// The heading; empty for none.
    pub title: String,
    /// A sentence under it; empty for none.
    pub lead: String,
    /// The fields.
    pub fields: Vec<Field>,
    /// Whether the fields stand in columns, as the metrics of a rating do.
    pub columns: bool,
    /// Whether it is folded until somebody opens it.
    pub folded: bool,
}

impl Group {
    /// A group of this heading.
    pub fn new(id: impl Into<String>, title: impl Into<String>, fields: Vec<Field>) -> Self {
        Self { id: id.into(), title: title.into(), fields, ..Self::default() }
    }

    /// With a sentence under the heading.
    pub fn lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = lead.into();
        self
    }

    /// With its fields in columns.
    pub fn columns(mut self) -> Self {
        self.columns = true;
        self
    }

    /// Folded until somebody opens it; a group with a problem or an answer is open all the same.
    pub fn folded(mut self) -> Self {
        self.folded = true;
        self
    }

    /// Whether the fold starts open.
    pub fn is_open(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some() || !field.value.is_empty())
    }
}

/// One question of a form: label, hint, what was answered, what is wrong with it.
#[derive(Debug, Clone, Default, Template, Serialize, Deserialize)]
#[serde(default)]
#[template(path = "parts/field.html")]
pub struct Field {
    /// Name under which it is sent, and its id.
    pub name: String,
    /// The question.
    pub label: String,
    /// Beside the label, like `optional`; empty for none.
    pub note: String,
    /// Help under the label; empty for none.
    pub hint: String,
    /// What is wrong and what to do.
    pub error: Option<String>,
    /// What was answered; the chosen value, or `on` for a ticked box.
    pub value: String,
    /// Its shape.
    pub control: Control,
    /// Value of the `autocomplete` attribute; empty for none.
    pub autocomplete: String,
    /// Whether the form cannot be sent without it.
    pub required: bool,
    /// Further answers offered while typing in a line of text.
    pub suggestions: Vec<String>,
    /// For a line of text: narrow, for a version, a code or a number.
    pub narrow: bool,
    /// What members said of it and nobody has settled.
    pub remarks: Vec<Remark>,
}

impl HtmlSafe for Field {}

/// What a member said of a part of a form, with a button that settles it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Remark {
    /// Who.
    pub who: String,
    /// When.
    pub at: TimeView,
    /// What it is about.
    pub about: String,
    /// The words.
    pub text: String,
    /// Value of the button `do` that settles it; empty where the reader may not.
    pub settle: String,
}

/// The shape of an answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub enum Control {
    /// One line; the value is the `type` attribute: `text email url password date datetime-local`.
    #[default]
    Line,
    /// One line of another type.
    Typed(Cow<'static, str>),
    /// Digits, typed on a number pad.
    Digits,
    /// Several lines; how many are shown.
    Area(u8),
    /// One of a list.
    Select(Vec<Choice>),
    /// One of a few, all in sight.
    Radio(Vec<Choice>),
    /// Any of a few; the chosen ones are marked in the choices.
    Checks(Vec<Choice>),
    /// Yes or no; the label stands beside the box.
    Check,
    /// Files; the sentence says how many and how large.
    Files(String),
    /// Not shown; sent back as it came.
    Hidden,
}

/// One answer to choose.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What a reader sees.
    pub label: String,
    /// Help under it; empty for none.
    pub hint: String,
    /// For several answers: whether it is chosen.
    pub chosen: bool,
}

impl Choice {
    /// A choice of this value and label.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }

    /// With help under it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Chosen or not, where several answers are possible.
    pub fn chosen(mut self, chosen: bool) -> Self {
        self.chosen = chosen;
        self
    }
}

impl Field {
    /// A question of this shape.
    pub fn new(name: impl Into<String>, label: impl Into<String>, control: Control) -> Self {
        Self { name: name.into(), label: label.into(), control, ..Self::default() }
    }

    /// One line of text.
    pub fn line(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(name, label, Control::Line)
    }

    /// Several lines of text.
    pub fn area(name: impl Into<String>, label: impl Into<String>, rows: u8) -> Self {
        Self::new(name, label, Control::Area(rows))
    }

    /// Sent back as it came.
    pub fn hidden(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(name, "", Control::Hidden).value(value)
    }

    /// As a line of this `type`, like `email` or `password`.
    pub fn typed(mut self, kind: &'static str) -> Self {
        self.control = Control::Typed(kind.into());
        self
    }

    /// As several lines.
    pub fn rows(mut self, rows: u8) -> Self {
        self.control = Control::Area(rows);
        self
    }

    /// With help under the label.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// With a note beside the label, like `optional`.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// With what was answered.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// With what is wrong.
    pub fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    /// With a value for the browser's memory.
    pub fn autocomplete(mut self, autocomplete: impl Into<String>) -> Self {
        self.autocomplete = autocomplete.into();
        self
    }

    /// The form cannot be sent without it.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// With answers offered while typing.
    pub fn suggestions(mut self, suggestions: Vec<String>) -> Self {
        self.suggestions = suggestions;
        self
    }

    /// Narrow, for short answers.
    pub fn narrow(mut self) -> Self {
        self.narrow = true;
        self
    }

    /// Id of the element a problem links to.
    pub fn target(&self) -> String {
        match &self.control {
            Control::Radio(_) | Control::Checks(_) => format!("{}-0", self.name),
            _ => self.name.clone(),
        }
    }

    /// Ids of what describes it, for `aria-describedby`; empty for none.
    pub fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if !self.hint.is_empty() || matches!(self.control, Control::Files(_)) {
            ids.push(format!("{}-hint", self.name));
        }
        if self.error.is_some() {
            ids.push(format!("{}-problem", self.name));
        }
        ids.join(" ")
    }

    /// The `type` attribute of a line.
    pub fn input_type(&self) -> &str {
        match &self.control {
            Control::Typed(kind) => kind,
            _ => "text",
        }
    }
}

/// A file beside a message.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FileView {
    /// Its name.
    pub name: String,
    /// Its size in words, like `14 kB`.
    pub size: String,
    /// Where it is fetched; always sent as a download.
    pub href: String,
    /// Beside it, like `only the team sees this`; empty for none.
    pub note: String,
    /// Where it is shown as what it is, opened if that can be; empty where it cannot be of OpenPGP.
    pub opened: String,
    /// Where it is shown as text, list or picture; empty where that is not offered.
    pub preview: String,
}

/// Something that can be done, as a link to its form.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// What it does, like `Confirm the report`.
    pub label: String,
    /// Where its form is.
    pub href: String,
    /// A few words on when it is right; empty for none.
    pub hint: String,
}

/// Older and newer pages of a list.
#[derive(Debug, Clone, Default)]
pub struct Paging {
    /// In words, like `1 to 50 of 312`.
    pub words: String,
    /// The page before, if any.
    pub previous: Option<String>,
    /// The page after, if any.
    pub next: Option<String>,
}

/// How the reporter is named, or is not: the part of a form that both the report and the reporter's page carry.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Credit {
    /// What was chosen so far, in a sentence.
    pub chosen: String,
    /// Whether the team asked and waits for the answer.
    pub asked: bool,
    /// The fields.
    pub group: Group,
}
