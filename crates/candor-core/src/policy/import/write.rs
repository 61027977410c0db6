//! Facts as a policy file: each drafted line says where it came from, and the questions stand at the end.

use super::{Fact, Found, Promised, Question, Reading, WebKind, name, read};
use crate::policy::file;
use crate::policy::{CreditDefault, Moment, PromiseKind, PublishOn, ReportField, Unit};

/// Names that the caller knows and the prose may not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The program's name.
    pub name: Option<String>,
    /// Its short name in addresses.
    pub slug: Option<String>,
}

/// A drafted policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The policy file: it reads without a finding.
    pub toml: String,
    /// What was found in the prose, in its order.
    pub found: Vec<Found>,
    /// What a person has to answer; they stand at the end of the file as well.
    pub questions: Vec<Question>,
}

/// Drafts a policy file from prose, such as a SECURITY.md. The draft always reads; what would not is left in it as a
/// comment, with a question.
pub fn draft(text: &str, names: &Names) -> Draft {
    let reading = read(text);
    let mut paper = Paper { out: String::new(), questions: reading.questions.clone() };
    paper.write(&reading, names);
    let Paper { mut out, mut questions } = paper;
    // What the rules of the language refuse stands as a comment: the draft reads, and nothing is lost.
    for _ in 0..50 {
        let Err(findings) = file::read(&out) else { break };
        let Some(first) = findings.first() else { break };
        questions.push(whole(format!("the draft could not say this ({}): {}", first.path, first.message)));
        out = silenced(&out, first.line);
    }
    questions.sort_by_key(|question| (question.line == 0, question.line));
    if questions.is_empty() {
        out += "\n# No questions are left. Read the draft all the same: it was made by rules.\n";
    } else {
        out += "\n# What the draft could not place or decide:\n";
        for question in &questions {
            out += &match question.line {
                0 => format!("# question: {}\n", line(&question.text)),
                at => format!("# question: line {at}: {} ({})\n", line(&question.text), quote(&question.quote)),
            };
        }
    }
    Draft { toml: out, found: reading.found, questions }
}

fn whole(text: impl Into<String>) -> Question {
    Question { line: 0, quote: String::new(), text: text.into() }
}

/// The text with the block around a line turned into comments.
fn silenced(text: &str, wrong: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let at = wrong.clamp(1, lines.len().max(1)) - 1;
    let table = lines.get(at).is_some_and(|line| !line.is_empty());
    let mut from = at;
    while from > 0 && !lines[from].starts_with("[[") && !lines[from - 1].is_empty() && table {
        from -= 1;
    }
    // A key of a plain table goes alone; a table of a list goes whole.
    let (from, to) = if lines[from].starts_with("[[") {
        let end = (at..lines.len()).find(|index| lines[*index].is_empty()).unwrap_or(lines.len());
        (from, end)
    } else {
        (at, at + 1)
    };
    let mut out = String::with_capacity(text.len() + 64);
    for (index, line) in lines.iter().enumerate() {
        if (from..to).contains(&index) && !line.is_empty() && !line.starts_with('#') {
            out += "# ";
        }
        out += line;
        out.push('\n');
    }
    out
}

struct Paper {
    out: String,
    questions: Vec<Question>,
}

/// A text on one line, without what would steer a terminal.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}

/// The beginning of a sentence, in quotation marks.
fn quote(text: &str) -> String {
    const MOST: usize = 90;
    let text = line(text);
    if text.chars().count() <= MOST {
        return format!("\"{text}\"");
    }
    let cut: String = text.chars().take(MOST).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("\"{}…\"", &cut[..end])
}

/// A text as TOML writes it.
fn text_of(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out + "\""
}

fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug: String = slug.trim_matches('-').chars().skip_while(|c| !c.is_ascii_lowercase()).take(40).collect();
    slug.trim_matches('-').to_owned()
}

/// The project's name in a title like `Security policy of Sample`.
fn name_in(title: &str) -> Option<String> {
    let words = [
        "security policy",
        "security",
        "policy",
        "reporting",
        "issues",
        "issue",
        "vulnerability",
        "vulnerabilities",
        "a",
        "the",
        "of",
        "for",
        "in",
        "products",
        "and",
        "to",
        "how",
        "report",
        "bugs",
        "bug",
        "release",
        "process",
        "disclosure",
        "responsible",
        "team",
        "project",
        "response",
    ];
    let kept: Vec<&str> = title
        .split_whitespace()
        .filter(|word| !words.contains(&word.to_lowercase().trim_matches(|c: char| !c.is_alphanumeric())))
        .collect();
    let name = kept.join(" ").trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    (!name.is_empty() && name.chars().count() <= 60).then_some(name)
}

