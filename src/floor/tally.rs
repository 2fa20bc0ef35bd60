//! Counts and figures over the queue, each with its definition.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{priority::Grade, sla::ClockState, stats::period::Period},
    floor::{
        brief::Brief,
        window::{self, Stopped, Window},
    },
};

/// How the queue stands, by row of the policy and altogether.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// One row for each of [`Grade::ALL`], whatever rule judges.
    pub rows: [Row; 5],
    /// One row for each rule of the policy, in its order, up to the last one that judges anything.
    pub rules: Vec<Row>,
    /// Open incidents.
    pub open: usize,
    /// Open incidents with a clock over, those out of sight among them.
    pub over: usize,
    /// Open incidents with a clock at risk and none over.
    pub at_risk: usize,
    /// Open incidents that somebody put out of sight for a while; their clocks run on and are counted everywhere.
    pub snoozed: usize,
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
    /// Clocks of those that are over, however long.
    pub still_over: usize,
    /// Clocks that stopped in time in the last 30 days.
    pub met: usize,
    /// Clocks that stopped too late in the last 30 days.
    pub missed: usize,
}

impl Row {
    /// The share of clocks stopped in the last 30 days that stopped in time; nothing where none stopped.
    pub fn in_time(&self) -> Option<f64> {
        share(self.met, self.met + self.missed)
    }

    /// Compliance: the share of promises kept, of those that were settled in the last 30 days and those being broken
    /// now. A clock that is over counts as broken while it runs, so waiting does not mend the figure; one that has time
    /// left counts nowhere. Nothing where there is no such promise.
    pub fn kept(&self) -> Option<f64> {
        share(self.met, self.met + self.missed + self.still_over)
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
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

/// What an open incident adds to the counts as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    grade: usize,
    rule: Option<usize>,
    is_at_risk: bool,
    still_over: usize,
}

impl Share {
    /// The share of an open incident at `now`.
    pub(super) fn of(brief: &Brief, now: DateTime<Utc>) -> Self {
        let (mut is_at_risk, mut still_over) = (false, 0);
        for (_, hand) in brief.hands() {
            let state = hand.state_at(now);
            still_over += usize::from(state == ClockState::Breached);
            is_at_risk |= state == ClockState::AtRisk;
        }
        Self { grade: brief.grade, rule: brief.rule, is_at_risk: is_at_risk && still_over == 0, still_over }
    }
}

impl Tally {
    /// Counts what lies in the window.
    pub(super) fn add_window(&mut self, window: &Window) {
        for stopped in window.stopped() {
            self.on_rows(stopped.rows(), |row| *row.side(stopped) += 1);
        }
        self.look_back(window);
    }

    /// Counts an open incident.
    pub(super) fn add(&mut self, share: Share) {
        let (at_risk, over) = (usize::from(share.is_at_risk), usize::from(0 < share.still_over));
        self.open += 1;
        self.at_risk += at_risk;
        self.over += over;
        self.on_rows((share.grade, share.rule), |row| {
            row.open += 1;
            row.at_risk += at_risk;
            row.over += over;
            row.still_over += share.still_over;
        });
    }

    /// Takes out what [`Tally::add`] counted.
    pub(super) fn remove(&mut self, share: Share) {
        let (at_risk, over) = (usize::from(share.is_at_risk), usize::from(0 < share.still_over));
        self.open = self.open.saturating_sub(1);
        self.at_risk = self.at_risk.saturating_sub(at_risk);
        self.over = self.over.saturating_sub(over);
        self.on_rows((share.grade, share.rule), |row| {
            row.open = row.open.saturating_sub(1);
            row.at_risk = row.at_risk.saturating_sub(at_risk);
            row.over = row.over.saturating_sub(over);
            row.still_over = row.still_over.saturating_sub(share.still_over);
        });
    }

    /// Takes out what fell out of the window.
    pub(super) fn expire(&mut self, window: &mut Window, now: DateTime<Utc>) {
        for stopped in window.expire(now) {
            self.on_rows(stopped.rows(), |row| {
                let side = row.side(&stopped);
                *side = side.saturating_sub(1);
            });
        }
        self.look_back(window);
    }

    fn look_back(&mut self, window: &Window) {
        (self.ack, self.fix) = window.spreads();
    }

    fn on_rows(&mut self, (grade, rule): (usize, Option<usize>), mut change: impl FnMut(&mut Row)) {
        if let Some(row) = self.rows.get_mut(grade) {
            change(row);
        }
        let Some(rule) = rule else { return };
        if self.rules.len() <= rule {
            self.rules.resize(rule + 1, Row::default());
        }
        if let Some(row) = self.rules.get_mut(rule) {
            change(row);
        }
    }
}

impl Row {
    fn side(&mut self, stopped: &Stopped) -> &mut usize {
        if stopped.is_met { &mut self.met } else { &mut self.missed }
    }
}

/// The 30 days that compliance and mean times look back on.
pub fn month(now: DateTime<Utc>) -> Period {
    window::period(now)
}

/// The start of the 30 days that compliance and mean times look back on.
pub fn month_before(now: DateTime<Utc>) -> DateTime<Utc> {
    window::since(now)
}

/// Counts of one row by its grade.
pub fn row(tally: &Tally, grade: Grade) -> Row {
    tally.rows.get(grade.index()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_promise_settled_is_no_share() {
        assert_eq!((Row::default().in_time(), Row::default().kept()), (None, None));
    }

    #[test]
    fn a_clock_that_is_over_counts_against_compliance_while_it_runs() {
        let row = Row { met: 3, missed: 1, still_over: 1, ..Row::default() };
        assert_eq!((row.in_time(), row.kept()), (Some(0.75), Some(0.6)));
        let never_stopped = Row { still_over: 2, ..Row::default() };
        assert_eq!((never_stopped.in_time(), never_stopped.kept()), (None, Some(0.0)));
    }
}
