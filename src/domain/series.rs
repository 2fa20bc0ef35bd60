//! A measured series: samples, gaps, thresholds, what a sparkline shows.

mod between;
mod blocks;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::between::Slice;
use self::blocks::{Blocks, Piece, Sum};
use crate::{
    domain::{
        sample::Telling,
        time::{between, plus},
    },
    text::{Text, grouped},
};

/// One measurement. `value` is finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When it was taken, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// What it was.
    pub value: f64,
}

/// A bound a value should keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Which side is bad.
    pub bad: Side,
    /// The bound itself is good.
    pub bound: f64,
}

/// Which side of a bound is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Values above it.
    Above,
    /// Values below it.
    Below,
}

/// What a signal says now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// A value fresh enough to act on.
    Fresh(Sample),
    /// The last value, older than the signal allows.
    Stale(Sample),
    /// Nothing was ever read.
    Nothing,
}

/// What to show of a named series, and how to judge it.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name on screen.
    pub name: Text,
    /// Printed behind the value: `ms`, `%`; may be blank.
    pub unit: Text,
    /// The bound it should keep.
    pub threshold: Option<Threshold>,
    /// A value older than this is stale.
    pub stale_after: TimeDelta,
    /// For how long the bound must be broken before it fires (R41).
    pub hold: TimeDelta,
    /// How long it keeps firing after the bound is kept again.
    pub keep_firing: TimeDelta,
    /// How far back the sparkline looks.
    pub window: TimeDelta,
    /// The share of time slices that should keep the bound, in (0, 1); an SLO.
    pub objective: Option<f64>,
    /// Where to read what to do, http(s) or a path.
    pub runbook: Option<Text>,
}

/// How a metric file's lines are read.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricFormat {
    /// `timestamp,value` with a header line.
    Csv {
        /// Column of the time; nothing = as the file's first lines tell.
        time: Option<String>,
        /// Column of the value; nothing = as the file's first lines tell.
        value: Option<String>,
    },
    /// One JSON object a line.
    Jsonl {
        /// Dotted path of the time (RFC 3339 text, or epoch seconds or milliseconds); default: the first of
        /// `timestamp`, `time`, `ts`, `at`, `@timestamp` that is there.
        time: Option<String>,
        /// What is measured.
        measure: Measure,
        /// Only lines whose field (dotted path) has this text.
        filter: Option<(String, String)>,
    },
    /// Prometheus text exposition; its samples take the file's modification time where they have none.
    Prometheus {
        /// The metric's name.
        metric: String,
        /// Labels that must match exactly.
        labels: Vec<(String, String)>,
    },
    /// No file: another server evaluates an expression.
    Remote {
        /// The server's name in the settings.
        server: Text,
        /// The expression.
        expr: Text,
    },
}

/// What is measured in a stream of JSON events.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// A number at this dotted path.
    Field(String),
    /// How many matching events a minute.
    CountPerMinute,
}

/// The most samples kept of one signal: a week at one every 15 s is 40,320, and 50,000 of 16 bytes are 0.8 MB.
pub const SAMPLES_KEPT: usize = 50_000;

/// How far ahead of our clock a stamp may be, in milliseconds: two hosts may disagree a little, and a value from the
/// far future would stay "fresh" for ever.
const AHEAD_MS: i64 = 120_000;

/// The samples of one signal, oldest first, at most [`SAMPLES_KEPT`]; those of one stamp in the order in which they came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    samples: Blocks,
}

/// What became of a sample that was handed to a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It is the newest.
    Appended,
    /// It came late and stands where its stamp belongs.
    Inserted,
    /// It took the place of one with the same stamp.
    Replaced,
    /// It is not a finite number, or older than everything kept by a full series.
    Dropped,
}

/// One column of a sparkline or chart: what happened in its slice of time. Peaks are kept, gaps are gaps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// Mean.
    pub mean: f64,
}

impl Threshold {
    /// Tells whether `value` is on the bad side; the bound itself is good (strict, as `>` in SEMANTICS R41).
    pub fn is_broken(self, value: f64) -> bool {
        match self.bad {
            Side::Above => value > self.bound,
            Side::Below => value < self.bound,
        }
    }
}

