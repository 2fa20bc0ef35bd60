//! What hosts told of themselves.

use crate::{
    floor::{
        Floor,
        fact::{RefChecks, SourceId},
    },
    text::Text,
};

impl Floor {
    /// How the checks of the refs that are watched stand, in the order of the sources.
    pub fn checks(&self) -> impl Iterator<Item = &RefChecks> {
        self.hosts.values().flat_map(|host| &host.checks)
    }

    /// What tokens lack, by source and feature.
    pub fn missing(&self) -> impl Iterator<Item = (SourceId, &Text)> {
        self.hosts.iter().flat_map(|(source, host)| host.missing.iter().map(|missing| (*source, missing)))
    }
}
