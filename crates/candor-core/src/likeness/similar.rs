//! What is like a given report: by keys that two reports hardly share by chance, and by words. With the reasons.

use super::common::{ELSEWHERE, elsewhere, says_nothing};
use super::hash::{Map, keyed};
use super::index::{Entry, Index, View, numbers, rarity, rarity_of, worth};
use super::products::{Products, products};
use super::words;
use candor_formats::identifiers::{Kind, Named, mentions};

/// Most keys of a report.
const KEYS: usize = 64;
/// Most words of a report that are compared.
const WORDS: usize = 40;
/// What the words of a report are worth together at least, so that the few words of a short one do not speak for many.
const WHOLE: f32 = 40.0;
/// On a desk with fewer cases than this, how rare a word is cannot be told from them.
const FEW: u32 = 1_000;
/// Least score of what is called likely.
const LEAST: f32 = 0.12;

/// What a key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// A CVE, GHSA or OSV number.
    Identifier,
    /// A commit.
    Commit,
    /// The hash of a file that came with it, or that it names.
    Hash,
    /// A file with a line.
    Place,
    /// A line of a stack trace.
    Frame,
    /// An address on the web.
    Url,
    /// An identifier of a proprietary scheme.
    Unknown,
    /// A function.
    Function,
    /// A file.
    File,
    /// Component and weakness together.
    Weakness,
    /// A package.
    Package,
    /// A version of a product.
    Release,
    /// A product that both name with a version.
    Product,
}

impl KeyKind {
    /// In words, as the beginning of a reason.
    pub fn words(self) -> &'static str {
        match self {
            Self::Identifier => "names the same identifier",
            Self::Commit => "names the same commit",
            Self::Hash => "has the same file",
            Self::Place => "names the same line",
            Self::Frame => "has the same stack frame",
            Self::Url => "names the same address",
            Self::Unknown => "names the same identifier of another scheme",
            Self::Function => "names the same function",
            Self::File => "names the same file",
            Self::Weakness => "same component and weakness",
            Self::Package => "names the same package",
            Self::Release => "names the same version",
            Self::Product => "names a version of the same product",
        }
    }

    /// Whether it says what a report is about, and nothing of what is wrong there.
    fn is_of_product(self) -> bool {
        matches!(self, Self::Product | Self::Release)
    }

    /// How much one such key that nobody else has says.
    fn worth(self) -> f32 {
        match self {
            Self::Identifier => 1.0,
            Self::Commit | Self::Hash => 0.7,
            Self::Place => 0.5,
            Self::Frame | Self::Unknown => 0.3,
            Self::Url | Self::Weakness | Self::Function => 0.25,
            Self::Release => 0.2,
            Self::Product => 0.1,
            Self::File | Self::Package => 0.15,
        }
    }
}

/// Something that two reports hardly share by chance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it is about.
    pub kind: KeyKind,
    /// What it says.
    pub text: String,
}

impl Key {
    pub(super) fn hash(&self) -> u64 {
        keyed(self.kind as u64, self.text.as_bytes())
    }
}

