//! Every command of the core is here under its name, and comes back unchanged.

use super::*;
use candor_core::access::least_role;
use candor_core::command::Filing;
use candor_core::event::{self, Channel, Contact, Credit, ReportFacts};
use jiff::Timestamp;

/// One of each. [`ApiCommand::of`] does not compile when the core gets a command that has no place here.
fn one_of_each() -> Vec<Command> {
    let text = || "words".to_owned();
    let until = Timestamp::UNIX_EPOCH;
    let all = vec![
        Command::Report(Box::new(Filing {
            channel: Channel::Api,
            facts: ReportFacts::default(),
            contact: Contact::default(),
            person: "P".into(),
            credit: None,
            received_at: None,
            receipt: String::new(),
            drill: false,
        })),
        Command::Acknowledge { text: text() },
        Command::Assign { to: Some("M".into()) },
        Command::Answer { text: text(), files: Vec::new(), next_steps: true },
        Command::Ask { text: text(), files: Vec::new() },
        Command::Note { text: text(), files: Vec::new(), mentions: vec!["M".into()] },
        Command::Describe { title: text(), product: Some(text()), component: None, aliases: vec![text()] },
        Command::Verify {
            facts: VerificationFacts {
                environment: text(),
                result: event::VerificationResult::Partly,
                conditions: text(),
                impact: text(),
            },
        },
        Command::Discuss { text: text() },
        Command::Confirm { text: text() },
        Command::Reject { text: text() },
        Command::OutOfScope { clause: text(), instead: text(), text: text() },
        Command::Duplicate { of: CaseId::parse("7K3M9-QXT4B"), text: text() },
        Command::ScannerOutput { text: text() },
        Command::Rate {
            vectors: vec![text()],
            severity: Some(candor_formats::cvss::Severity::High),
            level: Some(text()),
            why: text(),
        },
        Command::Prioritise {
            table: text(),
            choices: vec![event::PriorityChoice { point: text(), value: text(), reason: text() }],
        },
        Command::SetTask { task: Some(2), title: text(), pointers: vec![text()], evidence: text(), done: true },
        Command::AskRetest { text: text() },
        Command::Retest { holds: true, text: text() },
        Command::Dismiss { outcome: event::Outcome::InDependency { package: text(), to: text() }, text: text() },
        Command::Merge { into: CaseId::parse("7K3M9-QXT4B").expect("a name"), text: text() },
        Command::Separate { reason: text() },
        Command::Relate { to: CaseId("7K3M9-QXT4B".into()), text: text() },
        Command::Unrelate { to: CaseId("7K3M9-QXT4B".into()) },
        Command::AnswerAll { text: text(), next_steps: true },
        Command::Split { parts: vec![Part { case: CaseId(String::new()), title: text(), text: text() }], text: text() },
        Command::UndoVerdict { reason: text() },
        Command::AnswerAppeal { stands: true, text: text() },
        Command::Appeal { text: text() },
        Command::Redirect { to: text(), clause: Some(text()), text: text() },
        Command::NotAVulnerability { clause: text(), text: text() },
        Command::EstimateEffort { effort: candor_core::policy::Effort::Large, text: text() },
        Command::Decide { plan: candor_core::policy::Plan::NextUpdate, on: Some(until), reason: text() },
        Command::AssessDependency {
            package: text(),
            affected: false,
            justification: Some(event::Justification::ComponentNotPresent),
            text: text(),
            public_as: Some(text()),
        },
        Command::SetWeakness { cwe: 79 },
        Command::ProposeEmbargo { until, text: text() },
        Command::RecordFix {
            branch: text(),
            kind: event::FixKind::WillNotFix,
            version: Some(text()),
            url: Some(text()),
            details: text(),
        },
        Command::DecideVersions {
            decisions: vec![candor_core::command::VersionDecision {
                branch: text(),
                kind: event::FixKind::Patch,
                version: Some(text()),
                url: None,
                details: text(),
            }],
        },
        Command::TickItems {
            items: vec![event::ItemTick { checklist: text(), item: text(), done: true }],
            text: text(),
        },
        Command::RecordAudit { looked: text(), found: text() },
        Command::Estimate { promise: text(), until, reason: text() },
        Command::KnowExploitation { ground: text(), aware_at: Some(until) },
        Command::KnowIncident { ground: text(), aware_at: Some(until) },
        Command::RecordSubmission { promise: text(), to: text(), at: Some(until), reference: text(), text: text() },
        Command::AskCredit,
        Command::DraftAdvisory {
            draft: Box::new(event::AdvisoryDraft {
                title: text(),
                products: vec![event::AffectedProduct { name: text(), repository: text(), ..Default::default() }],
                lines: vec![event::LineChoice { line: 4, shown: true, text: text() }],
                own_lines: vec![event::OwnLine { at: until, text: text() }],
                acknowledgements: vec![event::Acknowledgement { name: text(), consent: true, ..Default::default() }],
                tlp: candor_formats::advisory::Tlp::AmberStrict,
                distribution: text(),
                withdrawal: text(),
                dispute: text(),
                ..Default::default()
            }),
        },
        Command::CommentAdvisory { section: candor_core::comments::Section::Summary, text: text() },
        Command::ResolveComment { comment: 7 },
        Command::ApproveAdvisory { revision: 3 },
        Command::Publish { at: Some(until) },
        Command::MovePolicy { version: 2, reason: text() },
        Command::BreakEmbargo { reason: text() },
        Command::GoPublic { title: text(), summary: text(), reason: text() },
        Command::OverrideGate {
            step: candor_core::policy::Step::Publish,
            gate: candor_core::policy::Need::SimilarProblemsAudit,
            reason: text(),
        },
        Command::HoldPublication { reason: text() },
        Command::TickStep { step: text(), text: text() },
        Command::RecordBreach { report: 0, evidence: text() },
        Command::ClearBreach { report: 0, reason: text() },
        Command::PublishSummary { title: text(), text: text() },
        Command::WithdrawSummary { reason: text() },
        Command::AnswerSummary { agree: true, text: text(), asked: None },
        Command::ProposeIssue { title: text(), text: text() },
        Command::OpenIssue { url: text() },
        Command::AnswerIssue { agree: true, text: text(), asked: None },
        Command::Close { reason: text() },
        Command::Reopen { reason: text() },
        Command::PutOn { member: "m".into(), reason: text() },
        Command::InviteParty {
            invitation: Box::new(Invitation {
                person: String::new().into(),
                contact: event::Contact { name: text(), email: text(), ..Default::default() },
                kind: candor_core::parties::PartyKind::Vendor,
                until,
                terms: text(),
                link: String::new(),
            }),
        },
        Command::TellParty { party: 1, text: text() },
        Command::GiveAdvisory { party: 1 },
        Command::ShareFile {
            sharing: candor_core::parties::Sharing {
                party: 1,
                file: "b".into(),
                name: text(),
                marked: true,
                names_reporter: true,
            },
        },
        Command::EndParty { party: 1, reason: text() },
        Command::AsParty { wish: candor_core::parties::PartyWish::Write { text: text(), files: Vec::new() } },
        Command::TakeOff { member: "m".into(), reason: text() },
        Command::BreakGlass { reason: text() },
        Command::See,
        Command::NoticeReading { member: "m".into(), cases: 21, told: vec!["n".into()] },
        Command::Write { text: text(), files: Vec::new() },
        Command::Nudge,
        Command::ChooseCredit { credit: Credit::Anonymous },
        Command::GiveKey { pgp_key: text() },
        Command::AnswerEmbargo { agree: true, text: text(), asked: None },
        Command::Withdraw { text: text() },
        Command::TakeMail { text: text(), files: Vec::new(), noticed: Vec::new(), returned: true },
        Command::RecordOrigin { entry: 1, origin: Box::default() },
        Command::Tick,
    ];
    let mut names: Vec<_> = all.iter().map(Command::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len(), "a command stands twice, and another is missing");
    all
}

