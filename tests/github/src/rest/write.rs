//! What is changed through REST.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    rest::show,
    state::Did,
    wire::{Answer, Request},
    world::World,
};

/// Does what a request asks of a repository.
pub fn write(world: &mut World, request: &Request, place: usize, rest: &[&str], now: DateTime<Utc>) -> Answer {
    if world.repos[place].archived {
        return Answer::refusal(403, "Repository was archived so is read-only.");
    }
    if request.token().is_none() {
        return Answer::refusal(401, "Requires authentication");
    }
    let (body, method) = (request.json(), request.method.as_str());
    let number = |written: &str| written.parse::<u64>().unwrap_or(0);
    match (method, rest) {
        ("POST", ["issues"]) => create(world, place, &body, now),
        ("PATCH", ["issues", n]) => patch(world, (place, number(n)), &body, now),
        ("POST", ["issues", n, "comments"]) => comment(world, (place, number(n)), &body, now),
        ("PATCH", ["issues", "comments", id]) => edit_comment(world, place, id, &body),
        ("DELETE", ["issues", "comments", id]) => delete_comment(world, place, id, now),
        ("POST" | "PUT", ["issues", n, "labels"]) => labels(world, (place, number(n)), &body, method == "PUT", now),
        ("DELETE", ["issues", n, "labels", name]) => unlabel(world, (place, number(n)), name, now),
        ("POST" | "DELETE", ["issues", n, "assignees"]) => {
            assignees(world, (place, number(n)), &body, method == "DELETE", now)
        }
        ("POST", ["pulls", n, "requested_reviewers"]) => reviewers(world, (place, number(n)), &body, now),
        ("POST", ["labels"]) => declare(world, place, &body),
        _ => Answer::refusal(404, "Not Found"),
    }
}

