//! The moments of an incident that MTTA and MTTR are made of: one definition for every place that names them.

use chrono::{DateTime, Utc};

use super::{items::closed_at, times::Life};
use crate::domain::{
    incident::{CloseReason, Incident, What},
    sla::Policy,
};

impl Life {
    /// The life of an incident as it was at `now`. It is acknowledged by the first act of the team, or at `taken_at`, when
    /// somebody took it on here, whichever came first; closed as not planned or a duplicate it is cancelled, not resolved.
    pub fn of(incident: &Incident, policy: &Policy, taken_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        Self::acted(incident, Ending::of(incident), acted_at(incident, policy), taken_at, now)
    }

    /// As [`Life::of`], where [`Ending::of`] and [`acted_at`] are known already.
    pub fn acted(
        incident: &Incident,
        ending: Ending,
        acted_at: Option<DateTime<Utc>>,
        taken_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let (closed_at, is_cancelled) = if ending.since <= now {
            (incident.closed_at, ending.is_cancelled)
        } else {
            (closed_at(incident, now), is_cancelled(incident, now))
        };
        Self {
            opened_at: incident.opened_at,
            acked_at: acted_at.into_iter().chain(taken_at).filter(|at| *at <= now).min(),
            resolved_at: closed_at.filter(|_| !is_cancelled),
            cancelled_at: closed_at.filter(|_| is_cancelled),
            impact_at: None,
            detected_at: None,
        }
    }
}

/// How an incident ended, for whoever looks after all that is dated in it: a hundred thousand histories need not be walked
/// each time the figures are begun anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Its last close or reopening; before that the history has to be asked.
    since: DateTime<Utc>,
    is_cancelled: bool,
}

impl Ending {
    /// The ending of an incident as it is told.
    pub fn of(incident: &Incident) -> Self {
        let turns = incident.timeline.iter().filter(|event| matches!(event.what, What::Closed(_) | What::Reopened));
        let last = turns.map(|event| event.at).chain(incident.closed_at).max();
        let since = last.unwrap_or(DateTime::<Utc>::MIN_UTC);
        Self { since, is_cancelled: incident.closed_at.is_some() && is_cancelled(incident, since) }
    }
}

/// The first act of the team (R21): a comment, a review, an assignment by a known hand or a close, by a maintainer who is
/// neither the author nor a robot. What is dated before the opening answers nothing.
pub fn acted_at(incident: &Incident, policy: &Policy) -> Option<DateTime<Utc>> {
    let acts = incident.timeline.iter().filter(|event| {
        let is_act = matches!(event.what, What::Commented | What::Reviewed | What::Assigned(_) | What::Closed(_));
        let by_team = |actor| policy.is_team(actor) && incident.author.as_ref() != Some(&actor.login);
        is_act && incident.opened_at <= event.at && event.actor.as_ref().is_some_and(by_team)
    });
    acts.map(|event| event.at).min()
}

/// Whether what closed it last before `now` was no resolution (R22); asked of what is closed.
fn is_cancelled(incident: &Incident, now: DateTime<Utc>) -> bool {
    let past = incident.timeline.iter().rev().filter(|event| event.at <= now);
    let turn = past.map(|event| &event.what).find(|what| matches!(what, What::Closed(_) | What::Reopened));
    let reason = match turn {
        Some(What::Closed(reason)) => Some(*reason),
        _ => incident.close_reason,
    };
    reason.is_some_and(|reason| reason != CloseReason::Completed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        incident::Login,
        sla::{ClockState, judge, sample_at as at, sample_incident as incident},
    };

    fn policy() -> Policy {
        let mut policy = Policy::standard();
        policy.maintainers = vec![Login::new("mia")];
        policy
    }

    fn life(events: &[&str], now: &str) -> Life {
        Life::of(&incident(&["P0"], events), &policy(), None, at(now))
    }

    #[test]
    fn whatever_stops_the_response_clock_acknowledges_and_nothing_else_does() {
        for act in
            ["mia commented", "mia reviewed", "mia assigned max", "mia closed", "rita commented", "- assigned mia"]
                .into_iter()
                .chain(["max commented", "mia labeled bug", "mia[bot] commented", "rita closed", "- closed"])
        {
            let seen = incident(&["P0"], &[&format!("12:30 {act}")]);
            let clock = judge(&seen, &policy(), at("13:00")).response;
            let stopped = clock.stopped_at.filter(|_| clock.state == ClockState::Met);
            assert_eq!(Life::of(&seen, &policy(), None, at("13:00")).acked_at, stopped, "{act}");
        }
    }

    #[test]
    fn taking_it_on_here_acknowledges_where_it_came_first() {
        let seen = incident(&["P0"], &["12:30 mia commented"]);
        let acked = |taken, now| Life::of(&seen, &policy(), Some(at(taken)), at(now)).acked_at;
        assert_eq!(acked("12:10", "13:00"), Some(at("12:10")));
        assert_eq!(acked("12:40", "13:00"), Some(at("12:30")));
        assert_eq!(acked("12:10", "12:05"), None);
    }

    #[test]
    fn what_is_dated_before_the_opening_acknowledges_nothing() {
        assert_eq!(life(&["11:30 mia commented"], "13:00").acked_at, None);
    }

    #[test]
    fn closed_as_not_planned_or_duplicate_is_cancelled_and_not_resolved() {
        for (reason, is_cancelled) in [("", false), (" not_planned", true), (" duplicate", true)] {
            let closed = format!("13:00 mia closed{reason}");
            let found = life(&[&closed, "14:00 rita reopened", "15:00 mia closed"], "13:30");
            assert_eq!((found.cancelled_at.is_some(), found.resolved_at.is_some()), (is_cancelled, !is_cancelled));
            let later = life(&[&closed, "14:00 rita reopened", "15:00 mia closed"], "15:30");
            assert_eq!((later.cancelled_at, later.resolved_at), (None, Some(at("15:00"))));
        }
        let mut listed = incident(&["P0"], &[]);
        (listed.closed_at, listed.close_reason) = (Some(at("14:00")), Some(CloseReason::Duplicate));
        assert_eq!(Life::of(&listed, &policy(), None, at("15:00")).cancelled_at, Some(at("14:00")));
    }

    #[test]
    fn an_ending_known_before_is_what_the_history_says_at_every_instant() {
        let turns = ["12:10 mia closed not_planned", "12:20 rita reopened", "12:30 mia closed", "12:40 rita reopened"];
        for n in 0..=turns.len() {
            let seen = incident(&["P0"], turns.get(..n).unwrap_or_default());
            for minute in ["12:05", "12:10", "12:15", "12:20", "12:25", "12:30", "12:35", "12:40", "12:45"] {
                let found = Life::of(&seen, &policy(), None, at(minute));
                let (closed, cancelled) = (closed_at(&seen, at(minute)), is_cancelled(&seen, at(minute)));
                assert_eq!(found.resolved_at, closed.filter(|_| !cancelled), "{n} {minute}");
                assert_eq!(found.cancelled_at, closed.filter(|_| cancelled), "{n} {minute}");
            }
        }
    }
}
