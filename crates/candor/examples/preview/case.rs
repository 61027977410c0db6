//! Pages of one case.

use crate::page;
use crate::public::{body, vectors};
use crate::sample::{at, clocks, desk, rated};
use candor::web::views::case::*;
use candor::web::views::parts::problems;
use candor::web::views::report::EmbargoView;
use candor::web::views::{Act, Choice, Control, Field, FileView, Group, Link, Row, SeverityView, StateView};
use candor_core::case::State;
use candor_formats::cvss::Severity;

pub fn pages() -> Vec<(&'static str, String)> {
    let case = case();
    let changed = vec![Entry {
        seq: 15,
        at: at("2026-11-22T16:18:00Z"),
        who: "Ben Adeyemi".into(),
        did: "confirmed the report".into(),
        side: "team".into(),
        text: "Confirmed. We aim for a fix in the next release.".into(),
        ..Entry::default()
    }];
    let mut confirm = ActForm {
        shell: desk("queue"),
        head: case.head.clone(),
        title: "Confirm the report".into(),
        lead: "The reporter is told at once. The policy then starts the clock of the fix: 30 days, a target.".into(),
        action: "#".into(),
        groups: vec![Group::new(
            "",
            "",
            vec![
                Field::area("text", "What you tell the reporter", 6)
                    .hint("What you saw, what happens next.")
                    .required(),
            ],
        )],
        submit: "Confirm the report".into(),
        seen_by_reporter: true,
        ..ActForm::default()
    };
    let plain = page("act", &confirm);
    confirm.groups[0].fields[0].error = Some("Say to the reporter what is confirmed".into());
    confirm.problems = problems(&confirm.groups);
    vec![
        page("case", &case),
        page(
            "case-changed",
            &CasePage {
                changed,
                reply: "Thank you. We can see it too, and a second member looks at it".into(),
                ..case.clone()
            },
        ),
        page("case-new", &fresh()),
        plain,
        page("act-problem", &confirm),
        page("rate", &rate(case.head.clone())),
        page("advisory-editor", &editor(case.head.clone())),
        page("check", &check(case.head)),
    ]
}

fn act(label: &str, hint: &str) -> Act {
    Act { label: label.into(), href: "act.html".into(), hint: hint.into() }
}

fn head() -> CaseHead {
    CaseHead {
        id: "7K3M9-QXT4B".into(),
        href: "/desk/cases/7K3M9-QXT4B".into(),
        title: "A signed upload can be replaced by a longer body".into(),
        product: "MinIO server, object layer".into(),
        state: StateView::new(State::Triage),
        severity: rated(Severity::High, "8.6"),
        holder: "Ana Ruiz".into(),
        seen: 14,
    }
}

fn entry(seq: u64, when: &str, who: &str, did: &str, side: &str, text: &str) -> Entry {
    Entry {
        seq,
        at: at(when),
        who: who.into(),
        did: did.into(),
        side: side.into(),
        text: text.into(),
        ..Entry::default()
    }
}

