//! How long it may take, at worst, from a breach to the word of it (R43).

use chrono::TimeDelta;

use crate::domain::notify::{message::PROMISE, route::Timing};

/// What the way of an alert is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Between two looks at the source.
    pub scrape: TimeDelta,
    /// Between two evaluations.
    pub evaluation: TimeDelta,
    /// How long it must be broken: the rule's `for`.
    pub hold: TimeDelta,
    /// How its group is told.
    pub timing: Timing,
    /// How long the channel may take.
    pub channel: TimeDelta,
}

/// The longest that an alert of a rule takes to be told, while the channel is up.
///
/// An alert that begins a group waits `group_wait`; one that joins a group waits for its next look, up to `group_interval`.
pub fn worst(parts: Parts) -> TimeDelta {
    let Parts { scrape, evaluation, hold, timing, channel } = parts;
    let group = timing.group_wait.max(timing.group_interval);
    [scrape, evaluation, hold, group, channel]
        .into_iter()
        .fold(TimeDelta::zero(), |sum, part| sum.checked_add(&part).unwrap_or(TimeDelta::MAX))
}

/// By how much a way is too long for the promise of two minutes; nothing = it is kept.
pub fn excess(parts: Parts) -> Option<TimeDelta> {
    let over = worst(parts).checked_sub(&PROMISE).unwrap_or(TimeDelta::MAX);
    (TimeDelta::zero() < over).then_some(over)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(hold: i64, interval: i64) -> Parts {
        let timing = Timing { group_interval: TimeDelta::seconds(interval), ..Timing::default() };
        let [scrape, evaluation, channel] = [2, 1, 15].map(TimeDelta::seconds);
        Parts { scrape, evaluation, hold: TimeDelta::seconds(hold), timing, channel }
    }

    #[test]
    fn an_alert_that_joins_a_group_waits_for_its_next_look() {
        assert_eq!(worst(parts(0, 60)), TimeDelta::seconds(78));
        assert_eq!(worst(parts(0, 5)), TimeDelta::seconds(28));
        assert_eq!(worst(parts(i64::MAX / 1_000, 5)), TimeDelta::MAX);
    }

    #[test]
    fn alertmanagers_own_interval_breaks_the_promise() {
        assert_eq!(excess(parts(0, 300)), Some(TimeDelta::seconds(198)));
        assert_eq!((excess(parts(42, 60)), excess(parts(43, 60))), (None, Some(TimeDelta::seconds(1))));
    }
}
