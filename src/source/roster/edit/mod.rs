//! One override more or fewer in a roster file, every other byte as it was.
//!
//! The file is not written anew: text is put in, or taken out, at the places a parse of it names. So comments, odd spacing,
//! quotes, CRLF, a byte order mark and a missing last line end stay, and an override added and removed leaves the file as
//! it was, byte for byte. What comes out is read again; unless that is the old roster with exactly this change, nothing is
//! given out.

mod place;

use chrono::Timelike as _;

use crate::{
    domain::{
        diff::{self, DiffLine},
        rota::{Override, OverrideChange, Roster, Schedule},
        trouble::{Problem, nearest},
        zone::{Zone, Zones},
    },
    source::roster::{self, write},
    text::Text,
};

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole file as it should be written.
    pub text: String,
    /// What differs, for a preview.
    pub diff: Vec<DiffLine>,
}

/// Why a file is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file has problems already; a change on top might hide them.
    #[error("the roster file has a problem: {0}")]
    Unreadable(Text),
    /// There is no such seat.
    #[error("no seat is called \"{seat}\"{}", did_you_mean(.near.as_ref()))]
    NoSeat {
        /// The name given.
        seat: Text,
        /// The name that may be meant.
        near: Option<Text>,
    },
    /// It ends before it starts.
    #[error("it does not end after it starts")]
    Ends,
    /// A year that a TOML time cannot name.
    #[error("its years need four digits")]
    Years,
    /// The override to be removed is not in the file.
    #[error("there is no such override in the file; read it again")]
    NotThere,
    /// Written in a way we do not edit.
    #[error("{0}")]
    Shape(&'static str),
    /// The changed file would not say what it should.
    #[error("the change would not read back as meant: {0}; change the file by hand")]
    ReadsOtherwise(Text),
}

fn did_you_mean(near: Option<&Text>) -> String {
    near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default()
}

/// Adds or removes one override of a seat.
///
/// # Errors
/// As [`add_override`] and [`remove_override`].
pub fn change(file: &str, seat: &Text, change: &OverrideChange, zones: &Zones) -> Result<Edited, EditError> {
    match change {
        OverrideChange::Add(new) => add_override(file, seat, new, zones),
        OverrideChange::Remove { nth, old } => {
            let roster = read(file, zones)?;
            let (_, schedule) = find(&roster, seat)?;
            if schedule.overrides.get(*nth) != Some(old) {
                return Err(EditError::NotThere);
            }
            remove_override(file, seat, *nth, zones)
        }
    }
}

/// Adds an override as the last of its seat; times are kept by the second.
///
/// It becomes a `[[schedule.override]]` after what belongs to its seat, or one more item where `override` is a list.
///
/// # Errors
/// The file has problems, there is no such seat or person, the times are wrong, or the file is written in a way we do not
/// edit.
pub fn add_override(file: &str, seat: &Text, new: &Override, zones: &Zones) -> Result<Edited, EditError> {
    let roster = read(file, zones)?;
    let (nth_seat, _) = find(&roster, seat)?;
    let new = to_the_second(new);
    if new.end <= new.start {
        return Err(EditError::Ends);
    }
    if ![Some(new.start), Some(new.end), new.created].into_iter().flatten().all(write::is_writable) {
        return Err(EditError::Years);
    }
    let document = parse(file)?;
    let text = place::insert(file, &document, nth_seat, &write::exception(&new, &roster.zone))?;
    let mut meant = roster;
    if let Some(schedule) = meant.schedules.get_mut(nth_seat) {
        schedule.overrides.push(new);
    }
    settle(file, text, &meant, zones)
}

/// Removes the `nth` override of a seat, from 0, in file order; comments within it go with it, those above it stay.
///
/// # Errors
/// The file has problems, there is no such seat or override, or the file is written in a way we do not edit.
pub fn remove_override(file: &str, seat: &Text, nth: usize, zones: &Zones) -> Result<Edited, EditError> {
    let mut roster = read(file, zones)?;
    let (nth_seat, schedule) = find(&roster, seat)?;
    if nth >= schedule.overrides.len() {
        return Err(EditError::NotThere);
    }
    let document = parse(file)?;
    let text = place::remove(file, &document, nth_seat, nth)?;
    if let Some(schedule) = roster.schedules.get_mut(nth_seat) {
        schedule.overrides.remove(nth);
    }
    settle(file, text, &roster, zones)
}

fn read(file: &str, zones: &Zones) -> Result<Roster, EditError> {
    roster::read(file, zones).map_err(|problems| EditError::Unreadable(first(&problems)))
}

fn first(problems: &[Problem]) -> Text {
    Text::scrub(&problems.first().map(|p| p.to_string().replace('\n', ";")).unwrap_or_default())
}

fn find<'r>(roster: &'r Roster, seat: &Text) -> Result<(usize, &'r Schedule), EditError> {
    roster.schedules.iter().enumerate().find(|(_, s)| s.name == *seat).ok_or_else(|| {
        let near = nearest(seat.as_str(), roster.schedules.iter().map(|s| s.name.as_str())).map(Text::scrub);
        EditError::NoSeat { seat: seat.clone(), near }
    })
}

fn parse(file: &str) -> Result<toml_edit::Document<&str>, EditError> {
    toml_edit::Document::parse(file).map_err(|error| EditError::Unreadable(Text::scrub(error.message())))
}

fn to_the_second(new: &Override) -> Override {
    let whole = |at: chrono::DateTime<chrono::Utc>| at.with_nanosecond(0).unwrap_or(at);
    Override { start: whole(new.start), end: whole(new.end), created: new.created.map(whole), ..new.clone() }
}

/// Belt and braces: what was made is read as anybody would read it, and must say what was meant and no more.
fn settle(before: &str, text: String, meant: &Roster, zones: &Zones) -> Result<Edited, EditError> {
    match roster::read(&text, zones) {
        Ok(found) if found == *meant => {
            let diff = diff::between(before, &text);
            Ok(Edited { text, diff })
        }
        Ok(_) => Err(EditError::ReadsOtherwise(Text::scrub("it would change more than this"))),
        Err(problems) => Err(EditError::ReadsOtherwise(first(&problems))),
    }
}

/// The lines an override would stand in, for a message: `kind = "add"` and so on.
pub fn lines(one: &Override, zone: &Zone) -> Vec<String> {
    write::exception(one, zone).iter().map(|(key, value)| format!("{key} = {value}")).collect()
}

#[cfg(test)]
mod tests;
