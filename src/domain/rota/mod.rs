//! Who is on call: layers, overrides, the final schedule (SEMANTICS 0.2 and 1.1–1.6, R1–R10).
//!
//! The types are here. [`layer`] turns one rotation into stints; [`schedule`] puts layers and overrides together.

pub mod audit;
pub mod fairness;
pub mod gaps;
pub mod hours;
mod in_force;
pub mod layer;
pub mod record;
pub mod schedule;
mod sweep;
pub mod watched;

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc, Weekday};

use crate::{
    domain::{escalation, time, zone::Zone},
    text::Text,
};

/// A person's short name in the roster (`ana.k`). Scrubbed; compared exactly.
pub type Person = Text;

/// A team's roster: the people, and one schedule for each seat (primary, backup …).
#[derive(Debug, Clone, PartialEq)]
pub struct Roster {
    /// The zone rules are written in, and the strip is drawn in.
    pub zone: Zone,
    /// Everybody named, in file order.
    pub people: Vec<Contact>,
    /// The seats, most important first.
    pub schedules: Vec<Schedule>,
    /// Who is told when nobody acknowledges, in file order; the first that names a priority judges it (R13).
    pub escalations: Vec<escalation::Policy>,
    /// Absences. They move nobody by themselves: an audit finds a duty within one (R11).
    pub leave: Vec<Leave>,
}

/// Somebody is away for `[start, end)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Leave {
    /// Who.
    pub user: Person,
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// Why, if said.
    pub note: Option<Text>,
}

/// What the roster says of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// The short name used in layers and overrides.
    pub id: Person,
    /// The full name; may be blank.
    pub name: Text,
    /// The GitHub login, where it differs.
    pub login: Option<Text>,
    /// How to reach them (phone, chat), as written.
    pub reach: Option<Text>,
    /// Their mail address; calendars name people by it.
    pub email: Option<Text>,
    /// Where they live, if said.
    pub zone: Option<Zone>,
}

/// One seat: its layers and its overrides.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// `primary`, `backup`.
    pub name: Text,
    /// Rotations, in file order.
    pub layers: Vec<Layer>,
    /// Shifts that a calendar names one by one; they take part in precedence as layers do.
    pub calendars: Vec<CalendarLayer>,
    /// Exceptions.
    pub overrides: Vec<Override>,
    /// Hours at which nobody needs to be on call: no gap (R10). Empty = somebody always should.
    pub off: Vec<Off>,
    /// Its calendars that were not heard; whoever reads the roster says so. Empty = all it says is current.
    pub unheard: Vec<Unheard>,
}

/// A calendar of a seat that could not be read, or was not asked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheard {
    /// The calendar's name.
    pub calendar: Text,
    /// Why: `it answers 404: …`.
    pub why: Text,
    /// An earlier answer stands in for it. Without one its shifts are missing, and nobody knows who is on call.
    pub has_copy: bool,
}

/// Concrete shifts from a calendar feed or file (R12).
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarLayer {
    /// Its name.
    pub name: Text,
    /// Higher hides lower; equal levels unite (R7).
    pub level: i32,
    /// The shifts, by their start; those that overlap unite.
    pub shifts: Vec<CalendarShift>,
}

/// One shift of a calendar, `[start, end)`.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarShift {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// Who; never empty.
    pub people: Vec<Person>,
}

/// Hours at which nobody needs to be on call, by design.
#[derive(Debug, Clone, PartialEq)]
pub struct Off {
    /// The zone its wall clock is read in.
    pub zone: Zone,
    /// The windows, both edges through `resolve` (R8).
    pub hours: Vec<Restriction>,
    /// Why, if said: `weekends are covered by the vendor`.
    pub note: Option<Text>,
}

impl Roster {
    /// A roster of people and seats, without escalation and without leave.
    pub fn new(zone: Zone, people: Vec<Contact>, schedules: Vec<Schedule>) -> Self {
        Self { zone, people, schedules, escalations: Vec::new(), leave: Vec::new() }
    }

    /// Every override with its seat and its number: from 1 through all seats, in the order of the file. There is no other
    /// numbering: whoever names an override by a number means this one.
    pub fn numbered_overrides(&self) -> impl Iterator<Item = (usize, &Schedule, &Override)> {
        let all = self.schedules.iter().flat_map(|seat| seat.overrides.iter().map(move |one| (seat, one)));
        (1..).zip(all).map(|(n, (seat, one))| (n, seat, one))
    }

    /// The number of a seat's override, by its place in `Schedule::overrides` from 0; see [`Self::numbered_overrides`].
    pub fn override_number(&self, seat: &Text, index: usize) -> Option<usize> {
        let at = self.schedules.iter().position(|schedule| schedule.name == *seat)?;
        let before = self.schedules.iter().take(at).map(|schedule| schedule.overrides.len());
        self.schedules.get(at)?.overrides.get(index)?;
        Some(before.fold(index.saturating_add(1), usize::saturating_add))
    }
}

impl Schedule {
    /// A seat of layers and overrides, without calendars, on call around the clock.
    pub fn new(name: Text, layers: Vec<Layer>, overrides: Vec<Override>) -> Self {
        Self { name, layers, calendars: Vec::new(), overrides, off: Vec::new(), unheard: Vec::new() }
    }

