//! `watchfloor sla …`: one file a part.

pub mod check;

use crate::{
    cli::{
        args::{Common, Sla, SlaCommand},
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
pub async fn run(sla: &Sla, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    match &sla.command {
        None => show::run(Part::Sla, sla.printed.json, common, zones).await,
        Some(SlaCommand::Status(printed)) => {
            show::run(Part::Sla, printed.json || sla.printed.json, common, zones).await
        }
        Some(_) => Err(Failure::new(exit::USAGE, "this is not built yet", "wait for it")),
    }
}
