//! What each letter says: what happened, what is expected of the reader, by when. No title, no text and no name of
//! a case is at hand here, so none can slip in.

use askama::Template;
use candor_core::case::State;
use candor_core::event::{Event, Outcome};
use candor_core::id::CaseId;
use candor_core::notices::NoticeKind;
use candor_core::policy::{Policy, PromiseKind};
use candor_core::promises::{Clock, Status};
use candor_core::schedule;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What may be said about a case in a letter.
#[derive(Debug)]
pub struct Matter<'a> {
    /// Name of the case.
    pub case: &'a CaseId,
    /// The policy it runs under.
    pub policy: &'a Policy,
    /// Its clocks.
    pub clocks: Vec<Clock>,
    /// What the letter is about.
    pub about: About,
    /// Address of Candor, without a slash at the end.
    pub base_url: &'a str,
    /// Public id of the advisory, once published.
    pub advisory: Option<String>,
    /// When the letter was asked for.
    pub at: Timestamp,
    /// Since when an answer of the reporter is awaited.
    pub waiting_since: Option<Timestamp>,
    /// When the case is closed if the reporter stays silent.
    pub closes: Option<Timestamp>,
    /// Whether it is a drill.
    pub drill: bool,
    /// What there is to say to a reporter who came by mail.
    pub by_mail: Option<&'a ByMail>,
    /// The team's words, where the operator lets them leave in letters.
    pub said: Option<&'a str>,
    /// The step of the publication's schedule that the letter is about: what is done, when, and whether it is done.
    pub step: Option<(String, Option<Timestamp>, bool)>,
}

/// What letters to a reporter who came by mail can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByMail {
    /// The receipt that opens their page.
    pub receipt: String,
    /// The secret address that leads to the case.
    pub reply_to: Option<String>,
    /// The secret in the ids of letters.
    pub thread: String,
    /// What the policy asks for and the report lacks.
    pub missing: Vec<String>,
    /// What the policy says that may concern it, in the policy's words.
    pub hints: Vec<String>,
    /// Where something public can be read that may answer it.
    pub public: Vec<String>,
    /// Where the case stands.
    pub state: State,
    /// Whether they wish to be named; `None` while they have not said.
    pub credit: Option<bool>,
}

/// What of the event a letter may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A bell of this promise rang, in this run.
    Promise {
        /// Its name.
        name: String,
        /// Which run of it.
        cycle: u32,
    },
    /// These promised dates moved: promise and run.
    Dates(Vec<(String, u32)>),
    /// A fix was recorded.
    Fix,
    /// The report was acknowledged or answered.
    Message,
    /// The report was confirmed.
    Confirmed,
    /// The case ended without an advisory.
    Dismissed {
        /// The clause of the policy that it rests on.
        clause: Option<String>,
    },
    /// It was decided when, or whether, it is mended.
    Plan,
    /// A date was proposed, or answered.
    Embargo,
    /// An agreed date was given up.
    EmbargoBroken,
    /// A missed target has a new date.
    Estimate,
    /// The reporter is asked how they wish to be credited.
    Credit,
    /// The reporter took the report back.
    Withdrawn,
    /// The reporter asked for another look at the verdict.
    Appeal,
    /// The reporter tried the fix.
    Retest,
    /// The case was closed, because the reporter did not answer.
    Silence,
    /// The reporter chose how to be credited.
    Chosen,
    /// The reporter asked for news.
    Nudged,
    /// Somebody else may have written to the reporter's secret address.
    Unverified,
    /// A broken condition was put on record, or that record taken back.
    Condition,
    /// A text about the closed report is proposed, public or answered.
    Summary,
    /// A bell of the publication's schedule rang.
    Step {
        /// Name of the step.
        name: String,
    },
    /// Anything else.
    Other,
}

