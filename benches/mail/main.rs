//! How fast mail is taken in, durably: over LMTP with 1, 8 and 16 connections, and through `candor mail deliver`.
//!
//! Starts the real program on a fresh folder and sends it messages of 10 KB with one attachment, each a report of a
//! sender of its own; an answer counts when it is 250, which the program gives after the flush. Beside it, in the same run and by
//! the same clients, the yardstick: a bare LMTP server that appends each message to a file and flushes before it answers.
//!
//! `cargo build --release -p candor -p bench-mail && target/release/bench-mail` (`--data FOLDER` keeps everything on the
//! disk of that folder, `--seconds N` is the length of each figure).

#![allow(clippy::print_stdout, reason = "its figures are read on a terminal")]
#![allow(clippy::cast_possible_truncation, reason = "spans of seconds in nanoseconds fit")]

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// A policy with an address.
const POLICY: &str = r#"
contacts = [{ role = "primary", email = "first@example.org" }]
[program]
slug = "bench"
name = "Bench"
[channels]
email = "security@example.org"
[advisories]
namespace = "https://example.org"
[disclosure]
publish_on = "fix"
[credit]
default = "anonymous"
[[promises]]
name = "acknowledge"
what = "a first answer by a member of the team"
kept_by = "acknowledgement"
within = "48 hours"
"#;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| arguments.iter().position(|it| it == name).and_then(|at| arguments.get(at + 1));
    let seconds = after("--seconds").map_or(Ok(6), |count| count.parse::<u64>())?;
    let folder = after("--data").map_or_else(std::env::temp_dir, PathBuf::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(measure(&folder, Duration::from_secs(seconds)))
}

async fn measure(place: &Path, span: Duration) -> Result<()> {
    let folder = tempfile::tempdir_in(place)?;
    let server = Server::start(&store(folder.path(), "data")?).await?;
    let yardstick = yardstick::start(folder.path().join("mails")).await?;
    println!(
        "mails of {} bytes with one attachment, {} s each; {} processors",
        message(0, 0).len(),
        span.as_secs(),
        std::thread::available_parallelism()?
    );
    println!(
        "{:>12} {:>10} {:>9} {:>9} {:>14} {:>9} {:>7}  aim",
        "connections", "mails/s", "p50 ms", "p99 ms", "yardstick/s", "p99 ms", "ratio"
    );
    for (connections, aim) in [(1, "400"), (8, "1500"), (16, "")] {
        let (mut ours, mut bare) = (Figures::default(), Figures::default());
        // The sides take turns, so that a busy machine is busy for both.
        for turn in 0..2 {
            ours.add(load(server.address, connections, turn, span / 2).await?);
            bare.add(load(yardstick, connections, turn, span / 2).await?);
        }
        println!(
            "{connections:>12} {:>10.0} {:>9.2} {:>9.2} {:>14.0} {:>9.2} {:>7.2}  {aim}",
            ours.rate(),
            ours.quantile(0.5),
            ours.quantile(0.99),
            bare.rate(),
            bare.quantile(0.99),
            ours.rate() / bare.rate()
        );
    }
    println!("resident after that: {} MB", server.resident_mb());
    drop(server);
    // A store of its own: mails by the thousand a minute are a flood to it.
    let data = store(folder.path(), "piped")?;
    let _server = Server::start(&data).await?;
    let mut piped = deliver(&data, span)?;
    println!(
        "candor mail deliver, one process a mail, while the server runs: {:.1} mails/s, p50 {:.1} ms, p99 {:.1} ms",
        piped.rate(),
        piped.quantile(0.5),
        piped.quantile(0.99)
    );
    Ok(())
}

/// A store with the policy in service.
fn store(folder: &Path, name: &str) -> Result<PathBuf> {
    let (data, policy) = (folder.join(name), folder.join("bench.toml"));
    std::fs::write(&policy, POLICY)?;
    let mut add = Command::new(program()?);
    add.args(["program", "add"]).arg(&policy).arg("--data").arg(&data).stdout(Stdio::null());
    if add.status()?.success() { Ok(data) } else { Err("the policy was not taken into service".into()) }
}

/// The program under test, which is built beside this one.
fn program() -> Result<PathBuf> {
    let file = std::env::current_exe()?.with_file_name("candor");
    if file.exists() { Ok(file) } else { Err(format!("{} is missing: build it with -p candor", file.display()).into()) }
}

fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// The real program.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    async fn start(data: &Path) -> Result<Self> {
        let (http, address) = (free()?, free()?);
        let child = Command::new(program()?)
            .args(["serve", "--report-rate", "0", "--mail", "hold", "--mail-dns", "off"])
            .args(["--listen", &http.to_string(), "--lmtp", &address.to_string(), "--data"])
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { child, address };
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(server);
            }
            tokio::task::yield_now().await;
        }
        Err("the server did not listen within a minute".into())
    }

    /// Memory of all its processes.
    fn resident_mb(&self) -> u64 {
        let own = self.child.id().to_string();
        let statuses = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let field = |status: &str, name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().trim_end_matches(" kB").trim().to_owned()
        };
        statuses
            .filter_map(|process| std::fs::read_to_string(process.path().join("status")).ok())
            .filter(|status| field(status, "PPid:") == own || field(status, "Pid:") == own)
            .filter_map(|status| field(&status, "VmRSS:").parse::<u64>().ok())
            .sum::<u64>()
            / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Told to stop, so that its parts are gone before the next one starts.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

#[derive(Default)]
struct Figures {
    nanos: Vec<u64>,
    seconds: f64,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.nanos.extend(other.nanos);
        self.seconds += other.seconds;
    }

    fn rate(&self) -> f64 {
        self.nanos.len() as f64 / self.seconds
    }

    fn quantile(&mut self, part: f64) -> f64 {
        self.nanos.sort_unstable();
        let at = ((self.nanos.len().saturating_sub(1)) as f64 * part) as usize;
        self.nanos.get(at).copied().unwrap_or_default() as f64 / 1e6
    }
}

