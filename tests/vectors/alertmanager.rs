//! Silences, inhibition, what needs telling, and when: as Alertmanager was seen to do it (SEMANTICS section 6).

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use watchfloor::{
    domain::{
        alert::{Alert, AlertId, AlertState},
        notify::{
            Dispatcher, Inhibit, LogEntry, Matcher, Op, Plan, Route, Silence, SilenceId, Timing, group::needs,
            route::GroupBy,
        },
        sample::Labels,
    },
    text::Text,
};

use crate::{
    Ran,
    read::{agree, list},
};

/// Judges one vector, by its kind.
pub fn judge(vector: &Value, _file: &Value) -> Result<Ran, String> {
    let found = match vector["kind"].as_str() {
        Some("silence") => json!({ "silenced": silenced(vector)? }),
        Some("inhibit") => json!({ "inhibited": inhibited(vector)? }),
        Some("dedup") => json!({ "notify": needed(vector)? }),
        Some("timeline") => return timeline(vector),
        kind => return Err(format!("no such kind: {kind:?}")),
    };
    agree(&vector["expect"], &found)
}

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_795_165_200_000 + ms).expect("an instant")
}

fn labels(written: &Value) -> Labels {
    let pairs = written.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (Text::scrub(name), Text::scrub(value.as_str().unwrap_or_default()))).collect()
}

fn matcher(written: &Value) -> Result<Matcher, String> {
    let op = match (written["is_equal"].as_bool(), written["is_regex"].as_bool()) {
        (Some(true), Some(false)) => Op::Equal,
        (Some(false), Some(false)) => Op::Not,
        (Some(true), Some(true)) => Op::Fits,
        (Some(false), Some(true)) => Op::Unfit,
        _ => return Err(format!("no matcher: {written}")),
    };
    Matcher::new(written["name"].as_str().unwrap_or_default(), op, written["value"].as_str().unwrap_or_default())
}

fn silenced(vector: &Value) -> Result<bool, String> {
    let starts_in = vector["starts_in_s"].as_i64().ok_or("no start")? * 1_000;
    let silence = Silence {
        id: SilenceId(1),
        matchers: list(&vector["matchers"]).iter().map(matcher).collect::<Result<_, _>>()?,
        from: at(starts_in),
        until: at(starts_in + 3_600_000),
        author: Text::scrub("vector"),
        comment: Text::scrub("vector"),
    };
    Ok(silence.silences(&labels(&vector["labels"]), at(0)))
}

fn inhibited(vector: &Value) -> Result<Vec<bool>, String> {
    let equals = |written: &Value| -> Vec<Matcher> {
        let pairs = written.as_object().into_iter().flatten();
        pairs.map(|(name, value)| Matcher::equal(name, value.as_str().unwrap_or_default())).collect()
    };
    let rules: Vec<Inhibit> = list(&vector["rules"])
        .iter()
        .map(|rule| Inhibit {
            source: equals(&rule["source"]),
            target: equals(&rule["target"]),
            equal: list(&rule["equal"]).iter().filter_map(Value::as_str).map(Text::scrub).collect(),
        })
        .collect();
    let alerts: Vec<Labels> = list(&vector["alerts"]).iter().map(labels).collect();
    if rules.is_empty() || alerts.is_empty() {
        return Err("no rule or no alert".to_owned());
    }
    Ok(alerts.iter().map(|one| rules.iter().any(|rule| rule.inhibits(one, &alerts))).collect())
}

fn needed(vector: &Value) -> Result<bool, String> {
    let ids = |written: &Value| -> BTreeSet<AlertId> {
        list(written).iter().filter_map(Value::as_u64).map(AlertId).collect()
    };
    let minutes = |written: &Value| written.as_i64().map(|n| n * 60_000).ok_or("no minutes");
    let told = &vector["log_entry"];
    let entry = match told.is_null() {
        true => None,
        false => Some(LogEntry {
            at: at(-minutes(&told["age"])?),
            firing: ids(&told["firing"]),
            resolved: ids(&told["resolved"]),
        }),
    };
    let repeat = TimeDelta::milliseconds(minutes(&vector["repeat_interval_min"])?);
    let sends_resolved = vector["send_resolved"].as_bool().ok_or("no send_resolved")?;
    let (firing, resolved) = (ids(&vector["firing"]), ids(&vector["resolved"]));
    Ok(needs(entry.as_ref(), &firing, &resolved, sends_resolved, repeat, at(0)))
}

