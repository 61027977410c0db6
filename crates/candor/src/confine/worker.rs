//! The closed-in processes. One, the stem, is started by the service, closes itself in and reads nothing; each question is
//! read and answered by a fork of it, which closes itself in further, has limits of its own, and ends with its answer.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::process::Command;

use fork::Fork;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitOptions, kill_process, set_parent_process_death_signal, setrlimit, wait,
};

use super::jail::{self, Jail};
use super::orders::{self, Order};
use super::{PROVE, READY, frames};

/// Most bytes of a question.
const QUESTION: u64 = 512 << 20;
/// Seconds of processor time after which the kernel ends a reader, in case the service does not.
const SECONDS: u64 = 60;

/// Closes this process in, and forks a reader for each question until the service is gone. `answer` knows the questions;
/// one that it does not know gets an empty answer. Called while the process has one thread.
///
/// # Errors
/// When standard input is not the service's socket, and in a reader when its line breaks.
pub fn run(answer: impl Fn(&[Vec<u8>]) -> Option<Vec<Vec<u8>>>) -> io::Result<()> {
    // A dump of a reader would hold what it reads.
    let _ = super::memory::never_dumped();
    let landlock = jail::without_files_and_network();
    let filter = jail::filter();
    let service = io::stdin();
    let mut readers = HashMap::new();
    while let Some(order) = orders::receive(&service)? {
        forget_ended(&mut readers);
        match order {
            Order::Answer { reader, memory, line } => match fork::fork() {
                Ok(Fork::Child) => {
                    // The socket of the service, over which lines of other readers come, is closed here.
                    rustix::stdio::dup2_stdin(&line)?;
                    limit(memory)?;
                    let jail = Jail { landlock, seccomp: filter.as_ref().is_some_and(jail::allow_only) };
                    return one(line, jail, answer);
                }
                Ok(Fork::Parent(number)) => {
                    readers.extend(Pid::from_raw(number).map(|number| (reader, number)));
                }
                // The service sees that its line has no other end.
                Err(_) => {}
            },
            Order::End { reader } => {
                if let Some(number) = readers.get(&reader) {
                    let _ = kill_process(*number, Signal::KILL);
                }
            }
        }
    }
    Ok(())
}

/// Takes note of the readers that have ended, so that their numbers may be given to other processes.
fn forget_ended(readers: &mut HashMap<u64, Pid>) {
    while let Ok(Some((ended, _))) = wait(WaitOptions::NOHANG) {
        readers.retain(|_, number| *number != ended);
    }
}

/// What the kernel holds a reader to: it ends with the stem, at so many bytes of data, and after so much time at work.
fn limit(memory: u64) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    setrlimit(Resource::Data, Rlimit { current: Some(memory), maximum: Some(memory) })?;
    setrlimit(Resource::Cpu, Rlimit { current: Some(SECONDS), maximum: Some(SECONDS) })?;
    Ok(())
}

/// A reader: one question, one answer.
fn one(line: OwnedFd, jail: Jail, answer: impl Fn(&[Vec<u8>]) -> Option<Vec<Vec<u8>>>) -> io::Result<()> {
    // As a file, since the filter knows no calls for sockets.
    let line = File::from(line);
    let mut to = io::BufWriter::new(&line);
    to.write_all(&[READY])?;
    to.flush()?;
    let Some(question) = frames::read(&mut io::BufReader::new(&line), QUESTION)? else { return Ok(()) };
    let found = match question.first() {
        Some(word) if word == PROVE => prove(jail),
        _ => answer(&question).unwrap_or_default(),
    };
    let parts: Vec<&[u8]> = found.iter().map(Vec::as_slice).collect();
    frames::write(&mut to, &parts)
}

/// Tries what must not be possible, and says what is.
fn prove(jail: Jail) -> Vec<Vec<u8>> {
    let mut possible = Vec::new();
    let mut note = |works: bool, what: &str| {
        if works {
            possible.push(what.as_bytes().to_vec());
        }
    };
    note(File::open("/proc/self/status").is_ok(), "it can open files");
    note(File::create("/tmp/candor-parse-worker").is_ok(), "it can make files");
    note(UdpSocket::bind("127.0.0.1:0").is_ok(), "it can make sockets");
    note(
        !matches!(TcpStream::connect("127.0.0.1:9"), Err(why) if why.kind() == io::ErrorKind::PermissionDenied),
        "it can try connections",
    );
    note(Command::new("/bin/true").spawn().is_ok(), "it can start programs");
    note(fork::fork().is_ok(), "it can fork");
    note(orders::receive(io::stdin()).is_ok(), "it can take over lines of other readers");
    note(!jail.seccomp, "the kernel takes no filter for system calls (seccomp)");
    note(!jail.landlock, "the kernel takes no rules for files (Landlock)");
    possible
}
