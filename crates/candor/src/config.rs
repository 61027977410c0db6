//! What the operator chose. Flags, environment and `candor.toml` end here; nothing else reads them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that can be chosen for a running Candor.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the embedded store, and of files unless [`Config::blobs`] says otherwise.
    pub data: PathBuf,
    /// `postgres://…`; `None` keeps everything in the data folder.
    pub database: Option<String>,
    /// Another PostgreSQL server for the key ring.
    pub ring: Option<String>,
    /// Folder for sealed files; with [`Config::blob_bucket`] where they are sealed before they go there.
    pub blobs: PathBuf,
    /// Where sealed files are kept, if not in the folder: a bucket of an S3-compatible object store.
    pub blob_bucket: Option<Bucket>,
    /// File with the root key; outside the data folder.
    pub key_file: PathBuf,
    /// A command that prints the root key, in place of the file.
    pub key_command: Option<String>,
    /// Folder of the public tree.
    pub public: PathBuf,
    /// How long a public tree is left alone after the next one took its place, before it is brought up to date itself:
    /// by then nobody reads it under its old name.
    pub tree_rest: Duration,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Address under which people reach it, without a slash at the end.
    pub base_url: String,
    /// Which parts run in this process.
    pub roles: Roles,
    /// What a front has in place of keys; only in a process that is to open nothing.
    pub front: Option<Front>,
    /// How letters leave.
    pub mail: MailOut,
    /// Password for the mail server, where the address has none; read from a file.
    pub mail_password: Option<String>,
    /// Sender of letters.
    pub mail_from: String,
    /// Domains to which letters go inside TLS all the way, or not at all.
    pub mail_tls: Vec<TlsTo>,
    /// Certificates (PEM) that mail servers may be signed by, besides those that this machine trusts.
    pub mail_ca: Option<Vec<u8>>,
    /// Whether letters to reporters who came by mail carry the team's words; else they say where to read them.
    pub mail_words: bool,
    /// Whom to ask when it is worked out who sent a mail.
    pub mail_dns: MailDns,
    /// Names of the operator's own mail servers, as they write them into `Received` lines.
    pub mail_relays: Vec<String>,
    /// Largest mail that is taken in, in bytes.
    pub mail_limit: u64,
    /// Where mail is taken in over LMTP: `127.0.0.1:24`, or the path of a socket.
    pub lmtp: Option<String>,
    /// A mailbox that mail is taken from: `imaps://user@host/Folder`.
    pub imap: Option<String>,
    /// Password for the mailbox, where its address has none; read from a file.
    pub imap_password: Option<String>,
    /// Largest file in bytes.
    pub file_limit: u64,
    /// Most files of one report or message.
    pub files_limit: usize,
    /// Reports a minute from one source before it is slowed; 0 for no limit.
    pub report_rate: u32,
    /// Reports a minute over all sources and through one door before it asks people to wait a little; 0 for never.
    pub flood_rate: u32,
    /// Sign-in attempts a minute from one source.
    pub signin_rate: u32,
    /// Whether the address of the visitor is taken from `X-Forwarded-For`, set by a proxy of yours.
    pub behind_proxy: bool,
    /// A throw-away demonstration: example programs, a team, cases; letters shown on a page.
    pub demo: bool,
    /// Onion address under which it is reached as well, without a slash at the end.
    pub onion: Option<String>,
    /// The program that is started to take foreign bytes apart, this one itself; without it that happens in this process.
    pub reader: Option<PathBuf>,
    /// Where the signed heads of the journals go; empty for nowhere.
    pub anchors: Vec<AnchorPlace>,
    /// Bearer token for `/metrics` from other machines.
    pub metrics_token: Option<String>,
    /// Where the public tree is put as well: a bucket of an S3-compatible object store.
    pub bucket: Option<Bucket>,
    /// Whether hooks and CVE Services may lie in this network and be called without TLS.
    pub private_targets: bool,
    /// The only places that are called, each with scheme, host and port; none for every public host over https.
    pub egress: Vec<String>,
}

/// What a front has in place of keys.
#[derive(Clone)]
pub struct Front {
    /// Where the desk takes over what was sealed.
    pub desk: PathBuf,
    /// Key of forms and of repeated requests, lent by the desk. It opens nothing.
    pub form_key: Option<[u8; 32]>,
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Front({})", self.desk.display())
    }
}

/// A bucket of an S3-compatible object store.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    /// `s3://NAME` or `s3://NAME/PREFIX`.
    pub url: String,
    /// Address of the service, where it is not the one of AWS.
    pub endpoint: Option<String>,
    /// Region.
    pub region: String,
    /// Id and secret of the access key; without one the machine's own role is used.
    pub key: Option<(String, String)>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bucket({})", self.url)
    }
}

/// Parts of Candor that run in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Public pages, form, receipt page, public API.
    pub public: bool,
    /// The team's side and its API.
    pub desk: bool,
    /// Clocks, outbox, public tree.
    pub worker: bool,
}

impl Default for Roles {
    fn default() -> Self {
        Self { public: true, desk: true, worker: true }
    }
}

impl std::str::FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "all" {
            return Ok(Self::default());
        }
        let mut roles = Self { public: false, desk: false, worker: false };
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                "public" => roles.public = true,
                "desk" => roles.desk = true,
                "worker" => roles.worker = true,
                other => return Err(format!("`{other}` is no role; choose from public, desk, worker, or all")),
            }
        }
        if roles == (Self { public: false, desk: false, worker: false }) {
            return Err("name at least one of public, desk, worker".into());
        }
        Ok(roles)
    }
}

/// A domain to which letters go inside TLS all the way, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsTo {
    /// The domain.
    pub domain: String,
    /// Its own mail server, to which letters then go directly; without it the usual one must promise TLS (RFC 8689).
    pub server: Option<String>,
}

