//! The index: which word stands in which report, by numbers.
//!
//! A report has a number; a changed one gets a new number and the old one is void. Per word there is a list of numbers
//! in order, each with how often the word stands there; the words of each report stand in order as well, for phrases and
//! for leaving again. When a quarter of the numbers is void, everything is written anew.

use super::hash::Map;
use super::similar::Key;
use super::words;
use std::collections::BTreeSet;

/// What the index is told of a case. Texts are turned into words and not kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// Name of the case.
    pub id: String,
    /// Its program.
    pub program: String,
    /// To whom it is open, as [`crate::standing::write`] has it.
    pub grants: String,
    /// Where it stands, as the API says it.
    pub state: String,
    /// Whether work is left.
    pub open: bool,
    /// Whether its advisory is public.
    pub published: bool,
    /// The member who holds it.
    pub holder: String,
    /// Name of the holder for people.
    pub holder_name: String,
    /// Product.
    pub product: String,
    /// Component.
    pub component: String,
    /// Severity as a word; empty before it is rated.
    pub severity: String,
    /// The lane of the queue.
    pub lane: String,
    /// Names and addresses of the reporters, by words.
    pub reporter: String,
    /// When it came, in seconds.
    pub opened: i64,
    /// When its next clock falls due, in seconds.
    pub due: Option<i64>,
    /// Weaknesses by number.
    pub cwe: Vec<u32>,
    /// Public identifiers.
    pub identifiers: Vec<String>,
    /// Cases that it is linked with, by name.
    pub related: Vec<String>,
    /// Title.
    pub title: String,
    /// Everything else that is said about the problem.
    pub body: String,
    /// What makes another report the same with near certainty.
    pub keys: Vec<Key>,
    /// Numbers of its template.
    pub template: Vec<u64>,
}

/// What is kept of a case beside the words.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub entry: Entry,
    /// Its words in order, as numbers in seven bits each; those of the title first.
    pub text: Vec<u8>,
    /// How many words the title has, and all.
    pub title: u32,
    pub words: u32,
    pub alive: bool,
}

/// One mark in the list of a word: number of the report in 24 bits, whether it is in the title, how often it is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(u32);

impl Mark {
    fn new(report: u32, title: bool, times: u32) -> Self {
        Self(report << 8 | u32::from(title) << 7 | times.min(127))
    }

    pub(super) fn report(self) -> u32 {
        self.0 >> 8
    }

    pub(super) fn is_title(self) -> bool {
        self.0 & 128 != 0
    }

    /// How much the word weighs there: a title counts as three more.
    pub(super) fn weight(self) -> f32 {
        let times = (self.0 & 127) as f32;
        if self.0 & 128 == 0 { times } else { times + 3.0 }
    }
}

/// So many reports of one text are read; those after them are folded.
pub(super) const FOLDED: usize = 3;

/// Stands for the circle of a report that is void.
const NOBODY: u32 = u32::MAX;

/// Most reports the index has numbers for.
const MOST: usize = 1 << 24;

/// The index. See the module.
#[derive(Debug, Default)]
pub struct Index {
    pub(super) words: Map<Box<str>, u32>,
    pub(super) vocabulary: Vec<Box<str>>,
    /// Which letters each word has, for the search of misspelt words.
    pub(super) letters: Vec<u32>,
    pub(super) marks: Vec<Vec<Mark>>,
    pub(super) reports: Vec<Kept>,
    pub(super) keys: Map<u64, Vec<u32>>,
    pub(super) templates: Map<u64, Vec<u32>>,
    /// Words of each report, beside the reports so that a walk over all of them is short.
    pub(super) lengths: Vec<u32>,
    /// The circle of those to whom each report is open; [`NOBODY`] for one that is void.
    circles: Vec<u32>,
    /// Programs and grants, each pair once.
    open_to: Vec<(Box<str>, Box<str>)>,
    circle_of: Map<Box<str>, u32>,
    by_id: Map<Box<str>, u32>,
    void: usize,
}

/// What an asker may see: the numbers of reports, and what must be known of them as a whole.
#[derive(Debug)]
pub struct View {
    bits: Vec<u64>,
    /// How many reports are seen.
    pub count: u32,
    /// How many words they have together.
    pub(super) length: u64,
}

impl View {
    pub(super) fn has(&self, report: u32) -> bool {
        self.bits.get(report as usize / 64).is_some_and(|word| word >> (report % 64) & 1 == 1)
    }

    /// Words of a report on average; never zero.
    pub(super) fn average(&self) -> f32 {
        (self.length as f32 / self.count.max(1) as f32).max(1.0)
    }
}

impl Index {
    /// An index of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many reports are in it.
    pub fn len(&self) -> usize {
        self.reports.len() - self.void
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many words it knows.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary.len()
    }

