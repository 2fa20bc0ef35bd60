//! GraphQL: names, lists, errors, prices.

use chrono::TimeDelta;
use github_world::Pull;
use serde_json::{Value, json};

use crate::scene::{after, ask, send, start, world};

#[test]
fn a_probe_of_aliased_repositories_costs_a_point() {
    let mut world = world(30);
    let fields = "issues(first: 50, orderBy: {field: UPDATED_AT, direction: DESC}, filterBy: {since: $t}) {
        pageInfo { hasNextPage endCursor } nodes { id updatedAt } }
        pullRequests(first: 10, orderBy: {field: UPDATED_AT, direction: DESC}) { nodes { id updatedAt } }";
    let repos: String =
        (0..50).map(|i| format!("r{i}: repository(owner: \"acme\", name: \"api\") {{ {fields} }}\n")).collect();
    let query = format!("query($t: DateTime!) {{ {repos} rateLimit {{ cost remaining }} viewer {{ login }} }}");
    let told = ask(&mut world, &query, &json!({"t": "2026-11-20T13:50:00Z"}), after(5));
    assert_eq!(told["errors"], Value::Null, "{}", told["errors"]);
    assert_eq!(told["data"]["rateLimit"], json!({"cost": 1, "remaining": 4_999}));
    assert_eq!(told["data"]["viewer"]["login"], "ona");
    let nodes = told["data"]["r49"]["issues"]["nodes"].as_array().unwrap();
    // The bound itself is within.
    assert_eq!((nodes.len(), nodes[0]["updatedAt"].as_str()), (11, Some("2026-11-20T14:00:00Z")));
    assert_eq!((world.meter.points, world.meter.rest, world.meter.graphql), (1, 0, 1));
}

#[test]
fn details_come_by_name_and_a_lost_one_is_null_and_told() {
    let mut world = world(2);
    world.add_label((0, 1), "P0", "ann", after(1));
    world.comment((0, 1), "on it", Some("ann"), after(2));
    world.assign((0, 1), "ann", "renovate[bot]", after(3));
    let pull = Pull { reviewers: vec!["ona".to_owned()], ..Pull::default() };
    let number = world.open(0, "a change", "renovate[bot]", Some(pull), after(4));
    let node = |n: u64| world.repos[0].issue(n).unwrap().node.clone();
    let ids = [node(1), "I_0".to_owned(), node(number)];
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ...item } }
        fragment item on Node {
          ... on Issue { number stateReason author { login __typename } labels(first: 30) { nodes { name } }
            assignees(first: 10) { nodes { login } } comments { totalCount }
            timelineItems(first: 100, itemTypes: [LABELED_EVENT, ISSUE_COMMENT, ASSIGNED_EVENT]) { totalCount nodes {
              __typename ... on LabeledEvent { createdAt actor { login } label { name } }
              ... on IssueComment { createdAt author { login __typename } authorAssociation }
              ... on AssignedEvent { actor { __typename login } assignee { ... on User { login } } } } } }
          ... on PullRequest { number isDraft reviewRequests(first: 5) { nodes { requestedReviewer { ... on User { login } } } } }
        }";
    let told = ask(&mut world, query, &json!({"ids": ids}), after(9));
    assert_eq!(told["errors"].as_array().unwrap().len(), 1);
    assert_eq!((&told["errors"][0]["type"], &told["errors"][0]["path"]), (&json!("NOT_FOUND"), &json!(["nodes", 1])));
    let nodes = &told["data"]["nodes"];
    assert_eq!(
        (&nodes[0]["__typename"], &nodes[1], &nodes[2]["__typename"]),
        (&json!("Issue"), &json!(null), &json!("PullRequest"))
    );
    assert_eq!(nodes[0]["comments"], json!({"totalCount": 1}));
    assert_eq!(
        nodes[0]["timelineItems"]["nodes"],
        json!([
            {"__typename": "LabeledEvent", "createdAt": "2026-11-20T14:00:01Z", "actor": {"login": "ann"}, "label": {"name": "P0"}},
            {"__typename": "IssueComment", "createdAt": "2026-11-20T14:00:02Z", "author": {"login": "ann", "__typename": "User"},
                "authorAssociation": "MEMBER"},
            {"__typename": "AssignedEvent", "actor": {"__typename": "Bot", "login": "renovate"}, "assignee": {"login": "ann"}},
        ])
    );
    assert_eq!(nodes[2]["reviewRequests"]["nodes"][0]["requestedReviewer"]["login"], "ona");
}

#[test]
fn a_list_is_read_by_its_cursors_while_it_changes() {
    let mut world = world(250);
    let query = "query($after: String) { repository(owner: \"ACME\", name: \"api\") {
        issues(first: 100, after: $after, states: OPEN, orderBy: {field: UPDATED_AT, direction: ASC}) {
          totalCount pageInfo { hasNextPage endCursor } nodes { number } } } }";
    let (mut after_cursor, mut seen) = (Value::Null, Vec::new());
    for page in 1.. {
        let told = ask(&mut world, query, &json!({"after": after_cursor}), after(page));
        let issues = &told["data"]["repository"]["issues"];
        seen.extend(issues["nodes"].as_array().unwrap().iter().map(|node| node["number"].as_u64().unwrap()));
        // One that was read and one that was not move to the end: none is lost.
        world.add_label((0, 3), &format!("l{page}"), "ann", after(page));
        world.add_label((0, 201), &format!("l{page}"), "ann", after(page));
        if issues["pageInfo"]["hasNextPage"] != json!(true) {
            break;
        }
        after_cursor = issues["pageInfo"]["endCursor"].clone();
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, (1..=250).collect::<Vec<_>>());
}

