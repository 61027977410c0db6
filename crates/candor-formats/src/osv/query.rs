//! Which advisories concern a package or a version: the queries of the OSV API over a set of records.
//!
//! Source: OSV API v1 (`/v1/query`, `/v1/querybatch`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{id_for, print};
use crate::advisory::{Product, Record};
use crate::purl::Purl;

/// Records in one answer; the rest follows on the next page.
pub const PAGE: usize = 1000;
/// Queries in one batch.
pub const BATCH: usize = 1000;
/// Longest name, version, package URL or page token in a query, in bytes.
pub const LENGTH: usize = 1000;

/// A question that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    what: What,
    version: Option<String>,
    /// Id after which the page begins.
    after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// A package by name; without an ecosystem, in any of them.
    Package { ecosystem: Option<String>, name: String },
    /// A commit. Records know none, so that nothing concerns it.
    Commit,
}

impl Query {
    /// Reads the JSON of a query.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in one sentence.
    pub fn read(query: &Value) -> Result<Self, String> {
        let query = query.as_object().ok_or("A query is a JSON object.")?;
        let after = text(query.get("page_token"), "page_token")?;
        let version = text(query.get("version"), "version")?;
        if text(query.get("commit"), "commit")?.is_some() {
            if version.is_some() || query.get("package").is_some_and(|package| !package.is_null()) {
                return Err("Ask for a `commit` or for a `package`, not for both.".to_owned());
            }
            return Ok(Self { what: What::Commit, version: None, after });
        }
        let package = query.get("package").and_then(Value::as_object);
        let package = package.ok_or("Name a `package` (by `name` and `ecosystem`, or by `purl`) or a `commit`.")?;
        let name = text(package.get("name"), "package.name")?;
        let ecosystem = text(package.get("ecosystem"), "package.ecosystem")?;
        if let Some(purl) = text(package.get("purl"), "package.purl")? {
            if name.is_some() || ecosystem.is_some() {
                return Err("A `package` has a `purl`, or a `name` and an `ecosystem`, not both.".to_owned());
            }
            let purl = Purl::parse(&purl).map_err(|why| format!("`package.purl` cannot be read: {why}."))?;
            let own = purl.version().map(str::to_owned);
            if own.is_some() && version.is_some() {
                return Err("The version stands in `version` or in the `purl`, not in both.".to_owned());
            }
            let ecosystem =
                purl.osv_ecosystem().ok_or("No ecosystem of OSV belongs to this type of `purl`.")?.to_owned();
            let what = What::Package { ecosystem: Some(ecosystem), name: purl.osv_name() };
            return Ok(Self { what, version: version.or(own), after });
        }
        let name = name.ok_or("A `package` needs a `name` or a `purl`.")?;
        Ok(Self { what: What::Package { ecosystem, name }, version, after })
    }
}

