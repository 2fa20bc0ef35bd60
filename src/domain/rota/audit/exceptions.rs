//! Overrides that change nothing, and overrides that contradict one another (SEMANTICS R9).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::Finding;
use crate::domain::{
    rota::{Override, Schedule, hours::Stretch, sweep::Sweep},
    time::{minus, plus},
};

/// How far outside the window the effect of an override is looked for. Of one that reaches further nobody can say that it has
/// none.
pub(in crate::domain::rota) const REACH: TimeDelta = TimeDelta::days(366);

/// What is to be said of the overrides that lie in `[start, end)`, wholly or in part.
pub(super) fn findings(seat: &Schedule, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Finding> {
    let asked: Vec<(usize, &Override)> =
        seat.overrides.iter().enumerate().filter(|(_, o)| is_in(o, start, end)).collect();
    if asked.is_empty() || end <= start {
        return Vec::new();
    }
    // An override that lies partly in the window may have its effect in the other part.
    let first = asked.iter().map(|(_, o)| o.start).min().unwrap_or(start).min(start).max(minus(start, REACH));
    let last = asked.iter().map(|(_, o)| o.end).max().unwrap_or(end).max(end).min(plus(end, REACH));
    let mut effective = BTreeSet::new();
    let mut clashes: BTreeMap<(usize, usize), Vec<Stretch>> = BTreeMap::new();
    let mut sweep = Sweep::new(seat, first, last);
    while let Some((from, until)) = sweep.step() {
        sweep.moment().effective(&mut effective);
        for pair in sweep.moment().clashes() {
            let stretches = clashes.entry(pair).or_default();
            match stretches.last_mut() {
                Some(stretch) if stretch.1 == from => stretch.1 = until,
                _ => stretches.push((from, until)),
            }
        }
    }
    let is_looked_at = |o: &Override| first <= o.start && o.end <= last;
    let idle = asked.iter().filter(|(i, o)| !effective.contains(i) && is_looked_at(o));
    let idle = idle.map(|(index, o)| Finding::OverrideWithoutEffect {
        seat: seat.name.clone(),
        index: *index,
        start: o.start,
        end: o.end,
    });
    let clashing = clashes.into_iter().flat_map(|((winner, loser), stretches)| {
        let cut = stretches.into_iter().map(|(from, until)| (from.max(start), until.min(end)));
        cut.filter(|(from, until)| from < until).map(move |(start, end)| (winner, loser, start, end))
    });
    let clashing = clashing.map(|(winner, loser, start, end)| Finding::OverridesClash {
        seat: seat.name.clone(),
        winner,
        loser,
        start,
        end,
    });
    idle.chain(clashing).collect()
}

/// One without length is in the window when its beginning is.
fn is_in(exception: &Override, start: DateTime<Utc>, end: DateTime<Utc>) -> bool {
    let last = exception.end.max(plus(exception.start, TimeDelta::nanoseconds(1)));
    exception.start < end && start < last
}
