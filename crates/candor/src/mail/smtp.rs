//! Letters over SMTP, always inside TLS unless the server is this machine.

use std::net::IpAddr;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::letters::Letter;

/// How long one step of a conversation may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How to reach a mail server, as read from its address.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// Name or address of the host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the conversation is kept private.
    pub tls: Wrapping,
    /// User, if the server asks for one.
    pub user: Option<String>,
    /// Password.
    pub password: Option<String>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({}:{}, {:?})", self.host, self.port, self.tls)
    }
}

/// How the conversation with the server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// TLS from the first byte (`smtps://`).
    FromStart,
    /// STARTTLS, and nothing is sent without it (`smtp://`).
    StartTls,
    /// None (`?tls=none`): only towards this machine.
    None,
}

/// Why an address of a mail server cannot be used. A password is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadServer {
    /// Not one of the two schemes.
    #[error("the mail server must be written as smtp://HOST:PORT or smtps://HOST:PORT")]
    Scheme,
    /// No host.
    #[error("the mail server's address names no host; write it like smtp://mail.example.org:587")]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("the mail server's port is no number from 1 to 65535")]
    Port,
    /// A part after `?` that means nothing.
    #[error("the mail server's address ends in an unknown option; only ?tls=none is known")]
    Option,
    /// `?tls=none` towards another machine.
    #[error(
        "?tls=none is only for a mail server on this machine (localhost, 127.0.0.1, ::1), because letters name cases and addresses; \
         use smtps:// or smtp:// with STARTTLS for {0}"
    )]
    Open(String),
    /// A `%` that is not followed by two hexadecimal digits.
    #[error("user or password of the mail server holds a `%` that stands for nothing; write it as %25")]
    Percent,
    /// A password without a user.
    #[error("there is a password for the mail server but no user; write smtp://USER@HOST:PORT")]
    NoUser,
    /// TLS could not be set up on this machine.
    #[error("TLS could not be set up: {0}")]
    Tls(String),
}

impl Server {
    /// Reads `smtp://user:pass@host:port`, `smtps://…` or `smtp://localhost:25?tls=none`. A password given apart
    /// (`password`) stands in where the address has none.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, password: Option<&str>) -> Result<Self, BadServer> {
        let (tls, rest) = match text.split_once("://") {
            Some(("smtp", rest)) => (Wrapping::StartTls, rest),
            Some(("smtps", rest)) => (Wrapping::FromStart, rest),
            _ => return Err(BadServer::Scheme),
        };
        let (rest, option) = rest.split_once('?').map_or((rest, None), |(rest, option)| (rest, Some(option)));
        let rest = rest.trim_end_matches('/');
        let tls = match (option, tls) {
            (None, tls) => tls,
            (Some("tls=none"), Wrapping::StartTls) => Wrapping::None,
            _ => return Err(BadServer::Option),
        };
        let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        let (user, inline) = match login {
            None => (None, None),
            Some(login) => match login.split_once(':') {
                Some((user, password)) => (Some(unescape(user)?), Some(unescape(password)?)),
                None => (Some(unescape(login)?), None),
            },
        };
        let (host, port) = match place.strip_prefix('[') {
            // An IPv6 address stands in brackets.
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or(BadServer::Host)?;
                (host, rest.strip_prefix(':'))
            }
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        if host.is_empty() || host.contains(|c: char| c.is_control() || c.is_whitespace() || c == '/') {
            return Err(BadServer::Host);
        }
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or(BadServer::Port)?,
            None => match tls {
                Wrapping::FromStart => 465,
                Wrapping::StartTls => 587,
                Wrapping::None => 25,
            },
        };
        if tls == Wrapping::None && !is_this_machine(host) {
            return Err(BadServer::Open(host.to_owned()));
        }
        let password = inline.or_else(|| password.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()));
        if user.is_none() && password.is_some() {
            return Err(BadServer::NoUser);
        }
        Ok(Self { host: host.to_owned(), port, tls, user, password })
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn unescape(text: &str) -> Result<String, BadServer> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok()).ok_or(BadServer::Percent)?;
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| BadServer::Percent)?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_err(|_| BadServer::Percent)
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The server was not reached, or the conversation broke off: nothing else will go through just now either.
    Unreachable(String),
    /// The server took the conversation but not this letter, for now.
    Later(String),
    /// The server refuses this letter for good.
    Never(String),
}

/// A way to a mail server. Connections are kept and used again.
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Smtp(..)")
    }
}

