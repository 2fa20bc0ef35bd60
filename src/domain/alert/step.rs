//! Pending, firing, resolved, no data (SEMANTICS section 6, R39, R41).

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::time::between;

/// Three-valued condition: "could not judge" is never "false" (R39).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The bound is broken.
    True,
    /// The bound is kept.
    False,
    /// Nothing fresh to judge by.
    NoData,
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertState {
    /// Nothing is wrong, as far as data says.
    Inactive,
    /// Broken since then, not yet for long enough.
    Pending {
        /// First broken evaluation.
        since: DateTime<Utc>,
    },
    /// It fires.
    Firing {
        /// First broken evaluation of this run.
        since: DateTime<Utc>,
        /// When it began to fire.
        fired_at: DateTime<Utc>,
        /// First kept evaluation, while `keep_firing` holds it.
        kept_since: Option<DateTime<Utc>>,
        /// No data since then: the alert stays, marked stale.
        blind_since: Option<DateTime<Utc>>,
    },
}

/// Moves an alert on by one evaluation (SEMANTICS R39, R41).
///
/// * `hold` is served when the first broken evaluation is at least `hold` ago; one kept evaluation starts it anew.
/// * `keep_firing` runs from the first kept evaluation of a firing alert, and starts anew after a broken one. It never
///   holds a pending alert.
/// * No data moves nothing: pending stays pending, firing stays firing and remembers since when it is blind. The time
///   in between counts towards `hold` once the bound is seen broken again.
///
/// A clock that was set back cannot hold an alert for longer than its own length: starts later than `now` become `now`.
pub fn step(
    state: AlertState,
    condition: Condition,
    hold: TimeDelta,
    keep_firing: TimeDelta,
    now: DateTime<Utc>,
) -> AlertState {
    match (state, condition) {
        (AlertState::Inactive, Condition::True) => broken(now, hold, now),
        (AlertState::Inactive, Condition::False | Condition::NoData) => AlertState::Inactive,
        (AlertState::Pending { since }, Condition::True) => broken(since.min(now), hold, now),
        (AlertState::Pending { .. }, Condition::False) => AlertState::Inactive,
        (AlertState::Pending { .. }, Condition::NoData) => state,
        (AlertState::Firing { since, fired_at, .. }, Condition::True) => {
            AlertState::Firing { since, fired_at, kept_since: None, blind_since: None }
        }
        (AlertState::Firing { since, fired_at, kept_since, .. }, Condition::False) => {
            let kept = kept_since.map_or(now, |kept| kept.min(now));
            if between(kept, now) >= keep_firing {
                return AlertState::Inactive;
            }
            AlertState::Firing { since, fired_at, kept_since: Some(kept), blind_since: None }
        }
        (AlertState::Firing { since, fired_at, kept_since, blind_since }, Condition::NoData) => {
            let blind_since = Some(blind_since.map_or(now, |blind| blind.min(now)));
            AlertState::Firing { since, fired_at, kept_since, blind_since }
        }
    }
}

/// Broken since `since`: fires when that is long enough.
fn broken(since: DateTime<Utc>, hold: TimeDelta, now: DateTime<Utc>) -> AlertState {
    if between(since, now) >= hold {
        AlertState::Firing { since, fired_at: now, kept_since: None, blind_since: None }
    } else {
        AlertState::Pending { since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200 + minute * 60, 0).unwrap()
    }

    /// One evaluation a minute; `!` broken, `.` kept, `?` no data. The states as `i`, `p`, `F`.
    fn run(conditions: &str, hold: i64, keep: i64) -> (String, AlertState) {
        let mut state = AlertState::Inactive;
        let mut shown = String::new();
        for (minute, c) in (0..).zip(conditions.chars()) {
            let condition = match c {
                '!' => Condition::True,
                '.' => Condition::False,
                _ => Condition::NoData,
            };
            state = step(state, condition, TimeDelta::minutes(hold), TimeDelta::minutes(keep), at(minute));
            shown.push(match state {
                AlertState::Inactive => 'i',
                AlertState::Pending { .. } => 'p',
                AlertState::Firing { .. } => 'F',
            });
        }
        (shown, state)
    }

    #[test]
    fn a_broken_bound_fires_when_its_hold_is_served() {
        assert_eq!(run("!!!..!!!", 2, 0).0, "ppFiippF");
        assert_eq!(run("!.!", 0, 0).0, "FiF");
    }

    #[test]
    fn it_keeps_firing_from_the_first_kept_evaluation() {
        assert_eq!(run("!..!...", 0, 2).0, "FFFFFFi");
        assert_eq!(run("!.!", 2, 5).0, "pip");
    }

    #[test]
    fn no_data_is_neither_broken_nor_recovered() {
        assert_eq!(run("??", 0, 0).0, "ii");
        assert_eq!(run("!?????", 2, 0).0, "pppppp");
        let (shown, state) = run("!!!????", 2, 0);
        assert_eq!(shown, "ppFFFFF");
        assert_eq!(
            state,
            AlertState::Firing { since: at(0), fired_at: at(2), kept_since: None, blind_since: Some(at(3)) }
        );
        assert_eq!(
            run("!!!??!", 2, 0).1,
            AlertState::Firing { since: at(0), fired_at: at(2), kept_since: None, blind_since: None }
        );
        assert_eq!(run("!!!??.", 2, 0).0, "ppFFFi");
    }

    #[test]
    fn a_clock_set_back_does_not_hold_an_alert_for_ever() {
        let ahead = AlertState::Pending { since: at(1_000_000) };
        let two = TimeDelta::minutes(2);
        let state = step(ahead, Condition::True, two, TimeDelta::zero(), at(0));
        assert_eq!(state, AlertState::Pending { since: at(0) });
        assert_eq!(
            step(state, Condition::True, two, TimeDelta::zero(), at(2)),
            AlertState::Firing { since: at(0), fired_at: at(2), kept_since: None, blind_since: None }
        );
    }
}
