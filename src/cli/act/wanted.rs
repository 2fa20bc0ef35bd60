//! From the command line to what is recorded here and what is wanted of the host.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Subject, body::text_of, no_store};
use crate::{
    cli::{
        args::{IncidentCommand, WantedPriority},
        exit,
        failure::Failure,
        setup::Setup,
    },
    domain::{
        incident::{CloseReason, IncidentKey, Label, Login},
        intent::{Act, Target},
        priority::Priority,
        time::{plus, rfc3339},
    },
    shell::{
        clock::Clock,
        delivery,
        store::{Deed, Store},
    },
    text::{Passage, Text},
    tui::acting::known,
};

/// Stands for whoever the token belongs to.
const ME: &str = "@me";

/// The longest title GitHub takes, in characters.
const LONGEST_TITLE: usize = 256;

/// What is to be done.
pub(super) struct Todo {
    /// What is recorded here, and the words for it.
    pub(super) deed: Option<(Deed, Text)>,
    /// What is wanted of the host, in order.
    pub(super) acts: Vec<Act>,
}

impl Todo {
    fn acts(acts: Vec<Act>) -> Self {
        Self { deed: None, acts }
    }

    fn deed(deed: Deed, words: &str) -> Self {
        Self { deed: Some((deed, Text::scrub(words))), acts: Vec::new() }
    }
}

/// Reads a command.
///
/// # Errors
/// What cannot be meant, or was done already.
pub(super) async fn todo(
    command: &IncidentCommand,
    subject: &Subject,
    setup: &Setup,
    store: &Store,
    now: DateTime<Utc>,
) -> Result<Todo, Failure> {
    let key = match &subject.target {
        Target::Incident(key) => Some(key),
        Target::Repository(_) => None,
    };
    let entry = key.and_then(|key| setup.floor.queue().find(key));
    let folder = setup.acting.folder.as_deref();
    Ok(match command {
        IncidentCommand::Ack { only_here, .. } => acknowledge(acked(key, store)?, *only_here, setup)?,
        IncidentCommand::Unack(_) => give_back(acked(key, store)?, setup)?,
        IncidentCommand::Assign { logins, .. } => Todo::acts(vec![Act::Assign(accounts(logins)?)]),
        IncidentCommand::Unassign { logins, .. } => {
            let everybody = || entry.map(|entry| entry.incident.assignees.clone()).unwrap_or_default();
            let who = if logins.is_empty() { everybody() } else { accounts(logins)? };
            if who.is_empty() {
                let hint = "name the accounts to take off";
                return Err(Failure::new(exit::USAGE, "nobody is known to be assigned", hint));
            }
            Todo::acts(vec![Act::Unassign(who)])
        }
        IncidentCommand::Label { labels, .. } => Todo::acts(vec![Act::Label(named(labels)?)]),
        IncidentCommand::Unlabel { labels, .. } => Todo::acts(named(labels)?.into_iter().map(Act::Unlabel).collect()),
        IncidentCommand::Priority { priority, .. } => {
            let carried = match (&subject.source, key) {
                (Some(source), Some(key)) => labels_of(source, key, setup).await,
                _ => None,
            };
            Todo::acts(prioritize(*priority, key, carried.or(entry.map(|e| e.incident.labels.clone())), setup)?)
        }
        IncidentCommand::Comment { body, .. } => Todo::acts(vec![Act::Comment(text_of(body, false, folder)?)]),
        IncidentCommand::Close { reason, .. } => Todo::acts(vec![Act::Close(reason.meant())]),
        IncidentCommand::Reopen(_) => Todo::acts(vec![Act::Reopen]),
        IncidentCommand::Duplicate { of, .. } => Todo::acts(duplicate(of, key, setup)?),
        IncidentCommand::Snooze { until, .. } => {
            let until = until_of(until, setup, now)?;
            Todo::deed(Deed::Snooze(until), &format!("out of sight until {}", rfc3339(until)))
        }
        IncidentCommand::Wake(_) => Todo::deed(Deed::Wake, "back in sight"),
        IncidentCommand::Create { title, body, labels, .. } => {
            let title = Text::scrub(title.trim());
            if title.is_blank() || LONGEST_TITLE < title.as_str().chars().count() {
                let what = format!("the title is blank, or longer than {LONGEST_TITLE} characters");
                return Err(Failure::new(exit::USAGE, what, "give another --title"));
            }
            Todo::acts(vec![Act::Create { title, body: text_of(body, true, folder)?, labels: named(labels)? }])
        }
        IncidentCommand::Show(_) | IncidentCommand::Why(_) | IncidentCommand::Open => Todo::acts(Vec::new()),
    })
}

