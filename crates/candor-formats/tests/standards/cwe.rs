//! CWE: the built-in list against the list it was made from.

use candor_formats::cwe::{Cwe, LIST_VERSION};

use crate::folder;

#[test]
fn the_built_in_list_is_the_official_list() {
    let Some(folder) = folder("cwe") else { return };
    let file = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(Result::ok)
        .find(|entry| entry.file_name().to_string_lossy().starts_with(&format!("cwe_{LIST_VERSION}")))
        .expect("the list of the built-in version is there");
    let text = std::fs::read_to_string(file.path()).unwrap();
    let mut count = 0;
    for line in text.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let cwe = Cwe::get(columns[0].parse().unwrap()).unwrap_or_else(|| panic!("CWE-{} is missing", columns[0]));
        assert_eq!(cwe.name, columns[2]);
        assert_eq!(cwe.usage.label().to_lowercase().replace(' ', "-"), columns[4].to_lowercase(), "{cwe}");
        count += 1;
    }
    assert_eq!(Cwe::all().count(), count);
    println!("CWE: {count} weaknesses compared");
}
