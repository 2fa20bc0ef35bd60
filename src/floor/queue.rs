//! The queue: every incident known, judged, in the order in which promises break.

mod arrive;

use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, HashMap, HashSet},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        incident::{Incident, IncidentKey, Login},
        quick::Quickly,
        sla::{self, Policy},
        stats::life::acted_at,
        time::plus,
    },
    floor::{
        brief::{Brief, Rank},
        entry::Entry,
        fact::{Going, Gone, SourceId},
        tally::{Share, Tally},
        window::{Gathering, Window},
    },
};

/// How an open incident stood when it was last looked at.
#[derive(Debug, Clone, Copy)]
struct Stand {
    rank: Rank,
    share: Share,
}

/// Within this of a deadline its seconds are shown, and matter.
const SECONDS_SHOWN: TimeDelta = TimeDelta::minutes(10);

/// When more entries than this change at once, ordering all of them anew is quicker than moving each.
const MOVED_ONE_BY_ONE: usize = 256;

/// Every incident known.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    entries: Vec<Entry>,
    places: HashMap<IncidentKey, usize, Quickly>,
    order: Vec<usize>,
    /// By place; nothing for what is closed.
    stands: Vec<Option<Stand>>,
    /// When which place changes by itself next.
    due: BinaryHeap<Reverse<(DateTime<Utc>, usize)>>,
    /// Deadlines that were ahead.
    deadlines: BinaryHeap<Reverse<DateTime<Utc>>>,
    window: Window,
    tally: Tally,
    acks: HashMap<IncidentKey, (Login, DateTime<Utc>)>,
    /// Until when what is out of sight, and by whom.
    snoozes: HashMap<IncidentKey, (DateTime<Utc>, Login)>,
    /// When the first of them comes back by itself.
    wakes_at: Option<DateTime<Utc>>,
    rounds: HashMap<SourceId, u64>,
    /// While only the first rows are known: the figures over all, and how many rows.
    figures: Option<(Tally, usize)>,
    is_dirty: bool,
    /// Until then nothing on the board changes by itself; nothing = it was never settled.
    settled_until: Option<DateTime<Utc>>,
    version: u64,
    content: u64,
}

/// Equal where the same incidents are: order and figures follow from them.
impl PartialEq for Queue {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Queue {
    /// Open incidents in order, as places for [`Queue::entry`].
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// As [`Queue::order`], as far as it is unbroken: while not all is read, others may belong behind.
    pub fn rows(&self) -> &[usize] {
        let n_rows = self.figures.as_ref().map_or(usize::MAX, |(_, n_rows)| *n_rows);
        self.order.get(..n_rows).unwrap_or(&self.order)
    }

    /// The entry at a place of [`Queue::order`].
    pub fn entry(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place)
    }

    /// The entry of that key.
    pub fn find(&self, key: &IncidentKey) -> Option<&Entry> {
        self.places.get(key).and_then(|place| self.entries.get(*place))
    }

    /// Every entry, open and closed, in no order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Counts and figures over the queue.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Changes whenever the order or an entry may have changed.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Changes whenever what sources told may have changed; time alone does not change it.
    pub fn content(&self) -> u64 {
        self.content
    }

    /// Sorts keys as the queue stands; unknown and closed ones last.
    pub fn sort(&self, keys: &mut [IncidentKey]) {
        let rank = |key: &IncidentKey| {
            let stand = self.places.get(key).and_then(|place| self.stands.get(*place)).copied().flatten();
            stand.map_or((1, None), |stand| (0, Some(stand.rank)))
        };
        keys.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
    }

    /// Takes one part of a source's answer.
    pub fn take(&mut self, source: SourceId, items: Vec<Incident>, policy: &Policy, now: DateTime<Utc>) {
        let round = *self.rounds.entry(source).or_default();
        for incident in items {
            let verdict = sla::judge(&incident, policy, now);
            let acked = self.acks.get(&incident.key).cloned();
            let key = incident.key.clone();
            let acted_at = acted_at(&incident, policy);
            let entry = Entry::new(incident, verdict, source, acked, acted_at, round);
            match self.places.get(&key).and_then(|place| self.entries.get_mut(*place)) {
                Some(known) => *known = entry,
                None => {
                    self.places.insert(key, self.entries.len());
                    self.entries.push(entry);
                }
            }
        }
        self.is_dirty = true;
    }

