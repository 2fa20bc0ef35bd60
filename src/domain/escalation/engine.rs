//! The state machine of one escalation: events in, decisions out (R13–R17). Plain data: it can be kept and compared.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{
    escalation::{Policy, Step, Who},
    rota::Person,
    time::plus,
};

/// What an escalation hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It began to matter. Again while it does, it changes nothing (R16).
    Triggered,
    /// Somebody took it on.
    Acknowledged,
    /// Somebody gave it back.
    Unacknowledged,
    /// It is left alone until then, in place of the acknowledgement's own end.
    Snoozed {
        /// The end of the snooze.
        until: DateTime<Utc>,
    },
    /// It is over.
    Resolved,
    /// It is not over after all.
    Reopened,
    /// Somebody wants the next step now.
    Escalated,
}

/// An event with its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub event: Event,
}

/// What is to be done at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// In which round, from 0.
    pub round: u32,
    /// What.
    pub act: Act,
}

impl Decision {
    /// Its instant; of rounds in a row that found nobody, the last one's.
    pub fn latest(&self) -> DateTime<Utc> {
        match self.act {
            Act::NobodyOnCall { last, .. } => last,
            Act::Notify { .. } | Act::Skip { .. } | Act::Exhausted { .. } => self.at,
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Tell these people.
    Notify {
        /// Which step, from 0.
        step: usize,
        /// Whom; never empty.
        people: Vec<Person>,
    },
    /// Nobody is on call for this step: the next one is due at once (R15).
    Skip {
        /// Which step, from 0.
        step: usize,
    },
    /// A whole round found nobody; it is tried again after the last step's delay (R15).
    NobodyOnCall {
        /// Who is told instead.
        reserve: Option<Person>,
        /// Rounds in a row that found nobody, this one included; the decision's instant and round are those of the first.
        tries: u32,
        /// When the last of them was tried.
        last: DateTime<Utc>,
    },
    /// All rounds are through and nobody acknowledged (R13).
    Exhausted {
        /// Who is told instead.
        reserve: Option<Person>,
    },
}

/// Where an escalation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It has not begun.
    Quiet,
    /// A step is due at `at`.
    Calling {
        /// When the step is due.
        at: DateTime<Utc>,
        /// In which round.
        round: u32,
        /// Which step.
        step: usize,
    },
    /// The last step was told; at `at` the rounds are through.
    Ending {
        /// When.
        at: DateTime<Utc>,
        /// The last round.
        round: u32,
    },
    /// All rounds are through.
    Exhausted {
        /// The last round.
        round: u32,
    },
    /// Acknowledged or snoozed; nothing = for good.
    Held {
        /// When that lapses.
        until: Option<DateTime<Utc>>,
    },
    /// Over.
    Resolved,
}

/// One escalation under the policy that was in force when it was triggered (R16).
#[derive(Debug, Clone, PartialEq)]
pub struct Escalation {
    /// The policy, as it was then.
    pub policy: Arc<Policy>,
    /// Where it stands.
    pub phase: Phase,
}

impl Escalation {
    /// One that has not begun.
    pub fn new(policy: Arc<Policy>) -> Self {
        Self { policy, phase: Phase::Quiet }
    }

    /// When something is to be decided if nothing happens before; nothing = never.
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        match self.phase {
            Phase::Calling { at, .. } | Phase::Ending { at, .. } => Some(at),
            Phase::Held { until } => until,
            Phase::Quiet | Phase::Exhausted { .. } | Phase::Resolved => None,
        }
    }

