//! The binary on the command line: what it says, and how it ends.

use crate::support::service::{MINIO, Service};
use candor::accounts::{self, token};
use candor_core::access::Role;
use serde_json::Value;
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder to work in, and the binary with nothing of the outside around it.
struct Shell {
    folder: TempDir,
}

impl Shell {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("minio.toml"), MINIO).expect("the policy is written");
        Self { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command.env_clear().current_dir(self.folder.path()).args(args).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        Ended::of(self.command(args).output().expect("the binary runs"))
    }

    /// Runs with words on standard input.
    fn tell(&self, command: &mut Command, words: &str) -> Ended {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        child.stdin.take().expect("an input").write_all(words.as_bytes()).expect("it reads");
        Ended::of(child.wait_with_output().expect("it ends"))
    }
}

#[derive(Debug)]
struct Ended {
    status: i32,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            status: output.status.code().expect("it ended by itself"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    fn fine(self) -> String {
        assert_eq!(self.status, 0, "{self:?}");
        self.out
    }

    fn json(self) -> Value {
        serde_json::from_str(&self.fine()).expect("JSON")
    }

    /// It failed with this status and one line that contains these words.
    fn refused(&self, status: i32, words: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.err.contains(words), "{self:?}");
        assert_eq!(self.err.trim().lines().count(), 1, "{self:?}");
    }
}

#[test]
fn wrong_usage_ends_with_two_and_a_failure_with_one() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["fly"]).status, 2);
    assert_eq!(shell.run(&["serve", "--roles", "desk,kitchen"]).status, 2);
    shell.run(&["serve", "--listen", "8080"]).refused(2, "write it like 127.0.0.1:8080");
    shell.run(&["policy", "check", "nothing.toml"]).refused(1, "nothing.toml cannot be read");
    shell.run(&["program", "list"]).refused(1, "there is no store in ./candor-data");
    shell.run(&["cvss", "CVSS:3.1/AV:X"]).refused(1, "CVSS:3.1/AV:X");
    shell.run(&["case", "list"]).refused(2, "CANDOR_TOKEN");
    assert!(!shell.path("candor-data").exists(), "a slip in a path made a store");
}

#[test]
fn a_policy_is_checked_with_line_and_column() {
    let shell = Shell::new();
    assert!(shell.run(&["policy", "check", "minio.toml"]).fine().contains("fine"));
    std::fs::write(shell.path("wrong.toml"), MINIO.replace("within = \"48 hours\"", "within = \"two days\""))
        .expect("written");
    let ended = shell.run(&["policy", "check", "wrong.toml"]);
    assert_eq!(ended.status, 1);
    assert!(ended.err.starts_with("wrong.toml:"), "{}", ended.err);
    assert!(ended.err.contains("48 hours"), "it says how a length is written: {}", ended.err);
    let found = shell.run(&["policy", "check", "--json", "wrong.toml"]);
    let found: Value = serde_json::from_str(&found.out).expect("JSON");
    assert!(found["findings"][0]["line"].as_u64().is_some_and(|line| line > 1), "{found}");
    for form in ["security-md", "html", "json"] {
        assert!(shell.run(&["policy", "render", "minio.toml", "--as", form]).fine().contains("MinIO"), "{form}");
    }
    assert_eq!(shell.run(&["policy", "schema"]).json()["title"], "Policy");
}

