//! What is read of a repository.

use std::{cmp::Reverse, sync::Arc};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    rest::{feeds, page, show},
    state::{Did, Issue},
    wire::{Answer, Request, http_date, instant},
    world::World,
};

/// Answers a question about a repository.
pub fn read(world: &mut World, request: &Request, place: usize, rest: &[&str], now: DateTime<Utc>) -> Answer {
    let repo = &world.repos[place];
    let base = format!("/repositories/{}/{}", repo.id, rest.join("/"));
    match rest {
        [] => Answer::json(200, &show::repository(world, repo)),
        ["issues"] => issues(world, request, place, now),
        ["issues", "events"] => {
            let mut all: Vec<_> = repo
                .listed(world.as_of(now))
                .flat_map(|issue| issue.events.iter().map(move |event| (event, issue)))
                .filter(|(event, _)| !matches!(event.did, Did::Commented(_) | Did::Reviewed(..) | Did::Referenced))
                .collect();
            all.sort_by_key(|(event, _)| Reverse(event.id));
            // Only the page asked for is written out: there may be thousands.
            let shown: Vec<Value> = on_page(request, all.len())
                .map(|(i, is_shown)| match all.get(i).filter(|_| is_shown) {
                    Some((event, issue)) => {
                        let mut entry = show::event(world, repo, issue.number, event, true);
                        entry["issue"] = show::issue(world, repo, issue);
                        entry
                    }
                    None => Value::Null,
                })
                .collect();
            page::numbered(world, request, &base, &shown)
        }
        ["issues", "comments"] => {
            let since = request.query("since").and_then(|written| instant(&written));
            let mut all: Vec<_> = repo
                .listed(world.as_of(now))
                .flat_map(|issue| issue.events.iter().map(move |event| (event, issue.number)))
                .filter(|(event, _)| {
                    matches!(event.did, Did::Commented(_)) && since.is_none_or(|since| event.at >= since)
                })
                .collect();
            all.sort_by_key(|(event, _)| event.id);
            if request.query("direction").as_deref() == Some("desc") {
                all.reverse();
            }
            let shown: Vec<Value> =
                all.iter().map(|(event, number)| show::event(world, repo, *number, event, true)).collect();
            page::numbered(world, request, &base, &shown)
        }
        ["issues", "comments", id] => comment(world, place, id),
        ["issues", number] => match number.parse().ok().and_then(|number| repo.issue(number)) {
            Some(issue) => {
                Answer::json(200, &show::issue(world, repo, issue)).with("last-modified", http_date(issue.updated_at))
            }
            None => Answer::refusal(404, "Not Found"),
        },
        ["issues", number, what @ ("comments" | "timeline" | "events" | "labels")] => {
            of_issue(world, request, (place, number), what, &base)
        }
        ["labels"] => {
            let all: Vec<Value> = repo.labels.iter().map(|label| show::label(world, repo, label)).collect();
            page::numbered(world, request, &base, &all)
        }
        ["labels", name] => match repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name)) {
            Some(label) => Answer::json(200, &show::label(world, repo, label)),
            None => Answer::refusal(404, "Not Found"),
        },
        ["milestones"] => {
            let state = request.query("state").unwrap_or_else(|| "open".to_owned());
            let kept = repo.milestones.iter().filter(|m| state == "all" || m.open == (state == "open"));
            let all: Vec<Value> = kept.map(|m| show::milestone(world, repo, m)).collect();
            page::numbered(world, request, &base, &all)
        }
        ["milestones", number] => match repo.milestones.iter().find(|m| m.number.to_string() == *number) {
            Some(milestone) => Answer::json(200, &show::milestone(world, repo, milestone)),
            None => Answer::refusal(404, "Not Found"),
        },
        ["assignees"] => {
            let all: Vec<Value> = repo.assignable.iter().map(|login| show::user(world, login)).collect();
            page::numbered(world, request, &base, &all)
        }
        ["assignees", login] => match repo.assignable.iter().any(|known| known.eq_ignore_ascii_case(login)) {
            true => Answer { status: 204, ..Answer::default() },
            false => Answer::refusal(404, "Not Found"),
        },
        ["collaborators", login, "permission"] => {
            let may = match world.association(Some(login)) {
                "OWNER" => "admin",
                "MEMBER" | "COLLABORATOR" => "write",
                _ => "read",
            };
            Answer::json(200, &json!({"permission": may, "role_name": may, "user": show::user(world, login)}))
        }
        ["pulls"] => pulls(world, request, place, &base, now),
        ["pulls", number] => match number.parse().ok().and_then(|number| repo.issue(number)) {
            Some(issue) if issue.pull.is_some() => Answer::json(200, &show::pull(world, repo, issue)),
            _ => Answer::refusal(404, "Not Found"),
        },
        ["pulls", number, "reviews"] => of_issue(world, request, (place, number), "reviews", &base),
        _ => feeds::of_repository(world, request, place, rest, &base),
    }
}

/// Each index of a list, and whether it is on the page asked for.
fn on_page(request: &Request, len: usize) -> impl Iterator<Item = (usize, bool)> {
    let (size, page) =
        (page::size(request), request.query("page").and_then(|n| n.parse().ok()).unwrap_or(1_usize).max(1));
    let shown = (page - 1) * size..page * size;
    (0..len).map(move |i| (i, shown.contains(&i)))
}

