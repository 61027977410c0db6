//! A policy beside prose about the same program: where they contradict each other, and what only the prose says.

use super::import::{self, Fact, Found, Promised, WebKind, name};
use super::{CreditDefault, Moment, Policy, ScannerRule, VersionRule};

/// What came of comparing a policy with prose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Where the two cannot both be true.
    pub contradictions: Vec<Difference>,
    /// What the prose says and the policy does not.
    pub notes: Vec<Difference>,
    /// How many facts of the prose stand in the policy as well.
    pub agreed: usize,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Line in the prose, from 1.
    pub line: usize,
    /// The sentence in the prose.
    pub quote: String,
    /// The key of the policy, like `promises.acknowledge.within`.
    pub key: String,
    /// What differs, in words.
    pub message: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// Compares a policy with prose, such as the SECURITY.md of the same repository. Reads the prose by the rules of
/// [`import`], so that it sees no more than they find.
pub fn against(policy: &Policy, prose: &str) -> Comparison {
    let reading = import::read(prose);
    let mut out = Comparison::default();
    for found in &reading.found {
        if matches!(found.fact, Fact::Statement { .. }) {
            continue;
        }
        match judge(policy, found) {
            Verdict::Agrees => out.agreed += 1,
            Verdict::Contradicts(key, message) => out.contradictions.push(difference(found, key, message)),
            Verdict::Lacks(key, message) => out.notes.push(difference(found, key, message)),
        }
    }
    out
}

enum Verdict {
    Agrees,
    Contradicts(String, String),
    Lacks(String, String),
}

fn difference(found: &Found, key: String, message: String) -> Difference {
    Difference { line: found.line, quote: found.quote.clone(), key, message }
}

fn lacks(key: impl Into<String>, message: impl Into<String>) -> Verdict {
    Verdict::Lacks(key.into(), message.into())
}

fn contradicts(key: impl Into<String>, message: impl Into<String>) -> Verdict {
    Verdict::Contradicts(key.into(), message.into())
}

fn when(holds: bool, otherwise: Verdict) -> Verdict {
    if holds { Verdict::Agrees } else { otherwise }
}

