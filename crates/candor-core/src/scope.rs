//! What a report may be about: the product its repository belongs to, and hints from the policy's clauses. A hint helps
//! whoever writes or reads a report; it never decides anything, and no report is turned away for one.

use crate::event::ReportFacts;
use crate::policy::{DependencyScope, Policy, Product};
use crate::versions;
use candor_formats::identifiers;
use jiff::Timestamp;

/// Something the policy says that may concern a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it is about.
    pub about: HintKind,
    /// The clause, where it is one.
    pub clause: Option<String>,
    /// In words.
    pub text: String,
    /// Where to go instead, where the policy names an address.
    pub to: Option<String>,
}

/// What a hint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintKind {
    /// The product a repository belongs to.
    Product,
    /// Something that is covered by name.
    Covered,
    /// Something that may not be covered.
    OutOfScope,
    /// Something that is known to be no vulnerability here.
    Known,
    /// The version reported.
    Version,
    /// A package that others make.
    Dependency,
    /// An advisory that is public.
    Published,
}

impl HintKind {
    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            HintKind::Product => "product",
            HintKind::Covered => "covered",
            HintKind::OutOfScope => "out-of-scope",
            HintKind::Known => "known",
            HintKind::Version => "version",
            HintKind::Dependency => "dependency",
            HintKind::Published => "published",
        }
    }
}

/// A repository in one form: `github.com/dapr/dapr`, from an address, an `scp` path or the bare words.
pub fn repository(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches(['.', ',', ';', ')', '>', '/']);
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (address, rest) = match text.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, text),
    };
    let rest = rest.rsplit_once('@').filter(|(user, _)| !user.contains('/')).map_or(rest, |(_, host)| host);
    let rest = match rest.split_once(':') {
        Some((host, path)) if !host.contains('/') && !path.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{host}/{path}")
        }
        _ => rest.to_owned(),
    };
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let plain = |part: &&str| part.chars().all(|c| c.is_ascii_alphanumeric() || "._-~".contains(c));
    if parts.len() < 2 || !parts.iter().take(4).all(plain) || (!address && parts.len() < 2) {
        return None;
    }
    let joined = parts.join("/").to_lowercase();
    Some(joined.trim_end_matches(".git").replace(".git/", "/"))
}

/// The product that a repository belongs to, with the pattern it fits: the longest one that fits.
pub fn product_of<'p>(policy: &'p Policy, repository: &str) -> Option<(&'p Product, &'p str)> {
    let found = policy.scope.products.iter().flat_map(|product| {
        let fitting = product.repositories.iter().filter(|pattern| fits(pattern, repository));
        fitting.map(move |pattern| (product, pattern.as_str()))
    });
    found.max_by_key(|(_, pattern)| pattern.chars().filter(|c| *c != '*').count())
}

/// Whether a repository, or a page below it, fits a pattern such as `github.com/dapr/*`. A star stands for letters within one
/// part of the path. Without a host, owner and name are compared.
pub fn fits(pattern: &str, repository: &str) -> bool {
    let pattern = pattern.trim().trim_end_matches('/').to_lowercase();
    let pattern = pattern.split_once("://").map_or(pattern.as_str(), |(_, rest)| rest).to_owned();
    let wanted: Vec<&str> = pattern.split('/').collect();
    let given: Vec<&str> = repository.split('/').collect();
    let match_from = |wanted: &[&str]| {
        given.len() >= wanted.len() && wanted.iter().zip(&given).all(|(wanted, given)| glob(wanted, given))
    };
    let has_host = given.first().is_some_and(|host| host.contains('.'));
    if has_host || wanted.len() < 3 { match_from(&wanted) } else { match_from(&wanted[1..]) }
}

/// Whether a text fits a pattern in which a star stands for any letters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

