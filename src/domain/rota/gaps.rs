//! Time with nobody on call: a gap, or off by design (SEMANTICS R10).

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Person, Schedule, Segment,
    hours::{Hours, Stretch, outside, union, within},
};
use crate::domain::time::between;

/// Time in which somebody should be on call and nobody is. `[start, end)`, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
}

/// What a stretch of the final schedule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody is on call, within off hours or not.
    Manned,
    /// Nobody is, and somebody should be.
    Gap,
    /// Nobody is, and nobody needs to be.
    Off,
    /// The shifts of a calendar are missing, and without them nobody is: whether somebody is on call is not known.
    Unknown,
}

/// A part of the final schedule with one set of people and one kind. `[start, end)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// Who, sorted by name; empty unless manned.
    pub people: Vec<Person>,
    /// What it is.
    pub kind: Kind,
}

impl Schedule {
    /// When nobody needs to be on call in `[start, end)`: sorted, merged, cut at both ends. Both edges through `resolve` (R8).
    pub fn off_windows(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Stretch> {
        union(self.off.iter().flat_map(|off| Hours::new(&off.zone, &off.hours).open_in(start, end)).collect())
    }

    /// Whether nobody needs to be on call at an instant.
    pub fn is_off_at(&self, at: DateTime<Utc>) -> bool {
        self.off.iter().any(|off| Hours::new(&off.zone, &off.hours).is_open_at(at))
    }

    /// What an instant is when these people are on call at it.
    pub fn kind_at(&self, at: DateTime<Utc>, people: &[Person]) -> Kind {
        match (people.is_empty(), self.is_off_at(at)) {
            (false, _) => Kind::Manned,
            (true, true) => Kind::Off,
            (true, false) => self.open(),
        }
    }

    /// What time with nobody outside off hours is.
    fn open(&self) -> Kind {
        if self.missing().is_some() { Kind::Unknown } else { Kind::Gap }
    }

    /// Segments, computed or recorded, with those of nobody split into gaps and off time. Sorted segments give sorted pieces.
    pub fn split(&self, segments: &[Segment]) -> Vec<Piece> {
        let nobody = || segments.iter().filter(|segment| segment.people.is_empty());
        let first = nobody().map(|segment| segment.start).min();
        let last = nobody().map(|segment| segment.end).max();
        let off = first.zip(last).map(|(first, last)| self.off_windows(first, last)).unwrap_or_default();
        segments.iter().flat_map(|segment| pieces_of(segment, &off, self.open())).collect()
    }

    /// The final schedule in `[start, end)` in pieces that touch and cover it all.
    pub fn pieces(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Piece> {
        self.split(&self.segments(start, end))
    }

    /// When nobody is on call in `[start, end)` and somebody should be; earliest first.
    pub fn gaps(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Gap> {
        let pieces = self.pieces(start, end).into_iter();
        pieces.filter(|piece| piece.kind == Kind::Gap).map(|piece| Gap { start: piece.start, end: piece.end }).collect()
    }

    /// The share of the time in `[start, end)` in which somebody is on call, 0..=1.
    ///
    /// Off time counts only when somebody is on call in it; 1 when no time is left to count (R10).
    pub fn coverage(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> f64 {
        coverage_of(&self.pieces(start, end))
    }
}

/// The share of the pieces' time in which somebody is on call; off time is left out, and nothing to count is 1 (R10).
pub fn coverage_of(pieces: &[Piece]) -> f64 {
    let manned = total(pieces, Kind::Manned).num_seconds();
    let gap = total(pieces, Kind::Gap).num_seconds();
    match manned.saturating_add(gap) {
        0 => 1.0,
        all => manned as f64 / all as f64,
    }
}

/// How much time the pieces of one kind take.
pub fn total(pieces: &[Piece], kind: Kind) -> TimeDelta {
    let lengths = pieces.iter().filter(|piece| piece.kind == kind).map(|piece| between(piece.start, piece.end));
    lengths.fold(TimeDelta::zero(), |sum, length| sum.checked_add(&length).unwrap_or(TimeDelta::MAX))
}

fn pieces_of(segment: &Segment, off: &[Stretch], open: Kind) -> Vec<Piece> {
    let piece = |start, end, kind| Piece { start, end, people: segment.people.clone(), kind };
    if !segment.people.is_empty() {
        return vec![piece(segment.start, segment.end, Kind::Manned)];
    }
    let (start, end) = (segment.start, segment.end);
    let gaps = outside(start, end, off).into_iter().map(|(from, until)| piece(from, until, open));
    let mut pieces: Vec<Piece> =
        within(start, end, off).map(|(from, until)| piece(from, until, Kind::Off)).chain(gaps).collect();
    pieces.sort_by_key(|piece| piece.start);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rota::{
        Off, Segment, ShiftUnit, Unheard, coverage,
        tests::{WORKDAYS, at, layer, person, schedule, window, zone},
    };
    use chrono::Weekday;

    /// Ana from eight to eight on workdays; nobody is needed at weekends.
    fn office() -> Schedule {
        let mut day = layer("Europe/Berlin", "2026-01-05T08:00:00", 1, ShiftUnit::Weeks, &["ana"]);
        day.restrictions = vec![window(&WORKDAYS, "08:00:00", "20:00:00")];
        let mut seat = schedule(vec![day], vec![]);
        let hours = vec![window(&[Weekday::Sat, Weekday::Sun], "00:00:00", "00:00:00")];
        seat.off = vec![Off { zone: zone("Europe/Berlin"), hours, note: None }];
        seat
    }

    #[test]
    fn nobody_is_no_gap_while_the_shifts_of_a_calendar_are_missing() {
        let mut seat = office();
        let week = (at("2026-11-16T00:00:00Z"), at("2026-11-23T00:00:00Z"));
        assert!(!seat.gaps(week.0, week.1).is_empty());
        let unheard = |has_copy| Unheard { calendar: person("team"), why: person("it answers 404"), has_copy };
        seat.unheard = vec![unheard(true)];
        assert!(!seat.gaps(week.0, week.1).is_empty() && !seat.is_current(), "an old copy still says who");
        seat.unheard = vec![unheard(false)];
        assert!(seat.gaps(week.0, week.1).is_empty());
        let night = at("2026-11-18T02:00:00Z");
        assert_eq!((seat.kind_at(night, &[]), seat.kind_at(night, &[person("ana")])), (Kind::Unknown, Kind::Manned));
        assert_eq!(seat.kind_at(at("2026-11-21T12:00:00Z"), &[]), Kind::Off, "nobody is needed then in any case");
    }

    fn hours(gap: &Gap) -> (String, i64) {
        (crate::domain::time::rfc3339(gap.start), between(gap.start, gap.end).num_hours())
    }

    #[test]
    fn off_time_is_no_gap_and_the_rest_of_it_is() {
        let seat = office();
        let (friday, tuesday) = (at("2026-11-20T00:00:00Z"), at("2026-11-24T00:00:00Z"));
        let gaps: Vec<_> = seat.gaps(friday, tuesday).iter().map(hours).collect();
        // Friday before eight, Friday after eight until midnight, Monday before eight, Monday after eight; Berlin is at +01:00.
        let expected = [
            ("2026-11-20T00:00:00Z", 7),
            ("2026-11-20T19:00:00Z", 4),
            ("2026-11-22T23:00:00Z", 8),
            ("2026-11-23T19:00:00Z", 5),
        ];
        assert_eq!(gaps, expected.map(|(at, hours)| (at.to_owned(), hours)));
        assert_eq!(seat.kind_at(at("2026-11-21T12:00:00Z"), &[]), Kind::Off);
        assert_eq!(seat.kind_at(at("2026-11-21T12:00:00Z"), &[person("ana")]), Kind::Manned);
        assert_eq!(seat.kind_at(at("2026-11-20T20:00:00Z"), &[]), Kind::Gap);
    }

    #[test]
    fn coverage_leaves_off_time_out_unless_somebody_is_on() {
        let (saturday, monday) = (at("2026-11-20T23:00:00Z"), at("2026-11-22T23:00:00Z"));
        let mut seat = office();
        assert_eq!(seat.coverage(saturday, monday), 1.0);
        assert_eq!(coverage(&seat.segments(saturday, monday)), 0.0, "without off time it is all gap");
        let tuesday = at("2026-11-23T23:00:00Z");
        assert_eq!(seat.coverage(saturday, tuesday), 0.5, "12 of Monday's 24 hours");
        // Twelve hours of Saturday more: they count as manned, and the rest of the weekend still does not count.
        seat.layers[0].restrictions[0].days.push(Weekday::Sat);
        assert_eq!(seat.coverage(saturday, tuesday), 24.0 / 36.0);
    }

    #[test]
    fn an_off_day_is_as_long_as_the_day() {
        let seat = office();
        let spring = seat.off_windows(at("2026-03-28T00:00:00Z"), at("2026-03-30T12:00:00Z"));
        assert_eq!(spring, [(at("2026-03-28T00:00:00Z"), at("2026-03-29T22:00:00Z"))]);
        let sunday = [window(&[Weekday::Sun], "00:00:00", "00:00:00")];
        let berlin = zone("Europe/Berlin");
        let open = |from, until| Hours::new(&berlin, &sunday).open_in(at(from), at(until));
        let length = |(start, end): Stretch| between(start, end).num_hours();
        let of = |from, until| open(from, until).into_iter().map(length).collect::<Vec<_>>();
        assert_eq!(of("2026-03-23T00:00:00Z", "2026-03-31T00:00:00Z"), [23]);
        assert_eq!(of("2026-10-19T00:00:00Z", "2026-10-27T00:00:00Z"), [25]);
    }

    #[test]
    fn pieces_touch_and_cover_what_the_segments_cover() {
        let seat = office();
        let (start, end) = (at("2026-03-20T05:00:00Z"), at("2026-04-20T17:00:00Z"));
        let pieces = seat.pieces(start, end);
        assert_eq!((pieces.first().unwrap().start, pieces.last().unwrap().end), (start, end));
        assert!(pieces.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].kind != pair[1].kind));
        let nobody: Vec<Segment> = vec![];
        assert!(seat.split(&nobody).is_empty());
        assert!(pieces.iter().all(|piece| piece.people.is_empty() == (piece.kind != Kind::Manned)));
    }
}