impl Sample {
    /// Tells when it was taken; a stamp outside representable time is held at its end.
    pub fn at(self) -> DateTime<Utc> {
        plus(DateTime::UNIX_EPOCH, TimeDelta::milliseconds(self.at_ms.max(-i64::MAX)))
    }
}

impl Series {
    /// Puts a sample where its stamp belongs, in place of all that have it; a full series forgets its oldest.
    pub fn push(&mut self, sample: Sample) -> Pushed {
        let is_there = self.last().is_some_and(|last| sample.at_ms <= last.at_ms);
        let is_replaced = sample.value.is_finite() && is_there && self.samples.remove(sample.at_ms);
        match self.add(sample) {
            Pushed::Appended | Pushed::Inserted if is_replaced => Pushed::Replaced,
            pushed => pushed,
        }
    }

    /// Puts a sample where its stamp belongs, behind all that have it; a full series forgets its oldest.
    pub fn add(&mut self, sample: Sample) -> Pushed {
        let is_full = self.samples.len() >= SAMPLES_KEPT;
        if !sample.value.is_finite()
            || (is_full && self.samples.first().is_some_and(|first| sample.at_ms < first.at_ms))
        {
            return Pushed::Dropped;
        }
        let is_newest = self.last().is_none_or(|last| last.at_ms <= sample.at_ms);
        if is_newest {
            self.samples.push(sample);
        } else {
            self.samples.insert(sample);
        }
        if is_full {
            self.samples.forget_first();
        }
        if is_newest { Pushed::Appended } else { Pushed::Inserted }
    }

    /// Takes samples, oldest first, as they are told.
    pub fn take(&mut self, samples: &[Sample], telling: Telling) {
        let mut before = None;
        for sample in samples {
            let is_more = telling == Telling::Added || (telling == Telling::Anew && before == Some(sample.at_ms));
            if is_more {
                self.add(*sample);
            } else {
                self.push(*sample);
            }
            before = Some(sample.at_ms);
        }
    }

    /// Tells the newest sample.
    pub fn last(&self) -> Option<Sample> {
        self.samples.last()
    }

    /// Counts the samples kept.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Tells whether no sample is kept.
    pub fn is_empty(&self) -> bool {
        self.samples.len() == 0
    }

    /// Walks all samples, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Sample> + '_ {
        self.samples.iter()
    }

    /// Walks the samples taken at `from_ms` (epoch milliseconds) or later, oldest first, touching no other.
    pub fn since(&self, from_ms: i64) -> impl DoubleEndedIterator<Item = Sample> + '_ {
        self.samples.since(from_ms)
    }

    /// Tells the newest sample taken before `from_ms` (epoch milliseconds).
    pub fn before(&self, from_ms: i64) -> Option<Sample> {
        self.samples.before(from_ms)
    }

    /// Cuts `[from, until)` into `n` half-open slices of equal length and says what happened in each.
    ///
    /// A slice without a sample is nothing, which is not zero. Always `n` long; an empty span has only gaps.
    /// Costs the slices and a little for each block of samples in the span, not the samples themselves.
    pub fn columns(&self, from: DateTime<Utc>, until: DateTime<Utc>, n: usize) -> Vec<Option<Column>> {
        let (from, until) = (from.timestamp_millis(), until.timestamp_millis());
        let mut slices: Vec<Option<Sum>> = vec![None; n];
        let span = i128::from(until) - i128::from(from);
        if span > 0 {
            let n = n as i128;
            // Of a stretch that does not divide evenly the sample on a bound belongs to the slice that has begun by then.
            let end = |slice: i128| i128::from(from) + (slice * span + n - 1).div_euclid(n);
            let ends = (1..=n).map(|slice| i64::try_from(end(slice)).unwrap_or(i64::MAX));
            self.samples.slices(from, ends, &mut |slice, piece| {
                let Some(slice) = slices.get_mut(slice) else { return };
                let sum = match piece {
                    Piece::One(sample) => Sum::of(sample.value),
                    Piece::Many(sum) => *sum,
                };
                match slice {
                    Some(there) => there.join(&sum),
                    None => *slice = Some(sum),
                }
            });
        }
        slices.into_iter().map(|slice| slice.map(|sum| sum.column())).collect()
    }

    /// Says what the signal reads now: its newest sample that is not from the future (more than two minutes ahead).
    ///
    /// A value exactly `stale_after` old is still fresh.
    pub fn reading(&self, stale_after: TimeDelta, now: DateTime<Utc>) -> Reading {
        let until = now.timestamp_millis().saturating_add(AHEAD_MS + 1);
        // As a rule nothing is from the future: a search through a month of samples each second would find the last one.
        let is_last_known = self.last().is_some_and(|last| last.at_ms < until);
        let known = if is_last_known { self.last() } else { self.before(until) };
        let Some(sample) = known else { return Reading::Nothing };
        if between(sample.at(), now) <= stale_after { Reading::Fresh(sample) } else { Reading::Stale(sample) }
    }
}

