//! The questions each act asks, and the command its answers make.

use super::acts::Kind;
use super::{Opened, People, times};
use crate::web::forms::Form;
use crate::web::views::parts::{Choice, Control, Field, Group};
use crate::web::views::{Problem, fmt};
use candor_core::command::Command;
use candor_core::event::{Contact, Justification, VerificationFacts, VerificationResult};
use candor_core::id::{CaseId, MemberId};
use candor_core::parties::{Invitation, PartyKind, Sharing};
use candor_core::policy::{Clause, Effort, Need, Plan, Step};
use candor_core::promises::{Status, clocks};
use candor_core::{planning, standing};

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
            choices.extend(team.working(&case.program).map(|(id, name)| Choice::new(id.as_str(), name)));
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
                Field::line("package", "Package")
                    .hint("A package URL like pkg:npm/lodash@4.17.20, or its name.")
                    .value(known("package", case.reports.first().map_or("", |report| report.facts.dependency.as_str())))
                    .required(),
                Field::new("justification", "What it means here", Control::Radio(choices))
                    .value(typed("justification")),
                area("text", "On what ground", 4).hint("It stays inside the team in any case.").required(),
                line("public_as", "Make the decision public as")
                    .note("optional")
                    .hint(
                        "A public identifier of the vulnerability, like CVE-2021-23337: whoever reports it again is then \
                         told at once. Everybody reads it with the package and why it is not affected; a coordinator does this.",
                    ),
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
        Kind::AnswerAppeal => one(vec![
            Field::new(
                "stands",
                "What you found",
                Control::Radio(vec![
                    Choice::new("yes", "The verdict stands"),
                    Choice::new("no", "The reporter is right: take the case up again"),
                ]),
            )
            .value(typed("stands")),
            words("Your words to the reporter"),
        ]),
        Kind::Rate if !opened.policy.severity.levels.is_empty() => {
            let scale = &opened.policy.severity;
            let choices = scale.levels.iter().map(|level| Choice::new(level, level)).collect();
            let now = case.severity().map(|severity| scale.label(severity)).unwrap_or_default();
            one(vec![Field::new("level", "Level", Control::Radio(choices)).value(known("level", &now))])
        }
        Kind::Rate => super::rating::groups(form, opened),
        Kind::Prioritise => super::rating::tables(form, opened),
        Kind::SetTask => {
            let number = form.get("task").parse::<u32>().ok();
            let task = number.and_then(|number| case.tasks.iter().find(|task| task.number == number));
            let mut choices = vec![Choice::new("", "A new task")];
            choices.extend(case.tasks.iter().map(|task| {
                let state = if task.done { "done" } else { "to do" };
                Choice::new(task.number.to_string(), format!("{}: {} ({state})", task.number, task.title))
            }));
            one(vec![
                Field::new("task", "Which task", Control::Select(choices)).value(typed("task")),
                Field::line("title", "What is to be done")
                    .value(known("title", task.map_or("", |task| task.title.as_str())))
                    .required(),
                Field::area("pointers", "Where the work is", 3)
                    .note("optional")
                    .hint("One on each line: a commit, a branch, a pull request, the name of a patch file.")
                    .value(known("pointers", &task.map(|task| task.pointers.join("\n")).unwrap_or_default())),
                area("evidence", "What shows that it is done", 3)
                    .note("optional")
                    .hint("Such as a test that failed before."),
                Field::new("done", "It is done", Control::Check).value(typed("done")),
            ])
        }
        Kind::AskRetest => one(vec![
            words("What to try, and where to get it")
                .hint("A build, a branch or a release; the version in which it is mended."),
        ]),
        Kind::SetWeakness => one(super::rating::weakness(form, case)),
        Kind::ProposeEmbargo => one(vec![
            line("until", "Nothing is published before")
                .hint("Like 2026-09-30 14:00 in the program's own time, 2026-09-30 08:00 America/New_York, or 2026-09-30T12:00Z.")
                .required(),
            area("text", "Your words to the reporter", 5).note("optional"),
        ]),
        Kind::RecordFix => {
            let kinds = super::matrix::KINDS;
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
        Kind::DecideVersions => super::matrix::groups(form, opened),
        Kind::TickItems => super::matrix::ticks_of(form, opened),
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
        Kind::GoPublic => {
            let draft = opened.case.advisory.draft.as_ref();
            let title = draft.map_or_else(String::new, |draft| draft.title.clone());
            let summary = draft.map_or_else(String::new, |draft| draft.summary.clone());
            one(vec![
                line("title", "Title, as everybody will read it").value(known("title", &title)).required(),
                area("summary", "What people have to know now", 5).value(known("summary", &summary)).required(),
                area("reason", "The reason, for the reporter", 3).required(),
            ])
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
        Kind::Merge => one(vec![
            line("into", "The case that gathers them")
                .hint("Like 7K3M9-QXT4B. The reporter does not see it.")
                .required()
                .narrow(),
            area("text", "Your words to the reporter", 4)
                .note("optional")
                .hint("Left empty: that others reported the same problem, and that you handle the reports together."),
        ]),
        Kind::Relate => one(vec![
            line("to", "The other case").hint("Like 7K3M9-QXT4B. No reporter sees it.").required().narrow(),
            line("text", "How they hang together").note("optional"),
        ]),
        Kind::Unrelate => one(vec![line("to", "The other case").required().narrow()]),
        Kind::AnswerAll => one(vec![words("Your words to all reporters")]),
        Kind::Separate => one(vec![area("reason", "The reason, for the reporter", 3).required()]),
        Kind::ProposeIssue => {
            let report = case.reports.first().map(|report| &report.facts);
            let told = report.map(|facts| {
                let parts = [&facts.description, &facts.steps, &facts.expected, &facts.actual];
                let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
                parts.join("\n\n")
            });
            one(vec![
                Field::line("title", "Heading of the issue").value(known("title", &case.title)).required(),
                Field::area("text", "The text, as everybody will read it", 14)
                    .hint("From the report; take out what should not be public. The next page shows word by word what that may be.")
                    .value(known("text", &told.unwrap_or_default()))
                    .required(),
            ])
        }
        Kind::OpenIssue => one(vec![
            line("url", "Address of the issue")
                .hint("Open it by hand with the text the reporter agreed to, then put its address on record.")
                .required(),
        ]),
        Kind::UndoVerdict => one(vec![
            area("reason", "The reason, for the reporter", 3)
                .value(known("reason", "The verdict was given by mistake; we look at your report again."))
                .required(),
        ]),
        Kind::InviteParty => one(vec![
            Field::new(
                "kind",
                "What they are",
                Control::Radio(PartyKind::ALL.map(|kind| Choice::new(kind.name(), kind.label())).to_vec()),
            )
            .value(known("kind", PartyKind::Maintainer.name())),
            line("name", "Name").note("optional"),
            line("organisation", "Organisation or project").note("optional"),
            Field::new("email", "Address", Control::Typed("email".into())).value(typed("email")).required(),
            line("until", "Until when they see what you share")
                .hint("Like 2026-09-30 in the program's own time.")
                .required(),
            area("terms", "What they are asked to accept", 5).value(known("terms", candor_core::parties::TERMS)),
        ]),
        Kind::ShareFile => one(sharing(form, opened)),
        Kind::TellParty | Kind::GiveAdvisory | Kind::EndParty => {
            let open = case.parties.iter().filter(|party| party.ended.is_none());
            let choices: Vec<Choice> = open.map(|party| Choice::new(party.number.to_string(), party.name())).collect();
            let words = match kind {
                Kind::TellParty => words("Your words to them"),
                _ => line("text", "Why").note("optional").hint("For the team; they are not told."),
            };
            let whom = Field::new("party", "Who", Control::Select(choices)).value(typed("party"));
            one(if kind == Kind::GiveAdvisory { vec![whom] } else { vec![whom, words] })
        }
        Kind::PutOn | Kind::TakeOff => {
            let on = |id: &MemberId| matches!(case.on.get(id), Some(None));
            let people: Vec<Choice> = team
                .of(&case.program)
                .filter(|(id, _)| match kind {
                    Kind::PutOn => !on(id),
                    _ => standing::is_named(case, id) && case.assignee.as_ref() != Some(*id),
                })
                .map(|(id, name)| Choice::new(id.as_str(), name))
                .collect();
            one(vec![
                Field::new("member", "Who", Control::Select(people)).value(typed("member")),
                line("reason", "Why").note("optional").hint("For those who are on the case; it stays in the history."),
            ])
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

/// The case that a field names.
fn named(form: &Form, field: &str) -> Result<CaseId, Problem> {
    let typed = form.get(field).trim();
    CaseId::parse(typed).ok_or_else(|| Problem {
        field: field.into(),
        text: format!("`{typed}` is no case; a case looks like 7K3M9-QXT4B"),
    })
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
        Kind::Note => Command::Note { text: text(), files: form.files.clone(), mentions: Vec::new() },
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
                public_as: form.some("public_as"),
            }
        }
        Kind::AnswerAppeal => Command::AnswerAppeal {
            stands: match form.get("stands") {
                "yes" => true,
                "no" => false,
                _ => return Err(wrong("stands", "Choose what you found".into())),
            },
            text: text(),
        },
        Kind::Merge => Command::Merge { into: named(form, "into")?, text: text() },
        Kind::Relate => Command::Relate { to: named(form, "to")?, text: text() },
        Kind::Unrelate => Command::Unrelate { to: named(form, "to")? },
        Kind::AnswerAll if !form.files.is_empty() => {
            return Err(wrong(
                "files",
                "Files go to one reporter at a time; send the message to all without them".into(),
            ));
        }
        Kind::AnswerAll => Command::AnswerAll { text: text(), next_steps: form.ticked("next_steps") },
        Kind::Separate => Command::Separate { reason: form.get("reason").to_owned() },
        Kind::ProposeIssue => {
            Command::ProposeIssue { title: form.get("title").to_owned(), text: form.get("text").to_owned() }
        }
        Kind::OpenIssue => Command::OpenIssue { url: form.get("url").to_owned() },
        Kind::UndoVerdict => Command::UndoVerdict { reason: form.get("reason").to_owned() },
        Kind::Rate => Command::Rate {
            vectors: super::rating::vectors(form)?,
            severity: super::rating::band(form.get("severity")),
            level: form.some("level"),
            why: form.get("why").to_owned(),
        },
        Kind::Prioritise => super::rating::prioritise(form)?,
        Kind::SetTask => Command::SetTask {
            task: form.get("task").parse().ok(),
            title: form.get("title").to_owned(),
            pointers: form.get("pointers").lines().map(ToOwned::to_owned).collect(),
            evidence: form.get("evidence").to_owned(),
            done: form.ticked("done"),
        },
        Kind::AskRetest => Command::AskRetest { text: text() },
        Kind::SetWeakness => super::rating::set_weakness(form)?,
        Kind::ProposeEmbargo => Command::ProposeEmbargo { until: instant("until")?, text: text() },
        Kind::RecordFix => Command::RecordFix {
            branch: form.get("branch").to_owned(),
            kind: super::matrix::kind(form.get("kind")).ok_or_else(|| wrong("kind", "Choose what is so".into()))?,
            version: form.some("version"),
            url: form.some("url"),
            details: form.get("details").to_owned(),
        },
        Kind::DecideVersions => super::matrix::decisions(form, opened)?,
        Kind::TickItems => super::matrix::ticks(form, opened)?,
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
        Kind::GoPublic => Command::GoPublic {
            title: form.get("title").to_owned(),
            summary: form.get("summary").to_owned(),
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
        Kind::InviteParty => {
            let kind = PartyKind::ALL.into_iter().find(|kind| kind.name() == form.get("kind"));
            let contact = Contact {
                name: form.get("name").to_owned(),
                organisation: form.get("organisation").to_owned(),
                email: form.get("email").to_owned(),
                ..Contact::default()
            };
            Command::InviteParty {
                invitation: Box::new(Invitation {
                    person: "".into(),
                    contact,
                    kind: kind.ok_or_else(|| wrong("kind", "Choose what they are".into()))?,
                    until: instant("until")?,
                    terms: form.get("terms").to_owned(),
                    link: String::new(),
                }),
            }
        }
        Kind::ShareFile => Command::ShareFile {
            sharing: Sharing {
                party: form.get("party").parse().map_err(|_| wrong("party", "Choose whom".into()))?,
                file: form.some("file").ok_or_else(|| wrong("file", "Choose a file".into()))?.into(),
                name: form.get("name").to_owned(),
                marked: form.ticked("marked"),
                names_reporter: form.ticked("names_reporter"),
            },
        },
        Kind::TellParty | Kind::GiveAdvisory | Kind::EndParty => {
            let party = form.get("party").parse().map_err(|_| wrong("party", "Choose whom".into()))?;
            let words = form.get("text").to_owned();
            match kind {
                Kind::TellParty => Command::TellParty { party, text: words },
                Kind::GiveAdvisory => Command::GiveAdvisory { party },
                _ => Command::EndParty { party, reason: words },
            }
        }
        Kind::PutOn => Command::PutOn { member: form.get("member").into(), reason: form.get("reason").to_owned() },
        Kind::TakeOff => Command::TakeOff { member: form.get("member").into(), reason: form.get("reason").to_owned() },
    })
}

