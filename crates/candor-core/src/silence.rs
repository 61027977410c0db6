//! The reporter does not answer: reminders first, then the case is closed, and opened again by their next message.

use crate::case::{Case, State};
use crate::event::Event;
use crate::policy::{Calendar, Policy};
use crate::promises::LATE_AFTER;
use jiff::Timestamp;

/// What the silence rule asks for next: an instant, and the event that is due then.
pub(crate) fn pending(case: &Case, policy: &Policy, calendar: &Calendar) -> Vec<(Timestamp, Due)> {
    let (Some(rule), Some(since)) = (&policy.silence, case.asked_at) else { return Vec::new() };
    // Once the team has judged the report, no answer is needed to go on.
    if !matches!(case.state, State::New | State::Triage) {
        return Vec::new();
    }
    let plan = calendar.due(since, rule.close_after, &[]);
    let open: Vec<_> = (0..)
        .zip(&rule.remind)
        .filter(|(step, _)| !case.reminded.iter().any(|(given, _)| given == step))
        .map(|(step, lead)| (calendar.before(plan, *lead).max(since), Due::Remind { step, plan, lead: *lead }))
        .collect();
    if !open.is_empty() {
        return open;
    }
    vec![(closes(case, policy, calendar).unwrap_or(plan), Due::Close { since, text: rule.text.clone() })]
}

/// When the case is closed if the reporter stays silent, as far as it is known: never earlier than the time that each
/// reminder left them.
pub(crate) fn closes(case: &Case, policy: &Policy, calendar: &Calendar) -> Option<Timestamp> {
    let (rule, since) = (policy.silence.as_ref()?, case.asked_at?);
    if !matches!(case.state, State::New | State::Triage) {
        return None;
    }
    let plan = calendar.due(since, rule.close_after, &[]);
    let left = case.reminded.iter().filter_map(|(step, at)| {
        let lead = rule.remind.get(usize::try_from(*step).ok()?)?;
        let planned = calendar.before(plan, *lead).max(since);
        if at.duration_since(planned) <= LATE_AFTER {
            return None;
        }
        Some(calendar.due(*at, *lead, &[]).min(calendar.due(*at, rule.close_after, &[])))
    });
    left.chain([plan]).max()
}

/// Something the rule asks for.
#[derive(Clone)]
pub(crate) enum Due {
    /// The reporter is reminded.
    Remind {
        /// Which reminder.
        step: u32,
        /// When the case would be closed if everything went in time.
        plan: Timestamp,
        /// How long before that the reminder goes out.
        lead: crate::policy::Length,
    },
    /// The case is closed.
    Close {
        /// Since when the question stands.
        since: Timestamp,
        /// The policy's words.
        text: String,
    },
}

impl Due {
    /// The event, given at `now`.
    pub(crate) fn event(self, calendar: &Calendar, now: Timestamp, late: bool) -> Event {
        match self {
            // A reminder that went out late still leaves the time it names.
            Due::Remind { step, plan, lead } => Event::SilenceReminded {
                step,
                closes: if late { plan.max(calendar.due(now, lead, &[])) } else { plan },
                late,
            },
            Due::Close { since, text } => Event::ClosedForSilence { since, text },
        }
    }
}
