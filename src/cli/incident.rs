//! `watchfloor incident KEY …`.

use crate::{
    cli::{
        args::{Common, Incident},
        exit,
        failure::Failure,
    },
    domain::zone::Zones,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, or what the command needs is missing.
pub async fn run(_incident: &Incident, _common: &Common, _zones: &Zones) -> Result<u8, Failure> {
    Err(Failure::new(exit::USAGE, "this is not built yet", "wait for it"))
}
