//! Files that hold numbers goals look for: read when one of them changed.

use std::{collections::BTreeMap, path::Path};

use chrono::{DateTime, Utc};

use crate::{
    domain::goal::Place,
    floor::fact::{Fact, SourceId},
    shell::{
        disk,
        stamp::{Stamp, stamp_of},
    },
    source::{evidence::LIMIT_BYTES, figure},
    text::Text,
};

/// The places that goals name, and their files as they were when they were last read.
pub struct Figures {
    places: Vec<Place>,
    stamps: Option<BTreeMap<Text, Option<Stamp>>>,
}

impl Figures {
    /// The places; nothing where there is none.
    pub fn of(places: Vec<Place>) -> Option<Self> {
        (!places.is_empty()).then_some(Self { places, stamps: None })
    }

    /// Looks at the files and tells what stands there, if that can have changed.
    pub fn poll(&mut self, source: SourceId, now: DateTime<Utc>, tell: &mut dyn FnMut(Fact)) {
        let stamp = |path: &Text| stamp_of(Path::new(path.as_str())).ok();
        let stamps: BTreeMap<_, _> = self.places.iter().map(|place| (place.path.clone(), stamp(&place.path))).collect();
        if self.stamps.as_ref() == Some(&stamps) {
            return tell(Fact::Unchanged { source, budget: None });
        }
        let found = self.places.iter().map(|place| (place.clone(), number(place, now))).collect();
        tell(Fact::FiguresRead(source, found));
        self.stamps = Some(stamps);
    }
}

fn number(place: &Place, now: DateTime<Utc>) -> Result<f64, Text> {
    let path = Path::new(place.path.as_str());
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let said = |why: &str| Text::scrub(&format!("{name}: {why}"));
    let changed_at = std::fs::metadata(path).and_then(|found| found.modified()).map(DateTime::<Utc>::from);
    if changed_at.is_ok_and(|at| now < at) {
        return Err(said("it was written after that time"));
    }
    let bytes = disk::read(path, LIMIT_BYTES).map_err(|error| said(&disk::why(&error)))?;
    figure::find(&place.find, &String::from_utf8_lossy(&bytes)).map_err(|why| said(why.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::goal::Find;

    #[test]
    fn a_file_is_read_when_it_changed_and_one_that_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("coverage.json");
        let place = Place { path: Text::scrub(&path.to_string_lossy()), find: Find::Key(Text::scrub("percent")) };
        let mut figures = Figures::of(vec![place]).unwrap();
        let now = DateTime::<Utc>::MAX_UTC;
        let mut poll = || {
            let mut told = Vec::new();
            figures.poll(SourceId(0), now, &mut |fact| told.push(fact));
            match told.remove(0) {
                Fact::FiguresRead(_, found) => Some(found[0].1.clone().map_err(|why| why.to_string())),
                _ => None,
            }
        };
        assert!(poll().unwrap().unwrap_err().starts_with("coverage.json: "));
        assert_eq!(poll(), None);
        std::fs::write(&path, r#"{"percent": 92.5}"#).unwrap();
        assert_eq!(poll(), Some(Ok(92.5)));
        assert!(Figures::of(Vec::new()).is_none());
    }
}
