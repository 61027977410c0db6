//! The command line: one binary, one sentence per failure. Exit status 0 done, 1 refused or failed, 2 wrong usage.

mod output; // what is said, and where
mod settings; // flags, environment, candor.toml
mod place; // the store that a command acts on
mod common; // flags that such commands share
mod serve; // run the service
mod policy; // check, import, simulate, render, schema
mod program; // policies in service
mod member; // people of the team
mod server; // a server, asked over its API
mod report; // file a report
mod sealed; // reports that the server cannot read
mod case; // the desk
mod advisory; // documents of the standards
mod import; // advisories of the past
mod findings; // what tools found, and what a product is made of
mod lint; // what a commit would give away
mod cve; // numbers and records at the CVE program
mod sign_in; // services that members may sign in with
mod subscription; // who gets advisories by mail
mod hook; // who is called when something is published
mod cvss; // vectors on a terminal
mod journal; // chains, checked and exported
mod backup; // copies, made and restored
mod mail; // messages handed over by a mail server
mod probe; // the channels, looked at now
mod keys; // what is there, and what is erased
mod openpgp; // the OpenPGP key of a program

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use output::{Failure, Outcome};
use std::process::ExitCode;

/// Runs a security policy: private reports come in, every promise runs on a clock, advisories go out.
#[derive(Debug, Parser)]
#[command(
    name = "candor",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(after_help = "Flags can also be set by environment or in candor.toml, as shown beside each. \
    A flag wins over the environment, the environment over the file.\nExit status: 0 done, 1 refused or failed, 2 wrong usage.")]
struct Cli {
    /// Settings file; without it `candor.toml` in the working folder, if there is one
    #[arg(long, env = "CANDOR_CONFIG", global = true, value_name = "FILE", hide_env_values = true)]
    config: Option<std::path::PathBuf>,
    /// What to log to standard error: error, warn, info, debug, or a filter like `candor=debug`
    #[arg(
        long,
        env = "CANDOR_LOG",
        global = true,
        default_value = "info",
        value_name = "FILTER",
        hide_env_values = true
    )]
    log: String,
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of it")]
enum Commands {
    /// Runs the public pages, the desk, the API and the worker
    Serve(serve::Args),
    /// Reads a policy file: drafts and checks it, forecasts under a load, prints what it publishes
    #[command(subcommand)]
    Policy(policy::Command),
    /// Takes policies into service
    #[command(subcommand)]
    Program(program::Command),
    /// Manages the people of the team
    #[command(subcommand)]
    Member(member::Command),
    /// Files a report with a server and prints the receipt
    Report(report::Args),
    /// Works on cases, over a server's API
    #[command(subcommand)]
    Case(case::Command),
    /// Checks, prints and rebuilds advisories
    #[command(subcommand)]
    Advisory(advisory::Command),
    /// Reads what tools found, and sends it from a pipeline
    #[command(subcommand)]
    Findings(findings::Command),
    /// Reads bills of materials
    #[command(subcommand)]
    Sbom(findings::Sbom),
    /// Looks for what would give an embargoed matter away
    #[command(subcommand)]
    Lint(lint::Command),
    /// Reserves CVE numbers and takes them back, and prints the text for the request form
    #[command(subcommand)]
    Cve(cve::Command),
    /// Shows, asks and ends who gets advisories by mail
    #[command(subcommand)]
    Subscription(subscription::Command),
    /// Manages who is called when something is published
    #[command(subcommand)]
    Hook(hook::Command),
    /// Manages the services that members may sign in with
    #[command(subcommand)]
    SignIn(sign_in::Command),
    /// Scores CVSS vectors
    Cvss(cvss::Args),
    /// Checks and exports the journal
    #[command(subcommand)]
    Journal(journal::Command),
    /// Copies the store into an empty folder, also while a server runs on it
    Backup(backup::Backup),
    /// Fills an empty store from a backup
    Restore(backup::Restore),
    /// Takes mail in
    #[command(subcommand)]
    Mail(mail::Command),
    /// Looks at every channel that the policies name, as the worker does once a day
    Probe(probe::Args),
    /// Shows what keys there are, and destroys keys, which erases what lies under them
    #[command(subcommand)]
    Keys(keys::Command),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // Before anything is read or opened: this process is to have nothing.
    if std::env::args_os().nth(1).is_some_and(|word| word == "parse-worker") {
        return match crate::confine::worker::run(crate::mail::apart::answer) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let outcome = settings::apply(Cli::command()).and_then(|command| {
        // Wrong usage ends here with status 2, help and version with 0.
        let matches = command.try_get_matches().unwrap_or_else(|why| match is_delivery() && why.use_stderr() {
            // A mail server would take 2 for a reason to try again for days.
            true => {
                let _ = why.print();
                std::process::exit(64)
            }
            false => why.exit(),
        });
        let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|why| why.exit());
        run(cli)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Said) => ExitCode::from(1),
        Err(Failure::Exit(status, why)) => {
            output::complain(format_args!("candor: {why}"));
            ExitCode::from(status)
        }
        Err(Failure::Failed(why)) => {
            output::complain(format_args!("candor: {why}"));
            ExitCode::from(1)
        }
        Err(Failure::Usage(why)) => {
            output::complain(format_args!("candor: {why}"));
            ExitCode::from(2)
        }
    }
}