/// The name of a promise, and what it promises in words.
fn words_of(promise: &Promised) -> (&'static str, String) {
    let (short, what) = match promise.kept_by {
        Moment::Acknowledgement => ("acknowledge", "an answer to your report"),
        Moment::Message => ("news", "news about your report"),
        Moment::NextSteps => ("next-steps", "an answer that says what happens next"),
        Moment::Verification => ("verify", "an attempt to see the problem happen"),
        Moment::Confirmation | Moment::Verdict => ("verdict", "whether the report is confirmed or not"),
        Moment::Discussion => ("discuss", "the team discusses the next steps"),
        Moment::Timeline => ("timeline", "a proposal when the matter becomes public"),
        Moment::Fix => ("fix", "a fix"),
        Moment::Publication => ("publish", "the advisory"),
        Moment::Resolution => ("resolve", "the whole matter, to its end"),
        _ => ("promise", "what the text promises"),
    };
    let mut what = what.to_owned();
    if !promise.severities.is_empty() {
        let names: Vec<_> = promise.severities.iter().map(|severity| severity.label()).collect();
        what += &format!(" (severity {})", names.join(", "));
    }
    (short, what)
}

impl Paper {
    fn put(&mut self, text: &str) {
        self.out += text;
        self.out.push('\n');
    }

    fn section(&mut self, header: &str) {
        self.out.push('\n');
        self.put(header);
    }

    fn from(&mut self, found: &Found) {
        let text = format!("# from line {}: {}", found.line, quote(&found.quote));
        if !self.out.ends_with(&format!("{text}\n")) {
            self.put(&text);
        }
    }

    fn ask(&mut self, text: impl Into<String>) {
        self.questions.push(whole(text));
    }

    fn write(&mut self, reading: &Reading, names: &Names) {
        self.put("# Drafted from prose by `candor policy import`. Read every line; each says where it came from.");
        self.program(reading, names);
        self.contacts(reading);
        self.channels(reading);
        self.scope(reading);
        self.versions(reading);
        self.report(reading);
        self.promises(reading);
        self.gates(reading);
        self.severity(reading);
        self.disclosure(reading);
        self.credit(reading);
        self.dependencies(reading);
        self.advisories(reading);
    }

    fn program(&mut self, reading: &Reading, names: &Names) {
        let guessed = reading.title.as_deref().and_then(name_in);
        let name = match (&names.name, guessed) {
            (Some(name), _) => name.clone(),
            (None, Some(name)) => {
                self.ask(format!("the name `{name}` is taken from the title; is it the program's?"));
                name
            }
            (None, None) => {
                self.ask("what is the program called? The text has no title that names it; the draft says \"Unnamed\"");
                "Unnamed".into()
            }
        };
        let mut slug = names.slug.clone().unwrap_or_else(|| slug_of(&name));
        if slug.is_empty() {
            slug = "unnamed".into();
        }
        self.section("[program]");
        self.put(&format!("slug = {}", text_of(&slug)));
        self.put(&format!("name = {}", text_of(&name)));
        let more: Vec<&Found> = web(reading, WebKind::More).collect();
        if let Some(found) = web(reading, WebKind::Team).next()
            && let Fact::Web { text, url, .. } = &found.fact
        {
            self.from(found);
            self.put(&format!("team = {{ text = {}, url = {} }}", text_of(text), text_of(url)));
        }
        if !more.is_empty() {
            self.put("links = [");
            for found in more {
                if let Fact::Web { text, url, .. } = &found.fact {
                    self.from(found);
                    self.put(&format!("    {{ text = {}, url = {} }},", text_of(text), text_of(url)));
                }
            }
            self.put("]");
        }
    }

