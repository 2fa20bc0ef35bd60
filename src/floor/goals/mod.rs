//! Goals as they stand: where each figure comes from.

mod incidents;
mod measured;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        goal::{
            Baseline, Figure, Goal, Measured, Place, Span, Target,
            judge::{Standing, World},
        },
        stats::period::Period,
    },
    floor::{Floor, fact::SourceId},
    text::Text,
};

/// All goals, and the numbers that files hold for them.
#[derive(Debug, Default)]
pub struct Goals {
    all: Vec<Goal>,
    found: Vec<(Place, Result<f64, Text>)>,
}

/// A month is no longer than this.
const MONTH: TimeDelta = TimeDelta::days(31);

impl Floor {
    /// The goals, in the order of the settings.
    pub fn goals(&self) -> &[Goal] {
        &self.goals.all
    }

    /// The goal of a name, in any case of its letters.
    pub fn goal(&self, name: &str) -> Option<&Goal> {
        self.goals.all.iter().find(|goal| goal.name.as_str().eq_ignore_ascii_case(name.trim()))
    }

    pub(super) fn goal_added(&mut self, goal: Goal) {
        if let Figure::Budget(name) = &goal.figure {
            let back = MONTH * i32::try_from(goal.months_running.saturating_add(1)).unwrap_or(i32::MAX);
            let asked = self.slos.iter_mut().filter(|watched| 0 < goal.months_running && watched.slo.name == *name);
            asked.for_each(|watched| watched.keep(back));
        }
        self.goals.all.push(goal);
    }

    pub(super) fn figures_read(
        &mut self,
        source: SourceId,
        found: Vec<(Place, Result<f64, Text>)>,
        now: DateTime<Utc>,
    ) {
        self.with(source, |s| s.heard(now, now));
        self.goals.found = found;
    }

    /// How a goal stands.
    pub fn goal_standing(&self, goal: &Goal, now: DateTime<Utc>) -> Standing {
        let baseline = || match &goal.target {
            Target::Below { baseline: Baseline::File(place, worth), .. } => {
                self.number_in(place).map(|value| value * worth)
            }
            _ => Err(Text::scrub("it is no file")),
        };
        if goal.figure.is_of_incidents() {
            let told = incidents::Told::of(self, goal, now);
            let look = |span: &Span| told.over(span);
            return goal.standing(&World { look: &look, baseline: &baseline }, now);
        }
        let look = |span: &Span| match &goal.figure {
            Figure::Signal(name, stat) => self.signal_over(name, *stat, span, now),
            Figure::Budget(name) => self.budget_over(name, goal, span, now),
            Figure::File(place) => self.number_in(place).map(|value| one(Some(value), 1)),
            _ => Ok(one(None, 0)),
        };
        goal.standing(&World { look: &look, baseline: &baseline }, now)
    }

    fn number_in(&self, place: &Place) -> Result<f64, Text> {
        let found = self.goals.found.iter().find(|(known, _)| known == place);
        found.map_or_else(
            || Err(Text::scrub(&format!("{}: it was not looked at yet", place.path))),
            |(_, found)| found.clone(),
        )
    }
}

fn one(value: Option<f64>, n: usize) -> Measured {
    Measured { value, n, note: Text::default() }
}

/// The stretch as statistics know it: one that ends now holds what happens at this very instant (R35).
fn period(span: &Span, now: DateTime<Utc>) -> Period {
    let end = if span.until == now { DateTime::<Utc>::MAX_UTC } else { span.until };
    Period::between(span.from, end)
}

/// Of a stretch so much may lack at either end: what is measured once a day is never measured at its first instant.
fn slack(span: &Span) -> TimeDelta {
    crate::domain::time::between(span.from, span.until) / 10
}