    /// Bytes it takes in memory, roughly: the large tables, counted.
    pub fn bytes(&self) -> usize {
        let marks: usize = self.marks.iter().map(|list| list.capacity() * 4 + 24).sum();
        let reports: usize = self
            .reports
            .iter()
            .map(|one| {
                let entry = &one.entry;
                let texts = [
                    &entry.id,
                    &entry.program,
                    &entry.title,
                    &entry.product,
                    &entry.component,
                    &entry.reporter,
                    &entry.state,
                    &entry.lane,
                ];
                let texts: usize = texts.iter().map(|text| text.capacity()).sum();
                let keys: usize = entry.keys.iter().map(|key| key.text.capacity() + size_of::<Key>()).sum();
                size_of::<Kept>() + one.text.capacity() + texts + keys + entry.template.capacity() * 8
            })
            .sum();
        let words: usize = self.vocabulary.iter().map(|word| word.len() * 2 + 16 + 32 + 4).sum();
        let lists = |map: &Map<u64, Vec<u32>>| map.values().map(|list| list.capacity() * 4 + 48).sum::<usize>();
        marks + reports + words + lists(&self.keys) + lists(&self.templates)
    }

    /// Puts a case in, or in the place of what was known of it.
    pub fn put(&mut self, mut entry: Entry) {
        self.remove(&entry.id);
        let Ok(report) = u32::try_from(self.reports.len()) else { return };
        if self.reports.len() >= MOST {
            return;
        }
        let mut text = Vec::new();
        let mut times: Map<u32, (bool, u32)> = Map::default();
        let mut count = 0;
        let mut in_title = 0;
        for (title, part) in [
            (true, entry.title.as_str()),
            (false, entry.component.as_str()),
            (false, entry.product.as_str()),
            (false, entry.body.as_str()),
        ] {
            words::each(part, |word| {
                let number = self.number(word);
                put_number(&mut text, number);
                let seen = times.entry(number).or_default();
                seen.0 |= title;
                seen.1 += 1;
                count += 1;
            });
            if title {
                in_title = count;
            }
        }
        for (number, (title, times)) in times {
            self.marks[number as usize].push(Mark::new(report, title, times));
        }
        for key in &entry.keys {
            self.keys.entry(key.hash()).or_default().push(report);
        }
        for number in &entry.template {
            self.templates.entry(*number).or_default().push(report);
        }
        if entry.open && entry.lane == "normal" && self.alike_before(&entry) >= FOLDED {
            entry.lane = "folded".into();
        }
        self.by_id.insert(entry.id.as_str().into(), report);
        entry.body = String::new();
        text.shrink_to_fit();
        let circle = self.circle(&entry.program, &entry.grants);
        self.circles.push(circle);
        self.lengths.push(count);
        self.reports.push(Kept { entry, text, title: in_title, words: count, alive: true });
    }

    /// How many earlier reports of the same program have the same text but for names and figures.
    fn alike_before(&self, entry: &Entry) -> usize {
        let mut bands: Map<u32, u32> = Map::default();
        for number in &entry.template {
            for other in self.templates.get(number).into_iter().flatten() {
                *bands.entry(*other).or_default() += 1;
            }
        }
        let same = |report: &u32| {
            self.reports.get(*report as usize).is_some_and(|kept| {
                let other = &kept.entry;
                other.program == entry.program && (other.opened, &other.id) < (entry.opened, &entry.id)
            })
        };
        bands.iter().filter(|(report, count)| **count >= 2 && same(report)).count()
    }

    /// Takes a case out; what was known of it is gone at once.
    pub fn remove(&mut self, id: &str) {
        let Some(report) = self.by_id.remove(id) else { return };
        let old = std::mem::take(&mut self.reports[report as usize]);
        self.circles[report as usize] = NOBODY;
        let mut seen = BTreeSet::new();
        for number in numbers(&old.text) {
            if seen.insert(number)
                && let Some(list) = self.marks.get_mut(number as usize)
                && let Ok(at) = list.binary_search_by_key(&report, |mark| mark.report())
            {
                list.remove(at);
            }
        }
        for key in &old.entry.keys {
            if let Some(list) = self.keys.get_mut(&key.hash()) {
                list.retain(|other| *other != report);
            }
        }
        for number in &old.entry.template {
            if let Some(list) = self.templates.get_mut(number) {
                list.retain(|other| *other != report);
            }
        }
        self.void += 1;
        if self.void > 1_000 && self.void * 4 > self.reports.len() {
            self.renumber();
        }
    }

