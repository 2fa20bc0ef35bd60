//! How fast a budget is spent, and when that wakes somebody: two windows a row, a page and a ticket of two rows each
//! (SEMANTICS R38, the workbook's table).

use chrono::TimeDelta;

use crate::domain::{
    alert::Condition,
    slo::{
        exact::{Ratio, Target},
        ledger::{EVENT, Tally},
    },
};

/// Bad share by budget: 1 spends exactly the budget over its period. Nothing where there is no data (0/0, R39).
pub fn rate(tally: Tally, target: Target) -> Option<Ratio> {
    tally.bad_share()?.by(target.budget())
}

/// What is left of a budget: 1 all, 0 none, below zero overspent; nothing where there is no data.
pub fn left(tally: Tally, target: Target) -> Option<f64> {
    let spent = rate(tally, target)?;
    let (num, den) = (i128::try_from(spent.num()).ok()?, i128::try_from(spent.den()).ok()?);
    Some((den - num) as f64 / den as f64)
}

/// The share of a period's budget that burning at `rate` for `window` spends.
pub fn consumed(rate: Ratio, window: TimeDelta, period: TimeDelta) -> Option<Ratio> {
    rate.times(share_of(window, period)?)
}

/// How long a budget of which `left` remains lasts at `rate`; nothing where it is not being spent, or longer than can be
/// counted. A whole budget lasts the period divided by the rate.
pub fn lasts(left: f64, rate: Ratio, period: TimeDelta) -> Option<TimeDelta> {
    if rate == Ratio::ZERO {
        return None;
    }
    let seconds = period.num_seconds() as f64 * left.max(0.0) * (rate.den() as f64 / rate.num() as f64);
    // A hundred thousand years are no forecast.
    (seconds < 3.2e12).then(|| TimeDelta::try_seconds(seconds.round() as i64)).flatten()
}

/// How long everything must be bad until a row's long window passes its limit, and `wait` more: silence that lasts so
/// long would have been an alert, had it been an outage.
pub fn absent_after(row: &Row, target: Target, period: TimeDelta, wait: TimeDelta) -> Option<TimeDelta> {
    let limit = row.factor(period)?.times(target.budget())?;
    let long = Ratio::new(u128::try_from(row.long.num_milliseconds()).ok()?, 1)?.times(limit)?;
    let millis = i64::try_from(long.num().div_ceil(long.den())).ok()?;
    TimeDelta::try_milliseconds(millis)?.checked_add(&wait)
}

fn share_of(part: TimeDelta, whole: TimeDelta) -> Option<Ratio> {
    Ratio::new(u128::try_from(part.num_seconds()).ok()?, u128::try_from(whole.num_seconds()).ok()?)
}

/// What an alert wants of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Somebody is woken.
    Page,
    /// Somebody looks at it in working hours.
    Ticket,
}

impl Severity {
    /// Both, the more urgent first.
    pub const ALL: [Self; 2] = [Self::Page, Self::Ticket];

    /// Its word, and the value of the alert's label.
    pub fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }
}

/// One row of the table: an alert while so much of the budget is being spent in the long window, and the short one shows
/// that it still goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// What it wants.
    pub severity: Severity,
    /// The long window.
    pub long: TimeDelta,
    /// The short window: it lets go soon after the end.
    pub short: TimeDelta,
    /// The share of the period's budget that the long window may spend.
    pub budget: Ratio,
}

impl Row {
    /// The usual four (SEMANTICS, section 5).
    pub fn usual() -> Vec<Self> {
        let row = |severity, long, short, percent| Self {
            severity,
            long: TimeDelta::minutes(long),
            short: TimeDelta::minutes(short),
            budget: Ratio::new(percent, 100).unwrap_or(Ratio::ZERO),
        };
        vec![
            row(Severity::Page, 60, 5, 2),
            row(Severity::Page, 360, 30, 5),
            row(Severity::Ticket, 1_440, 120, 10),
            row(Severity::Ticket, 4_320, 360, 10),
        ]
    }

    /// The burn rate it tolerates: worked out from the period, 14.4 for 2 % of 30 days in an hour and 13.44 for 28 days.
    pub fn factor(&self, period: TimeDelta) -> Option<Ratio> {
        self.budget.by(share_of(self.long, period)?)
    }

    /// Judges it: true where both windows burn faster than the factor, strictly.
    ///
    /// A window with fewer events than `min_total`, or none, says nothing (R39, R40). One window that keeps the limit is
    /// enough to say no, whatever the other says.
    pub fn judge(&self, seen: Seen, factor: Ratio, target: Target, min_total: u64) -> Condition {
        let window = |tally: Tally| {
            let is_enough = tally.total >= min_total.saturating_mul(EVENT);
            rate(tally, target).filter(|_| is_enough).map(|rate| factor < rate)
        };
        match (window(seen.long), window(seen.short)) {
            (Some(false), _) | (_, Some(false)) => Condition::False,
            (Some(true), Some(true)) => Condition::True,
            _ => Condition::NoData,
        }
    }
}

/// What a row's two windows hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// The long one.
    pub long: Tally,
    /// The short one.
    pub short: Tally,
}

