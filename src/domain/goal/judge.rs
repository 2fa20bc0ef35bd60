//! How a goal stands: the figure over its window, month by month, and what that comes to.
//!
//! A month is judged on its own, once it is over. One that is not on record, or in which there was nothing to measure, is
//! not judged, and that is never "met".

use chrono::{DateTime, Utc};

use super::{Baseline, Figure, Goal, Measured, Span, Target, Window};
use crate::{
    domain::{stats::period::Unit, time::minus},
    text::{Text, counted},
};

/// Months that are shown at least, the running one beside them.
const MONTHS_SHOWN: u32 = 6;

/// What a goal comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is not reached.
    Missed,
    /// Nobody can tell.
    NotJudged,
    /// It is not reached yet, and there is time.
    OnTheWay,
    /// It is reached.
    Met,
}

impl Verdict {
    /// Its word, on screens and paper.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::NotJudged => "not judged",
            Self::OnTheWay => "on the way",
            Self::Met => "met",
        }
    }

    /// Its word on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotJudged => "not_judged",
            Self::OnTheWay => "on_the_way",
            Self::Missed | Self::Met => self.word(),
        }
    }
}

/// How a month went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Went {
    /// It kept the target.
    Met,
    /// It did not.
    Missed,
    /// It is not over.
    Running,
    /// Nobody can tell, and why.
    NotJudged(Text),
}

impl Went {
    /// Its word, on screens, paper and the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Running => "running",
            Self::NotJudged(_) => "not judged",
        }
    }
}

/// One calendar month.
#[derive(Debug, Clone, PartialEq)]
pub struct Month {
    /// From when until when, with its name.
    pub span: Span,
    /// How it went.
    pub went: Went,
    /// What the figure came to; nothing = it is not known.
    pub value: Option<f64>,
    /// Of how many.
    pub n: usize,
}

/// A goal as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// What it comes to.
    pub verdict: Verdict,
    /// Why, a sentence without its period; blank where the figure says it.
    pub why: Text,
    /// The time the figure speaks of.
    pub span: Span,
    /// The figure, or why there is none.
    pub figure: Result<Measured, Text>,
    /// The number it is compared with; nothing = the baseline is not known.
    pub limit: Option<f64>,
    /// The baseline, or why it is not known; nothing = it has none.
    pub baseline: Option<Result<f64, Text>>,
    /// The last months, the running one last; empty for figures that have none.
    pub months: Vec<Month>,
    /// Whole months in a row, up to the last one, that kept the target.
    pub run: u32,
}

/// What goals are judged by.
pub struct World<'a> {
    /// The figure over a stretch; why not where it cannot be told.
    pub look: &'a dyn Fn(&Span) -> Result<Measured, Text>,
    /// The number in the file of a baseline.
    pub baseline: &'a dyn Fn() -> Result<f64, Text>,
}

impl Goal {
    /// How it stands.
    pub fn standing(&self, world: &World<'_>, now: DateTime<Utc>) -> Standing {
        let baseline = self.baseline(world);
        let limit = match (&self.target, &baseline) {
            (Target::AtMost(limit) | Target::AtLeast(limit), _) => Some(*limit),
            (Target::Below { by, .. }, Some(Ok(value))) => Some(value * (1.0 - by)),
            (Target::Below { .. }, _) => None,
        };
        let span = self.span(now);
        let figure = self.known(&span).and_then(|()| (world.look)(&span));
        let months = self.months(world, limit, now);
        let whole = || months.iter().rev().filter(|month| month.went != Went::Running);
        let run = whole().take_while(|month| month.went == Went::Met).count();
        let run = u32::try_from(run).unwrap_or(u32::MAX);
        let no_limit = baseline.as_ref().and_then(|found| found.as_ref().err());
        let (verdict, why) = match no_limit {
            Some(why) => (Verdict::NotJudged, format!("the baseline is not known: {why}")),
            None if self.months_running == 0 => self.of_window(&figure, limit, now),
            None => self.of_months(&months, run, now),
        };
        Standing { verdict, why: Text::scrub(&why), span, figure, limit, baseline, months, run }
    }

    fn baseline(&self, world: &World<'_>) -> Option<Result<f64, Text>> {
        let Target::Below { baseline, .. } = &self.target else { return None };
        Some(match baseline {
            Baseline::Value(value) => Ok(*value),
            Baseline::File(..) => (world.baseline)(),
            Baseline::Days(from, until) => {
                let name = format!("{from} to {until}");
                let span = Span { from: self.midnight(*from), until: self.midnight(*until), name };
                let found = (world.look)(&span);
                found.and_then(|found| found.value.ok_or_else(|| nothing(&span)))
            }
        })
    }

