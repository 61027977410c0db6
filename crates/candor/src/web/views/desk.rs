//! Pages of the desk that are not about one case: the queue, filing for somebody else, settings, figures, letters.

use super::parts::{Group, Link, Paging, Problem, Row, SafeHtml, SeverityView, Shell, StateView, TimeView};
use crate::accounts::invite::Invitation;
use askama::Template;

/// `/desk`: what needs a person now, by due date.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/queue.html")]
pub struct Queue {
    /// Around the page.
    pub shell: Shell,
    /// The heading, like `Needs a person now`.
    pub title: String,
    /// What Candor found wrong with itself, above all else.
    pub alerts: Vec<Link>,
    /// Groups of filters, each link with its count.
    pub filters: Vec<FilterGroup>,
    /// One row per case.
    pub rows: Vec<QueueRow>,
    /// Older and newer rows.
    pub paging: Paging,
    /// What the list would show and what to do next, when there is no row.
    pub empty: String,
    /// A way on when there is no row.
    pub empty_link: Option<Link>,
}

/// Filters of one kind.
#[derive(Debug, Clone, Default)]
pub struct FilterGroup {
    /// Its heading, like `State`.
    pub label: String,
    /// The filters.
    pub links: Vec<FilterLink>,
}

/// One filter.
#[derive(Debug, Clone, Default)]
pub struct FilterLink {
    /// Its name.
    pub text: String,
    /// How many cases it shows; `None` where counting is not offered.
    pub count: Option<u64>,
    /// Where it leads.
    pub href: String,
    /// Whether it is in force.
    pub current: bool,
}

/// One case in the queue.
#[derive(Debug, Clone, Default)]
pub struct QueueRow {
    /// Public name, like `7K3M9-QXT4B`.
    pub id: String,
    /// Where the case page is.
    pub href: String,
    /// Title, opened for those who may.
    pub title: String,
    /// Program, product and component, as far as known.
    pub product: String,
    /// Severity.
    pub severity: SeverityView,
    /// State.
    pub state: StateView,
    /// The next clock: what is due and how it stands; `None` when none runs.
    pub clock: Option<QueueClock>,
    /// Who holds it; empty for nobody.
    pub holder: String,
    /// A few words that stand out, like `the reporter wrote`; empty for none.
    pub flag: String,
    /// How many others have the same text, in words, and where all of them are listed.
    pub fold: Option<Link>,
    /// The cases it is linked with, as a search.
    pub related: Option<Link>,
    /// Whether its box is ticked when the page is opened.
    pub ticked: bool,
}

/// The next clock of a case in one line.
#[derive(Debug, Clone, Default)]
pub struct QueueClock {
    /// What is due, like `First answer`.
    pub what: String,
    /// Class name: `running soon paused broken`.
    pub status: String,
    /// The status as a word, like `Due`, `Broken`, `Paused`.
    pub status_word: String,
    /// When.
    pub due: TimeView,
}

/// `/desk/report`: filing what came by telephone, letter or chat. Any form of the desk that stands alone uses it.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/form.html")]
pub struct DeskForm {
    /// Around the page.
    pub shell: Shell,
    /// The heading.
    pub title: String,
    /// A sentence under it; empty for none.
    pub lead: String,
    /// Where the form is sent.
    pub action: String,
    /// Drawn for each fresh form; empty for none.
    pub once: String,
    /// The questions.
    pub groups: Vec<Group>,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// The button.
    pub submit: String,
    /// The way back.
    pub back: String,
    /// Whether files can be sent.
    pub takes_files: bool,
    /// Another way.
    pub otherwise: Option<Link>,
}

