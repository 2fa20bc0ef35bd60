//! `watchfloor oncall …`: one file a part.

use crate::{
    cli::{
        args::{Common, Oncall, OncallCommand},
        board::Part,
        exit,
        failure::Failure,
        show,
    },
    domain::zone::Zones,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, or what the command needs is missing.
pub async fn run(oncall: &Oncall, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    match &oncall.command {
        None | Some(OncallCommand::Now) => show::run(Part::OnCall, oncall.asked.json, common, zones).await,
        Some(_) => Err(Failure::new(exit::USAGE, "this is not built yet", "wait for it")),
    }
}