    /// The stretch its figure speaks of.
    fn span(&self, now: DateTime<Utc>) -> Span {
        let since = self.since.map_or(DateTime::<Utc>::MIN_UTC, |day| self.midnight(day));
        match self.window {
            _ if self.figure.is_of_an_instant() && self.months_running == 0 => {
                Span { from: now, until: now, name: String::new() }
            }
            Window::Rolling(length) => {
                Span { from: minus(now, length).max(since.min(now)), until: now, name: String::new() }
            }
            Window::Calendar(unit) => self.last_whole(unit, now),
        }
    }

    fn last_whole(&self, unit: Unit, now: DateTime<Utc>) -> Span {
        let running = unit.period_of(now, &self.zone);
        let before = unit.period_of(minus(running.start, chrono::TimeDelta::seconds(1)), &self.zone);
        Span { from: before.start, until: before.end, name: before.name }
    }

    /// Whether all of a stretch counts.
    fn known(&self, span: &Span) -> Result<(), Text> {
        match self.since.map(|day| (day, self.midnight(day))) {
            Some((day, since)) if span.from < since => Err(Text::scrub(&format!("it counts from {day} on"))),
            _ => Ok(()),
        }
    }

    fn keeps(&self, value: f64, limit: f64) -> bool {
        match self.target {
            Target::AtMost(_) | Target::Below { .. } => value <= limit,
            Target::AtLeast(_) => limit <= value,
        }
    }

    fn months(&self, world: &World<'_>, limit: Option<f64>, now: DateTime<Utc>) -> Vec<Month> {
        if !self.figure.has_months() {
            return Vec::new();
        }
        let mut period = Unit::Month.period_of(now, &self.zone);
        let mut months = Vec::new();
        for n in 0..=self.months_running.max(MONTHS_SHOWN) {
            let span = Span { from: period.start, until: period.end.min(now), name: period.name };
            months.push(self.month(span, n == 0, world, limit));
            period = Unit::Month.period_of(minus(period.start, chrono::TimeDelta::seconds(1)), &self.zone);
        }
        months.reverse();
        months
    }

    fn month(&self, span: Span, is_running: bool, world: &World<'_>, limit: Option<f64>) -> Month {
        let found = self.known(&span).and_then(|()| (world.look)(&span));
        let (value, n) = found.as_ref().map_or((None, 0), |found| (found.value, found.n));
        let went = match (found, value, limit) {
            _ if is_running => Went::Running,
            (Err(why), ..) => Went::NotJudged(why),
            (Ok(_), None, _) => Went::NotJudged(nothing(&span)),
            (Ok(_), Some(_), None) => Went::NotJudged(Text::scrub("the baseline is not known")),
            (Ok(_), Some(value), Some(limit)) if self.keeps(value, limit) => Went::Met,
            _ => Went::Missed,
        };
        Month { span, went, value, n }
    }

    fn of_window(&self, figure: &Result<Measured, Text>, limit: Option<f64>, now: DateTime<Utc>) -> (Verdict, String) {
        match figure {
            Err(why) => (Verdict::NotJudged, why.to_string()),
            Ok(found) => match (found.value, limit) {
                (None, _) => (Verdict::NotJudged, "there was nothing to measure".to_owned()),
                (_, None) => (Verdict::NotJudged, "the baseline is not known".to_owned()),
                (Some(value), Some(limit)) if self.keeps(value, limit) => (Verdict::Met, String::new()),
                _ => (self.short_of(now), String::new()),
            },
        }
    }

    fn of_months(&self, months: &[Month], run: u32, now: DateTime<Utc>) -> (Verdict, String) {
        let wanted = self.months_running;
        let so_far = format!("{run} of {} running", counted(wanted as usize, "month", "months"));
        if wanted <= run {
            let n = counted(run as usize, "month", "months");
            return (Verdict::Met, format!("{n} running up to {}", last_name(months)));
        }
        let mut whole = months.iter().rev().filter(|month| month.went != Went::Running);
        let stop = whole.nth(run as usize);
        match (stop.map(|month| (&month.went, &month.span.name)), self.has_time(now)) {
            (Some((Went::Missed, name)), None) if run == 0 => (Verdict::Missed, format!("{so_far}: {name} missed it")),
            (Some((Went::Missed, name)), Some(false)) => {
                (Verdict::Missed, format!("{so_far}: {name} missed it, and its day is over"))
            }
            (Some((Went::Missed, name)), _) => (Verdict::OnTheWay, format!("{so_far}: {name} missed it")),
            // What began only lately cannot have run for so long.
            (Some((Went::NotJudged(why), name)), Some(true)) if run > 0 || self.began(months, run) => {
                (Verdict::OnTheWay, format!("{so_far}: {name}: {why}"))
            }
            (Some((Went::NotJudged(why), name)), _) => (Verdict::NotJudged, format!("{so_far}: {name}: {why}")),
            _ => (Verdict::NotJudged, so_far),
        }
    }