    fn contacts(&mut self, reading: &Reading) {
        let mut key = reading.found.iter().find(|found| matches!(found.fact, Fact::OpenPgp(_)));
        let mut written = 0;
        for found in &reading.found {
            if let Fact::Contact { role, email } = &found.fact {
                self.section("[[contacts]]");
                self.from(found);
                self.put(&format!("role = {}", text_of(role)));
                self.put(&format!("email = {}", text_of(email)));
                written += 1;
            }
        }
        if written == 0 {
            self.section("[[contacts]]");
            let mail = reading.found.iter().find(|found| matches!(found.fact, Fact::ReportMail(_)));
            if let Some(found) = mail
                && let Fact::ReportMail(email) = &found.fact
            {
                self.from(found);
                self.put("role = \"security team\"");
                self.put(&format!("email = {}", text_of(email)));
                self.ask("whom does a reporter turn to who gets no answer? The text names nobody; the draft names the address for reports, and letters to it would come back as reports: name an address of people");
            } else {
                self.put("role = \"security team\"");
                self.put("email = \"security@example.org\"");
                self.ask("which address reaches the team? The text names none; the draft holds a placeholder, security@example.org");
            }
        }
        if let Some(found) = key.take()
            && let Fact::OpenPgp(value) = &found.fact
        {
            self.from(found);
            self.put(&format!("openpgp = {}", text_of(value)));
        }
    }

    fn channels(&mut self, reading: &Reading) {
        self.section("[channels]");
        let mut mails = reading.found.iter().filter(|found| matches!(found.fact, Fact::ReportMail(_)));
        if let Some(found) = mails.next()
            && let Fact::ReportMail(email) = &found.fact
        {
            self.from(found);
            self.put(&format!("email = {}", text_of(email)));
        }
        for found in mails {
            if let Fact::ReportMail(email) = &found.fact {
                self.questions.push(Question {
                    line: found.line,
                    quote: found.quote.clone(),
                    text: format!("reports go to `{email}`, too, and a policy has one address for them; which is it?"),
                });
            }
        }
        let mut portals = web(reading, WebKind::Portal);
        if let Some(found) = portals.next()
            && let Fact::Web { text, url, .. } = &found.fact
        {
            self.from(found);
            self.put(&format!("portal = {{ text = {}, url = {} }}", text_of(text), text_of(url)));
        }
        let also: Vec<&Found> = web(reading, WebKind::Report).chain(portals).collect();
        if !also.is_empty() {
            self.put("also = [");
            for found in also {
                if let Fact::Web { text, url, .. } = &found.fact {
                    self.from(found);
                    self.put(&format!("    {{ text = {}, url = {} }},", text_of(text), text_of(url)));
                }
            }
            self.put("]");
        }
        self.texts(reading, "never", |fact| if let Fact::Never(text) = fact { Some(text) } else { None });
    }

    /// A list of texts under a key.
    fn texts(&mut self, reading: &Reading, key: &str, take: impl Fn(&Fact) -> Option<&String>) {
        let all: Vec<(&Found, &String)> =
            reading.found.iter().filter_map(|found| Some((found, take(&found.fact)?))).collect();
        if all.is_empty() {
            return;
        }
        self.put(&format!("{key} = ["));
        for (found, text) in all {
            self.from(found);
            self.put(&format!("    {},", text_of(text)));
        }
        self.put("]");
    }

    /// The sentences that belong under a key as they stand.
    fn statement(&mut self, reading: &Reading, key: &'static str) {
        let all: Vec<(&Found, &String)> = reading
            .found
            .iter()
            .filter_map(|found| match &found.fact {
                Fact::Statement { key: of, text } if *of == key => Some((found, text)),
                _ => None,
            })
            .collect();
        if all.is_empty() {
            return;
        }
        let mut words = String::new();
        for (found, text) in &all {
            self.from(found);
            if !words.is_empty() {
                words.push(' ');
            }
            words += text;
        }
        let last = key.rsplit('.').next().unwrap_or(key);
        self.put(&format!("{last} = {}", text_of(&words)));
    }

    fn scope(&mut self, reading: &Reading) {
        self.section("[scope]");
        self.statement(reading, "scope.statement");
        if let Some((found, text)) = reading
            .found
            .iter()
            .find_map(|found| if let Fact::Unsure(text) = &found.fact { Some((found, text)) } else { None })
        {
            self.from(found);
            self.put(&format!("unsure = {}", text_of(text)));
        }
        for (fact, key) in [(Fact::Internal, "internal_reports"), (Fact::CoversDependencies, "dependencies")] {
            if let Some(found) = reading.found.iter().find(|found| found.fact == fact) {
                self.from(found);
                self.put(&format!("{key} = true"));
            }
        }
        for found in &reading.found {
            if let Fact::Repository(pattern) = &found.fact {
                self.section("[[scope.products]]");
                self.from(found);
                self.put(&format!("name = {}", text_of(pattern)));
                self.put(&format!("repositories = [{}]", text_of(pattern)));
            }
        }
        let mut clauses: Vec<String> = Vec::new();
        for found in &reading.found {
            if let Fact::OutOfScope { what, instead } = &found.fact {
                let base: String =
                    slug_of(what).split('-').filter(|word| word.len() > 3).take(3).collect::<Vec<_>>().join("-");
                let base = if base.is_empty() { "clause".to_owned() } else { base };
                let taken = clauses.iter().filter(|clause| **clause == base).count();
                clauses.push(base.clone());
                self.section("[[scope.out]]");
                self.from(found);
                self.put(&format!(
                    "clause = {}",
                    text_of(&if taken == 0 { base } else { format!("{base}-{}", taken + 1) })
                ));
                self.put(&format!("what = {}", text_of(what)));
                match instead {
                    Some(instead) => self.put(&format!("instead = {}", text_of(instead))),
                    None => self.questions.push(Question {
                        line: found.line,
                        quote: found.quote.clone(),
                        text: "this is not covered; where does one go with it instead?".into(),
                    }),
                }
            }
        }
    }

