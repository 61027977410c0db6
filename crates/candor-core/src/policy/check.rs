//! Whether a policy makes sense: names that lead somewhere, promises that can be kept, gates that can be passed.

use super::check_sense;
use super::check_time::{self, longer};
use super::file::suggest;
use super::{
    CaseField, CreditDefault, CreditField, CreditPlace, Need, Policy, QuestionKind, RANKS, Step, VersionRule,
    check_disclosure, levels,
};
use crate::intake::looks_like_address;
use crate::versions::{ECOSYSTEMS, contains, ecosystem_named};
use candor_formats::cvss::Severity;
use candor_formats::cwe::Cwe;
use candor_formats::purl::Purl;
use candor_formats::uri;
use candor_formats::version::Ecosystem;
use std::collections::BTreeSet;

/// Something that makes no sense, and where.
pub(super) struct Problem {
    /// Like `promises[1].within`.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Short names that are taken by pages of the program itself.
const RESERVED: [&str; 17] = [
    "about",
    "advisories",
    "api",
    "assets",
    "desk",
    "demo",
    "healthz",
    "metrics",
    "osv",
    "readyz",
    "receipt",
    "setup",
    "sign-in",
    "sign-out",
    "static",
    "subscribe",
    "v1",
];

pub(super) struct Checks(Vec<Problem>);

impl Checks {
    pub(super) fn tell(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), message: message.into() });
    }

    pub(super) fn filled(&mut self, path: impl Into<String>, text: &str, what: &str) {
        if text.trim().is_empty() {
            self.tell(path, format!("write {what}; it is empty"));
        }
    }

    pub(super) fn address(&mut self, path: impl Into<String>, text: &str) {
        if !looks_like_address(text) {
            self.tell(path, format!("`{text}` is no e-mail address; write it like security@example.org"));
        }
    }

    fn web(&mut self, path: impl Into<String>, text: &str) {
        if !uri::is_web(text) {
            self.tell(path, format!("`{text}` is no web address; write it whole, from https://"));
        }
    }

    /// Names that may stand only once.
    pub(super) fn once<'a>(&mut self, names: impl Iterator<Item = (String, &'a str)>, what: &str) {
        let mut seen = BTreeSet::new();
        for (path, name) in names {
            if !seen.insert(name) {
                self.tell(path, format!("there are two {what} called `{name}`; give each its own name"));
            }
        }
    }
}

/// Everything in a policy that makes no sense.
pub(super) fn check(policy: &Policy) -> Vec<Problem> {
    let mut checks = Checks(Vec::new());
    program(policy, &mut checks);
    contacts(policy, &mut checks);
    scope(policy, &mut checks);
    report(policy, &mut checks);
    check_time::check(policy, &mut checks);
    gates(policy, &mut checks);
    checklists(policy, &mut checks);
    outcome(policy, &mut checks);
    check_sense::check(policy, &mut checks);
    checks.0
}

/// Who takes a case: members by their addresses, parts that exist, spells that end after they begin.
fn roster(policy: &Policy, checks: &mut Checks) {
    let products = &policy.scope.products;
    let parts: Vec<&str> =
        products.iter().flat_map(|one| std::iter::once(&one.name).chain(&one.components)).map(String::as_str).collect();
    for (index, turn) in policy.roster.iter().enumerate() {
        let path = |key: &str| format!("roster[{index}].{key}");
        checks.address(path("member"), &turn.member);
        for (at, part) in turn.owns.iter().enumerate() {
            if !parts.iter().any(|known| known.eq_ignore_ascii_case(part)) {
                let message = format!("there is no product or component `{part}`{}", suggest(part, &parts));
                checks.tell(path(&format!("owns[{at}]")), message);
            }
        }
        for (key, spells) in [("away", &turn.away), ("on_call", &turn.on_call)] {
            for (at, spell) in spells.iter().enumerate().filter(|(_, spell)| spell.until < spell.from) {
                checks.tell(path(&format!("{key}[{at}].until")), format!("`{}` is before it begins", spell.until));
            }
        }
    }
    let names = policy.roster.iter().enumerate();
    checks.once(names.map(|(i, turn)| (format!("roster[{i}].member"), turn.member.as_str())), "members");
}

