//! Who takes a case: owners of products, a rotation with weights and absences, and who is on call.

use candor_formats::cvss::Severity;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A member's part in taking cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// The member, by the address they sign in with.
    pub member: String,
    /// Products and components whose cases are theirs; empty: any case, in turn.
    #[serde(default)]
    pub owns: Vec<String>,
    /// How many turns they take, beside the others' one: `0` for owners who take no turns.
    #[serde(default = "one")]
    pub weight: u32,
    /// Spells in which they take no case.
    #[serde(default)]
    pub away: Vec<Away>,
    /// Days on which they are on call; what is being exploited, or critical, is theirs then.
    #[serde(default)]
    pub on_call: Vec<Away>,
}

fn one() -> u32 {
    1
}

/// A spell of days, both ends within.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Away {
    /// First day.
    #[schemars(schema_with = "super::date")]
    pub from: Date,
    /// Last day.
    #[schemars(schema_with = "super::date")]
    pub until: Date,
}

impl Away {
    /// Whether a day lies within.
    pub fn holds(&self, day: Date) -> bool {
        self.from <= day && day <= self.until
    }
}

/// Who is proposed to take a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taker {
    /// The member, by their address.
    pub member: String,
    /// Why, in words.
    pub because: String,
}

/// Whom the roster proposes for a case on a day. `number` is one that tells cases apart, such as that of its name; equal numbers
/// propose the same member.
pub fn taker(
    roster: &[Turn],
    product: Option<&str>,
    component: Option<&str>,
    urgent: Option<Severity>,
    number: u64,
    day: Date,
) -> Option<Taker> {
    let there = |turn: &&Turn| !turn.away.iter().any(|away| away.holds(day));
    if urgent.is_some_and(|severity| severity == Severity::Critical) {
        let on_call = roster.iter().filter(there).find(|turn| turn.on_call.iter().any(|spell| spell.holds(day)));
        if let Some(turn) = on_call {
            return Some(Taker { member: turn.member.clone(), because: "is on call".into() });
        }
    }
    // Who owns the component is nearer than who owns the product.
    for part in [component, product].into_iter().flatten() {
        let owner = roster.iter().filter(there).find(|turn| turn.owns.iter().any(|own| own.eq_ignore_ascii_case(part)));
        if let Some(turn) = owner {
            return Some(Taker { member: turn.member.clone(), because: format!("owns {part}") });
        }
    }
    let turns: Vec<&Turn> = roster.iter().filter(there).filter(|turn| turn.weight > 0).collect();
    let all: u64 = turns.iter().map(|turn| u64::from(turn.weight)).sum();
    let mut left = number.checked_rem(all)?;
    for turn in turns {
        let weight = u64::from(turn.weight);
        if left < weight {
            return Some(Taker { member: turn.member.clone(), because: "is next in turn".into() });
        }
        left -= weight;
    }
    None
}
