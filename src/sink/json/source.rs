//! Who told, when, and what went wrong.

use serde::Serialize;

use super::{LeftOut, Said, instant, left_out, seconds};
use crate::{
    domain::{time::rfc3339, trouble::Trouble},
    sink::board,
};

/// One source.
#[derive(Debug, Serialize)]
pub struct Source {
    name: Said,
    feed: &'static str,
    worth: &'static str,
    heard_at: Option<String>,
    age_s: Option<i64>,
    from_disk: bool,
    trouble: Option<&'static str>,
    since: Option<String>,
    limited_until: Option<String>,
    why: Option<Said>,
    n_skipped: usize,
    skipped: Vec<LeftOut>,
    budget: Option<Budget>,
}

#[derive(Debug, Serialize)]
struct Budget {
    remaining: u64,
    limit: u64,
}

impl Source {
    /// A source on the wire.
    pub fn of(source: &board::Source<'_>) -> Self {
        let limited_until = source.trouble.and_then(|(trouble, ..)| match trouble {
            Trouble::Limited { until } => Some(until),
            Trouble::Away | Trouble::Refused | Trouble::Garbled => None,
        });
        Self {
            name: Said::from(source.name),
            feed: source.feed.word(),
            worth: source.worth.word(),
            heard_at: instant(source.heard_at),
            age_s: seconds(source.age),
            from_disk: source.is_cached,
            trouble: source.trouble.map(|(trouble, ..)| trouble.word()),
            since: source.trouble.map(|(_, since, _)| rfc3339(since)),
            limited_until: instant(limited_until),
            why: source.trouble.map(|(.., why)| Said::from(why)),
            n_skipped: source.n_skipped,
            skipped: left_out(source.skipped),
            budget: source.budget.map(|(remaining, limit)| Budget { remaining, limit }),
        }
    }
}
