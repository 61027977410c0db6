//! The policy in people's words: sections that the web page, SECURITY.md and the plain HTML print alike.
//!
//! A target is never worded as a commitment, and what the file does not say is not said here either.

use super::{
    CalendarRules, Clause, ClosedReports, CreditDefault, CreditField, DependencyScope, Gate, MayOverride, Moment, Need,
    OnBreach, Policy, Promise, PromiseKind, PublishOn, RANKS, ScannerRule, SeverityRules, Share, Step, Unit,
    VersionRule, Weekday, levels,
};
use crate::intake::label;

/// A part of the policy under its heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Anchor, stable: `promises`.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What stands under it.
    pub blocks: Vec<Block>,
}

/// One block of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Line),
    /// A list without order.
    List(Vec<Line>),
    /// A list in order.
    Steps(Vec<Line>),
    /// A table.
    Table(Table),
}

/// A table; every row has as many cells as the head.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it shows.
    pub caption: &'static str,
    /// Headings of its columns; the first column names the row.
    pub head: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<Line>>,
}

/// Text with links in it.
pub type Line = Vec<Piece>;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Plain text; may hold any character.
    Text(String),
    /// A link.
    Link {
        /// What a reader sees.
        text: String,
        /// Where it leads: `https:`, `http:`, `mailto:`, or a path of this site.
        url: String,
    },
}

/// The policy section by section. `base_url` is the address of the site that serves its form, without a slash at the end;
/// empty for links within the site, `None` when no site serves it.
pub fn document(policy: &Policy, base_url: Option<&str>) -> Vec<Section> {
    let mut sections = vec![
        section("report", "How to report", report(policy, base_url)),
        section("scope", "What is covered", scope(policy)),
        section("versions", "Supported versions", versions(policy)),
        section("questions", "What helps us", questions(policy)),
        section("promises", "What you can expect", promises(policy)),
        section("contacts", "Whom to turn to", contacts(policy)),
        section("process", "How a report is handled", process(policy)),
        section("disclosure", "Disclosure", disclosure(policy)),
        section("credit", "Credit", credit(policy)),
        section("dependencies", "Dependencies", dependencies(policy)),
        section("more", "More", more(policy)),
    ];
    sections.retain(|section| !section.blocks.is_empty());
    sections
}

fn section(id: &'static str, title: &'static str, blocks: Vec<Block>) -> Section {
    Section { id, title, blocks }
}

