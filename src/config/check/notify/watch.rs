//! `[watch]`: what the watcher does beside telling.

use chrono::TimeDelta;

use super::place::{self, Ways};
use crate::{
    config::{
        Context, Trust,
        check::{Range, span},
        notify::{Address, Heartbeat, Pulse, WatchSettings},
        paths,
        problems::Report,
        walk::Table,
    },
    text::Text,
};

/// How often a sign of life may be given.
const BEATS: Range = Range { least: TimeDelta::seconds(5), most: TimeDelta::hours(1) };

/// How often it is where nothing is said.
const BEAT: TimeDelta = TimeDelta::minutes(1);

/// The ways to a secret address for signs of life.
pub(in crate::config) const HEARTBEAT: Ways =
    ["heartbeat_url_env", "heartbeat_url_command", "heartbeat_url_file", "heartbeat_url_credential"];

/// Reads the section.
pub(super) fn watch(mut table: Table<'_>, context: &Context<'_>, report: &mut Report) -> WatchSettings {
    let textfile = table.filled("textfile", report);
    let file = table.filled("heartbeat_file", report);
    let plain = table.filled("heartbeat_url", report);
    let hidden = place::secret(HEARTBEAT, &mut table, context, report);
    let every = span(&mut table, "heartbeat_every", BEATS, report).map_or(BEAT, |said| said.value);
    let link = table.filled("link", report);
    let place = table.place();
    table.finish(report);
    if context.trusted == Trust::Repository {
        let what =
            "may not be set by a file that came with a repository: it would write files and ask hosts of its choice";
        report.fault(&place, what, "set it in your own settings file");
        return WatchSettings::default();
    }
    let to: Vec<Pulse> = [
        file.and_then(|said| paths::path(&said, context, report)).map(Pulse::File),
        plain.and_then(|said| place::url(&said, report)).map(|url| Pulse::Http(Address::Plain(url))),
        hidden.map(|source| Pulse::Http(Address::Secret(source))),
    ]
    .into_iter()
    .flatten()
    .collect();
    if 1 < to.len() {
        report.fault(
            &place,
            "names two places for signs of life",
            "keep heartbeat_url, a way to it, or heartbeat_file",
        );
    }
    WatchSettings {
        textfile: textfile.and_then(|said| paths::path(&said, context, report)),
        heartbeat: to.into_iter().next().map(|to| Heartbeat { every, to }),
        link: link.and_then(|said| place::url(&said, report)).map(|url| Text::scrub(url.as_str())),
    }
}
