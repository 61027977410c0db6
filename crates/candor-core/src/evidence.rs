//! What a report holds, what it lacks, and what speaks for the output of a tool: facts in words that its reporter may
//! read. They give a lane and an order in the queue; no verdict is made here, and nothing is kept: it follows from the
//! events each time, so that a proof that comes later counts.

use crate::case::{Case, Report};
use crate::event::{Event, FileRef, ReportFacts};
use crate::intake;
use crate::policy::{Policy, ScannerRule};
use crate::sources;
use candor_formats::identifiers::{Kind, Mention, Named, mentions};
use candor_formats::scanners::{self, Pasted};

/// What is known of a report's evidence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// What it holds.
    pub holds: Vec<Fact>,
    /// What it lacks, with what would help.
    pub missing: Vec<Fact>,
    /// What speaks for the output of a tool, or for a text that says only a public identifier.
    pub against: Vec<Fact>,
    /// The tool whose output it is or has, by its name for people.
    pub tool: Option<String>,
    /// Public identifiers of a vulnerability in a dependency, when the report says nothing else.
    pub dependency: Option<Vec<String>>,
    /// Where the queue shows it.
    pub lane: Lane,
    /// How much it holds, from 0 to 100; sorts within a lane.
    pub score: u8,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Name in the API, such as `steps`.
    pub name: &'static str,
    /// In words, to the reporter.
    pub words: String,
}

/// Where the queue shows a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Among the others.
    #[default]
    Normal,
    /// Output of a tool that nobody says to have verified.
    Scanner,
    /// Alike with many others; read once.
    Folded,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Lane; 3] = [Lane::Normal, Lane::Scanner, Lane::Folded];

    /// Name in the API and in searches.
    pub fn name(self) -> &'static str {
        match self {
            Lane::Normal => "normal",
            Lane::Scanner => "scanner",
            Lane::Folded => "folded",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Lane::Normal => "Normal",
            Lane::Scanner => "Scanner output, not verified",
            Lane::Folded => "Folded: many alike",
        }
    }
}

/// The evidence of a case: of its reports and of what their reporters wrote since.
pub fn of(case: &Case, policy: &Policy) -> Evidence {
    let mut best: Option<Evidence> = None;
    for report in &case.reports {
        let found = of_report(case, report, policy);
        // A case is as good as its best report.
        if best.as_ref().is_none_or(|best| (found.lane, best.score) < (best.lane, found.score)) {
            best = Some(found);
        }
    }
    let mut evidence = best.unwrap_or_default();
    // Whoever looked at it and found it right, or said what it is, has verified it.
    if !case.verifications.is_empty() || case.verdict.is_some() {
        evidence.lane = Lane::Normal;
    }
    evidence
}

/// The evidence of one report of a case.
pub fn of_report(case: &Case, report: &Report, policy: &Policy) -> Evidence {
    let mut later = String::new();
    let mut files: Vec<&FileRef> = report.facts.files.iter().collect();
    for entry in &case.history {
        if let Event::ReporterWrote { report: number, text, files: sent } = &entry.what
            && *number == report.number
        {
            later.push_str("\n\n");
            later.push_str(text);
            files.extend(sent);
        }
    }
    let mut evidence = weigh(&report.facts, &later, &files, policy);
    if !report.facts.findings.is_empty() {
        // What the pipeline filed stands with the output of tools until somebody has looked.
        evidence.lane = Lane::Scanner;
        let words = match report.facts.findings.len() {
            1 => "A tool of the pipeline found it.".to_owned(),
            n => format!("A tool of the pipeline found it {n} times."),
        };
        evidence.against.insert(0, Fact { name: "pipeline", words });
    } else if report.filed_by.is_some() {
        // A member put it on record, and can be asked.
        evidence.lane = Lane::Normal;
    }
    evidence
}

