//! `candor policy`: a policy file read, checked and printed. Touches no store.

mod picture; // a forecast as SVG
mod simulate; // a forecast under a load

use super::output::{self, Failure, Outcome};
use candor_core::policy::file::{self, Finding};
use candor_core::policy::import::{self, Names};
use candor_core::policy::{Policy, compare, fragments, render};
use serde_json::json;
use std::path::{Path, PathBuf};

/// How long a printed security.txt may be trusted; RFC 9116 advises less than a year.
const VALID_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(180 * 24);

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Says what is wrong with a policy file, with line and column
    Check {
        /// The policy file; `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Prose about the same program, such as SECURITY.md: say where the two contradict each other
        #[arg(long, value_name = "PROSE")]
        against: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Reads prose, such as SECURITY.md, and drafts a policy file; says where each line comes from and what is open
    Import {
        /// The prose; `-` for standard input
        #[arg(value_name = "PROSE")]
        prose: PathBuf,
        /// The program's name; left out: taken from the title
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The program's short name in addresses; left out: made from the name
        #[arg(long, value_name = "SLUG")]
        slug: Option<String>,
        /// Write the draft to this file, which must not exist; left out: print it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Says in words what changed from one policy file to another
    Diff {
        /// The file before; `-` for standard input
        #[arg(value_name = "OLD")]
        old: PathBuf,
        /// The file now
        #[arg(value_name = "NEW")]
        new: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Forecasts which promises break under a load, and what would have to change
    Simulate(simulate::Args),
    /// Prints what a policy publishes
    Render {
        /// The policy file; `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What to print
        #[arg(long = "as", value_name = "FORM")]
        form: Form,
        /// Address under which the service is reached; links lead there. Left out: nothing names the form
        #[arg(long, env = "CANDOR_BASE_URL", value_name = "URL", hide_env_values = true)]
        base_url: Option<String>,
    },
    /// Prints the JSON Schema of policy files, for editors
    Schema,
}

/// Forms of a policy.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Form {
    /// The file SECURITY.md
    SecurityMd,
    /// The file security.txt (RFC 9116)
    SecurityTxt,
    /// A page of plain HTML
    Html,
    /// The public part of the policy as JSON
    Json,
    /// The JSON Schema of that
    JsonSchema,
    /// The file security-insights.yml (OpenSSF Security Insights 2.1.0)
    SecurityInsights,
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Check { file, against: None, json } => check(&file, json),
        Command::Check { file, against: Some(prose), json } => against(&file, &prose, json),
        Command::Import { prose, name, slug, out } => import(&prose, Names { name, slug }, out.as_deref()),
        Command::Diff { old, new, json } => diff(&old, &new, json),
        Command::Simulate(args) => simulate::run(&args),
        Command::Render { file, form, base_url } => {
            print(&file, form, base_url.as_deref().map(|url| url.trim_end_matches('/')))
        }
        Command::Schema => {
            output::json(&render::schema());
            Ok(())
        }
    }
}

/// Reads a file, or standard input for `-`.
pub(super) fn source(file: &Path) -> Result<String, Failure> {
    let read =
        if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    read.map_err(|why| Failure::during(format_args!("{} cannot be read", file.display()), why))
}

/// Reads a policy file with what it includes from beside it; also its whole text, which stands alone.
pub(super) fn read(file: &Path) -> Result<Result<(Policy, String), Vec<Finding>>, Failure> {
    let source = source(file)?;
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    let beside = |path: &str| -> Result<String, String> {
        let cannot = |why: &dyn std::fmt::Display| format!("`{path}` cannot be read: {why}");
        if Path::new(path).is_absolute() || path.split(['/', '\\']).any(|part| part == "..") {
            return Err(format!("`{path}` does not lie beside the policy; name a file in its folder or below"));
        }
        let found = folder.join(path);
        let size = std::fs::metadata(&found).map_err(|why| cannot(&why))?.len();
        if size > PART_LIMIT {
            return Err(format!("`{path}` is larger than a mebibyte"));
        }
        std::fs::read_to_string(&found).map_err(|why| cannot(&why))
    };
    if file == Path::new("-") {
        return Ok(file::read_with(&source, &fragments::nowhere));
    }
    Ok(file::read_with(&source, &beside))
}

/// Tells what a policy should not stay with, as lines for people.
pub(super) fn warn(file: &Path, whole: &str) -> Vec<Finding> {
    let found = file::warnings(whole, &fragments::nowhere);
    for finding in &found {
        output::complain(format_args!(
            "{}:{}:{}: warning: {}",
            file.display(),
            finding.line,
            finding.column,
            finding.message
        ));
    }
    found
}

/// Largest file that a policy may include, in bytes.
const PART_LIMIT: u64 = 1 << 20;

