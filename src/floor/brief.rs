//! What of an incident its place in the queue and its share of the figures hang on, and nothing else.
//!
//! A few instants say how an incident stands now and at any later instant, until something is told of it. A hundred thousand
//! of them are read in a moment, whole incidents are not: so the first frame has its order and its figures.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        incident::Incident,
        sla::{self, ClockState, Verdict, WhichClock},
        time::plus,
    },
    floor::entry::Entry,
};

/// One clock of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hand {
    /// What it said when it was judged; [`Hand::state_at`] says what it says now.
    pub state: ClockState,
    /// Whether anything was promised.
    pub has_target: bool,
    /// As [`sla::Clock::deadline`].
    pub deadline: Option<DateTime<Utc>>,
    /// As [`sla::Clock::over_after`].
    pub over_after: Option<DateTime<Utc>>,
    /// As [`sla::Clock::at_risk_from`].
    pub at_risk_from: Option<DateTime<Utc>>,
    /// As [`sla::Clock::stopped_at`].
    pub stopped_at: Option<DateTime<Utc>>,
}

/// What of one incident its place and its share hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brief {
    /// The place of its grade, see [`crate::domain::priority::Grade::index`].
    pub grade: usize,
    /// The rule that judges it, by its place in the policy.
    pub rule: Option<usize>,
    /// Whether it is open.
    pub is_open: bool,
    /// Whether its response clock can be judged.
    pub has_timeline: bool,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When the team first acted, or somebody took it on here.
    pub acked_at: Option<DateTime<Utc>>,
    /// When it was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The response clock.
    pub response: Hand,
    /// The fix clock.
    pub fix: Hand,
}

/// Over first (most urgent priority, then longest over), then what breaks next, then what is held, then the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    class: u8,
    first: i64,
    second: i64,
}

impl Rank {
    /// Whether the clock that matters runs and is in time.
    pub(super) fn is_running(self) -> bool {
        self.class == 1
    }
}

impl Hand {
    fn of(clock: &sla::Clock) -> Self {
        let sla::Clock { state, target, deadline, over_after, at_risk_from, stopped_at, .. } = clock;
        Self {
            state: *state,
            has_target: target.is_some(),
            deadline: *deadline,
            over_after: *over_after,
            at_risk_from: *at_risk_from,
            stopped_at: *stopped_at,
        }
    }

    /// The state at a later instant, if nothing has happened to the incident since it was judged.
    pub fn state_at(&self, now: DateTime<Utc>) -> ClockState {
        sla::state_at(self.state, self.over_after, self.at_risk_from, now)
    }
}

impl Brief {
    /// What holds of an entry at `now`, and at every later instant if it [`is_settled`].
    pub fn of(entry: &Entry, now: DateTime<Utc>) -> Self {
        let life = entry.life(now);
        let Verdict { grade, rule, response, fix, .. } = &entry.verdict;
        Self {
            grade: grade.index(),
            rule: *rule,
            is_open: entry.incident.is_open(),
            has_timeline: entry.incident.has_timeline,
            opened_at: life.opened_at,
            acked_at: life.acked_at,
            resolved_at: life.resolved_at,
            response: Hand::of(response),
            fix: Hand::of(fix),
        }
    }

    /// The clocks that can be judged: a list without timelines does not tell whether anybody answered.
    pub fn hands(&self) -> impl Iterator<Item = (WhichClock, &Hand)> {
        let response = self.has_timeline.then_some((WhichClock::Response, &self.response));
        response.into_iter().chain([(WhichClock::Fix, &self.fix)])
    }

    /// The clock that matters now, and what it says: over before running, earlier before later, response before fix.
    pub fn pressing(&self, now: DateTime<Utc>) -> (WhichClock, ClockState) {
        let all = self.hands().map(|(which, hand)| {
            let state = hand.state_at(now);
            let class = match state {
                ClockState::Breached => 0,
                ClockState::Ok | ClockState::AtRisk => 1,
                ClockState::Paused => 2,
                ClockState::BestEffort | ClockState::NotStarted => 3,
                ClockState::Met | ClockState::Missed | ClockState::Unanswered | ClockState::Cancelled => 4,
            };
            ((class, hand.deadline.unwrap_or(DateTime::<Utc>::MAX_UTC)), (which, state))
        });
        // Of equal ones the first: the response.
        all.min_by_key(|(order, _)| *order).map_or((WhichClock::Fix, ClockState::NotStarted), |(_, found)| found)
    }

    pub(super) fn rank(&self, now: DateTime<Utc>) -> Rank {
        let (which, state) = self.pressing(now);
        let hand = match which {
            WhichClock::Response => &self.response,
            WhichClock::Fix => &self.fix,
        };
        let grade = self.grade as i64;
        let deadline = hand.deadline.map_or(i64::MAX, |at| at.timestamp());
        match state {
            ClockState::Breached => Rank { class: 0, first: grade, second: deadline },
            ClockState::Ok | ClockState::AtRisk => Rank { class: 1, first: deadline, second: grade },
            ClockState::Paused => Rank { class: 2, first: grade, second: self.opened_at.timestamp() },
            ClockState::NotStarted
            | ClockState::BestEffort
            | ClockState::Met
            | ClockState::Missed
            | ClockState::Unanswered
            | ClockState::Cancelled => Rank { class: 3, first: grade, second: self.opened_at.timestamp() },
        }
    }

    /// The first instant after `now` at which one of the clocks changes its state by itself.
    pub(super) fn next_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let changes = [&self.response, &self.fix].into_iter().flat_map(|hand| {
            // A deadline itself is still in time; over begins just after it.
            let over_from = hand.over_after.map(|at| plus(at, TimeDelta::milliseconds(1)));
            [hand.at_risk_from, over_from]
        });
        changes.flatten().filter(|at| now < *at).min()
    }
}

/// Whether all that is told of an incident had happened at `now`: then what holds of it goes on holding, whatever the time.
pub fn is_settled(incident: &Incident, now: DateTime<Utc>) -> bool {
    let told = [Some(incident.opened_at), incident.closed_at].into_iter().flatten();
    told.chain(incident.timeline.iter().map(|event| event.at)).all(|at| at <= now)
}
