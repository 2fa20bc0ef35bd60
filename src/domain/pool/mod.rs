//! The recent past of every series: what expressions are evaluated over. Bounded by series, samples and time.

mod ahead;
mod chunk;
mod left_out;
mod ring;
mod words;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use chrono::{DateTime, Utc};

use self::{ahead::Ahead, left_out::LeftOut};
pub use self::{
    chunk::{Sum, added, count, higher, lower},
    ring::{MISSED_MS, Ring, SAMPLES_OF_ONE},
};
use crate::{
    domain::{
        sample::{Labelled, SeriesKey, Telling},
        time::rfc3339,
    },
    text::Text,
};

/// A value older than this says nothing about now (five minutes, as Prometheus has it), in milliseconds.
pub const LOOKBACK_MS: i64 = 300_000;

/// The most series that are kept at once.
pub const SERIES_KEPT: usize = 50_000;

/// The most samples kept over all series: 20 million are about 300 MB.
pub const SAMPLES_KEPT: usize = 20_000_000;

/// A past that is held is let go after so long (31 days), in milliseconds.
pub const HELD_MS: i64 = 2_678_400_000;

/// How far ahead of our clock a stamp may be, in milliseconds: hosts disagree a little (fault 46).
const AHEAD_MS: i64 = 120_000;

/// What became of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is kept.
    Kept,
    /// It is older than anything that is asked for.
    TooOld,
    /// Its time has not come: more than two minutes ahead.
    Future,
    /// There is no room for another series.
    Full,
}

/// Samples that were not kept, counted since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refused {
    /// Older than anything that is asked for.
    pub too_old: usize,
    /// From the future.
    pub future: usize,
    /// Of series that found no room.
    pub full: usize,
}

/// The recent past of every series.
///
/// How long a series is kept is what the expressions ask of its name ([`Pool::ask`]), at least five minutes.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    ids: HashMap<SeriesKey, usize>,
    by_name: BTreeMap<Text, Vec<usize>>,
    series: Vec<Option<(SeriesKey, Ring)>>,
    /// For each place, that of the series a sample of which came next the last time: sources tell their series in the same
    /// order again and again.
    next: Vec<usize>,
    last: usize,
    mark: u64,
    free: Vec<usize>,
    asked: HashMap<Text, i64>,
    asked_of_all: i64,
    held: HashMap<Text, i64>,
    held_of_all: Option<i64>,
    refused: Refused,
    left_out: LeftOut,
    ahead: Ahead,
    n_samples: usize,
    /// Series that are kept only because they are missed, and when each was told last.
    missed: Vec<(usize, Option<i64>)>,
    doubts: BTreeMap<Text, Doubt>,
}

/// Series that cannot be read now.
#[derive(Debug, Clone)]
struct Doubt {
    series: HashSet<SeriesKey>,
    why: Text,
}

impl Pool {
    /// Keeps a name's series for at least `ms` milliseconds; all series where no name is given.
    pub fn ask(&mut self, name: Option<&Text>, ms: i64) {
        match name {
            Some(name) => {
                let asked = self.asked.entry(name.clone()).or_insert(0);
                *asked = ms.max(*asked);
            }
            None => self.asked_of_all = self.asked_of_all.max(ms),
        }
    }

    /// For how long the series of a name are kept, in milliseconds.
    pub fn kept_ms(&self, name: &Text) -> i64 {
        LOOKBACK_MS.max(self.asked_of_all).max(self.asked.get(name).copied().unwrap_or(0))
    }

    /// Whether anybody asks for the series of a name.
    pub fn is_asked(&self, name: &Text) -> bool {
        0 < self.asked_of_all || self.asked.contains_key(name)
    }

    /// Keeps a name's series from an instant on, whatever time goes by until [`HELD_MS`]; all series where no name is given.
    pub fn hold(&mut self, name: Option<&Text>, from_ms: i64) {
        match name {
            Some(name) => {
                let held = self.held.entry(name.clone()).or_insert(from_ms);
                *held = from_ms.min(*held);
            }
            None => self.held_of_all = Some(self.held_of_all.map_or(from_ms, |held| held.min(from_ms))),
        }
    }