/// Repositories named in a report: in the field for the product, and as addresses in its texts.
pub fn repositories(facts: &ReportFacts) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        if let Some(known) = repository(text).filter(|known| !found.contains(known) && found.len() < 20) {
            found.push(known);
        }
    };
    add(&facts.product);
    for text in [&facts.component, &facts.title, &facts.description, &facts.steps] {
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '(' | '"' | '\'')) {
            if word.starts_with("https://") || word.starts_with("http://") || word.starts_with("git@") {
                add(word);
            }
        }
    }
    found
}

/// The product a report is about by its repository, when its own words name none of the policy's.
pub fn proposed_product<'p>(policy: &'p Policy, facts: &ReportFacts) -> Option<(&'p Product, String)> {
    let product = facts.product.trim();
    if policy.scope.products.iter().any(|known| known.name.eq_ignore_ascii_case(product)) {
        return None;
    }
    repositories(facts).into_iter().find_map(|known| product_of(policy, &known).map(|(product, _)| (product, known)))
}

/// Everything the policy says that may concern a report at `at`. Empty for most reports.
pub fn hints(facts: &ReportFacts, policy: &Policy, at: Timestamp) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut product = Some(facts.product.trim()).filter(|name| !name.is_empty());
    if let Some((proposed, repository)) = proposed_product(policy, facts) {
        product = Some(&proposed.name);
        hints.push(Hint {
            about: HintKind::Product,
            clause: None,
            text: format!("{repository} belongs to {}, which is covered.", proposed.name),
            to: None,
        });
    }
    let repositories = repositories(facts);
    let text = words_of(&[&facts.title, &facts.description, &facts.weakness, &facts.impact, &facts.component]);
    let cwe = candor_formats::cwe::Cwe::parse(facts.weakness.split(':').next().unwrap_or_default()).map(|cwe| cwe.id);
    let speaks_of = |words: &[String], cwes: &[u32]| {
        cwe.is_some_and(|cwe| cwes.contains(&cwe)) || words.iter().any(|word| has_words(&text, word))
    };
    for out in &policy.scope.out {
        if repositories.iter().any(|known| out.repositories.iter().any(|pattern| fits(pattern, known))) {
            let text = joined(&format!("This may not be covered: {}", out.what), out.instead.as_deref());
            hints.push(Hint {
                about: HintKind::OutOfScope,
                clause: Some(out.clause.clone()),
                text,
                to: out.to.clone(),
            });
        }
    }
    for kind in policy.scope.kinds.iter().filter(|kind| speaks_of(&kind.words, &kind.cwes)) {
        let (about, lead) = match kind.covered {
            true => (HintKind::Covered, "This is covered: "),
            false => (HintKind::OutOfScope, "This may not be covered: "),
        };
        let text = joined(&format!("{lead}{}", kind.what), kind.instead.as_deref());
        hints.push(Hint { about, clause: Some(kind.clause.clone()), text, to: kind.to.clone() });
    }
    for known in policy.known.iter().filter(|known| speaks_of(&known.words, &known.cwes)) {
        let text =
            joined(&format!("This may be known, and no vulnerability here: {}", known.what), Some(&known.because));
        hints.push(Hint { about: HintKind::Known, clause: Some(known.clause.clone()), text, to: known.url.clone() });
    }
    if let Some(word) = dependency_word(facts) {
        let covered = match policy.scope.dependencies {
            DependencyScope::None => "This policy does not cover dependencies as such.",
            DependencyScope::Direct => "This policy covers direct dependencies.",
            DependencyScope::All => "This policy covers dependencies.",
        };
        let lead = match facts.dependency.trim().is_empty() {
            true => format!("Is this about a dependency? The report speaks of {word}. {covered}"),
            false => format!(
                "{word} is made by others: tell them as well, if they do not know. {covered} Say by which way this product \
                 reaches the code that is at fault; that saves a question."
            ),
        };
        let text = joined(&lead, Some(&policy.dependencies.statement));
        hints.push(Hint { about: HintKind::Dependency, clause: None, text, to: None });
    }
    let support = versions::support(policy, product, &facts.version, at);
    if support.is_over() {
        let text = joined(&support.words(), Some(&policy.versions.statement));
        hints.push(Hint { about: HintKind::Version, clause: None, text, to: None });
    }
    hints
}

