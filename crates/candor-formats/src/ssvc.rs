//! Decision points of SSVC: which exist, with which values in which order.
//!
//! Source: CERT/CC, Stakeholder-Specific Vulnerability Categorization, data release 2026.6.1.

use std::sync::LazyLock;

/// A registered decision point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The namespace it belongs to, such as `ssvc`.
    pub namespace: &'static str,
    /// Its key, such as `E`.
    pub key: &'static str,
    /// Its version, such as `1.1.0`.
    pub version: &'static str,
    /// Its name in English.
    pub name: &'static str,
    /// Keys and names of its values in their order.
    pub values: Vec<(&'static str, &'static str)>,
}

static POINTS: LazyLock<Vec<Point>> = LazyLock::new(|| {
    include_str!("../data/ssvc-points.tsv")
        .lines()
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some(Point {
                namespace: columns.next()?,
                key: columns.next()?,
                version: columns.next()?,
                name: columns.next()?,
                values: columns.filter_map(|value| value.split_once('=')).collect(),
            })
        })
        .collect()
});

/// Namespaces that the SSVC project has registered.
pub const REGISTERED: [&str; 3] = ["cisa", "cvss", "ssvc"];

/// The decision point with this key in this version.
pub fn point(namespace: &str, key: &str, version: &str) -> Option<&'static Point> {
    POINTS.iter().find(|point| point.namespace == namespace && point.key == key && point.version == version)
}

/// The newest version of a decision point.
pub fn newest(namespace: &str, key: &str) -> Option<&'static Point> {
    let number = |point: &&Point| semver::Version::parse(point.version).ok();
    POINTS.iter().filter(|point| point.namespace == namespace && point.key == key).max_by_key(number)
}

/// The base namespace, without extensions and without a fragment: `ssvc` of `ssvc//.example.test$en-GB`.
pub fn base(namespace: &str) -> &str {
    namespace.split(['/', '#']).next().unwrap_or(namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registered_points_are_known_by_key_and_version() {
        assert_eq!(point("ssvc", "E", "1.1.0").unwrap().values.len(), 3);
        assert_eq!(point("ssvc", "E", "9.0.0"), None);
        assert_eq!(newest("ssvc", "SI").unwrap().version, "2.0.1");
        assert_eq!(base("ssvc//.example.test$en-GB"), "ssvc");
    }
}
