//! Home of the desk: what needs a person now, by due date.

use super::{Names, html, shell, zone};
use crate::app::App;
use crate::execute::project::NEXT_UPDATE;
use crate::execute::queue::{Filter, QueuePage, QueueRow, queue};
use crate::search;
use crate::throttle::places::Heavy;
use crate::web::clocks::capital;
use crate::web::guard;
use crate::web::session::{Member, Rejection};
use crate::web::views::desk::{FilterGroup, FilterLink, Queue, QueueClock, QueueRow as RowView};
use crate::web::views::{Link, Paging, SeverityView, StateView, TimeView, fmt};
use axum::extract::{Query, State};
use axum::response::Response;
use candor_core::case::State as CaseState;
use candor_core::evidence::Lane;
use candor_core::id::CaseId;
use candor_core::policy::RANKS;
use candor_formats::cvss::Severity;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// Rows of a page.
const ROWS: u32 = 50;

/// What the address says.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Asked {
    program: String,
    state: String,
    severity: String,
    /// `me`, `nobody`, or empty.
    held: String,
    cursor: String,
    /// Where the page before began.
    back: String,
}

impl Asked {
    fn href(&self) -> String {
        let pairs = [
            ("program", &self.program),
            ("state", &self.state),
            ("severity", &self.severity),
            ("held", &self.held),
            ("cursor", &self.cursor),
        ];
        let query: Vec<String> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if query.is_empty() { "/desk".into() } else { format!("/desk?{}", query.join("&")) }
    }
}

/// `GET /desk`
pub async fn page(State(app): State<App>, member: Member, Query(asked): Query<Asked>) -> Result<Response, Rejection> {
    let filter = Filter {
        program: (!asked.program.is_empty()).then(|| asked.program.as_str().into()),
        state: CaseState::from_name(&asked.state),
        everything: asked.state == "all",
        assignee: (asked.held == "me").then(|| member.view.id.clone()),
        unassigned: asked.held == "nobody",
        severity: severity(&asked.severity),
    };
    let cursor = (!asked.cursor.is_empty()).then_some(asked.cursor.as_str());
    let _place = guard::place(&app, Heavy::List, &member.actor.name())?;
    let found = queue(&app, &member.actor, &filter, cursor, ROWS).await?;
    let names = Names::load(&app).await?;
    let rows = lines(&app, &member, &found.rows, &names);
    let filtered = asked.href() != "/desk";
    let page = Queue {
        shell: shell(&app, &member, "queue"),
        title: "Needs a person now".into(),
        alerts: super::alerts::alerts(&app, &member).await?,
        filters: filters(&app, &asked, &found),
        paging: Paging {
            words: match rows.len() {
                1 => "1 case".into(),
                n => format!("{n} cases on this page"),
            },
            previous: (!asked.cursor.is_empty()).then(|| Asked { cursor: String::new(), ..asked.clone() }.href()),
            next: found.next.as_ref().map(|next| Asked { cursor: next.clone(), ..asked.clone() }.href()),
        },
        rows,
        empty: if filtered {
            "No case fits these filters.".into()
        } else {
            "Nothing needs a person now. A new report appears here the moment it comes in.".into()
        },
        empty_link: Some(if filtered {
            Link::new("Show all open cases", "/desk")
        } else {
            Link::new("File a report that came another way", "/desk/report")
        }),
    };
    html(&page)
}

fn severity(name: &str) -> Option<Severity> {
    RANKS.into_iter().find(|severity| fmt::severity_class(Some(*severity)) == name)
}

/// Cases, each in one line, with a mark on those whose text many others have, and on those that are linked.
pub fn lines(app: &App, member: &Member, found: &[QueueRow], names: &Names) -> Vec<RowView> {
    let now = app.now();
    let ids: Vec<&str> = found.iter().filter(|row| row.on).map(|row| row.id.as_str()).collect();
    let folds = search::folds(app, &member.actor, &ids);
    let fold = |row: &QueueRow| {
        let alike = *folds.get(row.id.as_str())?;
        let more = if alike == search::MANY_MORE { " or more" } else { "" };
        Some(Link::new(format!("{alike}{more} others have the same text"), fold_href(&row.id)))
    };
    let related = search::related(app, &member.actor, &ids);
    let link = |row: &QueueRow| {
        let words = match related.get(row.id.as_str())? {
            1 => "linked with another case".to_owned(),
            n => format!("linked with {n} cases"),
        };
        Some(Link::new(words, format!("/desk/search?q=related:{}", row.id)))
    };
    found.iter().map(|row| RowView { fold: fold(row), related: link(row), ..line(app, row, names, now) }).collect()
}

/// Where all reports with the text of a case's report are listed.
pub fn fold_href(case: &CaseId) -> String {
    format!("/desk/search?q=fold:{case}")
}

