//! `candor findings` and `candor sbom`: what tools found, and what a product is made of.

use super::output::{self, Failure, Outcome};
use super::server::{Server, SignedIn};
use candor_formats::advisory::{Publisher, Record};
use candor_formats::scanners::{self, Output};
use candor_formats::{csaf, osv, sbom};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What to do with what tools found.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Says which tool wrote a file and what it found: SARIF, Nessus, OpenVAS, ZAP, Burp, Nuclei, Trivy, Grype, npm audit,
    /// Dependabot, Snyk, Semgrep, Bandit, gosec and others
    Read {
        /// The files; - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Sends what a tool found, or a bill of materials, to a program: one case per component and rule; the same run sent
    /// twice changes nothing
    Send {
        /// The program it is for
        #[arg(long, short, env = "CANDOR_PROGRAM", value_name = "PROGRAM", hide_env_values = true)]
        program: String,
        /// The files as the tools wrote them; - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        asker: SignedIn,
    },
}

/// What to do with a bill of materials.
#[derive(Debug, clap::Subcommand)]
pub enum Sbom {
    /// Holds a bill of materials (CycloneDX or SPDX, as JSON) against published advisories. Ends with an error when a
    /// component is affected
    Scan {
        /// The file; - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Advisories in files or folders, as OSV or CSAF; without it those that the server has published
        #[arg(long, value_name = "PATH")]
        advisories: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: Server,
    },
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Read { files, json } => read(&files, json),
        Command::Send { program, files, json, asker } => send(&program, &files, json, &asker).await,
    }
}

fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let read = if file == Path::new("-") {
        let mut all = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut all).map(|_| all)
    } else {
        std::fs::read(file)
    };
    read.map_err(|why| Failure::during(format_args!("{} cannot be read", file.display()), why))
}

fn read(files: &[PathBuf], as_json: bool) -> Outcome {
    let mut wrong = false;
    let mut all = Vec::new();
    for file in files {
        match scanners::read(&bytes(file)?) {
            Ok(output) if as_json => all.push(shown(file, &output)),
            Ok(output) => {
                output::say(format_args!(
                    "{}: {} {}, {} findings",
                    file.display(),
                    output.name,
                    output.version,
                    output.findings.len()
                ));
                let mut rows = vec![["Level", "Rule", "Where", "Title"].map(str::to_owned).to_vec()];
                for one in &output.findings {
                    let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
                    let place = if one.package.is_empty() {
                        format!("{}{line}", one.place)
                    } else {
                        format!("{} {}", one.package, one.version)
                    };
                    rows.push([one.level.name(), &one.rule, &place, &one.title].map(output::plain).to_vec());
                }
                output::table(&rows);
            }
            Err(why) => {
                wrong = true;
                output::complain(format_args!("candor: {}: {why}", file.display()));
            }
        }
    }
    if as_json {
        output::json(&all);
    }
    if wrong { Err(Failure::Said) } else { Ok(()) }
}

fn shown(file: &Path, output: &Output) -> Value {
    let findings: Vec<Value> = output
        .findings
        .iter()
        .map(|one| {
            json!({
                "rule": one.rule, "title": one.title, "level": one.level.name(), "place": one.place, "line": one.line,
                "package": one.package, "version": one.version, "fixed": one.fixed, "identifiers": one.identifiers,
            })
        })
        .collect();
    json!({ "file": file.display().to_string(), "tool": output.tool, "name": output.name, "version": output.version, "findings": findings })
}

async fn send(program: &str, files: &[PathBuf], as_json: bool, asker: &SignedIn) -> Outcome {
    let api = asker.api()?;
    let mut all = Vec::new();
    for file in files {
        let bytes = bytes(file)?;
        let path = format!("/programs/{program}/findings");
        let answer = api
            .post(&path, |request| {
                let body = bytes.clone();
                async move { Ok(request.header("content-type", "application/octet-stream").body(body)) }
            })
            .await?;
        if as_json {
            all.push(answer);
            continue;
        }
        let count = |key: &str| answer[key].as_array().map_or(0, Vec::len);
        output::say(format_args!(
            "{}: {} of {}; {} known already, {} cases opened, {} added to",
            file.display(),
            answer["findings"],
            output::plain(answer["tool"].as_str().unwrap_or_default()),
            answer["known"],
            count("opened"),
            count("folded"),
        ));
        for case in answer["opened"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            output::say(format_args!("  {}", output::plain(case)));
        }
        if answer["left"].as_u64().is_some_and(|left| left > 0) {
            output::say(format_args!("{} findings are left; send the same file again", answer["left"]));
        }
    }
    if as_json {
        output::json(&all);
    }
    Ok(())
}

