//! `candor mail deliver`: one message on standard input, for a mail server that hands mail to a program. Exit status as
//! such programs have it (sysexits): 0 taken, 64 wrong usage, 65 cannot be taken, 67 no such address, 75 try later.

use super::output::{self, Failure, Outcome as Done};
use super::place::Place;
use crate::app::App;
use crate::error::Error;
use crate::letters;
use crate::mail::address::Sender;
use crate::mail::dkim::{self, DkimKey};
use crate::mail::receive::{Envelope, Outcome, receive, recipients};
use candor_core::notices::NoticeKind;
use std::io::Read;

const DATA: u8 = 65;
const NO_USER: u8 = 67;
const LATER: u8 = 75;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Takes one message (RFC 5322) from standard input; 0 means that it is durable
    Deliver(Box<Deliver>),
    /// Shows, changes or resets the words of a program's letters
    Letter(Box<Letter>),
    /// Signs a program's letters (DKIM): makes a key, prints the DNS record, and uses it once the record is there
    Dkim(Box<Dkim>),
}

/// Which letter, and what to do with its words.
#[derive(Debug, clap::Args)]
pub struct Letter {
    /// Program
    #[arg(long, value_name = "NAME")]
    program: String,
    /// Kind of letter; without it all kinds are listed
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Language, one of the policy's; without it the first of them
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Use the words in this file
    #[arg(long, value_name = "FILE", conflicts_with = "reset")]
    file: Option<std::path::PathBuf>,
    /// Print how the words look with an example, and change nothing
    #[arg(long)]
    preview: bool,
    /// Go back to the usual words
    #[arg(long)]
    reset: bool,
    #[command(flatten)]
    place: Place,
}

impl Letter {
    async fn run(self) -> Done {
        let app = self.place.open().await?;
        let program = self.program.as_str().into();
        let Some(policy) = app.policy(&program) else {
            return Err(Failure::new(format!("there is no program `{}`; see `candor program list`", self.program)));
        };
        let failed = |why: Error| Failure::during("the words of letters could not be read", why);
        let languages = letters::languages(&policy);
        let language = match &self.language {
            None => languages.first().cloned().unwrap_or_default(),
            Some(wanted) => {
                languages.iter().find(|known| known.eq_ignore_ascii_case(wanted)).cloned().ok_or_else(|| {
                    Failure::Usage(format!(
                        "the policy has no language `{wanted}`; choose from {}",
                        languages.join(", ")
                    ))
                })?
            }
        };
        let Some(kind) = &self.kind else {
            let mut rows = vec![vec!["KIND".to_owned(), "WORDS".into(), "WHAT".into()]];
            for kind in letters::KINDS {
                let own = letters::get(&app, &program, kind, &language).await.map_err(failed)?.is_some();
                let whose = if own { "own" } else { "usual" };
                rows.push(vec![kind.name().to_owned(), whose.into(), letters::label(kind).into()]);
            }
            output::table(&rows);
            return Ok(());
        };
        let Some(kind) = NoticeKind::from_name(kind).filter(|kind| letters::KINDS.contains(kind)) else {
            return Err(Failure::Usage(format!("`{kind}` is no kind of letter; run this without --kind to see all")));
        };
        let text = match &self.file {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|why| Failure::new(format!("{} cannot be read: {why}", file.display())))?,
            None => letters::get(&app, &program, kind, &language)
                .await
                .map_err(failed)?
                .unwrap_or_else(|| letters::usual().to_owned()),
        };
        let (subject, shown) = letters::preview(&text, kind, &policy.program.name)
            .map_err(|why| Failure::new(format!("the words are not used: {why}")))?;
        if self.preview {
            output::print(&format!("Subject: {subject}\n\n{shown}"));
        } else if self.reset || self.file.is_some() {
            let kept = letters::put(&app, &program, kind, &language, self.file.as_ref().map(|_| text.as_str())).await;
            kept.map_err(|why| Failure::during("the words could not be kept", why))?;
            output::say(if self.reset { "The usual words are in use." } else { "The program's own words are in use." });
        } else {
            output::print(&text);
        }
        Ok(())
    }
}

