//! A part's standard input is its line to the process that started it: one byte says that it is ready, the end of the
//! line says that it is to stop.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream as Pair;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// Said when a part is ready.
pub const READY: u8 = b'r';

/// The line of this process.
#[derive(Debug)]
pub struct Line(UnixStream);

impl Line {
    /// Takes the line up.
    ///
    /// # Errors
    /// When this process was not started as a part.
    pub fn open() -> io::Result<Self> {
        let line = Pair::from(io::stdin().as_fd().try_clone_to_owned()?);
        line.set_nonblocking(true)?;
        Ok(Self(UnixStream::from_std(line)?))
    }

    /// Says that this part is ready.
    ///
    /// # Errors
    /// When nobody is there any more.
    pub async fn ready(&mut self) -> io::Result<()> {
        self.0.write_all(&[READY]).await
    }

    /// Waits until this part is to stop.
    pub async fn ended(mut self) {
        let mut bytes = [0; 16];
        while matches!(self.0.read(&mut bytes).await, Ok(1..)) {}
    }
}