fn judge(policy: &Policy, found: &Found) -> Verdict {
    let channels = &policy.channels;
    let scope = &policy.scope;
    let disclosure = &policy.disclosure;
    match &found.fact {
        Fact::ReportMail(mail) => {
            let named = policy.contacts.iter().any(|contact| same(&contact.email, mail));
            match &channels.email {
                Some(own) if same(own, mail) => Verdict::Agrees,
                _ if named => Verdict::Agrees,
                Some(own) => {
                    contradicts("channels.email", format!("the prose sends reports to {mail}, the policy to {own}"))
                }
                None => lacks(
                    "channels.email",
                    format!("the prose takes reports at {mail}; the policy names no address for them"),
                ),
            }
        }
        Fact::Contact { role, email } => when(
            policy.contacts.iter().any(|contact| same(&contact.email, email)),
            lacks("contacts", format!("the prose names {email} ({role}); no contact of the policy has that address")),
        ),
        Fact::OpenPgp(key) => {
            let plain =
                |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
            let keys: Vec<String> =
                policy.contacts.iter().filter_map(|contact| contact.openpgp.as_deref()).map(plain).collect();
            if keys.contains(&plain(key)) {
                Verdict::Agrees
            } else if keys.is_empty() || key.contains("://") != keys.iter().any(|key| key.contains("://")) {
                lacks("contacts.openpgp", "the prose names an OpenPGP key that no contact of the policy has")
            } else {
                contradicts("contacts.openpgp", "the prose names another OpenPGP key than the policy")
            }
        }
        Fact::Web { kind, url, .. } => web(policy, *kind, url),
        Fact::Never(_) => when(
            !channels.never.is_empty() || !disclosure.conditions.is_empty(),
            lacks("channels.never", "the prose asks not to report in public; the policy does not"),
        ),
        Fact::Repository(pattern) => {
            let covered = scope
                .products
                .iter()
                .flat_map(|product| &product.repositories)
                .any(|own| own == pattern || covers(own, pattern));
            when(
                covered,
                lacks("scope.products", format!("the prose covers {pattern}; no product of the policy names it")),
            )
        }
        Fact::OutOfScope { .. } => when(
            !scope.out.is_empty(),
            lacks("scope.out", "the prose leaves something out of scope; the policy leaves out nothing"),
        ),
        Fact::Unsure(_) => when(
            !scope.unsure.trim().is_empty(),
            lacks("scope.unsure", "the prose says what to do when unsure; the policy does not"),
        ),
        Fact::Internal => when(
            scope.internal_reports,
            lacks("scope.internal_reports", "the prose takes reports by own staff alike; the policy does not say so"),
        ),
        Fact::CoversDependencies => when(
            scope.dependencies != super::DependencyScope::None,
            contradicts("scope.dependencies", "the prose covers dependencies, the policy does not"),
        ),
        Fact::LatestOnly => when(
            policy.versions.rule == VersionRule::Latest,
            contradicts("versions.rule", "the prose supports the latest release alone, the policy a list"),
        ),
        Fact::Supported { branch, until } => supported(policy, branch, *until),
        Fact::Unsupported(branch) => when(
            !policy.versions.supported.iter().any(|own| same_branch(&own.branch, branch)),
            contradicts("versions.supported", format!("the prose gives {branch} no fixes, the policy lists it")),
        ),
        Fact::Language(tag) => {
            let languages = &policy.report.languages;
            let holds = languages.iter().any(|own| own.split('-').next() == tag.split('-').next());
            match languages.is_empty() {
                true => lacks("report.languages", format!("the prose asks for `{tag}`; the policy names no language")),
                false => when(
                    holds,
                    contradicts(
                        "report.languages",
                        format!("the prose asks for `{tag}`, the policy for {}", languages.join(", ")),
                    ),
                ),
            }
        }
        Fact::ScannerVerified => when(
            policy.report.scanner == ScannerRule::VerifiedOnly,
            contradicts(
                "report.scanner",
                "the prose takes output of scanners only when somebody verified it, the policy as any report",
            ),
        ),
        Fact::Asks(field) => when(
            policy.report.asks.iter().any(|ask| ask.field == *field),
            lacks("report.asks", format!("the prose asks for `{}`; the form of the policy does not", name(field))),
        ),
        Fact::Promise(promise) => promised(policy, promise, &found.quote.to_lowercase()),
        Fact::Escalates { missing, .. } => when(
            policy.promises.iter().any(|own| own.kept_by == *missing && !own.escalate.is_empty()),
            lacks(
                "promises.escalate",
                "the prose says whom to turn to after a silence; no promise of that kind escalates",
            ),
        ),
        Fact::Gate { before, needs } => when(
            policy.gates.iter().any(|gate| gate.needs == *needs),
            lacks(
                "gates",
                format!("the prose asks for `{}` before `{}`; no gate of the policy does", name(needs), name(before)),
            ),
        ),
        Fact::Severities { always, which } => {
            let (own, other, key) = if *always {
                (&policy.severity.always, &policy.severity.when_small, "severity.always")
            } else {
                (&policy.severity.when_small, &policy.severity.always, "severity.when_small")
            };
            let missing: Vec<_> = which.iter().filter(|severity| !own.contains(severity)).collect();
            let names = missing.iter().map(|severity| severity.label()).collect::<Vec<_>>().join(", ");
            let swapped = missing.iter().any(|severity| other.contains(severity)) && !*always;
            if missing.is_empty() {
                Verdict::Agrees
            } else if own.is_empty() && !swapped {
                lacks(key, format!("the prose says when {names} is addressed; the policy does not"))
            } else {
                contradicts(key, format!("{names} stands in the prose and not in the policy"))
            }
        }
        Fact::Embargo(length) => match (disclosure.embargo, disclosure.embargo_limit) {
            (Some(own), _) if own == *length => Verdict::Agrees,
            (_, Some(own)) if own == *length => Verdict::Agrees,
            (Some(own), _) => contradicts("disclosure.embargo", format!("the prose says {length}, the policy {own}")),
            (None, _) => lacks("disclosure.embargo", format!("the prose asks for {length}; the policy for no time")),
        },
        Fact::EmbargoLimit(length) => match disclosure.embargo_limit.or(disclosure.embargo) {
            Some(own) if own == *length => Verdict::Agrees,
            Some(own) => {
                contradicts("disclosure.embargo_limit", format!("the prose says at most {length}, the policy {own}"))
            }
            None => {
                lacks("disclosure.embargo_limit", format!("the prose says at most {length}; the policy has no limit"))
            }
        },
        Fact::PublishOn(on) => when(
            disclosure.publish_on == *on,
            contradicts(
                "disclosure.publish_on",
                format!("the prose publishes on `{}`, the policy on `{}`", name(on), name(&disclosure.publish_on)),
            ),
        ),
        Fact::Condition(_) => when(
            !disclosure.conditions.is_empty() || !disclosure.statement.trim().is_empty() || !channels.never.is_empty(),
            lacks(
                "disclosure.conditions",
                "the prose asks reporters to wait with publishing; the policy has no such condition",
            ),
        ),
        Fact::NoSla(_) => when(
            disclosure.no_sla.is_some(),
            lacks("disclosure.no_sla", "the prose says that it is no service level agreement; the policy does not"),
        ),
        Fact::Credit(default) => credit(policy, *default),
        Fact::CreditField(field) => when(
            policy.credit.fields.contains(field),
            lacks(
                "credit.fields",
                format!("a credit of the prose holds `{}`, one of the policy does not", name(field)),
            ),
        ),
        Fact::CreditPlace(place) => when(
            policy.credit.appears_in.iter().any(|own| own.to_lowercase().contains(place.trim_start_matches("the "))),
            lacks("credit.appears_in", format!("the prose credits in {place}; the policy does not name it")),
        ),
        Fact::DependencyCycle(length) => match policy.dependencies.cycle {
            Some(own) if own == *length => Verdict::Agrees,
            Some(own) => {
                contradicts("dependencies.cycle", format!("the prose says every {length}, the policy every {own}"))
            }
            None => lacks(
                "dependencies.cycle",
                format!("the prose updates dependencies every {length}; the policy does not say how often"),
            ),
        },
        Fact::Statement { .. } => Verdict::Agrees,
    }
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn trimmed(url: &str) -> String {
    url.trim_end_matches('/').to_ascii_lowercase()
}

/// Whether a pattern of the policy covers one of the prose.
fn covers(own: &str, pattern: &str) -> bool {
    own.strip_suffix('*').is_some_and(|start| pattern.starts_with(start))
}

fn web(policy: &Policy, kind: WebKind, url: &str) -> Verdict {
    let mut known: Vec<&String> =
        policy.channels.also.iter().chain(&policy.program.links).map(|link| &link.url).collect();
    known.extend(policy.channels.portal.iter().chain(&policy.program.team).map(|link| &link.url));
    known.extend(policy.program.url.iter().chain(&policy.advisories.also_at));
    if known.iter().any(|own| trimmed(own) == trimmed(url)) {
        return Verdict::Agrees;
    }
    let words = |text: &str| format!("{text}: {url}");
    match kind {
        WebKind::Report => lacks("channels.also", words("the prose names a way to report that the policy does not")),
        WebKind::Portal => match &policy.channels.portal {
            Some(own) => contradicts(
                "channels.portal",
                format!("the portal of the prose is {url}, that of the policy {}", own.url),
            ),
            None => lacks("channels.portal", words("the prose names a portal")),
        },
        WebKind::Team => match &policy.program.team {
            Some(own) => {
                contradicts("program.team", format!("the prose lists the team at {url}, the policy at {}", own.url))
            }
            None => lacks("program.team", words("the prose lists those who read reports")),
        },
        WebKind::Advisories => match &policy.advisories.also_at {
            Some(own) => contradicts(
                "advisories.also_at",
                format!("advisories appear at {url} in the prose, at {own} in the policy"),
            ),
            None => lacks("advisories.also_at", words("advisories appear elsewhere as well")),
        },
        WebKind::More => lacks("program.links", words("the prose links to more")),
    }
}

fn same_branch(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        text.trim().trim_start_matches(['v', 'V']).replace(".x.x", ".x").replace(' ', "").to_ascii_lowercase()
    };
    plain(a) == plain(b)
}

