//! How values are written in the state file. The domain knows nothing of it.
//!
//! An incident is a row of bytes with a version at its head, because ten thousand of them are read before the first frame.
//! Everything else is JSON. What a later version wrote is not read: the rest is.

mod brief;
mod bytes;
mod incident;
mod names;
mod plans;
mod round;

pub use names::Names;
pub(super) use {
    brief::{Briefs, Head, Section, briefs},
    incident::{incident, read_incident},
    plans::{plans, read_plans},
    round::{gone, host, read_gone, read_host, read_round, round},
};
