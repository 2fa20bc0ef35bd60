//! Where incidents come from, among the sources.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::FILES_EVERY;
use crate::{
    config::{self, IncidentSource, Settings},
    floor::{
        fact::SourceId,
        freshness::{Feed, Source},
    },
    shell::files::FileSource,
    text::Text,
};

/// Adds what incidents come from; says what of it is asked by network.
pub(super) fn add(
    settings: &Settings,
    sources: &mut Vec<Source>,
    files: &mut BTreeMap<SourceId, FileSource>,
) -> Vec<(SourceId, IncidentSource)> {
    let mut asked = Vec::new();
    for incident in &settings.incidents {
        let id = SourceId(sources.len());
        let (feed, every) = match incident {
            IncidentSource::Github { every, .. } => (Feed::Host, *every),
            IncidentSource::History { .. } => (Feed::History, FILES_EVERY),
        };
        sources.push(source_of(incident, feed, every));
        if let Some(file) = FileSource::history(incident) {
            files.insert(id, file);
        }
        if feed == Feed::Host {
            asked.push((id, incident.clone()));
        }
    }
    asked
}

/// A source of incidents that has told nothing yet.
fn source_of(incident: &IncidentSource, feed: Feed, every: TimeDelta) -> Source {
    let mut source = Source::new(incident.name().clone(), feed, every);
    source.asks_itself = feed == Feed::Host;
    if let IncidentSource::Github { api_url, .. } = incident {
        source.host = Some(Text::scrub(&config::host_name(api_url)));
    }
    source
}
