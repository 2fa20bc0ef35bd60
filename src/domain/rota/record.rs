//! Who was seen on call: a record of what happened, whatever the roster of today says of it (SEMANTICS R6).

use chrono::{DateTime, TimeDelta, Utc};

use super::{Person, Segment};
use crate::text::Text;

/// A seat was looked at during `[start, end)`, and these people held it all the while; `start == end` is a single look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The seat's name.
    pub seat: Text,
    /// Who, sorted by name; empty = nobody.
    pub people: Vec<Person>,
    /// From when it was watched.
    pub start: DateTime<Utc>,
    /// Until when it was watched.
    pub end: DateTime<Utc>,
}

/// Two looks with one answer that lie no further apart count as having watched in between; beyond that nobody knows.
pub const NEAR: TimeDelta = TimeDelta::minutes(5);

/// Where a stretch of a report comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was seen as it happened.
    Recorded,
    /// It is worked out from the roster as it is now.
    Computed,
}

impl Origin {
    /// Its word on the wire and on paper.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Computed => "computed",
        }
    }
}

/// Lays the record of one seat over what was worked out for it: what was watched counts, the rest stays as computed.
///
/// Where two entries of the record overlap, the one that began later counts: it is the newer knowledge. The answer covers
/// exactly what `computed` covers; neighbours differ in their people or in where they come from.
pub fn with_record(computed: &[Segment], watched: &[Watched]) -> Vec<(Segment, Origin)> {
    let mut seen: Vec<&Watched> = watched.iter().filter(|w| w.start < w.end).collect();
    seen.sort_by_key(|w| w.start);
    let mut told: Vec<(Segment, Origin)> = Vec::new();
    for segment in computed {
        let inside = |at: &DateTime<Utc>| segment.start < *at && *at < segment.end;
        let mut edges: Vec<_> = seen.iter().flat_map(|w| [w.start, w.end]).filter(inside).collect();
        edges.extend([segment.start, segment.end]);
        edges.sort_unstable();
        edges.dedup();
        for (start, end) in edges.iter().zip(edges.iter().skip(1)) {
            let began = seen.get(..seen.partition_point(|w| w.start <= *start)).unwrap_or_default();
            let newest = began.iter().rev().find(|w| *start < w.end);
            let (people, origin) =
                newest.map_or((&segment.people, Origin::Computed), |w| (&w.people, Origin::Recorded));
            match told.last_mut() {
                Some((last, of)) if last.people == *people && *of == origin => last.end = *end,
                _ => told.push((Segment { start: *start, end: *end, people: people.clone() }, origin)),
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::time::{parse_rfc3339, plus, rfc3339};

    fn at(hour: i64) -> DateTime<Utc> {
        plus(parse_rfc3339("2026-11-02T00:00:00Z").unwrap(), TimeDelta::hours(hour))
    }

    fn people(names: &str) -> Vec<Person> {
        names.split_whitespace().map(Text::scrub).collect()
    }

    fn segment(start: i64, end: i64, names: &str) -> Segment {
        Segment { start: at(start), end: at(end), people: people(names) }
    }

    fn seen(start: i64, end: i64, names: &str) -> Watched {
        Watched { seat: Text::scrub("primary"), people: people(names), start: at(start), end: at(end) }
    }

    fn told(computed: &[Segment], watched: &[Watched]) -> Vec<String> {
        let hours = |t: DateTime<Utc>| rfc3339(t).get(11..13).unwrap().to_owned();
        with_record(computed, watched)
            .iter()
            .map(|(s, of)| {
                let names: Vec<_> = s.people.iter().map(Text::as_str).collect();
                format!("{}-{} {} {}", hours(s.start), hours(s.end), names.join("+"), of.word())
            })
            .collect()
    }

    #[test]
    fn what_was_seen_stands_over_what_is_worked_out_today() {
        let today = [segment(0, 12, "ana"), segment(12, 20, "ben")];
        assert_eq!(
            told(&today, &[seen(6, 12, "cleo"), seen(12, 14, "ben")]),
            ["00-06 ana computed", "06-12 cleo recorded", "12-14 ben recorded", "14-20 ben computed"]
        );
    }

    #[test]
    fn a_watch_over_a_hand_off_of_today_is_one_stretch() {
        let today = [segment(0, 12, "ana"), segment(12, 20, "ben")];
        assert_eq!(told(&today, &[seen(0, 20, "cleo")]), ["00-20 cleo recorded"]);
    }

    #[test]
    fn nobody_seen_is_a_gap_on_record_and_a_single_look_proves_no_time() {
        let today = [segment(0, 8, "ana")];
        assert_eq!(
            told(&today, &[seen(2, 4, ""), seen(6, 6, "ben")]),
            ["00-02 ana computed", "02-04  recorded", "04-08 ana computed"]
        );
    }

    #[test]
    fn of_two_entries_at_once_the_one_that_began_later_counts() {
        let today = [segment(0, 10, "ana")];
        assert_eq!(
            told(&today, &[seen(0, 8, "ben"), seen(3, 5, "cleo")]),
            ["00-03 ben recorded", "03-05 cleo recorded", "05-08 ben recorded", "08-10 ana computed"]
        );
    }

    proptest! {
        #[test]
        fn a_record_never_moves_the_ends_nor_leaves_a_hole(
            cuts in proptest::collection::vec(0i64..200, 0..8),
            entries in proptest::collection::vec((0i64..200, 0i64..60, 0usize..3), 0..8),
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().chain([0, 200]).collect();
            cuts.sort_unstable();
            cuts.dedup();
            let names = ["ana", "ben", ""];
            let today: Vec<_> =
                cuts.windows(2).zip(names.iter().cycle()).map(|(w, who)| segment(w[0], w[1], who)).collect();
            let record: Vec<_> = entries.iter().map(|(from, n, who)| seen(*from, from + n, names[*who])).collect();
            let laid = with_record(&today, &record);
            prop_assert_eq!((laid[0].0.start, laid[laid.len() - 1].0.end), (at(0), at(200)));
            for pair in laid.windows(2) {
                prop_assert_eq!(pair[0].0.end, pair[1].0.start);
                prop_assert!(pair[0].0.people != pair[1].0.people || pair[0].1 != pair[1].1);
            }
        }
    }
}
