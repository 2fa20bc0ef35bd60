//! What `watchfloor oncall` tells.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Document, Said, all, instant, unless_blank};
use crate::{
    domain::{
        rota::{Contact, gaps::Kind},
        time::{between, rfc3339},
    },
    sink::rota::{self, About, Held, Schedule},
};

/// Adds what every answer says of itself.
pub fn about(document: Document, about: &About<'_>) -> Document {
    let doubts: Vec<_> = about.doubts.iter().map(Said::from).collect();
    let document = document.with("roster", Said::from(about.roster)).with("zone", Said::from(about.zone));
    document.with("at", rfc3339(about.at)).with("not_whole", doubts)
}

/// One seat at the instant asked about.
#[derive(Debug, Serialize)]
pub struct Now {
    seat: Said,
    kind: &'static str,
    on_call: Vec<Said>,
    since: Option<String>,
    until: Option<String>,
    left_s: Option<i64>,
    contacts: Vec<Reach>,
    next: Option<Next>,
}

/// Who follows.
#[derive(Debug, Serialize)]
pub struct Next {
    from: String,
    until: Option<String>,
    in_s: i64,
    kind: &'static str,
    on_call: Vec<Said>,
    contacts: Vec<Reach>,
}

/// What the roster says of a person.
#[derive(Debug, Serialize)]
struct Reach {
    id: Said,
    name: Option<Said>,
    login: Option<Said>,
    reach: Option<Said>,
    email: Option<Said>,
    zone: Option<Said>,
}

impl Now {
    /// A seat on the wire.
    pub fn of(held: &Held<'_>, at: DateTime<Utc>) -> Self {
        Self {
            seat: Said::from(held.seat),
            kind: rota::kind(held.kind),
            on_call: all(&held.duty.people),
            since: instant(held.duty.since),
            until: instant(held.duty.until),
            left_s: held.duty.until.map(|until| between(at, until).num_seconds()),
            contacts: contacts(&held.contacts),
            next: held.next.as_ref().map(|next| Next {
                from: rfc3339(next.from),
                until: instant(next.until),
                in_s: between(at, next.from).num_seconds(),
                kind: rota::kind(next.kind),
                on_call: all(&next.people),
                contacts: contacts(&next.contacts),
            }),
        }
    }
}

fn contacts(of: &[&Contact]) -> Vec<Reach> {
    of.iter()
        .map(|contact| Reach {
            id: Said::from(&contact.id),
            name: unless_blank(&contact.name),
            login: contact.login.as_ref().map(Said::from),
            reach: contact.reach.as_ref().map(Said::from),
            email: contact.email.as_ref().map(Said::from),
            zone: contact.zone.as_ref().map(Said::from),
        })
        .collect()
}

#[derive(Debug, Serialize)]
struct Span {
    start: String,
    end: String,
    length_s: i64,
}

#[derive(Debug, Serialize)]
struct Seat {
    seat: Said,
    coverage: Option<f64>,
    duty_s: i64,
    gap_s: i64,
    off_s: i64,
}

#[derive(Debug, Serialize)]
struct Segment {
    seat: Said,
    start: String,
    end: String,
    on_call: Vec<Said>,
    kind: &'static str,
    from: &'static str,
    length_s: i64,
    clock_change_s: i64,
}

/// Adds the final schedule: `span`, `seats` and, flat, `segments`.
pub fn schedule(document: Document, told: &About<'_>, schedule: &Schedule<'_>) -> Document {
    let length_s = between(schedule.start, schedule.end).num_seconds();
    let seats: Vec<_> = schedule
        .seats
        .iter()
        .map(|seat| Seat {
            seat: Said::from(seat.seat),
            coverage: seat.coverage(),
            duty_s: seat.lasts(Kind::Manned).num_seconds(),
            gap_s: seat.lasts(Kind::Gap).num_seconds(),
            off_s: seat.lasts(Kind::Off).num_seconds(),
        })
        .collect();
    let segments = schedule.seats.iter().flat_map(|seat| {
        seat.stretches.iter().map(|stretch| Segment {
            seat: Said::from(seat.seat),
            start: rfc3339(stretch.start),
            end: rfc3339(stretch.end),
            on_call: all(&stretch.people),
            kind: rota::kind(stretch.kind),
            from: rota::origin(stretch.from),
            length_s: stretch.length().num_seconds(),
            clock_change_s: stretch.clock_change(told.zone).num_seconds(),
        })
    });
    let segments: Vec<_> = segments.collect();
    about(document, told)
        .with("span", Span { start: rfc3339(schedule.start), end: rfc3339(schedule.end), length_s })
        .with("seats", seats)
        .with("segments", segments)
}
