//! The service as people run it: the real program, its own process, a folder of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::postgres::Server;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the outside world is asked again.
const PACE: Duration = Duration::from_millis(50);

/// A running service.
pub struct House {
    pub url: String,
    folder: TempDir,
    database: Option<String>,
    child: Child,
    said: Receiver<String>,
    _server: Option<Arc<Server>>,
}

impl House {
    /// Starts the service with MinIO's policy, on SQLite or on a database of this server.
    pub async fn open(server: Option<(Arc<Server>, &str)>) -> Self {
        Self::started(server, "127.0.0.1").await
    }

    /// Starts it under a name of this machine, as whoever wants passkeys does.
    pub async fn open_at(host: &str) -> Self {
        Self::started(None, host).await
    }

    async fn started(server: Option<(Arc<Server>, &str)>, host: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("candor-house").tempdir().expect("a temporary folder");
        let (server, database) = match server {
            Some((server, name)) => {
                let url = server.database(name).await;
                (Some(server), Some(url))
            }
            None => (None, None),
        };
        let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policies/minio.toml");
        run(folder.path(), database.as_deref(), &["program", "add", &policy.display().to_string()]);
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
        let listen = format!("127.0.0.1:{port}");
        let url = format!("http://{host}:{port}");
        let mail = format!("dir:{}", folder.path().join("mail").display());
        let log = File::create(folder.path().join("log")).expect("a log");
        let mut child = program(
            folder.path(),
            database.as_deref(),
            &["serve", "--listen", &listen, "--mail", &mail, "--base-url", &url],
        )
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("the service starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let (say, said) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                drop(say.send(line));
            }
        });
        let house = Self { url, folder, database, child, said, _server: server };
        house.until("/readyz", |status, _| status == 200).await;
        house
    }

    /// The link with which the first member joins, as the service printed it.
    pub fn setup_link(&self) -> String {
        loop {
            let line = self.said.recv_timeout(PATIENCE).expect("the service prints a link");
            if line.starts_with("Set up the first member") {
                return line.split_whitespace().next_back().expect("a link").to_owned();
            }
        }
    }

    /// Invites a member from the terminal; gives the link.
    pub fn invite(&self, name: &str, email: &str, role: &str) -> String {
        let add = ["member", "add", "--name", name, "--email", email, "--role", role, "--base-url", &self.url];
        run(self.folder.path(), self.database.as_deref(), &add).trim().to_owned()
    }

    /// Runs a command of the program beside the running service.
    pub fn command(&self, words: &[&str]) -> String {
        run(self.folder.path(), self.database.as_deref(), words)
    }

    /// Files of the service's own data that hold this.
    pub fn data_holding(&self, needle: &[u8]) -> Vec<PathBuf> {
        let holds = |file: &PathBuf| {
            let bytes = std::fs::read(file).unwrap_or_default();
            bytes.windows(needle.len()).any(|part| part == needle)
        };
        let mut found = crate::support::binary::files(&self.folder.path().join("data"));
        found.extend(crate::support::binary::files(&self.folder.path().join("mail")));
        found.push(self.folder.path().join("log"));
        found.retain(holds);
        found
    }

    /// A page as a stranger's program gets it: status and body.
    pub async fn get(&self, path: &str) -> (u16, String) {
        match reqwest::get(format!("{}{path}", self.url)).await {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(_) => (0, String::new()),
        }
    }

    /// Asks for a page until it is as wanted; gives its body.
    pub async fn until(&self, path: &str, wanted: impl Fn(u16, &str) -> bool) -> String {
        let mut pace = tokio::time::interval(PACE);
        let began = Instant::now();
        loop {
            pace.tick().await;
            let (status, body) = self.get(path).await;
            if wanted(status, &body) {
                return body;
            }
            assert!(began.elapsed() < PATIENCE, "{path} answers {status}: {body}\n{}", self.log());
        }
    }

    /// Where a file for somebody's hands can lie.
    pub fn desk_drawer(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let drawer = self.folder.path().join("drawer");
        std::fs::create_dir_all(&drawer).expect("a drawer");
        let path = drawer.join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    /// Every file of the public tree, as one text.
    pub fn public(&self) -> String {
        texts(&self.folder.path().join("data/public")).join("\n")
    }

    /// Letters that left, once there are this many.
    pub async fn letters(&self, at_least: usize) -> Vec<String> {
        let mut pace = tokio::time::interval(PACE);
        let began = Instant::now();
        loop {
            pace.tick().await;
            let letters = texts(&self.folder.path().join("mail"));
            if letters.len() >= at_least {
                return letters;
            }
            assert!(began.elapsed() < PATIENCE, "{} letters of {at_least}", letters.len());
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Stops it as an operating system does, and gives what it wrote to its log.
    pub async fn close(mut self) -> String {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(told.success(), "the service is told to stop");
        let mut pace = tokio::time::interval(PACE);
        let began = Instant::now();
        loop {
            pace.tick().await;
            if let Some(ended) = self.child.try_wait().expect("its state") {
                assert!(ended.success(), "it stops well: {ended}\n{}", self.log());
                return self.log();
            }
            assert!(began.elapsed() < PATIENCE, "it does not stop");
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // After a failed test; a closed house has ended already.
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(self.child.kill());
            drop(self.child.wait());
            eprintln!("the service's log:\n{}", self.log());
        }
    }
}

fn program(folder: &Path, database: Option<&str>, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.args(args).arg("--data").arg(folder.join("data")).current_dir(folder);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    command
}

/// Runs a command to its end; gives what it printed.
fn run(folder: &Path, database: Option<&str>, args: &[&str]) -> String {
    let done = program(folder, database, args).output().expect("the command runs");
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("a text")
}

fn texts(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else if !entry.file_name().to_string_lossy().starts_with('.') {
            found.push(String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned());
        }
    }
    found
}
