//! What was measured for one SLO: two counts a minute, for as long as its window is. Never a ratio: sums of counts can be
//! taken over any window, means of ratios only over steady traffic (SEMANTICS R36).

use std::{array, collections::BTreeMap, collections::btree_map::Entry};

use crate::domain::slo::exact::Ratio;

/// One event, in the units counts are kept in: millionths, so that parts of events (a counter of seconds) are counted too.
pub const EVENT: u64 = 1_000_000;

/// Minutes in an hour and in a day.
const HOUR: i64 = 60;
const DAY: i64 = 1_440;

/// Minutes of days older than this are folded to hours: the longest burn window is three days.
const FINE_DAYS: i64 = 4;

/// Turns a measured number of events into millionths. What is negative or not a number counts nothing.
pub fn events(n: f64) -> u64 {
    // A cast holds at both ends, and makes zero of what is no number.
    (n * EVENT as f64).round() as u64
}

/// What was bad of how much, in millionths of an event or of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// The bad ones.
    pub bad: u64,
    /// All of them.
    pub total: u64,
}

impl Tally {
    /// The share that is bad; nothing where there is none at all (0/0 is no data, R39).
    pub fn bad_share(self) -> Option<Ratio> {
        Ratio::new(u128::from(self.bad.min(self.total)), u128::from(self.total))
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { bad: self.bad.saturating_add(other.bad), total: self.total.saturating_add(other.total) }
    }
}

/// How a budget is counted, in OpenSLO's words (R36).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Bad events of all events.
    Occurrences,
    /// Bad slices of all slices.
    Timeslices {
        /// Which slices there are.
        slices: Slices,
        /// A slice is bad when a larger share than this of what is in it is bad.
        allowed: Ratio,
    },
    /// The mean over slices of each slice's bad share: busy hours weigh no more than quiet ones.
    RatioTimeslices {
        /// Which slices there are.
        slices: Slices,
    },
}

/// Slices of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slices {
    /// How long one is, in minutes; divides an hour.
    pub minutes: u8,
    /// What one counts as that has nothing in it.
    pub empty: Empty,
}

/// What a slice counts as that has nothing in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Empty {
    /// It is left out of both counts.
    #[default]
    LeftOut,
    /// A good one.
    Good,
    /// A bad one.
    Bad,
}

/// What one of the two counts holds, beside all events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// Events that are bad.
    Bad,
    /// Events that are good.
    Good,
}

/// One of the two counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Those that [`Marked`] says.
    Marked,
    /// All of them.
    Total,
}

/// The counts of one SLO by minutes since the epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    method: Method,
    marked: Marked,
    days: BTreeMap<i64, Day>,
    /// The first minute that anything was said of.
    first: Option<i64>,
    /// Days that are kept by the minute, `[from, until)`.
    fine: Option<(i64, i64)>,
    n_late: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Day {
    cells: Cells,
    /// The minute of the clock at which it was last written.
    written: i64,
}