/// Runs the dispatcher a tenth of a second at a time.
fn timeline(vector: &Value) -> Result<Ran, String> {
    let config = &vector["config"];
    let seconds = |name: &str| config[name].as_i64().map(TimeDelta::seconds).ok_or_else(|| format!("no {name}"));
    let route = Route {
        name: Text::scrub("all"),
        matchers: Vec::new(),
        group_by: GroupBy::Labels(vec![Text::scrub("g")]),
        channels: vec![Text::scrub("chat")],
        timing: Timing {
            group_wait: seconds("group_wait")?,
            group_interval: seconds("group_interval")?,
            repeat_interval: seconds("repeat_interval")?,
        },
        sends_resolved: config["send_resolved"].as_bool().ok_or("no send_resolved")?,
        goes_on: false,
        is_ticket: false,
    };
    let plan = Plan { routes: vec![route], ..Plan::default() };
    let ms = |written: &Value| written.as_f64().map(|s| (s * 1_000.0) as i64).ok_or("no time");
    let mut events =
        list(&vector["events"]).iter().map(|event| Ok((ms(&event["t"])?, event))).collect::<Result<Vec<_>, &str>>()?;
    events.sort_by_key(|(t, _)| *t);
    let mut events = events.into_iter().peekable();
    let (mut dispatcher, mut found) = (Dispatcher::default(), Vec::new());
    for now in (0..=ms(&vector["horizon"])?).step_by(100) {
        while let Some((t, event)) = events.next_if(|(t, _)| *t <= now) {
            let is_over = event["action"] == "resolve";
            let ago = event["started_ago"].as_i64().unwrap_or(0) * 1_000;
            dispatcher.take(&plan, &alert(&event["alert"], at(t - ago), is_over.then(|| at(t))), at(now));
        }
        for notice in dispatcher.tick(&plan, &[], at(now)) {
            let of = |is_firing: bool| -> Vec<&str> {
                let alerts = notice.message.alerts.iter().filter(|said| said.resolved_at.is_none() == is_firing);
                let mut names: Vec<&str> = alerts.filter_map(|said| said.labels.get("a")).map(Text::as_str).collect();
                names.sort_unstable();
                names
            };
            let group = notice.message.alerts.first().and_then(|said| said.labels.get("g")).map_or("0", Text::as_str);
            found.push((
                now,
                json!({
                    "group": group,
                    "status": notice.message.kind.word(),
                    "firing": of(true),
                    "resolved": of(false),
                }),
            ));
        }
    }
    let tolerance = ms(&vector["tolerance_s"])?;
    let expected = list(&vector["expect"]["notifications"]);
    let said =
        |found: &[(i64, Value)]| found.iter().map(|(t, what)| format!("{t} {what}")).collect::<Vec<_>>().join("; ");
    if expected.len() != found.len() {
        return Err(format!("expected {} notifications, found {}: {}", expected.len(), found.len(), said(&found)));
    }
    for (expected, (t, what)) in expected.iter().zip(&found) {
        let is_near = (ms(&expected["t"])? - t).abs() <= tolerance;
        let is_same = ["group", "status", "firing", "resolved"].iter().all(|key| expected[key] == what[key]);
        if !is_near || !is_same {
            return Err(format!("expected {expected}, found {t} {what}"));
        }
    }
    Ok(Ran::Passed)
}

fn alert(written: &Value, since: DateTime<Utc>, over: Option<DateTime<Utc>>) -> Alert {
    let (rule, labels) = (Text::scrub("vector"), labels(written));
    let firing = AlertState::Firing { since, fired_at: since, kept_since: None, blind_since: None };
    Alert {
        id: AlertId::of(&rule, &labels),
        rule,
        labels,
        annotations: Labels::default(),
        state: if over.is_some() { AlertState::Inactive } else { firing },
        value: 1.0,
        since,
        fired_at: Some(since),
        resolved_at: over,
        last_seen: since,
    }
}