    /// Since when the series of a name are kept, at an instant; both in epoch milliseconds.
    fn kept_from(&self, name: &Text, now_ms: i64) -> i64 {
        let asked = now_ms.saturating_sub(self.kept_ms(name));
        let held = self.held.get(name).copied().into_iter().chain(self.held_of_all);
        held.filter(|from| now_ms.saturating_sub(HELD_MS) <= *from).fold(asked, i64::min)
    }

    /// Takes a sample in place of those of its series and time; what is not kept is counted.
    pub fn take(&mut self, sample: Labelled, now: DateTime<Utc>) -> Taken {
        self.put(sample, Ring::push, false, now)
    }

    /// Takes samples as they are told.
    pub fn take_all(&mut self, samples: Vec<Labelled>, telling: Telling, now: DateTime<Utc>) {
        let mut met = HashSet::new();
        for sample in samples {
            let is_more = match telling {
                Telling::Added => true,
                Telling::Anew => !met.insert((sample.key.clone(), sample.at_ms)),
                Telling::Instead => false,
            };
            // What is told whole, each time anew, goes on until it ends.
            self.put(sample, if is_more { Ring::add } else { Ring::push }, telling == Telling::Instead, now);
        }
    }

    /// Notes that a series is told again and again until it ends: where it is not, nobody knows what it would be.
    pub fn await_more(&mut self, key: &SeriesKey) {
        let place = self.ids.get(key).copied();
        if let Some((_, ring)) = place.and_then(|place| self.series.get_mut(place)?.as_mut()) {
            ring.await_more();
        }
    }

    /// Notes which series of a file (or rule) cannot be read now, and why, in place of those noted of it before; none where
    /// there is no reason.
    pub fn doubt(&mut self, of: Text, series: impl IntoIterator<Item = SeriesKey>, why: Option<Text>) {
        self.doubts.remove(&of);
        let doubt = why.map(|why| Doubt { series: series.into_iter().collect(), why });
        self.doubts.extend(doubt.filter(|doubt| !doubt.series.is_empty()).map(|doubt| (of, doubt)));
    }

    /// Why what is known of a series within `(from, until]` may not be what it is: it cannot be read, or is missed.
    pub fn doubts(&self, (key, ring): (&SeriesKey, &Ring), from: i64, until: i64) -> Option<String> {
        if let Some((of, doubt)) = self.doubts.iter().find(|(_, doubt)| doubt.series.contains(key)) {
            return Some(format!("{key} cannot be read: {of}: {}", doubt.why));
        }
        let since = ring.missed_since(from, until).and_then(DateTime::from_timestamp_millis)?;
        Some(format!("{key} was not heard of since {}, and did not end", rfc3339(since)))
    }

    fn put(
        &mut self,
        sample: Labelled,
        put: fn(&mut Ring, i64, f64) -> bool,
        is_awaited: bool,
        now: DateTime<Utc>,
    ) -> Taken {
        let now = now.timestamp_millis();
        if sample.at_ms > now.saturating_add(AHEAD_MS) {
            self.refused.future += 1;
            self.ahead.note(&sample.key, now);
            return Taken::Future;
        }
        self.ahead.taken(&sample.key);
        let known = self.find(&sample.key);
        // The age of a sample is asked for only where it is not simply the newest: that is nearly always so.
        let is_newest = known
            .and_then(|id| self.series.get(id).and_then(Option::as_ref))
            .is_some_and(|(_, ring)| ring.last_at().is_some_and(|last| last < sample.at_ms));
        let missed_from = if is_awaited { now.saturating_sub(MISSED_MS) } else { now };
        if !is_newest && sample.at_ms < self.kept_from(&sample.key.name, now).min(missed_from) {
            self.refused.too_old += 1;
            return Taken::TooOld;
        }
        if known.is_none() && self.is_full() {
            self.make_room();
        }
        let Some(id) = known.or_else(|| self.begin(&sample.key)) else {
            self.refused.full += 1;
            self.left_out.note(&sample.key, now);
            return Taken::Full;
        };
        let Some(Some((_, ring))) = self.series.get_mut(id) else { return Taken::Full };
        let before = ring.len();
        if is_awaited {
            ring.await_more();
        }
        let is_kept = put(ring, sample.at_ms, sample.value);
        self.n_samples = (self.n_samples + ring.len()).saturating_sub(before);
        if is_kept {
            return Taken::Kept;
        }
        self.refused.too_old += 1;
        Taken::TooOld
    }

