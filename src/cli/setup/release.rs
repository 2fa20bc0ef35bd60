//! The release in preparation, as a source.

use std::collections::BTreeMap;

use crate::{
    cli::setup::FILES_EVERY,
    config::{ReleaseSettings, Settings},
    domain::zone::Zone,
    floor::{
        fact::SourceId,
        freshness::{Feed, Source},
    },
    shell::files::FileSource,
    text::Text,
};

/// Adds its checklists; nothing where no release is in preparation.
pub(super) fn add(
    settings: &Settings,
    zone: &Zone,
    sources: &mut Vec<Source>,
    files: &mut BTreeMap<SourceId, FileSource>,
) -> Option<(SourceId, ReleaseSettings)> {
    let (id, release) = (SourceId(sources.len()), settings.release.clone()?);
    let file = FileSource::Release {
        settings: release.clone(),
        zone: zone.clone(),
        stamps: Vec::new(),
        known: BTreeMap::new(),
    };
    files.insert(id, file);
    sources.push(Source::new(Text::scrub("checklists"), Feed::Release, FILES_EVERY));
    Some((id, release))
}
