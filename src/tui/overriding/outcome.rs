//! What a change of the exceptions means for who is on call.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{
    rota::{OverrideChange, Person, Schedule},
    time::{minus, plus},
};

/// A stretch in which a change puts other people on call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// Who was.
    pub before: Vec<Person>,
    /// Who would be.
    pub after: Vec<Person>,
}

/// How much of a long override is worked out.
const SIGHT: TimeDelta = TimeDelta::days(60);

/// What a change means for the final schedule, over its own time but at most 60 days of it; nothing = it changes nothing.
pub fn consequences(schedule: &Schedule, change: &OverrideChange, now: DateTime<Utc>) -> Vec<Shift> {
    let mut changed = schedule.clone();
    let exception = match change {
        OverrideChange::Add(new) => {
            changed.overrides.push(new.clone());
            new
        }
        OverrideChange::Remove { nth, old } => {
            if changed.overrides.get(*nth) == Some(old) {
                changed.overrides.remove(*nth);
            }
            old
        }
    };
    // What lies behind is not shown of one that runs since long.
    let start = exception.start.max(minus(now, TimeDelta::days(1))).min(exception.end);
    let end = exception.end.min(plus(start, SIGHT));
    let (before, after) = (schedule.segments(start, end), changed.segments(start, end));
    let mut edges: Vec<_> = before.iter().chain(&after).flat_map(|s| [s.start, s.end]).collect();
    edges.sort_unstable();
    edges.dedup();
    let people = |of: &[crate::domain::rota::Segment], at| {
        of.iter().find(|s| s.start <= at && at < s.end).map(|s| s.people.clone()).unwrap_or_default()
    };
    let mut shifts: Vec<Shift> = Vec::new();
    for (start, end) in edges.iter().zip(edges.iter().skip(1)) {
        let (was, becomes) = (people(&before, *start), people(&after, *start));
        if was == becomes {
            continue;
        }
        match shifts.last_mut() {
            Some(last) if last.end == *start && last.before == was && last.after == becomes => last.end = *end,
            _ => shifts.push(Shift { start: *start, end: *end, before: was, after: becomes }),
        }
    }
    shifts
}
