//! What may be done to an incident, and why not.

use crate::{
    domain::incident::Kind,
    floor::{Floor, entry::Entry, fact::SourceId, freshness::Feed},
};

/// What the settings allow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// Nothing is done, anywhere.
    pub is_read_only: bool,
    /// Sources at whose hosts nothing is changed.
    pub read_only: Vec<SourceId>,
}

/// Why nothing is done in a read-only run.
pub const READ_ONLY: &str = "read-only: the settings say that nothing is done from here";

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
        let kind = entry.incident.kind;
        match kind {
            Kind::Issue | Kind::PullRequest => None,
            Kind::Dependabot | Kind::CodeScanning | Kind::Advisory | Kind::Notification => {
                Some(format!("a {} is handled on its own page: o opens it", kind.word()))
            }
        }
    }
}