/// Letters of the reply library: each with a name, words, variables that exist, and a clause that exists.
fn replies(policy: &Policy, checks: &mut Checks) {
    for (index, reply) in policy.replies.iter().enumerate() {
        let path = |key: &str| format!("replies[{index}].{key}");
        checks.filled(path("name"), &reply.name, "a short name to choose it by");
        checks.filled(path("text"), &reply.text, "the letter");
        let known: Vec<&str> = crate::replies::VARIABLES.iter().map(|(name, _)| *name).collect();
        for name in crate::replies::unknown_variables(&reply.text) {
            checks.tell(path("text"), format!("there is no variable `{{{name}}}`{}", suggest(&name, &known)));
        }
        if let Some(clause) = &reply.clause
            && policy.clause(clause).is_none()
        {
            checks.tell(path("clause"), format!("there is no clause `{clause}` in this policy"));
        }
    }
    let names = policy.replies.iter().enumerate();
    checks.once(names.map(|(i, reply)| (format!("replies[{i}].name"), reply.name.as_str())), "replies");
}

fn program(policy: &Policy, checks: &mut Checks) {
    let slug = policy.program.slug.as_str();
    if !is_short_name(slug) || slug.len() > 40 {
        checks.tell(
            "program.slug",
            format!("`{slug}` cannot stand in an address; use lower-case letters, digits and single dashes, beginning with a letter, at most 40"),
        );
    } else if RESERVED.contains(&slug) {
        checks.tell("program.slug", format!("`{slug}` is the address of another page; choose another short name"));
    }
    checks.filled("program.name", &policy.program.name, "the program's name");
    if let Some(url) = &policy.program.url {
        checks.web("program.url", url);
    }
    if let Some(team) = &policy.program.team {
        checks.web("program.team.url", &team.url);
    }
    for (index, link) in policy.program.links.iter().enumerate() {
        checks.web(format!("program.links[{index}].url"), &link.url);
    }
}

fn contacts(policy: &Policy, checks: &mut Checks) {
    if policy.contacts.is_empty() {
        checks.tell("contacts", "there is no contact; name at least one under [[contacts]], with role and email");
    }
    for (index, contact) in policy.contacts.iter().enumerate() {
        let path = |key: &str| format!("contacts[{index}].{key}");
        checks.filled(path("role"), &contact.role, "the role, like \"primary coordinator\"");
        if matches!(contact.role.as_str(), "holder" | "team") {
            checks.tell(
                path("role"),
                format!("`{}` means the member who holds the case; name the role otherwise", contact.role),
            );
        }
        checks.address(path("email"), &contact.email);
        if let Some(key) = &contact.openpgp {
            let plain: String = key.chars().filter(|c| !c.is_whitespace()).collect();
            let fingerprint = matches!(plain.len(), 40 | 64) && plain.bytes().all(|b| b.is_ascii_hexdigit());
            if !fingerprint && !uri::is_web(key) {
                checks.tell(
                    path("openpgp"),
                    "write the fingerprint (40 or 64 hexadecimal digits) or the web address of the key",
                );
            }
        }
    }
    checks.once(
        policy.contacts.iter().enumerate().map(|(i, c)| (format!("contacts[{i}].role"), c.role.as_str())),
        "contacts",
    );
    let channels = &policy.channels;
    if let Some(email) = &channels.email {
        checks.address("channels.email", email);
    }
    if let Some(portal) = &channels.portal {
        checks.web("channels.portal.url", &portal.url);
    }
    for (index, link) in channels.also.iter().enumerate() {
        checks.web(format!("channels.also[{index}].url"), &link.url);
    }
    if !channels.form && !channels.api && channels.email.is_none() && channels.portal.is_none() {
        checks.tell("channels", "no channel is open; open the form, the API, an e-mail address or a portal");
    }
}

