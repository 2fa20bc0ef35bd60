//! What is done at other servers, and how what they told is listed.

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        exit,
        failure::{Failure, print},
        setup::Setup,
    },
    config::remote::RemoteKind,
    domain::{
        alert::AlertId,
        notify::{Matcher, Silence, SilenceId},
        remote::{RemoteAlert, RemoteState},
        series::figure,
        time::{between, plus, rfc3339, short_span},
    },
    floor::Floor,
    shell::remote::Door,
    text::{Text, counted},
};

/// Makes a silence in an Alertmanager of the settings, and says so.
///
/// # Errors
/// None is called that, nothing may be changed, or the server did not take it.
pub async fn silence(setup: &Setup, name: &str, silence: &Silence) -> Result<u8, Failure> {
    if setup.acting.is_read_only {
        let hint = "leave --read-only and read_only = true out to change something";
        return Err(Failure::new(exit::NO, "make a silence: nothing is changed at any host", hint));
    }
    let mut known = setup.servers.iter().filter(|server| server.kind == RemoteKind::Alertmanager);
    let Some(server) = known.find(|server| server.name.as_str() == name) else {
        let what = format!("find {}: no [[alertmanager]] is called that", Text::scrub(name));
        return Err(Failure::new(exit::USAGE, what, "write one in your own settings: name and urls"));
    };
    let made = Door::new(server.clone()).silence(silence).await;
    let id = made.map_err(|refusal| {
        let what = format!("make a silence at {}: {}", server.name, refusal.why);
        Failure::new(exit::NO, what, "nothing was silenced; watchfloor alerts lists what is known there")
    })?;
    print(&format!("{id} at {}: {} until {}", server.name, silence.selector(), rfc3339(silence.until)))?;
    Ok(exit::DONE)
}

/// What somebody says of a silence.
pub struct Said<'a> {
    /// How long it holds.
    pub length: chrono::TimeDelta,
    /// Why.
    pub comment: &'a str,
    /// Who; nothing = whoever sits here.
    pub author: Option<&'a str>,
}

/// Takes on an alert of an Alertmanager: a silence of exactly its labels is made there.
///
/// # Errors
/// No alert, or more than one, is meant; or the server did not take it.
pub async fn ack(setup: &Setup, id: &str, said: Said<'_>, now: DateTime<Utc>) -> Result<u8, Failure> {
    let is_manager = |name: &Text| {
        setup.servers.iter().any(|server| server.kind == RemoteKind::Alertmanager && server.name == *name)
    };
    let all = setup.floor.abroad().filter(|(source, _)| is_manager(&source.name));
    let all = all.flat_map(|(source, told)| told.alerts.iter().map(move |alert| (&source.name, alert)));
    // Lists give it the name it has here, the server one of its own.
    let here = |alert: &RemoteAlert| AlertId::of(&alert.name(), &alert.labels).to_string();
    let is_meant = |alert: &RemoteAlert| {
        alert.id.as_str().starts_with(id) || alert.name().as_str() == id || here(alert).starts_with(id)
    };
    let meant: Vec<(&Text, &RemoteAlert)> = all.filter(|(_, alert)| is_meant(alert)).collect();
    let (name, alert) = match meant.as_slice() {
        [one] => *one,
        none_or_many => {
            let what = match none_or_many.len() {
                0 => format!("find {}: no Alertmanager has such an alert", Text::scrub(id)),
                n => format!("find {}: {n} alerts are meant", Text::scrub(id)),
            };
            return Err(Failure::new(exit::USAGE, what, "watchfloor alerts lists them with their ids"));
        }
    };
    let silence = Silence {
        id: SilenceId(0),
        matchers: alert.labels.iter().map(|(name, value)| Matcher::equal(name.as_str(), value.as_str())).collect(),
        from: now,
        until: plus(now, said.length),
        author: Text::scrub(said.author.unwrap_or(setup.me.as_str()).trim()),
        comment: Text::scrub(said.comment.trim()),
    };
    let usage = |why: String| Failure::new(exit::USAGE, why, "see watchfloor alerts ack --help");
    self::silence(setup, name.as_str(), &silence.checked().map_err(usage)?).await
}

/// Lines for what other servers told: a heading, then each alert with its origin, rules that fail, silences.
pub fn lines(floor: &Floor, now: DateTime<Utc>) -> Vec<String> {
    let mut lines = Vec::new();
    for (source, told) in floor.abroad() {
        let firing = told.alerts.iter().filter(|alert| alert.state == RemoteState::Firing).count();
        let held = told.alerts.iter().filter(|alert| alert.state == RemoteState::Suppressed).count();
        let silences = counted(told.silences.len(), "silence", "silences");
        lines.push(format!("AT {}  {firing} firing, {held} held back; {silences}", source.name));
        let mut alerts: Vec<&RemoteAlert> = told.alerts.iter().collect();
        alerts.sort_by_key(|alert| (alert.state, alert.since));
        lines.extend(alerts.into_iter().map(|alert| line(alert, floor, now)));
        let failing = told.rules.iter().filter_map(|rule| Some((rule, rule.error.as_ref()?)));
        lines.extend(failing.map(|(rule, why)| format!("  rule {} cannot be judged there: {why}", rule.name)));
        lines.extend(told.silences.iter().map(|silence| {
            let matchers: Vec<&str> = silence.matchers.iter().map(Text::as_str).collect();
            format!(
                "  silence {}  {}  until {}  {}: {}",
                silence.status,
                matchers.join(" "),
                rfc3339(silence.until),
                silence.author,
                silence.comment
            )
        }));
    }
    lines
}

fn line(alert: &RemoteAlert, floor: &Floor, now: DateTime<Utc>) -> String {
    let mut more = Vec::new();
    for id in &alert.silenced_by {
        more.push(match floor.silence_abroad(id) {
            Some((_, silence)) => {
                format!("silenced by {} until {}: {}", silence.author, rfc3339(silence.until), silence.comment)
            }
            None => format!("silenced by {id}"),
        });
    }
    if 0 < alert.n_inhibiting {
        more.push(format!("held back by {}", counted(alert.n_inhibiting, "other alert", "other alerts")));
    }
    more.extend(alert.annotations.get("runbook_url").map(ToString::to_string));
    let id: String = alert.id.as_str().chars().take(8).collect();
    let value = alert.value.map(|value| format!("  {}", figure(value))).unwrap_or_default();
    let age = short_span(between(alert.since, now));
    format!("  {:<10} {id}  {}{value}  since {age}  {}", alert.state.word(), alert.labels, more.join("  "))
}
