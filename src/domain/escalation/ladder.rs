//! The ladder of one escalation: the rungs behind and ahead, as a person reads them.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        escalation::{
            Policy, Who,
            engine::{Act, Decision, Escalation, Event, Happened, Phase},
            replay::replay_before,
        },
        rota::Person,
        time::plus,
    },
    text::Text,
};

/// What was due, what is due next, and whom it tells as the rota stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// The policy's name.
    pub policy: Text,
    /// Where it stands.
    pub standing: Standing,
    /// Steps and alarms in the order of their instants. Empty while nobody knows whether it was acknowledged.
    pub rungs: Vec<Rung>,
}

/// Where an escalation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its history was not read: whether somebody acknowledged is not known, and nobody is called.
    Unknown,
    /// Nobody acknowledged; the next rung is ahead.
    Calling,
    /// Nobody acknowledged, and all rounds are through.
    Exhausted,
    /// Somebody took it on.
    Acknowledged {
        /// Since when.
        since: DateTime<Utc>,
        /// When that lapses and the first step is due again; nothing = never (R14).
        until: Option<DateTime<Utc>>,
    },
    /// It is closed.
    Resolved {
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// One step or alarm of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// When it is, or was, due.
    pub at: DateTime<Utc>,
    /// In which round, from 0.
    pub round: u32,
    /// Which step, from 0; nothing = an alarm.
    pub step: Option<usize>,
    /// Whom it tells, by the rota as it stands for that instant; for an alarm the reserve contact.
    pub people: Vec<Person>,
    /// What is to be said of it.
    pub mark: Mark,
    /// Whether it lies ahead, alarms as well; false for what was stopped.
    pub is_ahead: bool,
    /// For the alarm that nobody is on call, when it was tried again.
    pub retried: Option<Retried>,
}

/// Rounds in a row that found nobody, one each retry period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retried {
    /// How many, the rung's own included; at least 2.
    pub tries: u32,
    /// How long after one the next is tried.
    pub every: TimeDelta,
    /// When the last of them was, or will be, tried.
    pub last: DateTime<Utc>,
}

/// What is to be said of a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It fell due, and this console said so.
    Said,
    /// It fell due when this console did not look.
    Due,
    /// It lies ahead.
    Ahead,
    /// Nobody was, or will be, on call for it: the next one is due at once (R15).
    Nobody,
    /// It would have been due, had nobody acknowledged or closed.
    Stopped,
    /// The alarm that a whole round finds nobody (R15), past or ahead.
    NobodyOnCall,
    /// The alarm that all rounds are through (R13), past or ahead.
    Exhausted,
}

/// Rungs ahead that are worked out: two rounds of eight steps with their alarm.
const AHEAD: usize = 17;

impl Ladder {
    /// The ladder of an incident whose history was not read.
    pub fn unknown(policy: Text) -> Self {
        Self { policy, standing: Standing::Unknown, rungs: Vec::new() }
    }

    /// Lays out a live escalation with what it decided so far; `is_said` tells which of that the console has said.
    pub fn of(
        escalation: &Escalation,
        log: &[Decision],
        events: &[Happened],
        is_said: &dyn Fn(&Decision) -> bool,
        who: Who<'_>,
        now: DateTime<Utc>,
    ) -> Self {
        let past = log.iter().map(|decision| {
            let mark = if is_said(decision) { Mark::Said } else { Mark::Due };
            rung(&escalation.policy, decision, mark)
        });
        let mut rungs: Vec<Rung> = past.collect();
        let standing = standing(escalation, events, now);
        match standing {
            Standing::Calling | Standing::Exhausted => {
                let coming = ahead(escalation, who);
                rungs.extend(coming.iter().map(|decision| rung(&escalation.policy, decision, Mark::Ahead)));
            }
            Standing::Acknowledged { .. } | Standing::Resolved { .. } => {
                rungs.extend(stopped(escalation, events, who, now));
            }
            Standing::Unknown => {}
        }
        Self { policy: escalation.policy.name.clone(), standing, rungs }
    }

    /// The next rung ahead that tells somebody, or the alarm if that comes first.
    pub fn next(&self) -> Option<&Rung> {
        self.rungs.iter().find(|rung| rung.is_ahead && rung.mark != Mark::Nobody)
    }
}

fn rung(policy: &Policy, decision: &Decision, mark: Mark) -> Rung {
    let Decision { at, round, act } = decision;
    let is_ahead = mark == Mark::Ahead;
    let mut retried = None;
    let (step, people, mark) = match act {
        Act::Notify { step, people } => (Some(*step), people.clone(), mark),
        Act::Skip { step } => (Some(*step), Vec::new(), Mark::Nobody),
        Act::NobodyOnCall { reserve, tries, last } => {
            retried = (1 < *tries).then_some(Retried { tries: *tries, every: policy.retry(), last: *last });
            (None, reserve.iter().cloned().collect(), Mark::NobodyOnCall)
        }
        Act::Exhausted { reserve } => (None, reserve.iter().cloned().collect(), Mark::Exhausted),
    };
    Rung { at: *at, round: *round, step, people, mark, is_ahead, retried }
}

