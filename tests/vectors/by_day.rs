//! by_day.json: "daily, weekdays only", under both readings.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use serde_json::{Map, Value, json};
use watchfloor::domain::{
    rota::{Advance, Layer, Restriction, Schedule, ShiftLength, ShiftUnit},
    time::plus,
    zone::Zone,
};

use crate::{Ran, read, schedule};

/// Judges one vector.
pub fn judge(vector: &Value, _file: &Value) -> Result<Ran, String> {
    let found = json!({
        "advance_active_days": calendar(vector, Advance::ActiveDays)?,
        "advance_always": calendar(vector, Advance::Always)?,
    });
    read::agree(&vector["expect"], &found)
}

/// Who is on call at noon of each day, where anybody is.
fn calendar(vector: &Value, advance: Advance) -> Result<Map<String, Value>, String> {
    let first: NaiveDate = vector["start_date"].as_str().and_then(|d| d.parse().ok()).ok_or("start_date")?;
    let n = vector["n"].as_u64().and_then(|n| u32::try_from(n).ok()).ok_or("n")?;
    let days = read::list(&vector["days"]).iter().map(read::weekday).collect::<Result<Vec<_>, _>>()?;
    let whole_days = Restriction { days: days.clone(), start: NaiveTime::MIN, end: NaiveTime::MIN };
    let layer = Layer {
        name: read::text(&vector["id"]),
        zone: Zone::utc(),
        anchor: first.and_time(NaiveTime::MIN),
        shift: ShiftLength { n, unit: ShiftUnit::Days },
        participants: read::list(&vector["participants"]).iter().map(|p| vec![read::text(p)]).collect(),
        level: 0,
        start: None,
        end: None,
        restrictions: if days.is_empty() { Vec::new() } else { vec![whole_days] },
        advance,
    };
    let schedule = Schedule::new(read::text(&vector["id"]), vec![layer], Vec::new());
    let n_days = vector["total_days"].as_i64().ok_or("total_days")?;
    let noon = plus(first.and_time(NaiveTime::MIN).and_utc(), TimeDelta::hours(12));
    Ok((0..n_days)
        .map(|day| plus(noon, TimeDelta::days(day)))
        .map(|at| (at.date_naive().to_string(), schedule::names(&schedule.on_call(at)).join("+")))
        .filter(|(_, who)| !who.is_empty())
        .map(|(day, who)| (day, Value::from(who)))
        .collect())
}
