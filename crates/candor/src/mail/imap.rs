//! Mail in from a mailbox (IMAP, RFC 9051 and 3501): looked at every minute, each mail taken in and then moved to another
//! folder. Nothing is remembered about the mailbox: a mail that was seen before is known by itself, so a mailbox that
//! was numbered anew, restored or looked at by two programs loses nothing and doubles nothing.

use std::sync::Arc;
use std::time::Duration;

use rustls_native_certs::load_native_certs;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tracing::{info, warn};

use super::lmtp::Stream;
use super::receive::{Envelope, Outcome, receive, recipients};
use super::smtp::{Server, Wrapping};
use crate::app::App;
use crate::error::Error;

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(60);
/// How long one step of a conversation may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a server is asked to say when mail comes, before it is asked again.
const IDLE: Duration = Duration::from_secs(25 * 60);
/// Mails of one look.
const AT_ONCE: usize = 500;
/// Longest line that is no mail.
const LINE: usize = 64 * 1024;
/// Where mails go that were taken in.
const TAKEN: &str = "Candor";
/// Where mails go that are for nobody here, or too large.
const LEFT: &str = "Candor-left";

/// A mailbox, as read from its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    server: Server,
    folder: String,
}

impl Mailbox {
    /// Reads `imaps://user@host:993/Folder`; the folder is `INBOX` when none is named. `imap://…?tls=none` is for a server
    /// on this machine.
    ///
    /// # Errors
    /// What is wrong with it, in words for the operator.
    pub fn parse(text: &str, password: Option<&str>) -> Result<Self, String> {
        let (scheme, port, rest) = match text.split_once("://") {
            Some(("imaps", rest)) => ("smtps", 993, rest),
            Some(("imap", rest)) => ("smtp", 143, rest),
            _ => return Err("the mailbox must be written as imaps://USER@HOST:PORT/FOLDER".into()),
        };
        let (rest, option) = rest.split_once('?').map_or((rest, String::new()), |(rest, it)| (rest, format!("?{it}")));
        let (place, folder) = rest.split_once('/').unwrap_or((rest, ""));
        let host = place.rsplit(['@', ']']).next().unwrap_or_default();
        let place = if host.contains(':') { place.to_owned() } else { format!("{place}:{port}") };
        let server = Server::parse(&format!("{scheme}://{place}{option}"), password)
            .map_err(|why| why.to_string().replace("smtp", "imap"))?;
        if server.tls == Wrapping::StartTls {
            return Err("the mailbox is read inside TLS only; write imaps://, or ?tls=none on this machine".into());
        }
        if server.user.is_none() || server.password.is_none() {
            return Err("the mailbox needs a user and a password: imaps://USER@HOST, and --imap-password-file".into());
        }
        let folder = if folder.is_empty() { "INBOX" } else { folder };
        let plain = |text: &str| !text.contains(|c: char| c.is_control());
        if !plain(folder) || !server.user.as_deref().is_none_or(plain) || !server.password.as_deref().is_none_or(plain)
        {
            return Err("folder, user and password of the mailbox may hold no control characters".into());
        }
        Ok(Self { server, folder: folder.to_owned() })
    }
}

