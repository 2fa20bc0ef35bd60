//! The roster as it was once: what its file and its calendars held is put on record, and read again from there.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::RosterSource;
use crate::{
    domain::{
        rota::Roster,
        trouble::Skipped,
        zone::{Zone, Zones},
    },
    floor::fact::FileRead,
    shell::feed_copy::Copy,
    source::{checklist, roster::calendar::Place},
    text::Text,
};

impl RosterSource {
    /// The zone of a calendar that is the roster itself and names none.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The zones it may name.
    pub fn zones(&self) -> &Zones {
        &self.zones
    }

    /// What the roster's file and its calendars held when they were last good, the file first.
    pub(super) fn files_read(&self) -> Vec<FileRead> {
        let name = self.path.to_string_lossy().into_owned();
        let mut files = vec![FileRead { name, bytes: self.bytes.clone(), doubt: None }];
        let feeds = self.read.iter().flat_map(|(_, feeds, _)| feeds);
        for (place, copy) in feeds.filter_map(|feed| Some((&feed.place, self.copies.get(&feed.place)?))) {
            let name = name_of(place);
            if !files.iter().any(|file| file.name == name) {
                files.push(FileRead { name, bytes: copy.bytes.clone(), doubt: copy.doubt().map(Text::scrub) });
            }
        }
        files
    }
}

/// A name that tells calendars apart. The path of an address is often a secret, so it is not in it.
fn name_of(place: &Place) -> String {
    match place {
        Place::File(path) => path.clone(),
        Place::Address(url) => format!("{place} {:016x}", checklist::digest(url.as_str().as_bytes()).hash),
    }
}

/// The roster that these files were, with what was left out of it; nothing where they are none. `zone` is that of a
/// calendar which is the roster itself and names none. No file is read and no host asked.
pub fn of_files(files: &[FileRead], zone: &Zone, zones: &Zones, now: DateTime<Utc>) -> Option<(Roster, Vec<Skipped>)> {
    let (own, calendars) = files.split_first()?;
    let mut source = RosterSource::new(PathBuf::from(&own.name), zones.clone()).in_zone(zone.clone());
    source.read = Some(source.read_bytes(own.bytes.as_deref()?, now).ok()?);
    let feeds = source.read.iter().flat_map(|(_, feeds, _)| feeds);
    let copy = |place: &Place| {
        let name = name_of(place);
        let found = calendars.iter().find(|file| file.name == name)?;
        Some((place.clone(), Copy::recorded(found.bytes.clone(), found.doubt.as_ref().map(ToString::to_string))))
    };
    source.copies = feeds.filter_map(|feed| copy(&feed.place)).collect();
    source.whole(now)
}
