//! `candor lint`: what a commit, a branch or a change log would give away before the day of publication.

use super::output::{self, Failure, Outcome};
use super::server::Server;
use candor_formats::hygiene::{self, Secret, Slip};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to look at.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Looks for words that would give an embargoed matter away. Ends with an error where there are any
    #[command(after_help = "As a git hook, in .git/hooks/commit-msg:\n  exec candor lint commit \"$1\"\n\
        In a pipeline:\n  candor lint commit --range origin/main..HEAD --branch \"$BRANCH\"\n\
        With a token (CANDOR_TOKEN), words of open cases and names of their reporters are looked for as well. \
        What is found of them is printed: keep the output as private as the cases.")]
    Commit {
        /// The message; - for standard input
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// Messages of these commits, as git names them, like origin/main..HEAD
        #[arg(long, value_name = "RANGE")]
        range: Option<String>,
        /// Name of a branch or a tag; may be repeated
        #[arg(long, value_name = "NAME")]
        branch: Vec<String>,
        /// Lines of a change log; may be repeated
        #[arg(long, value_name = "FILE")]
        changelog: Vec<PathBuf>,
        /// Refuse what is only worth a second look, too
        #[arg(long)]
        strict: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Token of a member, to look for words of open cases; better set by environment
        #[arg(long, env = "CANDOR_TOKEN", value_name = "TOKEN", hide_env_values = true)]
        token: Option<String>,
        #[command(flatten)]
        server: Server,
    },
}

/// Most cases whose words are looked for.
const CASES: &str = "200";

pub(super) async fn run(command: Command) -> Outcome {
    let Command::Commit { file, range, branch, changelog, strict, json: as_json, token, server } = command;
    if file.is_none() && range.is_none() && branch.is_empty() && changelog.is_empty() {
        return Err(Failure::Usage("name a file with a message, or use --range, --branch or --changelog".into()));
    }
    let secrets = match token {
        Some(token) => secrets(&server, &token).await?,
        None => Vec::new(),
    };
    let mut found: Vec<(String, Slip)> = Vec::new();
    let mut keep = |place: String, slips: Vec<Slip>| {
        found.extend(slips.into_iter().map(|slip| (place.clone(), slip)));
    };
    if let Some(file) = &file {
        keep(file.display().to_string(), hygiene::slips(&super::policy::source(file)?, &secrets));
    }
    if let Some(range) = &range {
        for (commit, message) in messages(range)? {
            keep(commit, hygiene::slips(&message, &secrets));
        }
    }
    for name in &branch {
        keep(name.clone(), hygiene::slips_in_name(name, &secrets));
    }
    for file in &changelog {
        // A change log has headings that begin like comments of git.
        let text = super::policy::source(file)?.replace("\n#", "\n #");
        keep(file.display().to_string(), hygiene::slips(text.trim_start_matches('#'), &secrets));
    }
    let refused = found.iter().any(|(_, slip)| slip.refused || strict);
    if as_json {
        let rows: Vec<Value> = found
            .iter()
            .map(|(place, slip)| json!({ "in": place, "line": slip.line, "words": slip.words, "why": slip.why, "refused": slip.refused || strict }))
            .collect();
        output::json(&rows);
    } else {
        for (place, slip) in &found {
            let mark = if slip.refused || strict { "" } else { " (only a hint)" };
            output::complain(format_args!(
                "{}:{}: “{}” {}{mark}",
                output::plain(place),
                slip.line,
                output::plain(&slip.words),
                slip.why
            ));
        }
    }
    if refused { Err(Failure::Said) } else { Ok(()) }
}

/// Messages of a range of commits, from git itself.
fn messages(range: &str) -> Result<Vec<(String, String)>, Failure> {
    if range.starts_with('-') {
        return Err(Failure::Usage("`--range` takes commits, like origin/main..HEAD".into()));
    }
    let run = std::process::Command::new("git").args(["log", "--format=%h%x00%B%x00%x00", range, "--"]).output();
    let done = run.map_err(|why| Failure::during("git cannot be run", why))?;
    if !done.status.success() {
        return Err(Failure::during("git does not know the range", String::from_utf8_lossy(&done.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    Ok(text
        .split("\0\0")
        .filter_map(|one| one.trim_start().split_once('\0'))
        .map(|(commit, message)| (commit.to_owned(), message.to_owned()))
        .collect())
}

/// Words of open cases that are not public: titles, identifiers, names of reporters.
async fn secrets(server: &Server, token: &str) -> Result<Vec<Secret>, Failure> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
        .map_err(|_| Failure::Usage("the token has characters that no token has".into()))?;
    value.set_sensitive(true);
    let api = server.api()?.with(value);
    let list = api.get("/cases", &[("limit", CASES.into())]).await?;
    let mut secrets = Vec::new();
    for row in list["cases"].as_array().into_iter().flatten() {
        let name = row["case"].as_str().unwrap_or_default();
        let case = api.get(&format!("/cases/{name}"), &[]).await?;
        let of = |what: &str| format!("{what} of {name}");
        for word in hygiene::telling(case["title"].as_str().unwrap_or_default()) {
            secrets.push(Secret { words: word, what: of("a word of the title") });
        }
        for alias in case["aliases"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            secrets.push(Secret { words: alias.into(), what: of("an identifier") });
        }
        for report in case["reports"].as_array().into_iter().flatten() {
            for key in ["name", "email"] {
                if let Some(who) = report["reporter"][key].as_str().filter(|who| who.len() >= 3) {
                    secrets.push(Secret { words: who.into(), what: of("the reporter") });
                }
            }
        }
    }
    Ok(secrets)
}
