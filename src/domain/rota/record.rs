//! The log of who was on call, put before what the rules say today (SEMANTICS R6).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{
    Schedule, Segment,
    hours::{Stretch, outside, union},
};

/// Where a stretch of the past or the future is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The log, written while it was so.
    Recorded,
    /// The roster as it is today.
    Computed,
}

/// A segment, and where it is known from.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Who, from when until when.
    pub segment: Segment,
    /// Where from.
    pub from: Source,
}

impl Schedule {
    /// Who was and will be on call in `[start, end)`: the log where it says something of the time before `now`, else the rules.
    ///
    /// The pieces touch, cover it all, and differ from their neighbours in people or in source.
    pub fn known(
        &self,
        recorded: &[Segment],
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Vec<Known> {
        known(recorded, &self.segments(start, end), now)
    }
}

/// Puts a log before computed segments; only what lies within the computed ones is kept, and nothing of the log from `now` on.
///
/// Where records overlap, the one that begins later holds from its beginning; of two that begin together, the later in the log.
/// A record of nobody is a record: it was a gap then, whatever the rules say today. `computed` must be in order.
pub fn known(recorded: &[Segment], computed: &[Segment], now: DateTime<Utc>) -> Vec<Known> {
    let (Some(first), Some(last)) = (computed.first(), computed.last()) else { return Vec::new() };
    let recorded = in_order(recorded, first.start, last.end.min(now));
    let heard: Vec<Stretch> = union(recorded.iter().map(|segment| (segment.start, segment.end)).collect());
    let rest = computed.iter().flat_map(|segment| {
        let parts = outside(segment.start, segment.end, &heard).into_iter();
        parts.map(|(start, end)| Known {
            segment: Segment { start, end, people: segment.people.clone() },
            from: Source::Computed,
        })
    });
    let mut all: Vec<Known> = rest.collect();
    all.extend(recorded.into_iter().map(|segment| Known { segment, from: Source::Recorded }));
    all.sort_by_key(|known| known.segment.start);
    let mut merged: Vec<Known> = Vec::with_capacity(all.len());
    for next in all {
        match merged.last_mut() {
            Some(last)
                if last.from == next.from
                    && last.segment.people == next.segment.people
                    && last.segment.end == next.segment.start =>
            {
                last.segment.end = next.segment.end;
            }
            _ => merged.push(next),
        }
    }
    merged
}

/// The records cut to a window and to each other, in order, their people sorted.
fn in_order(recorded: &[Segment], start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Segment> {
    // By their own beginning, before they are cut: two that both began before the window are told apart by it.
    let mut records: Vec<&Segment> = recorded.iter().filter(|record| record.start < record.end).collect();
    records.sort_by_key(|record| record.start);
    let records = records.into_iter().map(|record| {
        let people = record.people.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
        Segment { start: record.start.max(start), end: record.end.min(end), people }
    });
    let mut cut: Vec<Segment> = Vec::new();
    for record in records.filter(|record| record.start < record.end) {
        while let Some(last) = cut.last_mut() {
            last.end = last.end.min(record.start);
            if last.start < last.end {
                break;
            }
            cut.pop();
        }
        cut.push(record);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        rota::{
            ShiftUnit,
            tests::{at, layer, names, person, schedule},
        },
        time::rfc3339,
    };

    fn segment(start: &str, end: &str, people: &[&str]) -> Segment {
        Segment { start: at(start), end: at(end), people: people.iter().map(|p| person(p)).collect() }
    }

    fn told(known: &[Known]) -> Vec<String> {
        let line = |known: &Known| {
            let s = &known.segment;
            format!("{} {} {:?}", rfc3339(s.start).get(8..16).unwrap(), names(&s.people).join("+"), known.from)
        };
        known.iter().map(line).collect()
    }

    #[test]
    fn the_record_wins_where_there_is_one_and_only_for_the_past() {
        let seat = schedule(vec![layer("UTC", "2026-11-16T00:00:00", 1, ShiftUnit::Weeks, &["ana", "ben"])], vec![]);
        let recorded = [
            segment("2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z", &["eve"]),
            segment("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z", &[]),
            segment("2026-11-20T00:00:00Z", "2026-11-29T00:00:00Z", &["eve"]),
        ];
        let known =
            seat.known(&recorded, at("2026-11-16T00:00:00Z"), at("2026-11-25T00:00:00Z"), at("2026-11-21T12:00:00Z"));
        assert_eq!(
            told(&known),
            [
                "16T00:00 ana Computed",
                "17T00:00 eve Recorded",
                "18T00:00  Recorded",
                "19T00:00 ana Computed",
                "20T00:00 eve Recorded",
                "21T12:00 ana Computed",
                "23T00:00 ben Computed",
            ]
        );
        assert_eq!(known.last().unwrap().segment.end, at("2026-11-25T00:00:00Z"));
    }

    #[test]
    fn of_two_records_the_one_that_begins_later_holds_from_then_on() {
        let computed = [segment("2026-11-16T00:00:00Z", "2026-11-20T00:00:00Z", &["ana"])];
        let recorded = [
            segment("2026-11-15T00:00:00Z", "2026-11-18T00:00:00Z", &["cem"]),
            segment("2026-11-14T00:00:00Z", "2026-11-19T00:00:00Z", &["ben"]),
            segment("2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z", &["eve", "dia", "eve"]),
            segment("2026-11-18T00:00:00Z", "2026-11-17T00:00:00Z", &["nonsense"]),
        ];
        assert_eq!(
            told(&known(&recorded, &computed, at("2026-12-01T00:00:00Z"))),
            ["16T00:00 cem Recorded", "17T00:00 dia+eve Recorded", "18T00:00 ana Computed"]
        );
        assert!(known(&recorded, &[], at("2026-12-01T00:00:00Z")).is_empty());
    }
}