impl About {
    /// What of this event a letter may know.
    pub fn of(event: &Event) -> Self {
        match event {
            Event::BellRung { bell, .. } if schedule::is_bell(bell) => {
                Self::Step { name: schedule::step_of(bell).unwrap_or_default().to_owned() }
            }
            Event::BreachRecorded { .. } | Event::BreachCleared { .. } => Self::Condition,
            Event::SummaryProposed { .. } | Event::SummaryPublished { .. } | Event::SummaryDeclined { .. } => {
                Self::Summary
            }
            Event::BellRung { bell, .. } => Self::Promise { name: bell.promise.clone(), cycle: bell.cycle },
            Event::DatesMoved { dates } => {
                Self::Dates(dates.iter().map(|date| (date.promise.clone(), date.cycle)).collect())
            }
            Event::FixRecorded { .. } => Self::Fix,
            Event::Acknowledged { .. }
            | Event::Answered { .. }
            | Event::AppealAnswered { .. }
            | Event::MergedInto { .. }
            | Event::Separated { .. }
            | Event::PartNews { .. } => Self::Message,
            Event::Appealed { .. } => Self::Appeal,
            Event::Retested { .. } => Self::Retest,
            Event::Confirmed { .. } => Self::Confirmed,
            Event::Dismissed { outcome, .. } => Self::Dismissed {
                clause: match outcome {
                    Outcome::OutOfScope { clause, .. } | Outcome::NotAVulnerability { clause } => Some(clause.clone()),
                    Outcome::Redirected { clause, .. } | Outcome::Accepted { clause } => clause.clone(),
                    _ => None,
                },
            },
            Event::Decided { .. } => Self::Plan,
            Event::EmbargoBroken { .. } => Self::EmbargoBroken,
            Event::EmbargoProposed { .. } | Event::EmbargoAgreed { .. } | Event::EmbargoDeclined { .. } => {
                Self::Embargo
            }
            Event::Estimated { .. } => Self::Estimate,
            Event::CreditAsked => Self::Credit,
            Event::Withdrawn { .. } => Self::Withdrawn,
            Event::ClosedForSilence { .. } => Self::Silence,
            Event::CreditChosen { .. } => Self::Chosen,
            Event::Nudged { .. } => Self::Nudged,
            Event::MailUnverified { .. } => Self::Unverified,
            _ => Self::Other,
        }
    }
}

/// A letter in words. The plain text is the letter; the HTML says the same.
#[derive(Debug, Clone, Template)]
#[template(path = "letters/letter.txt")]
pub struct Words {
    /// Subject line.
    pub subject: String,
    /// The first sentence: what happened.
    pub lead: String,
    /// Further paragraphs.
    pub body: Vec<String>,
    /// What the dates are.
    pub dates_title: &'static str,
    /// Dates that matter.
    pub dates: Vec<DateLine>,
    /// What is expected of the reader, and by when.
    pub expected: String,
    /// Where to go.
    pub link: Option<Link>,
    /// Why the reader gets this letter.
    pub why: String,
    /// What becomes of an answer to it.
    pub answers: String,
}

/// What becomes of answers to letters that take none.
pub(super) const NO_ANSWERS: &str = "Answers to it are not read.";

/// The same letter as HTML.
#[derive(Debug, Template)]
#[template(path = "letters/letter.html")]
struct Page<'a> {
    subject: &'a str,
    lead: &'a str,
    body: &'a [String],
    dates_title: &'static str,
    dates: &'a [DateLine],
    expected: &'a str,
    link: &'a Option<Link>,
    why: &'a str,
    answers: &'a str,
}

impl Words {
    /// The letter as HTML.
    ///
    /// # Errors
    /// When the template fails, which it cannot on these parts.
    pub fn html(&self) -> askama::Result<String> {
        Page {
            subject: &self.subject,
            lead: &self.lead,
            body: &self.body,
            dates_title: self.dates_title,
            dates: &self.dates,
            expected: &self.expected,
            link: &self.link,
            why: &self.why,
            answers: &self.answers,
        }
        .render()
    }
}

/// A promise with its date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateLine {
    /// What is promised.
    pub what: String,
    /// By when.
    pub when: String,
    /// Commitment or target; paused, or missed.
    pub note: String,
}

/// Where to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What is there.
    pub label: &'static str,
    /// Address.
    pub url: String,
}

