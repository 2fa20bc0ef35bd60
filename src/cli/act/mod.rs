//! `watchfloor incident KEY ack|assign|label|comment|close|…`: what is done to an incident.
//!
//! What happens at a host is written down first; then it is delivered, here or by the process that asks the hosts, and what
//! the host answered is said. What cannot be delivered now is kept: exit code 4.

use std::{path::Path, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::{
    cli::{
        args::{Common, IncidentCommand},
        exit,
        failure::{Failure, complain, print},
        incident::{self, Wanted},
        setup::{self, Setup},
    },
    domain::{
        incident::{IncidentKey, Login, Repo},
        intent::{Draft, Intent, OpId, Progress, Target},
        zone::Zones,
    },
    floor::{entry::Entry, fact::Fact, fact::Went, freshness::Feed},
    shell::{
        clock::Clock,
        delivery::Line,
        desk,
        store::{
            Did, Store, StoreError,
            lead::{Claim, Part},
        },
    },
    text::Text,
};

mod body;
pub mod told;
mod wanted;

use told::Told;
use wanted::Todo;

/// How long a command stays with what it wants delivered: an answer that is lost costs half a minute.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a command waits for another process to deliver.
const OTHERS: Duration = Duration::from_secs(20);

/// How long it says nothing while it waits.
const SILENT_FOR: Duration = Duration::from_secs(3);

/// How often it looks whether that one has.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// Whom or what a command is about, and who does it.
struct Subject {
    target: Target,
    /// The source's name; nothing for what is only recorded here.
    source: Option<Text>,
}

/// Does it.
///
/// # Errors
/// A key that names nothing, a text that is none, a read-only run, a state folder that cannot be written.
pub async fn run(
    key: &str,
    command: &IncidentCommand,
    json: bool,
    common: &Common,
    zones: &Zones,
) -> Result<u8, Failure> {
    let mut setup = setup::set_up(common, zones)?;
    setup.recall().await;
    if let IncidentCommand::Open = command {
        return open(&setup, key);
    }
    if setup.acting.is_read_only {
        let hint = "leave out --read-only and WATCHFLOOR_READ_ONLY, and read_only in the settings";
        return Err(Failure::new(exit::NO, "nothing is done: this run is read-only", hint));
    }
    // What is done is done at the true time, whatever a rehearsal says.
    let now = Clock::Wall.now();
    let subject = match command {
        IncidentCommand::Create { .. } => repository(&setup, key)?,
        _ => subject(&setup, key)?,
    };
    let folder = setup.acting.folder.clone().ok_or_else(|| {
        Failure::new(
            exit::NO,
            "there is no state folder",
            "set HOME, or give --state-dir: what is done is written down",
        )
    })?;
    let mut store = Store::open(&folder, now).map_err(|error| no_store(&error))?;
    let todo = wanted::todo(command, &subject, &setup, &store, now).await?;
    let recorded = record(&todo, &subject, &setup.me, &mut store, now)?;
    let ids = intend(todo.acts, &subject, &setup, &mut store, now)?;
    let waits = said_where_slow(deliver(&ids, &subject, &setup, &folder, &mut store)).await?;
    let mut intents = Vec::new();
    for id in &ids {
        intents.extend(store.intent(id).map_err(|error| no_store(&error))?);
    }
    Told { target: &subject.target, recorded, intents: &intents, waits_for: waits.as_deref() }.print(json, zones, now)
}

fn no_store(error: &StoreError) -> Failure {
    let hint = error.hint().unwrap_or("nothing is done without it: every change is written down first");
    Failure::new(exit::NO, error.to_string(), hint)
}

/// The incident that a key names: one that is known, or one of a repository that the settings name.
fn subject(setup: &Setup, key: &str) -> Result<Subject, Failure> {
    let (key, source) = known(setup, key)?;
    Ok(Subject { target: Target::Incident(key), source })
}

fn known(setup: &Setup, key: &str) -> Result<(IncidentKey, Option<Text>), Failure> {
    let of_entry = |entry: &Entry| {
        let source = setup.floor.sources.get(entry.source.0).filter(|source| source.feed == Feed::Host);
        (entry.incident.key.clone(), source.map(|source| source.name.clone()))
    };
    let full = IncidentKey::parse(key.trim());
    let same = |entry: &&Entry| full.as_ref().is_some_and(|full| is_same(full, &entry.incident.key));
    if let Some(entry) = setup.floor.queue().entries().iter().find(same) {
        return Ok(of_entry(entry));
    }
    let wanted = Wanted::read(key);
    let entry = wanted.as_ref().map(|wanted| incident::find(&setup.floor, wanted));
    if let Some(Ok(entry)) = entry {
        return Ok(of_entry(entry));
    }
    // Nothing was read of it yet: the settings say which host a repository is on.
    let named = match (&full, &wanted) {
        (Some(full), _) if full.repo.full().contains('/') => host_of(setup, &full.repo).map(|source| {
            let repo = spelled(setup, &full.repo);
            (IncidentKey { repo, ..full.clone() }, Some(source))
        }),
        (_, Some(wanted)) => {
            let mut all = setup.acting.watched.iter().flat_map(|(repos, _)| repos);
            let fits = |repo: &&Repo| wanted.is_in(&IncidentKey::issue((*repo).clone(), wanted.number));
            match (all.find(fits), all.find(fits)) {
                (Some(only), None) => {
                    let key = IncidentKey::issue(only.clone(), wanted.number);
                    host_of(setup, only).map(|source| (key, Some(source)))
                }
                _ => None,
            }
        }
        _ => None,
    };
    match (named, entry) {
        (Some(named), _) => Ok(named),
        (None, Some(Err(failure))) => Err(failure),
        (None, _) => Err(incident::no_key(key)),
    }
}

fn is_same(a: &IncidentKey, b: &IncidentKey) -> bool {
    let name = |key: &IncidentKey| key.repo.full().to_ascii_lowercase();
    a.number == b.number && a.numbering == b.numbering && name(a) == name(b)
}

/// A repository as the settings spell it.
fn spelled(setup: &Setup, repo: &Repo) -> Repo {
    let all = setup.acting.watched.iter().flat_map(|(repos, _)| repos);
    let found = all.into_iter().find(|known| known.full().eq_ignore_ascii_case(repo.full()));
    found.unwrap_or(repo).clone()
}

/// The name of the source that watches a repository.
fn host_of(setup: &Setup, repo: &Repo) -> Option<Text> {
    let fits = |(repos, patterns): &(Vec<Repo>, Vec<crate::domain::sla::RepoPattern>)| {
        repos.iter().any(|known| known.full().eq_ignore_ascii_case(repo.full()))
            || patterns.iter().any(|pattern| pattern.fits(repo))
    };
    let at = setup.acting.watched.iter().position(fits)?;
    setup.acting.hosts.get(at).map(|host| host.source.clone())
}

/// The repository in which a new incident is opened.
fn repository(setup: &Setup, name: &str) -> Result<Subject, Failure> {
    let (repo, all) = (Repo::new(name), setup.acting.watched.iter().flat_map(|(repos, _)| repos));
    let names: Vec<String> = all.map(ToString::to_string).collect();
    let Some(source) = host_of(setup, &repo) else {
        let hint = match names.as_slice() {
            [] => "write owner/name; the settings name no repository".to_owned(),
            names => format!("the settings name {}", names.join(", ")),
        };
        return Err(Failure::new(exit::USAGE, format!("\"{repo}\" is no repository of a host in the settings"), hint));
    };
    Ok(Subject { target: Target::Repository(spelled(setup, &repo)), source: Some(source) })
}

/// Puts on record what is done here.
fn record(
    todo: &Todo,
    subject: &Subject,
    me: &Login,
    store: &mut Store,
    now: DateTime<Utc>,
) -> Result<Option<Text>, Failure> {
    let (Some((deed, words)), Target::Incident(key)) = (&todo.deed, &subject.target) else { return Ok(None) };
    let did = Did { key: key.clone(), deed: *deed, by: me.clone(), at: now };
    store.did(&[did]).map_err(|error| no_store(&error))?;
    Ok(Some(words.clone()))
}

/// Writes down what is wanted of the host.
fn intend(
    acts: Vec<crate::domain::intent::Act>,
    subject: &Subject,
    setup: &Setup,
    store: &mut Store,
    now: DateTime<Utc>,
) -> Result<Vec<OpId>, Failure> {
    if acts.is_empty() {
        return Ok(Vec::new());
    }
    let Some(source) = subject.source.clone() else {
        let what = format!("nothing can be done to {}: it comes from a file", subject.target);
        return Err(Failure::new(exit::NO, what, "only what a host tells can be changed there"));
    };
    if setup.acting.hosts.iter().any(|host| host.source == source && host.is_read_only) {
        let what = format!("nothing is done at {source}: the settings say read_only");
        return Err(Failure::new(exit::NO, what, "take read_only out of its [[github]] section"));
    }
    let drafts = acts.into_iter().map(|act| Draft { target: subject.target.clone(), act }).collect();
    let intents = written(drafts, &source, &setup.me, store, now).map_err(|error| no_store(&error))?;
    Ok(intents.into_iter().map(|intent| intent.id).collect())
}

/// Writes drafts down as one batch.
///
/// # Errors
/// As the disk fails; then nothing is wanted.
pub fn written(
    drafts: Vec<Draft>,
    source: &Text,
    me: &Login,
    store: &mut Store,
    now: DateTime<Utc>,
) -> Result<Vec<Intent>, StoreError> {
    let mut intents: Vec<Intent> = Vec::new();
    for draft in drafts {
        let id = OpId::new(now, store.random()?);
        let batch = intents.first().map_or_else(|| id.clone(), |first| first.id.clone());
        let (source, by, progress) = (source.clone(), me.clone(), Progress::new());
        intents.push(Intent { id, batch, source, target: draft.target, act: draft.act, by, at: now, progress });
    }
    store.intend(&intents)?;
    Ok(intents)
}

/// Waits for a delivery, and says so where that takes its time.
async fn said_where_slow<T>(delivery: impl Future<Output = T>) -> T {
    let mut delivery = std::pin::pin!(delivery);
    tokio::select! {
        done = &mut delivery => return done,
        () = tokio::time::sleep(SILENT_FOR) => complain("note: it is written down, the host has not answered yet; Ctrl-C leaves it in the outbox"),
    }
    delivery.await
}

/// Has intents delivered: here, or by the process that asks the hosts. Returns whom they wait for, where that is another.
async fn deliver(
    ids: &[OpId],
    subject: &Subject,
    setup: &Setup,
    folder: &Path,
    store: &mut Store,
) -> Result<Option<String>, Failure> {
    let Some(source) = subject.source.as_ref().filter(|_| !ids.is_empty()) else { return Ok(None) };
    let mut claim = Claim::new();
    let until = Instant::now() + OTHERS;
    let failed = |error: StoreError| no_store(&error);
    loop {
        let other = match claim.try_lead(folder, store).map_err(failed)? {
            Part::Leads => {
                let told = || -> crate::shell::delivery::Tell { Box::new(|_| {}) };
                let lines = Line::all(&setup.acting.hosts, folder, &setup.acting.http, Clock::Wall, told);
                let line = lines.map_err(failed)?.into_iter().find(|line| line.serves(source));
                let Some(mut line) = line else { return Ok(None) };
                lead(line.deliver(ids, Instant::now() + PATIENCE), &mut claim, folder, store).await.map_err(failed)?;
                return Ok(None);
            }
            Part::Follows(other) => other,
        };
        let mut is_over = true;
        for id in ids {
            is_over &= store.intent(id).map_err(failed)?.is_none_or(|intent| intent.progress.is_over());
        }
        if is_over {
            return Ok(None);
        }
        if until <= Instant::now() {
            return Ok(Some(other.to_string()));
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

/// Does something for as long as this process leads; a lease is renewed meanwhile.
///
/// # Errors
/// As the disk fails.
pub async fn lead(
    work: impl Future<Output = Result<(), StoreError>>,
    claim: &mut Claim,
    folder: &Path,
    store: &mut Store,
) -> Result<(), StoreError> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(Duration::from_secs(1)) => {
                if matches!(claim.try_lead(folder, store)?, Part::Follows(_)) {
                    return Ok(());
                }
            }
        }
    }
}

fn open(setup: &Setup, key: &str) -> Result<u8, Failure> {
    let (key, _) = known(setup, key)?;
    let page = setup.floor.queue().find(&key).map(|entry| entry.incident.url.clone()).filter(|url| !url.is_blank());
    let Some(page) = page else {
        return Err(Failure::new(
            exit::NO,
            format!("the page of {key} is not known"),
            "run watchfloor watch --once first",
        ));
    };
    match desk::browse(&page) {
        Fact::Told { what, went: Went::Well } => print(what.as_str()).map(|()| exit::DONE),
        Fact::Told { what, .. } => {
            complain(&format!("error: {what}"));
            Ok(exit::NO)
        }
        _ => Ok(exit::DONE),
    }
}
