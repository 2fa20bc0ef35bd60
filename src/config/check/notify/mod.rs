//! Who is told: `[[channel]]`, `[[route]]`, `[[mute]]`, `[[inhibit]]`, `[[silence]]`, `[watch]`.

mod channel;
mod held;
mod issues;
mod mail;
pub(in crate::config) mod place;
mod route;
pub(in crate::config) mod watch;

use crate::{
    config::{
        Context, IncidentSource,
        check::calendar::Calendars,
        notify::NotifySettings,
        problems::Report,
        walk::{Said, Table},
    },
    domain::notify::{Matcher, Plan},
};

/// Reads all of it.
pub(super) fn all(
    root: &mut Table<'_>,
    context: &Context<'_>,
    calendars: &Calendars,
    hosts: &[IncidentSource],
    report: &mut Report,
) -> NotifySettings {
    let channels = channel::all(root.tables("channel", report), hosts, context, report);
    let routes = route::all(root.tables("route", report), &channels, report);
    let mutes = root.tables("mute", report).into_iter().filter_map(|table| held::mute(table, calendars, report));
    let mutes = mutes.collect();
    let inhibits = root.tables("inhibit", report).into_iter().filter_map(|table| held::inhibit(table, report));
    let inhibits = inhibits.collect();
    let silences = root.tables("silence", report).into_iter().filter_map(|table| held::silence(table, report));
    let silences = silences.collect();
    let watch = root.table("watch", report).map(|table| watch::watch(table, context, report)).unwrap_or_default();
    NotifySettings { channels, plan: Plan { routes, inhibits, mutes }, silences, watch }
}

/// Reads a list of matchers; one that is wrong is reported at its own line.
fn matchers(list: Option<Said<Vec<Said<&str>>>>, report: &mut Report) -> Vec<Matcher> {
    let mut matchers = Vec::new();
    for said in list.map(|list| list.value).unwrap_or_default() {
        match Matcher::parse(said.value) {
            Ok(matcher) => matchers.push(matcher),
            Err(why) => report.fault(&said, &format!("holds what is no matcher: {why}"), MATCHERS),
        }
    }
    matchers
}

/// What matchers look like, for hints.
const MATCHERS: &str = "write matchers, such as ['severity=\"page\"', 'env!~\"dev.*\"']";
