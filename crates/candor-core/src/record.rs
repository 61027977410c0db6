//! Promises kept and broken, and reports by outcome, as figures for everybody. Nothing here tells one case from another:
//! small numbers are folded into a range, and how long things took is told only of five cases and more.

use crate::case::{Case, State};
use crate::event::Outcome;
use crate::policy::{Policy, PromiseKind};
use crate::promises::{Clock, Status, clocks};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts below this, and above none, are shown as a range.
pub const FOLD_BELOW: u64 = 3;

/// Fewest runs of a promise of which medians and percentiles are told.
pub const LEAST_FOR_SPANS: usize = 5;

/// Quarters with what happened in them; filled case by case, then finished.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    quarters: BTreeMap<(i16, i8), Quarterly>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Quarterly {
    outcomes: BTreeMap<Ending, u64>,
    promises: BTreeMap<String, Runs>,
}

#[derive(Debug, Clone, PartialEq)]
struct Runs {
    what: String,
    kind: PromiseKind,
    kept: u64,
    late: u64,
    broken: u64,
    /// Minutes from the start to the keeping.
    took: Vec<u64>,
}

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Confirmed, with a public advisory.
    Published,
    /// Confirmed, and closed without an advisory.
    ConfirmedOnly,
    /// Confirmed; the work goes on.
    Confirmed,
    /// Rejected.
    Rejected,
    /// Not covered by the policy.
    OutOfScope,
    /// Known already.
    Duplicate,
    /// Scanner output without a proof.
    ScannerOutput,
    /// Taken back by the reporter.
    Withdrawn,
    /// Closed in another way.
    Closed,
    /// Not decided yet.
    Open,
}

impl Ending {
    /// All endings, in the order in which they are shown.
    pub const ALL: [Ending; 10] = [
        Ending::Published,
        Ending::ConfirmedOnly,
        Ending::Confirmed,
        Ending::Rejected,
        Ending::OutOfScope,
        Ending::Duplicate,
        Ending::ScannerOutput,
        Ending::Withdrawn,
        Ending::Closed,
        Ending::Open,
    ];

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Ending::Published => "confirmed, advisory published",
            Ending::ConfirmedOnly => "confirmed, closed without an advisory",
            Ending::Confirmed => "confirmed, being worked on",
            Ending::Rejected => "rejected",
            Ending::OutOfScope => "out of scope",
            Ending::Duplicate => "known already",
            Ending::ScannerOutput => "scanner output without proof",
            Ending::Withdrawn => "taken back by the reporter",
            Ending::Closed => "closed otherwise",
            Ending::Open => "not decided yet",
        }
    }

    /// How a case ended, or stands.
    pub fn of(case: &Case) -> Self {
        if case.advisory.is_public() {
            return Ending::Published;
        }
        let confirmed = case.verdict.as_ref().is_some_and(|verdict| verdict.outcome == Outcome::Confirmed);
        match (case.state, &case.outcome) {
            (
                State::Closed,
                Some(Outcome::Rejected | Outcome::CannotReproduce | Outcome::NotSecurity | Outcome::Accepted { .. }),
            ) => Ending::Rejected,
            (State::Closed, Some(Outcome::AlreadyFixed { .. })) => Ending::Duplicate,
            (State::Closed, Some(Outcome::InDependency { .. })) => Ending::OutOfScope,
            (State::Closed, Some(Outcome::OutOfScope { .. })) => Ending::OutOfScope,
            (State::Closed, Some(Outcome::Duplicate { .. })) => Ending::Duplicate,
            (State::Closed, Some(Outcome::ScannerOutput)) => Ending::ScannerOutput,
            (State::Closed, Some(Outcome::Withdrawn)) => Ending::Withdrawn,
            (State::Closed, _) if confirmed => Ending::ConfirmedOnly,
            (State::Closed, _) => Ending::Closed,
            (State::Published, _) => Ending::Published,
            (State::Confirmed | State::Fixed, _) => Ending::Confirmed,
            (State::New | State::Triage, _) => Ending::Open,
        }
    }
}

/// A number, or the range it is folded into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// At least.
    pub least: u64,
    /// At most.
    pub most: u64,
}

impl Count {
    /// The number as it may be shown.
    pub fn folded(number: u64) -> Self {
        if (1..FOLD_BELOW).contains(&number) {
            Self { least: 1, most: FOLD_BELOW - 1 }
        } else {
            Self { least: number, most: number }
        }
    }

    /// The sum of numbers as far as their ranges tell it, so that it gives none of them away.
    pub fn sum(counts: impl IntoIterator<Item = Self>) -> Self {
        counts
            .into_iter()
            .fold(Self::default(), |sum, count| Self { least: sum.least + count.least, most: sum.most + count.most })
    }

    /// Whether there is nothing.
    pub fn is_none(self) -> bool {
        self.most == 0
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.least == self.most { write!(f, "{}", self.least) } else { write!(f, "{}–{}", self.least, self.most) }
    }
}

/// The figures of one quarter of a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quarter {
    /// Year.
    pub year: i16,
    /// Quarter, 1 to 4.
    pub quarter: i8,
    /// Whether it is not over yet.
    pub is_running: bool,
    /// Reports that came in.
    pub received: Count,
    /// What came of them so far.
    pub outcomes: Vec<(Ending, Count)>,
    /// Promises that were decided in it.
    pub promises: Vec<PromiseFigures>,
}

