//! What is read besides issues: releases, checks, alerts, notifications, organisations, searches.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    rest::{page, show},
    search,
    state::Alert,
    wire::{Answer, Request, http_date, instant, stamp},
    world::World,
};

/// Answers a question about the rest of a repository.
pub fn of_repository(world: &World, request: &Request, place: usize, rest: &[&str], base: &str) -> Answer {
    let repo = &world.repos[place];
    match rest {
        ["releases"] => {
            let all: Vec<Value> = repo.releases.iter().map(|it| show::release(world, repo, it)).collect();
            page::numbered(world, request, base, &all)
        }
        ["releases", "latest"] => match repo.releases.iter().find(|it| !it.draft && !it.prerelease) {
            Some(it) => Answer::json(200, &show::release(world, repo, it)),
            None => Answer::refusal(404, "Not Found"),
        },
        ["commits", name @ .., "check-runs"] => {
            let name = name.join("/");
            let Some(head) = head(world, place, &name) else { return no_commit(&name) };
            let all: Vec<Value> = head.runs.iter().map(|run| show::check_run(run, &head.oid)).collect();
            let n_all = all.len();
            let mut answer = page::numbered(world, request, base, &all);
            let shown = answer.value();
            answer.body = json!({"total_count": n_all, "check_runs": shown}).to_string().into_bytes();
            answer
        }
        ["commits", name @ .., "status"] => {
            let name = name.join("/");
            let Some(head) = head(world, place, &name) else { return no_commit(&name) };
            let all: Vec<Value> = head.statuses.iter().map(show::status).collect();
            let is = |state: &str| head.statuses.iter().any(|status| status.state == state);
            let state = match () {
                () if is("failure") || is("error") => "failure",
                // Also where there are none.
                () if is("pending") || all.is_empty() => "pending",
                () => "success",
            };
            Answer::json(200, &json!({"state": state, "sha": head.oid, "total_count": all.len(), "statuses": all}))
        }
        ["dependabot", "alerts"] => {
            if request.query("page").is_some() || request.query("first").is_some() || request.query("last").is_some() {
                return Answer::refusal(400, "Pagination using the `page` parameter is not supported.");
            }
            let all: Vec<&Alert> = wanted(request, &repo.dependabot);
            by_cursor(world, request, base, &all, |it| show::dependabot(world, repo, it))
        }
        ["dependabot", "alerts", number] => one(&repo.dependabot, number, |it| show::dependabot(world, repo, it)),
        ["code-scanning", "alerts"] => match &repo.scanning {
            Some(alerts) => {
                let all: Vec<Value> =
                    wanted(request, alerts).iter().map(|it| show::scanning(world, repo, it)).collect();
                page::numbered(world, request, base, &all)
            }
            None => Answer::refusal(404, "no analysis found"),
        },
        ["security-advisories"] => {
            let all: Vec<&Alert> = wanted(request, &repo.advisories);
            by_cursor(world, request, base, &all, |it| show::advisory(world, repo, it))
        }
        _ => Answer::refusal(404, "Not Found"),
    }
}

fn head<'a>(world: &'a World, place: usize, name: &str) -> Option<&'a crate::state::Head> {
    let heads = &world.repos[place].heads;
    let short = name.trim_start_matches("refs/").trim_start_matches("heads/").trim_start_matches("tags/");
    heads.get(short).or_else(|| heads.values().find(|head| head.oid == name))
}

fn no_commit(name: &str) -> Answer {
    Answer::refusal(422, &format!("No commit found for SHA: {name}"))
}

fn one(alerts: &[Alert], number: &str, shown: impl Fn(&Alert) -> Value) -> Answer {
    let found = alerts.iter().find(|alert| alert.number.to_string() == number);
    found.map_or_else(|| Answer::refusal(404, "Not Found"), |alert| Answer::json(200, &shown(alert)))
}

fn wanted<'a>(request: &Request, alerts: &'a [Alert]) -> Vec<&'a Alert> {
    let list = |name| request.query(name).map(|all| all.split(',').map(str::to_owned).collect::<Vec<_>>());
    let (states, severities) = (list("state"), list("severity"));
    let mut kept: Vec<&Alert> = alerts
        .iter()
        .filter(|it| states.as_ref().is_none_or(|states| states.contains(&it.state)))
        .filter(|it| {
            let severity = it.severity.as_deref().unwrap_or_default();
            severities.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == severity))
        })
        .collect();
    kept.sort_by_key(|it| std::cmp::Reverse((it.created_at, it.number)));
    kept
}

fn by_cursor(world: &World, request: &Request, base: &str, all: &[&Alert], shown: impl Fn(&Alert) -> Value) -> Answer {
    let keys: Vec<page::Key> = all.iter().map(|it| (it.created_at.timestamp(), it.number)).collect();
    let (range, links) = page::by_cursor(world, request, base, &keys, true, false);
    let changed = all.iter().map(|it| it.updated_at).max();
    let entries: Vec<Value> = all[range].iter().map(|it| shown(it)).collect();
    let answer = page::linked(Answer::json(200, &Value::Array(entries)), &links);
    match changed {
        Some(at) => answer.with("last-modified", http_date(at)),
        None => answer,
    }
}