/// Advisories that hints are given of at most.
const ADVISORIES: usize = 3;

/// A public advisory, as far as a hint needs it.
#[derive(Debug, Clone, Copy)]
pub struct PublicAdvisory<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its other names, such as a CVE number.
    pub aliases: &'a [String],
    /// Where it can be read.
    pub url: &'a str,
}

/// A text about a closed report that is public, as far as a hint needs it.
#[derive(Debug, Clone, Copy)]
pub struct PublicDecision<'a> {
    /// Its heading.
    pub title: &'a str,
    /// What it says.
    pub text: &'a str,
    /// Where it can be read.
    pub url: &'a str,
}

/// A public decision that a vulnerability of a package does not make the product vulnerable, as far as a hint needs it.
#[derive(Debug, Clone, Copy)]
pub struct PublicAssessment<'a> {
    /// The package, as a package URL or by name.
    pub package: &'a str,
    /// The public identifier of the vulnerability.
    pub vulnerability: &'a str,
    /// Why not, in words.
    pub because: &'a str,
    /// Where it can be read.
    pub url: &'a str,
}

/// Public identifiers of vulnerabilities that a report names, in their usual form.
fn vulnerabilities(facts: &ReportFacts) -> Vec<String> {
    let named = facts.identifiers.join(" ");
    let told = [&named, &facts.title, &facts.description, &facts.dependency].map(String::as_str).join("\n");
    // A kind of weakness names no vulnerability.
    let of_kind = |id: &str| id.starts_with("CWE-") || id.starts_with("CAPEC-");
    let found = identifiers::find(&told).into_iter().map(|known| known.id);
    found.filter(|id| !of_kind(id)).collect()
}

/// Whether a report names a vulnerability that has a public identifier, or a package that others make.
pub fn names_something_public(facts: &ReportFacts) -> bool {
    package(facts).is_some() || !vulnerabilities(facts).is_empty()
}

/// Public decisions about the vulnerability that a report names; where it names none, about the package it is about. A report
/// about another vulnerability of the same package is answered by none of them.
pub fn not_affected<'a>(facts: &ReportFacts, public: impl IntoIterator<Item = PublicAssessment<'a>>) -> Vec<Hint> {
    let ids = vulnerabilities(facts);
    let package = package(facts);
    let same = |known: &PublicAssessment<'_>| {
        let same_package = || package.as_deref().is_some_and(|own| package_name(known.package).as_deref() == Some(own));
        match ids.is_empty() {
            true => same_package(),
            false => ids.iter().any(|id| id == known.vulnerability) && (package.is_none() || same_package()),
        }
    };
    let hint = |known: PublicAssessment<'a>| Hint {
        about: HintKind::Published,
        clause: None,
        text: format!(
            "This was decided before, and the decision is public: {} in {} does not make the product vulnerable, because {}. \
             What would change it: a way by which this product reaches the code that is at fault.",
            known.vulnerability, known.package, known.because
        ),
        to: Some(known.url.to_owned()),
    };
    public.into_iter().filter(same).take(ADVISORIES).map(hint).collect()
}