impl Smtp {
    /// Gets ready; connects only when there is a letter.
    ///
    /// # Errors
    /// [`BadServer::Tls`] when TLS cannot be set up on this machine.
    pub fn new(server: &Server) -> Result<Self, BadServer> {
        let parameters = || TlsParameters::new(server.host.clone()).map_err(|why| BadServer::Tls(why.to_string()));
        let tls = match server.tls {
            Wrapping::FromStart => Tls::Wrapper(parameters()?),
            Wrapping::StartTls => Tls::Required(parameters()?),
            Wrapping::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .pool_config(PoolConfig::new().max_size(2));
        if let (Some(user), Some(password)) = (&server.user, &server.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self(builder.build()))
    }

    /// Whether the server answers, by the polite question that changes nothing (NOOP).
    ///
    /// # Errors
    /// Why not, in words without the server's text.
    pub async fn reach(&self) -> Result<(), String> {
        match self.0.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the mail server answers, and takes no letters".into()),
            Err(why) if why.is_timeout() => Err("the mail server did not answer in time".into()),
            Err(why) if why.is_tls() => Err("no TLS could be agreed with the mail server; see its certificate".into()),
            Err(why) => Err(match why.status() {
                Some(code) => format!("the mail server answered {code}"),
                None => "the mail server could not be reached".into(),
            }),
        }
    }

    /// Hands a letter over. The server has it, durably, when this returns without an error.
    ///
    /// # Errors
    /// What became of it instead. The words hold the server's status code, never its text, which may repeat an address.
    pub async fn send(&self, letter: &Letter) -> Result<(), Failed> {
        let envelope = Envelope::new(Some(letter.from.clone()), vec![letter.to.clone()])
            .map_err(|_| Failed::Never("the envelope names no recipient".into()))?;
        match self.0.send_raw(&envelope, &letter.bytes).await {
            Ok(_) => Ok(()),
            Err(why) => {
                let code = why.status().map(|code| format!("the mail server answered {code}"));
                Err(match code {
                    Some(words) if why.is_permanent() => Failed::Never(words),
                    Some(words) => Failed::Later(words),
                    None if why.is_timeout() => Failed::Unreachable("the mail server did not answer in time".into()),
                    None if why.is_tls() => {
                        Failed::Unreachable("no TLS could be agreed with the mail server; see its certificate".into())
                    }
                    None if why.is_client() => Failed::Never("the letter cannot be sent to this server".into()),
                    None => Failed::Unreachable("the mail server could not be reached".into()),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_is_read_from_its_address() {
        let server = Server::parse("smtp://desk:p%40ss@mail.example.org:2525", None).expect("a good address");
        assert_eq!((server.host.as_str(), server.port, server.tls), ("mail.example.org", 2525, Wrapping::StartTls));
        assert_eq!((server.user.as_deref(), server.password.as_deref()), (Some("desk"), Some("p@ss")));
        let server = Server::parse("smtps://mail.example.org", None).expect("a good address");
        assert_eq!((server.port, server.tls), (465, Wrapping::FromStart));
        let server = Server::parse("smtp://desk@mail.example.org", Some("from a file\n")).expect("a good address");
        assert_eq!((server.port, server.password.as_deref()), (587, Some("from a file")));
        let server = Server::parse("smtp://[::1]:2500?tls=none", None).expect("a good address");
        assert_eq!((server.host.as_str(), server.port), ("::1", 2500));
    }

    #[test]
    fn letters_go_without_tls_only_to_this_machine() {
        for near in ["smtp://localhost?tls=none", "smtp://127.0.0.1:2500?tls=none", "smtp://[::1]?tls=none"] {
            assert!(Server::parse(near, None).is_ok(), "{near}");
        }
        for far in
            ["smtp://mail.example.org?tls=none", "smtp://10.0.0.7:25?tls=none", "smtp://localhost.example.org?tls=none"]
        {
            assert!(matches!(Server::parse(far, None), Err(BadServer::Open(_))), "{far}");
        }
    }

    #[test]
    fn a_wrong_address_says_what_is_wrong_and_repeats_no_password() {
        assert_eq!(Server::parse("imap://mail.example.org", None), Err(BadServer::Scheme));
        assert_eq!(Server::parse("smtp://", None), Err(BadServer::Host));
        assert_eq!(Server::parse("smtp://mail.example.org:0", None), Err(BadServer::Port));
        assert_eq!(Server::parse("smtp://mail.example.org?tls=maybe", None), Err(BadServer::Option));
        assert_eq!(Server::parse("smtp://u:%zz@mail.example.org", None), Err(BadServer::Percent));
        assert_eq!(Server::parse("smtp://mail.example.org", Some("secret")), Err(BadServer::NoUser));
        let shown = format!("{:?}", Server::parse("smtp://u:secret@mail.example.org", None));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
