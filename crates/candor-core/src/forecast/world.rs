//! Months, event by event: reports arrive, members work, reporters answer, clocks ring.

use super::acts::{self, Next, Task};
use super::chance::Chance;
use super::{Assumptions, Figures, Forecast, Month, knows, team};
use crate::access::{self, Actor, Role};
use crate::case::{Author, Case};
use crate::command::{Command, Filing};
use crate::decide::{self, Facts};
use crate::event::{Channel, Contact, Credit, Event, ReportFacts};
use crate::evolve::{Stamp, author_of, evolve, replay};
use crate::id::{CaseId, MemberId};
use crate::policy::{Calendar, Length, Policy, Unit};
use crate::promises::{self, Clock, Status};
use candor_formats::cvss::Severity;
use jiff::civil::{Date, time};
use jiff::{SignedDuration, Span, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

/// What is true of a report, and nobody knows at first.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    pub valid: bool,
    pub duplicate: bool,
    pub out_of_scope: bool,
    pub severity: Severity,
    pub exploited: bool,
    pub asked: bool,
    pub was_asked: bool,
    /// How long the reporter takes to answer; `None` when they never do.
    answer: Option<SignedDuration>,
    /// Minutes.
    pub verify: f64,
    /// Minutes.
    pub fix: f64,
}

/// A case on its way.
struct Running {
    case: Case,
    truth: Truth,
    /// Clocks that are neither kept nor over, the most pressing first.
    clocks: Vec<Clock>,
    /// What was begun and how much of each is left.
    begun: Vec<(Task, SignedDuration)>,
    claimed: bool,
    open: bool,
    /// When its clocks ask next.
    wake: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Arrives(usize),
    Wakes(usize),
    Answers(usize),
    /// A session begins, or a task of it ends.
    Works(usize),
}

/// A task under way in a session.
#[derive(Debug, Clone)]
struct UnderWay {
    case: usize,
    task: Task,
    until: Timestamp,
    ends: bool,
}

pub(super) struct World<'a> {
    policy: &'a Policy,
    assumptions: &'a Assumptions,
    calendar: Arc<Calendar>,
    from: Timestamp,
    to: Timestamp,
    heap: BinaryHeap<Reverse<(Timestamp, u64, What)>>,
    number: u64,
    reports: Vec<(Timestamp, Truth)>,
    cases: Vec<Running>,
    sessions: Vec<(team::Session, Option<UnderWay>)>,
    actors: Vec<Actor>,
    acts: u64,
    breaches: Vec<(Timestamp, String)>,
    stuck: BTreeMap<String, u32>,
    published: u32,
}

impl<'a> World<'a> {
    pub(super) fn new(policy: &'a Policy, assumptions: &'a Assumptions) -> Result<Self, String> {
        let calendar = policy.calendar()?;
        let last = assumptions
            .from
            .checked_add(Span::new().try_months(assumptions.months).map_err(|why| why.to_string())?)
            .map_err(|why| why.to_string())?;
        let at = |date: Date| {
            let local = calendar.zone().to_ambiguous_zoned(date.to_datetime(time(0, 0, 0, 0))).compatible();
            local.map(|zoned| zoned.timestamp()).map_err(|why| why.to_string())
        };
        let (from, to) = (at(assumptions.from)?, at(last)?);
        let sessions = team::sessions(&calendar, policy.calendar.working_days.len(), assumptions, last);
        let actors = (0..assumptions.members)
            .map(|member| Actor::Member {
                id: MemberId(format!("m{member}")),
                roles: vec![(policy.program.slug.clone(), Role::Coordinator)],
            })
            .collect();
        let mut world = Self {
            policy,
            assumptions,
            calendar,
            from,
            to,
            heap: BinaryHeap::new(),
            number: 0,
            reports: Vec::new(),
            cases: Vec::new(),
            sessions: sessions.into_iter().map(|session| (session, None)).collect(),
            actors,
            acts: 0,
            breaches: Vec::new(),
            stuck: BTreeMap::new(),
            published: 0,
        };
        world.draw();
        for index in 0..world.reports.len() {
            world.plan(world.reports[index].0, What::Arrives(index));
        }
        for index in 0..world.sessions.len() {
            world.plan(world.sessions[index].0.from, What::Works(index));
        }
        Ok(world)
    }

