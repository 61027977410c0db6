//! Any advisory without problems prints to valid documents.

use candor_formats::advisory::{
    AffectedRange, CommitRange, Credit, CreditRole, Format, Links, Product, Publisher, PublisherCategory, Record,
    Reference, ReferenceKind, Remediation, RemediationKind, Revision, TimelineEntry, Tlp, agreement, release_notes,
    text_differences, to_markdown, to_text,
};
use candor_formats::csaf::{Edition, Profile};
use candor_formats::cve::Assigner;
use candor_formats::cvss::{CvssVector, Group, Version, all_metrics};
use candor_formats::cwe::{Cwe, Usage};
use candor_formats::purl::Purl;
use candor_formats::{csaf, cve, cyclonedx, ghsa, openvex, osv};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{csaf_schema, osv_schema};

/// Any text that is not only white space, with the characters that formats trip over.
fn words() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z ]{0,30}[a-z]", "\\PC{0,40}x", "[<>&\"'\\\\|*_`\\[\\]#:\n\t]{1,20}y"]
        .prop_map(|text| text.to_owned())
}

fn perhaps(text: impl Strategy<Value = String>) -> impl Strategy<Value = Option<String>> {
    option::of(text)
}

fn link() -> impl Strategy<Value = String> {
    "https?://[a-z]{1,8}\\.example/[a-zA-Z0-9/._~%20-]{0,0}[a-z0-9/._~-]{0,12}(\\?[a-z]=[0-9])?(#[a-z]{1,4})?"
}

fn version() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,3}\\.[0-9]{1,2}\\.[0-9]{1,2}",
        "v[0-9]{1,2}\\.[0-9]\\.[0-9](-rc\\.[0-9])?(\\+[a-z0-9]{1,4})?",
        "RELEASE\\.202[0-9]-0[1-9]-1[0-9]T1[0-9]-2[0-9]-3[0-9]Z",
        "[!-~é]{1,12}",
        select(vec!["all", "before", "<1.0", ">=2", "0", "*"]).prop_map(str::to_owned),
    ]
}

fn range() -> impl Strategy<Value = AffectedRange> {
    (option::of(version()), version(), 0..3_u8).prop_map(|(introduced, end, kind)| AffectedRange {
        introduced,
        fixed: (kind == 1).then(|| end.clone()),
        last_affected: (kind == 2).then_some(end),
    })
}

fn purl() -> impl Strategy<Value = Purl> {
    ("(npm|cargo|golang|pypi|composer|maven|docker|generic|deb)", "[a-z0-9]{1,8}", "[a-zA-Z0-9._ +@é-]{0,10}[a-z]")
        .prop_filter_map("not every purl is allowed", |(kind, namespace, name)| {
            let name: String =
                name.bytes()
                    .map(|byte| {
                        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
                    })
                    .collect();
            Purl::parse(&format!("pkg:{kind}/{namespace}/{name}")).ok()
        })
}

fn commits() -> impl Strategy<Value = CommitRange> {
    let repository = "https://[a-z]{1,8}\\.example/[a-z0-9/._~-]{0,12}[a-z]";
    let commit = || prop_oneof!["[0-9a-f]{40}", "[0-9a-f]{64}"];
    (repository, option::of(commit()), commit(), 0..2_u8).prop_map(|(repository, introduced, end, kind)| {
        let fixed = (kind == 1 || introduced.is_none()).then_some(end);
        CommitRange { repository, introduced, fixed }
    })
}