/// Several conditions of which one is enough: true before no-data before false.
pub fn any_of(conditions: impl IntoIterator<Item = Condition>) -> Condition {
    conditions.into_iter().fold(Condition::False, |so_far, next| match (so_far, next) {
        (Condition::True, _) | (_, Condition::True) => Condition::True,
        (Condition::NoData, _) | (_, Condition::NoData) => Condition::NoData,
        (Condition::False, Condition::False) => Condition::False,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn target(written: &str) -> Target {
        Target::read(written).unwrap()
    }

    fn tally(bad: u64, total: u64) -> Tally {
        Tally { bad: bad * EVENT, total: total * EVENT }
    }

    #[test]
    fn factors_are_worked_out_from_the_period() {
        let factors = |days| {
            let rows = Row::usual();
            rows.iter().map(|row| row.factor(TimeDelta::days(days)).unwrap().to_f64()).collect::<Vec<_>>()
        };
        assert_eq!(factors(30), [14.4, 6.0, 3.0, 1.0]);
        assert_eq!(factors(28), [13.44, 5.6, 2.8, 14.0 / 15.0]);
        assert_eq!(factors(7)[0], 3.36);
    }

    #[test]
    fn nothing_of_nothing_has_no_rate_and_no_budget() {
        assert_eq!((rate(tally(0, 0), target("0.9")), left(tally(0, 0), target("0.9"))), (None, None));
        assert_eq!(left(tally(0, 9), target("0.9")), Some(1.0));
        assert_eq!(left(tally(3, 10), target("0.9")), Some(-2.0));
    }

    #[test]
    fn a_whole_budget_lasts_the_period_divided_by_the_rate() {
        let days = TimeDelta::days;
        let rate = |num, den| Ratio::new(num, den).unwrap();
        assert_eq!(lasts(1.0, rate(2, 1), days(28)), Some(days(14)));
        assert_eq!(lasts(0.5, rate(2, 1), days(28)), Some(days(7)));
        assert_eq!(lasts(-1.0, rate(2, 1), days(28)), Some(TimeDelta::zero()));
        assert_eq!((lasts(1.0, Ratio::ZERO, days(28)), lasts(1.0, rate(1, u128::MAX), days(28))), (None, None));
    }

    #[test]
    fn both_windows_must_burn_and_one_that_keeps_the_limit_says_no() {
        let (row, target) = (Row::usual()[0], target("0.9"));
        let factor = Ratio::new(2, 1).unwrap();
        let judge = |long, short| row.judge(Seen { long, short }, factor, target, 0);
        let (calm, hot, none) = (tally(2, 10), tally(3, 10), tally(0, 0));
        assert_eq!(judge(hot, hot), Condition::True);
        assert_eq!([judge(hot, calm), judge(calm, hot), judge(none, calm)], [Condition::False; 3]);
        assert_eq!([judge(hot, none), judge(none, hot), judge(none, none)], [Condition::NoData; 3]);
    }

    #[test]
    fn little_traffic_says_nothing() {
        let (row, target) = (Row::usual()[0], target("0.999"));
        let factor = row.factor(TimeDelta::days(30)).unwrap();
        let seen = Seen { long: tally(1, 60), short: tally(1, 5) };
        assert_eq!(row.judge(seen, factor, target, 0), Condition::True, "one request of sixty would page");
        assert_eq!(row.judge(seen, factor, target, 6), Condition::NoData);
        assert_eq!(row.judge(seen, factor, target, 5), Condition::True, "as many as asked for are enough");
    }

    #[test]
    fn one_condition_is_enough_and_blindness_is_no_calm() {
        use Condition::{False, NoData, True};
        assert_eq!(any_of([False, NoData, True]), True);
        assert_eq!(any_of([False, NoData, False]), NoData);
        assert_eq!((any_of([False, False]), any_of([])), (False, False));
    }

    #[test]
    fn silence_is_an_alert_once_an_outage_would_have_been() {
        let row = Row { budget: Ratio::new(14, 672).unwrap(), ..Row::usual()[0] };
        let after = |written| absent_after(&row, target(written), TimeDelta::days(28), TimeDelta::minutes(2));
        assert_eq!(after("0.99"), Some(TimeDelta::seconds(624)));
        assert_eq!(after("0.95"), Some(TimeDelta::minutes(44)));
    }

    proptest! {
        #[test]
        fn burning_exactly_at_the_factor_never_alerts_whatever_the_period(
            days in 1i64..400, row in 0usize..4, parts in 1u32..1000, total in 1u64..1_000_000,
        ) {
            let (row, target) = (Row::usual()[row], Target::of(1.0 - f64::from(parts) / 1000.0).unwrap());
            let factor = row.factor(TimeDelta::days(days)).unwrap();
            // The factor as the rate itself: a share of the budget that may be no whole number of events.
            let limit = factor.times(target.budget()).unwrap();
            let most = u64::try_from(u128::from(total * EVENT) * limit.num() / limit.den()).unwrap().min(total * EVENT);
            let at = Tally { bad: most, total: total * EVENT };
            prop_assert_eq!(row.judge(Seen { long: at, short: at }, factor, target, 0), Condition::False);
            let over = Tally { bad: most + 1, ..at };
            if over.bad <= over.total {
                prop_assert_eq!(row.judge(Seen { long: over, short: over }, factor, target, 0), Condition::True);
            }
        }

        #[test]
        fn burn_one_never_pages_and_from_thirty_days_on_never_alerts(days in 7i64..400, total in 1u64..1_000_000) {
            let target = Target::read("0.999").unwrap();
            let at = Tally { bad: total * EVENT / 1000, total: total * EVENT };
            for row in Row::usual() {
                let factor = row.factor(TimeDelta::days(days)).unwrap();
                let is_alert = row.judge(Seen { long: at, short: at }, factor, target, 0) == Condition::True;
                prop_assert!(!is_alert || (row.severity == Severity::Ticket && days < 30));
            }
        }

        #[test]
        fn what_a_factor_tolerates_spends_its_share_of_the_budget(days in 1i64..400, row in 0usize..4) {
            let (row, period) = (Row::usual()[row], TimeDelta::days(days));
            prop_assert_eq!(consumed(row.factor(period).unwrap(), row.long, period), Some(row.budget));
        }
    }
}
