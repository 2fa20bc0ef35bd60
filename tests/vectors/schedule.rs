//! schedule.json: layers, restrictions and overrides at one instant.

use serde_json::{Value, json};
use watchfloor::{
    domain::{
        rota::{Override, OverrideKind, Person, Schedule},
        time::rfc3339,
        zone::Zones,
    },
    source::roster::{self, import, write},
    text::Text,
};

use crate::{Ran, read, rotation};

/// Judges one vector.
pub fn judge(vector: &Value, file: &Value) -> Result<Ran, String> {
    read::excuse_old_zone_data(compare(vector), vector, file)
}

fn compare(vector: &Value) -> Result<Ran, String> {
    let schedule = schedule(&vector["schedule"])?;
    imported(&vector["schedule"], &schedule)?;
    let query = read::instant(&vector["query"])?;
    let duty = schedule.duty(query);
    if names(&schedule.on_call(query)) != names(&duty.people) {
        return Err(format!("on_call says {:?}, duty {:?}", schedule.on_call(query), duty.people));
    }
    let found = json!({
        "on_call": names(&duty.people),
        "since": duty.since.map(rfc3339),
        "until": duty.until.map(rfc3339),
        "next_on_call": duty.next.as_deref().map(names),
    });
    read::agree(&vector["expect"], &found)
}

/// Reads a schedule with its layers and overrides.
pub fn schedule(written: &Value) -> Result<Schedule, String> {
    let zone = read::zone(&written["tz"])?;
    let layers = read::list(&written["layers"]).iter().map(|layer| rotation::layer(layer, &zone));
    let overrides = read::list(&written["overrides"]).iter().map(exception);
    let layers = layers.collect::<Result<_, _>>()?;
    Ok(Schedule::new(read::text(&written["name"]), layers, overrides.collect::<Result<_, _>>()?))
}

/// The importer must make the same of it, and what it makes must survive being written as a roster file.
pub fn imported(written: &Value, schedule: &Schedule) -> Result<(), String> {
    let zones = Zones::bundled();
    let bytes = written.to_string();
    let (roster, left_out) = import::read(bytes.as_bytes(), &zones).map_err(|e| format!("import: {e}"))?;
    if let Some(skipped) = left_out.first() {
        return Err(format!("import left out {}: {}", skipped.at, skipped.why));
    }
    let file = write::render(&roster);
    if roster::read(&file, &zones) != Ok(roster.clone()) {
        return Err(format!("the imported roster reads back otherwise:\n{file}"));
    }
    // Names that are missing are filled in by the importer and left blank here.
    let unnamed = |mut schedule: Schedule| {
        schedule.name = Text::default();
        schedule.layers.iter_mut().for_each(|layer| layer.name = Text::default());
        schedule
    };
    let found = roster.schedules.into_iter().next().map(unnamed);
    let meant = Some(unnamed(schedule.clone()));
    if found == meant { Ok(()) } else { Err(format!("imported as {found:?}, not {meant:?}")) }
}

/// Names as the vectors list them.
pub fn names(people: &[Person]) -> Vec<&str> {
    people.iter().map(Person::as_str).collect()
}

fn exception(written: &Value) -> Result<Override, String> {
    let user = || read::named(written, "user");
    let kind = match written["kind"].as_str() {
        Some("replace_all") | None => {
            OverrideKind::ReplaceAll(read::list(&written["users"]).iter().map(read::text).collect())
        }
        Some("replace_user") => OverrideKind::ReplaceUser { user: user()?, with: stand_in(written)? },
        Some("add") => OverrideKind::Add(user()?),
        Some("remove") => OverrideKind::Remove(user()?),
        Some(other) => return Err(format!("override of kind {other}")),
    };
    Ok(Override {
        kind,
        start: read::instant(&written["start"])?,
        end: read::instant(&written["end"])?,
        level: read::level(written)?,
        created: read::optional(&written["created"])?,
        note: None,
    })
}

/// The schema does not name the field of the stand-in: it is the one text beside the fields that are named.
fn stand_in(written: &Value) -> Result<Person, String> {
    const NAMED: [&str; 6] = ["kind", "user", "start", "end", "created", "note"];
    let fields = written.as_object().ok_or("an override is an object")?;
    let others: Vec<_> = fields.iter().filter(|(key, v)| v.is_string() && !NAMED.contains(&key.as_str())).collect();
    match others.as_slice() {
        [(key, _)] => read::named(written, key),
        _ => Err(format!("who steps in? {written}")),
    }
}