#[test]
fn every_command_that_a_member_gives_is_there_under_its_name_and_comes_back_unchanged() {
    for core in one_of_each() {
        let given = least_role(&core).is_some() && !matches!(core, Command::Report(_) | Command::See);
        let outside = ApiCommand::of(&core);
        assert_eq!(outside.is_some(), given, "{}", core.name());
        let Some(outside) = outside else { continue };
        let sent = serde_json::to_value(&outside).expect("it is JSON");
        assert_eq!(sent["command"], core.name());
        let read: Asked = serde_json::from_value(sent).expect("what is sent can be read");
        assert_eq!(read, Asked { command: outside.clone(), seen: None });
        assert_eq!(read.command.into_core(Vec::new()), Ok(core));
    }
}

#[test]
fn files_come_only_with_what_can_carry_them() {
    let file = FileRef {
        id: "F".into(),
        name: "a".into(),
        size: 1,
        sha256: String::new(),
        sealed_sha256: String::new(),
        key: String::new(),
        looks: String::new(),
    };
    let refused = ApiCommand::Close { reason: "done".into() }.into_core(vec![file.clone()]);
    assert_eq!(refused.map_err(|why| why.field), Err("files"));
    assert!(ApiCommand::Note { text: String::new(), mentions: Vec::new() }.into_core(vec![file]).is_ok());
}