/// Which program, and what to do with its key.
#[derive(Debug, clap::Args)]
pub struct Dkim {
    /// Program
    #[arg(long, value_name = "NAME")]
    program: String,
    /// Domain that letters come from; without it the one of the sender of letters
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Name of the key below the domain; without it the date
    #[arg(long, value_name = "NAME")]
    selector: Option<String>,
    /// Make a new key, which signs nothing before --use
    #[arg(long, conflicts_with_all = ["use_it", "forget"])]
    new: bool,
    /// Sign with the new key from now on: say this when its record is in the DNS
    #[arg(long = "use", conflicts_with = "forget")]
    use_it: bool,
    /// Sign no more, and destroy the keys
    #[arg(long)]
    forget: bool,
    /// Sender of letters
    #[arg(long, env = "CANDOR_MAIL_FROM", value_name = "ADDRESS", hide_env_values = true)]
    mail_from: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Dkim {
    async fn run(self) -> Done {
        let app = self.place.open().await?;
        let program = self.program.as_str().into();
        if app.policy(&program).is_none() {
            return Err(Failure::new(format!("there is no program `{}`; see `candor program list`", self.program)));
        }
        let failed = |why: Error| Failure::during("the key could not be kept", why);
        if self.forget {
            dkim::forget(&app, &program).await.map_err(failed)?;
        } else if self.use_it && !dkim::take_into_use(&app, &program).await.map_err(failed)? {
            return Err(Failure::new("there is no new key; make one with --new"));
        }
        let (used, next) = dkim::keys(&app, &program).await.map_err(failed)?;
        let makes = self.new || (used.is_none() && next.is_none() && !self.forget && !self.use_it);
        let next = if makes {
            let domain = match (&self.domain, &self.mail_from) {
                (Some(domain), _) => domain.clone(),
                (None, Some(from)) => Sender::parse(from)
                    .map(|sender| sender.address.domain().to_owned())
                    .map_err(|why| Failure::new(format!("the sender of letters: {why}")))?,
                (None, None) => return Err(Failure::Usage("name the domain that letters come from: --domain".into())),
            };
            let key = DkimKey::make(&domain, self.selector.as_deref(), app.now()).map_err(Failure::Usage)?;
            dkim::put_next(&app, &program, key.clone()).await.map_err(failed)?;
            Some(key)
        } else {
            next
        };
        self.tell(used.as_ref(), next.as_ref())
    }

    fn tell(&self, used: Option<&DkimKey>, next: Option<&DkimKey>) -> Done {
        let told = |key: Option<&DkimKey>| -> Result<serde_json::Value, Failure> {
            let Some(key) = key else { return Ok(serde_json::Value::Null) };
            let record = key.record().map_err(|why| Failure::during("the key cannot be read", why))?;
            Ok(serde_json::json!({ "domain": key.domain, "selector": key.selector, "made_at": key.made_at.to_string(),
                "record": { "name": key.record_name(), "type": "TXT", "text": record } }))
        };
        let (used, next) = (told(used)?, told(next)?);
        if self.json {
            output::json(&serde_json::json!({ "used": used, "next": next }));
            return Ok(());
        }
        let waits = "This key signs nothing yet. Publish its record, then run the same with --use.";
        for (key, words) in [(&used, "Letters are signed with this key."), (&next, waits)] {
            if let (Some(name), Some(text)) = (key["record"]["name"].as_str(), key["record"]["text"].as_str()) {
                output::say(words);
                output::say(format_args!("{name}. IN TXT {}", quoted(text)));
            }
        }
        if used.is_null() && next.is_null() {
            output::say("Letters are not signed.");
        }
        Ok(())
    }
}

/// The text of a record as zone files have it: in pieces of at most 255 bytes.
fn quoted(text: &str) -> String {
    let pieces = text.as_bytes().chunks(250).map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)));
    format!("( {} )", pieces.collect::<Vec<_>>().join(" "))
}