/// Public texts about closed reports, which say why something was no vulnerability here: those that name an identifier that
/// the report names, then those whose heading names the package it is about.
pub fn decided<'a>(facts: &ReportFacts, public: impl IntoIterator<Item = PublicDecision<'a>>) -> Vec<Hint> {
    let ids = vulnerabilities(facts);
    let package = package(facts);
    let mut found: Vec<(bool, PublicDecision<'a>)> = Vec::new();
    for decision in public {
        let title = words_of(&[&decision.title.to_owned()]);
        let text = words_of(&[&decision.title.to_owned(), &decision.text.to_owned()]);
        if ids.iter().any(|id| has_words(&text, id)) {
            found.push((false, decision));
        } else if package.as_ref().is_some_and(|package| has_words(&title, package)) {
            found.push((true, decision));
        }
    }
    found.sort_by_key(|(by_package, _)| *by_package);
    let hint = |(_, decision): (bool, PublicDecision<'a>)| Hint {
        about: HintKind::Published,
        clause: None,
        text: format!("This was decided before, and the decision is public: {}.", decision.title.trim_end_matches('.')),
        to: Some(decision.url.to_owned()),
    };
    found.into_iter().take(ADVISORIES).map(hint).collect()
}

/// The name of the package that a report says it is about. A package URL names its package last, before the version.
fn package(facts: &ReportFacts) -> Option<String> {
    package_name(&facts.dependency)
}

fn package_name(package: &str) -> Option<String> {
    let name = package.split(['?', '#']).next()?.trim().rsplit('/').next()?;
    // A scope begins with the sign that a version does.
    let name = name.split_once('@').map_or(name, |(name, version)| if name.is_empty() { version } else { name });
    (name.chars().count() > 2).then(|| name.to_lowercase())
}

/// Advisories that are public already and may be about the same: those that a report names, then those whose title shares most
/// of its telling words with it.
pub fn published<'a>(facts: &ReportFacts, public: impl IntoIterator<Item = PublicAdvisory<'a>>) -> Vec<Hint> {
    let text = words_of(&[&facts.title, &facts.description, &facts.component, &facts.weakness]);
    let package = package(facts);
    let names =
        |id: &str| facts.identifiers.iter().any(|own| own.trim().eq_ignore_ascii_case(id)) || has_words(&text, id);
    let mut found: Vec<(usize, PublicAdvisory<'a>)> = Vec::new();
    for advisory in public {
        if names(advisory.id) || advisory.aliases.iter().any(|alias| names(alias)) {
            found.push((usize::MAX, advisory));
            continue;
        }
        if package.as_ref().is_some_and(|package| has_words(&words_of(&[&advisory.title.to_owned()]), package)) {
            found.push((usize::MAX - 1, advisory));
            continue;
        }
        let title = words_of(&[&advisory.title.to_owned()]);
        let telling: Vec<&str> = title.split(' ').filter(|word| word.chars().count() > 4).collect();
        let shared = telling.iter().filter(|word| text.contains(&format!(" {word} "))).count();
        if shared >= 3 && shared * 3 >= telling.len() * 2 {
            found.push((shared, advisory));
        }
    }
    found.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.id.cmp(other.1.id)));
    let hint = |(_, advisory): (usize, PublicAdvisory<'a>)| Hint {
        about: HintKind::Published,
        clause: None,
        text: format!("This may be public already: {}, {}.", advisory.id, advisory.title.trim_end_matches('.')),
        to: Some(advisory.url.to_owned()),
    };
    found.into_iter().take(ADVISORIES).map(hint).collect()
}

/// The word by which a report seems to speak of a package that others make.
fn dependency_word(facts: &ReportFacts) -> Option<String> {
    if !facts.dependency.trim().is_empty() {
        return Some(facts.dependency.trim().to_owned());
    }
    const WORDS: [&str; 9] = [
        "your dependency",
        "a dependency",
        "dependencies",
        "third party library",
        "node modules",
        "package lock json",
        "go sum",
        "cargo lock",
        "requirements txt",
    ];
    let texts = [&facts.title, &facts.description, &facts.component];
    let purl = texts
        .iter()
        .flat_map(|text| text.split_whitespace())
        .map(|word| word.trim_matches(|c: char| ",.;()<>\"'`".contains(c)))
        .find(|word| word.starts_with("pkg:") && word.len() < 200);
    if let Some(purl) = purl {
        return Some(purl.to_owned());
    }
    let text = words_of(&texts);
    WORDS.iter().find(|words| has_words(&text, words)).map(|words| format!("“{words}”"))
}

