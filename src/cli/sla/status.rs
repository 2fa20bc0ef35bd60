//! `watchfloor sla status`: the promises, how they are kept, what falls due next.

use super::scene::Scene;
use crate::{
    cli::{
        args::{Common, Sla},
        board::{self, Part},
        failure::Failure,
        show,
    },
    domain::zone::Zones,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, or standard output is full.
pub async fn run(json: bool, sla: &Sla, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let scene = Scene::read(sla, common, zones).await?;
    scene.print(
        |floor| board::json(floor, Part::Sla, zones.version(), scene.now),
        |floor| board::plain(floor, Part::Sla, show::width(), scene.now),
        json,
    )?;
    Ok(scene.code())
}
