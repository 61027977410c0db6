//! Mail in over LMTP (RFC 2033), from a mail server on this machine or network. Each recipient gets an answer of its own,
//! and 250 only when the mail is durable. A message ends with CRLF, a dot and CRLF, and with nothing else: what looks
//! like an end to other programs is text of the message.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tracing::{info, warn};

use super::receive::{Envelope, Outcome, place, receive};
use crate::app::App;
use crate::error::Error;

/// Connections at a time; more wait.
const CONNECTIONS: usize = 64;
/// Recipients of one message.
const RECIPIENTS: usize = 100;
/// Longest line of a command.
const COMMAND: usize = 4096;
/// Bad commands before the connection is closed.
const MISTAKES: usize = 20;
/// How long the other side may be silent (RFC 5321, section 4.5.3.2.7).
const SILENCE: Duration = Duration::from_secs(300);
/// Memory for messages that are being taken in, over all connections, in pieces of [`PIECE`].
const PIECES: usize = 256;
const PIECE: usize = 1024 * 1024;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A port of this machine or of a private network.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            return Ok(Self::Unix(text.trim_start_matches("unix:").into()));
        }
        let address: SocketAddr = text
            .parse()
            .map_err(|_| format!("`--lmtp {text}` is neither an address with a port, like 127.0.0.1:24, nor a path"))?;
        let private = match address.ip().to_canonical() {
            std::net::IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            std::net::IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        };
        if !private {
            return Err(format!(
                "`--lmtp {text}` can be reached from everywhere, and LMTP asks nobody who they are; use an address of this \
                 machine or of a private network"
            ));
        }
        Ok(Self::Tcp(address))
    }
}

/// A socket that takes connections.
#[derive(Debug)]
pub enum Door {
    /// Of the network.
    Tcp(TcpListener),
    /// Of the file system.
    Unix(UnixListener),
}

impl Door {
    /// Opens it. A socket that a stopped program left behind is replaced.
    ///
    /// # Errors
    /// As the system says.
    pub async fn open(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            Address::Unix(path) => {
                use std::os::unix::fs::{FileTypeExt, PermissionsExt};
                if std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
                    && std::os::unix::net::UnixStream::connect(path).is_err()
                {
                    std::fs::remove_file(path)?;
                }
                let listener = UnixListener::bind(path)?;
                // Whoever may enter the folder may bring mail, as with any mail server.
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
                Ok(Self::Unix(listener))
            }
        }
    }
}

