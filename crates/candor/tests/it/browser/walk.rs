//! A counted walk: how many keystrokes and pages it takes to close a bad report, to merge five duplicates, and to take a good
//! report to confirmed and rated. The counts are printed, and kept in `docs/performance.md`.

use super::house::House;
use super::person::{Chromium, Person};
use super::team::join;

/// What a walk took. A press of the mouse counts like a keystroke.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    keys: usize,
    pages: usize,
}

/// Somebody whose hands are counted.
struct Walker<'a> {
    person: &'a Person,
    count: Count,
}

impl Walker<'_> {
    async fn key(&mut self, key: &str) {
        self.person.key(key).await;
        self.count.keys += 1;
        self.count.pages += 1;
    }

    async fn press(&mut self, words: &str) {
        self.person.press(words).await;
        self.count.keys += 1;
        self.count.pages += 1;
    }

    async fn choose(&mut self, field: &str, value: &str) {
        self.person.choose(field, value).await;
        self.count.keys += 1;
    }
}

async fn file(reporter: &Person, title: &str) {
    reporter.go("/minio/report").await.fill("What you found, in one sentence", title).await;
    reporter.fill("What is wrong", "The server answers a request over the network without an account.").await;
    reporter.press("Send the report privately").await.press("Go to your report").await.sees(title).await;
    reporter.go("/receipt").await.press("Leave this page and forget the receipt here").await;
}

/// The three walks.
pub async fn tell(house: &House, chromium: &Chromium) {
    let ada = join(chromium.person(&house.url).await, &house.setup_link(), "Ada Quist", "ada@minio.example", "-").await;
    let link = house.invite("Bela Noor", "bela@minio.example", "coordinator");
    let bela = join(chromium.person(&house.url).await, &link, "Bela Noor", "bela@minio.example", "-").await;
    let reporter = chromium.person(&house.url).await;

    // A bad report, from its page to closed, with a letter. MinIO's policy wants a verification before a rejection.
    file(&reporter, "Lines of a scanner").await;
    let case = ada.open("Lines of a scanner").await;
    ada.verify(&case, "A fresh server", "Nothing").await;
    let mut walk = Walker { person: &bela.person, count: Count::default() };
    bela.comes_to(&case).await;
    walk.key("v").await;
    walk.person.look("verdict-which").await;
    walk.key("s").await;
    walk.person.look("verdict-letter").await;
    walk.key("Enter").await;
    walk.person.sees("scanner output").await;
    println!("close a bad report: {} keystrokes, {} pages", walk.count.keys, walk.count.pages);
    assert_eq!(walk.count, Count { keys: 3, pages: 3 });
    walk.count = Count::default();
    walk.key("u").await;
    walk.press("Take it back and tell the reporter").await;
    walk.person.sees("took the verdict back").await;
    println!("take it back: {} keystrokes, {} pages", walk.count.keys, walk.count.pages);

    // Five reports of one problem.
    for number in 1..=5 {
        file(&reporter, &format!("The same problem, told {number}")).await;
    }
    let mut walk = Walker { person: &bela.person, count: Count::default() };
    walk.person.go("/desk").await.look("queue-picks").await;
    for number in 1..=5 {
        let row = format!(
            "[...document.querySelectorAll('[data-rows] tbody tr')].find((row) => words(row).includes('told {number}'))\
             .querySelector('input[type=checkbox]').checked = true"
        );
        walk.person.ask(&row).await;
        walk.count.keys += 1;
    }
    walk.press("Handle the ticked cases together").await;
    walk.person.look("merge").await;
    walk.press("Handle them together").await;
    walk.person.sees("Reports together").await.look("case-gathers").await;
    println!("merge five duplicates: {} keystrokes, {} pages", walk.count.keys, walk.count.pages);
    assert_eq!(walk.count, Count { keys: 7, pages: 2 });

    // A good report, to confirmed and rated.
    file(&reporter, "A bucket can be listed").await;
    let case = ada.open("A bucket can be listed").await;
    ada.verify(&case, "A fresh server", "Names of objects").await;
    let mut walk = Walker { person: &bela.person, count: Count::default() };
    bela.comes_to(&case).await;
    walk.key("v").await;
    walk.key("c").await;
    walk.person.look("verdict-confirm").await;
    walk.key("Enter").await;
    walk.person.sees("confirmed the report").await;
    walk.press("Rate the severity").await;
    for (metric, value) in
        [("AV", "N"), ("AC", "L"), ("PR", "N"), ("UI", "N"), ("S", "U"), ("C", "H"), ("I", "N"), ("A", "N")]
    {
        walk.choose(&format!("v3-{metric}"), value).await;
    }
    walk.person.look("rate-radios").await;
    walk.press("Save the rating").await;
    walk.person.sees("7.5").await;
    println!("confirm and rate a good report: {} keystrokes, {} pages", walk.count.keys, walk.count.pages);
    assert_eq!(walk.count, Count { keys: 13, pages: 5 });

    // The decision tables are looked at, too.
    walk.person.go(&format!("{case}/prioritise")).await.look("ssvc").await;
}
