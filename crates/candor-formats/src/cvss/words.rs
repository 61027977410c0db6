//! What the base metrics of CVSS 3.1 and 4.0 ask, and what each answer means, in plain words.
//!
//! Retold from: FIRST, CVSS v3.1 specification section 2; CVSS v4.0 specification section 2.

use super::Version;

/// What a base metric asks; empty for one that is not a base metric of 3.x or 4.0.
pub fn question(version: Version, metric: &str) -> &'static str {
    match (metric, version) {
        ("AV", _) => "From where can it be attacked?",
        ("AC", Version::V4_0) => "Must the attacker get around a protection that is there on purpose?",
        ("AC", _) => "Does success hang on conditions the attacker does not control?",
        ("AT", _) => "Must something be so that the attacker does not control, such as a setting or a race?",
        ("PR", _) => "Which rights must the attacker have before?",
        ("UI", _) => "Must somebody else do something?",
        ("S", _) => "Does it reach beyond what the vulnerable part may do itself?",
        ("C" | "VC", _) => "What can be read that should be secret?",
        ("I" | "VI", _) => "What can be changed or forged?",
        ("A" | "VA", _) => "What stops working?",
        ("SC", _) => "What can be read in other systems behind it?",
        ("SI", _) => "What can be changed in other systems behind it?",
        ("SA", _) => "What stops working in other systems behind it?",
        _ => "",
    }
}

/// What an answer means; empty for one that is not known.
pub fn meaning(version: Version, metric: &str, value: &str) -> &'static str {
    let four = version == Version::V4_0;
    match (metric, value) {
        ("AV", "N") => "From anywhere a packet can come from, such as the internet.",
        ("AV", "A") => "Only from a near network: the same link, Bluetooth, a local segment.",
        ("AV", "L") => "Only with access to the machine, or by a file somebody opens there.",
        ("AV", "P") => "Only by touching the device.",
        ("AC", "L") if four => "No: it works without getting around anything.",
        ("AC", "H") if four => "Yes: such as randomised addresses, or a secret of this one target.",
        ("AC", "L") => "No: it works every time.",
        ("AC", "H") => "Yes: it takes preparation or luck, such as a race or a place in the middle.",
        ("AT", "N") => "No: it works in most installations.",
        ("AT", "P") => "Yes: such as a race to win, or a place in the middle.",
        ("PR", "N") => "None: no account.",
        ("PR", "L") => "Those of an ordinary user.",
        ("PR", "H") => "Those of somebody who administers it.",
        ("UI", "N") => "No: nobody else takes part.",
        ("UI", "R") => "Yes: such as opening a link or a file.",
        ("UI", "P") => "In passing: somebody uses it as usual, such as visiting a page.",
        ("UI", "A") => "On purpose: somebody takes a step, such as importing a file or accepting a warning.",
        ("S", "U") => "No: only the vulnerable part and what it manages.",
        ("S", "C") => "Yes: such as out of a sandbox, or into a user's browser.",
        ("C" | "VC", "H") => "Everything, or what matters most, such as a password.",
        ("C" | "VC", "L") => "Something, not of the attacker's choice.",
        ("C" | "VC", "N") => "Nothing.",
        ("I" | "VI", "H") => "Everything, or what matters most.",
        ("I" | "VI", "L") => "Something, without grave consequences.",
        ("I" | "VI", "N") => "Nothing.",
        ("A" | "VA", "H") => "It is down, or can be brought down again and again.",
        ("A" | "VA", "L") => "It is slower, or stops now and then.",
        ("A" | "VA", "N") => "Nothing.",
        ("SC" | "SI" | "SA", "H") => "Much: other systems suffer gravely.",
        ("SC" | "SI" | "SA", "L") => "Little.",
        ("SC" | "SI" | "SA", "N") => "Nothing beyond the vulnerable system.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::metrics;
    use super::*;

    #[test]
    fn every_base_metric_and_each_of_its_answers_has_words() {
        for version in [Version::V3_1, Version::V4_0] {
            for metric in metrics(version) {
                assert!(!question(version, metric.code).is_empty(), "{}", metric.code);
                for choice in metric.choices {
                    assert!(!meaning(version, metric.code, choice.code).is_empty(), "{}:{}", metric.code, choice.code);
                }
            }
        }
        assert_eq!(question(Version::V3_1, "RL"), "");
    }
}
