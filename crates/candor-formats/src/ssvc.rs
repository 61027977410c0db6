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

/// A decision table of SSVC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// When whoever makes the product works on a fix.
    Supplier,
    /// Whether a coordinator takes a report on.
    Coordinator,
}

struct Rows {
    points: Vec<&'static Point>,
    rows: Vec<Vec<&'static str>>,
}

static SUPPLIER: LazyLock<Rows> = LazyLock::new(|| read(include_str!("../data/ssvc-supplier.tsv")));
static COORDINATOR: LazyLock<Rows> = LazyLock::new(|| read(include_str!("../data/ssvc-coordinator.tsv")));

fn read(text: &'static str) -> Rows {
    let mut lines = text.lines();
    let points = lines.next().unwrap_or_default().split('\t').filter_map(|name| {
        let (key, version) = name.split_once('/')?;
        point("ssvc", key, version)
    });
    Rows { points: points.collect(), rows: lines.map(|line| line.split('\t').collect()).collect() }
}

impl Table {
    /// Both tables.
    pub const ALL: [Table; 2] = [Table::Supplier, Table::Coordinator];

    /// Name in the API and in journals.
    pub fn name(self) -> &'static str {
        match self {
            Table::Supplier => "supplier",
            Table::Coordinator => "coordinator",
        }
    }

    /// The table of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// What it decides, in words.
    pub fn label(self) -> &'static str {
        match self {
            Table::Supplier => "When to work on a fix (supplier)",
            Table::Coordinator => "Whether to coordinate (coordinator)",
        }
    }

    fn rows(self) -> &'static Rows {
        match self {
            Table::Supplier => &SUPPLIER,
            Table::Coordinator => &COORDINATOR,
        }
    }

    /// The decision points that have to be answered, in their order.
    pub fn points(self) -> &'static [&'static Point] {
        let points = &self.rows().points;
        &points[..points.len().saturating_sub(1)]
    }

    /// The point that names the outcomes.
    pub fn outcome(self) -> Option<&'static Point> {
        self.rows().points.last().copied()
    }

    /// Key and name of the outcome for one value of each point, in the order of the points; `None` for values that the
    /// table does not have.
    pub fn decide(self, values: &[&str]) -> Option<(&'static str, &'static str)> {
        let row = self.rows().rows.iter().find(|row| row.split_last().is_some_and(|(_, asked)| asked == values))?;
        let key = row.last()?;
        self.outcome()?.values.iter().find(|(known, _)| known == key).copied()
    }
}

impl Point {
    /// What the point asks, in plain words.
    pub fn question(&self) -> &'static str {
        match self.key {
            "E" => "Is it being exploited?",
            "U" => {
                "How useful is it to an attacker? Think of how easily it can be automated, and of what one break-in gains."
            }
            "TI" => "How much control does it give over the vulnerable part?",
            "PSI" => "What harm can it do to people?",
            "RP" => "Are the details public already?",
            "SCON" => "Did the reporter try in good faith to reach whoever makes it?",
            "RC" => "Is the report credible?",
            "SC" => "How many suppliers have to act?",
            "SE" => "Does the supplier respond and take part?",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_decides_every_combination_of_its_points() {
        for (table, combinations) in [(Table::Supplier, 36), (Table::Coordinator, 192)] {
            assert_eq!(table.points().iter().map(|point| point.values.len()).product::<usize>(), combinations);
            assert_eq!(table.rows().rows.len(), combinations);
            let decided = |row: &Vec<&'static str>| table.decide(&row[..row.len() - 1]).map(|(key, _)| key);
            assert!(table.rows().rows.iter().all(|row| decided(row) == row.last().copied()));
            assert!(table.points().iter().all(|point| !point.question().is_empty()), "{table:?}");
            assert_eq!(Table::from_name(table.name()), Some(table));
        }
        assert_eq!(Table::Supplier.decide(&["A", "S", "T", "S"]), Some(("I", "Immediate")));
        assert_eq!(Table::Supplier.decide(&["N", "L", "P", "M"]), Some(("D", "Defer")));
        assert_eq!(Table::Supplier.decide(&["N"]), None);
    }

    #[test]
    fn registered_points_are_known_by_key_and_version() {
        assert_eq!(point("ssvc", "E", "1.1.0").unwrap().values.len(), 3);
        assert_eq!(point("ssvc", "E", "9.0.0"), None);
        assert_eq!(newest("ssvc", "SI").unwrap().version, "2.0.1");
        assert_eq!(base("ssvc//.example.test$en-GB"), "ssvc");
    }
}
