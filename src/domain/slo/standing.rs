//! How an objective stands: what is left of its budget, how fast it is spent, when it would be gone, who is woken.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::Condition,
        slo::{
            Slo,
            burn::{self, Row, Seen, Severity},
            exact::Ratio,
            ledger::{EVENT, Ledger, Tally},
            meter::MINUTE_MS,
            window::{Stretch, TimeWindow},
        },
        time::{between, plus},
    },
    text::Text,
};

/// The windows whose burn rates are shown, with their names.
pub const BURNS: [(&str, TimeDelta); 4] =
    [("1h", TimeDelta::hours(1)), ("6h", TimeDelta::hours(6)), ("1d", TimeDelta::days(1)), ("3d", TimeDelta::days(3))];

/// A budget of which no more than this is left is at risk: three quarters are spent.
const AT_RISK: f64 = 0.25;

/// How an objective stands at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The time its budget is counted over.
    pub stretch: Stretch,
    /// Bad and total in it, up to now.
    pub tally: Tally,
    /// What is left of the budget: 1 all, 0 none, below zero overspent; nothing = no data.
    pub left: Option<f64>,
    /// What that means for whoever wants to spend of it.
    pub budget: BudgetState,
    /// The last 1 h, 6 h, 1 d, 3 d.
    pub burns: [Burn; 4],
    /// When the budget is gone if the last hour goes on.
    pub exhausted: Exhausted,
    /// The alert's rows.
    pub rows: Vec<RowStanding>,
    /// Since when anything was counted within the window; nothing = nothing was.
    pub since: Option<DateTime<Utc>>,
    /// When something was last heard of it.
    pub heard_at: Option<DateTime<Utc>>,
    /// The silence that is an alert.
    pub silence: TimeDelta,
    /// Whether the silence has lasted as long: true, false; no-data where nothing was ever heard.
    pub absent: Condition,
    /// Why nothing is known of now, though something was counted before.
    pub doubt: Option<Text>,
}

/// One window with its burn rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burn {
    /// Its name: `1h`.
    pub name: &'static str,
    /// Bad and total in it.
    pub tally: Tally,
    /// The burn rate; nothing = no data.
    pub rate: Option<Ratio>,
}

/// One row of the alert with what it sees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowStanding {
    /// The row.
    pub row: Row,
    /// The burn rate it tolerates, from the period.
    pub factor: Ratio,
    /// Its two windows.
    pub seen: Seen,
    /// The burn rates of the long and the short window; nothing = no data.
    pub rates: (Option<Ratio>, Option<Ratio>),
    /// What it says.
    pub condition: Condition,
}

/// What an error-budget policy asks (SEMANTICS R52).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BudgetState {
    /// Nothing was measured, or too little to say.
    Unknown,
    /// More than a quarter is left.
    Healthy,
    /// No more than a quarter is left.
    AtRisk,
    /// Overspent: less than nothing is left.
    Exhausted,
}

impl BudgetState {
    /// Its word on the wire and on paper.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "no_data",
            Self::Healthy => "healthy",
            Self::AtRisk => "at_risk",
            Self::Exhausted => "exhausted",
        }
    }
}

/// When a budget is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// The last hour says nothing.
    Unknown,
    /// Not within this budget's time, if the last hour goes on.
    NotSoon,
    /// Then, if the last hour goes on.
    At(DateTime<Utc>),
    /// It is.
    Already,
}

/// The minute that runs at `now`, and at its first instant still the one before: windows are half-open and end now.
pub fn running(now: DateTime<Utc>) -> i64 {
    now.timestamp_millis().saturating_sub(1).div_euclid(MINUTE_MS)
}

