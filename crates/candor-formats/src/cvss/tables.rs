//! Every metric of every CVSS version in canonical order, with its choices in words.
//!
//! Source: FIRST, CVSS v2.0 guide table 1 to 13; CVSS v3.1 specification table 15; CVSS v4.0 specification table 23.

/// Which group a metric belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Constant over time and users; every vector has all of them.
    Base,
    /// Changes over time: temporal metrics of 2.0 and 3.x, threat metrics of 4.0.
    Threat,
    /// Holds for one user's environment.
    Environmental,
    /// Context that never changes the score (4.0 only).
    Supplemental,
}

/// One value a metric can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The code in a vector: `N`.
    pub code: &'static str,
    /// The value as a word: `Network`.
    pub label: &'static str,
}

/// One metric and the values it can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// The code in a vector: `AV`.
    pub code: &'static str,
    /// The name for people: `Attack vector`.
    pub name: &'static str,
    /// The group it belongs to.
    pub group: Group,
    /// Its values, in the order of the specification.
    pub choices: &'static [Choice],
}

const fn metric(code: &'static str, name: &'static str, group: Group, choices: &'static [Choice]) -> Metric {
    Metric { code, name, group, choices }
}

const fn is(code: &'static str, label: &'static str) -> Choice {
    Choice { code, label }
}

pub(super) const V2: &[Metric] = &[
    metric("AV", "Access vector", Group::Base, &[is("N", "Network"), is("A", "Adjacent network"), is("L", "Local")]),
    metric("AC", "Access complexity", Group::Base, &[is("L", "Low"), is("M", "Medium"), is("H", "High")]),
    metric("Au", "Authentication", Group::Base, &[is("N", "None"), is("S", "Single"), is("M", "Multiple")]),
    metric("C", "Confidentiality impact", Group::Base, &[is("C", "Complete"), is("P", "Partial"), is("N", "None")]),
    metric("I", "Integrity impact", Group::Base, &[is("C", "Complete"), is("P", "Partial"), is("N", "None")]),
    metric("A", "Availability impact", Group::Base, &[is("C", "Complete"), is("P", "Partial"), is("N", "None")]),
    metric(
        "E",
        "Exploitability",
        Group::Threat,
        &[
            is("ND", "Not defined"),
            is("U", "Unproven"),
            is("POC", "Proof of concept"),
            is("F", "Functional"),
            is("H", "High"),
        ],
    ),
    metric(
        "RL",
        "Remediation level",
        Group::Threat,
        &[
            is("ND", "Not defined"),
            is("OF", "Official fix"),
            is("TF", "Temporary fix"),
            is("W", "Workaround"),
            is("U", "Unavailable"),
        ],
    ),
    metric(
        "RC",
        "Report confidence",
        Group::Threat,
        &[is("ND", "Not defined"), is("UC", "Unconfirmed"), is("UR", "Uncorroborated"), is("C", "Confirmed")],
    ),
    metric(
        "CDP",
        "Collateral damage potential",
        Group::Environmental,
        &[
            is("ND", "Not defined"),
            is("N", "None"),
            is("L", "Low"),
            is("LM", "Low to medium"),
            is("MH", "Medium to high"),
            is("H", "High"),
        ],
    ),
    metric(
        "TD",
        "Target distribution",
        Group::Environmental,
        &[is("ND", "Not defined"), is("N", "None"), is("L", "Low"), is("M", "Medium"), is("H", "High")],
    ),
    metric(
        "CR",
        "Confidentiality requirement",
        Group::Environmental,
        &[is("ND", "Not defined"), is("L", "Low"), is("M", "Medium"), is("H", "High")],
    ),
    metric(
        "IR",
        "Integrity requirement",
        Group::Environmental,
        &[is("ND", "Not defined"), is("L", "Low"), is("M", "Medium"), is("H", "High")],
    ),
    metric(
        "AR",
        "Availability requirement",
        Group::Environmental,
        &[is("ND", "Not defined"), is("L", "Low"), is("M", "Medium"), is("H", "High")],
    ),
];