fn issues(world: &World, request: &Request, place: usize, now: DateTime<Utc>) -> Answer {
    let repo = &world.repos[place];
    let state = request.query("state").unwrap_or_else(|| "open".to_owned());
    if !["open", "closed", "all"].contains(&state.as_str()) {
        let error = json!({"resource": "Issue", "code": "custom", "field": "state", "message": "state is not valid"});
        return Answer::json(422, &json!({"message": "Validation Failed", "errors": [error], "status": "422"}));
    }
    let page_asked = request.query("page").and_then(|n| n.parse::<u64>().ok()).unwrap_or(1);
    if page_asked > world.rules.deepest_page && request.query("after").is_none() {
        return Answer::refusal(
            422,
            "Pagination with the page parameter is not supported for large datasets, please \
            use cursor based pagination (after/before)",
        );
    }
    let since = request.query("since").and_then(|written| instant(&written));
    let labels: Vec<String> = request.query("labels").map_or(Vec::new(), |written| {
        written.split(',').map(|label| label.trim().to_lowercase()).filter(|label| !label.is_empty()).collect()
    });
    let (assignee, creator) = (request.query("assignee"), request.query("creator"));
    let kept = |issue: &&Arc<Issue>| {
        (state == "all" || issue.open == (state == "open"))
            && since.is_none_or(|since| issue.updated_at >= since)
            && labels.iter().all(|label| issue.labels.iter().any(|on| on.to_lowercase() == *label))
            && assignee.as_deref().is_none_or(|who| match who {
                "*" => true,
                "none" => issue.assignees.is_empty(),
                login => issue.assignees.iter().any(|on| on.eq_ignore_ascii_case(login)),
            })
            && creator
                .as_deref()
                .is_none_or(|who| issue.author.as_deref().is_some_and(|by| by.eq_ignore_ascii_case(who)))
    };
    let mut all: Vec<&Arc<Issue>> = repo.listed(world.as_of(now)).filter(kept).collect();
    let sort = request.query("sort");
    let key = |issue: &Arc<Issue>| -> page::Key {
        let by = match sort.as_deref() {
            Some("updated") => issue.updated_at.timestamp(),
            None | Some("created") => issue.created_at.timestamp(),
            Some("comments") => issue.comments() as i64,
            // What it does not know it passes over.
            Some(_) => 0,
        };
        (by, issue.id)
    };
    all.sort_by_key(|issue| key(issue));
    let is_descending = request.query("direction").as_deref() != Some("asc");
    if is_descending {
        all.reverse();
    }
    let keys: Vec<page::Key> = all.iter().map(|issue| key(issue)).collect();
    let base = format!("/repositories/{}/issues", repo.id);
    let (range, links) = page::by_cursor(world, request, &base, &keys, is_descending, true);
    let shown: Vec<Value> = all[range].iter().map(|issue| show::issue(world, repo, issue)).collect();
    page::linked(Answer::json(200, &Value::Array(shown)), &links)
}

fn pulls(world: &World, request: &Request, place: usize, base: &str, now: DateTime<Utc>) -> Answer {
    let repo = &world.repos[place];
    let state = request.query("state").unwrap_or_else(|| "open".to_owned());
    let mut all: Vec<&Arc<Issue>> = repo
        .listed(world.as_of(now))
        .filter(|issue| issue.pull.is_some() && (state == "all" || issue.open == (state == "open")))
        .collect();
    let by_update = request.query("sort").as_deref() == Some("updated");
    all.sort_by_key(|issue| (if by_update { issue.updated_at } else { issue.created_at }, issue.id));
    let is_descending = match request.query("direction").as_deref() {
        Some(direction) => direction == "desc",
        None => !by_update,
    };
    if is_descending {
        all.reverse();
    }
    let shown: Vec<Value> = all.iter().map(|issue| show::pull(world, repo, issue)).collect();
    page::numbered(world, request, base, &shown)
}

fn of_issue(world: &World, request: &Request, (place, number): (usize, &str), what: &str, base: &str) -> Answer {
    let repo = &world.repos[place];
    let Some(issue) = number.parse().ok().and_then(|number| repo.issue(number)) else {
        return Answer::refusal(404, "Not Found");
    };
    let since = request.query("since").and_then(|written| instant(&written));
    let events =
        issue.events.iter().map(|event| (event, show::event(world, repo, issue.number, event, what == "events")));
    let all: Vec<Value> = match what {
        "labels" => {
            let known = issue.labels.iter().filter_map(|name| repo.labels.iter().find(|label| label.name == *name));
            known.map(|label| show::label(world, repo, label)).collect()
        }
        "timeline" => events.map(|(_, shown)| shown).collect(),
        "reviews" => {
            events.filter(|(event, _)| matches!(event.did, Did::Reviewed(..))).map(|(_, shown)| shown).collect()
        }
        "comments" => issue
            .events
            .iter()
            .filter(|event| since.is_none_or(|since| event.at >= since))
            .filter_map(|event| match &event.did {
                Did::Commented(text) => Some(show::comment(world, repo, issue.number, event, text)),
                _ => None,
            })
            .collect(),
        _ => events
            .filter(|(event, _)| !matches!(event.did, Did::Commented(_) | Did::Reviewed(..) | Did::Referenced))
            .map(|(_, shown)| shown)
            .collect(),
    };
    page::numbered(world, request, base, &all)
}

fn comment(world: &World, place: usize, id: &str) -> Answer {
    let repo = &world.repos[place];
    let found = repo.issues.values().filter_map(|slot| slot.now.as_ref()).find_map(|issue| {
        let event = issue.events.iter().find(|event| event.id.to_string() == id)?;
        let Did::Commented(text) = &event.did else { return None };
        Some(show::comment(world, repo, issue.number, event, text))
    });
    found.map_or_else(|| Answer::refusal(404, "Not Found"), |shown| Answer::json(200, &shown))
}
