//! Phases of a release by the calendar of its zone, and its gate: `release.json` (SEMANTICS R48, R50).

use serde_json::{Value, json};
use watchfloor::{
    domain::{
        incident::{IncidentKey, Repo},
        release::{
            Release,
            calendar::{Calendar, DayFrom, Mode, Span, When},
            gate::{Case, Class, Freeze, Job, Reason, Required, Role, Run, judge as judge_case},
            phase_label,
            record::{Deed, Entry, Record, Say},
        },
        time::{parse_rfc3339, rfc3339},
        zone::{Zone, Zones},
    },
    text::Text,
};

use crate::Ran;

/// Judges phase windows, labels and gates.
pub fn judge(vector: &Value, _file: &Value) -> Result<Ran, String> {
    match (vector["kind"].as_str(), vector["mode"].as_str()) {
        (Some("phase_window"), Some("calendar")) => phase_window(vector),
        (Some("phase_window"), Some(mode)) => other_window(vector, mode),
        (Some("phase_label"), _) => label(vector),
        (Some("gate"), _) => gate(vector),
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

/// Business days, and anywhere on earth.
fn other_window(vector: &Value, mode: &str) -> Result<Ran, String> {
    let phase = vector["offset_days"].as_i64().and_then(|days| i32::try_from(days).ok()).ok_or("no offset")?;
    let day = vector["release_date"].as_str().and_then(|date| date.parse().ok()).ok_or("no release date")?;
    let mode = [Mode::Business, Mode::Aoe].into_iter().find(|known| known.word() == mode).ok_or("unknown mode")?;
    let days_off = vector["holidays"].as_array().ok_or("no holidays")?.iter();
    let holidays = days_off.map(|day| day.as_str()?.parse().ok()).collect::<Option<_>>().ok_or("no day off")?;
    let calendar = Calendar { mode, holidays, ..Calendar::new(day, zone(vector)?, DayFrom::Asked) };
    let window = calendar.window(When::Days(Span::day(phase)));
    let (start, end) = window.start.zip(window.end).ok_or("no window")?;
    let date = calendar.date(phase).ok_or("no date")?.to_string();
    same(&json!({ "date": date, "start": rfc3339(start), "due_before": rfc3339(end) }), vector)
}

fn gate(vector: &Value) -> Result<Ran, String> {
    let input = &vector["input"];
    let now = input["now"].as_str().and_then(parse_rfc3339).ok_or("no now")?;
    let text = |value: &Value| value.as_str().map(Text::scrub).ok_or_else(|| format!("{value} is no text"));
    let list = |name: &str| input[name].as_array().cloned().ok_or_else(|| format!("no {name}"));
    let texts =
        |value: &Value| -> Result<Vec<Text>, String> { value.as_array().ok_or("no list")?.iter().map(text).collect() };
    let entry = |by: &Value, deed, commit: Option<Text>, reason| -> Result<Entry, String> {
        Ok(Entry { at: now, by: text(by)?, deed, commit, reason })
    };
    let mut entries = Vec::new();
    for said in list("signoffs")? {
        let say = if said["verdict"] == "go" { Say::Go } else { Say::Veto };
        let deed = Deed::SignOff { role: text(&said["role"])?, say };
        entries.push(entry(&said["by"], deed, Some(text(&said["commit"])?), Text::default())?);
    }
    for said in list("waivers")? {
        let deed = Deed::Waiver { what: text(&said["job"])? };
        entries.push(entry(&said["by"], deed, None, text(&said["reason"])?)?);
    }
    let record = Record::new(entries, Vec::new());
    let mut case = Case { commit: Some(text(&input["commit"])?), records: vec![&record], ..Case::default() };
    for item in list("items")? {
        case.items.push(Required {
            id: text(&item["id"])?,
            text: text(&item["id"])?,
            is_required: item["required"].as_bool().ok_or("no required")?,
            is_done: item["done"].as_bool().ok_or("no done")?,
            contradicted: None,
        });
    }
    for role in list("roles")? {
        case.roles.push(Role { name: text(&role["role"])?, members: texts(&role["members"])? });
    }
    for job in list("ci")? {
        let run = |run: &Value| match run.as_str() {
            Some("success") => Run::Success,
            Some("failure") => Run::Failure,
            _ => Run::Other,
        };
        let class = if job["class"] == "blocking" { Class::Blocking } else { Class::Informing };
        let runs = job["runs"].as_array().ok_or("no runs")?.iter().map(run).collect();
        case.jobs.push(Job { name: text(&job["job"])?, class, runs });
    }
    case.may_waive = texts(&input["waivers_by"])?;
    let n = input["open_blockers"].as_u64().ok_or("no blockers")?;
    case.blockers = (1..=n).map(|n| IncidentKey::issue(Repo::new("acme/api"), n)).collect();
    for freeze in list("freezes")? {
        let at = |name: &str| freeze[name].as_str().and_then(parse_rfc3339).ok_or("no time of a freeze");
        let is_excepted = freeze["exception_approved"].as_bool().unwrap_or(false);
        case.freezes.push(Freeze { name: text(&freeze["name"])?, start: at("start")?, end: at("end")?, is_excepted });
    }
    let outcome = judge_case(&case, now);
    let mut reasons: Vec<String> = outcome.reasons.iter().map(Reason::code).collect();
    reasons.sort();
    same(&json!({ "decision": outcome.verdict.word(), "reasons": reasons }), vector)
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
