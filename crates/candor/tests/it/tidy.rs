//! The house kept in order: floors, rooms, and the absences that ARCHITECTURE.md lists. Reads the sources as text, so
//! it is quick and a little blunt: where it is wrong about a line, teach it here and say why.

mod abuse; // which test holds against which attack
mod licences; // what is built in, and under which terms
mod secrets; // how secrets are compared
mod openpgp; // where bytes of strangers meet the library for OpenPGP
mod requirements; // which test holds which row of the policies

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The rooms of the shell, low to high. A room may use what stands on a lower floor, and itself.
const FLOORS: &[&[&str]] = &[
    &["config", "coding"],
    &["store", "keys", "openpgp"],
    &["error"],
    &["confine", "proof", "throttle"],
    &["app"],
    &["execute"],
    &["letters", "accounts", "program_keys", "watch", "follow", "anchors"],
    &["oidc", "search"],
    &["web", "api", "mail", "publish"],
    &["worker"],
    &["demo"],
    &["split"],
    &["serve"],
    &["cli"],
    &["main"],
];

/// What goes beside the floors: (room or part of one, what it may use as well, why).
const BESIDE: &[(&str, &str, &str)] = &[
    ("store", "keys", "names of stored things are random"),
    ("keys", "store", "the key ring lies in a database of the store"),
    ("publish", "web", "public pages have one look: views, assets and prepared text, no handler"),
    ("web::demo_mail", "mail", "the demonstration's letters are read back from the folder where they were laid"),
];

/// The parts of `web` that `publish` may use: none of them answers a request.
const PUBLIC_LOOK: &[&str] = &["views", "markdown", "advisory"];

/// What a pure crate may be built on: nothing that reads a clock, a disk or a socket, and nothing async.
const PURE: &[(&str, &[&str])] = &[
    (
        "candor-formats",
        &[
            "aho-corasick",
            "cvss",
            "flate2",
            "jiff",
            "packageurl",
            "quick-xml",
            "semver",
            "serde",
            "serde_json",
            "thiserror",
        ],
    ),
    ("candor-core", &["candor-formats", "jiff", "schemars", "serde", "serde_json", "thiserror", "toml"]),
];

/// The chapters of a case's life; none decides for another.
const CHAPTERS: &[&str] =
    &["intake", "dialogue", "triage", "coordination", "remediation", "disclosure", "dependencies"];

/// A file that grows past this is more than one room.
const LINES: usize = 900;

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is where it was built")
}

/// A text file of the project.
struct File {
    /// Below the root, with forward slashes.
    path: String,
    text: String,
}

impl File {
    /// The text without comments and without what follows the first `#[cfg(test)]` module.
    fn code(&self) -> String {
        let body = self.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let mut code = String::with_capacity(body.len());
        for line in body.lines() {
            let kept = match line.find("//") {
                Some(at) if !line[..at].ends_with(':') && !line[..at].ends_with('"') => &line[..at],
                _ => line,
            };
            code.push_str(kept);
            code.push('\n');
        }
        code
    }
}

/// Every text file below `folder` (below the root) whose name ends in one of `ends`; all when there are none.
fn files(folder: &str, ends: &[&str]) -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    let mut open = vec![root.join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project is read").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                let skipped = ["target", ".git", "artefacts", "node_modules"].contains(&name.as_str());
                if !skipped && !name.starts_with("candor-data") {
                    open.push(path);
                }
            } else if ends.is_empty() || ends.iter().any(|end| name.ends_with(end)) {
                let below = path.strip_prefix(&root).expect("it lies below the root");
                if let Ok(text) = std::fs::read_to_string(&path) {
                    found.push(File { path: below.to_string_lossy().replace('\\', "/"), text });
                }
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds files");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn shell() -> Vec<File> {
    files("crates/candor/src", &[".rs"])
}

/// Module path of a file of the shell: `web/desk/mod.rs` is `web`, `desk`.
fn module(path: &str) -> Vec<&str> {
    let below = path.strip_prefix("crates/candor/src/").unwrap_or(path);
    let below = below.trim_end_matches(".rs").trim_end_matches("/mod");
    if below == "lib" { Vec::new() } else { below.split('/').collect() }
}