/// A line of plain words; whole web addresses in it become links.
pub fn line(text: &str) -> Line {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    for part in text.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        let url = word.trim_end_matches(['.', ',', ';', ':', ')', '!', '?']);
        if (url.starts_with("https://") || url.starts_with("http://")) && url.len() > 8 {
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Link { text: url.to_owned(), url: url.to_owned() });
            plain.push_str(&part[url.len()..]);
        } else {
            plain.push_str(part);
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

fn paragraph(blocks: &mut Vec<Block>, text: &str) {
    if !text.trim().is_empty() {
        blocks.push(Block::Paragraph(line(text.trim())));
    }
}

fn list(blocks: &mut Vec<Block>, lines: Vec<Line>) {
    if !lines.is_empty() {
        blocks.push(Block::List(lines));
    }
}

fn text(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}

fn link(text: &str, url: impl Into<String>) -> Piece {
    Piece::Link { text: text.to_owned(), url: url.into() }
}

fn mail(address: &str) -> Piece {
    link(address, format!("mailto:{address}"))
}

fn report(policy: &Policy, base_url: Option<&str>) -> Vec<Block> {
    let mut blocks = Vec::new();
    paragraph(&mut blocks, &policy.program.summary);
    let channels = &policy.channels;
    let mut ways = Vec::new();
    if let (true, Some(base)) = (channels.form, base_url) {
        let form = format!("{base}/{}/report", policy.program.slug);
        ways.push(vec![text("Use the "), link("private form", form), text("; it needs no account.")]);
    }
    if let Some(email) = &channels.email {
        ways.push(vec![text("Write to "), mail(email), text(".")]);
    }
    if let Some(portal) = &channels.portal {
        ways.push(vec![text("Use "), link(&portal.text, portal.url.as_str()), text(".")]);
    }
    for other in &channels.also {
        ways.push(vec![text("Use "), link(&other.text, other.url.as_str()), text(".")]);
    }
    list(&mut blocks, ways);
    for never in &channels.never {
        paragraph(&mut blocks, never);
    }
    blocks
}

fn scope(policy: &Policy) -> Vec<Block> {
    let scope = &policy.scope;
    let mut blocks = Vec::new();
    paragraph(&mut blocks, &scope.statement);
    if !scope.products.is_empty() {
        let components = scope.products.iter().any(|product| !product.components.is_empty());
        let repositories = scope.products.iter().any(|product| !product.repositories.is_empty());
        let mut head = vec!["Product"];
        head.extend(components.then_some("Components"));
        head.extend(repositories.then_some("Repositories"));
        let rows = scope.products.iter().map(|product| {
            let mut row = vec![line(&product.name)];
            row.extend(components.then(|| line(&product.components.join(", "))));
            row.extend(repositories.then(|| line(&product.repositories.join(", "))));
            row
        });
        blocks.push(Block::Table(Table { caption: "Products", head, rows: rows.collect() }));
    }
    match scope.dependencies {
        DependencyScope::None => {}
        DependencyScope::Direct => paragraph(&mut blocks, "Direct dependencies are covered as well."),
        DependencyScope::All => paragraph(&mut blocks, "Direct and indirect dependencies are covered as well."),
    }
    if scope.internal_reports {
        paragraph(&mut blocks, "Reports by the project's own people are handled in the same way as all others.");
    }
    let out = policy.out_clauses();
    if !out.is_empty() {
        paragraph(&mut blocks, "Not covered:");
        blocks.push(Block::List(out.iter().map(clause_line).collect()));
    }
    let covered: Vec<Line> =
        scope.kinds.iter().filter(|kind| kind.covered).map(|kind| line(kind.what.trim())).collect();
    if !covered.is_empty() {
        paragraph(&mut blocks, "Covered in any case:");
        blocks.push(Block::List(covered));
    }
    let known = policy.known_clauses();
    if !known.is_empty() {
        paragraph(&mut blocks, "Known, and no vulnerability here; a verdict cites the number:");
        blocks.push(Block::List(
            known
                .iter()
                .map(|clause| {
                    let mut words = vec![text(format!("{}: ", clause.name))];
                    words.extend(clause_line(clause));
                    words
                })
                .collect(),
        ));
    }
    if !scope.unsure.trim().is_empty() {
        paragraph(&mut blocks, &format!("Not sure? {}", scope.unsure.trim()));
    }
    blocks
}

/// A clause with its reason or where to go, and the address where it is not named there.
fn clause_line(clause: &Clause) -> Line {
    let mut words = clause.what.trim().to_owned();
    if !clause.more.trim().is_empty() {
        words = format!("{words} {}", clause.more.trim());
    }
    let mut pieces = line(&words);
    if let Some(to) = clause.to.as_deref().filter(|to| !words.contains(*to)) {
        pieces.push(text(" "));
        pieces.push(if to.contains("://") { link(to, to) } else { mail(to) });
    }
    pieces
}

fn versions(policy: &Policy) -> Vec<Block> {
    let versions = &policy.versions;
    let mut blocks = Vec::new();
    match (versions.rule, versions.statement.is_empty()) {
        (VersionRule::Latest, true) => paragraph(&mut blocks, "Only the latest release gets security fixes."),
        _ => paragraph(&mut blocks, &versions.statement),
    }
    if let Some(latest) = &versions.latest {
        paragraph(&mut blocks, &format!("The latest release is {latest}."));
    }
    if !versions.supported.is_empty() {
        let rows = versions.supported.iter().map(|version| {
            let until = version
                .until
                .map_or_else(|| "no end date yet".to_owned(), |date| date.strftime("%-d %B %Y").to_string());
            vec![line(&version.branch), line(&until)]
        });
        blocks.push(Block::Table(Table {
            caption: "Supported versions",
            head: vec!["Version", "Security fixes until"],
            rows: rows.collect(),
        }));
    }
    blocks
}

fn questions(policy: &Policy) -> Vec<Block> {
    let report = &policy.report;
    let mut blocks = Vec::new();
    paragraph(&mut blocks, &report.introduction);
    let asked = report.asks.iter().map(|ask| (label(ask.field), ask.hint.as_deref().unwrap_or_default(), ask.wanted));
    let own =
        report.questions.iter().map(|question| (question.label.as_str(), question.hint.as_str(), question.wanted));
    let lines: Vec<Line> = asked
        .chain(own)
        .map(|(label, hint, wanted)| {
            let mut words = label.to_owned();
            if wanted {
                words += " (most needed)";
            }
            if !hint.is_empty() {
                words = format!("{words}{} {hint}", if words.ends_with('?') { "" } else { ":" });
            }
            line(&words)
        })
        .collect();
    if !lines.is_empty() {
        blocks.push(Block::List(lines));
        paragraph(&mut blocks, "A report that lacks some of this is taken in all the same.");
    }
    if report.scanner == ScannerRule::VerifiedOnly {
        paragraph(
            &mut blocks,
            "The output of a scanner alone is no report: somebody has to make sure that the problem is really there, and to say how they did.",
        );
    }
    if !report.languages.is_empty() {
        let names: Vec<String> = report.languages.iter().map(|tag| language(tag)).collect();
        paragraph(&mut blocks, &format!("The team reads {}.", and(&names)));
    }
    blocks
}

/// A language by its English name, where it is a common one.
fn language(tag: &str) -> String {
    match tag.split('-').next().unwrap_or_default() {
        "en" => "English",
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        "it" => "Italian",
        "pt" => "Portuguese",
        "nl" => "Dutch",
        "nb" | "no" => "Norwegian",
        "sv" => "Swedish",
        "da" => "Danish",
        "pl" => "Polish",
        "ja" => "Japanese",
        "zh" => "Chinese",
        "ko" => "Korean",
        _ => tag,
    }
    .to_owned()
}

fn promises(policy: &Policy) -> Vec<Block> {
    let mut blocks = Vec::new();
    if policy.promises.iter().any(Promise::is_to_reporter) {
        blocks.push(Block::Table(Table {
            caption: "Promises",
            head: vec!["What", "When", "How firm"],
            rows: policy
                .promises
                .iter()
                .filter(|promise| promise.is_to_reporter())
                .map(|promise| {
                    vec![
                        line(&capital(&promise.what)),
                        line(&when(promise, &policy.severity)),
                        line(firmness(promise.kind)),
                    ]
                })
                .collect(),
        }));
    }
    if policy.promises.iter().any(|promise| promise.is_to_reporter() && promise.kind == PromiseKind::Target) {
        paragraph(
            &mut blocks,
            "What we aim at is no commitment. When we miss such a date, we tell you the reason and a new estimate.",
        );
    }
    let own = || policy.promises.iter().filter(|promise| promise.is_to_reporter());
    let units_of = |promise: &Promise| -> Vec<Unit> {
        promise.within_by_severity.values().chain([&promise.within]).map(|length| length.unit).collect()
    };
    let counts = |units: &[Unit]| own().any(|promise| units_of(promise).iter().any(|unit| units.contains(unit)));
    let counts_by = |calendar: Option<&str>| {
        let by = own().filter(|promise| promise.calendar.as_deref() == calendar);
        by.into_iter()
            .any(|promise| units_of(promise).iter().any(|unit| matches!(unit, Unit::WorkingDays | Unit::WorkingHours)))
    };
    let working = counts(&[Unit::WorkingDays, Unit::WorkingHours]);
    if counts_by(None) {
        paragraph(&mut blocks, &working_days(&policy.calendar, "Working days are"));
    }
    for rules in policy.calendars.iter().filter(|rules| counts_by(Some(&rules.name))) {
        let of = own().filter(|promise| promise.calendar.as_deref() == Some(&rules.name));
        let names: Vec<String> = of.map(|promise| promise.what.clone()).collect();
        paragraph(&mut blocks, &working_days(rules, &format!("For {}, working days are", and(&names))));
    }
    if counts(&[Unit::Days, Unit::Weeks, Unit::Months]) {
        let days = if working { "Other days" } else { "Days" };
        let zone = &policy.calendar.time_zone;
        paragraph(
            &mut blocks,
            &format!("{days} are days of the calendar, week-ends included, in the time zone {zone}."),
        );
    }
    if let Some(rule) = &policy.silence {
        let mut words =
            format!("If we ask you something and hear nothing for {}, we close the case.", rule.close_after);
        if !rule.remind.is_empty() {
            words += " We remind you before.";
        }
        words += " Your next message opens it again.";
        paragraph(&mut blocks, &words);
    }
    for pause in &policy.pauses {
        paragraph(
            &mut blocks,
            &format!(
                "Planned pause from {} until {}: {} Reports still come in; what they start counts from its end. What is being exploited is taken up as ever.",
                pause.from,
                pause.until,
                sentence(&pause.reason)
            ),
        );
    }
    if let Some(no_sla) = &policy.disclosure.no_sla {
        paragraph(&mut blocks, no_sla);
    }
    if policy.publish.has_record() {
        paragraph(&mut blocks, "How often these promises were kept is public, the broken ones included.");
    }
    blocks
}

fn sentence(words: &str) -> String {
    let words = words.trim();
    if words.ends_with(['.', '!', '?']) { words.to_owned() } else { format!("{words}.") }
}

/// How firm a promise is, in words that cannot be taken for another.
pub fn firmness(kind: PromiseKind) -> &'static str {
    match kind {
        PromiseKind::Commitment => "We commit to it",
        PromiseKind::Target => "We aim at it",
    }
}