fn case() -> CasePage {
    let file = |name: &str, size: &str, note: &str| FileView {
        name: name.into(),
        size: size.into(),
        href: "#".into(),
        note: note.into(),
        opened: String::new(),
        preview: "preview-text.html".into(),
    };
    let mut verified = entry(8, "2026-11-20T15:30:00Z", "Ana Ruiz", "put a verification on record", "step", "");
    verified.rows = vec![
        Row::new("Result", "Reproduced"),
        Row::new("Environment", "RELEASE.2026-09-01 on Linux, one node"),
        Row::new("Conditions", "A presigned PUT address that is still valid"),
    ];
    let mut answer = entry(
        12,
        "2026-11-22T07:58:00Z",
        "Mira Okafor",
        "answered",
        "reporter",
        "With nginx in front, default settings. It passes Transfer-Encoding through. I attach the configuration.",
    );
    answer.files = vec![file("nginx.conf", "1.9 kB", "")];
    CasePage {
        shell: desk("queue"),
        head: head(),
        next: "Send the detailed answer with next steps".into(),
        next_due: Some(at("2026-11-22T08:12:00Z")),
        next_status: "broken".into(),
        acts: vec![act("Confirm the report", ""), act("Rate the severity", ""), act("Record a verification", "")],
        rare_acts: vec![
            act("Reject the report", "needs a reason"),
            act("Mark as out of scope", "cites a clause"),
            act("Mark as duplicate", ""),
            act("Give the case to somebody", ""),
            act("Propose an embargo", ""),
            act("Change title, product or identifiers", ""),
            act("Close the case", ""),
        ],
        gated_acts: vec![GatedAct {
            label: "Publish the advisory".into(),
            gate: "the policy asks for two things before publishing".into(),
            missing: vec![
                Link::new("an audit for similar problems", "act.html"),
                Link::new("a fix for the latest release", "act.html"),
            ],
        }],
        history: vec![
            entry(
                2,
                "2026-11-20T09:41:00Z",
                "Ana Ruiz",
                "acknowledged the report",
                "team",
                "Thank you, this is clear. I can see it happen on the current release. A second pair of eyes looks at it on Monday.",
            ),
            entry(3, "2026-11-20T09:42:00Z", "Ana Ruiz", "took the case", "step", ""),
            verified,
            entry(
                9,
                "2026-11-21T10:50:00Z",
                "Ben Adeyemi",
                "noted",
                "note",
                "The reader was rewritten in January 2024 (the change that dropped the length check). I look through the other handlers for the same pattern before we confirm.",
            ),
            entry(
                10,
                "2026-11-21T11:05:00Z",
                "Ana Ruiz",
                "asked the reporter; clocks stood still",
                "team",
                "Did you see it with a proxy in front as well? If so, which one, and does it pass Transfer-Encoding through?",
            ),
            answer,
            entry(
                13,
                "2026-11-22T08:12:00Z",
                "A clock",
                "found “Detailed answer with next steps” broken; the secondary coordinator was told",
                "clock",
                "",
            ),
        ],
        reports: vec![ReportView {
            title: "Report, by web form".into(),
            at: at("2026-11-19T08:12:00Z"),
            who: "Mira Okafor".into(),
            rows: vec![
                Row::new(
                    "What is wrong",
                    "A signed address lets me send more than was signed. It then overwrites the object.\n\nThe signature covers content-length, but a chunked body is read to its end.",
                ),
                Row::new(
                    "How to see it",
                    "1. Make a presigned PUT address for ten bytes.\n2. Send a chunked body of ten megabytes.",
                ),
                Row::new("Version", "RELEASE.2026-09-01"),
                Row::new("Kind", "Somebody can change or delete what they should not"),
                Row::new("Exploited", "Not known"),
            ],
            files: vec![file("upload.py", "4.1 kB", "")],
            hints: Vec::new(),
            proposed: None,
            missing: vec!["what an attacker needs first".into()],
        }],
        may_write: true,
        has_reporter: true,
        asking: "While the answer is awaited, the promises that wait for the reporter stand still.".into(),
        file_limit: "Up to 20 files of 100 MB each. Drop them here or choose them.".into(),
        clocks: clocks(),
        rating: Some(RatingView {
            by: "Rated by Ana Ruiz on Fri 20 Nov".into(),
            why: "Tried on a fresh server.".into(),
            vectors: vectors(),
        }),
        weakness: Some(Link::new("CWE-345: Insufficient verification of data authenticity", "#")),
        people: vec![
            PersonRow { part: "Reporter".into(), name: "Mira Okafor".into(), note: "mira@lantern.example".into() },
            PersonRow { part: "Credit".into(), name: "not chosen yet".into(), note: String::new() },
            PersonRow { part: "Holds it".into(), name: "Ana Ruiz".into(), note: String::new() },
            PersonRow { part: "Verified by".into(), name: "Ana Ruiz".into(), note: String::new() },
        ],
        embargo: Some(EmbargoView {
            until: at("2026-12-18T12:00:00Z"),
            state: "Proposed".into(),
            words: "The reporter has not answered.".into(),
            ..EmbargoView::default()
        }),
        identifiers: vec![Link::new("CVE-2026-41207", "#")],
        fixes: vec![
            FixRow {
                branch: "Latest release".into(),
                what: "Patch in review".into(),
                by: "Chidi Park, 21 Nov".into(),
                ..FixRow::default()
            },
            FixRow { branch: "Operator 6.x".into(), what: "Not decided".into(), ..FixRow::default() },
        ],
        verifications: vec![Record {
            who: "Ana Ruiz".into(),
            at: at("2026-11-20T15:30:00Z"),
            result: "reproduced".into(),
            rows: vec![
                Row::new("Environment", "RELEASE.2026-09-01 on Linux"),
                Row::new("Impact", "Overwrites any object the address was made for"),
            ],
        }],
        advisory: AdvisoryState {
            id: String::new(),
            words: "Draft 2, saved by Ana Ruiz.".into(),
            acts: vec![act("Edit the draft", "")],
            ..AdvisoryState::default()
        },
        files: vec![
            file("upload.py", "4.1 kB", ""),
            file("nginx.conf", "1.9 kB", ""),
            file("handlers.txt", "12 kB", "only the team sees this"),
        ],
        ..CasePage::default()
    }
}

