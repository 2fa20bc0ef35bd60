//! Time to acknowledge, to resolve, to detect, over a period (R32, R34, R35).

use chrono::{DateTime, Utc};

use super::{
    period::Period,
    summary::{Summary, median, seconds},
    survival::{self, Median, Seen},
};
use crate::domain::time::between;

/// The moments of one incident that these figures are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Life {
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When a person first took it on.
    pub acked_at: Option<DateTime<Utc>>,
    /// When it was last resolved.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was closed without being resolved, as not planned or a duplicate (R22).
    pub cancelled_at: Option<DateTime<Utc>>,
    /// When its harm began, where that is recorded.
    pub impact_at: Option<DateTime<Utc>>,
    /// When it was noticed, where that is recorded.
    pub detected_at: Option<DateTime<Utc>>,
}

/// The figures of a period, with the counts that belong beside them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times {
    /// Opened in the period.
    pub opened: usize,
    /// Of those: nobody has taken it on.
    pub unacked: usize,
    /// Of those: neither resolved nor cancelled.
    pub still_open: usize,
    /// Cancelled in the period, whenever they were opened: in no time to resolve.
    pub cancelled: usize,
    /// Time to acknowledge, of those opened in the period.
    pub tta: Summary,
    /// Time to resolve, of those resolved in the period, whenever they were opened.
    pub ttr: Summary,
    /// Time to detect, of those opened in the period whose impact start and detection are recorded.
    pub ttd: Summary,
    /// The time by which half of those opened in the period are resolved, those still open included and those
    /// cancelled left out.
    pub km_ttr: Median,
    /// The median time to resolve of those opened in the period that are resolved: flatters while any is open.
    pub naive_ttr: Option<f64>,
}

impl Life {
    /// As it was at `now`: what happens later is not known yet.
    fn seen_at(self, now: DateTime<Utc>) -> Self {
        let known = |at: Option<DateTime<Utc>>| at.filter(|at| *at <= now);
        Self {
            opened_at: self.opened_at,
            acked_at: known(self.acked_at),
            resolved_at: known(self.resolved_at),
            cancelled_at: known(self.cancelled_at),
            impact_at: known(self.impact_at),
            detected_at: known(self.detected_at),
        }
    }

    fn since_opening(&self, at: Option<DateTime<Utc>>) -> Option<f64> {
        at.filter(|at| self.opened_at <= *at).map(|at| seconds(between(self.opened_at, at)))
    }

    /// Whether it is resolved at a time before its opening: no length can be told from that.
    fn is_backwards(&self) -> bool {
        self.resolved_at.is_some_and(|at| at < self.opened_at)
    }
}

