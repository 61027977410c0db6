//! The form of a policy: which questions, in which order, with which hints; and what the answers mean.

use crate::web::fields::Fields;
use crate::web::views::{Choice, Control, Field, Group};
use candor_core::decide::{LINE_LIMIT, MESSAGE_LIMIT};
use candor_core::event::{Contact, Credit, ReportFacts, Standing};
use candor_core::intake;
use candor_core::policy::{
    CreditDefault, CreditField, DependencyScope, Policy, QuestionKind, ReportField, ScannerRule,
};
use std::collections::BTreeMap;

/// What is wrong, by field.
pub type Problems = BTreeMap<String, String>;

/// Names of kinds of problems in plain words; free text is as good.
const WEAKNESSES: [&str; 16] = [
    "Authentication can be got around",
    "A permission is not checked",
    "One user sees or changes what is another's",
    "Script of somebody else runs in the page (XSS)",
    "Database queries can be injected (SQL injection)",
    "Commands can be injected",
    "Code of somebody else is run",
    "Files outside the folder can be read or written (path traversal)",
    "The server is made to ask other servers (SSRF)",
    "A request can be sent in somebody's name (CSRF)",
    "Secrets can be seen",
    "Cryptography is used wrongly",
    "Memory is read or written outside its bounds",
    "The service can be brought down",
    "A dependency has a known vulnerability",
    "Not sure",
];

/// How things are found, in plain words.
const FOUND_BY: [&str; 5] =
    ["By hand", "Reading the source", "With a scanner", "With the help of AI, checked by hand", "In use, by chance"];

const STANDARD: [ReportField; 16] = [
    ReportField::Title,
    ReportField::Description,
    ReportField::Product,
    ReportField::Component,
    ReportField::Version,
    ReportField::Dependency,
    ReportField::Steps,
    ReportField::Expected,
    ReportField::Actual,
    ReportField::Impact,
    ReportField::Weakness,
    ReportField::Preconditions,
    ReportField::Exploited,
    ReportField::FoundBy,
    ReportField::Identifiers,
    ReportField::DisclosurePlans,
];

/// The group a standard question belongs to.
fn chapter(field: ReportField) -> usize {
    match field {
        ReportField::Title | ReportField::Description | ReportField::Identifiers => 0,
        ReportField::Product | ReportField::Component | ReportField::Version | ReportField::Dependency => 1,
        ReportField::Steps | ReportField::Expected | ReportField::Actual | ReportField::Preconditions => 2,
        ReportField::Impact | ReportField::Weakness | ReportField::Exploited => 3,
        ReportField::FoundBy | ReportField::DisclosurePlans => 4,
    }
}

const CHAPTERS: [(&str, &str); 5] = [
    ("found", "What you found"),
    ("where", "Where it is"),
    ("how", "How to see it happen"),
    ("why", "Why it is a security matter"),
    ("circumstances", "How you came to it"),
];

struct Form<'a> {
    policy: &'a Policy,
    answers: &'a Fields,
    problems: &'a Problems,
}

