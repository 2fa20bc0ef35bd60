//! Response and fix clocks: `sla.json`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use watchfloor::{
    domain::{
        calendar::Calendar,
        incident::{Actor, CloseReason, Event, Incident, IncidentKey, Kind, Label, Login, Repo, Standing, What},
        priority::{Grade, Priority},
        sla::{self, BreachCause, Clock, ClockState, OnRaise, Policy, Reopen, Start, Target},
        time::{parse_rfc3339, rfc3339},
    },
    text::Text,
};

use crate::{Ran, business_time::calendar};

/// Judges one issue at one instant and compares every field of `expect`.
pub fn judge(vector: &Value, file: &Value) -> Result<Ran, String> {
    let raw = merged(file, vector)?;
    let incident = incident(&vector["issue"])?;
    let now = instant(&vector["now"])?;
    let verdict = sla::judge(&incident, &policy(&raw)?, now);
    let found = json!({
        "priority": grade(verdict.grade),
        "cancelled": verdict.is_cancelled,
        "response": clock(&verdict.response),
        "fix": clock(&verdict.fix),
    });
    let expect = vector["expect"].as_object().ok_or("no `expect`")?;
    let differences: Vec<_> = expect.iter().filter_map(|(key, wanted)| difference(key, wanted, &found[key])).collect();
    if differences.is_empty() { Ok(Ran::Passed) } else { Err(differences.join("; ")) }
}

/// Compares field by field, so that a field this test does not know is a difference and not a pass.
fn difference(path: &str, wanted: &Value, found: &Value) -> Option<String> {
    if let (Some(fields), Some(_)) = (wanted.as_object(), found.as_object()) {
        let inner: Vec<_> =
            fields.iter().filter_map(|(key, value)| difference(&format!("{path}.{key}"), value, &found[key])).collect();
        let unasked = fields.contains_key("state") && !fields.contains_key("deadline") && !found["deadline"].is_null();
        let extra = unasked.then(|| format!("{path}.deadline: wanted none, found {}", found["deadline"]));
        let all: Vec<_> = inner.into_iter().chain(extra).collect();
        return (!all.is_empty()).then(|| all.join("; "));
    }
    (wanted != found).then(|| format!("{path}: wanted {wanted}, found {found}"))
}

fn clock(clock: &Clock) -> Value {
    let breaches: Vec<_> = clock
        .breaches
        .iter()
        .map(|breach| {
            let cause = match breach.cause {
                BreachCause::Time => "elapsed",
                BreachCause::PriorityChange => "priority_change",
            };
            json!({"priority": grade(breach.grade), "cause": cause})
        })
        .collect();
    let mut found = json!({
        "state": state(clock.state),
        "elapsed_s": clock.elapsed.num_seconds(),
        "target_s": clock.target.map(|target| target.num_seconds()),
        "remaining_s": clock.target.map(|target| target.num_seconds() - clock.elapsed.num_seconds()),
        "stopped_at": clock.stopped_at.map(rfc3339),
        "judged_priority": grade(clock.judged),
        "breaches": breaches,
    });
    // The vectors give a deadline to clocks that run and are not over.
    if let (ClockState::Ok | ClockState::AtRisk, Some(deadline)) = (clock.state, clock.deadline) {
        found["deadline"] = json!(rfc3339(deadline));
    }
    found
}

fn state(state: ClockState) -> &'static str {
    match state {
        ClockState::NotStarted => "not_started",
        // The vectors have no word for a clock without a promise.
        ClockState::Ok | ClockState::BestEffort => "ok",
        ClockState::AtRisk => "at_risk",
        ClockState::Breached => "breached",
        ClockState::Paused => "paused",
        ClockState::Met => "met",
        ClockState::Missed => "missed",
        ClockState::Unanswered => "unanswered",
        ClockState::Cancelled => "cancelled",
    }
}

fn grade(grade: Grade) -> Value {
    match grade {
        Grade::Set(priority) => json!(priority.word()),
        Grade::Untriaged => Value::Null,
    }
}

/// The file's policy with the vector's keys laid over it.
fn merged(file: &Value, vector: &Value) -> Result<Value, String> {
    let mut raw = file["policy"].as_object().cloned().ok_or("the file has no `policy`")?;
    let over = vector["policy_overrides"].as_object().cloned().unwrap_or_default();
    raw.extend(over);
    Ok(Value::Object(raw))
}

fn relabel(labels: &mut Vec<String>, event: &Value) {
    let label = word(&event["label"]);
    match event["event"].as_str() {
        Some("labeled") if !labels.contains(&label) => labels.push(label),
        Some("unlabeled") => labels.retain(|on| *on != label),
        _ => {}
    }
}

