//! `candor subscription`: who gets the advisories of a program by mail. Addresses are sealed; they are shown when asked for.

use candor_core::id::ProgramSlug;
use serde_json::{Value, json};

use super::common::Common;
use super::output::{self, Failure, Outcome};
use crate::follow::subscriptions::{self, Wish};
use crate::store::{Batch, subscriptions as rows};

/// Rows read at a time.
const PAGE: i64 = 500;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Counts subscriptions by program and state
    Count {
        #[command(flatten)]
        common: Common,
    },
    /// Lists the confirmed subscriptions of a program; ids and wishes
    List {
        /// The program
        program: String,
        /// Show addresses as well
        #[arg(long)]
        addresses: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Asks an address whether it wants advisories; it gets one letter, and nothing else until it says yes
    Ask {
        /// The program
        program: String,
        /// The address
        address: String,
        /// Only this product
        #[arg(long, default_value = "")]
        product: String,
        /// Only this branch, such as 2.x
        #[arg(long, default_value = "")]
        branch: String,
        /// Only this severity and above: low, medium, high, critical
        #[arg(long)]
        severity: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Ends a subscription, as its own link does; nothing of it stays
    End {
        /// Id of the subscription
        id: String,
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Count { common } => {
            let app = common.place.open().await?;
            let counts = rows::counts(&app.store).await?;
            if common.json {
                let all: Vec<Value> = counts
                    .iter()
                    .map(|(program, state, count)| json!({ "program": program, "state": state, "count": count }))
                    .collect();
                output::print(&format!("{:#}\n", Value::from(all)));
            } else {
                for (program, state, count) in counts {
                    output::print(&format!("{program} {state} {count}\n"));
                }
            }
        }
        Command::List { program, addresses, common } => list(&program, addresses, &common).await?,
        Command::Ask { program, address, product, branch, severity, common } => {
            let app = common.place.open().await?;
            let policy = app
                .policy(&ProgramSlug::from(program.as_str()))
                .ok_or_else(|| Failure::new(format_args!("there is no program called {}", output::plain(&program))))?;
            if !subscriptions::is_address(&address) {
                return Err(Failure::new("this is no e-mail address"));
            }
            let severity = severity
                .map(|word| {
                    subscriptions::severity(&word)
                        .ok_or_else(|| Failure::new("a severity is low, medium, high or critical"))
                })
                .transpose()?;
            let wish = Wish { product: subscriptions::part(&product), branch, severity };
            subscriptions::ask(&app, &policy, &address, &wish).await?;
            output::say("the worker of the server writes to the address; it counts once the address has said yes");
        }
        Command::End { id, common } => {
            let app = common.place.open().await?;
            if rows::get(&app.store, &id).await?.is_none() {
                return Err(Failure::new("there is no such subscription; `candor subscription list` gives the ids"));
            }
            app.store.commit(Batch::main(vec![rows::delete_statement(&id)])).await?;
            output::say("the subscription is gone");
        }
    }
    Ok(())
}

async fn list(program: &str, addresses: bool, common: &Common) -> Outcome {
    let app = common.place.open().await?;
    let (mut after, mut all) = (String::new(), Vec::new());
    loop {
        let page = rows::confirmed(&app.store, program, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for row in page {
            let address = if addresses { Some(subscriptions::address(&app, &row)?) } else { None };
            all.push((row, address));
        }
    }
    if common.json {
        let all: Vec<Value> = all
            .iter()
            .map(|(row, address)| {
                let mut shown = json!({
                    "id": row.id, "product": row.product, "branch": row.branch, "severity": row.severity,
                });
                if let Some(address) = address {
                    shown["address"] = address.as_str().into();
                }
                shown
            })
            .collect();
        output::print(&format!("{:#}\n", Value::from(all)));
        return Ok(());
    }
    for (row, address) in all {
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { output::plain(text) };
        output::print(&format!(
            "{} {} {} {} {}\n",
            row.id,
            or(&row.product, "every-product"),
            or(&row.branch, "every-branch"),
            or(&row.severity, "every-severity"),
            output::plain(address.as_deref().unwrap_or_default()),
        ));
    }
    Ok(())
}
