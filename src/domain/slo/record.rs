//! What a signal's samples are counted as by the minute, for the record: objectives go on from it in the next process,
//! whatever the signal's file still holds by then.

use std::collections::BTreeMap;

use crate::{
    domain::{
        sample::Telling,
        series::{Sample, Side, Threshold},
        slo::{
            ledger::{EVENT, events},
            meter::{Counted, Counting, MINUTE_MS, Op},
        },
    },
    text::Text,
};

/// What one way of counting came to in a minute, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Minute {
    /// Bad values; zero where events are counted.
    pub marked: u64,
    /// All values, or the events.
    pub total: u64,
    /// It takes the place of what was recorded of the minute, and is not added to it.
    pub is_whole: bool,
}

/// What an earlier process recorded of one way in which a signal is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Recounted {
    /// The signal's name.
    pub signal: Text,
    /// How it was counted.
    pub counted: Counted,
    /// The newest sample that was counted.
    pub newest: Option<Sample>,
    /// Minutes since the epoch with what each came to, ascending.
    pub minutes: Vec<(i64, Minute)>,
}

/// Counts the samples of a signal as they are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    counted: Counted,
    /// Each sample is the whole of its minute.
    is_by_minute: bool,
    newest: Option<Sample>,
    /// What was counted when the file began that is read now.
    told_until: Option<i64>,
    fresh: BTreeMap<i64, Minute>,
}

impl Counted {
    /// Whether this counts as the other does; in which of an objective's two counts it ends is no matter.
    pub fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Events(_, one), Self::Events(_, other)) => one == other,
            (Self::Values(op, one), Self::Values(other_op, other)) => op == other_op && one == other,
            (Self::Events(..), Self::Values(..)) | (Self::Values(..), Self::Events(..)) => false,
        }
    }

    /// How values are counted that should keep a bound.
    pub fn of_bound(threshold: Threshold) -> Self {
        let good = match threshold.bad {
            Side::Above => Op::Lte,
            Side::Below => Op::Gte,
        };
        Self::Values(good, threshold.bound)
    }

    /// In words that tell it from every other way.
    pub fn said(&self) -> String {
        match self {
            Self::Events(_, Counting::Deltas) => "numbers".to_owned(),
            Self::Events(_, Counting::Increases) => "growth".to_owned(),
            Self::Values(op, bound) => format!("values {} {bound}", op.sign()),
        }
    }

    /// What a sample counts, bad and all; `before` is the one before it.
    pub(super) fn amount(&self, before: Option<Sample>, sample: Sample) -> (u64, u64) {
        match self {
            Self::Events(_, Counting::Deltas) => (0, events(sample.value)),
            Self::Events(_, Counting::Increases) => {
                let grown = before.map_or(0.0, |before| {
                    if sample.value < before.value { sample.value } else { sample.value - before.value }
                });
                (0, events(grown))
            }
            Self::Values(op, bound) => (if op.keeps(sample.value, *bound) { 0 } else { EVENT }, EVENT),
        }
    }
}

impl Tally {
    /// One that goes on after `newest`.
    pub fn new(counted: Counted, is_by_minute: bool, newest: Option<Sample>) -> Self {
        Self { counted, is_by_minute, newest, told_until: None, fresh: BTreeMap::new() }
    }

    /// How it counts.
    pub fn counted(&self) -> Counted {
        self.counted
    }

    /// The newest sample that it counted.
    pub fn newest(&self) -> Option<Sample> {
        self.newest
    }

    /// A file begins: what is told anew was counted up to here.
    pub fn begin(&mut self) {
        self.told_until = self.newest.map(|sample| sample.at_ms);
    }

    /// Counts a sample.
    ///
    /// Each line of a log is one more, late or not. What is told anew, and a counter, counts from where it was counted to: a
    /// counter's late sample moves growth between minutes and makes none.
    pub fn take(&mut self, sample: Sample, telling: Telling) {
        if !sample.value.is_finite() {
            return;
        }
        let is_newer = self.newest.is_none_or(|newest| newest.at_ms < sample.at_ms);
        let is_counter = matches!(self.counted, Counted::Events(_, Counting::Increases));
        let is_more = match telling {
            _ if is_counter => is_newer,
            Telling::Added => true,
            Telling::Anew => self.told_until.is_none_or(|until| until < sample.at_ms),
            Telling::Instead => is_newer,
        };
        let (marked, total) = self.counted.amount(self.newest, sample);
        let place = sample.at_ms.div_euclid(MINUTE_MS);
        if is_more {
            let there = self.fresh.entry(place).or_default();
            there.marked = there.marked.saturating_add(marked);
            there.total = there.total.saturating_add(total);
        } else if self.is_by_minute && !is_counter {
            self.fresh.insert(place, Minute { marked, total, is_whole: true });
        }
        if is_newer {
            self.newest = Some(sample);
        }
    }

    /// What was counted since the record was last written.
    pub fn fresh(&self) -> &BTreeMap<i64, Minute> {
        &self.fresh
    }

    /// The record has it.
    pub fn forget(&mut self) {
        self.fresh.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::slo::ledger::Part;

    fn came_to(counted: Counted, told: &[(Telling, &[(i64, f64)])]) -> Vec<(i64, u64, u64, bool)> {
        let mut tally = Tally::new(counted, told.iter().any(|(how, _)| *how == Telling::Instead), None);
        for (telling, samples) in told {
            tally.begin();
            samples.iter().for_each(|(s, value)| tally.take(Sample { at_ms: s * 1_000, value: *value }, *telling));
        }
        tally.fresh().iter().map(|(at, m)| (*at, m.marked / EVENT, m.total / EVENT, m.is_whole)).collect()
    }

    #[test]
    fn each_line_of_a_log_counts_late_or_not_and_what_is_told_anew_counts_once() {
        let bound = Counted::Values(Op::Lt, 250.0);
        let log: &[_] = &[(0, 1.0), (61, 900.0), (61, 900.0), (59, 900.0)];
        assert_eq!(came_to(bound, &[(Telling::Added, log)]), [(0, 1, 2, false), (1, 2, 2, false)]);
        let table: &[_] = &[(0, 1.0), (61, 900.0), (61, 900.0), (62, 1.0), (62, 900.0)];
        assert_eq!(
            came_to(bound, &[(Telling::Added, log), (Telling::Anew, table)]),
            [(0, 1, 2, false), (1, 3, 4, false)]
        );
    }

    #[test]
    fn a_counter_counts_its_growth_and_a_counted_minute_is_corrected() {
        let growth = Counted::Events(Part::Total, Counting::Increases);
        assert_eq!(
            came_to(growth, &[(Telling::Added, &[(0, 100.0), (30, 110.0), (20, 105.0), (60, 4.0)])]),
            [(0, 0, 10, false), (1, 0, 4, false)]
        );
        let numbers = Counted::Events(Part::Marked, Counting::Deltas);
        let minutes: &[_] = &[(0, 5.0), (60, 2.0), (0, 6.0)];
        assert_eq!(came_to(numbers, &[(Telling::Instead, minutes)]), [(0, 0, 6, true), (1, 0, 2, false)]);
    }
}