/// Weighs a report: what it says, what its reporter wrote later, and its files.
pub fn weigh(facts: &ReportFacts, later: &str, files: &[&FileRef], policy: &Policy) -> Evidence {
    let answers: Vec<&str> = facts.answers.values().map(String::as_str).collect();
    let mut told = [
        facts.description.as_str(),
        facts.steps.as_str(),
        facts.expected.as_str(),
        facts.actual.as_str(),
        facts.impact.as_str(),
        facts.preconditions.as_str(),
    ]
    .join("\n\n");
    told.push_str(&answers.join("\n\n"));
    told.push_str(later);
    // Lines of a shape that tools have are a person's own below what the person says: a build, a listing.
    let pasted = scanners::in_text(&told);
    let aside = pasted.as_ref().filter(|pasted| pasted.shape().is_some() && !is_most(pasted));
    let pasted = pasted.as_ref().filter(|_| aside.is_none());
    let own = pasted.map_or(told.as_str(), |pasted| pasted.own.as_str());
    let named = mentions(&format!("{}\n{own}", facts.title));
    let tool_file = files.iter().find(|file| !file.looks.is_empty());
    let other_files = files.iter().filter(|file| file.looks.is_empty()).count();

    let mut evidence = Evidence::default();
    let proof = Proof::of(facts, own, &named, other_files);
    holds(&mut evidence, facts, &named, &proof, policy);
    missing(&mut evidence, facts, &proof, policy);
    let from_tool = speaks_against(&mut evidence, pasted, tool_file.copied(), own, &proof, policy);
    if let Some(aside) = aside {
        evidence.against.push(of_shape(aside));
    }
    if from_tool && !proof.verified {
        evidence.lane = Lane::Scanner;
    }
    evidence.dependency = dependency_only(facts, own, &named, &proof, from_tool);
    if let Some(ids) = &evidence.dependency {
        evidence.against.push(Fact {
            name: "dependency",
            words: format!(
                "It says only that {} may be in a dependency. What would make it more: a way by which this product reaches the code that is at fault.",
                ids.join(", ")
            ),
        });
    }
    let least = if evidence.lane == Lane::Scanner { 5 } else { 10 };
    let sum: u32 = evidence.holds.iter().map(|fact| weight(fact.name)).sum();
    evidence.score = u8::try_from((sum + least).min(100)).unwrap_or(100);
    evidence
}

/// What would help besides, to whoever has written a report: what the policy asks for and is missing, and where most of it is
/// output of a tool, how it was verified. The report is taken in all the same.
pub fn asked(facts: &ReportFacts, policy: &Policy, lane: Lane) -> Vec<String> {
    let mut asked = intake::lacking(facts, policy);
    if lane == Lane::Scanner {
        asked.push(match policy.report.scanner {
            ScannerRule::VerifiedOnly => {
                "How you made sure that the problem is really there: the policy takes output of a tool only when somebody \
                 verified it"
                    .into()
            }
            ScannerRule::Accepted => "How you made sure that the problem is really there".into(),
        });
    }
    asked
}

/// The lane of a report that has just come, by its texts and files.
pub fn lane_of(facts: &ReportFacts, policy: &Policy) -> Lane {
    weigh(facts, "", &facts.files.iter().collect::<Vec<_>>(), policy).lane
}

fn weight(name: &str) -> u32 {
    match name {
        "proof" => 25,
        "verified" | "steps" => 15,
        "place" | "version" => 10,
        "component" | "impact" | "expected" | "code" => 8,
        _ => 4,
    }
}

/// What shows that somebody saw it happen.
struct Proof {
    /// A request, a command, a stack trace, a piece of code, a file.
    shown: Option<&'static str>,
    /// The reporter's own words say that they saw it.
    verified: bool,
    /// How many words are the reporter's own.
    words: usize,
    steps: bool,
}