#[test]
fn prose_becomes_a_draft_and_is_compared_with_a_policy() {
    let shell = Shell::new();
    let prose = "# Security policy of Sample\n\nWrite to security@sample.example in English.\n\n\
        We will acknowledge your report within two working days.\n\nPublish nothing before the fix is out.\n";
    std::fs::write(shell.path("SECURITY.md"), prose).expect("the prose is written");
    let draft = shell.run(&["policy", "import", "SECURITY.md", "--out", "draft.toml"]);
    assert_eq!(draft.status, 0, "{draft:?}");
    assert!(draft.err.contains("questions at the end"), "{draft:?}");
    let text = std::fs::read_to_string(shell.path("draft.toml")).expect("the draft is there");
    assert!(text.contains("# from line 5: \"We will acknowledge your report within two working days.\""), "{text}");
    assert!(text.contains("within = \"2 working days\""), "{text}");
    assert_eq!(shell.run(&["policy", "check", "draft.toml"]).status, 0);
    let again = shell.run(&["policy", "import", "SECURITY.md", "--out", "draft.toml"]);
    assert_eq!(again.status, 1, "a file that is there is not written over: {again:?}");
    let same = shell.run(&["policy", "check", "draft.toml", "--against", "SECURITY.md"]);
    assert_eq!(same.status, 0, "{same:?}");
    assert!(same.out.contains("nothing contradicts"), "{same:?}");
    let other = shell.run(&["policy", "check", "minio.toml", "--against", "SECURITY.md"]);
    assert_eq!(other.status, 1, "{other:?}");
    assert!(other.err.contains("SECURITY.md:5: contradicts promises.acknowledge.within"), "{other:?}");
}

#[test]
fn a_forecast_says_what_breaks_first_and_what_would_have_to_change() {
    let shell = Shell::new();
    let load = ["policy", "simulate", "minio.toml", "--reports", "40/month", "--members", "2", "--hours", "3/week"];
    let drawn = shell.run(&[&load[..], &["--months", "3", "--no-advice", "--svg", "load.svg"]].concat());
    assert_eq!(drawn.status, 0, "{drawn:?}");
    assert!(drawn.out.contains("First to break: "), "{drawn:?}");
    assert!(drawn.out.contains("seed 7"), "{drawn:?}");
    let picture = std::fs::read_to_string(shell.path("load.svg")).expect("the picture is there");
    assert!(picture.starts_with("<svg ") && picture.contains("acknowledge"), "{picture}");
    let json = ["--months", "3", "--no-advice", "--json"];
    let (one, two) = (shell.run(&[&load[..], &json].concat()), shell.run(&[&load[..], &json].concat()));
    assert_eq!(one.out, two.out, "the same seed gives the same bytes");
    let told: Value = serde_json::from_str(&one.out).expect("it is JSON");
    assert_eq!(told["promises"][0]["name"], "acknowledge");
    assert_eq!(shell.run(&["policy", "simulate", "minio.toml", "--reports", "many"]).status, 2);
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let shell = Shell::new();
    std::fs::write(shell.path("candor.toml"), "data = \"from-file\"\n").expect("written");
    shell.run(&["program", "list"]).refused(1, "no store in from-file");
    let ended =
        Ended::of(shell.command(&["program", "list"]).env("CANDOR_DATA", "from-env").output().expect("it runs"));
    ended.refused(1, "no store in from-env");
    let mut command = shell.command(&["program", "list", "--data", "from-flag"]);
    Ended::of(command.env("CANDOR_DATA", "from-env").output().expect("it runs")).refused(1, "no store in from-flag");
    std::fs::write(shell.path("candor.toml"), "dta = \"x\"\n").expect("written");
    shell.run(&["program", "list"]).refused(2, "`dta`");
    let help = Shell::new().run(&["serve", "--help"]).fine();
    for words in ["CANDOR_LISTEN", "candor.toml: listen", "--listen", "default: 127.0.0.1:8080"] {
        assert!(help.contains(words), "{words}");
    }
}

