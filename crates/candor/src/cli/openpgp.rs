//! `candor keys openpgp`: the key of a program, made, imported, prolonged, replaced.

use std::io::Read as _;
use std::path::PathBuf;

use candor_core::id::ProgramSlug;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::json;
use zeroize::Zeroizing;

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::accounts::{self, told::Change};
use crate::app::App;
use crate::openpgp::words::grouped;
use crate::program_keys::recipients::{self, Changed};
use crate::program_keys::{self, KeyProblem, ProgramKey};

/// Bytes of a key file that are read.
const LIMIT: u64 = 256 * 1024;

/// Who acts on the command line.
const BY: &str = "command line";

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Lists the keys of a program, with what became of them
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        which: Which,
    },
    /// Makes a key, and takes the former one out of use; what was encrypted to that still opens
    Make {
        /// For how many years; it can be prolonged
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(i64).range(1..=10))]
        years: i64,
        #[command(flatten)]
        which: Which,
    },
    /// Takes over a secret key from GnuPG, and takes the former one out of use
    Import {
        /// File written by `gpg --export-secret-keys --armor`; `-` for standard input
        file: PathBuf,
        /// File with the password of the key, if it has one
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        which: Which,
    },
    /// Gives the key in use a later end; publish it anew where you copied it
    Prolong {
        /// For how many years from now
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(i64).range(1..=10))]
        years: i64,
        #[command(flatten)]
        which: Which,
    },
    /// Takes the key in use out of use without a new one
    Retire {
        /// Do it; without this nothing happens
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        which: Which,
    },
    /// Says what was done with the keys of a program, when and by whom, from its journal
    History {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        which: Which,
    },
    /// Prints the public key, as text
    Export {
        #[command(flatten)]
        which: Which,
    },
    /// Shows or sets to whose certificates reports can be sealed so that this server cannot read them; they are published
    Recipients {
        /// File with the members' certificates as `gpg --export --armor` writes them; `-` for standard input
        file: Option<PathBuf>,
        /// Publish none any more
        #[arg(long, conflicts_with = "file")]
        none: bool,
        #[command(flatten)]
        which: Which,
    },
    /// Writes the secret key into a new file that only you may read: print it, put it into a safe, destroy the file
    RecoverySheet {
        /// The file to make
        file: PathBuf,
        #[command(flatten)]
        which: Which,
    },
}

/// Which program, and where.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Name of the program; not needed when there is one
    #[arg(long, value_name = "NAME")]
    program: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Which {
    async fn open(&self) -> Result<(App, ProgramSlug), Failure> {
        let app = self.place.open().await?;
        let programs = app.programs();
        let program = match (&self.program, &programs[..]) {
            (Some(name), _) => ProgramSlug(name.clone()),
            (None, [only]) => only.program.slug.clone(),
            (None, []) => return Err(Failure::new("no program is in service; take one in with `candor program add`")),
            (None, _) => return Err(Failure::Usage("there are several programs; name one with `--program`".into())),
        };
        if app.policy(&program).is_none() {
            return Err(KeyProblem::NoProgram(program.to_string()).into());
        }
        Ok((app, program))
    }
}

impl From<KeyProblem> for Failure {
    fn from(why: KeyProblem) -> Self {
        match why {
            KeyProblem::Other(other) => other.into(),
            other => Self::new(other),
        }
    }
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::List { json, which } => {
            let (app, program) = which.open().await?;
            let keys = program_keys::list(&app, &program).await?;
            list(&keys, app.now(), json);
            Ok(())
        }
        Command::Make { years, which } => {
            let (app, program) = which.open().await?;
            let key = program_keys::make(&app, &program, in_years(app.now(), years)?, BY).await?;
            begun(&app, &key).await
        }
        Command::Import { file, password_file, which } => {
            let given = read(&file)?;
            let password = match password_file {
                Some(file) => {
                    Zeroizing::new(String::from_utf8_lossy(&read(&file)?).trim_end_matches(['\n', '\r']).into())
                }
                None => Zeroizing::new(String::new()),
            };
            let (app, program) = which.open().await?;
            let key = program_keys::import(&app, &program, &given, &password, BY).await?;
            begun(&app, &key).await
        }
        Command::Prolong { years, which } => {
            let (app, program) = which.open().await?;
            let key = program_keys::prolong(&app, &program, in_years(app.now(), years)?, BY).await?;
            told(&key, app.now(), "was prolonged");
            Ok(())
        }
        Command::Retire { yes, which } => {
            let (app, program) = which.open().await?;
            if !yes {
                return Err(Failure::new("this leaves the program without an OpenPGP key; say `--yes` to do it"));
            }
            let waits = program_keys::waiting(&app, &program).await?.is_some();
            program_keys::retire(&app, &program, BY).await?;
            output::say(if waits {
                "The key that waited was taken back. The one in use stays in use."
            } else {
                "The key is out of use. It still opens what was encrypted to it."
            });
            Ok(())
        }
        Command::History { json, which } => {
            let (app, program) = which.open().await?;
            let acts = program_keys::history(&app, &program).await?;
            if json {
                let acts: Vec<_> = acts
                    .iter()
                    .map(|act| {
                        json!({ "at": act.at, "what": act.what, "by": act.by, "fingerprint": act.fingerprint, "ends": act.ends })
                    })
                    .collect();
                output::json(&acts);
                return Ok(());
            }
            let mut rows = vec![["When", "What", "By", "Fingerprint"].map(str::to_owned).to_vec()];
            rows.extend(acts.into_iter().map(|act| {
                vec![
                    act.at.strftime("%F %H:%M").to_string(),
                    act.what,
                    output::plain(&act.by),
                    grouped(&act.fingerprint),
                ]
            }));
            output::table(&rows);
            Ok(())
        }
        Command::Recipients { file, none, which } => {
            let (app, program) = which.open().await?;
            if none {
                recipients::change(&app, &program, "", &[], BY).await?;
                output::say("No certificates are published any more.");
                return Ok(());
            }
            if let Some(file) = file {
                let found = super::sealed::certificates(&super::policy::source(&file)?)?;
                for one in &found {
                    one.can_encrypt(app.now()).map_err(|why| {
                        Failure::new(format_args!("{}: {why}; nothing was changed", grouped(&one.fingerprint())))
                    })?;
                }
                let text: String = found.iter().map(crate::openpgp::Certificate::to_armor).collect();
                let fingerprints: Vec<String> = found.iter().map(crate::openpgp::Certificate::fingerprint).collect();
                if let Changed::From(from) = recipients::change(&app, &program, &text, &fingerprints, BY).await? {
                    accounts::told::tell_all(&app, Change::Recipients).await?;
                    output::say(format_args!(
                        "These certificates hold from {} UTC on; the members are told. Until then the old ones do:",
                        from.strftime("%F %H:%M")
                    ));
                }
            }
            let text = recipients::current(&app, &program).await?;
            if text.is_empty() {
                output::say("No certificates are published: no report can be sealed to members' own keys.");
                return Ok(());
            }
            for one in super::sealed::certificates(&text)? {
                output::say(grouped(&one.fingerprint()));
            }
            Ok(())
        }
        Command::Export { which } => {
            let (app, program) = which.open().await?;
            let key = program_keys::current(&app, &program).await?.ok_or(KeyProblem::NoKey)?;
            output::print(&key.to_armor());
            Ok(())
        }
        Command::RecoverySheet { file, which } => {
            let (app, program) = which.open().await?;
            let sheet = program_keys::recovery_sheet(&app, &program, BY).await?;
            write_new(&file, sheet.as_bytes())
                .map_err(|why| Failure::during(format_args!("{} cannot be written", file.display()), why))?;
            output::say(format_args!("The secret key is in {}, without a password.", file.display()));
            output::say("Print it, put the paper into a safe, and destroy the file.");
            Ok(())
        }
    }
}

