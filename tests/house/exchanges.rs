//! Recorded exchanges with GitHub, against what the records themselves hold.
//!
//! Needs the folder that `WATCHFLOOR_DATA` names; without it the checks are left out, and the tests say so.

#![cfg(test)]

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use serde_json::Value;
use url::Url;
use watchfloor::{
    domain::incident::{Incident, Repo},
    source::github::{self, Cursor, trouble::SourceError},
    wire::Response,
};

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("WATCHFLOOR_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("left out: WATCHFLOOR_DATA is not set, no recorded exchange was read");
    }
    folder.map(|data| data.join("github-api"))
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The files of a tar archive: blocks of 512 bytes, a head with name and size in octal, then the file.
fn files(archive: &[u8]) -> Vec<(String, Value)> {
    let (mut rest, mut files) = (archive, Vec::new());
    while rest.len() >= 512 && rest[0] != 0 {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&rest[range]).trim_end_matches(['\0', ' ']).trim().to_owned()
        };
        let size = usize::from_str_radix(&text(124..136), 8).unwrap();
        let name = text(0..100);
        let body = &rest[512..512 + size];
        if name.ends_with(".json") {
            files.push((name, serde_json::from_slice(body).unwrap()));
        }
        rest = &rest[512 + size.div_ceil(512) * 512..];
    }
    files
}

/// A recorded exchange.
struct Exchange {
    file: String,
    is_creation: bool,
    path: String,
    answer: Value,
    response: Response,
    now: DateTime<Utc>,
}

impl Exchange {
    fn of(file: &str, record: &Value) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        if let Some(flat) = record["rawHeaders"].as_array() {
            let pairs = flat.chunks(2).map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
            headers.extend(pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())));
        }
        for (name, value) in record["headers"].as_object().into_iter().flatten() {
            headers.push((name.to_lowercase(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
        }
        let answer = record["response"].clone();
        let body = answer.as_str().map_or_else(|| answer.to_string().into_bytes(), |text| text.as_bytes().to_vec());
        let status = record["status"].as_u64().unwrap() as u16;
        let response = Response { status, headers, body };
        let now = response.header("date").map(|date| DateTime::parse_from_rfc2822(date).unwrap().to_utc());
        let path = record["path"].as_str().unwrap().to_owned();
        let is_creation = record["method"] == "post" && path.ends_with("/issues") && status == 201;
        Self { file: file.to_owned(), is_creation, path, answer, response, now: now.unwrap() }
    }

    fn cursor(&self) -> Cursor {
        let api = Url::parse("https://api.github.com").unwrap();
        let page_url = Some(api.join(&self.path).unwrap());
        Cursor { page_url, ..github::first(&api, &Repo::new("octokit-fixture-org/any"), true) }
    }

    fn is_issues(&self) -> bool {
        self.answer.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(is_issue))
    }

    /// What follows, by the record's own words.
    fn next(&self) -> Option<String> {
        let links = self.response.header("link")?.split(", ").map(|link| link.split_once(">; rel=").unwrap());
        let next = links.filter(|(_, rel)| *rel == "\"next\"").map(|(url, _)| url.trim_start_matches('<').to_owned());
        next.last()
    }
}

fn is_issue(value: &Value) -> bool {
    value.get("number").is_some() && value.get("title").is_some() && value.get("labels").is_some()
}

fn exchanges(folder: &Path) -> Vec<Exchange> {
    let all = files(&unpacked(&folder.join("octokit_fixtures.tar.gz")));
    assert_eq!(all.len(), 44, "scenarios");
    all.iter()
        .flat_map(|(name, list)| list.as_array().unwrap().iter().map(move |one| Exchange::of(name, one)))
        .collect()
}