/// Whether this is `candor mail deliver`, whose exit status is read by mail servers.
fn is_delivery() -> bool {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    words.windows(2).any(|pair| pair[0] == "mail" && pair[1] == "deliver")
}

fn run(cli: Cli) -> Outcome {
    let log = cli.log;
    // Any command may open the root key.
    let not_kept = crate::confine::memory::never_dumped();
    match cli.command {
        Commands::Serve(args) => {
            begin_log(&log)?;
            if !not_kept.is_empty() {
                tracing::warn!(missing = not_kept.join("; "), "memory is not kept from dumps in whole here");
            }
            let missing = serve::close_in(&args)?;
            wait_for(serve::run(args, missing))
        }
        Commands::Policy(command) => policy::run(command),
        Commands::Program(command) => wait_for(program::run(command)),
        Commands::Member(command) => wait_for(member::run(command)),
        Commands::Report(args) => wait_for(report::run(args)),
        Commands::Case(command) => wait_for(case::run(command)),
        Commands::Advisory(command) => wait_for(advisory::run(command)),
        Commands::Findings(command) => wait_for(findings::run(command)),
        Commands::Sbom(command) => wait_for(findings::sbom(command)),
        Commands::Lint(command) => wait_for(lint::run(command)),
        Commands::Cve(command) => wait_for(cve::run(command)),
        Commands::Subscription(command) => wait_for(subscription::run(command)),
        Commands::Hook(command) => wait_for(hook::run(command)),
        Commands::SignIn(command) => wait_for(sign_in::run(command)),
        Commands::Cvss(args) => cvss::run(&args),
        Commands::Journal(command) => wait_for(journal::run(command)),
        Commands::Backup(args) => wait_for(backup::backup(args)),
        Commands::Restore(args) => wait_for(backup::restore(args)),
        Commands::Mail(command) => wait_for(mail::run(command)),
        Commands::Probe(args) => wait_for(probe::run(args)),
        Commands::Keys(command) => wait_for(keys::run(command)),
    }
}

/// The system's clock, for commands that run beside any store.
#[allow(clippy::disallowed_methods)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Runs one command to its end.
fn wait_for(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::during("the system gives no threads", why))?
        .block_on(work)
}

/// The log goes to standard error: lines for people on a terminal, JSON otherwise. No text of a case is ever logged.
fn begin_log(filter: &str) -> Outcome {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .map_err(|why| Failure::Usage(format!("`--log {filter}` is no filter: {why}")))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = if std::io::stderr().is_terminal() { log.compact().try_init() } else { log.json().try_init() };
    begun.map_err(|why| Failure::during("the log cannot be opened", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_an_environment_variable_named_after_it() {
        fn walk(command: &clap::Command) {
            for arg in command.get_arguments().filter(|arg| arg.get_env().is_some()) {
                let long = arg.get_long().expect("what has a variable has a long name");
                let expected = format!("CANDOR_{}", long.replace('-', "_").to_ascii_uppercase());
                assert_eq!(
                    arg.get_env().and_then(|env| env.to_str()),
                    Some(expected.as_str()),
                    "{}",
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Cli::command());
    }
}