/// Who has taken it on, and when.
fn acked(key: Option<&IncidentKey>, store: &Store) -> Result<Option<(Login, DateTime<Utc>)>, Failure> {
    let all = store.acknowledgements().map_err(|error| no_store(&error))?;
    Ok(all.into_iter().rev().find(|(known, ..)| Some(known) == key).map(|(_, by, at)| (by, at)))
}

/// The labels it carries now, if its host can be asked.
async fn labels_of(source: &Text, key: &IncidentKey, setup: &Setup) -> Option<Vec<Label>> {
    let host = setup.acting.hosts.iter().find(|host| host.source == *source)?;
    delivery::labels_of(host, &setup.acting.http, key, Clock::Wall).await
}

fn acknowledge(acked: Option<(Login, DateTime<Utc>)>, only_here: bool, setup: &Setup) -> Result<Todo, Failure> {
    if let Some((by, at)) = acked.filter(|(by, _)| *by != setup.me) {
        let what = format!("already taken on by {by} at {}", rfc3339(at));
        return Err(Failure::new(exit::NO, what, "agree with them; they give it back with unack"));
    }
    let ack = &setup.acting.ack;
    let mut acts = Vec::new();
    if !only_here {
        acts.extend(ack.assigns.then(|| Act::Assign(vec![Login::new(ME)])));
        acts.extend(ack.label.iter().map(|label| Act::Label(vec![label.clone()])));
        acts.extend(ack.comment.iter().map(|text| Act::Comment(Box::new(Passage::scrub(text.as_str())))));
    }
    Ok(Todo { acts, ..Todo::deed(Deed::TakeOn, &format!("taken on by {}", setup.me)) })
}

/// Gives an incident back; what taking it on set at the host goes the other way, a comment stays.
fn give_back(acked: Option<(Login, DateTime<Utc>)>, setup: &Setup) -> Result<Todo, Failure> {
    match acked {
        None => return Err(Failure::new(exit::NO, "nobody has taken it on", "there is nothing to give back")),
        Some((by, _)) if by != setup.me => {
            return Err(Failure::new(exit::NO, format!("taken on by {by}"), "they alone give it back"));
        }
        Some(_) => {}
    }
    let ack = &setup.acting.ack;
    let mut acts = Vec::new();
    acts.extend(ack.assigns.then(|| Act::Unassign(vec![Login::new(ME)])));
    acts.extend(ack.label.iter().cloned().map(Act::Unlabel));
    Ok(Todo { acts, ..Todo::deed(Deed::GiveBack, &format!("given back by {}", setup.me)) })
}

