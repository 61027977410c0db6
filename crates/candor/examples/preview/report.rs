//! Pages for the person who reports.

use crate::page;
use crate::sample::{at, clocks, public};
use candor::web::views::parts::{Credit, problems};
use candor::web::views::report::*;
use candor::web::views::{Choice, Control, Field, FileView, Group, Link, Problem, Row};

pub fn pages() -> Vec<(&'static str, String)> {
    let form = form();
    let mut wrong = form.clone();
    wrong.groups[0].fields[0].error = Some("Say in one sentence what you found".into());
    wrong.groups[0].fields[1].value =
        "A signed address lets me send more than was signed.\nIt then overwrites the object.".into();
    wrong.groups[4].fields[1].error = Some("The address needs an @, like mira@lantern.example".into());
    wrong.groups[4].fields[1].value = "mira.lantern.example".into();
    wrong.problems = problems(&wrong.groups);
    vec![
        page("form", &form),
        page("form-problem", &wrong),
        page("receipt", &receipt()),
        page("enter", &EnterReceipt { shell: public("receipt"), ..EnterReceipt::default() }),
        page(
            "enter-problem",
            &EnterReceipt {
                shell: public("receipt"),
                value: "7K3M-9QXT".into(),
                problems: vec![Problem {
                    field: "receipt".into(),
                    text: "No report has this receipt. Compare it sign by sign with what you kept.".into(),
                }],
            },
        ),
        page("own", &own()),
        page(
            "withdraw",
            &ReporterCheck {
                shell: public("receipt"),
                title: "Withdraw the report?".into(),
                consequences: vec![
                    "The team is told at once, with your reason.".into(),
                    "The promises to you end. The team may still look into it on its own.".into(),
                    "You can read this page as before, but the report cannot be filed again under this receipt.".into(),
                ],
                action: "/receipt/withdraw".into(),
                groups: vec![Group::new("", "", vec![Field::area("text", "Why you take it back", 3).note("optional")])],
                submit: "Withdraw the report".into(),
                back: "own.html".into(),
                ..ReporterCheck::default()
            },
        ),
    ]
}

fn promises() -> Vec<PromisedDate> {
    let promise =
        |what: &str, kind: &str, due: &str| PromisedDate { what: what.into(), kind: kind.into(), due: at(due) };
    vec![
        promise("Acknowledgement by a member of the team", "commitment", "2026-11-24T16:20:00Z"),
        promise("Detailed answer with next steps", "commitment", "2026-11-25T16:20:00Z"),
        promise("News at least every five days", "commitment", "2026-11-27T16:20:00Z"),
    ]
}

fn form() -> ReportForm {
    ReportForm {
        shell: public("report"),
        action: "/minio/report".into(),
        once: "b25jZQ".into(),
        groups: vec![
            Group::new(
                "found",
                "What you found",
                vec![
                    Field::line("title", "In one sentence")
                        .hint("For example: a signed address lets anyone overwrite an object.")
                        .required(),
                    Field::line("description", "What is wrong")
                        .hint("As much as you know. It need not be complete.")
                        .required()
                        .rows(7),
                ],
            ),
            Group::new(
                "where",
                "Where it is",
                vec![
                    Field::new(
                        "product",
                        "Product",
                        Control::Select(vec![
                            Choice::new("", "Not sure"),
                            Choice::new("server", "MinIO server"),
                            Choice::new("operator", "Operator"),
                            Choice::new("console", "Console"),
                        ]),
                    ),
                    Field::line("component", "Part of it")
                        .note("optional")
                        .suggestions(vec!["Object layer".into(), "IAM".into()]),
                    Field::line("version", "Version")
                        .note("optional")
                        .hint("As it shows itself, like RELEASE.2026-10-02.")
                        .narrow(),
                ],
            ),
            Group::new(
                "steps",
                "How to see it happen",
                vec![
                    Field::line("steps", "Steps, configuration or code").note("this policy asks for it").rows(6),
                    Field::new(
                        "files",
                        "Files",
                        Control::Files("Up to 20 files of 100 MB each. Drop them here or choose them.".into()),
                    )
                    .note("optional"),
                ],
            ),
            Group::new(
                "why",
                "Why it is a security matter",
                vec![
                    Field::new(
                        "weakness",
                        "What kind of problem is it?",
                        Control::Radio(vec![
                            Choice::new("read", "Somebody can read what they should not"),
                            Choice::new("change", "Somebody can change or delete what they should not"),
                            Choice::new("become", "Somebody can act as another, or gain more rights"),
                            Choice::new("run", "Somebody can run their own code"),
                            Choice::new("stop", "Somebody can bring it down"),
                            Choice::new("unsure", "Something else, or not sure"),
                        ]),
                    ),
                    Field::line("preconditions", "What does an attacker need first?")
                        .note("optional")
                        .hint("Such as an account, a network position, a setting.")
                        .rows(2),
                    Field::new("exploited", "I know or suspect that it is being exploited", Control::Check),
                ],
            ),
            Group::new(
                "who",
                "Who you are",
                vec![
                    Field::line("name", "Name").note("optional").autocomplete("name"),
                    Field::line("email", "Address")
                        .typed("email")
                        .note("optional")
                        .hint("Without one, your receipt is the only way back to the report.")
                        .autocomplete("email"),
                ],
            )
            .lead("Only if you want to say. A report without a name is read like any other."),
            Group::new(
                "credit",
                "Credit",
                vec![
                    Field::new(
                        "credit",
                        "If an advisory is published",
                        Control::Radio(vec![
                            Choice::new("none", "Do not name me").hint("MinIO names nobody unless they ask for it."),
                            Choice::new("named", "Name me").hint("You can say how on your report's page."),
                            Choice::new("later", "Ask me later"),
                        ]),
                    )
                    .value("none"),
                ],
            ),
        ],
        promises: promises(),
        readers: vec![
            "Sid Bauer, primary coordinator".into(),
            "Harsha Vale, secondary coordinator".into(),
            "two members of the MinIO security team".into(),
        ],
        leave_out: vec![
            "Data of other people: replace it by made-up data.".into(),
            "Passwords and keys that still work.".into(),
            "Output of a scanner that nobody has checked.".into(),
        ],
        other_ways: vec![
            Link::new("Mail to security@min.example", "mailto:security@min.example"),
            Link::new("The API", "/api/docs"),
        ],
        ..ReportForm::default()
    }
}