    /// The place of a series; looked for first where it was found after the one before.
    fn find(&mut self, key: &SeriesKey) -> Option<usize> {
        let guess = self.next.get(self.last).copied();
        let is_there =
            |place: &usize| self.series.get(*place).and_then(Option::as_ref).is_some_and(|(there, _)| there == key);
        let place = guess.filter(is_there).or_else(|| self.ids.get(key).copied())?;
        if let Some(next) = self.next.get_mut(self.last) {
            *next = place;
        }
        self.last = place;
        Some(place)
    }

    fn begin(&mut self, key: &SeriesKey) -> Option<usize> {
        if self.is_full() {
            return None;
        }
        let place = self.free.pop().unwrap_or(self.series.len());
        let begun = Some((key.clone(), Ring::default()));
        match self.series.get_mut(place) {
            Some(free) => *free = begun,
            None => {
                self.series.push(begun);
                self.next.push(place);
            }
        }
        self.left_out.found_room(key);
        self.mark = marked(self.mark, place, Some(key));
        self.ids.insert(key.clone(), place);
        self.by_name.entry(key.name.clone()).or_default().push(place);
        Some(place)
    }

    fn is_full(&self) -> bool {
        self.ids.len() >= SERIES_KEPT || self.n_samples >= SAMPLES_KEPT
    }

    /// Lets one go that is kept only because it is missed.
    fn make_room(&mut self) {
        while let Some((place, last_at)) = self.missed.pop() {
            let Some(slot) = self.series.get_mut(place) else { continue };
            let Some((key, ring)) = slot.take_if(|(_, ring)| ring.last_at() == last_at) else { continue };
            self.n_samples = self.n_samples.saturating_sub(ring.len());
            self.mark = marked(self.mark, place, None);
            self.ids.remove(&key);
            if let Some(places) = self.by_name.get_mut(&key.name) {
                places.retain(|there| *there != place);
            }
            self.free.push(place);
            return;
        }
    }

    /// Forgets what nobody asks for any more, and series that have nothing left.
    pub fn forget(&mut self, now: DateTime<Utc>) {
        let now = now.timestamp_millis();
        self.ahead.forget(now);
        let mut left_out = std::mem::take(&mut self.left_out);
        left_out.forget(|name| now.saturating_sub(self.kept_ms(name)));
        self.left_out = left_out;
        let names: Vec<Text> = self.by_name.keys().cloned().collect();
        self.missed.clear();
        for name in names {
            // One look-back more than is asked for: an expression with an offset looks at the value before its window.
            let from = self.kept_from(&name, now).saturating_sub(LOOKBACK_MS);
            let Some(places) = self.by_name.get_mut(&name) else { continue };
            places.retain(|place| {
                let Some(slot) = self.series.get_mut(*place) else { return false };
                let Some((key, ring)) = slot else { return false };
                let before = ring.len();
                ring.forget_before(from, now);
                self.n_samples = (self.n_samples + ring.len()).saturating_sub(before);
                if !ring.is_empty() {
                    let last_at = ring.last_at();
                    self.missed.extend(last_at.filter(|at| *at < from).map(|at| (*place, Some(at))));
                    return true;
                }
                self.mark = marked(self.mark, *place, None);
                self.ids.remove(key);
                self.free.push(*place);
                *slot = None;
                false
            });
            if places.is_empty() {
                self.by_name.remove(&name);
            }
        }
    }

