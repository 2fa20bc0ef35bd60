//! One clock while the walk moves it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{
    calendar::Calendar,
    sla::{Basis, Breach, BreachCause, Clock, ClockState, Policy, WhichClock, policy::less},
    time::plus,
};

/// The end of a clock: when, and whose target judges it (R25).
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) at: DateTime<Utc>,
    pub(super) basis: Basis,
}

/// What a clock does at the walk's cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    NotStarted,
    Running,
    Paused,
    Stopped,
}

/// One clock at the walk's cursor.
pub(super) struct Run {
    pub(super) which: WhichClock,
    pub(super) phase: Phase,
    pub(super) elapsed: TimeDelta,
    pub(super) is_over: bool,
    breaches: Vec<Breach>,
    /// Where the stretch of one phase and one target began, and what was counted by then. Deadlines are reckoned from
    /// here, not from `now`: a deadline at closing time must not move to the moment at which somebody looks (R30).
    since: (DateTime<Utc>, TimeDelta),
}

impl Run {
    pub(super) fn new(which: WhichClock, at: DateTime<Utc>) -> Self {
        let zero = TimeDelta::zero();
        Self { which, phase: Phase::NotStarted, elapsed: zero, is_over: false, breaches: Vec::new(), since: (at, zero) }
    }

    pub(super) fn count(&mut self, calendar: &Calendar, from: DateTime<Utc>, until: DateTime<Utc>) {
        self.elapsed = self.elapsed.checked_add(&calendar.elapsed(from, until)).unwrap_or(TimeDelta::MAX);
    }

    pub(super) fn begin_stretch(&mut self, at: DateTime<Utc>) {
        self.since = (at, self.elapsed);
    }

    /// Begins again from zero; what was breached stays recorded (R25).
    pub(super) fn restart(&mut self) {
        self.elapsed = TimeDelta::zero();
        self.is_over = false;
        self.phase = Phase::NotStarted;
    }

    pub(super) fn breach(&mut self, at: DateTime<Utc>, cause: BreachCause, basis: Basis) {
        self.is_over = true;
        self.breaches.push(Breach { at, cause, grade: basis.grade });
    }

    /// When this stretch brings the clock to `length`; where it began beyond that, as long before as it was beyond.
    pub(super) fn reaches(&self, calendar: &Calendar, length: TimeDelta) -> DateTime<Utc> {
        let (at, elapsed) = self.since;
        let left = less(length, elapsed);
        if left < TimeDelta::zero() { plus(at, left) } else { calendar.add(at, left) }
    }

    /// The last instant at which this stretch leaves the clock no longer than `length`: when it reaches that, or, where it
    /// reaches it at closing time, the next opening. Where it began beyond, as [`Run::reaches`].
    pub(super) fn over_after(&self, calendar: &Calendar, length: TimeDelta) -> DateTime<Utc> {
        let at = self.reaches(calendar, length);
        if length < self.since.1 { at } else { calendar.counts_from(at) }
    }

    /// `end` is the stop, and the state it means where that is not for the target to say.
    pub(super) fn clock(self, policy: &Policy, basis: Basis, end: Option<(Stop, Option<ClockState>)>) -> Clock {
        let judged = end.map_or(basis, |(stop, _)| stop.basis);
        let row = policy.promise(judged);
        let target = row.of(self.which);
        let at_risk_after = target.map(|target| policy.at_risk_after(target));
        let state = self.state(at_risk_after, end);
        let is_running = self.phase == Phase::Running;
        Clock {
            state,
            elapsed: self.elapsed,
            target,
            is_business: row.calendar.is_business(),
            deadline: target.filter(|_| is_running).map(|target| self.reaches(row.calendar, target)),
            over_after: target.filter(|_| is_running).map(|target| self.over_after(row.calendar, target)),
            at_risk_from: at_risk_after.filter(|_| is_running).map(|length| self.reaches(row.calendar, length)),
            stopped_at: end
                .filter(|_| !matches!(state, ClockState::Unanswered | ClockState::NotStarted))
                .map(|(stop, _)| stop.at),
            judged: judged.grade,
            rule: judged.rule,
            breaches: self.breaches,
        }
    }

    fn state(&self, at_risk_after: Option<TimeDelta>, end: Option<(Stop, Option<ClockState>)>) -> ClockState {
        match (end, self.phase) {
            (Some((_, Some(state))), _) => state,
            (_, Phase::NotStarted) => ClockState::NotStarted,
            (Some((_, None)), _) | (None, Phase::Stopped) if self.is_over => ClockState::Missed,
            (Some((_, None)), _) | (None, Phase::Stopped) => ClockState::Met,
            (None, Phase::Running | Phase::Paused) if self.is_over => ClockState::Breached,
            (None, Phase::Paused) => ClockState::Paused,
            (None, Phase::Running) => match at_risk_after {
                None => ClockState::BestEffort,
                Some(after) if after <= self.elapsed => ClockState::AtRisk,
                Some(_) => ClockState::Ok,
            },
        }
    }
}
