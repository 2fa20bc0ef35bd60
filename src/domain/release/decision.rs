//! What was decided of a release, as the gate heeds it.

use super::record::{Decided, Deed, Entry};
use crate::text::Text;

/// The decision that stands against going out: the last `no-go` or `roll-back`, unless `go` was decided since, or `stay`
/// after a roll-back. It stands whatever commit it names; a `go` for another one than goes out lifts nothing: `is_for` says
/// which are.
pub fn against<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    is_for: impl Fn(Option<&Text>) -> bool,
) -> Option<(&'a Entry, &'a Decided)> {
    let decision = |entry: &'a Entry| match &entry.deed {
        Deed::Decision { what } => Some((entry, what)),
        _ => None,
    };
    let mut all: Vec<(&Entry, &Decided)> = entries.filter_map(decision).collect();
    // The records of several plans: the time decides.
    all.sort_by_key(|(entry, _)| entry.at);
    let (mut no_go, mut back) = (None, None);
    for said in all {
        let of = said.0.commit.as_ref();
        match said.1 {
            Decided::Go if of.is_none() || is_for(of) => (no_go, back) = (None, None),
            Decided::NoGo => no_go = Some(said),
            Decided::RollBack => back = Some(said),
            Decided::Stay => back = None,
            Decided::Go | Decided::Other(_) => {}
        }
    }
    back.or(no_go)
}
