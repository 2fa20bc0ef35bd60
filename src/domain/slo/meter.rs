//! From samples to counts: increases of counters, numbers of events, values that keep a bound (SEMANTICS R36).

use std::collections::{BTreeSet, HashMap};

use crate::domain::{
    rollup::Past,
    sample::{Labelled, SeriesKey, Telling},
    series::{SAMPLES_KEPT, Sample, Series},
    slo::{
        ledger::{EVENT, Ledger, Part, events},
        record::Recounted,
    },
};

/// One minute, in milliseconds.
pub const MINUTE_MS: i64 = 60_000;

/// How the samples of a signal are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Each sample is a number of events.
    Deltas,
    /// The samples are of a counter: what it grew by counts, and after a reset what it shows. The first sample says only
    /// where it stands.
    Increases,
}

/// How a good value compares with the bound; OpenSLO's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Less than.
    Lt,
    /// At most.
    Lte,
    /// More than.
    Gt,
    /// At least.
    Gte,
}

impl Op {
    /// All of them, with their words.
    pub const ALL: [(&'static str, Self); 4] =
        [("lt", Self::Lt), ("lte", Self::Lte), ("gt", Self::Gt), ("gte", Self::Gte)];

    /// Its sign, for people.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Lt => "<",
            Self::Lte => "<=",
            Self::Gt => ">",
            Self::Gte => ">=",
        }
    }

    /// Tells whether `value` is good.
    pub fn keeps(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Lt => value < bound,
            Self::Lte => value <= bound,
            Self::Gt => value > bound,
            Self::Gte => value >= bound,
        }
    }
}

/// What is counted of one signal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Counted {
    /// One of an SLO's two counts.
    Events(Part, Counting),
    /// Both: each value is an event, and a bad one unless it keeps the bound.
    Values(Op, f64),
}

/// Counts the samples of one signal into a ledger: each once, however often a file is read again.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    counted: Counted,
    newest: Option<Sample>,
    streams: HashMap<SeriesKey, Stream>,
    /// The telling that is taken now.
    telling: i64,
    n_late: u64,
    /// The last minute that an earlier process recorded.
    recorded_until: Option<i64>,
}

/// One series among many: its last sample, and the telling it came by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stream {
    /// Its last sample.
    pub last: Sample,
    /// What is told at once has one number: series of one file are told together.
    pub telling: i64,
}

/// The most series of one selector that are told from each other.
const STREAMS: usize = 20_000;

impl Meter {
    /// A meter that has seen nothing.
    pub fn new(counted: Counted) -> Self {
        Self { counted, newest: None, streams: HashMap::new(), telling: 0, n_late: 0, recorded_until: None }
    }

    /// The newest sample it has counted.
    pub fn newest(&self) -> Option<Sample> {
        self.newest
    }

    /// The series it counts, where it is told several.
    pub fn streams(&self) -> &HashMap<SeriesKey, Stream> {
        &self.streams
    }

    /// What is taken from here on was told at once.
    pub fn begin_telling(&mut self, number: i64) {
        self.telling = number;
    }

    /// A series was told together with others, by what is known of the past.
    pub fn was_told_in(&mut self, key: &SeriesKey, number: i64) {
        if let Some(stream) = self.streams.get_mut(key) {
            stream.telling = number;
        }
    }

    /// How it counts.
    pub fn counted(&self) -> Counted {
        self.counted
    }

    /// Goes on from what an earlier process recorded.
    pub fn resume(&mut self, record: &Recounted, ledger: &mut Ledger, now: i64) {
        for (minute, found) in &record.minutes {
            match self.counted {
                Counted::Events(part, _) => ledger.add(part, *minute, found.total, now),
                Counted::Values(..) => {
                    ledger.add(Part::Total, *minute, found.total, now);
                    ledger.add(Part::Marked, *minute, found.marked, now);
                }
            }
            self.recorded_until = self.recorded_until.max(Some(*minute));
        }
        let newest = record.newest.filter(|new| self.newest.is_none_or(|known| known.at_ms < new.at_ms));
        self.newest = newest.or(self.newest);
    }

