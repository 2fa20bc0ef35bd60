//! `watchfloor check …`: gates for CI.

use crate::{
    cli::{
        args::{Check, CheckWhat, Common},
        check_config, exit,
        failure::Failure,
    },
    domain::zone::Zones,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, or what the command needs is missing.
pub async fn run(check: Check, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    match check.what {
        CheckWhat::Config => check_config(common, zones).await,
        _ => Err(Failure::new(exit::USAGE, "this is not built yet", "wait for it")),
    }
}
