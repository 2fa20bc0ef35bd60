//! The names that settings and plan know: what is put on record under another one would count for nothing, and nobody would
//! be told.

use std::path::Path;

use super::status;
use crate::{
    cli::{args::Common, exit, failure::Failure, setup},
    config::ReleaseSettings,
    domain::{
        release::{announcement, plan::Plan, record::Deed},
        zone::Zones,
    },
    shell::files,
    text::Text,
};

/// The deed with the name that the record is asked for by. Where no settings say that a plan is theirs, every name is taken,
/// since nobody can tell.
///
/// # Errors
/// No role, job, freeze or announcement is called so.
pub fn checked(deed: Deed, file: &Path, common: &Common, zones: &Zones) -> Result<Deed, Failure> {
    if matches!(deed, Deed::Tick { .. } | Deed::Decision { .. }) {
        return Ok(deed);
    }
    let Some(release) = release_of(file, common, zones)? else { return Ok(deed) };
    let rules = &release.rules;
    let (what, name, known, table) = match &deed {
        Deed::SignOff { role, .. } => {
            let named = release.sign_off.iter().filter(|role| rules.roles.iter().all(|it| !is_one(&it.name, role)));
            let known = rules.roles.iter().map(|role| role.name.clone()).chain(named.cloned()).collect();
            ("role", role, known, "no [[release.role]] and no sign_off")
        }
        Deed::Waiver { what } => {
            let known = rules.jobs.iter().map(|job| job.name.clone()).collect();
            ("job", what, known, "no [[release.job]]")
        }
        Deed::FreezeException { freeze } => {
            let known = rules.freezes.iter().map(|freeze| freeze.name.clone()).collect();
            ("freeze", freeze, known, "no [[release.freeze]]")
        }
        Deed::Announced { what } => {
            let plan = status::course(file, &release.plan.reading)?.plan;
            return match of_announcement(what, &release, &plan) {
                Ok(what) => Ok(Deed::Announced { what }),
                Err(known) => {
                    let without = "no [[release.announcement]], and no step of the plan asks for one";
                    Err(refused("announcement", what, &known, without))
                }
            };
        }
        Deed::Tick { .. } | Deed::Decision { .. } => return Ok(deed),
    };
    let known: Vec<Text> = known;
    if known.iter().any(|known| is_one(known, name)) { Ok(deed) } else { Err(refused(what, name, &known, table)) }
}

fn is_one(known: &Text, name: &Text) -> bool {
    known.as_str().to_lowercase() == name.as_str().to_lowercase()
}

fn refused(what: &str, name: &Text, known: &[Text], without: &str) -> Failure {
    let names: Vec<&str> = known.iter().map(Text::as_str).collect();
    let hint = match names.as_slice() {
        [] => format!("the settings have {without}"),
        names => format!("known {what}s: {}", names.join(", ")),
    };
    Failure::new(exit::USAGE, format!("put on record: no {what} is called `{name}`"), hint)
}

/// What the record calls an announcement: its name, or the identity of the step that asks for it.
///
/// # Errors
/// None is meant: the names of all.
fn of_announcement(what: &Text, release: &ReleaseSettings, plan: &Plan) -> Result<Text, Vec<Text>> {
    let declared = &release.rules.announcements;
    if let Some(found) = declared.iter().find(|declared| is_one(&declared.name, what)) {
        return Ok(found.name.clone());
    }
    let asked = announcement::asked_in(plan);
    let steps = || asked.iter().filter_map(|place| plan.steps.get(*place));
    let mut same = steps().filter(|step| is_one(&step.text, what) || is_one(step.id.text(), what));
    let place = plan.place_of(what.as_str());
    let of_declared = |declared: &&announcement::Declared| {
        declared.step.as_ref().is_some_and(|step| place.is_some() && plan.place_of(step.as_str()) == place)
    };
    if let Some(found) = declared.iter().find(of_declared) {
        return Ok(found.name.clone());
    }
    let named = place.filter(|place| asked.contains(place)).and_then(|place| plan.steps.get(place));
    if let Some(step) = named.or_else(|| same.next()) {
        return Ok(step.id.text().clone());
    }
    Err(declared.iter().map(|declared| declared.name.clone()).chain(steps().map(|step| step.text.clone())).collect())
}

/// The release whose plan a file is; nothing where no settings say that it is theirs.
fn release_of(plan: &Path, common: &Common, zones: &Zones) -> Result<Option<ReleaseSettings>, Failure> {
    let Some((path, trust)) = setup::find_settings(common) else { return Ok(None) };
    let settings = match setup::read_settings(&path, trust, zones) {
        // Settings that merely stand around are not what was asked about.
        Err(_) if common.config.is_none() => return Ok(None),
        read => read?,
    };
    Ok(settings.release.filter(|release| common.config.is_some() || files::is_plan_of(release, plan)))
}