pub(super) const V3: &[Metric] = &[
    metric(
        "AV",
        "Attack vector",
        Group::Base,
        &[is("N", "Network"), is("A", "Adjacent network"), is("L", "Local"), is("P", "Physical")],
    ),
    metric("AC", "Attack complexity", Group::Base, &[is("L", "Low"), is("H", "High")]),
    metric("PR", "Privileges required", Group::Base, &[is("N", "None"), is("L", "Low"), is("H", "High")]),
    metric("UI", "User interaction", Group::Base, &[is("N", "None"), is("R", "Required")]),
    metric("S", "Scope", Group::Base, &[is("U", "Unchanged"), is("C", "Changed")]),
    metric("C", "Confidentiality impact", Group::Base, &[is("H", "High"), is("L", "Low"), is("N", "None")]),
    metric("I", "Integrity impact", Group::Base, &[is("H", "High"), is("L", "Low"), is("N", "None")]),
    metric("A", "Availability impact", Group::Base, &[is("H", "High"), is("L", "Low"), is("N", "None")]),
    metric(
        "E",
        "Exploit code maturity",
        Group::Threat,
        &[
            is("X", "Not defined"),
            is("U", "Unproven"),
            is("P", "Proof of concept"),
            is("F", "Functional"),
            is("H", "High"),
        ],
    ),
    metric(
        "RL",
        "Remediation level",
        Group::Threat,
        &[
            is("X", "Not defined"),
            is("O", "Official fix"),
            is("T", "Temporary fix"),
            is("W", "Workaround"),
            is("U", "Unavailable"),
        ],
    ),
    metric(
        "RC",
        "Report confidence",
        Group::Threat,
        &[is("X", "Not defined"), is("U", "Unknown"), is("R", "Reasonable"), is("C", "Confirmed")],
    ),
    metric(
        "CR",
        "Confidentiality requirement",
        Group::Environmental,
        &[is("X", "Not defined"), is("L", "Low"), is("M", "Medium"), is("H", "High")],
    ),
    metric(
        "IR",
        "Integrity requirement",
        Group::Environmental,
        &[is("X", "Not defined"), is("L", "Low"), is("M", "Medium"), is("H", "High")],
    ),
    metric(
        "AR",
        "Availability requirement",
        Group::Environmental,
        &[is("X", "Not defined"), is("L", "Low"), is("M", "Medium"), is("H", "High")],
    ),
    metric(
        "MAV",
        "Modified attack vector",
        Group::Environmental,
        &[
            is("X", "Not defined"),
            is("N", "Network"),
            is("A", "Adjacent network"),
            is("L", "Local"),
            is("P", "Physical"),
        ],
    ),
    metric(
        "MAC",
        "Modified attack complexity",
        Group::Environmental,
        &[is("X", "Not defined"), is("L", "Low"), is("H", "High")],
    ),
    metric(
        "MPR",
        "Modified privileges required",
        Group::Environmental,
        &[is("X", "Not defined"), is("N", "None"), is("L", "Low"), is("H", "High")],
    ),
    metric(
        "MUI",
        "Modified user interaction",
        Group::Environmental,
        &[is("X", "Not defined"), is("N", "None"), is("R", "Required")],
    ),
    metric(
        "MS",
        "Modified scope",
        Group::Environmental,
        &[is("X", "Not defined"), is("U", "Unchanged"), is("C", "Changed")],
    ),
    metric(
        "MC",
        "Modified confidentiality impact",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("L", "Low"), is("N", "None")],
    ),
    metric(
        "MI",
        "Modified integrity impact",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("L", "Low"), is("N", "None")],
    ),
    metric(
        "MA",
        "Modified availability impact",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("L", "Low"), is("N", "None")],
    ),
];

