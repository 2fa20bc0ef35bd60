//! From the command line to a floor with one plan that is named, or with all that release notes are made of.

use std::path::Path;

use super::{Setup, build, find_settings, from_surroundings, read_settings};
use crate::{
    cli::{args::Common, failure::Failure},
    config::{self, IncidentSource, ReleaseSettings, Trust},
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

/// Makes ready what release notes are made of: files of history are read with their pull requests, whatever the settings
/// list of them. Returns which hosts do not list theirs, or not all, each with why.
///
/// # Errors
/// The settings are wrong.
pub fn set_up_for_notes(common: &Common, zones: &Zones) -> Result<(Setup, Vec<Text>), Failure> {
    let ((mut settings, notes), trust) = match find_settings(common) {
        Some((path, trust)) => ((read_settings(&path, trust, zones)?, Vec::new()), trust),
        None => (from_surroundings(zones), Trust::Repository),
    };
    let mut left_out = Vec::new();
    for source in &mut settings.incidents {
        match source {
            IncidentSource::History { with_pull_requests, .. } => *with_pull_requests = true,
            IncidentSource::Github { name, with_pull_requests, more, .. } => {
                let why = match (*with_pull_requests, more.has_reviews_only) {
                    (true, false) => continue,
                    (true, true) => {
                        "only pull requests that wait for a review are listed: pull_requests = true lists all"
                    }
                    (false, _) => "pull requests are not listed: pull_requests = true lists them",
                };
                left_out.push(Text::scrub(&format!("{name}: {why}")));
            }
        }
    }
    Ok((build(settings, notes, trust, common, zones), left_out))
}