fn product() -> impl Strategy<Value = Product> {
    (
        words(),
        prop_oneof![Just(String::new()), words()],
        option::of(purl()),
        option::of(select(vec!["cpe:2.3:a:minio:minio:*:*:*:*:*:*:*:*", "cpe:/a:directus:directus:1.0"])),
        option::of(select(vec!["npm", "Go", "Packagist", "Debian:12", "no such ecosystem"])),
        option::of("[a-z/@-]{1,12}"),
        (vec(range(), 0..4), vec(version(), 0..3), vec(version(), 0..3), vec(commits(), 0..3)),
    )
        .prop_map(|(name, vendor, purl, cpe, ecosystem, package, (ranges, versions, fixed_versions, commits))| {
            Product {
                name,
                vendor,
                purl,
                cpe: cpe.map(str::to_owned),
                ecosystem: ecosystem.map(str::to_owned),
                package,
                ranges,
                versions,
                fixed_versions,
                commits,
            }
        })
}

fn vector(version: Version) -> impl Strategy<Value = CvssVector> {
    vec(any::<(bool, prop::sample::Index)>(), all_metrics(version).len()).prop_map(move |choices| {
        let chosen = |code: &str| {
            let place = all_metrics(version).iter().position(|metric| metric.code == code).unwrap();
            let (metric, (given, which)) = (&all_metrics(version)[place], &choices[place]);
            (metric.group == Group::Base || *given).then(|| which.get(metric.choices).code)
        };
        CvssVector::from_choices(version, chosen).unwrap()
    })
}

fn severities() -> impl Strategy<Value = Vec<CvssVector>> {
    (
        option::of(vector(Version::V2_0)),
        option::of(vector(Version::V3_0)),
        option::of(vector(Version::V3_1)),
        option::of(vector(Version::V4_0)),
    )
        .prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect())
}

fn weakness() -> impl Strategy<Value = u32> {
    let usable: Vec<u32> = Cwe::all().filter(|cwe| cwe.usage != Usage::Prohibited).map(|cwe| cwe.id).collect();
    select(usable)
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (946_684_800..4_000_000_000_i64, 0..1_000_000_000_i32)
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
}

fn reference() -> impl Strategy<Value = Reference> {
    use ReferenceKind as K;
    let kinds = select(vec![
        K::Advisory,
        K::Article,
        K::Detection,
        K::Discussion,
        K::Report,
        K::Fix,
        K::Introduced,
        K::Package,
        K::Evidence,
        K::Web,
    ]);
    (kinds, link(), prop_oneof![Just(String::new()), words()]).prop_map(|(kind, url, summary)| Reference {
        kind,
        url,
        summary,
    })
}

fn credit() -> impl Strategy<Value = Credit> {
    let roles = select(vec![
        CreditRole::Finder,
        CreditRole::Reporter,
        CreditRole::RemediationDeveloper,
        CreditRole::Tool,
        CreditRole::Other,
    ]);
    (words(), perhaps(words()), perhaps(link()), roles, perhaps(words()))
        .prop_map(|(name, organisation, link, role, note)| Credit { name, organisation, link, role, note })
}

fn remediation() -> impl Strategy<Value = Remediation> {
    use RemediationKind as K;
    let kinds = select(vec![K::Fix, K::Workaround, K::Mitigation, K::NoFixPlanned, K::NoneAvailable]);
    (kinds, words(), perhaps(link()), vec(version(), 0..3), option::of(instant())).prop_map(
        |(kind, details, url, versions, at)| Remediation { kind, details, url, versions, products: Vec::new(), at },
    )
}

fn publisher() -> impl Strategy<Value = Publisher> {
    use PublisherCategory as C;
    let categories = select(vec![C::Vendor, C::Coordinator, C::Discoverer, C::User, C::Translator, C::Other]);
    (words(), link(), categories, perhaps(words()), perhaps(words())).prop_map(
        |(name, namespace, category, contact, authority)| Publisher { name, namespace, category, contact, authority },
    )
}

fn aliases() -> impl Strategy<Value = Vec<String>> {
    (
        option::of("CVE-1900-[0-9]{4,7}"),
        option::of("GHSA-[2-9]{4}-[cfg]{4}-[hjm]{4}"),
        option::of("[ABD-Z][A-Z]{2}-[0-9]{2}"),
    )
        .prop_map(|(cve, ghsa, other)| [cve, ghsa, other].into_iter().flatten().collect())
}