    /// Walks the series of a name; all series where no name is given.
    pub fn named<'a>(&'a self, name: Option<&Text>) -> Box<dyn Iterator<Item = (&'a SeriesKey, &'a Ring)> + 'a> {
        Box::new(self.places(name).filter_map(|place| self.at(place)))
    }

    /// Changes whenever a series begins or is forgotten. Pools that came to the same series in the same places the same way
    /// have the same.
    pub fn mark(&self) -> u64 {
        self.mark
    }

    /// The places of the series of a name, in their order; of all series where no name is given.
    pub fn places(&self, name: Option<&Text>) -> Box<dyn Iterator<Item = usize> + '_> {
        match name {
            Some(name) => Box::new(self.by_name.get(name).into_iter().flatten().copied()),
            None => Box::new(self.by_name.values().flatten().copied()),
        }
    }

    /// The series in a place.
    pub fn at(&self, place: usize) -> Option<(&SeriesKey, &Ring)> {
        self.series.get(place).and_then(Option::as_ref).map(|(key, ring)| (key, ring))
    }

    /// The oldest sample of a name's series, in epoch milliseconds; of all where no name is given.
    pub fn oldest(&self, name: Option<&Text>) -> Option<i64> {
        self.named(name).filter_map(|(_, ring)| ring.first_at()).min()
    }

    /// The past of one series.
    pub fn series(&self, key: &SeriesKey) -> Option<&Ring> {
        let (_, ring) = self.series.get(*self.ids.get(key)?)?.as_ref()?;
        Some(ring)
    }

    /// How many series there are.
    pub fn n_series(&self) -> usize {
        self.ids.len()
    }

    /// How many samples there are.
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }
}