    fn plan(&mut self, at: Timestamp, what: What) {
        if at < self.to {
            self.number += 1;
            self.heap.push(Reverse((at, self.number, what)));
        }
    }

    /// Draws when reports come and what is true of them. Each report has a stream of its own, so that another team meets
    /// the same reports.
    fn draw(&mut self) {
        let assumptions = self.assumptions;
        let mut arrivals = Chance::new(assumptions.seed, 0);
        let month = 30.44 * 86_400.0;
        let mean = if assumptions.reports_per_month > 0.0 { month / assumptions.reports_per_month } else { f64::MAX };
        let mut at = self.from;
        let mut drawn = Vec::new();
        loop {
            let gap = arrivals.gap(mean).min(1e9);
            let Ok(next) = at.checked_add(SignedDuration::from_secs_f64(gap)) else { break };
            at = next;
            if at >= self.to {
                break;
            }
            // The date is kept, and the time of day drawn by its weights.
            let date = self.calendar.zone().to_datetime(at).date();
            let third = arrivals.one_of(&assumptions.time_of_day);
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // less than a day
            let seconds = ((third as f64 + arrivals.part()) * 8.0 * 3600.0) as i64;
            let midnight = self.calendar.zone().to_ambiguous_zoned(date.to_datetime(time(0, 0, 0, 0))).compatible();
            let Ok(midnight) = midnight else { continue };
            drawn.push(midnight.timestamp() + SignedDuration::from_secs(seconds));
        }
        drawn.sort();
        for (index, at) in drawn.into_iter().enumerate() {
            let mut chance = Chance::new(assumptions.seed, 1_000_000 + index as u64);
            let verdict = chance.one_of(&assumptions.validity);
            let severity = chance.one_of(&assumptions.severity);
            let minutes = &assumptions.minutes;
            let truth = Truth {
                valid: verdict == 0,
                duplicate: verdict == 2,
                out_of_scope: verdict == 3,
                severity: acts::severity(severity),
                exploited: chance.happens(assumptions.exploited),
                asked: chance.happens(assumptions.asked),
                was_asked: false,
                answer: {
                    let days = chance.gap(assumptions.answer_days).min(1_000.0);
                    (!chance.happens(assumptions.silent)).then(|| SignedDuration::from_secs_f64(days * 86_400.0))
                },
                verify: chance.around(minutes.verify, minutes.spread),
                fix: chance.around(minutes.fix[severity.min(3)], minutes.spread),
            };
            self.reports.push((at, truth));
        }
    }

    pub(super) fn run(mut self) -> Result<Forecast, String> {
        let mut months = Months::new(self.from, self.to, &self.calendar);
        while let Some(Reverse((at, _, what))) = self.heap.pop() {
            months.until(at, || self.cases.iter().filter(|running| running.open).count());
            match what {
                What::Arrives(index) => self.arrives(index, at)?,
                What::Wakes(index) => self.wakes(index, at),
                What::Answers(index) => self.answers(index, at),
                What::Works(index) => self.works(index, at),
            }
        }
        months.until(self.to, || self.cases.iter().filter(|running| running.open).count());
        Ok(self.sum(months))
    }

    fn facts(&self, now: Timestamp) -> Facts {
        Facts {
            now,
            policy_version: 1,
            advisory_id: format!(
                "{}-{}-{}",
                self.policy.advisory_prefix(),
                self.assumptions.from.year(),
                self.published + 1
            ),
            base_url: format!("https://example.org/{}", self.policy.program.slug),
            may_hold: true,
            moving_to: None,
            ..Facts::default()
        }
    }

    fn arrives(&mut self, index: usize, at: Timestamp) -> Result<(), String> {
        let truth = self.reports[index].1.clone();
        let filing = Filing {
            channel: Channel::Form,
            facts: ReportFacts {
                title: "Drawn".into(),
                description: "Drawn.".into(),
                agreed: true,
                ..ReportFacts::default()
            },
            contact: Contact::default(),
            person: "drawn".into(),
            credit: None,
            received_at: None,
            receipt: "00".into(),
            drill: false,
        };
        let command = Command::Report(Box::new(filing));
        let allowed = access::allow(None, self.policy, &Actor::Public, command, at)
            .map_err(|_| "a report was not let in".to_owned())?;
        let events = decide::open(&allowed, self.policy, &self.facts(at)).map_err(|refusal| refusal.to_string())?;
        let stamps = (1..).map(|seq| Stamp { seq, at, by: Author::Reporter(0), decided_in: None });
        let case = replay(&CaseId(format!("{index:010}")), stamps.zip(events)).ok_or("a report opened no case")?;
        self.acts += 1;
        self.cases.push(Running {
            case,
            truth,
            clocks: Vec::new(),
            begun: Vec::new(),
            claimed: false,
            open: true,
            wake: None,
        });
        self.look(self.cases.len() - 1, at);
        Ok(())
    }

