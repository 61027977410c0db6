//! Stylesheet, script and icon: built into the program, named with a hash of their bytes so that a browser may
//! keep them for ever.

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
}

static ALL: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    [
        ("candor.css", "text/css; charset=utf-8", include_bytes!("../../../assets/candor.css").as_slice()),
        ("candor.js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/candor.js").as_slice()),
        ("icon.svg", "image/svg+xml", include_bytes!("../../../assets/icon.svg").as_slice()),
    ]
    .into_iter()
    .map(|(name, content_type, bytes)| Asset { name, content_type, bytes, hash: hash(bytes) })
    .collect()
});

fn hash(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Every built-in file; the public tree carries copies of them.
pub fn all() -> &'static [Asset] {
    &ALL
}

/// Content type and bytes of the file of this name.
pub fn asset(name: &str) -> Option<(&'static str, &'static [u8])> {
    ALL.iter().find(|asset| asset.name == name).map(|asset| (asset.content_type, asset.bytes))
}

/// Address of the file of this name, with its hash, like `/assets/candor.css?v=0f3a…`.
pub fn url(name: &str) -> String {
    match ALL.iter().find(|asset| asset.name == name) {
        Some(asset) => format!("/assets/{name}?v={}", asset.hash),
        None => format!("/assets/{name}"),
    }
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
    }
}