/// A mail of 10 KB: text, and an attachment of 5 KB in base64.
fn message(client: usize, number: u64) -> String {
    let text = "The server answers a request without a signature when the header is folded.\r\n".repeat(32);
    let attached = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NQ==\r\n".repeat(85);
    format!(
        "From: Ada <ada{client}n{number}@outside.example>\r\nTo: security@example.org\r\n\
         Subject: Report {client}-{number}: folded headers skip the signature check\r\n\
         Message-ID: <{client}.{number}@outside.example>\r\nDate: Mon, 02 Mar 2026 09:00:00 +0000\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n\
         --b\r\nContent-Type: application/octet-stream; name=\"crash.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{attached}\
         --b--\r\n"
    )
}

/// Sends mails over so many connections for a span of time.
async fn load(address: SocketAddr, connections: usize, turn: usize, span: Duration) -> Result<Figures> {
    let began = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|client| {
            tokio::spawn(async move {
                let mut talk = Talk::open(address).await?;
                let mut nanos = Vec::new();
                while began.elapsed() < span {
                    let mail = message(client + 100 * turn + 1_000 * connections, nanos.len() as u64);
                    let sent = Instant::now();
                    talk.send(&mail).await?;
                    nanos.push(sent.elapsed().as_nanos() as u64);
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(nanos)
            })
        })
        .collect();
    let mut figures = Figures::default();
    for task in tasks {
        figures.nanos.extend(task.await??);
    }
    figures.seconds = began.elapsed().as_secs_f64();
    Ok(figures)
}

/// A mail server's side of a conversation.
struct Talk {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Talk {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut talk = Self { stream: BufReader::new(stream), line: String::new() };
        talk.hears("220").await?;
        talk.stream.get_mut().write_all(b"LHLO bench.example\r\n").await?;
        talk.hears("250").await?;
        Ok(talk)
    }

    /// Hears an answer to its last line.
    async fn hears(&mut self, expected: &str) -> Result<()> {
        loop {
            self.line.clear();
            if self.stream.read_line(&mut self.line).await? == 0 {
                return Err("the server went away".into());
            }
            if !self.line.starts_with(expected) {
                return Err(format!("expected {expected}: {}", self.line.trim()).into());
            }
            if self.line.as_bytes().get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }

    async fn send(&mut self, mail: &str) -> Result<()> {
        let head = b"MAIL FROM:<ada@outside.example>\r\nRCPT TO:<security@example.org>\r\nDATA\r\n";
        self.stream.get_mut().write_all(head).await?;
        for expected in ["250", "250", "354"] {
            self.hears(expected).await?;
        }
        let stream = self.stream.get_mut();
        stream.write_all(mail.as_bytes()).await?;
        stream.write_all(b".\r\n").await?;
        self.hears("250").await
    }
}

/// Hands mails over by a process each.
fn deliver(data: &Path, span: Duration) -> Result<Figures> {
    let began = Instant::now();
    let mut figures = Figures::default();
    while began.elapsed() < span {
        let mail = message(9_999, figures.nanos.len() as u64);
        let sent = Instant::now();
        let mut child = Command::new(program()?)
            .args(["mail", "deliver", "--to", "security@example.org", "--from", "ada@outside.example", "--data"])
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        child.stdin.take().ok_or("no way in")?.write_all(mail.as_bytes())?;
        let status = child.wait()?;
        if !status.success() {
            return Err(format!("candor mail deliver ended with {status}").into());
        }
        figures.nanos.push(sent.elapsed().as_nanos() as u64);
    }
    figures.seconds = began.elapsed().as_secs_f64();
    Ok(figures)
}

/// A bare LMTP server: appends and flushes, all that came meanwhile with one flush.
mod yardstick {
    use super::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, PathBuf, Result, SocketAddr, TcpStream};
    use std::io::Write as _;
    use tokio::sync::{mpsc, oneshot};

    type Job = (Vec<u8>, oneshot::Sender<()>);

    pub(super) async fn start(file: PathBuf) -> Result<SocketAddr> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (jobs, mut waiting) = mpsc::channel::<Job>(1_024);
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
        std::thread::spawn(move || {
            while let Some(first) = waiting.blocking_recv() {
                let mut batch = vec![first];
                while let Ok(more) = waiting.try_recv() {
                    batch.push(more);
                }
                let kept = batch.iter().all(|(bytes, _)| file.write_all(bytes).is_ok()) && file.sync_data().is_ok();
                if !kept {
                    return;
                }
                for (_, told) in batch {
                    let _ = told.send(());
                }
            }
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, jobs.clone()));
            }
        });
        Ok(address)
    }

    async fn serve(stream: TcpStream, jobs: mpsc::Sender<Job>) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::with_capacity(64 * 1024, stream);
        stream.get_mut().write_all(b"220 yardstick\r\n").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line.starts_with("DATA") {
                stream.get_mut().write_all(b"354 go on\r\n").await?;
                let mut mail = Vec::new();
                while !mail.ends_with(b"\r\n.\r\n") {
                    let read = (&mut stream).take(64 * 1024).read_until(b'\n', &mut mail).await?;
                    if read == 0 {
                        return Ok(());
                    }
                }
                let (told, hears) = oneshot::channel();
                jobs.send((mail, told)).await?;
                hears.await?;
                stream.get_mut().write_all(b"250 kept\r\n").await?;
            } else {
                stream.get_mut().write_all(b"250 ok\r\n").await?;
            }
        }
    }
}