    /// Decides a command and applies what follows. `Err` says why not.
    fn act(&mut self, index: usize, actor: &Actor, command: Command, at: Timestamp) -> Result<(), String> {
        self.acts += 1;
        let facts = self.facts(at);
        let case = &mut self.cases[index].case;
        // In a drawn month everybody may be put on everything; who reads what is not forecast.
        if let Some(member) = actor.member().filter(|member| !case.on.contains_key(member)) {
            let stamp = Stamp { seq: case.seq + 1, at, by: Author::Candor, decided_in: None };
            evolve(case, &stamp, Event::PutOn { member: member.clone(), reason: String::new() });
        }
        let allowed =
            access::allow(Some(case), self.policy, actor, command, at).map_err(|denied| format!("{denied:?}"))?;
        let events = decide::decide(case, &allowed, self.policy, &facts).map_err(|refusal| refusal.to_string())?;
        let by = author_of(&actor.name());
        for event in events {
            match &event {
                Event::PromiseBroken { promise, due, .. } => self.breaches.push((*due, promise.clone())),
                Event::Published { .. } => self.published += 1,
                _ => {}
            }
            let stamp = Stamp { seq: case.seq + 1, at, by: by.clone(), decided_in: None };
            evolve(case, &stamp, event);
        }
        Ok(())
    }

    /// Looks at a case after something happened: its clocks, and when it wakes next.
    fn look(&mut self, index: usize, now: Timestamp) {
        let running = &mut self.cases[index];
        running.open = running.case.state.is_open();
        running.clocks = if running.open { promises::open(&running.case, self.policy, now) } else { Vec::new() };
        running.wake = promises::wake_at(&running.case, self.policy).map(|at| at.max(now));
        if let Some(at) = running.wake {
            self.plan(at, What::Wakes(index));
        }
    }

    fn wakes(&mut self, index: usize, at: Timestamp) {
        // Only the alarm that is set now counts; older ones were overtaken.
        if self.cases[index].wake != Some(at) {
            return;
        }
        self.cases[index].wake = None;
        let before = self.cases[index].case.seq;
        if let Err(why) = self.act(index, &Actor::Clock, Command::Tick, at) {
            self.give_up(index, why);
        } else if self.cases[index].case.seq > before {
            self.look(index, at);
        }
    }

    fn answers(&mut self, index: usize, at: Timestamp) {
        let case = &self.cases[index].case;
        if !case.state.is_open() {
            return;
        }
        let actor = Actor::Reporter { case: case.id.clone(), report: 0 };
        let proposed = case.embargo.as_ref().is_some_and(|embargo| !embargo.agreed);
        let credit = case.credit_asked && case.reports.iter().all(|report| report.credit.is_none());
        let waits = case.waiting_since.is_some();
        let mut said = Vec::new();
        if waits {
            said.push(Command::Write { text: "Drawn.".into(), files: Vec::new() });
        }
        if proposed {
            said.push(Command::AnswerEmbargo { agree: true, text: String::new(), asked: None });
        }
        if credit {
            said.push(Command::ChooseCredit { credit: Credit::Anonymous });
        }
        for command in said {
            if let Err(why) = self.act(index, &actor, command, at) {
                self.give_up(index, why);
            }
        }
        self.look(index, at);
    }

