//! Package URLs: the one name of a package that every ecosystem shares.
//!
//! A thin cover over the `packageurl` crate, which does the reading and the canonical writing.
//!
//! Source: ECMA-427, Package-URL (purl) specification.

use std::fmt;
use std::str::FromStr;

use packageurl::PackageUrl;
use serde::{Deserialize, Serialize};

/// Why a string is no package URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is no package URL ({why}); it looks like pkg:npm/%40scope/name@1.2.3")]
pub struct PurlError {
    /// The string as given.
    pub given: String,
    why: String,
}

/// A package URL in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Purl(PackageUrl<'static>);

impl Purl {
    /// Reads a package URL in any accepted form.
    pub fn parse(text: &str) -> Result<Self, PurlError> {
        let text = text.trim();
        let folded = brew(text);
        let read = folded.as_deref().unwrap_or(text);
        PackageUrl::from_str(read).map(Self).map_err(|why| PurlError { given: text.to_owned(), why: why.to_string() })
    }

    /// The type, in lower case: `npm`.
    pub fn kind(&self) -> &str {
        self.0.ty()
    }

    /// The namespace, if there is one: `@scope`, `github.com/minio`.
    pub fn namespace(&self) -> Option<&str> {
        self.0.namespace()
    }

    /// The name without namespace.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The version, if there is one.
    pub fn version(&self) -> Option<&str> {
        self.0.version()
    }

    /// The same package without version, qualifiers and subpath.
    pub fn package(&self) -> Self {
        let mut package = self.0.clone();
        package.without_version();
        package.clear_qualifiers();
        package.without_subpath();
        Self(package)
    }

    /// The package `name` of an OSV ecosystem, where its type and the way names are written are known.
    pub fn of_osv(ecosystem: &str, name: &str) -> Option<Self> {
        let kind = match ecosystem {
            "npm" => "npm",
            "crates.io" => "cargo",
            "Go" => "golang",
            "PyPI" => "pypi",
            "Maven" => "maven",
            "NuGet" => "nuget",
            "RubyGems" => "gem",
            "Packagist" => "composer",
            "Hex" => "hex",
            "Pub" => "pub",
            _ => return None,
        };
        let (namespace, name) = match kind {
            "maven" => name.split_once(':').map(|(group, name)| (Some(group), name))?,
            "npm" | "golang" | "composer" => {
                name.rsplit_once('/').map_or((None, name), |(group, name)| (Some(group), name))
            }
            _ => (None, name),
        };
        let mut purl = PackageUrl::new(kind, name.to_owned()).ok()?;
        if let Some(namespace) = namespace {
            purl.with_namespace(namespace.to_owned()).ok()?;
        }
        let purl = Self(purl);
        (Self::parse(&purl.to_string()).as_ref() == Ok(&purl)).then_some(purl)
    }

    /// A name for a product that no registry keeps: `pkg:generic/vendor/name`.
    pub fn generic(vendor: &str, name: &str) -> Option<Self> {
        let mut purl = PackageUrl::new("generic", name.to_owned()).ok()?;
        if !vendor.trim().is_empty() {
            purl.with_namespace(vendor.replace('/', "-")).ok()?;
        }
        let purl = Self(purl);
        (Self::parse(&purl.to_string()).as_ref() == Ok(&purl)).then_some(purl)
    }

    /// The same package in a range of versions, as the qualifier `vers`.
    pub fn within(&self, vers: &str) -> Option<Self> {
        let mut within = self.0.clone();
        within.without_version();
        within.add_qualifier("vers", vers.to_owned()).ok()?;
        let within = Self(within);
        (Self::parse(&within.to_string()).as_ref() == Ok(&within)).then_some(within)
    }

    /// The qualifier `key`, if there is one.
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.0.qualifiers().get(key).map(|value| value.as_ref())
    }

    /// The same package at `version`.
    ///
    /// # Errors
    ///
    /// [`PurlError`] where the version has characters that would be read back as another part of the URL.
    pub fn at(&self, version: &str) -> Result<Self, PurlError> {
        let refuse = |why: String| PurlError { given: version.to_owned(), why };
        let mut at = self.0.clone();
        at.with_version(version.to_owned()).map_err(|why| refuse(why.to_string()))?;
        let at = Self(at);
        match Self::parse(&at.to_string()) {
            Ok(read) if read == at => Ok(at),
            _ => Err(refuse("this cannot stand as a version".to_owned())),
        }
    }

    /// The OSV ecosystem that holds packages of this type, if there is exactly one.
    ///
    /// Source: OSV schema 1.7.5, `affected[].package.ecosystem`; purl-spec, list of types.
    pub fn osv_ecosystem(&self) -> Option<&'static str> {
        Some(match self.kind() {
            "npm" => "npm",
            "cargo" => "crates.io",
            "golang" => "Go",
            "pypi" => "PyPI",
            "maven" => "Maven",
            "nuget" => "NuGet",
            "gem" => "RubyGems",
            "composer" => "Packagist",
            "hex" => "Hex",
            "pub" => "Pub",
            "swift" => "SwiftURL",
            "cran" => "CRAN",
            "hackage" => "Hackage",
            "conan" => "ConanCenter",
            "bitnami" => "Bitnami",
            "opam" => "opam",
            "julia" => "Julia",
            "githubactions" => "GitHub Actions",
            _ => return None,
        })
    }

    /// The name by which the OSV ecosystem knows the package: `@scope/name`, `group:artifact`, `github.com/minio/minio`.
    pub fn osv_name(&self) -> String {
        match (self.namespace(), self.kind()) {
            (None, _) => self.name().to_owned(),
            (Some(group), "maven") => format!("{group}:{}", self.name()),
            (Some(namespace), _) => format!("{namespace}/{}", self.name()),
        }
    }
}

