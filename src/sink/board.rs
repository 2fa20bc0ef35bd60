//! What a report is made of: the floor's answers at one instant, as plain values that every format can write.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    domain::{
        alert::AlertState,
        escalation::ladder::Ladder,
        host::RefChecks,
        incident::{Incident, IncidentKey, Login},
        intent::Intent,
        priority::Grade,
        release::{
            Release,
            course::{Course, Standing},
            evidence::Judged as Judgment,
            gate::{Outcome, Reason},
            plan::Step,
            rollback::Rollback,
            week::{State, Week},
        },
        rota::{Duty, Person, Segment, Unheard},
        series::{self, Reading},
        sla::{Clock, ClockState, Verdict, WhichClock},
        slo::Budget,
        stats::times::Times,
        trouble::{Skipped, Trouble},
        zone::Zone,
    },
    text::Text,
};

/// The open incidents.
#[derive(Debug)]
pub struct Queue<'a> {
    /// Whether any source has told of incidents. Where none has, zero is not a figure.
    pub is_known: bool,
    /// Open incidents.
    pub open: usize,
    /// Of those: a clock is over.
    pub over: usize,
    /// Of those: a clock is at risk and none is over.
    pub at_risk: usize,
    /// In the order in which promises break.
    pub incidents: Vec<Judged<'a>>,
}

/// Incidents that were asked for.
#[derive(Debug)]
pub struct Listed<'a> {
    /// Whether any source has told of incidents. Where none has, zero is not a figure.
    pub is_known: bool,
    /// The section they are of.
    pub section: Option<Text>,
    /// The query they pass.
    pub query: Text,
    /// Their order.
    pub sort: Text,
    /// What they are put together by.
    pub group: Option<Text>,
    /// What stands above runs of them, and how long each is; empty = nothing does.
    pub headings: Vec<(Text, usize)>,
    /// In order.
    pub items: Vec<Judged<'a>>,
}

/// An incident, judged at the report's instant.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The incident as its source last told it.
    pub incident: &'a Incident,
    /// How it stands.
    pub verdict: Verdict,
    /// Who took it on, and when.
    pub acked: Option<(&'a Login, DateTime<Utc>)>,
    /// The clock that matters now.
    pub pressing: WhichClock,
    /// The rule of the policy that judges it; nothing = its priority's row alone.
    pub rule: Option<&'a Text>,
    /// Who was and will be told of it; nothing = it does not escalate, or the roster is not known.
    pub ladder: Option<Ladder>,
    /// When its milestone is due; nothing = it has none, no day is set, or the host did not say.
    pub milestone_due: Option<DateTime<Utc>>,
    /// Until when it is out of sight in the console.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// Changes to it that wait to be delivered, oldest first.
    pub pending: Vec<&'a Intent>,
    /// Why the roster could not be read, so that nobody knows whether it escalates; nothing = it was, or there is none.
    pub roster_away: Option<&'a Text>,
}

impl Judged<'_> {
    /// The clock of this name.
    pub fn clock(&self, which: WhichClock) -> &Clock {
        match which {
            WhichClock::Response => &self.verdict.response,
            WhichClock::Fix => &self.verdict.fix,
        }
    }

    /// Whether a clock's state can be known: a list without history does not tell whether somebody answered.
    pub fn is_known(&self, which: WhichClock) -> bool {
        which == WhichClock::Fix || self.incident.has_timeline
    }

    /// Whether its pressing clock still runs towards its deadline.
    pub fn is_running(&self) -> bool {
        matches!(self.clock(self.pressing).state, ClockState::Ok | ClockState::AtRisk)
    }
}

/// The promises and how they were kept.
#[derive(Debug)]
pub struct Sla<'a> {
    /// Whether any source has told of incidents. Where none has, zero is not a figure.
    pub is_known: bool,
    /// One row for each grade, most urgent first.
    pub rows: Vec<SlaRow<'a>>,
    /// One for each rule of the policy, in its order: incidents that it judges, which the rows above count as well.
    pub rules: Vec<(&'a Text, SlaCounts)>,
    /// The mean times of the last 30 days, by the definitions that `sla stats` has.
    pub times: Times,
}

/// One row of the policy.
#[derive(Debug)]
pub struct SlaRow<'a> {
    /// Which.
    pub grade: Grade,
    /// The promised time to the first act; nothing = no promise.
    pub response: Option<TimeDelta>,
    /// The promised time to the close; nothing = best effort.
    pub fix: Option<TimeDelta>,
    /// Whether only business hours count.
    pub is_business: bool,
    /// What the team calls those hours; nothing = around the clock.
    pub calendar_name: Option<&'a Text>,
    /// How it stands.
    pub counts: SlaCounts,
}

/// How the promises of a row stand.
#[derive(Debug, Clone, Copy, Default)]
pub struct SlaCounts {
    /// Open incidents.
    pub open: usize,
    /// Of those: a clock is at risk and none is over.
    pub at_risk: usize,
    /// Of those: a clock is over.
    pub over: usize,
    /// Clocks of those that are over, however long.
    pub still_over: usize,
    /// Clocks that stopped in time in the last 30 days.
    pub met: usize,
    /// Clocks that stopped too late in the last 30 days.
    pub missed: usize,
    /// The share of both that was in time; nothing = none stopped.
    pub in_time: Option<f64>,
    /// Compliance: the share of met in met, missed and still over; nothing = there is none of them.
    pub kept: Option<f64>,
}

