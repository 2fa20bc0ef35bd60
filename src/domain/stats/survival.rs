//! How long it takes, those not finished yet included (Kaplan and Meier, R34).

/// The time by which half are finished.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Median {
    /// There was nothing to look at.
    Nothing,
    /// Fewer than half are finished: an answer, and not a missing one.
    NotReached,
    /// Half are finished after so many seconds.
    At(f64),
}

impl Median {
    /// The seconds, where half are finished.
    pub fn seconds(self) -> Option<f64> {
        match self {
            Self::At(seconds) => Some(seconds),
            Self::Nothing | Self::NotReached => None,
        }
    }
}

/// One life: how long it was seen, in seconds, and whether it ended then. One that did not is still open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Seconds from its beginning to its end, or to the last look.
    pub seconds: f64,
    /// Whether it ended then.
    pub is_ended: bool,
}

/// The Kaplan-Meier median: the earliest time at which at most half are still open.
pub fn median(seen: impl IntoIterator<Item = Seen>) -> Median {
    let mut seen: Vec<Seen> = seen.into_iter().filter(|one| one.seconds.is_finite()).collect();
    // At one and the same time, ends come before looks: who was still open then was at risk.
    seen.sort_unstable_by(|a, b| a.seconds.total_cmp(&b.seconds).then(b.is_ended.cmp(&a.is_ended)));
    if seen.is_empty() {
        return Median::Nothing;
    }
    let (mut open, mut share) = (seen.len(), 1.0);
    for at_once in seen.chunk_by(|a, b| a.seconds.total_cmp(&b.seconds).is_eq()) {
        let ended = at_once.iter().filter(|one| one.is_ended).count();
        share *= 1.0 - ended as f64 / open as f64;
        // A product of fractions may miss a half by a rounding.
        if let Some(first) = at_once.first().filter(|_| 0 < ended && share <= 0.5 + 1e-12) {
            return Median::At(first.seconds);
        }
        open -= at_once.len();
    }
    Median::NotReached
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ended(seconds: f64) -> Seen {
        Seen { seconds, is_ended: true }
    }

    fn open(seconds: f64) -> Seen {
        Seen { seconds, is_ended: false }
    }

    #[test]
    fn one_still_open_moves_the_middle() {
        assert_eq!(median([ended(1.0), ended(3.0), ended(6.0), ended(12.0), open(100.0)]), Median::At(6.0));
    }

    #[test]
    fn nothing_and_not_reached_are_different_answers() {
        assert_eq!(median([]), Median::Nothing);
        assert_eq!(median([open(5.0)]), Median::NotReached);
        assert_eq!(median([ended(1.0), open(2.0), open(3.0)]), Median::NotReached);
    }

    #[test]
    fn who_is_seen_last_at_the_time_of_an_end_was_at_risk() {
        assert_eq!(median([ended(5.0), open(5.0)]), Median::At(5.0));
    }

    proptest! {
        #[test]
        fn without_open_ones_it_is_the_lower_middle(values in prop::collection::vec(0_u32..1000, 1..40)) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let wanted = f64::from(sorted[(sorted.len() - 1) / 2]);
            prop_assert_eq!(median(values.into_iter().map(|v| ended(f64::from(v)))), Median::At(wanted));
        }
    }
}
