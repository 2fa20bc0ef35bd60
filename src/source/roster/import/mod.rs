//! Schedules that other programs export as JSON, read as a roster.
//!
//! | form | told by | read as |
//! |---|---|---|
//! | PagerDuty, `GET /schedules/{id}` | `schedule_layers` | a level for each layer, overrides instead of everybody |
//! | Opsgenie, `GET /v2/schedules` with `expand=rotation` | `rotations` | every rotation on level 0: all of them are told |
//! | plain | `layers` and `tz` | as it stands |
//!
//! What cannot be said by a roster is left out and named, with the reason; nothing is guessed.

mod field;
mod opsgenie;
mod pagerduty;
mod plain;
mod window;

use serde_json::Value;

use crate::{
    domain::{
        rota::{Contact, Roster},
        trouble::Skipped,
        zone::{Zone, Zones},
    },
    source::roster::reader::{MOST_LAYERS, MOST_PEOPLE},
    text::Text,
};

/// Why nothing of a file could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is no JSON.
    #[error("it is not readable as JSON: {0}")]
    NotJson(Text),
    /// It is JSON of another kind.
    #[error("it is no exported schedule: neither schedule_layers (PagerDuty), rotations (Opsgenie) nor layers and tz")]
    Unknown,
    /// Its zone is missing or not known.
    #[error("{0}")]
    Zone(Text),
    /// More people or layers than a roster holds.
    #[error("{0}")]
    TooMuch(Text),
    /// Not one layer or override could be read; the first reason.
    #[error("nothing in it could be read: {0}")]
    Nothing(Text),
}

/// Reads an exported schedule, and what of it was left out: each with its place and the reason.
///
/// # Errors
/// [`ImportError`] when nothing of it could be read.
pub fn read(bytes: &[u8], zones: &Zones) -> Result<(Roster, Vec<Skipped>), ImportError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: Value =
        serde_json::from_slice(bytes).map_err(|e| ImportError::NotJson(Text::scrub(&e.to_string())))?;
    // An answer wraps what it tells: {"schedule": …}, {"data": …}.
    let inner = document.get("schedule").or_else(|| document.get("data")).unwrap_or(&document);
    let mut left_out = LeftOut::default();
    let listed = inner.as_array().and_then(|list| list.first());
    let roster = if inner.get("schedule_layers").is_some() {
        pagerduty::read(inner, &document, zones, &mut left_out)?
    } else if inner.get("rotations").is_some() || listed.is_some_and(|one| one.get("rotations").is_some()) {
        opsgenie::read(inner, zones, &mut left_out)?
    } else if inner.get("layers").is_some() && inner.get("tz").is_some() {
        plain::read(inner, zones, &mut left_out)?
    } else {
        return Err(ImportError::Unknown);
    };
    if roster.schedules.iter().all(|schedule| schedule.layers.is_empty() && schedule.overrides.is_empty()) {
        let why = left_out.0.first().map(|skipped| format!("{}: {}", skipped.at, skipped.why));
        return Err(ImportError::Nothing(Text::scrub(&why.unwrap_or_else(|| "it is empty".to_owned()))));
    }
    let n_layers = roster.schedules.iter().map(|schedule| schedule.layers.len()).sum();
    for (n, most, of) in [(roster.people.len(), MOST_PEOPLE, "people"), (n_layers, MOST_LAYERS, "layers")] {
        if n > most {
            return Err(ImportError::TooMuch(Text::scrub(&format!("{n} {of}: a roster holds at most {most}"))));
        }
    }
    Ok((roster, left_out.0))
}

/// What was left out so far.
#[derive(Debug, Default)]
struct LeftOut(Vec<Skipped>);

impl LeftOut {
    fn note(&mut self, at: &str, why: &str) {
        self.0.push(Skipped { at: Text::scrub(at), why: Text::scrub(why) });
    }

    /// Keeps what was read, notes what was not.
    fn keep<T>(&mut self, at: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|why| self.note(at, &why)).ok()
    }
}

/// The zone of a whole file.
fn zone_of(value: Option<&Value>, key: &str, zones: &Zones) -> Result<Zone, ImportError> {
    field::zone(value, zones).map_err(|why| ImportError::Zone(Text::scrub(&format!("{key}: {why}"))))
}

/// A person of whom only the short name is known.
fn stranger(id: Text) -> Contact {
    Contact { id, name: Text::default(), login: None, reach: None, email: None, zone: None }
}

#[cfg(test)]
mod drawn;
#[cfg(test)]
mod tests;