/// Takes mail in until told to stop; a message that is being taken in is finished.
pub async fn serve(app: App, door: Door, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let memory = Arc::new(Semaphore::new(PIECES));
    let mut sessions = tokio::task::JoinSet::new();
    loop {
        let Ok(seat) = room.clone().acquire_owned().await else { break };
        let session = Session {
            app: app.clone(),
            memory: memory.clone(),
            stop: stop.clone(),
            greeted: false,
            from: None,
            to: Vec::new(),
            mistakes: 0,
        };
        let accepted = tokio::select! {
            () = told(&mut stop) => break,
            accepted = async {
                match &door {
                    Door::Tcp(it) => it.accept().await.map(|(stream, _)| {
                        // Answers are short, and the other side waits for each.
                        drop(stream.set_nodelay(true));
                        Box::pin(stream) as Stream
                    }),
                    Door::Unix(it) => it.accept().await.map(|(stream, _)| Box::pin(stream) as Stream),
                }
            } => accepted,
        };
        match accepted {
            Ok(stream) => {
                sessions.spawn(async move {
                    if let Err(why) = session.run(stream).await {
                        info!(reason = %why.kind(), "a mail server went away");
                    }
                    drop(seat);
                });
            }
            Err(why) => {
                warn!(%why, "a mail server could not be let in");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while sessions.try_join_next().is_some() {}
    }
    drop(door);
    let _ = timeout(Duration::from_secs(10), async { while sessions.join_next().await.is_some() {} }).await;
}

/// Until the service is told to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// What can be read and written.
pub(super) trait Both: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Both for T {}
/// A connection of any kind.
pub(super) type Stream = std::pin::Pin<Box<dyn Both>>;

struct Session {
    app: App,
    memory: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
    greeted: bool,
    from: Option<String>,
    to: Vec<String>,
    mistakes: usize,
}

/// What came of reading a message.
enum Data {
    /// With the memory it takes, given back when it is dropped.
    Whole(Vec<u8>, #[allow(dead_code, reason = "held, not looked at")] Vec<OwnedSemaphorePermit>),
    TooLarge,
    NoRoom,
}

impl Session {
    async fn run(mut self, stream: Stream) -> io::Result<()> {
        let mut stream = BufReader::with_capacity(64 * 1024, stream);
        say(&mut stream, "220 Candor LMTP").await?;
        loop {
            let mut stop = self.stop.clone();
            let line = tokio::select! {
                biased;
                line = timeout(SILENCE, command(&mut stream)) => line,
                () = told(&mut stop) => {
                    return say(&mut stream, "421 4.3.2 The service stops; send it again later").await;
                }
            };
            let Ok(line) = line else {
                return say(&mut stream, "421 4.4.2 Nothing was said for five minutes").await;
            };
            let answer = match line? {
                Line::End => return Ok(()),
                Line::TooLong => "500 5.5.2 The line is too long".to_owned(),
                Line::Bare => "500 5.5.2 Lines end with CR and LF".to_owned(),
                Line::Command(line) => {
                    let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
                    match verb.as_str() {
                        "QUIT" => return say(&mut stream, "221 2.0.0 Bye").await,
                        "DATA" if !self.to.is_empty() => {
                            self.data(&mut stream).await?;
                            continue;
                        }
                        _ => self.answer(&verb, &line),
                    }
                }
            };
            if answer.starts_with('5') {
                self.mistakes += 1;
                if self.mistakes > MISTAKES {
                    return say(&mut stream, "421 4.7.0 Too many mistakes").await;
                }
            }
            // Commands that came together are answered together.
            stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await?;
            if stream.buffer().is_empty() {
                stream.get_mut().flush().await?;
            }
        }
    }

    /// The answer to every command that moves no message.
    fn answer(&mut self, verb: &str, line: &str) -> String {
        match verb {
            "LHLO" => {
                self.greeted = true;
                self.reset();
                format!(
                    "250-Candor\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {}",
                    self.app.config.mail_limit
                )
            }
            "HELO" | "EHLO" => "500 5.5.1 This is LMTP; say LHLO".into(),
            "MAIL" => self.mail(line),
            "RCPT" => self.rcpt(line),
            "DATA" => "503 5.5.1 Name a recipient first".into(),
            "RSET" => {
                self.reset();
                "250 2.0.0 Begin again".into()
            }
            "NOOP" => "250 2.0.0 Here".into(),
            "VRFY" => "252 2.5.1 Send it and see".into(),
            _ => "500 5.5.1 No such command".into(),
        }
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn mail(&mut self, line: &str) -> String {
        if !self.greeted {
            return "503 5.5.1 Say LHLO first".into();
        }
        if self.from.is_some() {
            return "503 5.5.1 One message at a time".into();
        }
        let Some((path, parameters)) = path(line, "FROM:") else { return "501 5.5.4 Write MAIL FROM:<address>".into() };
        for parameter in parameters.split_ascii_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "SIZE" => match value.parse::<u64>() {
                    Ok(size) if size > self.app.config.mail_limit => return too_large(&self.app),
                    Ok(_) => {}
                    Err(_) => return "501 5.5.4 SIZE takes a number".into(),
                },
                "BODY" | "SMTPUTF8" => {}
                _ => return "555 5.5.4 No such parameter".into(),
            }
        }
        self.from = Some(path);
        "250 2.1.0 Go on".into()
    }

    fn rcpt(&mut self, line: &str) -> String {
        if self.from.is_none() {
            return "503 5.5.1 Say MAIL first".into();
        }
        if self.to.len() >= RECIPIENTS {
            return "452 4.5.3 Too many recipients; send the rest apart".into();
        }
        let Some((path, _)) = path(line, "TO:") else { return "501 5.5.4 Write RCPT TO:<address>".into() };
        if place(&self.app, &path).is_none() {
            return "550 5.1.1 No such address here".into();
        }
        if self.app.keys().is_err() {
            return "451 4.3.0 The desk is locked; send it again later".into();
        }
        self.to.push(path);
        "250 2.1.5 Go on".into()
    }

    /// Takes one message in and answers once for each recipient.
    async fn data(&mut self, stream: &mut BufReader<Stream>) -> io::Result<()> {
        say(stream, "354 End with a dot on a line of its own").await?;
        let limit = usize::try_from(self.app.config.mail_limit).unwrap_or(usize::MAX);
        let read = message(stream, limit, &self.memory).await?;
        let (from, to) = (self.from.take(), std::mem::take(&mut self.to));
        let mut answers = String::new();
        for to in to {
            let answer = match &read {
                Data::TooLarge => too_large(&self.app),
                Data::NoRoom => "452 4.3.1 Too much mail at once; send it again later".into(),
                Data::Whole(raw, _) => {
                    let envelope = Envelope { from: from.clone(), to, program: None };
                    reply(&Box::pin(receive(&self.app, &envelope, raw.clone())).await)
                }
            };
            answers.push_str(&answer);
            answers.push_str("\r\n");
        }
        stream.get_mut().write_all(answers.as_bytes()).await?;
        stream.get_mut().flush().await
    }
}

fn too_large(app: &App) -> String {
    format!(
        "552 5.3.4 The mail is larger than {} MB, the most taken here; send large files through the form",
        app.config.mail_limit / 1_000_000
    )
}

/// The answer for one recipient. What the reason is stays here; the mail server gets a class of it.
fn reply(outcome: &Result<Outcome, Error>) -> String {
    match outcome {
        Ok(Outcome::NoSuchAddress) => "550 5.1.1 No such address here".into(),
        Ok(Outcome::Looping) => "554 5.4.6 The mail goes round in circles".into(),
        Ok(Outcome::Later) => "451 4.7.1 Too much mail at once; send it again later".into(),
        Ok(_) => "250 2.0.0 Taken".into(),
        // The operator's limit of a file lies below that of a mail.
        Err(Error::FileTooLarge { .. }) => "552 5.3.4 The mail is too large; send large files through the form".into(),
        Err(Error::Full) => "452 4.3.1 No room left; send it again later".into(),
        Err(why) => {
            if let Error::Internal(cause) = why {
                tracing::error!(%cause, "a mail could not be taken in; it will come again");
            }
            "451 4.3.0 It could not be kept; send it again later".into()
        }
    }
}

/// The path of `MAIL FROM:<…>` or `RCPT TO:<…>`, and what follows it.
pub fn path<'a>(line: &'a str, mark: &str) -> Option<(String, &'a str)> {
    let (_, rest) = line.split_once(' ')?;
    let rest = rest.trim_start();
    let (head, rest) = rest.split_at_checked(mark.len())?;
    if !head.eq_ignore_ascii_case(mark) {
        return None;
    }
    let (path, rest) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    // A route before the address (RFC 5321, appendix C) is not looked at.
    let path = path.rsplit_once(':').filter(|(route, _)| route.starts_with('@')).map_or(path, |(_, path)| path);
    let plain =
        path.len() <= 320 && !path.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'));
    plain.then(|| (path.to_owned(), rest))
}

async fn say(stream: &mut BufReader<Stream>, line: &str) -> io::Result<()> {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.get_mut().flush().await
}

enum Line {
    Command(String),
    TooLong,
    Bare,
    End,
}

/// Reads a command. A line without CR before its LF is none.
async fn command(stream: &mut BufReader<Stream>) -> io::Result<Line> {
    let mut line = Vec::new();
    let mut long = false;
    loop {
        let mut piece = Vec::new();
        let read = (&mut *stream).take(COMMAND as u64).read_until(b'\n', &mut piece).await?;
        if read == 0 {
            return Ok(Line::End);
        }
        let whole = piece.ends_with(b"\n");
        if line.len() + piece.len() > COMMAND {
            long = true;
            line.clear();
        } else {
            line.extend_from_slice(&piece);
        }
        if whole {
            break;
        }
    }
    if long {
        return Ok(Line::TooLong);
    }
    match line.strip_suffix(b"\r\n") {
        Some(line) if !line.contains(&b'\r') && !line.contains(&0) => {
            Ok(Line::Command(String::from_utf8_lossy(line).into_owned()))
        }
        _ => Ok(Line::Bare),
    }
}

/// Reads a message up to its end, without the dots that were put before lines that begin with one.
async fn message(stream: &mut BufReader<Stream>, limit: usize, memory: &Arc<Semaphore>) -> io::Result<Data> {
    let mut raw: Vec<u8> = Vec::new();
    let mut held: Vec<OwnedSemaphorePermit> = Vec::new();
    let (mut large, mut no_room) = (false, false);
    // Whether the line at hand begins after CR and LF; bytes of it that were read before.
    let (mut fresh, mut begun, mut last) = (true, false, 0_u8);
    loop {
        let mut piece = Vec::new();
        let read = timeout(SILENCE, (&mut *stream).take(64 * 1024).read_until(b'\n', &mut piece)).await;
        match read {
            Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(Ok(0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => drop(read?),
        }
        if fresh && !begun && piece == b".\r\n" {
            break;
        }
        let before = if piece.len() > 1 { piece[piece.len() - 2] } else { last };
        let ends = piece.ends_with(b"\n");
        let whole = ends && before == b'\r';
        last = piece.last().copied().unwrap_or_default();
        let body = if fresh && !begun && piece.first() == Some(&b'.') { &piece[1..] } else { &piece[..] };
        if raw.len() + body.len() > limit {
            large = true;
            raw = Vec::new();
            held.clear();
        }
        if !large && !no_room {
            while held.len() * PIECE < raw.len() + body.len() {
                match memory.clone().try_acquire_owned() {
                    Ok(permit) => held.push(permit),
                    Err(_) => {
                        no_room = true;
                        raw = Vec::new();
                        held.clear();
                        break;
                    }
                }
            }
            if !no_room {
                raw.extend_from_slice(body);
            }
        }
        begun = !ends;
        if ends {
            fresh = whole;
        }
    }
    Ok(if large {
        Data::TooLarge
    } else if no_room {
        Data::NoRoom
    } else {
        Data::Whole(raw, held)
    })
}

/// Reads the message that bytes begin with, as after `DATA`; and how many bytes are left after its end. `None` when it does
/// not end.
pub async fn read_message(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let stream: Stream = Box::pin(tokio::io::join(std::io::Cursor::new(bytes.to_vec()), tokio::io::sink()));
    let mut stream = BufReader::with_capacity(1_024, stream);
    let room = Arc::new(Semaphore::new(PIECES));
    let Ok(Data::Whole(message, _)) = message(&mut stream, bytes.len(), &room).await else { return None };
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok()?;
    Some((message, rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_what_stands_in_angle_brackets() {
        assert_eq!(path("MAIL FROM:<a@b.example> SIZE=5", "FROM:"), Some(("a@b.example".into(), " SIZE=5")));
        assert_eq!(path("mail from: <>", "FROM:"), Some((String::new(), "")));
        assert_eq!(path("RCPT TO:<@x,@y:a@b.example>", "TO:"), Some(("a@b.example".into(), "")));
        for line in ["MAIL FROM:a@b", "MAIL", "MAIL FROM:<a b>", "RCPT FROM:<a>", "MAIL FROM:<a\0b>"] {
            assert_eq!(path(line, "FROM:").filter(|_| !line.starts_with("RCPT")), None, "{line}");
        }
    }

    #[test]
    fn a_listener_that_everybody_reaches_is_refused() {
        assert!("127.0.0.1:24".parse::<Address>().is_ok());
        assert!("10.0.0.7:24".parse::<Address>().is_ok());
        assert!("/run/candor/lmtp".parse::<Address>().is_ok());
        for text in ["0.0.0.0:24", "192.0.2.1:24", "[::]:24", "24"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
