//! `for` and `keep_firing_for`: the condition of each evaluation in, the state out (SEMANTICS R41).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use watchfloor::domain::alert::{AlertState, Condition, step};

use crate::Ran;

/// Judges one sequence; each series of it has an alert of its own.
pub fn judge(vector: &Value, _file: &Value) -> Result<Ran, String> {
    let hold = duration(vector.pointer("/rule/for"))?;
    let keep_firing = duration(vector.pointer("/rule/keep_firing_for"))?;
    let steps = vector["expect"].as_array().filter(|steps| !steps.is_empty()).ok_or("it expects nothing")?;
    let mut states: BTreeMap<&str, AlertState> = BTreeMap::new();
    for evaluation in steps {
        let t = evaluation["t"].as_i64().ok_or("an evaluation without a time")?;
        let now: DateTime<Utc> = DateTime::from_timestamp(t, 0).ok_or("a time out of range")?;
        for (series, expected) in evaluation["states"].as_object().ok_or("an evaluation without states")? {
            let condition = match expected["condition"].as_bool() {
                Some(true) => Condition::True,
                Some(false) => Condition::False,
                None => return Err(format!("at {t}: the condition is {}", expected["condition"])),
            };
            let state = states.entry(series).or_insert(AlertState::Inactive);
            *state = step(*state, condition, hold, keep_firing, now);
            let found = match state {
                AlertState::Inactive => "inactive",
                AlertState::Pending { .. } => "pending",
                AlertState::Firing { .. } => "firing",
            };
            if expected["state"] != found {
                return Err(format!("at {t}, series {series}: expected {}, found {found}", expected["state"]));
            }
        }
    }
    Ok(Ran::Passed)
}

fn duration(written: Option<&Value>) -> Result<TimeDelta, String> {
    let written = written.and_then(Value::as_str).ok_or("a duration is missing")?;
    let length = humantime::parse_duration(written).map_err(|e| format!("{written}: {e}"))?;
    TimeDelta::from_std(length).map_err(|e| format!("{written}: {e}"))
}
