//! A question answered: what the asker may see is cut out first; then words are matched, counted and weighed within it.

use super::ask::{Field, Question, Word};
use super::index::{FOLDED, Index, View, letters, numbers, rarity, worth};

/// Most other spellings of a word that are tried.
const SPELLINGS: usize = 6;
/// Most words that go on from a beginning.
const GOING_ON: usize = 40;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The best of them, best first.
    pub hits: Vec<Hit>,
    /// How many there are, of those the asker may see.
    pub total: usize,
    /// Words that stand nowhere, with those that were taken instead.
    pub respelt: Vec<(String, Vec<String>)>,
    /// Whether no report has all the words, so that these have only some.
    pub some: bool,
}

/// One report that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Name of the case.
    pub id: String,
    /// How well it fits; only the order means something.
    pub score: f32,
}

/// A word with the numbers that stand for it, and how much each counts.
struct Wanted {
    numbers: Vec<(u32, f32)>,
    seen: u32,
}

impl Index {
    /// Answers a question for an asker: up to `limit` reports after the first `skip`. `now` is in seconds, `me` is the
    /// asker as a holder of cases.
    pub fn search(&self, question: &Question, view: &View, now: i64, me: &str, skip: usize, limit: usize) -> Answer {
        let mut answer = Answer::default();
        if question.is_empty() {
            return answer;
        }
        let mut wanted = Vec::new();
        for word in &question.words {
            let (numbers, others) = self.meant(word, view);
            if !others.is_empty() {
                answer.respelt.push((word.given.clone(), others));
            }
            let seen = numbers.iter().map(|(number, _)| self.seen(*number, view)).sum();
            wanted.push(Wanted { numbers, seen });
        }
        // The rarest first, so that few reports are left for the common ones.
        wanted.sort_by_key(|word| word.seen);
        let phrases: Vec<Option<Vec<u32>>> = question
            .phrases
            .iter()
            .map(|phrase| phrase.iter().map(|word| self.words.get(word.as_str()).copied()).collect())
            .collect();
        let without: Vec<u32> =
            question.without.iter().filter_map(|word| self.words.get(word.as_str()).copied()).collect();
        let folds: Vec<(Vec<u32>, bool)> = question
            .filters
            .iter()
            .filter_map(|filter| match filter.field {
                Field::Fold => Some((self.fold(&filter.value, view), filter.not)),
                Field::Related => Some((self.linked(&filter.value, view), filter.not)),
                _ => None,
            })
            .collect();
        let fits = |report: u32| {
            let kept = &self.reports[report as usize];
            folds.iter().all(|(fold, not)| fold.binary_search(&report).is_ok() != *not)
                && question.filters.iter().all(|filter| match filter.field {
                    Field::Lane => (self.lane(report, view) == filter.value) != filter.not,
                    _ => filter.fits(&kept.entry, now, me),
                })
                && without.iter().all(|number| {
                    self.marks[*number as usize].binary_search_by_key(&report, |mark| mark.report()).is_err()
                })
                && phrases.iter().all(|phrase| phrase.as_ref().is_some_and(|phrase| stands(&kept.text, phrase)))
        };
        let mut found = self.matched(&wanted, view, true);
        found.retain(|(report, _)| fits(*report));
        if found.is_empty() && wanted.len() > 1 && question.phrases.is_empty() {
            found = self.matched(&wanted, view, false);
            found.retain(|(report, _)| fits(*report));
            answer.some = !found.is_empty();
        }
        answer.total = found.len();
        if wanted.is_empty() {
            // Nothing is weighed: what is due first, then the newest.
            let key = |report: u32| {
                let entry = &self.reports[report as usize].entry;
                (entry.due.unwrap_or(i64::MAX), std::cmp::Reverse(entry.opened))
            };
            found.sort_by_key(|(report, _)| key(*report));
        } else {
            let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0));
            let wish = skip.saturating_add(limit);
            if found.len() > wish && wish > 0 {
                found.select_nth_unstable_by(wish - 1, order);
                found.truncate(wish);
            }
            found.sort_by(order);
        }
        answer.hits = found
            .into_iter()
            .skip(skip)
            .take(limit)
            .map(|(report, score)| Hit { id: self.reports[report as usize].entry.id.clone(), score })
            .collect();
        answer
    }

    /// The cases that a case is linked with, of those the asker may see. A link that leads to what they may not see does not
    /// show that it is there.
    pub fn related(&self, id: &str, view: &View) -> Vec<&str> {
        let seen = |id: &str| self.report_of(id).filter(|report| view.has(*report));
        let Some(report) = seen(id) else { return Vec::new() };
        let related = &self.reports[report as usize].entry.related;
        related.iter().map(String::as_str).filter(|other| seen(other).is_some()).collect()
    }

    /// Reports of the cases that this one is linked with, or with `any` of all that are linked, by number.
    fn linked(&self, value: &str, view: &View) -> Vec<u32> {
        let mut linked: Vec<u32> = if value == "any" {
            let all = self.entries().filter(|entry| !entry.related.is_empty());
            let linked = all.filter(|entry| !self.related(&entry.id, view).is_empty());
            linked.filter_map(|entry| self.report_of(&entry.id)).collect()
        } else {
            // Names of cases are written in capital letters.
            let id = if self.report_of(value).is_some() { value.to_owned() } else { value.to_uppercase() };
            self.related(&id, view).into_iter().filter_map(|other| self.report_of(other)).collect()
        };
        linked.sort_unstable();
        linked
    }

    /// The lane of a report, as the asker may know it: folded only when they see those it is folded under.
    fn lane(&self, report: u32, view: &View) -> &str {
        let lane = self.reports[report as usize].entry.lane.as_str();
        match lane {
            "folded" if self.alike_seen(report, view, true, FOLDED) < FOLDED => "normal",
            _ => lane,
        }
    }

    /// Reports that have all the words, or any of them, with their scores. Without words, every one that is seen.
    fn matched(&self, wanted: &[Wanted], view: &View, all: bool) -> Vec<(u32, f32)> {
        if wanted.is_empty() {
            let count = u32::try_from(self.reports.len()).unwrap_or(u32::MAX);
            return (0..count).filter(|report| view.has(*report)).map(|report| (report, 0.0)).collect();
        }
        let average = view.average();
        let mut scores: Vec<f32> = vec![0.0; self.reports.len()];
        let mut have: Vec<u8> = vec![0; self.reports.len()];
        let mut touched: Vec<u32> = Vec::new();
        for (turn, word) in (0_u8..).zip(wanted) {
            let rarity = rarity(word.seen, view.count);
            for (number, factor) in &word.numbers {
                for mark in &self.marks[*number as usize] {
                    let report = mark.report();
                    if !view.has(report) {
                        continue;
                    }
                    let had = &mut have[report as usize];
                    if all && *had != turn && *had != turn + 1 {
                        continue;
                    }
                    if scores[report as usize] == 0.0 {
                        touched.push(report);
                    }
                    *had = if all { turn + 1 } else { 1 };
                    let words = self.lengths[report as usize];
                    scores[report as usize] += factor * worth(mark.weight(), words, average, rarity);
                }
            }
        }
        let last = if all { u8::try_from(wanted.len()).unwrap_or(u8::MAX) } else { 1 };
        touched.retain(|report| have[*report as usize] == last);
        touched.into_iter().map(|report| (report, scores[report as usize])).collect()
    }

    /// The numbers that a word stands for: itself; words that begin with it; where neither is anywhere to be seen, words
    /// that are spelt nearly so, which are told.
    fn meant(&self, word: &Word, view: &View) -> (Vec<(u32, f32)>, Vec<String>) {
        let own = self.words.get(word.word.as_str()).copied().filter(|number| self.seen(*number, view) > 0);
        let mut numbers: Vec<(u32, f32)> = own.map(|number| (number, 1.0)).into_iter().collect();
        if word.begins || (own.is_none() && word.word.len() >= 3) {
            let beginning = if word.begins { word.given.to_lowercase() } else { word.word.clone() };
            let mut going_on: Vec<(u32, u32)> = (0_u32..)
                .zip(&self.vocabulary)
                .filter(|(number, known)| known.starts_with(beginning.as_str()) && Some(*number) != own)
                .map(|(number, _)| (self.seen(number, view), number))
                .filter(|(seen, _)| *seen > 0)
                .collect();
            going_on.sort_by(|a, b| b.cmp(a));
            numbers.extend(going_on.into_iter().take(GOING_ON).map(|(_, number)| (number, 0.8)));
        }
        if !numbers.is_empty() || word.word.len() < 4 {
            return (numbers, Vec::new());
        }
        let most = if word.word.len() < 8 { 1 } else { 2 };
        let mask = letters(&word.word);
        let mut near: Vec<(usize, std::cmp::Reverse<u32>, u32)> = Vec::new();
        for ((number, known), has) in (0_u32..).zip(&self.vocabulary).zip(&self.letters) {
            if (has ^ mask).count_ones() as usize > 2 * most || known.len().abs_diff(word.word.len()) > most {
                continue;
            }
            let Some(far) = distance(&word.word, known, most) else { continue };
            let seen = self.seen(number, view);
            if seen > 0 {
                near.push((far, std::cmp::Reverse(seen), number));
            }
        }
        near.sort_unstable();
        near.truncate(SPELLINGS);
        let least = near.first().map_or(0, |(far, ..)| *far);
        near.retain(|(far, ..)| *far == least);
        let others = near.iter().map(|(.., number)| self.vocabulary[*number as usize].to_string()).collect();
        (near.into_iter().map(|(far, _, number)| (number, if far == 1 { 0.7 } else { 0.5 })).collect(), others)
    }
}