    /// Whether the month before the run lies before its first day.
    fn began(&self, months: &[Month], run: u32) -> bool {
        let stop = months.iter().rev().filter(|month| month.went != Went::Running).nth(run as usize);
        stop.is_some_and(|month| self.known(&month.span).is_err())
    }

    /// Whether its last day is still to end; nothing where it has none.
    fn has_time(&self, now: DateTime<Utc>) -> Option<bool> {
        self.deadline().map(|end| now < end)
    }

    fn short_of(&self, now: DateTime<Utc>) -> Verdict {
        if self.has_time(now) == Some(true) { Verdict::OnTheWay } else { Verdict::Missed }
    }
}

fn nothing(span: &Span) -> Text {
    let when = if span.name.is_empty() { String::new() } else { format!(" in {}", span.name) };
    Text::scrub(&format!("there was nothing to measure{when}"))
}

fn last_name(months: &[Month]) -> &str {
    months.iter().rev().find(|month| month.went != Went::Running).map_or("", |month| month.span.name.as_str())
}

impl Standing {
    /// The figure's number, where there is one.
    pub fn value(&self) -> Option<f64> {
        self.figure.as_ref().ok().and_then(|found| found.value)
    }

    /// The figure against its target: `3d 4h`, or `–` where there is none.
    pub fn said(&self, figure: &Figure) -> String {
        self.value().map_or("–".to_owned(), |value| figure.said(value))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::{
        goal::{Moment, Stat},
        query::Query,
        time::parse_rfc3339,
        zone::Zone,
    };

    fn goal() -> Goal {
        Goal {
            name: Text::scrub("repair"),
            why: Text::default(),
            figure: Figure::Time(Moment::Resolved, Stat::Median),
            filter: Query::default(),
            target: Target::AtMost(100.0),
            window: Window::Rolling(TimeDelta::days(30)),
            months_running: 0,
            owner: None,
            since: None,
            by: None,
            zone: Zone::utc(),
        }
    }

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    /// Values by the month they begin in; a month that is not named is not on record, one with `nan` is empty.
    fn stands(goal: &Goal, by_month: &[(&str, f64)], now: &str) -> Standing {
        let look = |span: &Span| {
            let name = span.from.format("%Y-%m").to_string();
            let found = by_month.iter().find(|(month, _)| *month == name).map(|(_, value)| *value);
            let value = found.ok_or_else(|| Text::scrub("not on record"))?;
            Ok(Measured { value: Some(value).filter(|v| !v.is_nan()), n: 1, note: Text::default() })
        };
        goal.standing(&World { look: &look, baseline: &|| Err(Text::scrub("no file")) }, at(now))
    }

    const NOW: &str = "2026-11-20T09:00:00Z";

    #[test]
    fn exactly_on_the_target_is_met_and_a_day_ahead_makes_a_miss_one_on_the_way() {
        let verdict = |value: f64, by: Option<&str>| {
            let goal = Goal { by: by.map(|day| day.parse().unwrap()), ..goal() };
            stands(&goal, &[("2026-10", value)], NOW).verdict
        };
        assert_eq!(verdict(100.0, None), Verdict::Met);
        assert_eq!(verdict(100.5, None), Verdict::Missed);
        assert_eq!(verdict(100.5, Some("2026-11-20")), Verdict::OnTheWay);
        assert_eq!(verdict(100.5, Some("2026-11-19")), Verdict::Missed);
        assert_eq!(verdict(f64::NAN, Some("2026-12-20")), Verdict::NotJudged);
    }

    #[test]
    fn nothing_on_record_is_never_met() {
        let standing = stands(&goal(), &[], NOW);
        assert_eq!((standing.verdict, standing.why.as_str()), (Verdict::NotJudged, "not on record"));
        assert_eq!((standing.value(), standing.run), (None, 0));
        let at_least = Goal { target: Target::AtLeast(0.0), ..goal() };
        assert_eq!(stands(&at_least, &[], NOW).verdict, Verdict::NotJudged);
    }

    #[test]
    fn months_are_judged_each_on_its_own_and_the_running_one_not_at_all() {
        let goal = Goal { months_running: 2, ..goal() };
        let standing =
            stands(&goal, &[("2026-08", 200.0), ("2026-09", 90.0), ("2026-10", 80.0), ("2026-11", 900.0)], NOW);
        let words: Vec<_> = standing.months.iter().map(|m| (m.span.name.as_str(), m.went.word())).collect();
        assert_eq!(words[3..], [("2026-08", "missed"), ("2026-09", "met"), ("2026-10", "met"), ("2026-11", "running")]);
        assert_eq!((standing.verdict, standing.run), (Verdict::Met, 2));
        assert_eq!(standing.why.as_str(), "2 months running up to 2026-10");
        // One calm month in November makes no third.
        let three = Goal { months_running: 3, ..goal };
        let calm = [("2026-08", 200.0), ("2026-09", 90.0), ("2026-10", 80.0), ("2026-11", 1.0)];
        let standing = stands(&three, &calm, NOW);
        assert_eq!((standing.verdict, standing.run), (Verdict::OnTheWay, 2));
        assert_eq!(standing.why.as_str(), "2 of 3 months running: 2026-08 missed it");
    }

    #[test]
    fn a_month_that_nobody_can_judge_ends_the_run() {
        let goal = Goal { months_running: 2, ..goal() };
        let standing = stands(&goal, &[("2026-09", f64::NAN), ("2026-10", 80.0)], NOW);
        assert_eq!((standing.verdict, standing.run), (Verdict::NotJudged, 1));
        assert_eq!(standing.why.as_str(), "1 of 2 months running: 2026-09: there was nothing to measure in 2026-09");
        let short = stands(&goal, &[("2026-10", 80.0)], NOW);
        assert_eq!((short.verdict, short.run), (Verdict::NotJudged, 1));
        // With a day ahead it is on the way: there is time for another month.
        let ahead = Goal { by: "2027-01-31".parse().ok(), ..goal };
        assert_eq!(stands(&ahead, &[("2026-10", 80.0)], NOW).verdict, Verdict::OnTheWay);
        assert_eq!(stands(&ahead, &[], NOW).verdict, Verdict::NotJudged);
    }

    #[test]
    fn the_last_month_missed_is_a_miss_unless_there_is_a_day_ahead() {
        let goal = Goal { months_running: 2, ..goal() };
        let months = [("2026-09", 90.0), ("2026-10", 180.0)];
        assert_eq!(stands(&goal, &months, NOW).verdict, Verdict::Missed);
        let ahead = Goal { by: "2027-01-31".parse().ok(), ..goal.clone() };
        assert_eq!(stands(&ahead, &months, NOW).verdict, Verdict::OnTheWay);
        let over = Goal { by: "2026-10-31".parse().ok(), ..goal };
        assert_eq!(stands(&over, &[("2026-09", 180.0), ("2026-10", 80.0)], NOW).verdict, Verdict::Missed);
    }

    #[test]
    fn nothing_before_its_first_day_counts() {
        let goal = Goal { since: "2026-10-01".parse().ok(), months_running: 2, ..goal() };
        let standing = stands(&goal, &[("2026-09", 1.0), ("2026-10", 1.0)], NOW);
        assert_eq!((standing.verdict, standing.run), (Verdict::NotJudged, 1));
        assert!(standing.why.as_str().ends_with("it counts from 2026-10-01 on"), "{}", standing.why);
        let ahead = Goal { by: "2026-12-31".parse().ok(), ..goal };
        assert_eq!(stands(&ahead, &[("2026-09", 1.0), ("2026-10", 1.0)], NOW).verdict, Verdict::OnTheWay);
    }

    #[test]
    fn a_baseline_is_a_number_or_the_same_figure_over_other_days_and_without_one_nothing_is_met() {
        let below = |baseline| Goal { target: Target::Below { by: 0.3, baseline }, ..goal() };
        let of_days = Baseline::Days("2026-07-01".parse().unwrap(), "2026-08-01".parse().unwrap());
        let months = [("2026-07", 100.0), ("2026-10", 70.0)];
        let standing = stands(&below(of_days.clone()), &months, NOW);
        assert_eq!((standing.verdict, standing.limit), (Verdict::Met, Some(70.0)));
        assert_eq!(stands(&below(Baseline::Value(99.0)), &months, NOW).verdict, Verdict::Missed);
        let unknown = stands(&below(of_days), &[("2026-10", 70.0)], NOW);
        assert_eq!(unknown.verdict, Verdict::NotJudged);
        assert_eq!(unknown.why.as_str(), "the baseline is not known: not on record");
    }

    #[test]
    fn a_calendar_window_is_the_last_whole_one_by_the_goals_own_clock() {
        let goal = Goal { window: Window::Calendar(Unit::Quarter), ..goal() };
        let standing = stands(&goal, &[("2026-07", 1.0)], NOW);
        assert_eq!((standing.span.name.as_str(), standing.verdict), ("2026-Q3", Verdict::Met));
        let month = Goal { window: Window::Calendar(Unit::Month), ..goal };
        assert_eq!(stands(&month, &[("2026-10", 1.0)], "2026-11-01T00:00:00Z").span.name, "2026-10");
    }
}
