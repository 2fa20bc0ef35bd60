//! Phases of a release by the calendar of its zone: `release.json` (SEMANTICS R48).

use serde_json::{Value, json};
use watchfloor::{
    domain::{
        release::{Release, phase_label},
        time::{parse_rfc3339, rfc3339},
        zone::{Zone, Zones},
    },
    text::Text,
};

use crate::Ran;

/// Judges phase windows and labels in calendar days; the rest is not there yet.
pub fn judge(vector: &Value, _file: &Value) -> Result<Ran, String> {
    match (vector["kind"].as_str(), vector["mode"].as_str()) {
        (Some("phase_window"), Some("calendar")) => phase_window(vector),
        (Some("phase_window"), _) => Ok(Ran::NotYet("modes other than calendar")),
        (Some("phase_label"), _) => label(vector),
        (Some("gate"), _) => Ok(Ran::NotYet("gates of CI, commits, waivers and freezes")),
        (kind, _) => Err(format!("unknown kind {kind:?}")),
    }
}

fn phase_window(vector: &Value) -> Result<Ran, String> {
    let phase = vector["offset_days"].as_i64().and_then(|days| i32::try_from(days).ok()).ok_or("no offset")?;
    let zone = zone(vector)?;
    let (start, end) = release(vector, zone.clone())?.phase_window(phase).ok_or("no window")?;
    let date = zone.local(start).date().to_string();
    same(&json!({ "date": date, "start": rfc3339(start), "due_before": rfc3339(end) }), vector)
}

fn label(vector: &Value) -> Result<Ran, String> {
    let now = vector["now"].as_str().and_then(parse_rfc3339).ok_or("no now")?;
    let phase = release(vector, zone(vector)?)?.phase_today(now).ok_or("no phase")?;
    same(&json!({ "offset_days": phase, "label": phase_label(phase) }), vector)
}

fn same(found: &Value, vector: &Value) -> Result<Ran, String> {
    if *found == vector["expect"] {
        Ok(Ran::Passed)
    } else {
        Err(format!("expected {}, found {found}", vector["expect"]))
    }
}

fn zone(vector: &Value) -> Result<Zone, String> {
    let name = vector["tz"].as_str().ok_or("no zone")?;
    Zones::bundled().find(name).ok_or_else(|| format!("unknown zone {name}"))
}

fn release(vector: &Value, zone: Zone) -> Result<Release, String> {
    let day = vector["release_date"].as_str().and_then(|date| date.parse().ok()).ok_or("no release date")?;
    Ok(Release {
        name: Text::scrub("vector"),
        day: Some(day),
        at: None,
        zone,
        checklists: Vec::new(),
        courses: Vec::new(),
        sign_offs: Vec::new(),
        blockers: Vec::new(),
    })
}