/// Who may ask which command, by role and by what they are to the case.
fn access_table() -> String {
    use candor_core::access::{Actor, Denied, Role, allow};
    use candor_core::case::Author;
    use candor_core::event::Event;
    use candor_core::evolve::{Stamp, replay};

    let policy =
        "[program]\nslug = \"store\"\nname = \"Store\"\n[[contacts]]\nrole = \"first\"\nemail = \"a@b.example\"\n";
    let policy = candor_core::policy::file::read(policy).expect("a policy");
    let now = Timestamp::UNIX_EPOCH;
    let reported = Event::Reported {
        program: "store".into(),
        policy_version: 1,
        number: 0,
        received_at: now,
        channel: Channel::Form,
        facts: Box::default(),
        person: None,
        filed_by: None,
        receipt: String::new(),
    };
    let put_on = Event::PutOn { member: "on".into(), reason: String::new() };
    let stamp = |seq| Stamp { seq, at: now, by: Author::Candor, decided_in: None };
    let case = replay(&"00000-00000".into(), [(stamp(1), reported), (stamp(2), put_on)]).expect("a case");
    let member = |id: &str, program: &str, role| Actor::Member { id: id.into(), roles: vec![(program.into(), role)] };
    let people = [
        ("coordinator on it", member("on", "store", Role::Coordinator)),
        ("analyst on it", member("on", "store", Role::Analyst)),
        ("developer on it", member("on", "store", Role::Developer)),
        ("approver on it", member("on", "store", Role::Approver)),
        ("member on it", member("on", "store", Role::Member)),
        ("observer on it", member("on", "store", Role::Observer)),
        ("coordinator, not on it", member("off", "store", Role::Coordinator)),
        ("analyst, not on it", member("off", "store", Role::Analyst)),
        ("observer, not on it", member("off", "store", Role::Observer)),
        ("coordinator of another program", member("on", "other", Role::Coordinator)),
        ("no role", Actor::Member { id: "on".into(), roles: Vec::new() }),
        ("its reporter", Actor::Reporter { case: case.id.clone(), report: 0 }),
        ("another reporter", Actor::Reporter { case: "11111-11111".into(), report: 0 }),
        ("its outside party", Actor::Party { case: case.id.clone(), party: 0 }),
        ("a clock", Actor::Clock),
        ("anybody", Actor::Public),
    ];
    let mut table = String::from("| command |");
    for (what, _) in &people {
        table += &format!(" {what} |");
    }
    table += &format!("\n|---|{}\n", "---|".repeat(people.len()));
    for command in one_of_each().into_iter().filter(|command| !matches!(command, Command::Report(_))) {
        table += &format!("| `{}` |", command.name());
        for (_, actor) in &people {
            table += match allow(Some(&case), &policy, actor, command.clone(), now) {
                Ok(_) => " yes |",
                Err(Denied::Role { .. }) => " role |",
                Err(Denied::NotOn) => " not on |",
                Err(Denied::Absent) => " absent |",
            };
        }
        table += "\n";
    }
    table
}

#[test]
fn abuse_r1_every_command_is_for_whom_the_page_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security/access.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    let (begin, end) = ("<!-- commands: generated -->\n", "<!-- commands: end -->");
    let (head, rest) = page.split_once(begin).expect("the page has the part");
    let (known, tail) = rest.split_once(end).expect("the part has an end");
    let table = access_table();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, format!("{head}{begin}\n{table}\n{end}{tail}")).expect("the page is written");
        return;
    }
    if known.trim().is_empty() {
        return;
    }
    assert!(known.trim() == table.trim(), "docs/security/access.md is behind: run this test with `UPDATE=1`\n{table}");
}