/// When a promise is due, in words: `within 3 working days of your report`.
pub fn when(promise: &Promise, scale: &SeverityRules) -> String {
    let of = moment(promise.starts);
    let mut words = if promise.repeats {
        format!("at least every {} from {of} on, until the case ends", promise.within)
    } else {
        format!("within {} of {of}", promise.within)
    };
    if promise.each_time {
        words += ", each time";
    }
    if let Some(lengths) = by_severity(promise, scale) {
        words += &format!(" ({lengths})");
    }
    if !promise.severities.is_empty() {
        words += &format!("; for severity {}", scale.any_of(&promise.severities));
    }
    if promise.waits_for_reporter {
        words += "; the clock stands still while we wait for your answer";
        if let Some(limit) = promise.wait_limit {
            words += &format!(", for {limit} at most");
        }
    }
    words
}

/// Other lengths of a promise for some severities, in words: `2 days for critical, 7 days for high`.
pub fn by_severity(promise: &Promise, scale: &SeverityRules) -> Option<String> {
    let lengths: Vec<String> = RANKS
        .iter()
        .filter_map(|rank| Some((rank, promise.within_by_severity.get(levels::standard(*rank))?)))
        .map(|(rank, length)| format!("{length} for {}", scale.name(*rank)))
        .collect();
    (!lengths.is_empty()).then(|| lengths.join(", "))
}