    /// Takes away what is not there any more; one that moved keeps what was done to it here.
    pub fn take_away(&mut self, gone: &[Gone]) {
        for Gone { key, how } in gone {
            if let Going::Moved(to) = how {
                if let Some(ack) = self.acks.get(key).cloned() {
                    self.acknowledge(to.clone(), ack.0, ack.1);
                }
                if let Some((until, by)) = self.snoozes.get(key).cloned() {
                    self.snooze(to.clone(), until, by);
                }
            }
        }
        let keys: HashSet<&IncidentKey> = gone.iter().map(|gone| &gone.key).collect();
        let n_before = self.entries.len();
        self.entries.retain(|entry| !keys.contains(&entry.incident.key));
        if self.entries.len() != n_before {
            self.reindex();
        }
    }

    /// Ends a whole answer: what the source did not name in it is gone.
    pub fn end_whole_answer(&mut self, source: SourceId) {
        let round = *self.rounds.entry(source).or_default();
        self.entries.retain(|e| e.source != source || e.round == round);
        self.reindex();
        self.next_round(source);
    }

    /// Ends an answer that broke off: nothing is taken away.
    pub fn next_round(&mut self, source: SourceId) {
        let round = self.rounds.entry(source).or_default();
        *round = round.wrapping_add(1);
        self.is_dirty = true;
    }

    /// Records who took an incident on; kept for incidents not seen yet.
    pub fn acknowledge(&mut self, key: IncidentKey, by: Login, at: DateTime<Utc>) {
        if let Some(entry) = self.places.get(&key).and_then(|place| self.entries.get_mut(*place)) {
            entry.acked = Some((by.clone(), at));
        }
        self.acks.insert(key, (by, at));
        self.is_dirty = true;
    }

    /// Forgets that somebody took an incident on.
    pub fn take_ack_back(&mut self, key: &IncidentKey) {
        if let Some(entry) = self.places.get(key).and_then(|place| self.entries.get_mut(*place)) {
            entry.acked = None;
        }
        self.acks.remove(key);
        self.is_dirty = true;
    }

    /// Puts an incident out of sight until an instant: it leaves the order, and comes back by itself. Its clocks run on, and
    /// it counts among the open ones and among those that are over.
    pub fn snooze(&mut self, key: IncidentKey, until: DateTime<Utc>, by: Login) {
        self.snoozes.insert(key, (until, by));
        self.is_dirty = true;
    }

    /// Brings it back.
    pub fn wake(&mut self, key: &IncidentKey) {
        self.is_dirty |= self.snoozes.remove(key).is_some();
    }

    /// Until when an incident is out of sight, and by whom; nothing where it is not.
    pub fn snoozed_until(&self, key: &IncidentKey, now: DateTime<Utc>) -> Option<&(DateTime<Utc>, Login)> {
        self.snoozes.get(key).filter(|(until, _)| now < *until)
    }

    /// The places of what is out of sight, each with its end.
    pub fn snoozed_places(&self, now: DateTime<Utc>) -> impl Iterator<Item = (usize, DateTime<Utc>)> {
        let ahead = self.snoozes.iter().filter(move |(_, (until, _))| now < *until);
        ahead.filter_map(|(key, (until, _))| Some((self.place(key)?, *until)))
    }

