//! final_schedule.json: a window, its segments, its gaps and its coverage.

use serde_json::{Value, json};
use watchfloor::domain::{
    rota::{coverage, gaps},
    time::{between, rfc3339},
};

use crate::{Ran, read, schedule};

/// The vectors round coverage to this many places, at the least.
const PLACES: f64 = 1e-4;

/// Judges one vector.
pub fn judge(vector: &Value, file: &Value) -> Result<Ran, String> {
    read::excuse_old_zone_data(compare(vector), vector, file)
}

fn compare(vector: &Value) -> Result<Ran, String> {
    let schedule = schedule::schedule(&vector["schedule"])?;
    schedule::imported(&vector["schedule"], &schedule)?;
    let (start, end) = (read::instant(&vector["window"]["start"])?, read::instant(&vector["window"]["end"])?);
    let segments = schedule.segments(start, end);
    let gap: i64 = gaps(&segments).iter().map(|gap| between(gap.start, gap.end).num_seconds()).sum();
    let listed: Vec<Value> = segments
        .iter()
        .map(|s| json!({ "start": rfc3339(s.start), "end": rfc3339(s.end), "on_call": schedule::names(&s.people) }))
        .collect();
    let share = coverage(&segments);
    let expected = &vector["expect"]["coverage"];
    if expected.as_f64().is_some_and(|e| PLACES < (e - share).abs()) {
        return Err(format!("coverage: expected {expected}, found {share}"));
    }
    // Compared above, within its rounding.
    let found = json!({ "segments": listed, "gap_seconds": gap, "coverage": expected });
    read::agree(&vector["expect"], &found)
}