fn standing(escalation: &Escalation, events: &[Happened], now: DateTime<Utc>) -> Standing {
    let last = |wanted: &dyn Fn(Event) -> bool| {
        let past = events.iter().filter(|happened| happened.at <= now && wanted(happened.event));
        past.map(|happened| happened.at).next_back().unwrap_or(now)
    };
    match escalation.phase {
        Phase::Quiet | Phase::Calling { .. } | Phase::Ending { .. } => Standing::Calling,
        Phase::Exhausted { .. } => Standing::Exhausted,
        Phase::Held { until } => {
            let since = last(&|event| matches!(event, Event::Acknowledged | Event::Snoozed { .. }));
            Standing::Acknowledged { since, until }
        }
        Phase::Resolved => Standing::Resolved { since: last(&|event| event == Event::Resolved) },
    }
}

/// How far ahead somebody is looked for when nobody is on call: as far as a duty is looked for.
const REACH: TimeDelta = TimeDelta::days(60);

/// What would be decided from here on if nothing happened. Where nobody is on call, up to whoever comes.
fn ahead(escalation: &Escalation, who: Who<'_>) -> Vec<Decision> {
    let mut coming = escalation.clone();
    let mut found: Vec<Decision> = Vec::new();
    let Some(first) = coming.due_at() else { return found };
    let reach = plus(first, REACH);
    while found.len() < AHEAD {
        let is_waiting = found.last().is_some_and(|decision| matches!(decision.act, Act::NobodyOnCall { .. }));
        // A step is worked out however long its delay; a retry only as far as somebody is looked for.
        let end = if is_waiting { reach } else { DateTime::<Utc>::MAX_UTC };
        if !coming.decide_next(&mut found, who, end) {
            break;
        }
    }
    found
}

/// Events that are looked back over for the one that stopped it.
const LOOKED_BACK: usize = 8;