/// Words by which people say that they saw it happen.
const SEEN: &[&str] = &[
    "i verified",
    "we verified",
    "i have verified",
    "i reproduced",
    "we reproduced",
    "i can reproduce",
    "i could reproduce",
    "manually verified",
    "verified manually",
    "verified by hand",
    "confirmed by hand",
    "confirmed manually",
    "manually confirmed",
    "i confirmed",
    "we confirmed",
    "i have confirmed",
    "i was able to",
    "we were able to",
    "i managed to",
    "i could read",
    "i could see",
    "i can read",
    "i can see that",
    "i tested",
    "we tested",
    "i exploited",
    "i got a",
    "i received",
    "proof of concept",
    "proof-of-concept",
    "poc:",
    "i observed",
    "we observed",
    "steps to reproduce",
    "to reproduce",
    "how to reproduce",
    "reproduction steps",
    "the server answers",
    "the server answered",
    "the server responds",
    "the response contains",
    "the output shows",
    "you will see",
    "you'll see",
    "this shows",
    "i then",
    "i sent",
    "i opened",
    "i logged in",
];

/// Words by which people say that they did not.
const UNSEEN: &[&str] = &[
    "not verified",
    "haven't verified",
    "have not verified",
    "did not verify",
    "didn't verify",
    "unverified",
    "not reproduced",
    "could not reproduce",
    "not manually",
    "have not tested",
    "haven't tested",
    "did not test",
    "without verifying",
];

impl Proof {
    fn of(facts: &ReportFacts, own: &str, named: &[Mention], files: usize) -> Self {
        let lower = own.to_lowercase();
        let words = own.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
        let unseen = UNSEEN.iter().any(|said| lower.contains(said));
        let seen = SEEN.iter().any(|said| lower.contains(said));
        let frames = named.iter().filter(|one| one.named == Named::Frame).count();
        let steps = numbered(own) >= 2 || facts.steps.split_whitespace().count() >= 12 && overlap(&facts.steps, own);
        let shown = if own.contains("```") && own.matches("```").count() >= 2 {
            Some("a piece of code or output")
        } else if request(own) {
            Some("a request")
        } else if command(own) {
            Some("a command")
        } else if frames >= 2 || lower.contains("addresssanitizer") {
            Some("a stack trace")
        } else if indented(own) {
            Some("a piece of code or output")
        } else if files > 0 {
            Some("a file")
        } else {
            None
        };
        // A sentence and a proof; or enough words of one's own with either.
        let verified = !unseen
            && ((seen && words >= 8)
                || (shown.is_some_and(|what| what != "a file") && words >= 15)
                || (steps && words >= 25));
        Self { shown, verified, words, steps }
    }
}

/// Whether a part is among the reporter's own words: its first line is.
fn overlap(part: &str, own: &str) -> bool {
    part.lines().map(str::trim).find(|line| !line.is_empty()).is_some_and(|line| own.contains(line))
}

/// Lines that begin with a number or a bullet.
fn numbered(text: &str) -> usize {
    text.lines()
        .filter(|line| {
            let line = line.trim_start().trim_start_matches(['#', '*', '-', ' ']);
            let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            (1..=2).contains(&digits) && line[digits..].starts_with(['.', ')', ':'])
                || line.to_lowercase().starts_with("step ")
        })
        .count()
}

fn request(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start_matches(['>', ' ', '\t', '`']);
        let method = line.split(' ').next().unwrap_or_default();
        matches!(method, "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS")
            && (line.contains(" HTTP/") || line.contains(" /"))
            || line.starts_with("HTTP/1.")
            || line.starts_with("HTTP/2 ")
    })
}

fn command(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start_matches(['>', ' ', '\t', '`']);
        let line = line.strip_prefix("$ ").map_or((false, line), |rest| (true, rest));
        let first = line.1.split(' ').next().unwrap_or_default();
        line.0
            || line.1.split(' ').count() >= 2
                && matches!(
                    first,
                    "curl"
                        | "wget"
                        | "python"
                        | "python3"
                        | "node"
                        | "go"
                        | "cargo"
                        | "gcc"
                        | "clang"
                        | "nc"
                        | "echo"
                        | "printf"
                        | "docker"
                        | "kubectl"
                        | "mysql"
                        | "psql"
                        | "openssl"
                        | "sqlmap"
                        | "php"
                        | "ruby"
                        | "git"
                        | "npx"
                        | "npm"
                        | "make"
                )
                && line.1.contains(['-', '/', '|', '\'', '"'])
    })
}

