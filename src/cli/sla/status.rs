//! `watchfloor sla status`: the promises, how they are kept, what falls due next.

use super::scene::Scene;
use crate::{
    cli::{
        args::{Common, Sla},
        board::Part,
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
    show::print_board(&scene.floor, Part::Sla, json, zones, scene.now)?;
    Ok(scene.code())
}
