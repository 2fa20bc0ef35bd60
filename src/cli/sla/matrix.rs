//! `watchfloor sla matrix`: priority and rule by state.

use super::{page, scene::Scene};
use crate::{
    cli::{
        args::{Common, Sla},
        board,
        failure::{Failure, print},
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
    if json {
        print(&board::pretty(&page::matrix_json(&scene.floor, zones.version(), scene.now)))?;
    } else {
        print(&page::matrix_plain(&scene.floor, show::width(), scene.now))?;
    }
    Ok(scene.code())
}
