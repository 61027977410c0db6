//! What a mandatory test rests on, and where validators are known to judge otherwise.

use super::Edition;

/// Tests on which validators are known to differ, with why Candor judges as it does.
const DISPUTED: &[(&str, &str)] = &[
    (
        "6.1.9",
        "scores are computed anew from the vector. For CVSS 4.0 the score of the vector as it stands is taken, and the one of its \
         base metrics alone as well, because the schema's name for the property says no less",
    ),
    (
        "6.1.10",
        "a metric that the vector leaves out contradicts nothing: official documents add modified metrics that way",
    ),
    (
        "6.1.11",
        "the weakness must exist and bear the name of the list. 2.0 does not say of which version of the list, and names change; \
         2.1 added a version to each weakness for this, and is judged by it. For 2.0 Candor looks into the newest list it knows, \
         4.20: a validator with an older list finds newer names and numbers wrong, and accepts names that are none any more. Real documents are judged \
         differently for this more than for anything else",
    ),
];

/// The clause a mandatory test rests on, in words for a person; nothing for what is no test of the edition.
pub fn clause(edition: Edition, test: &str) -> Option<String> {
    let (tests, name): (&[&str], _) = match edition {
        Edition::V2_0 => (&super::MANDATORY_TESTS, "CSAF 2.0"),
        Edition::V2_1 => (&super::MANDATORY_TESTS_2_1, "CSAF 2.1"),
    };
    if test == "schema" {
        return Some(format!("section 3 of {name} and its JSON schema: the shape of the document"));
    }
    tests.contains(&test).then(|| match DISPUTED.iter().find(|(disputed, _)| *disputed == test) {
        None => format!("section {test} of {name}, a mandatory test: a document that fails it is not valid"),
        Some((_, why)) => {
            format!("section {test} of {name}, a mandatory test. Validators differ here, and Candor reads it so: {why}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mandatory_test_has_a_clause_and_what_is_none_has_not() {
        for test in super::super::MANDATORY_TESTS {
            assert!(clause(Edition::V2_0, test).is_some_and(|text| text.contains(test)));
        }
        assert!(clause(Edition::V2_0, "6.1.11").expect("a clause").contains("4.20"));
        assert!(clause(Edition::V2_1, "schema").is_some());
        assert_eq!(clause(Edition::V2_0, "6.9.9"), None);
    }
}
