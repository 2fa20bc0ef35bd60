//! How the load is shared: hours on call, at night, at weekends, for each person (SEMANTICS R11).
//!
//! All lengths are exact: differences of instants, so that a night over a clock change has the hours it had.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

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
    /// Each two of them once, those furthest apart first; of more than [`MOST_PAIRED`] people the [`MOST_PAIRED`] pairs that
    /// are furthest apart.
    pub pairs: Vec<Pair>,
    /// Pairs beyond those.
    pub pairs_left_out: u64,
    /// Time on call.
    pub total: Evenness,
    /// At night.
    pub nights: Evenness,
    /// At the weekend.
    pub weekends: Evenness,
}

/// Up to so many people are compared two and two; of more, their number squared says nothing to anybody.
pub const MOST_PAIRED: usize = 200;

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
    let mut clocks = Clocks { zone, contacts, unsocial, start, end, known: Vec::new() };
    let load = |(person, held): (&Person, Held)| {
        let stretches = union(held.stretches);
        let known = clocks.of(person);
        Load {
            person: person.clone(),
            total: length(stretches.iter().copied()),
            nights: in_common(&stretches, &known.nights),
            weekends: in_common(&stretches, &known.weekends),
            n_shifts: held.n_shifts,
            share: None,
            deviation: TimeDelta::zero(),
        }
    };
    let mut people: Vec<Load> = held(seats, among, start, end).into_iter().map(load).collect();
    people.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.person.cmp(&b.person)));
    let total = evenness(people.iter().map(|load| load.total).collect());
    let all = sum(people.iter().map(|load| load.total)).num_seconds();
    for load in &mut people {
        load.share = (0 < all).then(|| load.total.num_seconds() as f64 / all as f64);
        load.deviation = minus(load.total, total.mean);
    }
    let pairs = pairs(&people);
    Fairness {
        start,
        end,
        pairs_left_out: n_pairs(people.len()).saturating_sub(pairs.len() as u64),
        pairs,
        total,
        nights: evenness(people.iter().map(|load| load.nights).collect()),
        weekends: evenness(people.iter().map(|load| load.weekends).collect()),
        people,
    }
}

/// What one person held: their shifts of all seats, in no order.
#[derive(Default)]
struct Held {
    stretches: Vec<Stretch>,
    n_shifts: usize,
}

fn held<'a>(
    seats: &[SeatTime<'a>],
    among: &'a [Person],
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> BTreeMap<&'a Person, Held> {
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
    held
}

/// The unsocial hours of each zone that somebody lives in, worked out once.
struct Clocks<'a> {
    zone: &'a Zone,
    contacts: &'a [Contact],
    unsocial: &'a Unsocial,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    known: Vec<(&'a Zone, Rc<UnsocialTime>)>,
}

struct UnsocialTime {
    nights: Vec<Stretch>,
    weekends: Vec<Stretch>,
}

impl Clocks<'_> {
    fn of(&mut self, person: &Person) -> Rc<UnsocialTime> {
        let contact = self.contacts.iter().find(|contact| contact.id == *person);
        let own = contact.and_then(|contact| contact.zone.as_ref()).unwrap_or(self.zone);
        if let Some((_, known)) = self.known.iter().find(|(zone, _)| *zone == own) {
            return Rc::clone(known);
        }
        let open = |windows| Hours::new(own, windows).open_in(self.start, self.end);
        let time = UnsocialTime { nights: open(&self.unsocial.night), weekends: open(&self.unsocial.weekend) };
        let time = Rc::new(time);
        self.known.push((own, Rc::clone(&time)));
        time
    }
}

/// The most unequal first; `people` are in order of their time.
fn pairs(people: &[Load]) -> Vec<Pair> {
    let is_cut = MOST_PAIRED < people.len();
    let mut apart: Vec<(&Load, &Load)> = Vec::new();
    for (i, first) in people.iter().enumerate() {
        let after = people.iter().skip(i.saturating_add(1));
        // Nobody is further from the n-th than the last are; so of the n-th, only one n-th of the most can be among the most.
        let most = if is_cut { MOST_PAIRED / i.saturating_add(1) } else { people.len() };
        if most == 0 {
            break;
        }
        let n_near = after.len().saturating_sub(most);
        apart.extend(after.skip(n_near).map(|second| (first, second)));
    }
    apart.sort_by_key(|(first, second)| std::cmp::Reverse(minus(first.total, second.total)));
    if is_cut {
        apart.truncate(MOST_PAIRED);
    }
    let pair = |(first, second): (&Load, &Load)| Pair {
        first: first.person.clone(),
        second: second.person.clone(),
        total: minus(first.total, second.total),
        nights: minus(first.nights, second.nights),
        weekends: minus(first.weekends, second.weekends),
    };
    apart.into_iter().map(pair).collect()
}