/// A case in one line.
fn line(app: &App, row: &QueueRow, names: &Names, now: jiff::Timestamp) -> RowView {
    let policy = app.policy(&row.program);
    let zone = policy.as_ref().map_or(TimeZone::UTC, |policy| zone(policy));
    let program = policy.as_ref().map_or_else(|| row.program.to_string(), |policy| policy.program.name.clone());
    let clock = row.clock.as_ref().map(|(name, due, paused)| {
        let what = policy.as_ref().and_then(|policy| policy.promise(name)).map_or_else(
            || if name == NEXT_UPDATE { "the regular update decided on".to_owned() } else { name.clone() },
            |promise| promise.what.clone(),
        );
        let (status, word) = if *paused {
            ("paused", "Paused")
        } else if *due <= now {
            ("broken", "Broken")
        } else if due.duration_since(now) < SignedDuration::from_hours(24) {
            ("soon", "Due")
        } else {
            ("running", "Due")
        };
        QueueClock {
            what: capital(&what),
            status: status.into(),
            status_word: word.into(),
            due: TimeView::new(*due, &zone, now),
        }
    });
    RowView {
        id: row.id.to_string(),
        href: format!("/desk/cases/{}", row.id),
        title: row.card.title.clone(),
        product: if row.card.product.is_empty() || row.card.product == program {
            program
        } else {
            format!("{program}, {}", row.card.product)
        },
        severity: SeverityView::new(row.severity, None)
            .named(policy.as_ref().zip(row.severity).map(|(policy, severity)| policy.severity.label(severity))),
        state: StateView::new(row.state),
        clock,
        holder: row.assignee.as_ref().map(|member| names.of(member)).unwrap_or_default(),
        flag: flag(row),
        fold: None,
        related: None,
        ticked: false,
    }
}

/// What else matters about a case, the most pressing first.
fn flag(row: &QueueRow) -> String {
    if !row.on {
        return String::new();
    }
    let flags = [
        (row.card.drill, "drill"),
        (row.card.appeal, "an appeal waits"),
        (row.card.exploited, "being exploited"),
        (row.card.gathered, "decided with another report"),
        (row.card.lane == Lane::Scanner.name(), "scanner output, not verified"),
        (row.card.owes, "owes a reason and a new date"),
        (row.card.returned, "letters to the reporter come back"),
        (row.waiting, "waits for the reporter"),
    ];
    let plan = Some(row.card.plan.as_str()).filter(|plan| !plan.is_empty());
    let flags = flags.into_iter().filter(|(is, _)| *is).map(|(_, words)| words);
    plan.into_iter().chain(flags).collect::<Vec<_>>().join(", ")
}

fn filters(app: &App, asked: &Asked, found: &QueuePage) -> Vec<FilterGroup> {
    let count = |state: Option<CaseState>, program: &str| -> u64 {
        found
            .counts
            .iter()
            .filter(|(of, at, _)| {
                (program.is_empty() || of.as_str() == program) && state.map_or(at.is_open(), |state| *at == state)
            })
            .map(|(_, _, n)| n)
            .sum()
    };
    let link = |text: &str, count: Option<u64>, to: Asked, current: bool| FilterLink {
        text: text.into(),
        count,
        href: Asked { cursor: String::new(), ..to }.href(),
        current,
    };
    let mut states = vec![link(
        "Open",
        Some(count(None, &asked.program)),
        Asked { state: String::new(), ..asked.clone() },
        asked.state.is_empty(),
    )];
    for state in CaseState::ALL {
        states.push(link(
            fmt::state(state),
            Some(count(Some(state), &asked.program)),
            Asked { state: state.name().into(), ..asked.clone() },
            asked.state == state.name(),
        ));
    }
    let mut programs =
        vec![link("All programs", None, Asked { program: String::new(), ..asked.clone() }, asked.program.is_empty())];
    for policy in app.programs() {
        let slug = policy.program.slug.as_str();
        if found.counts.iter().any(|(of, _, _)| of.as_str() == slug) || asked.program == slug {
            programs.push(link(
                &policy.program.name,
                Some(count(None, slug)),
                Asked { program: slug.into(), ..asked.clone() },
                asked.program == slug,
            ));
        }
    }
    let held = [("Anybody", ""), ("Me", "me"), ("Nobody", "nobody")]
        .into_iter()
        .map(|(text, held)| link(text, None, Asked { held: held.into(), ..asked.clone() }, asked.held == held))
        .collect();
    // One program's queue has its own names; several have the ranks that all share.
    let own = app.policy(&asked.program.as_str().into()).filter(|policy| !policy.severity.levels.is_empty());
    let bands: Vec<(String, &str)> = match &own {
        Some(policy) => {
            let levels = policy.severity.levels.iter().zip(RANKS);
            levels.map(|(level, rank)| (level.clone(), fmt::severity_class(Some(rank)))).collect()
        }
        None => {
            RANKS[..4].iter().map(|rank| (fmt::severity(*rank).to_owned(), fmt::severity_class(Some(*rank)))).collect()
        }
    };
    let severities = std::iter::once(("Any".to_owned(), ""))
        .chain(bands)
        .map(|(text, band)| link(&text, None, Asked { severity: band.into(), ..asked.clone() }, asked.severity == band))
        .collect();
    // Lanes follow from what reports say, so the index of search knows them, and no column of the store.
    let lanes = Lane::ALL
        .into_iter()
        .filter(|lane| *lane != Lane::Normal)
        .map(|lane| FilterLink {
            text: lane.label().into(),
            count: None,
            href: format!("/desk/search?q=is:open+lane:{}", lane.name()),
            current: false,
        })
        .collect();
    vec![
        FilterGroup { label: "State".into(), links: states },
        FilterGroup { label: "Program".into(), links: programs },
        FilterGroup { label: "Held by".into(), links: held },
        FilterGroup { label: "Severity".into(), links: severities },
        FilterGroup { label: "Lane".into(), links: lanes },
    ]
}
