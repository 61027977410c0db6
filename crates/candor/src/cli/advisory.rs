//! `candor advisory`: documents of the standards, checked, printed, and the public tree rebuilt.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::app::App;
use crate::store::advisories;
use candor_core::decide::Facts;
use candor_core::disclosure;
use candor_core::id::CaseId;
use candor_core::policy::CreditPlace;
use candor_formats::advisory::{Format, Publisher, Record, is_fixed_in, release_notes, to_markdown, to_text};
use candor_formats::csaf::{Edition, Profile};
use candor_formats::cve::Assigner;
use candor_formats::{csaf, cve, cyclonedx, ghsa, openvex, osv, security_txt};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Checks documents against their standards: CSAF 2.0 and 2.1, OSV, CVE records, OpenVEX, CycloneDX VEX, security.txt
    ///
    /// What a file is, is told from what stands in it. Every failed test is printed with its number, its place as a JSON
    /// pointer, and what to do. Ends with an error where anything was found.
    Validate {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Say for each failed test which clause it is, and where other validators are known to judge otherwise
        #[arg(long)]
        explain: bool,
        /// Show what the optional and informative tests of CSAF (6.2 and 6.3) find, as warnings and information; they make no
        /// document invalid
        #[arg(long)]
        advice: bool,
    },
    /// Reads a document of any format and prints it in another, or as a record to be imported
    Convert {
        /// The file; - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The format to print
        #[arg(long = "to", value_name = "FORMAT")]
        form: Form,
        /// Who publishes it, for formats that do not say so
        #[arg(long, default_value = "Unknown")]
        publisher: String,
        /// A web address under the publisher's control, for formats that do not say so
        #[arg(long, value_name = "URL", default_value = "https://publisher.invalid")]
        namespace: String,
        /// Which vulnerability of a CSAF document that holds several: its CVE number, or its place, from 1
        #[arg(long, value_name = "CVE|PLACE")]
        vulnerability: Option<String>,
    },
    /// Prints the advisory of a case: what is published, or else the draft as it would go out now
    Export {
        /// Name of the case, or id of a published advisory
        case: String,
        /// The format
        #[arg(long = "as", value_name = "FORMAT")]
        form: Form,
        #[command(flatten)]
        place: Place,
    },
    /// Prints the text for release notes, credits as consented to: of cases, or of what a release has fixed
    ReleaseNotes {
        /// Names of cases; before their publication the text is for the team alone
        #[arg(value_name = "CASE", required_unless_present = "release")]
        cases: Vec<String>,
        /// The program whose public advisories are looked through
        #[arg(long, value_name = "PROGRAM", requires = "release")]
        program: Option<String>,
        /// The release whose fixes are told, like 4.2.1
        #[arg(long, value_name = "VERSION", requires = "program", conflicts_with = "cases")]
        release: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Makes advisories of the past published records of a program, from GitHub advisory JSON, OSV, CSAF and CVE records
    ///
    /// Ids become other names of the advisories, dates stay. The same files again change nothing. What is refused is named
    /// with its file and place; the rest is taken.
    Import(super::import::Args),
    /// Rebuilds the public tree from what is published
    Build {
        /// Folder for the public tree; without it `public` in the data folder
        #[arg(long, env = "CANDOR_PUBLIC", value_name = "FOLDER", hide_env_values = true)]
        public: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

/// Formats of an advisory.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Form {
    /// CSAF 2.0
    Csaf,
    /// CSAF 2.0, profile VEX
    Vex,
    /// CSAF 2.1 (a draft)
    #[value(name = "csaf-2.1")]
    Csaf21,
    /// OSV
    Osv,
    /// CVE record; the organisation in it is a stand-in
    Cve,
    /// OpenVEX
    Openvex,
    /// CycloneDX VEX
    Cyclonedx,
    /// The JSON of a GitHub advisory
    Ghsa,
    /// A fragment of HTML
    Html,
    /// Markdown
    Md,
    /// Plain text
    Text,
    /// A section of release notes
    ReleaseNotes,
    /// The record itself
    Json,
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Validate { files, json, explain, advice } => validate(&files, json, explain, advice),
        Command::Convert { file, form, publisher, namespace, vulnerability } => {
            convert(&file, form, publisher, namespace, vulnerability.as_deref())
        }
        Command::Export { case, form, place } => export(&case, form, &place).await,
        Command::ReleaseNotes { cases, program, release, place } => {
            let app = place.open().await?;
            match (program, release) {
                (Some(program), Some(release)) => of_release(&app, &program, &release).await,
                _ => of_cases(&app, &cases).await,
            }
        }
        Command::Import(args) => super::import::run(args).await,
        Command::Build { public, place } => build(public, &place).await,
    }
}

