//! A throw-away PostgreSQL server from the installed binaries, on a unix socket in its own folder.
#![allow(clippy::print_stderr)] // what is left out is said aloud

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

/// A running server. It is stopped and its folder removed when this is dropped.
pub struct Server {
    folder: TempDir,
    control: PathBuf,
}

/// Folder of the newest installed server programs, if any.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n")
}

/// The server refuses to run as root, so root becomes `postgres` for it.
fn as_server(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

impl Server {
    /// Starts a server; none when PostgreSQL is not installed, which is said aloud.
    pub fn start() -> Option<Arc<Self>> {
        let Some(programs) = programs() else {
            eprintln!("left out: PostgreSQL is not installed");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("candor-pg").tempdir().expect("a temporary folder");
        if is_root() {
            let done = Command::new("chown").arg("postgres").arg(folder.path()).status().expect("chown runs");
            assert!(done.success(), "the server's folder changes hands");
        }
        let data = folder.path().join("data");
        let made = as_server(&programs.join("initdb"))
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--username=candor"])
            .args(["--wal-segsize=1", "--pgdata"])
            .arg(&data)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let options = format!(
            "-k {} -c listen_addresses='' -c fsync=off -c shared_buffers=32MB -c logging_collector=off",
            folder.path().display()
        );
        let control = programs.join("pg_ctl");
        let started = as_server(&control)
            .args(["start", "--wait", "--silent", "--options", &options, "--log"])
            .arg(folder.path().join("log"))
            .arg("--pgdata")
            .arg(&data)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("pg_ctl runs");
        assert!(started.success(), "the server starts");
        Some(Arc::new(Self { folder, control }))
    }

    /// Makes a database and gives its address.
    pub async fn database(&self, name: &str) -> String {
        self.run(&format!("create database {name}")).await.expect("the database is made");
        self.url(name)
    }

    /// Makes a copy of a database that nobody uses any more, and gives its address.
    pub async fn copy(&self, from: &str, name: &str) -> String {
        // Whoever used it until now may still be leaving.
        while let Err(why) = self.run(&format!("create database {name} template {from}")).await {
            assert_eq!(why.code(), Some(&tokio_postgres::error::SqlState::OBJECT_IN_USE), "{why}");
        }
        self.url(name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgresql:///{database}?user=candor&host={}", self.folder.path().display())
    }

    async fn run(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        let (client, connection) =
            tokio_postgres::connect(&self.url("postgres"), tokio_postgres::NoTls).await.expect("the server answers");
        tokio::spawn(connection);
        client.batch_execute(sql).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = as_server(&self.control)
            .args(["stop", "--silent", "--mode=immediate", "--pgdata"])
            .arg(self.folder.path().join("data"))
            .current_dir("/")
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("the throw-away server did not stop");
        }
    }
}