    /// Takes an event. Nothing is decided by it: what it makes due is due at its instant, so that of all that happens in one
    /// second the acknowledgement wins (R14).
    pub fn take(&mut self, happened: Happened) {
        let at = happened.at;
        let again = Phase::Calling { at, round: 0, step: 0 };
        let is_calling = matches!(self.phase, Phase::Calling { .. } | Phase::Ending { .. } | Phase::Exhausted { .. });
        let is_held = matches!(self.phase, Phase::Held { .. });
        self.phase = match (happened.event, self.phase) {
            (Event::Triggered, Phase::Quiet | Phase::Resolved) | (Event::Reopened, Phase::Resolved) => again,
            (Event::Acknowledged, _) if is_calling || is_held => {
                Phase::Held { until: self.policy.ack_timeout.map(|length| plus(at, length)) }
            }
            // Never before it was said: what is decided then would lie before what made it due.
            (Event::Snoozed { until }, _) if is_calling || is_held => Phase::Held { until: Some(until.max(at)) },
            (Event::Unacknowledged, Phase::Held { .. }) => again,
            (Event::Resolved, phase) if phase != Phase::Quiet => Phase::Resolved,
            (Event::Escalated, Phase::Calling { round, step, .. }) => Phase::Calling { at, round, step },
            // By hand it goes round again, though the rounds are through (R17).
            (Event::Escalated, Phase::Ending { round, .. } | Phase::Exhausted { round }) => {
                Phase::Calling { at, round: round.saturating_add(1), step: 0 }
            }
            (_, phase) => phase,
        };
    }

    /// Decides what is due by `now`: at most one step tells somebody, however long nobody looked, and the next is due its
    /// whole delay after `now` (R17).
    pub fn advance(&mut self, who: Who<'_>, now: DateTime<Utc>) -> Vec<Decision> {
        if self.due_at().is_none_or(|at| now < at) {
            return Vec::new();
        }
        match self.phase {
            Phase::Calling { round, step, .. } => self.fire(who, round, step, now),
            Phase::Held { .. } => self.fire(who, 0, 0, now),
            Phase::Ending { round, .. } => vec![self.exhaust(round, now)],
            Phase::Quiet | Phase::Exhausted { .. } | Phase::Resolved => Vec::new(),
        }
    }

    /// Tells the first step from this one on that has somebody.
    fn fire(&mut self, who: Who<'_>, mut round: u32, mut step: usize, now: DateTime<Utc>) -> Vec<Decision> {
        let policy = Arc::clone(&self.policy);
        let mut decisions = Vec::new();
        // Whether this round was begun here, and has told nobody so far.
        let mut is_empty = step == 0;
        loop {
            let Some(rung) = policy.steps.get(step) else {
                if is_empty {
                    let retry_at = plus(now, policy.retry());
                    self.phase = Phase::Calling { at: retry_at, round: round.saturating_add(1), step: 0 };
                    decisions.push(Decision {
                        at: now,
                        round,
                        act: Act::NobodyOnCall { reserve: policy.reserve.clone(), tries: 1, last: now },
                    });
                    return decisions;
                }
                if policy.repeat <= round {
                    decisions.push(self.exhaust(round, now));
                    return decisions;
                }
                (round, step, is_empty) = (round.saturating_add(1), 0, true);
                continue;
            };
            let people = rung.people(who, now);
            if !people.is_empty() {
                self.phase = after(&policy, rung, round, step, now);
                decisions.push(Decision { at: now, round, act: Act::Notify { step, people } });
                return decisions;
            }
            decisions.push(Decision { at: now, round, act: Act::Skip { step } });
            step = step.saturating_add(1);
        }
    }

    fn exhaust(&mut self, round: u32, now: DateTime<Utc>) -> Decision {
        self.phase = Phase::Exhausted { round };
        Decision { at: now, round, act: Act::Exhausted { reserve: self.policy.reserve.clone() } }
    }
}

