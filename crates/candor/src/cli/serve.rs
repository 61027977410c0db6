//! `candor serve`: public pages, desk, API and worker, in processes of their own or in one.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::config::{AnchorPlace, Bucket, Config, MailDns, MailOut, Roles, TlsTo};
use crate::confine::jail::{self, Reach};
use crate::serve;
use crate::split::keep::Ended;
use crate::split::{Part, Rooms};
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// How to serve.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run a demonstration in a throw-away folder: example policies, a team, cases in every stage
    #[arg(long, env = "CANDOR_DEMO", hide_env_values = true)]
    demo: bool,
    /// Where to listen
    #[arg(
        long,
        env = "CANDOR_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT",
        hide_env_values = true
    )]
    listen: String,
    /// Parts that run in this one process: public, desk, worker, or all; without it the public side and the desk are
    /// processes of their own
    #[arg(long, env = "CANDOR_ROLES", value_name = "LIST", hide_env_values = true)]
    roles: Option<Roles>,
    /// Which part of the service this process is
    #[arg(long, hide = true, requires = "rooms")]
    part: Option<Part>,
    /// Folder with the sockets between the parts
    #[arg(long, hide = true)]
    rooms: Option<PathBuf>,
    /// The throw-away folder of a demonstration in parts
    #[arg(long, hide = true)]
    demo_folder: Option<PathBuf>,
    /// Folder for the public tree; without it `public` in the data folder
    #[arg(long, env = "CANDOR_PUBLIC", value_name = "FOLDER", hide_env_values = true)]
    public: Option<PathBuf>,
    /// How letters leave: dir:FOLDER, smtp://HOST:PORT, smtps://HOST:PORT, or hold
    #[arg(long, env = "CANDOR_MAIL", value_name = "WAY", hide_env_values = true)]
    mail: Option<MailOut>,
    /// File with the password for the mail server, where --mail names a user and none
    #[arg(long, env = "CANDOR_SMTP_PASSWORD_FILE", value_name = "FILE", hide_env_values = true)]
    smtp_password_file: Option<PathBuf>,
    /// Sender of letters
    #[arg(long, env = "CANDOR_MAIL_FROM", value_name = "ADDRESS", hide_env_values = true)]
    mail_from: Option<String>,
    /// Domains to which letters go inside TLS all the way or not at all; DOMAIN=smtp://SERVER:PORT goes there directly
    #[arg(long, env = "CANDOR_MAIL_TLS", value_delimiter = ',', value_name = "DOMAINS", hide_env_values = true)]
    mail_tls: Vec<TlsTo>,
    /// File with certificates (PEM) of your own that mail servers may be signed by
    #[arg(long, env = "CANDOR_MAIL_CA", value_name = "FILE", hide_env_values = true)]
    mail_ca: Option<PathBuf>,
    /// Let letters to reporters who came by mail carry the team's words; without it they say where to read them
    #[arg(long, env = "CANDOR_MAIL_WORDS", hide_env_values = true)]
    mail_words: bool,
    /// Take mail in over LMTP: an address of this machine or a private network with a port, or the path of a socket
    #[arg(long, env = "CANDOR_LMTP", value_name = "ADDRESS", hide_env_values = true)]
    lmtp: Option<String>,
    /// Take mail in from a mailbox: imaps://USER@HOST/FOLDER; what was taken is moved to the folder Candor
    #[arg(long, env = "CANDOR_IMAP", value_name = "URL", hide_env_values = true)]
    imap: Option<String>,
    /// File with the password for the mailbox
    #[arg(long, env = "CANDOR_IMAP_PASSWORD_FILE", value_name = "FILE", hide_env_values = true)]
    imap_password_file: Option<PathBuf>,
    /// Whom to ask who may send for a domain (SPF, DKIM, DMARC, ARC): system, off, or the address of a DNS server
    #[arg(long, env = "CANDOR_MAIL_DNS", default_value = "system", value_name = "SERVER", hide_env_values = true)]
    mail_dns: MailDns,
    /// Names of your mail servers that mail comes through, as in their Received lines; for SPF
    #[arg(long, env = "CANDOR_MAIL_RELAY", value_delimiter = ',', value_name = "NAMES", hide_env_values = true)]
    mail_relay: Vec<String>,
    /// Largest mail that is taken in, in MB
    #[arg(long, env = "CANDOR_MAIL_LIMIT", default_value_t = 35, value_name = "MB", hide_env_values = true)]
    mail_limit: u64,
    /// Largest file that is taken in, in MB
    #[arg(long, env = "CANDOR_FILE_LIMIT", default_value_t = 100, value_name = "MB", hide_env_values = true)]
    file_limit: u64,
    /// Most files of one report or message
    #[arg(long, env = "CANDOR_FILES_LIMIT", default_value_t = 20, value_name = "NUMBER", hide_env_values = true)]
    files_limit: usize,
    /// Reports a minute from one address before it is slowed; 0 for no limit
    #[arg(long, env = "CANDOR_REPORT_RATE", default_value_t = 60, value_name = "NUMBER", hide_env_values = true)]
    report_rate: u32,
    /// Reports a minute from all together, through the form or the API, before that asks people to wait a little; 0 for never
    #[arg(long, env = "CANDOR_FLOOD_RATE", default_value_t = 300, value_name = "NUMBER", hide_env_values = true)]
    flood_rate: u32,
    /// Sign-in attempts a minute from one address
    #[arg(long, env = "CANDOR_SIGNIN_RATE", default_value_t = 20, value_name = "NUMBER", hide_env_values = true)]
    signin_rate: u32,
    /// Take the visitor's address from X-Forwarded-For, set by a proxy of yours
    #[arg(long, env = "CANDOR_BEHIND_PROXY", hide_env_values = true)]
    behind_proxy: bool,
    /// Bearer token with which other machines may read /metrics
    #[arg(long, env = "CANDOR_METRICS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    metrics_token: Option<String>,
    /// Put the public tree into a bucket of an S3-compatible store as well: s3://NAME or s3://NAME/PREFIX
    #[arg(long, env = "CANDOR_PUBLIC_BUCKET", value_name = "URL", hide_env_values = true)]
    public_bucket: Option<String>,
    /// Let hooks and CVE Services lie in this network, and be called without TLS; without it public hosts over https only
    #[arg(long, env = "CANDOR_PRIVATE_TARGETS", hide_env_values = true)]
    private_targets: bool,
    /// Call only these places, each as https://HOST or https://HOST:PORT; without it every public host over https that is set up here
    #[arg(long, env = "CANDOR_EGRESS", value_delimiter = ',', value_name = "URL", value_parser = super::common::place, hide_env_values = true)]
    egress: Vec<String>,
    /// Onion address under which people reach it through Tor, as http://NAME.onion; browsers are told
    #[arg(long, env = "CANDOR_ONION", value_name = "URL", hide_env_values = true)]
    onion: Option<String>,
    /// Where signed heads of the journals go each hour: dir:FOLDER, s3://BUCKET, https://ADDRESS, mailto:ADDRESS; at best two, off this machine
    #[arg(long, env = "CANDOR_ANCHOR_TO", value_delimiter = ',', value_name = "PLACE", hide_env_values = true)]
    anchor_to: Vec<AnchorPlace>,
    #[command(flatten)]
    place: Place,
}

