//! `[[route]]`: which alerts go where.

use chrono::TimeDelta;

use super::{MATCHERS, matchers};
use crate::{
    config::{
        check::{Range, no_duplicates, span},
        notify::{Channel, ChannelKind},
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::{
        notify::{Route, Timing, route::GroupBy},
        trouble::nearest,
    },
    text::Text,
};

/// What a wait or a look may be.
const LOOKS: Range = Range { least: TimeDelta::seconds(1), most: TimeDelta::hours(1) };

/// What a repetition may be.
const REPEATS: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(30) };

/// Labels by which alerts are put together where nothing is said.
const GROUP_BY: [&str; 2] = ["alertname", "service"];

/// Reads every route. Where there are channels and no route, everything goes to every channel.
pub(super) fn all(tables: Vec<Table<'_>>, channels: &[Channel], report: &mut Report) -> Vec<Route> {
    let mut names = Vec::new();
    let is_empty = tables.is_empty();
    let told: Vec<Text> = told(channels).map(|channel| channel.name.clone()).collect();
    let mut routes = Vec::new();
    for (place, table) in tables.into_iter().enumerate() {
        routes.extend(route(table, place, channels, &mut names, report));
    }
    no_duplicates("route", &names, report);
    if is_empty && !told.is_empty() {
        routes.push(Route {
            name: Text::scrub("all"),
            matchers: Vec::new(),
            group_by: GroupBy::Labels(GROUP_BY.map(Text::scrub).to_vec()),
            channels: told,
            timing: Timing::default(),
            sends_resolved: true,
            goes_on: false,
            is_ticket: false,
        });
    }
    routes
}

/// Channels that take messages; Alertmanager takes alerts and makes its own messages.
fn told(channels: &[Channel]) -> impl Iterator<Item = &Channel> {
    channels.iter().filter(|channel| !matches!(channel.kind, ChannelKind::Alertmanager { .. }))
}

fn route(
    mut table: Table<'_>,
    place: usize,
    channels: &[Channel],
    names: &mut Vec<Said<Text>>,
    report: &mut Report,
) -> Option<Route> {
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    names.extend(name.clone());
    let matchers = matchers(table.some_texts("where", MATCHERS, report), report);
    let group_by = group_by(table.texts("group_by", report));
    if !table.has("channels") {
        table.missing("channels", "write channels = [\"chat\"]", report);
    }
    let list = table.some_texts("channels", "name at least one channel", report);
    let goes_to = list.map(|list| list.value).unwrap_or_default();
    let goes_to: Vec<Text> = goes_to.iter().filter_map(|said| known(said, channels, report)).collect();
    let usual = Timing::default();
    let mut length = |key, range, usual| span(&mut table, key, range, report).map_or(usual, |said| said.value);
    let timing = Timing {
        group_wait: length("group_wait", LOOKS, usual.group_wait),
        group_interval: length("group_interval", LOOKS, usual.group_interval),
        repeat_interval: length("repeat_interval", REPEATS, usual.repeat_interval),
    };
    let sends_resolved = table.flag("send_resolved", report).is_none_or(|said| said.value);
    let goes_on = table.flag("continue", report).is_some_and(|said| said.value);
    let is_ticket = table.flag("ticket", report).is_some_and(|said| said.value);
    table.finish(report);
    let unnamed = || Text::scrub(&format!("route {}", place.saturating_add(1)));
    let name = name.map_or_else(unnamed, |said| said.value);
    (!goes_to.is_empty()).then_some(Route {
        name,
        matchers,
        group_by,
        channels: goes_to,
        timing,
        sends_resolved,
        goes_on,
        is_ticket,
    })
}

fn group_by(list: Option<Said<Vec<Said<&str>>>>) -> GroupBy {
    let Some(list) = list else { return GroupBy::Labels(GROUP_BY.map(Text::scrub).to_vec()) };
    // Alertmanager's way to write "by every label".
    if list.value.iter().any(|said| said.value == "...") {
        return GroupBy::All;
    }
    GroupBy::Labels(list.value.iter().map(|said| Text::scrub(said.value)).collect())
}

fn known(said: &Said<&str>, channels: &[Channel], report: &mut Report) -> Option<Text> {
    let found = channels.iter().find(|channel| channel.name.as_str() == said.value);
    match found.map(|channel| (&channel.kind, &channel.name)) {
        Some((ChannelKind::Alertmanager { .. }, _)) => {
            let what = "names an Alertmanager, which is told every alert without a route";
            report.fault(said, what, "take it out here; it has routes of its own");
            None
        }
        Some((_, name)) => Some(name.clone()),
        None => {
            let hint = match nearest(said.value, told(channels).map(|channel| channel.name.as_str())) {
                Some(name) => format!("did you mean \"{name}\"?"),
                None => "[[channel]] makes one".to_owned(),
            };
            report.fault(said, &format!("names {}, which is no channel", quoted(said.value)), &hint);
            None
        }
    }
}
