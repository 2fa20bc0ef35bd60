//! A commit that people named, and the one that is to go out: whether what was said of the one holds of the other.
//!
//! The record is committed with the plan, so the commit that goes out is a later one than the one that was signed off. Where
//! nothing but plans and records changed between them, what was signed off is what goes out.

use super::{Case, is_of};
use crate::{
    domain::release::{
        Release,
        record::{Deed, Entry},
    },
    text::Text,
};

/// What lies between a commit that somebody named and the one that is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kin {
    /// It comes before it, and nothing but plans and their records changed since.
    Same,
    /// Something else did: `src/lib.rs changed since`.
    Other(Text),
    /// Nobody can tell, and why.
    Unknown(Text),
}

impl Case<'_> {
    /// Whether what is said of a commit is said of the one that is to go out.
    pub(super) fn is_for(&self, said: Option<&Text>) -> bool {
        let is_kin = |said: &Text| self.kin.iter().any(|(commit, kin)| commit == said && *kin == Kin::Same);
        is_of(said, self.commit.as_ref()) || said.is_some_and(is_kin)
    }

    /// What lies between a commit and the one that is to go out, in words; blank where nobody looked.
    pub(super) fn between(&self, said: Option<&Text>) -> Text {
        let kin = said.and_then(|said| self.kin.iter().find(|(commit, _)| commit == said));
        match kin {
            Some((_, Kin::Other(why))) => why.clone(),
            Some((_, Kin::Unknown(why))) => Text::scrub(&format!("what lies between cannot be told: {why}")),
            Some((_, Kin::Same)) | None => Text::default(),
        }
    }
}

/// The commits on record that are not the one that is to go out, the newest first: what is asked of the repository.
pub fn wanting(release: &Release, commit: &Text) -> Vec<Text> {
    let mut entries: Vec<&Entry> = release.courses.iter().flat_map(|course| course.record.entries()).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    let counts =
        |entry: &&Entry| matches!(entry.deed, Deed::SignOff { .. } | Deed::Waiver { .. } | Deed::Decision { .. });
    let mut found: Vec<Text> = Vec::new();
    for named in entries.into_iter().filter(counts).filter_map(|entry| entry.commit.as_ref()) {
        if !is_of(Some(named), Some(commit)) && !found.contains(named) {
            found.push(named.clone());
        }
    }
    found
}
