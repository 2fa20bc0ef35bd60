//! `watchfloor sla why KEY`: what moved the clocks of one incident, by whom, under which rule.

use super::scene::Scene;
use crate::{
    cli::{
        args::{Common, Sla},
        failure::Failure,
        incident,
    },
    domain::zone::Zones,
};

/// Runs it.
///
/// # Errors
/// Wrong settings; a key that is none, is ambiguous or names no incident; a source that is away.
pub async fn run(key: &str, json: bool, sla: &Sla, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let scene = Scene::read(sla, common, zones).await?;
    incident::why_on(&scene.floor, key, json, zones, scene.now)
}
