//! Incident times, deployments and noise. Numbers agree to a millionth of their size, or to half a unit of the sixth digit.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use watchfloor::{
    domain::{
        stats::{
            dora::{self, Deployment},
            noise::{self, Page},
            period::Period,
            summary::Summary,
            times::{Life, Times},
        },
        time::plus,
    },
    text::Text,
};

use crate::{
    Ran,
    read::{instant, list, optional},
};

/// Judges one vector.
pub fn judge(vector: &Value, _: &Value) -> Result<Ran, String> {
    let found = match vector["kind"].as_str() {
        Some("incidents") => incidents(vector)?,
        Some("dora") => deployments(vector)?,
        Some("noise") => alerts(vector)?,
        other => return Err(format!("no such kind: {other:?}")),
    };
    let mut differences = Vec::new();
    if vector["expect"].as_object().is_none_or(serde_json::Map::is_empty) {
        return Err("the vector expects nothing".to_owned());
    }
    compare("", &vector["expect"], &found, &mut differences);
    if differences.is_empty() { Ok(Ran::Passed) } else { Err(differences.join("; ")) }
}

/// Every expected field must be found; what is found beside them is ours.
fn compare(at: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    if let Some(fields) = expected.as_object() {
        for (key, value) in fields {
            compare(&format!("{at}/{key}"), value, &found[key.as_str()], differences);
        }
        return;
    }
    let is_near = match (expected.as_f64(), found.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 5e-7_f64.max(a.abs() * 1e-6),
        _ => expected == found,
    };
    if !is_near {
        differences.push(format!("{at}: expected {expected}, found {found}"));
    }
}

fn period(vector: &Value) -> Result<Period, String> {
    Ok(Period::between(instant(&vector["period"]["start"])?, instant(&vector["period"]["end"])?))
}

fn figures(summary: Summary) -> Value {
    serde_json::json!({
        "count": summary.n, "mean_s": summary.mean, "median_s": summary.median, "p90_s": summary.p90,
        "max_s": summary.max, "unacked": summary.missing,
    })
}

fn incidents(vector: &Value) -> Result<Value, String> {
    let lives = list(&vector["incidents"]).iter().map(|one| {
        Ok(Life {
            opened_at: instant(&one["created_at"])?,
            acked_at: optional(&one["acked_at"])?,
            resolved_at: optional(&one["resolved_at"])?,
            cancelled_at: None,
            impact_at: optional(&one["impact_started_at"])?,
            detected_at: optional(&one["detected_at"])?,
        })
    });
    let lives = lives.collect::<Result<Vec<_>, String>>()?;
    let times = Times::over(&lives, &period(vector)?, instant(&vector["now"])?);
    Ok(serde_json::json!({
        "tta": figures(times.tta), "ttr_closed_in_period": figures(times.ttr), "ttd": figures(times.ttd),
        "opened_in_period": times.opened, "still_open": times.still_open,
        "km_median_ttr_s": times.km_ttr.seconds(), "naive_median_ttr_of_opened_and_closed_s": times.naive_ttr,
    }))
}

fn deployments(vector: &Value) -> Result<Value, String> {
    let flag = |one: &Value, key: &str| one[key].as_bool().unwrap_or(false);
    let deployments = list(&vector["deployments"]).iter().map(|one| {
        Ok(Deployment {
            at: instant(&one["at"])?,
            commits: list(&one["commits"]).iter().map(instant).collect::<Result<_, _>>()?,
            is_failed: flag(one, "failed"),
            recovered_at: optional(&one["recovered_at"])?,
            is_unplanned: flag(one, "unplanned"),
        })
    });
    let keys = dora::keys(&deployments.collect::<Result<Vec<_>, String>>()?, &period(vector)?);
    Ok(serde_json::json!({
        "deployments": keys.deployments, "per_day": keys.per_day, "lead_time_median_s": keys.lead_time_median,
        "change_fail_rate": keys.change_fail_rate, "failed_deployment_recovery_median_s": keys.recovery_median,
        "unrecovered": keys.unrecovered, "rework_rate": keys.rework_rate,
    }))
}

fn alerts(vector: &Value) -> Result<Value, String> {
    let hours = vector["shift_hours"].as_i64().ok_or("no shift_hours")?;
    let at = |seconds: &Value| -> Result<DateTime<Utc>, String> {
        let seconds = seconds.as_i64().ok_or_else(|| format!("no seconds: {seconds}"))?;
        Ok(plus(DateTime::UNIX_EPOCH, TimeDelta::seconds(seconds)))
    };
    let pages = list(&vector["alerts"]).iter().map(|one| {
        Ok(Page {
            key: Text::scrub(one["key"].as_str().ok_or("no key")?),
            at: at(&one["at_s"])?,
            resolved_at: if one["resolved_s"].is_null() { None } else { Some(at(&one["resolved_s"])?) },
            is_acked: one["acked"].as_bool().ok_or("no acked")?,
            is_actionable: one["actionable"].as_bool().ok_or("no actionable")?,
        })
    });
    let noise = noise::audit(&pages.collect::<Result<Vec<_>, String>>()?, TimeDelta::hours(hours));
    Ok(serde_json::json!({
        "pages": noise.pages, "pages_per_12h": noise.per_12_h, "distinct": noise.distinct,
        "self_resolved_unacked_5m": noise.self_resolved_unacked, "refired_within_30m": noise.refired,
        "actionable_ratio": noise.actionable_ratio, "over_budget": noise.is_over_budget,
    }))
}
