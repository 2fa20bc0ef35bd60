//! How a source stands, as a value: what is put on record of it, and what a floor of the past is given back.

use chrono::{DateTime, Utc};

use crate::{
    domain::trouble::{Skipped, Trouble},
    floor::{fact::Quota, freshness::Source},
    text::Text,
};

/// How a source stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    /// When what it told was true; nothing = it never answered.
    pub heard_at: Option<DateTime<Utc>>,
    /// What it told bears a date of its own.
    pub is_dated: bool,
    /// What it last told comes from an earlier run's copy on disk.
    pub is_cached: bool,
    /// The trouble it is in, since when, and why.
    pub trouble: Option<(Trouble, DateTime<Utc>, Text)>,
    /// Records left out of its last answer.
    pub n_skipped: usize,
    /// Some of them, named.
    pub skipped: Vec<Skipped>,
    /// What is left of the host's budget.
    pub budget: Option<Quota>,
}

impl Standing {
    /// Whether only the time is another one: it was heard again, and everything is as it was.
    pub fn differs_in_time_only(&self, other: &Self) -> bool {
        Self { heard_at: None, budget: None, ..self.clone() } == Self { heard_at: None, budget: None, ..other.clone() }
            && self.heard_at.is_some() == other.heard_at.is_some()
    }

    /// Whether it was heard whenever somebody looked: in no trouble, and without a date of its own.
    pub fn is_plain(&self) -> bool {
        self.heard_at.is_some() && self.trouble.is_none() && !self.is_dated && !self.is_cached
    }
}

impl Source {
    /// How it stands.
    pub fn standing(&self) -> Standing {
        Standing {
            heard_at: self.heard_at,
            is_dated: self.is_dated,
            is_cached: self.is_cached,
            trouble: self.trouble.clone(),
            n_skipped: self.n_skipped,
            skipped: self.skipped.clone(),
            budget: self.budget,
        }
    }

    /// Makes it stand as it stood once.
    pub fn stand(&mut self, standing: Standing) {
        let Standing { heard_at, is_dated, is_cached, trouble, n_skipped, skipped, budget } = standing;
        (self.heard_at, self.is_dated, self.is_cached) = (heard_at, is_dated, is_cached);
        (self.trouble, self.n_skipped, self.skipped, self.budget) = (trouble, n_skipped, skipped, budget);
        self.is_asked = false;
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        domain::time::{parse_rfc3339, plus},
        floor::freshness::Feed,
    };

    #[test]
    fn a_source_stands_as_it_stood_and_only_time_is_no_news() {
        let now = parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let new = || Source::new(Text::scrub("roster"), Feed::Roster, TimeDelta::seconds(2));
        let mut source = new();
        source.heard(now, now);
        let before = source.standing();
        source.heard(plus(now, TimeDelta::seconds(2)), plus(now, TimeDelta::seconds(2)));
        assert!(before.differs_in_time_only(&source.standing()) && before.is_plain());
        source.failed(Trouble::Away, Text::scrub("no such file"), plus(now, TimeDelta::seconds(4)));
        let troubled = source.standing();
        assert!(!before.differs_in_time_only(&troubled) && !troubled.is_plain());
        let mut again = new();
        again.stand(troubled.clone());
        assert_eq!(again.standing(), troubled);
        assert!(!new().standing().differs_in_time_only(&before));
    }
}
