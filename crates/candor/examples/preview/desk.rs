//! Pages of the desk that are not about one case.

use crate::page;
use crate::sample::{at, desk, rated};
use candor::web::views::account::*;
use candor::web::views::desk::*;
use candor::web::views::watch::*;
use candor::web::views::{
    Choice, Control, Field, Group, Link, Paging, Problem, Row, SafeHtml, SeverityView, Shell, StateView,
};
use candor_core::case::State;
use candor_formats::cvss::Severity;

pub fn pages() -> Vec<(&'static str, String)> {
    let sign_in = SignIn {
        next: "/desk".into(),
        demo_accounts: vec![
            DemoAccount {
                name: "Ana Ruiz, coordinator".into(),
                email: "ana@min.example".into(),
                password: "demo demo demo".into(),
                code: "418 205".into(),
            },
            DemoAccount {
                name: "Ben Adeyemi, member".into(),
                email: "ben@min.example".into(),
                password: "demo demo demo".into(),
                code: "902 771".into(),
            },
        ],
        ..SignIn::default()
    };
    vec![
        page("queue", &queue()),
        page("program-versions", &program()),
        page(
            "queue-empty",
            &Queue {
                rows: vec![],
                paging: Paging::default(),
                empty: "Nothing needs a person now. The next clock rings on Tue 24 Nov 2026, 09:00 UTC.".into(),
                empty_link: Some(Link::new("See all open cases", "/desk?show=open")),
                ..queue()
            },
        ),
        page("sign-in", &sign_in),
        page(
            "sign-in-problem",
            &SignIn {
                email: "ana@min.example".into(),
                demo_accounts: vec![],
                problems: vec![Problem { field: "email".into(), text: "Address, password and code do not belong together. Type them again; a code lives for 30 seconds.".into() }],
                ..sign_in
            },
        ),
        page(
            "set-up",
            &NewAccount {
                title: "Set up Candor".into(),
                lead: "You are the first here. You become coordinator of every program and can invite the others.".into(),
                action: "/desk/set-up".into(),
                step: "Step 1 of 3".into(),
                problems: vec![Problem { field: "password".into(), text: "The password needs at least 12 characters; this one has 8".into() }],
                name: "Ana Ruiz".into(),
                email: "ana@min.example".into(),
                ..NewAccount::default()
            },
        ),
        page(
            "authenticator",
            &Authenticator {
                action: "/desk/set-up/authenticator".into(),
                qr: qr(),
                key: "JBSW Y3DP EHPK 3PXP JBSW Y3DP".into(),
                step: "Step 2 of 3".into(),
                ..Authenticator::default()
            },
        ),
        page(
            "codes",
            &RecoveryCodes {
                codes: ["7k3m-9qxt", "4b2h-vzr8", "dw6n-pj5c", "y0ag-1f9e", "t4sw-83kd", "qq2n-5vbh", "c7mr-x0yz", "e9pj-6t1w"].map(String::from).into(),
                next: "/desk".into(),
                step: "Step 3 of 3".into(),
                ..RecoveryCodes::default()
            },
        ),
        page("file", &file()),
        page("settings", &settings()),
        page("metrics", &metrics()),
        page("mail", &mail()),
    ]
}