pub(super) const V4: &[Metric] = &[
    metric(
        "AV",
        "Attack vector",
        Group::Base,
        &[is("N", "Network"), is("A", "Adjacent"), is("L", "Local"), is("P", "Physical")],
    ),
    metric("AC", "Attack complexity", Group::Base, &[is("L", "Low"), is("H", "High")]),
    metric("AT", "Attack requirements", Group::Base, &[is("N", "None"), is("P", "Present")]),
    metric("PR", "Privileges required", Group::Base, &[is("N", "None"), is("L", "Low"), is("H", "High")]),
    metric("UI", "User interaction", Group::Base, &[is("N", "None"), is("P", "Passive"), is("A", "Active")]),
    metric("VC", "Vulnerable system confidentiality", Group::Base, &[is("H", "High"), is("L", "Low"), is("N", "None")]),
    metric("VI", "Vulnerable system integrity", Group::Base, &[is("H", "High"), is("L", "Low"), is("N", "None")]),
    metric("VA", "Vulnerable system availability", Group::Base, &[is("H", "High"), is("L", "Low"), is("N", "None")]),
    metric("SC", "Subsequent system confidentiality", Group::Base, &[is("H", "High"), is("L", "Low"), is("N", "None")]),
    metric("SI", "Subsequent system integrity", Group::Base, &[is("H", "High"), is("L", "Low"), is("N", "None")]),
    metric("SA", "Subsequent system availability", Group::Base, &[is("H", "High"), is("L", "Low"), is("N", "None")]),
    metric(
        "E",
        "Exploit maturity",
        Group::Threat,
        &[is("X", "Not defined"), is("A", "Attacked"), is("P", "Proof of concept"), is("U", "Unreported")],
    ),
    metric(
        "CR",
        "Confidentiality requirement",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("M", "Medium"), is("L", "Low")],
    ),
    metric(
        "IR",
        "Integrity requirement",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("M", "Medium"), is("L", "Low")],
    ),
    metric(
        "AR",
        "Availability requirement",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("M", "Medium"), is("L", "Low")],
    ),
    metric(
        "MAV",
        "Modified attack vector",
        Group::Environmental,
        &[is("X", "Not defined"), is("N", "Network"), is("A", "Adjacent"), is("L", "Local"), is("P", "Physical")],
    ),
    metric(
        "MAC",
        "Modified attack complexity",
        Group::Environmental,
        &[is("X", "Not defined"), is("L", "Low"), is("H", "High")],
    ),
    metric(
        "MAT",
        "Modified attack requirements",
        Group::Environmental,
        &[is("X", "Not defined"), is("N", "None"), is("P", "Present")],
    ),
    metric(
        "MPR",
        "Modified privileges required",
        Group::Environmental,
        &[is("X", "Not defined"), is("N", "None"), is("L", "Low"), is("H", "High")],
    ),
    metric(
        "MUI",
        "Modified user interaction",
        Group::Environmental,
        &[is("X", "Not defined"), is("N", "None"), is("P", "Passive"), is("A", "Active")],
    ),
    metric(
        "MVC",
        "Modified vulnerable system confidentiality",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("L", "Low"), is("N", "None")],
    ),
    metric(
        "MVI",
        "Modified vulnerable system integrity",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("L", "Low"), is("N", "None")],
    ),
    metric(
        "MVA",
        "Modified vulnerable system availability",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("L", "Low"), is("N", "None")],
    ),
    metric(
        "MSC",
        "Modified subsequent system confidentiality",
        Group::Environmental,
        &[is("X", "Not defined"), is("H", "High"), is("L", "Low"), is("N", "None")],
    ),
    metric(
        "MSI",
        "Modified subsequent system integrity",
        Group::Environmental,
        &[is("X", "Not defined"), is("S", "Safety"), is("H", "High"), is("L", "Low"), is("N", "None")],
    ),
    metric(
        "MSA",
        "Modified subsequent system availability",
        Group::Environmental,
        &[is("X", "Not defined"), is("S", "Safety"), is("H", "High"), is("L", "Low"), is("N", "None")],
    ),
    metric("S", "Safety", Group::Supplemental, &[is("X", "Not defined"), is("N", "Negligible"), is("P", "Present")]),
    metric("AU", "Automatable", Group::Supplemental, &[is("X", "Not defined"), is("N", "No"), is("Y", "Yes")]),
    metric(
        "R",
        "Recovery",
        Group::Supplemental,
        &[is("X", "Not defined"), is("A", "Automatic"), is("U", "User"), is("I", "Irrecoverable")],
    ),
    metric(
        "V",
        "Value density",
        Group::Supplemental,
        &[is("X", "Not defined"), is("D", "Diffuse"), is("C", "Concentrated")],
    ),
    metric(
        "RE",
        "Vulnerability response effort",
        Group::Supplemental,
        &[is("X", "Not defined"), is("L", "Low"), is("M", "Moderate"), is("H", "High")],
    ),
    metric(
        "U",
        "Provider urgency",
        Group::Supplemental,
        &[is("X", "Not defined"), is("Clear", "Clear"), is("Green", "Green"), is("Amber", "Amber"), is("Red", "Red")],
    ),
];
