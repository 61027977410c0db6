//! `candor report`: a report filed from a terminal or a pipeline.

use super::output::{self, Failure, Outcome};
use super::sealed;
use super::server::Server;
use crate::proof::{Proof, Shown};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What to file, and where.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    other: Option<Other>,
    /// The program it is for
    #[arg(long, short, env = "CANDOR_PROGRAM", value_name = "PROGRAM", required = true, hide_env_values = true)]
    program: Option<String>,
    /// The report: JSON as the API takes it, or text whose first line is the title; `-` or nothing for standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Title, when the text has none of its own
    #[arg(long)]
    title: Option<String>,
    /// Which part of the product
    #[arg(long)]
    component: Option<String>,
    /// Which version
    #[arg(long, value_name = "VERSION")]
    affected: Option<String>,
    /// Known identifier, such as a CVE number; may be repeated
    #[arg(long = "identifier", value_name = "ID")]
    identifiers: Vec<String>,
    /// Your name, if you wish to give it
    #[arg(long)]
    name: Option<String>,
    /// Your address, to be told when there is something new
    #[arg(long)]
    email: Option<String>,
    /// A file to send with it, as it is, with what a picture or document says of its author, place and device; may be repeated
    #[arg(long, short, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Agree to the conditions of the program's policy
    #[arg(long)]
    agree: bool,
    #[command(flatten)]
    to: sealed::To,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

/// What else there is to do with reports.
#[derive(Debug, clap::Subcommand)]
enum Other {
    /// Checks a proof of receipt without asking anybody: was this received then, and signed by the program?
    VerifyProof {
        /// The proof, as the page of the receipt or the API gave it; `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The program's public key from /.well-known/candor-keys.json, as hexadecimal digits
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
}

fn verify_proof(file: &Path, key: Option<&str>) -> Outcome {
    let text = super::policy::source(file)?;
    let proof: Proof =
        serde_json::from_str(&text).map_err(|why| Failure::during("this is no proof of receipt", why))?;
    let shown = proof.check(key).map_err(Failure::new)?;
    output::print(&output::plain(&proof.statement));
    output::say(match shown {
        Shown::Report => "The statement is signed, and it is about the report in this file.",
        Shown::Statement => "The statement is signed. The file does not say which report it is about.",
    });
    if key.is_none() {
        output::say(format_args!("Signed with {}", output::plain(&proof.key)));
        output::say("Compare that with the program's key in /.well-known/candor-keys.json, or name it with `--key`.");
    }
    Ok(())
}

pub(super) async fn run(args: Args) -> Outcome {
    if let Some(Other::VerifyProof { file, key }) = &args.other {
        return verify_proof(file, key.as_deref());
    }
    let program = args.program.clone().unwrap_or_default();
    let given = match &args.file {
        // A known identifier alone is a whole report.
        None if !args.identifiers.is_empty() => String::new(),
        None => super::policy::source(Path::new("-"))?,
        Some(file) => super::policy::source(file)?,
    };
    let report = report(&given, &args)?;
    if !args.attach.is_empty() && !args.json {
        output::complain(
            "Files are sent as they are. A picture or document can name its author, place and device: take out before what \
             nobody should know.",
        );
    }
    let api = args.server.api()?;
    let path = format!("/programs/{program}/reports");
    let answer = if args.to.sealed {
        // Ciphertext only; removed in any case.
        let folder = tempfile::tempdir().map_err(|why| Failure::during("no folder can be made", why))?;
        let (outside, files) = args.to.seal(&api, &program, &report, &args.attach, folder.path()).await?;
        api.post(&path, |request| with_files(request, "report", &outside, &files)).await?
    } else {
        api.post(&path, |request| with_files(request, "report", &report, &args.attach)).await?
    };
    if args.json {
        output::json(&answer);
        return Ok(());
    }
    output::say(format_args!("Case     {}", text(&answer["case"])));
    output::say(format_args!("Receipt  {}", text(&answer["receipt"])));
    output::say("Keep the receipt: it is the only way back to this report, and is shown only now.");
    for promise in answer["promises"].as_array().into_iter().flatten() {
        output::say(format_args!("{}  {} ({})", text(&promise["due"]), text(&promise["what"]), text(&promise["kind"])));
    }
    let said = |list: &str, lead: &str| {
        for line in answer[list].as_array().into_iter().flatten() {
            output::say(format_args!("{lead}{}", text(line)));
        }
    };
    // What is sealed is not read by the server, which cannot know what it lacks.
    if !args.to.sealed {
        said("missing", "What would help besides: ");
    }
    said("hints", "");
    Ok(())
}

fn text(value: &Value) -> String {
    output::plain(value.as_str().unwrap_or_default())
}

/// The report as the API takes it, from JSON or from text.
fn report(given: &str, args: &Args) -> Result<Value, Failure> {
    let mut report = if given.trim_start().starts_with('{') {
        serde_json::from_str(given).map_err(|why| Failure::during("the report is no JSON", why))?
    } else {
        let mut lines = given.trim().splitn(2, '\n');
        let first = lines.next().unwrap_or_default().trim();
        let rest = lines.next().unwrap_or_default().trim();
        match &args.title {
            Some(_) => json!({ "description": given.trim() }),
            None => json!({ "title": first.trim_start_matches('#').trim(), "description": rest }),
        }
    };
    let fields = [("title", &args.title), ("component", &args.component), ("version", &args.affected)];
    for (field, value) in fields {
        if let Some(value) = value {
            report[field] = value.as_str().into();
        }
    }
    if !args.identifiers.is_empty() {
        report["identifiers"] = args.identifiers.clone().into();
    }
    if args.agree {
        report["agreed"] = true.into();
    }
    for (field, value) in [("name", &args.name), ("email", &args.email)] {
        if let Some(value) = value {
            report["reporter"][field] = value.as_str().into();
        }
    }
    Ok(report)
}

/// A body of JSON, with files beside it when there are any; files are streamed, not read into memory.
pub(super) async fn with_files(
    request: reqwest::RequestBuilder,
    part: &'static str,
    value: &Value,
    files: &[PathBuf],
) -> Result<reqwest::RequestBuilder, Failure> {
    if files.is_empty() {
        return Ok(request.json(value));
    }
    let json = Part::text(value.to_string())
        .mime_str("application/json")
        .map_err(|why| Failure::during("the request cannot be made", why))?;
    let mut form = Form::new().part(part, json);
    for file in files {
        let part = Part::file(file)
            .await
            .map_err(|why| Failure::during(format_args!("{} cannot be read", file.display()), why))?;
        form = form.part("files", part);
    }
    Ok(request.multipart(form))
}