    /// Counts samples, oldest first; `series` holds them already, and `now` is the running minute.
    ///
    /// What is newer than all before is added, and so is every line of a log. What else comes late, or again, has its minute
    /// counted anew from the series.
    pub fn take(&mut self, samples: &[Sample], telling: Telling, series: &Series, ledger: &mut Ledger, now: i64) {
        let mut late = BTreeSet::new();
        for sample in samples.iter().filter(|s| s.value.is_finite()) {
            let is_newer = self.newest.is_none_or(|newest| newest.at_ms < sample.at_ms);
            // Each line is one more; a counter's growth is asked of the series.
            if is_newer || (telling == Telling::Added && !self.is_counter()) {
                count(self.counted, self.newest, *sample, &mut |part, amount| {
                    ledger.add(part, minute(*sample), amount, now);
                });
                self.newest = Some(*sample).filter(|_| is_newer).or(self.newest);
            } else {
                late.insert(minute(*sample));
                // A counter's next sample grew from a late one, and not from the one before.
                let next = series.since(sample.at_ms.saturating_add(1)).next();
                late.extend(next.filter(|_| self.is_counter()).map(minute));
            }
        }
        if !late.is_empty() {
            self.newest =
                series.last().filter(|last| self.newest.is_some_and(|n| n.at_ms == last.at_ms)).or(self.newest);
            self.recount(&late, series, ledger, now);
        }
    }

    /// Counts one sample of one series among many; each series grows by itself, and a reset is one series' own.
    ///
    /// What is not newer than the series' last is left out and counted: a sample again, or out of order. Lines of one instant
    /// are each one more, unless they are of a counter.
    pub fn take_one(&mut self, sample: &Labelled, telling: Telling, ledger: &mut Ledger, now: i64) {
        let Labelled { key, at_ms, value } = sample;
        let sample = Sample { at_ms: *at_ms, value: *value };
        // The mark of an ended series is no number, and no more is.
        if !value.is_finite() {
            return;
        }
        let before = self.streams.get(key).map(|stream| stream.last);
        let stream = Stream { last: sample, telling: self.telling };
        let oldest = i64::from(telling != Telling::Added || self.is_counter());
        let is_late = before.is_some_and(|before| *at_ms < before.at_ms.saturating_add(oldest));
        if is_late || (before.is_none() && self.streams.len() >= STREAMS) {
            self.n_late = self.n_late.saturating_add(1);
            return;
        }
        count(self.counted, before, sample, &mut |part, amount| ledger.add(part, minute(sample), amount, now));
        match self.streams.get_mut(key) {
            Some(known) => *known = stream,
            None => {
                self.streams.insert(key.clone(), stream);
            }
        }
        self.newest = Some(self.newest.filter(|newest| sample.at_ms < newest.at_ms).unwrap_or(sample));
    }

    /// Counts what a series did in a step of its past, told once and before its samples. A counter's reset within the step is
    /// not seen; of values on both sides of the bound as many are bad as their distribution tells.
    pub fn recall(&mut self, past: &Past, ledger: &mut Ledger, now: i64) {
        let Past { key, start, rollup, .. } = past;
        let (at_ms, value) = rollup.last;
        let (last, minute) = (Sample { at_ms, value }, start.div_euclid(60));
        match self.counted {
            Counted::Events(_, Counting::Increases) => {
                return self.take_one(&Labelled { key: key.clone(), at_ms, value }, Telling::Instead, ledger, now);
            }
            Counted::Events(part, Counting::Deltas) => ledger.add(part, minute, events(rollup.sum), now),
            Counted::Values(op, bound) => {
                let at_most = rollup.n_at_most(bound);
                let below = if rollup.max < bound {
                    rollup.count
                } else if rollup.min >= bound {
                    0
                } else {
                    at_most
                };
                let good = match op {
                    Op::Lte => at_most,
                    Op::Lt => below,
                    Op::Gt => rollup.count - at_most,
                    Op::Gte => rollup.count - below,
                };
                ledger.add(Part::Total, minute, EVENT.saturating_mul(rollup.count), now);
                ledger.add(Part::Marked, minute, EVENT.saturating_mul(rollup.count - good), now);
            }
        }
        if self.streams.len() < STREAMS || self.streams.contains_key(key) {
            self.streams.insert(key.clone(), Stream { last, telling: self.telling });
        }
        self.newest = Some(self.newest.filter(|newest| at_ms < newest.at_ms).unwrap_or(last));
    }

    /// Samples of series that were left out: again, out of order, or of one series too many.
    pub fn n_late(&self) -> u64 {
        self.n_late
    }