/// What starts a promise, in words for the reporter.
pub fn moment(moment: Moment) -> String {
    let words = match moment {
        Moment::On(kind) => return format!("the event “{}”", kind.words()),
        Moment::Report => "your report",
        Moment::Acknowledgement => "our first answer",
        Moment::Message => "our last word to you",
        Moment::NextSteps => "our word on the next steps",
        Moment::Verification => "the verification",
        Moment::Confirmation => "the confirmation",
        Moment::Verdict => "our verdict",
        Moment::Discussion => "our discussion",
        Moment::Timeline => "the proposed timeline",
        Moment::Fix => "the fix",
        Moment::Publication => "the publication",
        Moment::Resolution => "the end of the case",
        Moment::Exploitation => "the moment we learn that it is exploited",
        Moment::Incident => "the moment we learn of a severe incident",
        Moment::Submission => "the submission",
    };
    words.to_owned()
}

fn working_days(rules: &CalendarRules, begin: &str) -> String {
    use Weekday::{Fri, Mon, Thu, Tue, Wed};
    let days = if rules.working_days == [Mon, Tue, Wed, Thu, Fri] {
        "Monday to Friday".to_owned()
    } else {
        and(&rules.working_days.iter().map(|day| weekday(*day).to_owned()).collect::<Vec<_>>())
    };
    let hours = rules.hours.as_ref().map(|hours| format!(", {hours},")).unwrap_or_default();
    let mut words = format!("{begin} {days}{hours} in the time zone {}", rules.time_zone);
    if rules.holidays.is_empty() && !rules.ics.is_empty() {
        words += ", except the holidays of its calendar.";
    } else if rules.holidays.is_empty() {
        words.push('.');
    } else {
        let mut names: Vec<String> = Vec::new();
        for holiday in &rules.holidays {
            let name = if holiday.name.is_empty() { holiday.on.clone() } else { holiday.name.clone() };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        words += &format!(", except holidays ({}).", names.join(", "));
    }
    words
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

fn contacts(policy: &Policy) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = Vec::new();
    for contact in policy.contacts.iter().filter(|contact| contact.public) {
        let mut words = capital(&contact.role);
        if let Some(name) = &contact.name {
            words += &format!(", {name}");
        }
        let mut pieces = vec![text(format!("{words}: ")), mail(&contact.email)];
        if let Some(key) = &contact.openpgp {
            pieces.push(text("; OpenPGP key "));
            pieces.extend(line(key));
        }
        lines.push(pieces);
    }
    match lines.len() {
        0 => {}
        1 => {
            paragraph(&mut blocks, "If a date passes without a word from us, turn to:");
            blocks.push(Block::List(lines));
        }
        _ => {
            paragraph(&mut blocks, "If a date passes without a word from us, turn to these, in this order:");
            blocks.push(Block::Steps(lines));
        }
    }
    if let Some(team) = &policy.program.team {
        blocks.push(Block::Paragraph(vec![
            text("Reports are read by "),
            link(&team.text, team.url.as_str()),
            text("."),
        ]));
    }
    blocks
}

fn process(policy: &Policy) -> Vec<Block> {
    let mut blocks = Vec::new();
    paragraph(&mut blocks, &policy.severity.statement);
    blocks.extend(severity(policy));
    if !policy.disclosure.process.is_empty() {
        list(&mut blocks, policy.disclosure.process.iter().map(|step| line(step)).collect());
    }
    let duties: Vec<Line> = policy.promises.iter().filter_map(|promise| duty(promise, policy)).collect();
    if !duties.is_empty() {
        paragraph(&mut blocks, "What we owe to others:");
        list(&mut blocks, duties);
    }
    if !policy.gates.is_empty() {
        paragraph(
            &mut blocks,
            "Candor, which runs this policy, does not let a step be taken before what it needs is on record:",
        );
        list(&mut blocks, policy.gates.iter().map(|gate| line(&gate_words(gate, &policy.severity))).collect());
    }
    blocks
}

/// What is owed to somebody else than the reporter, in words.
fn duty(promise: &Promise, policy: &Policy) -> Option<Line> {
    let to = promise.owed_to.as_ref()?;
    let mut words = format!("{} to {to}, {}", capital(&promise.what), when(promise, &policy.severity));
    if let Some(source) = &promise.source {
        words += &format!(" ({source})");
    }
    Some(line(&format!("{words}.")))
}

/// The scale and the table of decisions.
fn severity(policy: &Policy) -> Vec<Block> {
    let rules = &policy.severity;
    let mut blocks = Vec::new();
    if !rules.levels.is_empty() {
        paragraph(
            &mut blocks,
            &format!("Severities are {}, the most severe first; no score is used.", and(&rules.levels)),
        );
    }
    if let Some(bands) = &rules.bands {
        paragraph(
            &mut blocks,
            &format!(
                "Bands of the CVSS score begin at {} (Low), {} (Medium), {} (High) and {} (Critical).",
                bands.low, bands.medium, bands.high, bands.critical
            ),
        );
    }
    if !rules.decide.is_empty() {
        let words =
            |names: Vec<String>, all: &str| if names.is_empty() { all.to_owned() } else { capital(&or(&names)) };
        let rows = rules.decide.iter().map(|rule| {
            let severities = rule.severities.iter().map(|severity| rules.label(*severity)).collect();
            let efforts = rule.efforts.iter().map(|effort| effort.name().to_owned()).collect();
            vec![line(&words(severities, "Any")), line(&words(efforts, "Any")), line(&capital(rule.then.label()))]
        });
        blocks.push(Block::Table(Table {
            caption: "What is proposed; a member decides",
            head: vec!["Severity", "Effort", "Proposal"],
            rows: rows.collect(),
        }));
    }
    blocks
}

/// A gate in words: `Before an advisory is published: the code was searched for similar problems.`
pub fn gate_words(gate: &Gate, scale: &SeverityRules) -> String {
    let step = match gate.before {
        Step::Acknowledge => "a report is acknowledged",
        Step::Confirm => "a report is confirmed",
        Step::Reject => "a report is rejected",
        Step::Rate => "the severity is rated",
        Step::Embargo => "a disclosure date is proposed",
        Step::Fix => "a fix is recorded",
        Step::Approve => "an advisory is approved",
        Step::Order => "the publication is ordered",
        Step::Publish => "an advisory is published",
        Step::Close => "a case is closed",
        Step::Reopen => "a closed case is taken up again",
    };
    let members = match gate.quorum() {
        1 => "one member".to_owned(),
        2 => "two members".to_owned(),
        n => format!("{n} members"),
    };
    let need = match gate.needs {
        Need::Verification => "somebody has tried it and recorded what they found".to_owned(),
        Need::AnotherMember => "another member than the one who verified it takes the step".into(),
        Need::TwoMembersDiscussed => {
            format!("{members} {} discussed the next steps", if gate.quorum() == 1 { "has" } else { "have" })
        }
        Need::Approvals => {
            format!("{members} {} approved the advisory as it stands", if gate.quorum() == 1 { "has" } else { "have" })
        }
        Need::SimilarProblemsAudit => "the code was searched for similar problems".into(),
        Need::DecisionPerVersion => "every supported version has a fix or a decision".into(),
        Need::Remediation => "a fix or another remediation is in force".into(),
        Need::Severity => "the severity is rated".into(),
        Need::Fields => {
            let names: Vec<String> = gate.fields.iter().map(|field| crate::gates::label(*field).to_owned()).collect();
            format!("the case says {}", and(&names))
        }
        Need::SecondApprover => "somebody other than its last author has approved it".into(),
        Need::CreditAsked => "the reporter was asked about credit".into(),
        Need::CreditAnswered => "the reporter has said how to be credited".into(),
        Need::Timeline => "a disclosure timeline is on record".into(),
        Need::EmbargoAgreed => "the reporter has agreed to a disclosure date".into(),
        Need::Checklist => "every item of the team's checklist is ticked off".into(),
    };
    let of = match gate.severities.as_slice() {
        [] => String::new(),
        severities => format!(", for severity {}", scale.any_of(severities)),
    };
    let exception = match gate.may_override {
        MayOverride::Nobody => "",
        MayOverride::WhoeverTakesTheStep => " A member can go on without it for a reason that stays on record.",
        MayOverride::Coordinator => " A coordinator can go on without it for a reason that stays on record.",
    };
    format!("Before {step}{of}: {need}.{exception}")
}

fn disclosure(policy: &Policy) -> Vec<Block> {
    let rules = &policy.disclosure;
    let mut blocks = Vec::new();
    paragraph(&mut blocks, &rules.statement);
    let mut words = match rules.publish_on {
        PublishOn::Fix => "An approved advisory is published with the release of the fix, never before.".to_owned(),
        PublishOn::Date => "An approved advisory is published at the agreed date.".to_owned(),
        PublishOn::Both => {
            "An approved advisory is published when the fix is released and the agreed date has come, whichever is later."
                .to_owned()
        }
        PublishOn::Hand => "An approved advisory is published by a coordinator.".to_owned(),
    };
    if let Some(embargo) = rules.embargo {
        words += &format!(" If nothing else is agreed, we ask for {embargo} from the report.");
    }
    if let Some(limit) = rules.embargo_limit {
        words += &format!(" We never ask for more than {limit} from the report.");
    }
    paragraph(&mut blocks, &words);
    if !rules.conditions.is_empty() {
        paragraph(&mut blocks, "With your report you agree to this:");
        blocks.push(Block::List(rules.conditions.iter().map(|condition| line(condition)).collect()));
        paragraph(&mut blocks, breach_words(rules.on_breach));
    }
    paragraph(
        &mut blocks,
        match (rules.closed_reports, rules.closed_without_asking) {
            (ClosedReports::Never, _) => "",
            (ClosedReports::Summary, false) => {
                "Of a report that ends without an advisory, whatever the reason, a short summary can become public; you see it first, and nothing is published without your yes."
            }
            (ClosedReports::Summary, true) => {
                "Of a report that ends without an advisory, whatever the reason, a short summary can become public. It says nothing about you."
            }
            (ClosedReports::Full, false) => {
                "A report that ends without an advisory, whatever the reason, can become public with what came of it; you see the text first, and nothing is published without your yes."
            }
            (ClosedReports::Full, true) => {
                "A report that ends without an advisory, whatever the reason, can become public with what came of it. It says nothing about you."
            }
        },
    );
    schedule(policy, &mut blocks);
    blocks
}

/// What a breach of the conditions means, in words for the reporter.
pub fn breach_words(rule: OnBreach) -> &'static str {
    match rule {
        OnBreach::CreditKept => "",
        OnBreach::CreditDenied => {
            "Whoever breaks one of these conditions is not credited. A member has to put it on record with the evidence, and you are told."
        }
    }
}