/// How an objective stands by what was counted (R36–R40). `heard_at` is when something was last heard of its signals.
pub fn stand(slo: &Slo, ledger: &Ledger, heard_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Standing {
    let stretch = slo.window.at(now);
    let until = running(now).saturating_add(1);
    let last = |window: TimeDelta| ledger.sum(until.saturating_sub(window.num_minutes()), until);
    let from = match &slo.window {
        TimeWindow::Rolling(period) => until.saturating_sub(period.num_minutes()),
        TimeWindow::Calendar { .. } => stretch.from.timestamp().div_euclid(60),
    };
    let tally = ledger.sum(from, until);
    let is_enough = tally.total >= slo.min_total.saturating_mul(EVENT);
    let left = burn::left(tally, slo.target).filter(|_| is_enough);
    let burns = BURNS.map(|(name, window)| {
        let tally = last(window);
        Burn { name, tally, rate: burn::rate(tally, slo.target) }
    });
    let rows = slo.rows.iter().filter_map(|row| row_at(slo, ledger, *row, &stretch, until));
    let silence = slo.silence(&stretch);
    let absent = match heard_at {
        None => Condition::NoData,
        Some(at) if between(at, now) >= silence => Condition::True,
        Some(_) => Condition::False,
    };
    let [last_hour, ..] = &burns;
    Standing {
        stretch,
        tally,
        left,
        budget: budget_state(left),
        exhausted: exhausted(left, last_hour.rate, &slo.window, &stretch, now),
        burns,
        rows: rows.collect(),
        since: ledger.first().map(|first| instant(first.max(from))).filter(|at| *at <= now),
        heard_at,
        silence,
        absent,
        doubt: None,
    }
}

/// One row as it stands before the minute `until`.
fn row_at(slo: &Slo, ledger: &Ledger, row: Row, stretch: &Stretch, until: i64) -> Option<RowStanding> {
    let last = |window: TimeDelta| ledger.sum(until.saturating_sub(window.num_minutes()), until);
    let factor = row.factor(stretch.period)?;
    let seen = Seen { long: last(row.long), short: last(row.short) };
    let rates = (burn::rate(seen.long, slo.target), burn::rate(seen.short, slo.target));
    let condition = row.judge(seen, factor, slo.target, slo.min_total);
    Some(RowStanding { row, factor, seen, rates, condition })
}

/// Whether a row of a severity alerts at `at`, by what was counted until then.
pub fn burns(slo: &Slo, ledger: &Ledger, severity: Severity, at: DateTime<Utc>) -> bool {
    let (stretch, until) = (slo.window.at(at), running(at).saturating_add(1));
    let rows = slo.rows.iter().filter(|row| row.severity == severity);
    rows.filter_map(|row| row_at(slo, ledger, *row, &stretch, until)).any(|row| row.condition == Condition::True)
}

impl Standing {
    /// The same, while one of its counters cannot be read: what burned by what was counted does, and nothing is calm.
    pub fn in_doubt(mut self, why: Text) -> Self {
        (self.left, self.budget, self.exhausted) = (None, BudgetState::Unknown, Exhausted::Unknown);
        for row in self.rows.iter_mut().filter(|row| row.condition == Condition::False) {
            row.condition = Condition::NoData;
        }
        self.doubt = Some(why);
        self
    }

    /// What the rows of a severity say together: one that alerts is enough.
    pub fn condition(&self, severity: Severity) -> Condition {
        burn::any_of(self.rows.iter().filter(|r| r.row.severity == severity).map(|r| r.condition))
    }

    /// The rows that alert.
    pub fn firing(&self) -> impl Iterator<Item = &RowStanding> {
        self.rows.iter().filter(|row| row.condition == Condition::True)
    }

    /// How much of the window the figures speak for.
    pub fn covered(&self, now: DateTime<Utc>) -> TimeDelta {
        self.since.map_or(TimeDelta::zero(), |since| between(since, now).max(TimeDelta::zero()))
    }

    /// Whether less is counted than the short window of one of a severity's rows that does not fire: what that row would say of
    /// the whole of it is not known.
    pub fn is_short_for(&self, severity: Severity, now: DateTime<Utc>) -> bool {
        let covered = self.covered(now);
        let of_severity = self.rows.iter().filter(|row| row.row.severity == severity);
        of_severity.filter(|row| row.condition != Condition::True).any(|row| covered < row.row.short)
    }
}

fn budget_state(left: Option<f64>) -> BudgetState {
    match left {
        None => BudgetState::Unknown,
        Some(left) if left < 0.0 => BudgetState::Exhausted,
        Some(left) if left <= AT_RISK => BudgetState::AtRisk,
        Some(_) => BudgetState::Healthy,
    }
}

fn exhausted(
    left: Option<f64>,
    rate: Option<Ratio>,
    window: &TimeWindow,
    stretch: &Stretch,
    now: DateTime<Utc>,
) -> Exhausted {
    let Some(left) = left else { return Exhausted::Unknown };
    if left <= 0.0 {
        return Exhausted::Already;
    }
    let Some(rate) = rate else { return Exhausted::Unknown };
    let Some(lasts) = burn::lasts(left, rate, stretch.period) else { return Exhausted::NotSoon };
    let at = plus(now, lasts);
    let is_within = match window {
        // Burning at one or less, a rolling window lets go of as much as comes in.
        TimeWindow::Rolling(_) => lasts <= stretch.period && Ratio::new(1, 1).is_some_and(|one| one < rate),
        TimeWindow::Calendar { .. } => at < stretch.until,
    };
    if is_within { Exhausted::At(at) } else { Exhausted::NotSoon }
}

fn instant(minute: i64) -> DateTime<Utc> {
    plus(DateTime::UNIX_EPOCH, TimeDelta::milliseconds(minute.saturating_mul(MINUTE_MS).max(-i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            slo::{
                PERIOD, Sli,
                exact::Target,
                feed::Feed,
                ledger::{Marked, Method, Part},
                meter::Op,
                window::Unit,
            },
            zone::Zone,
        },
        text::Text,
    };

    fn now() -> DateTime<Utc> {
        "2026-11-20T09:00:00Z".parse().unwrap()
    }

    fn slo(target: &str) -> Slo {
        Slo {
            name: Text::scrub("api"),
            service: Text::default(),
            description: Text::default(),
            sli: Sli::Threshold { of: Feed::Signal(Text::scrub("x")), op: Op::Lt, value: 1.0 },
            method: Method::Occurrences,
            window: TimeWindow::Rolling(PERIOD),
            target: Target::read(target).unwrap(),
            min_total: 0,
            absent_after: None,
            rows: Row::usual(),
            runbook: None,
        }
    }

    /// Each minute of the last `minutes`, a hundred events with so many bad ones by its age in minutes, from 1 on.
    fn ledger(minutes: i64, bad: impl Fn(i64) -> u64) -> Ledger {
        let mut ledger = Ledger::new(Method::Occurrences, Marked::Bad);
        let until = running(now()) + 1;
        for ago in 1..=minutes {
            ledger.add(Part::Total, until - ago, 100 * EVENT, until);
            ledger.add(Part::Marked, until - ago, bad(ago) * EVENT, until);
        }
        ledger
    }

    fn stands(slo: &Slo, ledger: &Ledger) -> Standing {
        stand(slo, ledger, Some(now()), now())
    }

    #[test]
    fn nothing_heard_is_no_data_and_neither_calm_nor_spent() {
        let s = stand(&slo("0.999"), &ledger(0, |_| 0), None, now());
        assert_eq!(
            (s.left, s.budget, s.exhausted, s.absent),
            (None, BudgetState::Unknown, Exhausted::Unknown, Condition::NoData)
        );
        assert_eq!(Severity::ALL.map(|severity| s.condition(severity)), [Condition::NoData; 2]);
        assert_eq!((s.since, s.covered(now())), (None, TimeDelta::zero()));
    }

    #[test]
    fn a_full_outage_pages_after_a_minute_and_the_budget_goes_below_zero() {
        let s = stands(&slo("0.999"), &ledger(28 * 1_440, |ago| if ago <= 1 { 100 } else { 0 }));
        assert_eq!((s.condition(Severity::Page), s.condition(Severity::Ticket)), (Condition::True, Condition::False));
        assert_eq!(s.firing().map(|row| row.row.long).collect::<Vec<_>>(), [TimeDelta::hours(1)]);
        assert_eq!(s.budget, BudgetState::Healthy);
        let s = stands(&slo("0.999"), &ledger(28 * 1_440, |ago| if ago <= 60 { 100 } else { 0 }));
        assert_eq!((s.budget, s.exhausted), (BudgetState::Exhausted, Exhausted::Already));
        assert!(s.left.unwrap() < -0.48, "{:?}", s.left);
        assert_eq!(s.covered(now()), TimeDelta::days(28));
    }

    #[test]
    fn burning_at_two_a_whole_budget_is_gone_in_half_its_time() {
        // The last hour burns at 2; before it nothing was bad.
        let s = stands(&slo("0.99"), &ledger(28 * 1_440, |ago| if ago <= 60 { 2 } else { 0 }));
        let Exhausted::At(at) = s.exhausted else { panic!("{:?}", s.exhausted) };
        let lasts = between(now(), at);
        assert!(TimeDelta::days(13) < lasts && lasts < TimeDelta::days(14), "{lasts}");
        assert_eq!(
            s.burns.map(|b| b.rate.map(|r| r.to_f64())),
            [Some(2.0), Some(1.0 / 3.0), Some(1.0 / 12.0), Some(1.0 / 36.0)]
        );
    }

    #[test]
    fn burning_at_one_is_no_forecast_and_three_quarters_spent_are_a_risk() {
        let s = stands(&slo("0.99"), &ledger(28 * 1_440, |ago| u64::from(ago <= 60)));
        assert_eq!(s.exhausted, Exhausted::NotSoon);
        let s = stands(&slo("0.99"), &ledger(28 * 1_440, |ago| u64::from(ago % 4 != 0)));
        assert_eq!((s.left, s.budget), (Some(0.25), BudgetState::AtRisk));
        let s = stands(&slo("0.99"), &ledger(28 * 1_440, |_| 1));
        assert_eq!((s.left, s.budget, s.exhausted), (Some(0.0), BudgetState::AtRisk, Exhausted::Already));
    }

    #[test]
    fn a_new_month_has_a_new_budget() {
        let calendar = TimeWindow::Calendar { unit: Unit::Month, start: Unit::usual_start(), zone: Zone::utc() };
        let spent = ledger(28 * 1_440, |ago| if ago > 20 * 1_440 { 100 } else { 0 });
        let rolling = stands(&slo("0.9"), &spent);
        let month = stands(&Slo { window: calendar, ..slo("0.9") }, &spent);
        assert!(rolling.left.unwrap() < 0.0);
        assert_eq!((month.left, month.stretch.period), (Some(1.0), TimeDelta::days(30)));
        assert_eq!(month.rows[0].factor, Ratio::new(72, 5).unwrap(), "14.4 for the 30 days of November");
    }

    #[test]
    fn what_was_counted_for_less_than_a_short_window_cannot_say_that_a_page_is_over() {
        let short = |minutes| {
            let standing = stands(&slo("0.999"), &ledger(minutes, |_| 0));
            Severity::ALL.map(|severity| standing.is_short_for(severity, now()))
        };
        assert_eq!([short(29), short(30), short(360)], [[true, true], [false, true], [false, false]]);
    }

    #[test]
    fn little_traffic_leaves_the_budget_unknown() {
        let few = Slo { min_total: 1_001, ..slo("0.9") };
        let s = stands(&few, &ledger(10, |_| 100));
        assert_eq!((s.left, s.budget, s.condition(Severity::Page)), (None, BudgetState::Unknown, Condition::NoData));
        let enough = Slo { min_total: 1_000, ..few };
        assert_eq!(stands(&enough, &ledger(10, |_| 100)).budget, BudgetState::Exhausted);
    }

    #[test]
    fn silence_is_an_alert_from_its_length_on_and_no_traffic_is_not_silence() {
        let slo = slo("0.999");
        let absent = |seconds: i64| {
            stand(&slo, &ledger(0, |_| 0), Some(plus(now(), TimeDelta::seconds(-seconds))), now()).absent
        };
        assert_eq!([absent(0), absent(599), absent(600)], [Condition::False, Condition::False, Condition::True]);
        let own = Slo { absent_after: Some(TimeDelta::hours(2)), ..slo };
        assert_eq!(own.silence(&own.window.at(now())), TimeDelta::hours(2));
        let lax = Slo { absent_after: None, target: Target::read("0.95").unwrap(), ..own };
        assert_eq!(lax.silence(&lax.window.at(now())), TimeDelta::milliseconds(2_539_200));
    }
}
