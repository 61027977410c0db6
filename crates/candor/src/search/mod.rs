//! Search over cases, and the likely duplicates of one: reads cases into the index of this process and asks it.
//!
//! What an asker may not see is left out before anything is matched, counted or weighed. Each case that is found is
//! looked up again before it is shown, so what was erased by another process is not shown even while the index still
//! has it.

mod fill; // cases into the index
pub mod saved; // questions that a member keeps

pub use fill::{catch_up, entry_of, keep, warm};

use crate::app::App;
use crate::app::shelf::Stage;
use crate::error::Error;
use crate::execute::queue::{Filter, QueueRow, queue, rows_of};
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::event::Justification;
use candor_core::id::{CaseId, ProgramSlug};
use candor_core::likeness::{Likely, Question, Reason, View};
use candor_core::policy::Policy;
use candor_core::remediation::{self, Place};
use candor_core::standing::{self, Relation};
use std::collections::{BTreeMap, BTreeSet};

/// Most cases that are looked through for a decision.
const DECIDED: usize = 20;

/// So many other reports of one text are called many.
pub const MANY: usize = 3;
/// Counted up to here, a fold is told as so many or more.
pub const MANY_MORE: usize = 100;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The cases, best first.
    pub rows: Vec<QueueRow>,
    /// How many there are of those the asker may see.
    pub total: usize,
    /// Words that stand nowhere, with those taken instead.
    pub respelt: Vec<(String, Vec<String>)>,
    /// Whether these have only some of the words.
    pub some: bool,
    /// What was not understood.
    pub problems: Vec<String>,
    /// Whether cases are still being read, so that some may be missing.
    pub warming: bool,
}

/// A likely duplicate.
#[derive(Debug, Clone)]
pub struct LikelyCase {
    /// The case as the queue shows it.
    pub row: QueueRow,
    /// How alike; only the order means something.
    pub score: f32,
    /// Why, in words, the strongest first.
    pub reasons: Vec<String>,
}

/// What an asker may see: the same rule as everywhere, asked once for all cases of a program that are open to the same.
fn view_of(app: &App, actor: &Actor) -> View {
    let now = app.now();
    // Most are told by the words that open a case, worked out once per program; what ends at an instant is looked at anew.
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    app.shelf.read().view(|program, grants| {
        let slug = ProgramSlug(program.to_owned());
        if grants.contains(" until:") {
            return standing::relation(actor, &slug, &standing::read(grants), now) == Relation::On;
        }
        let words = known.entry(program.to_owned()).or_insert_with(|| match actor.role(&slug) {
            Some(_) => standing::words(actor, &slug).iter().map(|word| format!(" {word} ")).collect(),
            None => Vec::new(),
        });
        words.iter().any(|word| grants.contains(word.as_str()))
    })
}

/// Answers a question: up to `limit` cases after the first `skip`.
///
/// # Errors
/// When the store cannot be read.
pub async fn search(app: &App, actor: &Actor, text: &str, skip: usize, limit: usize) -> Result<Found, Error> {
    catch_up(app).await?;
    let question = Question::parse(text);
    let me = actor.member().map(|member| member.0.clone()).unwrap_or_default();
    let view = view_of(app, actor);
    let answer = app.shelf.read().search(&question, &view, app.now().as_second(), &me, skip, limit);
    let ids: Vec<String> = answer.hits.into_iter().map(|hit| hit.id).collect();
    let rows = rows_of(app, actor, &ids).await?;
    let gone = ids.len() - rows.len();
    if gone > 0 {
        // Another process changed or erased them; they are read again before the next answer.
        for id in ids.iter().filter(|id| rows.iter().all(|row| row.id.0 != **id)) {
            app.shelf.touch(id);
        }
    }
    Ok(Found {
        rows,
        total: answer.total - gone,
        respelt: answer.respelt,
        some: answer.some,
        problems: question.problems,
        warming: app.shelf.stage() != Stage::Ready,
    })
}

/// The most likely duplicates of a case. The caller has made sure that the asker may see the case.
///
/// # Errors
/// When the store cannot be read.
pub async fn similar(app: &App, actor: &Actor, case: &CaseId, most: usize) -> Result<Vec<LikelyCase>, Error> {
    catch_up(app).await?;
    let view = view_of(app, actor);
    let likely = app.shelf.read().similar(case.as_str(), &view, most);
    shown(app, actor, likely).await
}

/// How many of these cases' reports have the same text as others, for a list: only those that many have, counted up to
/// [`MANY_MORE`]. Nothing is read for it; a case that the index does not have yet has no mark.
pub fn folds(app: &App, actor: &Actor, ids: &[&str]) -> BTreeMap<String, usize> {
    let view = view_of(app, actor);
    let index = app.shelf.read();
    let alike = ids.iter().map(|id| ((*id).to_owned(), index.alike_to(id, &view, MANY_MORE)));
    alike.filter(|(_, alike)| *alike >= MANY).collect()
}

/// How many cases each of these is linked with, for a list: of those the asker may see, and only where there are any.
pub fn related(app: &App, actor: &Actor, ids: &[&str]) -> BTreeMap<String, usize> {
    let view = view_of(app, actor);
    let index = app.shelf.read();
    let related = ids.iter().map(|id| ((*id).to_owned(), index.related(id, &view).len()));
    related.filter(|(_, related)| *related > 0).collect()
}

