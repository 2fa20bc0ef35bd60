//! ical.json: a calendar and a window, and the occurrences in it.

use serde_json::{Value, json};
use watchfloor::{
    domain::{time::rfc3339, zone::Zones},
    source::ical,
};

use crate::{Ran, read};

/// Judges one vector.
pub fn judge(vector: &Value, file: &Value) -> Result<Ran, String> {
    read::excuse_old_zone_data(compare(vector), vector, file)
}

fn compare(vector: &Value) -> Result<Ran, String> {
    let bytes = vector["ics"].as_str().ok_or("no ics")?.as_bytes();
    let window = (read::instant(&vector["window"]["start"])?, read::instant(&vector["window"]["end"])?);
    let zone = read::zone(&vector["default_tz"])?;
    let calendar = ical::read(bytes, window, &zone, &Zones::bundled()).map_err(|e| e.to_string())?;
    let expected = read::list(&vector["expect"]["occurrences"]);
    let known = ["summary", "start", "end", "end_exact"];
    let strange =
        expected.iter().filter_map(Value::as_object).flat_map(|o| o.keys()).find(|k| !known.contains(&k.as_str()));
    if let Some(key) = strange {
        return Err(format!("an occurrence expects {key}, which is not compared here"));
    }
    if let Some(key) = vector["expect"].as_object().and_then(|fields| fields.keys().find(|key| *key != "occurrences")) {
        return Err(format!("the vector expects {key}, which is not compared here"));
    }
    let found: Vec<Value> = calendar
        .occurrences
        .iter()
        .map(|occurrence| {
            let mut found = json!({
                "summary": occurrence.summary.as_str(),
                "start": rfc3339(occurrence.start),
                "end": rfc3339(occurrence.end),
            });
            if let Some(exact) = occurrence.end_exact {
                found["end_exact"] = rfc3339(exact).into();
            }
            found
        })
        .collect();
    if found == expected {
        return Ok(Ran::Passed);
    }
    let skipped: Vec<String> = calendar.skipped.iter().map(|s| format!("{}: {}", s.at, s.why)).collect();
    Err(format!("expected {expected:?}, found {found:?}, left out {skipped:?}"))
}