#[test]
fn programs_members_and_copies_are_managed_on_the_store() {
    let shell = Shell::new();
    let add = ["program", "add", "minio.toml", "--json"];
    let added = shell.run(&add).json();
    assert_eq!((&added["version"], &added["changed"]), (&1.into(), &true.into()));
    assert_eq!(shell.run(&add).json()["changed"], false);
    std::fs::write(shell.path("minio.toml"), MINIO.replace("48 hours", "47 hours")).expect("written");
    assert_eq!(shell.run(&add).json()["version"], 2);
    assert!(shell.run(&["program", "list"]).fine().contains("MinIO"));

    let ended = shell.run(&["member", "add", "--name", "Ada", "--email", "ada@example.org", "--role", "member@minio"]);
    assert!(ended.fine().contains("/invite/"));
    let twice = ["member", "add", "--name", "Ada", "--email", "ada@example.org", "--role", "member"];
    shell.run(&twice).refused(1, "Another member has this address");
    let members = shell.run(&["member", "list", "--json"]).json();
    assert_eq!((&members[0]["name"], &members[0]["roles"][0]["program"]), (&"Ada".into(), &"minio".into()));
    let made = shell.run(&["member", "token", "ada@example.org", "--label", "pipeline"]);
    assert!(made.fine().starts_with("candor_"));
    shell.run(&["member", "disable", "ada@example.org"]).fine();
    assert_eq!(shell.run(&["member", "list", "--json"]).json()[0]["state"], "disabled");

    assert!(shell.run(&["journal", "verify"]).fine().contains("0 entries"));
    shell.run(&["backup", "copy"]).fine();
    shell.run(&["backup", "copy"]).refused(1, "not empty");
    shell.run(&["restore", "copy", "--data", "again"]).fine();
    std::fs::copy(shell.path("candor-data.key"), shell.path("again.key")).expect("the key is put there");
    assert!(shell.run(&["program", "list", "--data", "again"]).fine().contains("MinIO"));
    let keys = shell.run(&["keys", "status", "--json", "--data", "again"]).json();
    assert_eq!(keys["root"], shell.run(&["keys", "status", "--json"]).json()["root"]);
    shell.run(&["keys", "erase", "case", "7K3M9-QXT4B"]).refused(1, "there is no case");
}

#[test]
fn the_history_of_a_policy_is_told_with_dates_changes_and_who() {
    let shell = Shell::new();
    shell.run(&["program", "add", "minio.toml", "--by", "Ada"]).fine();
    let newer = MINIO.replace("within = \"48 hours\"", "within = \"36 hours\"");
    std::fs::write(shell.path("newer.toml"), newer).expect("written");
    let would = shell.run(&["program", "add", "newer.toml", "--dry-run"]).fine();
    assert!(would.contains("nothing was taken into service") && would.contains("was 48 hours, is 36 hours"), "{would}");
    assert!(!shell.run(&["program", "history", "minio"]).fine().contains("version 2"));
    shell.run(&["program", "add", "newer.toml"]).fine();
    let told = shell.run(&["program", "history", "minio"]).fine();
    assert!(told.contains("version 1, in service since") && told.contains("taken by Ada"), "{told}");
    assert!(told.contains("version 2") && told.contains("was 48 hours, is 36 hours"), "{told}");
    let told = shell.run(&["program", "history", "minio", "--json"]).json();
    assert_eq!((&told["versions"][0]["version"], &told["versions"][1]["version"]), (&1.into(), &2.into()));
    assert!(told["versions"][1]["changes"][0].as_str().is_some_and(|words| words.contains("36 hours")), "{told}");
    assert!(told["versions"][0]["in_service_since"].is_string());
    shell.run(&["program", "history", "nothing"]).refused(1, "no program called `nothing` is in service");
}