/// The keys of a report: of its texts, its component with each weakness, and the hashes of its files.
pub fn keys_of(text: &str, component: &str, cwe: &[u32], files: &[String]) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut add = |kind, text: &str| {
        if !text.is_empty() && keys.len() < KEYS {
            keys.push(Key { kind, text: text.to_lowercase() });
        }
    };
    for file in files {
        add(KeyKind::Hash, file);
    }
    for number in cwe {
        if !component.trim().is_empty() {
            add(KeyKind::Weakness, &format!("{} CWE-{number}", component.trim()));
        }
    }
    let Products { names, releases } = products(text);
    // A name that stands before a version is a product, also where it is written like a function.
    let is_product = |text: &str| names.contains(&text.to_lowercase());
    for one in mentions(text) {
        match one.named {
            Named::Public(Kind::Cve | Kind::Ghsa | Kind::Gcve | Kind::Osv) => add(KeyKind::Identifier, &one.text),
            Named::Commit => add(KeyKind::Commit, &one.text),
            Named::Hash => add(KeyKind::Hash, &one.text),
            Named::Path => match one.line {
                Some(line) => {
                    let name = one.text.rsplit('/').next().unwrap_or(&one.text);
                    add(KeyKind::Place, &format!("{name}:{line}"));
                    add(KeyKind::File, name);
                }
                None => add(KeyKind::File, one.text.rsplit('/').next().unwrap_or(&one.text)),
            },
            Named::Frame => add(KeyKind::Frame, &one.text),
            Named::Function if is_product(&one.text) => {}
            Named::Function => add(KeyKind::Function, &one.text),
            Named::Url => add(KeyKind::Url, one.text.trim_end_matches('/')),
            Named::Unknown => add(KeyKind::Unknown, &one.text),
            Named::Package => add(KeyKind::Package, &one.text),
            Named::Cpe | Named::Version | Named::Public(_) => {}
        }
    }
    for name in &names {
        add(KeyKind::Product, name);
    }
    for release in &releases {
        add(KeyKind::Release, release);
    }
    keys.sort();
    keys.dedup();
    keys
}

/// A report that is likely about the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Likely {
    /// Name of the case.
    pub id: String,
    /// How alike: 1 and more is nearly certain; only the order means something.
    pub score: f32,
    /// Why, the strongest first.
    pub reasons: Vec<Reason>,
}

/// Why two reports are taken for alike.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Both have this.
    Key(Key),
    /// Both use these words, which few others do.
    Words(Vec<String>),
    /// The texts are one with names and figures changed.
    Template,
}

/// A report that is compared with the others.
struct Probe<'a> {
    report: Option<u32>,
    /// Numbers of words, with how much each weighs and whether it is in the title.
    words: Vec<(u32, f32, bool)>,
    length: u32,
    keys: &'a [Key],
    template: &'a [u64],
}

/// A word of the report by which others are found: what it is worth there, its number, how rare it is, whether its title has
/// it.
struct Chosen {
    own: f32,
    number: u32,
    rarity: f32,
    title: bool,
}

/// What another report has in common by words: how much, how many, and how many of both titles.
#[derive(Default)]
struct Shared {
    score: f32,
    words: u32,
    titles: u32,
}

/// Words in the order of their numbers, so that equal reports give equal sums.
fn in_order(times: Map<u32, (f32, bool)>) -> Vec<(u32, f32, bool)> {
    let mut words: Vec<_> = times.into_iter().map(|(number, (weight, title))| (number, weight, title)).collect();
    words.sort_unstable_by_key(|(number, ..)| *number);
    words
}

impl Index {
    /// The most likely duplicates of a case that is in the index, of those the asker may see.
    pub fn similar(&self, id: &str, view: &View, most: usize) -> Vec<Likely> {
        let Some(report) = self.report_of(id) else { return Vec::new() };
        let kept = &self.reports[report as usize];
        let mut times: Map<u32, (f32, bool)> = Map::default();
        for (at, number) in (0..).zip(numbers(&kept.text)) {
            let title = at < kept.title;
            times.entry(number).or_insert((if title { 3.0 } else { 0.0 }, title)).0 += 1.0;
        }
        let words = in_order(times);
        let probe = Probe {
            report: Some(report),
            words,
            length: kept.words,
            keys: &kept.entry.keys,
            template: &kept.entry.template,
        };
        self.like(&probe, view, most)
    }

    /// The same for a text that is in no case yet.
    pub fn similar_to(&self, entry: &Entry, view: &View, most: usize) -> Vec<Likely> {
        let mut times: Map<u32, (f32, bool)> = Map::default();
        let mut length = 0;
        for (title, part) in
            [(true, &entry.title), (false, &entry.component), (false, &entry.product), (false, &entry.body)]
        {
            words::each(part, |word| {
                length += 1;
                if let Some(number) = self.words.get(word) {
                    times.entry(*number).or_insert((if title { 3.0 } else { 0.0 }, title)).0 += 1.0;
                }
            });
        }
        let words = in_order(times);
        self.like(&Probe { report: None, words, length, keys: &entry.keys, template: &entry.template }, view, most)
    }