#[test]
fn a_query_that_is_wrong_is_refused_as_a_whole() {
    let mut world = world(1);
    let repo = |inner: &str| format!("{{ repository(owner: \"acme\", name: \"api\") {{ {inner} }} }}");
    for (query, word) in [
        (repo("issues(first: 1) { nodes { colour } }"), "Field 'colour' doesn't exist on type 'Issue'"),
        (repo("issues { nodes { id } }"), "You must provide a `first` or `last`"),
        (repo("issues(first: 101) { nodes { id } }"), "exceeds the `first` limit"),
        (repo("issues(first: 1, since: \"2026-01-01T00:00:00Z\") { nodes { id } }"), "doesn't accept argument 'since'"),
        (repo("pullRequests(first: 1, filterBy: {}) { nodes { id } }"), "doesn't accept argument 'filterBy'"),
        (repo("issues(first: 1, states: [MERGED]) { nodes { id } }"), "invalid value"),
        (repo("issue { id }"), "missing required arguments: number"),
        (repo("issues(first: $n) { totalCount }"), "Variable $n is used but not declared"),
        ("query($n: Int) { viewer { login } }".to_owned(), "declared by anonymous query but not used"),
        ("{ viewer { login }".to_owned(), "Parse error"),
        ("{ viewer }".to_owned(), "selection"),
        (repo("...gone"), "Fragment gone was used, but not defined"),
    ] {
        let told = ask(&mut world, &query, &json!({}), start());
        let message = told["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(word) && told.get("data").is_none(), "{query}: {told}");
    }
    assert_eq!(world.meter.points, 0);
}

#[test]
fn prices_follow_the_formula_and_half_a_million_entries_are_too_many() {
    let mut world = world(1);
    // The documentation's example: 1 + 100 + 5,000 requests are 51 points.
    let three = "{ viewer { repositories(first: 100) { nodes { issues(first: 50) { nodes { labels(first: 60) { nodes { id } } } } } } }
        rateLimit { cost nodeCount } }";
    let told = ask(&mut world, three, &json!({}), start());
    assert_eq!(told["data"]["rateLimit"], json!({"cost": 51, "nodeCount": 100 + 5_000 + 300_000}));
    let more = three.replace("labels(first: 60)", "labels(first: 100)");
    let told = ask(&mut world, &more, &json!({}), start());
    assert!(told["errors"][0]["message"].as_str().unwrap().contains("500,000"), "{told}");
}

#[test]
fn a_spent_hour_is_told_in_an_answer_of_200() {
    let mut world = world(1);
    world.rules.graphql_limit = 1;
    assert!(ask(&mut world, "{ viewer { login } }", &json!({}), start())["data"].is_object());
    let answer = send(&mut world, "POST", "/graphql", &json!({"query": "{ viewer { login } }"}), after(10));
    assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, Some("0")));
    assert_eq!(answer.value()["errors"][0]["type"], "RATE_LIMIT");
    assert!(ask(&mut world, "{ viewer { login } }", &json!({}), after(3_600))["data"].is_object());
    world.rules.graphql = false;
    assert_eq!(
        send(&mut world, "POST", "/graphql", &json!({"query": "{ viewer { login } }"}), after(3_700)).status,
        404
    );
}

#[test]
fn a_renamed_repository_answers_to_both_names_and_a_lost_one_to_none() {
    let mut world = world(1);
    let other = world.repository("acme/web");
    world.rename_repository(0, "acme/api-two");
    world.transfer((0, 1), other, "ann", after(1));
    let told = ask(
        &mut world,
        "{ a: repository(owner: \"acme\", name: \"api\") { nameWithOwner issue(number: 1) { id } }
           b: repository(owner: \"acme\", name: \"none\") { id }
           c: repository(owner: \"acme\", name: \"web\") { issueOrPullRequest(number: 1) { ... on Issue { number } } } }",
        &json!({}),
        after(2),
    );
    assert_eq!(
        told["data"],
        json!({"a": {"nameWithOwner": "acme/api-two", "issue": null}, "b": null,
        "c": {"issueOrPullRequest": {"number": 1}}})
    );
    let paths: Vec<&Value> = told["errors"].as_array().unwrap().iter().map(|error| &error["path"]).collect();
    assert_eq!(paths, [&json!(["a", "issue"]), &json!(["b"])]);
}

#[test]
fn lists_lag_and_names_do_not() {
    let mut world = world(1);
    world.rules.lag = TimeDelta::seconds(20);
    let id = world.repos[0].issue(1).unwrap().node.clone();
    world.close((0, 1), "duplicate", "ann", after(100));
    let query = "query($id: ID!) { node(id: $id) { ... on Issue { closed stateReason } }
        repository(owner: \"acme\", name: \"api\") { issues(first: 1, states: OPEN) { totalCount } } }";
    let told: Vec<Value> = (0..30).map(|_| ask(&mut world, query, &json!({"id": id}), after(105))).collect();
    assert!(told.iter().all(|told| told["data"]["node"] == json!({"closed": true, "stateReason": "NOT_PLANNED"})));
    let n_old = told.iter().filter(|told| told["data"]["repository"]["issues"]["totalCount"] == 1).count();
    assert!((10..30).contains(&n_old), "{n_old}");
}
