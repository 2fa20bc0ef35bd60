//! Objectives as they stand, for every format.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{
    alert::{AlertState, Condition},
    slo::{
        self, Sli,
        burn::Severity,
        ledger::{Empty, Marked, Method},
        standing::{BudgetState, Exhausted, Standing},
        window::{TimeWindow, Unit},
    },
    time::short_span,
};

/// An objective as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Slo<'a> {
    /// What is promised.
    pub slo: &'a slo::Slo,
    /// How it stands.
    pub standing: &'a Standing,
    /// Where the page and the ticket stand.
    pub alerts: [(Severity, AlertState); 2],
    /// Where the alert for silence stands.
    pub absent: AlertState,
    /// Counts that came too late to be counted.
    pub n_late: u64,
}

/// The one word for how an objective stands: the gravest that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The page fires.
    Page,
    /// Silence has lasted so long that it is an alert.
    Silent,
    /// The ticket fires.
    Ticket,
    /// More than the budget is spent.
    Exhausted,
    /// Nothing was measured, or too little to judge.
    NoData,
    /// No more than a quarter of the budget is left.
    AtRisk,
    /// All is well.
    Healthy,
}

impl State {
    /// Its word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Silent => "silent",
            Self::Ticket => "ticket",
            Self::Exhausted => "exhausted",
            Self::NoData => "no_data",
            Self::AtRisk => "at_risk",
            Self::Healthy => "healthy",
        }
    }

    /// Its word on paper.
    pub fn on_paper(self) -> &'static str {
        match self {
            Self::Page => "PAGE",
            Self::Silent => "SILENT",
            Self::Ticket => "TICKET",
            Self::Exhausted => "exhausted",
            Self::NoData => "no data",
            Self::AtRisk => "at risk",
            Self::Healthy => "healthy",
        }
    }

    /// The mark before its row: `!!` wakes, `!` wants a look, `?` could not be judged.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Page => "!!",
            Self::Ticket | Self::Exhausted | Self::AtRisk => "!",
            Self::Silent | Self::NoData => "?",
            Self::Healthy => "",
        }
    }
}

impl Slo<'_> {
    /// How it stands, in one word.
    pub fn state(&self) -> State {
        let fires =
            |wanted| self.alerts.iter().any(|(s, alert)| *s == wanted && matches!(alert, AlertState::Firing { .. }));
        match self.standing.budget {
            _ if fires(Severity::Page) => State::Page,
            _ if self.standing.absent == Condition::True => State::Silent,
            _ if fires(Severity::Ticket) => State::Ticket,
            BudgetState::Exhausted => State::Exhausted,
            BudgetState::Unknown => State::NoData,
            BudgetState::AtRisk => State::AtRisk,
            BudgetState::Healthy => State::Healthy,
        }
    }

    /// When its budget is gone, if the last hour goes on; nothing = not soon, or nobody knows.
    pub fn exhausted_at(&self) -> Option<DateTime<Utc>> {
        match self.standing.exhausted {
            Exhausted::At(at) => Some(at),
            Exhausted::Already | Exhausted::NotSoon | Exhausted::Unknown => None,
        }
    }
}

/// The word for when a budget is gone, on the wire.
pub fn exhausted_word(exhausted: Exhausted) -> &'static str {
    match exhausted {
        Exhausted::Unknown => "no_data",
        Exhausted::NotSoon => "not_soon",
        Exhausted::At(_) => "forecast",
        Exhausted::Already => "already",
    }
}

/// The word for a condition, on the wire and on paper.
pub fn condition_word(condition: Condition) -> &'static str {
    match condition {
        Condition::True => "true",
        Condition::False => "false",
        Condition::NoData => "no_data",
    }
}

/// A window's name: `28d`, `month`.
pub fn window_name(window: &TimeWindow) -> String {
    match window {
        TimeWindow::Rolling(length) => length_name(*length),
        TimeWindow::Calendar { unit, .. } => Unit::word(*unit).to_owned(),
    }
}

/// A length of time as windows are written: `5m`, `6h`, `28d`; in full where it is no whole one of them.
pub fn length_name(length: TimeDelta) -> String {
    let minutes = length.num_minutes();
    match minutes {
        m if m > 0 && m % 1_440 == 0 => format!("{}d", m / 1_440),
        m if m > 0 && m % 60 == 0 => format!("{}h", m / 60),
        m if m > 0 && length == TimeDelta::minutes(m) => format!("{m}m"),
        _ => short_span(length),
    }
}

/// OpenSLO's word for how the budget is counted.
pub fn method_word(method: Method) -> &'static str {
    match method {
        Method::Occurrences => "Occurrences",
        Method::Timeslices { .. } => "Timeslices",
        Method::RatioTimeslices { .. } => "RatioTimeslices",
    }
}

/// What the counts are counts of: events, or slices of so many minutes.
pub fn unit_of(method: Method) -> String {
    match method {
        Method::Occurrences => "events".to_owned(),
        Method::Timeslices { slices, .. } | Method::RatioTimeslices { slices } => {
            let empty = match slices.empty {
                Empty::LeftOut => "",
                Empty::Good => ", empty ones good",
                Empty::Bad => ", empty ones bad",
            };
            format!("slices of {}m{empty}", slices.minutes)
        }
    }
}

/// What is measured, in words.
pub fn sli_in_words(sli: &Sli) -> String {
    match sli {
        Sli::Ratio { marked: Marked::Bad, part, total } => format!("bad: {} of {}", part.of, total.of),
        Sli::Ratio { marked: Marked::Good, part, total } => format!("good: {} of {}", part.of, total.of),
        Sli::Threshold { of, op, value } => format!("good: {of} {} {value}", op.sign()),
    }
}
