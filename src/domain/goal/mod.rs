//! Goals: a figure the product knows, what it should come to, and for how many months running.
//!
//! What a figure means is said where it is made (`stats`, `sla`, `slo`, `series`); here it is only compared. [`judge`] says
//! how a goal stands.

pub mod judge;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::{
    domain::{
        query::Query,
        series,
        sla::WhichClock,
        stats::{
            period::Unit,
            summary::{Summary, length},
        },
        time::{exact_span, short_span},
        zone::Zone,
    },
    text::Text,
};

/// A figure and what it should come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// Its name: one of its kind.
    pub name: Text,
    /// What it is for, in the team's words; may be blank.
    pub why: Text,
    /// What is measured.
    pub figure: Figure,
    /// Which incidents count; the empty one = all of them. It passes what is closed and what is out of sight, too.
    pub filter: Query,
    /// What it should come to.
    pub target: Target,
    /// Over what time.
    pub window: Window,
    /// So many whole calendar months in a row must keep the target; zero = the window alone counts.
    pub months_running: u32,
    /// Whose it is; nothing = nobody's.
    pub owner: Option<Text>,
    /// Nothing before this day counts.
    pub since: Option<NaiveDate>,
    /// Until the end of this day it may be on the way.
    pub by: Option<NaiveDate>,
    /// Whose months and days those are.
    pub zone: Zone,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// Time to acknowledge, to resolve, to detect (SEMANTICS R32).
    Time(Moment, Stat),
    /// Compliance: the share of promises kept, of one clock or of both.
    Kept(Option<WhichClock>),
    /// Incidents that are open and older than this; zero = however old.
    Open(TimeDelta),
    /// Incidents opened.
    Opened,
    /// Incidents opened, less those closed.
    Growth,
    /// The share of those opened that were opened again after a close.
    Reopened,
    /// The share of open incidents that have an owner.
    Owned,
    /// A signal.
    Signal(Text, Stat),
    /// What is left of the error budget of an objective: 1 all of it, below zero overspent.
    Budget(Text),
    /// A number that stands in a file.
    File(Place),
}

/// Which time is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Until the team's first act: MTTA.
    Acted,
    /// Until the last close: MTTR.
    Resolved,
    /// From the start of the harm until it was noticed: MTTD.
    Detected,
}

/// Which figure of many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stat {
    /// The middle one.
    Median,
    /// Their mean.
    Mean,
    /// Nine of ten are at most this.
    P90,
    /// The greatest.
    Max,
    /// The least.
    Min,
    /// The newest.
    Last,
}

impl Stat {
    /// All of them, with their words.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("median", Self::Median),
        ("mean", Self::Mean),
        ("p90", Self::P90),
        ("max", Self::Max),
        ("min", Self::Min),
        ("last", Self::Last),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, stat)| *stat == self).map_or("", |(word, _)| word)
    }

    /// The figure of a summary; there is no newest in one.
    pub fn of(self, summary: &Summary) -> Option<f64> {
        match self {
            Self::Median => summary.median,
            Self::Mean => summary.mean,
            Self::P90 => summary.p90,
            Self::Max => summary.max,
            Self::Min => summary.min,
            Self::Last => None,
        }
    }
}

/// Where a number stands in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The file.
    pub path: Text,
    /// How it is found there.
    pub find: Find,
}

/// How a number is found in a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Find {
    /// By a regular expression whose first group it is.
    Pattern(Text),
    /// By the names on the way to it in a JSON document, with dots between: `totals.percent_covered`.
    Key(Text),
}

/// What a number of a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Seconds.
    Length,
    /// A share of one.
    Share,
    /// How many.
    Count,
    /// A number of its own kind.
    Number,
}

impl Figure {
    /// What its numbers are.
    pub fn measure(&self) -> Measure {
        match self {
            Self::Time(..) => Measure::Length,
            Self::Kept(_) | Self::Reopened | Self::Owned | Self::Budget(_) => Measure::Share,
            Self::Open(_) | Self::Opened | Self::Growth => Measure::Count,
            Self::Signal(..) | Self::File(_) => Measure::Number,
        }
    }