/// `/desk/settings`: programs, members, tokens, sessions, letters on their way.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/settings.html")]
pub struct Settings {
    /// Around the page.
    pub shell: Shell,
    /// Programs in service.
    pub programs: Vec<ProgramRow>,
    /// People of the team.
    pub members: Vec<MemberRow>,
    /// Tokens for the API.
    pub tokens: Vec<TokenRow>,
    /// Own sessions.
    pub sessions: Vec<SessionRow>,
    /// Own passkeys.
    pub passkeys: Vec<PasskeyRow>,
    /// Own accounts elsewhere.
    pub linked: Vec<super::oidc::LinkedRow>,
    /// Services where an account can be linked: name for people, and short name.
    pub services: Vec<Link>,
    /// What waits to be sent.
    pub outbox: Option<OutboxView>,
    /// Whether the member gets what can wait in one letter a day.
    pub daily: bool,
    /// Fingerprint of the key with which the member signs mail.
    pub openpgp: Option<String>,
    /// Whether the member may invite, disable and make tokens for all.
    pub may_manage: bool,
    /// Link and code of a fresh invitation, shown once.
    pub invitation: Option<Invitation>,
    /// A fresh token, shown once.
    pub fresh_token: Option<String>,
    /// Fields for inviting a member.
    pub invite: Group,
    /// Fields for a new token.
    pub token: Group,
    /// Where to prove the second factor first; the forms that ask for it are not shown then.
    pub confirm: Option<Link>,
    /// Recovery codes left, in words.
    pub recovery_left: String,
    /// What has to be mended.
    pub problems: Vec<Problem>,
}

/// A passkey of one's own.
#[derive(Debug, Clone, Default)]
pub struct PasskeyRow {
    /// Name in addresses of the settings' forms.
    pub id: String,
    /// Which browser made it.
    pub label: String,
    /// Since when.
    pub since: TimeView,
    /// Last use.
    pub last_used: Option<TimeView>,
}

/// A program in service.
#[derive(Debug, Clone, Default)]
pub struct ProgramRow {
    /// Name for people.
    pub name: String,
    /// Short name.
    pub slug: String,
    /// Version of the policy in force.
    pub version: u32,
    /// Since when.
    pub since: TimeView,
    /// Open cases under it.
    pub open: u64,
}

/// A person of the team.
#[derive(Debug, Clone, Default)]
pub struct MemberRow {
    /// Name in addresses of the settings' forms.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Address for mail.
    pub email: String,
    /// Roles in words, like `coordinator in minio`.
    pub roles: String,
    /// Where the account stands, like `active`, `invited`, `disabled`.
    pub state: String,
    /// Whether it can be disabled by the one who looks.
    pub can_disable: bool,
    /// Whether it can be let in again by the one who looks.
    pub can_enable: bool,
    /// Whether password and authenticator can be reset by the one who looks.
    pub can_reset: bool,
}

/// A token for the API.
#[derive(Debug, Clone, Default)]
pub struct TokenRow {
    /// Name in the address of the form.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// What it may do, in words.
    pub may: String,
    /// When it was last used.
    pub last_used: Option<TimeView>,
}

/// A signed-in browser.
#[derive(Debug, Clone, Default)]
pub struct SessionRow {
    /// Name in the address of the form.
    pub id: String,
    /// The browser in words.
    pub browser: String,
    /// Since when.
    pub since: TimeView,
    /// Whether it is the one that looks.
    pub this: bool,
}

/// What waits to be sent.
#[derive(Debug, Clone, Default)]
pub struct OutboxView {
    /// How many wait.
    pub waiting: u64,
    /// How many failed and will be tried again.
    pub retrying: u64,
    /// How many were given up; they need a person.
    pub given_up: u64,
    /// When the oldest waiting one was made.
    pub oldest: Option<TimeView>,
    /// How letters leave, in words, like `SMTP over TLS to mail.example.org` or `kept as files in a folder`.
    pub way: String,
    /// The ones given up, the oldest first.
    pub failed: Vec<FailedRow>,
}