/// What can be read and should not stay so: letters to a contact that come back as reports.
pub(super) fn warn(policy: &Policy) -> Vec<Problem> {
    let Some(own) = &policy.channels.email else { return Vec::new() };
    let plain = |address: &str| address.trim().to_lowercase();
    let contacts = policy.contacts.iter().enumerate().map(|(index, c)| (format!("contacts[{index}].email"), &c.email));
    let groups = policy.disclosure.recipients.iter().enumerate().flat_map(|(group, recipients)| {
        let place = move |index| format!("disclosure.recipients[{group}].addresses[{index}]");
        recipients.addresses.iter().enumerate().map(move |(index, address)| (place(index), address))
    });
    contacts
        .chain(groups)
        .filter(|(_, address)| plain(address) == plain(own))
        .map(|(path, address)| Problem {
            path,
            message: format!(
                "`{address}` is the address that takes reports: a letter to it comes back to Candor and reaches nobody; \
                 name an address of people"
            ),
        })
        .collect()
}

fn scope(policy: &Policy, checks: &mut Checks) {
    for (index, product) in policy.scope.products.iter().enumerate() {
        let path = |key: &str| format!("scope.products[{index}].{key}");
        checks.filled(path("name"), &product.name, "the product's name");
        if let Some(text) = &product.purl {
            match Purl::parse(text) {
                Err(problem) => checks.tell(path("purl"), problem.to_string()),
                Ok(purl) if purl.version().is_some() => {
                    checks.tell(
                        path("purl"),
                        "leave the version out; the policy names the package, advisories name versions",
                    );
                }
                Ok(_) => {}
            }
        }
        if let Some(cpe) = &product.cpe
            && (!cpe.starts_with("cpe:2.3:") || cpe.split(':').count() < 5)
        {
            checks.tell(
                path("cpe"),
                format!("`{cpe}` is no CPE 2.3 name; it looks like cpe:2.3:a:vendor:product:*:*:*:*:*:*:*:*"),
            );
        }
    }
    checks.once(
        policy.scope.products.iter().enumerate().map(|(i, p)| (format!("scope.products[{i}].name"), p.name.as_str())),
        "products",
    );
    for (index, out) in policy.scope.out.iter().enumerate() {
        checks.filled(format!("scope.out[{index}].clause"), &out.clause, "a short name that a verdict can cite");
        checks.filled(format!("scope.out[{index}].what"), &out.what, "what is not covered");
    }
    clauses(policy, checks);
    let versions = &policy.versions;
    if let Some(name) = &versions.ecosystem
        && ecosystem_named(name).is_none()
    {
        checks.tell("versions.ecosystem", format!("`{name}` is no ecosystem{}", suggest(name, &ECOSYSTEMS)));
    }
    if versions.latest.is_some() && versions.rule == VersionRule::List {
        checks.tell(
            "versions.latest",
            "with a list, each branch has a latest release; write it under [[versions.supported]]",
        );
    }
    for (index, known) in versions.supported.iter().enumerate() {
        let path = |key: &str| format!("versions.supported[{index}].{key}");
        let ranged = known.branch.contains(['<', '>', '=']);
        // A branch may have a name, like `main`; then a version is never held against it. An empty one is told as such.
        let worded = ranged || known.branch.trim().contains(char::is_whitespace);
        if worded && contains(Ecosystem::Other, &known.branch, "0.0.0").is_none() {
            let shape =
                if ranged { "a range looks like \">= 4.0, < 5.0\"" } else { "a branch looks like \"4.x\" or \"4.6\"" };
            checks.tell(path("branch"), format!("`{}` cannot be compared with a version; {shape}", known.branch));
        }
        if let (Some(from), Some(until)) = (known.from, known.until)
            && from > until
        {
            checks.tell(path("until"), format!("support ends on {until} and begins on {from}; turn them around"));
        }
    }
    match versions.rule {
        VersionRule::List if versions.supported.is_empty() => checks.tell(
            "versions.rule",
            "the rule is a list, and the list is empty; name the branches under [[versions.supported]]",
        ),
        VersionRule::Latest if !versions.supported.is_empty() => checks.tell(
            "versions.supported",
            "branches are listed, but only the latest release is supported; write rule = \"list\", or leave them out",
        ),
        _ => {}
    }
    checks.once(
        versions
            .supported
            .iter()
            .enumerate()
            .map(|(i, v)| (format!("versions.supported[{i}].branch"), v.branch.as_str())),
        "branches",
    );
}

