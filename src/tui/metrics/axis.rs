//! The axes of the chart: which values and which times are written beside it, and in which row a value stands.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use crate::{
    domain::{
        series::figure,
        time::{between, minus, plus},
        zone::Zone,
    },
    text::fit_right,
};

/// The value axis: two ends, and how many rows lie between them.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    low: f64,
    high: f64,
    rows: usize,
    /// Values are counted by their logarithm; then the ends are logarithms.
    is_logarithmic: bool,
}

/// Rows from one written value to the next, at the least.
const APART: usize = 3;

impl Scale {
    /// An axis for values in a range, with a little room at both ends, but none below zero where nothing is below it.
    /// Powers of ten need values above zero; others are counted evenly.
    pub fn new(low: f64, high: f64, wants_logarithmic: bool, rows: usize) -> Self {
        let is_logarithmic = wants_logarithmic && low > 0.0;
        let least = if is_logarithmic || low < 0.0 { f64::NEG_INFINITY } else { 0.0 };
        let (low, high) = if is_logarithmic { (low.log10(), high.log10()) } else { (low, high) };
        let pad = if high > low { (high - low) * 0.05 } else { high.abs().max(1.0) * 0.1 };
        Self { low: (low - pad).max(least), high: high + pad, rows, is_logarithmic }
    }

    /// The row of dots of a value, 0 at the top, four to a row of text.
    pub fn dot_of(self, value: f64) -> usize {
        let value = if self.is_logarithmic { value.max(f64::MIN_POSITIVE).log10() } else { value };
        let dots = (self.rows * 4).max(1);
        let share = ((self.high - value) / (self.high - self.low)).clamp(0.0, 1.0);
        ((share * (dots - 1) as f64).round() as usize).min(dots - 1)
    }

    /// The values that are written, each with its row: round numbers, evenly apart, as many as there is room for; of powers of
    /// ten each power, where the range holds two. `width` is in columns, and all words are as wide.
    pub fn marks(self, width: usize) -> Vec<(u16, String)> {
        let room = (self.rows / APART).max(2);
        let step = if self.is_logarithmic {
            // A range within one power is marked by the ends of what it holds, as if counted evenly.
            if self.high.floor() - self.low.ceil() < 1.0 { return self.ends(width) } else { 1.0 }
        } else {
            round_step((self.high - self.low) / room as f64)
        };
        let first = (self.low / step).ceil();
        let count = (self.high / step).floor() - first;
        let every = if self.is_logarithmic { (count / room as f64).ceil().max(1.0) } else { 1.0 };
        let mut marks: Vec<(u16, String)> = Vec::new();
        for n in 0..=(count / every).clamp(0.0, self.rows as f64) as u32 {
            let place = (first + f64::from(n) * every) * step;
            let value = if self.is_logarithmic { 10f64.powf(place) } else { place };
            let row = (self.dot_of(value) / 4) as u16;
            if marks.last().is_none_or(|(before, _)| *before != row) {
                marks.push((row, fit_right(&written(value, step, self.is_logarithmic), width)));
            }
        }
        marks
    }

    fn ends(self, width: usize) -> Vec<(u16, String)> {
        let word = |end: f64| fit_right(&figure(10f64.powf(end)), width);
        vec![(self.rows.saturating_sub(1) as u16, word(self.low)), (0, word(self.high))]
    }
}

/// The next number from here up that is one, two or five times a power of ten.
fn round_step(at_least: f64) -> f64 {
    let power = 10f64.powf(at_least.max(f64::MIN_POSITIVE).log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|n| n * power).find(|step| *step >= at_least * 0.999_999).unwrap_or(power * 10.0)
}

/// A value on the axis, with as many decimals as its neighbors need to differ.
fn written(value: f64, step: f64, is_logarithmic: bool) -> String {
    let decimals = -step.log10().floor();
    if is_logarithmic || value.abs() >= 10_000.0 || decimals > 4.0 {
        return figure(value);
    }
    if step >= 1.0 { figure(value.round()) } else { format!("{value:.*}", decimals.max(0.0) as usize) }
}

/// Columns that a written time is apart from the next, at the least.
const TIME_APART: i64 = 12;

/// The distances between times that people read off a clock or a calendar, in seconds.
const TIME_STEPS: [i64; 25] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    1_209_600, 2_592_000, 5_184_000, 15_552_000, 31_536_000,
];

