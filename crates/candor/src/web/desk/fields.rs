//! The questions each act asks, and the command its answers make.

use super::acts::Kind;
use super::{Opened, People, times};
use crate::web::forms::Form;
use crate::web::views::parts::{Choice, Control, Field, Group};
use crate::web::views::{Problem, fmt};
use candor_core::access::Role;
use candor_core::command::Command;
use candor_core::event::{FixKind, Justification, VerificationFacts, VerificationResult};
use candor_core::id::CaseId;
use candor_core::planning;
use candor_core::policy::{Clause, Effort, Need, Plan, Step};
use candor_core::promises::{Status, clocks};
use candor_formats::cvss::{CvssVector, Severity, Version, metrics};
use candor_formats::cwe::Cwe;

/// The questions of an act, with what was typed or what the case knows.
pub fn groups(kind: Kind, form: &Form, opened: &Opened, team: &People) -> Vec<Group> {
    let case = &opened.case;
    let typed = |name: &str| form.get(name).to_owned();
    let known = |name: &str, known: &str| if form.has(name) { typed(name) } else { known.to_owned() };
    let area = |name: &str, label: &str, rows| Field::area(name, label, rows).value(typed(name));
    let line = |name: &str, label: &str| Field::line(name, label).value(typed(name));
    let words = |label: &str| area("text", label, 8).required();
    let one = |fields| vec![Group::new("act", "", fields)];
    match kind {
        Kind::Acknowledge => one(vec![
            Field::area("text", "Your words to the reporter", 8)
                .value(known("text", "Thank you for your report. I have read it, and we are looking into it."))
                .required(),
        ]),
        Kind::Answer | Kind::Ask => one(vec![words("Your words to the reporter")]),
        Kind::Note => one(vec![words("Note")]),
        Kind::Assign => {
            let mut choices = vec![Choice::new("", "Nobody")];
            choices
                .extend(team.with_role(&case.program, Role::Member).map(|(id, name)| Choice::new(id.as_str(), name)));
            let held = case.assignee.as_ref().map_or("", |member| member.as_str());
            one(vec![Field::new("to", "Who holds the case", Control::Select(choices)).value(known("to", held))])
        }
        Kind::Describe => one(vec![
            Field::line("title", "Working title")
                .value(known("title", &case.title))
                .hint("For the team. The advisory has a title of its own.")
                .required(),
            Field::line("product", "Product")
                .value(known("product", &super::case::product(opened)))
                .suggestions(opened.policy.scope.products.iter().map(|product| product.name.clone()).collect()),
            Field::line("component", "Component")
                .value(known("component", case.component.as_deref().unwrap_or_default()))
                .suggestions(
                    opened.policy.scope.products.iter().flat_map(|product| product.components.clone()).collect(),
                ),
            Field::area("aliases", "Identifiers", 3)
                .hint("One on each line, like CVE-2026-12345.")
                .value(known("aliases", &case.aliases.join("\n"))),
        ]),
        Kind::Verify => one(vec![
            area("environment", "Where you tried it", 3)
                .hint("Version, system, configuration: enough for somebody else to try the same.")
                .required(),
            Field::new(
                "result",
                "What came of it",
                Control::Radio(vec![
                    Choice::new("reproduced", "It happens as told"),
                    Choice::new("partly", "It happens in part, or otherwise than told"),
                    Choice::new("not-reproduced", "I could not make it happen"),
                ]),
            )
            .value(known("result", "reproduced")),
            area("conditions", "What exploitation needs", 3).note("optional").hint("Credentials, access, settings."),
            area("impact", "What it leads to", 3).note("optional"),
        ]),
        Kind::Discuss => one(vec![words("What was said, and what comes next")]),
        Kind::Confirm => one(vec![words("Your words to the reporter").hint("What you found and what happens next.")]),
        Kind::Reject => one(vec![words("The reason, for the reporter")]),
        Kind::OutOfScope => one(vec![
            clause(&opened.policy.out_clauses(), typed("clause"), line("clause", "Clause of the policy").required()),
            line("instead", "Where to go instead")
                .note("optional")
                .hint("Left empty, the policy's own answer is given."),
            words("Your words to the reporter"),
        ]),
        Kind::Redirect => {
            let clauses: Vec<Clause> = opened.policy.out_clauses();
            let first = clauses.iter().find_map(|clause| clause.to.clone()).unwrap_or_default();
            let mut fields = vec![
                line("to", "Where to go")
                    .hint("An address for mail, or a web address from https://. Left empty, the one of the clause.")
                    .suggestions(clauses.iter().filter_map(|clause| clause.to.clone()).collect())
                    .value(if clauses.is_empty() { known("to", &first) } else { typed("to") }),
            ];
            if !clauses.is_empty() {
                let mut choices = vec![Choice::new("", "No clause")];
                choices.extend(clauses.iter().map(|one| {
                    Choice::new(&one.name, format!("{}: {}", one.name, one.what))
                        .hint(one.to.clone().unwrap_or_default())
                }));
                let field = Field::new("clause", "Clause of the policy", Control::Radio(choices)).note("optional");
                fields.push(field.value(typed("clause")));
            }
            fields.push(words("Your words to the reporter"));
            one(fields)
        }
        Kind::NotAVulnerability => one(vec![
            clause(&opened.policy.known_clauses(), typed("clause"), line("clause", "Clause of the policy").required()),
            words("Your words to the reporter"),
        ]),
        Kind::EstimateEffort => {
            let choices = vec![
                Choice::new("small", "Small").hint("Done beside other work."),
                Choice::new("medium", "Medium").hint("Has to be planned."),
                Choice::new("large", "Large").hint("Moves other work."),
            ];
            let now = case.effort.as_ref().map_or("small", |estimate| estimate.effort.name());
            one(vec![
                Field::new("effort", "How much work a fix is", Control::Radio(choices)).value(known("effort", now)),
                area("text", "What it takes", 4).required(),
            ])
        }
        Kind::Decide => {
            let proposal = planning::proposal(case, &opened.policy, case.updated_at);
            let choices = Plan::ALL.into_iter().map(|plan| {
                let proposed = proposal.as_ref().is_some_and(|proposal| proposal.plan == plan);
                let label = crate::web::clocks::capital(plan.label());
                Choice::new(plan.name(), label).hint(if proposed { "Proposed by the policy." } else { "" })
            });
            let first = proposal.as_ref().map_or("", |proposal| proposal.plan.name());
            one(vec![
                Field::new("plan", "What is decided", Control::Radio(choices.collect())).value(known("plan", first)),
                line("on", "Date of the regular update")
                    .note("optional")
                    .hint("Only for the next regular update. Like 2026-09-30 14:00 in the program's own time; left empty, as the policy's cycle says."),
                area("reason", "The reason, for the reporter", 4)
                    .hint("Can stay empty when you confirm what the policy proposes."),
            ])
        }
        Kind::AssessDependency => {
            let mut choices = vec![Choice::new("", "It makes the product vulnerable")];
            choices.extend(
                Justification::ALL
                    .into_iter()
                    .map(|why| Choice::new(why.name(), format!("Not affected: {}", why.label())).hint(why.name())),
            );
            one(vec![
                line("package", "Package").hint("A package URL like pkg:npm/lodash@4.17.20, or its name.").required(),
                Field::new("justification", "What it means here", Control::Radio(choices))
                    .value(typed("justification")),
                area("text", "On what ground", 4).required(),
            ])
        }
        Kind::Duplicate => one(vec![
            line("of", "The case that has it")
                .note("optional")
                .hint("Like 7K3M9-QXT4B. The reporter does not see it.")
                .narrow(),
            words("Your words to the reporter"),
        ]),
        Kind::ScannerOutput => {
            one(vec![words("Your words to the reporter").hint(
                "Say what would show that the problem is really there. With a proof the case is taken up again.",
            )])
        }
        Kind::Rate if !opened.policy.severity.levels.is_empty() => {
            let scale = &opened.policy.severity;
            let choices = scale.levels.iter().map(|level| Choice::new(level, level)).collect();
            let now = case.severity().map(|severity| scale.label(severity)).unwrap_or_default();
            one(vec![Field::new("level", "Level", Control::Radio(choices)).value(known("level", &now))])
        }
        Kind::Rate => rating(form, opened),
        Kind::SetWeakness => {
            let search = typed("cwe");
            let found = Cwe::search(&search, 12);
            let suggestions = if search.is_empty() || found.is_empty() {
                Cwe::all().map(|cwe| format!("CWE-{}: {}", cwe.id, cwe.name)).collect()
            } else {
                found.into_iter().map(|cwe| format!("CWE-{}: {}", cwe.id, cwe.name)).collect()
            };
            let now = case.cwe.map(|cwe| format!("CWE-{cwe}")).unwrap_or_default();
            one(vec![
                Field::line("cwe", "Weakness")
                    .hint("A number like 79, or words to choose from.")
                    .value(known("cwe", &now))
                    .suggestions(suggestions)
                    .required(),
            ])
        }
        Kind::ProposeEmbargo => one(vec![
            line("until", "Nothing is published before")
                .hint("Like 2026-09-30 14:00 in the program's own time, or 2026-09-30T12:00Z.")
                .required(),
            area("text", "Your words to the reporter", 5).note("optional"),
        ]),
        Kind::RecordFix => {
            let kinds = [
                (FixKind::Patch, "patch", "A fix is released"),
                (FixKind::Disable, "disable", "The broken feature is switched off"),
                (FixKind::Countermeasure, "countermeasure", "Another change makes it impossible to exploit"),
                (FixKind::Workaround, "workaround", "Users can protect themselves"),
                (FixKind::NotAffected, "not-affected", "This version is not affected"),
                (FixKind::WillNotFix, "will-not-fix", "This version will not be fixed"),
            ];
            one(vec![
                Field::new(
                    "kind",
                    "What is so",
                    Control::Radio(kinds.iter().map(|(_, value, label)| Choice::new(*value, *label)).collect()),
                )
                .value(known("kind", "patch")),
                line("branch", "Branch")
                    .note("optional")
                    .hint("Left empty when there is one line of releases.")
                    .suggestions(opened.policy.versions.supported.iter().map(|known| known.branch.clone()).collect())
                    .narrow(),
                line("version", "Version that has it").hint("Like 4.2.1 or a release's tag."),
                line("url", "Where it can be had").note("optional"),
                area("details", "In words", 4).hint("For a fix this can stay empty; anything else needs a sentence."),
            ])
        }
        Kind::RecordAudit => {
            one(vec![area("looked", "Where you looked", 4).required(), area("found", "What you found", 4).required()])
        }
        Kind::Estimate => {
            let broken: Vec<Choice> = clocks(case, &opened.policy, case.updated_at)
                .into_iter()
                .filter(|clock| {
                    matches!(clock.status, Status::Broken { .. })
                        || case.broken.iter().any(|(promise, _, _)| *promise == clock.promise)
                })
                .map(|clock| Choice::new(clock.promise, clock.what))
                .collect();
            let first = broken.first().map(|choice| choice.value.clone()).unwrap_or_default();
            one(vec![
                Field::new("promise", "Which promise", Control::Radio(broken)).value(known("promise", &first)),
                line("until", "New date").hint("Like 2026-09-30 14:00 in the program's own time.").required(),
                area("reason", "The reason, for the reporter", 5).required(),
            ])
        }
        Kind::KnowExploitation => one(vec![
            area("ground", "How you know", 5).hint("The source, and what it shows.").required(),
            line("aware_at", "Since when the team knows")
                .note("optional")
                .hint("Like 2026-09-30 14:00 in the program's own time; empty for now. Duties by law count from then."),
        ]),
        Kind::KnowIncident => one(vec![
            area("ground", "What happened, and how you know", 5)
                .hint("What it does, or could do, to the security of the product or of those who use it.")
                .required(),
            line("aware_at", "Since when the team knows")
                .note("optional")
                .hint("Like 2026-09-30 14:00 in the program's own time; empty for now. Duties by law count from then."),
        ]),
        Kind::RecordSubmission => submission(form, opened),
        Kind::AskCredit => one(vec![Field::hidden("ask", "on")]),
        Kind::ApproveAdvisory => one(vec![Field::hidden("revision", case.advisory.revision.to_string())]),
        Kind::Publish => one(vec![
            line("at", "When")
                .note("optional")
                .hint("Left empty, it goes out as the policy says: with the fix, on the agreed date, or at once."),
        ]),
        Kind::MovePolicy => {
            let version = opened.newer.as_ref().map_or_else(String::new, |(version, _)| version.to_string());
            one(vec![Field::hidden("version", version), area("reason", "The reason, for the reporter", 4).required()])
        }
        Kind::BreakEmbargo => one(vec![area("reason", "The reason, for the reporter", 4).required()]),
        Kind::OverrideGate => {
            let choices: Vec<Choice> = super::acts::closed_gates(opened)
                .into_iter()
                .map(|gate| {
                    let value = format!("{}/{}", gate.before.name(), gate.needs.name());
                    Choice::new(value, candor_core::policy::document::gate_words(gate, &opened.policy.severity))
                        .hint(gate.because.clone())
                })
                .collect();
            let first = choices.first().map(|choice| choice.value.clone()).unwrap_or_default();
            one(vec![
                Field::new("gate", "Which gate", Control::Radio(choices)).value(known("gate", &first)),
                area("reason", "The reason, for the team", 4)
                    .hint("It stays in the history, with your name.")
                    .required(),
            ])
        }
        Kind::TickStep | Kind::RecordBreach | Kind::ClearBreach | Kind::PublishSummary => {
            one(super::publication::fields(kind, form, opened))
        }
        Kind::HoldPublication | Kind::WithdrawSummary | Kind::Close | Kind::Reopen => {
            one(vec![area("reason", "The reason", 4).required()])
        }
    }
}