/// The leading word of a text, as an identifier.
fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    &text[..end]
}

/// The paths that follow each `prefix` in the code, one per name of a group: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn paths_after(code: &str, prefix: &str) -> Vec<String> {
    let part_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let begins = code.match_indices(prefix).filter(|(at, _)| !code[..*at].ends_with(part_of_word));
    begins.flat_map(|(at, _)| branches(&code[at + prefix.len()..])).filter(|path| !path.is_empty()).collect()
}

/// The paths of the `use` tree that begins the text.
fn branches(text: &str) -> Vec<String> {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':');
    let (head, rest) = text.split_at(end.unwrap_or(text.len()));
    let group = rest.strip_prefix('{').filter(|_| head.is_empty() || head.ends_with("::"));
    let Some(group) = group else {
        let name = rest.strip_prefix(" as ").map(word).filter(|name| !name.is_empty());
        return vec![
            head.trim_end_matches(':').to_owned() + &name.map(|name| format!(" as {name}")).unwrap_or_default(),
        ];
    };
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("one part is there from the start").push(letter);
    }
    parts.iter().flat_map(|part| branches(part.trim())).map(|path| format!("{head}{path}")).collect()
}

/// What a file of the shell uses of the crate, as paths from the crate's root.
fn uses(file: &File) -> BTreeSet<String> {
    let code = file.code();
    let mut found: BTreeSet<String> = paths_after(&code, "crate::").into_iter().collect();
    let up = "super::".repeat(module(&file.path).len());
    if !up.is_empty() {
        found.extend(paths_after(&code, &up).into_iter().filter(|path| !path.starts_with("super")));
    }
    found
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn report(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn no_room_of_the_shell_uses_a_higher_floor_and_no_door_another() {
    let mut wrong = Vec::new();
    for file in shell() {
        let Some(&room) = module(&file.path).first() else { continue };
        let whole = module(&file.path).join("::");
        let Some(stands) = floor(room) else {
            wrong.push(format!("{}: give the room `{room}` a floor in tidy.rs", file.path));
            continue;
        };
        for path in uses(&file) {
            let used = word(&path);
            let Some(lies) = floor(used) else { continue };
            let beside = BESIDE.iter().any(|(from, to, _)| *to == used && (*from == room || *from == whole));
            if used != room && lies >= stands && !beside {
                wrong.push(format!("{}: `{room}` uses `{path}`, which is not on a lower floor", file.path));
            }
            if room == "publish" && used == "web" {
                let part = word(path.strip_prefix("web::").unwrap_or_default());
                if !PUBLIC_LOOK.contains(&part) {
                    wrong.push(format!("{}: `publish` uses `{path}`; of web it may use {PUBLIC_LOOK:?}", file.path));
                }
            }
        }
    }
    report(wrong);
}

#[test]
fn the_list_of_rooms_reads_from_the_lowest_floor_up() {
    let list = std::fs::read_to_string(root().join("crates/candor/src/lib.rs")).expect("lib.rs is read");
    let named: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix("pub mod ")).map(word).collect();
    let floors: Vec<usize> = named.iter().filter_map(|room| floor(room)).collect();
    assert_eq!(floors.len(), named.len(), "every room of lib.rs has a floor in tidy.rs: {named:?}");
    assert!(floors.is_sorted(), "lib.rs lists rooms from low to high: {named:?}");
}

#[test]
fn the_chapters_of_the_core_do_not_decide_for_each_other() {
    let mut wrong = Vec::new();
    for file in files("crates/candor-core/src", &[".rs"]) {
        let room = word(file.path.trim_start_matches("crates/candor-core/src/"));
        if !CHAPTERS.contains(&room) {
            continue;
        }
        for path in paths_after(&file.code(), "crate::") {
            if word(&path) != room && CHAPTERS.contains(&word(&path)) {
                wrong.push(format!("{}: uses `{path}`", file.path));
            }
        }
    }
    report(wrong);
}

#[test]
fn the_pure_crates_are_built_on_nothing_that_reads_the_world() {
    let mut wrong = Vec::new();
    for (name, allowed) in PURE {
        let manifest = std::fs::read_to_string(root().join("crates").join(name).join("Cargo.toml"));
        let manifest: toml::Value = toml::from_str(&manifest.expect("a manifest")).expect("a manifest is TOML");
        for used in manifest["dependencies"].as_table().expect("a table").keys() {
            if !allowed.contains(&used.as_str()) {
                wrong.push(format!("{name} is built on {used}; it may be on {allowed:?}"));
            }
        }
        for file in files(&format!("crates/{name}/src"), &[".rs"]) {
            for (at, line) in file.code().lines().enumerate() {
                for banned in [
                    "async ",
                    ".await",
                    "::now(",
                    "std::fs",
                    "std::net::Tcp",
                    "std::net::Udp",
                    "std::env",
                    "std::process",
                ] {
                    if line.contains(banned) {
                        wrong.push(format!("{}:{}: `{banned}` in a pure crate", file.path, at + 1));
                    }
                }
            }
        }
    }
    report(wrong);
}

#[test]
fn only_the_store_speaks_sql() {
    let mut wrong = Vec::new();
    for file in shell().iter().filter(|file| !file.path.starts_with("crates/candor/src/store/")) {
        for (at, line) in file.code().lines().enumerate() {
            let lower = line.to_lowercase();
            let quoted = lower.trim_start().trim_start_matches(['"', '\\']);
            let selects = (lower.contains("\"select ") || quoted.starts_with("select ")) && lower.contains(" from ");
            let writes = ["insert into ", "delete from ", "create table ", "alter table ", "drop table "]
                .iter()
                .any(|words| lower.contains(words));
            let updates = lower.contains("\"update ") && lower.contains(" set ");
            let drives =
                ["rusqlite::", "tokio_postgres::", "deadpool_postgres::"].iter().any(|name| line.contains(name));
            if selects || writes || updates || drives {
                wrong.push(format!("{}:{}: SQL outside store/", file.path, at + 1));
            }
        }
    }
    report(wrong);
}

#[test]
fn html_is_written_under_web_and_templates_only() {
    let tags =
        ["<!doctype", "<html", "<div", "<p>", "<a href", "<table", "<form", "<span", "<li>", "<h1", "<h2", "<br>"];
    let mut wrong = Vec::new();
    let mut sources = shell();
    sources.extend(files("crates/candor-core/src", &[".rs"]));
    sources.extend(files("crates/candor-formats/src", &[".rs"]));
    for file in sources {
        // The policy's own printer gives a page of its own, for a team's website.
        let printer = file.path == "crates/candor-core/src/policy/render.rs";
        if printer || file.path.starts_with("crates/candor/src/web/") {
            continue;
        }
        for (at, line) in file.code().lines().enumerate() {
            let lower = line.to_lowercase();
            if let Some(tag) = tags.iter().find(|tag| lower.contains(*tag)) {
                wrong.push(format!("{}:{}: `{tag}` outside web/", file.path, at + 1));
            }
        }
    }
    report(wrong);
}

#[test]
fn only_execute_decides_and_only_app_and_the_command_line_read_the_clock() {
    let mut wrong = Vec::new();
    for file in shell() {
        let asked = paths_after(&file.code(), "candor_core::");
        let decides = asked.iter().any(|path| {
            let doors =
                ["decide", "decide::self", "decide::decide", "decide::open", "access", "access::self", "access::allow"];
            doors.contains(&path.as_str())
        });
        // Tests of a room ask what they like.
        if decides && module(&file.path).first() != Some(&"execute") && !file.path.ends_with("/tests.rs") {
            wrong.push(format!("{}: only execute asks the core to decide", file.path));
        }
        for (at, line) in file.code().lines().enumerate() {
            let reads = ["Timestamp::now(", "Zoned::now("].iter().any(|name| line.contains(name));
            // The command line names files by the day and prints dates of expiry where no service runs to be asked.
            if reads && module(&file.path) != ["app"] && module(&file.path).first() != Some(&"cli") {
                wrong.push(format!("{}:{}: only app.rs and cli/ read the clock", file.path, at + 1));
            }
        }
    }
    report(wrong);
}

#[test]
fn only_evolve_writes_a_case() {
    let mut sources = shell();
    sources.extend(files("crates/candor-core/src", &[".rs"]));
    let mut wrong = Vec::new();
    for file in sources.iter().filter(|file| file.path != "crates/candor-core/src/evolve.rs") {
        for (at, line) in file.code().lines().enumerate() {
            for (start, _) in line.match_indices("case.") {
                let rest =
                    line[start..].trim_start_matches(|letter: char| letter.is_alphanumeric() || "_.".contains(letter));
                if rest.starts_with(" = ") || rest.starts_with(" += ") {
                    wrong.push(format!("{}:{}: writes a case outside evolve", file.path, at + 1));
                }
            }
        }
    }
    report(wrong);
}

#[test]
fn the_core_s_types_are_not_serialised_to_the_outside() {
    let mut wrong = Vec::new();
    for file in shell() {
        let doors = ["api", "web", "publish", "mail"];
        if !module(&file.path).first().is_some_and(|room| doors.contains(room)) {
            continue;
        }
        let code = file.code();
        let core: BTreeSet<String> = paths_after(&code, "use candor_core::")
            .iter()
            .filter_map(|path| path.rsplit("::").next()?.rsplit(" as ").next().map(str::to_owned))
            .filter(|name| name.starts_with(char::is_uppercase))
            .collect();
        for (at, _) in code.match_indices("derive(") {
            let rest = &code[at..];
            let derived = &rest[..rest.find(')').unwrap_or(0)];
            if !derived.contains("Serialize") || derived.contains("Deserialize") {
                continue;
            }
            let body = &rest[..rest.find("\n}").unwrap_or(rest.len())];
            let fields = body.lines().filter(|line| line.starts_with("    ") && line.contains(": "));
            for field in fields {
                let kind = field.split(": ").nth(1).unwrap_or_default();
                let mut names = kind.split(|letter: char| !letter.is_alphanumeric());
                if kind.contains("candor_core::") || names.any(|name| core.contains(name)) {
                    wrong.push(format!("{}: `{}` goes out with a type of the core", file.path, field.trim()));
                }
            }
        }
    }
    report(wrong);
}

#[test]
fn every_file_is_one_room() {
    let mut wrong = Vec::new();
    for file in files("crates", &[".rs"]) {
        let lines = file.text.lines().count();
        if lines > LINES {
            wrong.push(format!("{}: {lines} lines; split it along its jobs (at most {LINES})", file.path));
        }
    }
    report(wrong);
}

#[test]
fn nothing_is_left_half_done_and_no_test_waits_for_the_clock() {
    let mut wrong = Vec::new();
    let marks = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("db", "g!("), concat!("FIX", "ME")];
    let sleeps = [concat!("thread::", "sleep("), concat!("time::", "sleep(")];
    for file in files("crates", &[".rs"]) {
        let test = file.path.contains("/tests/");
        for (at, line) in file.text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(*mark)) {
                wrong.push(format!("{}:{}: `{mark}`", file.path, at + 1));
            }
            if test && sleeps.iter().any(|sleep| line.contains(sleep)) {
                wrong.push(format!("{}:{}: a test waits for something that happens, not for time", file.path, at + 1));
            }
        }
    }
    report(wrong);
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    let mut wrong = Vec::new();
    let homes = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];
    for file in files("", &[]) {
        for (at, line) in file.text.lines().enumerate() {
            for home in homes {
                let named = line.match_indices(home).any(|(start, _)| {
                    let before = line[..start].chars().next_back();
                    before.is_none_or(|letter| !letter.is_alphanumeric() && !"./_-}".contains(letter))
                });
                if named {
                    wrong.push(format!("{}:{}: names a place of one machine (`{home}`)", file.path, at + 1));
                }
            }
        }
    }
    report(wrong);
}
