//! Bytes from outside are taken apart in processes that have nothing: no key, no file, no network, an empty environment.
//!
//! The same program is started anew as `candor parse-worker`. It closes itself in ([`jail`]), then answers questions that
//! come as frames over its standard input. A question has budgets of time, memory and bytes; whoever makes a worker die or
//! go over one loses that one answer. Each question gets a worker of its own, and whoever takes one over sees no other
//! question: the next one is started while this one works.

pub mod certificates; // keys of others
pub mod frames; // questions and answers as bytes
pub mod jail; // what the kernel is asked to forbid
pub mod memory; // no dumps, no swap
pub mod worker; // the closed-in process itself

use std::io::{BufReader, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// Workers at a time.
const HANDS: usize = 4;
/// How often a worker's time and memory are looked at.
const LOOK: Duration = Duration::from_millis(25);
/// What a worker says first, once it is closed in: one that did not get so far has looked at nothing.
const READY: u8 = b'+';
/// Word of the question that asks a worker to try what it must not be able to do.
pub const PROVE: &[u8] = b"prove";

/// What one question may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Time until the whole answer is there.
    pub time: Duration,
    /// Memory of the worker, in bytes.
    pub memory: u64,
    /// Bytes of the answer.
    pub answer: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { time: Duration::from_secs(20), memory: 1 << 30, answer: 256 << 20 }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The worker died, or went over a budget and was ended.
    #[error("the process that took it apart died or went over its budget")]
    Died,
    /// No worker could be started, or none that got ready. That says nothing about the question: ask again later.
    #[error("no process could be started to take it apart")]
    NotStarted,
}

/// Workers, one for each question. Clones share them.
#[derive(Clone, Debug)]
pub struct Workers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    command: Option<(PathBuf, Vec<String>)>,
    budget: Budget,
    /// Started ahead; none of them was asked anything.
    spare: Mutex<Vec<Hand>>,
    room: Semaphore,
}

/// A worker that waits for a question.
#[derive(Debug)]
struct Hand {
    child: Arc<Mutex<Child>>,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Hand {
    fn start(program: &Path, words: &[String]) -> std::io::Result<Self> {
        let mut child = Command::new(program)
            .args(words)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (to, from) = pipes.ok_or_else(|| std::io::Error::other("a process without pipes"))?;
        Ok(Self { child: Arc::new(Mutex::new(child)), to: BufWriter::new(to), from: BufReader::new(from) })
    }

    /// Asks a question, and does something else while it is worked on. A worker that was never ready has not seen it.
    fn ask(&mut self, question: &[&[u8]], budget: &Budget, meanwhile: impl FnOnce()) -> Result<Vec<Vec<u8>>, Lost> {
        // The word of one that was ended while it waited is still in the pipe.
        if !matches!(self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait(), Ok(None)) {
            return Err(Lost::NotStarted);
        }
        let (done, watched) = mpsc::channel::<()>();
        let over = Arc::new(AtomicBool::new(false));
        let watch = {
            let (child, over, budget) = (self.child.clone(), over.clone(), *budget);
            let look = move || {
                let began = Instant::now();
                let number = child.lock().unwrap_or_else(PoisonError::into_inner).id();
                while matches!(watched.recv_timeout(LOOK), Err(mpsc::RecvTimeoutError::Timeout)) {
                    if budget.time < began.elapsed() || budget.memory < memory_of(number) {
                        over.store(true, Ordering::Relaxed);
                        let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
                        return;
                    }
                }
            };
            // Where no thread can be had, that is no reason for the whole program to end.
            thread::Builder::new().name("reader's watch".into()).spawn(look).map_err(|_| Lost::NotStarted)?
        };
        let ready = self.is_ready();
        let answer = match ready {
            true => frames::write(&mut self.to, question).and_then(|()| {
                meanwhile();
                frames::read(&mut self.from, budget.answer)
            }),
            false => Ok(None),
        };
        drop(done);
        let _ = watch.join();
        let lost = if ready { Lost::Died } else { Lost::NotStarted };
        answer.ok().flatten().filter(|_| !over.load(Ordering::Relaxed)).ok_or(lost)
    }

    /// Waits for its first word.
    fn is_ready(&mut self) -> bool {
        let mut word = [0];
        self.from.read_exact(&mut word).is_ok() && word == [READY]
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Inner {
    fn spares(&self) -> MutexGuard<'_, Vec<Hand>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Resident memory of a process in bytes; 0 when it cannot be read.
fn memory_of(process: u32) -> u64 {
    let mut text = String::new();
    let read =
        std::fs::File::open(format!("/proc/{process}/statm")).and_then(|mut file| file.read_to_string(&mut text));
    let pages = read.ok().and_then(|_| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0).saturating_mul(4096)
}

impl Workers {
    /// Workers of this program; with none, whoever asks has to do the work in its own process.
    #[must_use]
    pub fn new(command: Option<(PathBuf, Vec<String>)>, budget: Budget) -> Self {
        Self(Arc::new(Inner { command, budget, spare: Mutex::default(), room: Semaphore::new(HANDS) }))
    }

    /// Whether there is a program to start.
    #[must_use]
    pub fn are_there(&self) -> bool {
        self.0.command.is_some()
    }

    /// Asks a question and waits for the answer, both as parts of bytes.
    ///
    /// # Errors
    /// [`Lost`].
    pub async fn ask(&self, question: Vec<Arc<Vec<u8>>>) -> Result<Vec<Vec<u8>>, Lost> {
        let _place = self.0.room.acquire().await.map_err(|_| Lost::NotStarted)?;
        let inner = self.0.clone();
        let ask = move || {
            let (program, words) = inner.command.as_ref().ok_or(Lost::NotStarted)?;
            let parts: Vec<&[u8]> = question.iter().map(|part| part.as_slice()).collect();
            let start = || Hand::start(program, words).map_err(|_| Lost::NotStarted);
            let ahead = || {
                let enough = inner.spares().len() >= HANDS;
                if !enough && let Ok(hand) = start() {
                    inner.spares().push(hand);
                }
            };
            let spare = inner.spares().pop();
            let waited = spare.is_some();
            let answer = spare.map_or_else(start, Ok)?.ask(&parts, &inner.budget, ahead);
            // One that was ended while it waited says nothing about whether another can be had.
            match answer {
                Err(Lost::NotStarted) if waited => start()?.ask(&parts, &inner.budget, ahead),
                answer => answer,
            }
        };
        tokio::task::spawn_blocking(ask).await.unwrap_or(Err(Lost::Died))
    }

    /// Has a worker try what it must not be able to do, and says what this platform does not forbid it; empty when
    /// all holds.
    ///
    /// # Errors
    /// As [`Workers::ask`].
    pub async fn prove(&self) -> Result<Vec<String>, Lost> {
        let answer = self.ask(vec![Arc::new(PROVE.to_vec())]).await?;
        Ok(answer.into_iter().map(|part| String::from_utf8_lossy(&part).into_owned()).collect())
    }
}
