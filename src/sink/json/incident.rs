//! Incidents with both clocks.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Said, all, escalation::Escalation, instant, seconds, unless_blank};
use crate::{
    domain::{
        incident::Login,
        intent::Intent,
        priority::Grade,
        sla::{BreachCause, ClockState, WhichClock},
        time::rfc3339,
    },
    sink::{
        board::{self, Judged},
        words,
    },
    text::Text,
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
    reviewers: Vec<Said>,
    milestone: Option<Milestone>,
    draft: bool,
    opened_at: String,
    updated_at: String,
    closed_at: Option<String>,
    comments: u32,
    acknowledged: Option<Acknowledged>,
    snoozed_until: Option<String>,
    pending: Vec<Pending>,
    clocks: Clocks,
    pressing: &'static str,
    escalation: Option<Escalation>,
}

/// A milestone of an incident.
#[derive(Debug, Serialize)]
struct Milestone {
    title: Said,
    due: Option<String>,
}

#[derive(Debug, Serialize)]
struct Acknowledged {
    by: Said,
    at: String,
}

/// A change that waits to be delivered.
#[derive(Debug, Serialize)]
struct Pending {
    id: Said,
    act: &'static str,
    state: &'static str,
    by: Said,
    at: String,
}

/// What was asked for.
#[derive(Debug, Serialize)]
pub struct Asked {
    section: Option<Said>,
    query: Said,
    sort: Said,
    group: Option<Said>,
    count: Option<usize>,
}

/// A run of items with something in common.
#[derive(Debug, Serialize)]
pub struct Group {
    name: Said,
    count: usize,
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

impl Asked {
    /// What was asked for, on the wire.
    pub fn of(listed: &board::Listed<'_>) -> Self {
        Self {
            section: listed.section.as_ref().map(Said::from),
            query: Said::from(&listed.query),
            sort: Said::from(&listed.sort),
            group: listed.group.as_ref().map(Said::from),
            count: Some(listed.items.len()).filter(|_| listed.is_known),
        }
    }
}

impl Group {
    /// The runs, in the order of the items.
    pub fn all(listed: &board::Listed<'_>) -> Vec<Self> {
        listed.headings.iter().map(|(name, n)| Self { name: Said::from(name), count: *n }).collect()
    }
}

impl Pending {
    fn of(intent: &Intent) -> Self {
        Self {
            id: Said::from(&Text::scrub(intent.id.as_str())),
            act: intent.act.code(),
            state: intent.progress.code(),
            by: Said::from(&intent.by),
            at: rfc3339(intent.at),
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
            reviewers: all(&incident.reviewers),
            milestone: incident
                .milestone
                .as_ref()
                .map(|title| Milestone { title: Said::from(title), due: instant(judged.milestone_due) }),
            draft: incident.is_draft,
            opened_at: rfc3339(incident.opened_at),
            updated_at: rfc3339(incident.updated_at),
            closed_at: instant(incident.closed_at),
            comments: incident.comments,
            acknowledged: judged.acked.map(acknowledged),
            snoozed_until: instant(judged.snoozed_until),
            pending: judged.pending.iter().map(|intent| Pending::of(intent)).collect(),
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