fn fresh() -> CasePage {
    let case = case();
    CasePage {
        head: CaseHead {
            state: StateView::new(State::New),
            severity: SeverityView::default(),
            holder: String::new(),
            ..case.head
        },
        next: "Acknowledge the report".into(),
        next_due: Some(at("2026-11-24T08:12:00Z")),
        next_status: "running".into(),
        acts: vec![act("Acknowledge the report", ""), act("Take the case", "")],
        history: vec![],
        rating: None,
        weakness: None,
        embargo: None,
        fixes: vec![],
        verifications: vec![],
        identifiers: vec![],
        advisory: AdvisoryState {
            words: "No draft yet. It is written once the report is confirmed.".into(),
            ..AdvisoryState::default()
        },
        clocks: case.clocks.into_iter().skip(2).take(1).collect(),
        ..case
    }
}

fn rate(head: CaseHead) -> ActForm {
    let metric = |name: &str, label: &str, values: &[&str]| {
        let choices = std::iter::once(Choice::new("", "Choose"))
            .chain(values.iter().map(|value| Choice::new(value[..1].to_string(), *value)))
            .collect();
        Field::new(name, label, Control::Select(choices))
    };
    let v40 = vec![
        metric("v4-AV", "Attack vector", &["Network", "Adjacent", "Local", "Physical"]).value("N"),
        metric("v4-AC", "Attack complexity", &["Low", "High"]),
        metric("v4-AT", "Attack requirements", &["None", "Present"]),
        metric("v4-PR", "Privileges required", &["None", "Low", "High"]),
        metric("v4-UI", "User interaction", &["None", "Passive", "Active"]),
        metric("v4-VC", "Confidentiality of the system", &["High", "Low", "None"]),
        metric("v4-VI", "Integrity of the system", &["High", "Low", "None"]),
        metric("v4-VA", "Availability of the system", &["High", "Low", "None"]),
        metric("v4-SC", "Confidentiality of what follows", &["High", "Low", "None"]),
    ];
    let v31 = vec![
        metric("v3-AV", "Attack vector", &["Network", "Adjacent", "Local", "Physical"]),
        metric("v3-AC", "Attack complexity", &["Low", "High"]),
        metric("v3-PR", "Privileges required", &["None", "Low", "High"]),
        metric("v3-UI", "User interaction", &["None", "Required"]),
        metric("v3-S", "Scope", &["Unchanged", "Changed"]),
        metric("v3-C", "Confidentiality", &["High", "Low", "None"]),
        metric("v3-I", "Integrity", &["High", "Low", "None"]),
        metric("v3-A", "Availability", &["High", "Low", "None"]),
    ];
    ActForm {
        shell: desk("queue"),
        head,
        title: "Rate the severity".into(),
        lead: "Choose a value for each metric, or paste a vector. Scores are computed when you save.".into(),
        action: "#".into(),
        groups: vec![
            Group::new("v40", "CVSS 4.0", v40).columns(),
            Group::new("v31", "CVSS 3.1", v31).columns().folded(),
            Group::new(
                "paste",
                "Paste a vector",
                vec![
                    Field::line("vectors", "Vector")
                        .note("optional")
                        .hint("Like CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:H/A:H. It counts before the lists above."),
                ],
            ),
        ],
        submit: "Save the rating".into(),
        ..ActForm::default()
    }
}

