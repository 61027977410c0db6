//! How fast reports are taken in, durably, and how fast the queue opens over many cases.
//!
//! Starts the real program on a fresh folder, files reports of 4 KB over HTTP with 1, 8 and 32 clients, and beside it,
//! in the same run and by the same clients, a bare HTTP server that only stores the same bytes by group commit: the
//! yardstick. Prints rates, latencies, the ratio, resident memory and start-up times.
//!
//! `--roles all` runs the service in one process; without it a report goes from the door to the front, is sealed there, and is
//! taken over by the desk before it is answered. `--sealing` measures what sealing costs instead: see `sealing`.
//!
//! `cargo build --release -p candor -p bench-intake && target/release/bench-intake` (`--cases 100000` for the large store,
//! which takes a while to fill; `--data FOLDER` keeps everything on the disk of that folder; `--timing` measures instead
//! whether answers that look alike take as long).

#![allow(clippy::print_stdout, reason = "its figures are read on a terminal")]
#![allow(clippy::cast_possible_truncation, reason = "spans of seconds in nanoseconds fit")]

mod sealing; // what sealing costs, of a report and of a case that is opened
mod timing; // whether time tells what words do not

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

const POLICY: &str = include_str!("../../examples/policies/minio.toml");
/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(5);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| arguments.iter().position(|it| it == name).and_then(|at| arguments.get(at + 1));
    let cases = after("--cases").map_or(Ok(20_000), |count| count.parse::<u64>())?;
    let rounds = after("--rounds").map_or(Ok(4_000), |count| count.parse::<usize>())?;
    let folder = after("--data").map_or_else(std::env::temp_dir, std::path::PathBuf::from);
    let roles = after("--roles").cloned();
    let asked = |mode: &str| arguments.iter().any(|it| it == mode);
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        if asked("--timing") {
            timing::measure(&folder, rounds).await
        } else if asked("--sealing") {
            Box::pin(sealing::measure(&folder)).await
        } else {
            measure(&folder, cases, roles).await
        }
    })
}

async fn measure(place: &Path, cases: u64, roles: Option<String>) -> Result<()> {
    let folder = tempfile::tempdir_in(place)?;
    let data = folder.path().join("data");
    println!("reports of 4 KB, {} s each; {} processors", SPAN.as_secs(), std::thread::available_parallelism()?);
    candor(&data, &["program", "add"], Some(&write_policy(folder.path())?))?;
    let server = Server::start(&data, roles.as_deref())?;
    println!("ready on an empty store: {:.0} ms; resident {} MB", server.ready_ms, server.resident_mb());
    let bare = bare::start(folder.path().join("bare.db"))?;
    println!(
        "{:>8} {:>12} {:>9} {:>9} {:>14} {:>9} {:>7}",
        "clients", "reports/s", "p50 ms", "p99 ms", "yardstick/s", "p99 ms", "ratio"
    );
    for clients in [1, 8, 32] {
        // The sides take turns, so that a busy machine is busy for both.
        let mut ours = Figures::default();
        let mut yardstick = Figures::default();
        for _ in 0..2 {
            ours.add(load(server.address, "/api/v1/programs/minio/reports", clients, SPAN / 2).await?);
            yardstick.add(load(bare, "/reports", clients, SPAN / 2).await?);
        }
        println!(
            "{clients:>8} {:>12.0} {:>9.2} {:>9.2} {:>14.0} {:>9.2} {:>7.2}",
            ours.rate(),
            ours.quantile(0.5),
            ours.quantile(0.99),
            yardstick.rate(),
            yardstick.quantile(0.99),
            ours.rate() / yardstick.rate()
        );
    }
    println!("resident under load: {} MB", server.resident_mb());
    let mut filed = count(&data).await?;
    while filed < cases {
        let more = load_count(server.address, "/api/v1/programs/minio/reports", 16, cases - filed).await?;
        filed += more;
    }
    let address = server.address;
    let cookie = session(&data).await?;
    let mut page = figures_of_page(address, &cookie).await?;
    println!(
        "queue page of 50 rows over {filed} cases: p50 {:.2} ms, p99 {:.2} ms",
        page.quantile(0.5),
        page.quantile(0.99)
    );
    drop(server);
    let again = Server::start(&data, roles.as_deref())?;
    println!("ready on a store of {filed} cases: {:.0} ms; resident {} MB", again.ready_ms, again.resident_mb());
    Ok(())
}