    /// Whether it counts what counters grew by.
    pub fn is_counter(&self) -> bool {
        matches!(self.counted, Counted::Events(_, Counting::Increases))
    }

    fn recount(&self, minutes: &BTreeSet<i64>, series: &Series, ledger: &mut Ledger, now: i64) {
        // Of a full series the oldest minute may be there in part.
        let oldest = series.iter().next().map(minute);
        let cut = oldest.filter(|_| series.len() >= SAMPLES_KEPT);
        // What was recorded of the minute in which the series begins, and before, may be more than the series holds.
        let recorded = oldest.zip(self.recorded_until).map(|(oldest, until)| oldest.min(until));
        let cut = cut.max(recorded);
        for wanted in minutes.iter().filter(|wanted| cut.is_none_or(|cut| cut < **wanted)) {
            let (mut marked, mut total) = (0_u64, 0_u64);
            let begin = wanted.saturating_mul(MINUTE_MS);
            let mut before = series.before(begin);
            for sample in series.since(begin).take_while(|s| minute(*s) == *wanted) {
                count(self.counted, before, sample, &mut |part, amount| match part {
                    Part::Marked => marked = marked.saturating_add(amount),
                    Part::Total => total = total.saturating_add(amount),
                });
                before = Some(sample);
            }
            match self.counted {
                Counted::Events(part, _) => ledger.set(part, *wanted, marked.max(total), now),
                Counted::Values(..) => {
                    ledger.set(Part::Marked, *wanted, marked, now);
                    ledger.set(Part::Total, *wanted, total, now);
                }
            }
        }
    }
}

fn minute(sample: Sample) -> i64 {
    sample.at_ms.div_euclid(MINUTE_MS)
}

