//! rotation.json: one rotation, one instant.

use chrono::DateTime;
use serde_json::{Value, json};
use watchfloor::domain::{
    rota::{Advance, Layer, Person, Restriction, ShiftLength, ShiftUnit},
    time::{between, rfc3339},
    zone::Zone,
};

use crate::{Ran, read};

/// Judges one vector.
pub fn judge(vector: &Value, file: &Value) -> Result<Ran, String> {
    read::excuse_old_zone_data(compare(vector), vector, file)
}

fn compare(vector: &Value) -> Result<Ran, String> {
    let zone = read::zone(&vector["tz"])?;
    let layer = layer(vector, &zone)?;
    let shift = layer.shift_at(read::instant(&vector["query"])?).ok_or("no shift")?;
    let local = |at: DateTime<chrono::Utc>| at.with_timezone(&zone).to_rfc3339();
    let found = json!({
        "on_call": shift.people.iter().map(Person::as_str).collect::<Vec<_>>().join("+"),
        "shift_index": shift.index,
        "shift_start": rfc3339(shift.start),
        "shift_end": rfc3339(shift.end),
        "shift_start_local": local(shift.start),
        "shift_end_local": local(shift.end),
        "shift_seconds": between(shift.start, shift.end).num_seconds(),
    });
    read::agree(&vector["expect"], &found)
}

/// Reads a layer of any of the rota files; a layer without its own `tz` is in the schedule's.
pub fn layer(written: &Value, zone: &Zone) -> Result<Layer, String> {
    let zone = match &written["tz"] {
        Value::Null => zone.clone(),
        own => read::zone(own)?,
    };
    let unit = match written["shift"]["unit"].as_str() {
        Some("hours") => ShiftUnit::Hours,
        Some("days") => ShiftUnit::Days,
        Some("weeks") => ShiftUnit::Weeks,
        Some("months") => ShiftUnit::Months,
        _ => return Err(format!("shift: {}", written["shift"])),
    };
    let n = written["shift"]["n"].as_u64().and_then(|n| u32::try_from(n).ok()).ok_or("shift.n")?;
    Ok(Layer {
        name: read::text(&written["name"]),
        zone,
        anchor: read::wall(&written["anchor_local"])?,
        shift: ShiftLength { n, unit },
        participants: read::list(&written["participants"]).iter().map(turn).collect(),
        level: read::level(written)?,
        start: read::optional(&written["start"])?,
        end: read::optional(&written["end"])?,
        restrictions: read::list(&written["restrictions"]).iter().map(restriction).collect::<Result<_, _>>()?,
        advance: Advance::Always,
    })
}

/// A turn is one name, or a group of names.
fn turn(written: &Value) -> Vec<Person> {
    match written {
        Value::Array(group) => group.iter().map(read::text).collect(),
        one => vec![read::text(one)],
    }
}

fn restriction(written: &Value) -> Result<Restriction, String> {
    Ok(Restriction {
        days: read::list(&written["days"]).iter().map(read::weekday).collect::<Result<_, _>>()?,
        start: read::time_of_day(&written["start"])?,
        end: read::time_of_day(&written["end"])?,
    })
}