fn supported(policy: &Policy, branch: &str, until: Option<jiff::civil::Date>) -> Verdict {
    if policy.versions.rule == VersionRule::Latest {
        return contradicts(
            "versions.rule",
            format!("the prose lists {branch}, the policy supports the latest release alone"),
        );
    }
    let Some(own) = policy.versions.supported.iter().find(|own| same_branch(&own.branch, branch)) else {
        return contradicts(
            "versions.supported",
            format!("the prose gives {branch} fixes, the policy does not list it"),
        );
    };
    match (until, own.until) {
        (Some(prose), Some(own)) if prose != own => contradicts(
            "versions.supported",
            format!("{branch} gets fixes until {prose} in the prose, until {own} in the policy"),
        ),
        (Some(prose), None) => lacks(
            "versions.supported",
            format!("{branch} gets fixes until {prose} in the prose; the policy has no end"),
        ),
        _ => Verdict::Agrees,
    }
}

fn credit(policy: &Policy, prose: CreditDefault) -> Verdict {
    let own = policy.credit.default;
    let names = |default| default == CreditDefault::Named;
    if own == prose {
        Verdict::Agrees
    } else if names(own) == names(prose) {
        // Both name nobody who says nothing.
        Verdict::Agrees
    } else {
        contradicts("credit.default", format!("the prose says `{}`, the policy `{}`", name(&prose), name(&own)))
    }
}

