//! Counts and figures over the queue, each with its definition.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        priority::Grade,
        sla::ClockState,
        stats::summary::{Summary, length, seconds},
        time::{between, minus},
    },
    floor::entry::Entry,
};

/// How the queue stands, by row of the policy and altogether.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// One row for each of [`Grade::ALL`].
    pub rows: [Row; 5],
    /// Open incidents.
    pub open: usize,
    /// Open incidents with a clock over.
    pub over: usize,
    /// Open incidents with a clock at risk and none over.
    pub at_risk: usize,
    /// Time to the team's first act, over incidents opened in the last 30 days that have one (SEMANTICS R32).
    pub ack: Spread,
    /// Time from opening to close, over incidents closed in the last 30 days, cancelled ones left out (R32).
    pub fix: Spread,
}

/// One row of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Row {
    /// Open incidents.
    pub open: usize,
    /// Of those: a clock at risk and none over.
    pub at_risk: usize,
    /// Of those: a clock over.
    pub over: usize,
    /// Clocks that stopped in time in the last 30 days.
    pub met: usize,
    /// Clocks that stopped too late in the last 30 days.
    pub missed: usize,
}

impl Row {
    /// The share of clocks stopped in the last 30 days that stopped in time; nothing where none stopped.
    pub fn in_time(&self) -> Option<f64> {
        let n = self.met + self.missed;
        (n > 0).then(|| self.met as f64 / n as f64)
    }
}

/// The middle and the mean of some lengths of time; empty is nothing, never zero (R33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// How many.
    pub n: usize,
    /// The middle one, or the mean of the two middle ones.
    pub median: Option<TimeDelta>,
    /// The 90th percentile, linear between ranks (type 7).
    pub p90: Option<TimeDelta>,
    /// The mean.
    pub mean: Option<TimeDelta>,
}

/// Counts entries as they stand at `now`.
pub fn count(entries: &[Entry], now: DateTime<Utc>) -> Tally {
    let mut tally = Tally::default();
    let since = month_before(now);
    let (mut acks, mut fixes) = (Vec::new(), Vec::new());
    for entry in entries {
        let incident = &entry.incident;
        let Some(row) = tally.rows.get_mut(entry.verdict.grade.index()) else { continue };
        let clocks = [&entry.verdict.response, &entry.verdict.fix];
        if incident.is_open() {
            let (mut is_over, mut is_at_risk) = (false, false);
            for state in entry.states(now) {
                is_over |= state == ClockState::Breached;
                is_at_risk |= state == ClockState::AtRisk;
            }
            tally.open += 1;
            row.open += 1;
            if is_over {
                tally.over += 1;
                row.over += 1;
            } else if is_at_risk {
                tally.at_risk += 1;
                row.at_risk += 1;
            }
        }
        // A clock without a promise kept none.
        for clock in clocks.into_iter().filter(|clock| clock.target.is_some()) {
            if clock.stopped_at.is_some_and(|at| at > since && at <= now) {
                row.met += usize::from(clock.state == ClockState::Met);
                row.missed += usize::from(clock.state == ClockState::Missed);
            }
        }
        let response = &entry.verdict.response;
        let is_answered = matches!(response.state, ClockState::Met | ClockState::Missed);
        if incident.opened_at > since && is_answered {
            acks.extend(response.stopped_at.map(|at| between(incident.opened_at, at)));
        }
        if !entry.verdict.is_cancelled {
            fixes.extend(incident.closed_at.filter(|at| *at > since).map(|at| between(incident.opened_at, at)));
        }
    }
    tally.ack = spread(acks);
    tally.fix = spread(fixes);
    tally
}

/// Counts of one row by its grade.
pub fn row(tally: &Tally, grade: Grade) -> Row {
    tally.rows.get(grade.index()).copied().unwrap_or_default()
}

/// The start of the 30 days that compliance and mean times look back on.
pub fn month_before(now: DateTime<Utc>) -> DateTime<Utc> {
    minus(now, TimeDelta::days(30))
}

fn spread(lengths: Vec<TimeDelta>) -> Spread {
    let summary = Summary::of(lengths.into_iter().map(seconds), 0);
    let [median, p90, mean] = [summary.median, summary.p90, summary.mean].map(|figure| figure.map(length));
    Spread { n: summary.n, median, p90, mean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_nothing_never_zero() {
        assert_eq!(spread(Vec::new()), Spread { n: 0, median: None, p90: None, mean: None });
        assert_eq!(Row::default().in_time(), None);
    }

    #[test]
    fn the_middle_of_an_even_number_is_between() {
        let found = spread([10, 20, 30, 100].map(TimeDelta::seconds).into());
        assert_eq!(
            found,
            Spread {
                n: 4,
                median: Some(TimeDelta::seconds(25)),
                p90: Some(TimeDelta::seconds(79)),
                mean: Some(TimeDelta::seconds(40)),
            }
        );
    }
}
