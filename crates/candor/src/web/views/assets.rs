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
