//! OpenVEX: prints, checks and reads documents.
//!
//! Source: OpenVEX specification 0.2.0.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::advisory::{
    AffectedRange, Draft, Product, Publisher, ReadError, Record, Remediation, RemediationKind, instant,
};
use crate::csaf::walk::{items, text, texts};
use crate::csaf::{fixed_versions, quoted, vers};
use crate::finding::{Finding, Findings};
use crate::purl::Purl;
use crate::shape::Shape::{self, Free, Instant, Like, OneOf, Set, Uri, Whole};
use crate::shape::{self, Object, closed};
use crate::uri;
use crate::vers::Vers;

/// The context of the version that is printed.
pub const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";

/// Prints `record` as an OpenVEX document: for each product a statement about its affected versions with what to do, and
/// one about its fixed versions.
///
/// Products are named by package URLs; a range stands in the qualifier `vers`. A product without a package URL gets one
/// of the type `generic`. A withdrawn advisory gives the state `under_investigation`.
pub fn print(record: &Record, engine_version: &str) -> Value {
    let page = record.links.page.as_deref().map(|page| page.split('#').next().unwrap_or(page));
    let id = page.map_or_else(|| format!("urn:candor:openvex:{}", record.id), |page| format!("{page}#openvex"));
    json!({
        "@context": CONTEXT,
        "@id": id,
        "author": record.publisher.name,
        "timestamp": record.published,
        "last_updated": record.modified,
        "version": record.revisions.last().map_or(1, |revision| revision.number),
        "tooling": format!("Candor {engine_version}"),
        "statements": statements(record),
    })
}

/// Prints `record` as the text of a file: indented JSON, UTF-8, with a final line feed.
pub fn print_text(record: &Record, engine_version: &str) -> String {
    format!("{:#}\n", print(record, engine_version))
}

/// A vulnerability of a package that does not make a product vulnerable.
#[derive(Debug, Clone, Copy)]
pub struct NotAffected<'a> {
    /// Its public identifier.
    pub vulnerability: &'a str,
    /// The package, as a package URL or by name.
    pub package: &'a str,
    /// Why not: one of the labels of the specification, such as `vulnerable_code_not_in_execute_path`.
    pub justification: &'a str,
    /// When it was decided.
    pub at: Timestamp,
}

