//! What there is to choose from.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        incident::{CloseReason, IncidentKey, Label, Login, Repo},
        key::numbered,
        priority::{Grade, Priority},
        time::plus,
    },
    floor::{Floor, entry::Entry},
    text::clip,
    tui::{
        acting::known,
        overriding::when,
        pick::{Choice, Has, Purpose, Value},
        words,
    },
};

fn choice(value: Value, word: impl Into<String>, note: impl Into<String>) -> Choice {
    Choice { value, word: word.into(), note: note.into(), has: Has::No, turned: None }
}

fn entries<'f>(keys: &[IncidentKey], floor: &'f Floor) -> Vec<&'f Entry> {
    keys.iter().filter_map(|key| floor.queue().find(key)).collect()
}

fn has(entries: &[&Entry], it: impl Fn(&Entry) -> bool) -> Has {
    match entries.iter().filter(|entry| it(entry)).count() {
        0 => Has::No,
        n if n == entries.len() => Has::All,
        _ => Has::Some,
    }
}

/// People: the person at the keyboard, who owns it now, the roster's, those seen in the repositories.
pub fn people(keys: &[IncidentKey], me: &Login, floor: &Floor) -> Vec<Choice> {
    let entries = entries(keys, floor);
    let roster = known::people(floor);
    let named = |login: &Login| roster.iter().find(|(known, _)| known == login).map(|(_, name)| name.clone());
    let owners = entries.iter().flat_map(|entry| entry.incident.assignees.clone());
    let mut repos: Vec<&Repo> = entries.iter().map(|entry| &entry.incident.key.repo).collect();
    repos.sort();
    repos.dedup();
    let seen = repos.into_iter().flat_map(|repo| known::assignees(repo, floor));
    let mut all: Vec<Login> = Vec::new();
    for login in std::iter::once(me.clone()).chain(owners).chain(roster.iter().map(|(l, _)| l.clone())).chain(seen) {
        if !all.contains(&login) {
            all.push(login);
        }
    }
    all.into_iter()
        .map(|login| {
            let name = named(&login).unwrap_or_default();
            let note = if login == *me { format!("{name} (you)").trim().to_owned() } else { name };
            let has = has(&entries, |entry| entry.incident.assignees.contains(&login));
            Choice { has, ..choice(Value::Login(login.clone()), login.as_str(), note) }
        })
        .collect()
}

/// Labels: those they carry, then those seen in their repositories.
pub fn labels(keys: &[IncidentKey], floor: &Floor) -> Vec<Choice> {
    let entries = entries(keys, floor);
    let mut repos: Vec<&Repo> = entries.iter().map(|entry| &entry.incident.key.repo).collect();
    repos.sort();
    repos.dedup();
    let mut all: Vec<(Label, usize)> = Vec::new();
    for (label, n) in repos.into_iter().flat_map(|repo| known::labels(repo, floor)) {
        match all.iter_mut().find(|(known, _)| *known == label) {
            Some((_, so_far)) => *so_far += n,
            None => all.push((label, n)),
        }
    }
    let mut choices: Vec<Choice> = all
        .into_iter()
        .map(|(label, n)| {
            let has = has(&entries, |entry| entry.incident.labels.contains(&label));
            Choice { has, ..choice(Value::Label(label.clone()), label.as_str(), format!("on {n}")) }
        })
        .collect();
    choices.sort_by_key(|choice| choice.has == Has::No);
    choices
}

/// The priorities, each with the label that means it.
pub fn priorities(keys: &[IncidentKey], floor: &Floor) -> Vec<Choice> {
    let entries = entries(keys, floor);
    let repo = entries.first().map(|entry| entry.incident.key.repo.clone());
    let set = |priority: Priority| {
        let label = repo.as_ref().and_then(|repo| known::label_of(priority, repo, floor));
        let note = label.map_or("no label means it".to_owned(), |label| format!("label {label}"));
        let has = has(&entries, |entry| entry.verdict.grade == Grade::Set(priority));
        Choice { has, ..choice(Value::Priority(Some(priority)), priority.word(), note) }
    };
    let none = choice(Value::Priority(None), "none", "takes the label off");
    let none = Choice { has: has(&entries, |entry| entry.verdict.grade == Grade::Untriaged), ..none };
    Priority::ALL.into_iter().map(set).chain([none]).collect()
}

/// Why something is closed.
pub fn reasons() -> Vec<Choice> {
    vec![
        choice(Value::Reason(CloseReason::Completed), "completed", "done, fixed, resolved"),
        choice(Value::Reason(CloseReason::NotPlanned), "not planned", "will not be done, cannot be repeated, stale"),
        choice(Value::Reason(CloseReason::Duplicate), "duplicate", "covered elsewhere; D names by what"),
    ]
}

