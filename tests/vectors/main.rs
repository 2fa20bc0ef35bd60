//! Runs the test vectors in the folder that `WATCHFLOOR_VECTORS` names: every case of every file, counted per file.
//!
//! Without the variable the vectors are left out, and the test says so.

#[cfg(test)]
mod alertmanager;
#[cfg(test)]
mod burn_rate;
#[cfg(test)]
mod business_time;
#[cfg(test)]
mod by_day;
#[cfg(test)]
mod escalation;
#[cfg(test)]
mod final_schedule;
#[cfg(test)]
mod ical;
#[cfg(test)]
mod incident_metrics;
#[cfg(test)]
mod local_time;
#[cfg(test)]
mod prom_for;
#[cfg(test)]
mod read;
#[cfg(test)]
mod release;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod sla;
#[cfg(test)]
mod tasklist;

use std::{fs, path::PathBuf};

use serde_json::Value;

/// What became of one vector.
pub enum Ran {
    /// Expected and found agree.
    Passed,
    /// The product does not do this yet: counted and named, never passed.
    NotYet(&'static str),
}

/// Judges one vector; the whole file is given for its shared parts. `Err` says what differs.
type Judge = fn(vector: &Value, file: &Value) -> Result<Ran, String>;

fn judge_of(stem: &str) -> Option<Judge> {
    match stem {
        "alertmanager" => Some(alertmanager::judge),
        "burn_rate" => Some(burn_rate::judge),
        "business_time" => Some(business_time::judge),
        "by_day" => Some(by_day::judge),
        "escalation" => Some(escalation::judge),
        "final_schedule" => Some(final_schedule::judge),
        "ical" => Some(ical::judge),
        "incident_metrics" => Some(incident_metrics::judge),
        "local_time" => Some(local_time::judge),
        "prom_for" => Some(prom_for::judge),
        "release" => Some(release::judge),
        "rotation" => Some(rotation::judge),
        "schedule" => Some(schedule::judge),
        "sla" => Some(sla::judge),
        "tasklist" => Some(tasklist::judge),
        _ => None,
    }
}

#[test]
fn every_vector_agrees() {
    let Some(folder) = std::env::var_os("WATCHFLOOR_VECTORS").map(PathBuf::from) else {
        println!("left out: WATCHFLOOR_VECTORS is not set, no vector was run");
        return;
    };
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("WATCHFLOOR_VECTORS: {}: {e}", folder.display()))
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no *.json in {}", folder.display());
    let mut differences = Vec::new();
    for path in files {
        let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
        let file: Value = serde_json::from_slice(&fs::read(&path).expect("a readable vector file")).expect("JSON");
        let vectors = file["vectors"].as_array().cloned().unwrap_or_default();
        let Some(judge) = judge_of(&name) else {
            println!("{name}.json: not yet run ({} cases)", vectors.len());
            continue;
        };
        let (mut passed, mut not_yet) = (0, std::collections::BTreeMap::<&str, usize>::new());
        for vector in &vectors {
            match judge(vector, &file) {
                Ok(Ran::Passed) => passed += 1,
                Ok(Ran::NotYet(why)) => *not_yet.entry(why).or_default() += 1,
                Err(difference) => differences.push(format!("{name} {}: {difference}", vector["id"])),
            }
        }
        let rest: String = not_yet.iter().map(|(why, n)| format!(", {n} not yet run ({why})")).collect();
        println!("{name}.json: {} cases, {passed} passed{rest}", vectors.len());
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}
