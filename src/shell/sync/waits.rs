//! What a host asked to be waited for, kept for the process that comes next: it was told as well.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::trip::Trip;
use crate::{
    domain::{
        time::{between, parse_rfc3339, plus, rfc3339},
        trouble::Trouble,
    },
    shell::{
        http::Patience,
        store::{Round, Store},
    },
    source::github::sync::Waits,
    text::Text,
};

/// The cursors that say until when: by everybody, by REST, by GraphQL.
const NAMES: [&str; 3] = ["wait", "wait-rest", "wait-graphql"];

/// Longer waits are none that a host asks for: the clock was set meanwhile.
const LONGEST: TimeDelta = TimeDelta::hours(24);

/// A wait that is over so soon is not spoken of.
const SHORT: TimeDelta = TimeDelta::seconds(5);

/// Holds everybody who asks a host to what the store says of a source of it; to nothing where it cannot be read.
pub(in crate::shell) fn hold(patience: &Patience, address: &Url, store: &Store, source: &Text, now: DateTime<Utc>) {
    let cursors = store.cursors(source).unwrap_or_default().into_iter();
    let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
    let waits = read(&cursors.map(|(name, value)| (name, text(value))).collect::<Vec<_>>(), now);
    for (until, rest_alone) in [(waits.all, false), (waits.rest, true)] {
        until.into_iter().for_each(|until| patience.hold(address, until, rest_alone));
    }
}

/// What an earlier process was told, as far as it is still ahead.
pub(super) fn read(cursors: &[(String, String)], now: DateTime<Utc>) -> Waits {
    let of = |name: &str| {
        let until = cursors.iter().find(|(of, _)| of == name).and_then(|(_, at)| parse_rfc3339(at));
        until.filter(|until| now < *until && *until <= plus(now, LONGEST))
    };
    let [all, rest, points] = NAMES.map(of);
    Waits { all, rest, points }
}

/// The later of two waits, of each kind.
pub(super) fn later(one: Waits, other: Waits) -> Waits {
    Waits { all: one.all.max(other.all), rest: one.rest.max(other.rest), points: one.points.max(other.points) }
}

fn written(waits: Waits) -> Vec<(String, Option<Vec<u8>>)> {
    let values = [waits.all, waits.rest, waits.points];
    let value = |until: Option<DateTime<Utc>>| until.map(|until| rfc3339(until).into_bytes());
    NAMES.iter().zip(values).map(|(name, until)| ((*name).to_owned(), value(until))).collect()
}

impl Trip<'_> {
    /// Puts on record what is waited for, where that changed.
    pub(super) fn keep_waits(&mut self, now: DateTime<Utc>) {
        let waits = self.sync.waits(now);
        // One that is over needs no word: whoever reads it sees that it is.
        let is_new = |until: Option<DateTime<Utc>>, kept: Option<DateTime<Utc>>| until.is_some() && until != kept;
        let kept = std::mem::replace(&mut self.waits, waits);
        if !is_new(waits.all, kept.all) && !is_new(waits.rest, kept.rest) && !is_new(waits.points, kept.points) {
            return;
        }
        let wall = self.host.clock.now();
        let cursors = written(waits.map(|until| Some(plus(wall, between(now, until)))));
        for feed in &self.host.feeds {
            self.put(feed.plan.source, |heard| heard.cursors.clone_from(&cursors));
        }
    }

    /// Says that nothing is asked now because an earlier process was told to wait.
    pub(super) fn say_wait(&mut self, now: DateTime<Utc>) {
        let Some(told) = self.told_to_wait.filter(|told| plus(now, SHORT) < *told) else { return };
        if !self.waiting.is_empty() || self.sync.is_settled() {
            return;
        }
        self.told_to_wait = None;
        self.failed = Some(now);
        let until = plus(self.host.clock.now(), between(now, told));
        let why = Text::scrub("it asked for patience when it was asked before: it is not asked sooner");
        for feed in &self.host.feeds {
            let round = Round::Failed { trouble: Trouble::Limited { until }, why: why.clone() };
            self.put(feed.plan.source, |heard| heard.round = Some(round));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_back_while_it_is_ahead_and_one_that_no_host_asks_for_is_none() {
        let now = parse_rfc3339("2026-11-20T14:00:00Z").unwrap();
        let at = |seconds| Some(plus(now, TimeDelta::seconds(seconds)));
        let kept = |waits: Waits| -> Vec<(String, String)> {
            let text = |value: Vec<u8>| String::from_utf8(value).unwrap();
            written(waits).into_iter().filter_map(|(name, value)| Some((name, text(value?)))).collect()
        };
        let waits = Waits { all: at(60), rest: None, points: at(3_600) };
        assert_eq!(read(&kept(waits), now), waits);
        let odd = Waits { all: at(0), rest: at(-5), points: at(86_401) };
        assert_eq!(read(&kept(odd), now), Waits::default());
        assert_eq!(read(&[("wait".to_owned(), "soon".to_owned())], now), Waits::default());
    }
}
