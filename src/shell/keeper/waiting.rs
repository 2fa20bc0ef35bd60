//! What waits for the disk, in the order in which it is to be put on record.

use std::collections::VecDeque;

use crate::{
    domain::rota::watched::Watched,
    shell::store::{Did, Heard, Store, StoreError},
};

use chrono::{DateTime, Utc};

/// Something to be put on record.
pub(super) enum Write {
    Heard(Box<Heard>),
    Did(Vec<Did>),
    Duty { roster: String, seen: Vec<Watched> },
    Other { write: Box<dyn FnMut(&mut Store) -> Result<(), StoreError> + Send>, is_deed: bool },
}

impl Write {
    /// Puts it on record; it is as it was where that fails.
    pub(super) fn perform(&mut self, store: &mut Store, now: DateTime<Utc>) -> Result<(), StoreError> {
        match self {
            Self::Heard(heard) => store.record(heard, now).map(drop),
            Self::Did(deeds) => store.did(deeds).map(drop),
            Self::Duty { roster, seen } => store.saw_on_call(roster, seen),
            Self::Other { write, .. } => write(store),
        }
    }

    /// How much of what people did is in it.
    fn n_deeds(&self) -> usize {
        match self {
            Self::Did(deeds) => deeds.len(),
            Self::Other { is_deed, .. } => usize::from(*is_deed),
            Self::Heard(_) | Self::Duty { .. } => 0,
        }
    }
}

/// What waits.
#[derive(Default)]
pub(super) struct Waiting(VecDeque<Write>);

/// Stretches of duty that are kept in memory; what is older is lost to the record.
const DUTIES: usize = 1_000;

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one. What a source told is joined with what it told before, so that the memory it takes is bounded by what there is.
    pub(super) fn push(&mut self, write: Write) {
        let write = match write {
            Write::Heard(heard) => {
                let before = self.0.iter_mut().find_map(|known| match known {
                    Write::Heard(known) if known.source == heard.source => Some(known),
                    _ => None,
                });
                match before {
                    Some(known) => return known.absorb(*heard),
                    None => Write::Heard(heard),
                }
            }
            Write::Duty { roster, seen } => {
                if self.0.iter().filter(|known| matches!(known, Write::Duty { .. })).count() >= DUTIES {
                    return;
                }
                Write::Duty { roster, seen }
            }
            write => write,
        };
        self.0.push_back(write);
    }

    pub(super) fn first(&mut self) -> Option<&mut Write> {
        self.0.front_mut()
    }

    pub(super) fn drop_first(&mut self) {
        self.0.pop_front();
    }

    /// Takes what people did out of it: nobody will ever take it.
    pub(super) fn take_deeds(&mut self) -> Vec<Did> {
        let all = std::mem::take(&mut self.0);
        all.into_iter().flat_map(|write| if let Write::Did(deeds) = write { deeds } else { Vec::new() }).collect()
    }

    /// How much of what people did waits.
    pub(super) fn n_deeds(&self) -> usize {
        self.0.iter().map(Write::n_deeds).sum()
    }
}
