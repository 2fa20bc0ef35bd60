//! An escalation worked out from its events, as if somebody had looked at every instant (R13–R17).
//!
//! The answer depends on the policy, the rota and the events up to the instant asked for, never on when anybody looked: two
//! consoles and a report agree on it, and what was answered an hour ago is the beginning of what is answered now.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{
    escalation::{
        Policy, Who,
        engine::{Act, Decision, Escalation, Happened, Phase},
    },
    time::{between, plus},
};

/// The least time there is: what is due before `now` and this is due by `now`.
const LEAST: TimeDelta = TimeDelta::nanoseconds(1);

/// Where an escalation stands at `now`, and what was decided until then. Events are in order of time; those after `now` have not
/// happened. Rounds in a row that find nobody are one decision, which counts them.
pub fn replay(
    policy: &Arc<Policy>,
    events: &[Happened],
    who: Who<'_>,
    now: DateTime<Utc>,
) -> (Escalation, Vec<Decision>) {
    replay_before(policy, events, who, plus(now, LEAST))
}

/// As [`replay`], of all that happened or was due before `end`.
pub fn replay_before(
    policy: &Arc<Policy>,
    events: &[Happened],
    who: Who<'_>,
    end: DateTime<Utc>,
) -> (Escalation, Vec<Decision>) {
    let mut escalation = Escalation::new(Arc::clone(policy));
    let mut log = Vec::new();
    for happened in events.iter().filter(|happened| happened.at < end) {
        // Strictly before: in the same second the event comes first.
        escalation.decide_before(&mut log, who, happened.at);
        escalation.take(*happened);
    }
    escalation.decide_before(&mut log, who, end);
    (escalation, log)
}

impl Escalation {
    /// Decides all that is due by `now`, each at its own instant, however long nobody looked. Unlike [`Escalation::advance`],
    /// which goes on from now.
    pub fn catch_up(&mut self, who: Who<'_>, now: DateTime<Utc>) -> Vec<Decision> {
        let mut log = Vec::new();
        self.decide_before(&mut log, who, plus(now, LEAST));
        log
    }

    fn decide_before(&mut self, log: &mut Vec<Decision>, who: Who<'_>, end: DateTime<Utc>) {
        while self.decide_next(log, who, end) {}
    }

    /// Decides what is due next, if that is before `end`; of rounds in a row that find nobody, all of them. Says whether it did.
    pub(super) fn decide_next(&mut self, log: &mut Vec<Decision>, who: Who<'_>, end: DateTime<Utc>) -> bool {
        let Some(due) = self.due_at().filter(|due| *due < end) else { return false };
        if !self.wait_out(log, who, end) {
            let decided = self.advance(who, due);
            self.note(log, decided);
        }
        true
    }

    /// Adds decisions to a log; one more round that finds nobody is counted with those before it.
    fn note(&self, log: &mut Vec<Decision>, decided: Vec<Decision>) {
        if let Some(Decision { at, round, act: Act::NobodyOnCall { .. } }) = decided.last()
            && let Some((tries, last)) = waiting(log, *at, *round, self.policy.retry())
        {
            (*tries, *last) = (tries.saturating_add(1), *at);
            return;
        }
        log.extend(decided);
    }

    /// Counts the rounds that find nobody before `end`, without trying each: nobody for a year is no more work than for a day.
    fn wait_out(&mut self, log: &mut [Decision], who: Who<'_>, end: DateTime<Utc>) -> bool {
        let retry = self.policy.retry();
        let Phase::Calling { at, round, step: 0 } = self.phase else { return false };
        let Some((tries, last)) = waiting(log, at, round, retry) else { return false };
        let targets = self.policy.steps.iter().flat_map(|step| &step.targets);
        let staffed = targets.fold(end, |first, target| who.staffed_from(target, at, first).unwrap_or(first));
        let more = rounds(at, staffed, retry);
        let Ok(count) = u32::try_from(more) else { return false };
        if count == 0 {
            return false;
        }
        (*tries, *last) = (tries.saturating_add(count), after(at, retry, more.saturating_sub(1)));
        self.phase = Phase::Calling { at: after(at, retry, more), round: round.saturating_add(count), step: 0 };
        true
    }
}