#[test]
fn every_channel_is_looked_at_from_a_terminal() {
    let shell = Shell::new();
    shell.run(&["program", "add", "minio.toml"]).fine();
    // No server runs on this store, and no way out for letters is set up.
    let ended = shell.run(&["probe", "--json"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    let rows: Value = serde_json::from_str(&ended.out).expect("JSON");
    let state = |channel: &str| {
        let row = rows.as_array().into_iter().flatten().find(|row| row["channel"] == channel);
        row.map(|row| row["state"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(state("form").as_deref(), Some("failed"), "{rows}");
    assert_eq!(state("letters out").as_deref(), Some("failed"), "{rows}");
    assert_eq!(state("mail round trip").as_deref(), Some("skipped"), "{rows}");
    let table = shell.run(&["probe"]);
    assert!(table.out.contains("CHANNEL") && table.out.contains("security.txt"), "{table:?}");
}

#[test]
fn a_contact_whose_letters_would_come_back_as_reports_is_told() {
    let shell = Shell::new();
    let looping = MINIO.replace("email = \"sid@min.io\"", "email = \"Security@min.io\"");
    std::fs::write(shell.path("looping.toml"), looping).expect("written");
    let ended = shell.run(&["policy", "check", "looping.toml"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(
        ended.err.contains("looping.toml:12:9: warning: `Security@min.io` is the address that takes reports"),
        "{ended:?}"
    );
    let told = shell.run(&["policy", "check", "--json", "looping.toml"]).json();
    assert_eq!(told["warnings"][0]["path"], "contacts[0].email", "{told}");
    assert_eq!(shell.run(&["policy", "check", "--json", "minio.toml"]).json()["warnings"], Value::Array(Vec::new()));
}

#[test]
fn the_formats_of_advisories_are_checked() {
    let shell = Shell::new();
    std::fs::write(shell.path("x.json"), r#"{"document":{}}"#).expect("written");
    let ended = shell.run(&["advisory", "validate", "x.json"]);
    assert_eq!(ended.status, 1);
    assert!(ended.err.starts_with("x.json:"), "{}", ended.err);
    let scored = shell.run(&["cvss", "--json", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"]).json();
    assert_eq!((&scored[0]["score"], &scored[0]["severity"]), (&9.8.into(), &"Critical".into()));
}

/// A CSAF document about an object store, printed by the library.
fn csaf_document() -> Value {
    let osv = serde_json::json!({
        "schema_version": "1.7.5", "id": "CVE-1900-0044", "modified": "2021-12-14T00:00:00Z",
        "published": "2021-12-10T00:00:00Z", "summary": "Objects can be read", "details": "Objects of others are read.",
        "affected": [{ "package": { "ecosystem": "npm", "name": "store" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "2.1.0" }] }] }],
        "database_specific": { "cwe_ids": ["CWE-79"] },
    });
    let publisher = candor_formats::advisory::Publisher {
        name: "Store".into(),
        namespace: "https://example.org".into(),
        category: Default::default(),
        contact: None,
        authority: None,
    };
    let mut record = candor_formats::osv::read(&osv, &publisher).expect("it reads");
    record.id = "STORE-2021-1".into();
    record.aliases = vec!["CVE-1900-0044".into()];
    record.cwes = vec![79];
    candor_formats::csaf::print(&record, "1.0.0")
}

#[test]
fn a_wrong_document_is_judged_test_by_test_and_each_test_says_what_it_rests_on() {
    let shell = Shell::new();
    let mut document = csaf_document();
    std::fs::write(shell.path("store-2021-1.json"), document.to_string()).expect("written");
    let fine = shell.run(&["advisory", "validate", "--json", "--explain", "store-2021-1.json"]).json();
    assert_eq!((&fine[0]["kind"], &fine[0]["findings"]), (&"CSAF 2.0".into(), &Value::Array(Vec::new())));
    assert!(fine[0].get("advice").is_none(), "only when asked for");
    let advised = shell.run(&["advisory", "validate", "--json", "--advice", "store-2021-1.json"]);
    assert_eq!(advised.status, 0, "advice makes no document invalid: {advised:?}");
    let advised: Value = serde_json::from_str(&advised.out).expect("JSON");
    let tests: Vec<&str> =
        advised[0]["advice"].as_array().expect("a list").iter().filter_map(|found| found["test"].as_str()).collect();
    assert!(tests.contains(&"6.2.11"), "no canonical address is given: {tests:?}");
    let told = shell.run(&["advisory", "validate", "--advice", "store-2021-1.json"]);
    assert!(
        told.err.contains("warning: 6.2.11 at /document/references") || told.out.contains("warning: 6.2.11"),
        "{told:?}"
    );
    document["vulnerabilities"][0]["cwe"]["name"] = "Something else".into();
    document["document"]["tracking"]["version"] = "9".into();
    std::fs::write(shell.path("store-2021-1.json"), document.to_string()).expect("written");
    std::fs::write(shell.path("other.json"), "{}").expect("written");
    let ended = shell.run(&["advisory", "validate", "--json", "--explain", "store-2021-1.json", "other.json"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    let found: Value = serde_json::from_str(&ended.out).expect("JSON");
    let findings = found[0]["findings"].as_array().expect("findings");
    let weakness = findings.iter().find(|finding| finding["test"] == "6.1.11").expect("the test");
    assert_eq!(weakness["path"], "/vulnerabilities/0/cwe/name");
    assert!(weakness["message"].as_str().is_some_and(|text| text.contains("CWE-79")), "{weakness}");
    assert!(weakness["clause"].as_str().is_some_and(|text| text.contains("Validators differ")), "{weakness}");
    assert!(findings.iter().all(|finding| finding["clause"].is_string()), "{found}");
    assert!(findings.iter().any(|finding| finding["test"] == "6.1.16"), "{found}");
    assert_eq!(found[1]["kind"], "unknown", "a file that is none does not stop the others: {found}");
    let told = shell.run(&["advisory", "validate", "--explain", "store-2021-1.json"]);
    assert!(told.err.contains("6.1.11: section 6.1.11 of CSAF 2.0"), "{told:?}");
    let short = shell.run(&["advisory", "validate", "store-2021-1.json"]);
    assert!(!short.err.contains("section 6.1.11"), "only when asked for: {short:?}");
}

#[test]
fn a_document_becomes_another_and_back_with_the_same_facts() {
    let shell = Shell::new();
    std::fs::write(shell.path("a.json"), csaf_document().to_string()).expect("written");
    for (form, name) in
        [("osv", "OSV"), ("csaf-2.1", "CSAF 2.1"), ("openvex", "OpenVEX"), ("cyclonedx", "CycloneDX"), ("cve", "CVE")]
    {
        let printed = shell.run(&["advisory", "convert", "a.json", "--to", form]).fine();
        let file = format!("{form}.json");
        std::fs::write(shell.path(&file), &printed).expect("written");
        let ended = shell.run(&["advisory", "validate", "--json", &file]);
        let judged: Value = serde_json::from_str(&ended.out).expect("JSON");
        assert_eq!(judged[0]["kind"], name, "{form}: {judged}");
        let problems: Vec<&Value> = judged[0]["findings"]
            .as_array()
            .expect("findings")
            .iter()
            // The file has another name than the standard wants; that alone.
            .filter(|finding| finding["test"] != "5.1")
            .collect();
        assert!(problems.is_empty() || form == "cve", "{form}: {problems:?}");
    }
    let back = shell.run(&["advisory", "convert", "osv.json", "--to", "json", "--publisher", "Store"]).json();
    assert_eq!(back["products"][0]["ranges"][0]["fixed"], "2.1.0", "{back}");
    shell.run(&["advisory", "convert", "a.json", "--to", "nothing"]);
}

#[test]
fn a_document_about_two_vulnerabilities_asks_which_one() {
    let shell = Shell::new();
    let mut document = csaf_document();
    let mut second = document["vulnerabilities"][0].clone();
    second["cve"] = "CVE-1900-0045".into();
    document["vulnerabilities"].as_array_mut().expect("a list").push(second);
    std::fs::write(shell.path("two.json"), document.to_string()).expect("written");
    let ended = shell.run(&["advisory", "convert", "two.json", "--to", "osv"]);
    ended.refused(1, "holds 2 vulnerabilities (CVE-1900-0044, CVE-1900-0045)");
    for which in ["2", "CVE-1900-0045"] {
        let osv = shell.run(&["advisory", "convert", "two.json", "--to", "osv", "--vulnerability", which]).json();
        assert!(osv["aliases"].as_array().is_some_and(|all| all.contains(&"CVE-1900-0045".into())), "{osv}");
    }
    shell.run(&["advisory", "convert", "two.json", "--to", "osv", "--vulnerability", "3"]).refused(1, "name one with");
    shell.run(&["program", "add", "minio.toml"]).fine();
    let taken = shell.run(&["advisory", "import", "--program", "minio", "--json", "two.json"]).json();
    let ids: Vec<&Value> = taken.as_array().expect("a list").iter().map(|entry| &entry["outcome"]).collect();
    assert_eq!(ids, ["new", "new"], "{taken}");
}

#[test]
fn subscriptions_are_asked_for_counted_and_ended_from_a_terminal() {
    let shell = Shell::new();
    shell.run(&["program", "add", "minio.toml"]).fine();
    shell.run(&["subscription", "ask", "minio", "nobody"]).refused(1, "no e-mail address");
    shell.run(&["subscription", "ask", "nothing", "ada@example.org"]).refused(1, "no program called nothing");
    shell
        .run(&["subscription", "ask", "minio", "ada@example.org", "--severity", "dire"])
        .refused(1, "low, medium, high or critical");
    shell.run(&["subscription", "ask", "minio", "ada@example.org", "--severity", "high"]).fine();
    let counts = shell.run(&["subscription", "count", "--json"]).json();
    assert_eq!(counts, serde_json::json!([{ "program": "minio", "state": "asked", "count": 1 }]));
    assert_eq!(
        shell.run(&["subscription", "list", "minio", "--json"]).json(),
        serde_json::json!([]),
        "not confirmed yet"
    );
    shell.run(&["subscription", "end", "nothing"]).refused(1, "there is no such subscription");
}

#[test]
fn a_demonstration_says_who_to_sign_in_as_and_leaves_nothing_behind() {
    let shell = Shell::new();
    let temporary = shell.path("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let mut child = shell
        .command(&["serve", "--demo", "--listen", "127.0.0.1:0"])
        .env("TMPDIR", &temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let lines = std::io::BufReader::new(child.stdout.take().expect("an output")).lines();
    let said: Vec<String> =
        lines.map_while(Result::ok).take_while(|line| !line.starts_with("The sign-in page")).collect();
    assert!(said.iter().any(|line| line.contains("ines@example.org") && line.contains("code now")), "{said:?}");
    let kept = || std::fs::read_dir(&temporary).expect("the folder").count();
    assert_eq!(kept(), 1);
    let stopped = Command::new("kill").arg(child.id().to_string()).status().expect("it is told to stop");
    assert!(stopped.success());
    assert!(child.wait().expect("it stops").success());
    assert_eq!(kept(), 0);
    assert!(!shell.path("candor-data").exists());
}

#[test]
fn a_port_in_use_is_told_in_one_sentence() {
    let shell = Shell::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    shell.run(&["serve", "--listen", &address]).refused(1, "is in use by another program");
    assert!(!shell.path("candor-data").exists(), "a service that cannot listen made a store");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_filed_and_worked_on_from_a_terminal() {
    let service = Service::start(&[MINIO], |_| ()).await;
    let roles = [("minio".to_owned(), Role::Coordinator)];
    let (id, _) = accounts::add_ready(&service.app, "Mei", "mei@example.org", "a long enough password", &roles, false)
        .await
        .expect("the member is made");
    let scopes = token::Scopes::parse("read,write,publish,bulk,members,keys").expect("scopes");
    let token = token::make(&service.app, &id, "test", scopes, 1).await.expect("a token").secret;
    let (url, data) = (service.url.clone(), service.app.config.data.clone());
    let key = service.app.config.key_file.clone();
    tokio::task::spawn_blocking(move || on_a_terminal(&url, &token, &data, &key)).await.expect("the terminal's story");
}

fn on_a_terminal(url: &str, token: &str, data: &Path, key: &Path) {
    let shell = Shell::new();
    let with = |args: &[&str]| {
        let mut command = shell.command(args);
        command.env("CANDOR_SERVER", url).env("CANDOR_TOKEN", token);
        command
    };
    let run = |args: &[&str]| Ended::of(with(args).output().expect("it runs"));
    std::fs::write(shell.path("proof.txt"), "a proof").expect("written");
    let words = "# Names of another bucket are shown\n\nWith an odd prefix.\n";
    let mut report = with(&["report", "-p", "minio", "--json", "--attach", "proof.txt", "--email", "ada@example.org"]);
    let filed: Value = shell.tell(&mut report, words).json();
    let case = filed["case"].as_str().expect("a case");
    run(&["report", "-p", "nowhere", "--identifier", "CVE-2023-39325"]).refused(1, "(not-found)");
    run(&["report", "-p", "minio", "minio.toml", "--server", "http://127.0.0.1:1"]).refused(1, "no server answers");

    assert!(run(&["case", "list"]).fine().contains("Names of another bucket are shown"));
    let shown = run(&["case", "show", case, "--json"]).json();
    assert_eq!(shown["files"][0]["name"], "proof.txt");
    assert!(run(&["case", "do", case, "acknowledge", "text=Thank you."]).fine().contains("acknowledged"));
    std::fs::write(shell.path("answer.txt"), "It happens here.\nA fix follows.").expect("written");
    let answer = ["case", "do", case, "answer", "text=@answer.txt", "next_steps:=true", "--attach", "proof.txt"];
    assert_eq!(
        Ended::of(with(&answer).arg("--json").output().expect("it runs")).json()["events"][0]["next_steps"],
        true
    );
    let stale = run(&["case", "do", case, "note", "text=x", "--seen", "2"]);
    assert_eq!(stale.status, 1);
    assert!(stale.err.contains("(stale)") && stale.err.contains("acknowledged"), "{}", stale.err);
    run(&["case", "do", case, "publish"]).refused(1, "(no-advisory)");
    assert!(run(&["case", "show", case]).fine().contains("A fix follows."));

    // Beside the running server, on its store.
    let place = ["--data", data.to_str().expect("text"), "--key-file", key.to_str().expect("text")];
    let on_store = |args: &[&str]| run(&[args, &place[..]].concat());
    assert!(on_store(&["journal", "verify"]).fine().contains("are whole"));
    let sealed = on_store(&["journal", "export"]).fine();
    assert!(!sealed.contains("odd prefix") && sealed.lines().count() >= 4);
    assert!(on_store(&["journal", "export", "--open", "--case", case]).fine().contains("odd prefix"));
    assert!(sealed.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    on_store(&["keys", "erase", "person", case]).refused(1, "--yes");
    assert!(on_store(&["keys", "erase", "person", case, "--yes"]).fine().contains("1 person of case"));
    let opened = on_store(&["journal", "export", "--open", "--case", case]).fine();
    assert!(opened.contains("forgotten") && !opened.contains("ada@example.org"));
    on_store(&["keys", "erase", "case", case, "--yes"]).fine();
    assert_eq!(on_store(&["journal", "export", "--open"]).fine(), "");
    assert!(on_store(&["journal", "verify"]).fine().contains("are whole"));
}

#[test]
fn the_openpgp_key_of_a_program_is_made_prolonged_replaced_and_retired_from_a_terminal() {
    let shell = Shell::new();
    let run = |words: &[&str]| {
        let mut all = words.to_vec();
        all.extend(["--data", "data"]);
        shell.run(&all)
    };
    run(&["program", "add", "minio.toml"]).fine();
    assert!(run(&["keys", "openpgp", "list"]).fine().contains("There is no OpenPGP key"));
    let said = run(&["keys", "openpgp", "make", "--years", "1"]).fine();
    assert!(said.contains("is in use now") && said.contains("you are reminded"), "{said}");
    let first = run(&["keys", "openpgp", "export"]).fine();
    let key = candor::openpgp::Certificate::read(first.as_bytes(), &Default::default()).expect("a public key");
    // The key is made at the real time.
    let now = std::time::SystemTime::now().try_into().expect("an instant");
    assert!(key.names("security@min.io", now));
    let secret = run(&["keys", "openpgp", "recovery-sheet", "sheet.asc"]).fine();
    assert!(secret.contains("sheet.asc"), "{secret}");
    assert!(std::fs::read_to_string(shell.path("sheet.asc")).expect("a sheet").contains("PRIVATE KEY BLOCK"));
    assert_ne!(run(&["keys", "openpgp", "recovery-sheet", "sheet.asc"]).status, 0, "it overwrites nothing");
    assert!(run(&["keys", "openpgp", "prolong", "--years", "3"]).fine().contains("was prolonged"));
    run(&["keys", "openpgp", "make"]).fine();
    let listed = run(&["keys", "openpgp", "list", "--json"]).json();
    let waits: Vec<bool> = listed.as_array().expect("a list").iter().map(|it| it["waits"] == true).collect();
    assert_eq!(waits, [true, false], "another waits a day: {listed}");
    assert_eq!(run(&["keys", "openpgp", "export"]).fine(), run(&["keys", "openpgp", "export"]).fine());
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    let known = run(&["keys", "openpgp", "import", "sheet.asc"]);
    assert!(known.status != 0 && known.err.contains("key"), "{known:?}");
    assert!(run(&["keys", "openpgp", "retire"]).err.contains("--yes"));
    assert!(run(&["keys", "openpgp", "retire", "--yes"]).fine().contains("was taken back"));
    assert!(run(&["keys", "openpgp", "export"]).fine().contains("PUBLIC KEY"), "the one in use stays");
    assert!(run(&["keys", "openpgp", "retire", "--yes"]).fine().contains("is out of use"));
    assert_ne!(run(&["keys", "openpgp", "export"]).status, 0);
    let acts = run(&["keys", "openpgp", "history", "--json"]).json();
    let acts: Vec<&str> = acts.as_array().expect("a list").iter().filter_map(|act| act["what"].as_str()).collect();
    let expected = ["made", "sheet-written", "prolonged", "made", "waits", "taken-back", "retired"]
        .map(|it| format!("openpgp-key-{it}"));
    assert_eq!(acts.iter().filter(|act| **act != "openpgp-key-sheet-written").count(), 6);
    assert_eq!(acts[..2], expected[..2]);
    assert!(acts.ends_with(&expected.iter().map(String::as_str).collect::<Vec<_>>()[2..]), "{acts:?}");
    assert_eq!(run(&["journal", "verify"]).status, 0, "its chain is checked like a case's");
    let other = run(&["keys", "openpgp", "list", "--program", "nobody"]);
    assert!(other.status != 0 && other.err.contains("nobody"), "{other:?}");
}

#[test]
fn services_to_sign_in_with_are_managed_on_the_store_and_their_secret_is_never_printed() {
    let shell = Shell::new();
    shell.run(&["program", "add", "minio.toml"]).fine();
    std::fs::write(shell.path("secret"), "CANARY-SECRET\n").expect("the secret is written");
    let add = ["sign-in", "add", "office", "--title", "Office", "--client", "desk", "--secret-file", "secret"];
    let inside = shell.run(&[add.as_slice(), &["--issuer", "http://127.0.0.1:9000"]].concat());
    assert_eq!(inside.status, 1, "{inside:?}");
    let right =
        [add.as_slice(), &["--issuer", "https://id.example.org", "--base-url", "https://desk.example"]].concat();
    let answers = shell.run(&right).fine();
    assert_eq!(answers.trim(), "https://desk.example/desk/sign-in/with/office/answer");
    let twice = shell.run(&right);
    assert!(twice.status == 1 && twice.err.contains("set up already"), "{twice:?}");
    let listed = shell.run(&["sign-in", "list", "--json"]);
    assert!(!listed.out.contains("CANARY") && !listed.err.contains("CANARY"), "{listed:?}");
    assert_eq!(listed.json()[0]["issuer"], "https://id.example.org");
    shell.run(&["sign-in", "remove", "office"]).fine();
    assert_eq!(shell.run(&["sign-in", "remove", "office"]).status, 1);
}
