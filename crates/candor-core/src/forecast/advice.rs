//! What would have to change: more hours, more members, or longer promises.

use super::{Assumptions, Forecast, run};
use crate::policy::{Length, Policy};

/// Part of the runs that may break: fewer than one in a hundred.
const FEW: f64 = 0.01;
/// Hours a week that are looked at, at most, for each member.
const MOST_HOURS: u32 = 40;
/// Members that are looked at, at most.
const MOST_MEMBERS: u32 = 64;

/// What would bring the breaches under one in a hundred, each alone. `None` where nothing within sight would.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// Whole hours a week for each of the members there are.
    pub hours_per_week: Option<f64>,
    /// Members with the hours there are.
    pub members: Option<u32>,
    /// Lengths for the promises that break more often, with the team there is.
    pub lengths: Vec<Longer>,
    /// Part of all runs that would still break with those lengths, drawn anew; `None` without any.
    pub rate_with_lengths: Option<f64>,
    /// How often the months were drawn to find it.
    pub runs: u32,
}

/// A promise that breaks too often, and the length that would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Longer {
    /// Its name.
    pub promise: String,
    /// How long it runs now.
    pub within: Length,
    /// How long it would have to run; `None` when no length would do with this team.
    pub needed: Option<Length>,
}

/// Looks for what would have to change. Nothing is asked where the promises hold.
///
/// # Errors
/// As [`run`].
pub fn advise(policy: &Policy, assumptions: &Assumptions, now: &Forecast) -> Result<Option<Advice>, String> {
    if now.rate() < FEW {
        return Ok(None);
    }
    let mut runs = 0;
    let mut holds = |changed: &Assumptions| -> Result<bool, String> {
        runs += 1;
        Ok(run(policy, changed)?.rate() < FEW)
    };
    let hours =
        least(1, MOST_HOURS, |hours| holds(&Assumptions { hours_per_week: f64::from(hours), ..assumptions.clone() }))?;
    let members = if assumptions.hours_per_week > 0.0 {
        least(assumptions.members.max(1), MOST_MEMBERS, |members| {
            holds(&Assumptions { members, ..assumptions.clone() })
        })?
    } else {
        None
    };
    let mut longer = policy.clone();
    let mut lengths: Vec<Longer> = now
        .promises
        .iter()
        .filter(|figures| figures.judged && figures.rate() >= FEW)
        .map(|figures| Longer {
            promise: figures.promise.clone(),
            within: figures.within,
            needed: figures.needed.map(|needed| Length { amount: needed.amount.max(figures.within.amount), ..needed }),
        })
        .collect();
    let mut rate = None;
    // Other dates change the order of work, so that what was measured once is looked at again.
    for _ in 0..4 {
        if lengths.iter().all(|longer| longer.needed.is_none()) {
            break;
        }
        for promise in &mut longer.promises {
            if let Some(needed) =
                lengths.iter().find(|other| other.promise == promise.name).and_then(|other| other.needed)
            {
                promise.within = needed;
            }
        }
        runs += 1;
        let then = run(&longer, assumptions)?;
        rate = Some(then.rate());
        let mut changed = false;
        for figures in then.promises.iter().filter(|figures| figures.judged && figures.rate() >= FEW) {
            let known = lengths.iter().position(|other| other.promise == figures.promise);
            let at = known.unwrap_or_else(|| {
                lengths.push(Longer {
                    promise: figures.promise.clone(),
                    within: figures.within,
                    needed: Some(figures.within),
                });
                lengths.len() - 1
            });
            let Some(length) = lengths[at].needed else { continue };
            let next =
                figures.needed.map(|needed| needed.amount.max(length.amount.saturating_add(length.amount.div_ceil(8))));
            lengths[at].needed = next.map(|amount| Length { amount, ..length });
            changed = true;
        }
        if !changed {
            break;
        }
    }
    Ok(Some(Advice { hours_per_week: hours.map(f64::from), members, lengths, rate_with_lengths: rate, runs }))
}

/// The least number of a range with which it holds, taking it that more never does harm.
fn least(from: u32, to: u32, mut holds: impl FnMut(u32) -> Result<bool, String>) -> Result<Option<u32>, String> {
    let mut high = from;
    while !holds(high)? {
        if high >= to {
            return Ok(None);
        }
        high = (high * 2).min(to);
    }
    let mut low = high / 2;
    if high == from {
        return Ok(Some(high));
    }
    while low + 1 < high {
        let middle = low.midpoint(high);
        if holds(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(high))
}