/// Answers a question about nothing of one repository.
pub fn elsewhere(world: &mut World, request: &Request, parts: &[&str], now: DateTime<Utc>) -> Answer {
    match parts {
        ["orgs" | "users", owner, "repos"] => {
            let all: Vec<Value> = world
                .repos
                .iter()
                .filter(|repo| repo.owner.eq_ignore_ascii_case(owner) && !repo.deleted)
                .map(|repo| show::repository(world, repo))
                .collect();
            if all.is_empty() {
                return Answer::refusal(404, "Not Found");
            }
            page::numbered(world, request, &format!("/{}", parts.join("/")), &all)
        }
        ["user", "repos"] => {
            let seen = world.repos.iter().filter(|repo| !repo.deleted);
            let all: Vec<Value> = seen.map(|repo| show::repository(world, repo)).collect();
            page::numbered(world, request, "/user/repos", &all)
        }
        ["orgs", owner] => Answer::json(200, &json!({"login": owner, "type": "Organization"})),
        ["users", login] if world.people.contains_key(*login) => Answer::json(200, &show::user(world, login)),
        ["orgs", owner, "dependabot", "alerts"] => {
            let mut all = Vec::new();
            for repo in world.repos.iter().filter(|repo| repo.owner.eq_ignore_ascii_case(owner) && !repo.deleted) {
                for alert in wanted(request, &repo.dependabot) {
                    let mut shown = show::dependabot(world, repo, alert);
                    shown["repository"] = show::repository(world, repo);
                    all.push(shown);
                }
            }
            all.truncate(page::size(request));
            Answer::json(200, &Value::Array(all))
        }
        ["search", "issues"] => {
            let Some(query) = request.query("q").filter(|q| !q.trim().is_empty()) else {
                return Answer::refusal(422, "Validation Failed");
            };
            let found = search::found(world, &query, world.as_of(now));
            let total = found.len();
            let shown: Vec<Value> = found
                .iter()
                .take(1_000)
                .map(|(place, issue)| show::issue(world, &world.repos[*place], issue))
                .collect();
            let mut answer = page::numbered(world, request, "/search/issues", &shown);
            let items = answer.value();
            answer.body =
                json!({"total_count": total, "incomplete_results": false, "items": items}).to_string().into_bytes();
            answer
        }
        ["notifications"] => notifications(world, request),
        ["notifications", "threads", id] => match world.inbox.iter().find(|it| it.id.to_string() == *id) {
            Some(it) => Answer::json(200, &thread(world, it)),
            None => Answer::refusal(404, "Not Found"),
        },
        [] => Answer::json(200, &json!({"current_user_url": format!("{}/user", world.api)})),
        _ => Answer::refusal(404, "Not Found"),
    }
}

fn notifications(world: &World, request: &Request) -> Answer {
    let all = request.query("all").as_deref() == Some("true");
    let participating = request.query("participating").as_deref() == Some("true");
    let since = request.query("since").and_then(|written| instant(&written));
    let mut kept: Vec<_> = world
        .inbox
        .iter()
        .filter(|it| (all || it.unread) && since.is_none_or(|since| it.updated_at >= since))
        .filter(|it| !participating || it.reason != "subscribed")
        .collect();
    kept.sort_by_key(|it| std::cmp::Reverse(it.updated_at));
    let shown: Vec<Value> = kept.iter().map(|it| thread(world, it)).collect();
    let answer = page::numbered(world, request, "/notifications", &shown)
        .with("x-poll-interval", world.rules.poll_interval.to_string());
    match kept.first() {
        Some(newest) => answer.with("last-modified", http_date(newest.updated_at)),
        None => answer,
    }
}

fn thread(world: &World, it: &crate::state::Thread) -> Value {
    let repo = &world.repos[it.repo];
    let issue = repo.issue(it.number);
    let (kind, part) = match issue.and_then(|issue| issue.pull.as_ref()) {
        Some(_) => ("PullRequest", "pulls"),
        None => ("Issue", "issues"),
    };
    json!({"id": it.id.to_string(), "unread": it.unread, "reason": it.reason, "updated_at": stamp(it.updated_at),
        "last_read_at": null, "repository": show::repository(world, repo),
        "subject": {"title": issue.map(|issue| issue.title.clone()), "type": kind,
            "url": format!("{}/repos/{}/{part}/{}", world.api, repo.full(), it.number)},
        "url": format!("{}/notifications/threads/{}", world.api, it.id)})
}

/// Marks a thread as read (`PATCH`) or done (`DELETE`).
pub fn read_thread(world: &mut World, request: &Request, parts: &[&str], _now: DateTime<Utc>) -> Answer {
    let ["notifications", "threads", id] = parts else { return Answer::refusal(404, "Not Found") };
    let Some(i) = world.inbox.iter().position(|it| it.id.to_string() == *id) else {
        return Answer::refusal(404, "Not Found");
    };
    match request.method.as_str() {
        "PATCH" => {
            world.inbox[i].unread = false;
            Answer { status: 205, ..Answer::default() }
        }
        "DELETE" => {
            world.inbox.remove(i);
            Answer { status: 204, ..Answer::default() }
        }
        _ => Answer::refusal(404, "Not Found"),
    }
}