/// Three lines in a row that stand in as code does, with marks of code in them.
fn indented(text: &str) -> bool {
    let mut run = 0;
    for line in text.lines() {
        let code = (line.starts_with("    ") || line.starts_with('\t')) && line.contains(['(', '{', ';', '=', '<']);
        run = if code { run + 1 } else { 0 };
        if run == 3 {
            return true;
        }
    }
    false
}

fn holds(evidence: &mut Evidence, facts: &ReportFacts, named: &[Mention], proof: &Proof, policy: &Policy) {
    let mut unknown = Vec::new();
    let mut add = |name, words: String| evidence.holds.push(Fact { name, words });
    let version = named.iter().find(|one| one.named == Named::Version);
    if !facts.version.is_empty() {
        add("version", format!("It says which version: {}.", short(&facts.version)));
    } else if let Some(version) = version {
        add("version", format!("It names a version: {}.", short(&version.text)));
    }
    if !facts.component.is_empty() {
        let mut listed = policy.scope.products.iter().flat_map(|product| &product.components);
        let known = listed.any(|known| known.eq_ignore_ascii_case(facts.component.trim()));
        let tail = if known { ", which is one of the policy's list" } else { "" };
        add("component", format!("It says which component: {}{tail}.", short(&facts.component)));
    }
    let place = named
        .iter()
        .find(|one| matches!(one.named, Named::Path | Named::Function | Named::Frame) || one.named == Named::Url);
    if let Some(place) = place {
        add("place", format!("It names a place to look at: {}.", short(&place.text)));
    }
    if let Some(known) = sources::look_up(policy, named) {
        if !known.there.is_empty() {
            let there: Vec<String> = known.there.iter().take(3).map(|place| short(place)).collect();
            add("code", format!("The code that it names is there: {}.", there.join(", ")));
        }
        for missing in known.missing.iter().take(3) {
            unknown.push(Fact {
                name: "code",
                words: format!(
                    "{} is not among the program's source files as the team listed them; which version is it from?",
                    short(missing)
                ),
            });
        }
    }
    if proof.steps {
        add("steps", "It says step by step how to see it happen.".into());
    }
    if let Some(shown) = proof.shown {
        add("proof", format!("It brings something to try or to look at: {shown}."));
    }
    if proof.verified {
        add("verified", "It says in the reporter's own words that somebody saw it happen.".into());
    }
    if !facts.expected.is_empty() || !facts.actual.is_empty() {
        add("expected", "It says what should happen, or what happens instead.".into());
    }
    if !facts.impact.is_empty() {
        add("impact", "It says why it is a security matter.".into());
    }
    if !facts.preconditions.is_empty() {
        add("preconditions", "It says what an attacker needs first.".into());
    }
    if !facts.dependency.is_empty() {
        add("dependency", format!("It says which package of others it is in: {}.", short(&facts.dependency)));
    }
    if !facts.found_by.is_empty() {
        add("found-by", format!("It says how it was found: {}.", short(&facts.found_by)));
    }
    let public = named
        .iter()
        .filter(|one| matches!(one.named, Named::Public(Kind::Cve | Kind::Ghsa | Kind::Gcve | Kind::Osv)))
        .count();
    if public > 0 || !facts.identifiers.is_empty() {
        add("identifiers", "It names a public identifier.".into());
    }
    evidence.against.append(&mut unknown);
    for one in named.iter().filter(|one| one.named == Named::Unknown).take(3) {
        evidence.against.push(Fact {
            name: "unknown-scheme",
            words: format!(
                "{} is of a scheme that nobody can look up here; a CVE number, or what it stands for, would help.",
                short(&one.text)
            ),
        });
    }
}