fn promised(policy: &Policy, prose: &Promised, quote: &str) -> Verdict {
    let near = |moment: Moment| match moment {
        // Words for these are used for one another.
        Moment::Confirmation => Moment::Verdict,
        Moment::Publication => Moment::Resolution,
        other => other,
    };
    let same_thing: Vec<_> = policy
        .promises
        .iter()
        .filter(|own| near(own.kept_by) == near(prose.kept_by))
        .filter(|own| {
            prose.severities.is_empty()
                || own.severities.is_empty()
                || prose.severities.iter().any(|severity| own.severities.contains(severity))
        })
        .collect();
    let exact = |own: &&&super::Promise| own.within == prose.within;
    // Prose that was printed from a policy names a promise in the policy's own words.
    let worded = policy.promises.iter().find(|own| quote.starts_with(&own.what.trim().to_lowercase()));
    if let Some(own) = worded {
        return match own.within == prose.within {
            true => Verdict::Agrees,
            false => contradicts(
                format!("promises.{}.within", own.name),
                format!("the prose says {}, the policy {}", prose.within, own.within),
            ),
        };
    }
    let best = same_thing
        .iter()
        .find(|own| exact(own) && own.starts == prose.starts)
        .or_else(|| same_thing.iter().find(exact))
        .or_else(|| same_thing.iter().find(|own| own.repeats == prose.repeats && own.starts == prose.starts))
        .or_else(|| same_thing.iter().find(|own| own.repeats == prose.repeats))
        .or_else(|| same_thing.first());
    let Some(own) = best else {
        return lacks(
            "promises",
            format!(
                "the prose promises `{}` within {}; the policy promises nothing of the kind",
                name(&prose.kept_by),
                prose.within
            ),
        );
    };
    let key = |key: &str| format!("promises.{}.{key}", own.name);
    if own.within != prose.within {
        return contradicts(key("within"), format!("the prose says {}, the policy {}", prose.within, own.within));
    }
    if prose.starts != Moment::Report && own.starts != prose.starts && own.kept_by == prose.kept_by {
        return contradicts(
            key("starts"),
            format!("the prose counts it from `{}`, the policy from `{}`", name(&prose.starts), name(&own.starts)),
        );
    }
    if let Some(kind) = prose.kind
        && kind != own.kind
    {
        return contradicts(
            key("kind"),
            format!("the prose words it as a {}, the policy as a {}", name(&kind), name(&own.kind)),
        );
    }
    if own.members < prose.members {
        return contradicts(
            key("members"),
            format!("the prose asks for {} members, the policy for {}", prose.members, own.members),
        );
    }
    if own.repeats != prose.repeats {
        return contradicts(key("repeats"), "one of the two repeats it, the other does not");
    }
    Verdict::Agrees
}
