//! What a source feeds, as documents name it.

use crate::{floor::freshness, sink::board::Feed};

/// The name of a feed.
pub(super) fn feed(feed: freshness::Feed) -> Feed {
    match feed {
        freshness::Feed::Host => Feed::Host,
        freshness::Feed::History => Feed::History,
        freshness::Feed::Roster => Feed::Roster,
        freshness::Feed::Release => Feed::Release,
        freshness::Feed::Metrics => Feed::Metrics,
    }
}