/// What is due once a step was told at `now`.
fn after(policy: &Policy, rung: &Step, round: u32, step: usize, now: DateTime<Utc>) -> Phase {
    // A delay of nothing would decide for ever in one instant.
    let at = plus(now, rung.delay.max(TimeDelta::seconds(1)));
    let next = step.saturating_add(1);
    if next < policy.steps.len() {
        Phase::Calling { at, round, step: next }
    } else if round < policy.repeat {
        Phase::Calling { at, round: round.saturating_add(1), step: 0 }
    } else {
        Phase::Ending { at, round }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::escalation::{
            Target,
            replay::replay,
            samples::{any_event, any_policy, at, event, held, policy, seconds, step},
        },
        text::Text,
    };

    /// `300 bo` for each step told, `300 -` for each skipped, and the alarms by name.
    fn words(log: &[Decision]) -> Vec<String> {
        let word = |decision: &Decision| match &decision.act {
            Act::Notify { people, .. } => people.iter().map(Text::as_str).collect::<Vec<_>>().join("+"),
            Act::Skip { .. } => "-".to_owned(),
            Act::NobodyOnCall { reserve, .. } => format!("nobody, {}", reserve.as_ref().map_or("", Text::as_str)),
            Act::Exhausted { reserve } => format!("exhausted, {}", reserve.as_ref().map_or("", Text::as_str)),
        };
        log.iter().map(|decision| format!("{} {}", seconds(decision.at), word(decision))).collect()
    }

    fn run(policy: Policy, events: &[Happened], until: i64) -> Vec<String> {
        words(&replay(&Arc::new(policy), events, &held, at(until)).1)
    }

    fn triggered() -> Happened {
        event(0, Event::Triggered)
    }

    #[test]
    fn steps_follow_each_other_while_nobody_acknowledges_then_rounds_then_the_alarm() {
        let wanted = ["0 ana", "300 bo", "900 cy", "1800 ana", "2100 bo", "2700 cy", "3600 exhausted, "];
        assert_eq!(run(policy(1), &[triggered()], 100_000), wanted);
    }

    #[test]
    fn an_acknowledgement_in_the_same_second_wins() {
        assert_eq!(run(policy(1), &[triggered(), event(300, Event::Acknowledged)], 9_000), ["0 ana"]);
        assert_eq!(run(policy(1), &[triggered(), event(301, Event::Acknowledged)], 9_000), ["0 ana", "300 bo"]);
    }

    #[test]
    fn a_lapsed_acknowledgement_begins_again_with_fresh_rounds() {
        let patient = Policy { ack_timeout: Some(TimeDelta::seconds(1_000)), ..policy(0) };
        let events = [triggered(), event(400, Event::Acknowledged)];
        let wanted = ["0 ana", "300 bo", "1400 ana", "1700 bo", "2300 cy", "3200 exhausted, "];
        assert_eq!(run(patient, &events, 9_000), wanted);
    }

    #[test]
    fn given_back_or_opened_again_it_begins_at_the_first_step() {
        let events = [triggered(), event(350, Event::Acknowledged), event(500, Event::Unacknowledged)];
        assert_eq!(run(policy(0), &events, 801), ["0 ana", "300 bo", "500 ana", "800 bo"]);
        let events = [triggered(), event(350, Event::Resolved), event(500, Event::Reopened)];
        assert_eq!(run(policy(0), &events, 801), ["0 ana", "300 bo", "500 ana", "800 bo"]);
    }

    #[test]
    fn a_snooze_takes_the_place_of_the_acknowledgement_s_own_end() {
        let patient = Policy { ack_timeout: Some(TimeDelta::seconds(100)), ..policy(0) };
        let snooze = event(60, Event::Snoozed { until: at(5_000) });
        assert_eq!(run(patient, &[triggered(), event(50, Event::Acknowledged), snooze], 5_001), ["0 ana", "5000 ana"]);
    }

    #[test]
    fn resolved_is_over_for_good_unless_it_is_opened_again() {
        let events = [triggered(), event(200, Event::Resolved), event(250, Event::Escalated)];
        assert_eq!(run(policy(3), &events, 100_000), ["0 ana"]);
    }

    #[test]
    fn a_second_trigger_neither_tells_nor_begins_again() {
        let events = [triggered(), event(200, Event::Triggered), event(250, Event::Triggered)];
        assert_eq!(run(policy(0), &events, 300), ["0 ana", "300 bo"]);
        let events = [triggered(), event(200, Event::Acknowledged), event(250, Event::Triggered)];
        assert_eq!(run(policy(0), &events, 9_000), ["0 ana"]);
    }

    #[test]
    fn by_hand_the_next_step_is_due_now_even_when_the_rounds_are_through_but_not_while_acknowledged() {
        let events = [triggered(), event(60, Event::Escalated), event(5_000, Event::Escalated)];
        let wanted = ["0 ana", "60 bo", "660 cy", "1560 exhausted, ", "5000 ana", "5300 bo"];
        assert_eq!(run(policy(0), &events, 5_300), wanted);
        let events = [triggered(), event(30, Event::Acknowledged), event(60, Event::Escalated)];
        assert_eq!(run(policy(0), &events, 9_000), ["0 ana"]);
    }

    #[test]
    fn a_step_with_nobody_is_skipped_at_once() {
        let holed = Policy { steps: vec![step(300, "nobody"), step(600, "bo")], ..policy(0) };
        assert_eq!(run(holed, &[triggered()], 9_000), ["0 -", "0 bo", "600 exhausted, "]);
        let tail = Policy { steps: vec![step(300, "ana"), step(600, "nobody")], ..policy(1) };
        assert_eq!(run(tail, &[triggered()], 9_000), ["0 ana", "300 -", "300 ana", "600 -", "600 exhausted, "]);
    }

    #[test]
    fn a_round_with_nobody_at_all_is_an_alarm_with_the_reserve_and_is_tried_again_without_end() {
        let empty = Policy {
            steps: vec![step(300, "nobody"), step(600, "nobody")],
            reserve: Some(Text::scrub("zoe")),
            ..policy(0)
        };
        let mut escalation = Escalation::new(Arc::new(empty));
        escalation.take(triggered());
        for second in [0, 600, 1_200] {
            let wanted = [format!("{second} -"), format!("{second} -"), format!("{second} nobody, zoe")];
            assert_eq!(words(&escalation.advance(&held, at(second))), wanted);
            assert_eq!(words(&escalation.advance(&held, at(second + 599))), Vec::<String>::new());
        }
    }

    #[test]
    fn people_are_looked_up_when_a_step_fires_and_a_hand_off_alone_tells_nobody() {
        let turns = |_: &Target, when: DateTime<Utc>| vec![Text::scrub(if when < at(200) { "ana" } else { "eve" })];
        let one = Policy { steps: vec![step(300, "primary")], ..policy(1) };
        let (_, log) = replay(&Arc::new(one), &[triggered()], &turns, at(599));
        assert_eq!(words(&log), ["0 ana", "300 eve"]);
    }

    #[test]
    fn after_a_long_sleep_one_step_is_told_and_the_next_waits_its_whole_delay() {
        let mut escalation = Escalation::new(Arc::new(policy(5)));
        escalation.take(triggered());
        assert_eq!(words(&escalation.advance(&held, at(0))), ["0 ana"]);
        assert_eq!(words(&escalation.advance(&held, at(50_000))), ["50000 bo"]);
        assert_eq!(words(&escalation.advance(&held, at(50_599))), Vec::<String>::new());
        assert_eq!(words(&escalation.advance(&held, at(50_600))), ["50600 cy"]);
    }

    proptest! {
        #[test]
        fn however_it_is_looked_at_one_look_tells_one_step_and_never_what_is_held(
            policy in any_policy(),
            mut history in prop::collection::vec((0..5_000i64, any_event()), 0..12),
            mut looks in prop::collection::vec(0..10_000i64, 1..40),
        ) {
            history.sort_by_key(|(second, _)| *second);
            looks.sort_unstable();
            let mut escalation = Escalation::new(Arc::new(policy));
            let mut waiting = history.into_iter().peekable();
            let mut last = at(0);
            for look in looks {
                while let Some((second, what)) = waiting.next_if(|(second, _)| *second <= look) {
                    escalation.take(event(second, what));
                }
                let before = escalation.phase;
                let decisions = escalation.advance(&held, at(look));
                let told = decisions.iter().filter(|d| matches!(d.act, Act::Notify { .. })).count();
                prop_assert!(told <= 1);
                prop_assert!(decisions.iter().all(|d| last <= d.at && d.at == at(look)));
                let is_silent = match before {
                    Phase::Held { until } => until.is_none_or(|until| at(look) < until),
                    Phase::Quiet | Phase::Resolved => true,
                    _ => false,
                };
                prop_assert!(!is_silent || decisions.is_empty());
                prop_assert!(escalation.due_at().is_none_or(|due| at(look) < due));
                last = at(look);
            }
        }
    }
}
