//! What may be done to an incident, and why not.

use std::collections::BTreeMap;

use crate::{
    config::{IncidentSource, Settings},
    domain::incident::{Kind, Repo},
    floor::{Floor, entry::Entry, fact::SourceId, freshness::Feed},
    tui::acting::State,
};

/// What the settings allow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// Nothing is done, anywhere.
    pub is_read_only: bool,
    /// Sources at whose hosts nothing is changed.
    pub read_only: Vec<SourceId>,
    /// Repositories that can only be read, as their hosts say, by source.
    pub locked: BTreeMap<SourceId, Vec<Repo>>,
}

/// Why nothing is done in a read-only run.
pub const READ_ONLY: &str =
    "read-only: nothing is done from here (--read-only, WATCHFLOOR_READ_ONLY or read_only in the settings)";

impl Rights {
    /// Why nothing can be done at the incident's host; nothing = it can.
    pub fn refusal(&self, entry: &Entry, floor: &Floor) -> Option<String> {
        if self.is_read_only {
            return Some(READ_ONLY.to_owned());
        }
        let source = floor.sources.get(entry.source.0);
        if self.read_only.contains(&entry.source) {
            let name = source.map(|s| s.name.to_string()).unwrap_or_default();
            return Some(format!("read-only: the settings say so for {name}"));
        }
        if source.is_some_and(|s| s.feed == Feed::History) {
            return Some("it comes from a file: there is no host to do it".to_owned());
        }
        let repo = &entry.incident.key.repo;
        if self.locked.get(&entry.source).is_some_and(|locked| locked.contains(repo)) {
            return Some(format!("{repo} can only be read with this token, or is archived"));
        }
        let kind = entry.incident.kind;
        match kind {
            Kind::Issue | Kind::PullRequest => None,
            Kind::Dependabot | Kind::CodeScanning | Kind::Advisory | Kind::Notification => {
                Some(format!("a {} is handled on its own page: o opens it", kind.word()))
            }
        }
    }
}

/// What the settings say of acting on incidents; sources are numbered as they are listed.
pub fn by(settings: &Settings, is_read_only: bool) -> State {
    let mut state = State { ack: settings.ack.clone(), ..State::default() };
    state.rights.is_read_only = settings.is_read_only || is_read_only;
    for (n, source) in settings.incidents.iter().enumerate() {
        let IncidentSource::Github { repositories, more, .. } = source else { continue };
        if more.is_read_only {
            state.rights.read_only.push(SourceId(n));
        } else {
            state.repositories.extend(repositories.iter().cloned());
        }
    }
    state
}
