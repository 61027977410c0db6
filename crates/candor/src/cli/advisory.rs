//! `candor advisory`: documents of the standards, checked, printed, and the public tree rebuilt.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::app::App;
use crate::store::advisories;
use candor_core::decide::Facts;
use candor_core::disclosure;
use candor_core::id::CaseId;
use candor_core::policy::CreditPlace;
use candor_formats::advisory::{Record, is_fixed_in, release_notes, to_markdown};
use candor_formats::{csaf, osv, security_txt};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Checks CSAF documents and security.txt files against their standards
    Validate {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
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
    /// OSV
    Osv,
    /// A fragment of HTML
    Html,
    /// Markdown
    Md,
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Validate { files, json } => validate(&files, json),
        Command::Export { case, form, place } => export(&case, form, &place).await,
        Command::ReleaseNotes { cases, program, release, place } => {
            let app = place.open().await?;
            match (program, release) {
                (Some(program), Some(release)) => of_release(&app, &program, &release).await,
                _ => of_cases(&app, &cases).await,
            }
        }
        Command::Build { public, place } => build(public, &place).await,
    }
}

fn validate(files: &[PathBuf], as_json: bool) -> Outcome {
    let mut wrong = false;
    let mut all = Vec::new();
    for file in files {
        let findings = match findings(file) {
            Ok(findings) => findings,
            Err(Failure::Failed(why)) => vec![(String::new(), String::new(), why)],
            Err(other) => return Err(other),
        };
        wrong |= !findings.is_empty();
        if as_json {
            let findings: Vec<Value> = findings
                .iter()
                .map(|(test, path, message)| json!({ "test": test, "path": path, "message": message }))
                .collect();
            all.push(json!({ "file": file, "findings": findings }));
        } else if findings.is_empty() {
            output::say(format_args!("{}: fine", file.display()));
        } else {
            for (test, path, message) in &findings {
                let place: String =
                    [test, path].iter().filter(|part| !part.is_empty()).map(|part| format!(" {part}:")).collect();
                output::complain(format_args!("{}:{place} {message}", file.display()));
            }
        }
    }
    if as_json {
        output::json(&all);
    }
    if wrong { Err(Failure::Said) } else { Ok(()) }
}

/// What is wrong with a file: test, place, message.
fn findings(file: &Path) -> Result<Vec<(String, String, String)>, Failure> {
    let text = super::policy::source(file)?;
    if !text.trim_start().starts_with('{') {
        let (_, findings) = security_txt::read(&text, super::now());
        return Ok(findings.into_iter().map(|finding| (String::new(), String::new(), finding.to_string())).collect());
    }
    let document: Value = serde_json::from_str(&text).map_err(|why| Failure::during("this is no JSON", why))?;
    if document.get("document").is_none() {
        return Err(Failure::new("this is neither a CSAF document (it has no `document`) nor a security.txt"));
    }
    let mut findings: Vec<(String, String, String)> = csaf::validate(&document)
        .into_iter()
        .map(|finding| (finding.test.to_owned(), finding.path, finding.message))
        .collect();
    let id = document["document"]["tracking"]["id"].as_str();
    if let (Some(id), Some(name)) = (id, file.file_name().and_then(|name| name.to_str()))
        && file != Path::new("-")
        && name != csaf::file_name(id)
    {
        findings.push(("5.1".into(), String::new(), format!("the file must be called {}", csaf::file_name(id))));
    }
    Ok(findings)
}

async fn export(case: &str, form: Form, place: &Place) -> Outcome {
    let app = place.open().await?;
    let record = match advisories::get(&app.store, case).await? {
        Some(row) => read(&row.record)?,
        None => of_case(&app, case).await?,
    };
    match form {
        Form::Csaf => output::print(&csaf::print_text(&record, env!("CARGO_PKG_VERSION"))),
        Form::Osv => output::print(&osv::print_text(&record)),
        Form::Md => output::print(&to_markdown(&record)),
        Form::Html => output::print(&crate::web::markdown::to_html(&to_markdown(&record))),
    }
    Ok(())
}

fn read(record: &str) -> Result<Record, Failure> {
    serde_json::from_str(record).map_err(|why| Failure::during("the published record cannot be read", why))
}

async fn of_case(app: &App, typed: &str) -> Result<Record, Failure> {
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
        base_url: app.program_url(&case.program),
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
