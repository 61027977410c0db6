//! `candor policy simulate`: which promises would break under a load, and what would have to change.

use super::super::output::{self, Failure, Outcome};
use super::picture;
use candor_core::forecast::{self, Advice, Assumptions, Forecast};
use candor_core::policy::Policy;
use jiff::Timestamp;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What to draw.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The policy file; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Reports that arrive, like `40/month`, `2/week`, `300/year`
    #[arg(long, value_name = "RATE", default_value = "10/month", value_parser = per_month)]
    reports: f64,
    /// Members who work on them
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u32).range(1..=200))]
    members: u32,
    /// Hours that each member has for reports, like `4/week`, `1/day`, `20/month`
    #[arg(long, value_name = "HOURS", default_value = "4/week", value_parser = per_week)]
    hours: f64,
    /// Months to draw
    #[arg(long, value_name = "N", default_value = "12", value_parser = clap::value_parser!(u32).range(1..=120))]
    months: u32,
    /// The seed: the same one draws the same months
    #[arg(long, value_name = "N", default_value = "7")]
    seed: u64,
    /// The first day
    #[arg(long, value_name = "DATE", default_value = "2027-01-01")]
    from: jiff::civil::Date,
    /// Do not look for what would have to change
    #[arg(long)]
    no_advice: bool,
    /// Write a picture to this file, which must not exist
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A number of something in a span of time.
fn rate(text: &str, spans: &[(&str, f64)]) -> Result<f64, String> {
    let wrong = || {
        format!(
            "`{text}` is no rate; write it like `{}`",
            spans.iter().map(|(name, _)| format!("4/{name}")).collect::<Vec<_>>().join("`, `")
        )
    };
    let (number, span) = text.split_once('/').ok_or_else(wrong)?;
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let factor = spans.iter().find(|(name, _)| *name == span.trim()).map(|(_, factor)| *factor).ok_or_else(wrong)?;
    if !number.is_finite() || !(0.0..=100_000.0).contains(&number) {
        return Err(format!("`{text}` is out of range; give a number from 0 to 100000"));
    }
    Ok(number * factor)
}

fn per_month(text: &str) -> Result<f64, String> {
    let monthly = rate(text, &[("month", 1.0), ("week", 30.44 / 7.0), ("year", 1.0 / 12.0), ("day", 30.44)])?;
    if monthly > 3_000.0 {
        return Err(format!("`{text}` is more than 3000 reports a month; draw fewer"));
    }
    Ok(monthly)
}

fn per_week(text: &str) -> Result<f64, String> {
    rate(text, &[("week", 1.0), ("day", 5.0), ("month", 7.0 / 30.44)])
}

pub(super) fn run(args: &Args) -> Outcome {
    let policy = match super::read(&args.file)? {
        Ok((policy, _)) => policy,
        Err(findings) => return super::tell(&args.file, &findings, args.json),
    };
    let assumptions = Assumptions {
        reports_per_month: args.reports,
        members: args.members,
        hours_per_week: args.hours,
        months: args.months,
        seed: args.seed,
        from: args.from,
        ..Assumptions::default()
    };
    let drawn = forecast::run(&policy, &assumptions).map_err(Failure::new)?;
    let advice =
        if args.no_advice { None } else { forecast::advise(&policy, &assumptions, &drawn).map_err(Failure::new)? };
    if let Some(path) = &args.svg {
        write_new(path, &picture::svg(&policy, &assumptions, &drawn))?;
    }
    if args.json {
        output::json(&as_json(&policy, &assumptions, &drawn, advice.as_ref()));
    } else {
        say(&policy, &assumptions, &drawn, advice.as_ref(), args.no_advice);
    }
    Ok(())
}

/// Writes a file that is not there yet.
pub(super) fn write_new(path: &Path, text: &str) -> Outcome {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    made.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|why| Failure::during(format_args!("{} cannot be written", path.display()), why))
}

/// A part as a percentage.
pub(super) fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

/// An instant as its date in the policy's zone.
pub(super) fn day(policy: &Policy, at: Timestamp) -> String {
    match policy.calendar() {
        Ok(calendar) => calendar.words(at),
        Err(_) => at.to_string(),
    }
}

