//! A recorded history, as the commands that read one file take it: each incident once, and as of when.

use std::{collections::HashMap, path::Path};

use chrono::{DateTime, Utc};

use crate::{
    domain::incident::{Incident, Repo},
    shell::disk,
    source::history,
};

/// A `state.json` is a few lines.
const STATE_BYTES: usize = 1 << 20;

/// An instant, and where it is from.
pub type AsOf = (DateTime<Utc>, &'static str);

/// One incident a key: a backup that was added to holds the newer record further down.
pub fn newest(items: Vec<Incident>) -> Vec<Incident> {
    let mut places: HashMap<_, usize> = HashMap::with_capacity(items.len());
    let mut kept: Vec<Incident> = Vec::with_capacity(items.len());
    for item in items {
        match places.get(&item.key).and_then(|place| kept.get_mut(*place)) {
            Some(known) if known.updated_at <= item.updated_at => *known = item,
            Some(_) => {}
            None => {
                places.insert(item.key.clone(), kept.len());
                kept.push(item);
            }
        }
    }
    kept
}

/// When a history was taken: what the file says, else `<name>.state.json` beside it.
pub fn taken(said: Option<DateTime<Utc>>, path: &Path) -> Option<AsOf> {
    let said = said.map(|at| (at, "the file says so"));
    said.or_else(|| state_beside(path).map(|at| (at, "the state.json beside the file")))
}

/// As of when: never later than the file knows, else what was asked, else the last thing that happened in it.
pub fn as_of(
    taken: Option<AsOf>,
    asked: Option<DateTime<Utc>>,
    last: impl FnOnce() -> Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> AsOf {
    match (taken, asked) {
        (Some((taken, _)), Some(at)) if at < taken => (at, "what --at or --now says"),
        (Some(taken), _) => taken,
        (None, Some(at)) => (at, "what --at or --now says"),
        (None, None) => (last().unwrap_or(now), "the last moment in the file, which does not say when it was taken"),
    }
}

/// The last thing that happened to any of them.
pub fn last_moment(incidents: &[Incident]) -> Option<DateTime<Utc>> {
    let moments = |i: &Incident| [Some(i.updated_at), i.closed_at, i.timeline.last().map(|e| e.at)];
    incidents.iter().flat_map(moments).flatten().max()
}

/// The repository a file is named after, for a history that does not say whose it is.
pub fn named_after(path: &Path) -> Option<Repo> {
    let name = path.file_name()?.to_str()?.split('.').next()?;
    (!name.is_empty()).then(|| Repo::new(name))
}

/// The time in `<name>.state.json` beside a file, for the longest beginning of its name that has one.
pub fn state_beside(path: &Path) -> Option<DateTime<Utc>> {
    let mut stem = path.file_name()?.to_str()?;
    while let Some((shorter, _)) = stem.rsplit_once('.') {
        stem = shorter;
        if let Ok(bytes) = disk::read(&path.with_file_name(format!("{stem}.state.json")), STATE_BYTES) {
            return history::as_of(&bytes);
        }
    }
    None
}