impl Args {
    fn config(&self) -> Result<Config, Failure> {
        let listen: SocketAddr = self.listen.parse().map_err(|_| {
            Failure::Usage(format!(
                "`--listen {}` is no address with a port; write it like 127.0.0.1:8080",
                self.listen
            ))
        })?;
        let place = self.own_place();
        let mut config = place.config()?;
        config.listen = listen;
        if self.place.base_url.is_none() {
            config.base_url = format!("http://{listen}");
        }
        config.roles = self.roles.unwrap_or_default();
        if let Some(public) = &self.public {
            config.public.clone_from(public);
        }
        if let Some(mail) = &self.mail {
            config.mail = mail.clone();
        }
        config.mail_password = self.smtp_password_file.as_deref().map(password).transpose()?;
        config.imap.clone_from(&self.imap);
        config.imap_password = self.imap_password_file.as_deref().map(password).transpose()?;
        if let Some(from) = &self.mail_from {
            config.mail_from.clone_from(from);
        }
        config.mail_tls.clone_from(&self.mail_tls);
        config.mail_ca = self.mail_ca.as_deref().map(certificates).transpose()?;
        config.mail_words = self.mail_words;
        config.lmtp.clone_from(&self.lmtp);
        config.mail_dns = if self.demo { MailDns::Off } else { self.mail_dns };
        config.mail_relays.clone_from(&self.mail_relay);
        config.mail_limit = self.mail_limit.saturating_mul(1_000_000).min(self.file_limit.saturating_mul(1_000_000));
        config.file_limit = self.file_limit.saturating_mul(1_000_000);
        config.files_limit = self.files_limit;
        config.report_rate = self.report_rate;
        config.flood_rate = self.flood_rate;
        config.signin_rate = self.signin_rate;
        config.behind_proxy = self.behind_proxy;
        config.metrics_token.clone_from(&self.metrics_token);
        config.private_targets = self.private_targets;
        config.egress.clone_from(&self.egress);
        config.onion = self.onion.as_deref().map(onion).transpose()?;
        config.reader = std::env::current_exe().ok();
        config.bucket = self.bucket()?;
        config.anchors.clone_from(&self.anchor_to);
        for anchor in &mut config.anchors {
            if let AnchorPlace::Bucket(bucket) = anchor {
                *bucket = place.bucket_at(&bucket.url)?;
            }
        }
        config.demo = self.demo;
        Ok(config)
    }
}

