//! What a report about policies tried on a history is made of.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        sla::{
            Policy,
            backtest::{Backtest, Counts},
        },
        trouble::Skipped,
        zone::Zone,
    },
    text::Text,
};

/// Policies tried on one history.
#[derive(Debug)]
pub struct Trials<'a> {
    /// The history's name as the person gave it.
    pub history: &'a Text,
    /// The instant at which everything was judged.
    pub as_of: DateTime<Utc>,
    /// Where that instant comes from.
    pub as_of_from: &'static str,
    /// The zone of the months.
    pub zone: &'a Zone,
    /// Records left out, some of them named.
    pub skipped: &'a [Skipped],
    /// How many records were left out.
    pub n_skipped: usize,
    /// The policies, in the order in which they were named.
    pub tried: Vec<Trial<'a>>,
}

/// One policy.
#[derive(Debug)]
pub struct Trial<'a> {
    /// Its name: its settings file.
    pub name: &'a Text,
    /// The policy.
    pub policy: &'a Policy,
    /// What it would have meant.
    pub found: Backtest,
}

/// What a later policy changes against the first, for one clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Compliance under the first, and under this one.
    pub kept: (Option<f64>, Option<f64>),
    /// Promises broken under the first, and under this one.
    pub broken: (usize, usize),
}

impl Change {
    /// From one policy's counts to another's.
    pub fn between(first: &Counts, other: &Counts) -> Self {
        Self { kept: (first.kept(), other.kept()), broken: (first.broken(), other.broken()) }
    }

    /// How much compliance changes, in percentage points; nothing where one of the two has none.
    pub fn points(&self) -> Option<f64> {
        let (before, after) = self.kept;
        before.zip(after).map(|(before, after)| (after - before) * 100.0)
    }
}

/// What compliance is in a backtest.
pub(super) const KEPT: &str = "met of met, missed and over; nothing else counts";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_points_and_nothing_has_none() {
        let (first, other) =
            (Counts { met: 3, missed: 1, ..Counts::default() }, Counts { met: 1, over: 1, ..Counts::default() });
        let change = Change::between(&first, &other);
        assert_eq!((change.points(), change.broken), (Some(-25.0), (1, 1)));
        assert_eq!(Change::between(&first, &Counts::default()).points(), None);
    }
}
