//! `candor sign-in`: the services that members may sign in with, managed on the store itself.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::common::Outward;
use super::output::{self, Failure, Outcome};
use crate::error::Error;
use crate::oidc::{self, NotSignedIn, Provider};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Lists the services
    List {
        #[command(flatten)]
        common: Outward,
    },
    /// Adds a service that speaks OpenID Connect, and prints the address that it has to be told
    Add {
        /// Short name: small letters, digits and hyphens
        name: String,
        /// Name on the button
        #[arg(long)]
        title: String,
        /// Its issuer, exactly as it calls itself
        #[arg(long)]
        issuer: String,
        /// Name of this desk there
        #[arg(long, value_name = "ID")]
        client: String,
        /// File with the client secret; without one for a public client
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
        /// Let a sign-in there count as two factors
        #[arg(long)]
        two_factors: bool,
        #[command(flatten)]
        common: Outward,
    },
    /// Removes a service and unlinks everybody from it
    Remove {
        /// Short name
        name: String,
        #[command(flatten)]
        common: Outward,
    },
}

impl From<NotSignedIn> for Failure {
    fn from(why: NotSignedIn) -> Self {
        match why {
            NotSignedIn::Other(why) => why.into(),
            other => Self::new(other),
        }
    }
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::List { common } => {
            let app = common.open().await?;
            let all = oidc::list(&app).await?;
            if common.json {
                let rows = all.iter().map(|it| {
                    json!({ "name": it.name, "title": it.title, "issuer": it.issuer, "client": it.client,
                        "two_factors": it.two_factors, "answers": oidc::answers(&app, &it.name) })
                });
                output::json(&rows.collect::<Vec<Value>>());
                return Ok(());
            }
            let mut rows = vec![["NAME", "ISSUER", "COUNTS AS"].map(String::from).to_vec()];
            rows.extend(all.into_iter().map(|it| {
                let factors = if it.two_factors { "two factors" } else { "one factor" };
                vec![it.name, it.issuer, factors.to_owned()]
            }));
            output::table(&rows);
        }
        Command::Add { name, title, issuer, client, secret_file, two_factors, common } => {
            let app = common.open().await?;
            let read = |path: PathBuf| {
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|why| Failure::new(format!("{} cannot be read: {why}", path.display())))?;
                Ok::<_, Failure>(text.trim_end_matches(['\r', '\n']).to_owned())
            };
            let secret = secret_file.map(read).transpose()?;
            oidc::add(&app, &Provider { name: name.clone(), title, issuer, client, secret, two_factors }).await?;
            let answers = oidc::answers(&app, &name);
            if common.json {
                output::json(&json!({ "name": name, "answers": answers }));
            } else {
                output::complain("tell the service that its answers go to:");
                output::say(&answers);
            }
        }
        Command::Remove { name, common } => {
            let app = common.open().await?;
            match oidc::remove(&app, &name).await {
                Err(Error::NotFound) => {
                    return Err(Failure::new("there is no such service; `candor sign-in list` names them"));
                }
                other => other?,
            }
            output::say("the service is removed; nobody is linked to it any more");
        }
    }
    Ok(())
}
