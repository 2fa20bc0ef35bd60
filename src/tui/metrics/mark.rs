//! What happened meanwhile, on a chart's time axis: alerts that fired, incidents that were opened, releases.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::AlertState,
        priority::{Grade, Priority},
    },
    floor::{Floor, metrics::Gauge},
    text::{Text, clip},
    tui::{canvas::Canvas, theme::Slot},
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When, or since when.
    pub at: DateTime<Utc>,
    /// Until when, where it lasted.
    pub until: Option<DateTime<Utc>>,
    /// What kind of thing.
    pub kind: Kind,
    /// In a few words.
    pub what: Text,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// This signal's alert fired.
    Alert,
    /// An incident of the two highest priorities was opened.
    Incident,
    /// A release was published.
    Release,
}

impl Kind {
    /// Its colour.
    pub fn slot(self) -> Slot {
        match self {
            Self::Alert => Slot::Over,
            Self::Incident => Slot::Risk,
            Self::Release => Slot::Accent,
        }
    }

    /// Its sign on the axis.
    pub fn sign(self, canvas: &Canvas<'_>) -> &'static str {
        match self {
            Self::Alert => canvas.theme.sign("━", "="),
            Self::Incident => "!",
            Self::Release => canvas.theme.sign("▼", "v"),
        }
    }
}

/// What happened between two instants that a reader of this signal wants to know.
pub fn marks(floor: &Floor, gauge: &Gauge, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Mark> {
    let mut found = Vec::new();
    if let AlertState::Firing { fired_at, .. } = gauge.alert {
        let what = Text::scrub("alert fires");
        found.push(Mark { at: fired_at, until: Some(until), kind: Kind::Alert, what });
    }
    for run in gauge.ended_runs().filter(|run| from <= run.until && run.fired_at <= until) {
        let what = Text::scrub("alert fired");
        found.push(Mark { at: run.fired_at, until: Some(run.until), kind: Kind::Alert, what });
    }
    for entry in floor.queue().entries() {
        let is_high = matches!(entry.verdict.grade, Grade::Set(Priority::P0 | Priority::P1));
        let at = entry.incident.opened_at;
        if is_high && from <= at && at <= until {
            let what = format!("{} {}", entry.incident.key.short(), clip(entry.incident.title.as_str(), 40));
            found.push(Mark { at, until: None, kind: Kind::Incident, what: Text::scrub(&what) });
        }
    }
    for (repo, release) in floor.releases() {
        if let Some(at) = release.published_at.filter(|at| from <= *at && *at <= until) {
            let what = format!("release {} {} out", repo.short(), clip(release.tag.as_str(), 30));
            found.push(Mark { at, until: None, kind: Kind::Release, what: Text::scrub(&what) });
        }
    }
    found
}

/// What each sign that is on the chart stands for: `▼ release`.
pub fn legend(marks: &[Mark], canvas: &Canvas<'_>) -> Vec<(Slot, String)> {
    let words = [(Kind::Alert, "fires"), (Kind::Incident, "incident"), (Kind::Release, "release")];
    let is_there = |kind: &Kind| marks.iter().any(|mark| mark.kind == *kind);
    let there = words.into_iter().filter(|(kind, _)| is_there(kind));
    there.map(|(kind, word)| (kind.slot(), format!("{} {word}", kind.sign(canvas)))).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        demo::{USUAL_INCIDENTS, World},
        domain::{
            sample::Telling,
            time::{minus, parse_rfc3339},
            zone::Zones,
        },
    };

    #[test]
    fn a_time_through_which_the_alert_fired_stands_there_after_it_is_over() {
        let now = parse_rfc3339("2026-11-20T02:12:00Z").unwrap();
        let mut world = World::new(7, now, USUAL_INCIDENTS, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now);
        }
        let at = |minutes: i64| minus(now, TimeDelta::minutes(minutes));
        let disk = floor.gauges().iter().position(|gauge| gauge.signal.name.as_str() == "disk pg-main").unwrap();
        let mut gauge = Gauge::new(floor.gauges()[disk].signal.clone(), floor.gauges()[disk].source);
        gauge.signal.hold = TimeDelta::minutes(2);
        let values = [(30, 60.0), (20, 99.0), (18, 99.0), (10, 60.0), (0, 61.0)];
        let sample =
            |(ago, value): (i64, f64)| crate::domain::series::Sample { at_ms: at(ago).timestamp_millis(), value };
        gauge.take(values.map(sample).to_vec(), Telling::Added, now);
        let fired = |hours| {
            let found = marks(&floor, &gauge, minus(now, TimeDelta::minutes(hours)), now);
            let alerts = found.into_iter().filter(|mark| mark.kind == Kind::Alert);
            alerts.map(|mark| (mark.at, mark.until)).collect::<Vec<_>>()
        };
        assert_eq!(fired(60), [(at(18), Some(at(10)))]);
        assert_eq!(fired(5), []);
    }

    #[test]
    fn a_release_stands_where_it_went_out_and_not_outside_the_chart() {
        let now = parse_rfc3339("2026-11-20T02:12:00Z").unwrap();
        let mut world = World::new(7, now, USUAL_INCIDENTS, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now);
        }
        let of = |hours| {
            let found = marks(&floor, &floor.gauges()[0], minus(now, TimeDelta::hours(hours)), now);
            found.into_iter().filter(|mark| mark.kind == Kind::Release).collect::<Vec<_>>()
        };
        let (at, what) = (minus(now, TimeDelta::minutes(150)), Text::scrub("release api v4.9.8 out"));
        assert_eq!(of(6), [Mark { at, until: None, kind: Kind::Release, what }]);
        assert_eq!(of(2), []);
    }
}
