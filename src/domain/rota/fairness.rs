//! How the load is shared: hours on call, at night, at weekends, for each person (SEMANTICS R11).
//!
//! All lengths are exact: differences of instants, so that a night over a clock change has the hours it had.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc, Weekday};

use super::{
    Contact, Person, Restriction, Roster, Segment,
    hours::{Hours, Stretch, union, within},
};
use crate::{
    domain::{time::between, zone::Zone},
    text::Text,
};

/// Which hours weigh more, on the wall clock of each person's own zone (the roster's, where none is said).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsocial {
    /// Hours at night.
    pub night: Vec<Restriction>,
    /// Hours at the weekend; an hour can be both.
    pub weekend: Vec<Restriction>,
}

impl Default for Unsocial {
    /// Night: 22:00 to 08:00 of every day. Weekend: Saturday 00:00 to Monday 00:00.
    fn default() -> Self {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        let hour = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap_or_default();
        let every_day = vec![Mon, Tue, Wed, Thu, Fri, Sat, Sun];
        Self {
            night: vec![Restriction { days: every_day, start: hour(22), end: hour(8) }],
            weekend: vec![Restriction { days: vec![Sat, Sun], start: hour(0), end: hour(0) }],
        }
    }
}

/// One person's share.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Who.
    pub person: Person,
    /// Time on call; an hour on two seats at once is one hour.
    pub total: TimeDelta,
    /// Of it, at night.
    pub nights: TimeDelta,
    /// Of it, at the weekend.
    pub weekends: TimeDelta,
    /// Stretches on one seat without a break.
    pub n_shifts: usize,
    /// Of the time of all people together, 0..=1; nothing when nobody was on call.
    pub share: Option<f64>,
    /// More (or, negative, less) than the mean of all people.
    pub deviation: TimeDelta,
}

/// How far two people are apart: the first's time less the second's.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The one with at least as many hours.
    pub first: Person,
    /// The other one.
    pub second: Person,
    /// Time on call; never negative.
    pub total: TimeDelta,
    /// At night; negative when the second has more.
    pub nights: TimeDelta,
    /// At the weekend; negative when the second has more.
    pub weekends: TimeDelta,
}

/// How even one measure is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evenness {
    /// The mean of all people.
    pub mean: TimeDelta,
    /// The most less the least.
    pub range: TimeDelta,
    /// The range by the mean: 0 = all the same; 1 = the most and the least are a mean apart. Nothing without time.
    pub spread: Option<f64>,
    /// The mean over all pairs of the lesser by the greater, 0..=1: 1 = all the same. Nothing without a pair or without time.
    ///
    /// Two people without any time are even (1).
    pub balance: Option<f64>,
}

/// The load of a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Fairness {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// Everybody asked for and everybody seen: most time first, then by name.
    pub people: Vec<Load>,
    /// Each two of them once, those furthest apart first.
    pub pairs: Vec<Pair>,
    /// Time on call.
    pub total: Evenness,
    /// At night.
    pub nights: Evenness,
    /// At the weekend.
    pub weekends: Evenness,
}

/// A seat's name with its segments, computed or recorded, in order.
pub type SeatTime<'a> = (&'a Text, &'a [Segment]);

