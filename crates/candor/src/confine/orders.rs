//! What the service tells the process that readers are forked from: one message of fixed length each, with the line to the
//! new reader beside it (`SCM_RIGHTS` of unix(7)).

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// Bytes of a message: what it is about, and two numbers.
const LENGTH: usize = 17;

/// A message.
#[derive(Debug)]
pub enum Order {
    /// A reader is to answer one question that comes over the line.
    Answer {
        /// Its number, given by the service.
        reader: u64,
        /// Bytes of data it may have.
        memory: u64,
        /// Over which the question comes and the answer goes.
        line: OwnedFd,
    },
    /// A reader is to end, whatever it does.
    End {
        /// Its number.
        reader: u64,
    },
}

/// Asks for a reader at the other end of `line`.
///
/// # Errors
/// When the other side is gone.
pub fn ask(to: impl AsFd, reader: u64, memory: u64, line: BorrowedFd<'_>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    let lines = [line];
    if !beside.push(SendAncillaryMessage::ScmRights(&lines)) {
        return Err(io::Error::other("no room for a line"));
    }
    send(to, b'a', [reader, memory], &mut beside)
}

/// Has a reader ended.
///
/// # Errors
/// When the other side is gone.
pub fn end(to: impl AsFd, reader: u64) -> io::Result<()> {
    send(to, b'e', [reader, 0], &mut SendAncillaryBuffer::default())
}

fn send(to: impl AsFd, what: u8, numbers: [u64; 2], beside: &mut SendAncillaryBuffer<'_, '_, '_>) -> io::Result<()> {
    let mut bytes = [what; LENGTH];
    bytes[1..9].copy_from_slice(&numbers[0].to_be_bytes());
    bytes[9..].copy_from_slice(&numbers[1].to_be_bytes());
    let sent = sendmsg(to, &[IoSlice::new(&bytes)], beside, SendFlags::NOSIGNAL)?;
    if sent == LENGTH { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Waits for the next message; none when the service is gone.
///
/// # Errors
/// When something else comes than the service sends.
pub fn receive(from: impl AsFd) -> io::Result<Option<Order>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut beside = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; LENGTH];
    let got = loop {
        match recvmsg(&from, &mut [IoSliceMut::new(&mut bytes)], &mut beside, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => {}
            other => break other?.bytes,
        }
    };
    let line = beside.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut lines) => lines.next(),
        _ => None,
    });
    let number = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[at..at + 8]);
        u64::from_be_bytes(eight)
    };
    match (got, bytes[0], line) {
        (0, ..) => Ok(None),
        (LENGTH, b'a', Some(line)) => Ok(Some(Order::Answer { reader: number(1), memory: number(9), line })),
        (LENGTH, b'e', None) => Ok(Some(Order::End { reader: number(1) })),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_line_goes_to_the_reader_that_was_asked_for() {
        let (service, stem) = UnixStream::pair().expect("a pair");
        let (mut ours, theirs) = UnixStream::pair().expect("a pair");
        ask(&service, 7, 1 << 20, theirs.as_fd()).expect("sent");
        end(&service, 7).expect("sent");
        drop((service, theirs));
        let Some(Order::Answer { reader: 7, memory: 1_048_576, line }) = receive(&stem).expect("read") else {
            panic!("another order");
        };
        UnixStream::from(line).write_all(b"here").expect("written");
        let mut heard = String::new();
        ours.read_to_string(&mut heard).expect("read");
        assert_eq!(heard, "here");
        assert!(matches!(receive(&stem), Ok(Some(Order::End { reader: 7 }))));
        assert!(matches!(receive(&stem), Ok(None)));
    }

    #[test]
    fn anything_else_is_refused() {
        let (mut service, stem) = UnixStream::pair().expect("a pair");
        service.write_all(b"a question of somebody else").expect("written");
        assert!(receive(&stem).is_err());
    }
}