    fn like(&self, probe: &Probe<'_>, view: &View, most: usize) -> Vec<Likely> {
        let average = view.average();
        // The words that say most; what stands in one report of ten says nothing, here or elsewhere.
        let few = view.count < FEW;
        let mut chosen: Vec<Chosen> = probe
            .words
            .iter()
            .filter(|(number, ..)| {
                let word = &self.vocabulary[*number as usize];
                let is_number = few && word.bytes().all(|byte| byte.is_ascii_digit());
                !words::is_common(word) && !says_nothing(word) && !is_number
            })
            .filter_map(|(number, weight, title)| {
                let seen = self.seen(*number, view);
                // Names of the program's own products stand in many of its few cases.
                let many = if few { seen > 2 && seen > view.count / 8 } else { seen > 50 && seen > view.count / 10 };
                if seen == 0 || many {
                    return None;
                }
                let elsewhere = elsewhere(&self.vocabulary[*number as usize]);
                let rarity = rarity_of(seen as f32 + elsewhere, view.count as f32 + ELSEWHERE);
                let own = worth(*weight, probe.length, average, rarity);
                Some(Chosen { own, number: *number, rarity, title: *title })
            })
            .collect();
        chosen.sort_by(|a, b| b.own.total_cmp(&a.own).then(a.number.cmp(&b.number)));
        chosen.truncate(WORDS);
        let whole: f32 = chosen.iter().map(|one| one.own).sum::<f32>().max(WHOLE);
        let mut found: Map<u32, Shared> = Map::default();
        for Chosen { own, number, rarity, title } in &chosen {
            for mark in &self.marks[*number as usize] {
                let report = mark.report();
                if view.has(report) && Some(report) != probe.report {
                    let theirs = worth(mark.weight(), self.lengths[report as usize], average, *rarity);
                    let shared = found.entry(report).or_default();
                    shared.score += theirs.min(*own * 1.5) / whole;
                    shared.words += 1;
                    shared.titles += u32::from(*title && mark.is_title());
                }
            }
        }
        // Where few cases tell what is rare, a word or two in common are chance, unless both titles have two of them.
        let scores = found.into_iter().filter(|(_, one)| !few || one.words >= 3 || one.titles >= 2);
        let mut scores: Map<u32, f32> = scores.map(|(report, one)| (report, one.score)).collect();
        let mut shared: Map<u32, Vec<(f32, &Key)>> = Map::default();
        for key in probe.keys {
            // A desk with few cases is about few products, so that sharing one says nothing there.
            if few && key.kind.is_of_product() {
                continue;
            }
            let Some(list) = self.keys.get(&key.hash()) else { continue };
            let seen: Vec<u32> = list.iter().copied().filter(|report| view.has(*report)).collect();
            let worth = key.kind.worth() * rarity(u32::try_from(seen.len()).unwrap_or(u32::MAX), view.count)
                / rarity(2, view.count.max(8)).max(0.1);
            for report in seen {
                // The product alone makes no two reports alike: they need something else in common.
                let alone = key.kind.is_of_product() && !scores.contains_key(&report);
                if Some(report) != probe.report && !alone {
                    shared.entry(report).or_default().push((worth.clamp(0.0, key.kind.worth()), key));
                }
            }
        }
        let mut bands: Map<u32, u32> = Map::default();
        for number in probe.template {
            for report in self.templates.get(number).into_iter().flatten() {
                if view.has(*report) && Some(*report) != probe.report {
                    *bands.entry(*report).or_default() += 1;
                }
            }
        }
        for (report, keys) in &shared {
            // Many functions of one stack say little more than three of them.
            let mut worths: Vec<f32> = keys.iter().map(|(worth, _)| *worth).collect();
            worths.sort_by(|a, b| b.total_cmp(a));
            let sum: f32 = worths.iter().zip([1.0, 0.6, 0.4, 0.2, 0.1]).map(|(worth, part)| worth * part).sum();
            *scores.entry(*report).or_default() += sum;
        }
        for (report, count) in &bands {
            if *count >= 2 {
                *scores.entry(*report).or_default() += 0.5;
            }
        }
        let mut best: Vec<(f32, u32)> =
            scores.into_iter().map(|(report, score)| (score, report)).filter(|(score, _)| *score >= LEAST).collect();
        let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1));
        if best.len() > most && most > 0 {
            best.select_nth_unstable_by(most - 1, order);
            best.truncate(most);
        }
        best.sort_by(order);
        best.truncate(most);
        best.into_iter()
            .map(|(score, report)| Likely {
                id: self.reports[report as usize].entry.id.clone(),
                score,
                reasons: self.reasons(
                    report,
                    &chosen,
                    shared.remove(&report).unwrap_or_default(),
                    bands.get(&report).copied().unwrap_or_default(),
                ),
            })
            .collect()
    }

    fn reasons(&self, report: u32, chosen: &[Chosen], mut keys: Vec<(f32, &Key)>, bands: u32) -> Vec<Reason> {
        let mut reasons = Vec::new();
        keys.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        reasons.extend(keys.into_iter().take(4).map(|(_, key)| Reason::Key(key.clone())));
        if bands >= 2 {
            reasons.push(Reason::Template);
        }
        let words: Vec<String> = chosen
            .iter()
            .filter(|one| self.marks[one.number as usize].binary_search_by_key(&report, |mark| mark.report()).is_ok())
            .take(8)
            .map(|one| self.vocabulary[one.number as usize].to_string())
            .collect();
        if !words.is_empty() {
            reasons.push(Reason::Words(words));
        }
        reasons
    }

    /// Cases that name this public identifier, of those the asker may see.
    pub fn naming(&self, identifier: &str, view: &View) -> Vec<String> {
        let key = Key { kind: KeyKind::Identifier, text: identifier.to_lowercase() };
        let found = self.keys.get(&key.hash()).into_iter().flatten();
        found
            .filter(|report| view.has(**report))
            .map(|report| self.reports[*report as usize].entry.id.clone())
            .collect()
    }

    /// How many other reports have the same text but for names and figures, of those the asker may see.
    pub fn same_template(&self, id: &str, view: &View) -> usize {
        self.fold(id, view).len().saturating_sub(1)
    }

    /// The same, counted up to `most`; of the reports that came before it alone, where `before` says so. Quick also where
    /// thousands have one text.
    pub(super) fn alike_seen(&self, report: u32, view: &View, before: bool, most: usize) -> usize {
        let own = &self.reports[report as usize].entry;
        let lists: Vec<&Vec<u32>> = own.template.iter().filter_map(|number| self.templates.get(number)).collect();
        let mut found = Vec::new();
        for (at, list) in lists.iter().enumerate() {
            for other in list.iter().filter(|other| **other != report && view.has(**other)) {
                let entry = &self.reports[*other as usize].entry;
                let counts = entry.program == own.program
                    && (!before || (entry.opened, &entry.id) < (own.opened, &own.id))
                    && lists[at + 1..].iter().any(|list| list.binary_search(other).is_ok());
                if counts && !found.contains(other) {
                    found.push(*other);
                    if found.len() == most {
                        return most;
                    }
                }
            }
        }
        found.len()
    }

    /// How many others have the same text, up to `most`; nothing for a case that the asker may not see.
    pub fn alike_to(&self, id: &str, view: &View, most: usize) -> usize {
        let report = self.report_of(id).filter(|report| view.has(*report));
        report.map_or(0, |report| self.alike_seen(report, view, false, most))
    }

    /// A report, by the name of its case in letters of any size, with the others of its program that have the same text
    /// but for names and figures, of those the asker may see; by number. Nothing when they may not see the report itself.
    pub(super) fn fold(&self, id: &str, view: &View) -> Vec<u32> {
        let known = self.report_of(id).or_else(|| self.report_of(&id.to_uppercase()));
        let Some(report) = known.filter(|report| view.has(*report)) else { return Vec::new() };
        let own = &self.reports[report as usize].entry;
        let mut bands: Map<u32, u32> = Map::default();
        for number in &own.template {
            for other in self.templates.get(number).into_iter().flatten() {
                if *other != report && view.has(*other) && self.reports[*other as usize].entry.program == own.program {
                    *bands.entry(*other).or_default() += 1;
                }
            }
        }
        let alike = bands.into_iter().filter(|(_, count)| *count >= 2).map(|(other, _)| other);
        let mut fold: Vec<u32> = alike.chain([report]).collect();
        fold.sort_unstable();
        fold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, title: &str, body: &str) -> Entry {
        Entry {
            id: id.into(),
            program: "one".into(),
            title: title.into(),
            body: body.into(),
            keys: keys_of(&format!("{title}\n{body}"), "parser", &[], &[]),
            template: words::template(body, 1),
            ..Entry::default()
        }
    }

    fn index() -> Index {
        let mut index = Index::new();
        index.put(entry(
            "A",
            "Heap overflow in png reader",
            "A crafted palette chunk overflows the row buffer in png.c:120, see CVE-2024-11111.",
        ));
        index.put(entry(
            "B",
            "Image decoding writes out of bounds",
            "With a palette that is too long, the row buffer is written past its end.",
        ));
        index.put(entry("C", "Cross-site scripting in comments", "The comment is shown without escaping."));
        index.put(entry("D", "Crash", "It crashes at png.c:120."));
        for n in 0..40 {
            index.put(entry(
                &format!("x{n}"),
                "Login page",
                &format!("The login of user {n} shows a message about the account."),
            ));
        }
        index
    }

    #[test]
    fn the_same_line_and_the_same_rare_words_make_reports_likely_and_say_why() {
        let index = index();
        let found = index.similar("A", &index.view(|_, _| true), 5);
        let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["D", "B"]);
        assert_eq!(found[0].reasons[0], Reason::Key(Key { kind: KeyKind::Place, text: "png.c:120".into() }));
        assert!(
            matches!(&found[1].reasons[..], [Reason::Words(words)] if words.contains(&"palett".into())),
            "{found:?}"
        );
    }

    #[test]
    fn on_a_small_desk_words_of_every_report_make_nothing_alike_and_rare_ones_do() {
        let mut index = Index::new();
        for (id, title, body) in [
            (
                "A",
                "Admin page without a check",
                "An attacker sends a request to the server and the page shows data of other users.",
            ),
            (
                "B",
                "Stored script in the title",
                "The server stores the title of a page and an attacker runs script for users who view it.",
            ),
            (
                "C",
                "Login can be guessed",
                "Requests to the login page are not limited, so an attacker can try every password of a user.",
            ),
            (
                "D",
                "Replication sends keys in the clear",
                "The replication of a bucket sends its encryption keys without TLS.",
            ),
            (
                "E",
                "Bucket keys leave the house unencrypted",
                "When buckets replicate, encryption keys travel in plain text.",
            ),
        ] {
            index.put(entry(id, title, body));
        }
        let view = index.view(|_, _| true);
        let likely = |id: &str| index.similar(id, &view, 5).into_iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(
            (likely("A"), likely("B"), likely("C")),
            (vec![], vec![], vec![]),
            "{:?}",
            index.similar("A", &view, 5)
        );
        assert_eq!((likely("D"), likely("E")), (vec!["E".to_owned()], vec!["D".to_owned()]));
    }

    #[test]
    fn a_text_that_is_in_no_case_yet_finds_the_same() {
        let index = index();
        let found =
            index.similar_to(&entry("new", "CVE-2024-11111", "In your dependency."), &index.view(|_, _| true), 5);
        assert_eq!(found[0].id, "A");
        assert!(found[0].score >= 1.0);
    }

    #[test]
    fn abuse_l1_the_likely_ones_do_not_depend_on_what_the_asker_may_not_see() {
        let mut whole = index();
        let hidden = Entry {
            program: "two".into(),
            ..entry("H", "Palette chunk overflow", "The palette row buffer png.c:120 CVE-2024-11111")
        };
        whole.put(hidden);
        let alone = index();
        let told = |index: &Index| index.similar("A", &index.view(|program, _| program == "one"), 5);
        assert_eq!(told(&whole), told(&alone));
    }
}