    /// Gives the reports new numbers without gaps, and forgets words that stand nowhere.
    fn renumber(&mut self) {
        let old = std::mem::take(self);
        let mut to: Vec<Option<u32>> = Vec::with_capacity(old.reports.len());
        let mut words_to: Vec<Option<u32>> = Vec::with_capacity(old.vocabulary.len());
        let mut next = 0;
        for kept in &old.reports {
            to.push(kept.alive.then_some(next));
            next += u32::from(kept.alive);
        }
        for ((word, list), letters) in old.vocabulary.into_iter().zip(old.marks).zip(old.letters) {
            let list: Vec<Mark> = list
                .into_iter()
                .filter_map(|mark| Some(Mark(to[mark.report() as usize]? << 8 | mark.0 & 255)))
                .collect();
            if list.is_empty() {
                words_to.push(None);
                continue;
            }
            let number = u32::try_from(self.vocabulary.len()).unwrap_or(u32::MAX);
            words_to.push(Some(number));
            self.words.insert(word.clone(), number);
            self.vocabulary.push(word);
            self.letters.push(letters);
            self.marks.push(list);
        }
        for (map, from) in [(&mut self.keys, old.keys), (&mut self.templates, old.templates)] {
            for (key, list) in from {
                let list: Vec<u32> = list.into_iter().filter_map(|report| to[report as usize]).collect();
                if !list.is_empty() {
                    map.insert(key, list);
                }
            }
        }
        for mut kept in old.reports.into_iter().filter(|kept| kept.alive) {
            let mut text = Vec::with_capacity(kept.text.len());
            for number in numbers(&kept.text) {
                if let Some(number) = words_to[number as usize] {
                    put_number(&mut text, number);
                }
            }
            kept.text = text;
            let report = u32::try_from(self.reports.len()).unwrap_or(u32::MAX);
            self.by_id.insert(kept.entry.id.as_str().into(), report);
            let circle = self.circle(&kept.entry.program, &kept.entry.grants);
            self.circles.push(circle);
            self.lengths.push(kept.words);
            self.reports.push(kept);
        }
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = u32::try_from(self.vocabulary.len()).unwrap_or(u32::MAX);
        self.words.insert(word.into(), number);
        self.vocabulary.push(word.into());
        self.letters.push(letters(word));
        self.marks.push(Vec::new());
        number
    }

    /// What is known of a case.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.by_id.get(id).map(|report| &self.reports[*report as usize].entry)
    }

    pub(super) fn report_of(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// Everything in it.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.reports.iter().filter(|kept| kept.alive).map(|kept| &kept.entry)
    }

    /// The number of a program with some grants. There are few of them, however many cases.
    fn circle(&mut self, program: &str, grants: &str) -> u32 {
        let name = format!("{program}\0{grants}");
        if let Some(known) = self.circle_of.get(name.as_str()) {
            return *known;
        }
        let at = u32::try_from(self.open_to.len()).unwrap_or(NOBODY);
        self.open_to.push((program.into(), grants.into()));
        self.circle_of.insert(name.into(), at);
        at
    }

    /// What an asker may see, by a rule on a program and the grants of a case in it.
    pub fn view(&self, mut may_see: impl FnMut(&str, &str) -> bool) -> View {
        let allowed: Vec<bool> = self.open_to.iter().map(|(program, grants)| may_see(program, grants)).collect();
        let mut view = View { bits: vec![0; self.circles.len().div_ceil(64)], count: 0, length: 0 };
        for (at, (circle, length)) in self.circles.iter().zip(&self.lengths).enumerate() {
            if allowed.get(*circle as usize).copied().unwrap_or(false) {
                view.bits[at / 64] |= 1 << (at % 64);
                view.count += 1;
                view.length += u64::from(*length);
            }
        }
        view
    }

    /// The marks of a word that the asker may see, and how many they are.
    pub(super) fn seen(&self, number: u32, view: &View) -> u32 {
        let count = self.marks[number as usize].iter().filter(|mark| view.has(mark.report())).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// How much a word says: much when few of the reports seen have it.
pub(super) fn rarity(seen: u32, of: u32) -> f32 {
    rarity_of(seen as f32, of as f32)
}

/// The same of numbers that are reckoned.
pub(super) fn rarity_of(seen: f32, of: f32) -> f32 {
    ((of - seen + 0.5) / (seen + 0.5)).ln_1p()
}

/// What a word that weighs so much adds to a report (Okapi BM25, k1 1.2, b 0.75).
pub(super) fn worth(weight: f32, words: u32, average: f32, rarity: f32) -> f32 {
    rarity * weight * 2.2 / (weight + 1.2 * (0.25 + 0.75 * words as f32 / average))
}

/// Which letters a word has, one bit each; digits share one, all else another.
pub(super) fn letters(word: &str) -> u32 {
    word.bytes().fold(0, |all, byte| {
        all | 1
            << match byte {
                b'a'..=b'z' => byte - b'a',
                b'0'..=b'9' => 26,
                _ => 27,
            }
    })
}

fn put_number(text: &mut Vec<u8>, mut number: u32) {
    while number >= 128 {
        text.push(number.to_le_bytes()[0] | 128);
        number >>= 7;
    }
    text.push(number.to_le_bytes()[0]);
}

/// The numbers of a text in order.
pub(super) fn numbers(text: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let mut bytes = text.iter();
    std::iter::from_fn(move || {
        let mut number = 0;
        let mut shift = 0;
        loop {
            let byte = *bytes.next()?;
            number |= u32::from(byte & 127) << shift;
            if byte & 128 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    })
}
