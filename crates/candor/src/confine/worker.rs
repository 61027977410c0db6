//! The closed-in process: reads questions, answers them, ends when nobody asks any more.

use std::fs::File;
use std::io::{self, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::Command;

use super::jail::{self, Jail};
use super::{PROVE, READY, frames};

/// Most bytes of a question.
const QUESTION: u64 = 512 << 20;

/// Closes this process in and answers until its standard input ends. `answer` knows the questions; one that it does not
/// know gets an empty answer.
///
/// # Errors
/// When a pipe breaks.
pub fn run(answer: impl Fn(&[Vec<u8>]) -> Option<Vec<Vec<u8>>>) -> io::Result<()> {
    // A dump of this process would hold what it reads.
    let _ = super::memory::never_dumped();
    let jail = jail::enter();
    let (mut from, mut to) = (io::stdin().lock(), io::BufWriter::new(io::stdout().lock()));
    to.write_all(&[READY])?;
    to.flush()?;
    loop {
        let question = match frames::read(&mut from, QUESTION) {
            Ok(Some(question)) => question,
            Ok(None) => return Ok(()),
            Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(why) => return Err(why),
        };
        let found = match question.first() {
            Some(word) if word == PROVE => prove(jail),
            _ => answer(&question).unwrap_or_default(),
        };
        let parts: Vec<&[u8]> = found.iter().map(Vec::as_slice).collect();
        frames::write(&mut to, &parts)?;
    }
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
    note(!jail.seccomp, "the kernel takes no filter for system calls (seccomp)");
    note(!jail.landlock, "the kernel takes no rules for files (Landlock)");
    possible
}