fn editor(head: CaseHead) -> AdvisoryEditor {
    AdvisoryEditor {
        shell: desk("queue"),
        head,
        revision: 2,
        action: "#".into(),
        groups: vec![
            Group::new(
                "say",
                "What it says",
                vec![
                    Field::line("title", "Title").value("A signed upload can be replaced by a longer body"),
                    Field::area("summary", "Summary", 3)
                        .hint("One or two sentences. The first thing anybody reads.")
                        .value("Whoever holds a presigned upload address could send more bytes than were signed."),
                    Field::area("affected", "Who is affected", 2),
                    Field::area("first", "What to do first", 2),
                    Field::area("details", "What is behind it", 10).hint("Markdown, without raw markup."),
                ],
            ),
            Group::new(
                "versions",
                "Versions",
                vec![
                    Field::line("range-0", "Affected").value("from RELEASE.2024-01-11 before RELEASE.2026-10-02"),
                    Field::line("fixed-0", "Fixed in").value("RELEASE.2026-10-02"),
                ],
            )
            .columns(),
            Group::new(
                "help",
                "Fix and workaround",
                vec![Field::area("fix", "Fix", 3), Field::area("workaround", "Workaround", 3).note("optional")],
            ),
        ],
        lacks: vec![
            "a workaround, or the words that there is none".into(),
            "an answer of the reporter about credit".into(),
        ],
        preview: Some(body(3)),
        words: "Draft 2, saved by Ana Ruiz on Sun 22 Nov".into(),
        acts: vec![act("Approve the draft", "")],
        ..AdvisoryEditor::default()
    }
}

fn check(head: CaseHead) -> CheckPage {
    let line = |what: &str, whom: &str, when: &str| Becomes {
        what: what.into(),
        whom: whom.into(),
        when: when.into(),
        at: None,
    };
    CheckPage {
        shell: desk("queue"),
        head,
        title: "Publish MINIO-2026-0004".into(),
        visible: vec![
            line("The advisory, draft 3: page, CSAF, OSV, CVE, feeds", "everybody", "as soon as you publish"),
            line("A letter with the address of the advisory", "the reporter", "within a minute"),
            Becomes {
                at: Some(at("2026-12-18T12:00:00Z")),
                ..line("The name Mira Okafor, Lantern Labs, as the finder", "everybody", "at the end of the embargo:")
            },
        ],
        stays: vec![
            "The report, the dialogue and the notes".into(),
            "Names and addresses, save the credit above".into(),
            "All files".into(),
        ],
        gates: vec![
            Row::new("Two members", "verified by Ana Ruiz, confirmed by Ben Adeyemi"),
            Row::new("Audit for similar problems", "by Ben Adeyemi on Mon 23 Nov: nothing found"),
            Row::new("Fix for the latest release", "RELEASE.2026-10-02"),
        ],
        action: "#".into(),
        submit: "Publish MINIO-2026-0004".into(),
        ..CheckPage::default()
    }
}