    /// The place of the entry of that key.
    pub fn place(&self, key: &IncidentKey) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Open incidents that are out of sight.
    pub fn snoozed(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Entry> {
        let keys = self.snoozes.iter().filter(move |(_, (until, _))| now < *until);
        keys.filter_map(|(key, _)| self.find(key)).filter(|entry| entry.incident.is_open())
    }

    /// Brings order and figures up to `now`; does nothing while nothing can have changed.
    pub fn settle(&mut self, now: DateTime<Utc>) {
        match self.settled_until {
            Some(until) if !self.is_dirty && now < until => return,
            Some(_) if !self.is_dirty && self.wakes_at.is_none_or(|at| now < at) => self.go_on(now),
            _ => self.begin_anew(now),
        }
        while self.deadlines.peek().is_some_and(|Reverse(at)| *at < now) {
            self.deadlines.pop();
        }
        if let Some((figures, _)) = &self.figures {
            // Of what is out of sight all is known.
            self.tally = Tally { snoozed: self.tally.snoozed, ..figures.clone() };
        }
        let next = self.due.peek().map(|Reverse((at, _))| *at);
        let next = next.into_iter().chain(self.wakes_at).chain(self.window.next_expiry()).min();
        self.settled_until = Some(next.unwrap_or(DateTime::<Utc>::MAX_UTC));
        self.version = self.version.wrapping_add(1);
    }

    fn begin_anew(&mut self, now: DateTime<Utc>) {
        let mut window = Gathering::new(now);
        self.tally = Tally::default();
        self.snoozes.retain(|_, (until, _)| now < *until);
        self.wakes_at = None;
        self.stands.clear();
        let (mut ranked, mut due, mut deadlines) = (Vec::new(), Vec::new(), Vec::new());
        for (place, entry) in self.entries.iter().enumerate() {
            let brief = Brief::of(entry, now);
            window.add(&brief);
            let stand = brief.is_open.then(|| stand(&brief, now));
            self.stands.push(stand);
            let Some(stand) = stand else { continue };
            self.tally.add(stand.share);
            // Out of sight, and counted all the same: its clocks run on.
            let until = self.snoozes.get(&entry.incident.key).map(|(until, _)| *until);
            if until.is_some() {
                self.tally.snoozed += 1;
                self.wakes_at = self.wakes_at.into_iter().chain(until).min();
            } else {
                ranked.push((stand.rank, place));
            }
            due.extend(brief.next_change(now).map(|at| Reverse((at, place))));
            let hands = [&brief.response, &brief.fix];
            deadlines.extend(hands.into_iter().filter_map(|hand| hand.deadline).filter(|at| *at >= now).map(Reverse));
        }
        self.window = window.done();
        self.tally.add_window(&self.window);
        let key = |place: usize| self.entries.get(place).map(|e| &e.incident.key);
        ranked.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(&key(b.1))));
        self.order = ranked.into_iter().map(|(_, place)| place).collect();
        self.due = due.into();
        self.deadlines = deadlines.into();
        self.is_dirty = false;
        self.content = self.content.wrapping_add(1);
    }

    /// Moves what changed by itself since it was last looked at, and nothing else.
    fn go_on(&mut self, now: DateTime<Utc>) {
        let mut moved = Vec::new();
        while self.due.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            moved.extend(self.due.pop().map(|Reverse((_, place))| place));
            if moved.len() > MOVED_ONE_BY_ONE {
                return self.begin_anew(now);
            }
        }
        for place in moved {
            let known = self.stands.get(place).copied().flatten();
            let Some((entry, old)) = self.entries.get(place).zip(known) else { continue };
            let brief = Brief::of(entry, now);
            let (new, next) = (stand(&brief, now), brief.next_change(now));
            self.tally.remove(old.share);
            self.tally.add(new.share);
            let is_in_order = self.snoozed_until(&entry.incident.key, now).is_none();
            if new.rank != old.rank && is_in_order {
                let Some(from) = self.find_place(place, old.rank) else { return self.begin_anew(now) };
                self.order.remove(from);
                let to = self.order.partition_point(|other| self.compare(*other, place, new.rank) == Ordering::Less);
                self.order.insert(to, place);
            }
            if let Some(stand) = self.stands.get_mut(place) {
                *stand = Some(new);
            }
            self.due.extend(next.map(|at| Reverse((at, place))));
        }
        self.tally.expire(&mut self.window, now);
    }

    fn find_place(&self, place: usize, rank: Rank) -> Option<usize> {
        let at = self.order.partition_point(|other| self.compare(*other, place, rank) == Ordering::Less);
        self.order.get(at).is_some_and(|found| *found == place).then_some(at)
    }

    /// Compares an entry in the order with one of this rank.
    fn compare(&self, other: usize, place: usize, rank: Rank) -> Ordering {
        let stand = self.stands.get(other).copied().flatten();
        let key = |place: usize| self.entries.get(place).map(|e| &e.incident.key);
        stand.map(|stand| stand.rank).cmp(&Some(rank)).then_with(|| key(other).cmp(&key(place)))
    }

    /// Whether a deadline is so near that its seconds are shown.
    pub fn is_close(&self, now: DateTime<Utc>) -> bool {
        self.deadlines.peek().is_some_and(|Reverse(at)| *at <= plus(now, SECONDS_SHOWN))
    }

    /// Judges everything anew after the clock moved backwards or the policy changed.
    pub fn rejudge(&mut self, policy: &Policy, now: DateTime<Utc>) {
        for entry in &mut self.entries {
            entry.verdict = sla::judge(&entry.incident, policy, now);
            entry.acted_at = acted_at(&entry.incident, policy);
        }
        self.is_dirty = true;
    }

    fn reindex(&mut self) {
        self.places = self.entries.iter().enumerate().map(|(i, e)| (e.incident.key.clone(), i)).collect();
        self.is_dirty = true;
    }
}

