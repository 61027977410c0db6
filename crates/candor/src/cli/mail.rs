//! `candor mail deliver`: one message on standard input, for a mail server that hands mail to a program. Exit status as
//! such programs have it (sysexits): 0 taken, 64 wrong usage, 65 cannot be taken, 67 no such address, 75 try later.

use super::output::{Failure, Outcome as Done};
use super::place::Place;
use crate::error::Error;
use crate::mail::receive::{Envelope, Outcome, receive, recipients};
use std::io::Read;

const DATA: u8 = 65;
const NO_USER: u8 = 67;
const LATER: u8 = 75;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Takes one message (RFC 5322) from standard input; 0 means that it is durable
    Deliver(Box<Deliver>),
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
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(command: Command) -> Done {
    let Command::Deliver(deliver) = command;
    deliver.run().await
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
        let app = self.place.open().await.map_err(|why| Failure::Exit(LATER, why.words()))?;
        if let Some(program) = &self.program
            && app.policy(&program.as_str().into()).is_none()
        {
            return Err(Failure::Exit(64, format!("there is no program `{program}`; see `candor program list`")));
        }
        let mut outcome = Ok(Outcome::NoSuchAddress);
        for to in self.recipients(&raw) {
            let envelope = Envelope { from: self.from.clone(), to, program: self.program.as_deref().map(Into::into) };
            outcome = receive(&app, &envelope, raw.clone()).await;
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
    fn recipients(&self, raw: &[u8]) -> Vec<String> {
        match (&self.to, &self.program) {
            (Some(to), _) => vec![to.clone()],
            (None, Some(_)) => vec![String::new()],
            (None, None) => recipients(raw),
        }
    }
}
