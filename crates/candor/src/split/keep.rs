//! The process that starts the others: it has no key, no socket to the outside and no store. A part that ends is started
//! again, with growing pauses; all stop together.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Pair;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::Part;
use super::parent::READY;

/// First pause before a part is started again; doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);
/// A part that ran this long starts with the first pause again.
const STEADY: Duration = Duration::from_secs(60);
/// Time that a part has to stop by itself: longer than its requests get.
const STOP_TIME: Duration = Duration::from_secs(20);

/// Why the service ended although nobody asked for it.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// A part could not be started.
    #[error("the {} could not be started: {}", .0.name(), .1)]
    NotStarted(Part, io::Error),
    /// A part ended before it was ready; it has said why.
    #[error("the {} ended before it was ready", .0.name())]
    NotReady(Part, Option<i32>),
}

struct Running {
    process: Child,
    line: UnixStream,
    since: Instant,
}

fn start(part: Part, command: &impl Fn(Part) -> Command) -> io::Result<Running> {
    let (ours, theirs) = Pair::pair()?;
    ours.set_nonblocking(true)?;
    let process = command(part).stdin(Stdio::from(OwnedFd::from(theirs))).kill_on_drop(true).spawn()?;
    Ok(Running { process, line: UnixStream::from_std(ours)?, since: Instant::now() })
}

impl Running {
    /// Waits until it is ready. False when it ended before.
    async fn ready(&mut self) -> bool {
        let mut said = [0];
        matches!(self.line.read(&mut said).await, Ok(1)) && said[0] == READY
    }

    async fn stop(self, part: Part) {
        let Self { mut process, line, .. } = self;
        drop(line);
        if timeout(STOP_TIME, process.wait()).await.is_err() {
            tracing::warn!(part = part.name(), "a part took too long to stop and was ended");
            let _ = process.kill().await;
        }
    }
}

/// Runs all parts until `stop`. `command` gives what starts a part.
///
/// # Errors
/// [`Ended`] when a part cannot be started for the first time.
pub async fn run(command: impl Fn(Part) -> Command, stop: impl Future<Output = ()>) -> Result<(), Ended> {
    let (halt, halted) = watch::channel(false);
    let mut stop = std::pin::pin!(stop);
    // The door first: another service on the same address is most likely one on the same data.
    let mut running = Vec::new();
    for part in Part::ALL {
        let mut one = start(part, &command).map_err(|why| Ended::NotStarted(part, why))?;
        let ready = tokio::select! {
            ready = one.ready() => Some(ready),
            () = &mut stop => None,
        };
        match ready {
            Some(true) => running.push((part, one)),
            Some(false) => {
                let status = timeout(STOP_TIME, one.process.wait()).await.ok().and_then(Result::ok);
                end(running).await;
                return Err(Ended::NotReady(part, status.and_then(|status| status.code())));
            }
            None => {
                running.push((part, one));
                end(running).await;
                return Ok(());
            }
        }
    }
    let [(_, door), (_, desk), (_, front)] =
        <[(Part, Running); 3]>::try_from(running).unwrap_or_else(|_| unreachable!("one of each was started"));
    let all = async {
        tokio::join!(
            keep(Part::Door, door, &command, halted.clone()),
            keep(Part::Desk, desk, &command, halted.clone()),
            keep(Part::Front, front, &command, halted.clone()),
        )
    };
    let halting = async {
        stop.await;
        let _ = halt.send(true);
    };
    let ((door, desk, front), ()) = tokio::join!(all, halting);
    let left = [(Part::Door, door), (Part::Front, front), (Part::Desk, desk)];
    end(left.into_iter().filter_map(|(part, one)| Some((part, one?))).collect()).await;
    Ok(())
}

/// Stops what runs, one after the other: nobody is let in to somebody who has left.
async fn end(running: Vec<(Part, Running)>) {
    for (part, one) in running {
        one.stop(part).await;
    }
}

fn in_words(status: io::Result<ExitStatus>) -> String {
    status.map_or_else(|why| why.to_string(), |status| status.to_string())
}

/// Keeps a part running until all are to stop; gives what then runs.
async fn keep(
    part: Part,
    first: Running,
    command: &impl Fn(Part) -> Command,
    mut halted: watch::Receiver<bool>,
) -> Option<Running> {
    let mut running = first;
    let mut pause = FIRST;
    loop {
        let status = tokio::select! {
            status = running.process.wait() => status,
            _ = halted.wait_for(|stop| *stop) => return Some(running),
        };
        // A signal to the whole group reaches the parts before it is seen here.
        if timeout(FIRST, halted.wait_for(|stop| *stop)).await.is_ok() {
            return None;
        }
        if STEADY < running.since.elapsed() {
            pause = FIRST;
        }
        tracing::error!(
            part = part.name(),
            status = in_words(status),
            "a part of the service ended and is started again"
        );
        running = loop {
            tokio::select! {
                () = sleep(pause) => {}
                _ = halted.wait_for(|stop| *stop) => return None,
            }
            pause = (pause * 2).min(LONGEST);
            let mut next = match start(part, command) {
                Ok(next) => next,
                Err(why) => {
                    tracing::error!(part = part.name(), %why, "a part could not be started");
                    continue;
                }
            };
            let ready = tokio::select! {
                ready = next.ready() => ready,
                _ = halted.wait_for(|stop| *stop) => return Some(next),
            };
            if ready {
                tracing::info!(part = part.name(), "a part of the service is back");
                break next;
            }
            let _ = timeout(STOP_TIME, next.process.wait()).await;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_part_that_ends_is_started_again_and_all_stop_when_told() {
        let starts = AtomicUsize::new(0);
        let again = tokio::sync::Notify::new();
        let command = |part| match part {
            // Ready, then gone: the first time only.
            Part::Front if starts.fetch_add(1, Ordering::Relaxed) == 0 => shell("printf r >&0"),
            Part::Front => {
                again.notify_one();
                shell("printf r >&0; exec cat >/dev/null")
            }
            _ => shell("printf r >&0; exec cat >/dev/null"),
        };
        run(command, again.notified()).await.expect("it ran");
        assert_eq!(starts.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_part_that_cannot_start_ends_the_service_with_its_status() {
        let started = Mutex::new(Vec::new());
        let command = |part| {
            started.lock().expect("no panic").push(part);
            shell(if part == Part::Desk { "exit 7" } else { "printf r >&0; exec cat >/dev/null" })
        };
        let ended = run(command, std::future::pending()).await.expect_err("it ends");
        assert!(matches!(ended, Ended::NotReady(Part::Desk, Some(7))), "{ended}");
        assert_eq!(*started.lock().expect("no panic"), [Part::Door, Part::Desk], "the front was not started");
    }
}