fn receipt() -> ReceiptPage {
    ReceiptPage {
        shell: public("receipt"),
        groups: ["7K3M9", "QXT4B", "2HVZR", "8DW6N", "PJ5CY", "0A"].map(String::from).into(),
        received: at("2026-11-22T16:19:40Z"),
        promises: promises(),
        has_address: false,
        files: 2,
        hints: Vec::new(),
        missing: vec!["Which version you saw it in".into()],
    }
}

fn own() -> ReporterPage {
    let message = |when: &str, who: &str, did: &str, side: &str, text: &str| Message {
        at: at(when),
        who: who.into(),
        did: did.into(),
        side: side.into(),
        text: text.into(),
        files: vec![],
    };
    let mut first = message(
        "2026-11-19T08:12:00Z",
        "You",
        "reported",
        "mine",
        "A signed address lets me send more than was signed. It then overwrites the object.",
    );
    first.files =
        vec![FileView { name: "upload.py".into(), size: "4.1 kB".into(), href: "#".into(), ..FileView::default() }];
    ReporterPage {
        shell: public("receipt"),
        made: String::new(),
        base: "/receipt".into(),
        title: "A signed upload can be replaced by a longer body".into(),
        case: "7K3M9-QXT4B".into(),
        status: "The team asked you something and waits for your answer.".into(),
        next: "When you answer, a second member decides whether the report is confirmed.".into(),
        awaited: true,
        received: at("2026-11-19T08:12:00Z"),
        promises: clocks(),
        helps: vec!["No version is named. Which one was tried?".into()],
        dialogue: vec![
            first,
            message(
                "2026-11-20T09:41:00Z",
                "Ana Ruiz, MinIO",
                "answered",
                "theirs",
                "Thank you, this is clear. I can see it happen on the current release. A second pair of eyes looks at it on Monday.",
            ),
            message("2026-11-20T09:41:00Z", "MinIO", "took up your report", "step", ""),
            message(
                "2026-11-21T11:05:00Z",
                "Ana Ruiz, MinIO",
                "asked",
                "theirs",
                "Did you see it with a proxy in front as well? If so, which one, and does it pass Transfer-Encoding through?",
            ),
        ],
        report: vec![
            Row::new("In one sentence", "A signed upload can be replaced by a longer body"),
            Row::new(
                "Steps",
                "1. Make a presigned PUT address for ten bytes.\n2. Send a chunked body of ten megabytes.",
            ),
            Row::new("Version", "RELEASE.2026-09-01"),
        ],
        files: vec![FileView {
            name: "upload.py".into(),
            size: "4.1 kB".into(),
            href: "#".into(),
            note: String::new(),
            ..FileView::default()
        }],
        file_limit: "Up to 20 files of 100 MB each. Drop them here or choose them.".into(),
        can_write: true,
        takes_files: true,
        nudge: Some(Nudge {
            to: "the secondary coordinator".into(),
            address: "harsha@min.example".into(),
            last: None,
            not_now: String::new(),
        }),
        key: Some(KeyChoice {
            words: "Letters to you are not encrypted. They say only that there is news.".into(),
            ..KeyChoice::default()
        }),
        credit: Some(Credit {
            chosen: "You are not named anywhere.".into(),
            asked: false,
            group: Group::new(
                "credit",
                "",
                vec![
                    Field::new(
                        "credit",
                        "How you are named",
                        Control::Radio(vec![
                            Choice::new("none", "Not at all"),
                            Choice::new("named", "With the name below"),
                        ]),
                    )
                    .value("none"),
                    Field::line("credit_name", "Name").note("optional"),
                ],
            ),
        }),
        embargo: Some(EmbargoView {
            until: at("2026-12-18T12:00:00Z"),
            state: "proposed".into(),
            words: "Ana Ruiz proposed it on Sat 21 Nov.".into(),
            text: "We expect the fix in the release of 16 December.".into(),
            asks: true,
        }),
        can_withdraw: true,
        ..ReporterPage::default()
    }
}