fn invalid(field: &str, message: &str) -> Answer {
    let error = json!({"resource": "Issue", "code": "invalid", "field": field, "message": message});
    Answer::json(422, &json!({"message": "Validation Failed", "errors": [error], "status": "422"}))
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all
            .iter()
            .filter_map(|one| one.as_str().or_else(|| one.get("name").and_then(Value::as_str)))
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn shown(world: &World, at: (usize, u64), status: u16) -> Answer {
    let repo = &world.repos[at.0];
    match repo.issue(at.1) {
        Some(issue) => Answer::json(status, &show::issue(world, repo, issue)),
        None => Answer::refusal(404, "Not Found"),
    }
}

fn create(world: &mut World, place: usize, body: &Value, now: DateTime<Utc>) -> Answer {
    let Some(title) = body.get("title").and_then(Value::as_str).filter(|title| !title.trim().is_empty()) else {
        return invalid("title", "title is too short (minimum is 1 character)");
    };
    let viewer = world.viewer.clone();
    let number = world.open(place, title, &viewer, None, now);
    let text = body.get("body").and_then(Value::as_str).unwrap_or_default().to_owned();
    world.change((place, number), None, now, |issue| {
        issue.body = text;
        Vec::new()
    });
    // Without the right to do so, labels and assignees are dropped in silence.
    if world.repos[place].may_triage() {
        for label in texts(&body["labels"]) {
            world.add_label((place, number), &label, &viewer, now);
        }
        for login in texts(&body["assignees"]) {
            world.assign((place, number), &login, &viewer, now);
        }
    }
    let url = format!("{}/repos/{}/issues/{number}", world.api, world.repos[place].full());
    shown(world, (place, number), 201).with("location", url)
}

fn patch(world: &mut World, at: (usize, u64), body: &Value, now: DateTime<Utc>) -> Answer {
    let viewer = world.viewer.clone();
    let Some(issue) = world.repos[at.0].issue(at.1).cloned() else { return Answer::refusal(404, "Not Found") };
    let is_own = issue.author.as_deref() == Some(viewer.as_str());
    if !world.repos[at.0].may_triage() && !is_own {
        return Answer::refusal(403, "Must have admin rights to Repository.");
    }
    let reason = body.get("state_reason").and_then(Value::as_str);
    if reason.is_some_and(|r| !["completed", "not_planned", "duplicate", "reopened"].contains(&r)) {
        return invalid("state_reason", "state_reason is not valid");
    }
    match body.get("state").and_then(Value::as_str) {
        None => {}
        Some("open") => world.reopen(at, &viewer, now),
        Some("closed") if reason == Some("reopened") => return invalid("state_reason", "state_reason is not valid"),
        Some("closed") => {
            if issue.pull.as_ref().is_some_and(|pull| pull.merged_at.is_some()) {
                return invalid("state", "it is merged");
            }
            world.close(at, reason.unwrap_or("completed"), &viewer, now);
        }
        Some(_) => return invalid("state", "state is not valid"),
    }
    if body.get("state").is_none() && reason == Some("reopened") && issue.open {
        return invalid("state_reason", "state_reason 'reopened' is not valid for an open issue");
    }
    if let Some(title) = body.get("title").and_then(Value::as_str) {
        world.retitle(at, title, &viewer, now);
    }
    if let Some(text) = body.get("body").and_then(Value::as_str) {
        let text = text.to_owned();
        world.change(at, Some(&viewer), now, |issue| {
            issue.body = text;
            issue.updated_at = now;
            Vec::new()
        });
    }
    if world.repos[at.0].may_triage() {
        if body.get("labels").is_some_and(Value::is_array) {
            set_labels(world, at, &texts(&body["labels"]), &viewer, now);
        }
        if body.get("assignees").is_some_and(Value::is_array) {
            let wanted = texts(&body["assignees"]);
            for login in issue.assignees.iter().filter(|on| !wanted.contains(on)) {
                world.unassign(at, login, &viewer, now);
            }
            for login in &wanted {
                world.assign(at, login, &viewer, now);
            }
        }
    }
    shown(world, at, 200)
}

fn set_labels(world: &mut World, at: (usize, u64), wanted: &[String], by: &str, now: DateTime<Utc>) {
    let on = world.repos[at.0].issue(at.1).map_or(Vec::new(), |issue| issue.labels.clone());
    for label in on.iter().filter(|on| !wanted.iter().any(|one| one.eq_ignore_ascii_case(on))) {
        world.remove_label(at, label, by, now);
    }
    for label in wanted {
        world.add_label(at, label, by, now);
    }
}

fn comment(world: &mut World, at: (usize, u64), body: &Value, now: DateTime<Utc>) -> Answer {
    let Some(text) = body.get("body").and_then(Value::as_str).filter(|text| !text.trim().is_empty()) else {
        return invalid("body", "Body can't be blank");
    };
    if text.chars().count() > 65_536 {
        return invalid("body", "Body is too long (maximum is 65536 characters)");
    }
    let viewer = world.viewer.clone();
    world.comment(at, text, Some(&viewer), now);
    let repo = &world.repos[at.0];
    let Some(event) = repo.issue(at.1).and_then(|issue| issue.events.last()) else {
        return Answer::refusal(404, "Not Found");
    };
    let told = show::comment(world, repo, at.1, event, text);
    let url = told["url"].as_str().unwrap_or_default().to_owned();
    Answer::json(201, &told).with("location", url)
}

fn owner_of(world: &World, place: usize, id: &str) -> Option<u64> {
    let issues = world.repos[place].issues.values().filter_map(|slot| slot.now.as_ref());
    let has = |issue: &crate::state::Issue| {
        issue.events.iter().any(|event| event.id.to_string() == id && matches!(event.did, Did::Commented(_)))
    };
    issues.into_iter().find(|issue| has(issue)).map(|issue| issue.number)
}

fn edit_comment(world: &mut World, place: usize, id: &str, body: &Value) -> Answer {
    let Some(text) = body.get("body").and_then(Value::as_str) else { return invalid("body", "Body can't be blank") };
    let Some(number) = owner_of(world, place, id) else { return Answer::refusal(404, "Not Found") };
    let Some(at) = world.repos[place].issue(number).map(|issue| issue.updated_at) else {
        return Answer::refusal(404, "Not Found");
    };
    world.change((place, number), None, at, |issue| {
        for event in issue.events.iter_mut().filter(|event| event.id.to_string() == id) {
            event.did = Did::Commented(text.to_owned());
        }
        Vec::new()
    });
    let repo = &world.repos[place];
    let event = repo.issue(number).and_then(|issue| issue.events.iter().find(|event| event.id.to_string() == id));
    match event {
        Some(event) => Answer::json(200, &show::comment(world, repo, number, event, text)),
        None => Answer::refusal(404, "Not Found"),
    }
}

fn delete_comment(world: &mut World, place: usize, id: &str, now: DateTime<Utc>) -> Answer {
    let Some(number) = owner_of(world, place, id) else { return Answer::refusal(404, "Not Found") };
    world.change((place, number), None, now, |issue| {
        issue.events.retain(|event| event.id.to_string() != id);
        issue.updated_at = now;
        Vec::new()
    });
    Answer { status: 204, ..Answer::default() }
}

fn labels(world: &mut World, at: (usize, u64), body: &Value, replaces: bool, now: DateTime<Utc>) -> Answer {
    if !world.repos[at.0].may_triage() {
        return Answer::refusal(403, "Must have admin rights to Repository.");
    }
    let wanted = texts(body.get("labels").unwrap_or(body));
    if wanted.is_empty() && !replaces {
        return invalid("labels", "labels is empty");
    }
    let viewer = world.viewer.clone();
    if replaces {
        set_labels(world, at, &wanted, &viewer, now);
    } else {
        for label in &wanted {
            world.add_label(at, label, &viewer, now);
        }
    }
    labels_of(world, at)
}

fn labels_of(world: &World, at: (usize, u64)) -> Answer {
    let told = shown(world, at, 200).value();
    Answer::json(200, &told["labels"])
}

fn unlabel(world: &mut World, at: (usize, u64), name: &str, now: DateTime<Utc>) -> Answer {
    if !world.repos[at.0].may_triage() {
        return Answer::refusal(403, "Must have admin rights to Repository.");
    }
    let viewer = world.viewer.clone();
    if world.remove_label(at, name, &viewer, now) {
        labels_of(world, at)
    } else {
        Answer::refusal(404, "Label does not exist")
    }
}

fn assignees(world: &mut World, at: (usize, u64), body: &Value, takes_off: bool, now: DateTime<Utc>) -> Answer {
    // Without the right to do so nothing happens, and nothing is said.
    if world.repos[at.0].may_triage() {
        let viewer = world.viewer.clone();
        for login in texts(&body["assignees"]) {
            if takes_off {
                world.unassign(at, &login, &viewer, now);
            } else {
                world.assign(at, &login, &viewer, now);
            }
        }
    }
    shown(world, at, if takes_off { 200 } else { 201 })
}

fn reviewers(world: &mut World, at: (usize, u64), body: &Value, now: DateTime<Utc>) -> Answer {
    let viewer = world.viewer.clone();
    let wanted = texts(&body["reviewers"]);
    world.change(at, Some(&viewer), now, |issue| {
        let Some(pull) = &mut issue.pull else { return Vec::new() };
        let new: Vec<String> = wanted.into_iter().filter(|login| !pull.reviewers.contains(login)).collect();
        pull.reviewers.extend(new.iter().cloned());
        new.into_iter().map(Did::ReviewRequested).collect()
    });
    let repo = &world.repos[at.0];
    match repo.issue(at.1) {
        Some(issue) if issue.pull.is_some() => Answer::json(201, &show::pull(world, repo, issue)),
        _ => Answer::refusal(404, "Not Found"),
    }
}

fn declare(world: &mut World, place: usize, body: &Value) -> Answer {
    let Some(name) = body.get("name").and_then(Value::as_str) else { return invalid("name", "name is missing") };
    if world.repos[place].labels.iter().any(|label| label.name.eq_ignore_ascii_case(name)) {
        let error = json!({"resource": "Label", "code": "already_exists", "field": "name"});
        return Answer::json(422, &json!({"message": "Validation Failed", "errors": [error], "status": "422"}));
    }
    world.label(place, name);
    let repo = &world.repos[place];
    let known = repo.labels.iter().find(|label| label.name == name);
    Answer::json(201, &known.map_or(Value::Null, |label| show::label(world, repo, label)))
}