prop_compose! {
    fn record()(
        id in "[A-Z]{2,6}-20[0-9]{2}-[0-9]{1,4}",
        (title, summary, details, impact, preconditions) in (words(), words(), words(), prop_oneof![Just(String::new()), words()], words()),
        language in select(vec!["en", "de-CH", "pt-BR", "zh-Hant"]),
        tlp in select(vec![Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red]),
        publisher in publisher(),
        (page, csaf) in (perhaps(link()), perhaps(link())),
        mut products in vec(product(), 1..4),
        severities in severities(),
        cwes in vec(weakness(), 0..3),
        aliases in aliases(),
        (references, remediations, credits) in (vec(reference(), 0..4), vec(remediation(), 0..4), vec(credit(), 0..4)),
        acknowledgements in vec(credit(), 0..3),
        (distribution, withdrawal, dispute) in (perhaps(words()), perhaps(words()), perhaps(words())),
        timeline in vec((instant(), words()), 0..4),
        (published, withdrawn) in (instant(), option::of(instant())),
        steps in vec((1..10_000_000_i64, words()), 1..4),
        named in any::<bool>(),
    ) -> Record {
        let mut at = published;
        let revisions: Vec<Revision> = steps.into_iter().zip(1..).map(|((step, summary), number)| {
            at += SignedDuration::from_millis(step);
            Revision { number, at, summary }
        }).collect();
        for (place, product) in products.iter_mut().enumerate() {
            product.name.push_str(&place.to_string());
        }
        let mut remediations = remediations;
        if let Some(first) = remediations.first_mut().filter(|_| named) {
            first.products = vec![products[0].name.clone()];
        }
        let acknowledgements = acknowledgements.into_iter().map(|thanks| Credit { role: CreditRole::Other, ..thanks }).collect();
        let withdrawal = withdrawal.filter(|_| withdrawn.is_some()).unwrap_or_default();
        let (distribution, dispute) = (distribution.unwrap_or_default(), dispute.unwrap_or_default());
        Record {
            distribution, acknowledgements, withdrawal, dispute,
            id, title, summary, details, impact, preconditions, language: language.to_owned(), tlp, publisher,
            links: Links { page, csaf }, products, severities, level: String::new(), cwes, aliases, references, remediations, credits,
            timeline: timeline.into_iter().map(|(at, text)| TimelineEntry { at, text }).collect(),
            published, modified: at, withdrawn, revisions,
        }
    }
}

