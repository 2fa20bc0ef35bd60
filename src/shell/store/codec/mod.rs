//! How values are written in the state file. The domain knows nothing of it.
//!
//! An incident is a row of bytes with a version at its head, because ten thousand of them are read before the first frame.
//! Everything else is JSON. What a later version wrote is not read: the rest is.

mod brief;
mod bytes;
mod incident;
mod judged;
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

#[cfg(test)]
mod drawn {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    /// Instants of any age, leap seconds among them.
    pub(super) fn instants() -> impl Strategy<Value = DateTime<Utc>> {
        let nanos = prop_oneof![3 => Just(0_u32), 1 => 0..1_999_999_999_u32];
        (-8_000_000_000_000_i64..8_000_000_000_000, nanos)
            .prop_filter_map("no such instant", |(seconds, nanos)| DateTime::from_timestamp(seconds, nanos))
    }
}
