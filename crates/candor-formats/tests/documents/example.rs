//! A complete advisory about an object store, all of it invented.

use candor_formats::advisory::{
    AffectedRange, Credit, CreditRole, Links, Product, Publisher, PublisherCategory, Record, Reference, ReferenceKind,
    Remediation, RemediationKind, Revision, TimelineEntry, Tlp,
};
use jiff::Timestamp;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn advisory() -> Record {
    Record {
        id: "STORE-2026-1".into(),
        title: "Information disclosure in cluster mode".into(),
        summary: "A node of a cluster answers a verification request with all of its environment.".into(),
        details: "The handler of the bootstrap endpoint checks no signature.\n\nIt was **added** in 2019.".into(),
        impact: "An attacker learns the root password.".into(),
        preconditions: "The node runs in cluster mode and can be reached.".into(),
        language: "en".into(),
        tlp: Tlp::Clear,
        distribution: String::new(),
        publisher: Publisher {
            name: "Store Project".into(),
            namespace: "https://store.example".into(),
            category: PublisherCategory::Vendor,
            contact: Some("security@store.example".into()),
            authority: None,
        },
        links: Links {
            page: Some("https://security.store.example/store/advisories/STORE-2026-1".into()),
            csaf: Some("https://security.store.example/.well-known/csaf/white/2026/store-2026-1.json".into()),
        },
        products: vec![
            Product {
                name: "Store Server".into(),
                vendor: String::new(),
                purl: Some("pkg:golang/github.com/store/store".parse().unwrap()),
                cpe: Some("cpe:2.3:a:store:store:*:*:*:*:*:*:*:*".into()),
                ranges: vec![AffectedRange::between("RELEASE.2019-12-17T23-16-33Z", "RELEASE.2026-03-20T20-16-18Z")],
                ..Product::default()
            },
            Product {
                name: "Store Client".into(),
                purl: Some("pkg:npm/%40store/client".parse().unwrap()),
                ranges: vec![AffectedRange::between("1.0.0", "1.4.2"), AffectedRange::between("2.0.0", "2.1.0")],
                versions: vec!["0.9.0-beta".into()],
                ..Product::default()
            },
        ],
        level: String::new(),
        severities: vec![
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N".parse().unwrap(),
            "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N".parse().unwrap(),
        ],
        cwes: vec![200, 306],
        aliases: vec!["CVE-1900-28432".into(), "GHSA-6xvq-wj2x-3h3q".into()],
        references: vec![
            Reference {
                kind: ReferenceKind::Fix,
                url: "https://code.example/store/commit/3b5dbf9".into(),
                summary: "The fix".into(),
            },
            Reference { kind: ReferenceKind::Web, url: "https://blog.example/post".into(), summary: String::new() },
        ],
        remediations: vec![
            Remediation {
                kind: RemediationKind::Fix,
                details: "Update to the release of 20 March 2026.".into(),
                url: Some("https://store.example/download".into()),
                versions: vec!["RELEASE.2026-03-20T20-16-18Z".into()],
                products: vec!["Store Server".into()],
                at: Some(at("2026-03-20T20:16:18Z")),
            },
            Remediation {
                kind: RemediationKind::Workaround,
                details: "Close the cluster port to the outside.".into(),
                url: None,
                versions: Vec::new(),
                products: Vec::new(),
                at: None,
            },
        ],
        credits: vec![Credit {
            name: "Ada Example".into(),
            organisation: Some("Example Labs".into()),
            link: Some("https://labs.example/ada".into()),
            role: CreditRole::Finder,
            note: Some("who looks at every handler".into()),
        }],
        acknowledgements: Vec::new(),
        timeline: vec![
            TimelineEntry { at: at("2026-03-02T09:00:00Z"), text: "Reported".into() },
            TimelineEntry { at: at("2026-03-03T10:00:00Z"), text: "Confirmed".into() },
        ],
        published: at("2026-03-20T21:00:00Z"),
        modified: at("2026-03-22T08:00:00Z"),
        withdrawn: None,
        withdrawal: String::new(),
        dispute: String::new(),
        revisions: vec![
            Revision { number: 1, at: at("2026-03-20T21:00:00Z"), summary: "Initial publication".into() },
            Revision { number: 2, at: at("2026-03-22T08:00:00Z"), summary: "The client is affected, too".into() },
        ],
    }
}
