//! `watchfloor oncall …`: one file a part.

pub mod check;
pub mod export;
pub mod fairness;
pub mod import;
pub mod load;
pub mod next;
pub mod now;
pub mod overrides;
pub mod schedule;

use crate::{
    cli::{
        args::{Common, Oncall, OncallCommand, OverrideCommand},
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
    let asked = &oncall.asked;
    match &oncall.command {
        None if asked.is_plain() => show::run(Part::OnCall, asked.json, common, zones).await,
        None | Some(OncallCommand::Now) => now::run(asked, common, zones).await,
        Some(OncallCommand::Next) => next::run(asked, common, zones).await,
        Some(OncallCommand::Schedule(span)) => schedule::run(*span, asked, common, zones).await,
        Some(OncallCommand::Fairness(span)) => fairness::run(*span, asked, common, zones).await,
        Some(OncallCommand::Check { span, page }) => check::run(*span, page.as_deref(), asked, common, zones).await,
        Some(OncallCommand::Override { command: OverrideCommand::Add { .. } | OverrideCommand::Remove { .. } })
            if asked.json =>
        {
            let hint = "leave --json out; for a program: watchfloor oncall override list --json";
            Err(Failure::new(exit::USAGE, "--json: a change is told as lines of the file", hint))
        }
        Some(OncallCommand::Override { command }) => overrides::run(command, asked, common, zones).await,
        Some(OncallCommand::Export { .. } | OncallCommand::Import { .. }) if asked.json => {
            let hint = "leave --json out; for a program: watchfloor oncall schedule --json, override list --json";
            Err(Failure::new(exit::USAGE, "--json: export writes a calendar or a page, import a roster file", hint))
        }
        Some(OncallCommand::Export { span, page, out }) => {
            export::run(*span, *page, out.as_deref(), asked, common, zones).await
        }
        Some(OncallCommand::Import { file }) => import::run(file, zones),
    }
}
