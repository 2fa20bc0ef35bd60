//! `watchfloor release`: status, what is done to a plan, the gate.

mod acts;
mod gate;
mod known;
mod report;
mod status;

pub use self::gate::judge;
use crate::{
    cli::{
        args::{Common, Release, ReleaseCommand},
        board::Part,
        failure::Failure,
        show,
    },
    domain::{
        release::record::{Decided, Deed, Say},
        zone::Zones,
    },
    text::Text,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, an unreadable file, a verdict of no.
pub async fn run(release: &Release, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    match &release.command {
        None => show::run(Part::Release, release.printed.json, common, zones).await,
        Some(ReleaseCommand::Status { file: Some(file), plan, printed }) => {
            status::of_file(file, plan, printed.json || release.printed.json, common, zones)
        }
        Some(ReleaseCommand::Status { file: None, printed, .. }) => {
            show::run(Part::Release, printed.json || release.printed.json, common, zones).await
        }
        Some(ReleaseCommand::Toggle { file, line }) => acts::toggle(file, *line),
        Some(ReleaseCommand::Tick(act)) => acts::tick(act, true, common, zones),
        Some(ReleaseCommand::Untick(act)) => acts::tick(act, false, common, zones),
        Some(ReleaseCommand::Sign { role, veto, withdraw, on }) => {
            let say = if *veto {
                Say::Veto
            } else if *withdraw {
                Say::Withdrawn
            } else {
                Say::Go
            };
            acts::enter(Deed::SignOff { role: Text::scrub(role.trim()), say }, on, common, zones)
        }
        Some(ReleaseCommand::Waive { what, on }) => {
            acts::enter(Deed::Waiver { what: Text::scrub(what.trim()) }, on, common, zones)
        }
        Some(ReleaseCommand::Decide { what, on }) => {
            let what = Decided::parse(&Text::scrub(what.trim()));
            acts::enter(Deed::Decision { what }, on, common, zones)
        }
        Some(ReleaseCommand::Announce { what, on }) => {
            acts::enter(Deed::Announced { what: Text::scrub(what.trim()) }, on, common, zones)
        }
        Some(ReleaseCommand::Except { freeze, on }) => {
            acts::enter(Deed::FreezeException { freeze: Text::scrub(freeze.trim()) }, on, common, zones)
        }
        Some(ReleaseCommand::Gate(asked)) => gate::run(asked, release.printed.json, common, zones).await,
        Some(ReleaseCommand::Memo(asked)) => report::memo(asked, release.printed.json, common, zones).await,
        Some(ReleaseCommand::Notes { since, repository, printed }) => {
            let json = printed.json || release.printed.json;
            report::notes(since.as_deref(), repository.as_deref(), json, common, zones).await
        }
    }
}