impl Matter<'_> {
    fn zone(&self) -> TimeZone {
        self.policy.calendar().map_or(TimeZone::UTC, |calendar| calendar.zone().clone())
    }

    fn long(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone()).strftime("%a %-d %b %Y, %H:%M %Z").to_string()
    }

    fn short(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone()).strftime("%a %-d %b, %H:%M %Z").to_string()
    }

    /// Name of the program on one line.
    fn program(&self) -> String {
        super::address::display_name(&self.policy.program.name)
    }

    fn running(&self) -> Vec<DateLine> {
        self.clocks.iter().filter_map(|clock| self.date_line(clock)).collect()
    }

    /// What is promised to the reporter, and no duty towards others.
    fn to_be_told(&self) -> Vec<DateLine> {
        let own = self.clocks.iter().filter(|clock| clock.is_to_reporter());
        own.filter_map(|clock| self.date_line(clock)).collect()
    }

    fn date_line(&self, clock: &Clock) -> Option<DateLine> {
        let kind = match clock.kind {
            PromiseKind::Commitment => "promised",
            PromiseKind::Target => "aimed at",
        };
        let (when, note) = match &clock.status {
            Status::Running => (format!("by {}", self.long(clock.due)), kind.to_owned()),
            Status::Paused { since } => {
                let held = clock.pauses.iter().find(|(from, _, _)| from == since);
                let until = match held.and_then(|(_, to, _)| *to) {
                    Some(to) => format!("the intake is paused until {}", self.long(to)),
                    None => "stands still until the question is answered".into(),
                };
                (format!("by {}", self.long(clock.due)), format!("{kind}; {until}"))
            }
            Status::Broken { since } => (format!("was due {}", self.long(*since)), format!("{kind}; not kept")),
            _ => return None,
        };
        Some(DateLine { what: sentence(&clock.what), when, note })
    }

    /// The next date the team has to keep.
    fn next(&self) -> Option<&Clock> {
        self.clocks
            .iter()
            .filter(|clock| matches!(clock.status, Status::Running | Status::Broken { .. }))
            .min_by_key(|clock| clock.due)
    }

    /// Whether there is nothing left to do for a clock.
    fn is_done(&self, clock: &Clock) -> bool {
        matches!(clock.status, Status::Kept { .. } | Status::KeptLate { .. } | Status::Ended { .. })
    }

    /// The clock a bell belongs to.
    fn promised(&self) -> Option<&Clock> {
        let About::Promise { name, cycle } = &self.about else { return None };
        self.clocks.iter().find(|clock| clock.promise == *name && clock.cycle == *cycle)
    }

    /// The clocks whose dates moved.
    fn moved(&self) -> impl Iterator<Item = &Clock> {
        let dates = match &self.about {
            About::Dates(dates) => dates.as_slice(),
            _ => &[],
        };
        let of = |clock: &&Clock| dates.iter().any(|(name, cycle)| clock.promise == *name && clock.cycle == *cycle);
        self.clocks.iter().filter(of)
    }

    /// How a wait for the reporter ends by itself.
    fn wait_ends(&self) -> Option<Timestamp> {
        candor_core::promises::wait_limit(self.policy, self.waiting_since?)
    }

    /// Public address of the team.
    fn team(&self) -> Option<&str> {
        let public = self.policy.contacts.iter().find(|contact| contact.public).map(|contact| contact.email.as_str());
        self.policy.channels.email.as_deref().or(public)
    }

    fn receipt_page(&self) -> Link {
        Link { label: "Your page, opened with the receipt you were shown", url: format!("{}/receipt", self.base_url) }
    }

    fn desk_page(&self) -> Link {
        Link { label: "The case", url: format!("{}/desk/cases/{}", self.base_url, self.case) }
    }

    fn advisory_page(&self) -> Option<Link> {
        let id = self.advisory.as_ref()?;
        Some(Link {
            label: "The advisory",
            url: format!("{}/{}/advisories/{id}", self.base_url, self.policy.program.slug),
        })
    }

    /// What the letter of this kind says.
    pub fn words(&self, kind: NoticeKind) -> Words {
        match kind {
            NoticeKind::Received
            | NoticeKind::News
            | NoticeKind::NewDate
            | NoticeKind::Question
            | NoticeKind::Reminder
            | NoticeKind::Published
            | NoticeKind::Status
            | NoticeKind::MailDone
            | NoticeKind::MailRefused => match self.by_mail {
                Some(by_mail) => self.by_mail(by_mail, self.to_reporter(kind), kind),
                None => self.to_reporter(kind),
            },
            NoticeKind::KeyAsked | NoticeKind::KeyChanged => self.to_reporter(kind),
            _ => {
                let mut words = self.to_team(kind);
                if self.drill {
                    words.subject = format!("Drill: {}", words.subject);
                    words.body.insert(0, "This is a drill. Nothing of it concerns anybody outside the team.".into());
                }
                words
            }
        }
    }

    fn to_reporter(&self, kind: NoticeKind) -> Words {
        let program = self.program();
        let mut words = Words {
            subject: format!("[{program}] News about your report"),
            lead: String::new(),
            body: Vec::new(),
            dates_title: "What is promised to you:",
            dates: self.to_be_told(),
            expected: "nothing.".into(),
            link: Some(self.receipt_page()),
            why: format!("You get this because your address was given with a report to {program}, case {}.", self.case),
            answers: NO_ANSWERS.into(),
        };
        match kind {
            NoticeKind::Received => {
                words.subject = format!("[{program}] Your report arrived");
                words.lead = format!("A security report was filed with {program}, and this address was given with it.");
                words.body = vec![
                    format!("The case is {}. Only the team reads it.", self.case),
                    "When it was sent, a receipt was shown once. With it you open your page, read answers, write and \
                     send files. The receipt is not in this letter and cannot be sent again."
                        .into(),
                    match self.team() {
                        Some(team) => format!(
                            "If it was not you who filed it, someone mistook or misused your address. Write to {team} and name \
                             the case, and you will get no more letters about it."
                        ),
                        None => {
                            "If it was not you who filed it, someone mistook or misused your address. You need not do \
                                 anything; further letters about this report only say that there is news."
                                .into()
                        }
                    },
                ];
                words.expected = "keep the receipt. Nothing else for now; we write when there is news.".into();
            }
            NoticeKind::KeyAsked => {
                words.subject = format!("[{program}] Your OpenPGP key");
                words.lead = format!(
                    "There is a letter of {program} for you, and it cannot be encrypted to the OpenPGP key you gave: the \
                     key has expired, was revoked, or cannot be read."
                );
                words.body = vec![
                    "The letter waits. It is not sent in the clear. Give a key that can be used on your page, or choose \
                     letters that are not encrypted; what waits is sent then."
                        .into(),
                ];
                words.expected = "open your page with your receipt and give another key.".into();
                words.dates = Vec::new();
            }
            NoticeKind::KeyChanged => {
                words.subject = format!("[{program}] The key for letters was changed");
                words.lead = format!(
                    "The OpenPGP key that {program} encrypts letters to you with was changed, or taken away, for case {}.",
                    self.case
                );
                words.body = vec![match self.team() {
                    Some(team) => format!(
                        "Your page shows which key it is now. If it was not you, somebody has your receipt: write to {team}."
                    ),
                    None => "Your page shows which key it is now.".into(),
                }];
                words.expected = "nothing, if it was you.".into();
                words.dates = Vec::new();
            }
            NoticeKind::Question => {
                words.subject = format!("[{program}] A question about your report");
                words.lead = format!("The team of {program} has a question about your report (case {}).", self.case);
                words.body = vec![
                    "The question is on your page. It is not in this letter, because mail can be read on its way."
                        .into(),
                ];
                let waits = self.policy.promises.iter().any(|promise| promise.waits_for_reporter);
                words.expected = match self.wait_ends() {
                    Some(until) => format!(
                        "an answer on your page, by {}. Until then some of the dates above stand still; after it they run on without it.",
                        self.long(until)
                    ),
                    None if !waits => "an answer on your page when you can. The dates above run on meanwhile.".into(),
                    None => {
                        "an answer on your page when you can. Dates that depend on it stand still until then.".into()
                    }
                };
            }
            NoticeKind::Reminder => {
                words.subject = format!("[{program}] A question about your report still waits for you");
                words.lead =
                    format!("The team of {program} asked you something about your report (case {}).", self.case);
                words.body = vec!["The question is on your page. No answer has come yet.".into()];
                words.expected = match self.closes {
                    Some(at) => format!(
                        "an answer on your page, by {}. Without one the case is closed then; a later message opens it again.",
                        self.long(at)
                    ),
                    None => "nothing any more; the question is answered.".into(),
                };
            }
            NoticeKind::NewDate => {
                let moved = self.moved().filter(|clock| clock.is_to_reporter()).count();
                let what = if moved == 1 { "A date" } else { "Dates" };
                words.subject = format!("[{program}] {what} promised to you moved");
                words.lead =
                    format!("{what} promised to you with your report to {program} (case {}) moved.", self.case);
                words.body = vec!["Your page says why, step by step, for each date.".into()];
                words.dates_title = "What is promised to you now:";
            }
            NoticeKind::Published => {
                words.subject = format!("[{program}] The advisory is public");
                words.lead = format!("The advisory about your report (case {}) is public.", self.case);
                words.body = vec![
                    "You are free to publish your own account now. Thank you for reporting in private first.".into(),
                ];
                words.dates = Vec::new();
                words.expected =
                    "nothing. If something in the advisory is wrong, say so on your page and it will be corrected."
                        .into();
                words.link = self.advisory_page().or(words.link);
            }
            _ => {
                words.lead = format!("{} (case {}).", self.news(), self.case);
                words.body =
                    vec!["It is on your page. It is not in this letter, because mail can be read on its way.".into()];
                words.body.extend(self.cited());
                words.expected = match self.about {
                    About::Credit => {
                        "say on your page how you wish to be named, or that you do not, before the advisory goes out. Without a word \
                         from you the policy's rule decides."
                            .into()
                    }
                    About::Summary => {
                        "read the text on your page. Where the policy asks you, nothing is published without your yes.".into()
                    }
                    About::Condition => "read it on your page, and answer there if it is not so.".into(),
                    About::EmbargoBroken => "read on your page why, and what happens now.".into(),
                    About::Embargo => "agree to the date or propose another, on your page, within a few days.".into(),
                    About::Silence => "nothing. If you write a message on your page, the case is open again.".into(),
                    _ => "nothing, unless you want to answer; then write on your page.".into(),
                };
            }
        }
        words
    }

    /// The letter as a reporter gets it who came by mail: it can be answered, and it carries what else they need.
    fn by_mail(&self, by_mail: &ByMail, mut words: Words, kind: NoticeKind) -> Words {
        let program = self.program();
        let answers = by_mail.reply_to.is_some();
        let page = "your page (the receipt in our first letter opens it)";
        match kind {
            NoticeKind::Received => {
                words.lead = format!("{program} received a mail from this address as a security report.");
                let asked = by_mail.missing.join("; ");
                words.body[1] = format!(
                    "Your receipt is {}. It opens your page, where you read answers, write and send files. Keep it; it is not \
                     sent again.",
                    by_mail.receipt
                );
                if !by_mail.missing.is_empty() {
                    words.body.push(format!(
                        "What would help, if you know it: {asked}. Without it the answer may take longer."
                    ));
                }
                if !by_mail.hints.is_empty() {
                    let said = by_mail.hints.join(" ");
                    words.body.push(format!("What the policy says that may concern it; a person decides: {said}"));
                }
                if !by_mail.public.is_empty() {
                    let places = by_mail.public.join(" ");
                    words.body.push(format!(
                        "Something public may answer it already: {places} If it does not, write what is new; a person reads it."
                    ));
                }
                words.expected = "keep the receipt. Nothing else for now; we write when there is news.".into();
            }
            NoticeKind::Status => {
                words.subject = format!("[{program}] Where your report stands");
                words.lead =
                    format!("You asked where your report stands (case {}): {}.", self.case, state(by_mail.state));
                words.body = vec![match by_mail.credit {
                    Some(true) => "You wish to be named; the words you gave are on record.".into(),
                    Some(false) => "You wish not to be named.".into(),
                    None => "You have not said yet how you wish to be credited.".to_owned(),
                }];
                words.expected = "nothing.".into();
            }
            NoticeKind::MailDone => {
                words.subject = format!("[{program}] Done as you asked");
                words.lead = match (&self.about, by_mail.credit) {
                    (About::Nudged, _) => {
                        format!("You asked for news of your report (case {}), and we told the team.", self.case)
                    }
                    (About::Withdrawn, _) => format!("Your report (case {}) is taken back.", self.case),
                    (_, Some(false)) => format!("You will not be named (case {}).", self.case),
                    (_, _) => format!("How you wish to be named is on record (case {}).", self.case),
                };
                words.body =
                    vec![format!("If it was not you who asked, say so: answer this letter, or write on {page}.")];
                words.expected = "nothing.".into();
            }
            NoticeKind::MailRefused => {
                words.subject = format!("[{program}] Not done");
                words.lead = format!("What your mail asked for could not be done (case {}).", self.case);
                words.body = vec![
                    "You can ask for news once a day, take a report back while it is open, and be credited by a name or an \
                     organisation of up to 500 letters. Nothing was changed."
                        .into(),
                ];
                words.expected = "nothing.".into();
            }
            NoticeKind::News | NoticeKind::Question => {
                if let Some(said) = self.said {
                    words.body = vec!["They wrote:".into()];
                    words
                        .body
                        .extend(said.split("\n\n").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()));
                    words.body.extend(self.cited());
                }
                if answers {
                    words.expected =
                        words.expected.replace("an answer on your page", "an answer to this letter or on your page");
                    if self.about == About::Credit {
                        words.expected =
                            "answer with `credit as` and your name as the first line, or with `anonymous`, before the \
                                          advisory goes out. Without a word from you the policy's rule decides."
                                .into();
                    }
                }
            }
            _ => {}
        }
        if answers {
            words.answers = "You can answer it: what you write goes to the team, and the address it goes to is yours alone. \
                             With one of these as the first line you are answered at once: status, nudge, credit as NAME, \
                             anonymous, withdraw."
                .into();
        }
        words
    }

    /// The clause of the policy that a verdict rests on: public words, and none of the case.
    fn cited(&self) -> Option<String> {
        let About::Dismissed { clause: Some(clause) } = &self.about else { return None };
        let cited = self.policy.clause(clause)?;
        let parts = [cited.what, cited.more, cited.to.unwrap_or_default()];
        let words = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Some(format!("The decision rests on this of the policy, {clause}: {words}"))
    }

    fn news(&self) -> String {
        let program = self.program();
        match self.about {
            About::Message => format!("The team of {program} wrote to you about your report"),
            About::Confirmed => format!("The team of {program} decided about your report"),
            About::Dismissed { .. } => format!("The team of {program} decided about your report"),
            About::Plan => format!("The team of {program} decided when your report is dealt with"),
            About::Fix => format!("There is news about a fix in {program}"),
            About::Embargo => format!("The team of {program} proposes a date for your report"),
            About::EmbargoBroken => format!("The agreed date for your report to {program} no longer stands"),
            About::Silence => {
                format!("Your report to {program} was closed, because no answer to the team's question came")
            }
            About::Estimate => format!("The team of {program} has a new estimate for your report"),
            About::Condition => format!("The team of {program} wrote about the conditions of your report"),
            About::Summary => format!("The team of {program} wrote a public text about your report"),
            About::Credit => format!("The team of {program} asks how you wish to be credited"),
            _ => format!("There is news about your report to {program}"),
        }
    }

    fn to_team(&self, kind: NoticeKind) -> Words {
        let program = self.program();
        let case = self.case;
        let by_next = |what: &str| match self.next() {
            Some(clock) => format!("{what} Next due: {}, {}.", clock.what, self.long(clock.due)),
            None => format!("{what} No date is running."),
        };
        let mut words = Words {
            subject: String::new(),
            lead: String::new(),
            body: Vec::new(),
            dates_title: "What is promised in this case:",
            dates: self.running(),
            expected: String::new(),
            link: Some(self.desk_page()),
            why: format!("You get this because the policy of {program} names you for it, or you hold the case."),
            answers: NO_ANSWERS.into(),
        };
        let subject = |text: String| one_line(&format!("[{program}] Case {case}: {text}"));
        match kind {
            NoticeKind::NewReport => {
                words.subject = subject(match self.next() {
                    Some(clock) => format!("new report, {} due {}", brief(clock), self.short(clock.due)),
                    None => "new report".into(),
                });
                words.lead = format!("A new report came in for {program}: case {case}.");
                words.expected = by_next("read it, answer the reporter and give the case to somebody.");
            }
            NoticeKind::ReporterWrote => {
                let what = match self.about {
                    About::Withdrawn => "took the report back",
                    About::Retest => "tried the fix",
                    About::Appeal => "asked that somebody else look at the verdict again",
                    About::Embargo => "answered the proposed date",
                    About::Summary => "answered the proposed text",
                    _ => "wrote",
                };
                words.subject = subject(format!("the reporter {what}"));
                words.lead = format!("The reporter of case {case} {what}.");
                if self.about == About::Unverified {
                    words.subject = subject("a mail that may not be the reporter's".into());
                    words.lead = format!(
                        "A mail came for case {case} that is not known to be its reporter's. Only the team sees it. Further ones within the hour are not told."
                    );
                }
                words.expected = by_next("read it and answer if it asks for one.");
            }
            NoticeKind::Nudge => {
                words.subject = subject("the reporter asks for news".into());
                words.lead = format!("The reporter of case {case} asks for news, and the policy names you next.");
                words.expected = by_next("make sure that somebody answers, today if you can.");
            }
            NoticeKind::Warning => match self.promised() {
                Some(clock) if self.is_done(clock) => {
                    words.subject = subject(format!("{} is done", brief(clock)));
                    words.lead = format!("In case {case}, this was about to fall due and is done: {}.", clock.what);
                    words.expected = "nothing any more.".into();
                }
                Some(clock) if matches!(clock.status, Status::Broken { .. }) => {
                    words.subject = subject(format!("{} was due {}", brief(clock), self.short(clock.due)));
                    words.lead = format!(
                        "In case {case}, {} was due {}. This warning comes late.",
                        clock.what,
                        self.long(clock.due)
                    );
                    words.expected = "see to it now.".into();
                }
                Some(clock) => {
                    words.subject = subject(format!("{} due {}", brief(clock), self.short(clock.due)));
                    words.lead = format!("In case {case}, {} falls due {}.", clock.what, self.long(clock.due));
                    words.expected = format!("see to it that it is kept by {}.", self.long(clock.due));
                }
                None => {
                    words.subject = subject("a promise falls due".into());
                    words.lead = format!("A promise of case {case} falls due soon.");
                    words.expected = by_next("see to it that it is kept.");
                }
            },
            NoticeKind::Breach => match self.promised() {
                Some(clock) => {
                    words.subject = subject(format!("not kept: {} was due {}", brief(clock), self.short(clock.due)));
                    words.lead =
                        format!("In case {case}, {} was due {} and was not kept.", clock.what, self.long(clock.due));
                    words.expected = match clock.kind {
                        _ if self.is_done(clock) => "nothing any more; it was done late.".into(),
                        PromiseKind::Commitment => "see to it now; the reporter sees that it was not kept.".into(),
                        PromiseKind::Target => {
                            "see to it now, or give the reporter a reason and a new date; they see that it was missed."
                                .into()
                        }
                    };
                }
                None => {
                    words.subject = subject("a promise was not kept".into());
                    words.lead = format!("A promise of case {case} fell due and is not on record.");
                    words.expected = by_next("see to it now.");
                }
            },
            NoticeKind::DateMoved => {
                let mut moved: Vec<String> =
                    self.moved().map(|clock| format!("{}: {}", clock.what, self.long(clock.due))).collect();
                if self.about == About::Estimate {
                    words.subject = subject("a missed target has a new date".into());
                    words.lead = format!(
                        "In case {case}, a target was missed of which you were told; the reporter has a reason and a new date."
                    );
                } else {
                    words.subject = subject("a date of which you were told has moved".into());
                    words.lead = format!("In case {case}, a date of which you were told has moved.");
                    words.body.append(&mut moved);
                }
                words.expected = by_next("see to it that the new date is kept.");
                words.why =
                    format!("You get this because you were told of the date before, as the policy of {program} asks.");
            }
            NoticeKind::Assigned => {
                words.subject = subject("it is yours now".into());
                words.lead = format!("Case {case} of {program} was given to you.");
                words.expected = by_next("take it up.");
                words.why = "You get this because the case was given to you.".into();
            }
            NoticeKind::Mention => {
                words.subject = subject("a note names you".into());
                words.lead = format!("A note of the team on case {case} of {program} names you.");
                words.expected = "read it, and answer with a note of your own.".into();
                words.why =
                    "You get this because a colleague named you in a note. What it says stands on the case.".into();
            }
            NoticeKind::TeamPublished => {
                words.subject = subject(match &self.advisory {
                    Some(id) => format!("advisory {id} is public"),
                    None => "the advisory is public".into(),
                });
                words.lead = format!("The advisory of case {case} is public.");
                words.expected =
                    "look at the public page once, today, and pass it on where your policy says so.".into();
                words.dates = Vec::new();
                words.link = self.advisory_page().or(words.link);
            }
            NoticeKind::Held => {
                words.subject = subject("the publication is held".into());
                words.lead = format!("The advisory of case {case} was to go out and is held.");
                words.body =
                    vec!["The reason stands in the history of the case. Nothing goes out by itself now.".into()];
                words.expected = by_next("look at what is missing, mend it, and order the publication again.");
                words.why = format!("You get this because you hold the case or are the first contact of {program}.");
            }
            NoticeKind::Step => {
                let (what, due, done) = self.step.clone().unwrap_or_default();
                let when = due.map(|due| format!(" It is due {}.", self.long(due))).unwrap_or_default();
                let is_past = due.is_some_and(|due| due < self.at);
                words.subject = subject(match (done, is_past) {
                    (true, _) => "a step of the publication is done".into(),
                    (_, true) => "a step of the publication is late".into(),
                    _ => "a step of the publication is due".into(),
                });
                words.lead = if done {
                    format!("A step of the publication of case {case} is done: {what}.")
                } else {
                    format!("The publication of case {case} has a step for a person: {what}.{when}")
                };
                words.expected =
                    if done { "nothing any more.".into() } else { "do it, and tick it off on the case.".into() };
                words.why = format!("You get this because the schedule in the policy of {program} names you for it.");
            }
            NoticeKind::People
            | NoticeKind::PartyInvited
            | NoticeKind::PartyNews
            | NoticeKind::PartyWrote
            | NoticeKind::Glass
            | NoticeKind::Reading => super::people::fill(kind, &mut words, &program, case, self.base_url),
            // Letters to reporters and to recipients outside are written elsewhere.
            NoticeKind::Received
            | NoticeKind::News
            | NoticeKind::NewDate
            | NoticeKind::Question
            | NoticeKind::Reminder
            | NoticeKind::Published
            | NoticeKind::Status
            | NoticeKind::MailDone
            | NoticeKind::MailRefused
            | NoticeKind::KeyAsked
            | NoticeKind::KeyChanged
            | NoticeKind::Advance
            | NoticeKind::Announcement => {}
        }
        words
    }
}

/// Where a case stands, for its reporter.
fn state(state: State) -> &'static str {
    match state {
        State::New => "it arrived, and nobody of the team has answered yet",
        State::Triage => "it is being looked into",
        State::Confirmed => "it is confirmed, and a fix is being made",
        State::Fixed => "it is fixed, and the advisory is to come",
        State::Published => "the advisory is public",
        State::Closed => "it is closed",
    }
}

/// A promise in few words for a subject line.
fn brief(clock: &Clock) -> String {
    if clock.what.chars().count() <= 60 { clock.what.clone() } else { clock.promise.clone() }
}

/// The text with a capital letter at its beginning.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// A text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