    /// A session goes on: what was under way ends, and the next thing is taken up.
    fn works(&mut self, index: usize, now: Timestamp) {
        let (session, under_way) = self.sessions[index].clone();
        if let Some(UnderWay { case, task, until, ends }) = under_way {
            debug_assert!(until == now);
            self.sessions[index].1 = None;
            self.cases[case].claimed = false;
            if ends {
                self.cases[case].begun.retain(|(begun, _)| *begun != task);
                self.finish(case, &task, session.member, now);
            }
        }
        if now >= session.to {
            return;
        }
        let Some((case, task)) = self.choose(session.member, now) else {
            // Nothing to do; somebody looks again in half an hour.
            let again = (now + SignedDuration::from_mins(30)).min(session.to);
            if again < session.to {
                self.plan(again, What::Works(index));
            }
            return;
        };
        let running = &mut self.cases[case];
        let whole =
            || SignedDuration::from_secs_f64((acts::minutes(&task, &running.truth, self.assumptions) * 60.0).max(60.0));
        let left = running.begun.iter().find(|(begun, _)| *begun == task).map_or_else(whole, |(_, left)| *left);
        let until = (now + left).min(session.to);
        let ends = now + left <= session.to;
        running.begun.retain(|(begun, _)| *begun != task);
        running.begun.push((task.clone(), left - until.duration_since(now)));
        running.claimed = true;
        self.sessions[index].1 = Some(UnderWay { case, task, until, ends });
        if until < self.to {
            self.plan(until, What::Works(index));
        }
    }

    /// The most pressing thing that this member can do.
    fn choose(&mut self, member: u32, now: Timestamp) -> Option<(usize, Task)> {
        let id = MemberId(format!("m{member}"));
        let mut order: Vec<(Timestamp, usize)> = self
            .cases
            .iter()
            .enumerate()
            .filter(|(_, running)| running.open && !running.claimed)
            .map(|(index, running)| {
                let due = running.clocks.iter().find(|clock| !matches!(clock.status, Status::Paused { .. }));
                (due.map_or(Timestamp::MAX, |clock| clock.due), index)
            })
            .collect();
        order.sort_unstable();
        let mut given_up = Vec::new();
        let mut found = None;
        for (_, index) in order {
            let running = &self.cases[index];
            match acts::next(&running.case, self.policy, &running.truth, &running.clocks, &id, now) {
                Next::Do(task) => {
                    found = Some((index, task));
                    break;
                }
                Next::Stuck(why) => given_up.push((index, why)),
                Next::Another if self.actors.len() < 2 => {
                    given_up.push((index, "A gate asks for another member, and the team has only one".into()));
                }
                Next::Another | Next::Wait | Next::Done => {}
            }
        }
        for (index, why) in given_up {
            self.give_up(index, why);
        }
        found
    }

    fn finish(&mut self, index: usize, task: &Task, member: u32, now: Timestamp) {
        let Some(actor) = self.actors.get(member as usize).cloned() else { return };
        let id = MemberId(format!("m{member}"));
        let running = &self.cases[index];
        let command = acts::command(task, &running.case, self.policy, &running.truth, &id, now);
        if let Err(why) = self.act(index, &actor, command, now) {
            // Meanwhile the case may have moved on, as when its clock published it.
            let running = &self.cases[index];
            let next = acts::next(&running.case, self.policy, &running.truth, &running.clocks, &id, now);
            if next == Next::Do(task.clone()) {
                self.give_up(index, why);
            } else {
                self.look(index, now);
            }
            return;
        }
        if *task == Task::Ask {
            self.cases[index].truth.was_asked = true;
        }
        if matches!(task, Task::Ask | Task::Timeline | Task::AskCredit)
            && let Some(after) = self.cases[index].truth.answer
        {
            self.plan(now.saturating_add(after).unwrap_or(self.to), What::Answers(index));
        }
        self.look(index, now);
    }

    /// A case that nothing helps is worked on no more; its clocks run on.
    fn give_up(&mut self, index: usize, why: String) {
        if self.cases[index].open {
            self.cases[index].open = false;
            *self.stuck.entry(why).or_default() += 1;
        }
    }