/// The schedule of a publication as a table; addresses are not in it.
fn schedule(policy: &Policy, blocks: &mut Vec<Block>) {
    let rules = &policy.disclosure;
    if rules.schedule.is_empty() {
        return;
    }
    paragraph(blocks, "A publication follows this schedule:");
    let rows = rules.schedule.iter().map(|step| {
        let mut what = capital(&step.what);
        if !step.severities.is_empty() {
            what += &format!(" (for severity {})", policy.severity.any_of(&step.severities));
        }
        let told = step.tell.as_deref().and_then(|name| rules.recipients(name)).map(|recipients| {
            let who = if recipients.what.is_empty() { recipients.name.as_str() } else { recipients.what.as_str() };
            match (step.at.is_before(), recipients.may_have.is_empty()) {
                (true, true) => format!("{who}: a reference, the date and the severity, nothing more"),
                (true, false) => {
                    let more: Vec<String> = recipients.may_have.iter().map(|share| shared(*share).to_owned()).collect();
                    format!("{who}: a reference, the date, the severity, {}", and(&more))
                }
                (false, _) => who.to_owned(),
            }
        });
        vec![line(&capital(&step.at.words())), line(&what), line(&told.unwrap_or_else(|| "nobody outside".into()))]
    });
    blocks.push(Block::Table(Table {
        caption: "Schedule of a publication",
        head: vec!["When", "What", "Who is told"],
        rows: rows.collect(),
    }));
}