fn qr() -> SafeHtml {
    let mut svg = String::from(
        r##"<svg viewBox="0 0 29 29" shape-rendering="crispEdges"><rect width="29" height="29" fill="#fff"/><path fill="#000" d=""##,
    );
    for cell in 0..625_u32 {
        let (x, y) = (cell % 25, cell / 25);
        if (x * 7 + y * 13 + x * y) % 3 == 0 {
            svg += &format!("M{} {}h1v1h-1z", x + 2, y + 2);
        }
    }
    SafeHtml(svg + r#""/></svg>"#)
}

fn queue() -> Queue {
    let filter = |text: &str, count: u64, current| FilterLink {
        text: text.into(),
        count: Some(count),
        href: "#".into(),
        current,
    };
    let clock = |what: &str, status: (&str, &str), due: &str| {
        Some(QueueClock { what: what.into(), status: status.0.into(), status_word: status.1.into(), due: at(due) })
    };
    let row = |id: &str, title: &str, product: &str, severity, state, clock, holder: &str, flag: &str| QueueRow {
        id: id.into(),
        href: "case.html".into(),
        title: title.into(),
        product: product.into(),
        severity,
        state: StateView::new(state),
        clock,
        holder: holder.into(),
        flag: flag.into(),
        fold: flag.contains("folded").then(|| Link::new("2 more like this", "#")),
        related: flag.contains("folded").then(|| Link::new("linked with 1 case", "#")),
        ticked: false,
    };
    let none = SeverityView::default;
    Queue {
        shell: desk("queue"),
        title: "Needs a person now".into(),
        filters: vec![
            FilterGroup {
                label: "Show".into(),
                links: vec![
                    filter("Needs a person now", 7, true),
                    filter("Mine", 3, false),
                    filter("Waiting for the reporter", 4, false),
                    filter("All open", 18, false),
                    filter("Published", 9, false),
                    filter("Closed", 41, false),
                ],
            },
            FilterGroup {
                label: "Program".into(),
                links: vec![
                    filter("All", 18, true),
                    filter("Dapr", 4, false),
                    filter("Directus", 6, false),
                    filter("MinIO", 8, false),
                ],
            },
        ],
        rows: vec![
            row(
                "7K3M9-QXT4B",
                "A signed upload can be replaced by a longer body",
                "MinIO server, object layer",
                rated(Severity::High, "8.6"),
                State::Triage,
                clock("Detailed answer with next steps", ("broken", "Broken"), "2026-11-22T08:12:00Z"),
                "Ana Ruiz",
                "The reporter wrote",
            ),
            row(
                "QX20H-7D3NB",
                "Password reset link stays usable after the password was changed",
                "Directus API",
                none(),
                State::New,
                clock("First answer", ("soon", "Due soon"), "2026-11-22T19:00:00Z"),
                "",
                "",
            ),
            row(
                "V5R8C-11KWE",
                "The flow editor renders a label as markup, so a member can run script in the browser of an administrator",
                "Directus app, flows",
                rated(Severity::Medium, "5.4"),
                State::Confirmed,
                clock("Second member on record", ("running", "Due"), "2026-11-23T10:30:00Z"),
                "Ben Adeyemi",
                "",
            ),
            row(
                "0G4TZ-PM8XA",
                "Sidecar accepts an expired token within the clock skew of one hour",
                "Dapr runtime",
                none(),
                State::New,
                clock("First answer", ("running", "Due"), "2026-11-25T17:00:00Z"),
                "",
                "",
            ),
            row(
                "N3JY6-E9QRV",
                "Metrics page tells strangers the names of buckets",
                "MinIO console",
                rated(Severity::Low, "3.1"),
                State::Fixed,
                clock("Advisory with the fix", ("paused", "Paused"), "2026-12-01T12:00:00Z"),
                "Ana Ruiz",
                "",
            ),
            row(
                "H8WB2-4SCK7",
                "CVE-2026-30991 in a library that the server ships",
                "MinIO server, dependencies",
                rated(Severity::Critical, "9.8"),
                State::Triage,
                clock("Verification", ("running", "Due"), "2026-11-26T08:00:00Z"),
                "Chidi Park",
                "",
            ),
        ],
        paging: Paging { words: "1 to 6 of 7".into(), previous: None, next: Some("#".into()) },
        ..Queue::default()
    }
}

fn file() -> DeskForm {
    DeskForm {
        shell: desk("report"),
        title: "File a report for somebody".into(),
        lead: "For what came by telephone, letter or chat. The clocks count from when it came, not from now.".into(),
        action: "/desk/report".into(),
        groups: vec![
            Group::new(
                "came",
                "How it came",
                vec![
                    Field::new(
                        "program",
                        "Program",
                        Control::Select(vec![Choice::new("minio", "MinIO"), Choice::new("dapr", "Dapr")]),
                    ),
                    Field::new(
                        "channel",
                        "By",
                        Control::Radio(vec![
                            Choice::new("phone", "Telephone"),
                            Choice::new("mail", "Letter or mail"),
                            Choice::new("chat", "Chat"),
                        ]),
                    ),
                    Field::line("received_at", "When it came")
                        .hint("Date and time in UTC, like 2026-11-20T14:30Z. Empty for now.")
                        .narrow(),
                ],
            ),
            Group::new(
                "what",
                "What it says",
                vec![
                    Field::line("title", "In one sentence").required(),
                    Field::area("description", "What is wrong", 6).required(),
                ],
            ),
            Group::new(
                "who",
                "Who reported it",
                vec![
                    Field::line("name", "Name").note("optional"),
                    Field::line("email", "Address").typed("email").note("optional"),
                ],
            ),
        ],
        submit: "File the report".into(),
        back: "/desk".into(),
        ..DeskForm::default()
    }
}

fn program() -> ProgramPage {
    let version = |version: u32, since: &str, by: &str, changes: Option<&str>| VersionRow {
        version,
        since: at(since),
        by: by.into(),
        changes: changes.map(|text| Link::new(text, "/desk/programs/minio?from=2&to=3")),
        is_from: version == 2,
        is_to: version == 3,
    };
    ProgramPage {
        shell: desk("settings"),
        name: "MinIO".into(),
        href: "/minio".into(),
        coordinates: true,
        action: "/desk/programs/minio".into(),
        versions: vec![
            version(3, "2026-11-02T09:00:00Z", "Ana Ruiz", Some("2 changes")),
            version(2, "2026-09-14T09:00:00Z", "Ben Adeyemi", Some("1 change")),
            version(1, "2026-08-01T09:00:00Z", "somebody at the store itself", None),
        ],
        from: 2,
        to: 3,
        changes: vec![
            "Promise acknowledge was 48 hours, is 3 working days".into(),
            "Escalation of news to developers, 24 hours after is new".into(),
        ],
        moves: vec![MovesRow {
            case: "7K3M9-QXT4B".into(),
            href: "/desk/cases/7K3M9-QXT4B".into(),
            version: 2,
            promise: "A first answer by a member of the team".into(),
            was: Some(at("2026-11-22T16:00:00Z")),
            would: Some(at("2026-11-25T16:00:00Z")),
        }],
        older: "2 open cases run under an earlier version.".into(),
    }
}

fn settings() -> Settings {
    let member = |name: &str, email: &str, roles: &str, state: &str, can_disable| MemberRow {
        id: "m".into(),
        name: name.into(),
        email: email.into(),
        roles: roles.into(),
        state: state.into(),
        can_disable,
        can_enable: state == "disabled",
        can_reset: can_disable,
    };
    Settings {
        shell: desk("settings"),
        programs: vec![
            ProgramRow {
                name: "Dapr".into(),
                slug: "dapr".into(),
                version: 1,
                since: at("2026-08-01T09:00:00Z"),
                open: 4,
            },
            ProgramRow {
                name: "MinIO".into(),
                slug: "minio".into(),
                version: 3,
                since: at("2026-11-02T09:00:00Z"),
                open: 8,
            },
        ],
        members: vec![
            member("Ana Ruiz", "ana@min.example", "coordinator in all programs", "active", false),
            member("Ben Adeyemi", "ben@min.example", "member in MinIO, Dapr", "active", true),
            member("Chidi Park", "chidi@min.example", "observer in MinIO", "invited", true),
        ],
        tokens: vec![TokenRow {
            id: "t".into(),
            label: "Nightly export".into(),
            may: "read cases of MinIO".into(),
            last_used: Some(at("2026-11-22T02:00:00Z")),
        }],
        sessions: vec![
            SessionRow {
                id: "1".into(),
                browser: "Firefox on Linux".into(),
                since: at("2026-11-22T14:02:00Z"),
                this: true,
            },
            SessionRow {
                id: "2".into(),
                browser: "Safari on a phone".into(),
                since: at("2026-11-20T07:44:00Z"),
                this: false,
            },
        ],
        outbox: Some(OutboxView {
            waiting: 2,
            retrying: 1,
            given_up: 1,
            oldest: Some(at("2026-11-22T16:11:00Z")),
            way: "SMTP over TLS to mail.min.example".into(),
            failed: vec![FailedRow {
                id: "l".into(),
                what: "question to reporter".into(),
                since: at("2026-11-20T08:00:00Z"),
                why: "the server refused the address".into(),
                case: Some(Link::new("7K3M9-QXT4B", "/desk/cases/7K3M9-QXT4B")),
                can_retry: true,
            }],
        }),
        recovery_left: "You have 9 left. Each signs you in once when the authenticator is out of reach.".into(),
        may_manage: true,
        invite: Group::new(
            "invite",
            "Invite a member",
            vec![
                Field::line("email", "Address").typed("email"),
                Field::new(
                    "role",
                    "Role",
                    Control::Select(vec![
                        Choice::new("member", "Member"),
                        Choice::new("coordinator", "Coordinator"),
                        Choice::new("observer", "Observer"),
                    ]),
                ),
            ],
        ),
        token: Group::new("token", "Make a token", vec![Field::line("label", "What it is for")]),
        ..Settings::default()
    }
}

fn metrics() -> Metrics {
    let row = |what: &str, kind: &str, kept, late, broken, running, median: &str| KeptRow {
        what: what.into(),
        kind: kind.into(),
        kept,
        late,
        broken,
        running,
        median: median.into(),
    };
    Metrics {
        shell: desk("metrics"),
        span: "The last 12 months".into(),
        rows: vec![
            row("MinIO: acknowledgement", "commitment", 46, 2, 0, 3, "9 hours"),
            row("MinIO: detailed answer", "commitment", 41, 4, 1, 5, "38 hours"),
            row("MinIO: fix for the latest release", "target", 12, 7, 2, 6, "19 days"),
            row("Dapr: first answer", "commitment", 18, 0, 0, 1, "1 working day"),
            row("Strapi: first answer", "commitment", 0, 0, 0, 0, ""),
        ],
        filters: vec![FilterGroup {
            label: "Program".into(),
            links: vec![
                FilterLink { text: "All".into(), count: None, href: "#".into(), current: true },
                FilterLink { text: "MinIO".into(), count: None, href: "#".into(), current: false },
            ],
        }],
        figures: vec![Row::new("Reports", "117"), Row::new("Confirmed", "38"), Row::new("Published advisories", "18")],
    }
}

fn mail() -> DemoMail {
    let letter = |to: &str, subject: &str, when: &str, current| LetterRow {
        href: "#".into(),
        to: to.into(),
        subject: subject.into(),
        at: at(when),
        current,
    };
    DemoMail {
        shell: Shell { demo: true, ..Shell::default() },
        letters: vec![
            letter("ana@min.example", "A promise breaks in 8 hours: case 7K3M9-QXT4B", "2026-11-22T00:12:00Z", true),
            letter("mira@lantern.example", "News on your report 7K3M9-QXT4B", "2026-11-21T11:05:00Z", false),
            letter("mira@lantern.example", "Your report 7K3M9-QXT4B was received", "2026-11-19T08:12:00Z", false),
        ],
        open: Some(Letter {
            head: vec![Row::new("From", "MinIO security <security@min.example>"), Row::new("To", "ana@min.example"), Row::new("Subject", "A promise breaks in 8 hours: case 7K3M9-QXT4B")],
            text: "Hello Ana,\n\nthe detailed answer with next steps in case 7K3M9-QXT4B falls due on Sun 22 Nov 2026, 08:12 UTC.\n\nOpen the case: https://security.min.example/desk/cases/7K3M9-QXT4B\n".into(),
        }),
        paging: Paging::default(),
    }
}