impl Form<'_> {
    fn filled(&self, mut field: Field) -> Field {
        field.error = self.problems.get(&field.name).cloned();
        field.value = match field.control {
            Control::Check => {
                if self.answers.ticked(&field.name) {
                    "on".into()
                } else {
                    String::new()
                }
            }
            _ if self.answers.has(&field.name) => self.answers.raw(&field.name).to_owned(),
            _ => field.value,
        };
        field
    }

    /// One standard question, with the policy's hint or ours.
    fn standard(&self, field: ReportField) -> Field {
        let ask = self.policy.report.asks.iter().find(|ask| ask.field == field);
        let products = &self.policy.scope.products;
        let unsure = || "Not sure".to_owned();
        let label = intake::label(field);
        let (made, hint) = match field {
            ReportField::Title => (
                Field::line("title", label).required(),
                "As you would say it to a colleague, for example: any user can read another user's files",
            ),
            ReportField::Description => (
                Field::area("description", label, 8),
                "As far as you know it. A known identifier below can stand in its place.",
            ),
            ReportField::Product => {
                let mut names: Vec<String> = products.iter().map(|product| product.name.clone()).collect();
                names.push(unsure());
                (
                    Field::line("product", label).suggestions(names),
                    "Choose one, write your own words, or give the address of the repository.",
                )
            }
            ReportField::Component => {
                let mut names: Vec<String> =
                    products.iter().flat_map(|product| product.components.iter().cloned()).collect();
                names.push(unsure());
                (Field::line("component", label).suggestions(names), "The part of it, if you know.")
            }
            ReportField::Version => {
                let supported = &self.policy.versions.supported;
                let mut names: Vec<String> = supported.iter().map(|version| version.branch.clone()).collect();
                names.extend(self.policy.versions.latest.clone());
                names.push("Latest release".into());
                names.push(unsure());
                (Field::line("version", label).suggestions(names), "Where you saw it. A commit is as good.")
            }
            ReportField::Dependency => (
                Field::line("dependency", label),
                "Its name or package URL, like pkg:npm/lodash. Left empty when the problem is in this product itself.",
            ),
            ReportField::Steps => (
                Field::area("steps", label, 8),
                "Step by step, from a fresh installation if you can. Long scripts are better sent as files.",
            ),
            ReportField::Expected => (Field::area("expected", label, 3), ""),
            ReportField::Actual => (Field::area("actual", label, 3), ""),
            ReportField::Weakness => {
                let words = WEAKNESSES.iter().map(|&words| words.to_owned()).collect();
                (Field::line("weakness", label).suggestions(words), "In your own words, or as a CWE number.")
            }
            ReportField::Impact => {
                (Field::area("impact", label, 4), "What somebody can do with it that they should not be able to do.")
            }
            ReportField::Preconditions => (
                Field::area("preconditions", label, 3),
                "Such as an account, a certain setting, or access to the network.",
            ),
            ReportField::Identifiers => (
                Field::line("identifiers", label),
                "Such as CVE-2026-12345 or GHSA-…, when it is known already. Several with spaces between them.",
            ),
            ReportField::FoundBy => {
                let words = FOUND_BY.iter().map(|&words| words.to_owned()).collect();
                let hint = match self.policy.report.scanner {
                    ScannerRule::VerifiedOnly => {
                        "Output of a scanner counts only when somebody saw that the problem is really there."
                    }
                    ScannerRule::Accepted => "By hand, with a tool, with the help of AI: all are welcome.",
                };
                (Field::line("found_by", label).suggestions(words), hint)
            }
            ReportField::Exploited => {
                (Field::new("exploited", "I know or suspect that it is being exploited already", Control::Check), "")
            }
            ReportField::DisclosurePlans => (
                Field::area("disclosure_plans", label, 3),
                "Such as a talk or a paper, and its date. It helps to agree on a day.",
            ),
        };
        let hint = ask.and_then(|ask| ask.hint.clone()).unwrap_or_else(|| hint.to_owned());
        let needed = matches!(field, ReportField::Title | ReportField::Description | ReportField::Exploited);
        let note = match ask {
            _ if needed => "",
            Some(ask) if ask.wanted => "asked for by the policy",
            _ => "optional",
        };
        self.filled(made.hint(hint).note(note))
    }

    /// The program's own questions.
    fn own(&self) -> Vec<Field> {
        let question = |question: &candor_core::policy::Question| {
            let name = format!("answer-{}", question.id);
            let made = match question.kind {
                QuestionKind::Line => Field::line(name, &question.label),
                QuestionKind::Text => Field::area(name, &question.label, 4),
                QuestionKind::YesNo => Field::new(name, &question.label, Control::Check),
                QuestionKind::Choice => {
                    let mut choices: Vec<Choice> =
                        question.choices.iter().map(|choice| Choice::new(choice, choice)).collect();
                    choices.push(Choice::new("not sure", "Not sure"));
                    Field::new(name, &question.label, Control::Radio(choices))
                }
            };
            let note = if question.wanted { "asked for by the policy" } else { "optional" };
            let note = if question.kind == QuestionKind::YesNo { "" } else { note };
            self.filled(made.hint(&question.hint).note(note))
        };
        self.policy.report.questions.iter().map(question).collect()
    }

    /// What the reporter is to the program, where the policy tells them apart.
    fn standing(&self) -> Option<Field> {
        let mut choices = vec![Choice::new("outside", "Nothing: I come from outside")];
        if self.policy.channels.portal.is_some() {
            choices.push(Choice::new("partner", "A customer or partner"));
        }
        if self.policy.scope.internal_reports {
            choices.push(Choice::new("staff", "I work on it"));
        }
        (choices.len() > 1).then(|| {
            let name = format!("What you are to {}", self.policy.program.name);
            self.filled(Field::new("standing", name, Control::Radio(choices)).note("optional").value("outside"))
        })
    }

    fn who(&self) -> Vec<Field> {
        let mut fields = vec![
            self.filled(Field::line("name", "Your name").note("optional").autocomplete("name")),
            self.filled(
                Field::new("email", "Your address for mail", Control::Typed("email".into()))
                    .note("optional")
                    .hint("Letters to it say only that there is news, never what about.")
                    .autocomplete("email"),
            ),
            self.filled(Field::line("organisation", "Your organisation").note("optional").autocomplete("organization")),
            self.filled(Field::line("link", "A link to you").note("optional").hint("Such as your own page.")),
            self.filled(
                Field::area("pgp_key", "Your OpenPGP key", 3)
                    .note("optional")
                    .hint("The public one, from -----BEGIN PGP PUBLIC KEY BLOCK-----"),
            ),
        ];
        fields.extend(self.standing());
        fields
    }

    fn conditions(&self) -> Option<Group> {
        let conditions = &self.policy.disclosure.conditions;
        if conditions.is_empty() {
            return None;
        }
        let field = self.filled(Field::new("agreed", "I agree to these conditions", Control::Check));
        Some(Group::new("conditions", "Conditions", vec![field]).lead(conditions.join(" ")))
    }
}

