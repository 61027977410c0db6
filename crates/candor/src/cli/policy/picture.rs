//! A forecast as a picture: each promise with what was kept and broken, and the months beside it.

use super::simulate::percent;
use candor_core::forecast::{Assumptions, Forecast};
use candor_core::policy::Policy;
use std::fmt::Write as _;

const WIDTH: u32 = 720;
const LEFT: u32 = 190;
const ROW: u32 = 34;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The picture. Colours are never the only sign: every bar carries its figures in words.
pub(super) fn svg(policy: &Policy, assumptions: &Assumptions, drawn: &Forecast) -> String {
    let promises: Vec<_> = drawn.promises.iter().filter(|figures| figures.judged).collect();
    let count = u32::try_from(promises.len()).unwrap_or(0);
    let months_top = 96 + count * ROW + 40;
    let height = months_top + 190;
    let title = format!(
        "{}: {:.0} reports a month, {} members with {:.1} hours a week",
        policy.program.name, assumptions.reports_per_month, assumptions.members, assumptions.hours_per_week
    );
    let told = format!("{} of the promises broke over {} months", percent(drawn.rate()), assumptions.months);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"t d\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<title id=\"t\">{}</title>\n<desc id=\"d\">{}</desc>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
        escape(&title),
        escape(&told)
    );
    let mut text = |x: u32, y: u32, size: u32, words: &str| {
        let _ =
            writeln!(out, "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"#1b1b1b\">{}</text>", escape(words));
    };
    text(16, 28, 16, &title);
    text(16, 50, 13, &format!("{told}; seed {}, from {}", assumptions.seed, assumptions.from));
    text(16, 82, 13, "Promise");
    text(LEFT, 82, 13, "kept (blue), broken (orange)");
    let full = f64::from(WIDTH - LEFT - 190);
    for (index, figures) in (0..).zip(&promises) {
        let y = 96 + index * ROW;
        let all = f64::from(figures.kept + figures.broken).max(1.0);
        let kept = full * f64::from(figures.kept) / all;
        let broken = full * f64::from(figures.broken) / all;
        let _ = writeln!(
            out,
            "<text x=\"16\" y=\"{}\" fill=\"#1b1b1b\">{}</text>\n<text x=\"16\" y=\"{}\" font-size=\"11\" fill=\"#505050\">within {}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y}\" width=\"{kept:.1}\" height=\"20\" fill=\"#2b6cb0\"/>\n\
             <rect x=\"{:.1}\" y=\"{y}\" width=\"{broken:.1}\" height=\"20\" fill=\"#dd6b20\"/>\n\
             <text x=\"{:.1}\" y=\"{}\" fill=\"#1b1b1b\">{} kept, {} broken ({})</text>",
            y + 10,
            escape(&figures.promise),
            y + 24,
            escape(&figures.within.to_string()),
            f64::from(LEFT) + kept,
            f64::from(LEFT) + full + 8.0,
            y + 15,
            figures.kept,
            figures.broken,
            percent(figures.rate())
        );
    }
    months(&mut out, drawn, months_top);
    out + "</svg>\n"
}

/// Bars of arrivals and breaches, and the number of open cases in words, month by month.
fn months(out: &mut String, drawn: &Forecast, top: u32) {
    let _ = writeln!(
        out,
        "<text x=\"16\" y=\"{}\" fill=\"#1b1b1b\">Month by month: reports (grey), promises broken (orange), open at the end (figure above)</text>",
        top - 8
    );
    let most = drawn.months.iter().map(|month| month.arrived.max(month.broken)).max().unwrap_or(0).max(1);
    let count = f64::from(u32::try_from(drawn.months.len()).unwrap_or(1).max(1));
    let step = f64::from(WIDTH - 32) / count;
    let scale = 120.0 / f64::from(most);
    let floor = f64::from(top) + 150.0;
    for (index, month) in (0_u32..).zip(&drawn.months) {
        let x = 16.0 + step * f64::from(index);
        let (arrived, broken) = (f64::from(month.arrived) * scale, f64::from(month.broken) * scale);
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{arrived:.1}\" fill=\"#a0aec0\"/>\n\
             <rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{broken:.1}\" fill=\"#dd6b20\"/>\n\
             <text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"11\" fill=\"#1b1b1b\">{}</text>\n\
             <text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"11\" fill=\"#505050\">{}</text>",
            floor - arrived,
            step * 0.4,
            x + step * 0.42,
            floor - broken,
            step * 0.4,
            floor - arrived.max(broken) - 4.0,
            month.open,
            floor + 16.0,
            index + 1
        );
    }
}
