//! Who is on call, in a few lines: now, next, the ladder, the days ahead, what is wrong.

pub mod view;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        rota::Person,
        time::{minus, plus},
        zone::Zone,
    },
    floor::oncall::{Chain, OnCall},
};

/// One step of a ladder as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// How long after the first notice it is reached.
    pub after: TimeDelta,
    /// Whom it tells now, each once; empty = nobody.
    pub people: Vec<Person>,
}

/// The steps of a policy with whom each tells now (R13, R16).
pub fn rungs(chain: Chain<'_>) -> Vec<Rung> {
    let mut after = TimeDelta::zero();
    let mut rungs = Vec::with_capacity(chain.people.len());
    for (step, people) in chain.policy.steps.iter().zip(chain.people) {
        rungs.push(Rung { after, people });
        after = after.checked_add(&step.delay).unwrap_or(after);
    }
    rungs
}

/// Every zone a roster speaks of, once, in order of name.
pub fn zones(on_call: &OnCall) -> Vec<&Zone> {
    let roster = &on_call.roster;
    let layers = roster.schedules.iter().flat_map(|s| s.layers.iter().map(|l| &l.zone));
    let mut zones: Vec<_> = std::iter::once(&roster.zone).chain(layers).collect();
    zones.sort_by_key(|zone| zone.name().to_owned());
    zones.dedup_by_key(|zone| zone.name().to_owned());
    zones
}

/// Whether some clock of the roster changes within three hours of a stretch: that is how a gap there came about.
pub fn is_near_change(on_call: &OnCall, start: DateTime<Utc>, end: DateTime<Utc>) -> bool {
    let near = TimeDelta::hours(3);
    let (from, until) = (minus(start, near), plus(end, near));
    zones(on_call).iter().any(|zone| !zone.changes(from, until).is_empty())
}