/// Which duty, the proof, and a draft for each.
fn submission(form: &Form, opened: &Opened) -> Vec<Group> {
    let asked = candor_core::duties::asked_for(&opened.case, &opened.policy);
    let done = |name: &str| opened.case.submissions.iter().any(|sent| sent.promise == name);
    let first = asked.iter().find(|(promise, _)| !done(&promise.name)).or(asked.first());
    let first = first.map(|(promise, _)| promise.name.clone()).unwrap_or_default();
    let choices = asked
        .iter()
        .map(|(promise, _)| {
            let mut hint = promise.source.clone().unwrap_or_default();
            if done(&promise.name) {
                hint += ". On record already.";
            }
            Choice::new(&promise.name, &promise.what).hint(hint)
        })
        .collect();
    let typed = |name: &str| form.get(name).to_owned();
    let to = asked.iter().find_map(|(promise, _)| promise.owed_to.clone()).unwrap_or_default();
    let mut groups = vec![Group::new(
        "act",
        "",
        vec![
            Field::new("promise", "What was submitted", Control::Radio(choices)).value(if form.has("promise") {
                typed("promise")
            } else {
                first.clone()
            }),
            Field::line("to", "To whom").note("optional").hint(format!("Left empty: {to}.")).value(typed("to")),
            Field::line("at", "When")
                .note("optional")
                .hint("Like 2026-09-30 14:00 in the program's own time; empty for now.")
                .value(typed("at")),
            Field::line("reference", "Reference")
                .hint("What the other side answered: a number, an address.")
                .value(typed("reference"))
                .required(),
        ],
    )];
    for (promise, draft) in asked {
        let name = format!("text-{}", promise.name);
        let value = if form.has(&name) { typed(&name) } else { draft.unwrap_or_default() };
        let group = Group::new(
            format!("draft-{}", promise.name),
            format!("Text: {}", promise.what),
            vec![
                Field::area(name, "What it says", 14)
                    .hint("A draft from the case. What stands in brackets only you know. Kept with the proof as you leave it.")
                    .value(value),
            ],
        );
        groups.push(if promise.name == first { group } else { group.folded() });
    }
    groups
}

