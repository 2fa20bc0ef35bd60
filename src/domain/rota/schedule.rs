//! Layers and overrides put together: who is on call, when that changes, and who follows (SEMANTICS R7, R9, R10).

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Duty, Person, Schedule, Segment,
    sweep::{Moment, Sweep},
};
use crate::domain::time::{minus, plus};

/// How far [`Schedule::duty`] looks, both ways: near first, since most rotations turn within a day or a week.
const REACHES: [TimeDelta; 3] = [TimeDelta::days(1), TimeDelta::days(8), TimeDelta::days(60)];

/// What a window is widened by, so that a change exactly on its edge is seen as a change.
const EDGE: TimeDelta = TimeDelta::seconds(1);

impl Schedule {
    /// Who is on call at an instant, sorted by name; empty = nobody.
    pub fn on_call(&self, at: DateTime<Utc>) -> Vec<Person> {
        let mut people = Vec::new();
        Moment::at(self, at).people(&mut people);
        people.into_iter().cloned().collect()
    }

    /// The final schedule in `[start, end)`: segments that touch, cover it all, and differ from their neighbours.
    ///
    /// Empty when `end <= start`.
    pub fn segments(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Segment> {
        let mut sweep = Sweep::new(self, start, end);
        let mut segments: Vec<Segment> = Vec::new();
        let (mut people, mut last) = (Vec::new(), Vec::new());
        while let Some((from, until)) = sweep.step() {
            sweep.moment().people(&mut people);
            match segments.last_mut() {
                // The set of people counts, whatever layer or slot it comes from (R10).
                Some(segment) if last == people => segment.end = until,
                _ => {
                    let named = people.iter().map(|person| (*person).clone()).collect();
                    segments.push(Segment { start: from, end: until, people: named });
                    std::mem::swap(&mut last, &mut people);
                }
            }
        }
        segments
    }

    /// The first instant of `[from, until)` at which somebody is on call; nothing = nobody is, all the while. Looks near first.
    pub fn staffed_from(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (mut start, mut days) = (from, 1);
        let mut people = Vec::new();
        while start < until {
            let end = plus(start, TimeDelta::days(days)).min(until);
            let mut sweep = Sweep::new(self, start, end);
            while let Some((at, _)) = sweep.step() {
                sweep.moment().people(&mut people);
                if !people.is_empty() {
                    return Some(at);
                }
            }
            (start, days) = (end, (days * 2).min(512));
        }
        None
    }

    /// Who is on call now, since when, until when, and who follows; looks 60 days both ways, edges included.
    pub fn duty(&self, at: DateTime<Utc>) -> Duty {
        let mut duty = Duty { people: Vec::new(), since: None, until: None, next: None };
        for reach in REACHES {
            duty = self.duty_within(at, reach);
            if duty.since.is_some() && duty.until.is_some() {
                break;
            }
        }
        duty
    }

    fn duty_within(&self, at: DateTime<Utc>, reach: TimeDelta) -> Duty {
        let (from, until) = (minus(minus(at, reach), EDGE), plus(plus(at, reach), EDGE));
        let segments = self.segments(from, until);
        let mut rest = segments.into_iter().skip_while(|segment| segment.end <= at);
        match rest.next() {
            Some(now) => Duty {
                people: now.people,
                since: (from < now.start).then_some(now.start),
                until: (now.end < until).then_some(now.end),
                next: rest.next().map(|segment| segment.people),
            },
            None => Duty { people: self.on_call(at), since: None, until: None, next: None },
        }
    }
}