/// Prints a measured value for a narrow column, at most 11 characters.
///
/// * Below 10,000: at most four significant digits and four decimals, no trailing zeros: `0.02`, `19.8`, `1 234`.
/// * Below a million: whole, in groups of three: `12 345`, `251 643`.
/// * From there: at most four significant digits and `M`, `G`, `T` or `P` (10⁶, 10⁹, 10¹², 10¹⁵): `1.2M`; over 999,999 P
///   the figure says only that.
/// * A value that is not zero but below 0.0001 is `~0`: printing `0` would claim that nothing happened.
pub fn figure(value: f64) -> String {
    let (size, sign) = (value.abs(), if value < 0.0 { "-" } else { "" });
    if !value.is_finite() {
        return "—".to_owned();
    }
    if size == 0.0 {
        return "0".to_owned();
    }
    if size < 0.0001 {
        return "~0".to_owned();
    }
    if size.round() < 1_000_000.0 {
        return format!("{sign}{}", four_digits(size));
    }
    for (unit, one) in [("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15)] {
        let mantissa = four_digits(size / one);
        if size / one < 999.95 || (unit == "P" && size / one < 999_999.5) {
            return format!("{sign}{mantissa}{unit}");
        }
    }
    if value < 0.0 { "<-999 999P".to_owned() } else { ">999 999P".to_owned() }
}

/// At most four significant digits while there are decimals; the whole part is never rounded away, and is grouped.
fn four_digits(size: f64) -> String {
    let decimals = match size {
        s if s < 1.0 => 4,
        s if s < 10.0 => 3,
        s if s < 100.0 => 2,
        s if s < 1_000.0 => 1,
        _ => 0,
    };
    let written = format!("{size:.decimals$}");
    let (whole, rest) = written.split_once('.').unwrap_or((&written, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    match rest.trim_end_matches('0') {
        "" => whole,
        rest => format!("{whole}.{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(written: &str) -> DateTime<Utc> {
        written.parse().unwrap()
    }

    fn series(samples: &[(i64, f64)]) -> Series {
        let mut series = Series::default();
        for (at_ms, value) in samples {
            series.push(Sample { at_ms: *at_ms, value: *value });
        }
        series
    }

    fn stamps(series: &Series) -> Vec<i64> {
        series.iter().map(|s| s.at_ms).collect()
    }

    #[test]
    fn a_late_sample_finds_its_place_and_an_equal_stamp_replaces() {
        let mut s = series(&[(10, 1.0), (30, 3.0)]);
        assert_eq!(s.push(Sample { at_ms: 20, value: 2.0 }), Pushed::Inserted);
        assert_eq!(s.push(Sample { at_ms: 30, value: 9.0 }), Pushed::Replaced);
        assert_eq!(s.push(Sample { at_ms: 40, value: f64::NAN }), Pushed::Dropped);
        assert_eq!(s, series(&[(10, 1.0), (20, 2.0), (30, 9.0)]));
    }

    #[test]
    fn lines_of_one_instant_all_count_and_what_is_told_anew_counts_once() {
        let many: Vec<Sample> = (0..300)
            .map(|n| Sample { at_ms: 1_000 + n / 100, value: if n % 100 == 99 { 10.0 } else { 900.0 } })
            .collect();
        let mut s = Series::default();
        s.take(&many[..150], Telling::Added);
        s.take(&many[150..], Telling::Added);
        let from = DateTime::UNIX_EPOCH;
        let whole = |s: &Series| s.columns(from, plus(from, TimeDelta::seconds(2)), 1)[0].unwrap();
        assert_eq!((s.len(), whole(&s).low, whole(&s).high, whole(&s).mean.round()), (300, 10.0, 900.0, 891.0));
        s.take(&many, Telling::Anew);
        assert_eq!((s.len(), s.since(1_002).count(), s.before(1_001).unwrap().value), (300, 100, 10.0));
        s.take(&[Sample { at_ms: 1_001, value: 1.0 }], Telling::Anew);
        assert_eq!(
            (s.len(), stamps(&s).is_sorted(), s.add(Sample { at_ms: 999, value: 0.0 })),
            (201, true, Pushed::Inserted)
        );
        s.take(&[Sample { at_ms: 1_001, value: 2.0 }, Sample { at_ms: 1_001, value: 3.0 }], Telling::Instead);
        assert_eq!((s.len(), s.before(1_002).unwrap().value), (202, 3.0));
    }

    #[test]
    fn a_full_series_forgets_its_oldest_and_takes_nothing_older() {
        let mut s = Series::default();
        for i in 0..=SAMPLES_KEPT {
            s.push(Sample { at_ms: i64::try_from(i).unwrap() * 10, value: 0.0 });
        }
        assert_eq!((s.len(), stamps(&s)[0]), (SAMPLES_KEPT, 10));
        assert_eq!(s.push(Sample { at_ms: 5, value: 0.0 }), Pushed::Dropped);
        assert_eq!(s.push(Sample { at_ms: 15, value: 0.0 }), Pushed::Inserted);
        assert_eq!((s.len(), stamps(&s)[0]), (SAMPLES_KEPT, 15));
    }

    #[test]
    fn columns_keep_peaks_and_gaps() {
        let from = at("2026-11-20T09:00:00Z");
        let ms = from.timestamp_millis();
        let s = series(&[(ms - 1, 50.0), (ms, 0.0), (ms + 999, 8.0), (ms + 2_000, 5.0), (ms + 3_000, 99.0)]);
        let columns = s.columns(from, plus(from, TimeDelta::seconds(3)), 3);
        assert_eq!(
            columns,
            [Some(Column { low: 0.0, high: 8.0, mean: 4.0 }), None, Some(Column { low: 5.0, high: 5.0, mean: 5.0 }),]
        );
        assert_eq!(s.columns(from, from, 2), [None, None]);
        assert_eq!(s.columns(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, 1).len(), 1);
    }

    #[test]
    fn a_value_ages_and_one_from_the_future_is_set_aside() {
        let now = at("2026-11-20T09:00:00Z");
        let (ms, two) = (now.timestamp_millis(), TimeDelta::minutes(2));
        let old = Sample { at_ms: ms - 120_000, value: 7.0 };
        let s = series(&[(old.at_ms, old.value), (ms + 120_001, 1.0)]);
        assert_eq!(s.reading(two, now), Reading::Fresh(old));
        assert_eq!(s.reading(TimeDelta::seconds(119), now), Reading::Stale(old));
        assert_eq!(series(&[(i64::MAX, 1.0)]).reading(two, now), Reading::Nothing);
        let soon = Sample { at_ms: ms + 120_000, value: 1.0 };
        assert_eq!(series(&[(soon.at_ms, 1.0)]).reading(two, now), Reading::Fresh(soon));
        assert_eq!(
            series(&[(i64::MIN, 1.0)]).reading(two, now),
            Reading::Stale(Sample { at_ms: i64::MIN, value: 1.0 })
        );
    }

    #[test]
    fn the_bound_itself_is_good() {
        let above = Threshold { bad: Side::Above, bound: 10.0 };
        let below = Threshold { bad: Side::Below, bound: 10.0 };
        assert_eq!([9.0, 10.0, 11.0].map(|v| above.is_broken(v)), [false, false, true]);
        assert_eq!([9.0, 10.0, 11.0].map(|v| below.is_broken(v)), [true, false, false]);
    }

    #[test]
    fn figures_are_short_and_honest() {
        let shown = [
            0.0,
            -0.0,
            0.02,
            0.1263030754,
            19.8,
            99.7,
            99.999,
            100.04,
            1_234.5,
            9_999.7,
            12_345.0,
            251_643.0,
            999_999.4,
        ];
        assert_eq!(
            shown.map(figure),
            [
                "0", "0", "0.02", "0.1263", "19.8", "99.7", "100", "100", "1 234", "10 000", "12 345", "251 643",
                "999 999"
            ]
        );
        let large = [999_999.5, 1_200_000.0, 547_457_000.0, 999_960_000.0, 1.8446744e19, 1e300, f64::MAX];
        assert_eq!(large.map(figure), ["1M", "1.2M", "547.5M", "1G", "18 447P", ">999 999P", ">999 999P"]);
        assert_eq!(
            [-5.5, -0.00001, 0.0001, -2_500_000.0, -1e300, f64::NAN].map(figure),
            ["-5.5", "~0", "0.0001", "-2.5M", "<-999 999P", "—"]
        );
    }

    proptest! {
        #[test]
        fn a_figure_has_no_exponent_no_minus_zero_and_fits(value in any::<f64>()) {
            let shown = figure(value);
            prop_assert!(!shown.contains('e') && !shown.contains("NaN") && shown != "-0");
            prop_assert!(shown.chars().count() <= 11, "{shown}");
        }

        #[test]
        fn samples_stay_in_order_whatever_order_they_come_in(stamps_in in proptest::collection::vec(-50i64..50, 0..200)) {
            let mut s = Series::default();
            for at_ms in &stamps_in {
                s.push(Sample { at_ms: *at_ms, value: 1.0 });
            }
            let distinct: std::collections::BTreeSet<i64> = stamps_in.into_iter().collect();
            prop_assert_eq!(stamps(&s), distinct.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn columns_say_what_each_sample_looked_at_alone_would(
            values in proptest::collection::vec((0i64..2_000, -1e6f64..1e6), 0..400), n in 1usize..40, length in 1i64..2_200,
        ) {
            let mut s = Series::default();
            values.iter().for_each(|(at_ms, value)| {
                s.add(Sample { at_ms: *at_ms / 10 * 10, value: *value });
            });
            let from = plus(DateTime::UNIX_EPOCH, TimeDelta::milliseconds(100));
            let found = s.columns(from, plus(from, TimeDelta::milliseconds(length)), n);
            for (i, column) in (0..).zip(found) {
                let is_in = |x: &Sample| 100 <= x.at_ms && x.at_ms < 100 + length && (x.at_ms - 100) * n as i64 / length == i;
                let inside: Vec<f64> = s.iter().filter(is_in).map(|x| x.value).collect();
                prop_assert_eq!(column.is_none(), inside.is_empty());
                let Some(column) = column else { continue };
                let mean = inside.iter().sum::<f64>() / inside.len() as f64;
                prop_assert_eq!(column.high, inside.iter().copied().fold(f64::MIN, f64::max));
                prop_assert_eq!(column.low, inside.iter().copied().fold(f64::MAX, f64::min));
                prop_assert!((column.mean - mean).abs() < 1e-6, "{} {mean}", column.mean);
            }
            let (newest, all) = (s.last(), s.len());
            prop_assert_eq!((all, s.iter().map(|x| x.at_ms).is_sorted()), (values.len(), true));
            let before = newest.and_then(|last| s.iter().rev().find(|x| x.at_ms < last.at_ms));
            prop_assert_eq!(newest.and_then(|last| s.before(last.at_ms)), before);
            prop_assert_eq!(s.since(700).collect::<Vec<_>>(), s.iter().filter(|x| 700 <= x.at_ms).collect::<Vec<_>>());
            s.push(Sample { at_ms: -1, value: 0.0 });
            prop_assert_eq!(s.iter().next().unwrap().at_ms, -1);
        }

        #[test]
        fn every_sample_in_the_span_is_in_one_column(
            values in proptest::collection::vec((0i64..1_000, -1e308f64..1e308), 0..60), n in 1usize..40,
        ) {
            let s = series(&values);
            let from = DateTime::UNIX_EPOCH;
            let columns = s.columns(from, plus(from, TimeDelta::milliseconds(700)), n);
            prop_assert_eq!(columns.len(), n);
            let inside: Vec<f64> = s.iter().filter(|x| x.at_ms < 700).map(|x| x.value).collect();
            let high = columns.iter().flatten().map(|c| c.high).fold(f64::MIN, f64::max);
            prop_assert_eq!(high, inside.iter().copied().fold(f64::MIN, f64::max));
            for c in columns.iter().flatten() {
                prop_assert!(c.low <= c.mean && c.mean <= c.high && c.mean.is_finite());
            }
        }
    }
}