#[derive(Debug, Clone, PartialEq)]
enum Cells {
    /// Counts as they came, by minute of the day.
    Minutes(Box<[Cell]>),
    /// Already judged by the method, by hour of the day.
    Hours(Box<[Tally; 24]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cell {
    marked: u64,
    total: u64,
}

impl Ledger {
    /// A ledger with nothing in it.
    pub fn new(method: Method, marked: Marked) -> Self {
        Self { method, marked, days: BTreeMap::new(), first: None, fine: None, n_late: 0 }
    }

    /// Says what one count of a minute is. Saying it again corrects it.
    ///
    /// `now` is the running minute. A minute that was folded to its hour takes nothing any more: see [`Ledger::n_late`].
    pub fn set(&mut self, part: Part, minute: i64, amount: u64, now: i64) {
        self.write(part, minute, now, |there| *there = amount);
    }

    /// Adds to one count of a minute.
    pub fn add(&mut self, part: Part, minute: i64, amount: u64, now: i64) {
        self.write(part, minute, now, |there| *there = there.saturating_add(amount));
    }

    fn write(&mut self, part: Part, minute: i64, now: i64, change: impl FnOnce(&mut u64)) {
        let day = match self.days.entry(minute.div_euclid(DAY)) {
            Entry::Occupied(day) => day.into_mut(),
            Entry::Vacant(place) => {
                let cells = vec![Cell::default(); usize::try_from(DAY).unwrap_or_default()];
                place.insert(Day { cells: Cells::Minutes(cells.into()), written: now })
            }
        };
        let place = usize::try_from(minute.rem_euclid(DAY)).unwrap_or_default();
        let Cells::Minutes(cells) = &mut day.cells else {
            self.n_late = self.n_late.saturating_add(1);
            return;
        };
        if let Some(cell) = cells.get_mut(place) {
            change(match part {
                Part::Marked => &mut cell.marked,
                Part::Total => &mut cell.total,
            });
            day.written = now;
            self.first = Some(self.first.map_or(minute, |first| first.min(minute)));
        }
    }

    /// Has the days of the minutes `[from, until)` never folded to hours: somebody looks at their minutes later.
    pub fn keep_minutes(&mut self, from: i64, until: i64) {
        self.fine = Some((from.div_euclid(DAY), until.div_euclid(DAY).saturating_add(1)));
    }

    /// The minutes of its slices.
    pub fn slice_minutes(&self) -> i64 {
        self.slice()
    }

    /// The first minute that anything was said of.
    pub fn first(&self) -> Option<i64> {
        self.first
    }

    /// Counts that came for minutes already folded to hours, and were left out.
    pub fn n_late(&self) -> u64 {
        self.n_late
    }

    /// Bad and total of the minutes `[from, until)`, counted by the method; slices that lie across `from` count whole.
    ///
    /// Where minutes are folded already, an hour that lies across an edge counts whole.
    pub fn sum(&self, from: i64, until: i64) -> Tally {
        if until <= from {
            return Tally::default();
        }
        let slice = self.slice();
        let from = from.div_euclid(slice).saturating_mul(slice);
        let mut fold = Fold::new(self.method, self.marked);
        for (number, day) in self.days.range(from.div_euclid(DAY)..=(until - 1).div_euclid(DAY)) {
            let begin = number.saturating_mul(DAY);
            match &day.cells {
                Cells::Minutes(cells) => {
                    let at =
                        |minute: i64| usize::try_from(minute.saturating_sub(begin).clamp(0, DAY)).unwrap_or_default();
                    let inside = cells.get(at(from)..at(until)).unwrap_or_default();
                    for (minute, cell) in (from.max(begin)..).zip(inside) {
                        fold.minute(minute.div_euclid(slice), *cell);
                    }
                }
                Cells::Hours(hours) => {
                    for (hour, tally) in (begin..).step_by(HOUR as usize).zip(hours.iter()) {
                        if hour < until && from < hour + HOUR {
                            fold.hour(*tally);
                        }
                    }
                }
            }
        }
        let first = self.first.map_or(until, |first| first.max(from)).div_euclid(slice);
        let n_slices = ((until - 1).div_euclid(slice) + 1).saturating_sub(first).max(0);
        fold.finish(n_slices.unsigned_abs())
    }

    /// Forgets what is older than the minute `keep_from`, and folds what is too old for any burn window.
    ///
    /// A day that was written within the last hour stays as it is: the other count may still be on its way.
    pub fn settle(&mut self, keep_from: i64, now: i64) {
        let oldest = keep_from.div_euclid(DAY);
        if self.days.first_key_value().is_some_and(|(day, _)| *day < oldest) {
            self.days = self.days.split_off(&oldest);
        }
        let fine_from = now.div_euclid(DAY) - FINE_DAYS;
        for (number, day) in self.days.range_mut(..fine_from) {
            let is_fine = self.fine.is_some_and(|(from, until)| (from..until).contains(number));
            if let Cells::Minutes(cells) = &day.cells
                && !is_fine
                && day.written <= now - HOUR
            {
                let begin = number.saturating_mul(DAY);
                day.cells =
                    Cells::Hours(Box::new(array::from_fn(|hour| self.method.folded(self.marked, cells, begin, hour))));
            }
        }
    }

    /// How many bytes the counts take, about.
    pub fn bytes(&self) -> usize {
        let of = |day: &Day| match &day.cells {
            Cells::Minutes(cells) => cells.len() * size_of::<Cell>(),
            Cells::Hours(hours) => size_of_val(hours.as_ref()),
        };
        self.days.values().map(of).sum()
    }

    /// The counts of a day as minutes that hold something: `(minute, marked, total)`, for the store. A folded day has none.
    pub fn minutes_of(&self, day: i64) -> Vec<(i64, u64, u64)> {
        let Some(Day { cells: Cells::Minutes(cells), .. }) = self.days.get(&day) else { return Vec::new() };
        let all = (day.saturating_mul(DAY)..).zip(cells);
        all.filter(|(_, c)| **c != Cell::default()).map(|(minute, c)| (minute, c.marked, c.total)).collect()
    }

    fn slice(&self) -> i64 {
        match self.method {
            Method::Occurrences => 1,
            Method::Timeslices { slices, .. } | Method::RatioTimeslices { slices } => i64::from(slices.minutes.max(1)),
        }
    }
}

impl Method {
    /// One hour of a day's minutes, judged.
    fn folded(self, marked: Marked, cells: &[Cell], begin: i64, hour: usize) -> Tally {
        let mut fold = Fold::new(self, marked);
        let slice = match self {
            Self::Occurrences => 1,
            Self::Timeslices { slices, .. } | Self::RatioTimeslices { slices } => i64::from(slices.minutes.max(1)),
        };
        let at = hour * HOUR as usize;
        let first = begin + i64::try_from(at).unwrap_or_default();
        for (minute, cell) in (first..).zip(cells.get(at..at + HOUR as usize).unwrap_or_default()) {
            fold.minute(minute.div_euclid(slice), *cell);
        }
        fold.finish(0)
    }
}

/// Counts minutes by a method.
struct Fold {
    method: Method,
    marked: Marked,
    open: Option<(i64, Cell)>,
    all: Tally,
}

impl Fold {
    fn new(method: Method, marked: Marked) -> Self {
        Self { method, marked, open: None, all: Tally::default() }
    }

    fn minute(&mut self, slice: i64, cell: Cell) {
        // All minutes are one slice where events are counted: a good one told late then makes up for itself.
        let slice = if self.method == Method::Occurrences { 0 } else { slice };
        match &mut self.open {
            Some((same, sum)) if *same == slice => {
                sum.marked = sum.marked.saturating_add(cell.marked);
                sum.total = sum.total.saturating_add(cell.total);
            }
            open => {
                let ended = open.replace((slice, cell));
                self.close(ended);
            }
        }
    }

    fn hour(&mut self, judged: Tally) {
        self.all = self.all.and(judged);
    }

    fn close(&mut self, slice: Option<(i64, Cell)>) {
        let Some((_, cell)) = slice.filter(|(_, cell)| cell.total > 0) else { return };
        let bad = match self.marked {
            Marked::Bad => cell.marked.min(cell.total),
            Marked::Good => cell.total.saturating_sub(cell.marked),
        };
        let tally = Tally { bad, total: cell.total };
        self.all = self.all.and(match self.method {
            Method::Occurrences => tally,
            Method::Timeslices { allowed, .. } => {
                let is_bad = tally.bad_share().is_some_and(|share| allowed < share);
                Tally { bad: if is_bad { EVENT } else { 0 }, total: EVENT }
            }
            Method::RatioTimeslices { .. } => {
                let part = u128::from(bad) * u128::from(EVENT) + u128::from(cell.total / 2);
                Tally { bad: u64::try_from(part / u128::from(cell.total)).unwrap_or(EVENT), total: EVENT }
            }
        });
    }

    /// What was counted, with the empty ones of `n_slices`.
    fn finish(mut self, n_slices: u64) -> Tally {
        let last = self.open.take();
        self.close(last);
        let (Method::Timeslices { slices, .. } | Method::RatioTimeslices { slices }) = self.method else {
            return self.all;
        };
        let empty = n_slices.saturating_mul(EVENT).saturating_sub(self.all.total);
        self.all.and(match slices.empty {
            Empty::LeftOut => Tally::default(),
            Empty::Good => Tally { bad: 0, total: empty },
            Empty::Bad => Tally { bad: empty, total: empty },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 30_000_000;

    fn ledger(method: Method, minutes: &[(i64, u64, u64)]) -> Ledger {
        let mut ledger = Ledger::new(method, Marked::Bad);
        for (minute, bad, total) in minutes {
            ledger.add(Part::Marked, *minute, bad * EVENT, NOW);
            ledger.add(Part::Total, *minute, total * EVENT, NOW);
        }
        ledger
    }

    fn slices(minutes: u8, empty: Empty) -> Slices {
        Slices { minutes, empty }
    }

    fn shown(tally: Tally) -> (u64, u64) {
        (tally.bad / EVENT, tally.total / EVENT)
    }

    #[test]
    fn a_window_holds_its_first_minute_and_not_its_end() {
        let l = ledger(Method::Occurrences, &[(NOW - 2, 1, 10), (NOW - 1, 2, 20), (NOW, 4, 40)]);
        assert_eq!(shown(l.sum(NOW - 2, NOW)), (3, 30));
        assert_eq!(shown(l.sum(NOW, NOW + 1)), (4, 40));
        assert_eq!((l.sum(NOW, NOW), l.sum(NOW + 1, NOW + 9)), (Tally::default(), Tally::default()));
    }

    #[test]
    fn good_events_that_are_told_in_the_next_minute_are_not_bad() {
        let mut l = Ledger::new(Method::Occurrences, Marked::Good);
        l.set(Part::Total, NOW, 10 * EVENT, NOW);
        l.set(Part::Marked, NOW + 1, 10 * EVENT, NOW);
        assert_eq!(shown(l.sum(NOW, NOW + 2)), (0, 10));
    }

    #[test]
    fn a_minute_said_again_is_corrected_and_not_doubled() {
        let mut l = ledger(Method::Occurrences, &[(NOW, 1, 10)]);
        l.set(Part::Total, NOW, 12 * EVENT, NOW);
        assert_eq!(shown(l.sum(NOW, NOW + 1)), (1, 12));
    }

    #[test]
    fn slices_are_judged_whole_and_empty_ones_as_configured() {
        let minutes = [(NOW, 0, 100), (NOW + 1, 5, 100), (NOW + 2, 0, 100), (NOW + 3, 20, 100), (NOW + 4, 1, 100)];
        let allowed = Ratio::new(5, 100).unwrap();
        let bad = |empty| {
            let l = ledger(Method::Timeslices { slices: slices(1, empty), allowed }, &minutes);
            shown(l.sum(NOW, NOW + 6))
        };
        assert_eq!((bad(Empty::LeftOut), bad(Empty::Good), bad(Empty::Bad)), ((1, 5), (1, 6), (2, 6)));
        // Two minutes a slice: 5 and 21 of 200, then 1 of 100.
        let l = ledger(Method::Timeslices { slices: slices(2, Empty::LeftOut), allowed }, &minutes);
        assert_eq!(shown(l.sum(NOW, NOW + 6)), (1, 3));
        let l = ledger(Method::RatioTimeslices { slices: slices(1, Empty::LeftOut) }, &minutes);
        assert_eq!(l.sum(NOW, NOW + 6), Tally { bad: 260_000, total: 5 * EVENT });
    }

    #[test]
    fn before_the_first_word_no_slice_is_empty() {
        let all = Method::Timeslices { slices: slices(1, Empty::Bad), allowed: Ratio::ZERO };
        assert_eq!(shown(ledger(all, &[(NOW, 0, 1)]).sum(NOW - 1_000, NOW + 3)), (2, 3));
        assert_eq!(shown(ledger(all, &[]).sum(NOW - 1_000, NOW + 3)), (0, 0));
    }

    #[test]
    fn four_weeks_of_minutes_are_folded_to_little_and_say_the_same() {
        let from = NOW - 28 * DAY;
        let minutes: Vec<_> = (from..NOW).map(|minute| (minute, u64::from(minute % 97 == 0), 100)).collect();
        let allowed = Ratio::new(1, 500).unwrap();
        let methods = [Method::Occurrences, Method::Timeslices { slices: slices(5, Empty::LeftOut), allowed }];
        for method in methods {
            let mut l = ledger(method, &minutes);
            let before = l.sum(from, NOW);
            l.settle(from, NOW);
            assert_eq!(l.bytes(), 29 * 1_440 * 16, "written within the hour: not folded yet");
            l.settle(from, NOW + 60);
            assert_eq!(l.sum(from, NOW), before);
            assert!(l.bytes() < 130_000, "{}", l.bytes());
            l.add(Part::Total, from + 1, EVENT, NOW + 60);
            assert_eq!((l.n_late(), l.sum(from, NOW)), (1, before));
        }
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let mut l = ledger(Method::Occurrences, &[(NOW - 40 * DAY, 1, 1), (NOW, 1, 1)]);
        l.settle(NOW - 28 * DAY, NOW);
        assert_eq!(shown(l.sum(NOW - 50 * DAY, NOW + 1)), (1, 1));
    }

    #[test]
    fn numbers_of_events_that_are_none_count_nothing() {
        assert_eq!([0.0, -3.0, f64::NAN].map(events), [0, 0, 0]);
        assert_eq!((events(1.5), events(f64::INFINITY)), (1_500_000, u64::MAX));
    }

    proptest! {
        #[test]
        fn the_parts_make_the_whole(
            minutes in proptest::collection::vec((-3000i64..3000, 0u64..50, 0u64..50), 0..80), cut in -3000i64..3000,
        ) {
            let minutes: Vec<_> = minutes.into_iter().map(|(at, bad, good)| (NOW + at, bad, bad + good)).collect();
            let l = ledger(Method::Occurrences, &minutes);
            let (from, until) = (NOW - 3000, NOW + 3000);
            let whole = l.sum(from, until);
            prop_assert_eq!(l.sum(from, NOW + cut).and(l.sum(NOW + cut, until)), whole);
            let n: u64 = minutes.iter().map(|m| m.2).sum();
            prop_assert_eq!(whole.total, n * EVENT);
            prop_assert!(whole.bad <= whole.total);
        }

        #[test]
        fn the_ends_of_time_hold(from in any::<i64>(), until in any::<i64>(), minute in -4_000_000_000i64..4_000_000_000) {
            let l = ledger(Method::Occurrences, &[(minute, 1, 1)]);
            prop_assert!(l.sum(from, until).total <= EVENT);
        }
    }
}
