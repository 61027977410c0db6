//! Bills of materials: which packages a product is made of, read from CycloneDX and SPDX, and held against advisories.
//!
//! Sources: CycloneDX 1.7 (ECMA-424), `components`; SPDX 2.3, `packages` and `externalRefs`; SPDX 3.0.1, `software_Package`.

use crate::advisory::Record;
use crate::purl::Purl;
use serde_json::Value;

/// Most bytes of a document that is read.
pub const SIZE_LIMIT: usize = 64 * 1024 * 1024;

/// Most components that are kept.
pub const LIMIT: usize = 200_000;

/// A package that a product is made of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its version; empty where the document names none.
    pub version: String,
    /// Its package URL, where there is one.
    pub purl: Option<Purl>,
}

/// A bill of materials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sbom {
    /// The format, like `CycloneDX 1.6`.
    pub format: String,
    /// What it is about: the name of the product.
    pub subject: String,
    /// The packages, in the document's order, each once.
    pub components: Vec<Component>,
}

/// Why a document is no bill of materials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSbom {
    /// Larger than what is read.
    #[error("the document has {0} bytes; at most {SIZE_LIMIT} are read")]
    TooLarge(usize),
    /// No JSON.
    #[error("this is no JSON: {0}. CycloneDX and SPDX are read as JSON")]
    Json(String),
    /// JSON of another sort.
    #[error("this is neither CycloneDX (`bomFormat`) nor SPDX (`spdxVersion`, or `@graph` of SPDX 3)")]
    Unknown,
}

