//! `watchfloor sla matrix`: priority and rule by state.

use super::{page, scene::Scene};
use crate::{
    cli::{
        args::{Common, Sla},
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
        |floor| page::matrix_json(floor, zones.version(), scene.now),
        |floor| page::matrix_plain(floor, show::width(), scene.now),
        json,
    )?;
    Ok(scene.code())
}