fn accounts(logins: &[String]) -> Result<Vec<Login>, Failure> {
    let is_one = |login: &str| {
        // GitHub's rule for accounts; robots end in "[bot]", and accounts of a company in "_" and its name.
        let name = login.strip_suffix("[bot]").unwrap_or(login);
        (1..=100).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let read = |written: &String| {
        let login = written.trim();
        let login = if login == ME { login } else { login.strip_prefix('@').unwrap_or(login) };
        if login == ME || is_one(login) {
            return Ok(Login::new(login));
        }
        let what = format!("\"{}\" is no account", Text::scrub(login));
        Err(Failure::new(exit::USAGE, what, "write it in letters, digits, \"-\" and \"_\"; @me is you"))
    };
    logins.iter().map(read).collect()
}

fn named(labels: &[String]) -> Result<Vec<Label>, Failure> {
    let read = |written: &String| {
        let label = written.trim();
        let is_one = !label.is_empty() && label.chars().count() <= 50;
        let what = format!("\"{}\" is no label", Text::scrub(label));
        is_one.then(|| Label::new(label)).ok_or_else(|| Failure::new(exit::USAGE, what, "1 to 50 characters"))
    };
    labels.iter().map(read).collect()
}

/// The label of a priority on, and every other label of the policy off that means one. Where it is not known which labels an
/// incident has, all that could be there are taken off: one that is not there does no harm.
fn prioritize(
    WantedPriority(priority): WantedPriority,
    key: Option<&IncidentKey>,
    carried: Option<Vec<Label>>,
    setup: &Setup,
) -> Result<Vec<Act>, Failure> {
    let (policy, floor) = (&setup.floor.policy, &setup.floor);
    let no_label = |priority: Priority| {
        let hint = "name one under [priorities] in the settings";
        Failure::new(exit::CONFIG, format!("the policy names no label for {priority}"), hint)
    };
    let wanted = match (priority, key) {
        (Some(priority), Some(key)) => {
            Some(known::label_of(priority, &key.repo, floor).ok_or_else(|| no_label(priority))?)
        }
        _ => None,
    };
    let all = || policy.priority_labels.iter().map(|(name, _)| Label::new(name));
    let carried: Vec<Label> = carried.unwrap_or_else(|| all().collect());
    let goes = |label: &Label| {
        let is_other = policy.priority_of(label).is_some() && Some(label) != wanted.as_ref();
        is_other || (wanted.is_some() && policy.is_triage(label))
    };
    let off = carried.iter().filter(|label| goes(label)).cloned().map(Act::Unlabel);
    let on = wanted.clone().map(|label| Act::Label(vec![label]));
    Ok(on.into_iter().chain(off).collect())
}

fn duplicate(of: &str, key: Option<&IncidentKey>, setup: &Setup) -> Result<Vec<Act>, Failure> {
    let (of, _) = super::known(setup, of)?;
    let Some(key) = key.filter(|key| **key != of) else {
        return Err(Failure::new(exit::USAGE, "it cannot be a duplicate of itself", "name the other one"));
    };
    let page =
        || setup.floor.queue().find(&of).map(|entry| entry.incident.url.to_string()).filter(|url| !url.is_empty());
    let named = if of.repo == key.repo {
        format!("#{}", of.name())
    } else if of.repo.host() == key.repo.host() {
        format!("{}#{}", of.repo.on_host(), of.name())
    } else {
        page().unwrap_or_else(|| of.to_string())
    };
    let text = Passage::scrub(&format!("Duplicate of {named}"));
    Ok(vec![Act::Comment(Box::new(text)), Act::Close(CloseReason::Duplicate)])
}

/// `4h` from now, or a time.
fn until_of(written: &str, setup: &Setup, now: DateTime<Utc>) -> Result<DateTime<Utc>, Failure> {
    let span = humantime::parse_duration(written.trim()).ok().and_then(|span| TimeDelta::from_std(span).ok());
    let until = match span {
        Some(span) => plus(now, span),
        None => {
            let moment = crate::cli::args::moment(written).map_err(|why| {
                Failure::new(exit::USAGE, format!("until when: {why}"), "or write how long: 30m, 4h, 2d")
            })?;
            moment.at(&setup.floor.zone)
        }
    };
    if until <= now {
        return Err(Failure::new(exit::USAGE, format!("{} is over", rfc3339(until)), "name a time that is to come"));
    }
    Ok(until)
}
