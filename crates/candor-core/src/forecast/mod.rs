//! Forecast: the real decisions and the real clocks against months that are drawn from a seed.
//!
//! Reports arrive, members work through them by due date within their hours, reporters answer, clocks ring. Every act
//! goes through [`crate::access::allow`], [`crate::decide::decide`] and [`crate::evolve::evolve`]; whether a promise was kept
//! is asked of [`crate::promises::clocks`]. What is assumed about people and reports is stated in [`Assumptions`].

mod advice; // what would have to change
mod chance; // draws from a seed
mod team; // who works when
mod world; // months, event by event
mod acts; // what a case needs next, and the command for it

use crate::policy::{Length, Moment, Policy, PromiseKind};
use jiff::Timestamp;
use jiff::civil::Date;

pub use advice::{Advice, Longer, advise};

/// What is assumed. Every figure is printed with the forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumptions {
    /// Reports in a month of 30.44 days, on average; they arrive independently of each other (Poisson).
    pub reports_per_month: f64,
    /// Members who work on reports. Each may take every act.
    pub members: u32,
    /// Hours that each has for reports in a week, spread over the working days of the calendar.
    pub hours_per_week: f64,
    /// Months that are drawn.
    pub months: u32,
    /// The seed: the same one gives the same months.
    pub seed: u64,
    /// The first day.
    pub from: Date,
    /// Weights of reports that come from 00:00, 08:00 and 16:00 on, in the policy's zone.
    pub time_of_day: [f64; 3],
    /// Weights of reports that are right, rejected, duplicates, and out of scope.
    pub validity: [f64; 4],
    /// Weights of Critical, High, Medium and Low among those that are right.
    pub severity: [f64; 4],
    /// Part of those that are right and known to be exploited.
    pub exploited: f64,
    /// Part of the reports about which the reporter is asked something.
    pub asked: f64,
    /// Days until a reporter answers, on average (exponential).
    pub answer_days: f64,
    /// Part of the questions that are never answered; the team goes on after two weeks.
    pub silent: f64,
    /// Weeks a year in which each member is away, a week at a time.
    pub away_weeks: f64,
    /// Part of the working days on which a member is absent besides.
    pub absent: f64,
    /// Minutes of work for each kind of act.
    pub minutes: Minutes,
}

/// Minutes of work. Verification and fixes vary: most take about the median, a few much longer (log-normal).
#[derive(Debug, Clone, PartialEq)]
pub struct Minutes {
    /// A message: an acknowledgement, news, a question, a proposal.
    pub message: f64,
    /// A verification, the median.
    pub verify: f64,
    /// A verdict, with its reasons.
    pub verdict: f64,
    /// A rating, a weakness, a discussion, an approval.
    pub review: f64,
    /// An audit for similar problems.
    pub audit: f64,
    /// An advisory.
    pub advisory: f64,
    /// A fix of a Critical, High, Medium or Low problem, the medians.
    pub fix: [f64; 4],
    /// How much the varying ones vary: the standard deviation of the logarithm.
    pub spread: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            reports_per_month: 10.0,
            members: 3,
            hours_per_week: 4.0,
            months: 12,
            seed: 7,
            from: jiff::civil::date(2027, 1, 1),
            time_of_day: [0.2, 0.4, 0.4],
            validity: [0.3, 0.4, 0.1, 0.2],
            severity: [0.05, 0.2, 0.45, 0.3],
            exploited: 0.02,
            asked: 0.3,
            answer_days: 3.0,
            silent: 0.15,
            away_weeks: 5.0,
            absent: 0.02,
            minutes: Minutes {
                message: 10.0,
                verify: 60.0,
                verdict: 20.0,
                review: 15.0,
                audit: 60.0,
                advisory: 60.0,
                fix: [360.0, 300.0, 240.0, 120.0],
                spread: 0.7,
            },
        }
    }
}

/// What came of the months.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Reports that came.
    pub cases: u32,
    /// Commands that were decided.
    pub acts: u64,
    /// Cases that were open at the end.
    pub open: u32,
    /// Each promise, in the order of the policy.
    pub promises: Vec<Figures>,
    /// The first breach: which promise, and when.
    pub first_broken: Option<(String, Timestamp)>,
    /// Month by month.
    pub months: Vec<Month>,
    /// Why cases stood still for good, and how many.
    pub stuck: Vec<(String, u32)>,
}

/// One promise over the months.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Its name.
    pub promise: String,
    /// How firm it is.
    pub kind: PromiseKind,
    /// How long it runs.
    pub within: Length,
    /// Times it was kept.
    pub kept: u32,
    /// Times it was broken, also when it was kept later.
    pub broken: u32,
    /// Times it was running at the end, or the case ended before it mattered.
    pub undecided: u32,
    /// When it broke first.
    pub first: Option<Timestamp>,
    /// The length that 99 of 100 runs would have kept, in the promise's own unit; `None` when more than one in a hundred
    /// was never kept.
    pub needed: Option<Length>,
    /// Whether the forecast takes the act that keeps it; a promise whose act it does not know is not judged.
    pub judged: bool,
}

impl Figures {
    /// Part of the decided runs that broke, from 0 to 1.
    pub fn rate(&self) -> f64 {
        rate(self.kept, self.broken)
    }
}

/// One month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Month {
    /// Reports that came.
    pub arrived: u32,
    /// Promises that broke.
    pub broken: u32,
    /// Cases open at its end.
    pub open: u32,
}

impl Forecast {
    /// Part of all decided runs that broke, from 0 to 1.
    pub fn rate(&self) -> f64 {
        let sum = |of: fn(&Figures) -> u32| self.promises.iter().filter(|figures| figures.judged).map(of).sum();
        rate(sum(|figures| figures.kept), sum(|figures| figures.broken))
    }
}

fn rate(kept: u32, broken: u32) -> f64 {
    if kept + broken == 0 { 0.0 } else { f64::from(broken) / f64::from(kept + broken) }
}

/// Whether the forecast takes an act that keeps such a promise.
pub fn knows(moment: Moment) -> bool {
    use Moment as M;
    matches!(
        moment,
        M::Acknowledgement
            | M::Message
            | M::NextSteps
            | M::Verification
            | M::Confirmation
            | M::Verdict
            | M::Discussion
            | M::Timeline
            | M::Fix
            | M::Publication
            | M::Resolution
    )
}

/// Draws the months and works through them.
///
/// # Errors
/// What is wrong with the policy's calendar, in words; a checked policy has nothing.
pub fn run(policy: &Policy, assumptions: &Assumptions) -> Result<Forecast, String> {
    world::World::new(policy, assumptions)?.run()
}
