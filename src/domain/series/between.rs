//! What lies between samples: a stretch shorter than a signal takes for its next sample is no gap.

use chrono::{DateTime, Utc};

use super::{Column, Series};

/// What a slice of time shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slice {
    /// What was measured in it.
    Measured(Column),
    /// It lies between two samples that follow each other as they do, or behind the newest one: a value on the way.
    Between(f64),
    /// Nothing was measured there.
    Gap,
}

impl Slice {
    /// What was measured in it.
    pub fn measured(&self) -> Option<&Column> {
        match self {
            Self::Measured(column) => Some(column),
            Self::Between(_) | Self::Gap => None,
        }
    }
}

/// Samples by whose distances the usual one is told.
const LOOKED_AT: usize = 65;

/// How many times its usual distance the next sample may take.
const LATE: i64 = 5;

/// The same, of so many.
const LATE_OF: i64 = 2;

impl Series {
    /// As [`Series::columns`], and which of the slices without a sample are gaps: those of a stretch in which a sample was
    /// due, two and a half times the usual distance long.
    pub fn slices(&self, from: DateTime<Utc>, until: DateTime<Utc>, n: usize) -> Vec<Slice> {
        let columns = self.columns(from, until, n);
        let (from, until) = (from.timestamp_millis(), until.timestamp_millis());
        let longest = self.usual(until).map_or(0, |usual| usual.saturating_mul(LATE) / LATE_OF);
        let span = until.saturating_sub(from).max(0);
        // Slices begin as they do for the columns: at the first millisecond that is theirs.
        let start = |slice: usize| {
            let (slice, n) = (slice as i128, n.max(1) as i128);
            from.saturating_add(i64::try_from((slice * i128::from(span) + n - 1).div_euclid(n)).unwrap_or(span))
        };
        let mut slices: Vec<Slice> = Vec::with_capacity(n);
        while let Some(column) = columns.get(slices.len()) {
            if let Some(column) = column {
                slices.push(Slice::Measured(*column));
                continue;
            }
            let (first, room) = (slices.len(), columns.iter().skip(slices.len()));
            let next = first + room.take_while(|column| column.is_none()).count();
            let mean = |place: Option<usize>| columns.get(place?).copied().flatten().map(|column| column.mean);
            let left = self
                .before(start(first))
                .map(|sample| (sample.at_ms, mean(first.checked_sub(1)).unwrap_or(sample.value)));
            let right =
                self.since(start(next)).next().map(|sample| (sample.at_ms, mean(Some(next)).unwrap_or(sample.value)));
            let ends_ms = right.map_or(until, |(at_ms, _)| at_ms);
            let bridge = left.filter(|(at_ms, _)| ends_ms.saturating_sub(*at_ms) <= longest);
            slices.extend((first..next).map(|slice| match bridge {
                None => Slice::Gap,
                Some((at_ms, value)) => {
                    let to = right.map_or(value, |(_, value)| value);
                    let share = start(slice).saturating_sub(at_ms) as f64 / ends_ms.saturating_sub(at_ms).max(1) as f64;
                    Slice::Between(value + (to - value) * share.clamp(0.0, 1.0))
                }
            }));
        }
        slices
    }

    /// How far, in milliseconds, samples are apart as a rule: half of them are nearer. By the last of them before an instant,
    /// and those behind it where few are there. Several of one instant are one.
    fn usual(&self, until_ms: i64) -> Option<i64> {
        let earlier = std::iter::successors(self.before(until_ms), |sample| self.before(sample.at_ms));
        let mut at: Vec<i64> = earlier.take(LOOKED_AT).map(|sample| sample.at_ms).collect();
        at.reverse();
        at.extend(self.since(until_ms).map(|sample| sample.at_ms).take(LOOKED_AT.saturating_sub(at.len())));
        at.dedup();
        let next = at.iter().skip(1);
        let mut apart: Vec<i64> = at.iter().zip(next).map(|(one, next)| next.saturating_sub(*one)).collect();
        apart.sort_unstable();
        apart.get(apart.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::{
        series::Sample,
        time::{minus, plus},
    };

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200, 0).unwrap()
    }

    fn series(seconds: impl IntoIterator<Item = i64>) -> Series {
        let mut series = Series::default();
        for second in seconds {
            let at_ms = plus(start(), TimeDelta::seconds(second)).timestamp_millis();
            series.push(Sample { at_ms, value: second as f64 });
        }
        series
    }

    /// `#` a sample, `-` between samples, ` ` a gap.
    fn drawn(series: &Series, from: i64, until: i64, n: usize) -> String {
        let at = |second| plus(start(), TimeDelta::seconds(second));
        let sign = |slice: &Slice| match slice {
            Slice::Measured(_) => '#',
            Slice::Between(_) => '-',
            Slice::Gap => ' ',
        };
        series.slices(at(from), at(until), n).iter().map(sign).collect()
    }

    #[test]
    fn a_slice_shorter_than_the_distance_of_the_samples_is_no_gap_and_a_sample_that_did_not_come_is_one() {
        let each_minute = series((0..60).map(|minute| minute * 60));
        assert_eq!(drawn(&each_minute, 0, 600, 20), "#-#-#-#-#-#-#-#-#-#-");
        assert_eq!(drawn(&each_minute, 10, 130, 12), "-----#-----#", "what is before and behind counts");
        let holed = series((0..60).filter(|minute| !(20..30).contains(minute)).map(|minute| minute * 60));
        assert_eq!(drawn(&holed, 18 * 60, 32 * 60, 14), "##          ##");
        assert_eq!(drawn(&holed, 18 * 60, 32 * 60, 28), format!("#-#{}#-#-", " ".repeat(21)));
    }

    #[test]
    fn behind_the_newest_sample_there_is_a_gap_once_the_next_is_late_and_before_the_first_always() {
        let each_minute = series((0..10).map(|minute| minute * 60));
        assert_eq!(drawn(&each_minute, 480, 660, 6), "#-#---");
        assert_eq!(drawn(&each_minute, 480, 720, 8), "#-#     ");
        assert_eq!(drawn(&each_minute, -60, 60, 4), "  #-");
        assert_eq!(drawn(&series([0]), -60, 60, 4), "  # ", "of one sample nothing is usual");
        assert_eq!(drawn(&Series::default(), 0, 60, 3), "   ");
        assert!(series([0]).slices(start(), minus(start(), TimeDelta::seconds(1)), 2).iter().all(|s| *s == Slice::Gap));
    }

    #[test]
    fn between_two_samples_the_value_is_on_its_way() {
        let each_minute = series((0..10).map(|minute| minute * 60));
        let at = |second| plus(start(), TimeDelta::seconds(second));
        let slices = each_minute.slices(at(60), at(120), 4);
        assert_eq!(slices[1..], [Slice::Between(75.0), Slice::Between(90.0), Slice::Between(105.0)]);
    }
}