impl Times {
    /// The figures of `period` as they are known at `now`. A past period never changes for a later `now` but by what was
    /// still to come.
    pub fn over<'a>(lives: impl IntoIterator<Item = &'a Life>, period: &Period, now: DateTime<Utc>) -> Self {
        let lives: Vec<Life> =
            lives.into_iter().filter(|life| life.opened_at <= now).map(|life| life.seen_at(now)).collect();
        let opened: Vec<&Life> = lives.iter().filter(|life| period.holds(life.opened_at)).collect();
        let resolved = lives.iter().filter(|life| life.resolved_at.is_some_and(|at| period.holds(at)));
        let tta = Summary::of_some(opened.iter().map(|life| life.since_opening(life.acked_at)));
        let ttd = opened.iter().map(|life| Some(seconds(between(life.impact_at?, life.detected_at?))));
        let lasting = || opened.iter().filter(|life| life.cancelled_at.is_none());
        let life_of = |life: &&Life| Seen {
            seconds: seconds(between(life.opened_at, life.resolved_at.unwrap_or(now))),
            is_ended: life.resolved_at.is_some(),
        };
        Self {
            opened: opened.len(),
            unacked: tta.missing,
            still_open: lasting().filter(|life| life.resolved_at.is_none()).count(),
            cancelled: lives.iter().filter(|life| life.cancelled_at.is_some_and(|at| period.holds(at))).count(),
            tta,
            ttr: Summary::of_some(resolved.map(|life| life.since_opening(life.resolved_at))),
            ttd: Summary::of_some(ttd),
            km_ttr: survival::median(lasting().filter(|life| !life.is_backwards()).map(life_of)),
            naive_ttr: median(opened.iter().filter_map(|life| life.since_opening(life.resolved_at))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn at(time: &str) -> DateTime<Utc> {
        parse_rfc3339(&format!("2026-10-{time}:00Z")).unwrap()
    }

    fn life(opened: &str, acked: Option<&str>, resolved: Option<&str>) -> Life {
        let (acked_at, resolved_at) = (acked.map(at), resolved.map(at));
        Life { opened_at: at(opened), acked_at, resolved_at, cancelled_at: None, impact_at: None, detected_at: None }
    }

    #[test]
    fn what_was_cancelled_is_counted_and_in_no_time_to_resolve() {
        let cancelled = Life { cancelled_at: Some(at("05T11:00")), ..life("05T10:00", None, None) };
        let lives = [cancelled, life("05T10:00", None, Some("05T12:00"))];
        let whole = Times::over(&lives, &Period::always(), at("09T00:00"));
        assert_eq!((whole.opened, whole.cancelled, whole.still_open, whole.ttr.n), (2, 1, 0, 1));
        assert_eq!((whole.ttr.missing, whole.km_ttr), (0, Median::At(7_200.0)));
        let before = Times::over(&lives, &Period::always(), at("05T10:30"));
        assert_eq!((before.cancelled, before.still_open), (0, 2));
    }

    #[test]
    fn a_period_holds_its_start_and_not_its_end() {
        let lives = [life("05T10:00", Some("05T10:05"), Some("06T00:00"))];
        let now = at("09T00:00");
        let (fifth, sixth) =
            (Period::between(at("05T10:00"), at("06T00:00")), Period::between(at("06T00:00"), at("07T00:00")));
        let (one, two) = (Times::over(&lives, &fifth, now), Times::over(&lives, &sixth, now));
        assert_eq!((one.opened, one.tta.n, one.ttr.n), (1, 1, 0));
        assert_eq!((two.opened, two.tta.n, two.ttr.n), (0, 0, 1));
    }

    #[test]
    fn one_still_open_is_in_the_half_that_is_not_closed() {
        let lives =
            [life("05T10:00", None, Some("05T11:00")), life("05T10:00", None, None), life("05T10:00", None, None)];
        let found = Times::over(&lives, &Period::always(), at("09T00:00"));
        assert_eq!((found.km_ttr, found.naive_ttr, found.still_open), (Median::NotReached, Some(3_600.0), 2));
    }

    #[test]
    fn acknowledging_belongs_to_the_opening_and_resolving_to_its_own_time() {
        let lives = [life("05T10:00", Some("05T10:10"), Some("07T10:00")), life("07T09:00", None, None)];
        let (first, second) =
            (Period::between(at("05T00:00"), at("06T00:00")), Period::between(at("07T00:00"), at("08T00:00")));
        let now = at("09T00:00");
        let (one, two) = (Times::over(&lives, &first, now), Times::over(&lives, &second, now));
        assert_eq!((one.opened, one.tta.median, one.ttr.n, one.still_open), (1, Some(600.0), 0, 0));
        assert_eq!((two.opened, two.unacked, two.ttr.median, two.still_open), (1, 1, Some(172_800.0), 1));
        assert_eq!((one.ttd.n, one.ttd.median, two.km_ttr), (0, None, Median::NotReached));
    }

    #[test]
    fn a_resolution_before_the_opening_is_in_no_length() {
        let lives = [life("05T10:00", None, Some("05T09:00")), life("05T10:00", Some("05T10:10"), Some("05T11:00"))];
        let times = Times::over(&lives, &Period::always(), at("06T00:00"));
        assert_eq!((times.ttr.n, times.ttr.missing, times.ttr.min), (1, 1, Some(3_600.0)));
        assert_eq!((times.naive_ttr, times.km_ttr), (Some(3_600.0), Median::At(3_600.0)));
        assert_eq!((times.opened, times.still_open), (2, 0));
    }

    #[test]
    fn what_comes_later_is_not_known_yet() {
        let lives = [life("05T10:00", Some("05T12:00"), Some("05T13:00")), life("06T10:00", None, None)];
        let then = Times::over(&lives, &Period::always(), at("05T11:00"));
        assert_eq!((then.opened, then.unacked, then.still_open, then.km_ttr), (1, 1, 1, Median::NotReached));
        assert_eq!((then.tta.median, then.naive_ttr), (None, None));
    }
}