/// Takes away what two random versions rarely fulfil: ranges that are not empty, nothing both affected and fixed.
fn mended(mut record: Record) -> Record {
    let faulty = |record: &Record, start: &str| record.problems().iter().any(|problem| problem.field == start);
    for place in 0..record.products.len() {
        for range in std::mem::take(&mut record.products[place].ranges) {
            record.products[place].ranges.push(range);
            let last = record.products[place].ranges.len() - 1;
            if faulty(&record, &format!("products[{place}].ranges[{last}]")) {
                record.products[place].ranges.pop();
            }
        }
        let product = &mut record.products[place];
        let fixed: Vec<String> = product.all_fixed().into_iter().map(str::to_owned).collect();
        product.versions.retain(|version| !fixed.contains(version) && version != "*");
        product.fixed_versions.retain(|version| version != "*");
    }
    for remediation in &mut record.remediations {
        remediation.versions.retain(|version| version != "*");
    }
    record
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_advisory_without_problems_prints_to_valid_documents(record in record().prop_map(mended)) {
        prop_assert_eq!(record.problems(), vec![]);
        let document = csaf::print(&record, "1.2.3");
        prop_assert_eq!(csaf::validate(&document), vec![]);
        CSAF.with(|schema| if let Some(schema) = schema {
            let errors: Vec<String> = schema.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
            prop_assert!(errors.is_empty(), "{:?}", errors);
            Ok(())
        } else { Ok(()) })?;
        for (edition, profile) in [(Edition::V2_0, Profile::Vex), (Edition::V2_1, Profile::SecurityAdvisory), (Edition::V2_1, Profile::Vex)] {
            let document = csaf::print_as(&record, edition, profile, "1.2.3");
            prop_assert_eq!(csaf::validate(&document), vec![], "{:?} {:?} {:#}", edition, profile, document);
            if edition == Edition::V2_1 {
                CSAF_2_1.with(|schema| if let Some(schema) = schema {
                    let errors: Vec<String> = schema.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
                    prop_assert!(errors.is_empty(), "{:?}", errors);
                    Ok(())
                } else { Ok(()) })?;
            }
        }
        let osv = osv::print(&record);
        OSV.with(|schema| if let Some(schema) = schema {
            let errors: Vec<String> = schema.iter_errors(&osv).map(|error| format!("{}: {error}", error.instance_path())).collect();
            prop_assert!(errors.is_empty(), "{:?}\n{:#}", errors, osv);
            Ok(())
        } else { Ok(()) })?;
        let assigner = Assigner::nobody();
        let mut documents: Vec<(String, serde_json::Value)> = vec![("csaf".into(), csaf::print(&record, "1.2.3"))];
        for (edition, profile) in [(Edition::V2_0, Profile::Vex), (Edition::V2_1, Profile::SecurityAdvisory), (Edition::V2_1, Profile::Vex)] {
            documents.push((format!("csaf {edition:?} {profile:?}"), csaf::print_as(&record, edition, profile, "1.2.3")));
        }
        documents.push(("osv".into(), osv));
        documents.push(("openvex".into(), openvex::print(&record, "1.2.3")));
        documents.push(("cyclonedx".into(), cyclonedx::print(&record, "1.2.3")));
        documents.extend(cve::print(&record, &assigner, "1.2.3").map(|document| ("cve".into(), document)));
        if record.aliases.iter().any(|alias| alias.starts_with("GHSA") || alias.starts_with("CVE")) {
            documents.push(("ghsa".into(), ghsa::print(&record)));
        }
        for (name, document) in &documents {
            let format = Format::of(document).unwrap();
            prop_assert_eq!(format.validate(document), vec![], "{} {:#}", name, document);
            let schema = match format {
                Format::Cve => &CVE,
                Format::OpenVex => &OPENVEX,
                Format::CycloneDx => &CYCLONEDX,
                _ => continue,
            };
            schema.with(|schema| if let Some(schema) = schema {
                let errors: Vec<String> = schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
                prop_assert!(errors.is_empty(), "{} {:?}\n{:#}", name, errors, document);
                Ok(())
            } else { Ok(()) })?;
        }
        let differences: Vec<String> = agreement(&record, &documents).iter().map(ToString::to_string).collect();
        prop_assert!(differences.is_empty(), "{:#?}", differences);
        let text = to_text(&record);
        prop_assert!(text.lines().all(|line| line != "." && !line.starts_with("From ")));
        prop_assert!(text.lines().all(|line| line.chars().count() <= 73 || line.split_whitespace().count() <= 2), "{}", text);
        prop_assert_eq!(text_differences(&record, &text), vec![], "{}", text);
        prop_assert!(release_notes(&[&record], false).starts_with("## "));
        prop_assert!(to_markdown(&record).starts_with("# "));
        let text = serde_json::to_string(&record).unwrap();
        prop_assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    }
}

thread_local! {
    static CSAF: Option<jsonschema::Validator> = csaf_schema();
    static CSAF_2_1: Option<jsonschema::Validator> = crate::folder("csaf-2.1").map(|folder| crate::csaf_2_1::schema(&folder));
    static CVE: Option<jsonschema::Validator> = schema("cve", "schema-5.2.0/CVE_Record_Format_bundled.json");
    static OPENVEX: Option<jsonschema::Validator> = schema("openvex", "openvex_json_schema.json");
    static CYCLONEDX: Option<jsonschema::Validator> = crate::cyclonedx_schema();
    static OSV: Option<jsonschema::Validator> = osv_schema();
}

