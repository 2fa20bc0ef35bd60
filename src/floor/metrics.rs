//! Signals as they stand: series, alert, budget.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{self, AlertState, Condition},
        sample::Telling,
        series::{Reading, Sample, Series, Side, Signal, Threshold},
        slo::{
            self, Budget,
            meter::{Counted, MINUTE_MS},
            record::Recounted,
        },
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
    /// Minutes (since the epoch) in which something was measured, and whether the bound was broken in each; where there is an
    /// objective.
    minutes: BTreeMap<i64, bool>,
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
pub const FUTURE: TimeDelta = TimeDelta::minutes(2);

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
            minutes: BTreeMap::new(),
            budget_at: None,
            ended: VecDeque::new(),
        }
    }

    /// What it says now: of several samples of the newest instant the one that is furthest on the bad side, the last of them
    /// where no bound is to be kept.
    pub fn reading(&self, now: DateTime<Utc>) -> Reading {
        match self.series.reading(self.signal.stale_after, now) {
            Reading::Fresh(sample) => Reading::Fresh(self.worst_beside(sample)),
            Reading::Stale(sample) => Reading::Stale(self.worst_beside(sample)),
            Reading::Nothing => Reading::Nothing,
        }
    }

    fn worst_beside(&self, sample: Sample) -> Sample {
        let Some(threshold) = self.signal.threshold else { return sample };
        let beside = self.series.since(sample.at_ms).take_while(|other| other.at_ms == sample.at_ms);
        let is_worse = |other: &Sample, than: &Sample| match threshold.bad {
            Side::Above => than.value < other.value,
            Side::Below => other.value < than.value,
        };
        beside.fold(sample, |worst, other| if is_worse(&other, &worst) { other } else { worst })
    }

    /// Whether its alert fires.
    pub fn is_firing(&self) -> bool {
        matches!(self.alert, AlertState::Firing { .. })
    }

    /// Takes samples, oldest first.
    ///
    /// Each instant that is newer than all before is judged at its own time, so that "since" is when it began and not when
    /// we began to look; of several samples of one instant any one breaks the bound. A series that is stale at `now` says nothing about now, and nothing is made of its past.
    pub fn take(&mut self, samples: Vec<Sample>, telling: Telling, now: DateTime<Utc>) {
        let judged_until = self.series.last().map_or(i64::MIN, |s| s.at_ms);
        // A stamp from the future would push out what is true now, and then refuse it as old.
        let latest = plus(now, FUTURE).timestamp_millis();
        let (samples, future): (Vec<_>, Vec<_>) = samples.into_iter().partition(|s| s.at_ms <= latest);
        self.n_future += future.len();
        self.series.take(&samples, telling);
        self.budget_at = None;
        let Some(threshold) = self.signal.threshold else { return };
        self.count(&samples, threshold);
        if !matches!(self.reading(now), Reading::Fresh(_)) {
            return;
        }
        for instant in samples.chunk_by(|one, next| one.at_ms == next.at_ms) {
            let Some(sample) = instant.first().filter(|sample| judged_until <= sample.at_ms) else { continue };
            let is_broken = instant.iter().any(|sample| threshold.is_broken(sample.value));
            // What more came of an instant that was judged can break the bound, and cannot mend it.
            if is_broken || judged_until < sample.at_ms {
                let at = sample.at().min(now);
                self.step(if is_broken { Condition::True } else { Condition::False }, at);
            }
        }
    }

    /// Goes on from what an earlier process counted of its bound.
    pub fn resume(&mut self, record: &Recounted) {
        let own = self.signal.threshold.filter(|_| self.signal.objective.is_some()).map(Counted::of_bound);
        if !own.is_some_and(|own| own.is_as(&record.counted)) {
            return;
        }
        let found = record.minutes.iter().filter(|(_, found)| found.total > 0);
        self.minutes.extend(found.map(|(minute, found)| (*minute, found.marked > 0)));
        self.budget_at = None;
    }

    /// Notes which minutes kept the bound, by what there is of them now. Of minutes that may not be there whole any more, and
    /// of those recorded before, one that broke it stays.
    fn count(&mut self, samples: &[Sample], threshold: Threshold) {
        if self.signal.objective.is_none() {
            return;
        }
        let place = |sample: &Sample| sample.at_ms.div_euclid(MINUTE_MS);
        let oldest = self.series.iter().next().map(|first| place(&first));
        for minute in samples.iter().map(place).collect::<BTreeSet<_>>() {
            let there = self.series.since(minute.saturating_mul(MINUTE_MS)).take_while(|s| place(s) == minute);
            let is_whole = oldest.is_some_and(|oldest| oldest < minute);
            let told = samples.iter().filter(|sample| !is_whole && place(sample) == minute).copied();
            let is_broken = there.chain(told).any(|sample| threshold.is_broken(sample.value));
            let was_broken = self.minutes.get(&minute).copied().unwrap_or_default() && !is_whole;
            self.minutes.insert(minute, is_broken || was_broken);
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
            self.minutes = self.minutes.split_off(&slo::bound::first_minute(slo::PERIOD, now));
            self.budget = Some(slo::budget(&self.minutes, &self.series, objective, slo::PERIOD, now));
            self.budget_at = Some(plus(now, BUDGET_EVERY));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200 + seconds, 0).unwrap()
    }

    fn gauge(threshold: Option<Threshold>) -> Gauge {
        let signal = Signal {
            name: Text::scrub("cpu"),
            unit: Text::default(),
            threshold,
            stale_after: TimeDelta::minutes(2),
            hold: TimeDelta::seconds(10),
            keep_firing: TimeDelta::zero(),
            window: TimeDelta::hours(1),
            objective: None,
            runbook: None,
        };
        Gauge::new(signal, SourceId(0))
    }

    fn samples(seconds: i64, values: &[f64]) -> Vec<Sample> {
        values.iter().map(|value| Sample { at_ms: at(seconds).timestamp_millis(), value: *value }).collect()
    }

    fn shown(gauge: &Gauge, seconds: i64) -> Option<f64> {
        match gauge.reading(at(seconds)) {
            Reading::Fresh(sample) | Reading::Stale(sample) => Some(sample.value),
            Reading::Nothing => None,
        }
    }

    #[test]
    fn one_of_two_hosts_of_one_instant_breaks_the_bound_wherever_it_stands_in_the_file() {
        for instant in [[95.0, 10.0], [10.0, 95.0]] {
            let mut gauge = gauge(Some(Threshold { bad: Side::Above, bound: 90.0 }));
            for seconds in (0..=12).step_by(2) {
                gauge.take(samples(seconds, &instant), Telling::Added, at(seconds));
                gauge.judge(at(seconds));
            }
            assert!(matches!(gauge.alert, AlertState::Firing { since, .. } if since == at(0)), "{:?}", gauge.alert);
            assert_eq!((gauge.series.len(), shown(&gauge, 12)), (14, Some(95.0)));
            gauge.take(samples(14, &[10.0, 11.0]), Telling::Added, at(14));
            gauge.judge(at(14));
            assert_eq!((gauge.alert, shown(&gauge, 14)), (AlertState::Inactive, Some(11.0)));
        }
        let mut free = gauge(None);
        free.take(samples(0, &[95.0, 10.0]), Telling::Added, at(0));
        assert_eq!(shown(&free, 0), Some(10.0));
    }

    #[test]
    fn what_more_comes_of_an_instant_can_break_the_bound_and_cannot_mend_it() {
        let mut gauge = gauge(Some(Threshold { bad: Side::Below, bound: 5.0 }));
        for values in [[7.0], [1.0], [9.0]] {
            gauge.take(samples(0, &values), Telling::Added, at(1));
            gauge.judge(at(1));
        }
        assert!(matches!(gauge.alert, AlertState::Pending { .. }), "{:?}", gauge.alert);
        gauge.take(samples(0, &[7.0, 8.0, 9.0]), Telling::Anew, at(1));
        gauge.judge(at(1));
        assert_eq!((gauge.alert, gauge.series.len()), (AlertState::Inactive, 3), "it was corrected");
    }
}