/// The certificates in a file.
fn certificates(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|why| {
        Failure::new(format!("the file with mail servers' certificates, {}, cannot be read: {why}", file.display()))
    })
}

/// An onion address, without a slash at the end.
fn onion(url: &str) -> Result<String, Failure> {
    let url = url.trim_end_matches('/');
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or_default();
    let name = host.strip_suffix(".onion").unwrap_or_default();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
        return Err(Failure::Usage(format!("`--onion {url}` is no onion address; write it like http://NAME.onion")));
    }
    Ok(url.to_owned())
}

impl Args {
    fn bucket(&self) -> Result<Option<Bucket>, Failure> {
        let Some(url) = &self.public_bucket else { return Ok(None) };
        if !url.starts_with("s3://") {
            return Err(Failure::Usage("`--public-bucket` must begin with s3://".into()));
        }
        self.own_place().bucket_at(url).map(Some)
    }

    /// Where the store lies, as far as this part of the service has to know: what the public reaches gets no key of a bucket.
    fn own_place(&self) -> Place {
        let mut place = self.place.clone();
        if matches!(self.part, Some(Part::Door | Part::Front)) {
            place.without_bucket_key();
        }
        place
    }
}

/// The password in a file.
fn password(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|why| {
        Failure::new(format!("the file with the mail server's password, {}, cannot be read: {why}", file.display()))
    })
}

/// Takes from a part of the service what it does not need, before there is a second thread. Gives what this machine cannot take.
///
/// # Errors
/// When the settings cannot be meant.
pub(super) fn close_in(args: &Args) -> Result<Vec<&'static str>, Failure> {
    let part = match args.part {
        None | Some(Part::Desk) => return Ok(Vec::new()),
        Some(part) => part,
    };
    let config = args.chosen()?;
    let reach = match part {
        Part::Door => Reach { port: Some(config.listen.port()), ..Reach::default() },
        _ => front_reach(&config, args.rooms.as_deref()),
    };
    let jail = jail::enter_with(&reach);
    let mut missing = Vec::new();
    if !jail.landlock {
        missing.push("the kernel takes no rules for files (Landlock)");
    }
    if !jail.seccomp {
        missing.push("the kernel takes no filter for system calls (seccomp)");
    }
    if File::open(&config.key_file).is_ok() {
        missing.push("it could open the file with the root key: keep that out of the data folder");
    }
    Ok(missing)
}

/// What the front needs of the disk: rows, sealed files, the public tree, and what names of hosts need for a database elsewhere.
fn front_reach(config: &Config, rooms: Option<&Path>) -> Reach {
    let system = ["/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/dev/urandom"];
    let mut reads: Vec<PathBuf> = system.map(PathBuf::from).to_vec();
    // The tree's link is turned to a folder beside it.
    reads.extend(config.public.parent().map(Path::to_owned));
    let mut writes = vec![config.data.clone(), config.blobs.clone()];
    writes.extend(rooms.map(|rooms| Rooms::at(rooms).of(Part::Front)));
    Reach { reads, writes, port: None }
}