/// How many other reports have the same text but for names and figures.
pub fn alike(app: &App, actor: &Actor, case: &CaseId) -> usize {
    let view = view_of(app, actor);
    app.shelf.read().same_template(case.as_str(), &view)
}

async fn shown(app: &App, actor: &Actor, likely: Vec<Likely>) -> Result<Vec<LikelyCase>, Error> {
    let ids: Vec<String> = likely.iter().map(|one| one.id.clone()).collect();
    let mut rows: BTreeMap<String, QueueRow> =
        rows_of(app, actor, &ids).await?.into_iter().map(|row| (row.id.0.clone(), row)).collect();
    Ok(likely
        .into_iter()
        .filter_map(|one| {
            let row = rows.remove(&one.id)?;
            Some(LikelyCase { row, score: one.score, reasons: one.reasons.iter().map(words).collect() })
        })
        .collect())
}

/// A reason in words.
fn words(reason: &Reason) -> String {
    match reason {
        Reason::Key(key) => format!("{}: {}", key.kind.words(), key.text.replace("cwe-", "CWE-")),
        Reason::Template => "the same text with other names or figures".into(),
        Reason::Words(words) => format!("words in common: {}", words.join(", ")),
    }
}

/// A decision on record about a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The case it was made in.
    pub case: CaseId,
    /// The package and what was decided, in words.
    pub words: String,
    /// The package.
    pub package: String,
    /// Why the product is not affected; `None` when it is.
    pub justification: Option<Justification>,
}

/// What was decided in other cases of the same program about vulnerabilities of dependencies with these identifiers.
///
/// # Errors
/// When a case cannot be read.
pub async fn decided(app: &App, actor: &Actor, case: &Case, ids: &[String]) -> Result<Vec<Decided>, Error> {
    let mut found = Vec::new();
    let names: BTreeSet<String> = {
        let view = view_of(app, actor);
        let index = app.shelf.read();
        ids.iter().flat_map(|id| index.naming(id, &view)).filter(|id| id != case.id.as_str()).take(DECIDED).collect()
    };
    for id in names {
        let other = match crate::execute::load_case(app, actor, &CaseId(id)).await {
            Ok(other) if other.program == case.program => other,
            Ok(_) | Err(Error::NotFound | Error::NotOn) => continue,
            Err(why) => return Err(why),
        };
        for known in &other.dependencies {
            let what = match (known.affected, known.justification) {
                (true, _) => "affected".to_owned(),
                (false, Some(why)) => format!("not affected, {}", why.label()),
                (false, None) => "not affected".to_owned(),
            };
            let words = format!("{}: {what}. {}", known.package, known.text);
            found.push(Decided {
                case: other.id.clone(),
                words: words.trim().to_owned(),
                package: known.package.clone(),
                justification: known.justification,
            });
        }
    }
    Ok(found)
}

/// Cases that are looked through for places to audit.
const LOOKED_THROUGH: u32 = 60;

/// Where the same mistake could be, from other cases of the program that the asker may see.
///
/// # Errors
/// When a case cannot be read.
pub async fn places(app: &App, actor: &Actor, case: &Case, policy: &Policy) -> Result<Vec<Place>, Error> {
    let filter = Filter { program: Some(case.program.clone()), everything: true, ..Filter::default() };
    let found = queue(app, actor, &filter, None, LOOKED_THROUGH).await?;
    // What is handled together is the same mistake, not a similar one.
    let is_apart =
        |id: &CaseId| *id != case.id && !case.gathered.contains(id) && case.gathered_into.as_ref() != Some(id);
    let ids: Vec<_> = found.rows.iter().map(|row| row.id.clone()).filter(is_apart).collect();
    let others = crate::execute::asides::seen(app, actor, ids).await?;
    Ok(remediation::places(case, policy, &others))
}

/// What the program knows of a sender: how many of their reports it has, and how many of them were right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sender {
    /// Other reports of theirs to the same program.
    pub reports: usize,
    /// Of these, confirmed, fixed or published.
    pub right: usize,
    /// Of these, closed without having been right.
    pub closed: usize,
}

/// What the program of a case knows of who reported it. Never across programs, and nothing where no address was given.
/// It counts cases that the asker may not see as well, and names none: the record is the program's (threat model, "Who reads a
/// case").
pub fn sender(app: &App, case: &Case) -> Sender {
    let addresses: Vec<String> = case
        .reports
        .iter()
        .filter_map(|report| Some(report.contact.as_ref()?.email.trim().to_lowercase()))
        .filter(|address| !address.is_empty())
        .collect();
    let mut sender = Sender::default();
    if addresses.is_empty() {
        return sender;
    }
    for entry in app.shelf.read().entries() {
        let same = entry.program == case.program.as_str()
            && entry.id != case.id.as_str()
            && entry.reporter.split(' ').any(|word| addresses.iter().any(|address| address == word));
        if same {
            sender.reports += 1;
            match entry.state.as_str() {
                "confirmed" | "fixed" | "published" => sender.right += 1,
                "closed" if entry.published => sender.right += 1,
                "closed" => sender.closed += 1,
                _ => {}
            }
        }
    }
    sender
}
