//! Public pages.

use crate::page;
use crate::sample::{fixed, public, rated};
use candor::web::views::case::VectorView;
use candor::web::views::desk::KeptRow;
use candor::web::views::public::*;
use candor::web::views::{Link, Paging, Row, SafeHtml, Shell};
use candor_formats::cvss::Severity;

pub fn pages() -> Vec<(&'static str, String)> {
    vec![
        page("programs", &programs()),
        page("programs-empty", &Programs::default()),
        page("policy", &policy()),
        page("advisories", &advisories()),
        page("advisories-empty", &AdvisoryList { rows: vec![], paging: Paging::default(), ..advisories() }),
        page("advisory", &advisory()),
        page("error-404", &ErrorPage::not_found()),
        page("error-500", &ErrorPage::internal("0f3a-77c1")),
        page("error-507", &ErrorPage::no_room()),
        page("api", &api()),
    ]
}

fn programs() -> Programs {
    let card = |slug: &str, name: &str, summary: &str, promise: &str, advisories| ProgramCard {
        slug: slug.into(),
        name: name.into(),
        summary: summary.into(),
        promise: promise.into(),
        advisories,
    };
    Programs {
        shell: Shell { current: "programs".into(), demo: true, ..Shell::default() },
        programs: vec![
            card(
                "dapr",
                "Dapr",
                "Any repository of the Dapr organisation is covered.",
                "First answer within 3 working days",
                4,
            ),
            card(
                "directus",
                "Directus",
                "The platform, its app and the official extensions.",
                "First answer within 1 working day",
                11,
            ),
            card(
                "ibexa",
                "Ibexa DXP",
                "Ibexa DXP and the open source packages under it.",
                "You are kept informed of the progress",
                1,
            ),
            card(
                "minio",
                "MinIO",
                "The MinIO server, directly connected components and their dependencies.",
                "Acknowledged within 48 hours",
                3,
            ),
            card(
                "strapi",
                "Strapi",
                "Strapi Community and Enterprise, and the official plugins.",
                "First answer within 5 days",
                0,
            ),
        ],
    }
}

fn row(id: &str, title: &str, severity: Severity, score: &str, published: &str, aliases: &str) -> AdvisoryRow {
    AdvisoryRow {
        id: id.into(),
        href: "advisory.html".into(),
        title: title.into(),
        severity: rated(severity, score),
        published: fixed(published),
        aliases: aliases.into(),
    }
}

fn rows() -> Vec<AdvisoryRow> {
    vec![
        row(
            "MINIO-2026-0003",
            "A signed upload can be replaced by a longer body",
            Severity::High,
            "8.1",
            "2026-10-02T12:00:00Z",
            "CVE-2026-41207",
        ),
        row(
            "MINIO-2026-0002",
            "The browser console shows bucket names to users without rights",
            Severity::Medium,
            "4.3",
            "2026-06-18T12:00:00Z",
            "CVE-2026-30118",
        ),
        row(
            "MINIO-2026-0001",
            "Service accounts keep rights that were taken from their parent",
            Severity::Critical,
            "9.1",
            "2026-02-09T12:00:00Z",
            "",
        ),
    ]
}

fn kept() -> Vec<KeptRow> {
    vec![
        KeptRow {
            what: "Acknowledgement by a member of the team".into(),
            kind: "commitment".into(),
            kept: 46,
            late: 2,
            broken: 0,
            running: 3,
            median: "9 hours".into(),
        },
        KeptRow {
            what: "Detailed answer with next steps".into(),
            kind: "commitment".into(),
            kept: 41,
            late: 4,
            broken: 1,
            running: 5,
            median: "38 hours".into(),
        },
        KeptRow {
            what: "Fix for the latest release".into(),
            kind: "target".into(),
            kept: 12,
            late: 7,
            broken: 2,
            running: 6,
            median: "19 days".into(),
        },
    ]
}

