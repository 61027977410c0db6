//! The short way through vectors as nearly all of them are: complete, in canonical order, and without environmental
//! metrics. Everything else takes the long way, and so do the scores this way remembers, once each.
//!
//! No formula stands here: scores are those of the long way, kept in tables by the choices of the base metrics.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};

use super::{CvssVector, Group, Metric, Version, all_metrics, temporal_weighted};

/// More than any version has metrics.
const MOST: usize = 40;
const ABSENT: u8 = u8::MAX;

/// Count of base metrics.
const BASE_3: usize = 8;
const BASE_4: usize = 11;
/// All combinations of base metrics.
const COMBINATIONS_3: usize = 4 * 2 * 3 * 2 * 2 * 3 * 3 * 3;
const COMBINATIONS_4: usize = 4 * 2 * 2 * 3 * 3 * 3 * 3 * 3 * 3 * 3 * 3;
/// Values of exploit maturity that differ: attacked or not defined, proof of concept, unreported.
const MATURITIES: usize = 3;

/// Scores in tenths; what is not known yet is [`ABSENT`]. A score is the same however often it is computed, so nothing
/// depends on who comes first.
static SCORES_4: [AtomicU8; COMBINATIONS_4 * MATURITIES] =
    [const { AtomicU8::new(ABSENT) }; COMBINATIONS_4 * MATURITIES];
static BASE_SCORES_3: LazyLock<Vec<AtomicU8>> = LazyLock::new(|| unknown(COMBINATIONS_3));
static ENVIRONMENTAL_SCORES_3: LazyLock<Vec<AtomicU8>> = LazyLock::new(|| unknown(COMBINATIONS_3));

fn unknown(count: usize) -> Vec<AtomicU8> {
    (0..count).map(|_| AtomicU8::new(ABSENT)).collect()
}

/// The vector, if it can be read this way. `None` says nothing about whether it is right.
pub fn parse(text: &str) -> Option<CvssVector> {
    let version = match text.as_bytes().get(..9)? {
        b"CVSS:3.1/" => Version::V3_1,
        b"CVSS:4.0/" => Version::V4_0,
        _ => return None,
    };
    let table = all_metrics(version);
    let chosen = read(table, &text.as_bytes()[9..])?;
    let base = if version == Version::V4_0 { BASE_4 } else { BASE_3 };
    let mut index = 0;
    for (metric, choice) in table[..base].iter().zip(&chosen) {
        if *choice == ABSENT {
            return None;
        }
        index = index * metric.choices.len() + usize::from(*choice);
    }
    match version {
        Version::V4_0 => version_4(text, table, &chosen, index),
        _ => version_3(text, table, &chosen, index),
    }
}

/// The places of the chosen values, for parts that stand in canonical order.
fn read(table: &[Metric], mut rest: &[u8]) -> Option<[u8; MOST]> {
    let mut chosen = [ABSENT; MOST];
    let mut place = 0;
    loop {
        let colon = rest.iter().take(4).position(|byte| *byte == b':')?;
        let (code, value) = (&rest[..colon], &rest[colon + 1..]);
        let end = value.iter().position(|byte| *byte == b'/').unwrap_or(value.len());
        while table.get(place)?.code.as_bytes() != code {
            place += 1;
        }
        let choice = table[place].choices.iter().position(|choice| choice.code.as_bytes() == &value[..end])?;
        chosen[place] = u8::try_from(choice).ok()?;
        place += 1;
        if end == value.len() {
            return Some(chosen);
        }
        rest = &value[end + 1..];
    }
}

/// Whether the metric at `place` is chosen and says something.
fn says(table: &[Metric], chosen: &[u8; MOST], place: usize) -> bool {
    chosen[place] != ABSENT && table[place].choices[usize::from(chosen[place])].code != "X"
}

fn version_3(text: &str, table: &[Metric], chosen: &[u8; MOST], index: usize) -> Option<CvssVector> {
    let mut has_temporal = false;
    for place in BASE_3..table.len() {
        if says(table, chosen, place) {
            if table[place].group != Group::Threat {
                return None;
            }
            has_temporal = true;
        }
    }
    let (base, environmental) = match known_3(index) {
        Some(known) => known,
        None => {
            let bare = text.split('/').take(BASE_3 + 1).collect::<Vec<_>>().join("/");
            let vector = CvssVector::parse_slowly(&bare).ok()?;
            BASE_SCORES_3[index].store(vector.base, Ordering::Relaxed);
            ENVIRONMENTAL_SCORES_3[index].store(vector.environmental, Ordering::Relaxed);
            (vector.base, vector.environmental)
        }
    };
    let weighted = |score: u8| {
        if !has_temporal {
            return score;
        }
        temporal_weighted(Version::V3_1, score, |code| {
            let place = table.iter().position(|metric| metric.code == code).unwrap_or_default();
            if chosen[place] == ABSENT { "X" } else { table[place].choices[usize::from(chosen[place])].code }
        })
    };
    Some(CvssVector {
        version: Version::V3_1,
        text: text.to_owned(),
        base,
        temporal: weighted(base),
        environmental: weighted(environmental),
        has_temporal,
        has_environmental: false,
    })
}

fn known_3(index: usize) -> Option<(u8, u8)> {
    let (base, environmental) =
        (BASE_SCORES_3[index].load(Ordering::Relaxed), ENVIRONMENTAL_SCORES_3[index].load(Ordering::Relaxed));
    (base != ABSENT && environmental != ABSENT).then_some((base, environmental))
}

fn version_4(text: &str, table: &[Metric], chosen: &[u8; MOST], index: usize) -> Option<CvssVector> {
    // Supplemental metrics never change the score.
    let is_environmental = |place: &usize| table[*place].group == Group::Environmental;
    if (BASE_4..table.len()).filter(is_environmental).any(|place| says(table, chosen, place)) {
        return None;
    }
    let has_temporal = says(table, chosen, BASE_4);
    let maturity = match chosen[BASE_4] {
        ABSENT => 0,
        choice => match table[BASE_4].choices[usize::from(choice)].code {
            "P" => 1,
            "U" => 2,
            _ => 0,
        },
    };
    let score = |maturity: usize| -> Option<u8> {
        let slot = &SCORES_4[index * MATURITIES + maturity];
        match slot.load(Ordering::Relaxed) {
            ABSENT => {
                let bare = text.split('/').take(BASE_4 + 1).collect::<Vec<_>>().join("/");
                let full = ["", "/E:P", "/E:U"][maturity];
                let vector = CvssVector::parse_slowly(&format!("{bare}{full}")).ok()?;
                let tenths = vector.environmental;
                slot.store(tenths, Ordering::Relaxed);
                Some(tenths)
            }
            known => Some(known),
        }
    };
    let base = score(0)?;
    let full = score(maturity)?;
    Some(CvssVector {
        version: Version::V4_0,
        text: text.to_owned(),
        base,
        temporal: full,
        environmental: full,
        has_temporal,
        has_environmental: false,
    })
}