const CPE: &str = "/product_tree/branches/0/branches/0/branches/0/product/product_identification_helper/cpe";
const PURL: &str = "/product_tree/branches/0/branches/0/branches/0/product/product_identification_helper/purl";

/// Text for one field of a document, near enough to what belongs there to be right now and then.
fn field() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        (
            Just("/document/publisher/namespace"),
            "(https?|urn|mailto|a1+)?:?(//)?([a-z@]{0,3}\\[?(::1|[a-z.]{1,5})\\]?(:[0-9a]{0,3})?)?[a-z0-9/?#%41~ é^|\"<>\\[\\]{}-]{0,6}"
        ),
        (
            Just("/document/tracking/initial_release_date"),
            "20(26|2)-(0[0-3]|1[0-3])-([0-3][0-9])[Tt ](0[0-9]|2[0-5]):[0-6][0-9](:[0-6][0-9])?(\\.[0-9]{0,3})?(Z|z|[+-][0-2][0-9]:?[0-6][0-9])?"
        ),
        (
            Just("/document/lang"),
            "([a-z]{2,3}|x|i-default|[a-z]{4,8})(-([a-zA-Z]{2,4}|[0-9]{3}|[0-9][a-z]{3}|[a-z]{5,8}|[a-z]-[a-z0-9]{1,3}|x-[a-z]{1,3})){0,3}"
        ),
        (
            Just("/document/tracking/version"),
            "[0-9]{1,2}(\\.[0-9]{1,2}(\\.[0-9]{1,2})?)?(-[a-z0-9.]{0,3})?(\\+[a-z0-9.]{0,3})?"
        ),
        (Just("/document/tracking/id"), "[ \t]?[A-Z0-9 é-]{0,4}[ \u{a0}]?"),
        (Just("/document/category"), "[ ._-]?[a-z_]{0,5}[ ._-]?"),
        (Just("/vulnerabilities/0/cve"), "(CVE|cve)-[0-9]{3,5}-[0-9]{3,25}"),
        (Just("/vulnerabilities/0/cwe/id"), "CWE-[0-9]{0,7}"),
        (Just(CPE), "cpe:(2\\.3:|/)[aoh*x-](:(\\?|\\*|\\\\[:!]|[a-zA-Z0-9._-]|%){0,3}){0,12}"),
        (
            Just(CPE),
            "cpe:2\\.3:[aoh*](:(\\?{0,2}|\\*)?[a-z](\\?{0,2}|\\*)?|:\\*){5}:(en|\\*|-|en-US|eng-001|en-)(:([a-z0-9]|\\*)){4}"
        ),
        (Just(PURL), "pkg:[a-z1+.-]{0,3}/{1,2}[a-z@/%20.]{0,4}"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The patterns and formats of the schema are written by hand in the crate; they must take the same texts.
    #[test]
    fn every_field_takes_what_the_schema_takes((path, text) in field()) {
        CSAF.with(|schema| {
            let Some(schema) = schema else { return Ok(()) };
            let mut document = example();
            let (parent, key) = path.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[key] = serde_json::Value::from(text.as_str());
            let findings = csaf::validate(&document);
            let ours = !findings.iter().any(|finding| finding.test == "schema");
            prop_assert_eq!(ours, schema.is_valid(&document), "{} {:?}", path, text);
            Ok(())
        })?;
    }
}

/// A schema that refers to no other file.
fn schema(folder: &str, file: &str) -> Option<jsonschema::Validator> {
    let schema = crate::json(&crate::folder(folder)?.join(file));
    Some(jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
}

fn example() -> serde_json::Value {
    serde_json::from_str(include_str!("../documents/example.csaf.json")).unwrap()
}
