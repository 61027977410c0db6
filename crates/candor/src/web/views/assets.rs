//! Stylesheet, scripts and icon: built into the program, named with a hash of their bytes so that a browser may
//! keep them for ever.
//!
//! OpenPGP.js is the file of its makers as it is, under the LGPL, with its licences beside it. Another version takes its place
//! by putting its file there; `docs/dependencies.md` names version and hash.

use std::sync::LazyLock;

/// One built-in file.
#[derive(Debug)]
pub struct Asset {
    /// Name under `/assets/`.
    pub name: &'static str,
    /// Value of the `Content-Type` header.
    pub content_type: &'static str,
    /// The bytes.
    pub bytes: &'static [u8],
    /// First 16 hexadecimal digits of the SHA-256 of the bytes.
    pub hash: String,
    /// SHA-256 of the bytes as the `integrity` attribute of a script has it.
    pub integrity: String,
}

/// Name, content type and bytes.
type Built = (&'static str, &'static str, &'static [u8]);

/// What every page may need.
const PAGES: [Built; 3] = [
    ("candor.css", "text/css; charset=utf-8", include_bytes!("../../../assets/candor.css").as_slice()),
    ("candor.js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/candor.js").as_slice()),
    ("icon.svg", "image/svg+xml", include_bytes!("../../../assets/icon.svg").as_slice()),
];

/// What only one page needs: the form while it is flooded, and the page of sealed reports.
const ONE_PAGE: [Built; 5] = [
    ("work.js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/work.js").as_slice()),
    ("sealed.js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/sealed.js").as_slice()),
    (
        "openpgp.min.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../../../assets/openpgp/openpgp.min.js").as_slice(),
    ),
    ("LGPL-3.0.txt", "text/plain; charset=utf-8", include_bytes!("../../../assets/openpgp/LGPL-3.0.txt").as_slice()),
    ("GPL-3.0.txt", "text/plain; charset=utf-8", include_bytes!("../../../assets/openpgp/GPL-3.0.txt").as_slice()),
];

static ALL: LazyLock<Vec<Asset>> = LazyLock::new(|| PAGES.map(built).into());
static FOR_ONE: LazyLock<Vec<Asset>> = LazyLock::new(|| ONE_PAGE.map(built).into());

fn built((name, content_type, bytes): Built) -> Asset {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let hash = digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let integrity = format!("sha256-{}", data_encoding::BASE64.encode(digest.as_ref()));
    Asset { name, content_type, bytes, hash, integrity }
}

fn named(name: &str) -> Option<&'static Asset> {
    ALL.iter().chain(FOR_ONE.iter()).find(|asset| asset.name == name)
}

/// Every built-in file that pages of the public tree need; it carries copies of them.
pub fn all() -> &'static [Asset] {
    &ALL
}

/// Content type and bytes of the file of this name.
pub fn asset(name: &str) -> Option<(&'static str, &'static [u8])> {
    named(name).map(|asset| (asset.content_type, asset.bytes))
}

/// Address of the file of this name, with its hash, like `/assets/candor.css?v=0f3a…`.
pub fn url(name: &str) -> String {
    match named(name) {
        Some(asset) => format!("/assets/{name}?v={}", asset.hash),
        None => format!("/assets/{name}"),
    }
}

/// What the browser compares the file of this name with before it runs it: `sha256-…`; empty for none.
pub fn integrity(name: &str) -> &'static str {
    named(name).map_or("", |asset| asset.integrity.as_str())
}

/// The kind of a file of the public tree, by its name.
pub fn kind_of_file(file: &str) -> &'static str {
    match file.rsplit('.').next().unwrap_or_default() {
        "json" if file.ends_with(".feed.json") => "application/feed+json",
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "atom" => "application/atom+xml",
        "yml" => "application/yaml",
        "md" => "text/markdown; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "csv" => "text/csv; charset=utf-8",
        "asc" if file.ends_with("/openpgp.asc") => "application/pgp-keys",
        "asc" | "sha256" | "sha512" => "text/plain; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_its_name_and_carries_its_hash_in_its_address() {
        let (content_type, bytes) = asset("candor.css").expect("the stylesheet is built in");
        assert_eq!(content_type, "text/css; charset=utf-8");
        assert!(!bytes.is_empty());
        assert!(url("candor.css").starts_with("/assets/candor.css?v="));
        assert!(asset("nothing.css").is_none());
        assert!(asset("openpgp.min.js").is_some() && all().iter().all(|one| one.name != "openpgp.min.js"));
        assert!(integrity("sealed.js").starts_with("sha256-"));
    }
}