/// How it came.
#[derive(Debug, clap::Args)]
pub struct Deliver {
    /// Address it was sent to, with what stands after `+`; without it the message's own To, Cc and Delivered-To
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// Return path; empty for a server's report
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Program, when every mail that comes this way is for one
    #[arg(long, value_name = "NAME")]
    program: Option<String>,
    /// Largest mail that is taken in, in MB
    #[arg(long, env = "CANDOR_MAIL_LIMIT", default_value_t = 35, value_name = "MB", hide_env_values = true)]
    mail_limit: u64,
    /// Reports a minute from one address before it is slowed, as the server has it; 0 for no limit
    #[arg(long, env = "CANDOR_REPORT_RATE", default_value_t = 60, value_name = "NUMBER", hide_env_values = true)]
    report_rate: u32,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(command: Command) -> Done {
    match command {
        Command::Deliver(deliver) => Box::pin(deliver.run()).await,
        Command::Dkim(dkim) => dkim.run().await,
        Command::Letter(letter) => letter.run().await,
    }
}

impl Deliver {
    async fn run(self) -> Done {
        let limit = self.mail_limit.saturating_mul(1_000_000);
        let mut raw = Vec::new();
        std::io::stdin()
            .lock()
            .take(limit + 1)
            .read_to_end(&mut raw)
            .map_err(|why| Failure::Exit(LATER, format!("the message could not be read: {why}")))?;
        if raw.len() as u64 > limit {
            return Err(Failure::Exit(
                DATA,
                format!("the mail is larger than {} MB, the most taken here", self.mail_limit),
            ));
        }
        if raw.is_empty() {
            return Err(Failure::Exit(DATA, "there is no message on standard input".into()));
        }
        // Whatever keeps the store from opening may pass: the mail server keeps the mail and comes again.
        let mut config = self.place.config()?;
        config.reader = std::env::current_exe().ok();
        config.report_rate = self.report_rate;
        let app = self.place.open_with(config).await.map_err(|why| Failure::Exit(LATER, why.words()))?;
        if let Some(program) = &self.program
            && app.policy(&program.as_str().into()).is_none()
        {
            return Err(Failure::Exit(64, format!("there is no program `{program}`; see `candor program list`")));
        }
        let mut outcome = Ok(Outcome::NoSuchAddress);
        let to = self.recipients(&app, &raw).await.map_err(|why| Failure::Exit(LATER, why.to_string()))?;
        for to in to {
            let envelope = Envelope { from: self.from.clone(), to, program: self.program.as_deref().map(Into::into) };
            outcome = Box::pin(receive(&app, &envelope, raw.clone())).await;
            if !matches!(outcome, Ok(Outcome::NoSuchAddress)) {
                break;
            }
        }
        match outcome {
            Ok(Outcome::NoSuchAddress) => Err(Failure::Exit(
                NO_USER,
                "no program takes mail at this address; name one with `--to` or `--program`".into(),
            )),
            Ok(Outcome::Looping) => Err(Failure::Exit(DATA, "the mail goes round in circles".into())),
            Ok(Outcome::Later) => Err(Failure::Exit(LATER, "too much mail at once".into())),
            Ok(_) => Ok(()),
            Err(Error::Internal(cause)) => Err(Failure::Exit(LATER, super::output::sentence(cause.as_ref()))),
            Err(why) => Err(Failure::Exit(LATER, why.to_string())),
        }
    }

    /// To whom it was sent: as the door was told, or as the message says.
    async fn recipients(&self, app: &App, raw: &[u8]) -> Result<Vec<String>, Error> {
        match (&self.to, &self.program) {
            (Some(to), _) => Ok(vec![to.clone()]),
            (None, Some(_)) => Ok(vec![String::new()]),
            (None, None) => recipients(app, raw).await,
        }
    }
}