/// What a letter ahead of a publication may name, in words.
pub fn shared(share: Share) -> &'static str {
    match share {
        Share::Product => "the product",
        Share::Identifiers => "its public identifiers",
        Share::Versions => "the versions with the fix",
    }
}

fn credit(policy: &Policy) -> Vec<Block> {
    let rules = &policy.credit;
    let mut blocks = Vec::new();
    paragraph(&mut blocks, &rules.statement);
    paragraph(
        &mut blocks,
        match rules.default {
            CreditDefault::Named => "Unless you say otherwise, you are named as you named yourself in the report.",
            CreditDefault::Ask => "If you say nothing about credit, nothing about you is published.",
            CreditDefault::Anonymous => "Unless you ask to be named, nothing about you is published.",
        },
    );
    if !rules.fields.is_empty() {
        let names: Vec<String> = rules
            .fields
            .iter()
            .map(|field| {
                match field {
                    CreditField::Name => "a name",
                    CreditField::Organisation => "an organisation",
                    CreditField::Link => "a link",
                    CreditField::About => "a few words about you",
                }
                .to_owned()
            })
            .collect();
        let named: Vec<String> = if rules.appears_in.is_empty() {
            rules.places.iter().map(|place| place.label().to_owned()).collect()
        } else {
            rules.appears_in.clone()
        };
        let places = if named.is_empty() { String::new() } else { format!(" It appears in {}.", and(&named)) };
        paragraph(&mut blocks, &format!("A credit can hold {}, as you choose.{places}", and(&names)));
    }
    blocks
}

fn dependencies(policy: &Policy) -> Vec<Block> {
    let mut blocks = Vec::new();
    paragraph(&mut blocks, &policy.dependencies.statement);
    if let Some(cycle) = policy.dependencies.cycle {
        paragraph(&mut blocks, &format!("Dependencies are updated every {cycle}."));
    }
    blocks
}

fn more(policy: &Policy) -> Vec<Block> {
    let mut lines: Vec<Line> =
        policy.program.links.iter().map(|target| vec![link(&target.text, target.url.as_str())]).collect();
    if let Some(place) = &policy.advisories.also_at {
        lines.push(vec![text("Advisories also appear at "), link(place, place.as_str())]);
    }
    let mut blocks = Vec::new();
    list(&mut blocks, lines);
    blocks
}

fn capital(words: &str) -> String {
    let mut letters = words.trim().chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn and(words: &[String]) -> String {
    join(words, "and")
}

pub(super) fn or(words: &[String]) -> String {
    join(words, "or")
}

fn join(words: &[String], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}