/// Prints what does not affect the product at the address `place`, the newest first: a statement for each vulnerability, with
/// the package as a component of the product. A name that is no package URL becomes one of the type `generic`.
///
/// The document's version is the second of its newest statement, so that it grows with each.
pub fn not_affected(place: &str, author: &str, known: &[NotAffected<'_>], engine_version: &str) -> Value {
    let newest = known.iter().map(|one| one.at).max().unwrap_or_default();
    let statements = known.iter().map(|one| {
        let purl = Purl::parse(one.package).ok().or_else(|| Purl::generic("", one.package));
        let mut product = json!({ "@id": place });
        if let Some(purl) = purl {
            product["subcomponents"] = json!([{ "@id": purl.to_string() }]);
        }
        json!({
            "vulnerability": { "name": one.vulnerability },
            "timestamp": one.at,
            "products": [product],
            "status": "not_affected",
            "justification": one.justification,
        })
    });
    json!({
        "@context": CONTEXT,
        "@id": format!("{place}/dependencies#openvex"),
        "author": author,
        "timestamp": newest,
        "version": newest.as_second().max(1),
        "tooling": format!("Candor {engine_version}"),
        "statements": statements.collect::<Vec<_>>(),
    })
}

/// The name of a product in this format: its package URL, or one of the type `generic`.
pub(crate) fn product_url(record: &Record, product: &Product) -> Option<Purl> {
    let vendor = if product.vendor.trim().is_empty() { &record.publisher.name } else { &product.vendor };
    let own = product.purl.as_ref().map(Purl::package);
    own.or_else(|| Purl::generic(vendor, &product.name)).or_else(|| Purl::generic("", "product"))
}

fn statements(record: &Record) -> Vec<Value> {
    let names: Vec<&str> = std::iter::once(&record.id).chain(&record.aliases).map(String::as_str).collect();
    let name = record.cve().unwrap_or(&record.id);
    let mut aliases: Vec<&str> = names.into_iter().filter(|alias| *alias != name).collect();
    aliases.dedup();
    let mut vulnerability = json!({ "name": name });
    if !aliases.is_empty() {
        vulnerability["aliases"] = json!(aliases);
    }
    let mut all: Vec<Value> = Vec::new();
    for product in &record.products {
        let Some(url) = product_url(record, product) else { continue };
        let (affected, fixed) = (affected(product, &url), fixed(record, product, &url));
        let mut add = |products: Vec<Value>, status: &str| {
            let mut statement = json!({ "vulnerability": vulnerability, "products": products, "status": status });
            match status {
                "affected" => statement["action_statement"] = json!(action(record, product)),
                "under_investigation" => statement["status_notes"] = json!("The advisory was withdrawn."),
                _ => {}
            }
            if !all.contains(&statement) {
                all.push(statement);
            }
        };
        if record.withdrawn.is_some() {
            add(vec![json!({ "@id": url.to_string() })], "under_investigation");
            continue;
        }
        add(affected, "affected");
        if !fixed.is_empty() {
            add(fixed, "fixed");
        }
    }
    all
}

fn component(product: &Product, id: &Purl) -> Value {
    let mut value = json!({ "@id": id.to_string() });
    if let Some(cpe) = &product.cpe {
        let key = if cpe.starts_with("cpe:2.3:") { "cpe23" } else { "cpe22" };
        value["identifiers"] = json!({ key: cpe });
    }
    value
}

fn affected(product: &Product, url: &Purl) -> Vec<Value> {
    let order = product.version_order();
    let everything = [AffectedRange::default()];
    let all = product.ranges.is_empty() && product.versions.is_empty();
    let ranges = if all { &everything[..] } else { &product.ranges };
    let ranges = ranges.iter().map(|range| {
        let vers = vers(order, range);
        if vers.ends_with("/*") { url.clone() } else { url.within(&vers).unwrap_or_else(|| url.clone()) }
    });
    let versions = product.versions.iter().map(|version| at(product, url, version));
    distinct(ranges.chain(versions).map(|id| component(product, &id)))
}

fn fixed(record: &Record, product: &Product, url: &Purl) -> Vec<Value> {
    let versions = fixed_versions(record, product);
    distinct(versions.into_iter().map(|version| component(product, &at(product, url, version))))
}

fn at(product: &Product, url: &Purl, version: &str) -> Purl {
    let range = format!("vers:{}/{}", product.version_order().vers_scheme(), quoted(version));
    url.at(version).ok().or_else(|| url.within(&range)).unwrap_or_else(|| url.clone())
}

fn distinct(all: impl Iterator<Item = Value>) -> Vec<Value> {
    crate::cve::distinct(all)
}

/// What to do about an affected product, as one text.
fn action(record: &Record, product: &Product) -> String {
    let for_it =
        |remediation: &&Remediation| remediation.products.is_empty() || remediation.products.contains(&product.name);
    let told: Vec<String> = record
        .remediations
        .iter()
        .filter(for_it)
        .map(|remediation| format!("{}: {}", remediation.kind.label(), remediation.details.trim()))
        .collect();
    let fixed = fixed_versions(record, product);
    match (told.is_empty(), fixed.is_empty()) {
        (false, _) => told.join("\n\n"),
        (true, false) => format!("Update {} to {}.", product.name, fixed.join(" or ")),
        (true, true) => "There is no fix and no workaround yet.".to_owned(),
    }
}

// ── check ───────────────────────────────────────────────────────────────────────────────────────────────────────

const IRI: Shape = Like(is_iri, "an IRI");
static TEXT: Shape = Free;
static VULNERABILITY: Object = closed(&["name"], &[("@id", IRI), ("aliases", Set(&TEXT, 0)), ("name", Free)]);
static IDENTIFIERS: Object = closed(&[], &[("cpe22", Free), ("cpe23", Free), ("purl", Free)]);
static HASHES: Object = closed(
    &[],
    &[
        ("blake2b-256", Free),
        ("blake2b-512", Free),
        ("blake2s-256", Free),
        ("md5", Free),
        ("sha-256", Free),
        ("sha-384", Free),
        ("sha-512", Free),
        ("sha1", Free),
        ("sha3-224", Free),
        ("sha3-256", Free),
        ("sha3-384", Free),
        ("sha3-512", Free),
    ],
);
static SUBCOMPONENT: Object =
    closed(&[], &[("@id", IRI), ("hashes", Shape::Object(&HASHES)), ("identifiers", Shape::Object(&IDENTIFIERS))]);
static SUBCOMPONENTS: Shape = Shape::Object(&SUBCOMPONENT);
static COMPONENT: Object = closed(
    &[],
    &[
        ("@id", IRI),
        ("hashes", Shape::Object(&HASHES)),
        ("identifiers", Shape::Object(&IDENTIFIERS)),
        ("subcomponents", Set(&SUBCOMPONENTS, 0)),
    ],
);
static COMPONENTS: Shape = Shape::Object(&COMPONENT);
static STATEMENT: Object = closed(
    &["status", "vulnerability"],
    &[
        ("@id", IRI),
        ("action_statement", Free),
        ("action_statement_timestamp", Instant),
        ("impact_statement", Free),
        (
            "justification",
            OneOf(&[
                "component_not_present",
                "inline_mitigations_already_exist",
                "vulnerable_code_cannot_be_controlled_by_adversary",
                "vulnerable_code_not_in_execute_path",
                "vulnerable_code_not_present",
            ]),
        ),
        ("last_updated", Instant),
        ("products", Set(&COMPONENTS, 0)),
        ("status", OneOf(&["affected", "fixed", "not_affected", "under_investigation"])),
        ("status_notes", Free),
        ("supplier", Free),
        ("timestamp", Instant),
        ("version", Whole(1)),
        ("vulnerability", Shape::Object(&VULNERABILITY)),
    ],
);
static STATEMENTS: Shape = Shape::Object(&STATEMENT);
static ROOT: Object = closed(
    &["@context", "@id", "author", "statements", "timestamp", "version"],
    &[
        ("@context", Uri),
        ("@id", IRI),
        ("author", Free),
        ("last_updated", Instant),
        ("role", Free),
        ("statements", Set(&STATEMENTS, 1)),
        ("timestamp", Instant),
        ("tooling", Free),
        ("version", Whole(1)),
    ],
);

fn is_iri(text: &str) -> bool {
    let ascii: String = text.chars().map(|c| if c.is_ascii() { c } else { 'x' }).collect();
    uri::is_uri(&ascii)
}

/// Checks `document` against the schema and the rules of OpenVEX 0.2.0. Empty means valid.
///
/// Findings are named `schema`, or `openvex` where a rule of the text is broken that the schema does not know.
pub fn validate(document: &Value) -> Vec<Finding> {
    let mut findings = Findings::default();
    shape::check(document, &ROOT, "", &mut findings);
    if text(document, "@context").is_some_and(|context| !context.starts_with("https://openvex.dev/ns")) {
        findings.add("openvex", "/@context", format!("The context must be {CONTEXT}"));
    }
    if text(document, "author").is_some_and(|author| author.trim().is_empty()) {
        findings.add("openvex", "/author", "The author is empty; name who makes these statements");
    }
    for (place, statement) in items(document, "statements") {
        check_statement(&format!("/statements/{place}"), statement, &mut findings);
    }
    findings.0
}

fn check_statement(path: &str, statement: &Value, findings: &mut Findings) {
    let has = |key: &str| statement.get(key).is_some();
    match text(statement, "status") {
        Some("not_affected") if !has("justification") && !has("impact_statement") => {
            let message = "A product that is not affected needs a justification, or an impact_statement";
            findings.add("schema", path, message);
        }
        Some("affected") if !has("action_statement") => {
            findings.add("schema", path, "A product that is affected needs an action_statement: what to do");
        }
        _ => {}
    }
    for (place, product) in items(statement, "products") {
        let path = format!("{path}/products/{place}");
        check_component(&path, product, findings);
        for (place, part) in items(product, "subcomponents") {
            check_component(&format!("{path}/subcomponents/{place}"), part, findings);
        }
    }
    if items(statement, "products").next().is_none() {
        findings.add("openvex", path, "A complete statement names the products it is about");
    }
}

fn check_component(path: &str, component: &Value, findings: &mut Findings) {
    let identifiers = component.get("identifiers");
    if component.get("@id").is_none() && identifiers.is_none() {
        findings.add("schema", path, "A product needs an @id, or a purl or CPE name");
    }
    if identifiers.is_some_and(|all| !["purl", "cpe22", "cpe23"].iter().any(|key| all.get(key).is_some())) {
        findings.add("schema", format!("{path}/identifiers"), "There must be one of purl, cpe22 and cpe23");
    }
}

// ── read ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Reads a document as an advisory of `publisher`. It must be about one vulnerability.
///
/// # Errors
///
/// [`ReadError`] where it is no OpenVEX document, or has no date or vulnerability.
pub fn read(document: &Value, publisher: &Publisher) -> Result<Record, ReadError> {
    if !looks_like(document) {
        return Err(ReadError::Other("OpenVEX"));
    }
    let published =
        instant(document, "timestamp").ok_or(ReadError::Missing { path: "/timestamp", what: "The date" })?;
    let name =
        |statement: &Value| statement.get("vulnerability").and_then(|named| text(named, "name")).map(str::to_owned);
    let name = items(document, "statements")
        .find_map(|(_, statement)| name(statement))
        .ok_or(ReadError::Missing { path: "/statements/0/vulnerability/name", what: "The vulnerability" })?;
    let mut draft = Draft::new(&name, &name, publisher.clone(), published);
    for (_, statement) in items(document, "statements") {
        if let Some(vulnerability) = statement.get("vulnerability") {
            texts(vulnerability, "aliases").for_each(|(_, alias)| draft.alias(alias));
        }
        let status = text(statement, "status").unwrap_or_default();
        let mut named = Vec::new();
        for (_, component) in items(statement, "products") {
            let identifiers = component.get("identifiers");
            let id = text(component, "@id").or_else(|| text(identifiers?, "purl"));
            if let Some(url) = id.and_then(|id| Purl::parse(id).ok()) {
                named.extend(take(&mut draft.0, &url, status));
            }
        }
        if let Some(details) = text(statement, "action_statement") {
            let (url, versions, at) = (None, Vec::new(), None);
            let kind = RemediationKind::Mitigation;
            named.dedup();
            draft.0.remediations.push(Remediation {
                kind,
                details: details.to_owned(),
                url,
                versions,
                products: named,
                at,
            });
        }
    }
    Ok(draft.finish(instant(document, "last_updated")))
}

/// Adds what a statement says about one product; returns the product's name.
fn take(record: &mut Record, url: &Purl, status: &str) -> Option<String> {
    let bare = url.package();
    if !matches!(status, "affected" | "fixed") {
        return None;
    }
    let place = record.products.iter().position(|product| product.purl.as_ref() == Some(&bare)).unwrap_or_else(|| {
        let vendor = bare.namespace().unwrap_or_default().to_owned();
        let name = bare.name().to_owned();
        record.products.push(Product { name, vendor, purl: Some(bare.clone()), ..Product::default() });
        record.products.len() - 1
    });
    let product = &mut record.products[place];
    let range = url.qualifier("vers").and_then(|vers| Vers::parse(vers).ok()?.affected());
    match (status, url.version(), range) {
        ("fixed", Some(version), _) => product.fixed_versions.push(version.to_owned()),
        ("fixed", None, Some((_, versions))) => product.fixed_versions.extend(versions),
        ("affected", Some(version), _) => product.versions.push(version.to_owned()),
        ("affected", None, Some((ranges, versions))) => {
            product.ranges.extend(ranges);
            product.versions.extend(versions);
        }
        ("affected", None, None) => product.ranges.push(AffectedRange::default()),
        _ => {}
    }
    Some(product.name.clone())
}

/// Whether a document says it is OpenVEX.
pub fn looks_like(document: &Value) -> bool {
    text(document, "@context").is_some_and(|context| context.starts_with("https://openvex.dev/"))
}
