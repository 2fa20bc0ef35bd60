//! What the play's team aims at.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use crate::{
    domain::{
        goal::{Figure, Goal, Moment, Stat, Target, Window},
        query::Query,
        sla::WhichClock,
        stats::summary::seconds,
        zone::Zone,
    },
    floor::fact::Fact,
    text::Text,
};

/// A goal of the play.
struct Part {
    name: &'static str,
    why: &'static str,
    figure: Figure,
    query: &'static str,
    target: Target,
    window: Window,
    months: u32,
    owner: &'static str,
    /// Days from the start of the play until its last day; zero = it has none.
    by: u64,
}

/// The goals.
pub(super) fn opening(zone: &Zone, start: DateTime<Utc>) -> Vec<Fact> {
    let today = zone.local(start).date();
    parts().into_iter().map(|part| Fact::GoalAdded(Box::new(goal(part, zone, today)))).collect()
}

fn parts() -> [Part; 5] {
    let month = Window::Rolling(TimeDelta::days(30));
    [
        Part {
            name: "no old P0 or P1",
            why: "Nothing urgent is left lying.",
            figure: Figure::Open(TimeDelta::days(14)),
            query: "priority:P0,P1",
            target: Target::AtMost(0.0),
            window: month,
            months: 0,
            owner: "mae.l",
            by: 21,
        },
        Part {
            name: "time to repair",
            why: "As the plan of the year says.",
            figure: Figure::Time(Moment::Resolved, Stat::Median),
            query: "",
            target: Target::AtMost(seconds(TimeDelta::days(14))),
            window: month,
            months: 0,
            owner: "ana.k",
            by: 70,
        },
        Part {
            name: "responses kept",
            why: "",
            figure: Figure::Kept(Some(WhichClock::Response)),
            query: "",
            target: Target::AtLeast(0.9),
            window: month,
            months: 0,
            owner: "ben.i",
            by: 0,
        },
        Part {
            name: "everything has an owner",
            why: "Nine in ten, so that the rest can be talked about on Monday.",
            figure: Figure::Owned,
            query: "",
            target: Target::AtLeast(0.9),
            window: month,
            months: 0,
            owner: "mae.l",
            by: 40,
        },
        Part {
            name: "integrity failures",
            why: "Below one in a hundred before the release is called stable.",
            figure: Figure::Signal(Text::scrub("integrity"), Stat::Max),
            query: "",
            target: Target::AtMost(1.0),
            window: Window::Rolling(TimeDelta::days(1)),
            months: 0,
            owner: "kai.n",
            by: 0,
        },
    ]
}

fn goal(part: Part, zone: &Zone, today: NaiveDate) -> Goal {
    Goal {
        name: Text::scrub(part.name),
        why: Text::scrub(part.why),
        figure: part.figure,
        filter: Query::read(part.query).of_all(),
        target: part.target,
        window: part.window,
        months_running: part.months,
        owner: Some(Text::scrub(part.owner)),
        since: None,
        by: Some(part.by).filter(|days| 0 < *days).and_then(|days| today.checked_add_days(Days::new(days))),
        zone: zone.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    #[test]
    fn queries_of_the_play_can_be_read_and_its_days_lie_ahead() {
        let start = parse_rfc3339("2026-11-20T03:12:00Z").unwrap();
        let today = start.date_naive();
        for part in parts() {
            assert!(Query::strict(part.query).is_ok(), "{}", part.name);
            let goal = goal(part, &Zone::utc(), today);
            assert!(goal.by.is_none_or(|by| today < by), "{}", goal.name);
        }
        assert_eq!(opening(&Zone::utc(), start).len(), 5);
    }
}