/// How one promise was kept in a quarter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromiseFigures {
    /// Name in the policy.
    pub name: String,
    /// What is promised.
    pub what: String,
    /// Commitment or target.
    pub kind: PromiseKind,
    /// Kept in time.
    pub kept: Count,
    /// Kept after its time.
    pub late: Count,
    /// Fell due and is not kept.
    pub broken: Count,
    /// Minutes after which half of them were kept; `None` for fewer than [`LEAST_FOR_SPANS`].
    pub median: Option<u64>,
    /// Minutes after which nine of ten were kept.
    pub ninetieth: Option<u64>,
}

impl Tally {
    /// Adds a case as it stands at `now`. Quarters are those of the program's time zone.
    pub fn add(&mut self, case: &Case, policy: &Policy, now: Timestamp) {
        // An exercise is no report, and what is owed to others tells of exploitation.
        if case.drill {
            return;
        }
        let zone = policy.calendar().map_or(TimeZone::UTC, |calendar| calendar.zone().clone());
        let received = self.quarter(case.opened_at, &zone);
        *received.outcomes.entry(Ending::of(case)).or_default() += 1;
        for clock in clocks(case, policy, now).iter().filter(|clock| clock.is_to_reporter()) {
            self.run(clock, &zone);
        }
    }

    fn quarter(&mut self, at: Timestamp, zone: &TimeZone) -> &mut Quarterly {
        let date = at.to_zoned(zone.clone()).date();
        self.quarters.entry((date.year(), quarter_of(date))).or_default()
    }

    fn run(&mut self, clock: &Clock, zone: &TimeZone) {
        // What decided it: the keeping in time, or the date that passed.
        let (decided, kept_at) = match &clock.status {
            Status::Kept { at, .. } => (*at, Some(*at)),
            Status::KeptLate { at } => (clock.due, Some(*at)),
            Status::Broken { since } => (*since, None),
            Status::Running | Status::Paused { .. } | Status::Ended { .. } => return,
        };
        let runs = self.quarter(decided, zone).promises.entry(clock.promise.clone()).or_insert_with(|| Runs {
            what: clock.what.clone(),
            kind: clock.kind,
            kept: 0,
            late: 0,
            broken: 0,
            took: Vec::new(),
        });
        match &clock.status {
            Status::Kept { .. } => runs.kept += 1,
            Status::KeptLate { .. } => runs.late += 1,
            _ => runs.broken += 1,
        }
        if let Some(at) = kept_at {
            // To the nearest minute.
            let took = (at.duration_since(clock.started_at).as_secs() + 30) / 60;
            runs.took.push(u64::try_from(took).unwrap_or(0));
        }
    }

    /// The figures as they may be shown, the newest quarter first.
    pub fn finish(self, now: Timestamp, zone: &TimeZone) -> Vec<Quarter> {
        let today = now.to_zoned(zone.clone()).date();
        let running = (today.year(), quarter_of(today));
        let quarters = self.quarters.into_iter().rev().map(|((year, quarter), tally)| {
            let outcomes: Vec<(Ending, Count)> = Ending::ALL
                .into_iter()
                .filter_map(|ending| Some((ending, Count::folded(*tally.outcomes.get(&ending)?))))
                .collect();
            Quarter {
                year,
                quarter,
                is_running: (year, quarter) == running,
                received: Count::sum(outcomes.iter().map(|(_, count)| *count)),
                outcomes,
                promises: tally.promises.into_iter().map(|(name, runs)| runs.finish(name)).collect(),
            }
        });
        quarters.collect()
    }
}

impl Runs {
    fn finish(mut self, name: String) -> PromiseFigures {
        self.took.sort_unstable();
        let enough = self.took.len() >= LEAST_FOR_SPANS;
        PromiseFigures {
            name,
            what: self.what,
            kind: self.kind,
            kept: Count::folded(self.kept),
            late: Count::folded(self.late),
            broken: Count::folded(self.broken),
            median: enough.then(|| nearest_rank(&self.took, 50)).flatten(),
            ninetieth: enough.then(|| nearest_rank(&self.took, 90)).flatten(),
        }
    }
}

/// The percentile by nearest rank: the smallest value with at least that share at or below it.
fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

fn quarter_of(date: Date) -> i8 {
    (date.month() - 1) / 3 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_two_look_the_same_and_a_total_gives_neither_away() {
        let shown: Vec<String> = (0..5).map(|n| Count::folded(n).to_string()).collect();
        assert_eq!(shown, ["0", "1–2", "1–2", "3", "4"]);
        let total = Count::sum([Count::folded(8), Count::folded(1)]);
        assert_eq!(total.to_string(), "9–10");
    }

    #[test]
    fn percentiles_take_the_nearest_rank() {
        let took: Vec<u64> = (1..=10).collect();
        assert_eq!((nearest_rank(&took, 50), nearest_rank(&took, 90)), (Some(5), Some(9)));
        assert_eq!((nearest_rank(&[7], 90), nearest_rank(&[], 50)), (Some(7), None));
    }
}
