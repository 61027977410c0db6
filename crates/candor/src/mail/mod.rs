//! Mail. What leaves is built when it is delivered, from an outbox row that holds neither text nor address; what comes
//! in is read, and grants nothing.

pub mod address; // one recipient, one line
pub mod words; // what each letter says
mod people; // who is on a case, and outside parties
pub mod outside; // what recipients of a schedule are told
pub mod subscribers; // letters to those who asked for advisories
pub mod enough; // no address is flooded from here
pub mod channels; // a channel fails, or all are well again
pub mod letters; // from an outbox row to the bytes of a message
mod language; // in which a reporter reads
mod account; // a member's own account was changed
pub mod digest; // one letter a day, for members who wish it
pub mod dkim; // signed by the program's own domain
pub mod encrypted; // and encrypted on the way
pub mod smtp; // over SMTP
pub mod dir; // as files in a folder
pub mod reading; // a letter from a folder, opened for the demonstration's page
pub mod lmtp; // in from a mail server
pub mod imap; // in from a mailbox
mod bounces; // letters of ours that come back
pub mod origin; // who really sent a mail
mod facts; // what a report asks for, from a mail
pub mod forwards; // mails that members pass on for their authors
mod passed_on; // what becomes of those
pub mod members; // what members write from their own mail program
pub mod tasks; // what is still to be done with a mail that was taken in
pub mod sealed; // encrypted to members' own keys alone
mod opening; // what is encrypted or signed, read with keys
mod kept; // files of a mail on their way into a case
pub mod receive; // whose it is, and what becomes of it
pub mod apart; // mail is read in a process that holds nothing
pub mod read; // a mail that comes in: raw bytes to what it says

use std::path::PathBuf;

use crate::config::{Config, MailOut};
use address::{NoAddress, Sender};
use letters::Letter;
use smtp::{BadServer, Failed, Server, Smtp};

/// The way out that the operator chose, ready for use.
#[derive(Debug)]
pub struct Post {
    /// Who the letters are from.
    pub sender: Sender,
    way: Way,
    safe: Vec<Safe>,
}

#[derive(Debug)]
enum Way {
    Hold,
    Dir(PathBuf),
    Smtp(Box<Smtp>),
}

/// How letters go to a domain that is reached inside TLS or not at all.
#[derive(Debug)]
struct Safe {
    domain: String,
    /// The domain's own server; without one the usual server must promise TLS all the way.
    server: Option<Smtp>,
}

/// Why mail cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum BadPost {
    /// The sender is not an address.
    #[error("the sender of letters (mail_from): {0}")]
    Sender(NoAddress),
    /// Mails that come in cannot be checked.
    #[error("{0}")]
    Dns(String),
    /// The mail server cannot be used.
    #[error(transparent)]
    Server(#[from] BadServer),
}

impl Post {
    /// Reads the operator's choice. Nothing is connected yet.
    ///
    /// # Errors
    /// What is wrong with it, in words for the operator.
    pub fn new(config: &Config) -> Result<Self, BadPost> {
        let sender = Sender::parse(&config.mail_from).map_err(BadPost::Sender)?;
        let way = match &config.mail {
            MailOut::Hold => Way::Hold,
            MailOut::Dir(folder) => Way::Dir(folder.clone()),
            MailOut::Smtp(url) => {
                let server = Server::parse(url, config.mail_password.as_deref())?;
                Way::Smtp(Box::new(Smtp::new(&server, config.mail_ca.as_deref())?))
            }
        };
        let safe = config.mail_tls.iter().map(|to| {
            let server = match &to.server {
                Some(url) => {
                    let server = Server::parse(url, None)?;
                    // A way without TLS is none, also towards this machine.
                    if server.tls == smtp::Wrapping::None {
                        return Err(BadServer::Open(server.host));
                    }
                    Some(Smtp::new(&server, config.mail_ca.as_deref())?)
                }
                None => None,
            };
            Ok(Safe { domain: to.domain.clone(), server })
        });
        let safe = safe.collect::<Result<_, BadServer>>()?;
        Ok(Self { sender, way, safe })
    }

    /// Whether letters wait in the outbox because no way out is set up.
    pub fn holds(&self) -> bool {
        matches!(self.way, Way::Hold)
    }

    /// Whether the way out can be reached now, without handing anything over.
    ///
    /// # Errors
    /// Why not, in words without an address.
    pub async fn reach(&self) -> Result<(), String> {
        match &self.way {
            Way::Hold => Err("no way out for mail is set up".into()),
            Way::Dir(_) => Ok(()),
            Way::Smtp(smtp) => smtp.reach().await,
        }
    }

    /// Hands a letter over, durably.
    ///
    /// # Errors
    /// What became of it instead, in words without an address.
    pub async fn send(&self, letter: &Letter) -> Result<(), Failed> {
        match &self.way {
            Way::Hold => Err(Failed::Later("no way out for mail is set up".into())),
            Way::Dir(folder) => {
                let (folder, letter) = (folder.clone(), letter.clone());
                match tokio::task::spawn_blocking(move || dir::write(&folder, &letter)).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(why)) => {
                        Err(Failed::Unreachable(format!("the mail folder cannot be written: {}", why.kind())))
                    }
                    Err(_) => Err(Failed::Later("writing to the mail folder was broken off".into())),
                }
            }
            Way::Smtp(smtp) => match self.safe.iter().find(|it| it.domain.eq_ignore_ascii_case(letter.to.domain())) {
                None => smtp.send(letter).await,
                Some(Safe { server: Some(direct), .. }) => direct.send(letter).await,
                Some(Safe { server: None, .. }) => Box::pin(smtp.send_all_the_way(letter)).await,
            },
        }
    }
}