    fn versions(&mut self, reading: &Reading) {
        self.section("[versions]");
        let list: Vec<&Found> =
            reading.found.iter().filter(|found| matches!(found.fact, Fact::Supported { .. })).collect();
        if let Some(found) = reading.found.iter().find(|found| found.fact == Fact::LatestOnly) {
            self.from(found);
            self.put("rule = \"latest\"");
        } else if !list.is_empty() {
            self.put("rule = \"list\"");
        } else {
            self.ask(
                "which versions get security fixes? The text does not say; the draft says only the latest release",
            );
        }
        self.statement(reading, "versions.statement");
        for found in list {
            if let Fact::Supported { branch, until } = &found.fact {
                self.section("[[versions.supported]]");
                self.from(found);
                self.put(&format!("branch = {}", text_of(branch)));
                if let Some(until) = until {
                    self.put(&format!("until = \"{until}\""));
                }
            }
        }
        for found in &reading.found {
            if let Fact::Unsupported(branch) = &found.fact {
                self.put(&format!(
                    "# from line {}: not supported, and so not in the list: {}",
                    found.line,
                    line(branch)
                ));
            }
        }
    }

    fn report(&mut self, reading: &Reading) {
        self.section("[report]");
        let languages: Vec<(&Found, &String)> = reading
            .found
            .iter()
            .filter_map(|found| if let Fact::Language(tag) = &found.fact { Some((found, tag)) } else { None })
            .collect();
        if !languages.is_empty() {
            for (found, _) in &languages {
                self.from(found);
            }
            let tags: Vec<_> = languages.iter().map(|(_, tag)| text_of(tag)).collect();
            self.put(&format!("languages = [{}]", tags.join(", ")));
        }
        if let Some(found) = reading.found.iter().find(|found| found.fact == Fact::ScannerVerified) {
            self.from(found);
            self.put("scanner = \"verified-only\"");
        }
        self.statement(reading, "report.introduction");
        let mut asked: Vec<ReportField> = Vec::new();
        for found in &reading.found {
            if let Fact::Asks(field) = &found.fact
                && !asked.contains(field)
            {
                asked.push(*field);
                self.section("[[report.asks]]");
                self.from(found);
                self.put(&format!("field = \"{}\"", name(field)));
                self.put("wanted = true");
            }
        }
    }

