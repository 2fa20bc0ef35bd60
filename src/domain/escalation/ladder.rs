//! The ladder of one escalation: the rungs behind and ahead, as a person reads them.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        escalation::{
            Who,
            engine::{Act, Decision, Escalation, Event, Happened, Phase, replay},
        },
        rota::Person,
        time::minus,
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
    /// The alarm that a whole round finds nobody (R15).
    NobodyOnCall,
    /// The alarm that all rounds are through (R13).
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
            rung(decision, mark)
        });
        let mut rungs: Vec<Rung> = past.collect();
        let standing = standing(escalation, events, now);
        match standing {
            Standing::Calling | Standing::Exhausted => {
                rungs.extend(ahead(escalation, who).iter().map(|decision| rung(decision, Mark::Ahead)));
            }
            Standing::Acknowledged { .. } | Standing::Resolved { .. } => {
                rungs.extend(stopped(escalation, events, who, now));
            }
            Standing::Unknown => {}
        }
        Self { policy: escalation.policy.name.clone(), standing, rungs }
    }

    /// The next rung ahead that tells somebody.
    pub fn next(&self) -> Option<&Rung> {
        self.rungs.iter().find(|rung| match rung.mark {
            Mark::Ahead => true,
            Mark::NobodyOnCall | Mark::Exhausted | Mark::Said | Mark::Due | Mark::Nobody | Mark::Stopped => false,
        })
    }
}

fn rung(decision: &Decision, mark: Mark) -> Rung {
    let Decision { at, round, act } = decision;
    let (step, people, mark) = match act {
        Act::Notify { step, people } => (Some(*step), people.clone(), mark),
        Act::Skip { step } => (Some(*step), Vec::new(), Mark::Nobody),
        Act::NobodyOnCall { reserve } => (None, reserve.iter().cloned().collect(), Mark::NobodyOnCall),
        Act::Exhausted { reserve } => (None, reserve.iter().cloned().collect(), Mark::Exhausted),
    };
    Rung { at: *at, round: *round, step, people, mark }
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

/// What would be decided from here on if nothing happened. Ends with the first alarm: beyond it nothing new is said.
fn ahead(escalation: &Escalation, who: Who<'_>) -> Vec<Decision> {
    let mut coming = escalation.clone();
    let mut found: Vec<Decision> = Vec::new();
    while let Some(due) = coming.due_at().filter(|_| found.len() < AHEAD) {
        found.extend(coming.advance(who, due));
        if found.last().is_some_and(|decision| matches!(decision.act, Act::NobodyOnCall { .. })) {
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
        let just_before = minus(stop.at, TimeDelta::milliseconds(1));
        let (before, _) = replay(&escalation.policy, &before, who, just_before);
        (!matches!(before.phase, Phase::Held { .. } | Phase::Resolved)).then_some(before)
    });
    let Some(before) = cut else { return Vec::new() };
    let Phase::Calling { round, .. } = before.phase else { return Vec::new() };
    let coming = ahead(&before, who);
    let rest = coming.iter().take_while(|decision| decision.round == round);
    rest.filter(|decision| matches!(decision.act, Act::Notify { .. }))
        .map(|decision| rung(decision, Mark::Stopped))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::escalation::{
        Policy,
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
}
