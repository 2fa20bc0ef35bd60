//! The days ahead by the clock of whoever looks: the roster's own days may begin at another hour.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::{
    domain::{
        rota::{Person, Roster, Schedule, gaps::Kind},
        time::between,
        zone::Zone,
    },
    floor::oncall::STRIP_DAYS,
};

/// Two weeks of every seat, cut at the midnights of one zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    /// Whose midnights.
    pub zone: Zone,
    /// The days, from today's.
    pub days: Vec<Day>,
    /// For each seat of the roster, in order, what each of the days holds.
    pub seats: Vec<Vec<Cell>>,
}

/// One local day, `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Its date.
    pub date: NaiveDate,
    /// Its first instant.
    pub start: DateTime<Utc>,
    /// The first instant of the next.
    pub end: DateTime<Utc>,
}

/// One seat on one day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// The final schedule, cut at both midnights; never empty for a day that has a length.
    pub pieces: Vec<Piece>,
}

/// A part of a day with one set of people. `[start, end)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// Who, sorted by name; empty = nobody.
    pub people: Vec<Person>,
    /// Nobody is, and nobody needs to be (R10).
    pub is_off: bool,
    /// Nobody is, and the shifts of a calendar are missing: nobody knows.
    pub is_unknown: bool,
}

impl Piece {
    /// Whether somebody should be on call and nobody is.
    pub fn is_gap(&self) -> bool {
        self.people.is_empty() && !self.is_off && !self.is_unknown
    }
}

impl Day {
    /// How long it is: a day on which clocks change is not 24 hours.
    pub fn length(&self) -> TimeDelta {
        between(self.start, self.end)
    }
}

impl Cell {
    /// Who holds most of the day, off time apart; a day that is off from end to end is held by that.
    pub fn holder(&self) -> Option<&Piece> {
        let mut held: Vec<(&Piece, TimeDelta)> = Vec::new();
        for piece in self.pieces.iter().filter(|piece| !piece.is_off) {
            let length = between(piece.start, piece.end);
            match held.iter_mut().find(|(known, _)| known.people == piece.people) {
                Some((_, total)) => *total = total.checked_add(&length).unwrap_or(*total),
                None => held.push((piece, length)),
            }
        }
        let most = held.into_iter().max_by_key(|(_, length)| *length).map(|(piece, _)| piece);
        most.or_else(|| self.pieces.first())
    }

    /// Whether several sets of people share the day, off time apart.
    pub fn is_split(&self) -> bool {
        let mut held = self.pieces.iter().filter(|piece| !piece.is_off).map(|piece| &piece.people);
        let first = held.next();
        held.any(|people| Some(people) != first)
    }

    /// Whether some of the day has nobody who should be there.
    pub fn has_gap(&self) -> bool {
        self.pieces.iter().any(Piece::is_gap)
    }
}

impl Strip {
    /// Works out the days from today's on, by the clock of `zone`.
    pub fn new(roster: &Roster, zone: &Zone, now: DateTime<Utc>) -> Self {
        let midnight = |date: NaiveDate| zone.resolve(date.and_time(NaiveTime::MIN));
        let dates: Vec<NaiveDate> = zone.local(now).date().iter_days().take(STRIP_DAYS as usize + 1).collect();
        let days: Vec<Day> = dates
            .iter()
            .zip(dates.iter().skip(1))
            .map(|(date, next)| Day { date: *date, start: midnight(*date), end: midnight(*next) })
            .collect();
        let (first, last) = (days.first().map_or(now, |d| d.start), days.last().map_or(now, |d| d.end));
        let seats = roster
            .schedules
            .iter()
            .map(|schedule| {
                let pieces = pieces(schedule, first, last);
                days.iter().map(|day| cell(&pieces, day)).collect()
            })
            .collect();
        Self { zone: zone.clone(), days, seats }
    }

    /// The piece of a seat that an instant lies in; nothing beyond the strip.
    pub fn piece_at(&self, seat: usize, at: DateTime<Utc>) -> Option<&Piece> {
        let mut cells = self.seats.get(seat)?.iter();
        cells.find_map(|cell| cell.pieces.iter().find(|piece| piece.start <= at && at < piece.end))
    }

    /// When today is over: until then the strip does not move by itself.
    pub fn valid_until(&self) -> Option<DateTime<Utc>> {
        self.days.first().map(|day| day.end)
    }
}

fn pieces(schedule: &Schedule, first: DateTime<Utc>, last: DateTime<Utc>) -> Vec<Piece> {
    let pieces = schedule.pieces(first, last).into_iter();
    let piece = |kind, start, end, people| Piece {
        start,
        end,
        people,
        is_off: kind == Kind::Off,
        is_unknown: kind == Kind::Unknown,
    };
    pieces.map(|p| piece(p.kind, p.start, p.end, p.people)).collect()
}

fn cell(pieces: &[Piece], day: &Day) -> Cell {
    let within = pieces.iter().filter(|p| p.start < day.end && day.start < p.end);
    let cut = |p: &Piece| Piece { start: p.start.max(day.start), end: p.end.min(day.end), ..p.clone() };
    Cell { pieces: within.map(cut).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demo,
        domain::{time::parse_rfc3339, zone::Zones},
    };

    #[test]
    fn days_are_those_of_whoever_looks_and_hold_every_hour_once() {
        let zones = Zones::bundled();
        let now = parse_rfc3339("2026-10-20T20:00:00Z").unwrap();
        let roster = demo::roster::roster(&zones, now);
        for name in ["Europe/Berlin", "Pacific/Auckland", "America/New_York", "UTC"] {
            let zone = zones.find(name).unwrap();
            let strip = Strip::new(&roster, &zone, now);
            assert_eq!(strip.days.len(), STRIP_DAYS as usize);
            assert_eq!(strip.days[0].date, zone.local(now).date(), "{name}");
            for cells in &strip.seats {
                for (day, cell) in strip.days.iter().zip(cells) {
                    let held: i64 = cell.pieces.iter().map(|p| between(p.start, p.end).num_seconds()).sum();
                    assert_eq!(held, day.length().num_seconds(), "{name} {}", day.date);
                }
            }
        }
    }

    #[test]
    fn the_day_of_a_clock_change_has_its_own_length() {
        let zones = Zones::bundled();
        let now = parse_rfc3339("2026-10-20T20:00:00Z").unwrap();
        let roster = demo::roster::roster(&zones, now);
        let hours = |name: &str| -> Vec<i64> {
            let strip = Strip::new(&roster, &zones.find(name).unwrap(), now);
            strip.days.iter().map(|d| d.length().num_hours()).filter(|h| *h != 24).collect()
        };
        assert_eq!((hours("Europe/Berlin"), hours("UTC")), (vec![25], vec![]));
    }
}