fn joined(first: &str, second: Option<&str>) -> String {
    let first = first.trim();
    match second.map(str::trim).filter(|second| !second.is_empty()) {
        Some(second) => format!("{first}{} {second}", if first.ends_with(['.', '!', '?']) { "" } else { "." }),
        None => first.to_owned(),
    }
}

/// Texts as words of small letters and digits between single spaces, with a space at both ends.
fn words_of(texts: &[&String]) -> String {
    let mut out = String::from(" ");
    for text in texts {
        out.reserve(text.len() + 1);
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            match word.is_ascii() {
                true => out.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase()))),
                false => out.push_str(&word.to_lowercase()),
            }
            out.push(' ');
        }
    }
    out
}

/// Whether a text has these words one after the other, as whole words.
fn has_words(text: &str, words: &str) -> bool {
    let wanted = words_of(&[&words.to_owned()]);
    wanted.len() > 1 && text.contains(&wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d9_a_public_decision_is_told_to_whoever_names_its_vulnerability_or_its_package() {
        let decisions = [
            ("Archive reader of shelfmark", "CVE-1900-1234 is in code that this product never calls."),
            ("Missing header", "No page of ours holds a secret."),
        ];
        let told = |title: &str, dependency: &str| {
            let facts = ReportFacts { title: title.into(), dependency: dependency.into(), ..ReportFacts::default() };
            let url = "https://own.example/closed";
            let public = decisions.iter().map(|(title, text)| PublicDecision { title, text, url });
            decided(&facts, public).into_iter().map(|hint| hint.text).collect::<Vec<_>>()
        };
        let hint = "This was decided before, and the decision is public: Archive reader of shelfmark.";
        assert_eq!(told("CVE-1900-1234 in your dependency", ""), [hint]);
        assert_eq!(told("An old library", "pkg:npm/shelfmark@1.2.3"), [hint]);
        assert_eq!(told("CVE-1900-12345 in your dependency", "pkg:npm/other@1.2.3"), Vec::<String>::new());
        assert_eq!(told("CWE-79 in a page", ""), Vec::<String>::new());
    }

    #[test]
    fn d9_a_public_assessment_answers_the_same_vulnerability_of_the_same_package_and_no_other() {
        let known = PublicAssessment {
            package: "pkg:npm/%40shelf/mark",
            vulnerability: "CVE-1900-1234",
            because: "the vulnerable code is never run",
            url: "https://own.example/dependencies",
        };
        let told = |title: &str, dependency: &str| {
            let facts = ReportFacts { title: title.into(), dependency: dependency.into(), ..ReportFacts::default() };
            not_affected(&facts, [known]).into_iter().map(|hint| hint.text).collect::<Vec<_>>()
        };
        let [hint] = &told("cve-1900-1234 in your dependency", "")[..] else { panic!("one hint") };
        assert!(hint.contains("CVE-1900-1234 in pkg:npm/%40shelf/mark does not make the product vulnerable"), "{hint}");
        assert!(hint.contains("because the vulnerable code is never run. What would change it"), "{hint}");
        for (title, dependency) in
            [("It is old", "mark"), ("Old", "pkg:npm/%40shelf/Mark@1.2.3"), ("Old", "@shelf/mark")]
        {
            assert_eq!(told(title, dependency).len(), 1, "{title}, {dependency}");
        }
        for (title, dependency) in [
            ("CVE-1900-1235 in your dependency", ""),
            ("CVE-1900-1235 in your dependency", "mark"),
            ("CVE-1900-1234 in your dependency", "another"),
            ("It is old", "bookmark"),
            ("It is old", ""),
        ] {
            assert_eq!(told(title, dependency), Vec::<String>::new(), "{title}, {dependency}");
        }
    }
}
