//! Values against a baseline, name by name.

/// What the values of one name come to on one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Side {
    /// How many records there are, with or without a value.
    pub count: u64,
    /// What the values come to; nothing where no record has one.
    pub figures: Option<Figures>,
}

/// What values come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Their mean.
    pub mean: f64,
    /// Their middle, see [`crate::domain::summary::place`].
    pub p50: f64,
    /// Their 95th percentile.
    pub p95: f64,
    /// The most.
    pub max: f64,
}

/// By how much figures may differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// In percent of the baseline, at least zero.
    pub bound: f64,
    /// With fewer records on either side nothing is said.
    pub least: u64,
}

/// What is said of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Mean and p95 are within the bound.
    Same,
    /// One of them is above the baseline by more than the bound, and none below.
    Higher,
    /// One of them is below, and none above.
    Lower,
    /// One is above and the other below.
    Mixed,
    /// There is no baseline of it.
    New,
    /// There is nothing but a baseline of it.
    Gone,
    /// Too few records on one side.
    TooFew,
    /// Records without values on one side.
    NoValues,
}

impl Verdict {
    /// As a program reads it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Mixed => "mixed",
            Self::New => "new",
            Self::Gone => "gone",
            Self::TooFew => "too_few",
            Self::NoValues => "no_values",
        }
    }

    /// Whether figures were held against each other.
    pub fn is_judged(self) -> bool {
        matches!(self, Self::Same | Self::Higher | Self::Lower | Self::Mixed)
    }
}

/// The change in percent of the baseline; nothing where the baseline is zero and the other is not.
pub fn delta(is: f64, was: f64) -> Option<f64> {
    if is == was {
        return Some(0.0);
    }
    let percent = (is - was) / was.abs() * 100.0;
    percent.is_finite().then_some(percent)
}

/// Judges one name; at least one side is there.
pub fn judge(is: Option<&Side>, was: Option<&Side>, rule: Rule) -> Verdict {
    let (Some(is), Some(was)) = (is, was) else {
        return if was.is_none() { Verdict::New } else { Verdict::Gone };
    };
    if is.count.min(was.count) < rule.least {
        return Verdict::TooFew;
    }
    let (Some(new), Some(old)) = (&is.figures, &was.figures) else { return Verdict::NoValues };
    let beyond = |is: f64, was: f64| match delta(is, was) {
        Some(delta) => delta.abs() > rule.bound,
        // From nothing to something is more than any share.
        None => true,
    };
    let pairs = [(new.mean, old.mean), (new.p95, old.p95)];
    let is_higher = pairs.iter().any(|(is, was)| was < is && beyond(*is, *was));
    let is_lower = pairs.iter().any(|(is, was)| is < was && beyond(*is, *was));
    match (is_higher, is_lower) {
        (true, true) => Verdict::Mixed,
        (true, false) => Verdict::Higher,
        (false, true) => Verdict::Lower,
        (false, false) => Verdict::Same,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: Rule = Rule { bound: 10.0, least: 20 };

    fn side(count: u64, mean: f64, p95: f64) -> Side {
        Side { count, figures: Some(Figures { mean, p50: mean, p95, max: p95 }) }
    }

    fn verdict(is: (f64, f64), was: (f64, f64)) -> &'static str {
        judge(Some(&side(20, is.0, is.1)), Some(&side(20, was.0, was.1)), RULE).code()
    }

    #[test]
    fn mean_and_p95_are_held_against_the_bound() {
        assert_eq!(verdict((110.0, 200.0), (100.0, 200.0)), "same");
        assert_eq!(verdict((110.1, 200.0), (100.0, 200.0)), "higher");
        assert_eq!(verdict((100.0, 179.0), (100.0, 200.0)), "lower");
        assert_eq!(verdict((120.0, 100.0), (100.0, 200.0)), "mixed");
        assert_eq!(verdict((-100.0, -100.0), (-120.0, -100.0)), "higher");
        assert_eq!(verdict((0.0, 0.0), (0.0, 0.0)), "same");
        assert_eq!(verdict((0.001, 0.0), (0.0, 0.0)), "higher");
    }

    #[test]
    fn what_cannot_be_compared_is_said_and_is_never_the_same() {
        let (full, few) = (side(20, 1.0, 1.0), side(19, 9.0, 9.0));
        let empty = Side { count: 30, figures: None };
        assert_eq!(judge(Some(&full), None, RULE), Verdict::New);
        assert_eq!(judge(None, Some(&full), RULE), Verdict::Gone);
        assert_eq!(judge(Some(&few), Some(&full), RULE), Verdict::TooFew);
        assert_eq!(judge(Some(&full), Some(&empty), RULE), Verdict::NoValues);
        assert_eq!((delta(1.0, 0.0), delta(0.0, 0.0), delta(3.0, -2.0)), (None, Some(0.0), Some(250.0)));
    }

    proptest! {
        #[test]
        fn the_other_way_round_the_other_is_said(a in -1e9..1e9f64, b in -1e9..1e9f64) {
            let strict = Rule { bound: 0.0, least: 1 };
            let (one, other) = (side(1, a, a), side(1, b, b));
            let there = judge(Some(&one), Some(&other), strict);
            let back = judge(Some(&other), Some(&one), strict);
            let expected = match there {
                Verdict::Higher => Verdict::Lower,
                Verdict::Lower => Verdict::Higher,
                same => same,
            };
            prop_assert_eq!(back, expected);
        }
    }
}