impl Args {
    /// The settings of this process, a demonstration's folder taken into account.
    fn chosen(&self) -> Result<Config, Failure> {
        let mut config = self.config()?;
        if let Some(folder) = &self.demo_folder {
            into_folder(&mut config, folder, self);
        }
        Ok(config)
    }
}

pub(super) async fn run(args: Args, missing: Vec<&'static str>) -> Outcome {
    if let (Some(part), Some(rooms)) = (args.part, &args.rooms) {
        let (config, rooms) = (args.chosen()?, Rooms::at(rooms));
        return Box::pin(serve::run_part(part, rooms, config, &missing, |line| output::say(line)))
            .await
            .map_err(Failure::new);
    }
    let mut config = args.config()?;
    // Removed with everything in it when it goes out of scope: after the last request, or when the start fails.
    let mut throw_away = None;
    if config.demo {
        let folder = tempfile::Builder::new()
            .prefix("candor-demo-")
            .tempdir()
            .map_err(|why| Failure::during("no throw-away folder can be made", why))?;
        into_folder(&mut config, folder.path(), &args);
        throw_away = Some(folder);
    }
    let served = if args.roles.is_some() {
        Box::pin(serve::run(config, |line| output::say(line))).await.map_err(Failure::new)
    } else {
        in_parts(throw_away.as_ref().map(tempfile::TempDir::path)).await
    };
    if let Some(folder) = throw_away {
        folder.close().map_err(|why| Failure::during("the throw-away folder was not removed", why))?;
    }
    served
}

/// Longest path of the folder with the sockets: their names are limited to 107 bytes.
const ROOMS_PATH: usize = 90;

/// Runs the parts as processes of their own, each with the words that this one was started with.
async fn in_parts(demo: Option<&Path>) -> Outcome {
    let below = |folder: &Path| {
        let own = std::fs::Permissions::from_mode(0o700);
        let made = tempfile::Builder::new().prefix("candor-").rand_bytes(8).permissions(own).tempdir_in(folder);
        made.map_err(|why| Failure::during("no folder for the sockets of the parts can be made", why))
    };
    let usual = std::env::temp_dir();
    let rooms = match below(demo.unwrap_or(&usual))? {
        fits if fits.path().as_os_str().len() <= ROOMS_PATH => fits,
        _ => below(Path::new("/tmp"))?,
    };
    Rooms::at(rooms.path())
        .make()
        .map_err(|why| Failure::during("no folder for the sockets of the parts can be made", why))?;
    let program = std::env::current_exe().map_err(|why| Failure::during("this program does not find itself", why))?;
    let command = |part: Part| {
        let mut command = tokio::process::Command::new(&program);
        command.args(std::env::args_os().skip(1)).args(["--part", part.name()]).arg("--rooms").arg(rooms.path());
        if let Some(folder) = demo {
            command.arg("--demo-folder").arg(folder);
        }
        if part != Part::Desk {
            // Secrets of the environment are the desk's.
            let buckets = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
            for name in
                ["CANDOR_KEY_COMMAND", "CANDOR_METRICS_TOKEN", "CANDOR_MAIL", "CANDOR_IMAP"].iter().chain(&buckets)
            {
                command.env_remove(name);
            }
        }
        command
    };
    match serve::keep(command).await {
        Ok(()) => Ok(()),
        // It has said why.
        Err(Ended::NotReady(_, Some(status))) => match u8::try_from(status) {
            Ok(2) => Err(Failure::Exit(2, "the service did not start".into())),
            _ => Err(Failure::Said),
        },
        Err(why) => Err(Failure::new(why)),
    }
}

/// A demonstration touches nothing but its folder.
fn into_folder(config: &mut Config, folder: &Path, args: &Args) {
    let own = Config::in_folder(folder.join("data"));
    // A place for anchors knows another store.
    config.anchors.clear();
    config.bucket = None;
    config.blob_bucket = None;
    config.key_command = None;
    config.database = None;
    config.ring = None;
    (config.data, config.blobs, config.key_file, config.public) = (own.data, own.blobs, own.key_file, own.public);
    if args.mail.is_none() {
        config.mail = MailOut::Dir(folder.join("mail"));
    }
}