fn count(counted: Counted, before: Option<Sample>, sample: Sample, add: &mut dyn FnMut(Part, u64)) {
    let (marked, total) = counted.amount(before, sample);
    match counted {
        Counted::Events(part, _) => add(part, total),
        Counted::Values(..) => {
            add(Part::Total, total);
            add(Part::Marked, marked);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::slo::ledger::{Marked, Method},
        text::Text,
    };

    const NOW: i64 = 30_000_000;

    struct Bench {
        meter: Meter,
        series: Series,
        ledger: Ledger,
        telling: Telling,
    }

    impl Bench {
        fn new(counted: Counted) -> Self {
            let ledger = Ledger::new(Method::Occurrences, Marked::Bad);
            Self { meter: Meter::new(counted), series: Series::default(), ledger, telling: Telling::Instead }
        }

        /// Samples so many seconds after the hour.
        fn take(&mut self, samples: &[(i64, f64)]) -> &mut Self {
            let all = samples.iter().map(|(s, value)| Sample { at_ms: NOW * MINUTE_MS + s * 1_000, value: *value });
            let samples: Vec<_> = all.collect();
            self.series.take(&samples, self.telling);
            self.meter.take(&samples, self.telling, &self.series, &mut self.ledger, NOW);
            self
        }

        /// Events of the total in each of the first three minutes.
        fn totals(&self) -> [f64; 3] {
            [0, 1, 2].map(|m| self.ledger.sum(NOW + m, NOW + m + 1).total as f64 / EVENT as f64)
        }
    }

    const COUNTER: Counted = Counted::Events(Part::Total, Counting::Increases);
    const EVENTS: Counted = Counted::Events(Part::Total, Counting::Deltas);

    #[test]
    fn a_counter_counts_what_it_grew_by_and_a_reset_what_it_shows() {
        let mut bench = Bench::new(COUNTER);
        bench.take(&[(0, 100.0), (30, 110.0), (60, 115.0)]).take(&[(90, 4.0), (120, 4.0)]);
        assert_eq!(bench.totals(), [10.0, 9.0, 0.0]);
    }

    #[test]
    fn a_late_sample_of_a_counter_moves_growth_between_minutes_and_loses_none() {
        let mut bench = Bench::new(COUNTER);
        bench.take(&[(0, 100.0), (70, 130.0)]);
        assert_eq!(bench.totals(), [0.0, 30.0, 0.0]);
        bench.take(&[(50, 120.0)]);
        assert_eq!(bench.totals(), [20.0, 10.0, 0.0]);
    }

    #[test]
    fn a_file_read_again_counts_once() {
        let lines = [(0, 5.0), (60, 6.0), (61, 1.0)];
        let mut bench = Bench::new(EVENTS);
        bench.take(&lines);
        let once = bench.totals();
        assert_eq!((once, bench.take(&lines).totals()), ([5.0, 7.0, 0.0], once));
        assert_eq!(bench.take(&[(60, 9.0)]).totals(), [5.0, 10.0, 0.0], "said again, a count is corrected");
    }

    #[test]
    fn a_counter_whose_newest_sample_is_corrected_goes_on_from_the_correction() {
        let mut bench = Bench::new(COUNTER);
        bench.take(&[(0, 10.0), (10, 20.0)]).take(&[(10, 30.0)]).take(&[(20, 35.0)]);
        assert_eq!(bench.totals(), [25.0, 0.0, 0.0]);
    }

    #[test]
    fn each_value_is_an_event_even_within_a_millisecond() {
        for (counted, total) in [(Counted::Values(Op::Lte, 250.0), 4.0), (EVENTS, 14.0)] {
            let mut bench = Bench { telling: Telling::Added, ..Bench::new(counted) };
            bench.take(&[(0, 2.0), (0, 3.0), (1, 1.0)]).take(&[(1, 8.0)]);
            assert_eq!(bench.totals(), [total, 0.0, 0.0]);
            bench.telling = Telling::Anew;
            bench.take(&[(0, 2.0), (0, 3.0), (1, 1.0), (1, 8.0)]);
            assert_eq!(bench.totals(), [total, 0.0, 0.0], "read again");
        }
        let mut bench = Bench { telling: Telling::Added, ..Bench::new(Counted::Values(Op::Lte, 250.0)) };
        bench.take(&[(0, 250.0), (0, 251.0), (1, 10.0)]).take(&[(1, 900.0)]);
        assert_eq!(bench.ledger.sum(NOW, NOW + 1).bad, 2 * EVENT);
    }

    #[test]
    fn series_of_one_selector_grow_each_by_itself() {
        let mut bench = Bench::new(COUNTER);
        let mut take = |host: &str, second: i64, value: f64| {
            let labels = [(Text::scrub("host"), Text::scrub(host))].into_iter().collect();
            let key = SeriesKey { name: Text::scrub("m"), labels };
            let sample = Labelled { key, at_ms: NOW * MINUTE_MS + second * 1_000, value };
            bench.meter.take_one(&sample, Telling::Instead, &mut bench.ledger, NOW);
        };
        for (host, second, value) in
            [("a", 0, 1_000.0), ("b", 0, 5.0), ("a", 30, 1_007.0), ("b", 30, 2.0), ("a", 30, 9.0), ("b", 70, f64::NAN)]
        {
            take(host, second, value);
        }
        assert_eq!((bench.totals(), bench.meter.n_late()), ([9.0, 0.0, 0.0], 1));
    }

    #[test]
    fn the_bound_itself_is_good_where_the_word_says_so() {
        let good = |op: Op| [1.0, 2.0, 3.0].map(|value| op.keeps(value, 2.0));
        assert_eq!([good(Op::Lt), good(Op::Lte)], [[true, false, false], [true, true, false]]);
        assert_eq!([good(Op::Gt), good(Op::Gte)], [[false, false, true], [false, true, true]]);
        assert!(!Op::Lte.keeps(f64::NAN, 2.0), "what is no number keeps nothing");
    }

    proptest! {
        #[test]
        fn counters_read_in_any_pieces_and_again_count_the_same(
            steps in proptest::collection::vec(0u16..100, 2..40), cuts in proptest::collection::vec(0usize..40, 0..6),
        ) {
            let mut value = 0.0;
            let lines: Vec<_> = (0..).zip(&steps).map(|(n, step)| { value += f64::from(*step); (n * 7, value) }).collect();
            let mut whole = Bench::new(COUNTER);
            whole.take(&lines);
            let grown: f64 = steps.iter().skip(1).map(|s| f64::from(*s)).sum();
            let counted = |bench: &Bench| bench.ledger.sum(NOW, NOW + 100).total as f64 / EVENT as f64;
            prop_assert_eq!(counted(&whole), grown);
            let mut pieces = Bench::new(COUNTER);
            for cut in cuts {
                let cut = cut.min(lines.len());
                pieces.take(&lines[..cut]);
            }
            pieces.take(&lines);
            prop_assert_eq!(counted(&pieces), grown);
        }
    }
}