fn policy() -> PolicyPage {
    let promise = |what: &str, within: &str, from: &str, kind: &str, then: &str| PromiseRow {
        what: what.into(),
        within: within.into(),
        from: from.into(),
        kind: kind.into(),
        then: then.into(),
    };
    PolicyPage {
        shell: public("policy"),
        summary: "We handle reports about the MinIO server, directly connected components, and the dependencies they ship with. Reports stay private until a fix is out.".into(),
        report_href: "/minio/report".into(),
        channels: vec![Channel { name: "By mail".into(), link: Link::new("security@min.example", "mailto:security@min.example") }],
        never: vec!["Do not open a public issue for a security problem.".into()],
        promises: vec![
            promise("Acknowledgement by a member of the team", "48 hours", "the report came in", "commitment", "the secondary coordinator is called"),
            promise("Detailed answer with next steps", "72 hours", "the report came in", "commitment", "the secondary coordinator, then the developers' list"),
            promise("News on the progress", "5 days", "the last message to you", "commitment", "the secondary coordinator"),
            promise("Fix for the latest release", "30 days", "the confirmation", "target", "you get the reason and a new estimate"),
        ],
        sections: vec![
            Section {
                id: "scope".into(),
                title: "What is covered".into(),
                blocks: vec![
                    Block::Text("Everything in the MinIO server code base, any directly connected component, and direct or indirect dependencies.".into()),
                    Block::List(vec!["MinIO server".into(), "Operator".into(), "Console".into(), "Client libraries".into()]),
                    Block::Text("If you are not sure, report it all the same.".into()),
                ],
            },
            Section {
                id: "versions".into(),
                title: "Which versions get fixes".into(),
                blocks: vec![
                    Block::Text("Security updates are made for the latest release. To be safe, upgrade to it.".into()),
                    Block::Table(
                        vec!["Branch".into(), "Supported".into(), "Until".into()],
                        vec![
                            vec!["Latest release".into(), "yes".into(), "the next release".into()],
                            vec!["Older releases".into(), "no".into(), "upgrade".into()],
                        ],
                    ),
                ],
            },
            Section {
                id: "process".into(),
                title: "What happens with a report".into(),
                blocks: vec![Block::Steps(vec![
                    "One member verifies and reproduces it and determines the impact.".into(),
                    "Another confirms or rejects it; a rejection says why.".into(),
                    "The code is audited for similar problems.".into(),
                    "A fix is prepared for the latest release.".into(),
                    "The advisory is published on the day the fix is applied.".into(),
                ])],
            },
        ],
        contacts: vec![
            ContactRow { role: "Primary coordinator".into(), name: "Sid Bauer".into(), email: "sid@min.example".into(), openpgp: String::new() },
            ContactRow { role: "Secondary coordinator".into(), email: "harsha@min.example".into(), ..ContactRow::default() },
            ContactRow { role: "Developers' list".into(), email: "dev@min.example".into(), ..ContactRow::default() },
        ],
        advisories: rows(),
        key: Some(KeyRow {
            fingerprint: "1A2B 3C4D 5E6F 7081 92A3  B4C5 D6E7 F809 1A2B 3C4D".into(),
            href: "#".into(),
            ends: "21 Nov 2028".into(),
        }),
        kept: kept(),
        links: vec![
            Link::new("All advisories", "/minio/advisories"),
            Link::new("Atom feed", "/minio/advisories.atom"),
            Link::new("SECURITY.md", "/minio/SECURITY.md"),
            Link::new("security.txt", "/.well-known/security.txt"),
        ],
        version: "Version 3 of this policy, in force since Mon 2 Nov 2026".into(),
    }
}

fn advisories() -> AdvisoryList {
    AdvisoryList {
        shell: public("advisories"),
        rows: rows(),
        links: vec![
            Link::new("Atom feed", "/minio/advisories.atom"),
            Link::new("CSAF", "/.well-known/csaf/provider-metadata.json"),
        ],
        paging: Paging { words: "3 advisories".into(), ..Paging::default() },
    }
}

/// Words of a vector.
pub fn vectors() -> Vec<VectorView> {
    let words = |pairs: &[(&str, &str)]| pairs.iter().map(|(label, text)| Row::new(*label, *text)).collect();
    vec![
        VectorView {
            version: "CVSS 4.0".into(),
            vector: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:H/VA:H/SC:N/SI:N/SA:N".into(),
            severity: rated(Severity::High, "8.6"),
            words: words(&[
                ("Attack vector", "Network"),
                ("Attack complexity", "Low"),
                ("Attack requirements", "None"),
                ("Privileges required", "Low"),
                ("User interaction", "None"),
                ("Confidentiality", "None"),
                ("Integrity", "High"),
                ("Availability", "High"),
            ]),
        },
        VectorView {
            version: "CVSS 3.1".into(),
            vector: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:H/A:H".into(),
            severity: rated(Severity::High, "8.1"),
            words: words(&[
                ("Attack vector", "Network"),
                ("Attack complexity", "Low"),
                ("Privileges required", "Low"),
                ("Scope", "Unchanged"),
                ("Integrity", "High"),
                ("Availability", "High"),
            ]),
        },
    ]
}