fn validate(files: &[PathBuf], as_json: bool, explain: bool, advice: bool) -> Outcome {
    let mut wrong = false;
    let mut all = Vec::new();
    for file in files {
        let (kind, findings) = match findings(file) {
            Ok(judged) => judged,
            Err(Failure::Failed(why)) => ("unknown", vec![(String::new(), String::new(), why)]),
            Err(other) => return Err(other),
        };
        wrong |= !findings.is_empty();
        let advised = if advice { advised(file)? } else { Vec::new() };
        if !as_json {
            for found in &advised {
                let weight = if csaf::is_informative(found) { "information" } else { "warning" };
                output::say(format_args!("{}: {weight}: {found}", file.display()));
            }
        }
        if as_json {
            let findings: Vec<Value> = findings
                .iter()
                .map(|(test, path, message)| {
                    let mut finding = json!({ "test": test, "path": path, "message": message });
                    if explain && let Some(clause) = clause(kind, test) {
                        finding["clause"] = clause.into();
                    }
                    finding
                })
                .collect();
            let mut judged = json!({ "file": file, "kind": kind, "findings": findings });
            if advice {
                judged["advice"] = advised.iter().map(|found| json!(found)).collect();
            }
            all.push(judged);
        } else if findings.is_empty() {
            output::say(format_args!("{}: fine ({kind})", file.display()));
        } else {
            for (test, path, message) in &findings {
                let place: String =
                    [test, path].iter().filter(|part| !part.is_empty()).map(|part| format!(" {part}:")).collect();
                output::complain(format_args!("{}:{place} {message}", file.display()));
            }
            let mut tests: Vec<&str> = findings.iter().map(|(test, _, _)| test.as_str()).collect();
            tests.sort_unstable();
            tests.dedup();
            for (test, clause) in tests.iter().filter_map(|test| Some((test, clause(kind, test)?))).filter(|_| explain)
            {
                output::complain(format_args!("{test}: {clause}"));
            }
        }
    }
    if as_json {
        output::json(&all);
    }
    if wrong { Err(Failure::Said) } else { Ok(()) }
}

/// What the optional and informative tests of CSAF find in a file; nothing in one of another format.
fn advised(file: &Path) -> Result<Vec<csaf::Finding>, Failure> {
    let text = super::policy::source(file)?;
    let Ok(document) = serde_json::from_str::<Value>(&text) else { return Ok(Vec::new()) };
    if !csaf::looks_like(&document) {
        return Ok(Vec::new());
    }
    let mut found = csaf::advice(&document);
    found.extend(csaf::unsorted(&text).ok().flatten());
    Ok(found)
}

/// What a test of a CSAF document rests on, in the words of `csaf::clause`.
fn clause(kind: &str, test: &str) -> Option<String> {
    let edition = [(Format::Csaf20, Edition::V2_0), (Format::Csaf21, Edition::V2_1)];
    let (_, edition) = edition.into_iter().find(|(format, _)| format.name() == kind)?;
    csaf::clause(edition, test)
}

/// A test, the place in the document, and what to do.
type Line = (String, String, String);

/// What a file is, and what is wrong with it.
fn findings(file: &Path) -> Result<(&'static str, Vec<Line>), Failure> {
    let text = super::policy::source(file)?;
    if !text.trim_start().starts_with('{') {
        let (_, findings) = security_txt::read(&text, super::now());
        let lines = findings.into_iter().map(|finding| (String::new(), String::new(), finding.to_string()));
        return Ok(("security.txt", lines.collect()));
    }
    let (format, document) = recognised(&text)?;
    let mut findings: Vec<Line> = format
        .validate(&document)
        .into_iter()
        .map(|finding| (finding.test.to_owned(), finding.path, finding.message))
        .collect();
    let id = document["document"]["tracking"]["id"].as_str();
    if let (Some(id), Some(name)) = (id, file.file_name().and_then(|name| name.to_str()))
        && matches!(format, Format::Csaf20 | Format::Csaf21)
        && file != Path::new("-")
        && name != csaf::file_name(id)
    {
        findings.push(("5.1".into(), String::new(), format!("the file must be called {}", csaf::file_name(id))));
    }
    Ok((format.name(), findings))
}

fn recognised(text: &str) -> Result<(Format, Value), Failure> {
    let document: Value = serde_json::from_str(text).map_err(|why| Failure::during("this is no JSON", why))?;
    let format = Format::of(&document).ok_or_else(|| {
        let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        Failure::new(format_args!("this is no document that is known: {}, or security.txt", known.join(", ")))
    })?;
    Ok((format, document))
}

fn convert(file: &Path, form: Form, publisher: String, namespace: String, which: Option<&str>) -> Outcome {
    let text = super::policy::source(file)?;
    let (format, document) = recognised(&text)?;
    let category = candor_formats::advisory::PublisherCategory::Vendor;
    let publisher = Publisher { name: publisher, namespace, category, contact: None, authority: None };
    let mut records = format.read_all(&document, &publisher).map_err(|why| Failure::new(why.to_string()))?;
    let place = match which {
        None => (records.len() == 1).then_some(0),
        Some(which) => {
            let number = which.parse().ok().and_then(|place: usize| place.checked_sub(1));
            number.or_else(|| records.iter().position(|record| record.cve() == Some(which)))
        }
    };
    let Some(place) = place.filter(|place| *place < records.len()) else {
        let names: Vec<&str> = records.iter().map(|record| record.cve().unwrap_or(&record.id)).collect();
        let names = names.join(", ");
        return Err(Failure::new(format_args!(
            "the document holds {} vulnerabilities ({names}); name one with --vulnerability, by number or place",
            records.len()
        )));
    };
    let record = records.swap_remove(place);
    for problem in record.problems() {
        output::complain(format_args!("{}: {problem}", file.display()));
    }
    print(&record, form)
}

