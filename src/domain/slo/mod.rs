//! Service level objectives: what is promised of a service, what is left of the error budget, and how fast it is spent
//! (SEMANTICS section 5, R36–R40). The words are OpenSLO's.
//!
//! [`meter`] makes counts of samples, [`ledger`] keeps them by the minute, [`window`] says over what time they are summed,
//! [`burn`] judges the sums, [`standing`] puts it together. [`record`] is what the next process goes on from, [`exact`] why
//! none of it is rounded. [`bound`] is the smaller thing: an objective on one signal's bound.

pub mod bound;
pub mod burn;
pub mod exact;
pub mod feed;
pub mod ledger;
pub mod meter;
pub mod record;
pub mod standing;
pub mod window;

use chrono::TimeDelta;

use crate::{
    domain::slo::{
        burn::Row,
        exact::Target,
        feed::Feed,
        ledger::{Ledger, Marked, Method, Part},
        meter::{Counted, Counting, Op},
        window::{Stretch, TimeWindow},
    },
    text::Text,
};

pub use self::{
    bound::{Budget, budget},
    window::PERIOD,
};

/// One objective: an indicator, how much of it should be good, over what time.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// Its name: one of its kind.
    pub name: Text,
    /// The service it promises something of; may be blank.
    pub service: Text,
    /// What it is about, for people; may be blank.
    pub description: Text,
    /// What is measured.
    pub sli: Sli,
    /// How the budget is counted.
    pub method: Method,
    /// Over what time.
    pub window: TimeWindow,
    /// How much should be good.
    pub target: Target,
    /// A window with fewer events (or slices) than this is not judged (R40).
    pub min_total: u64,
    /// Silence of this length is an alert of its own; nothing = as long as an outage would need to page, at least
    /// [`SILENCE`].
    pub absent_after: Option<TimeDelta>,
    /// When it alerts; none = never.
    pub rows: Vec<Row>,
    /// Where to read what to do.
    pub runbook: Option<Text>,
}

/// The least silence that is an alert: as long as an alert without data is held (R39).
pub const SILENCE: TimeDelta = TimeDelta::minutes(10);

/// What is added to the time an outage would need: two evaluations of a minute.
const SILENCE_MARGIN: TimeDelta = TimeDelta::minutes(2);

/// A calendar window is a year at most.
const A_YEAR: TimeDelta = TimeDelta::days(367);

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Sli {
    /// Events of one kind among all events.
    Ratio {
        /// What the first count holds.
        marked: Marked,
        /// The bad or the good ones.
        part: Count,
        /// All of them.
        total: Count,
    },
    /// Values that keep a bound among all values: a gauge by time slices, or one value an event.
    Threshold {
        /// Whose values they are.
        of: Feed,
        /// How a good value compares with the bound.
        op: Op,
        /// The bound.
        value: f64,
    },
}

/// A number of events as samples tell it.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// Whose samples.
    pub of: Feed,
    /// How its samples are counted.
    pub counting: Counting,
}

impl Sli {
    /// Whether it is fed by what this signal comes to at the end of each minute.
    pub fn is_fed_by(&self, signal: &Text) -> bool {
        let is_meant = |feed: &Feed| matches!(feed, Feed::Minutes(name) if name == signal);
        match self {
            Self::Ratio { part, total, .. } => is_meant(&part.of) || is_meant(&total.of),
            Self::Threshold { of, .. } => is_meant(of),
        }
    }

    /// What feeds it, and in which way each is counted.
    pub fn counted(&self) -> Vec<(&Feed, Counted)> {
        match self {
            Self::Ratio { part, total, .. } => vec![
                (&part.of, Counted::Events(Part::Marked, part.counting)),
                (&total.of, Counted::Events(Part::Total, total.counting)),
            ],
            Self::Threshold { of, op, value } => vec![(of, Counted::Values(*op, *value))],
        }
    }

    /// What its first count holds.
    pub fn marked(&self) -> Marked {
        match self {
            Self::Ratio { marked, .. } => *marked,
            Self::Threshold { .. } => Marked::Bad,
        }
    }
}

impl Slo {
    /// An empty ledger for it.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.method, self.sli.marked())
    }

    /// The silence that is an alert.
    ///
    /// Silence is counted as an outage would be: once everything had been bad for long enough to page, saying nothing
    /// is no better.
    pub fn silence(&self, stretch: &Stretch) -> TimeDelta {
        let paging =
            self.rows.first().and_then(|row| burn::absent_after(row, self.target, stretch.period, SILENCE_MARGIN));
        self.absent_after.unwrap_or_else(|| paging.unwrap_or(SILENCE).max(SILENCE))
    }

    /// The longest time back that its figures can ever look at.
    pub fn longest_reach(&self) -> TimeDelta {
        let longest = self.rows.iter().map(|row| row.long).chain(standing::BURNS.map(|(_, window)| window)).max();
        let window = match self.window {
            TimeWindow::Rolling(period) => period,
            TimeWindow::Calendar { .. } => A_YEAR,
        };
        window.max(longest.unwrap_or_default())
    }

    /// The longest time back that its figures look at.
    pub fn reach(&self, stretch: &Stretch) -> TimeDelta {
        let longest = self.rows.iter().map(|row| row.long).chain(standing::BURNS.map(|(_, window)| window)).max();
        stretch.period.max(longest.unwrap_or_default())
    }
}
