//! `candor member`: people of the team, managed on the store itself.

use super::common::Common;
use super::output::{self, Failure, Outcome};
use crate::accounts::invite::Invitation;
use crate::accounts::token::{self, Scopes};
use crate::accounts::told::{self, Change};
use crate::accounts::{self, EVERY_PROGRAM, MemberView, RoleIn, invite};
use crate::app::App;
use crate::openpgp::words::grouped;
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
    /// The OpenPGP key with which a member signs mail
    #[command(subcommand)]
    Key(Key),
    /// Says whether what can wait comes to a member in one letter a day, or changes it
    Letters {
        /// Address or id
        who: String,
        /// What can wait comes once a day, or every letter comes at once
        #[arg(long, value_name = "WHEN", value_parser = ["once-a-day", "at-once"])]
        come: Option<String>,
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
        /// What it may do: read, write, publish, bulk, members, keys, admin; with in:PROGRAM only there
        #[arg(long, default_value = "read", value_parser = Scopes::parse)]
        scopes: Scopes,
        /// Days until it ends
        #[arg(long, default_value_t = 90)]
        days: i64,
        #[command(flatten)]
        common: Common,
    },
}

/// What to do with a member's key.
#[derive(Debug, clap::Subcommand)]
pub enum Key {
    /// Shows its fingerprint, and whether mail signed with it counts
    Show {
        /// Address or id
        who: String,
        #[command(flatten)]
        common: Common,
    },
    /// Keeps a public key, in place of the former one; the member is told by letter
    Set {
        /// Address or id
        who: String,
        /// File as `gpg --armor --export` writes it; `-` for standard input
        file: std::path::PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Removes it; the member is told by letter
    Remove {
        /// Address or id
        who: String,
        #[command(flatten)]
        common: Common,
    },
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
            invited(common.json, &invite::invite(&app, &name, &email, &roles, admin).await?);
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
            invited(common.json, &invite::reset(&app, &who).await?);
        }
        Command::Key(Key::Show { who, common }) => {
            let app = common.place.open().await?;
            let member = accounts::find(&app, &who).await?;
            show_key(&app, &member, common.json).await?;
        }
        Command::Key(Key::Set { who, file, common }) => {
            let app = common.place.open().await?;
            let member = accounts::find(&app, &who).await?;
            accounts::openpgp::put(&app, &member, &super::openpgp::read(&file)?).await?;
            show_key(&app, &member, common.json).await?;
        }
        Command::Key(Key::Remove { who, common }) => {
            let app = common.place.open().await?;
            let member = accounts::find(&app, &who).await?;
            accounts::openpgp::remove(&app, &member.id).await?;
            show_key(&app, &member, common.json).await?;
        }
        Command::Letters { who, come, common } => {
            let app = common.place.open().await?;
            let member = accounts::find(&app, &who).await?;
            if let Some(come) = come {
                accounts::digest::set(&app, &member.id, come == "once-a-day").await?;
            }
            let daily = accounts::digest::wishes(&app, &member.id).await?;
            if common.json {
                output::json(&json!({ "id": member.id, "daily": daily }));
            } else {
                let how = if daily { "gets what can wait once a day" } else { "gets every letter at once" };
                output::say(format_args!("{} {how}", output::plain(&member.name)));
            }
        }
        Command::Token { who, label, scopes, days, common } => {
            let app = common.place.open().await?;
            let member = accounts::find(&app, &who).await?;
            if member.disabled {
                return Err(Failure::new("this member is disabled; enable them first"));
            }
            let made = token::make(&app, &member.id, &label, scopes, days).await?;
            told::tell(&app, &member.id, Change::TokenMade).await;
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

async fn show_key(app: &App, member: &MemberView, as_json: bool) -> Outcome {
    let now = app.now();
    let own = accounts::openpgp::get(app, &member.id).await?;
    let problem = own.as_ref().and_then(|own| accounts::openpgp::serves(&own.certificate, member, now).err());
    let print = own.as_ref().map(|own| own.certificate.fingerprint());
    if as_json {
        let since = own.as_ref().map(|own| own.since);
        output::json(&json!({ "id": member.id, "fingerprint": print, "since": since, "problem": problem }));
        return Ok(());
    }
    let name = output::plain(&member.name);
    match (print, problem) {
        (None, _) => output::say(format_args!("{name} gave no key; no signed mail counts as theirs")),
        (Some(print), None) => output::say(format_args!("{name} signs mail with {}", grouped(&print))),
        (Some(print), Some(why)) => {
            output::say(format_args!(
                "Mail of {name} signed with {} does not count: {}",
                grouped(&print),
                output::plain(&why)
            ));
        }
    }
    Ok(())
}

fn invited(as_json: bool, made: &Invitation) {
    if as_json {
        output::json(&json!({ "link": made.link, "code": made.code }));
    } else {
        output::complain("Send this link to the address; it works once, for 72 hours:");
        output::say(&made.link);
        output::complain("It opens with the address and this code, told by another way:");
        output::say(&made.code);
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