/// Prints a record in a format.
fn print(record: &Record, form: Form) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    let shown = |value: Value| format!("{value:#}\n");
    let text = match form {
        Form::Csaf => csaf::print_text(record, version),
        Form::Vex => shown(csaf::print_as(record, Edition::V2_0, Profile::Vex, version)),
        Form::Csaf21 => shown(csaf::print_as(record, Edition::V2_1, Profile::SecurityAdvisory, version)),
        Form::Osv => osv::print_text(record),
        Form::Cve => match cve::print(record, &Assigner::nobody(), version) {
            Some(document) => shown(document),
            None => return Err(Failure::new("this advisory has no CVE number; add it to its aliases first")),
        },
        Form::Openvex => openvex::print_text(record, version),
        Form::Cyclonedx => cyclonedx::print_text(record, version),
        Form::Ghsa => ghsa::print_text(record),
        Form::Md => to_markdown(record),
        Form::Html => crate::web::markdown::to_html(&to_markdown(record)),
        Form::Text => to_text(record),
        Form::ReleaseNotes => release_notes(&[record], false),
        Form::Json => {
            shown(serde_json::to_value(record).map_err(|why| Failure::during("the record cannot be printed", why))?)
        }
    };
    output::print(&text);
    Ok(())
}

async fn export(case: &str, form: Form, place: &Place) -> Outcome {
    let app = place.open().await?;
    let record = match advisories::get(&app.store, case).await? {
        Some(row) => read(&row.record)?,
        None => of_case(&app, case).await?,
    };
    print(&record, form)
}

fn read(record: &str) -> Result<Record, Failure> {
    serde_json::from_str(record).map_err(|why| Failure::during("the published record cannot be read", why))
}

pub(super) async fn of_case(app: &App, typed: &str) -> Result<Record, Failure> {
    let none = || Failure::new(format_args!("there is no case and no advisory called {}", output::plain(typed)));
    let id = CaseId::parse(typed).ok_or_else(none)?;
    let (case, _) = crate::execute::journal::load(app, &id).await?.ok_or_else(none)?;
    if let Some(last) = case.advisory.published.last() {
        return Ok(last.clone());
    }
    let policy = crate::execute::policy_of(app, &case)?;
    let facts = Facts {
        now: app.now(),
        policy_version: case.policy_version,
        advisory_id: format!("{}-DRAFT", policy.advisory_prefix()),
        may_hold: true,
        moving_to: None,
        base_url: app.program_url(&case.program),
        ..Facts::default()
    };
    output::complain("this is a draft; nothing of it is public");
    disclosure::preview_of(&case, &policy, &facts).map_err(Failure::new)
}

/// What the public advisories of a program say about one release.
async fn of_release(app: &App, program: &str, release: &str) -> Outcome {
    let Some(policy) = app.policy(&program.into()) else {
        return Err(Failure::new(format_args!("there is no program called {}", output::plain(program))));
    };
    let mut records = Vec::new();
    for row in advisories::all(&app.store).await? {
        let record = read(&row.record)?;
        if row.program == program && is_fixed_in(&record, release) {
            records.push(record);
        }
    }
    if records.is_empty() {
        return Err(Failure::new(format_args!(
            "no public advisory of {program} names {} as a version with the fix; name the case instead",
            output::plain(release)
        )));
    }
    // A credit that belongs into the advisory alone is left out here.
    if !policy.credit.places.contains(&CreditPlace::ReleaseNotes) {
        records.iter_mut().for_each(|record| record.credits.clear());
    }
    output::print(&release_notes(&records.iter().collect::<Vec<_>>(), false));
    Ok(())
}

async fn of_cases(app: &App, cases: &[String]) -> Outcome {
    for typed in cases {
        let none = || Failure::new(format_args!("there is no case called {}", output::plain(typed)));
        let id = CaseId::parse(typed).ok_or_else(none)?;
        let (case, _) = crate::execute::journal::load(app, &id).await?.ok_or_else(none)?;
        if case.advisory.published.is_empty() {
            output::complain(format_args!("{id} is not public yet; use this with the release, not before"));
        }
        output::print(&crate::execute::release_notes(app, &case)?);
    }
    Ok(())
}

async fn build(public: Option<PathBuf>, place: &Place) -> Outcome {
    let mut config = place.config()?;
    if let Some(public) = public {
        config.public = public;
    }
    let app = place.open_with(config).await?;
    let built = crate::publish::build(&app).await?;
    output::say(format_args!(
        "{} advisories in {} files under {}",
        built.advisories,
        built.files,
        app.config.public.display()
    ));
    for held in &built.held {
        output::complain(format_args!("{} is held back: {}", held.id, held.findings.join("; ")));
    }
    if built.held.is_empty() { Ok(()) } else { Err(Failure::Said) }
}