    fn promises(&mut self, reading: &Reading) {
        let roles: Vec<&String> = reading
            .found
            .iter()
            .filter_map(|found| if let Fact::Contact { role, .. } = &found.fact { Some(role) } else { None })
            .collect();
        let mut names: Vec<(String, Promised)> = Vec::new();
        let (mut days, mut working) = (false, false);
        for found in &reading.found {
            let Fact::Promise(promise) = &found.fact else { continue };
            let (short, what) = words_of(promise);
            if let Some((other, _)) = names.iter().find(|(_, other)| {
                other.kept_by == promise.kept_by
                    && other.severities == promise.severities
                    && other.starts == promise.starts
                    && other.within != promise.within
                    && other.repeats == promise.repeats
            }) {
                self.questions.push(Question {
                    line: found.line,
                    quote: found.quote.clone(),
                    text: format!("`{other}` promises the same within another time; which holds?"),
                });
            }
            let taken = names.iter().filter(|(_, other)| words_of(other).0 == short).count();
            let name_now = if taken == 0 { short.to_owned() } else { format!("{short}-{}", taken + 1) };
            self.section("[[promises]]");
            self.from(found);
            self.put(&format!("name = {}", text_of(&name_now)));
            self.put(&format!("what = {}", text_of(&what)));
            if promise.starts != Moment::Report {
                self.put(&format!("starts = \"{}\"", name(&promise.starts)));
            }
            self.put(&format!("kept_by = \"{}\"", name(&promise.kept_by)));
            if promise.members > 1 {
                self.put(&format!("members = {}", promise.members));
            }
            self.put(&format!("within = \"{}\"", promise.within));
            self.put(&format!("kind = \"{}\"", name(&promise.kind.unwrap_or(PromiseKind::Target))));
            if promise.repeats {
                self.put("repeats = true");
            }
            if !promise.severities.is_empty() {
                let names: Vec<_> =
                    promise.severities.iter().map(|severity| format!("\"{}\"", name(severity))).collect();
                self.put(&format!("severities = [{}]", names.join(", ")));
            }
            days |= matches!(promise.within.unit, Unit::Days | Unit::Weeks);
            working |= promise.within.unit == Unit::WorkingDays;
            names.push((name_now, promise.clone()));
            self.escalations(reading, promise, &roles);
        }
        if names.is_empty() {
            self.ask("what is promised, and within how long? The text names no length of time");
        }
        if days || working {
            self.ask("in which time zone are days counted? The draft counts them in UTC; set calendar.time_zone");
        }
        if working {
            self.ask("which days are holidays? The text names none; list them under calendar.holidays");
        }
        self.section("[calendar]");
        self.put("time_zone = \"UTC\"");
    }

    fn escalations(&mut self, reading: &Reading, promise: &Promised, roles: &[&String]) {
        let said = reading.found.iter().find(|found| match &found.fact {
            Fact::Escalates { missing, after } => *missing == promise.kept_by && *after == promise.within,
            _ => false,
        });
        let Some(found) = said else { return };
        let roles: Vec<String> = if roles.is_empty() {
            vec!["security team".into()]
        } else {
            roles.iter().map(|role| (*role).clone()).collect()
        };
        for (index, role) in roles.iter().enumerate() {
            self.section("[[promises.escalate]]");
            self.from(found);
            self.put(&format!("to = {}", text_of(role)));
            self.put(&format!("after = \"{} hours\"", index * 24));
        }
        if roles.len() > 1 {
            self.questions.push(Question {
                line: found.line,
                quote: found.quote.clone(),
                text: "how long after one another are these contacts told? The text gives the order alone; the draft leaves a day between them".into(),
            });
        }
    }

    fn gates(&mut self, reading: &Reading) {
        for found in &reading.found {
            if let Fact::Gate { before, needs } = &found.fact {
                self.section("[[gates]]");
                self.from(found);
                self.put(&format!("before = \"{}\"", name(before)));
                self.put(&format!("needs = \"{}\"", name(needs)));
                self.put(&format!("because = {}", text_of(&found.quote)));
            }
        }
    }

    fn severity(&mut self, reading: &Reading) {
        let mut always = Vec::new();
        let mut small = Vec::new();
        let mut sources: Vec<&Found> = Vec::new();
        for found in &reading.found {
            if let Fact::Severities { always: is_always, which } = &found.fact {
                sources.push(found);
                let list = if *is_always { &mut always } else { &mut small };
                for severity in which {
                    if !list.contains(severity) {
                        list.push(*severity);
                    }
                }
            }
        }
        if sources.is_empty() {
            return;
        }
        small.retain(|severity| !always.contains(severity));
        self.section("[severity]");
        let statement: Vec<String> = sources.iter().map(|found| found.quote.clone()).collect::<Vec<_>>();
        for found in &sources {
            self.from(found);
        }
        let mut once: Vec<String> = Vec::new();
        for text in statement {
            if !once.contains(&text) {
                once.push(text);
            }
        }
        self.put(&format!("statement = {}", text_of(&once.join(" "))));
        for (key, list) in [("always", always), ("when_small", small)] {
            if !list.is_empty() {
                let names: Vec<_> = list.iter().map(|severity| format!("\"{}\"", name(severity))).collect();
                self.put(&format!("{key} = [{}]", names.join(", ")));
            }
        }
    }