/// Whether a text is a package URL beyond doubt, by a look at its letters: one of the common types, with names and a version
/// that need no escape. A text without that look may still be one; [`Purl::parse`] says so.
pub(crate) fn is_plain(text: &str) -> bool {
    const KINDS: [&str; 8] = ["npm", "pypi", "cargo", "nuget", "gem", "generic", "deb", "rpm"];
    let Some((kind, rest)) = text.strip_prefix("pkg:").and_then(|rest| rest.split_once('/')) else { return false };
    let (name, version) = rest.split_once('@').map_or((rest, None), |(name, version)| (name, Some(version)));
    let plain = |text: &str, marks: &[u8]| {
        text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
    };
    KINDS.contains(&kind) && plain(name, b"-._") && version.is_none_or(|version| plain(version, b"-._+"))
}

/// Formulas of Homebrew are named without regard to case, and written in lower case: the URL with its names so.
///
/// Source: `brew-definition.json` of the purl types.
fn brew(text: &str) -> Option<String> {
    let kind = text.get(..9).filter(|kind| kind.eq_ignore_ascii_case("pkg:brew/"))?;
    let end = text.find(['@', '?', '#']).unwrap_or(text.len());
    let names = &text[kind.len()..end];
    names
        .contains(|c: char| c.is_ascii_uppercase())
        .then(|| format!("{kind}{}{}", names.to_ascii_lowercase(), &text[end..]))
}

impl FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, PurlError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Purl {
    type Error = PurlError;

    fn try_from(text: String) -> Result<Self, PurlError> {
        Self::parse(&text)
    }
}

impl From<Purl> for String {
    fn from(purl: Purl) -> Self {
        purl.to_string()
    }
}

/// Writes the canonical form.
impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_url_is_written_canonically_and_knows_its_ecosystem() {
        let check = |given: &str, canonical: &str, ecosystem: Option<&str>, name: &str| {
            let purl = Purl::parse(given).unwrap();
            assert_eq!(purl.to_string(), canonical);
            assert_eq!(purl.osv_ecosystem(), ecosystem);
            assert_eq!(purl.osv_name(), name);
        };
        check("pkg:NPM/%40strapi/admin@4.1.0", "pkg:npm/%40strapi/admin@4.1.0", Some("npm"), "@strapi/admin");
        check(
            "pkg:golang/github.com/minio/minio",
            "pkg:golang/github.com/minio/minio",
            Some("Go"),
            "github.com/minio/minio",
        );
        check("pkg:maven/org.apache/commons@1", "pkg:maven/org.apache/commons@1", Some("Maven"), "org.apache:commons");
        check("pkg:composer/ibexa/core", "pkg:composer/ibexa/core", Some("Packagist"), "ibexa/core");
        check("pkg:docker/minio", "pkg:docker/minio", None, "minio");
    }

    #[test]
    fn what_is_plainly_a_package_url_is_read_as_one() {
        let mut plain = 0;
        for kind in [
            "npm", "pypi", "cargo", "nuget", "gem", "generic", "deb", "rpm", "cpan", "swift", "julia", "maven", "NPM",
            "3x",
        ] {
            for name in ["a", "left-pad", "A.b_c", "x1", "", ".", "-a", "a b", "a/b", "%41", "é", "a+b", "a?b", "a#b"]
            {
                for version in ["", "@1.0.0", "@1.0-rc.1", "@1.0+b", "@", "@.1", "@1@2", "@v1/2", "@1 0", "@1?x=y"] {
                    let text = format!("pkg:{kind}/{name}{version}");
                    if is_plain(&text) {
                        plain += 1;
                        assert!(Purl::parse(&text).is_ok(), "{text}");
                    }
                }
            }
        }
        assert_eq!(plain, 8 * 4 * 4);
    }

    #[test]
    fn formulas_of_homebrew_are_written_in_lower_case() {
        let purl = Purl::parse("pkg:brew/Homebrew/Core/SQLite@3.43.2-RC1").unwrap();
        assert_eq!(purl.to_string(), "pkg:brew/homebrew/core/sqlite@3.43.2-RC1");
    }

    #[test]
    fn a_package_is_the_url_without_its_version() {
        let purl = Purl::parse("pkg:npm/left-pad@1.0.0?arch=x86#lib").unwrap();
        assert_eq!(purl.package().to_string(), "pkg:npm/left-pad");
        assert_eq!(purl.package().at("1.2.3").unwrap().to_string(), "pkg:npm/left-pad@1.2.3");
    }

    #[test]
    fn what_is_no_package_url_is_refused_with_an_example() {
        let error = Purl::parse("left-pad@1.0.0").unwrap_err().to_string();
        assert!(error.starts_with("\"left-pad@1.0.0\" is no package URL"), "{error}");
        assert!(error.contains("pkg:npm/"), "{error}");
    }
}