/// An incident is what its JSON says.
fn same(incident: &Incident, issue: &Value) {
    let words = |list: &Value, field: &str| -> Vec<String> {
        let all = list.as_array().into_iter().flatten();
        all.filter_map(|one| one[field].as_str()).map(str::to_owned).collect()
    };
    assert_eq!(incident.key.number, issue["number"].as_u64().unwrap());
    assert_eq!(incident.title.as_str(), issue["title"].as_str().unwrap());
    assert_eq!(incident.is_open(), issue["state"] == "open");
    assert_eq!(incident.labels.iter().map(ToString::to_string).collect::<Vec<_>>(), words(&issue["labels"], "name"));
    let owners: Vec<String> = incident.assignees.iter().map(ToString::to_string).collect();
    assert_eq!(owners, words(&issue["assignees"], "login"));
    assert_eq!(incident.author.as_ref().map(ToString::to_string).as_deref(), issue["user"]["login"].as_str());
    assert_eq!(u64::from(incident.comments), issue["comments"].as_u64().unwrap_or(0));
    for (at, field) in [(Some(incident.opened_at), "created_at"), (incident.closed_at, "closed_at")] {
        // One that was opened again may still tell when it was closed before.
        let is_told = field == "created_at" || issue["state"] == "closed";
        let told =
            issue[field].as_str().filter(|_| is_told).map(|at| DateTime::parse_from_rfc3339(at).unwrap().to_utc());
        assert_eq!(at, told, "{field}");
    }
    let place = issue["repository_url"].as_str().or(issue["url"].as_str()).unwrap();
    let place: Vec<&str> = place.split("/repos/").nth(1).unwrap().split('/').take(2).collect();
    assert_eq!(incident.key.repo.full(), place.join("/"));
}

#[test]
fn recorded_lists_of_issues_are_read_whole_page_by_page() {
    let Some(folder) = data() else { return };
    let all = exchanges(&folder);
    let (mut n_lists, mut n_issues) = (0, 0);
    for file in ["raw", "normalized"] {
        let name = format!("api.github.com/paginate-issues/{file}-fixture.json");
        let pages: Vec<&Exchange> = all.iter().filter(|one| one.file == name && one.is_issues()).collect();
        let (mut seen, mut expected) = (Vec::new(), Some(format!("https://api.github.com{}", pages[0].path)));
        for page in &pages {
            assert_eq!(expected.as_deref(), Some(format!("https://api.github.com{}", page.path).as_str()));
            let step = github::read(&page.response, &page.cursor(), page.now).unwrap();
            assert!(step.batch.skipped.is_empty() && step.etag.as_deref() == page.response.header("etag"));
            for (incident, issue) in step.batch.items.iter().zip(page.answer.as_array().unwrap()) {
                same(incident, issue);
            }
            seen.extend(step.batch.items.iter().map(|incident| incident.key.number));
            expected = step.next.map(|next| next.page_url.unwrap().to_string());
            assert_eq!(expected, page.next());
            (n_lists, n_issues) = (n_lists + 1, n_issues + step.batch.items.len());
        }
        assert_eq!((expected, seen), (None, (1..=13).rev().collect::<Vec<_>>()), "{file}");
    }
    assert_eq!((n_lists, n_issues), (10, 26));
}