/// The advisory itself.
pub fn body(level: u8) -> AdvisoryBody {
    let line = |at: &str, what: &str| TimelineRow { at: fixed(at), what: what.into() };
    AdvisoryBody {
        id: "MINIO-2026-0003".into(),
        aliases: vec![Link::new("CVE-2026-41207", "https://www.cve.org/CVERecord?id=CVE-2026-41207")],
        title: "A signed upload can be replaced by a longer body".into(),
        level,
        severity: rated(Severity::High, "8.6"),
        published: Some(fixed("2026-10-02T12:00:00Z")),
        revised: Some(fixed("2026-10-05T09:30:00Z")),
        summary: "Whoever holds a presigned upload address could send more bytes than were signed, and so overwrite an object with other content.".into(),
        affected: "Every server that gives presigned upload addresses to people it does not fully trust.".into(),
        first: "Upgrade the server to RELEASE.2026-10-02. No setting has to change.".into(),
        exploited: false,
        versions: vec![
            VersionRow { product: "MinIO server".into(), affected: "from RELEASE.2024-01-11 before RELEASE.2026-10-02".into(), fixed: "RELEASE.2026-10-02".into(), unaffected: "before RELEASE.2024-01-11".into() },
            VersionRow { product: "MinIO operator".into(), affected: "from 5.0.0 before 6.1.2".into(), fixed: "6.1.2".into(), unaffected: String::new() },
        ],
        vectors: vectors(),
        weaknesses: vec![Link::new("CWE-345: Insufficient verification of data authenticity", "https://cwe.mitre.org/data/definitions/345.html")],
        fix: "The server now compares the signed length with the length it reads, and refuses a body that is longer.".into(),
        workaround: "Give no presigned upload addresses, or put a proxy in front that limits the body to the signed length.".into(),
        details: SafeHtml("<p>The signature covers the header <code>content-length</code>, but a chunked body was read to its end. A sender could sign ten bytes and send ten megabytes.</p><pre tabindex=\"0\"><code>PUT /bucket/object?X-Amz-Signature=… HTTP/1.1\nTransfer-Encoding: chunked</code></pre><p>The check was lost when the reader was rewritten in January 2024.</p>".into()),
        timeline: vec![
            line("2026-09-03T08:12:00Z", "The report came in"),
            line("2026-09-04T10:02:00Z", "A member of the team answered"),
            line("2026-09-07T15:40:00Z", "Confirmed by a second member"),
            line("2026-10-02T12:00:00Z", "Fix released, advisory published"),
        ],
        credits: vec![CreditLine { name: "Mira Okafor, Lantern Labs".into(), href: "https://lantern.example/".into(), role: "found it".into() }],
        references: vec![Link::new("Release RELEASE.2026-10-02", "https://github.com/minio/minio/releases"), Link::new("The change", "https://github.com/minio/minio/pull/1")],
        revisions: vec![RevisionRow { number: "2".into(), at: fixed("2026-10-05T09:30:00Z"), what: "Operator versions added".into() }, RevisionRow { number: "1".into(), at: fixed("2026-10-02T12:00:00Z"), what: "First published".into() }],
        facts: vec![Row::new("What an attacker needs", "A presigned upload address that is still valid")],
        ..AdvisoryBody::default()
    }
}

fn advisory() -> AdvisoryPage {
    AdvisoryPage {
        shell: public("advisories"),
        title: "A signed upload can be replaced by a longer body".into(),
        id: "MINIO-2026-0003".into(),
        description: "Whoever holds a presigned upload address could send more bytes than were signed.".into(),
        body: body(1),
        formats: ["CSAF 2.0", "OSV", "CVE", "OpenVEX", "Markdown"].map(|name| Link::new(name, "#")).into(),
    }
}

fn api() -> ApiDocs {
    ApiDocs {
        shell: Shell::default(),
        version: "v1".into(),
        words: vec!["JSON over HTTPS. Errors are problem documents (RFC 9457) with a stable code. Send an Idempotency-Key with every POST: a repeated one gets the first answer again.".into()],
        groups: vec![EndpointGroup {
            id: "reports".into(),
            title: "Reports".into(),
            endpoints: vec![
                Endpoint {
                    method: "POST".into(),
                    path: "/api/v1/programs/{program}/reports".into(),
                    summary: "Files a report".into(),
                    needs: String::new(),
                    fields: vec![
                        ApiField { name: "title".into(), kind: "string".into(), words: "One sentence that says it all".into(), required: true },
                        ApiField { name: "reporter.email".into(), kind: "string".into(), words: "Where the team may answer".into(), required: false },
                    ],
                    answers: vec![Row::new("201", "Filed: the case, the receipt, the promises with their dates"), Row::new("422", "Something has to be mended: each field with its words")],
                    example: "curl -X POST https://security.example/api/v1/programs/minio/reports \\\n  -H 'Idempotency-Key: 6f1c' -H 'Content-Type: application/json' \\\n  -d '{\"title\": \"…\", \"description\": \"…\"}'".into(),
                },
                Endpoint { method: "GET".into(), path: "/api/v1/receipts/{receipt}".into(), summary: "The reporter's view of a report".into(), needs: "the receipt".into(), ..Endpoint::default() },
            ],
        }],
    }
}