/// Reads a bill of materials.
///
/// # Errors
/// [`NoSbom`] with what it would have to be.
pub fn read(bytes: &[u8]) -> Result<Sbom, NoSbom> {
    if bytes.len() > SIZE_LIMIT {
        return Err(NoSbom::TooLarge(bytes.len()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let root: Value = serde_json::from_slice(bytes).map_err(|why| NoSbom::Json(why.to_string()))?;
    let mut sbom = if root["bomFormat"] == "CycloneDX" {
        let mut components = Vec::new();
        cyclonedx(&root, &mut components);
        Sbom {
            format: format!("CycloneDX {}", text(&root, "specVersion")),
            subject: text(&root["metadata"]["component"], "name"),
            components,
        }
    } else if root["spdxVersion"].is_string() {
        Sbom {
            format: text(&root, "spdxVersion").replacen("SPDX-", "SPDX ", 1),
            subject: text(&root, "name"),
            components: list(&root, "packages").iter().map(spdx2).collect(),
        }
    } else if list(&root, "@graph").iter().any(|one| text(one, "type").starts_with("software_")) {
        let packages = list(&root, "@graph").iter().filter(|one| text(one, "type") == "software_Package");
        Sbom { format: "SPDX 3".into(), subject: String::new(), components: packages.map(spdx3).collect() }
    } else {
        return Err(NoSbom::Unknown);
    };
    let mut seen = std::collections::BTreeSet::new();
    sbom.components.retain(|one| {
        !one.name.is_empty()
            && seen.insert((one.name.clone(), one.version.clone(), one.purl.as_ref().map(ToString::to_string)))
    });
    sbom.components.truncate(LIMIT);
    Ok(sbom)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Components may hold components. The depth is that of the JSON, which has an end.
fn cyclonedx(value: &Value, found: &mut Vec<Component>) {
    for one in list(value, "components") {
        if found.len() > LIMIT {
            return;
        }
        let group = text(one, "group");
        let name = text(one, "name");
        found.push(Component {
            name: if group.is_empty() { name } else { format!("{group}/{name}") },
            version: text(one, "version"),
            purl: Purl::parse(&text(one, "purl")).ok(),
        });
        cyclonedx(one, found);
    }
}

fn spdx2(one: &Value) -> Component {
    let purl = list(one, "externalRefs").iter().find(|other| text(other, "referenceType") == "purl");
    Component {
        name: text(one, "name"),
        version: text(one, "versionInfo"),
        purl: purl.and_then(|other| Purl::parse(&text(other, "referenceLocator")).ok()),
    }
}

fn spdx3(one: &Value) -> Component {
    let ids =
        list(one, "externalIdentifier").iter().find(|other| text(other, "externalIdentifierType") == "packageUrl");
    let purl = [text(one, "software_packageUrl"), ids.map(|other| text(other, "identifier")).unwrap_or_default()];
    Component {
        name: text(one, "name"),
        version: text(one, "software_packageVersion"),
        purl: purl.iter().find_map(|purl| Purl::parse(purl).ok()),
    }
}

/// A component that an advisory is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// The component.
    pub component: &'a Component,
    /// The advisory.
    pub record: &'a Record,
    /// Whether its version is affected; `None` when that cannot be told from what both say.
    pub affected: Option<bool>,
    /// The first version that has the fix, where one is known.
    pub fixed: Option<String>,
}

/// Holds a bill of materials against advisories: every component that one is about, whether its version is affected or
/// not. Only packages known by their purl are compared; a name alone means too many things.
pub fn compare<'a>(sbom: &'a Sbom, records: &'a [Record]) -> Vec<Match<'a>> {
    let mut found = Vec::new();
    for record in records.iter().filter(|record| record.withdrawn.is_none()) {
        for product in &record.products {
            let Some(purl) = &product.purl else { continue };
            let wanted = purl.package().to_string();
            for component in &sbom.components {
                let Some(own) = component.purl.as_ref().filter(|own| own.package().to_string() == wanted) else {
                    continue;
                };
                let version = own.version().unwrap_or(&component.version);
                let order = product.version_order();
                let mut verdicts: Vec<Option<bool>> =
                    product.ranges.iter().map(|range| range.contains(order, version)).collect();
                if product.versions.iter().any(|known| known == version) {
                    verdicts.push(Some(true));
                }
                let affected = if version.is_empty() {
                    None
                } else if verdicts.contains(&Some(true)) {
                    Some(true)
                } else if verdicts.contains(&None) || product.ranges.is_empty() && product.versions.is_empty() {
                    None
                } else {
                    Some(false)
                };
                let fixed = product.ranges.iter().find_map(|range| range.fixed.clone());
                let fixed = fixed.or_else(|| product.fixed_versions.first().cloned());
                found.push(Match { component, record, affected, fixed });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match read(text.as_bytes()) {
            Err(why) => why.to_string(),
            Ok(sbom) => {
                let parts: Vec<String> = sbom
                    .components
                    .iter()
                    .map(|one| {
                        format!(
                            "{}@{} {}",
                            one.name,
                            one.version,
                            one.purl.as_ref().map(ToString::to_string).unwrap_or_default()
                        )
                        .trim_end()
                        .to_owned()
                    })
                    .collect();
                format!("{} of {}: {}", sbom.format, sbom.subject, parts.join(", "))
            }
        }
    }

    #[test]
    fn d6_m7_cyclonedx_and_spdx_are_read_with_what_is_within_components() {
        assert_eq!(
            told(
                r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"name":"app"}},"components":[{"name":"core","group":"@babel","version":"7.0.0","purl":"pkg:npm/%40babel/core@7.0.0","components":[{"name":"ms","version":"2.0.0"}]}]}"#
            ),
            "CycloneDX 1.6 of app: @babel/core@7.0.0 pkg:npm/%40babel/core@7.0.0, ms@2.0.0"
        );
        assert_eq!(
            told(
                r#"{"spdxVersion":"SPDX-2.3","name":"app","packages":[{"name":"qs","versionInfo":"6.5.0","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/qs@6.5.0"}]}]}"#
            ),
            "SPDX 2.3 of app: qs@6.5.0 pkg:npm/qs@6.5.0"
        );
        assert_eq!(
            told(
                r#"{"@context":"x","@graph":[{"type":"software_Package","name":"qs","software_packageVersion":"6.5.0","software_packageUrl":"pkg:npm/qs@6.5.0"}]}"#
            ),
            "SPDX 3 of : qs@6.5.0 pkg:npm/qs@6.5.0"
        );
        assert_eq!(told("{}"), NoSbom::Unknown.to_string());
        assert!(told("no").starts_with("this is no JSON"));
    }
}
