//! Whether the code that a report names is there: looked up in lists of source files that the program gives with its policy.
//! A list has one path a line; behind a tab may stand the functions of that file, with spaces between them.

use crate::policy::Policy;
use candor_formats::identifiers::{Mention, Named};

/// Places of a report that are looked up.
const LOOKED_UP: usize = 12;

/// What of a report's places the program's sources have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Files and functions that are there, as the lists have them.
    pub there: Vec<String>,
    /// Files that are not, as the report has them.
    pub missing: Vec<String>,
}

/// Looks up what a report names. `None` when the program gives no list, or the report names no place of code.
pub fn look_up(policy: &Policy, named: &[Mention]) -> Option<Known> {
    let lists: Vec<&str> = policy
        .files
        .iter()
        .filter(|file| policy.report.sources.contains(&file.path))
        .map(|file| file.text.as_str())
        .collect();
    let places: Vec<&Mention> =
        named.iter().filter(|one| matches!(one.named, Named::Path | Named::Function)).take(LOOKED_UP).collect();
    if lists.is_empty() || places.is_empty() {
        return None;
    }
    let mut found: Vec<Option<String>> = vec![None; places.len()];
    for line in lists.iter().flat_map(|list| list.lines()) {
        let (path, functions) = line.trim_end().split_once('\t').unwrap_or((line.trim_end(), ""));
        if path.is_empty() {
            continue;
        }
        for (place, found) in places.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let name = place.text.trim_start_matches("./");
            let is_there = match place.named {
                Named::Path => is_same(path, name),
                _ => functions.split(' ').any(|known| !known.is_empty() && known == bare(name)),
            };
            if is_there {
                *found = Some(if place.named == Named::Path {
                    path.to_owned()
                } else {
                    format!("{} in {path}", place.text)
                });
            }
        }
    }
    let mut known = Known::default();
    for (place, found) in places.iter().zip(found) {
        match found {
            Some(found) if !known.there.contains(&found) => known.there.push(found),
            Some(_) => {}
            // Few lists have every function; only a file that is nowhere says something.
            None if place.named == Named::Path => known.missing.push(place.text.clone()),
            None => {}
        }
    }
    Some(known)
}

/// The name of a function without what stands around it: `png::read_row()` is `read_row`.
fn bare(name: &str) -> &str {
    let name = name.split('(').next().unwrap_or(name);
    name.rsplit([':', '.', '>']).next().unwrap_or(name)
}

/// Whether one of two paths is the end of the other, in whole parts.
fn is_same(known: &str, named: &str) -> bool {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|front| front.is_empty() || front.ends_with('/'))
    };
    ends(known, named) || ends(named, known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::file::read_with;
    use candor_formats::identifiers::mentions;

    const LIST: &str = "cmd/lifecycle.go\tparseRule evalRule\ncmd/main.go\n\nREADME.md\n";
    const POLICY: &str =
        "[program]\nslug = \"own\"\nname = \"Own\"\n[[contacts]]\nrole = \"primary\"\nemail = \"a@own.example\"\n";

    fn policy() -> Policy {
        let text = format!("{POLICY}[report]\nsources = [\"files.txt\"]\n");
        let find = |path: &str| if path == "files.txt" { Ok(LIST.to_owned()) } else { Err("nothing".to_owned()) };
        let (policy, whole) = read_with(&text, &find).unwrap();
        assert_eq!(crate::policy::file::read_again(&whole).unwrap(), policy, "it stands alone");
        policy
    }

    #[test]
    fn a_named_file_is_there_under_its_whole_path_or_the_end_of_it_and_another_is_not() {
        let told = |text: &str| look_up(&policy(), &mentions(text)).unwrap();
        assert_eq!(told("See cmd/lifecycle.go:120.").there, ["cmd/lifecycle.go"]);
        assert_eq!(told("It crashes at lifecycle.go:120.").there, ["cmd/lifecycle.go"]);
        assert_eq!(told("In /build/minio/cmd/main.go:7 it ends.").there, ["cmd/main.go"]);
        let made_up = told("The bug is in core/auth/session_manager.go:88, where cycle.go is read.");
        assert_eq!(made_up.missing, ["core/auth/session_manager.go", "cycle.go"]);
        assert!(made_up.there.is_empty(), "the end of a name is not the name: {made_up:?}");
    }

    #[test]
    fn a_function_is_found_by_its_bare_name_and_one_that_no_list_has_says_nothing() {
        let known =
            look_up(&policy(), &mentions("parseRule() does not check the length; evalThing() neither.")).unwrap();
        assert_eq!((known.there, known.missing), (vec!["parseRule in cmd/lifecycle.go".to_owned()], vec![]));
    }

    #[test]
    fn without_a_list_or_a_place_nothing_is_said() {
        let bare = crate::policy::file::read(POLICY).unwrap();
        assert_eq!(look_up(&bare, &mentions("cmd/main.go:7")), None);
        assert_eq!(look_up(&policy(), &mentions("The page is slow.")), None);
    }

    #[test]
    fn a_list_that_is_not_there_is_told_and_none_is_published() {
        let text = format!("{POLICY}[report]\nsources = [\"gone.txt\"]\n");
        let found = crate::policy::file::read(&text).unwrap_err();
        assert!(found[0].path == "report.sources[0]" && found[0].message.contains("gone.txt"), "{found:?}");
        let public = crate::policy::render::json(&policy()).to_string();
        assert!(!public.contains("lifecycle"), "{public}");
    }
}