/// Whether numbers stand one behind the other in a text.
fn stands(text: &[u8], phrase: &[u32]) -> bool {
    let all: Vec<u32> = numbers(text).collect();
    all.windows(phrase.len().max(1)).any(|run| run == phrase)
}

/// How many letters two words differ by, one exchange of neighbours counting once; `None` past `most`.
fn distance(one: &str, two: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), two.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        let mut least = i;
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (above[j - 1] + same).min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
            least = least.min(row[j]);
        }
        if least > most {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().filter(|far| *far <= most)
}

#[cfg(test)]
mod tests {
    use super::super::index::Entry;
    use super::*;

    fn index() -> Index {
        let mut index = Index::new();
        for (id, program, state, title, body) in [
            ("A", "one", "triage", "Heap buffer overflow in the parser", "A crafted image overflows the heap buffer."),
            ("B", "one", "closed", "Cross-site scripting in comments", "The comment is shown without escaping."),
            (
                "C",
                "two",
                "new",
                "Overflow of a counter",
                "The secretword counter of logins runs over. Buffer and heap are apart.",
            ),
        ] {
            index.put(Entry {
                id: id.into(),
                program: program.into(),
                state: state.into(),
                open: state != "closed",
                title: title.into(),
                body: body.into(),
                ..Entry::default()
            });
        }
        index
    }