/// The times that are written below a chart of `width` columns, each with its instant: full minutes, hours or days of the
/// wall clock, oldest first.
pub fn times(from: DateTime<Utc>, span: TimeDelta, width: u16, zone: &Zone) -> Vec<(DateTime<Utc>, String)> {
    let most = (i64::from(width) / TIME_APART).max(1);
    let longest = TIME_STEPS.last().copied().unwrap_or(1);
    let step = TIME_STEPS.into_iter().find(|step| span.num_seconds() / step <= most).unwrap_or(longest);
    let until = plus(from, span);
    let wall = |at: DateTime<Utc>| zone.local(at).and_utc().timestamp();
    let mut found: Vec<(DateTime<Utc>, String)> = Vec::new();
    let mut at = minus(from, TimeDelta::seconds(wall(from).rem_euclid(step)));
    at = minus(at, TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos())));
    // A step more than there is room for: where the clocks change, one may be off the wall's full hour and is put back.
    for _ in 0..=most + 2 {
        let off = wall(at).rem_euclid(step);
        let put_back = if off * 2 > step { step - off } else { -off };
        let fair = plus(at, TimeDelta::seconds(put_back));
        let is_new = found.last().is_none_or(|(before, _)| between(*before, fair) > TimeDelta::zero());
        if is_new && fair >= from && fair <= until {
            let local = zone.local(fair);
            let form = match (local.num_seconds_from_midnight(), step) {
                (0, _) | (_, 86_400..) => "%-d %b",
                (_, ..60) => "%H:%M:%S",
                _ => "%H:%M",
            };
            found.push((fair, local.format(form).to_string()));
        }
        at = plus(at, TimeDelta::seconds(step));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        time::parse_rfc3339,
        zone::{Zone, Zones},
    };

    fn words(scale: Scale) -> Vec<String> {
        scale.marks(7).into_iter().map(|(_, word)| word.trim().to_owned()).collect()
    }

    fn berlin() -> Zone {
        Zones::bundled().find("Europe/Berlin").unwrap()
    }

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    #[test]
    fn a_logarithmic_axis_gives_each_power_of_ten_the_same_height() {
        let scale = Scale::new(1.0, 100.0, true, 50);
        let rows = [1.0, 10.0, 100.0].map(|value| scale.dot_of(value) as i64);
        assert!((rows[0] - rows[1] - (rows[1] - rows[2])).abs() <= 1, "{rows:?}");
        assert_eq!(words(scale), ["1", "10", "100"]);
    }

    #[test]
    fn a_logarithmic_axis_within_one_power_of_ten_tells_its_ends() {
        assert_eq!(words(Scale::new(2.0, 8.0, true, 20)).len(), 2);
    }

    #[test]
    fn values_of_zero_and_below_are_counted_evenly() {
        assert!(!Scale::new(0.0, 10.0, true, 10).is_logarithmic);
        assert!(!Scale::new(-5.0, 10.0, true, 10).is_logarithmic);
    }

    #[test]
    fn round_values_stand_beside_the_chart() {
        assert_eq!(words(Scale::new(0.1, 3.4, false, 14)), ["0", "1", "2", "3"]);
        assert_eq!(words(Scale::new(84.9, 91.4, false, 14)), ["86", "88", "90"]);
        assert_eq!(words(Scale::new(98.2, 99.9, false, 14)), ["98.5", "99.0", "99.5"]);
        assert_eq!(words(Scale::new(0.0, 5_100.0, false, 14)), ["0", "2 000", "4 000"]);
        assert_eq!(words(Scale::new(-3.0, 3.0, false, 14)), ["-2", "0", "2"]);
    }

    #[test]
    fn nothing_below_zero_is_written_where_nothing_is_below_it() {
        let scale = Scale::new(0.0, 3.4, false, 14);
        assert_eq!(scale.dot_of(0.0), 14 * 4 - 1, "zero is the bottom");
    }

    #[test]
    fn an_even_line_has_an_axis_too() {
        assert!(
            words(Scale::new(5.0, 5.0, false, 10)).contains(&"5.0".to_owned()),
            "{:?}",
            words(Scale::new(5.0, 5.0, false, 10))
        );
        assert!(!words(Scale::new(0.0, 0.0, false, 5)).is_empty());
    }

    #[test]
    fn full_hours_of_the_wall_clock_are_written_and_midnight_is_a_day() {
        let told = times(at("2026-11-21T17:53:12Z"), TimeDelta::hours(6), 108, &berlin());
        let words: Vec<_> = told.iter().map(|(_, word)| word.as_str()).collect();
        assert_eq!(words, ["19:00", "20:00", "21:00", "22:00", "23:00", "22 Nov"]);
        assert_eq!(told[0].0, at("2026-11-21T18:00:00Z"));
    }

    #[test]
    fn a_change_of_the_clocks_leaves_full_hours_full() {
        let told = times(at("2026-10-24T18:00:00Z"), TimeDelta::hours(24), 60, &berlin());
        let words: Vec<_> = told.iter().map(|(_, word)| word.as_str()).collect();
        assert_eq!(words, ["25 Oct", "06:00", "12:00", "18:00"]);
        assert_eq!(told[1].0, at("2026-10-25T05:00:00Z"));
    }

    #[test]
    fn any_stretch_has_times_and_not_more_than_there_is_room_for() {
        for seconds in [1, 60, 330, 3_600, 22_500, 86_400, 86_400 * 3, 86_400 * 28, 86_400 * 365] {
            for width in [12, 60, 108, 190] {
                let told = times(at("2026-03-28T13:07:12Z"), TimeDelta::seconds(seconds), width, &berlin());
                assert!(told.len() as i64 <= i64::from(width) / TIME_APART + 1, "{seconds} {width} {told:?}");
                assert!(told.windows(2).all(|pair| pair[0].0 < pair[1].0));
            }
        }
    }
}
