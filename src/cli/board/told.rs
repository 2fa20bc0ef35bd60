//! Who told what a board is made of.

use chrono::{DateTime, Utc};

use crate::{
    floor::freshness::{self, Worth},
    sink::board::{self, Feed, Source},
};

/// A source with what it is worth.
pub(super) fn told(source: &freshness::Source, now: DateTime<Utc>) -> Source<'_> {
    let (worth, age) = match source.worth(now) {
        Worth::Reading => (board::Worth::Reading, None),
        Worth::Never => (board::Worth::Never, None),
        Worth::Fresh(age) => (board::Worth::Fresh, Some(age)),
        Worth::Stale(age) => (board::Worth::Stale, Some(age)),
    };
    Source {
        name: &source.name,
        feed: feed(source.feed),
        worth,
        heard_at: source.heard_at,
        age,
        is_cached: source.is_cached,
        trouble: source.trouble.as_ref().map(|(trouble, since, why)| (*trouble, *since, why)),
        n_skipped: source.n_skipped,
        skipped: &source.skipped,
        budget: source.budget.map(|quota| (quota.remaining, quota.limit)),
    }
}

/// What kind of source it is, on the board.
pub(super) fn feed(feed: freshness::Feed) -> Feed {
    match feed {
        freshness::Feed::Host => Feed::Host,
        freshness::Feed::History => Feed::History,
        freshness::Feed::Roster => Feed::Roster,
        freshness::Feed::Release => Feed::Release,
        freshness::Feed::Metrics => Feed::Metrics,
        freshness::Feed::Alerts => Feed::Alerts,
        freshness::Feed::Duties => Feed::Duties,
    }
}
