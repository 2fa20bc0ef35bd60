//! Duties on the wire.

use serde::Serialize;

use super::{Said, all, instant, seconds, unless_blank};
use crate::{
    domain::{
        duty::{
            Duty,
            judge::{Judged, State},
        },
        escalation::Target,
    },
    sink::duty,
    text::Text,
};
use chrono::{DateTime, Utc};

/// A duty on the wire.
#[derive(Debug, Serialize)]
pub struct Row {
    name: Said,
    about: Option<Said>,
    owner: Option<Said>,
    rota: Option<Said>,
    people: Vec<Said>,
    zone: Said,
    evidence: Option<Said>,
    max_age_s: Option<i64>,
    runbook: Option<Said>,
    state: Option<&'static str>,
    last: Option<Turn>,
    next: Option<Turn>,
    missed: usize,
    judged: usize,
    blind: Option<Said>,
}

/// One turn on the wire.
#[derive(Debug, Serialize)]
pub struct Turn {
    day: String,
    due_at: Option<String>,
    late_at: Option<String>,
    state: &'static str,
    late_by_s: Option<i64>,
    done_at: Option<String>,
    done_by: Option<Said>,
    file: Option<Said>,
    unproven: Option<bool>,
    note: Option<Said>,
    why: Option<Said>,
}

/// A turn with its duty.
#[derive(Debug, Serialize)]
pub struct Named {
    name: Said,
    people: Vec<Said>,
    #[serde(flatten)]
    turn: Turn,
}

impl Row {
    /// A duty on the wire.
    pub fn of(row: &duty::Row<'_>, now: DateTime<Utc>) -> Self {
        let (duty, standing) = (row.duty, row.standing);
        let (owner, rota) = match &duty.owner {
            Target::Person(person) => (Some(Said::from(person)), None),
            Target::Seat(seat) => (None, Some(Said::from(seat))),
        };
        let (missed, judged) = standing.missed();
        Self {
            name: Said::from(&duty.name),
            about: unless_blank(&duty.about),
            owner,
            rota,
            people: all(&row.people),
            zone: Said::from(&duty.zone),
            evidence: duty.evidence.as_ref().map(|evidence| Said::from(&Text::scrub(&evidence.files))),
            max_age_s: seconds(duty.evidence.as_ref().map(|evidence| evidence.max_age)),
            runbook: duty.runbook.as_ref().map(Said::from),
            state: standing.head().map(|head| head.state.word()),
            last: standing.last.as_ref().map(|last| Turn::of(duty, last, now)),
            next: standing.next.as_ref().map(|next| Turn::of(duty, next, now)),
            missed,
            judged,
            blind: row.blind.map(Said::from),
        }
    }
}

impl Turn {
    fn of(duty: &Duty, judged: &Judged, now: DateTime<Utc>) -> Self {
        let done = match &judged.state {
            State::Done(done) => Some(done),
            _ => None,
        };
        let why = match &judged.state {
            State::Unknown(why) => Some(Said::from(why)),
            _ => None,
        };
        Self {
            day: judged.turn.day.to_string(),
            due_at: instant(Some(judged.turn.at)),
            late_at: instant(Some(duty.late_at(judged.turn))),
            state: judged.state.word(),
            late_by_s: seconds(judged.late_by(duty, now)),
            done_at: instant(done.map(|done| done.at)),
            done_by: done.and_then(|done| done.by.as_ref()).map(Said::from),
            file: done.and_then(|done| done.file.as_ref()).map(Said::from),
            unproven: done.map(|done| done.is_unproven),
            note: done.and_then(|done| unless_blank(&done.note)),
            why,
        }
    }
}

impl Named {
    /// A turn with its duty on the wire.
    pub fn of(row: &duty::TurnRow<'_>, now: DateTime<Utc>) -> Self {
        let turn = Turn::of(row.duty, &row.judged, now);
        Self { name: Said::from(&row.duty.name), people: all(&row.people), turn }
    }
}