/// The questions about credit; on the form and on the reporter's page alike.
pub fn credit(policy: &Policy, answers: &Fields, problems: &Problems) -> Group {
    let form = Form { policy, answers, problems };
    let default = credit_default(policy);
    let choices = vec![
        Choice::new("later", "Decide later").hint(default),
        Choice::new("anonymous", "Do not name me"),
        Choice::new("named", "Name me with these words"),
    ];
    let mut fields =
        vec![form.filled(Field::new("credit", "How you are named", Control::Radio(choices)).value("later"))];
    for field in &policy.credit.fields {
        fields.push(form.filled(match field {
            CreditField::Name => Field::line("credit_name", "Name to publish"),
            CreditField::Organisation => Field::line("credit_organisation", "Organisation to publish").note("optional"),
            CreditField::Link => Field::line("credit_link", "Link to publish").note("optional"),
            CreditField::About => Field::area("credit_about", "A few words about you to publish", 2).note("optional"),
        }));
    }
    let mut lead = policy.credit.statement.clone();
    if !policy.credit.appears_in.is_empty() {
        lead = format!("{lead} Credit appears in: {}.", policy.credit.appears_in.join(", ")).trim().to_owned();
    }
    Group::new("credit-wish", "Credit", fields).lead(lead)
}

/// What happens when nothing is chosen.
pub fn credit_default(policy: &Policy) -> &'static str {
    match policy.credit.default {
        CreditDefault::Named => "If you choose nothing, the name you give above is credited.",
        CreditDefault::Ask => {
            "If you choose nothing, you are asked before anything is published, and stay unnamed without an answer."
        }
        CreditDefault::Anonymous => "If you choose nothing, nothing about you is published.",
    }
}

/// What is covered, and what to do when in doubt.
fn scope(policy: &Policy) -> String {
    format!("{} {}", policy.scope.statement, policy.scope.unsure).trim().to_owned()
}

/// Every question of the form, with the answers so far. `files` are the questions about files.
pub fn groups(policy: &Policy, answers: &Fields, problems: &Problems, files: Vec<Field>) -> Vec<Group> {
    let form = Form { policy, answers, problems };
    let asked = |field: ReportField| {
        matches!(field, ReportField::Title | ReportField::Description)
            || policy.report.asks.iter().any(|ask| ask.field == field)
            || field == ReportField::Dependency && policy.scope.dependencies != DependencyScope::None
            || (policy.report.asks.is_empty()
                && matches!(
                    field,
                    ReportField::Product | ReportField::Version | ReportField::Steps | ReportField::Impact
                ))
    };
    // Within its chapter, a question stands where the policy put it.
    let mut order: Vec<ReportField> = STANDARD.into_iter().filter(|field| asked(*field)).collect();
    order.sort_by_key(|field| {
        let place = policy.report.asks.iter().position(|ask| ask.field == *field);
        let first = matches!(field, ReportField::Title | ReportField::Description);
        (chapter(*field), !first, place.unwrap_or(usize::MAX))
    });
    let mut groups: Vec<Group> = Vec::new();
    for (at, (id, title)) in CHAPTERS.into_iter().enumerate() {
        let fields: Vec<Field> =
            order.iter().filter(|field| chapter(**field) == at).map(|field| form.standard(*field)).collect();
        if !fields.is_empty() {
            let lead = if id == "where" { scope(policy) } else { String::new() };
            groups.push(Group::new(id, title, fields).lead(lead));
        }
    }
    let own = form.own();
    if !own.is_empty() {
        groups.push(Group::new("more", format!("Questions by {}", policy.program.name), own));
    }
    groups.push(
        Group::new("attachments", "Files", files)
            .lead("Proof of concept, log, screen recording. Files are sealed as they arrive."),
    );
    let rest: Vec<Field> =
        STANDARD.into_iter().filter(|field| !asked(*field)).map(|field| form.standard(field)).collect();
    if !rest.is_empty() {
        groups.push(
            Group::new("besides", "More, if you know it", rest)
                .lead("Nobody expects these. Each of them saves a question later.")
                .folded(),
        );
    }
    groups.push(
        Group::new("you", "Who you are", form.who())
            .lead("You can stay unnamed. Your name and address are kept apart from the report and can be erased."),
    );
    groups.push(credit(policy, answers, problems));
    groups.extend(form.conditions());
    groups
}