/// The choice of a clause, or free words where the policy has none.
fn clause(clauses: &[Clause], typed: String, free: Field) -> Field {
    if clauses.is_empty() {
        return free;
    }
    let choices = clauses
        .iter()
        .map(|clause| Choice::new(&clause.name, format!("{}: {}", clause.name, clause.what)).hint(clause.more.clone()))
        .collect();
    Field::new("clause", "Clause of the policy", Control::Radio(choices)).value(typed)
}

/// The metrics of both versions as lists, and room for pasted vectors.
fn rating(form: &Form, opened: &Opened) -> Vec<Group> {
    let vectors: Vec<CvssVector> =
        opened.case.rating.iter().flat_map(|rating| &rating.vectors).filter_map(|vector| vector.parse().ok()).collect();
    let mut groups = Vec::new();
    for (version, prefix, title) in [(Version::V3_1, "v3", "CVSS 3.1"), (Version::V4_0, "v4", "CVSS 4.0")] {
        let old = vectors.iter().find(|vector| vector.version() == version);
        let pasted = format!("{prefix}-vector");
        let mut fields = vec![
            Field::line(&pasted, format!("{title} vector"))
                .note("optional")
                .hint("Pasted here, it wins over the lists below.")
                .value(form.get(&pasted)),
        ];
        for metric in metrics(version) {
            let name = format!("{prefix}-{}", metric.code);
            let now = if form.has(&name) {
                form.get(&name).to_owned()
            } else {
                old.and_then(|vector| vector.value(metric.code)).unwrap_or_default().to_owned()
            };
            let mut choices = vec![Choice::new("", "Not chosen")];
            choices.extend(metric.choices.iter().map(|choice| Choice::new(choice.code, choice.label)));
            fields.push(Field::new(name, metric.name, Control::Select(choices)).value(now));
        }
        let group = Group::new(prefix, title, fields).columns();
        groups.push(if version == Version::V4_0 && old.is_none() { group.folded() } else { group });
    }
    let bands = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::None];
    let mut choices = vec![Choice::new("", "Computed from the vector")];
    choices.extend(bands.into_iter().map(|band| Choice::new(fmt::severity_class(Some(band)), fmt::severity(band))));
    groups.push(
        Group::new(
            "band",
            "Without a vector",
            vec![Field::new("severity", "Severity by hand", Control::Select(choices)).value(form.get("severity"))],
        )
        .folded(),
    );
    groups
}