fn text(value: Option<&Value>, field: &str) -> Result<Option<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > LENGTH => Err(format!("`{field}` has more than {LENGTH} bytes.")),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{field}` is a text.")),
    }
}

/// One page of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<'a> {
    /// The records of this page, by id.
    pub found: Vec<&'a Item>,
    /// What to send as `page_token` for the next one.
    pub next: Option<String>,
}

/// A record as the API gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its id in OSV.
    pub id: String,
    /// When it last changed.
    pub modified: jiff::Timestamp,
    /// The document, compact JSON.
    pub text: String,
    withdrawn: bool,
    products: Vec<Product>,
}

/// Records, found by package and by id.
#[derive(Debug, Clone, Default)]
pub struct Index {
    items: Vec<Item>,
    by_id: BTreeMap<String, usize>,
    /// Items and their products by the name of the package, as [`plain`] writes it.
    by_name: BTreeMap<String, Vec<(usize, usize)>>,
}

impl Index {
    /// An index of these records.
    pub fn new<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut items: Vec<Item> = records
            .into_iter()
            .map(|record| Item {
                id: id_for(&record.id),
                modified: record.modified,
                text: print(record).to_string(),
                withdrawn: record.withdrawn.is_some(),
                products: record.products.clone(),
            })
            .collect();
        items.sort_by(|a, b| a.id.cmp(&b.id));
        let mut index = Self::default();
        for (place, item) in items.iter().enumerate() {
            index.by_id.insert(item.id.clone(), place);
            for (number, product) in item.products.iter().enumerate() {
                let ecosystem = product.osv_ecosystem().filter(|name| super::is_ecosystem(name));
                if let (Some(ecosystem), Some(name)) = (ecosystem, product.osv_package()) {
                    index.by_name.entry(plain(ecosystem, &name)).or_default().push((place, number));
                }
            }
        }
        index.items = items;
        index
    }

    /// The record with this id, as OSV or as its publisher writes it. A withdrawn one, too.
    pub fn get(&self, id: &str) -> Option<&Item> {
        let place = self.by_id.get(id).or_else(|| self.by_id.get(&id_for(id)))?;
        self.items.get(*place)
    }

    /// Every record, by id.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The records that concern what is asked for, without withdrawn ones.
    ///
    /// A version whose order in its ecosystem is not known counts as affected: left out, it would be called safe.
    pub fn ask(&self, query: &Query) -> Page<'_> {
        let What::Package { ecosystem, name } = &query.what else { return Page { found: Vec::new(), next: None } };
        let mut places: Vec<usize> = Vec::new();
        // Names are written alike in all ecosystems but PyPI, so that two looks find every one of them.
        let mut keys = vec![plain(ecosystem.as_deref().unwrap_or_default(), name)];
        if ecosystem.is_none() {
            keys.push(plain("PyPI", name));
            keys.dedup();
        }
        for (place, number) in keys.iter().filter_map(|key| self.by_name.get(key)).flatten() {
            let Some(item) = self.items.get(*place) else { continue };
            let Some(product) = item.products.get(*number) else { continue };
            let same = ecosystem.as_deref().is_none_or(|asked| is_within(product.osv_ecosystem(), asked));
            let concerned = query.version.as_deref().is_none_or(|version| is_affected(product, version));
            if same && concerned && !item.withdrawn {
                places.push(*place);
            }
        }
        places.sort_unstable();
        places.dedup();
        let mut found = places.into_iter().filter_map(|place| self.items.get(place));
        let page: Vec<&Item> = found
            .by_ref()
            .skip_while(|item| query.after.as_ref().is_some_and(|after| item.id <= *after))
            .take(PAGE)
            .collect();
        let next = if found.next().is_some() { page.last().map(|item| item.id.clone()) } else { None };
        Page { found: page, next }
    }
}

/// An ecosystem with its release (`Debian:12`) belongs to the one without.
fn is_within(ecosystem: Option<&str>, asked: &str) -> bool {
    ecosystem.is_some_and(|own| own == asked || own.split_once(':').is_some_and(|(own, _)| own == asked))
}

/// A name as its ecosystem compares it: PyPI takes `_`, `.` and `-` for the same (PEP 503).
fn plain(ecosystem: &str, name: &str) -> String {
    if ecosystem == "PyPI" {
        let mut plain = String::with_capacity(name.len());
        for letter in name.chars() {
            match letter {
                '-' | '_' | '.' if plain.ends_with('-') => {}
                '-' | '_' | '.' => plain.push('-'),
                other => plain.extend(other.to_lowercase()),
            }
        }
        return plain;
    }
    name.to_owned()
}

fn is_affected(product: &Product, version: &str) -> bool {
    if product.versions.iter().any(|affected| affected == version) {
        return true;
    }
    if product.ranges.is_empty() {
        return product.versions.is_empty();
    }
    let order = product.version_order();
    product.ranges.iter().any(|range| range.contains(order, version).unwrap_or(true))
}

/// The answer to a query: whole records.
pub fn answer(page: &Page<'_>) -> String {
    if page.found.is_empty() {
        return "{}".to_owned();
    }
    let all: Vec<&str> = page.found.iter().map(|item| item.text.as_str()).collect();
    match &page.next {
        None => format!("{{\"vulns\":[{}]}}", all.join(",")),
        Some(next) => format!("{{\"vulns\":[{}],\"next_page_token\":{}}}", all.join(","), json!(next)),
    }
}

/// The answer to one query of a batch: ids and dates.
pub fn brief(page: &Page<'_>) -> Value {
    let mut answer = json!({});
    if !page.found.is_empty() {
        answer["vulns"] = page
            .found
            .iter()
            .map(|item| json!({ "id": item.id, "modified": item.modified }))
            .collect::<Vec<_>>()
            .into();
    }
    if let Some(next) = &page.next {
        answer["next_page_token"] = json!(next);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisory::{AffectedRange, Links, Publisher, Revision};

    fn record(number: usize, purl: &str, range: AffectedRange) -> Record {
        let at = jiff::Timestamp::UNIX_EPOCH;
        Record {
            id: format!("STORE-2026-{number:04}"),
            title: "Objects can be read".into(),
            summary: "Upgrade.".into(),
            details: String::new(),
            impact: String::new(),
            preconditions: String::new(),
            language: "en".into(),
            tlp: Default::default(),
            distribution: String::new(),
            publisher: Publisher {
                name: "Store".into(),
                namespace: "https://store.example".into(),
                category: Default::default(),
                contact: None,
                authority: None,
            },
            links: Links::default(),
            products: vec![Product {
                name: "Store".into(),
                purl: Purl::parse(purl).ok(),
                ranges: vec![range],
                ..Product::default()
            }],
            severities: Vec::new(),
            level: String::new(),
            cwes: Vec::new(),
            aliases: Vec::new(),
            references: Vec::new(),
            remediations: Vec::new(),
            credits: Vec::new(),
            acknowledgements: Vec::new(),
            timeline: Vec::new(),
            published: at,
            modified: at,
            withdrawn: None,
            withdrawal: String::new(),
            dispute: String::new(),
            revisions: vec![Revision { number: 1, at, summary: "First publication.".into() }],
        }
    }

    fn ids(index: &Index, query: Value) -> Vec<String> {
        let query = Query::read(&query).unwrap_or_else(|why| panic!("{query}: {why}"));
        index.ask(&query).found.iter().map(|item| item.id.clone()).collect()
    }

    #[test]
    fn a_version_is_found_by_name_and_by_package_url_and_not_outside_its_range() {
        let records = [
            record(1, "pkg:npm/%40store/client", AffectedRange::between("1.0.0", "1.4.2")),
            record(2, "pkg:pypi/store-client", AffectedRange::before("2.0")),
        ];
        let index = Index::new(&records);
        for (query, expected) in [
            (json!({ "package": { "name": "@store/client", "ecosystem": "npm" } }), 1),
            (json!({ "package": { "name": "@store/client", "ecosystem": "npm" }, "version": "1.4.1" }), 1),
            (json!({ "package": { "name": "@store/client", "ecosystem": "npm" }, "version": "1.4.2" }), 0),
            (json!({ "package": { "purl": "pkg:npm/%40store/client@1.2.3" } }), 1),
            (json!({ "package": { "purl": "pkg:npm/%40store/client@0.9.9" } }), 0),
            (json!({ "package": { "name": "Store_Client", "ecosystem": "PyPI" }, "version": "1.9" }), 1),
            (json!({ "package": { "name": "store.client" }, "version": "2.0" }), 0),
            (json!({ "package": { "name": "@store/client", "ecosystem": "PyPI" } }), 0),
            (json!({ "package": { "name": "Store_Client", "ecosystem": "PyPI" }, "version": "1.9rc1" }), 1),
            (json!({ "commit": "6879efc2c1596d11a6a6ad296f80063b558d5e0f" }), 0),
        ] {
            assert_eq!(ids(&index, query.clone()).len(), expected, "{query}");
        }
        assert!(index.get("STORE-2026-0001").is_some() && index.get("x_STORE-2026-0001").is_some());
        assert!(index.get("STORE-2026-0009").is_none());
    }

    #[test]
    fn a_withdrawn_record_is_given_by_its_id_only() {
        let mut gone = record(1, "pkg:npm/store", AffectedRange::before("2.0.0"));
        gone.withdrawn = Some(gone.published);
        let index = Index::new([&gone]);
        assert!(ids(&index, json!({ "package": { "purl": "pkg:npm/store" } })).is_empty());
        assert!(index.get("STORE-2026-0001").expect("it is there").text.contains("withdrawn"));
    }

    #[test]
    fn what_does_not_fit_on_a_page_follows_on_the_next_ones_and_each_record_once() {
        let records: Vec<Record> =
            (0..2500).map(|number| record(number, "pkg:npm/store", AffectedRange::before("2.0.0"))).collect();
        let index = Index::new(&records);
        let (mut seen, mut token) = (Vec::new(), Value::Null);
        for expected in [1000, 1000, 500] {
            let query =
                Query::read(&json!({ "package": { "purl": "pkg:npm/store" }, "page_token": token })).expect("a query");
            let page = index.ask(&query);
            assert_eq!(page.found.len(), expected);
            seen.extend(page.found.iter().map(|item| item.id.clone()));
            token = page.next.map_or(Value::Null, Value::from);
        }
        assert_eq!(token, Value::Null);
        seen.dedup();
        assert_eq!(seen.len(), 2500);
    }

    #[test]
    fn a_query_that_says_too_little_or_too_much_is_refused_in_words() {
        for (query, part) in [
            (json!([]), "object"),
            (json!({}), "package"),
            (json!({ "version": "1.0" }), "package"),
            (json!({ "package": { "ecosystem": "npm" } }), "name"),
            (json!({ "package": { "name": 7 } }), "text"),
            (json!({ "package": { "name": "a", "purl": "pkg:npm/a" } }), "not both"),
            (json!({ "package": { "purl": "pkg:npm/a@1" }, "version": "1" }), "not in both"),
            (json!({ "package": { "purl": "nonsense" } }), "cannot be read"),
            (json!({ "commit": "00", "version": "1" }), "not for both"),
            (json!({ "package": { "name": "a".repeat(LENGTH + 1) } }), "bytes"),
        ] {
            let why = Query::read(&query).expect_err("it is refused");
            assert!(why.contains(part), "{query}: {why}");
        }
    }
}