/// Clauses that verdicts cite: kinds of problems, and what is known to be no vulnerability.
fn clauses(policy: &Policy, checks: &mut Checks) {
    let cwes = |checks: &mut Checks, path: &str, cwes: &[u32]| {
        for (index, cwe) in cwes.iter().enumerate() {
            if Cwe::get(*cwe).is_none() {
                checks.tell(
                    format!("{path}.cwes[{index}]"),
                    format!("CWE-{cwe} is not in the list; look it up by its name"),
                );
            }
        }
    };
    let to = |checks: &mut Checks, path: String, to: &Option<String>| {
        if let Some(to) = to
            && !uri::is_web(to)
            && !looks_like_address(to)
        {
            checks.tell(
                path,
                format!("`{to}` is no address; write one for mail, or a web address from https://; words belong under `instead`"),
            );
        }
    };
    for (index, out) in policy.scope.out.iter().enumerate() {
        to(checks, format!("scope.out[{index}].to"), &out.to);
    }
    for (index, kind) in policy.scope.kinds.iter().enumerate() {
        let path = format!("scope.kinds[{index}]");
        checks.filled(format!("{path}.clause"), &kind.clause, "a short name that a verdict can cite");
        checks.filled(format!("{path}.what"), &kind.what, "the kind of problem");
        cwes(checks, &path, &kind.cwes);
        to(checks, format!("{path}.to"), &kind.to);
        if kind.covered && (kind.instead.is_some() || kind.to.is_some()) {
            checks.tell(
                format!("{path}.instead"),
                "what is covered goes nowhere else; leave it out, or write covered = false",
            );
        }
    }
    for (index, known) in policy.known.iter().enumerate() {
        let path = format!("known[{index}]");
        checks.filled(format!("{path}.clause"), &known.clause, "a number or short name that a verdict can cite");
        checks.filled(format!("{path}.what"), &known.what, "what is reported");
        checks.filled(format!("{path}.because"), &known.because, "why it is no vulnerability here");
        cwes(checks, &path, &known.cwes);
        if let Some(url) = &known.url {
            checks.web(format!("{path}.url"), url);
        }
    }
    let out = policy.scope.out.iter().enumerate().map(|(i, o)| (format!("scope.out[{i}].clause"), o.clause.as_str()));
    let kinds =
        policy.scope.kinds.iter().enumerate().map(|(i, k)| (format!("scope.kinds[{i}].clause"), k.clause.as_str()));
    let known = policy.known.iter().enumerate().map(|(i, k)| (format!("known[{i}].clause"), k.clause.as_str()));
    checks.once(out.chain(kinds).chain(known), "clauses");
    replies(policy, checks);
    roster(policy, checks);
}

