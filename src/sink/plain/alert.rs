//! Alerts as rows: how they stand, what fires, since when, and what people did about it.

use chrono::{DateTime, Utc};

use super::{Depth, Page};
use crate::{
    domain::{
        alert::alarm::Alarm,
        time::{between, rfc3339, short_span},
    },
    sink::json::alert as wire,
    text::{Text, counted},
};

/// Rows on a larger board.
const SHORT: usize = 3;

/// Writes those that fire, with a blank line below; nothing where none does. Says how many lines it wrote.
pub fn firing(page: &mut Page, alarms: &[Alarm], depth: Depth, now: DateTime<Utc>) -> usize {
    let firing: Vec<&Alarm> = alarms.iter().filter(|alarm| alarm.alert.is_firing()).collect();
    if firing.is_empty() {
        return 0;
    }
    let most = if depth == Depth::Short { SHORT } else { usize::MAX };
    let cut = if most < firing.len() { format!("; the first {most}:") } else { String::new() };
    page.line(&format!("ALERTS  {} firing{cut}", firing.len()));
    for alarm in firing.iter().take(most) {
        let whole = line(alarm, now);
        let runbook = alarm.alert.runbook().filter(|_| depth == Depth::Short).map(ToString::to_string);
        page.line(runbook.and_then(|runbook| whole.strip_suffix(&runbook)).unwrap_or(&whole).trim_end());
    }
    page.blank();
    most.min(firing.len()) + 2
}

/// One alert on a line.
pub fn line(alarm: &Alarm, now: DateTime<Utc>) -> String {
    let alert = &alarm.alert;
    let age = short_span(between(alert.since, now));
    let value = alarm.measured().unwrap_or_else(|| "no value".to_owned());
    let id: String = alert.id.to_string().chars().take(8).collect();
    let mut more = Vec::new();
    if alarm.is_flapping {
        more.push("flapping".to_owned());
    }
    if let Some(taken) = &alarm.taken {
        more.push(format!("taken on by {}", taken.by));
    }
    if let Some(silence) = &alarm.silence {
        more.push(format!("silenced by {} until {}", silence.author, rfc3339(silence.until)));
    }
    if let Some(abroad) = &alarm.abroad {
        let servers: Vec<&str> = abroad.servers.iter().map(Text::as_str).collect();
        more.push(format!("known to {}", servers.join(", ")));
    }
    if let Some(runbook) = alert.runbook() {
        more.push(runbook.to_string());
    }
    let said = format!("  {:<8} {id}  {}  {value}  since {age}  {}", wire::state(alert), alert.labels, more.join("  "));
    said.trim_end().to_owned()
}

/// What judges an alert that is no rule's, on lines.
pub fn bound(name: &Text, said: &str, n: usize) -> String {
    let stands = if n == 0 { "nothing of it fires".to_owned() } else { counted(n, "alert", "alerts") };
    format!("{name}  {said}: {stands}")
}
