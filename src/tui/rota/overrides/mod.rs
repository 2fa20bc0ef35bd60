//! Every exception of the roster, the one in force first.

pub mod view;

use chrono::{DateTime, Utc};

use crate::{
    domain::rota::{Override, OverrideChange},
    floor::oncall::OnCall,
    tui::overriding::consequences,
};

/// Where an exception stands in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// In force.
    Now,
    /// To come.
    Ahead,
    /// Behind.
    Over,
}

/// One exception of a seat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listed<'a> {
    /// The seat's place in the roster.
    pub seat: usize,
    /// Its place among those of its seat, from 0, in the order of the file.
    pub nth: usize,
    /// What it is.
    pub exception: &'a Override,
    /// Where it stands.
    pub phase: Phase,
}

/// How many there are.
pub fn count(on_call: &OnCall) -> usize {
    on_call.roster.schedules.iter().map(|s| s.overrides.len()).sum()
}

/// All of them: those in force, then those to come by their start, then those behind, the latest first.
pub fn list(on_call: &OnCall, now: DateTime<Utc>) -> Vec<Listed<'_>> {
    let mut all: Vec<Listed<'_>> = Vec::with_capacity(count(on_call));
    for (seat, schedule) in on_call.roster.schedules.iter().enumerate() {
        let of_seat = schedule.overrides.iter().enumerate();
        all.extend(of_seat.map(|(nth, exception)| Listed { seat, nth, exception, phase: phase(exception, now) }));
    }
    all.sort_by_key(|row| {
        let from_now = match row.phase {
            Phase::Over => row.exception.end.timestamp().saturating_neg(),
            Phase::Now | Phase::Ahead => row.exception.start.timestamp(),
        };
        (row.phase, from_now, row.seat)
    });
    all
}

/// Whether the final schedule would be the same without it.
pub fn changes_nothing(on_call: &OnCall, row: &Listed<'_>, now: DateTime<Utc>) -> bool {
    let Some(schedule) = on_call.roster.schedules.get(row.seat) else { return false };
    let removal = OverrideChange::Remove { nth: row.nth, old: row.exception.clone() };
    row.phase != Phase::Over && consequences(schedule, &removal, now).is_empty()
}

fn phase(exception: &Override, now: DateTime<Utc>) -> Phase {
    if now < exception.start {
        Phase::Ahead
    } else if now < exception.end {
        Phase::Now
    } else {
        Phase::Over
    }
}