fn parts(weights: &[f64], names: &[&str]) -> String {
    let whole: f64 = weights.iter().sum();
    let one = |(weight, name): (&f64, &&str)| format!("{:.0} % {name}", weight / whole * 100.0);
    weights.iter().zip(names).map(one).collect::<Vec<_>>().join(", ")
}

/// The assumptions, one a line.
fn stated(assumptions: &Assumptions) -> Vec<String> {
    let Assumptions { minutes, .. } = assumptions;
    vec![
        format!(
            "{:.1} reports a month, independent of each other (Poisson), for {} months from {}; seed {}",
            assumptions.reports_per_month, assumptions.months, assumptions.from, assumptions.seed
        ),
        format!("time of day: {}", parts(&assumptions.time_of_day, &["from 00:00", "from 08:00", "from 16:00"])),
        format!("reports: {}", parts(&assumptions.validity, &["right", "rejected", "duplicate", "out of scope"])),
        format!(
            "of the right ones: {}; {} exploited",
            parts(&assumptions.severity, &["Critical", "High", "Medium", "Low"]),
            percent(assumptions.exploited)
        ),
        format!(
            "{} members with {:.1} hours a week each, on the working days of the calendar; each {:.0} weeks a year away and absent on {} of the days besides",
            assumptions.members,
            assumptions.hours_per_week,
            assumptions.away_weeks,
            percent(assumptions.absent)
        ),
        format!(
            "{} of the reporters are asked something and answer in {:.0} days on average (exponential), {} of them never",
            percent(assumptions.asked),
            assumptions.answer_days,
            percent(assumptions.silent)
        ),
        format!(
            "minutes of work: message {:.0}, verdict {:.0}, review {:.0}, audit {:.0}, advisory {:.0}; verification {:.0}, fix {:.0}, {:.0}, {:.0}, {:.0} by severity (medians, log-normal, spread {})",
            minutes.message,
            minutes.verdict,
            minutes.review,
            minutes.audit,
            minutes.advisory,
            minutes.verify,
            minutes.fix[0],
            minutes.fix[1],
            minutes.fix[2],
            minutes.fix[3],
            minutes.spread
        ),
    ]
}

