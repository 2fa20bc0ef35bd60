//! Phases of a release by the calendar of its zone, and its gate: `release.json` (SEMANTICS R48, R50, R52).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use watchfloor::{
    domain::{
        incident::{IncidentKey, Repo},
        release::{
            calendar::{Calendar, DayFrom, Mode, Span, When},
            gate::{Case, Class, Freeze, Job, Required, Role, Run, judge as judge_case},
            phase_label,
            record::{Deed, Entry, Record, Say},
        },
        time::{parse_rfc3339, rfc3339},
        zone::Zones,
    },
    text::Text,
};

use crate::Ran;

/// Judges phase windows, labels and gates.
pub fn judge(vector: &Value, _file: &Value) -> Result<Ran, String> {
    match vector["kind"].as_str() {
        Some("phase_window") => phase_window(vector),
        Some("phase_label") => label(vector),
        Some("gate") => gate(vector),
        kind => Err(format!("unknown kind {kind:?}")),
    }
}

fn phase_window(vector: &Value) -> Result<Ran, String> {
    let phase = vector["offset_days"].as_i64().and_then(|days| i32::try_from(days).ok()).ok_or("no offset")?;
    let calendar = calendar(vector)?;
    let window = calendar.window(When::Days(Span::day(phase)));
    let (start, end) = window.start.zip(window.end).ok_or("no window")?;
    if calendar.offset(start) != Some(phase) {
        return Err(format!("its start lies in {:?}", calendar.offset(start)));
    }
    let date = calendar.date(phase).ok_or("no date")?.to_string();
    same(&json!({ "date": date, "start": rfc3339(start), "due_before": rfc3339(end) }), vector)
}

fn label(vector: &Value) -> Result<Ran, String> {
    let phase = calendar(vector)?.offset(instant(&vector["now"])?).ok_or("no phase")?;
    same(&json!({ "offset_days": phase, "label": phase_label(phase) }), vector)
}

fn gate(vector: &Value) -> Result<Ran, String> {
    let input = &vector["input"];
    let now = instant(&input["now"])?;
    let record = Record::new(entries(input, now), Vec::new());
    let case = Case {
        commit: input["commit"].as_str().map(Text::scrub),
        items: each(&input["items"], |item| Required {
            id: text(&item["id"]),
            text: text(&item["id"]),
            is_required: item["required"].as_bool().unwrap_or(true),
            is_done: item["done"].as_bool().unwrap_or(false),
            contradicted: None,
        }),
        roles: each(&input["roles"], |role| Role { name: text(&role["role"]), members: each(&role["members"], text) }),
        records: vec![&record],
        jobs: each(&input["ci"], |job| Job {
            name: text(&job["job"]),
            class: if job["class"] == "blocking" { Class::Blocking } else { Class::Informing },
            runs: each(&job["runs"], |run| match run.as_str() {
                Some("success") => Run::Success,
                Some("failure") => Run::Failure,
                _ => Run::Other,
            }),
        }),
        may_waive: each(&input["waivers_by"], text),
        blockers: (0..input["open_blockers"].as_u64().unwrap_or(0))
            .map(|number| IncidentKey::issue(Repo::new("acme/api"), number + 1))
            .collect(),
        freezes: each(&input["freezes"], |freeze| Freeze {
            name: text(&freeze["name"]),
            start: instant(&freeze["start"]).unwrap_or(now),
            end: instant(&freeze["end"]).unwrap_or(now),
            is_excepted: freeze["exception_approved"].as_bool().unwrap_or(false),
        }),
        ..Case::default()
    };
    let outcome = judge_case(&case, now);
    let mut reasons: Vec<String> =
        outcome.reasons.iter().map(watchfloor::domain::release::gate::Reason::code).collect();
    reasons.sort();
    same(&json!({ "decision": outcome.verdict.word(), "reasons": reasons }), vector)
}

fn entries(input: &Value, at: DateTime<Utc>) -> Vec<Entry> {
    let said = each(&input["signoffs"], |sign| Entry {
        at,
        by: text(&sign["by"]),
        deed: Deed::SignOff {
            role: text(&sign["role"]),
            say: sign["verdict"].as_str().and_then(Say::parse).unwrap_or(Say::Withdrawn),
        },
        commit: sign["commit"].as_str().map(Text::scrub),
        reason: Text::default(),
    });
    let waived = each(&input["waivers"], |waiver| Entry {
        at,
        by: text(&waiver["by"]),
        deed: Deed::Waiver { what: text(&waiver["job"]) },
        commit: None,
        reason: text(&waiver["reason"]),
    });
    said.into_iter().chain(waived).collect()
}

fn each<T>(list: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    list.as_array().map(|items| items.iter().map(read).collect()).unwrap_or_default()
}

fn text(value: &Value) -> Text {
    Text::scrub(value.as_str().unwrap_or_default())
}

fn instant(value: &Value) -> Result<DateTime<Utc>, String> {
    value.as_str().and_then(parse_rfc3339).ok_or_else(|| format!("{value} is no instant"))
}

fn same(found: &Value, vector: &Value) -> Result<Ran, String> {
    if *found == vector["expect"] {
        Ok(Ran::Passed)
    } else {
        Err(format!("expected {}, found {found}", vector["expect"]))
    }
}

fn calendar(vector: &Value) -> Result<Calendar, String> {
    let name = vector["tz"].as_str().ok_or("no zone")?;
    let zone = Zones::bundled().find(name).ok_or_else(|| format!("unknown zone {name}"))?;
    let day = vector["release_date"].as_str().and_then(|date| date.parse().ok()).ok_or("no release date")?;
    let mode = match vector["mode"].as_str() {
        Some("business") => Mode::Business,
        Some("aoe") => Mode::Aoe,
        _ => Mode::Calendar,
    };
    let holidays: BTreeSet<_> =
        each(&vector["holidays"], |day| day.as_str().and_then(|day| day.parse().ok())).into_iter().flatten().collect();
    Ok(Calendar { mode, holidays, ..Calendar::new(day, zone, DayFrom::Asked) })
}
