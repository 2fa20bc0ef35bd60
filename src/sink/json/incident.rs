//! Incidents with both clocks.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Said, all, escalation::Escalation, instant, seconds, unless_blank};
use crate::{
    domain::{
        incident::Login,
        priority::Grade,
        sla::{BreachCause, ClockState, WhichClock},
        time::rfc3339,
    },
    sink::{
        board::{self, Judged},
        words,
    },
};

/// The open incidents.
#[derive(Debug, Serialize)]
pub struct Queue {
    counts: Counts,
    incidents: Vec<Incident>,
}

/// How many there are; null where no source has told.
#[derive(Debug, Serialize)]
struct Counts {
    open: Option<usize>,
    over: Option<usize>,
    at_risk: Option<usize>,
    response_unknown: Option<usize>,
}

/// One incident.
#[derive(Debug, Serialize)]
pub struct Incident {
    key: Said,
    repository: Said,
    number: u64,
    kind: &'static str,
    title: Said,
    url: Option<Said>,
    priority: Option<&'static str>,
    rule: Option<Said>,
    labels: Vec<Said>,
    assignees: Vec<Said>,
    author: Option<Said>,
    opened_at: String,
    updated_at: String,
    closed_at: Option<String>,
    comments: u32,
    acknowledged: Option<Acknowledged>,
    clocks: Clocks,
    pressing: &'static str,
    escalation: Option<Escalation>,
}

#[derive(Debug, Serialize)]
struct Acknowledged {
    by: Said,
    at: String,
}

#[derive(Debug, Serialize)]
struct Clocks {
    response: Clock,
    fix: Clock,
}

/// One clock.
#[derive(Debug, Serialize)]
struct Clock {
    state: &'static str,
    /// What the state is if nobody has acted; only where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    if_unanswered: Option<&'static str>,
    elapsed_s: i64,
    target_s: Option<i64>,
    left_s: Option<i64>,
    deadline: Option<String>,
    over_after: Option<String>,
    at_risk_from: Option<String>,
    stopped_at: Option<String>,
    breaches: Vec<Breach>,
}

#[derive(Debug, Serialize)]
struct Breach {
    at: String,
    cause: &'static str,
    priority: Option<&'static str>,
}

impl Queue {
    /// The queue on the wire.
    pub fn of(queue: &board::Queue<'_>, now: DateTime<Utc>) -> Self {
        let told = |n: usize| queue.is_known.then_some(n);
        let unknown = queue.incidents.iter().filter(|judged| !judged.is_known(WhichClock::Response)).count();
        Self {
            counts: Counts {
                open: told(queue.open),
                over: told(queue.over),
                at_risk: told(queue.at_risk),
                response_unknown: told(unknown),
            },
            incidents: queue.incidents.iter().map(|judged| Incident::of(judged, now)).collect(),
        }
    }
}

impl Incident {
    /// One incident on the wire.
    pub fn of(judged: &Judged<'_>, now: DateTime<Utc>) -> Self {
        let incident = judged.incident;
        Self {
            key: Said::from(&incident.key),
            repository: Said::from(&incident.key.repo),
            number: incident.key.number,
            kind: incident.kind.code(),
            title: Said::from(&incident.title),
            url: unless_blank(&incident.url),
            priority: priority(judged.verdict.grade),
            rule: judged.rule.map(Said::from),
            labels: all(&incident.labels),
            assignees: all(&incident.assignees),
            author: incident.author.as_ref().map(Said::from),
            opened_at: rfc3339(incident.opened_at),
            updated_at: rfc3339(incident.updated_at),
            closed_at: instant(incident.closed_at),
            comments: incident.comments,
            acknowledged: judged.acked.map(acknowledged),
            clocks: Clocks {
                response: Clock::of(judged, WhichClock::Response, now),
                fix: Clock::of(judged, WhichClock::Fix, now),
            },
            pressing: words::clock(judged.pressing),
            escalation: match &judged.ladder {
                Some(ladder) => Some(Escalation::of(ladder)),
                None => judged.roster_away.map(|_| Escalation::unknown()),
            },
        }
    }
}

impl Clock {
    fn of(judged: &Judged<'_>, which: WhichClock, now: DateTime<Utc>) -> Self {
        let clock = judged.clock(which);
        let word = state(clock.state);
        let is_known = judged.is_known(which);
        Self {
            state: if is_known { word } else { "unknown" },
            if_unanswered: (!is_known).then_some(word),
            elapsed_s: clock.elapsed.num_seconds(),
            target_s: seconds(clock.target),
            left_s: seconds(clock.left(now)),
            deadline: instant(clock.deadline),
            over_after: instant(clock.over_after),
            at_risk_from: instant(clock.at_risk_from),
            stopped_at: instant(clock.stopped_at),
            breaches: clock
                .breaches
                .iter()
                .map(|breach| Breach {
                    at: rfc3339(breach.at),
                    cause: match breach.cause {
                        BreachCause::Time => "time",
                        BreachCause::PriorityChange => "priority_change",
                    },
                    priority: priority(breach.grade),
                })
                .collect(),
        }
    }
}

fn acknowledged((by, at): (&Login, DateTime<Utc>)) -> Acknowledged {
    Acknowledged { by: Said::from(by), at: rfc3339(at) }
}

/// `P0` … `P3`; nothing for untriaged.
pub(super) fn priority(grade: Grade) -> Option<&'static str> {
    match grade {
        Grade::Set(priority) => Some(priority.word()),
        Grade::Untriaged => None,
    }
}

/// A clock's state as one word.
pub(super) fn state(state: ClockState) -> &'static str {
    match state {
        ClockState::NotStarted => "not_started",
        ClockState::Ok => "ok",
        ClockState::AtRisk => "at_risk",
        ClockState::Breached => "breached",
        ClockState::Paused => "paused",
        ClockState::Met => "met",
        ClockState::Missed => "missed",
        ClockState::Unanswered => "unanswered",
        ClockState::Cancelled => "cancelled",
        ClockState::BestEffort => "best_effort",
    }
}
