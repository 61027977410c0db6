//! The real program as a process of its own, on a data folder, reached over HTTP.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program.
pub const CANDOR: &str = env!("CARGO_BIN_EXE_candor");

/// A running server.
pub struct Binary {
    child: Child,
    /// Address under which it is reached.
    pub base: String,
}

/// How it is started.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// Put before the program, as a tracer that injects faults.
    pub before: Vec<String>,
    /// Another copy of the program, for an account that cannot reach the built one.
    pub program: Option<PathBuf>,
    /// Further flags.
    pub flags: Vec<String>,
    /// In parts, as it is by default; else everything in the one process that is watched or killed.
    pub parts: bool,
}

impl Binary {
    /// Starts it on a data folder and waits until it is ready. `None` when it ended before.
    pub async fn start(data: &Path, how: &How) -> Option<Self> {
        let address = free_address();
        let mut words = how.before.clone();
        words.push(how.program.as_ref().map_or_else(|| CANDOR.into(), |program| program.display().to_string()));
        words.extend(["serve", "--report-rate", "0", "--listen"].map(String::from));
        words.push(address.to_string());
        words.push("--data".into());
        words.push(data.display().to_string());
        words.push("--mail".into());
        words.push(format!("dir:{}", data.with_extension("mail").display()));
        if !how.parts && !how.flags.iter().any(|flag| flag == "--roles") {
            words.extend(["--roles", "all"].map(String::from));
        }
        words.extend(how.flags.iter().cloned());
        let log = std::fs::OpenOptions::new().create(true).append(true).open(data.with_extension("log")).ok()?;
        let child = Command::new(&words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(log.try_clone().ok()?)
            .stderr(log)
            // A group of its own, so that a tracer and what it traces end together.
            .process_group(0)
            .spawn()
            .ok()?;
        let mut binary = Self { child, base: format!("http://{address}") };
        let began = Instant::now();
        let client = reqwest::Client::new();
        while began.elapsed() < Duration::from_secs(60) {
            if client.get(format!("{}/readyz", binary.base)).send().await.is_ok_and(|answer| answer.status() == 200) {
                return Some(binary);
            }
            if binary.child.try_wait().ok()?.is_some() {
                return None;
            }
            tokio::task::yield_now().await;
        }
        panic!("the server did not become ready within a minute")
    }

    /// Number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Number of the process of a part.
    pub fn part(&self, name: &str) -> Option<u32> {
        let parent = self.id().to_string();
        let numbers = std::fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        numbers.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit())).find_map(|number| {
            let read = |what: &str| std::fs::read_to_string(format!("/proc/{number}/{what}")).ok();
            let stat = read("stat")?;
            let of = stat.rsplit(") ").next()?.split(' ').nth(1)?;
            let words = read("cmdline")?;
            let is = of == parent && words.contains(&format!("--part\0{name}\0"));
            is.then(|| number.parse().ok()).flatten()
        })
    }

    /// Numbers of the processes that another started with this word.
    pub fn children_of(&self, parent: u32, word: &str) -> Vec<u32> {
        let parent = parent.to_string();
        let numbers = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = numbers.filter_map(|entry| entry.file_name().into_string().ok()?.parse::<u32>().ok());
        let is = |number: &u32| {
            let read = |what: &str| std::fs::read_to_string(format!("/proc/{number}/{what}")).unwrap_or_default();
            let of = read("stat").rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1).map(str::to_owned));
            of.as_deref() == Some(parent.as_str()) && read("cmdline").split('\0').any(|said| said == word)
        };
        numbers.filter(is).collect()
    }

    /// Kills it where it stands.
    pub fn kill(&mut self) {
        self.signal("-KILL");
    }

    /// Kills one part.
    pub fn kill_part(&self, name: &str) {
        if let Some(number) = self.part(name) {
            let _ = Command::new("kill").args(["-KILL", &number.to_string()]).status();
        }
    }

    fn signal(&self, signal: &str) {
        let _ = Command::new("kill").args([signal, "--", &format!("-{}", self.child.id())]).status();
    }

    /// Tells it to stop, as a service manager does, and waits until it has.
    pub fn stop(mut self) {
        self.signal("-TERM");
        let _ = self.child.wait();
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) {
        let _ = self.child.wait();
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// Runs the program with these words on a data folder; its exit status and what it printed.
pub fn candor(data: &Path, words: &[&str]) -> (i32, String) {
    let output =
        Command::new(CANDOR).args(words).arg("--data").arg(data).stdin(Stdio::null()).output().expect("it runs");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), text)
}

/// An example policy's file.
pub fn policy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policies").join(format!("{name}.toml"))
}

/// Everything below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Whether the memory of a process holds any of these; none when it cannot be read here.
pub fn memory_holds(process: u32, needles: &[Vec<u8>]) -> Option<Vec<usize>> {
    use std::io::{Read, Seek, SeekFrom};
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let mut memory = std::fs::File::open(format!("/proc/{process}/mem")).ok()?;
    let mut found = Vec::new();
    let mut begins = [false; 256];
    needles.iter().for_each(|needle| begins[usize::from(needle[0])] = true);
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.starts_with("rw"))) {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        let mut bytes = vec![0; usize::try_from(to - from).ok()?];
        // Pages that were never touched, and the kernel's own, cannot be read.
        if memory.seek(SeekFrom::Start(from)).and_then(|_| memory.read_exact(&mut bytes)).is_err() {
            continue;
        }
        for at in 0..bytes.len() {
            if !begins[usize::from(bytes[at])] {
                continue;
            }
            for (index, needle) in needles.iter().enumerate() {
                if bytes[at..].starts_with(needle) && !found.contains(&index) {
                    found.push(index);
                }
            }
        }
    }
    Some(found)
}