    fn sum(self, mut months: Months) -> Forecast {
        let mut figures: Vec<(Figures, Vec<Option<Length>>)> = self
            .policy
            .promises
            .iter()
            .map(|promise| {
                let figures = Figures {
                    promise: promise.name.clone(),
                    kind: promise.kind,
                    within: promise.within,
                    kept: 0,
                    broken: 0,
                    undecided: 0,
                    first: None,
                    needed: None,
                    judged: knows(promise.kept_by),
                };
                (figures, Vec::new())
            })
            .collect();
        let mut open = 0;
        for running in &self.cases {
            open += u32::from(running.case.state.is_open());
            for clock in promises::clocks(&running.case, self.policy, self.to) {
                let Some((figures, needed)) = figures.iter_mut().find(|(figures, _)| figures.promise == clock.promise)
                else {
                    continue;
                };
                let unit = figures.within.unit;
                match clock.status {
                    Status::Kept { at, .. } => {
                        figures.kept += 1;
                        needed.push(Some(taken(&self.calendar, clock.started_at, at, unit)));
                    }
                    Status::KeptLate { at } => {
                        figures.broken += 1;
                        needed.push(Some(taken(&self.calendar, clock.started_at, at, unit)));
                    }
                    Status::Broken { .. } => {
                        figures.broken += 1;
                        needed.push(None);
                    }
                    Status::Running | Status::Paused { .. } | Status::Ended { .. } => figures.undecided += 1,
                }
            }
        }
        let mut first_broken: Option<(String, Timestamp)> = None;
        for (at, promise) in &self.breaches {
            months.broke(*at);
            if let Some((figures, _)) = figures.iter_mut().find(|(figures, _)| figures.promise == *promise) {
                if figures.judged && first_broken.as_ref().is_none_or(|(_, first)| at < first) {
                    first_broken = Some((promise.clone(), *at));
                }
                figures.first = Some(figures.first.map_or(*at, |first| first.min(*at)));
            }
        }
        for (at, _) in self.reports.iter().filter(|(at, _)| *at < self.to) {
            months.arrived(*at);
        }
        Forecast {
            cases: u32::try_from(self.cases.len()).unwrap_or(u32::MAX),
            acts: self.acts,
            open,
            promises: figures
                .into_iter()
                .map(|(mut figures, mut needed)| {
                    needed.sort_by_key(|length| length.map_or(u32::MAX, |length| length.amount));
                    // The rank of the 99th percentile, so that one in a hundred may take longer.
                    let rank = (needed.len() * 99).div_ceil(100);
                    figures.needed = rank.checked_sub(1).and_then(|rank| needed[rank]);
                    figures
                })
                .collect(),
            first_broken,
            months: months.all,
            stuck: self.stuck.into_iter().collect(),
        }
    }
}

/// The shortest length in a unit that would have lasted from one instant to another.
fn taken(calendar: &Calendar, from: Timestamp, to: Timestamp, unit: Unit) -> Length {
    let lasts = |amount| calendar.due(from, Length { amount, unit }, &[]) >= to;
    let mut high = 1;
    while !lasts(high) && high < 30_000 {
        high *= 2;
    }
    let mut low = high / 2;
    while low + 1 < high {
        let middle = low.midpoint(high);
        if lasts(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Length { amount: high, unit }
}

/// Figures month by month.
struct Months {
    ends: Vec<Timestamp>,
    all: Vec<Month>,
    at: usize,
}

impl Months {
    fn new(from: Timestamp, to: Timestamp, calendar: &Calendar) -> Self {
        let first = calendar.zone().to_datetime(from);
        let mut ends = Vec::new();
        for month in 1..=1_200_i32 {
            let Ok(end) = first.checked_add(Span::new().months(month)) else { break };
            let Ok(end) = calendar.zone().to_ambiguous_zoned(end).compatible() else { break };
            ends.push(end.timestamp());
            if end.timestamp() >= to {
                break;
            }
        }
        let all = vec![Month::default(); ends.len()];
        Self { ends, all, at: 0 }
    }

    fn until(&mut self, now: Timestamp, open: impl Fn() -> usize) {
        while self.ends.get(self.at).is_some_and(|end| *end <= now) {
            self.all[self.at].open = u32::try_from(open()).unwrap_or(u32::MAX);
            self.at += 1;
        }
    }

    fn month(&mut self, at: Timestamp) -> Option<&mut Month> {
        let index = self.ends.partition_point(|end| *end <= at);
        self.all.get_mut(index)
    }

    fn arrived(&mut self, at: Timestamp) {
        if let Some(month) = self.month(at) {
            month.arrived += 1;
        }
    }

    fn broke(&mut self, at: Timestamp) {
        if let Some(month) = self.month(at) {
            month.broken += 1;
        }
    }
}
