//! Real mail servers: Postfix takes mail from swaks and brings it over LMTP, Dovecot keeps a mailbox. Each is told only
//! where it is installed and the tests run as root.

use crate::letters::{POLICY, all, at};
use crate::mail_in::{US, mail};
use crate::support::places::Place;
use candor::app::App;
use candor::execute::load_case;
use candor::mail::imap::{Mailbox, look, stay};
use candor::mail::lmtp::{Address, Door, serve};
use candor::worker;
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::event::Event;
use candor_core::id::CaseId;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::watch;

const PROGRAMS: &str = "/usr/lib/postfix/sbin";

/// A Postfix of its own, on ports of this machine; it stops when this is dropped.
struct Postfix {
    folder: PathBuf,
    smtp: SocketAddr,
}

impl Postfix {
    /// Starts it, or says why the story is left out.
    fn start(folder: &Path, lmtp: SocketAddr) -> Option<Self> {
        let can = Path::new("/usr/sbin/postfix").exists() && Path::new("/usr/bin/swaks").exists();
        if !can || !candor_runs_as_root() {
            eprintln!("skipped: Postfix and swaks must be installed, and the tests run as root");
            return None;
        }
        let folder = folder.join("postfix");
        for part in ["etc", "queue", "data"] {
            std::fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        open_to_all(folder.parent().expect("a parent"));
        open_to_all(&folder);
        assert!(run("chown", &["postfix", &folder.join("data").display().to_string()]).0, "there is a user postfix");
        let smtp = free_address();
        let here = folder.display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {here}/queue\ndata_directory = {here}/data\n\
             command_directory = /usr/sbin\ndaemon_directory = {PROGRAMS}\nmail_owner = postfix\nsetgid_group = postdrop\n\
             myhostname = mx.test.example\nmydestination =\nalias_maps =\nlocal_recipient_maps =\nrelay_domains = example.org\n\
             relay_transport = lmtp:inet:{lmtp}\nrecipient_delimiter = +\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
             mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions = permit_mynetworks, reject\nsmtputf8_enable = no\n\
             maillog_file = {here}/mail.log\nmaillog_file_prefixes = {here}\nminimal_backoff_time = 1s\n\
             maximal_backoff_time = 1s\nqueue_run_delay = 1s\n"
        );
        let mut master = format!("{smtp} inet n - n - - smtpd\n");
        for service in [
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "anvil unix - - n - 1 anvil",
            "lmtp unix - - n - - lmtp",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "proxymap unix - - n - - proxymap",
            "postlog unix-dgram n - n - 1 postlogd",
        ] {
            master.push_str(service);
            master.push('\n');
        }
        std::fs::write(folder.join("etc/main.cf"), main).expect("written");
        std::fs::write(folder.join("etc/master.cf"), master).expect("written");
        let postfix = Self { folder, smtp };
        let (started, words) = postfix.control("start");
        assert!(started, "Postfix starts: {words}");
        Some(postfix)
    }

    fn control(&self, act: &str) -> (bool, String) {
        run("/usr/sbin/postfix", &["-c", &self.folder.join("etc").display().to_string(), act])
    }

    /// Hands a mail over as a mail program does.
    fn sends(&self, to: &str, more: &[&str]) {
        let server = self.smtp.to_string();
        let mut words = vec!["--to", to, "--from", "ada@outside.example", "--server", &server, "--silent", "2"];
        words.extend(more);
        let (sent, told) = run("/usr/bin/swaks", &words);
        assert!(sent, "{told}");
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.control("stop");
    }
}

