//! Letters over SMTP, always inside TLS unless the server is this machine.

use std::net::IpAddr;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, Tls, TlsParameters};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, MailParameter};
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
pub struct Smtp {
    usual: AsyncSmtpTransport<Tokio1Executor>,
    server: Server,
    parameters: Option<TlsParameters>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Smtp(..)")
    }
}

impl Smtp {
    /// Gets ready; connects only when there is a letter. `more` are certificates (PEM) that the server may be signed by,
    /// besides those that this machine trusts.
    ///
    /// # Errors
    /// [`BadServer::Tls`] when TLS cannot be set up on this machine.
    pub fn new(server: &Server, more: Option<&[u8]>) -> Result<Self, BadServer> {
        let bad = |why: lettre::transport::smtp::Error| BadServer::Tls(why.to_string());
        let parameters = || {
            let mut builder = TlsParameters::builder(server.host.clone());
            if let Some(more) = more {
                builder = builder.add_root_certificate(Certificate::from_pem(more).map_err(bad)?);
            }
            builder.build().map_err(bad)
        };
        let parameters = match server.tls {
            Wrapping::None => None,
            Wrapping::FromStart | Wrapping::StartTls => Some(parameters()?),
        };
        let tls = match (server.tls, parameters.clone()) {
            (Wrapping::FromStart, Some(parameters)) => Tls::Wrapper(parameters),
            (Wrapping::StartTls, Some(parameters)) => Tls::Required(parameters),
            _ => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .pool_config(PoolConfig::new().max_size(2));
        if let (Some(user), Some(password)) = (&server.user, &server.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self { usual: builder.build(), server: server.clone(), parameters })
    }

    /// Whether the server answers, by the polite question that changes nothing (NOOP).
    ///
    /// # Errors
    /// Why not, in words without the server's text.
    pub async fn reach(&self) -> Result<(), String> {
        match self.usual.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the mail server answers, and takes no letters".into()),
            Err(why) if why.is_timeout() => Err("the mail server did not answer in time".into()),
            Err(why) if why.is_tls() || is_certificate(&why) => {
                Err("no TLS could be agreed with the mail server; see its certificate".into())
            }
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
        match self.usual.send_raw(&envelope, &letter.bytes).await {
            Ok(_) => Ok(()),
            Err(why) => Err(failed(&why)),
        }
    }

    /// Hands a letter over to a server that promises to pass it on inside TLS only (REQUIRETLS, RFC 8689), or keeps it.
    ///
    /// # Errors
    /// As [`Smtp::send`]; [`Failed::Later`] when the server does not promise it.
    pub async fn send_all_the_way(&self, letter: &Letter) -> Result<(), Failed> {
        let held = || {
            Failed::Later(
                "held: this domain is reached inside TLS or not at all, and the mail server does not promise that"
                    .into(),
            )
        };
        let Some(parameters) = self.parameters.clone() else { return Err(held()) };
        let told = self.talk_inside(letter, parameters).await.map_err(|why| failed(&why))?;
        if told { Ok(()) } else { Err(held()) }
    }

    /// Whether the server promised it and has the letter.
    async fn talk_inside(
        &self,
        letter: &Letter,
        parameters: TlsParameters,
    ) -> Result<bool, lettre::transport::smtp::Error> {
        let name = ClientId::default();
        let place = (self.server.host.as_str(), self.server.port);
        let wrapped = (self.server.tls == Wrapping::FromStart).then(|| parameters.clone());
        let mut talk = AsyncSmtpConnection::connect_tokio1(place, Some(PATIENCE), &name, wrapped, None).await?;
        if !talk.is_encrypted() {
            talk.starttls(parameters, &name).await?;
        }
        if let (Some(user), Some(password)) = (&self.server.user, &self.server.password) {
            let login = Credentials::new(user.clone(), password.clone());
            talk.auth(DEFAULT_MECHANISMS, &login).await?;
        }
        let can = talk.command(Ehlo::new(name)).await?;
        if !can.message().any(|line| line.trim().eq_ignore_ascii_case("REQUIRETLS")) {
            talk.quit().await?;
            return Ok(false);
        }
        let promise = MailParameter::Other { keyword: "REQUIRETLS".into(), value: None };
        talk.command(Mail::new(Some(letter.from.clone()), vec![promise])).await?;
        talk.command(Rcpt::new(letter.to.clone(), Vec::new())).await?;
        talk.command(Data).await?;
        talk.message(&letter.bytes).await?;
        // The letter is the server's; how the conversation ends changes nothing.
        drop(talk.quit().await);
        Ok(true)
    }
}

/// Whether a conversation ended because of the server's certificate. That is told as a broken connection.
fn is_certificate(why: &lettre::transport::smtp::Error) -> bool {
    let mut cause = std::error::Error::source(why);
    while let Some(found) = cause {
        if found.to_string().contains("certificate") {
            return true;
        }
        cause = found.source();
    }
    false
}

/// What became of a letter, in words without the server's.
fn failed(why: &lettre::transport::smtp::Error) -> Failed {
    match why.status().map(|code| format!("the mail server answered {code}")) {
        Some(words) if why.is_permanent() => Failed::Never(words),
        Some(words) => Failed::Later(words),
        None if why.is_timeout() => Failed::Unreachable("the mail server did not answer in time".into()),
        None if why.is_tls() || is_certificate(why) => {
            Failed::Unreachable("no TLS could be agreed with the mail server; see its certificate".into())
        }
        // A server that offers no TLS, or no way to sign in that we know: nothing is sent without.
        None if why.is_client() => {
            Failed::Unreachable("the mail server offers no TLS, or no way to sign in; letters are held".into())
        }
        None => Failed::Unreachable("the mail server could not be reached".into()),
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