/// A letter that was given up.
#[derive(Debug, Clone, Default)]
pub struct FailedRow {
    /// Name in the address of the form.
    pub id: String,
    /// What kind of letter, in words.
    pub what: String,
    /// When it was made.
    pub since: TimeView,
    /// Why the last attempt failed.
    pub why: String,
    /// Its case, where the one who looks may see it.
    pub case: Option<Link>,
    /// Whether the one who looks may have it tried again.
    pub can_retry: bool,
}

/// `/desk/metrics`: the record of promises kept. The policy page may show the same chart.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/metrics.html")]
pub struct Metrics {
    /// Around the page.
    pub shell: Shell,
    /// The span of time in words.
    pub span: String,
    /// One line per promise.
    pub rows: Vec<KeptRow>,
    /// Filters, such as programs.
    pub filters: Vec<FilterGroup>,
    /// Further figures.
    pub figures: Vec<Row>,
}

/// How often one promise was kept.
#[derive(Debug, Clone, Default)]
pub struct KeptRow {
    /// Program and promise.
    pub what: String,
    /// `commitment` or `target`.
    pub kind: String,
    /// Kept in time.
    pub kept: u64,
    /// Kept, but late.
    pub late: u64,
    /// Broken and still open.
    pub broken: u64,
    /// Running or paused now.
    pub running: u64,
    /// Half of them were kept within this time, in words; empty when unknown.
    pub median: String,
}

impl KeptRow {
    /// How many are decided.
    pub fn decided(&self) -> u64 {
        self.kept + self.late + self.broken
    }

    /// Share kept in time in words, like `96 %`.
    pub fn share(&self) -> String {
        match self.decided() {
            0 => "none decided".into(),
            all => format!("{} %", (self.kept * 100 + all / 2) / all),
        }
    }

    /// The bar: kept, late and broken as widths of 300 units, then where each begins.
    pub fn bar(&self) -> SafeHtml {
        let all = self.decided().max(1);
        let (kept, late) = (self.kept * 300 / all, self.late * 300 / all);
        // What rounding leaves goes to the last kind that is there, so that no kind is drawn that did not happen.
        let broken = if self.broken > 0 { 300 - kept - late } else { 0 };
        let late = if self.broken == 0 && self.late > 0 { 300 - kept } else { late };
        let mut svg = String::from(
            r#"<svg class="bar" viewBox="0 0 300 12" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="bar-rest" width="300" height="12"/>"#,
        );
        for (class, x, width) in [("kept", 0, kept), ("late", kept, late), ("broken", kept + late, broken)] {
            if width > 0 {
                svg += &format!(r#"<rect class="bar-{class}" x="{x}" width="{width}" height="12"/>"#);
            }
        }
        SafeHtml(svg + "</svg>")
    }
}

/// The letters of the demonstration, or one of them.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "desk/mail.html")]
pub struct DemoMail {
    /// Around the page.
    pub shell: Shell,
    /// All letters, newest first.
    pub letters: Vec<LetterRow>,
    /// The one that is open.
    pub open: Option<Letter>,
    /// Older and newer ones.
    pub paging: Paging,
}

/// A letter in the list.
#[derive(Debug, Clone, Default)]
pub struct LetterRow {
    /// Where it is shown.
    pub href: String,
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// When it was sent.
    pub at: TimeView,
    /// Whether it is the one that is open.
    pub current: bool,
}

/// One letter.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// Head lines worth reading.
    pub head: Vec<Row>,
    /// Its text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_draws_no_breach_that_did_not_happen() {
        let row = KeptRow { kept: 46, late: 2, ..KeptRow::default() };
        let bar = row.bar().0;
        assert!(bar.contains(r#"class="bar-late" x="287" width="13""#), "{bar}");
        assert!(!bar.contains("bar-broken"), "{bar}");
        assert_eq!(row.share(), "96 %");
    }

    #[test]
    fn a_promise_that_nothing_decided_yet_has_an_empty_bar() {
        let row = KeptRow { running: 3, ..KeptRow::default() };
        assert!(!row.bar().0.contains("bar-kept"));
        assert_eq!(row.share(), "none decided");
    }
}