fn report(policy: &Policy, checks: &mut Checks) {
    for (index, tag) in policy.report.languages.iter().enumerate() {
        let mut parts = tag.split('-');
        let language = parts.next().unwrap_or_default();
        let fine = matches!(language.len(), 2..=3)
            && language.bytes().all(|b| b.is_ascii_alphabetic())
            && parts.all(|part| matches!(part.len(), 1..=8) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
        if !fine {
            checks.tell(
                format!("report.languages[{index}]"),
                format!("`{tag}` is no language tag; write it like \"en\" or \"pt-BR\""),
            );
        }
    }
    let mut asked = BTreeSet::new();
    for (index, ask) in policy.report.asks.iter().enumerate() {
        if !asked.insert(ask.field) {
            checks.tell(format!("report.asks[{index}].field"), "this is asked twice; leave one out");
        }
    }
    for (index, question) in policy.report.questions.iter().enumerate() {
        let path = |key: &str| format!("report.questions[{index}].{key}");
        if !is_short_name(&question.id) {
            checks.tell(
                path("id"),
                format!("`{}` cannot name an answer; use lower-case letters, digits and single dashes", question.id),
            );
        }
        checks.filled(path("label"), &question.label, "the question");
        match question.kind {
            QuestionKind::Choice if question.choices.is_empty() => {
                checks.tell(path("kind"), "a choice needs choices; list them under `choices`, or ask for a line");
            }
            QuestionKind::Choice => {}
            _ if !question.choices.is_empty() => {
                checks.tell(path("choices"), "choices are only offered by a question of kind = \"choice\"");
            }
            _ => {}
        }
    }
    checks.once(
        policy.report.questions.iter().enumerate().map(|(i, q)| (format!("report.questions[{i}].id"), q.id.as_str())),
        "questions",
    );
}

fn checklists(policy: &Policy, checks: &mut Checks) {
    for (index, list) in policy.checklists.iter().enumerate() {
        let path = |key: &str| format!("checklists[{index}].{key}");
        checks.filled(path("name"), &list.name, "a short name");
        if list.items.is_empty() {
            checks.tell(path("items"), "a checklist without items asks for nothing; write what is looked at");
        }
        for (at, item) in list.items.iter().enumerate() {
            checks.filled(path(&format!("items[{at}]")), item, "what is looked at");
            if item.chars().count() > 300 {
                checks.tell(path(&format!("items[{at}]")), "an item is one short sentence; shorten it");
            }
        }
        let items = list.items.iter().enumerate();
        checks.once(items.map(|(at, item)| (path(&format!("items[{at}]")), item.as_str())), "items");
        for (at, cwe) in list.weaknesses.iter().enumerate().filter(|(_, cwe)| Cwe::get(**cwe).is_none()) {
            checks.tell(path(&format!("weaknesses[{at}]")), format!("there is no CWE-{cwe}"));
        }
    }
    let lists = policy.checklists.iter().enumerate();
    checks.once(lists.map(|(i, list)| (format!("checklists[{i}].name"), list.name.as_str())), "checklists");
}

fn gates(policy: &Policy, checks: &mut Checks) {
    let mut seen = BTreeSet::new();
    for (index, gate) in policy.gates.iter().enumerate() {
        let path = |key: &str| format!("gates[{index}].{key}");
        let problem = match (gate.before, gate.needs) {
            (Step::Confirm | Step::Reject | Step::Acknowledge, Need::Remediation | Need::DecisionPerVersion) => {
                Some("a fix can only be recorded once the report is confirmed, so that this gate would never open")
            }
            (Step::Fix, Need::Remediation | Need::DecisionPerVersion)
            | (Step::Rate, Need::Severity)
            | (Step::Embargo, Need::Timeline | Need::EmbargoAgreed)
            | (Step::Approve, Need::Approvals) => {
                Some("this step is the only way to what it waits for, so that this gate would never open")
            }
            (Step::Approve | Step::Order | Step::Publish, Need::SecondApprover)
            | (Step::Order | Step::Publish, Need::Approvals) => None,
            (_, Need::SecondApprover) => Some(
                "there may be no advisory to approve at this step; a second approver guards `approve`, `order` or `publish`",
            ),
            (_, Need::Approvals) => {
                Some("there may be no advisory to approve at this step; approvals guard `order` or `publish`")
            }
            _ => None,
        };
        let counts = matches!(gate.needs, Need::TwoMembersDiscussed | Need::Approvals);
        match gate.members {
            Some(_) if !counts => checks.tell(
                path("members"),
                "only `two-members-discussed` and `approvals` count members; leave it out, or name one of them",
            ),
            Some(0) => checks.tell(path("members"), "nobody is no quorum; ask for one member at least"),
            _ => {}
        }
        match gate.needs {
            Need::Fields if gate.fields.is_empty() => {
                checks.tell(path("fields"), "name what has to be filled in, like fields = [\"weakness\", \"cve\"]")
            }
            Need::Fields => {
                if gate.before == Step::Rate && gate.fields.contains(&CaseField::Severity) {
                    checks.tell(path("fields"), "the severity is what this step brings; leave it out");
                }
                let of_draft = |field: &CaseField| {
                    use CaseField::{AffectedVersions, Conditions, Details, Impact, References};
                    matches!(field, AffectedVersions | Conditions | Details | Impact | References)
                };
                let early = matches!(gate.before, Step::Acknowledge | Step::Confirm | Step::Reject);
                if early && gate.fields.iter().any(of_draft) {
                    checks.tell(
                        path("fields"),
                        "an advisory is written once the report is confirmed, so that this gate would never open",
                    );
                }
            }
            _ if !gate.fields.is_empty() => {
                checks
                    .tell(path("fields"), "fields are asked for by needs = \"fields\"; leave them out, or write that");
            }
            _ => {}
        }
        let lists: Vec<&str> = policy.checklists.iter().map(|list| list.name.as_str()).collect();
        match (&gate.checklist, gate.needs) {
            (Some(name), Need::Checklist) if !lists.contains(&name.as_str()) => {
                checks.tell(path("checklist"), format!("there is no checklist `{name}`{}", suggest(name, &lists)));
            }
            (None, Need::Checklist) if lists.is_empty() => {
                checks.tell(path("needs"), "there is no checklist; write one under [[checklists]]");
            }
            (Some(_), needs) if needs != Need::Checklist => {
                checks.tell(
                    path("checklist"),
                    "a checklist is asked for by needs = \"checklist\"; leave it out, or write that",
                );
            }
            _ => {}
        }
        if let Some(problem) = problem {
            checks.tell(path("needs"), problem);
        }
        let key = (gate.before, format!("{:?} {:?}", gate.needs, gate.checklist));
        if !seen.insert(key) {
            checks.tell(path("needs"), "this gate stands twice; leave one out");
        }
    }
}

/// The scale: levels or bands, and the table of decisions.
fn scale(policy: &Policy, checks: &mut Checks) {
    let rules = &policy.severity;
    if rules.levels.len() > RANKS.len() {
        checks.tell(
            "severity.levels",
            format!("there are {} levels; at most {} can be told apart", rules.levels.len(), RANKS.len()),
        );
    }
    for (index, level) in rules.levels.iter().enumerate() {
        checks.filled(format!("severity.levels[{index}]"), level, "the name of a level");
        if level.chars().count() > 60 || level.contains(char::is_control) {
            checks.tell(format!("severity.levels[{index}]"), "a level is one short word or two; shorten it");
        }
    }
    checks.once(
        rules.levels.iter().enumerate().map(|(i, level)| (format!("severity.levels[{i}]"), level.as_str())),
        "levels",
    );
    if !rules.levels.is_empty() {
        stand_at_levels(policy, checks);
    }
    if let Some(bands) = &rules.bands {
        if !rules.levels.is_empty() {
            checks
                .tell("severity.bands", "bands belong to a score, and levels stand without one; leave one of them out");
        }
        let edges = [bands.low, bands.medium, bands.high, bands.critical];
        if edges.iter().any(|edge| !(0.0..=10.0).contains(edge)) {
            checks.tell("severity.bands", "a score lies between 0 and 10");
        } else if edges.windows(2).any(|pair| pair[0] >= pair[1]) {
            checks.tell("severity.bands", "each band has to begin above the one before: low, medium, high, critical");
        }
    }
    for (index, rule) in rules.decide.iter().enumerate() {
        if rules.decide[..index].iter().any(|before| before.severities.is_empty() && before.efforts.is_empty()) {
            checks.tell(
                format!("severity.decide[{index}]"),
                "a line above fits every case, so that this one never counts",
            );
            break;
        }
        if rule.efforts.len() > 3 {
            checks.tell(format!("severity.decide[{index}].efforts"), "there are three efforts: small, medium, large");
        }
    }
}

/// Severities that no level of the program stands at.
fn stand_at_levels(policy: &Policy, checks: &mut Checks) {
    let rules = &policy.severity;
    let has = |severity: &Severity| RANKS.iter().take(rules.levels.len()).any(|rank| rank == severity);
    let mut told = |place: String, name: &str| {
        checks.tell(place, format!("the policy has no level `{name}`; it has {}", rules.levels.join(", ")));
    };
    let mut lists =
        vec![("severity.always".to_owned(), &rules.always), ("severity.when_small".to_owned(), &rules.when_small)];
    let decide = rules.decide.iter().enumerate();
    lists.extend(decide.map(|(i, rule)| (format!("severity.decide[{i}].severities"), &rule.severities)));
    let gates = policy.gates.iter().enumerate();
    lists.extend(gates.map(|(i, gate)| (format!("gates[{i}].severities"), &gate.severities)));
    let steps = policy.disclosure.schedule.iter().enumerate();
    lists.extend(steps.map(|(i, step)| (format!("disclosure.schedule[{i}].severities"), &step.severities)));
    for (index, promise) in policy.promises.iter().enumerate() {
        lists.push((format!("promises[{index}].severities"), &promise.severities));
        for rank in RANKS.iter().filter(|rank| !has(rank)).map(|rank| levels::standard(*rank)) {
            if promise.within_by_severity.contains_key(rank) {
                told(format!("promises[{index}].within_by_severity.{rank}"), rank);
            }
        }
    }
    for (place, list) in lists {
        for (index, severity) in list.iter().enumerate().filter(|(_, severity)| !has(severity)) {
            told(format!("{place}[{index}]"), levels::standard(*severity));
        }
    }
}

fn outcome(policy: &Policy, checks: &mut Checks) {
    scale(policy, checks);
    let rules = &policy.severity;
    for severity in &rules.when_small {
        if rules.always.contains(severity) {
            checks.tell(
                "severity.when_small",
                format!(
                    "{} is addressed always and when the effort is small; leave it out of one",
                    rules.label(*severity)
                ),
            );
        }
    }
    let disclosure = &policy.disclosure;
    if let (Some(embargo), Some(limit)) = (disclosure.embargo, disclosure.embargo_limit)
        && longer(embargo, limit)
    {
        checks.tell("disclosure.embargo", format!("{embargo} is longer than the limit of {limit}"));
    }
    check_disclosure::check(policy, checks);
    let credit = &policy.credit;
    if credit.places.contains(&CreditPlace::ThanksPage) && !credit.places.contains(&CreditPlace::Advisory) {
        checks.tell("credit.places", "the page of thanks repeats what advisories say; add \"advisory\"");
    }
    if credit.default != CreditDefault::Anonymous && credit.fields.is_empty() {
        checks.tell("credit.fields", "a credit is made of something; name at least \"name\"");
    } else if credit.default == CreditDefault::Named && !credit.fields.contains(&CreditField::Name) {
        checks.tell("credit.fields", "who is named by default is named by name; add \"name\"");
    }
    let advisories = &policy.advisories;
    if let Some(prefix) = &advisories.prefix
        && (prefix.is_empty() || prefix.len() > 20 || !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    {
        checks.tell(
            "advisories.prefix",
            format!("`{prefix}` cannot begin an advisory's id; use letters, digits and dashes, at most 20"),
        );
    }
    if let Some(namespace) = &advisories.namespace {
        checks.web("advisories.namespace", namespace);
    }
    if let Some(place) = &advisories.also_at {
        checks.web("advisories.also_at", place);
    }
}

/// Lower-case letters, digits and single dashes, beginning with a letter.
pub(super) fn is_short_name(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.ends_with('-')
        && !text.contains("--")
}
