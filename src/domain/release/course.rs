//! A plan being worked through: the plan, the record beside it, its days, and what evidence says.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{
    Checklist, Item, Progress,
    calendar::{Calendar, Mode, Span, When, Window},
    evidence::{Finding, Judged},
    plan::{Mark, Phase, Plan, Step},
    record::Record,
};
use crate::text::Text;

/// A plan and everything that says how far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// The plan.
    pub plan: Plan,
    /// The record beside it; empty where there is none.
    pub record: Record,
    /// Its days; nothing = no date is set.
    pub calendar: Option<Calendar>,
    /// What evidence says of its steps.
    pub evidence: Vec<Judged>,
    /// The commit that was checked out where the plan lies when it was read; nothing = in no repository.
    pub head: Option<Text>,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not done.
    Open,
    /// Somebody says that it is done; no evidence is tied to it, or none could be judged.
    Done,
    /// Its evidence holds, whether somebody ticked it or not.
    Proven,
    /// Somebody says that it is done, and its evidence says that it is not.
    Contradicted,
}

/// One phase, its days, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseStatus {
    /// `T-7`, `T-7..T-1`, `Pre-Release`.
    pub label: Text,
    /// When it is, from T-0; nothing where its heading says no time.
    pub when: Option<When>,
    /// When it starts; nothing where no date is set, or nothing bounds it.
    pub start: Option<DateTime<Utc>>,
    /// When it ends, exclusive.
    pub end: Option<DateTime<Utc>>,
    /// How its days are counted.
    pub mode: Mode,
    /// Its steps.
    pub progress: Progress,
}

impl Course {
    /// A plan without a record, a date or evidence.
    pub fn new(plan: Plan) -> Self {
        Self { plan, record: Record::default(), calendar: None, evidence: Vec::new(), head: None }
    }

    /// A checklist that was read as one, as a plan of a release: its phases are its items' days.
    pub fn of_checklist(list: &Checklist, calendar: Option<Calendar>) -> Self {
        let mut phases: Vec<Phase> = Vec::new();
        let mut place = |item: &Item| {
            let when = When::Days(Span::day(item.phase?));
            let known = phases.iter().rposition(|phase| phase.when == Some(when) && phase.heading == item.section);
            Some(known.unwrap_or_else(|| {
                let label = Text::scrub(&when.label());
                let heading = item.section.clone();
                phases.push(Phase { label, heading, line: item.line, when: Some(when), is_strict: false });
                phases.len() - 1
            }))
        };
        let step = |item: &Item| Step {
            id: item.id.clone(),
            text: item.text.clone(),
            mark: Mark::Box { byte: item.byte, is_done: item.is_done },
            line: item.line,
            depth: item.depth,
            section: item.section.clone(),
            phase: place(item),
            own_when: None,
            owner: item.owner.clone(),
            number: None,
            is_required: true,
        };
        let steps = list.items.iter().map(step).collect();
        let (path, title) = (list.path.clone(), list.title.clone());
        let plan = Plan { path, title, steps, phases, digest: list.digest, read_from: list.digest, ..Plan::default() };
        Self { calendar, ..Self::new(plan) }
    }

    /// How a step stands. Several pieces of evidence must all hold; one that could not be judged proves nothing.
    pub fn standing(&self, step: &Step) -> Standing {
        let is_ticked = self.is_ticked(step);
        let mut findings = self.evidence.iter().filter(|judged| judged.step == step.id).map(|judged| judged.finding);
        let fails = findings.clone().any(|finding| finding == Finding::Fails);
        let proven = findings.clone().next().is_some() && findings.all(|finding| finding == Finding::Holds);
        match (is_ticked, fails, proven) {
            (_, false, true) => Standing::Proven,
            (true, true, _) => Standing::Contradicted,
            (true, false, false) => Standing::Done,
            (false, _, _) => Standing::Open,
        }
    }

    /// Whether somebody says that a step is done: its box, or the record.
    pub fn is_ticked(&self, step: &Step) -> bool {
        match step.mark {
            Mark::Box { is_done, .. } => is_done,
            Mark::None => self.record.is_done(&step.id),
        }
    }

    /// Whether a step counts as done: ticked or proven. A contradicted one counts as ticked here; the gate does not let it by.
    pub fn is_done(&self, step: &Step) -> bool {
        self.is_ticked(step) || (!self.evidence.is_empty() && self.standing(step) == Standing::Proven)
    }

    /// Counts its steps.
    pub fn progress(&self) -> Progress {
        self.count(self.plan.steps.iter())
    }

