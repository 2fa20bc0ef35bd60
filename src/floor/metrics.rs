//! Signals as they stand: series, alert, budget.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{self, AlertState, Condition},
        series::{Reading, Sample, Series, Signal},
        slo::{self, Budget},
        time::{between, plus},
        trouble::Skipped,
    },
    floor::{Floor, fact::SourceId},
    text::Text,
};

/// A signal with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// What it is and how it is judged.
    pub signal: Signal,
    /// Who feeds it.
    pub source: SourceId,
    /// Its samples.
    pub series: Series,
    /// Where its alert stands.
    pub alert: AlertState,
    /// Its budget, where it has an objective.
    pub budget: Option<Budget>,
    /// Lines left out since the file was opened.
    pub n_skipped: usize,
    /// Samples set aside because their time has not come.
    pub n_future: usize,
    /// Some of the lines, named.
    pub skipped: Vec<Skipped>,
    /// What stands it together with others; may be blank.
    pub group: Text,
    /// Why it comes to nothing, or what of it is not shown.
    pub note: Option<Text>,
    /// The budget is counted again then.
    budget_at: Option<DateTime<Utc>>,
    /// Runs that fired and that were seen to end, the latest last.
    ended: VecDeque<Run>,
}

/// A time through which a bound's alert fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// When the breach began.
    pub since: DateTime<Utc>,
    /// When the alert fired.
    pub fired_at: DateTime<Utc>,
    /// When it was over.
    pub until: DateTime<Utc>,
}

/// Runs whose beginnings are nearer than this are the same one: the disk keeps them a little rounded.
const SAME_RUN: TimeDelta = TimeDelta::milliseconds(2);

/// Ended runs of a bound that are known again.
const ENDED_KEPT: usize = 256;

/// Clocks of hosts differ by this much; a sample further ahead is set aside (SEMANTICS, fault 46).
pub(super) const FUTURE: TimeDelta = TimeDelta::minutes(2);

/// A budget moves slowly; counting it over a month of minutes is not done each second.
const BUDGET_EVERY: TimeDelta = TimeDelta::minutes(1);

impl Floor {
    /// The signals, in configured order.
    pub fn gauges(&self) -> &[Gauge] {
        &self.gauges
    }

    /// How many signals fire.
    pub fn n_firing(&self) -> usize {
        self.gauges.iter().filter(|g| g.is_firing()).count()
    }
}

impl Gauge {
    /// A signal of which nothing is known.
    pub fn new(signal: Signal, source: SourceId) -> Self {
        Self {
            signal,
            source,
            series: Series::default(),
            alert: AlertState::Inactive,
            budget: None,
            n_skipped: 0,
            n_future: 0,
            skipped: Vec::new(),
            group: Text::default(),
            note: None,
            budget_at: None,
            ended: VecDeque::new(),
        }
    }

    /// What it says now.
    pub fn reading(&self, now: DateTime<Utc>) -> Reading {
        self.series.reading(self.signal.stale_after, now)
    }

    /// Whether its alert fires.
    pub fn is_firing(&self) -> bool {
        matches!(self.alert, AlertState::Firing { .. })
    }

    /// Takes samples, oldest first.
    ///
    /// Each sample that is newer than all before is judged at its own time, so that "since" is when it began and not when
    /// we began to look. A series that is stale at `now` says nothing about now, and nothing is made of its past.
    pub fn take(&mut self, samples: Vec<Sample>, now: DateTime<Utc>) {
        let judged_until = self.series.last().map_or(i64::MIN, |s| s.at_ms);
        // A stamp from the future would push out what is true now, and then refuse it as old.
        let latest = plus(now, FUTURE).timestamp_millis();
        let (samples, future): (Vec<_>, Vec<_>) = samples.into_iter().partition(|s| s.at_ms <= latest);
        self.n_future += future.len();
        for sample in &samples {
            self.series.push(*sample);
        }
        self.budget_at = None;
        let Some(threshold) = self.signal.threshold else { return };
        if !matches!(self.reading(now), Reading::Fresh(_)) {
            return;
        }
        for sample in samples.iter().filter(|s| s.at_ms > judged_until) {
            let at = sample.at().min(now);
            let condition = if threshold.is_broken(sample.value) { Condition::True } else { Condition::False };
            self.step(condition, at);
        }
    }

    /// Whether a sample was seen that ended the run which began then: what fires now is another one.
    pub fn has_ended(&self, since: DateTime<Utc>) -> bool {
        self.ended.iter().any(|run| between(run.since, since).abs() < SAME_RUN)
    }

    /// Times through which its alert fired before, as its samples tell, the latest last.
    pub fn ended_runs(&self) -> impl Iterator<Item = &Run> {
        self.ended.iter()
    }

    fn step(&mut self, condition: Condition, at: DateTime<Utc>) {
        let before = self.alert;
        self.alert = alert::step(before, condition, self.signal.hold, self.signal.keep_firing, at);
        if let (AlertState::Firing { since, fired_at, .. }, AlertState::Inactive) = (before, self.alert) {
            self.ended.push_back(Run { since, fired_at, until: at });
            self.ended.drain(..self.ended.len().saturating_sub(ENDED_KEPT));
        }
    }

    /// Judges its bound once, and its budget when that is due.
    pub fn judge(&mut self, now: DateTime<Utc>) {
        let Some(threshold) = self.signal.threshold else { return };
        let condition = match self.reading(now) {
            Reading::Fresh(sample) if threshold.is_broken(sample.value) => Condition::True,
            Reading::Fresh(_) => Condition::False,
            Reading::Stale(_) | Reading::Nothing => Condition::NoData,
        };
        self.step(condition, now);
        if let Some(objective) = self.signal.objective
            && self.budget_at.is_none_or(|at| now >= at)
        {
            self.budget = Some(slo::budget(&self.series, threshold, objective, slo::PERIOD, now));
            self.budget_at = Some(plus(now, BUDGET_EVERY));
        }
    }
}
