//! `watchfloor drill breach|storm|deadman|rollback`: rehearsals over the real channels, marked as such.

mod book;
mod rollback;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    cli::{
        args::{Common, Drill, DrillCommand, How},
        board,
        drill::book::Book,
        exit,
        failure::{Failure, print},
        setup::{self, Setup},
    },
    domain::{alert::Alert, sample::Labels, zone::Zones},
    floor::fact::Role,
    shell::{
        channels::drill::{self, Ground, Heard, Rehearsal, Took},
        clock::Clock,
    },
    sink::json::Document,
    text::{Text, counted},
};

/// Runs it.
///
/// # Errors
/// The settings are wrong, or nothing is called like what was asked for.
pub async fn run(asked: &Drill, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    if common.now.is_some() {
        let hint = "leave --now out";
        return Err(Failure::new(exit::USAGE, "drill with --now: a rehearsal takes real time", hint));
    }
    let mut setup = setup::set_up(common, zones)?;
    for fact in std::mem::take(&mut setup.first) {
        setup.floor.apply(fact, setup.clock.now());
    }
    match &asked.what {
        DrillCommand::Breach { of, how } => breach(&setup, of.as_deref(), *how, zones).await,
        DrillCommand::Storm { alerts, how } => storm(&setup, usize::from(*alerts), *how, zones).await,
        DrillCommand::Rollback { of, how } => rollback::run(&setup, of.as_deref(), *how, zones).await,
        DrillCommand::Deadman { printed } => deadman(&setup, printed.json, zones).await,
    }
}

/// The alert that is rehearsed.
fn rehearsed(setup: &Setup, of: Option<&str>, now: DateTime<Utc>) -> Result<Alert, Failure> {
    let number = now.timestamp_micros().unsigned_abs();
    let hint = "watchfloor alerts check lists the rules, watchfloor metrics the signals, watchfloor slo the objectives";
    setup.floor.rehearsed(of, number, now).map_err(|why| Failure::new(exit::USAGE, Text::scrub(&why).to_string(), hint))
}

async fn ground(setup: &Setup, how: How) -> Ground {
    let role = setup.engine.keeper().lead().await;
    Ground {
        settings: setup.notify.clone(),
        folder: setup.acting.folder.clone(),
        clock: Clock::Wall,
        hosts: setup.acting.issue_hosts(),
        pages: how.page,
        is_led: matches!(role, Role::Follows { .. }),
    }
}

fn deadline(how: How) -> Instant {
    let now = Instant::now();
    now.checked_add(how.within.to_std().unwrap_or(LONGEST)).unwrap_or(now + LONGEST)
}

/// What --within comes to where it is longer than clocks can count: a day.
const LONGEST: Duration = Duration::from_secs(86_400);

fn failed(why: String) -> Failure {
    Failure::new(exit::NO, format!("drill: {why}"), "see watchfloor doctor")
}

async fn breach(setup: &Setup, of: Option<&str>, how: How, zones: &Zones) -> Result<u8, Failure> {
    let (now, ground) = (setup.clock.now(), ground(setup, how).await);
    let alert = rehearsed(setup, of, now)?;
    let until = deadline(how);
    let (told, runbook) = tokio::join!(drill::breach(&ground, &alert, until), book::read(&alert));
    let told = told.map_err(failed)?;
    let code = match (&told, &runbook) {
        (told, _) if !told.is_judged() && told.held.is_none() => exit::COULD_NOT_JUDGE,
        (told, runbook) if told.is_whole() && runbook.as_ref().is_some_and(Book::is_readable) => exit::DONE,
        _ => exit::NO,
    };
    if how.printed.json {
        let book = runbook.as_ref().map(Book::as_json);
        let document = rehearsal("breach", &told, code, zones, now);
        let document = document.with("alert", about(&alert)).with("runbook", book.unwrap_or(Value::Null));
        print(&board::pretty(&document.value()))?;
        return Ok(code);
    }
    let mut lines = vec![format!("DRILL breach: {} {}", alert.rule, alert.labels)];
    lines.extend(said(&told));
    lines.push(book::said(runbook.as_ref()));
    lines.push(verdict(code).to_owned());
    print(&lines.join("\n"))?;
    Ok(code)
}

async fn storm(setup: &Setup, n: usize, how: How, zones: &Zones) -> Result<u8, Failure> {
    let (now, ground) = (setup.clock.now(), ground(setup, how).await);
    let alert = rehearsed(setup, None, now)?;
    let numbered = |n: usize| {
        let own = (Text::scrub("storm"), Text::scrub(&n.to_string()));
        let labels: Labels = alert.labels.iter().map(|(k, v)| (k.clone(), v.clone())).chain([own]).collect();
        Alert { id: crate::domain::alert::AlertId::of(&alert.rule, &labels), labels, ..alert.clone() }
    };
    let told = drill::storm(&ground, (0..n).map(numbered).collect(), deadline(how)).await.map_err(failed)?;
    let asked: Vec<&Heard> = told.channels.iter().filter(|heard| is_asked(heard)).collect();
    let is_calm = asked.iter().all(|heard| heard.n_messages <= n.div_ceil(10).max(1));
    let code = match () {
        () if !told.is_judged() && told.held.is_none() => exit::COULD_NOT_JUDGE,
        () if told.is_whole() && is_calm => exit::DONE,
        () => exit::NO,
    };
    if how.printed.json {
        let document = rehearsal("storm", &told, code, zones, now).with("alerts", n).with("calm", is_calm);
        print(&board::pretty(&document.value()))?;
        return Ok(code);
    }
    let mut lines = vec![format!("DRILL storm: {} within a minute", counted(n, "alert", "alerts"))];
    lines.extend(said(&told));
    if !is_calm {
        let hint = "more than one message for ten alerts: group more in [[route]] group_by, or give the channel a rate";
        lines.push(format!("  {hint}"));
    }
    lines.push(verdict(code).to_owned());
    print(&lines.join("\n"))?;
    Ok(code)
}

