//! The REST API: which address means what.

use std::hash::{Hash, Hasher};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    state::Gone,
    wire::{Answer, Request, decoded},
    world::{World, secondary},
};

pub mod feeds;
pub mod lists;
pub mod page;
pub mod show;
pub mod write;

/// Answers a REST request within its limits.
pub fn answer(world: &mut World, request: &Request, now: DateTime<Utc>) -> Answer {
    let is_free = request.path().ends_with("/rate_limit");
    let is_search = request.path().contains("/search/");
    let is_read = request.method == "GET" || request.method == "HEAD";
    world.limits.core.turn(now);
    let points = if is_read { 1 } else { 5 };
    let makes_content = request.method == "POST" && !request.path().ends_with("/labels");
    let limit = if request.token().is_some() { world.rules.core_limit } else { world.rules.core_limit.min(60) };
    let is_too_fast = world.limits.rest(points, makes_content, now);
    if world.rules.secondary && is_too_fast {
        return charged(world, secondary(403, 60), false, true, limit);
    }
    if is_search && world.limits.search(now) && world.rules.primary {
        return Answer::refusal(403, "API rate limit exceeded for user ID 1.")
            .with("x-ratelimit-limit", "30")
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-resource", "search")
            .with("x-ratelimit-reset", (now.timestamp() + 60).to_string());
    }
    if !is_free && world.rules.primary && world.limits.core.used >= limit {
        return charged(world, Answer::refusal(403, "API rate limit exceeded for user ID 1."), false, true, limit);
    }
    if request.header("x-github-api-version").is_some_and(|asked| !["2022-11-28", "2026-03-10"].contains(&asked)) {
        return charged(world, Answer::refusal(400, "Unsupported API version"), true, true, limit);
    }
    let mut answer = routed(world, request, now);
    if is_read && answer.status == 200 && !is_search && !is_free {
        let tag = tag_of(request, &answer.body);
        if request.header("if-none-match").is_some_and(|known| same_tag(known, &tag)) {
            answer.status = 304;
            answer.body.clear();
            answer.headers.retain(|(name, _)| name != "content-type" && name != "link");
        }
        answer.headers.push(("etag".into(), tag));
        answer.headers.push(("vary".into(), "Accept, Authorization, Cookie".into()));
        answer.headers.push(("cache-control".into(), "private, max-age=60, s-maxage=60".into()));
    }
    let unmodified_since = request.header("if-modified-since").is_some_and(|known| {
        request.header("if-none-match").is_none() && answer.header("last-modified") == Some(known)
    });
    if is_read && answer.status == 200 && unmodified_since {
        answer.status = 304;
        answer.body.clear();
    }
    // Unchanged answers are free for those who say who they are.
    let is_charged = !is_free && !is_search && !(answer.status == 304 && request.token().is_some());
    charged(world, answer, is_charged, !is_search, limit)
}

/// The answer with what is left of the hour, after it was charged or not.
fn charged(world: &mut World, mut answer: Answer, is_charged: bool, is_core: bool, hourly: u64) -> Answer {
    if is_charged {
        world.limits.core.used += 1;
        world.meter.rest += 1;
    }
    if world.rules.primary && answer.header("x-ratelimit-limit").is_none() {
        let (limit, used) =
            if is_core { (hourly, world.limits.core.used) } else { (30, world.limits.search.len() as u64) };
        for (name, value) in [
            ("x-ratelimit-limit", limit.to_string()),
            ("x-ratelimit-remaining", limit.saturating_sub(used).to_string()),
            ("x-ratelimit-used", used.to_string()),
            ("x-ratelimit-reset", world.limits.core.reset_stamp().to_string()),
            ("x-ratelimit-resource", if is_core { "core" } else { "search" }.to_owned()),
        ] {
            answer.headers.push((name.to_owned(), value));
        }
    }
    if let Some(scopes) = &world.rules.scopes {
        answer.headers.push(("x-oauth-scopes".into(), scopes.clone()));
    }
    answer.headers.push(("x-github-media-type".into(), "github.v3; format=json".into()));
    answer
}