fn in_years(now: Timestamp, years: i64) -> Result<Timestamp, Failure> {
    let end = now.to_zoned(TimeZone::UTC).checked_add(years.years());
    Ok(end.map_err(|why| Failure::during("the end of the key cannot be worked out", why))?.timestamp())
}

/// A key came: it is in use, or waits, and then the members are told.
async fn begun(app: &App, key: &ProgramKey) -> Outcome {
    if !key.waits {
        told(key, app.now(), "is in use now");
        return Ok(());
    }
    accounts::told::tell_all(app, Change::ProgramKey).await?;
    let from = key.since.strftime("%F %H:%M");
    told(key, app.now(), &format!("waits, and is in use from {from} UTC on; the members are told"));
    output::say("Until then the key before it is. `candor keys openpgp retire --yes` takes the new one back.");
    Ok(())
}

fn told(key: &ProgramKey, now: Timestamp, what: &str) {
    output::say(format_args!("Key {} {what}.", grouped(&key.fingerprint)));
    match key.certificate.view(now).expires {
        Some(end) => {
            output::say(format_args!("It ends {}; you are reminded 30, 7 and 1 days before.", end.strftime("%F")))
        }
        None => output::say("It never ends."),
    }
    output::say("It is published with the policy, in security.txt and for WKD without more to do.");
}

fn list(keys: &[ProgramKey], now: Timestamp, as_json: bool) {
    let ends = |key: &ProgramKey| key.certificate.view(now).expires;
    if as_json {
        let keys: Vec<_> = keys
            .iter()
            .map(|key| {
                json!({
                    "fingerprint": key.fingerprint,
                    "how": key.how,
                    "since": key.since,
                    "waits": key.waits,
                    "by": key.by,
                    "ends": ends(key),
                    "retired": key.retired.as_ref().map(|(at, _)| at),
                    "retired_by": key.retired.as_ref().map(|(_, by)| by),
                })
            })
            .collect();
        output::json(&keys);
        return;
    }
    if keys.is_empty() {
        output::say("There is no OpenPGP key. Make one with `candor keys openpgp make`.");
        return;
    }
    let mut rows = vec![["Fingerprint", "State", "Since", "Ends"].map(str::to_owned).to_vec()];
    rows.extend(keys.iter().map(|key| {
        let state = match (&key.retired, ends(key)) {
            (Some((at, _)), _) => format!("out of use since {}", at.strftime("%F")),
            _ if key.waits => format!("waits until {}", key.since.strftime("%F %H:%M")),
            (None, Some(end)) if end <= now => "expired".into(),
            (None, _) => format!("in use, {}", key.how),
        };
        let end = ends(key).map_or_else(|| "never".into(), |end| end.strftime("%F").to_string());
        vec![grouped(&key.fingerprint), state, key.since.strftime("%F").to_string(), end]
    }));
    output::table(&rows);
}

pub(super) fn read(file: &PathBuf) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let done = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(LIMIT + 1).read_to_end(&mut bytes))
    };
    done.map_err(|why| Failure::during(format_args!("{} cannot be read", file.display()), why))?;
    if bytes.len() as u64 > LIMIT {
        return Err(Failure::new(format_args!(
            "{} is larger than any key, which is {} KB",
            file.display(),
            LIMIT / 1024
        )));
    }
    Ok(bytes)
}

/// Writes a file that must not be there yet, and that nobody else may read.
fn write_new(file: &PathBuf, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    made.write_all(bytes)?;
    made.sync_all()
}
