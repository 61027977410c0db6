//! A due clock becomes a command: in the order in which they fell due, each once, however late.

use std::collections::{HashMap, HashSet};

use candor_core::access::Actor;
use candor_core::command::Command;
use candor_core::id::CaseId;
use jiff::{SignedDuration, Timestamp};
use tracing::{error, warn};

use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::store::cases;

/// Cases looked up at a time.
const PAGE: i64 = 64;
/// First pause after a failure; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(10);
/// Longest pause between two tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(600);

/// Asks every due clock, and remembers which cases failed so that they wait without holding up the others.
#[derive(Debug, Default)]
pub struct Clocks {
    failing: HashMap<String, Failing>,
}

#[derive(Debug)]
struct Failing {
    times: u32,
    not_before: Timestamp,
}

/// Asks every clock that is due now, once. Gives how many cases were asked.
///
/// # Errors
/// When the store cannot be read. A case that fails is logged and left for later.
pub async fn tick_once(app: &App) -> Result<usize, Error> {
    Clocks::default().round(app).await
}

impl Clocks {
    /// As [`tick_once`], leaving out cases that failed a short while ago.
    ///
    /// # Errors
    /// As there.
    pub async fn round(&mut self, app: &App) -> Result<usize, Error> {
        let (mut asked, mut seen) = (0, HashSet::new());
        loop {
            let now = app.now();
            // Failing cases stay due; the page grows by them so that they never hide the others.
            let limit = PAGE + i64::try_from(self.failing.len()).unwrap_or(PAGE);
            let due = cases::due(&app.store, now.as_microsecond(), limit).await?;
            let fresh: Vec<_> = due
                .into_iter()
                .filter(|(id, _)| self.failing.get(id).is_none_or(|failing| failing.not_before <= now))
                .filter(|case| !seen.contains(case))
                .collect();
            if fresh.is_empty() {
                return Ok(asked);
            }
            // A version that another process took into service may pause them.
            if asked == 0 {
                app.reload_newer_programs().await?;
            }
            for (id, wake_at) in fresh {
                self.ask(app, &id).await;
                asked += 1;
                seen.insert((id, wake_at));
            }
        }
    }

    async fn ask(&mut self, app: &App, id: &str) {
        let case = CaseId(id.to_owned());
        let outcome = Box::pin(execute::execute(app, &Actor::Clock, &case, Command::Tick, None)).await;
        let still_due = match &outcome {
            Ok(_) => {
                let now = app.now().as_microsecond();
                let row = cases::get(&app.store, id).await;
                row.is_ok_and(|row| row.is_some_and(|row| row.wake_at.is_some_and(|wake_at| wake_at <= now)))
            }
            Err(_) => true,
        };
        if !still_due {
            self.failing.remove(id);
            return;
        }
        let failing =
            self.failing.entry(id.to_owned()).or_insert(Failing { times: 0, not_before: Timestamp::UNIX_EPOCH });
        let pause = FIRST_PAUSE.checked_mul(1 << failing.times.min(6)).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
        failing.times += 1;
        failing.not_before = app.now() + pause;
        match outcome {
            Err(why) => {
                let cause = super::cause(&why);
                error!(case = id, times = failing.times, cause, "a clock failed and is asked again");
            }
            Ok(_) => warn!(case = id, times = failing.times, "a clock is still due after it was asked"),
        }
    }

    /// When to look again: the next due instant, or the end of the earliest pause when only failing cases are due.
    pub fn next(&self, now: Timestamp, next_wake: Option<Timestamp>) -> Option<Timestamp> {
        match next_wake {
            Some(at) if at <= now => self.failing.values().map(|failing| failing.not_before).min().or(Some(at)),
            other => other,
        }
    }
}