pub(super) async fn sbom(command: Sbom) -> Outcome {
    let Sbom::Scan { file, advisories, json: as_json, server } = command;
    let read = sbom::read(&bytes(&file)?).map_err(|why| Failure::during(file.display(), why))?;
    let records = if advisories.is_empty() { published(&server).await? } else { from_files(&advisories)? };
    let found = sbom::compare(&read, &records);
    let affected = found.iter().any(|one| one.affected == Some(true));
    if as_json {
        let rows: Vec<Value> = found
            .iter()
            .map(|one| {
                json!({
                    "component": one.component, "advisory": one.record.id, "title": one.record.title,
                    "aliases": one.record.aliases, "affected": one.affected, "fixed": one.fixed,
                })
            })
            .collect();
        output::json(
            &json!({ "format": read.format, "components": read.components.len(), "advisories": records.len(), "matches": rows }),
        );
    } else {
        output::say(format_args!(
            "{}: {} with {} components, held against {} advisories",
            file.display(),
            read.format,
            read.components.len(),
            records.len()
        ));
        let mut rows = vec![["Affected", "Component", "Advisory", "Fixed in", "Title"].map(str::to_owned).to_vec()];
        for one in &found {
            let is = match one.affected {
                Some(true) => "yes",
                Some(false) => "no",
                None => "cannot be told",
            };
            let component = format!("{} {}", one.component.name, one.component.version);
            let fixed = one.fixed.clone().unwrap_or_default();
            rows.push([is, &component, &one.record.id, &fixed, &one.record.title].map(output::plain).to_vec());
        }
        output::table(&rows);
        if found.is_empty() {
            output::say("No advisory is about any of them.");
        }
    }
    if affected { Err(Failure::Said) } else { Ok(()) }
}

/// Everything that a server has published.
async fn published(server: &Server) -> Result<Vec<Record>, Failure> {
    let api = server.api()?;
    let mut records = Vec::new();
    let programs = api.get("/programs", &[]).await?;
    for program in programs["programs"].as_array().into_iter().flatten() {
        let slug = program["program"].as_str().unwrap_or_default();
        let list = api.get(&format!("/programs/{slug}/advisories"), &[("limit", "1000".into())]).await?;
        for line in list["advisories"].as_array().into_iter().flatten() {
            let id = line["id"].as_str().unwrap_or_default();
            let one = api.get(&format!("/advisories/{id}"), &[]).await?;
            if let Ok(record) = osv::read(&one["osv"], &nobody()) {
                records.push(record);
            }
        }
    }
    Ok(records)
}

fn nobody() -> Publisher {
    Publisher {
        name: "Unknown".into(),
        namespace: "https://publisher.invalid".into(),
        category: Default::default(),
        contact: None,
        authority: None,
    }
}

/// Advisories of files, and of every file with the end `.json` in folders.
fn from_files(paths: &[PathBuf]) -> Result<Vec<Record>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let list = std::fs::read_dir(path).map_err(|why| Failure::during(path.display(), why))?;
            files.extend(
                list.flatten()
                    .map(|entry| entry.path())
                    .filter(|file| file.extension().is_some_and(|end| end == "json")),
            );
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    let mut records = Vec::new();
    for file in files {
        let value: Value =
            serde_json::from_slice(&bytes(&file)?).map_err(|why| Failure::during(file.display(), why))?;
        let read = if osv::looks_like(&value) { osv::read(&value, &nobody()) } else { csaf::read(&value) };
        match read {
            Ok(record) => records.push(record),
            Err(why) => output::complain(format_args!("candor: {} is passed over: {why}", file.display())),
        }
    }
    Ok(records)
}