fn check(file: &Path, json: bool) -> Outcome {
    // What is included stands behind the file's own text, so that its lines keep their numbers.
    let (policy, whole) = match read(file)? {
        Ok(found) => found,
        Err(findings) => return tell(file, &findings, json),
    };
    if json {
        let warnings: Vec<_> = file::warnings(&whole, &fragments::nowhere)
            .iter()
            .map(|one| json!({ "line": one.line, "column": one.column, "path": one.path, "message": one.message }))
            .collect();
        output::json(&json!({
            "file": file, "program": policy.program.slug, "findings": [], "warnings": warnings,
        }));
    } else {
        warn(file, &whole);
        output::say(format_args!("{}: fine; policy of {}", file.display(), policy.program.name));
        output::say(format_args!(
            "  {} promises, {} gates, {} contacts",
            policy.promises.len(),
            policy.gates.len(),
            policy.contacts.len()
        ));
    }
    Ok(())
}

/// Compares a policy with prose. Contradictions are a failure, what only the prose says is not.
fn against(file: &Path, prose: &Path, json: bool) -> Outcome {
    let policy = match read(file)? {
        Ok((policy, _)) => policy,
        Err(findings) => return tell(file, &findings, json),
    };
    let compare::Comparison { contradictions, notes, agreed } = compare::against(&policy, &source(prose)?);
    if json {
        let list = |differences: &[compare::Difference]| -> Vec<_> {
            let one = |it: &compare::Difference| json!({ "line": it.line, "key": it.key, "message": it.message, "quote": it.quote });
            differences.iter().map(one).collect()
        };
        output::json(&json!({
            "file": file,
            "prose": prose,
            "agreed": agreed,
            "contradictions": list(&contradictions),
            "notes": list(&notes),
        }));
    } else {
        for difference in &contradictions {
            output::complain(format_args!("{}:{}: contradicts {difference}", prose.display(), difference.line));
        }
        for difference in &notes {
            output::say(format_args!("{}:{}: note on {difference}", prose.display(), difference.line));
        }
        if contradictions.is_empty() {
            output::say(format_args!(
                "{}: nothing contradicts {}; {agreed} statements agree, {} are in the prose alone",
                prose.display(),
                file.display(),
                notes.len()
            ));
        }
    }
    if contradictions.is_empty() { Ok(()) } else { Err(Failure::Said) }
}

/// Says what changed between two files.
fn diff(old: &Path, new: &Path, json: bool) -> Outcome {
    let mut both = Vec::new();
    for file in [old, new] {
        match read(file)? {
            Ok((policy, _)) => both.push(policy),
            Err(findings) => return tell(file, &findings, json),
        }
    }
    let changes = candor_core::policy::diff::changes(&both[0], &both[1]);
    if json {
        let list: Vec<_> = changes.iter().map(|change| json!({ "key": change.key, "text": change.text })).collect();
        output::json(&json!({ "old": old, "new": new, "changes": list }));
    } else if changes.is_empty() {
        output::say("nothing changed");
    } else {
        changes.iter().for_each(output::say);
    }
    Ok(())
}

/// Drafts a policy from prose. The draft goes to standard output or a new file, the count of what is open to standard error.
fn import(prose: &Path, names: Names, out: Option<&Path>) -> Outcome {
    let draft = import::draft(&source(prose)?, &names);
    match out {
        None => output::print(&draft.toml),
        Some(out) => simulate::write_new(out, &draft.toml)?,
    }
    output::complain(format_args!(
        "{} facts found, {} questions at the end of the draft; answer them, then run `candor policy check`",
        draft.found.len(),
        draft.questions.len()
    ));
    Ok(())
}

/// Says what is wrong with a policy file; always a failure.
pub(super) fn tell(file: &Path, findings: &[Finding], json: bool) -> Outcome {
    if json {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| {
                json!({
                    "line": finding.line,
                    "column": finding.column,
                    "path": finding.path,
                    "message": finding.message,
                })
            })
            .collect();
        output::json(&json!({ "file": file, "findings": findings }));
    } else {
        for finding in findings {
            let path = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
            output::complain(format_args!(
                "{}:{}:{}: {path}{}",
                file.display(),
                finding.line,
                finding.column,
                finding.message
            ));
        }
    }
    Err(Failure::Said)
}

fn print(file: &Path, form: Form, base_url: Option<&str>) -> Outcome {
    let policy = match read(file)? {
        Ok((policy, _)) => policy,
        Err(findings) => return tell(file, &findings, false),
    };
    match form {
        Form::Json => output::json(&render::json(&policy)),
        Form::JsonSchema => output::json(&render::json_schema()),
        Form::SecurityInsights => {
            let today = super::now().to_zoned(jiff::tz::TimeZone::UTC).date();
            match render::security_insights(&policy, base_url, today) {
                Some(text) => output::print(&text),
                None => {
                    return Err(Failure::new(
                        "security-insights.yml names at least one repository: set `url` under [program], or `repositories` of a product",
                    ));
                }
            }
        }
        Form::SecurityMd => output::print(&render::security_md(&policy, base_url)),
        Form::Html => output::print(&render::html(&policy, base_url)),
        Form::SecurityTxt => {
            let Some(base_url) = base_url else {
                return Err(Failure::new("security.txt holds whole addresses: name the service with --base-url"));
            };
            output::print(&render::security_txt(&policy, base_url, super::now() + VALID_FOR));
        }
    }
    Ok(())
}
