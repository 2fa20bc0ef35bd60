//! The GraphQL API: reads, checks, prices and answers a query.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use graphql_parser::query::{
    Definition, Document, FragmentDefinition, OperationDefinition, SelectionSet, VariableDefinition, parse_query,
};
use serde_json::{Map, Value, json};

use crate::{
    wire::{Answer, Request},
    world::{World, secondary},
};

pub mod check;
pub mod connection;
pub mod fields;
pub mod run;
pub mod schema;

/// A query that was read.
pub struct Query<'a> {
    /// What is asked.
    pub root: &'a SelectionSet<'static, String>,
    /// Declared variables.
    pub declared: &'a [VariableDefinition<'static, String>],
    /// Fragments by name.
    pub fragments: HashMap<&'a str, &'a FragmentDefinition<'static, String>>,
    /// Variables with their values, defaults filled in.
    pub variables: Map<String, Value>,
}

/// Answers a request to `/graphql`.
pub fn answer(world: &mut World, request: &Request, now: DateTime<Utc>) -> Answer {
    if !world.rules.graphql {
        return Answer::refusal(404, "Not Found");
    }
    if request.method != "POST" {
        return Answer::refusal(404, "Not Found");
    }
    if request.token().is_none() {
        return Answer::refusal(401, "This endpoint requires you to be authenticated.");
    }
    world.limits.graphql.turn(now);
    if world.limits.graphql(1, now) && world.rules.secondary {
        return secondary(403, 60);
    }
    if world.rules.primary && world.limits.graphql.used >= world.rules.graphql_limit {
        let error = json!({"type": "RATE_LIMIT", "code": "graphql_rate_limit",
            "message": "API rate limit already exceeded for user ID 1."});
        return told(world, Answer::json(200, &json!({"errors": [error]})));
    }
    let asked = request.json();
    let Some(written) = asked.get("query").and_then(Value::as_str) else {
        let answer = Answer::json(
            200,
            &json!({"errors": [{"message": "A query attribute must be specified and must be a string."}]}),
        );
        return told(world, answer);
    };
    let given = asked.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    let answer = match parse_query::<String>(written).map(Document::into_static) {
        Ok(document) => read(&document, given)
            .map_or_else(|message| failed(&[json!({"message": message})]), |query| judged(world, &query, now)),
        Err(error) => failed(&[json!({"message": format!("Parse error: {error}")})]),
    };
    told(world, answer)
}

fn failed(errors: &[Value]) -> Answer {
    Answer::json(200, &json!({"errors": errors}))
}

fn told(world: &World, answer: Answer) -> Answer {
    if !world.rules.primary {
        return answer;
    }
    let (limit, used) = (world.rules.graphql_limit, world.limits.graphql.used);
    let answer = answer
        .with("x-ratelimit-limit", limit.to_string())
        .with("x-ratelimit-remaining", limit.saturating_sub(used).to_string())
        .with("x-ratelimit-used", used.to_string())
        .with("x-ratelimit-reset", world.limits.graphql.reset_stamp().to_string())
        .with("x-ratelimit-resource", "graphql");
    match &world.rules.scopes {
        Some(scopes) => answer.with("x-oauth-scopes", scopes.clone()),
        None => answer,
    }
}

fn read<'a>(document: &'a Document<'static, String>, given: Map<String, Value>) -> Result<Query<'a>, String> {
    let (mut operations, mut fragments) = (Vec::new(), HashMap::new());
    let none: &[VariableDefinition<'static, String>] = &[];
    for definition in &document.definitions {
        match definition {
            Definition::Fragment(fragment) => {
                fragments.insert(fragment.name.as_str(), fragment);
            }
            Definition::Operation(OperationDefinition::Query(it)) => {
                operations.push((&it.selection_set, &it.variable_definitions[..]));
            }
            Definition::Operation(OperationDefinition::SelectionSet(it)) => operations.push((it, none)),
            Definition::Operation(_) => return Err("Only queries are modelled here".to_owned()),
        }
    }
    let [(root, declared)] = operations[..] else { return Err("An operation name is required".to_owned()) };
    let mut variables = given;
    for variable in declared {
        if let (Some(default), false) = (&variable.default_value, variables.contains_key(&variable.name)) {
            variables.insert(variable.name.clone(), check::plain(default, &Map::new()));
        }
    }
    Ok(Query { root, declared, fragments, variables })
}

/// Checks a query against the schema, takes its price and answers it.
fn judged(world: &mut World, query: &Query<'_>, now: DateTime<Utc>) -> Answer {
    let bill = check::check(query);
    if !bill.errors.is_empty() {
        return failed(&bill.errors);
    }
    if bill.nodes > 500_000 {
        let message = format!(
            "This query requests up to {} possible nodes which exceeds the maximum limit of 500,000.",
            bill.nodes
        );
        return failed(&[json!({"type": "MAX_NODE_LIMIT_EXCEEDED", "message": message})]);
    }
    let cost = ((bill.requests as f64 / 100.0).round() as u64).max(1);
    world.limits.graphql.used += cost;
    world.meter.points += cost;
    if world.rules.graphql_gives_up_beyond.is_some_and(|most| cost > most) {
        let message = "Something went wrong while executing your query. This may be the result of a timeout, or it \
            could be a GitHub bug.";
        return Answer::json(502, &json!({"data": null, "errors": [{"message": message}]}));
    }
    let mut run = run::Run { world, query, now, as_of: world.as_of(now), cost, nodes: bill.nodes, errors: Vec::new() };
    let data = run.select(&run::Thing::Query, "Query", &[query.root], &mut Vec::new());
    let errors = run.errors;
    let mut body = json!({"data": data});
    if !errors.is_empty() {
        body["errors"] = errors.into();
    }
    Answer::json(200, &body)
}