impl Roster {
    /// Everybody a layer or a calendar gives turns to, in order of name: whom a comparison should name even without an hour.
    pub fn rotating(&self) -> Vec<Person> {
        let of_layers = self.schedules.iter().flat_map(|s| &s.layers).flat_map(|l| l.participants.iter().flatten());
        let of_calendars =
            self.schedules.iter().flat_map(|s| &s.calendars).flat_map(|c| c.shifts.iter().flat_map(|s| &s.people));
        of_layers.chain(of_calendars).collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// How the computed schedule of `[start, end)` shares the load over all seats, among those who rotate.
    pub fn fairness(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Fairness {
        let segments: Vec<_> = self.schedules.iter().map(|s| (&s.name, s.segments(start, end))).collect();
        let seats: Vec<SeatTime<'_>> = segments.iter().map(|(name, of_seat)| (*name, of_seat.as_slice())).collect();
        fairness(&seats, &self.rotating(), &self.people, &self.zone, &Unsocial::default(), start, end)
    }
}

/// How these segments share the load of `[start, end)`; what lies outside does not count.
///
/// `among` are the people to compare even if they were never on call; everybody seen is compared too. A person's zone is
/// that of their contact, else `zone`. Of several people on call at once each has the whole time.
pub fn fairness(
    seats: &[SeatTime<'_>],
    among: &[Person],
    contacts: &[Contact],
    zone: &Zone,
    unsocial: &Unsocial,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Fairness {
    let mut held: BTreeMap<&Person, Held> = among.iter().map(|person| (person, Held::default())).collect();
    for (_, segments) in seats {
        let mut of_seat: BTreeMap<&Person, Vec<Stretch>> = BTreeMap::new();
        for segment in *segments {
            for person in &segment.people {
                of_seat.entry(person).or_default().push((segment.start.max(start), segment.end.min(end)));
            }
        }
        for (person, stretches) in of_seat {
            let shifts = union(stretches);
            if !shifts.is_empty() {
                let held = held.entry(person).or_default();
                held.n_shifts = held.n_shifts.saturating_add(shifts.len());
                held.stretches.extend(shifts);
            }
        }
    }
    let mut clocks: Vec<(&Zone, Vec<Stretch>, Vec<Stretch>)> = Vec::new();
    let mut people: Vec<Load> = Vec::with_capacity(held.len());
    for (person, Held { stretches, n_shifts }) in held {
        let own = contacts.iter().find(|contact| contact.id == *person).and_then(|contact| contact.zone.as_ref());
        let own = own.unwrap_or(zone);
        if !clocks.iter().any(|(known, ..)| *known == own) {
            let open = |windows| Hours::new(own, windows).open_in(start, end);
            clocks.push((own, open(&unsocial.night), open(&unsocial.weekend)));
        }
        let stretches = union(stretches);
        let known = clocks.iter().find(|(known, ..)| *known == own);
        let common = |of: Option<&Vec<Stretch>>| of.map_or(TimeDelta::zero(), |windows| in_common(&stretches, windows));
        people.push(Load {
            person: person.clone(),
            total: length(stretches.iter().copied()),
            nights: common(known.map(|(_, nights, _)| nights)),
            weekends: common(known.map(|(.., weekends)| weekends)),
            n_shifts,
            share: None,
            deviation: TimeDelta::zero(),
        });
    }
    people.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.person.cmp(&b.person)));
    let total = evenness(people.iter().map(|load| load.total).collect());
    let all = sum(people.iter().map(|load| load.total)).num_seconds();
    for load in &mut people {
        load.share = (0 < all).then(|| load.total.num_seconds() as f64 / all as f64);
        load.deviation = minus(load.total, total.mean);
    }
    Fairness {
        start,
        end,
        pairs: pairs(&people),
        total,
        nights: evenness(people.iter().map(|load| load.nights).collect()),
        weekends: evenness(people.iter().map(|load| load.weekends).collect()),
        people,
    }
}

#[derive(Default)]
struct Held {
    stretches: Vec<Stretch>,
    n_shifts: usize,
}

/// The most unequal first; `people` are in order of their time.
fn pairs(people: &[Load]) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for (i, first) in people.iter().enumerate() {
        pairs.extend(people.iter().skip(i.saturating_add(1)).map(|second| Pair {
            first: first.person.clone(),
            second: second.person.clone(),
            total: minus(first.total, second.total),
            nights: minus(first.nights, second.nights),
            weekends: minus(first.weekends, second.weekends),
        }));
    }
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.total));
    pairs
}

fn evenness(times: Vec<TimeDelta>) -> Evenness {
    let n = i32::try_from(times.len()).unwrap_or(i32::MAX);
    let all = sum(times.iter().copied());
    let mean = all.checked_div(n).unwrap_or(TimeDelta::zero());
    let (most, least) =
        (times.iter().max().copied().unwrap_or_default(), times.iter().min().copied().unwrap_or_default());
    let range = minus(most, least);
    let has_time = TimeDelta::zero() < all;
    let spread = has_time.then(|| range.num_seconds() as f64 * f64::from(n) / all.num_seconds() as f64);
    let balance = if has_time { mean_of_pairs(times) } else { None };
    Evenness { mean, range, spread, balance }
}

/// The mean of lesser by greater over all pairs; nothing without a pair.
fn mean_of_pairs(mut times: Vec<TimeDelta>) -> Option<f64> {
    times.sort_unstable();
    let (mut ratios, mut n_pairs) = (0.0, 0_u64);
    for (i, greater) in times.iter().enumerate() {
        for lesser in times.iter().take(i) {
            let greater = greater.num_seconds();
            ratios += if greater == 0 { 1.0 } else { lesser.num_seconds() as f64 / greater as f64 };
            n_pairs = n_pairs.saturating_add(1);
        }
    }
    (0 < n_pairs).then(|| ratios / n_pairs as f64)
}

fn in_common(stretches: &[Stretch], windows: &[Stretch]) -> TimeDelta {
    length(stretches.iter().flat_map(|(start, end)| within(*start, *end, windows)))
}

fn length(stretches: impl Iterator<Item = Stretch>) -> TimeDelta {
    sum(stretches.map(|(start, end)| between(start, end)))
}

fn sum(lengths: impl Iterator<Item = TimeDelta>) -> TimeDelta {
    lengths.fold(TimeDelta::zero(), |sum, length| sum.checked_add(&length).unwrap_or(TimeDelta::MAX))
}

fn minus(more: TimeDelta, less: TimeDelta) -> TimeDelta {
    more.checked_sub(&less).unwrap_or(TimeDelta::zero())
}