/// Until when something is out of sight.
pub fn hours(floor: &Floor, now: DateTime<Utc>) -> Vec<Choice> {
    let zone = &floor.zone;
    let ahead = |n: i64| Some(plus(now, TimeDelta::hours(n)));
    let read = |typed: &str| when::read(typed, zone, now, now).map(|reading| reading.at);
    let all = [
        ("1 hour", ahead(1)),
        ("4 hours", ahead(4)),
        ("tomorrow 09:00", read("tomorrow 09:00")),
        ("Monday 09:00", read("monday 09:00")),
    ];
    let listed = all.into_iter().filter_map(|(word, at)| {
        let at = at?;
        Some(choice(Value::Until(at), word, moment(at, floor, now)))
    });
    listed.collect()
}

fn moment(at: DateTime<Utc>, floor: &Floor, now: DateTime<Utc>) -> String {
    format!("until {} {}", words::moment(at, &floor.zone, now), floor.zone.abbreviation(at))
}

/// Incidents that one can be a duplicate of: those of the same repositories first, open ones before closed ones.
pub fn originals(keys: &[IncidentKey], floor: &Floor) -> Vec<Choice> {
    let is_near = |entry: &Entry| keys.iter().any(|key| key.repo == entry.incident.key.repo);
    let mut all: Vec<&Entry> = floor
        .queue()
        .entries()
        .iter()
        .filter(|entry| entry.incident.kind.is_conversation() && !keys.contains(&entry.incident.key))
        .collect();
    all.sort_by_key(|entry| (!is_near(entry), !entry.incident.is_open(), std::cmp::Reverse(entry.incident.key.number)));
    all.into_iter()
        .map(|entry| {
            let closed = if entry.incident.is_open() { "" } else { "closed: " };
            let note = format!("{closed}{}", clip(entry.incident.title.as_str(), 60));
            choice(Value::Key(entry.incident.key.clone()), entry.incident.key.short(), note)
        })
        .collect()
}

/// Repositories in which something can be opened, one of them first.
pub fn repositories(first: Option<&Repo>, settings: &[Repo], floor: &Floor) -> Vec<Choice> {
    let mut all = known::repositories(settings, floor);
    all.sort_by_key(|repo| Some(repo) != first);
    all.into_iter().map(|repo| choice(Value::Repo(repo.clone()), repo.full(), "")).collect()
}

/// What is typed, as a choice of its own: a login, a new label, an hour, a key.
pub fn typed(purpose: Purpose, typed: &str, keys: &[IncidentKey], floor: &Floor, now: DateTime<Utc>) -> Option<Choice> {
    match purpose {
        Purpose::Assign => is_login(typed)
            .then(|| choice(Value::Login(Login::new(typed)), typed, "as typed: not known here, the host decides")),
        Purpose::Label => (!typed.is_empty() && typed.chars().count() <= 50 && !typed.contains(','))
            .then(|| choice(Value::Label(Label::new(typed)), typed, "new: it will be created")),
        Purpose::Snooze => {
            let at = when::read(typed, &floor.zone, now, now)?.at;
            (now < at).then(|| choice(Value::Until(at), typed, moment(at, floor, now)))
        }
        Purpose::Duplicate => {
            let key = whole_key(typed, keys)?;
            let note = match floor.queue().find(&key) {
                Some(entry) => clip(entry.incident.title.as_str(), 60),
                None => "not known here".to_owned(),
            };
            Some(choice(Value::Key(key.clone()), key.short(), note))
        }
        Purpose::Priority | Purpose::Close | Purpose::Create => None,
    }
}

/// `acme/api#12`, or `#12` and `12` of the repository that all of them are of.
fn whole_key(typed: &str, keys: &[IncidentKey]) -> Option<IncidentKey> {
    let is_whole = typed.split_once('#').is_some_and(|(repo, _)| repo.contains('/'));
    if is_whole {
        return IncidentKey::parse(typed).filter(|key| !keys.contains(key));
    }
    let digits = typed.strip_prefix('#').unwrap_or(typed);
    let (first, rest) = keys.split_first()?;
    let is_one = rest.iter().all(|key| key.repo == first.repo);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let (numbering, number) = numbered(digits).filter(|_| is_one && is_number)?;
    let key = IncidentKey { repo: first.repo.clone(), number, numbering };
    (!keys.contains(&key)).then_some(key)
}

/// What GitHub takes for an account's name: letters, figures and hyphens, at most 39; a robot's ends in `[bot]`.
fn is_login(typed: &str) -> bool {
    let name = typed.strip_suffix("[bot]").unwrap_or(typed);
    let is_sign = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=39).contains(&name.len()) && name.bytes().all(is_sign) && !name.starts_with('-')
}