/// A tag of the body and of who reads it how.
fn tag_of(request: &Request, body: &[u8]) -> String {
    let mut tag = String::from("W/\"");
    for part in 0..4_u8 {
        let mut hasher = std::hash::DefaultHasher::new();
        (part, request.header("accept"), request.header("authorization"), body).hash(&mut hasher);
        tag.push_str(&format!("{:016x}", hasher.finish()));
    }
    tag.push('"');
    tag
}

fn same_tag(known: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.split(',').any(|known| bare(known) == bare(tag))
}

fn routed(world: &mut World, request: &Request, now: DateTime<Utc>) -> Answer {
    let path = request.path().strip_prefix("/api/v3").unwrap_or(request.path()).to_owned();
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let is_read = request.method == "GET" || request.method == "HEAD";
    match &parts[..] {
        ["user"] if is_read => Answer::json(200, &show::user(world, &world.viewer)),
        ["rate_limit"] => rate_limit(world),
        ["repos", owner, name, rest @ ..] => {
            let full = format!("{owner}/{name}");
            let Some(place) = world.place(&full) else { return Answer::refusal(404, "Not Found") };
            if !world.repos[place].full().eq_ignore_ascii_case(&full) {
                return moved(world, request, &format!("/repositories/{}", world.repos[place].id), rest);
            }
            in_repository(world, request, place, rest, now)
        }
        ["repositories", id, rest @ ..] => {
            let found = world.repos.iter().position(|repo| repo.id.to_string() == *id && !repo.deleted);
            let Some(place) = found else { return Answer::refusal(404, "Not Found") };
            in_repository(world, request, place, rest, now)
        }
        _ if is_read => feeds::elsewhere(world, request, &parts, now),
        ["notifications", ..] => feeds::read_thread(world, request, &parts, now),
        _ => Answer::refusal(404, "Not Found"),
    }
}

fn in_repository(world: &mut World, request: &Request, place: usize, rest: &[&str], now: DateTime<Utc>) -> Answer {
    if matches!(rest, ["issues", ..]) && world.repos[place].issues_off {
        return Answer::refusal(410, "Issues are disabled for this repo");
    }
    // An issue that is no longer here.
    if let ["issues" | "pulls", number, after @ ..] = rest
        && let Ok(number) = number.parse::<u64>()
    {
        let slot = world.repos[place].issues.get(&number);
        match slot.map(|slot| (slot.now.is_some(), slot.gone.clone())) {
            Some((true, _)) => {}
            Some((false, Some(Gone::Transferred(to, there)))) => {
                let base = format!("/repositories/{}/issues/{there}", world.repos[to].id);
                return moved(world, request, &base, after);
            }
            Some((false, _)) => return Answer::refusal(410, "This issue was deleted"),
            None => return Answer::refusal(404, "Not Found"),
        }
    }
    if request.method == "GET" || request.method == "HEAD" {
        lists::read(world, request, place, rest, now)
    } else {
        write::write(world, request, place, rest, now)
    }
}

/// 301, or 307 where the method must stay.
fn moved(world: &World, request: &Request, base: &str, rest: &[&str]) -> Answer {
    let query = request.target.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
    let tail: String = rest.iter().map(|part| format!("/{}", encoded(part))).collect();
    let url = format!("{}{base}{tail}{query}", world.api);
    let (status, message) =
        if request.method == "GET" { (301, "Moved Permanently") } else { (307, "Temporary Redirect") };
    Answer::json(status, &json!({"message": message, "url": url, "documentation_url": "https://docs.github.com/rest"}))
        .with("location", url)
}

/// A piece of a path as it is written in one.
pub fn encoded(part: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    part.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn rate_limit(world: &World) -> Answer {
    if !world.rules.primary {
        return Answer::refusal(404, "Rate limiting is not enabled.");
    }
    let shown = |limit: u64, used: u64, reset: i64| json!({"limit": limit, "used": used, "remaining": limit.saturating_sub(used), "reset": reset});
    let core = shown(world.rules.core_limit, world.limits.core.used, world.limits.core.reset_stamp());
    let graphql = shown(world.rules.graphql_limit, world.limits.graphql.used, world.limits.graphql.reset_stamp());
    let search = shown(30, world.limits.search.len() as u64, world.limits.core.reset_stamp());
    let body: Value = json!({"resources": {"core": core, "graphql": graphql, "search": search}, "rate": core});
    Answer::json(200, &body)
}