fn stand(brief: &Brief, now: DateTime<Utc>) -> Stand {
    Stand { rank: brief.rank(now), share: Share::of(brief, now) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        demo::World,
        domain::{
            stats::{summary, times::Times},
            zone::Zones,
        },
        floor::Floor,
    };

    fn at(minutes: i64) -> DateTime<Utc> {
        let start = crate::domain::time::parse_rfc3339("2026-11-20T02:12:00Z").unwrap();
        plus(start, TimeDelta::minutes(minutes))
    }

    fn floor() -> Floor {
        let mut world = World::new(7, at(0), 400, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, at(0));
        }
        floor.settle(at(0));
        floor
    }

    #[test]
    fn the_window_counts_what_the_statistics_count() {
        for minutes in [0, 600, 60 * 24 * 20] {
            let (mut floor, now) = (floor(), at(minutes));
            // Begun anew at `now`: nothing has fallen out by itself.
            floor.queue.is_dirty = true;
            floor.settle(now);
            let lives: Vec<_> = floor.queue.entries.iter().map(|entry| entry.life(now)).collect();
            let times = Times::over(&lives, &crate::floor::tally::month(now), now);
            let tally = &floor.queue.tally;
            let whole = |seconds: Option<f64>| seconds.map(summary::length);
            assert!(0 < tally.ack.n && 0 < tally.fix.n);
            assert_eq!((tally.ack.n, tally.ack.median), (times.tta.n, whole(times.tta.median)));
            assert_eq!((tally.fix.n, tally.fix.median), (times.ttr.n, whole(times.ttr.median)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn what_moves_step_by_step_stands_as_what_is_ordered_anew(steps in prop::collection::vec(1_i64..20_000, 1..12)) {
            let (mut moved, mut minutes) = (floor(), 0);
            for step in steps {
                minutes += step;
                moved.settle(at(minutes));
                let mut anew = Queue { is_dirty: true, ..Queue::default() };
                anew.entries = moved.queue.entries.clone();
                anew.reindex();
                anew.settle(at(minutes));
                prop_assert_eq!(&moved.queue.order, &anew.order);
                let known = moved.queue.tally.clone();
                prop_assert_eq!(known.rows, anew.tally.rows);
                prop_assert_eq!((known.open, known.over, known.at_risk), (anew.tally.open, anew.tally.over, anew.tally.at_risk));
                prop_assert_eq!((known.ack, known.fix), (anew.tally.ack, anew.tally.fix));
                prop_assert_eq!(moved.queue.is_close(at(minutes)), anew.is_close(at(minutes)));
            }
        }
    }

    #[test]
    fn nothing_is_looked_at_before_the_first_thing_is_due() {
        let mut floor = floor();
        let (version, until) = (floor.queue.version, floor.queue.settled_until.unwrap());
        floor.settle(plus(until, TimeDelta::milliseconds(-1)));
        assert_eq!(floor.queue.version, version);
        floor.settle(until);
        assert_eq!(floor.queue.version, version + 1);
    }
}