/// The mark after a series began in a place, or was forgotten there.
fn marked(before: u64, place: usize, key: Option<&SeriesKey>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (before, place, key).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::Labels;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200 + seconds, 0).unwrap()
    }

    fn sample(name: &str, seconds: i64) -> Labelled {
        let key = SeriesKey { name: Text::scrub(name), labels: Labels::default() };
        Labelled { key, at_ms: at(seconds).timestamp_millis(), value: 1.0 }
    }

    #[test]
    fn what_nobody_asks_for_any_more_is_forgotten_and_its_place_used_again() {
        let mut pool = Pool::default();
        pool.ask(Some(&Text::scrub("long")), 3_600_000);
        for name in ["long", "short"] {
            assert_eq!(pool.take(sample(name, 0), at(0)), Taken::Kept);
        }
        pool.forget(at(1_000));
        assert_eq!((pool.n_series(), pool.n_samples()), (1, 1));
        assert_eq!(pool.take(sample("new", 1_000), at(1_000)), Taken::Kept);
        assert_eq!(pool.series.len(), 2);
        assert_eq!(pool.named(None).count(), 2);
        assert_eq!(pool.named(Some(&Text::scrub("short"))).count(), 0);
    }

    #[test]
    fn what_is_held_from_an_instant_on_is_kept_for_a_month_whatever_now_is() {
        let mut pool = Pool::default();
        pool.hold(Some(&Text::scrub("sync")), at(0).timestamp_millis());
        let (day, month) = (86_400, HELD_MS / 1_000);
        assert_eq!(pool.take(sample("sync", 10), at(2 * day)), Taken::Kept);
        assert_eq!(pool.take(sample("other", 10), at(2 * day)), Taken::TooOld);
        pool.forget(at(2 * day));
        assert_eq!(pool.n_samples(), 1);
        pool.forget(at(month + 1));
        assert_eq!(pool.n_samples(), 0);
    }

    #[test]
    fn what_comes_without_end_comes_to_a_size_and_stays_there() {
        let mut pool = Pool::default();
        let mut most = [0; 3];
        for tenth in 0..3 * 36_000 {
            for name in ["a", "b"] {
                let sample = sample(name, 0);
                pool.take(Labelled { at_ms: sample.at_ms + tenth * 100, ..sample }, at(tenth / 10));
            }
            if tenth % 600 == 0 {
                pool.forget(at(tenth / 10));
            }
            let hour = &mut most[usize::try_from(tenth / 36_000).unwrap()];
            *hour = pool.n_samples().max(*hour);
        }
        // Five minutes are asked for, as many again are looked back on, and a minute passes until the next is forgotten.
        let bound = 2 * (10 * 661 + chunk::CHUNK);
        assert!(most.iter().all(|samples| *samples <= bound), "{most:?}");
    }

    #[test]
    fn lines_of_one_instant_are_each_one_more_and_told_anew_they_are_not() {
        let mut pool = Pool::default();
        let some: Vec<_> =
            (0..20).map(|n| Labelled { value: f64::from(n), ..sample("a", i64::from(n / 10)) }).collect();
        pool.take_all(some[..5].to_vec(), Telling::Added, at(2));
        pool.take_all(some[5..].to_vec(), Telling::Added, at(2));
        assert_eq!(pool.n_samples(), 20);
        pool.take_all(some.clone(), Telling::Anew, at(2));
        assert_eq!((pool.n_samples(), pool.series(&some[0].key).unwrap().len()), (20, 20));
        pool.take_all(some, Telling::Instead, at(2));
        assert_eq!(pool.n_samples(), 2);
    }

    #[test]
    fn series_that_find_no_room_are_counted_and_named_until_they_do_or_are_gone() {
        let mut pool = Pool::default();
        for n in 0..SERIES_KEPT {
            pool.take(sample(&format!("filler{n}"), 0), at(0));
        }
        assert_eq!((pool.left_out(), pool.lacks(None)), (None, None));
        for second in 0..3 {
            assert_eq!(pool.take(sample("crash", second), at(second)), Taken::Full);
        }
        assert_eq!(pool.n_left_out(), 1);
        let said = "1 series is left out: at most 50 000 series and 20 000 000 samples are kept";
        assert_eq!(pool.left_out().unwrap().replace(['\u{202f}', '\u{a0}'], " "), said);
        let crash = Text::scrub("crash");
        assert!(pool.lacks(Some(&crash)).unwrap().starts_with("series of crash are left out"));
        assert!(pool.lacks(None).is_some() && pool.lacks(Some(&Text::scrub("filler1"))).is_none());
        // Not heard of again for as long as it is asked for: it is gone.
        let mut later = pool.clone();
        later.forget(at(400));
        assert_eq!(later.left_out(), None);
        // There is room again.
        pool.forget(at(1_000));
        assert_eq!(pool.take(sample("crash", 1_000), at(1_000)), Taken::Kept);
        assert_eq!((pool.n_left_out(), pool.lacks(Some(&crash))), (0, None));
    }

    #[test]
    fn what_is_missed_is_kept_for_a_day_unless_another_needs_its_room_or_it_ended() {
        let mut pool = Pool::default();
        let ended = Labelled { value: f64::from_bits(0x7ff0_0000_0000_0002), ..sample("ended", 0) };
        pool.take_all(vec![sample("missed", 0), ended], Telling::Instead, at(0));
        pool.forget(at(80_000));
        assert_eq!(pool.named(None).map(|(key, _)| key.name.to_string()).collect::<Vec<_>>(), ["missed"]);
        let mut later = pool.clone();
        later.forget(at(90_000));
        assert_eq!(later.n_series(), 0);
        for n in 0..SERIES_KEPT {
            assert_eq!(pool.take(sample(&format!("filler{n}"), 80_000), at(80_000)), Taken::Kept);
        }
        assert_eq!((pool.n_series(), pool.named(Some(&Text::scrub("missed"))).count()), (SERIES_KEPT, 0));
    }

    #[test]
    fn samples_from_the_future_and_from_long_ago_are_counted_and_not_kept() {
        let mut pool = Pool::default();
        assert_eq!(pool.take(sample("a", 121), at(0)), Taken::Future);
        assert_eq!(pool.take(sample("a", 120), at(0)), Taken::Kept);
        assert_eq!(pool.take(sample("b", -301), at(0)), Taken::TooOld);
        assert_eq!(pool.refused(), Refused { too_old: 1, future: 1, full: 0 });
        assert_eq!(pool.ahead(), None, "it was heard of in time since");
        assert_eq!(pool.take(sample("c", 600), at(0)), Taken::Future);
        let said = "1 series is stamped more than two minutes ahead of this machine's clock and left out: c";
        assert_eq!(pool.ahead().as_deref(), Some(said));
    }
}