    fn ask(index: &Index, programs: &[&str], text: &str) -> (Vec<String>, usize) {
        let view = index.view(|program, _| programs.contains(&program));
        let answer = index.search(&Question::parse(text), &view, 0, "", 0, 10);
        (answer.hits.into_iter().map(|hit| hit.id).collect(), answer.total)
    }

    #[test]
    fn words_phrases_and_fields_find_what_has_them() {
        let index = index();
        let all = ["one", "two"];
        assert_eq!(ask(&index, &all, "overflow").0, ["A", "C"]);
        assert_eq!(ask(&index, &all, "\"heap buffer\"").0, ["A"]);
        assert_eq!(ask(&index, &all, "heap buffer").0, ["A", "C"]);
        assert_eq!(ask(&index, &all, "overflow -counter").0, ["A"]);
        assert_eq!(ask(&index, &all, "state:closed").0, ["B"]);
        assert_eq!(ask(&index, &all, "is:open overflow state:new").0, ["C"]);
        assert_eq!(ask(&index, &all, "overfl*").0, ["A", "C"]);
    }

    #[test]
    fn abuse_l1_a_linked_case_is_found_by_whoever_may_see_both_and_by_nobody_else() {
        let mut index = index();
        for (id, program, other) in [("S-1", "one", "T-1"), ("T-1", "two", "S-1"), ("S-2", "one", "gone")] {
            let related = vec![other.to_owned()];
            index.put(Entry { id: id.into(), program: program.into(), related, ..Entry::default() });
        }
        let all = ["one", "two"];
        assert_eq!(ask(&index, &all, "related:T-1").0, ["S-1"]);
        assert_eq!(ask(&index, &all, "related:s-1").0, ["T-1"]);
        let mut any = ask(&index, &all, "related:any").0;
        any.sort();
        assert_eq!(any, ["S-1", "T-1"]);
        assert_eq!(ask(&index, &all, "related:any program:two").0, ["T-1"]);
        for question in ["related:any", "related:T-1", "related:S-1", "related:gone"] {
            assert_eq!(ask(&index, &["one"], question).1, 0, "{question}");
        }
        let one = index.view(|program, _| program == "one");
        assert_eq!(index.related("S-1", &one), Vec::<&str>::new());
        assert_eq!(index.related("S-1", &index.view(|_, _| true)), ["T-1"]);
    }

