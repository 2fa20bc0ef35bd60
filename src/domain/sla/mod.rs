//! Response and fix clocks (SEMANTICS section 3, R19–R31).

pub mod backtest;
mod explain;
mod judge;
mod policy;
mod rule;
mod run;
#[cfg(test)]
mod samples;
mod tags;

use chrono::{DateTime, TimeDelta, Utc};

#[cfg(test)]
pub(crate) use self::samples::{at as sample_at, incident as sample_incident};

use crate::{
    domain::{
        calendar::Calendar,
        incident::{Incident, Login},
        priority::{Grade, Priority},
    },
    text::Text,
};

pub use policy::state_at;
pub use rule::{Basis, MOST_RULES, Promise, RepoPattern, Rule, Term, Terms};

/// Judges both clocks of an incident as they stood at `now`; later events are as if they had not happened.
///
/// Without its timeline (`has_timeline` is false) the response is unknown: an open incident is judged by time alone, and a
/// closed one is [`ClockState::Unanswered`], which keeps it out of the statistics.
pub fn judge(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> Verdict {
    judge::Walk::verdict(incident, policy, now)
}

/// Lists everything that moved a clock up to `now`, oldest first: the same walk as [`judge`].
pub fn explain(incident: &Incident, policy: &Policy, now: DateTime<Utc>) -> Vec<Evidence> {
    explain::evidence(incident, policy, now)
}

/// What a team promises, and how its labels say so.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// One row for each [`Grade`], in the order of [`Grade::ALL`].
    pub targets: [Target; 5],
    /// Label names that mean a priority, compared without case; for an incident the most urgent match counts (R19).
    pub priority_labels: Vec<(String, Priority)>,
    /// The priority of an incident with no such label; nothing = it is untriaged.
    pub default_priority: Option<Priority>,
    /// Labels that mean "not triaged yet" where no priority label stands beside them, whatever the default priority.
    pub triage_labels: Vec<String>,
    /// Promises of their own for some incidents; the first that fits judges. Beyond [`MOST_RULES`] none is looked at.
    pub rules: Vec<Rule>,
    /// Labels that stop the fix clock while a maintainer's hand has set them (R23).
    pub pause_labels: Vec<String>,
    /// Accounts whose acts count as the team's.
    pub maintainers: Vec<Login>,
    /// Whether an account that the source calls a member counts as the team's as well.
    pub members_are_maintainers: bool,
    /// Accounts that never count, beside those the source calls robots.
    pub robots: Vec<Login>,
    /// At risk from this fraction of the target on; 0 < f <= 1 (R26).
    pub at_risk: f64,
    /// From when the clocks run (R20).
    pub start: Start,
    /// What a raised priority does to the time already counted (R25).
    pub on_raise: OnRaise,
    /// What opening it again does to the fix clock (R24).
    pub reopen: Reopen,
    /// How long a clock may be over before the gate of the clocks fails; zero or longer.
    pub grace: TimeDelta,
}

/// One row of the policy: how long each promise is, and by which calendar it is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Nothing = no promise.
    pub response: Option<TimeDelta>,
    /// Nothing = best effort.
    pub fix: Option<TimeDelta>,
    /// Which hours count.
    pub calendar: Calendar,
}

/// From when the clocks run (R20).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From creation.
    Created,
    /// From the first priority label.
    Labeled,
}

/// What a raised priority does to the time already counted (R25).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRaise {
    /// It stays, and is compared with the new target.
    KeepElapsed,
    /// The clocks that still run begin again at the raise. A first priority is no raise: triage time counts (R19).
    Restart,
}

/// What opening an incident again does to the fix clock (R24).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reopen {
    /// It goes on from where the close stopped it; closed time does not count.
    Resume,
    /// It begins again from zero.
    Restart,
}