fn run(program: &str, words: &[&str]) -> (bool, String) {
    let output = Command::new(program).args(words).stdin(Stdio::null()).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn candor_runs_as_root() -> bool {
    run("id", &["-u"]).1.trim() == "0"
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("its rights");
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// Takes mail in until the sender is dropped.
async fn listens(app: &App, at: SocketAddr) -> watch::Sender<bool> {
    let (stop, stopped) = watch::channel(false);
    let door = Door::open(&Address::Tcp(at)).await.expect("it listens");
    tokio::spawn(serve(app.clone(), door, stopped));
    stop
}

/// Waits until something was written, and gives all cases.
async fn cases(app: &App) -> Vec<Case> {
    tokio::time::timeout(Duration::from_secs(120), app.worker_nudged()).await.expect("a mail comes within two minutes");
    let mut cases = Vec::new();
    for stream in candor::store::journal::streams(&app.store, "", 100).await.expect("streams") {
        cases.push(load_case(app, &Actor::Clock, &CaseId(stream)).await.expect("it opens"));
    }
    cases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix_brings_reports_and_answers_and_keeps_what_comes_while_candor_is_down() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let lmtp = free_address();
    let Some(postfix) = Postfix::start(place.folder.path(), lmtp) else { return };
    let door = listens(&app, lmtp).await;
    // What was told before is not waited for.
    let _ = tokio::time::timeout(Duration::ZERO, app.worker_nudged()).await;

    let file = place.folder.path().join("crash.bin");
    std::fs::write(&file, [0_u8, 1, 2, 255]).expect("written");
    let attached = file.display().to_string();
    postfix.sends(
        US,
        &["--header", "Subject: Overflow =?utf-8?q?=C3=BC?=", "--body", "It overflows.", "--attach", &attached],
    );
    let found = cases(&app).await;
    assert_eq!(found.len(), 1);
    let facts = &found[0].reports[0].facts;
    assert_eq!((facts.title.as_str(), facts.description.as_str()), ("Overflow ü", "It overflows."));
    assert_eq!(facts.files.iter().map(|file| file.size).next(), Some(4));

    worker::deliver_once(&app).await.expect("letters leave");
    let (_, raw) = all(&app).into_iter().find(|(shown, _)| shown.to.contains("ada@")).expect("an answer");
    let address =
        raw.split("Reply-To:").nth(1).and_then(|rest| rest.split(['<', '>']).nth(1)).expect("a secret address");
    postfix.sends(address, &["--header", "Subject: Re: x", "--body", "With 1.2, too."]);
    let found = cases(&app).await;
    let said = |case: &Case| {
        case.history
            .iter()
            .filter(|entry| matches!(&entry.what, Event::ReporterWrote { text, .. } if text == "With 1.2, too."))
            .count()
    };
    assert_eq!((found.len(), said(&found[0])), (1, 1));

    // Stopped: the mail server keeps the mail and comes again.
    door.send(true).expect("it stops");
    door.closed().await;
    postfix.sends(US, &["--header", "Subject: Kept", "--body", "It came while nobody was there."]);
    let _door = listens(&app, lmtp).await;
    postfix.control("flush");
    let found = cases(&app).await;
    assert_eq!(found.iter().filter(|case| case.title == "Kept").count(), 1);
    assert_eq!(found.len(), 2);
}

/// A Dovecot of its own with one mailbox, on a port of this machine; it stops when this is dropped.
struct Dovecot {
    folder: PathBuf,
    server: Child,
    mailbox: Mailbox,
}

impl Dovecot {
    fn start(folder: &Path) -> Option<Self> {
        Self::begin(folder, None)
    }

    /// The same inside TLS, with a certificate of this name below the tests' own.
    fn start_inside_tls(folder: &Path, certificate: &str) -> Option<Self> {
        Self::begin(folder, Some(certificate))
    }

    fn begin(folder: &Path, certificate: Option<&str>) -> Option<Self> {
        if !Path::new("/usr/sbin/dovecot").exists() || !candor_runs_as_root() {
            eprintln!("skipped: Dovecot must be installed, and the tests run as root");
            return None;
        }
        let folder = folder.join("dovecot");
        for part in ["run", "mail/new", "mail/cur", "mail/tmp"] {
            std::fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        open_to_all(folder.parent().expect("a parent"));
        open_to_all(&folder);
        let (here, port) = (folder.display(), free_address().port());
        let (ssl, plain, inside) = match certificate {
            None => ("ssl = no\n".to_owned(), port, 0),
            Some(name) => {
                let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/tls");
                for file in [name, "server.key"] {
                    std::fs::copy(own.join(file), folder.join(file)).expect("a copy");
                }
                let files = format!("ssl_cert = <{here}/{name}\nssl_key = <{here}/server.key\n");
                (format!("ssl = required\n{files}"), 0, port)
            }
        };
        let conf = format!(
            "protocols = imap\nbase_dir = {here}/run\nstate_dir = {here}/run\nlog_path = {here}/log\n{ssl}\
             disable_plaintext_auth = no\nlisten = 127.0.0.1\nmail_location = maildir:{here}/mail\nfirst_valid_uid = 1\n\
             passdb {{\n driver = static\n args = password=secret\n}}\n\
             userdb {{\n driver = static\n args = uid=nobody gid=nogroup home={here}\n}}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {plain}\n }}\n inet_listener imaps {{\n port = {inside}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n}}\n"
        );
        let file = folder.join("dovecot.conf");
        std::fs::write(&file, conf).expect("written");
        let server = Command::new("/usr/sbin/dovecot")
            .arg("-F")
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Dovecot starts");
        let url = match certificate {
            None => format!("imap://desk:secret@127.0.0.1:{port}?tls=none"),
            Some(_) => format!("imaps://desk:secret@localhost:{port}"),
        };
        Some(Self { folder, server, mailbox: Mailbox::parse(&url, None).expect("a mailbox") })
    }

    /// Lays a mail into the mailbox, as a mail server does.
    fn lay(&self, name: &str, raw: &[u8]) {
        // It belongs to the mailbox's user before it is there: the server may take it in the next instant.
        let beside = self.folder.join("mail/tmp").join(name);
        std::fs::write(&beside, raw).expect("written");
        self.given();
        std::fs::rename(&beside, self.folder.join("mail/new").join(name)).expect("laid");
    }

    /// Everything in the mailbox belongs to its user.
    fn given(&self) {
        let mail = self.folder.join("mail").display().to_string();
        // Again where the server moved a mail away meanwhile.
        assert!((0..10).any(|_| run("chown", &["-R", "nobody:nogroup", &mail]).0));
    }

    /// Looks into the mailbox, as soon as the server answers.
    async fn looked_at(&self, app: &App) -> usize {
        let patience = std::time::Instant::now();
        loop {
            match look(app, &self.mailbox).await {
                Ok(count) => return count,
                Err(why) => assert!(patience.elapsed() < Duration::from_secs(60), "{why}"),
            }
            tokio::task::yield_now().await;
        }
    }

    /// Number of mails in a folder below the mailbox.
    fn mails(&self, folder: &str) -> usize {
        ["new", "cur"]
            .iter()
            .map(|part| std::fs::read_dir(self.folder.join("mail").join(folder).join(part)).map_or(0, Iterator::count))
            .sum()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        run("kill", &[&self.server.id().to_string()]);
        drop(self.server.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e13_a_mailbox_gives_each_mail_once_also_when_it_is_numbered_anew() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let Some(dovecot) = Dovecot::start(place.folder.path()) else { return };
    let first = mail("ada@outside.example", "First", "", "one {3}\n) OK\nc5 OK done");
    let stray =
        String::from_utf8(mail("ada@outside.example", "Stray", "", "x")).expect("text").replace(US, "else@example.org");
    dovecot.lay("1.first", &first);
    dovecot.lay("2.second", &mail("eve@outside.example", "Second", "", "two"));
    dovecot.lay("3.stray", stray.as_bytes());
    assert_eq!(dovecot.looked_at(&app).await, 3);
    assert_eq!((dovecot.mails(""), dovecot.mails(".Candor"), dovecot.mails(".Candor-left")), (0, 2, 1));
    let mut found = cases(&app).await;
    found.sort_by(|a, b| a.title.cmp(&b.title));
    let said: Vec<&str> = found.iter().map(|case| case.reports[0].facts.description.as_str()).collect();
    assert_eq!(said, ["one {3}\n) OK\nc5 OK done", "two"]);
    assert_eq!(dovecot.looked_at(&app).await, 0);

    // The mailbox loses its numbers, and the mails are in it again.
    for file in std::fs::read_dir(dovecot.folder.join("mail")).expect("a folder").flatten() {
        if file.file_name().to_string_lossy().starts_with("dovecot") {
            std::fs::remove_file(file.path()).expect("removed");
        }
    }
    dovecot.lay("4.first", &first);
    dovecot.lay("5.third", &mail("eve@outside.example", "Third", "", "three"));
    assert_eq!(dovecot.looked_at(&app).await, 2);
    assert_eq!(cases(&app).await.len(), 3, "the one that was known is known");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_inside_tls_gives_its_mails_as_they_come_and_only_to_whom_its_certificate_convinces() {
    let place = Place::sqlite().await;
    let app = place.app_with(&[POLICY], |config| config.mail_ca = Some(crate::mail_tls::AUTHORITY.to_vec())).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let Some(dovecot) = Dovecot::start_inside_tls(place.folder.path(), "good.pem") else { return };
    assert_eq!(dovecot.looked_at(&app).await, 0);
    // One visit: the server says when there is more.
    let (stop, mut stopped) = watch::channel(false);
    let (visitor, mailbox) = (app.clone(), dovecot.mailbox.clone());
    let visit = tokio::spawn(async move { stay(&visitor, &mailbox, &mut stopped).await });
    for number in 1..=3 {
        dovecot.lay(&format!("{number}.mail"), &mail("ada@outside.example", &format!("Mail {number}"), "", "text"));
        while cases(&app).await.len() < number {}
    }
    stop.send(true).expect("it listens");
    visit.await.expect("no panic").expect("it ends well");
    assert_eq!(dovecot.mails(".Candor"), 3);
    drop(dovecot);

    // Without the authority, and with a certificate for another host, nothing is said to it.
    let other = Place::sqlite().await;
    let stranger = other.app(&[POLICY]).await;
    let Some(dovecot) = Dovecot::start_inside_tls(other.folder.path(), "elsewhere.pem") else { return };
    for app in [&stranger, &app] {
        let why = loop {
            match look(app, &dovecot.mailbox).await.expect_err("it is refused") {
                // It is not up yet.
                candor::mail::imap::Failed::Io(_) => tokio::task::yield_now().await,
                other => break other.to_string(),
            }
        };
        assert!(why.contains("TLS with the mailbox's server failed"), "{why}");
    }
}