fn say(policy: &Policy, assumptions: &Assumptions, drawn: &Forecast, advice: Option<&Advice>, not_asked: bool) {
    output::say("Assumed:");
    for line in stated(assumptions) {
        output::say(format_args!("  {line}"));
    }
    output::say(format_args!(
        "\nDrawn: {} reports, {} acts decided, {} cases open at the end",
        drawn.cases, drawn.acts, drawn.open
    ));
    let mut rows = vec![
        ["PROMISE", "KIND", "WITHIN", "KEPT", "BROKEN", "RATE", "FIRST BROKEN", "99 OF 100 NEED"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for figures in &drawn.promises {
        let needed = match figures.needed {
            Some(needed) => needed.to_string(),
            None if figures.kept + figures.broken == 0 => "-".into(),
            None => "never".into(),
        };
        rows.push(vec![
            figures.promise.clone(),
            kind(figures.kind).into(),
            figures.within.to_string(),
            figures.kept.to_string(),
            figures.broken.to_string(),
            if figures.judged { percent(figures.rate()) } else { "not judged".into() },
            figures.first.filter(|_| figures.broken > 0).map_or_else(|| "-".into(), |at| day(policy, at)),
            if figures.judged { needed } else { "-".into() },
        ]);
    }
    output::table(&rows);
    if drawn.promises.iter().any(|figures| !figures.judged) {
        output::say("What is not judged is kept by an act that the forecast does not take.");
    }
    for (why, cases) in &drawn.stuck {
        output::say(format_args!("{cases} cases stood still for good: {why}"));
    }
    match &drawn.first_broken {
        Some((promise, at)) => output::say(format_args!("\nFirst to break: {promise}, on {}", day(policy, *at))),
        None => output::say("\nNothing broke."),
    }
    let Some(advice) = advice else {
        if !not_asked {
            output::say(format_args!("{} of the promises broke; nothing has to change.", percent(drawn.rate())));
        }
        return;
    };
    output::say(format_args!(
        "{} of the promises broke. Each of these alone would bring it under 1 % ({} further draws):",
        percent(drawn.rate()),
        advice.runs
    ));
    match advice.hours_per_week {
        Some(hours) => {
            output::say(format_args!("  - {hours:.0} hours a week for each of the {} members", assumptions.members))
        }
        None => output::say(format_args!("  - no number of hours up to 40 a week for {} members", assumptions.members)),
    }
    match advice.members {
        Some(members) => {
            output::say(format_args!("  - {members} members with {:.1} hours a week", assumptions.hours_per_week))
        }
        None => output::say(format_args!(
            "  - no number of members up to 64 with {:.1} hours a week",
            assumptions.hours_per_week
        )),
    }
    if !advice.lengths.is_empty() {
        let lengths: Vec<String> = advice
            .lengths
            .iter()
            .map(|longer| match longer.needed {
                Some(needed) => format!("{} within {needed} (now {})", longer.promise, longer.within),
                None => format!("{}: no length would do with this team", longer.promise),
            })
            .collect();
        let then = advice.rate_with_lengths.map_or_else(String::new, |rate| format!("; then {} break", percent(rate)));
        output::say(format_args!("  - other lengths: {}{then}", lengths.join(", ")));
    }
}

fn kind(kind: candor_core::policy::PromiseKind) -> &'static str {
    match kind {
        candor_core::policy::PromiseKind::Commitment => "commitment",
        candor_core::policy::PromiseKind::Target => "target",
    }
}

fn as_json(policy: &Policy, assumptions: &Assumptions, drawn: &Forecast, advice: Option<&Advice>) -> serde_json::Value {
    let minutes = &assumptions.minutes;
    json!({
        "program": policy.program.slug,
        "assumptions": {
            "reports_per_month": assumptions.reports_per_month,
            "members": assumptions.members,
            "hours_per_week": assumptions.hours_per_week,
            "months": assumptions.months,
            "seed": assumptions.seed,
            "from": assumptions.from,
            "time_of_day": assumptions.time_of_day,
            "validity": assumptions.validity,
            "severity": assumptions.severity,
            "exploited": assumptions.exploited,
            "asked": assumptions.asked,
            "answer_days": assumptions.answer_days,
            "silent": assumptions.silent,
            "away_weeks": assumptions.away_weeks,
            "absent": assumptions.absent,
            "minutes": {
                "message": minutes.message,
                "verify": minutes.verify,
                "verdict": minutes.verdict,
                "review": minutes.review,
                "audit": minutes.audit,
                "advisory": minutes.advisory,
                "fix": minutes.fix,
                "spread": minutes.spread,
            },
        },
        "cases": drawn.cases,
        "acts": drawn.acts,
        "open": drawn.open,
        "rate": drawn.rate(),
        "promises": drawn.promises.iter().map(|figures| json!({
            "name": figures.promise,
            "kind": kind(figures.kind),
            "within": figures.within.to_string(),
            "kept": figures.kept,
            "broken": figures.broken,
            "undecided": figures.undecided,
            "judged": figures.judged,
            "rate": figures.rate(),
            "first_broken": figures.first.filter(|_| figures.broken > 0),
            "needed_by_99_of_100": figures.needed.map(|needed| needed.to_string()),
        })).collect::<Vec<_>>(),
        "first_broken": drawn.first_broken.as_ref().map(|(promise, at)| json!({ "promise": promise, "at": at })),
        "months": drawn.months.iter().map(|month| json!({
            "arrived": month.arrived,
            "broken": month.broken,
            "open": month.open,
        })).collect::<Vec<_>>(),
        "stuck": drawn.stuck.iter().map(|(why, cases)| json!({ "why": why, "cases": cases })).collect::<Vec<_>>(),
        "advice": advice.map(|advice| json!({
            "hours_per_week": advice.hours_per_week,
            "members": advice.members,
            "lengths": advice.lengths.iter().map(|longer| json!({
                "promise": longer.promise,
                "within": longer.within.to_string(),
                "needed": longer.needed.map(|needed| needed.to_string()),
            })).collect::<Vec<_>>(),
            "rate_with_lengths": advice.rate_with_lengths,
            "runs": advice.runs,
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them() {
        assert_eq!(per_month("40/month"), Ok(40.0));
        assert_eq!(per_month("120/year"), Ok(10.0));
        assert_eq!(per_week("1/day"), Ok(5.0));
        assert!(per_month("forty").unwrap_err().contains("4/month"));
        assert!(per_week("4/fortnight").unwrap_err().contains("4/week"));
    }
}
