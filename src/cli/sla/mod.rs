//! `watchfloor sla …`: one file a part.

pub mod backtest;
pub mod check;
pub mod matrix;
pub mod page;
pub mod scene;
pub mod status;
pub mod why;

use crate::{
    cli::{
        args::{Common, Sla, SlaCommand},
        exit,
        failure::Failure,
    },
    domain::zone::Zones,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, or what the command needs is missing.
pub async fn run(sla: &Sla, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let json = sla.printed.json;
    match &sla.command {
        None => status::run(json, sla, common, zones).await,
        Some(SlaCommand::Status(printed)) => status::run(json || printed.json, sla, common, zones).await,
        Some(SlaCommand::Matrix(printed)) => matrix::run(json || printed.json, sla, common, zones).await,
        Some(SlaCommand::Why { key, printed }) => why::run(key, json || printed.json, sla, common, zones).await,
        Some(SlaCommand::Backtest(asked)) => backtest::run(asked, json || asked.printed.json, sla, common, zones),
        Some(SlaCommand::Stats(_)) => Err(Failure::new(exit::USAGE, "this is not built yet", "wait for it")),
    }
}