/// Why a look at the mailbox ended early. Nothing was lost; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The connection.
    #[error("the mailbox cannot be reached: {0}")]
    Io(#[from] std::io::Error),
    /// TLS.
    #[error("TLS with the mailbox's server failed: {0}")]
    Tls(String),
    /// The server said no.
    #[error("the mailbox's server refused {0}")]
    Refused(&'static str),
    /// The server was silent.
    #[error("the mailbox's server was silent for two minutes")]
    Silent,
    /// A mail could not be kept.
    #[error("a mail could not be kept: {0}")]
    Store(String),
}

/// Looks into the mailbox until told to stop: when the server says that there is mail (IDLE, RFC 2177), or every minute where
/// it cannot.
pub async fn run(app: App, mailbox: Mailbox, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(why) = stay(&app, &mailbox, &mut stop).await {
            warn!(%why, "the mailbox was not read to its end; it is looked at again in a minute");
        }
        if timeout(EVERY, stop.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}

/// Takes in what comes for as long as the server says when there is more. Returns when it cannot, or when it is time to stop.
///
/// # Errors
/// As [`look`].
pub async fn stay(app: &App, mailbox: &Mailbox, stop: &mut watch::Receiver<bool>) -> Result<(), Failed> {
    let mut talk = Talk::begin(&mailbox.server, app.config.mail_ca.as_deref()).await?;
    loop {
        let count = talk.read_all(app, &mailbox.folder).await?;
        if count > 0 {
            info!(count, "mails were taken from the mailbox");
        }
        // Something came while the others were taken in.
        if talk.news && talk.left == 0 && !*stop.borrow() {
            continue;
        }
        // What was left for later is looked at in a minute.
        let waits = talk.idles && talk.left == 0 && !*stop.borrow();
        if !waits || !talk.idle(stop).await? {
            drop(talk.command("LOGOUT", "to end", 0).await);
            return Ok(());
        }
    }
}

/// Takes in what lies in the mailbox; gives the number of mails that were moved away.
///
/// # Errors
/// When the server fails or a mail cannot be kept; that mail and those after it stay where they are.
pub async fn look(app: &App, mailbox: &Mailbox) -> Result<usize, Failed> {
    let mut talk = Talk::begin(&mailbox.server, app.config.mail_ca.as_deref()).await?;
    let taken = talk.read_all(app, &mailbox.folder).await;
    drop(talk.command("LOGOUT", "to end", 0).await);
    taken
}

/// Whether the mailbox can be opened, without taking anything from it.
///
/// # Errors
/// Why not.
pub async fn reach(mailbox: &Mailbox, more: Option<&[u8]>) -> Result<(), Failed> {
    let mut talk = Talk::begin(&mailbox.server, more).await?;
    let opened = talk.command(&format!("EXAMINE {}", quote(&mailbox.folder)), "to open the folder", 0).await;
    drop(talk.command("LOGOUT", "to end", 0).await);
    opened.map(drop)
}

/// What became of a mail that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handed {
    Taken,
    ForNobody,
    Later,
}

struct Talk {
    stream: BufReader<Stream>,
    tag: u32,
    moves: bool,
    uids: bool,
    idles: bool,
    /// Mails of the last look that were left where they are.
    left: usize,
    /// Whether the server said that there is more since the folder was opened; it says so once.
    news: bool,
}

/// One answer of the server that is not the last word on a command.
struct Told {
    line: String,
    /// What was sent by length, unless it was larger than asked for.
    literal: Option<Result<Vec<u8>, usize>>,
}

impl Talk {
    async fn begin(server: &Server, more: Option<&[u8]>) -> Result<Self, Failed> {
        let tcp = timeout(PATIENCE, TcpStream::connect((server.host.as_str(), server.port)))
            .await
            .map_err(|_| Failed::Silent)??;
        let stream: Stream = match server.tls {
            Wrapping::None => Box::pin(tcp),
            _ => Box::pin(tls(server, tcp, more).await?),
        };
        let mut talk = Self {
            stream: BufReader::new(stream),
            tag: 0,
            moves: false,
            uids: false,
            idles: false,
            left: 0,
            news: false,
        };
        talk.line().await?;
        let quoted = |text: &Option<String>| quote(text.as_deref().unwrap_or_default());
        let login = format!("LOGIN {} {}", quoted(&server.user), quoted(&server.password));
        talk.command(&login, "user or password", 0).await?;
        for told in talk.command("CAPABILITY", "to say what it can", 0).await? {
            let can = |what: &str| told.line.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(what));
            talk.moves |= can("MOVE");
            talk.uids |= can("UIDPLUS");
            talk.idles |= can("IDLE");
        }
        Ok(talk)
    }

    async fn read_all(&mut self, app: &App, folder: &str) -> Result<usize, Failed> {
        for name in [TAKEN, LEFT] {
            // It may be there already.
            if let Err(why @ (Failed::Io(_) | Failed::Silent)) = self.command(&format!("CREATE {name}"), "", 0).await {
                return Err(why);
            }
        }
        self.command(&format!("SELECT {}", quote(folder)), "to open the folder", 0).await?;
        self.news = false;
        let mut uids: Vec<u32> = Vec::new();
        for told in self.command("UID SEARCH UNDELETED", "to list the mails", 0).await? {
            if let Some(list) = told.line.strip_prefix("* SEARCH") {
                uids.extend(list.split_ascii_whitespace().filter_map(|uid| uid.parse::<u32>().ok()));
            }
        }
        uids.sort_unstable();
        let mut moved = 0;
        self.left = uids.len().saturating_sub(AT_ONCE);
        for uid in uids.into_iter().take(AT_ONCE) {
            let limit = usize::try_from(app.config.mail_limit).unwrap_or(usize::MAX);
            let told = self.command(&format!("UID FETCH {uid} (BODY.PEEK[])"), "to give a mail", limit).await?;
            let to = match told.into_iter().find_map(|told| told.literal) {
                // Somebody else moved it meanwhile.
                None => continue,
                Some(Err(size)) => {
                    warn!(size, "a mail in the mailbox is larger than what is taken in; it is put aside");
                    LEFT
                }
                Some(Ok(raw)) => match self.hand_over(app, raw).await? {
                    Handed::Taken => TAKEN,
                    Handed::ForNobody => LEFT,
                    // A flood: it stays where it is, and mails of others after it do not wait for it.
                    Handed::Later => {
                        self.left += 1;
                        continue;
                    }
                },
            };
            self.put(uid, to).await?;
            moved += 1;
        }
        Ok(moved)
    }

    /// What became of a mail.
    async fn hand_over(&mut self, app: &App, raw: Vec<u8>) -> Result<Handed, Failed> {
        let mut taken = Handed::ForNobody;
        for to in recipients(app, &raw).await.map_err(|why| Failed::Store(why.to_string()))? {
            let envelope = Envelope { from: None, to, program: None };
            match Box::pin(receive(app, &envelope, raw.clone())).await {
                Ok(Outcome::NoSuchAddress) => {}
                Ok(Outcome::Looping) => return Ok(Handed::ForNobody),
                Ok(Outcome::Later) => return Ok(Handed::Later),
                // To the addresses of two reports it belongs to both.
                Ok(_) => taken = Handed::Taken,
                // It would never fit, and mails after it would wait for ever.
                Err(Error::FileTooLarge { .. }) => return Ok(taken),
                Err(why) => return Err(Failed::Store(why.to_string())),
            }
        }
        Ok(taken)
    }

    /// Moves a mail. Killed in between, it lies in both folders and is known by itself the next time.
    async fn put(&mut self, uid: u32, folder: &str) -> Result<(), Failed> {
        if self.moves {
            self.command(&format!("UID MOVE {uid} {folder}"), "to move a mail", 0).await?;
            return Ok(());
        }
        self.command(&format!("UID COPY {uid} {folder}"), "to copy a mail", 0).await?;
        self.command(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"), "to mark a mail", 0).await?;
        if self.uids {
            self.command(&format!("UID EXPUNGE {uid}"), "to remove a mail", 0).await?;
        }
        Ok(())
    }

    /// Waits until the server says that something came, or for as long as a server lets one wait. False when it is time to
    /// stop.
    async fn idle(&mut self, stop: &mut watch::Receiver<bool>) -> Result<bool, Failed> {
        self.tag += 1;
        let tag = format!("c{}", self.tag);
        let stream = self.stream.get_mut();
        stream.write_all(format!("{tag} IDLE\r\n").as_bytes()).await?;
        stream.flush().await?;
        let mut goes_on = true;
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut self.stream).take(LINE as u64);
            tokio::select! {
                read = timeout(IDLE, limited.read_until(b'\n', &mut line)) => match read {
                    // Servers hang up after half an hour.
                    Err(_) => break,
                    Ok(Ok(0)) => return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()),
                    Ok(read) => drop(read?),
                },
                () = async { drop(stop.wait_for(|stop| *stop).await) } => {
                    goes_on = false;
                    break;
                }
            }
            let line = String::from_utf8_lossy(&line).to_ascii_uppercase();
            if line.starts_with(&tag.to_ascii_uppercase()) {
                return Err(Failed::Refused("to say when mail comes"));
            }
            if line.contains(" EXISTS") || line.contains(" RECENT") {
                break;
            }
        }
        let stream = self.stream.get_mut();
        stream.write_all(b"DONE\r\n").await?;
        stream.flush().await?;
        while !self.line().await?.starts_with(&tag) {}
        Ok(goes_on)
    }

    /// Says a command and hears the server out. `what` names it in words; what is sent by length is kept up to `limit`
    /// bytes.
    async fn command(&mut self, text: &str, what: &'static str, limit: usize) -> Result<Vec<Told>, Failed> {
        self.tag += 1;
        let tag = format!("c{}", self.tag);
        let stream = self.stream.get_mut();
        stream.write_all(format!("{tag} {text}\r\n").as_bytes()).await?;
        stream.flush().await?;
        let mut told = Vec::new();
        loop {
            let line = self.line().await?;
            if let Some(rest) = line.strip_prefix(&tag) {
                return if rest.trim_start().to_ascii_uppercase().starts_with("OK") {
                    Ok(told)
                } else {
                    Err(Failed::Refused(what))
                };
            }
            self.news |= line.starts_with("* ") && line.ends_with(" EXISTS");
            let size =
                line.strip_suffix('}').and_then(|line| line.rsplit_once('{')).and_then(|(_, size)| size.parse().ok());
            let literal = match size {
                None => None,
                Some(size) => {
                    let kept = self.bytes(size, limit).await?;
                    // What follows up to the end of the answer is not needed.
                    self.line().await?;
                    Some(kept)
                }
            };
            if told.len() < 10_000 {
                told.push(Told { line, literal });
            }
        }
    }

    /// So many bytes, or their number when they are more than are wanted.
    async fn bytes(&mut self, size: usize, limit: usize) -> Result<Result<Vec<u8>, usize>, Failed> {
        if size > limit {
            let mut rest = (&mut self.stream).take(size as u64);
            timeout(PATIENCE * 5, tokio::io::copy(&mut rest, &mut tokio::io::sink()))
                .await
                .map_err(|_| Failed::Silent)??;
            return Ok(Err(size));
        }
        let mut kept = vec![0; size];
        timeout(PATIENCE * 5, self.stream.read_exact(&mut kept)).await.map_err(|_| Failed::Silent)??;
        Ok(Ok(kept))
    }

    async fn line(&mut self) -> Result<String, Failed> {
        let mut line = Vec::new();
        let mut limited = (&mut self.stream).take(LINE as u64);
        let read = timeout(PATIENCE, limited.read_until(b'\n', &mut line)).await.map_err(|_| Failed::Silent)??;
        if read == 0 || !line.ends_with(b"\n") {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

async fn tls(server: &Server, tcp: TcpStream, more: Option<&[u8]>) -> Result<TlsStream<TcpStream>, Failed> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(load_native_certs().certs);
    for own in more.into_iter().flat_map(CertificateDer::pem_slice_iter) {
        let own = own.map_err(|why| Failed::Tls(format!("a certificate of your own cannot be read: {why}")))?;
        roots.add(own).map_err(|why| Failed::Tls(format!("a certificate of your own cannot be used: {why}")))?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(server.host.clone()).map_err(|why| Failed::Tls(why.to_string()))?;
    let begun = timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, tcp)).await;
    begun.map_err(|_| Failed::Silent)?.map_err(|why| Failed::Tls(why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_read_inside_tls_with_user_and_password() {
        let found = Mailbox::parse("imaps://desk@mail.example.org/Reports", Some("secret\n")).expect("a good one");
        assert_eq!(
            (found.server.host.as_str(), found.server.port, found.folder.as_str()),
            ("mail.example.org", 993, "Reports")
        );
        assert_eq!(
            Mailbox::parse("imap://d:p@127.0.0.1?tls=none", None).map(|it| (it.server.port, it.folder)),
            Ok((143, "INBOX".into()))
        );
        for text in [
            "imap://d:p@mail.example.org",
            "imap://d:p@mail.example.org?tls=none",
            "imaps://mail.example.org",
            "pop3://x",
            "imaps://d:p@h/a%0d\r",
        ] {
            assert!(Mailbox::parse(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_quoted_ends_where_it_should() {
        assert_eq!(quote(r#"a"b\c"#), r#""a\"b\\c""#);
    }
}