/// The rounds that found nobody at the end of a log, when this round follows them at its turn: how many, and the last one's instant.
fn waiting(
    log: &mut [Decision],
    at: DateTime<Utc>,
    round: u32,
    retry: TimeDelta,
) -> Option<(&mut u32, &mut DateTime<Utc>)> {
    let Decision { round: first, act: Act::NobodyOnCall { tries, last, .. }, .. } = log.last_mut()? else {
        return None;
    };
    (first.saturating_add(*tries) == round && plus(*last, retry) == at).then_some((tries, last))
}

/// How many rounds begin in `[at, until)`, the first at `at`; at most a lifetime of them.
fn rounds(at: DateTime<Utc>, until: DateTime<Utc>, retry: TimeDelta) -> i32 {
    let nanoseconds = |length: TimeDelta| {
        i128::from(length.num_seconds()).saturating_mul(1_000_000_000).saturating_add(i128::from(length.subsec_nanos()))
    };
    let (length, retry) = (nanoseconds(between(at, until)), nanoseconds(retry).max(1));
    if length <= 0 {
        return 0;
    }
    i32::try_from((length.saturating_sub(1) / retry).saturating_add(1)).unwrap_or(i32::MAX)
}

fn after(at: DateTime<Utc>, retry: TimeDelta, rounds: i32) -> DateTime<Utc> {
    plus(at, retry.checked_mul(rounds).unwrap_or(TimeDelta::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::{
            escalation::{
                OnCall, Target,
                engine::Event,
                samples::{any_event, any_policy, at, event, held, policy, seconds, step},
            },
            rota::Person,
        },
        text::Text,
    };

    /// Seats held by the person of their name in these seconds only.
    struct Hours(Vec<(i64, i64)>);

    impl OnCall for Hours {
        fn people(&self, target: &Target, when: DateTime<Utc>) -> Vec<Person> {
            let is_on = self.0.iter().any(|(from, until)| (at(*from)..at(*until)).contains(&when));
            if is_on { held(target, when) } else { Vec::new() }
        }

        fn staffed_from(&self, _: &Target, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
            let later = self.0.iter().filter(|(_, to)| from < at(*to)).map(|(since, _)| at(*since).max(from));
            later.min().filter(|first| *first < until)
        }
    }

    /// The same rota, which does not say when somebody is on call next: every round is tried.
    fn blind(hours: &Hours) -> impl Fn(&Target, DateTime<Utc>) -> Vec<Person> {
        |target, when| hours.people(target, when)
    }

    /// Every decision but the skips of a round that is tried again, each try by itself.
    fn spread(log: &[Decision], retry: TimeDelta) -> Vec<(i64, u32, String)> {
        let mut all = Vec::new();
        for Decision { at, round, act } in log {
            match act {
                Act::NobodyOnCall { tries, last, .. } => {
                    let each =
                        (0..*tries).map(|n| (seconds(after(*at, retry, n as i32)), round + n, "nobody".to_owned()));
                    all.extend(each);
                    assert_eq!(all.last().map(|(second, ..)| *second), Some(seconds(*last)));
                }
                Act::Notify { step, people } => {
                    let names: Vec<&str> = people.iter().map(Text::as_str).collect();
                    all.push((seconds(*at), *round, format!("{step} {}", names.join("+"))));
                }
                Act::Skip { .. } => {}
                Act::Exhausted { .. } => all.push((seconds(*at), *round, "exhausted".to_owned())),
            }
        }
        all
    }

    #[test]
    fn nobody_over_a_weekend_is_tried_at_its_period_and_whoever_comes_is_told_on_the_second() {
        let two = Policy { steps: vec![step(300, "ana"), step(300, "ana")], ..policy(1) };
        let (friday, monday) = (1_800, 243_000);
        let hours = Hours(vec![(0, friday), (monday, monday + 14_400)]);
        let (_, log) = replay(&Arc::new(two), &[event(3_600, Event::Triggered)], &hours, at(monday + 60));
        let all = spread(&log, TimeDelta::minutes(5));
        assert_eq!(all.len(), 799);
        assert_eq!(all.first(), Some(&(3_600, 0, "nobody".to_owned())));
        assert_eq!(all[797], (monday - 300, 797, "nobody".to_owned()));
        assert_eq!(all[798], (monday, 798, "0 ana".to_owned()));
        assert_eq!(log.len(), 4, "{log:?}");
    }

    #[test]
    fn many_rounds_of_many_steps_end_when_their_delays_have_passed() {
        let long = Arc::new(Policy { steps: (0..8).map(|_| step(300, "ana")).collect(), ..policy(9) });
        let (_, log) = replay(&long, &[event(0, Event::Triggered)], &held, at(1_000_000));
        let last = log.last().map(|decision| (seconds(decision.at), decision.round));
        assert_eq!((log.len(), last), (81, Some((24_000, 9))));
    }

    #[test]
    fn acknowledgements_that_lapse_every_day_are_followed_by_the_same_rounds_each_day() {
        let patient = Arc::new(Policy { ack_timeout: Some(TimeDelta::minutes(30)), ..policy(2) });
        let days = (0..60).map(|day| event(day * 86_400, Event::Acknowledged));
        let events: Vec<Happened> = std::iter::once(event(0, Event::Triggered)).chain(days).collect();
        let (_, log) = replay(&patient, &events, &held, at(60 * 86_400));
        let ends: Vec<i64> = log
            .iter()
            .filter(|decision| matches!(decision.act, Act::Exhausted { .. }))
            .map(|decision| seconds(decision.at))
            .collect();
        assert_eq!(ends, (0..60).map(|day| day * 86_400 + 1_800 + 3 * 1_800).collect::<Vec<_>>());
    }

    #[test]
    fn ten_years_with_nobody_cost_nothing_and_the_next_try_is_at_its_turn() {
        let empty = Policy { steps: vec![step(7, "ana")], ..policy(0) };
        let years = 315_360_000;
        let (escalation, log) = replay(&Arc::new(empty), &[event(0, Event::Triggered)], &Hours(Vec::new()), at(years));
        assert_eq!(log.len(), 2);
        assert_eq!(escalation.due_at(), Some(at((years / 7 + 1) * 7)));
    }

    proptest! {
        #[test]
        fn what_was_answered_earlier_is_the_beginning_of_what_is_answered_later(
            policy in any_policy(),
            mut history in prop::collection::vec((0..5_000i64, any_event()), 0..12),
            shifts in prop::collection::vec((0..9_000i64, 1..900i64), 0..5),
            mut looks in prop::collection::vec(0..12_000i64, 2..12),
        ) {
            history.sort_by_key(|(second, _)| *second);
            looks.sort_unstable();
            let events: Vec<Happened> = history.into_iter().map(|(second, what)| event(second, what)).collect();
            let hours = Hours(shifts.into_iter().map(|(from, length)| (from, from + length)).collect());
            let policy = Arc::new(policy);
            let mut before: Vec<(i64, u32, String)> = Vec::new();
            for look in looks {
                let (after, log) = replay(&policy, &events, &hours, at(look));
                let all = spread(&log, policy.retry());
                prop_assert!(all.starts_with(&before), "at {look}: {before:?} then {all:?}");
                // Trying every round by itself finds the same.
                let (tried, of_tries) = replay(&policy, &events, &blind(&hours), at(look));
                prop_assert_eq!(&log, &of_tries);
                prop_assert_eq!(&after, &tried);
                before = all;
            }
        }

        #[test]
        fn looking_every_second_and_working_it_out_afterwards_agree(
            policy in any_policy(),
            mut history in prop::collection::vec((0..900i64, any_event()), 0..8),
        ) {
            history.sort_by_key(|(second, _)| *second);
            let events: Vec<Happened> = history.into_iter().map(|(second, what)| event(second, what)).collect();
            let policy = Arc::new(policy);
            let mut escalation = Escalation::new(Arc::clone(&policy));
            let (mut waiting, mut log) = (events.iter().peekable(), Vec::new());
            for second in 0..1_200 {
                while let Some(happened) = waiting.next_if(|happened| happened.at <= at(second)) {
                    escalation.take(*happened);
                }
                log.extend(escalation.advance(&held, at(second)));
            }
            let (after, replayed) = replay(&policy, &events, &held, at(1_199));
            prop_assert_eq!(spread(&log, policy.retry()), spread(&replayed, policy.retry()));
            prop_assert_eq!(escalation, after);
        }
    }
}