/// The program under test, which is built beside this one.
fn program() -> Result<std::path::PathBuf> {
    let file = std::env::current_exe()?.with_file_name("candor");
    if file.exists() { Ok(file) } else { Err(format!("{} is missing: build it with -p candor", file.display()).into()) }
}

fn write_policy(folder: &Path) -> Result<String> {
    let file = folder.join("minio.toml");
    std::fs::write(&file, POLICY)?;
    Ok(file.to_string_lossy().into_owned())
}

fn candor(data: &Path, arguments: &[&str], file: Option<&str>) -> Result<()> {
    let status =
        Command::new(program()?).args(arguments).args(file).arg("--data").arg(data).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("candor {arguments:?} failed").into()) }
}

/// The real program.
struct Server {
    child: Child,
    address: SocketAddr,
    ready_ms: f64,
}

impl Server {
    fn start(data: &Path, roles: Option<&str>) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let began = Instant::now();
        let child = Command::new(program()?)
            .args(["serve", "--report-rate", "0", "--mail", "hold", "--listen", &address.to_string(), "--data"])
            .arg(data)
            .args(roles.into_iter().flat_map(|roles| ["--roles", roles]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self { child, address, ready_ms: 0.0 };
        while began.elapsed() < Duration::from_secs(60) {
            if let Ok(mut stream) = std::net::TcpStream::connect(address) {
                use std::io::Write as _;
                stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)?;
                if answer.starts_with("HTTP/1.1 200") {
                    server.ready_ms = began.elapsed().as_secs_f64() * 1000.0;
                    return Ok(server);
                }
            }
            std::thread::yield_now();
        }
        Err("the server did not become ready within a minute".into())
    }

    /// Memory of the service, over all of its processes.
    fn resident_mb(&self) -> u64 {
        let own = self.child.id().to_string();
        let read = |number: &str, what: &str| std::fs::read_to_string(format!("/proc/{number}/{what}")).ok();
        let is_of = |number: &str| {
            number == own
                || read(number, "stat").is_some_and(|stat| {
                    stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)) == Some(own.as_str())
                })
        };
        let numbers = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = numbers.filter_map(|entry| entry.file_name().into_string().ok()).filter(|number| is_of(number));
        let resident = |number: String| {
            let status = read(&number, "status")?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()
        };
        numbers.filter_map(resident).sum::<u64>() / 1024
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

fn report(number: u64) -> String {
    let filler = "The server answers a request without a signature when the header is folded. ".repeat(48);
    format!(
        r#"{{"title":"Report {number}: folded headers skip the signature check","description":"{filler}","version":"RELEASE.2026-01-01T00-00-00Z","steps":"Send the request twice."}}"#
    )
}

/// Sends reports from `clients` connections for a span of time.
async fn load(address: SocketAddr, path: &'static str, clients: usize, span: Duration) -> Result<Figures> {
    let began = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                let mut nanos = Vec::new();
                let mut number = 0;
                while began.elapsed() < span {
                    let sent = Instant::now();
                    connection
                        .post(path, &report(number), &format!("{client}-{number}-{}", began.elapsed().as_nanos()))
                        .await?;
                    nanos.push(sent.elapsed().as_nanos() as u64);
                    number += 1;
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

/// Sends a number of reports.
async fn load_count(address: SocketAddr, path: &'static str, clients: u64, reports: u64) -> Result<u64> {
    let each = reports.div_ceil(clients);
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                for number in 0..each {
                    connection.post(path, &report(number), &format!("fill-{client}-{number}")).await?;
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(each * clients)
}

/// One keep-alive connection.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 256 * 1024] })
    }

    async fn post(&mut self, path: &str, body: &str, key: &str) -> Result<()> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nidempotency-key: {key}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.answer("HTTP/1.1 201").await
    }

    async fn ask(&mut self, request: &str, expected: &str) -> Result<()> {
        self.stream.write_all(request.as_bytes()).await?;
        self.answer(expected).await
    }

    async fn get(&mut self, path: &str, cookie: &str) -> Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        self.answer("HTTP/1.1 200").await
    }

    async fn answer(&mut self, expected: &str) -> Result<()> {
        let mut have = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[have..]).await?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            have += read;
            let Some(end) = self.buffer[..have].windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .and_then(|text| text.trim().parse().ok())
                .ok_or("an answer without a length")?;
            if have >= end + 4 + length {
                if !self.buffer.starts_with(expected.as_bytes()) {
                    return Err(format!("unexpected answer: {head}").into());
                }
                return Ok(());
            }
        }
    }
}