/// What is asked before a file is shared with an outside party.
fn sharing(form: &Form, opened: &Opened) -> Vec<Field> {
    let case = &opened.case;
    let open = case.parties.iter().filter(|party| party.ended.is_none());
    let whom: Vec<Choice> = open.map(|party| Choice::new(party.number.to_string(), party.name())).collect();
    let files = case.files.iter().map(|known| {
        let label = format!("{} ({})", known.file.name, fmt::size(known.file.size));
        Choice::new(known.file.id.as_str(), label)
    });
    let mut fields = vec![
        Field::new("party", "Who", Control::Select(whom)).value(form.get("party").to_owned()),
        Field::new("file", "The file", Control::Select(files.collect())).value(form.get("file").to_owned()),
        Field::line("name", "Its name for them")
            .note("optional")
            .hint("Left empty, they get it under the number of the case, which tells nothing of who sent it.")
            .value(form.get("name").to_owned()),
    ];
    if !opened.policy.disclosure.unmarked_copies {
        fields.push(
            Field::new("marked", "Mark their copy", Control::Check)
                .hint(
                    "For text files: a line before and one behind the text tell whose copy it is. Without it, and for every other \
                     kind of file, they get it byte for byte, and a copy that turns up elsewhere tells nothing.",
                )
                .value(form.get("marked").to_owned()),
        );
    }
    fields.push(
        Field::new("names_reporter", "The reporter agreed that it names them", Control::Check)
            .hint(
                "Candor looks for the reporter's name, address, organisation and link in the first 8 MB, as plain text; it \
                 unpacks nothing. What it finds is not shared without this.",
            )
            .value(form.get("names_reporter").to_owned()),
    );
    fields
}
