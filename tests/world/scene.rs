//! A small host, and questions to it.

use chrono::{DateTime, TimeDelta, Utc};
use github_world::{Answer, Request, World, wire::instant};
use serde_json::{Value, json};

pub const TOKEN: (&str, &str) = ("authorization", "Bearer t0ken");
pub const AGENT: (&str, &str) = ("user-agent", "test");

pub fn start() -> DateTime<Utc> {
    instant("2026-11-20T14:00:00Z").unwrap()
}

pub fn after(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

/// `acme/api` with so many open issues, one a minute, the last at the start.
pub fn world(n: u64) -> World {
    let mut world = World::new(7);
    for (login, association) in [("ann", "MEMBER"), ("kim", "NONE"), ("renovate[bot]", "NONE")] {
        world.person(login, association);
    }
    let place = world.repository("acme/api");
    for i in 1..=n {
        world.open(place, &format!("issue {i}"), "kim", None, start() - TimeDelta::minutes((n - i) as i64));
    }
    world
}

pub fn get(world: &mut World, target: &str, at: DateTime<Utc>) -> Answer {
    world.answer(&Request::get(target, &[TOKEN, AGENT]), at)
}

pub fn send(world: &mut World, method: &str, target: &str, body: &Value, at: DateTime<Utc>) -> Answer {
    world.answer(&Request::new(method, target, &[TOKEN, AGENT], body.to_string().into_bytes()), at)
}

pub fn ask(world: &mut World, query: &str, variables: &Value, at: DateTime<Utc>) -> Value {
    let body = json!({"query": query, "variables": variables});
    send(world, "POST", "/graphql", &body, at).value()
}

pub fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|issue| issue["number"].as_u64().unwrap()).collect()
}
