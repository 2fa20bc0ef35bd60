//! What is known around an incident: people, labels and repositories to choose from, and what waits to be done to it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::{Incident, IncidentKey, Label, Login, Repo},
        intent::Act,
        priority::Priority,
    },
    floor::{Floor, entry::Entry, freshness::Feed},
    tui::acting::deed::pending_word,
};

/// Whether an act of this kind waits to be done to an incident.
pub fn is_pending(floor: &Floor, key: &IncidentKey, act: &Act) -> bool {
    floor.outbox().pending_on(key).any(|intent| intent.act == *act)
}

/// What waits to be done to an incident, in a word or two: `closing, label`; nothing where nothing does.
pub fn pending(floor: &Floor, asked: &[Act], key: &IncidentKey) -> Option<String> {
    let waiting = floor.outbox().pending_on(key).map(|intent| &intent.act);
    let mut said: Vec<&str> = Vec::new();
    for word in waiting.chain(asked).map(pending_word) {
        if !said.contains(&word) {
            said.push(word);
        }
    }
    (!said.is_empty()).then(|| said.join(", "))
}

/// The label that means a priority in a repository: the one most used there, else the first that the policy names.
pub fn label_of(priority: Priority, repo: &Repo, floor: &Floor) -> Option<Label> {
    let mut used: Vec<(usize, Label)> = Vec::new();
    for (label, n) in labels(repo, floor) {
        if floor.policy.priority_of(&label) == Some(priority) {
            used.push((n, label));
        }
    }
    let most = used.into_iter().max_by_key(|(n, _)| *n).map(|(_, label)| label);
    most.or_else(|| {
        let named = floor.policy.priority_labels.iter().find(|(_, means)| *means == priority);
        named.map(|(name, _)| Label::new(name))
    })
}

/// Labels that incidents of a repository carry, the most used first, with how many carry each.
pub fn labels(repo: &Repo, floor: &Floor) -> Vec<(Label, usize)> {
    let all = in_repo(repo, floor).flat_map(|entry| &entry.incident.labels);
    counted(all, |label| label.as_str().to_ascii_lowercase())
}

/// People whom incidents of a repository are assigned to, the busiest first.
pub fn assignees(repo: &Repo, floor: &Floor) -> Vec<Login> {
    let all = in_repo(repo, floor).flat_map(|entry| &entry.incident.assignees);
    counted(all, |login| login.as_str().to_ascii_lowercase()).into_iter().map(|(login, _)| login).collect()
}

/// People of the roster who have an account, with their names.
pub fn people(floor: &Floor) -> Vec<(Login, String)> {
    let people = floor.on_call().map(|on_call| on_call.roster.people.as_slice()).unwrap_or_default();
    let logins = people.iter().filter_map(|p| Some((Login::new(p.login.as_ref()?.as_str()), p.name.to_string())));
    logins.filter(|(login, _)| !login.as_str().is_empty()).collect()
}

/// Repositories of hosts in which something can be opened, those of the settings first.
pub fn repositories(settings: &[Repo], floor: &Floor) -> Vec<Repo> {
    let mut all = settings.to_vec();
    let told = floor
        .queue()
        .entries()
        .iter()
        .filter(|entry| floor.sources.get(entry.source.0).is_some_and(|source| source.feed == Feed::Host));
    let mut seen: std::collections::BTreeSet<Repo> = told.map(|entry| entry.incident.key.repo.clone()).collect();
    for repo in &all {
        seen.remove(repo);
    }
    all.extend(seen);
    all
}

/// How a comment on one incident names another, so that its host makes a link of it.
pub fn reference(of: &IncidentKey, on: &Incident, floor: &Floor) -> String {
    if of.repo == on.key.repo {
        return format!("#{}", of.name());
    }
    if of.repo.host() == on.key.repo.host() {
        return format!("{}#{}", of.repo.on_host(), of.name());
    }
    let url = floor.queue().find(of).map(|entry| entry.incident.url.clone()).filter(|url| !url.is_blank());
    url.map_or_else(|| of.to_string(), |url| url.to_string())
}

/// Until when an incident is out of sight.
pub fn snoozed(floor: &Floor, key: &IncidentKey, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    floor.queue().snoozed_until(key, now).map(|(until, _)| *until)
}

fn in_repo<'f>(repo: &'f Repo, floor: &'f Floor) -> impl Iterator<Item = &'f Entry> {
    floor.queue().entries().iter().filter(move |entry| entry.incident.key.repo == *repo)
}

fn counted<'a, T: Clone + 'a>(all: impl Iterator<Item = &'a T>, name: impl Fn(&T) -> String) -> Vec<(T, usize)> {
    let mut counts: HashMap<String, (T, usize)> = HashMap::new();
    for one in all {
        counts.entry(name(one)).or_insert_with(|| (one.clone(), 0)).1 += 1;
    }
    let mut counts: Vec<(String, (T, usize))> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| a.0.cmp(&b.0)));
    counts.into_iter().map(|(_, found)| found).collect()
}
