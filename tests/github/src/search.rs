//! GitHub's search for issues, as far as a console asks it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{state::Issue, wire::instant, world::World};

/// What a query finds, newest first, with the place of each one's repository.
pub fn found(world: &World, query: &str, at: DateTime<Utc>) -> Vec<(usize, Arc<Issue>)> {
    let words = words(query);
    let repos: Vec<&str> = words.iter().filter_map(|word| word.strip_prefix("repo:")).collect();
    let owners: Vec<&str> =
        words.iter().filter_map(|w| w.strip_prefix("org:").or_else(|| w.strip_prefix("user:"))).collect();
    let mut all = Vec::new();
    for (place, repo) in world.repos.iter().enumerate() {
        let full = repo.full();
        let is_asked = repos.is_empty() && owners.is_empty()
            || repos.iter().any(|asked| asked.eq_ignore_ascii_case(&full))
            || owners.iter().any(|asked| asked.eq_ignore_ascii_case(&repo.owner));
        let is_kept = !words.iter().any(|word| word == "archived:false") || !repo.archived;
        if is_asked && is_kept && !repo.deleted {
            let fitting = repo.listed(at).filter(|issue| words.iter().all(|word| fits(world, issue, word)));
            all.extend(fitting.map(|issue| (place, Arc::clone(issue))));
        }
    }
    all.sort_by_key(|(_, issue)| std::cmp::Reverse((issue.created_at, issue.id)));
    if words.iter().any(|word| word.starts_with("sort:updated")) {
        all.sort_by_key(|(_, issue)| std::cmp::Reverse((issue.updated_at, issue.id)));
    }
    all
}

/// Words; quotes keep what they hold together.
fn words(query: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in query.chars().chain([' ']) {
        match c {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    words
}

fn fits(world: &World, issue: &Issue, word: &str) -> bool {
    if let Some(rest) = word.strip_prefix('-').filter(|rest| rest.contains(':')) {
        return !fits(world, issue, rest);
    }
    let Some((name, value)) = word.split_once(':') else {
        return issue.title.to_lowercase().contains(&word.to_lowercase());
    };
    let me = |login: &str| if login == "@me" { world.viewer.clone() } else { login.to_owned() };
    match (name, value) {
        ("is" | "type", "issue") => issue.pull.is_none(),
        ("is" | "type", "pr" | "pull-request") => issue.pull.is_some(),
        ("is" | "state", "open") => issue.open,
        ("is" | "state", "closed") => !issue.open,
        ("draft", value) => issue.pull.as_ref().is_some_and(|pull| pull.draft == (value == "true")),
        ("label", value) => value.split(',').any(|one| issue.labels.iter().any(|on| on.eq_ignore_ascii_case(one))),
        ("no", "assignee") => issue.assignees.is_empty(),
        ("no", "label") => issue.labels.is_empty(),
        ("assignee", login) => issue.assignees.contains(&me(login)),
        ("author", login) => issue.author == Some(me(login)),
        ("review-requested", login) => issue.pull.as_ref().is_some_and(|pull| pull.reviewers.contains(&me(login))),
        ("updated", value) => since(value).is_none_or(|at| issue.updated_at >= at),
        ("created", value) => since(value).is_none_or(|at| issue.created_at >= at),
        // Which repositories are looked through is settled before; what it does not know it passes over.
        _ => true,
    }
}

fn since(value: &str) -> Option<DateTime<Utc>> {
    let written = value.trim_start_matches(">=").trim_start_matches('>');
    instant(written).or_else(|| instant(&format!("{written}T00:00:00Z")))
}