#[test]
fn every_recorded_answer_is_a_list_a_move_or_a_reason() {
    let Some(folder) = data() else { return };
    let all = exchanges(&folder);
    assert_eq!(all.len(), 203);
    let (mut n_read, mut n_moved, mut n_away, mut n_refused, mut n_no_list, mut n_budgets) = (0, 0, 0, 0, 0, 0);
    for one in &all {
        let status = one.response.status;
        match github::read(&one.response, &one.cursor(), one.now) {
            Ok(step) if step.moved => {
                let to = one.response.header("location").unwrap();
                assert_eq!(step.next.unwrap().page_url.unwrap().as_str(), to);
                n_moved += 1;
            }
            Ok(step) => {
                assert!(one.is_issues() || one.answer == Value::Array(Vec::new()), "{} {}", one.file, one.path);
                n_read += 1;
                // What is written for readers has reset times in milliseconds: no hour that anybody could wait for.
                let is_plain = one.response.header("x-ratelimit-reset").is_some_and(|reset| reset.len() == 10);
                assert_eq!(step.budget.is_some(), is_plain, "{}", one.file);
                if let Some(budget) = step.budget {
                    let left = one.response.header("x-ratelimit-remaining").unwrap();
                    assert_eq!((budget.limit, budget.remaining.to_string().as_str()), (5_000, left));
                    n_budgets += 1;
                }
            }
            Err(SourceError::ForeignRedirect { host }) => {
                assert!(status == 302 && host.as_str() == "https://codeload.github.com", "{host}");
                n_away += 1;
            }
            Err(SourceError::NotFound) => n_refused += usize::from(status == 404),
            Err(SourceError::Rejected { status, message }) => {
                assert_eq!((status, message.as_str()), (422, "Validation Failed"));
                n_refused += 1;
            }
            Err(SourceError::Garbled { .. }) => {
                assert!((200..300).contains(&status) && !one.is_issues(), "{} {}", one.file, one.path);
                n_no_list += 1;
            }
            Err(other) => panic!("{} {}: {other}", one.file, one.path),
        }
    }
    let n_lists = all.iter().filter(|one| one.is_issues()).count();
    assert_eq!((n_read, n_lists, n_budgets), (10, 10, 5));
    assert_eq!((n_moved, n_away, n_refused), (4, 2, 6));
    assert_eq!(n_no_list, all.len() - 22);
    println!(
        "{} recorded answers: {n_read} lists, {n_moved} moves, {n_away} away, {n_refused} refusals, {n_no_list} others",
        all.len()
    );
}

/// One issue, read as a list of one.
fn one(issue: &Value) -> Incident {
    tried(issue).unwrap_or_else(|error| panic!("{error}: {issue}"))
}

fn tried(issue: &Value) -> Result<Incident, SourceError> {
    let api = Url::parse("https://api.github.com").unwrap();
    let cursor = github::first(&api, &Repo::new("any/where"), true);
    let body = Value::Array(vec![issue.clone()]).to_string().into_bytes();
    let response = Response { status: 200, headers: Vec::new(), body };
    let step = github::read(&response, &cursor, DateTime::UNIX_EPOCH)?;
    Ok(step.batch.items.into_iter().next().unwrap())
}

#[test]
fn issues_that_were_created_or_found_are_read() {
    let Some(folder) = data() else { return };
    let (mut n_created, mut n_creations, mut n_found) = (0, 0, 0);
    for exchange in exchanges(&folder) {
        n_creations += usize::from(exchange.is_creation);
        if is_issue(&exchange.answer) && exchange.response.status == 201 {
            same(&one(&exchange.answer), &exchange.answer);
            n_created += 1;
        }
        for item in exchange.answer["items"].as_array().into_iter().flatten() {
            same(&one(item), item);
            n_found += 1;
        }
    }
    assert_eq!((n_created, n_found), (n_creations, 4));
    println!("{n_created} created issues, {n_found} found ones");
}

#[test]
fn issues_and_pull_requests_of_webhooks_are_read() {
    let Some(folder) = data() else { return };
    let all: Value = serde_json::from_slice(&unpacked(&folder.join("webhooks_examples.json.gz"))).unwrap();
    let payloads = all.as_array().unwrap().iter().flat_map(|event| event["examples"].as_array().unwrap());
    let (mut n, mut n_issues, mut n_pulls, mut n_without) = (0, 0, 0, 0);
    for payload in payloads {
        n += 1;
        for (name, count) in [("issue", &mut n_issues), ("pull_request", &mut n_pulls)] {
            let Some(item) = payload.get(name) else { continue };
            *count += 1;
            if item.get("state").is_some() {
                same(&one(item), item);
                continue;
            }
            // Some of the examples are cut: what is not told is not made up.
            let error = tried(item).unwrap_err().to_string();
            assert!(error.contains("missing field `state`"), "{error}");
            n_without += 1;
        }
    }
    println!("{n} payloads: {n_issues} issues, {n_pulls} pull requests, {n_without} of them without a state");
    assert_eq!((n, n_issues, n_pulls), (184, 29, 34));
    assert!(n_without < 5, "{n_without}");
}
