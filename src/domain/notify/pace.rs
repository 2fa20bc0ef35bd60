//! How many messages a channel takes: beyond that a storm becomes one digest.

use std::collections::VecDeque;

use chrono::TimeDelta;

/// So many messages in so long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many; at least one.
    pub most: usize,
    /// In how long.
    pub within: TimeDelta,
}

/// Keeps a channel to its rate. Times are milliseconds of a clock that runs steadily.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    sent: VecDeque<i64>,
}

/// What may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// One message.
    One,
    /// All that waits, put together into one.
    Digest,
    /// Nothing for so many milliseconds.
    Wait(i64),
}

/// A line without a rate is behind when at least so many wait in it.
const BEHIND: usize = 100;

/// And the first of them for so long: half of what a notice may take.
const BEHIND_FOR: TimeDelta = TimeDelta::seconds(60);

/// What may be sent over a channel that takes as much as there is: where it cannot keep up, the promise of two minutes is
/// kept by one digest for all that waits. `waited` is how long the first of `n_waiting` has been in the line.
pub fn unpaced(n_waiting: usize, waited: TimeDelta) -> May {
    if BEHIND <= n_waiting && BEHIND_FOR <= waited { May::Digest } else { May::One }
}

impl Pace {
    /// What may be sent, of `n_waiting` messages. The last place of a rate is for what would not fit any more: the storm is
    /// told at its beginning, and again each time a place becomes free.
    pub fn may(&mut self, rate: Rate, n_waiting: usize, now_ms: i64) -> May {
        let from = now_ms.saturating_sub(rate.within.num_milliseconds());
        while self.sent.front().is_some_and(|at| *at <= from) {
            self.sent.pop_front();
        }
        let free = rate.most.max(1).saturating_sub(self.sent.len());
        match (free, self.sent.front()) {
            (0, Some(first)) => May::Wait(first.saturating_sub(from).max(1)),
            (1, _) if 1 < n_waiting => May::Digest,
            _ => May::One,
        }
    }

    /// Notes that a message was sent.
    pub fn sent(&mut self, now_ms: i64) {
        self.sent.push_back(now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_keep_up_tells_the_rest_at_once() {
        let waited = TimeDelta::seconds;
        assert_eq!([unpaced(5_000, waited(59)), unpaced(99, waited(600))], [May::One, May::One]);
        assert_eq!(unpaced(100, waited(60)), May::Digest);
    }

    #[test]
    fn the_last_place_of_a_rate_is_for_all_that_would_not_fit() {
        let (rate, mut pace) = (Rate { most: 3, within: TimeDelta::minutes(1) }, Pace::default());
        let mut asked = |n_waiting, now_ms| {
            let may = pace.may(rate, n_waiting, now_ms);
            if !matches!(may, May::Wait(_)) {
                pace.sent(now_ms);
            }
            may
        };
        assert_eq!([asked(500, 0), asked(499, 10), asked(498, 20)], [May::One, May::One, May::Digest]);
        assert_eq!([asked(7, 30), asked(7, 59_999)], [May::Wait(59_970), May::Wait(1)]);
        assert_eq!([asked(7, 60_000), asked(1, 60_010), asked(1, 60_011)], [May::Digest, May::One, May::Wait(9)][..3]);
    }
}
