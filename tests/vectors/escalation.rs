//! Escalation policies: `escalation.json`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use watchfloor::{
    domain::{
        escalation::{
            Policy, Step, Target,
            engine::{Act, Decision, Escalation, Event, Happened, Phase},
        },
        priority::Priority,
        rota::Person,
        time::{between, plus},
    },
    text::Text,
};

use crate::Ran;

/// Walks the seconds of one vector, sleeping where the process was down, and compares the log and the last state.
pub fn judge(vector: &Value, _file: &Value) -> Result<Ran, String> {
    known(vector, &["id", "policy", "events", "process_down", "horizon_s", "expect"])?;
    let (policy, rota) = policy(&vector["policy"])?;
    let who = |target: &Target, at: DateTime<Utc>| -> Vec<Person> { people(&rota, target, at) };
    let events = list(&vector["events"])?.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    let down = list(&vector["process_down"])?.iter().map(stretch).collect::<Result<Vec<_>, _>>()?;
    let mut escalation = Escalation::new(Arc::new(policy));
    let mut waiting = events.into_iter().peekable();
    let mut log = Vec::new();
    for second in 0..=number(&vector["horizon_s"])? {
        if down.iter().any(|(from, until)| (*from..*until).contains(&second)) {
            continue;
        }
        while let Some(happened) = waiting.next_if(|happened| happened.at <= at(second)) {
            escalation.take(happened);
        }
        log.extend(escalation.advance(&who, at(second)).iter().map(line));
    }
    let found = json!({"log": log, "final_state": state(escalation.phase)});
    if found == vector["expect"] { Ok(Ran::Passed) } else { Err(format!("wanted {}, found {found}", vector["expect"])) }
}

fn at(second: i64) -> DateTime<Utc> {
    plus(DateTime::UNIX_EPOCH, TimeDelta::seconds(second))
}

fn line(decision: &Decision) -> Value {
    let t = between(DateTime::UNIX_EPOCH, decision.at).num_seconds();
    let round = decision.round;
    match &decision.act {
        Act::Notify { step, people } => {
            let people: Vec<&str> = people.iter().map(Text::as_str).collect();
            json!({"t": t, "step": step, "round": round, "notify": people})
        }
        Act::Skip { step } => json!({"t": t, "step": step, "round": round, "skipped": "nobody_on_call"}),
        Act::NobodyOnCall { .. } => json!({"t": t, "alarm": "nobody_on_call"}),
        Act::Exhausted { .. } => json!({"t": t, "alarm": "exhausted"}),
    }
}

fn state(phase: Phase) -> &'static str {
    match phase {
        Phase::Quiet => "quiet",
        Phase::Calling { .. } | Phase::Ending { .. } | Phase::Exhausted { .. } => "triggered",
        Phase::Held { .. } => "acked",
        Phase::Resolved => "resolved",
    }
}

/// A target's person with the seconds from which and until which they are on call.
type Turn = (String, i64, i64);

/// The policy, and the people behind its seats: a seat is named by its step and its place there.
fn policy(raw: &Value) -> Result<(Policy, Vec<(String, Turn)>), String> {
    known(raw, &["steps", "repeat", "ack_timeout_s"])?;
    let (mut steps, mut rota) = (Vec::new(), Vec::new());
    for (n, step) in list(&raw["steps"])?.iter().enumerate() {
        known(step, &["delay_s", "targets"])?;
        let mut targets = Vec::new();
        for (m, target) in list(&step["targets"])?.iter().enumerate() {
            known(target, &["user", "from", "to"])?;
            let seat = format!("{n}.{m}");
            let user = target["user"].as_str().ok_or("a target without a user")?.to_owned();
            let (from, until) = (target["from"].as_i64().unwrap_or(0), target["to"].as_i64().unwrap_or(i64::MAX));
            targets.push(Target::Seat(Text::scrub(&seat)));
            rota.push((seat, (user, from, until)));
        }
        steps.push(Step { delay: TimeDelta::seconds(number(&step["delay_s"])?), targets });
    }
    let repeat = u32::try_from(number(&raw["repeat"])?).map_err(|e| format!("repeat: {e}"))?;
    let ack_timeout = raw["ack_timeout_s"].as_i64().map(TimeDelta::seconds);
    let name = Text::scrub("vector");
    Ok((Policy { name, priorities: Priority::ALL.into(), steps, repeat, ack_timeout, reserve: None }, rota))
}

fn people(rota: &[(String, Turn)], target: &Target, now: DateTime<Utc>) -> Vec<Person> {
    let Target::Seat(seat) = target else { return Vec::new() };
    let second = between(DateTime::UNIX_EPOCH, now).num_seconds();
    let here =
        rota.iter().filter(|(name, (_, from, until))| name == seat.as_str() && (*from..*until).contains(&second));
    here.map(|(_, (user, _, _))| Text::scrub(user)).collect()
}

fn event(raw: &Value) -> Result<Happened, String> {
    known(raw, &["t", "event", "for_s"])?;
    let when = number(&raw["t"])?;
    let event = match raw["event"].as_str().unwrap_or_default() {
        "trigger" => Event::Triggered,
        "ack" => Event::Acknowledged,
        "unack" => Event::Unacknowledged,
        "snooze" => Event::Snoozed { until: at(when + number(&raw["for_s"])?) },
        "resolve" => Event::Resolved,
        "reopen" => Event::Reopened,
        "escalate" => Event::Escalated,
        other => return Err(format!("an unknown event: {other}")),
    };
    Ok(Happened { at: at(when), event })
}

fn stretch(raw: &Value) -> Result<(i64, i64), String> {
    Ok((number(&raw[0])?, number(&raw[1])?))
}

fn number(raw: &Value) -> Result<i64, String> {
    raw.as_i64().ok_or_else(|| format!("not a number: {raw}"))
}

fn list(raw: &Value) -> Result<Vec<Value>, String> {
    raw.as_array().cloned().ok_or_else(|| format!("not a list: {raw}"))
}

/// A field that this test does not know would be passed over, and the vector would pass for the wrong reason.
fn known(raw: &Value, fields: &[&str]) -> Result<(), String> {
    let comments = ["hand_proved", "note", "reference", "source", "tags"];
    let all = raw.as_object().into_iter().flatten();
    let unknown: Vec<&String> =
        all.map(|(key, _)| key).filter(|key| ![fields, &comments].concat().contains(&key.as_str())).collect();
    if unknown.is_empty() { Ok(()) } else { Err(format!("fields this test does not know: {unknown:?}")) }
}