/// The command that the answers make.
///
/// # Errors
/// The field that has to be mended.
pub fn command(kind: Kind, form: &Form, opened: &Opened) -> Result<Command, Problem> {
    let text = || form.get("text").to_owned();
    let wrong = |field: &str, text: String| Problem { field: field.into(), text };
    let instant = |field: &str| {
        times::instant(form.get(field), &opened.zone).map_err(|problem| wrong(field, format!("Date: {problem}")))
    };
    Ok(match kind {
        Kind::Acknowledge => Command::Acknowledge { text: text() },
        Kind::Assign => Command::Assign { to: form.some("to").map(Into::into) },
        Kind::Answer => {
            Command::Answer { text: text(), files: form.files.clone(), next_steps: form.ticked("next_steps") }
        }
        Kind::Ask => Command::Ask { text: text(), files: form.files.clone() },
        Kind::Note => Command::Note { text: text(), files: form.files.clone() },
        Kind::Describe => Command::Describe {
            title: form.get("title").to_owned(),
            product: form.some("product"),
            component: form.some("component"),
            aliases: form.get("aliases").lines().map(ToOwned::to_owned).collect(),
        },
        Kind::Verify => Command::Verify {
            facts: VerificationFacts {
                environment: form.get("environment").to_owned(),
                result: match form.get("result") {
                    "reproduced" => VerificationResult::Reproduced,
                    "partly" => VerificationResult::Partly,
                    "not-reproduced" => VerificationResult::NotReproduced,
                    _ => return Err(wrong("result", "Choose what came of it".into())),
                },
                conditions: form.get("conditions").to_owned(),
                impact: form.get("impact").to_owned(),
            },
        },
        Kind::Discuss => Command::Discuss { text: text() },
        Kind::Confirm => Command::Confirm { text: text() },
        Kind::Reject => Command::Reject { text: text() },
        Kind::OutOfScope => Command::OutOfScope {
            clause: form.get("clause").to_owned(),
            instead: form.get("instead").to_owned(),
            text: text(),
        },
        Kind::Duplicate => Command::Duplicate {
            of: match form.some("of") {
                Some(typed) => Some(
                    CaseId::parse(&typed)
                        .ok_or_else(|| wrong("of", format!("`{typed}` is no case; a case looks like 7K3M9-QXT4B")))?,
                ),
                None => None,
            },
            text: text(),
        },
        Kind::ScannerOutput => Command::ScannerOutput { text: text() },
        Kind::Redirect => {
            Command::Redirect { to: form.get("to").to_owned(), clause: form.some("clause"), text: text() }
        }
        Kind::NotAVulnerability => Command::NotAVulnerability { clause: form.get("clause").to_owned(), text: text() },
        Kind::EstimateEffort => Command::EstimateEffort {
            effort: Effort::ALL
                .into_iter()
                .find(|effort| effort.name() == form.get("effort"))
                .ok_or_else(|| wrong("effort", "Choose how much work it is".into()))?,
            text: text(),
        },
        Kind::Decide => Command::Decide {
            plan: Plan::ALL
                .into_iter()
                .find(|plan| plan.name() == form.get("plan"))
                .ok_or_else(|| wrong("plan", "Choose what is decided".into()))?,
            on: if form.some("on").is_some() { Some(instant("on")?) } else { None },
            reason: form.get("reason").to_owned(),
        },
        Kind::AssessDependency => {
            let justification = match form.get("justification") {
                "" => None,
                name => Some(
                    Justification::from_name(name)
                        .ok_or_else(|| wrong("justification", "Choose what it means here".into()))?,
                ),
            };
            Command::AssessDependency {
                package: form.get("package").to_owned(),
                affected: justification.is_none(),
                justification,
                text: text(),
            }
        }
        Kind::Rate => {
            Command::Rate { vectors: vectors(form)?, severity: band(form.get("severity")), level: form.some("level") }
        }
        Kind::SetWeakness => {
            let typed = form.get("cwe");
            let number = typed.trim().trim_start_matches("CWE-").trim_start_matches("cwe-");
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            let cwe = match digits.parse() {
                Ok(cwe) => cwe,
                Err(_) => match Cwe::search(typed, 2).as_slice() {
                    [only] => only.id,
                    _ => {
                        return Err(wrong("cwe", "Type a number like 79, or choose one of the names offered".into()));
                    }
                },
            };
            Command::SetWeakness { cwe }
        }
        Kind::ProposeEmbargo => Command::ProposeEmbargo { until: instant("until")?, text: text() },
        Kind::RecordFix => Command::RecordFix {
            branch: form.get("branch").to_owned(),
            kind: match form.get("kind") {
                "patch" => FixKind::Patch,
                "disable" => FixKind::Disable,
                "countermeasure" => FixKind::Countermeasure,
                "workaround" => FixKind::Workaround,
                "not-affected" => FixKind::NotAffected,
                "will-not-fix" => FixKind::WillNotFix,
                _ => return Err(wrong("kind", "Choose what is so".into())),
            },
            version: form.some("version"),
            url: form.some("url"),
            details: form.get("details").to_owned(),
        },
        Kind::RecordAudit => {
            Command::RecordAudit { looked: form.get("looked").to_owned(), found: form.get("found").to_owned() }
        }
        Kind::Estimate => Command::Estimate {
            promise: form.get("promise").to_owned(),
            until: instant("until")?,
            reason: form.get("reason").to_owned(),
        },
        Kind::KnowExploitation => Command::KnowExploitation {
            ground: form.get("ground").to_owned(),
            aware_at: if form.some("aware_at").is_some() { Some(instant("aware_at")?) } else { None },
        },
        Kind::KnowIncident => Command::KnowIncident {
            ground: form.get("ground").to_owned(),
            aware_at: if form.some("aware_at").is_some() { Some(instant("aware_at")?) } else { None },
        },
        Kind::RecordSubmission => Command::RecordSubmission {
            promise: form.get("promise").to_owned(),
            to: form.get("to").to_owned(),
            at: if form.some("at").is_some() { Some(instant("at")?) } else { None },
            reference: form.get("reference").to_owned(),
            text: form.get(&format!("text-{}", form.get("promise"))).to_owned(),
        },
        Kind::AskCredit => Command::AskCredit,
        Kind::ApproveAdvisory => Command::ApproveAdvisory {
            revision: form
                .get("revision")
                .parse()
                .map_err(|_| wrong("", "Read the draft again, then approve it".into()))?,
        },
        Kind::Publish => Command::Publish { at: if form.some("at").is_some() { Some(instant("at")?) } else { None } },
        Kind::MovePolicy => Command::MovePolicy {
            version: form.get("version").parse().map_err(|_| {
                wrong("reason", "The case runs under the version that is in force; there is none to move to".into())
            })?,
            reason: form.get("reason").to_owned(),
        },
        Kind::BreakEmbargo => Command::BreakEmbargo { reason: form.get("reason").to_owned() },
        Kind::OverrideGate => {
            let chosen = form.get("gate").split_once('/');
            let (step, gate) = chosen
                .and_then(|(step, gate)| Some((Step::from_name(step)?, Need::from_name(gate)?)))
                .ok_or_else(|| wrong("gate", "Choose the gate".into()))?;
            Command::OverrideGate { step, gate, reason: form.get("reason").to_owned() }
        }
        Kind::HoldPublication => Command::HoldPublication { reason: form.get("reason").to_owned() },
        Kind::TickStep | Kind::RecordBreach | Kind::ClearBreach | Kind::PublishSummary | Kind::WithdrawSummary => {
            super::publication::command(kind, form)?
        }
        Kind::Close => Command::Close { reason: form.get("reason").to_owned() },
        Kind::Reopen => Command::Reopen { reason: form.get("reason").to_owned() },
    })
}