    #[test]
    fn a_misspelt_word_finds_what_was_meant_and_says_so() {
        let index = index();
        let view = index.view(|_, _| true);
        let answer = index.search(&Question::parse("scirpting coments"), &view, 0, "", 0, 10);
        assert_eq!(answer.hits.len(), 1);
        assert_eq!(answer.respelt[0], ("scirpting".into(), vec!["script".into()]));
    }

    #[test]
    fn a_report_with_some_words_is_shown_when_none_has_all() {
        let index = index();
        let view = index.view(|_, _| true);
        let answer = index.search(&Question::parse("scripting overflow"), &view, 0, "", 0, 10);
        assert!(answer.some && answer.total == 3, "{answer:?}");
    }

    #[test]
    fn abuse_l1_what_may_not_be_seen_changes_no_hit_no_count_no_spelling_and_no_score() {
        let whole = index();
        let mut alone = index();
        alone.remove("C");
        for text in [
            "overflow",
            "secretword",
            "secret*",
            "secretwrd",
            "heap buffer",
            "is:open",
            "overflow -parser",
            "\"counter of\"",
        ] {
            let answer = |index: &Index| {
                let view = index.view(|program, _| program == "one");
                index.search(&Question::parse(text), &view, 0, "", 0, 10)
            };
            assert_eq!(answer(&whole), answer(&alone), "{text}");
        }
    }

    #[test]
    fn what_leaves_is_gone_at_once_and_what_changes_is_found_anew() {
        let mut index = index();
        index.remove("A");
        assert_eq!(ask(&index, &["one"], "parser").1, 0);
        index.put(Entry {
            id: "B".into(),
            program: "one".into(),
            title: "Now about the parser".into(),
            ..Entry::default()
        });
        assert_eq!(ask(&index, &["one"], "parser").0, ["B"]);
        assert_eq!(ask(&index, &["one"], "scripting").1, 0);
        assert_eq!(index.len(), 2);
    }

    #[test]
    fn the_fourth_report_of_one_text_is_folded_and_the_first_three_are_not() {
        let mut index = Index::new();
        let text = "Hello team, I am an ethical hacker and I found that your site lacks the header that keeps pages from being framed, which lets others trick your users. I hope for a reward.";
        for n in 0..5 {
            index.put(Entry {
                id: format!("{n}"),
                program: "one".into(),
                grants: if n < 3 { "theirs".into() } else { "mine".into() },
                open: true,
                lane: "normal".into(),
                title: "Clickjacking".into(),
                template: super::super::words::template(&format!("{text} Site{n}.example"), 1),
                ..Entry::default()
            });
        }
        let mut folded = ask(&index, &["one"], "lane:folded").0;
        folded.sort();
        assert_eq!(folded, ["3", "4"]);
        // Any of them opens the fold; whoever may not see it opens nothing.
        let mut all = ask(&index, &["one"], "fold:4").0;
        all.sort();
        assert_eq!(all, ["0", "1", "2", "3", "4"]);
        assert_eq!(ask(&index, &["one"], "fold:4 lane:folded").1, 2);
        // What is folded under reports that the asker may not see is not folded for them.
        let few = index.view(|_, grants| grants == "mine");
        assert_eq!(index.search(&Question::parse("lane:folded"), &few, 0, "", 0, 10).total, 0);
        assert_eq!(index.search(&Question::parse("lane:normal"), &few, 0, "", 0, 10).total, 2);
        assert_eq!((index.alike_to("4", &few, 9), index.alike_to("4", &index.view(|_, _| true), 3)), (1, 3));
        assert_eq!((ask(&index, &["two"], "fold:4").1, ask(&index, &["one"], "fold:nothing").1), (0, 0));
    }

    #[test]
    fn many_changes_leave_the_same_answers() {
        let mut index = index();
        for round in 0..3_000 {
            index.put(Entry {
                id: "B".into(),
                program: "one".into(),
                title: format!("Round{round} of the parser"),
                ..Entry::default()
            });
        }
        assert_eq!(ask(&index, &["one"], "parser").0.len(), 2);
        assert_eq!(ask(&index, &["one"], "round2999").0, ["B"]);
        assert_eq!(ask(&index, &["one"], "\"heap buffer\"").0, ["A"]);
        assert!(index.reports.len() < 2_000 && index.vocabulary() < 2_000);
    }
}
