//! Judges the CSAF 2.0 documents of a file, one to a line, with the crate `csaf-rs`: schema and mandatory tests, which it
//! calls the preset `basic`. Each document is read from its text, as its own command line does.
//!
//! Arguments: the file, and how many seconds to go on. Prints how many documents, in how many seconds of this thread's time
//! on a core, and how many of the file's documents it found invalid.

use std::time::{Duration, Instant};

use csaf_rs::csaf2_0::loader::load_document;
use csaf_rs::validation::validate_by_preset;

/// Whether the document is valid.
fn judge(text: &str) -> bool {
    let document = load_document(text).expect("the bench writes JSON");
    validate_by_preset(&document, "2.0", "basic").expect("the preset exists").success
}

/// How long this thread has been on a core, where the system says so.
fn busy() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(seconds)) = (arguments.next(), arguments.next().and_then(|text| text.parse().ok())) else {
        eprintln!("usage: csaf-rs-yardstick FILE SECONDS");
        std::process::exit(2);
    };
    let all = std::fs::read_to_string(&file).expect("the file can be read");
    let texts: Vec<&str> = all.lines().collect();
    let invalid = texts.iter().filter(|text| !judge(text)).count();
    let (wall, start, mut count) = (Instant::now(), busy(), 0_usize);
    let spent = || match (start, busy()) {
        (Some(start), Some(now)) => now.saturating_sub(start),
        _ => wall.elapsed(),
    };
    while spent() < Duration::from_secs(seconds) {
        texts.iter().for_each(|text| {
            std::hint::black_box(judge(text));
        });
        count += texts.len();
    }
    println!("{count} {} {invalid}", spent().as_secs_f64());
}
