//! `candor cve`: numbers and records at the CVE program, for programs that are numbering authorities, and the text for the
//! request form for those that are none.

use std::path::PathBuf;

use candor_core::id::CaseId;
use candor_formats::advisory::Record;
use serde_json::{Value, json};

use super::common::Common;
use super::output::{self, Failure, Outcome};
use crate::follow::cve::{self, Account, NotDone};
use crate::store::{advisories, cve_numbers};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Sets up the account of a program at CVE Services; the key is read from a file and kept sealed
    Account {
        /// The program
        program: String,
        /// Address of CVE Services; try an account on the test service first
        #[arg(long, default_value = cve::TEST, value_name = "URL")]
        url: String,
        /// Short name of the organisation
        #[arg(long)]
        org: String,
        /// UUID of the organisation
        #[arg(long, value_name = "UUID")]
        org_id: String,
        /// User name
        #[arg(long)]
        user: String,
        /// File with the API key
        #[arg(long, value_name = "FILE")]
        api_key_file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Forgets the account of a program
    Forget {
        /// The program
        program: String,
        #[command(flatten)]
        common: Common,
    },
    /// Reserves a number, for a case or for later; nothing of the case is sent
    Reserve {
        /// The program
        program: String,
        /// The case it is for
        #[arg(long)]
        case: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Lists numbers, and those that are reserved at CVE Services and used by nobody here
    List {
        /// The program
        program: String,
        /// Look at what is kept here only, and ask nobody
        #[arg(long)]
        offline: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Takes numbers back that were never used, or whose record was a mistake
    Reject {
        /// The program
        program: String,
        /// The numbers
        #[arg(required = true, value_name = "CVE")]
        ids: Vec<String>,
        /// Why, in English, for everybody
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        common: Common,
    },
    /// Prints the text for the request form of the CVE program
    Request {
        /// Id of a published advisory, or name of a case with a draft
        advisory: String,
        #[command(flatten)]
        common: Common,
    },
}

impl From<NotDone> for Failure {
    fn from(why: NotDone) -> Self {
        match why {
            NotDone::Store(why) => why.into(),
            other => Self::new(other),
        }
    }
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Account { program, url, org, org_id, user, api_key_file, common } => {
            let app = common.place.open().await?;
            app.policy(&program.as_str().into()).ok_or_else(|| Failure::new("there is no such program"))?;
            let key = std::fs::read_to_string(&api_key_file)
                .map_err(|why| Failure::during(format_args!("{} cannot be read", api_key_file.display()), why))?;
            let account = Account { url, org, org_id, user, key: key.trim().to_owned() };
            cve::set_account(&app, &program, &account).await?;
            output::say(format_args!("the account is kept sealed; its key cannot be read back ({account:?})"));
        }
        Command::Forget { program, common } => {
            let app = common.place.open().await?;
            cve::forget_account(&app, &program).await?;
            output::say("the account is forgotten");
        }
        Command::Reserve { program, case, common } => {
            let app = common.place.open().await?;
            let case = case
                .map(|typed| CaseId::parse(&typed).ok_or_else(|| Failure::new("this is no name of a case")))
                .transpose()?;
            let id = cve::reserve(&app, &program, case.as_ref().map(CaseId::as_str)).await?;
            match common.json {
                true => output::print(&format!("{:#}\n", json!({ "id": id }))),
                false => output::print(&format!("{id}\n")),
            }
        }
        Command::List { program, offline, common } => list(&program, offline, &common).await?,
        Command::Reject { program, ids, reason, common } => {
            let app = common.place.open().await?;
            for id in ids {
                cve::reject(&app, &program, &id, &reason).await?;
                output::say(format_args!("{id} is rejected"));
            }
        }
        Command::Request { advisory, common } => {
            let app = common.place.open().await?;
            let record: Record = match advisories::get(&app.store, &advisory).await? {
                Some(row) => serde_json::from_str(&row.record)
                    .map_err(|why| Failure::during("the published record cannot be read", why))?,
                None => super::advisory::of_case(&app, &advisory).await?,
            };
            output::print(&cve::request_text(&record));
        }
    }
    Ok(())
}

async fn list(program: &str, offline: bool, common: &Common) -> Outcome {
    let app = common.place.open().await?;
    let mut rows: Vec<(String, String, String)> = cve_numbers::of_program(&app.store, program)
        .await?
        .into_iter()
        .map(|row| (row.id, row.state, row.stream.unwrap_or_default()))
        .collect();
    if !offline {
        for (id, known) in cve::reserved(&app, program).await? {
            if known.is_none() {
                rows.push((id, "unused".into(), String::new()));
            }
        }
    }
    rows.sort();
    if common.json {
        let all: Vec<Value> =
            rows.iter().map(|(id, state, case)| json!({ "id": id, "state": state, "case": case })).collect();
        output::print(&format!("{:#}\n", Value::from(all)));
    } else {
        for (id, state, case) in rows {
            output::print(format!("{id:<16} {state:<10} {case}").trim_end());
            output::print("\n");
        }
    }
    Ok(())
}
