//! A drill that the watcher tells: it is handed over on disk, and what became of it is read there.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::{
    domain::{
        alert::{Alert, AlertState},
        notify::message::DRILL_ID,
        time::{between, plus},
    },
    shell::channels::{
        drill::{
            Ground, LASTS, LOOKS_EVERY, PATIENCE,
            own::{Found, Mine},
        },
        kept::Step,
        ledger::Ledger,
    },
    text::Text,
};

/// Hands waves of alerts to the watcher, one a second, and waits until every channel took all of them, or until then.
/// Nothing where no watcher took them up.
pub(super) async fn hand_over(
    ground: &Ground,
    waves: &[Vec<Alert>],
    names: &BTreeSet<Text>,
    until: Instant,
) -> Result<Option<Found>, String> {
    let (Some(folder), Some(first)) = (&ground.folder, waves.iter().flatten().next()) else { return Ok(None) };
    let mut ledger = Ledger::open(folder)?.patient();
    let (began, made) = (Instant::now(), ground.clock.now());
    let about = first.labels.get(DRILL_ID).cloned().unwrap_or_default();
    let mark = format!("\"{DRILL_ID}\":\"{about}\"");
    let (mut places, mut is_taken) = (Vec::new(), false);
    let mut waves_left = waves.iter().enumerate().peekable();
    loop {
        while let Some((_, wave)) =
            waves_left.next_if(|(n, _)| began + std::time::Duration::from_secs(*n as u64) <= Instant::now())
        {
            let now = ground.clock.now();
            let alerts: Vec<Alert> = wave.iter().map(|alert| firing(alert, now)).collect();
            places.extend(ledger.ask_drills(&alerts, plus(made, LASTS), now)?);
        }
        if !is_taken && PATIENCE <= began.elapsed() {
            if ledger.take_drills_back(&places)? {
                return Ok(None);
            }
            is_taken = true;
        }
        if is_taken {
            let found = found(&ledger.steps_about(&mark, made)?, names);
            let is_told = || -> Result<bool, String> {
                let told = told(&ledger, &about)?;
                let all = |ids: &BTreeSet<_>| waves.iter().flatten().all(|alert| ids.contains(&alert.id));
                Ok(names.iter().all(|name| told.get(name).is_some_and(all)))
            };
            let is_done = waves_left.peek().is_none() && found.values().all(Mine::is_done) && is_told()?;
            if is_done || until <= Instant::now() {
                return Ok(Some(found));
            }
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

/// It fires now: what it waited for its wave is not what a channel took.
fn firing(alert: &Alert, now: DateTime<Utc>) -> Alert {
    let state = AlertState::Firing { since: now, fired_at: now, kept_since: None, blind_since: None };
    Alert { state, since: now, fired_at: Some(now), last_seen: now, ..alert.clone() }
}

/// The alerts of this drill that count as told, for each channel.
fn told(ledger: &Ledger, about: &Text) -> Result<BTreeMap<Text, BTreeSet<crate::domain::alert::AlertId>>, String> {
    let mut told: BTreeMap<Text, BTreeSet<_>> = BTreeMap::new();
    for (group, channel, entry) in ledger.log()?.iter() {
        if group.labels.get(DRILL_ID) == Some(about) {
            told.entry(channel.clone()).or_default().extend(entry.firing.iter().copied());
        }
    }
    Ok(told)
}

/// What each channel said. Notices of one digest are marked at one instant.
fn found(steps: &[Step], names: &BTreeSet<Text>) -> Found {
    let mut found: Found = names.iter().map(|name| (name.clone(), Mine::default())).collect();
    for step in steps {
        let Some(mine) = found.get_mut(&step.channel) else { continue };
        mine.expected += 1;
        if step.state == "sent" {
            let is_with =
                |other: &&Step| other.channel == step.channel && other.state == "sent" && other.changed == step.changed;
            let in_digest_of = steps.iter().filter(is_with).count();
            mine.took(between(step.since, step.changed).max(TimeDelta::zero()), in_digest_of);
        }
        if step.why.is_some() {
            mine.why.clone_from(&step.why);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::channels::samples::at;

    #[test]
    fn notices_that_went_in_one_message_count_as_one() {
        let seconds = |n: i64| plus(at(), TimeDelta::seconds(n));
        let step = |channel: &str, state: &str, changed: i64| Step {
            channel: Text::scrub(channel),
            state: state.to_owned(),
            since: at(),
            changed: seconds(changed),
            why: None,
        };
        let names: BTreeSet<Text> = ["log", "chat"].map(Text::scrub).into_iter().collect();
        let steps =
            [step("log", "sent", 1), step("log", "sent", 9), step("log", "sent", 9), step("chat", "waiting", 0)];
        let found = found(&steps, &names);
        let of = |name: &str| &found[&Text::scrub(name)];
        assert_eq!((of("log").messages, of("log").digest_of, of("log").is_done()), (2.0, 2, true));
        assert_eq!(of("log").latency, Some(TimeDelta::seconds(9)));
        assert_eq!((of("chat").is_done(), of("chat").expected), (false, 1));
    }
}
