//! `candor member`: people of the team, managed on the store itself.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::accounts::token::{self, Scopes};
use crate::accounts::{self, EVERY_PROGRAM, MemberView, RoleIn, invite};
use candor_core::access::Role;
use serde_json::json;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Invites a member and prints the link with which they set up their account
    Add {
        /// Name for people
        #[arg(long)]
        name: String,
        /// Address for mail and for signing in
        #[arg(long)]
        email: String,
        /// Role everywhere: observer, developer, approver, analyst, member (these three in one) or coordinator; in one program as coordinator@minio; may be repeated
        #[arg(long = "role", value_name = "ROLE[@PROGRAM]", value_parser = role)]
        roles: Vec<RoleIn>,
        /// Let them manage people, programs and settings
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Lists the members
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Lets a member out: sessions, links and tokens end at once
    Disable {
        /// Address or id
        who: String,
        #[command(flatten)]
        common: Common,
    },
    /// Lets a disabled member in again
    Enable {
        /// Address or id
        who: String,
        #[command(flatten)]
        common: Common,
    },
    /// Lets a member set up password and authenticator anew, and prints the link
    Reset {
        /// Address or id
        who: String,
        #[command(flatten)]
        common: Common,
    },
    /// Makes a token for the API and prints it, once
    Token {
        /// Address or id
        who: String,
        /// What it is for
        #[arg(long)]
        label: String,
        /// What it may do: read, write, admin
        #[arg(long, default_value = "read", value_parser = Scopes::parse)]
        scopes: Scopes,
        /// Days until it ends
        #[arg(long, default_value_t = 90)]
        days: i64,
        #[command(flatten)]
        common: Common,
    },
}

/// What all of them take.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

fn role(text: &str) -> Result<RoleIn, String> {
    let (name, program) = text.split_once('@').unwrap_or((text, EVERY_PROGRAM));
    let role =
        Role::from_name(name).ok_or_else(|| format!("`{name}` is no role; choose from {}", accounts::role_names()))?;
    Ok((program.to_owned(), role))
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Add { name, email, roles, admin, common } => {
            let app = common.place.open().await?;
            let link = invite::invite(&app, &name, &email, &roles, admin).await?;
            told(common.json, "link", &link, "Hand this link over on a safe way; it works once, for 72 hours:");
        }
        Command::List { common } => {
            let app = common.place.open().await?;
            list(&accounts::members(&app).await?, common.json);
        }
        Command::Disable { who, common } => {
            let app = common.place.open().await?;
            let member = accounts::disable(&app, &who).await?;
            changed(&member, common.json, "may not sign in any more; sessions, links and tokens have ended");
        }
        Command::Enable { who, common } => {
            let app = common.place.open().await?;
            let member = accounts::enable(&app, &who).await?;
            changed(&member, common.json, "may sign in again");
        }
        Command::Reset { who, common } => {
            let app = common.place.open().await?;
            let link = invite::reset(&app, &who).await?;
            told(common.json, "link", &link, "Hand this link over on a safe way; it works once, for 72 hours:");
        }
        Command::Token { who, label, scopes, days, common } => {
            let app = common.place.open().await?;
            let member = accounts::find(&app, &who).await?;
            if member.disabled {
                return Err(Failure::new("this member is disabled; enable them first"));
            }
            let made = token::make(&app, &member.id, &label, scopes, days).await?;
            if common.json {
                output::json(&json!({ "id": made.id, "token": made.secret, "ends": made.ends }));
            } else {
                output::complain(format_args!("This token works until {} and is shown only now:", made.ends));
                output::say(&made.secret);
            }
        }
    }
    Ok(())
}

fn told(as_json: bool, key: &str, value: &str, words: &str) {
    if as_json {
        output::json(&json!({ key: value }));
    } else {
        output::complain(words);
        output::say(value);
    }
}

fn changed(member: &MemberView, as_json: bool, words: &str) {
    if as_json {
        output::json(&json!({ "id": member.id, "state": member.state() }));
    } else {
        output::say(format_args!("{} {words}", output::plain(&member.name)));
    }
}

fn list(members: &[MemberView], as_json: bool) {
    if as_json {
        let rows: Vec<_> = members
            .iter()
            .map(|member| {
                json!({
                    "id": member.id,
                    "name": member.name,
                    "email": member.email,
                    "state": member.state(),
                    "admin": member.admin,
                    "roles": member.roles.iter()
                        .map(|(program, role)| json!({ "program": program, "role": role.name() }))
                        .collect::<Vec<_>>(),
                })
            })
            .collect();
        output::json(&rows);
        return;
    }
    if members.is_empty() {
        output::complain("there is no member yet; the set-up link of `candor serve` makes the first one");
    }
    let mut rows = vec![vec!["NAME".into(), "ADDRESS".into(), "STATE".into(), "ROLES".into()]];
    rows.extend(members.iter().map(|member| {
        vec![
            output::plain(&member.name),
            output::plain(&member.email),
            member.state().to_owned(),
            member.roles_in_words(),
        ]
    }));
    output::table(&rows);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_everywhere_or_in_one_program() {
        assert_eq!(role("member"), Ok(("*".into(), Role::Member)));
        assert_eq!(role("coordinator@minio"), Ok(("minio".into(), Role::Coordinator)));
        assert_eq!(
            role("owner"),
            Err("`owner` is no role; choose from observer, developer, approver, analyst, member, coordinator".into())
        );
    }
}
