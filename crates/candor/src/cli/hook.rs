//! `candor hook`: who is called when something is published. One member asks, another confirms.

use serde_json::{Value, json};

use super::common::Outward;
use super::output::{self, Failure, Outcome};
use crate::accounts;
use crate::app::App;
use crate::follow::hooks::{self, NoHook};
use crate::store::hooks as rows;
use candor_core::id::MemberId;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Lists the hooks
    List {
        #[command(flatten)]
        common: Outward,
    },
    /// Asks for a hook and prints its secret, once; another member confirms it
    Add {
        /// The program
        #[arg(long)]
        program: String,
        /// Address that is called
        url: String,
        /// The member who asks: address or id
        #[arg(long = "as", value_name = "MEMBER")]
        by: String,
        #[command(flatten)]
        common: Outward,
    },
    /// Confirms a hook as a second member
    Confirm {
        /// Id of the hook
        id: String,
        /// The member who confirms: address or id
        #[arg(long = "as", value_name = "MEMBER")]
        by: String,
        #[command(flatten)]
        common: Outward,
    },
    /// Ends a hook; its target is told
    End {
        /// Id of the hook
        id: String,
        /// The member who ends it: address or id
        #[arg(long = "as", value_name = "MEMBER")]
        by: String,
        #[command(flatten)]
        common: Outward,
    },
}

impl From<NoHook> for Failure {
    fn from(why: NoHook) -> Self {
        match why {
            NoHook::Store(why) => why.into(),
            other => Self::new(other),
        }
    }
}

/// The member of this address or id.
async fn member(app: &App, typed: &str) -> Result<MemberId, Failure> {
    let found = accounts::find(app, typed).await?;
    if found.disabled {
        return Err(Failure::new("this member is disabled"));
    }
    Ok(found.id)
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::List { common } => {
            let app = common.open().await?;
            let rows = rows::list(&app.store).await?;
            if common.json {
                let all: Vec<Value> = rows
                    .iter()
                    .map(|row| {
                        json!({
                            "id": row.id, "program": row.program, "state": row.state, "host": row.host,
                            "fingerprint": row.fingerprint, "asked_by": row.asked_by, "confirmed_by": row.confirmed_by,
                        })
                    })
                    .collect();
                output::print(&format!("{:#}\n", Value::from(all)));
            } else {
                for row in rows {
                    output::print(&format!(
                        "{} {:<8} {} {} {}\n",
                        row.id, row.state, row.program, row.host, row.fingerprint
                    ));
                }
            }
        }
        Command::Add { program, url, by, common } => {
            let app = common.open().await?;
            let by = member(&app, &by).await?;
            let asked = hooks::ask(&app, &program, &url, &by).await?;
            if common.json {
                let all = json!({ "id": asked.id, "secret": asked.secret, "fingerprint": asked.fingerprint });
                output::print(&format!("{all:#}\n"));
            } else {
                output::complain(format_args!(
                    "hook {} waits for a second member; its fingerprint is {}; its secret, shown once:",
                    asked.id, asked.fingerprint
                ));
                output::say(asked.secret);
            }
        }
        Command::Confirm { id, by, common } => {
            let app = common.open().await?;
            let by = member(&app, &by).await?;
            hooks::confirm(&app, &id, &by).await?;
            output::say("the hook is called from now on");
        }
        Command::End { id, by, common } => {
            let app = common.open().await?;
            let by = member(&app, &by).await?;
            hooks::end(&app, &id, &by).await?;
            output::say("the hook has ended");
        }
    }
    Ok(())
}