fn missing(evidence: &mut Evidence, facts: &ReportFacts, proof: &Proof, policy: &Policy) {
    for label in intake::lacking(facts, policy) {
        evidence.missing.push(Fact { name: "asked", words: format!("The policy asks for it: {label}.") });
    }
    let has = |name: &str| evidence.holds.iter().any(|fact| fact.name == name);
    let mut lacks = Vec::new();
    if !has("version") {
        lacks.push(("version", "No version is named. Which one was tried?"));
    }
    if !has("place") && !has("component") {
        lacks.push(("place", "No place is named: a file, a function, an address or a component."));
    }
    if !proof.steps && proof.shown.is_none() {
        lacks.push(("steps", "Nothing shows how to see it happen: steps, a request, a command, a trace."));
    }
    evidence.missing.extend(lacks.into_iter().map(|(name, words)| Fact { name, words: words.into() }));
}

/// Facts that speak for a tool. Gives whether the report is, for the most part, what a tool wrote.
/// Whether at least half of the lines of a text are a tool's.
fn is_most(pasted: &Pasted) -> bool {
    pasted.lines * 2 >= pasted.of
}

/// What can be said of the output of a tool that is on no list.
fn of_shape(pasted: &Pasted) -> Fact {
    let (lines, of, shape) = (pasted.lines, pasted.of, pasted.shape().unwrap_or_default());
    Fact {
        name: "scanner-shape",
        words: format!("{lines} of its {of} lines have the shape of {shape}, as tools print them."),
    }
}

fn speaks_against(
    evidence: &mut Evidence,
    pasted: Option<&Pasted>,
    file: Option<&FileRef>,
    own: &str,
    proof: &Proof,
    policy: &Policy,
) -> bool {
    let mut from_tool = false;
    if let Some(pasted) = pasted {
        evidence.tool = Some(pasted.name.clone());
        from_tool = if pasted.shape().is_some() {
            evidence.against.push(of_shape(pasted));
            proof.words < 40
        } else {
            let words = format!("{} of its {} lines are output of {}.", pasted.lines, pasted.of, pasted.name);
            evidence.against.push(Fact { name: "scanner-text", words });
            is_most(pasted) || proof.words < 40
        };
    }
    if let Some(file) = file {
        let name = file.looks.clone();
        let shape = scanners::shape_of(&name);
        let words = match shape {
            Some(shape) => format!("A file that came with it has the shape of {shape}, as tools print them."),
            None => format!("A file that came with it is output of {name}."),
        };
        evidence.against.push(Fact { name: "scanner-file", words });
        from_tool = from_tool || proof.words < if shape.is_some() { 40 } else { 80 };
        evidence.tool.get_or_insert(name);
    }
    if (pasted.is_some() || file.is_some()) && !proof.verified {
        let clause = match policy.report.scanner {
            ScannerRule::VerifiedOnly => {
                "The policy takes output of a tool only when somebody verified that the problem is really there."
            }
            ScannerRule::Accepted => "It would be read sooner with a word on how it was verified.",
        };
        let words = if own.trim().is_empty() {
            "It has no words of the reporter's own."
        } else {
            "Nobody says that they saw it happen."
        };
        evidence.missing.push(Fact { name: "verification", words: format!("{words} {clause}") });
    }
    from_tool
}

/// The public identifiers of a report that says nothing but that they are in a dependency.
fn dependency_only(
    facts: &ReportFacts,
    own: &str,
    named: &[Mention],
    proof: &Proof,
    from_tool: bool,
) -> Option<Vec<String>> {
    let mut ids: Vec<String> = facts
        .identifiers
        .iter()
        .flat_map(|text| mentions(text))
        .chain(named.iter().cloned())
        .filter(|one| matches!(one.named, Named::Public(Kind::Cve | Kind::Ghsa | Kind::Gcve | Kind::Osv)))
        .map(|one| one.text)
        .collect();
    ids.sort();
    ids.dedup();
    let lower = format!("{} {own}", facts.title).to_lowercase();
    let says = [
        "dependenc",
        "library",
        "package",
        "third-party",
        "third party",
        "outdated",
        "upgrade",
        "update to",
        "bundled",
        "ships with",
        "uses a vulnerable",
        "using a vulnerable",
        "transitive",
        "lockfile",
        "vulnerable version of",
        "component with known",
    ]
    .iter()
    .any(|word| lower.contains(word));
    let place = named.iter().any(|one| match one.named {
        Named::Function | Named::Frame => true,
        Named::Path => !is_manifest(&one.text),
        _ => false,
    });
    let only = !ids.is_empty() && says && !place && !proof.verified && proof.shown.is_none() && proof.words <= 120;
    (only || from_tool && !ids.is_empty() && !proof.verified && !place && proof.words <= 40).then_some(ids)
}