/// How an incident stands against its promises.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The row of the policy that judges it now.
    pub grade: Grade,
    /// The rule that judges it now, by its place in [`Policy::rules`].
    pub rule: Option<usize>,
    /// It was closed as not planned or as a duplicate: out of the statistics (R22).
    pub is_cancelled: bool,
    /// Time to the team's first act. For [`Grade::Untriaged`] this is the triage clock.
    pub response: Clock,
    /// Time to the close.
    pub fix: Clock,
}

/// One clock as it stands at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// What it says.
    pub state: ClockState,
    /// Time counted so far, by the calendars in force.
    pub elapsed: TimeDelta,
    /// The promise it is compared with; nothing = best effort.
    pub target: Option<TimeDelta>,
    /// Whether the promise counts open hours alone: both lengths are then said in hours, never in days (R31).
    pub is_business: bool,
    /// While it runs: the instant at which elapsed equals the target, if nothing happens before (R30).
    /// Once it is over this lies in the past, by as much counted time as it is over.
    pub deadline: Option<DateTime<Utc>>,
    /// While it runs: the last instant at which it is not over. That is the deadline, unless the deadline falls on closing
    /// time: then no time counts, and it is over only after the next opening (R26, R30).
    pub over_after: Option<DateTime<Utc>>,
    /// While it runs: the instant from which it is at risk.
    pub at_risk_from: Option<DateTime<Utc>>,
    /// When the act that it waits for came (met, missed, cancelled). Nothing for unanswered: that act never came.
    pub stopped_at: Option<DateTime<Utc>>,
    /// The grade whose target judged it: at its stop, or now.
    pub judged: Grade,
    /// The rule whose target judged it, by its place in [`Policy::rules`].
    pub rule: Option<usize>,
    /// Every time it went over, with the cause (R25).
    pub breaches: Vec<Breach>,
}

/// What a clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClockState {
    /// It has not begun.
    NotStarted,
    /// Running, in time.
    Ok,
    /// Running, at or past the at-risk fraction (and not over).
    AtRisk,
    /// Running (or paused), over its target.
    Breached,
    /// Held by a pause label, not over.
    Paused,
    /// Stopped in time.
    Met,
    /// Stopped too late.
    Missed,
    /// Closed with no response by the team: by its reporter, a robot, an outsider or somebody unknown (R21).
    Unanswered,
    /// Closed as not planned or a duplicate (R22).
    Cancelled,
    /// Running without a promise.
    BestEffort,
}

/// One time a clock went over.
#[derive(Debug, Clone, PartialEq)]
pub struct Breach {
    /// The last instant at which it was not over: its deadline; for one at closing time, the next opening (R30).
    pub at: DateTime<Utc>,
    /// Why it went over then.
    pub cause: BreachCause,
    /// The grade whose target was exceeded.
    pub grade: Grade,
}

/// Why a clock went over at that instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreachCause {
    /// Time ran out.
    Time,
    /// A label, by way of a priority or a rule, brought a shorter target.
    PriorityChange,
}

/// One line of a clock's evidence: what happened, when, and what it did to the clocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// When.
    pub at: DateTime<Utc>,
    /// Which clock.
    pub clock: WhichClock,
    /// What it did.
    pub step: Step,
    /// Who, where known.
    pub by: Option<Login>,
    /// Which event, in the timeline's words: "opened", "commented", "closed", "labeled waiting"; "time ran out" for none.
    pub event: String,
    /// The rule of the clocks that says so: "R21" (docs/rules.md).
    pub rule: &'static str,
    /// The same in a few words: "first act of the team", "judged by rule customers".
    pub words: Text,
    /// The policy's rule in force from this line on, by its name.
    pub under: Option<Text>,
}

/// Which of the two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhichClock {
    /// The response clock.
    Response,
    /// The fix clock.
    Fix,
}

/// What an event did to a clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// It began to run.
    Start,
    /// It was held.
    Pause,
    /// It went on.
    Resume,
    /// It stopped.
    Stop,
    /// Its target changed to another grade's.
    Retarget(Grade),
    /// It went over.
    Breach,
}