    /// The first calendar whose shifts are missing altogether: with one, nobody on call is not known to be a gap.
    pub fn missing(&self) -> Option<&Unheard> {
        self.unheard.iter().find(|unheard| !unheard.has_copy)
    }

    /// Whether all that the seat rests on was heard: only then what it says may go on record (R6).
    pub fn is_current(&self) -> bool {
        self.unheard.is_empty()
    }
}

/// One rotation with its mask and its precedence.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Its name.
    pub name: Text,
    /// The zone its wall-clock times are read in.
    pub zone: Zone,
    /// The wall-clock instant of boundary 0 (R2).
    pub anchor: NaiveDateTime,
    /// How long a shift is, in wall-clock units.
    pub shift: ShiftLength,
    /// Who takes turns; each turn is one or more people.
    pub participants: Vec<Vec<Person>>,
    /// Higher hides lower; equal levels unite (R7).
    pub level: i32,
    /// Silent before this instant (R6).
    pub start: Option<DateTime<Utc>>,
    /// Silent from this instant on.
    pub end: Option<DateTime<Utc>>,
    /// The hours it covers; empty = always (R8).
    pub restrictions: Vec<Restriction>,
    /// Whether the rotation clock runs on every day or only on the days of its restrictions (R8; daily rotations only).
    pub advance: Advance,
}

/// A shift's nominal length; `n` is at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShiftLength {
    /// How many.
    pub n: u32,
    /// Of what.
    pub unit: ShiftUnit,
}

/// Units of a shift, all in wall-clock arithmetic (R2): a day may last 23 or 25 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShiftUnit {
    /// Wall-clock hours.
    Hours,
    /// Days.
    Days,
    /// Weeks.
    Weeks,
    /// Months, the day clamped to the month's end (R4).
    Months,
}

/// When a rotation steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// At every boundary; restrictions only mask (PagerDuty, GoAlert).
    Always,
    /// Only on days that the restrictions list (Grafana).
    ActiveDays,
}

/// A window that opens on each listed local day; `end <= start` ends on the next day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// Days it opens on.
    pub days: Vec<Weekday>,
    /// Opening, included.
    pub start: NaiveTime,
    /// Closing, excluded.
    pub end: NaiveTime,
}

/// An exception for `[start, end)` (R9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// What it does.
    pub kind: OverrideKind,
    /// From when, included.
    pub start: DateTime<Utc>,
    /// Until when, excluded.
    pub end: DateTime<Utc>,
    /// Among `replace_all`: the higher level wins …
    pub level: i32,
    /// … then the later one made.
    pub created: Option<DateTime<Utc>>,
    /// Why; shown beside it.
    pub note: Option<Text>,
}

/// What an override does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverrideKind {
    /// These people, whatever else says.
    ReplaceAll(Vec<Person>),
    /// One person for another, in every layer, before precedence, once.
    ReplaceUser {
        /// Who steps out.
        user: Person,
        /// Who steps in.
        with: Person,
    },
    /// One more person.
    Add(Person),
    /// One person fewer; an emptied layer shows the next lower one.
    Remove(Person),
}

impl OverrideKind {
    /// Who comes on call by it.
    pub fn steps_in(&self) -> &[Person] {
        match self {
            Self::ReplaceAll(people) => people,
            Self::ReplaceUser { with, .. } => std::slice::from_ref(with),
            Self::Add(one) => std::slice::from_ref(one),
            Self::Remove(_) => &[],
        }
    }
}

/// A change of one seat's exceptions, as a person asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverrideChange {
    /// One more.
    Add(Override),
    /// One goes: by its place, for two may be equal in all they say and differ in what stands around them in the file.
    Remove {
        /// Its place among those of its seat, from 0, in the order of the file.
        nth: usize,
        /// What must be found there.
        old: Override,
    },
}

/// A stretch of the final schedule with one set of people; nobody = a gap. `[start, end)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// Who, sorted by name; empty = a gap.
    pub people: Vec<Person>,
}

/// Who is on call at one instant, since when, until when, and who follows (R10).
#[derive(Debug, Clone, PartialEq)]
pub struct Duty {
    /// Who, sorted by name; empty = a gap.
    pub people: Vec<Person>,
    /// Since when this set; nothing = longer than 60 days.
    pub since: Option<DateTime<Utc>>,
    /// Until when; nothing = not within 60 days.
    pub until: Option<DateTime<Utc>>,
    /// Who follows; empty = a gap follows; nothing = no change within 60 days.
    pub next: Option<Vec<Person>>,
}

/// The share of the segments' time in which somebody is on call, 0..=1; 1 when they cover no time (R10).
pub fn coverage(segments: &[Segment]) -> f64 {
    let seconds = |of: &mut dyn Iterator<Item = &Segment>| -> i64 {
        of.map(|s| time::between(s.start, s.end).num_seconds()).fold(0, i64::saturating_add)
    };
    let total = seconds(&mut segments.iter());
    if total <= 0 {
        return 1.0;
    }
    let gap = seconds(&mut gaps(segments).into_iter());
    (total.saturating_sub(gap)) as f64 / total as f64
}

/// The segments with nobody on call.
pub fn gaps(segments: &[Segment]) -> Vec<&Segment> {
    segments.iter().filter(|segment| segment.people.is_empty()).collect()
}

#[cfg(test)]
mod drawn;
#[cfg(test)]
mod tests;