/// Files that list packages: naming one says nothing of the product's own code.
fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    matches!(
        name.as_str(),
        "package.json"
            | "package-lock.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
            | "cargo.toml"
            | "cargo.lock"
            | "go.mod"
            | "go.sum"
            | "requirements.txt"
            | "pyproject.toml"
            | "poetry.lock"
            | "pom.xml"
            | "build.gradle"
            | "gemfile.lock"
            | "composer.lock"
            | "composer.json"
            | "pipfile.lock"
    )
}

fn short(text: &str) -> String {
    let text = text.trim().replace(['\n', '\r'], " ");
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        crate::policy::file::read(include_str!("../../../examples/policies/dapr.toml")).expect("the example is right")
    }

    fn weighed(title: &str, description: &str) -> Evidence {
        let facts = ReportFacts { title: title.into(), description: description.into(), ..ReportFacts::default() };
        weigh(&facts, "", &[], &policy())
    }

    fn names(facts: &[Fact]) -> Vec<&'static str> {
        facts.iter().map(|fact| fact.name).collect()
    }

    #[test]
    fn p4_pasted_output_that_nobody_verified_has_its_lane_and_says_why() {
        let found = weighed(
            "Vulnerabilities",
            "Hello, please see the result:\n\n[git-config] [http] [medium] https://x.example/.git/config\n[CVE-2021-44228] [http] [critical] https://x.example/\n",
        );
        assert_eq!(found.lane, Lane::Scanner);
        assert_eq!(found.tool.as_deref(), Some("Nuclei"));
        assert!(names(&found.missing).contains(&"verification"));
        assert!(found.against[0].words.starts_with("2 of its 3 lines are output of Nuclei"), "{:?}", found.against);
    }

    #[test]
    fn p4_the_same_output_with_a_proof_is_a_report_like_any_other() {
        let text = "[git-config] [http] [medium] https://x.example/.git/config\n\nI verified it by hand: `curl https://x.example/.git/config` gives the whole file, and with git-dumper I could read the source of the service.";
        assert_eq!(weighed("Repository is public", text).lane, Lane::Normal);
        let facts = ReportFacts {
            description: "[git-config] [http] [medium] https://x.example/.git/config\n".into(),
            ..ReportFacts::default()
        };
        assert_eq!(weigh(&facts, "", &[], &policy()).lane, Lane::Scanner);
        let later = "\n\nI reproduced it: the server answers with the file when I open the address in a browser.";
        assert_eq!(weigh(&facts, later, &[], &policy()).lane, Lane::Normal);
    }

    #[test]
    fn what_a_person_writes_is_never_in_the_lane_of_scanners() {
        for (title, text) in [
            (
                "Path traversal",
                "The handler of /files joins the name to the folder without a check. GET /files/../../etc/passwd HTTP/1.1 gives the file. Seen in 1.2.3 on Linux.",
            ),
            (
                "XSS",
                "Comments are shown as they are. Write <script>alert(1)</script> as a comment and open the page as another user.",
            ),
            ("I think my account was read", "Somebody knew my address though it is not public. I am not a technician."),
            (
                "Overflow",
                "I used Burp Suite and AFL to find this. Severity: High. The parser in src/a.c:10 writes past the buffer.",
            ),
        ] {
            assert_eq!(weighed(title, text).lane, Lane::Normal, "{title}");
        }
    }

    #[test]
    fn p4_output_of_a_tool_on_no_list_is_a_fact_about_lines_and_a_lane_only_when_there_is_nothing_else() {
        let lines: String =
            (1..=14).map(|n| format!("lib/row.c:{n}:5: warning: value is never read [dead-store]\n")).collect();
        let alone = weighed("Findings", &format!("Hello, please see below.\n\n{lines}"));
        assert_eq!(alone.lane, Lane::Scanner);
        assert_eq!(
            alone.against[0].words,
            "14 of its 15 lines have the shape of file:line: severity: message, as tools print them."
        );
        assert!(names(&alone.missing).contains(&"verification"));
        // The same lines below what a person says.
        let own = "The reader takes the length of a row from the file and never compares it with the room that it made. \
            Whoever sends a file of theirs writes past the end of the row, as far as they like. Our build has warned of the \
            place for long, see below; the first of the lines is the one.";
        let told = weighed("Row is written past its end", &format!("{own}\n\n{lines}"));
        assert_eq!((told.lane, names(&told.against)), (Lane::Normal, vec!["scanner-shape"]));
        let parts: String = own.split(". ").map(|part| format!("{part}.\n")).collect();
        let short: String = lines.lines().take(3).map(|line| format!("{line}\n")).collect();
        let told = weighed("Row is written past its end", &format!("{parts}\nSeen in 1.2.3.\n\n{short}"));
        assert_eq!((told.lane, names(&told.missing).contains(&"verification")), (Lane::Normal, false));
    }

    #[test]
    fn p4_traces_listings_and_builds_inside_a_report_do_not_make_it_output() {
        let letter = "The parser reads past the end of a row.";
        let paste = [
            "lib/row.c:12:  strcpy(row, input);\nlib/row.c:19:  strcat(row, input);\nlib/row.c:40:  memcpy(row, input, n);\n",
            "    at read (lib/row.js:3:9)\n    at parse (lib/parse.js:20:1)\n    at main (index.js:1:1)\n",
            "lib/row.c:12:9: runtime error: index 9 out of bounds for type 'int [4]'\nlib/row.c:13:9: runtime error: load of misaligned address\nlib/row.c:14:9: runtime error: signed integer overflow\n",
            "lib/row.c: In function 'read':\nlib/row.c:12:9: warning: 'strcpy' writing 9 bytes into a region of size 4 [-Wstringop-overflow=]\n   12 |   strcpy(row, input);\n      |   ^~~~~~\n",
        ];
        for paste in paste {
            assert_eq!(weighed("Past the end", &format!("{letter}\n\n{paste}")).lane, Lane::Normal, "{paste}");
        }
    }

    #[test]
    fn a_report_that_names_only_a_cve_in_a_dependency_is_told_apart() {
        let found = weighed(
            "CVE-2021-44228 in your dependency",
            "You use a vulnerable version of log4j. Please upgrade the library.",
        );
        assert_eq!(found.dependency, Some(vec!["CVE-2021-44228".to_owned()]));
        let reached = weighed(
            "CVE-2021-44228 is reachable",
            "The library is reached through src/log.rs:10 in write_line(): I sent ${jndi:ldap://x} as user name and got a connection.",
        );
        assert_eq!(reached.dependency, None);
    }

    #[test]
    fn more_evidence_sorts_higher() {
        let poor = weighed("Bug", "There is a bug.");
        let rich = weighed(
            "Heap overflow in png reader",
            "In version 1.2.3 png_read_row() in src/png.c:120 writes past the row.\n\n1. Build with ASan\n2. Run it on the file\n\n```\n#0 0x1 in png_read_row\n#1 0x2 in main\n```",
        );
        assert!(rich.score > poor.score + 30, "{} {}", rich.score, poor.score);
        assert!(names(&poor.missing).contains(&"version") && names(&poor.missing).contains(&"steps"));
    }
}
