//! What of an exposition is held because not all of it could be read.

use std::collections::HashSet;

use crate::{
    domain::sample::{Labels, SeriesKey},
    shell::feeds::metric::{MetricFile, tap::Tap},
    source::metrics::labelled::Scrape,
    text::{Text, counted},
};

/// An exposition that does not hold all it held before, and of which not all could be read: nobody knows whether what is not
/// there has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// Series that are held as they were.
    pub held: Vec<SeriesKey>,
    /// What could not be read, for people.
    pub why: String,
}

impl MetricFile {
    /// What of an exposition is held because it could not be read whole.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// The names of the signals that take something of it.
    pub fn signals(&self) -> impl Iterator<Item = &Text> {
        self.taps.values().map(Tap::name)
    }

    /// The series of an exposition, as they were last read.
    pub fn alive(&self) -> impl Iterator<Item = &SeriesKey> {
        self.alive.iter()
    }

    /// Its series that cannot be read now, and why; `trouble` is why nothing of it can be.
    pub fn doubt(&self, trouble: Option<&str>) -> Option<(Vec<SeriesKey>, String)> {
        let why = trouble?;
        let of_signals = self.signals().map(|name| SeriesKey { name: name.clone(), labels: Labels::default() });
        let series = match self.torn().filter(|torn| torn.why == why) {
            Some(torn) => torn.held.clone(),
            None => self.alive().cloned().chain(of_signals).collect(),
        };
        Some((series, why.to_owned()))
    }
}

/// What is held of series that an exposition does not hold any more: all of them where any line of it could not be read, or its
/// time has not come; where all could be read they have ended.
pub(super) fn torn<'a>(read: &Scrape, bytes: &[u8], missing: impl Iterator<Item = &'a SeriesKey>) -> Option<Torn> {
    let ahead: HashSet<&SeriesKey> = read.batch.items.iter().map(|sample| &sample.key).collect();
    let why = match read.n_unread {
        _ if bytes.is_empty() => Some("it is empty: it is being written, or its writer failed".to_owned()),
        0 => None,
        n => Some(format!("{} cannot be read", counted(n, "line", "lines"))),
    };
    let held: Vec<_> = missing.filter(|key| why.is_some() || ahead.contains(key)).cloned().collect();
    let why = why.unwrap_or_else(|| "what it holds is stamped in the future".to_owned());
    let why = format!("{why}; what {} is held", counted(held.len(), "series was", "series were"));
    (!held.is_empty()).then_some(Torn { held, why })
}