/// A member's session, made beside the running server on the same store.
async fn session(data: &Path) -> Result<String> {
    let app = open(data).await?;
    let roles = [("*".to_owned(), candor_core::access::Role::Coordinator)];
    let password = "a long password for a bench";
    let (_, secret) = candor::accounts::add_ready(&app, "Bench", "bench@example.org", password, &roles, true).await?;
    let code = candor::accounts::totp::code(&secret, app.now())?;
    let attempt = candor::accounts::signin::Attempt {
        email: "bench@example.org",
        password,
        code: &code,
        from: std::net::IpAddr::from([127, 0, 0, 1]).into(),
        agent: "bench",
        old: None,
    };
    let new = candor::accounts::signin::sign_in(&app, attempt).await?;
    Ok(format!("candor={}", new.secret))
}

async fn open(data: &Path) -> Result<candor::app::App> {
    use candor::keys::{KeyRing, RootKey};
    use candor::store::{Database, Store, StoreConfig};
    let config = candor::config::Config::in_folder(data);
    let store = Store::open(&StoreConfig { database: Database::Sqlite(data.to_owned()), ring: None }).await?;
    let root = RootKey::open_or_create(&config.key_file, &store).await?;
    let ring = KeyRing::new(store.clone(), root);
    Ok(candor::app::App::new(store, Some(ring), config).await?)
}

async fn count(data: &Path) -> Result<u64> {
    let app = open(data).await?;
    let counts = candor::store::cases::counts(&app.store, &["minio".to_owned()]).await?;
    Ok(counts.iter().map(|count| u64::try_from(count.n).unwrap_or_default()).sum())
}

async fn figures_of_page(address: SocketAddr, cookie: &str) -> Result<Figures> {
    let mut connection = Connection::open(address).await?;
    let mut figures = Figures::default();
    for _ in 0..50 {
        connection.get("/desk", cookie).await?;
    }
    for _ in 0..1000 {
        let sent = Instant::now();
        connection.get("/desk", cookie).await?;
        figures.nanos.push(sent.elapsed().as_nanos() as u64);
    }
    Ok(figures)
}

/// The yardstick: HTTP, one row with the bytes, one flush for all who wait; nothing sealed, hashed, parsed or counted.
mod bare {
    use super::Result;
    use axum::body::Bytes;
    use axum::extract::State;
    use axum::http::StatusCode;
    use axum::routing::post;
    use std::net::SocketAddr;
    use std::path::PathBuf;
    use std::sync::mpsc;
    use tokio::sync::oneshot;

    type Job = (Bytes, oneshot::Sender<()>);

    pub fn start(file: PathBuf) -> Result<SocketAddr> {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let db = rusqlite::Connection::open(file)?;
        db.execute_batch(
            "pragma journal_mode = wal; pragma synchronous = full; create table report (id integer primary key, body blob not null);",
        )?;
        std::thread::spawn(move || store(&db, &waiting));
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // A runtime of its own, as the real server has one.
        std::thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            runtime.block_on(async move {
                let router = axum::Router::new().route("/reports", post(take)).with_state(jobs);
                axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await?;
                Ok(())
            })
        });
        Ok(address)
    }

    async fn take(State(jobs): State<mpsc::Sender<Job>>, body: Bytes) -> (StatusCode, &'static str) {
        let (done, stored) = oneshot::channel();
        if jobs.send((body, done)).is_err() || stored.await.is_err() {
            return (StatusCode::SERVICE_UNAVAILABLE, "");
        }
        (StatusCode::CREATED, "stored")
    }

    fn store(db: &rusqlite::Connection, waiting: &mpsc::Receiver<Job>) {
        while let Ok(first) = waiting.recv() {
            let mut jobs = vec![first];
            jobs.extend(waiting.try_iter().take(255));
            let kept = (|| {
                db.execute_batch("begin immediate")?;
                let mut insert = db.prepare_cached("insert into report (body) values (?1)")?;
                for (body, _) in &jobs {
                    insert.execute([&body[..]])?;
                }
                db.execute_batch("commit")
            })();
            if kept.is_ok() {
                for (_, done) in jobs {
                    let _ = done.send(());
                }
            }
        }
    }
}
