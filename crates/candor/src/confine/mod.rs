//! Bytes from outside are taken apart in processes that have nothing: no key, no file, no network, an empty environment.
//!
//! The same program is started anew as `candor parse-worker`, the stem. It closes itself in ([`jail`]), reads nothing, and
//! forks a reader for each question, which comes as a frame over a line of its own ([`orders`]). A question has budgets of
//! time, memory and bytes; whoever makes a reader die or go over one loses that one answer. No reader sees a second
//! question, nor anything of an earlier one: the stem has met none.

pub mod certificates; // keys of others
pub mod messages; // what others encrypted or signed
pub mod previews; // what a file says, without anybody opening it
pub mod frames; // questions and answers as bytes
pub mod jail; // what the kernel is asked to forbid
pub mod memory; // no dumps, no swap
pub mod orders; // what the stem is told
pub mod worker; // the closed-in processes themselves

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// Readers at a time.
const HANDS: usize = 4;
/// Of those, for questions that may wait, so that they never hold up a mail.
const ASIDE: usize = 2;
/// What a reader says first, once it is closed in: one that did not get so far has looked at nothing.
const READY: u8 = b'+';
/// Word of the question that asks a reader to try what it must not be able to do.
pub const PROVE: &[u8] = b"prove";

/// What one question may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Time until the whole answer is there.
    pub time: Duration,
    /// Memory of the reader, in bytes.
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
    /// The reader died, or went over a budget and was ended.
    #[error("the process that took it apart died or went over its budget")]
    Died,
    /// No reader could be had, or none that got ready. That says nothing about the question: ask again later.
    #[error("no process could be started to take it apart")]
    NotStarted,
}

/// Readers, one for each question. Clones share them.
#[derive(Clone, Debug)]
pub struct Workers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    command: Option<(PathBuf, Vec<String>)>,
    budget: Budget,
    stem: Mutex<Option<Arc<Stem>>>,
    room: Semaphore,
    aside: Semaphore,
}

/// The process that readers are forked from.
#[derive(Debug)]
struct Stem {
    child: Mutex<Child>,
    line: UnixStream,
    /// How many readers it was asked for.
    readers: AtomicU64,
}

impl Stem {
    fn start(program: &Path, words: &[String]) -> io::Result<Self> {
        let (line, theirs) = UnixStream::pair()?;
        let child = Command::new(program)
            .args(words)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child: Mutex::new(child), line, readers: AtomicU64::new(0) })
    }

    /// A reader, once it is closed in; none when it did not get so far.
    fn reader(self: &Arc<Self>, budget: &Budget) -> io::Result<Hand> {
        let (line, theirs) = UnixStream::pair()?;
        let number = self.readers.fetch_add(1, Ordering::Relaxed);
        orders::ask(&self.line, number, budget.memory, theirs.as_fd())?;
        // Its other end is then with the reader alone.
        drop(theirs);
        let hand = Hand { stem: self.clone(), number, line, until: Instant::now() + budget.time };
        let mut word = [0];
        Timed(&hand).read_exact(&mut word)?;
        if word == [READY] { Ok(hand) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

impl Drop for Stem {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A reader that waits for its question.
struct Hand {
    stem: Arc<Stem>,
    number: u64,
    line: UnixStream,
    /// When its time is over.
    until: Instant,
}

impl Hand {
    /// Asks the question and waits for the answer.
    fn ask(&self, question: &[&[u8]], most: u64) -> Result<Vec<Vec<u8>>, Lost> {
        let answer = frames::write(&mut BufWriter::new(Timed(self)), question)
            .and_then(|()| frames::read(&mut BufReader::new(Timed(self)), most));
        answer.ok().flatten().ok_or(Lost::Died)
    }
}

/// Whoever has taken a reader over does not keep it: it ends with its answer, or without one.
impl Drop for Hand {
    fn drop(&mut self) {
        let _ = orders::end(&self.stem.line, self.number);
    }
}

/// The line to a reader, for as long as its time goes.
struct Timed<'a>(&'a Hand);

impl Timed<'_> {
    /// What is left of its time; never zero, which would stand for no end.
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.0.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.line.set_read_timeout(self.left()?)?;
        (&self.0.line).read(bytes)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.line.set_write_timeout(self.left()?)?;
        (&self.0.line).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Inner {
    /// The stem, and whether it was there already; started when there is none.
    fn stem(&self) -> Result<(Arc<Stem>, bool), Lost> {
        let (program, words) = self.command.as_ref().ok_or(Lost::NotStarted)?;
        let mut stem = self.stem.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stem) = &*stem {
            return Ok((stem.clone(), true));
        }
        let started = Arc::new(Stem::start(program, words).map_err(|_| Lost::NotStarted)?);
        *stem = Some(started.clone());
        Ok((started, false))
    }

    /// Forgets a stem that gave no reader; the next to ask starts another one.
    fn forget(&self, gone: &Arc<Stem>) {
        let mut stem = self.stem.lock().unwrap_or_else(PoisonError::into_inner);
        if stem.as_ref().is_some_and(|stem| Arc::ptr_eq(stem, gone)) {
            *stem = None;
        }
    }

    /// A reader. A stem that was ended while it waited says nothing about whether another one can be had.
    fn hand(&self, budget: &Budget) -> Result<Hand, Lost> {
        loop {
            let (stem, was_there) = self.stem()?;
            match stem.reader(budget) {
                Ok(hand) => return Ok(hand),
                Err(_) => self.forget(&stem),
            }
            if !was_there {
                return Err(Lost::NotStarted);
            }
        }
    }
}

impl Workers {
    /// Readers of this program; with none, whoever asks has to do the work in its own process.
    #[must_use]
    pub fn new(command: Option<(PathBuf, Vec<String>)>, budget: Budget) -> Self {
        Self(Arc::new(Inner {
            command,
            budget,
            stem: Mutex::default(),
            room: Semaphore::new(HANDS),
            aside: Semaphore::new(ASIDE),
        }))
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
        self.ask_within(question, self.0.budget).await
    }

    /// Asks a question that may wait for others, with a budget of its own.
    ///
    /// # Errors
    /// [`Lost`].
    pub async fn ask_aside(&self, question: Vec<Arc<Vec<u8>>>, budget: Budget) -> Result<Vec<Vec<u8>>, Lost> {
        let _aside = self.0.aside.acquire().await.map_err(|_| Lost::NotStarted)?;
        self.ask_within(question, budget).await
    }

    async fn ask_within(&self, question: Vec<Arc<Vec<u8>>>, budget: Budget) -> Result<Vec<Vec<u8>>, Lost> {
        let _place = self.0.room.acquire().await.map_err(|_| Lost::NotStarted)?;
        let inner = self.0.clone();
        let ask = move || {
            let parts: Vec<&[u8]> = question.iter().map(|part| part.as_slice()).collect();
            inner.hand(&budget)?.ask(&parts, budget.answer)
        };
        tokio::task::spawn_blocking(ask).await.unwrap_or(Err(Lost::Died))
    }

    /// Has a reader try what it must not be able to do, and says what this platform does not forbid it; empty when
    /// all holds.
    ///
    /// # Errors
    /// As [`Workers::ask`].
    pub async fn prove(&self) -> Result<Vec<String>, Lost> {
        let answer = self.ask(vec![Arc::new(PROVE.to_vec())]).await?;
        Ok(answer.into_iter().map(|part| String::from_utf8_lossy(&part).into_owned()).collect())
    }
}