/// Everything the answers say.
#[derive(Debug, Clone)]
pub struct Said {
    /// The report.
    pub facts: ReportFacts,
    /// Name and address.
    pub contact: Contact,
    /// The credit chosen.
    pub credit: Option<Credit>,
}

/// Reads the answers, and says of each field what has to be mended.
pub fn read(policy: &Policy, answers: &Fields) -> (Said, Problems) {
    let mut problems = Problems::new();
    let mut text = |field: &str, limit: usize| {
        let value = answers.get(field);
        if value.chars().count() > limit {
            problems.insert(
                field.to_owned(),
                format!("This is longer than {limit} characters; shorten it or send it as a file"),
            );
        }
        value.replace("\r\n", "\n")
    };
    let mut facts = ReportFacts {
        title: text("title", LINE_LIMIT),
        description: text("description", MESSAGE_LIMIT),
        product: text("product", LINE_LIMIT),
        component: text("component", LINE_LIMIT),
        version: text("version", LINE_LIMIT),
        steps: text("steps", MESSAGE_LIMIT),
        expected: text("expected", MESSAGE_LIMIT),
        actual: text("actual", MESSAGE_LIMIT),
        weakness: text("weakness", LINE_LIMIT),
        impact: text("impact", MESSAGE_LIMIT),
        preconditions: text("preconditions", MESSAGE_LIMIT),
        dependency: text("dependency", LINE_LIMIT),
        found_by: text("found_by", LINE_LIMIT),
        disclosure_plans: text("disclosure_plans", MESSAGE_LIMIT),
        exploited: answers.ticked("exploited"),
        agreed: answers.ticked("agreed"),
        standing: Standing::from_name(answers.get("standing")),
        ..ReportFacts::default()
    };
    let identifiers = text("identifiers", MESSAGE_LIMIT);
    facts.identifiers = identifiers
        .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    for question in &policy.report.questions {
        let field = format!("answer-{}", question.id);
        let value = match question.kind {
            QuestionKind::YesNo if answers.ticked(&field) => "yes".to_owned(),
            QuestionKind::Text => text(&field, MESSAGE_LIMIT),
            _ => text(&field, LINE_LIMIT),
        };
        if !value.is_empty() {
            facts.answers.insert(question.id.clone(), value);
        }
    }
    let contact = Contact {
        name: text("name", LINE_LIMIT),
        email: text("email", LINE_LIMIT),
        organisation: text("organisation", LINE_LIMIT),
        link: text("link", LINE_LIMIT),
        pgp_key: text("pgp_key", MESSAGE_LIMIT),
    };
    if contact.pgp_key.contains("PRIVATE KEY BLOCK") {
        problems.insert(
            "pgp_key".into(),
            "This is a private key. Remove it, treat it as known to others, and give the public one".into(),
        );
    }
    if !contact.email.is_empty() && !intake::looks_like_address(&contact.email) {
        problems.insert(
            "email".into(),
            "This does not look like an address; write it like ada@example.org, or leave it empty".into(),
        );
    }
    if facts.title.is_empty() && facts.identifiers.is_empty() {
        problems.insert("title".into(), "Say in one sentence what you found".into());
    }
    if facts.description.is_empty() && facts.identifiers.is_empty() {
        problems.insert(
            "description".into(),
            "Say what is wrong, as far as you know it, or give a known identifier".into(),
        );
    }
    let credit = read_credit(answers, &mut problems);
    (Said { facts, contact, credit }, problems)
}

/// The credit that was chosen; `None` for later.
pub fn read_credit(answers: &Fields, problems: &mut Problems) -> Option<Credit> {
    match answers.get("credit") {
        "anonymous" => Some(Credit::Anonymous),
        "named" => {
            let mut text = |field: &str, limit: usize| {
                let value = answers.get(field).to_owned();
                if value.chars().count() > limit {
                    problems.insert(field.to_owned(), format!("This is longer than {limit} characters; shorten it"));
                }
                value
            };
            let (name, organisation) = (text("credit_name", LINE_LIMIT), text("credit_organisation", LINE_LIMIT));
            let (link, about) = (text("credit_link", LINE_LIMIT), text("credit_about", 2_000));
            if name.is_empty() && organisation.is_empty() {
                problems.insert("credit_name".into(), "Write the name that is to be published".into());
            }
            if !link.is_empty() && !candor_formats::uri::is_web(&link) {
                problems.insert("credit_link".into(), "Write the whole address, from https://".into());
            }
            Some(Credit::Named { name, organisation, link, about })
        }
        _ => None,
    }
}

/// The field of the form that a refusal of the core speaks of.
pub fn field_of(refusal: &candor_core::refusal::Refusal) -> &'static str {
    match refusal.field() {
        Some("answers") => "more",
        Some(field) => field,
        None => "",
    }
}