async fn deadman(setup: &Setup, is_json: bool, zones: &Zones) -> Result<u8, Failure> {
    let now = setup.clock.now();
    let heartbeat = setup.notify.watch.heartbeat.as_ref();
    let told = match heartbeat {
        Some(heartbeat) => Some(drill::deadman(&heartbeat.to, Clock::Wall).await),
        None => None,
    };
    let code = match &told {
        None => exit::COULD_NOT_JUDGE,
        Some(Ok(_)) => exit::DONE,
        Some(Err(_)) => exit::NO,
    };
    let every = heartbeat.map(|heartbeat| heartbeat.every);
    if is_json {
        let latency = told.as_ref().and_then(|told| told.as_ref().ok()).map(TimeDelta::num_milliseconds);
        let why = told.as_ref().and_then(|told| told.as_ref().err()).map(Text::as_str);
        let document = board::document("drill", zones, now).with("drill", "deadman").with("ok", code == exit::DONE);
        let document = document.with("configured", heartbeat.is_some()).with("latency_ms", json!(latency));
        let document = document.with("every_s", json!(every.map(|every| every.num_seconds()))).with("why", json!(why));
        print(&board::pretty(&document.value()))?;
        return Ok(code);
    }
    let line = match &told {
        None => NO_HEARTBEAT.to_owned(),
        Some(Ok(took)) => format!("the sign of life was taken after {} ms", took.num_milliseconds()),
        Some(Err(why)) => format!("the sign of life was not taken: {why}"),
    };
    let verdict = if told.is_none() { "could not be judged: there is no sign of life to give" } else { verdict(code) };
    print(&format!("DRILL deadman\n  {line}\n{verdict}"))?;
    Ok(code)
}

const NO_HEARTBEAT: &str = "no heartbeat is configured: write heartbeat_file or heartbeat_url in [watch], or nobody hears that the watcher died";

fn is_asked(heard: &Heard) -> bool {
    matches!(heard.took, Took::Delivered | Took::Not(_))
}

fn verdict(code: u8) -> &'static str {
    match code {
        exit::DONE => "passed",
        exit::NO => "FAILED",
        _ => "could not be judged: no channel that may be told takes such an alert",
    }
}

fn said(told: &Rehearsal) -> Vec<String> {
    let by = if told.by_watcher {
        "  told by the watcher that runs"
    } else {
        "  told by this command: no watcher took it up"
    };
    let mut lines = vec![by.to_owned()];
    lines.extend(told.held.iter().map(|held| format!("  held back: {held}")));
    for heard in &told.channels {
        let messages = counted(heard.n_messages, "message", "messages");
        let words = match &heard.took {
            Took::Delivered => {
                let latency = heard.latency.map_or(0, |latency| latency.num_milliseconds());
                format!("delivered after {latency} ms, {messages}")
            }
            Took::Not(why) => format!("NOT delivered: {why}"),
            Took::HeldBack => "left out: it pages people; --page tells it too".to_owned(),
            Took::NotRouted => "no route of this alert leads here".to_owned(),
        };
        lines.push(format!("  {} ({}): {words}", heard.channel, heard.kind));
    }
    lines
}

fn rehearsal(what: &str, told: &Rehearsal, code: u8, zones: &Zones, now: DateTime<Utc>) -> Document {
    let channel = |heard: &Heard| {
        let (state, why) = match &heard.took {
            Took::Delivered => ("delivered", None),
            Took::Not(why) => ("not_delivered", Some(why.as_str())),
            Took::HeldBack => ("held_back", Some("it pages people; --page tells it too")),
            Took::NotRouted => ("not_routed", None),
        };
        json!({
            "name": heard.channel.as_str(), "kind": heard.kind, "state": state,
            "delivered": heard.took == Took::Delivered, "why": why,
            "latency_ms": heard.latency.map(|latency| latency.num_milliseconds()),
            "messages": heard.n_messages, "digest_of": heard.digest_of,
        })
    };
    let slowest = told.channels.iter().filter_map(|heard| heard.latency).max();
    let document = board::document("drill", zones, now).with("drill", what).with("ok", code == exit::DONE);
    let document = document.with("by", if told.by_watcher { "watcher" } else { "command" });
    let document = document.with("held", json!(told.held.as_ref().map(Text::as_str)));
    let document = document.with("latency_ms", json!(slowest.map(|latency| latency.num_milliseconds())));
    document.with("channels", told.channels.iter().map(channel).collect::<Vec<_>>())
}

fn about(alert: &Alert) -> Value {
    let map = |labels: &Labels| -> serde_json::Map<String, Value> {
        labels.iter().map(|(name, value)| (name.to_string(), json!(value.as_str()))).collect()
    };
    json!({
        "id": alert.id.to_string(), "rule": alert.rule.as_str(), "labels": map(&alert.labels),
        "annotations": map(&alert.annotations),
    })
}