fn policy(raw: &Value) -> Result<Policy, String> {
    let mut policy = Policy::standard();
    for grade in Grade::ALL {
        let row = match grade {
            Grade::Set(priority) => &raw["priorities"][priority.word()],
            // The vectors promise nothing before triage.
            Grade::Untriaged => &Value::Null,
        };
        let calendar = match row["calendar"].as_str() {
            Some(name) => calendar(&raw["calendars"][name])?,
            None => Calendar::Always,
        };
        let length = |key: &str| row[key].as_i64().map(TimeDelta::seconds);
        policy.targets[grade.index()] = Target { response: length("response_s"), fix: length("fix_s"), calendar };
    }
    policy.priority_labels = labels_of(raw);
    policy.default_priority = default_priority(raw)?;
    policy.pause_labels = raw.get("pause_labels").map(words).unwrap_or_default();
    policy.maintainers = raw.get("maintainers").map(logins).unwrap_or_default();
    policy.robots = raw.get("bots").or_else(|| raw.get("robots")).map(logins).unwrap_or_default();
    policy.members_are_maintainers = false;
    policy.at_risk = raw.get("at_risk_fraction").and_then(Value::as_f64).unwrap_or(0.75);
    policy.start = match raw.get("start").and_then(Value::as_str) {
        None | Some("created") => Start::Created,
        Some("labeled" | "labelled") => Start::Labeled,
        Some(other) => return Err(format!("policy.start: {other}")),
    };
    policy.on_raise = match raw.get("on_raise").and_then(Value::as_str) {
        None | Some("keep_elapsed") => OnRaise::KeepElapsed,
        Some("restart") => OnRaise::Restart,
        Some(other) => return Err(format!("policy.on_raise: {other}")),
    };
    policy.reopen = match raw.get("reopen").and_then(Value::as_str) {
        None | Some("resume") => Reopen::Resume,
        Some("restart") => Reopen::Restart,
        Some(other) => return Err(format!("policy.reopen: {other}")),
    };
    Ok(policy)
}

fn labels_of(raw: &Value) -> Vec<(String, Priority)> {
    let prefix = raw.get("label_prefix").and_then(Value::as_str).unwrap_or("priority/");
    Priority::ALL.map(|priority| (format!("{prefix}{priority}"), priority)).into()
}

fn default_priority(raw: &Value) -> Result<Option<Priority>, String> {
    match raw.get("default_priority").and_then(Value::as_str) {
        None => Ok(None),
        Some(word) => Priority::parse(word).map(Some).ok_or_else(|| format!("policy.default_priority: {word}")),
    }
}

fn incident(issue: &Value) -> Result<Incident, String> {
    let opened_at = instant(&issue["created_at"])?;
    let events = issue["timeline"].as_array().cloned().unwrap_or_default();
    let mut labels = words(&issue["labels_at_creation"]);
    events.iter().for_each(|event| relabel(&mut labels, event));
    let timeline = events.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    let end = timeline.iter().rev().find(|e| matches!(e.what, What::Closed(_) | What::Reopened));
    let close = end.and_then(|event| match event.what {
        What::Closed(reason) => Some((event.at, reason)),
        _ => None,
    });
    Ok(Incident {
        key: IncidentKey::issue(Repo::new("acme/api"), 1),
        kind: Kind::Issue,
        title: Text::scrub("vector"),
        author: issue["author"].as_str().map(Login::new),
        labels: labels.iter().map(|label| Label::new(label)).collect(),
        assignees: Vec::new(),
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at,
        updated_at: timeline.last().map_or(opened_at, |event| event.at),
        closed_at: close.map(|(at, _)| at),
        close_reason: close.map(|(_, reason)| reason),
        comments: 0,
        url: Text::scrub(""),
        body: None,
        timeline,
        has_timeline: true,
    })
}

fn event(event: &Value) -> Result<Event, String> {
    let label = || Label::new(&word(&event["label"]));
    let assignee = || event["assignee"].as_str().map(Login::new);
    let what = match event["event"].as_str().unwrap_or_default() {
        "labeled" => What::Labeled(label()),
        "unlabeled" => What::Unlabeled(label()),
        "assigned" => What::Assigned(assignee()),
        "unassigned" => What::Unassigned(assignee()),
        "commented" => What::Commented,
        "reviewed" => What::Reviewed,
        "closed" => What::Closed(match event["state_reason"].as_str() {
            None | Some("completed") => CloseReason::Completed,
            Some("not_planned") => CloseReason::NotPlanned,
            Some("duplicate") => CloseReason::Duplicate,
            Some(other) => return Err(format!("state_reason: {other}")),
        }),
        "reopened" => What::Reopened,
        "merged" => What::Merged,
        // Renames, reactions, mentions and the like move no clock.
        _ => What::Renamed,
    };
    let actor = event["actor"].as_str().map(|login| Actor {
        login: Login::new(login),
        standing: Standing::Unsaid,
        is_robot: login.ends_with("[bot]"),
    });
    Ok(Event { at: instant(&event["at"])?, actor, what })
}

fn instant(value: &Value) -> Result<DateTime<Utc>, String> {
    value.as_str().and_then(parse_rfc3339).ok_or_else(|| format!("not an instant: {value}"))
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(word).collect()
}

fn logins(value: &Value) -> Vec<Login> {
    words(value).iter().map(|login| Login::new(login)).collect()
}