/// The rest of the round that an acknowledgement or a close cut short. What comes after the first of them stops nothing.
fn stopped(escalation: &Escalation, events: &[Happened], who: Who<'_>, now: DateTime<Utc>) -> Vec<Rung> {
    let stops = |event| matches!(event, Event::Acknowledged | Event::Snoozed { .. } | Event::Resolved);
    let stopping = events.iter().filter(|happened| happened.at <= now && stops(happened.event));
    let cut = stopping.rev().take(LOOKED_BACK).find_map(|stop| {
        let before: Vec<Happened> = events.iter().filter(|happened| happened.at < stop.at).copied().collect();
        // Up to the stop, not at it: in the same second the stop wins.
        let (before, _) = replay_before(&escalation.policy, &before, who, stop.at);
        (!matches!(before.phase, Phase::Held { .. } | Phase::Resolved)).then_some(before)
    });
    let Some(before) = cut else { return Vec::new() };
    let Phase::Calling { round, .. } = before.phase else { return Vec::new() };
    let coming = ahead(&before, who);
    let rest = coming.iter().take_while(|decision| decision.round == round);
    rest.filter(|decision| matches!(decision.act, Act::Notify { .. }))
        .map(|decision| rung(&escalation.policy, decision, Mark::Stopped))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::escalation::{
        Target,
        replay::replay,
        samples::{at, event, held, policy, seconds, step},
    };

    fn laid_out(policy: Policy, events: &[Happened], now: i64) -> (Standing, Vec<String>) {
        let (escalation, log) = replay(&Arc::new(policy), events, &held, at(now));
        let ladder = Ladder::of(&escalation, &log, events, &|decision| decision.at == at(300), &held, at(now));
        let line = |rung: &Rung| {
            let people: Vec<&str> = rung.people.iter().map(Text::as_str).collect();
            format!("{} {} {:?}", seconds(rung.at), people.join("+"), rung.mark)
        };
        (ladder.standing, ladder.rungs.iter().map(line).collect())
    }

    #[test]
    fn what_fell_due_stands_before_what_lies_ahead_up_to_the_alarm() {
        let trigger = event(0, Event::Triggered);
        let (standing, rungs) = laid_out(policy(0), &[trigger], 400);
        assert_eq!(standing, Standing::Calling);
        assert_eq!(rungs, ["0 ana Due", "300 bo Said", "900 cy Ahead", "1800  Exhausted"]);
        assert_eq!(laid_out(policy(0), &[trigger], 5_000).0, Standing::Exhausted);
    }

    #[test]
    fn an_acknowledgement_after_the_last_round_stops_nothing_and_recalls_no_earlier_one() {
        let events = [
            event(0, Event::Triggered),
            event(400, Event::Acknowledged),
            event(500, Event::Resolved),
            event(1_000, Event::Reopened),
            event(9_000, Event::Acknowledged),
        ];
        let (standing, rungs) = laid_out(policy(0), &events, 10_000);
        assert_eq!(standing, Standing::Acknowledged { since: at(9_000), until: None });
        let wanted = ["0 ana Due", "300 bo Said", "1000 ana Due", "1300 bo Due", "1900 cy Due", "2800  Exhausted"];
        assert_eq!(rungs, wanted);
    }

    #[test]
    fn an_acknowledgement_shows_what_it_stopped() {
        let events = [event(0, Event::Triggered), event(400, Event::Acknowledged)];
        let (standing, rungs) = laid_out(policy(2), &events, 5_000);
        assert_eq!(standing, Standing::Acknowledged { since: at(400), until: None });
        assert_eq!(rungs, ["0 ana Due", "300 bo Said", "900 cy Stopped"]);
    }

    #[test]
    fn a_close_after_the_acknowledgement_shows_what_that_stopped() {
        let events = [
            event(0, Event::Triggered),
            event(300, Event::Acknowledged),
            event(350, Event::Acknowledged),
            event(400, Event::Resolved),
        ];
        assert_eq!(laid_out(policy(2), &events, 5_000).1, ["0 ana Due", "300 bo Stopped", "900 cy Stopped"]);
    }

    #[test]
    fn a_close_shows_since_when_it_is_over() {
        let events = [event(0, Event::Triggered), event(100, Event::Resolved)];
        let (standing, rungs) = laid_out(policy(0), &events, 5_000);
        assert_eq!(standing, Standing::Resolved { since: at(100) });
        assert_eq!(rungs, ["0 ana Due", "300 bo Stopped", "900 cy Stopped"]);
    }

    #[test]
    fn nobody_ahead_is_told_before_it_happens() {
        let holed = Policy { steps: vec![step(300, "ana"), step(300, "nobody"), step(300, "cy")], ..policy(0) };
        let (_, rungs) = laid_out(holed, &[event(0, Event::Triggered)], 10);
        assert_eq!(rungs, ["0 ana Due", "300  Nobody", "300 cy Ahead", "600  Exhausted"]);
    }

    #[test]
    fn the_next_rung_is_the_first_ahead() {
        let (escalation, log) = replay(&Arc::new(policy(0)), &[event(0, Event::Triggered)], &held, at(400));
        let ladder = Ladder::of(&escalation, &log, &[], &|_| false, &held, at(400));
        assert_eq!(ladder.next().map(|rung| rung.at), Some(at(900)));
    }

    #[test]
    fn an_alarm_that_lies_ahead_is_ahead_and_is_the_next_when_no_step_is_left() {
        let ladder = |now| {
            let (escalation, log) = replay(&Arc::new(policy(0)), &[event(0, Event::Triggered)], &held, at(now));
            Ladder::of(&escalation, &log, &[], &|_| false, &held, at(now))
        };
        let next = |now| ladder(now).next().map(|rung| (seconds(rung.at), rung.mark, rung.is_ahead));
        assert_eq!(next(1_000), Some((1_800, Mark::Exhausted, true)));
        assert_eq!(next(1_800), None);
        let last = ladder(1_800).rungs.pop().unwrap();
        assert_eq!((last.mark, last.is_ahead), (Mark::Exhausted, false));
    }

    #[test]
    fn a_wait_for_somebody_is_one_rung_that_counts_its_tries_and_whoever_comes_stands_behind_it() {
        let late = |_: &Target, when: DateTime<Utc>| {
            if when < at(3_000) { Vec::new() } else { vec![Text::scrub("ana")] }
        };
        let one = Policy { steps: vec![step(300, "primary")], ..policy(0) };
        let (escalation, log) = replay(&Arc::new(one), &[event(0, Event::Triggered)], &late, at(1_000));
        let ladder = Ladder::of(&escalation, &log, &[], &|_| false, &late, at(1_000));
        let retried = |tries, last| Some(Retried { tries, every: TimeDelta::seconds(300), last: at(last) });
        let found: Vec<_> = ladder.rungs.iter().map(|rung| (seconds(rung.at), rung.mark, rung.retried)).collect();
        let wanted = [
            (0, Mark::Nobody, None),
            (0, Mark::NobodyOnCall, retried(4, 900)),
            (1_200, Mark::Nobody, None),
            (1_200, Mark::NobodyOnCall, retried(6, 2_700)),
            (3_000, Mark::Ahead, None),
            (3_300, Mark::Exhausted, None),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_was_stopped_late_in_a_long_ladder_bears_the_instants_it_had() {
        let long = Policy { steps: (0..8).map(|_| step(300, "ana")).collect(), ..policy(9) };
        let events = [event(0, Event::Triggered), event(22_000, Event::Acknowledged)];
        let rungs = laid_out(long, &events, 30_000).1;
        assert_eq!(
            rungs[74..],
            [
                "22200 ana Stopped",
                "22500 ana Stopped",
                "22800 ana Stopped",
                "23100 ana Stopped",
                "23400 ana Stopped",
                "23700 ana Stopped"
            ]
        );
    }
}
