//! What `watchfloor oncall` tells, as plain values that every format can write.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        rota::{Contact, Duty, Person, Unheard, gaps::Kind, record::Source},
        time::between,
        zone::Zone,
    },
    text::Text,
};

/// A kind of time on the wire and on paper.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Manned => "duty",
        Kind::Gap => "gap",
        Kind::Off => "off",
        Kind::Unknown => "unknown",
    }
}

/// Where a stretch is known from, on the wire and on paper.
pub(super) fn origin(of: Source) -> &'static str {
    match of {
        Source::Recorded => "recorded",
        Source::Computed => "computed",
    }
}

/// Where answers come from, and how they are shown.
#[derive(Debug)]
pub struct About<'a> {
    /// The roster's file.
    pub roster: &'a Text,
    /// The roster's zone.
    pub zone: &'a Zone,
    /// The zone that times are printed in.
    pub shown: &'a Zone,
    /// The instant asked about.
    pub at: DateTime<Utc>,
    /// What the roster could not be read with: events that were left out, calendars in trouble. Empty = it is whole.
    pub doubts: &'a [Text],
}

/// One seat at the instant asked about.
#[derive(Debug)]
pub struct Held<'a> {
    /// The seat.
    pub seat: &'a Text,
    /// Who, since when, until when, who next.
    pub duty: Duty,
    /// What that is.
    pub kind: Kind,
    /// The calendar without which nobody knows, where the kind is unknown.
    pub missing: Option<&'a Unheard>,
    /// What the roster says of those on call.
    pub contacts: Vec<&'a Contact>,
    /// Who follows; nothing = no change within 60 days.
    pub next: Option<Next<'a>>,
}

/// Who follows.
#[derive(Debug)]
pub struct Next<'a> {
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when; nothing = for more than 60 days.
    pub until: Option<DateTime<Utc>>,
    /// Who; empty = nobody.
    pub people: Vec<Person>,
    /// What that is.
    pub kind: Kind,
    /// What the roster says of them.
    pub contacts: Vec<&'a Contact>,
}

/// How much of a report's time was seen as it happened; over all its seats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    /// Seen.
    pub recorded: TimeDelta,
    /// Worked out from the roster as it is now.
    pub computed: TimeDelta,
}

/// The final schedule of some seats in `[start, end)`.
#[derive(Debug)]
pub struct Schedule<'a> {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// The seats, in the order of the roster.
    pub seats: Vec<Seat<'a>>,
}

/// The final schedule of one seat.
#[derive(Debug)]
pub struct Seat<'a> {
    /// Its name.
    pub seat: &'a Text,
    /// Stretches that touch and cover the whole span.
    pub stretches: Vec<Stretch>,
}

/// One stretch, `[start, end)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// Who, sorted by name; empty = nobody.
    pub people: Vec<Person>,
    /// What it is.
    pub kind: Kind,
    /// Whether it was seen or worked out.
    pub from: Source,
}

impl Stretch {
    /// Its length.
    pub fn length(&self) -> TimeDelta {
        between(self.start, self.end)
    }

    /// By how much it is longer than the clocks on the wall say: an hour where they go back within it, minus one where they
    /// go forward.
    pub fn clock_change(&self, zone: &Zone) -> TimeDelta {
        let on_the_wall = zone.local(self.end).signed_duration_since(zone.local(self.start));
        self.length().checked_sub(&on_the_wall).unwrap_or_default()
    }
}

impl Seat<'_> {
    /// How long stretches of a kind last altogether.
    pub fn lasts(&self, kind: Kind) -> TimeDelta {
        let of_kind = self.stretches.iter().filter(|stretch| stretch.kind == kind);
        of_kind.fold(TimeDelta::zero(), |sum, stretch| sum.checked_add(&stretch.length()).unwrap_or(sum))
    }

    /// The share of the time in which somebody is on call, 0..=1; off time with nobody is left out, no time at all is 1 (R10).
    /// Nothing where a calendar is missing and part of the time is not known.
    pub fn coverage(&self) -> Option<f64> {
        let (held, open) = (self.lasts(Kind::Manned).num_seconds(), self.lasts(Kind::Gap).num_seconds());
        let wanted = held.saturating_add(open);
        let share = if wanted == 0 { 1.0 } else { held as f64 / wanted as f64 };
        (self.lasts(Kind::Unknown) == TimeDelta::zero()).then_some(share)
    }
}