impl std::str::FromStr for TlsTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (domain, server) = text.split_once('=').map_or((text, None), |(domain, server)| (domain, Some(server)));
        let domain = domain.trim().trim_end_matches('.').to_ascii_lowercase();
        let is_url = |server: &str| server.starts_with("smtp://") || server.starts_with("smtps://");
        if !domain.contains('.') || domain.contains(['@', ' ', '/', ':']) || !server.is_none_or(is_url) {
            return Err(format!(
                "`{text}` is no domain for TLS; write example.org, or example.org=smtp://mx.example.org:25"
            ));
        }
        Ok(Self { domain, server: server.map(str::to_owned) })
    }
}

/// Whom to ask for what domains publish about their mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailDns {
    /// Nobody: mails are not checked.
    Off,
    /// The servers that this machine asks.
    System,
    /// This server.
    Server(SocketAddr),
}

impl std::str::FromStr for MailDns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "system" => Ok(Self::System),
            _ => text
                .parse()
                .map(Self::Server)
                .or_else(|_| text.parse().map(|ip: std::net::IpAddr| Self::Server(SocketAddr::new(ip, 53))))
                .map_err(|_| format!("`{text}` is no DNS server; write system, off, or an address like 192.0.2.53:53")),
        }
    }
}

/// Where a signed head of the journals goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorPlace {
    /// A folder, best of another machine: one file each.
    Folder(PathBuf),
    /// A web address that takes it by POST, and should give the last one back by GET.
    Web(String),
    /// A mailbox.
    Mail(String),
    /// A bucket of an S3-compatible store: one object each.
    Bucket(Bucket),
}

impl std::fmt::Display for AnchorPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "dir:{}", folder.display()),
            Self::Web(url) => f.write_str(url),
            Self::Mail(address) => write!(f, "mailto:{address}"),
            Self::Bucket(bucket) => f.write_str(&bucket.url),
        }
    }
}

impl std::str::FromStr for AnchorPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let local = |url: &str| url.starts_with("http://127.0.0.1") || url.starts_with("http://[::1]");
        match text.split_once(':') {
            Some(("dir", folder)) if !folder.is_empty() => Ok(Self::Folder(folder.into())),
            Some(("mailto", address)) if address.contains('@') => Ok(Self::Mail(address.to_owned())),
            Some(("s3", name)) if name.strip_prefix("//").is_some_and(|name| !name.is_empty()) => {
                Ok(Self::Bucket(Bucket { url: text.to_owned(), endpoint: None, region: String::new(), key: None }))
            }
            Some(("https", _)) => Ok(Self::Web(text.to_owned())),
            Some(("http", _)) if local(text) => Ok(Self::Web(text.to_owned())),
            _ => Err(format!(
                "`{text}` is no place for anchors; write dir:FOLDER, s3://BUCKET, https://ADDRESS or mailto:ADDRESS"
            )),
        }
    }
}

/// How letters leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOut {
    /// Not at all: letters wait in the outbox until a way is set up.
    Hold,
    /// As `.eml` files in a folder.
    Dir(PathBuf),
    /// Over SMTP: `smtp://host:port` (STARTTLS asked for), `smtps://…` (TLS from the start), `smtp://…?tls=none`.
    Smtp(String),
}

impl std::str::FromStr for MailOut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "hold" => Ok(Self::Hold),
            _ if text.starts_with("smtp://") || text.starts_with("smtps://") => Ok(Self::Smtp(text.to_owned())),
            _ => match text.strip_prefix("dir:") {
                Some(folder) if !folder.is_empty() => Ok(Self::Dir(folder.into())),
                _ => Err(format!(
                    "`{text}` is no way out for mail; write dir:FOLDER, smtp://HOST:PORT, smtps://HOST:PORT or hold"
                )),
            },
        }
    }
}

impl Config {
    /// Reports a minute from one source, while a door is flooded or not; 0 for no limit.
    #[must_use]
    pub fn report_rate_when(&self, flooded: bool) -> u32 {
        if flooded && 0 < self.report_rate { (self.report_rate / 10).max(1) } else { self.report_rate }
    }

    /// Reports a minute through one door that are a flood; 0 for never, as where nothing is limited.
    #[must_use]
    pub fn flood(&self) -> u32 {
        if self.report_rate == 0 { 0 } else { self.flood_rate }
    }

    /// A configuration with the defaults for a data folder; flags change it from here.
    pub fn in_folder(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        let mut key_file = data.clone().into_os_string();
        key_file.push(".key");
        Self {
            database: None,
            ring: None,
            key_command: None,
            blobs: data.join("blobs"),
            blob_bucket: None,
            key_file: key_file.into(),
            public: data.join("public"),
            tree_rest: Duration::from_secs(2),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            base_url: "http://127.0.0.1:8080".into(),
            roles: Roles::default(),
            front: None,
            mail: MailOut::Hold,
            mail_password: None,
            mail_from: "Candor <candor@localhost>".into(),
            mail_tls: Vec::new(),
            mail_ca: None,
            mail_words: false,
            mail_dns: MailDns::Off,
            mail_relays: Vec::new(),
            mail_limit: 35_000_000,
            lmtp: None,
            imap: None,
            imap_password: None,
            file_limit: 100_000_000,
            files_limit: 20,
            report_rate: 60,
            flood_rate: 300,
            signin_rate: 20,
            behind_proxy: false,
            demo: false,
            onion: None,
            reader: None,
            anchors: Vec::new(),
            metrics_token: None,
            bucket: None,
            private_targets: false,
            egress: Vec::new(),
            data,
        }
    }
}
