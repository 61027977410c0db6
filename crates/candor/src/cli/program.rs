//! `candor program`: policies taken into service.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::app::AddProgram;
use serde_json::json;
use std::path::PathBuf;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Takes a policy into service; a changed file becomes a new version
    Add {
        /// The policy file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Who takes it into service, for the list of versions
        #[arg(long, value_name = "NAME", default_value = "")]
        by: String,
        /// Say what it would change, in the policy and in the dates of open cases, and take nothing into service
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Lists the versions of a program's policy, with their dates and what each changed
    History {
        /// The program's short name
        #[arg(value_name = "PROGRAM")]
        program: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Lists the programs in service
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Add { file, dry_run: true, json, place, .. } => rehearse(&file, json, &place).await,
        Command::Add { file, by, json, place, .. } => add(&file, &by, json, &place).await,
        Command::History { program, json, place } => history(&program, json, &place).await,
        Command::List { json, place } => list(json, &place).await,
    }
}

async fn add(file: &std::path::Path, by: &str, json: bool, place: &Place) -> Outcome {
    // A wrong file is told before a store is touched. What it includes is taken into service with it.
    let source = match super::policy::read(file)? {
        Ok((_, whole)) => whole,
        Err(findings) => return super::policy::tell(file, &findings, json),
    };
    if !json {
        super::policy::warn(file, &source);
    }
    let app = place.open_or_create().await?;
    let before: std::collections::BTreeMap<_, _> =
        app.programs().into_iter().map(|policy| (policy.program.slug.clone(), policy)).collect();
    let by: String = by.trim().chars().filter(|c| !c.is_control()).take(200).collect();
    let added = match app.add_program_by(&source, &by).await {
        Ok(added) => added,
        Err(AddProgram::Findings(findings)) => return super::policy::tell(file, &findings, json),
        Err(AddProgram::Store(why)) => return Err(why.into()),
    };
    let slug = candor_core::id::ProgramSlug(added.slug.clone());
    let changes = match (before.get(&slug), app.policy_in_force(&slug)) {
        (Some(before), Some((_, now))) if added.changed => candor_core::policy::diff::changes(before, &now),
        _ => Vec::new(),
    };
    if json {
        let changes: Vec<_> = changes.iter().map(|change| json!({ "key": change.key, "text": change.text })).collect();
        output::json(&json!({
            "program": added.slug,
            "version": added.version,
            "changed": added.changed,
            "changes": changes,
        }));
    } else if added.changed {
        output::say(format_args!("{} is in service with version {} of its policy", added.slug, added.version));
        for change in changes {
            output::say(format_args!("  {change}"));
        }
    } else {
        output::say(format_args!("{} has this policy already, as version {}", added.slug, added.version));
    }
    Ok(())
}

/// Says what a file would change, and changes nothing.
async fn rehearse(file: &std::path::Path, json: bool, place: &Place) -> Outcome {
    let (policy, source) = match super::policy::read(file)? {
        Ok(found) => found,
        Err(findings) => return super::policy::tell(file, &findings, json),
    };
    let app = place.open().await?;
    let slug = &policy.program.slug;
    let changes = match app.policy_in_force(slug) {
        Some((_, before)) => candor_core::policy::diff::changes(&before, &policy),
        None => Vec::new(),
    };
    let dates = crate::execute::would::change(&app, &policy).await?;
    if json {
        let changes: Vec<_> = changes.iter().map(|change| json!({ "key": change.key, "text": change.text })).collect();
        let dates: Vec<_> = dates
            .iter()
            .map(|one| {
                json!({
                    "case": one.case, "version": one.version, "promise": one.change.promise,
                    "was": one.change.was, "would_be": one.change.would, "at_once": one.at_once,
                })
            })
            .collect();
        output::json(&json!({ "program": slug, "dry_run": true, "changes": changes, "dates": dates }));
        return Ok(());
    }
    super::policy::warn(file, &source);
    output::say(format_args!("nothing was taken into service; {slug} would change so:"));
    if changes.is_empty() {
        output::say("  nothing that the policy says");
    }
    for change in changes {
        output::say(format_args!("  {change}"));
    }
    let when = |at: Option<jiff::Timestamp>| {
        at.map_or_else(|| "not promised".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
    };
    for one in dates {
        let how = if one.at_once { "at once, by a planned pause" } else { "when the case is moved to it" };
        let (was, would) = (when(one.change.was), when(one.change.would));
        output::say(format_args!("  {}, {}: {was}, then {would} ({how})", one.case, one.change.promise));
    }
    Ok(())
}

async fn history(program: &str, json: bool, place: &Place) -> Outcome {
    let app = place.open().await?;
    let rows = crate::store::programs::versions(&app.store, program).await?;
    if rows.is_empty() {
        return Err(Failure::new(format_args!(
            "no program called `{program}` is in service; `candor program list` names them"
        )));
    }
    let mut told = Vec::new();
    let mut before: Option<candor_core::policy::Policy> = None;
    for row in &rows {
        let policy = candor_core::policy::file::read_again(&row.source).map_err(Failure::new)?;
        let changes: Vec<String> = before
            .iter()
            .flat_map(|before| candor_core::policy::diff::changes(before, &policy))
            .map(|change| change.text)
            .collect();
        let at = jiff::Timestamp::from_microsecond(row.at).map_err(Failure::new)?;
        let by = app.policy_taken_by(&program.into(), row.version).await?;
        told.push((row.version, at, by, changes));
        before = Some(policy);
    }
    if json {
        let list: Vec<_> = told
            .iter()
            .map(|(version, at, by, changes)| {
                json!({ "version": version, "in_service_since": at, "by": by, "changes": changes })
            })
            .collect();
        output::json(&json!({ "program": program, "versions": list }));
        return Ok(());
    }
    for (version, at, by, changes) in told {
        let since = at.strftime("%Y-%m-%d %H:%M UTC");
        output::say(format_args!("version {version}, in service since {since}, taken by {by}"));
        for change in changes {
            output::say(format_args!("  {change}"));
        }
    }
    Ok(())
}

async fn list(json: bool, place: &Place) -> Outcome {
    let app = place.open().await?;
    let mut rows = Vec::new();
    for policy in app.programs() {
        let slug = &policy.program.slug;
        let (version, _) = app.policy_in_force(slug).ok_or_else(|| Failure::new("a program went away meanwhile"))?;
        rows.push((slug.0.clone(), policy.program.name.clone(), version, app.program_url(slug)));
    }
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(slug, name, version, url)| json!({ "program": slug, "name": name, "version": version, "url": url }))
            .collect();
        output::json(&rows);
        return Ok(());
    }
    if rows.is_empty() {
        output::complain("no program is in service; add one with `candor program add FILE`");
    }
    let mut lines = vec![vec!["PROGRAM".into(), "NAME".into(), "VERSION".into(), "ADDRESS".into()]];
    lines.extend(rows.into_iter().map(|(slug, name, version, url)| vec![slug, name, version.to_string(), url]));
    output::table(&lines);
    Ok(())
}