    /// The word it has in the settings and on the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Time(Moment::Acted, _) => "mtta",
            Self::Time(Moment::Resolved, _) => "mttr",
            Self::Time(Moment::Detected, _) => "mttd",
            Self::Kept(_) => "kept",
            Self::Open(_) => "open",
            Self::Opened => "opened",
            Self::Growth => "growth",
            Self::Reopened => "reopened",
            Self::Owned => "owned",
            Self::Signal(..) => "signal",
            Self::Budget(_) => "slo",
            Self::File(_) => "file",
        }
    }

    /// A word or two for a row: `MTTR median`, `open over 14d`.
    pub fn title(&self) -> String {
        match self {
            Self::Time(_, stat) => format!("{} {}", self.word().to_uppercase(), stat.word()),
            Self::Kept(None) => "promises kept".to_owned(),
            Self::Kept(Some(WhichClock::Response)) => "responses kept".to_owned(),
            Self::Kept(Some(WhichClock::Fix)) => "fixes kept".to_owned(),
            Self::Open(age) if age.is_zero() => "open".to_owned(),
            Self::Open(age) => format!("open over {}", short_span(*age)),
            Self::Opened => "opened".to_owned(),
            Self::Growth => "opened less closed".to_owned(),
            Self::Reopened => "opened again".to_owned(),
            Self::Owned => "with an owner".to_owned(),
            Self::Signal(name, stat) => format!("{name} {}", stat.word()),
            Self::Budget(name) => format!("budget left of {name}"),
            Self::File(place) => place.path.as_str().rsplit(['/', '\\']).next().unwrap_or_default().to_owned(),
        }
    }

    /// What is counted, and how: stands beside every figure.
    pub fn definition(&self) -> &'static str {
        match self {
            Self::Time(Moment::Acted, _) => {
                "of those opened in it: from opening to the team's first act, or until somebody took it on here"
            }
            Self::Time(Moment::Resolved, _) => {
                "of those closed in it, cancelled left out: from opening to the last close"
            }
            Self::Time(Moment::Detected, _) => {
                "from the start of the harm until it was noticed, where both are recorded"
            }
            Self::Kept(_) => "met of met, missed (clocks that stopped in it) and still over at its end",
            Self::Open(_) => "open at its end, older than that where an age is named",
            Self::Opened => "opened in it",
            Self::Growth => "opened in it, less those closed in it (cancelled ones among them)",
            Self::Reopened => "of those opened in it: opened again at least once since",
            Self::Owned => "of those open now: assigned to somebody, or taken on here",
            Self::Signal(..) => "over the samples in it",
            Self::Budget(_) => "what is left of the error budget; below zero is overspent",
            Self::File(_) => "the number that stands in the file now",
        }
    }

    /// Whether it is a figure of incidents.
    pub fn is_of_incidents(&self) -> bool {
        !matches!(self, Self::Signal(..) | Self::Budget(_) | Self::File(_))
    }

    /// Whether it can be told of a month that is over. What files hold and who owned what then nobody knows any more.
    pub fn has_months(&self) -> bool {
        !matches!(self, Self::Owned | Self::File(_))
    }

    /// Whether it speaks of one instant, and not of a stretch.
    pub fn is_of_an_instant(&self) -> bool {
        matches!(self, Self::Open(_) | Self::Owned | Self::File(_))
    }

    /// A number of it in words: `3d 4h`, `97.3 %`, `4`, `0.42`.
    pub fn said(&self, value: f64) -> String {
        match self.measure() {
            // A share is told as it is rounded down: a miss is never rounded away.
            Measure::Share if value >= 1.0 => "100 %".to_owned(),
            Measure::Share => format!("{:.1} %", (value * 1000.0).floor() / 10.0),
            Measure::Length => exact_span(length(value)),
            Measure::Count | Measure::Number => series::figure(value),
        }
    }
}

/// What a figure should come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Lower than the baseline by this share of it.
    Below {
        /// The share: 0.3 = 30 %.
        by: f64,
        /// What it is compared with.
        baseline: Baseline,
    },
}

/// What a figure is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Baseline {
    /// A number.
    Value(f64),
    /// The same figure over the days `[from, until)`.
    Days(NaiveDate, NaiveDate),
    /// A number in a file; one of it is worth so many of the figure's own.
    File(Place, f64),
}

/// Over what time a figure is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The last so much.
    Rolling(TimeDelta),
    /// The last whole month or quarter.
    Calendar(Unit),
}

/// A stretch of time a figure is asked of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// From when, included.
    pub from: DateTime<Utc>,
    /// Until when; excluded, unless that is now.
    pub until: DateTime<Utc>,
    /// What it is called; blank for one that ends now.
    pub name: String,
}

/// A figure that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What it comes to; nothing = there was nothing to measure.
    pub value: Option<f64>,
    /// Of how many.
    pub n: usize,
    /// What else is to be known of it; may be blank.
    pub note: Text,
}

impl Goal {
    /// The start of a day by its clock.
    pub fn midnight(&self, day: NaiveDate) -> DateTime<Utc> {
        self.zone.resolve(day.and_time(NaiveTime::MIN))
    }

    /// When its last day is over; nothing where it has none.
    pub fn deadline(&self) -> Option<DateTime<Utc>> {
        self.by.map(|day| self.midnight(day.succ_opt().unwrap_or(day)))
    }

    /// The files that it asks for: those of its figure and of its baseline.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        let of_figure = if let Figure::File(place) = &self.figure { Some(place) } else { None };
        let of_baseline = if let Target::Below { baseline: Baseline::File(place, _), .. } = &self.target {
            Some(place)
        } else {
            None
        };
        of_figure.into_iter().chain(of_baseline)
    }

    /// What it asks in words: `at most 3d`, `at least 95.0 %, 2 months running`.
    pub fn asks(&self, limit: Option<f64>) -> String {
        match self.months_running {
            0 => self.wants(limit),
            n => format!("{}, {} running", self.wants(limit), crate::text::counted(n as usize, "month", "months")),
        }
    }

    /// The same without the months: `at most 3d`.
    pub fn wants(&self, limit: Option<f64>) -> String {
        let said = |value: f64| self.figure.said(value);
        match &self.target {
            Target::AtMost(most) => format!("at most {}", said(*most)),
            Target::AtLeast(least) => format!("at least {}", said(*least)),
            Target::Below { by, .. } => {
                let limit = limit.map(|limit| format!(", at most {}", said(limit))).unwrap_or_default();
                format!("{} below the baseline{limit}", share(*by))
            }
        }
    }
}

fn share(value: f64) -> String {
    format!("{} %", series::figure(value * 100.0))
}