/// How many pairs so many people make.
fn n_pairs(people: usize) -> u64 {
    let n = people as u64;
    n.saturating_mul(n.saturating_sub(1)) / 2
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
    // In order, whoever came before is lesser; so one sum of them stands for all pairs with the next.
    let (mut ratios, mut lesser) = (0.0, 0_i64);
    for (i, greater) in times.iter().enumerate() {
        let greater = greater.num_seconds();
        ratios += if greater == 0 { i as f64 } else { lesser as f64 / greater as f64 };
        lesser = lesser.saturating_add(greater);
    }
    let n_pairs = n_pairs(times.len());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rota::{
        ShiftUnit,
        tests::{at, layer, person, schedule, zone},
    };

    fn contact(id: &str, zone_name: Option<&str>) -> Contact {
        let zone = zone_name.map(zone);
        Contact { id: person(id), name: person(""), login: None, reach: None, email: None, zone }
    }

    fn hours(of: &Load) -> (&str, i64, i64, i64, usize) {
        let h = |length: TimeDelta| length.num_hours();
        (of.person.as_str(), h(of.total), h(of.nights), h(of.weekends), of.n_shifts)
    }

    fn segment(start: &str, end: &str, people: &[&str]) -> Segment {
        Segment { start: at(start), end: at(end), people: people.iter().map(|p| person(p)).collect() }
    }

    #[test]
    fn a_week_over_the_spring_change_has_one_hour_less_and_it_was_at_night_and_at_the_weekend() {
        let seat =
            schedule(vec![layer("Europe/Berlin", "2026-03-23T00:00:00", 1, ShiftUnit::Weeks, &["ana", "ben"])], vec![]);
        let roster = Roster::new(zone("Europe/Berlin"), vec![], vec![seat]);
        let found = roster.fairness(at("2026-03-22T23:00:00Z"), at("2026-04-05T22:00:00Z"));
        let loads: Vec<_> = found.people.iter().map(hours).collect();
        // Ten hours of seven nights; the change takes one of Sunday's.
        assert_eq!(loads, [("ben", 168, 70, 48, 1), ("ana", 167, 69, 47, 1)]);
        assert_eq!(found.total.range, TimeDelta::hours(1));
        assert_eq!(found.pairs.len(), 1);
        let pair = &found.pairs[0];
        assert_eq!((pair.first.as_str(), pair.total, pair.nights), ("ben", TimeDelta::hours(1), TimeDelta::hours(1)));
        assert_eq!(found.total.balance, Some(167.0 / 168.0));
        assert_eq!(found.people[0].deviation, TimeDelta::minutes(30));
        assert_eq!(found.people[0].share, Some(168.0 / 335.0));
    }

    #[test]
    fn night_is_night_where_the_person_lives() {
        let seat_name = person("primary");
        let segments = [segment("2026-11-18T22:00:00Z", "2026-11-19T07:00:00Z", &["ana", "kai"])];
        let people = [contact("ana", None), contact("kai", Some("Asia/Tokyo"))];
        let berlin = zone("Europe/Berlin");
        let (start, end) = (at("2026-11-16T00:00:00Z"), at("2026-11-23T00:00:00Z"));
        let found = fairness(&[(&seat_name, &segments)], &[], &people, &berlin, &Unsocial::default(), start, end);
        // 23:00 to 08:00 in Berlin; 07:00 to 16:00 in Tokyo.
        let loads: Vec<_> = found.people.iter().map(hours).collect();
        assert_eq!(loads, [("ana", 9, 9, 0, 1), ("kai", 9, 1, 0, 1)]);
        assert_eq!(found.total.balance, Some(1.0));
        assert_eq!(found.nights.range, TimeDelta::hours(8));
        assert_eq!(found.nights.spread, Some(1.6));
    }

    #[test]
    fn an_hour_on_two_seats_is_one_hour_and_two_shifts() {
        let (primary, backup) = (person("primary"), person("backup"));
        let a = [segment("2026-11-18T08:00:00Z", "2026-11-18T12:00:00Z", &["ana"])];
        let b = [
            segment("2026-11-18T10:00:00Z", "2026-11-18T11:00:00Z", &["ana"]),
            segment("2026-11-18T11:00:00Z", "2026-11-18T14:00:00Z", &["ana", "ben"]),
        ];
        let zone = Zone::utc();
        let (start, end) = (at("2026-11-18T09:00:00Z"), at("2026-11-19T00:00:00Z"));
        let seats: [SeatTime<'_>; 2] = [(&primary, &a), (&backup, &b)];
        let found = fairness(&seats, &[person("zoe")], &[], &zone, &Unsocial::default(), start, end);
        let loads: Vec<_> = found.people.iter().map(hours).collect();
        assert_eq!(loads, [("ana", 5, 0, 0, 2), ("ben", 3, 0, 0, 1), ("zoe", 0, 0, 0, 0)]);
        assert_eq!(found.total.mean, TimeDelta::minutes(160));
        // ana and ben 3/5, ana and zoe 0, ben and zoe 0.
        assert!((found.total.balance.unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(found.pairs[0].second.as_str(), "zoe", "furthest apart first");
        assert_eq!((found.nights.balance, found.nights.spread), (None, None), "no time is not perfect balance");
    }

    fn load(name: &str, minutes: i64) -> Load {
        let (total, none) = (TimeDelta::minutes(minutes), TimeDelta::zero());
        let (nights, weekends, deviation) = (none, none, none);
        Load { person: person(name), total, nights, weekends, n_shifts: 1, share: None, deviation }
    }

    #[test]
    fn of_many_people_the_pairs_furthest_apart_are_named_and_the_others_counted() {
        let mut people: Vec<Load> = (0..1_000).map(|n| load(&format!("p{n}"), (n * n * 7_919) % 100_003)).collect();
        people.sort_by_key(|load| std::cmp::Reverse(load.total));
        let found = pairs(&people);
        let mut all: Vec<TimeDelta> = Vec::new();
        for (i, first) in people.iter().enumerate() {
            all.extend(people[i + 1..].iter().map(|second| minus(first.total, second.total)));
        }
        all.sort_by_key(|apart| std::cmp::Reverse(*apart));
        assert_eq!(all.len() as u64, n_pairs(people.len()));
        assert_eq!(found.iter().map(|pair| pair.total).collect::<Vec<_>>(), all[..MOST_PAIRED]);
        assert_eq!(pairs(&people[..MOST_PAIRED]).len() as u64, n_pairs(MOST_PAIRED), "all of those who can be paired");
    }

    #[test]
    fn the_mean_of_pairs_is_that_of_every_pair_looked_at() {
        let times: Vec<TimeDelta> = (0..60).map(|n| TimeDelta::seconds((n * n * 31) % 1_009 - 31 % (n + 1))).collect();
        let times: Vec<TimeDelta> = times.into_iter().map(|time| time.max(TimeDelta::zero())).collect();
        let (mut ratios, mut n) = (0.0, 0.0);
        for (i, one) in times.iter().enumerate() {
            for other in &times[..i] {
                let (lesser, greater) = (one.min(other).num_seconds(), one.max(other).num_seconds());
                ratios += if greater == 0 { 1.0 } else { lesser as f64 / greater as f64 };
                n += 1.0;
            }
        }
        assert!((mean_of_pairs(times).unwrap() - ratios / n).abs() < 1e-12);
    }

    #[test]
    fn without_anybody_there_are_no_figures() {
        let found = fairness(
            &[],
            &[],
            &[],
            &Zone::utc(),
            &Unsocial::default(),
            at("2026-11-18T09:00:00Z"),
            at("2026-11-19T00:00:00Z"),
        );
        assert!(found.people.is_empty() && found.pairs.is_empty());
        assert_eq!((found.total.balance, found.total.spread, found.total.mean), (None, None, TimeDelta::zero()));
    }
}