fn band(name: &str) -> Option<Severity> {
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::None]
        .into_iter()
        .find(|band| fmt::severity_class(Some(*band)) == name)
}

/// Vectors as pasted, else as chosen from the lists.
fn vectors(form: &Form) -> Result<Vec<String>, Problem> {
    let mut vectors = Vec::new();
    for (version, prefix) in [(Version::V3_1, "v3"), (Version::V4_0, "v4")] {
        let pasted = format!("{prefix}-vector");
        if let Some(vector) = form.some(&pasted) {
            let parsed: CvssVector =
                vector.parse().map_err(|cause| Problem { field: pasted.clone(), text: format!("{cause}") })?;
            vectors.push(parsed.to_string());
            continue;
        }
        let names: Vec<(&str, String)> =
            metrics(version).iter().map(|metric| (metric.code, format!("{prefix}-{}", metric.code))).collect();
        let chosen: Vec<(&str, &str)> =
            names.iter().map(|(code, name)| (*code, form.get(name))).filter(|(_, value)| !value.is_empty()).collect();
        if chosen.is_empty() {
            continue;
        }
        let vector = CvssVector::from_choices(version, |code| {
            chosen.iter().find(|(known, _)| *known == code).map(|(_, value)| *value)
        })
        .map_err(|cause| {
            let missing = names.iter().find(|(_, name)| form.get(name).is_empty());
            Problem {
                field: missing.map_or_else(|| pasted.clone(), |(_, name)| name.clone()),
                text: format!("{cause}"),
            }
        })?;
        vectors.push(vector.to_string());
    }
    Ok(vectors)
}
