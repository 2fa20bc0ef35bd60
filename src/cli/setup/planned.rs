//! From the command line to a floor with one plan that is named.

use std::path::Path;

use super::{Setup, build, read_settings};
use crate::{
    cli::{args::Common, failure::Failure},
    config::{self, ReleaseSettings, Trust},
    domain::{release::rules::Rules, zone::Zones},
    text::Text,
};

/// Makes ready what a plan that is named is judged by: of the settings only those that are named too.
///
/// # Errors
/// The settings are wrong.
pub fn set_up_for_plan(
    file: &Path,
    change: impl FnOnce(&mut ReleaseSettings),
    common: &Common,
    zones: &Zones,
) -> Result<Setup, Failure> {
    let mut settings = match &common.config {
        Some(path) => read_settings(path, Trust::User, zones)?,
        None => config::standard(&|name| zones.find(name)),
    };
    let path = file.to_string_lossy();
    // A name is no pattern, whatever it looks like.
    let path = if path.contains(['*', '?', '[']) { glob::Pattern::escape(&path) } else { path.into_owned() };
    let release = settings.release.get_or_insert_with(|| ReleaseSettings {
        name: Text::scrub(&file.file_name().unwrap_or_default().to_string_lossy()),
        day: None,
        time: None,
        zone: None,
        checklists: Vec::new(),
        blocker_labels: Vec::new(),
        sign_off: Vec::new(),
        plan: config::PlanSettings::default(),
        rules: Rules::default(),
    });
    release.checklists = vec![path];
    change(release);
    Ok(build(settings, Vec::new(), Trust::User, common, zones))
}