    fn disclosure(&mut self, reading: &Reading) {
        self.section("[disclosure]");
        self.statement(reading, "disclosure.statement");
        let embargo = reading
            .found
            .iter()
            .find_map(|found| if let Fact::Embargo(length) = found.fact { Some((found, length)) } else { None });
        let limit = reading
            .found
            .iter()
            .find_map(|found| if let Fact::EmbargoLimit(length) = found.fact { Some((found, length)) } else { None });
        if let Some((found, length)) = embargo {
            self.from(found);
            self.put(&format!("embargo = \"{length}\""));
        }
        if let Some((found, length)) = limit {
            self.from(found);
            self.put(&format!("embargo_limit = \"{length}\""));
        }
        if embargo.is_none() && limit.is_none() {
            self.ask("how long is a reporter asked to wait with publishing? The text names no length; the draft asks for none");
        }
        let on = reading
            .found
            .iter()
            .find_map(|found| if let Fact::PublishOn(on) = found.fact { Some((found, on)) } else { None });
        match on {
            Some((found, on)) => {
                self.from(found);
                self.put(&format!("publish_on = \"{}\"", name(&on)));
            }
            None => {
                self.put(&format!("publish_on = \"{}\"", name(&PublishOn::Fix)));
                self.ask("when does an advisory come out: with the fix, at an agreed date, or by hand? The text does not say; the draft says with the fix");
            }
        }
        self.texts(reading, "conditions", |fact| if let Fact::Condition(text) = fact { Some(text) } else { None });
        let sla = reading
            .found
            .iter()
            .filter_map(|found| if let Fact::NoSla(text) = &found.fact { Some((found, text)) } else { None });
        if let Some((found, text)) = sla.max_by_key(|(_, text)| text.len()) {
            self.from(found);
            self.put(&format!("no_sla = {}", text_of(text)));
        }
        self.texts(reading, "process", |fact| match fact {
            Fact::Statement { key: "disclosure.process", text } => Some(text),
            _ => None,
        });
    }

    fn credit(&mut self, reading: &Reading) {
        self.section("[credit]");
        let default = reading
            .found
            .iter()
            .find_map(|found| if let Fact::Credit(default) = found.fact { Some((found, default)) } else { None });
        match default {
            Some((found, default)) => {
                self.from(found);
                self.put(&format!("default = \"{}\"", name(&default)));
            }
            None => {
                self.put(&format!("default = \"{}\"", name(&CreditDefault::Ask)));
                self.ask("is a reporter credited, and what if they say nothing? The text does not say; the draft asks them and names nobody who does not answer");
            }
        }
        self.statement(reading, "credit.statement");
        let fields: Vec<(&Found, String)> = reading
            .found
            .iter()
            .filter_map(
                |found| if let Fact::CreditField(field) = &found.fact { Some((found, name(field))) } else { None },
            )
            .collect();
        if let Some((found, _)) = fields.first() {
            self.from(found);
            let mut names: Vec<String> = fields.iter().map(|(_, field)| format!("\"{field}\"")).collect();
            if !names.contains(&"\"name\"".to_owned()) {
                names.insert(0, "\"name\"".into());
            }
            self.put(&format!("fields = [{}]", names.join(", ")));
        }
        self.texts(reading, "appears_in", |fact| if let Fact::CreditPlace(place) = fact { Some(place) } else { None });
    }

    fn dependencies(&mut self, reading: &Reading) {
        let cycle = reading.found.iter().find_map(|found| {
            if let Fact::DependencyCycle(length) = found.fact { Some((found, length)) } else { None }
        });
        let said = reading
            .found
            .iter()
            .any(|found| matches!(found.fact, Fact::Statement { key: "dependencies.statement", .. }));
        if cycle.is_none() && !said {
            return;
        }
        self.section("[dependencies]");
        self.statement(reading, "dependencies.statement");
        if let Some((found, length)) = cycle {
            self.from(found);
            self.put(&format!("cycle = \"{length}\""));
        }
    }

    fn advisories(&mut self, reading: &Reading) {
        let mut places = web(reading, WebKind::Advisories);
        if let Some(found) = places.next()
            && let Fact::Web { url, .. } = &found.fact
        {
            self.section("[advisories]");
            self.from(found);
            self.put(&format!("also_at = {}", text_of(url)));
        }
        let further: Vec<Question> = places
            .map(|found| Question {
                line: found.line,
                quote: found.quote.clone(),
                text: "advisories seem to appear here, too, and a policy names one place; which is it?".into(),
            })
            .collect();
        self.questions.extend(further);
    }
}

fn web(reading: &Reading, kind: WebKind) -> impl Iterator<Item = &Found> {
    reading.found.iter().filter(move |found| matches!(&found.fact, Fact::Web { kind: of, .. } if *of == kind))
}