/// Who is on call.
#[derive(Debug)]
pub struct OnCall<'a> {
    /// The zone its days are counted in.
    pub zone: &'a Zone,
    /// One for each schedule, in order.
    pub seats: Vec<Seat<'a>>,
    /// Local dates from today.
    pub days: &'a [NaiveDate],
    /// Stretches with nobody, over all seats, earliest first, each with its seat.
    pub gaps: Vec<(&'a Text, &'a Segment)>,
}

/// One schedule.
#[derive(Debug)]
pub struct Seat<'a> {
    /// Its name.
    pub name: &'a Text,
    /// Now, since when, until when, who next.
    pub duty: &'a Duty,
    /// The calendar whose shifts are missing, if one: then nobody on call is not known to be nobody.
    pub missing: Option<&'a Unheard>,
    /// The final schedule over the days ahead.
    pub segments: &'a [Segment],
    /// One for each of the days.
    pub by_day: Vec<Day<'a>>,
}

/// One day of a schedule.
#[derive(Debug)]
pub struct Day<'a> {
    /// Who holds the longest part; empty = nobody.
    pub people: &'a [Person],
    /// Whether somebody else, or nobody, holds another part.
    pub is_split: bool,
    /// How long nobody holds it.
    pub gap: TimeDelta,
}

/// The release in preparation.
#[derive(Debug)]
pub struct ReleaseBoard<'a> {
    /// The release.
    pub release: &'a Release,
    /// Its steps at this instant: what is due, what is late.
    pub week: Week,
    /// The gate's verdict, with every reason.
    pub outcome: &'a Outcome,
    /// What blocks it; the incident where it is known.
    pub blockers: Vec<(&'a IncidentKey, Option<&'a Incident>)>,
    /// Sources it is judged by that are not fresh, so that nobody can say go.
    pub unheard: Vec<&'a Text>,
    /// How the checks of the refs that are watched stand; they are shown, and judge nothing.
    pub checks: Vec<&'a RefChecks>,
    /// What else it is judged by and could not be heard.
    pub doubts: Vec<Text>,
    /// What evidence says of its steps, with the text of each and how it stands.
    pub evidence: Vec<(&'a Text, &'a Judgment, Standing)>,
    /// The watch over it; nothing where no day is set.
    pub rollback: Option<&'a Rollback>,
}

impl<'a> ReleaseBoard<'a> {
    /// What stands against it, as the gate lists it; what could not be heard is apart.
    pub fn against(&self) -> impl Iterator<Item = &'a Reason> {
        self.outcome.reasons.iter().filter(|reason| !matches!(reason, Reason::Unheard(_)))
    }

    /// The steps that stand so, in file order, each with its plan.
    pub fn steps(&self, state: State) -> impl Iterator<Item = (&'a Course, &'a Step)> {
        let courses = &self.release.courses;
        let rows = self.week.rows.iter().filter(move |row| row.state == state);
        rows.filter_map(|row| {
            let course = courses.get(row.course)?;
            Some((course, course.plan.steps.get(row.step)?))
        })
    }
}

/// A signal as it stands.
#[derive(Debug)]
pub struct Signal<'a> {
    /// What it is and how it is judged.
    pub signal: &'a series::Signal,
    /// What it says now.
    pub reading: Reading,
    /// Where its alert stands.
    pub alert: AlertState,
    /// Its budget, where it has an objective.
    pub budget: Option<Budget>,
    /// Lines left out since its file was opened.
    pub n_skipped: usize,
    /// Some of them, named.
    pub skipped: &'a [Skipped],
    /// What stands it together with others.
    pub group: Option<&'a Text>,
    /// Why it comes to nothing, or what of it is not shown.
    pub note: Option<&'a Text>,
}

/// Who told, and what that is worth.
#[derive(Debug)]
pub struct Source<'a> {
    /// Its name.
    pub name: &'a Text,
    /// What it feeds.
    pub feed: Feed,
    /// What its data is worth.
    pub worth: Worth,
    /// When what it told was true; nothing = it never answered.
    pub heard_at: Option<DateTime<Utc>>,
    /// How long ago that is.
    pub age: Option<TimeDelta>,
    /// Whether it comes from an earlier run's copy on disk.
    pub is_cached: bool,
    /// Its trouble, since when, and why.
    pub trouble: Option<(Trouble, DateTime<Utc>, &'a Text)>,
    /// Records left out of its last answer.
    pub n_skipped: usize,
    /// Some of them, named.
    pub skipped: &'a [Skipped],
    /// Requests left and in all, where its host says.
    pub budget: Option<(u64, u64)>,
}

/// What a source feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// Incidents from a live host.
    Host,
    /// Incidents from a file.
    History,
    /// The roster.
    Roster,
    /// The release checklists.
    Release,
    /// Metric files.
    Metrics,
    /// Alerts of other servers.
    Alerts,
    /// The record and the evidence of duties.
    Duties,
}

/// What a source's data is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// Nothing was heard yet.
    Reading,
    /// Nothing was ever heard, and asking failed.
    Never,
    /// Heard lately.
    Fresh,
    /// Too old, from disk, or in trouble.
    Stale,
}

impl Feed {
    /// Its word on the wire and on paper.
    pub fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::History => "history",
            Self::Roster => "roster",
            Self::Release => "release",
            Self::Metrics => "metrics",
            Self::Alerts => "alerts",
            Self::Duties => "duties",
        }
    }
}

impl Worth {
    /// Its word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Never => "never",
            Self::Fresh => "fresh",
            Self::Stale => "stale",
        }
    }
}
