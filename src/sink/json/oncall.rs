//! Who is on call.

use serde::Serialize;

use super::{Said, all, instant};
use crate::{
    domain::{
        rota,
        time::{between, rfc3339},
    },
    sink::board,
};

/// Who is on call now and in the days ahead.
#[derive(Debug, Serialize)]
pub struct OnCall {
    zone: Said,
    seats: Vec<Seat>,
    gaps: Vec<Gap>,
}

/// One seat. `next` is null where nothing changes within 60 days, and empty where a gap follows. `unread` names the calendar
/// whose shifts are missing: then nobody on call is not known to be nobody.
#[derive(Debug, Serialize)]
struct Seat {
    seat: Said,
    people: Vec<Said>,
    since: Option<String>,
    until: Option<String>,
    next: Option<Vec<Said>>,
    unread: Option<Said>,
    segments: Vec<Segment>,
}

#[derive(Debug, Serialize)]
struct Segment {
    start: String,
    end: String,
    people: Vec<Said>,
}

#[derive(Debug, Serialize)]
struct Gap {
    seat: Said,
    start: String,
    end: String,
    length_s: i64,
}

impl OnCall {
    /// The roster's answers on the wire.
    pub fn of(on_call: &board::OnCall<'_>) -> Self {
        Self {
            zone: Said::from(on_call.zone),
            seats: on_call.seats.iter().map(Seat::of).collect(),
            gaps: on_call
                .gaps
                .iter()
                .map(|(seat, gap)| Gap {
                    seat: Said::from(*seat),
                    start: rfc3339(gap.start),
                    end: rfc3339(gap.end),
                    length_s: between(gap.start, gap.end).num_seconds(),
                })
                .collect(),
        }
    }
}

impl Seat {
    fn of(seat: &board::Seat<'_>) -> Self {
        Self {
            seat: Said::from(seat.name),
            people: all(&seat.duty.people),
            since: instant(seat.duty.since),
            until: instant(seat.duty.until),
            next: seat.duty.next.as_deref().map(all),
            unread: seat.missing.map(|missing| Said::from(&missing.calendar)),
            segments: seat.segments.iter().map(segment).collect(),
        }
    }
}

fn segment(segment: &rota::Segment) -> Segment {
    Segment { start: rfc3339(segment.start), end: rfc3339(segment.end), people: all(&segment.people) }
}