    /// The phases that have steps: by time where every one has its days, else as the file has them. Headings of the same
    /// label are one phase.
    pub fn phases(&self) -> Vec<PhaseStatus> {
        let mut found: Vec<PhaseStatus> = Vec::new();
        let mut place_of = vec![None; self.plan.phases.len()];
        for step in &self.plan.steps {
            let Some(nth) = step.phase else { continue };
            let Some(phase) = self.plan.phases.get(nth) else { continue };
            let known = place_of.get(nth).copied().flatten();
            let place = known.or_else(|| found.iter().position(|status| status.label == phase.label));
            let place = place.unwrap_or(found.len());
            if place == found.len() {
                found.push(self.status(phase));
            }
            if let Some(slot) = place_of.get_mut(nth) {
                *slot = Some(place);
            }
            if let Some(status) = found.get_mut(place) {
                status.progress.total += 1;
                status.progress.done += usize::from(self.is_done(step));
            }
        }
        if found.iter().all(|status| status.when.is_some()) {
            found.sort_by_key(|status| order_of(status.when));
        }
        found
    }

    /// The window of a step: of its own day, else of its phase. Nothing where no date is set or the plan says no time.
    pub fn window(&self, step: &Step) -> Option<Window> {
        Some(self.calendar.as_ref()?.window(self.plan.when(step)?))
    }

    /// Open steps whose window holds `now`, in file order.
    pub fn due_now(&self, now: DateTime<Utc>) -> Vec<&Step> {
        self.open_in(|window| window.holds(now))
    }

    /// Open steps whose window is over, in file order.
    pub fn overdue(&self, now: DateTime<Utc>) -> Vec<&Step> {
        self.open_in(|window| window.is_over(now))
    }

    /// Open steps whose window is so. Many steps share one, and a window asks the zone: it is asked once for each.
    fn open_in(&self, is_so: impl Fn(&Window) -> bool) -> Vec<&Step> {
        let Some(calendar) = &self.calendar else { return Vec::new() };
        let mut known: HashMap<When, bool> = HashMap::new();
        let mut fits = |step: &&Step| {
            let when = self.plan.when(step);
            when.is_some_and(|when| *known.entry(when).or_insert_with(|| is_so(&calendar.window(when))))
        };
        self.open().filter(|step| fits(step)).collect()
    }

    /// The step that must be done before this one may be: an open one above it in a phase that is worked through in strict
    /// order, and numbered. A step holds none of those nested in it.
    pub fn held_by(&self, step: &Step) -> Option<&Step> {
        let phase = step.phase.filter(|nth| self.plan.phases.get(*nth).is_some_and(|phase| phase.is_strict))?;
        let above = self.plan.steps.iter().take_while(|other| other.line < step.line);
        let same = above.filter(|other| other.phase == Some(phase) && other.number.is_some() && other.is_required);
        let mut open = same.filter(|other| !self.is_done(other));
        open.find(|other| !self.is_inside(step, other))
    }

    /// Whether `inner` is nested in `outer`.
    fn is_inside(&self, inner: &Step, outer: &Step) -> bool {
        let between = self.plan.steps.iter().filter(|step| outer.line < step.line && step.line <= inner.line);
        let mut depths = between.map(|step| step.depth).peekable();
        depths.peek().is_some() && depths.all(|depth| outer.depth < depth)
    }

    fn open(&self) -> impl Iterator<Item = &Step> {
        self.plan.steps.iter().filter(|step| !self.is_done(step))
    }

    fn count<'a>(&self, steps: impl Iterator<Item = &'a Step>) -> Progress {
        steps.fold(Progress::default(), |sum, step| Progress {
            total: sum.total + 1,
            done: sum.done + usize::from(self.is_done(step)),
        })
    }

    fn status(&self, phase: &Phase) -> PhaseStatus {
        let calendar = self.calendar.as_ref();
        let window = calendar.zip(phase.when).map(|(calendar, when)| calendar.window(when)).unwrap_or_default();
        PhaseStatus {
            label: phase.label.clone(),
            when: phase.when,
            start: window.start,
            end: window.end,
            mode: calendar.map(|calendar| calendar.mode).unwrap_or_default(),
            progress: Progress::default(),
        }
    }
}

/// Before T-0, its days, its hours, after it.
pub(super) fn order_of(when: Option<When>) -> (i32, i32) {
    match when {
        Some(When::Before) => (i32::MIN, 0),
        Some(When::Days(span)) => (span.first, span.last),
        Some(When::Hours(hours)) => (0, hours),
        Some(When::After) | None => (i32::MAX, 0),
    }
}
