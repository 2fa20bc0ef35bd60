//! `[[prometheus]]` and `[[alertmanager]]`: other servers that are asked.

use chrono::TimeDelta;
use url::Url;

use crate::{
    config::{
        Context, Trust,
        check::{Range, no_duplicates, notify::place, span, token},
        problems::Report,
        remote::{RemoteKind, RemoteServer},
        secrets::quoted,
        walk::Table,
    },
    text::Text,
};

/// How often a server is asked where the file does not say.
const EVERY: TimeDelta = TimeDelta::seconds(15);

/// More often than a server scrapes there is nothing new; later than a quarter of an hour no alert is in time.
const EVERY_RANGE: Range = Range { least: TimeDelta::seconds(1), most: TimeDelta::minutes(15) };

/// How long an answer may take where the file does not say.
const TIMEOUT: TimeDelta = TimeDelta::seconds(10);

const TIMEOUT_RANGE: Range = Range { least: TimeDelta::seconds(1), most: TimeDelta::minutes(2) };

/// Headers that are not for the settings: what carries a secret, and what the connection itself needs.
const REFUSED: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
];

/// The servers, and the names of all that stand in the file, the faulty ones too: what they are asked is not at fault.
pub(super) struct Servers {
    pub(super) all: Vec<RemoteServer>,
    pub(super) named: Vec<(RemoteKind, Text)>,
}

/// Reads the servers of both kinds.
pub(super) fn all(
    prometheus: Vec<Table<'_>>,
    alertmanagers: Vec<Table<'_>>,
    context: &Context<'_>,
    report: &mut Report,
) -> Servers {
    let of_kind = |tables: Vec<_>, kind| tables.into_iter().map(move |table| (table, kind));
    let tables = of_kind(prometheus, RemoteKind::Prometheus).chain(of_kind(alertmanagers, RemoteKind::Alertmanager));
    let (mut names, mut named, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for (mut table, kind) in tables {
        let before = names.len();
        all.extend(one(&mut table, kind, context, &mut names, report));
        named.extend(names.iter().skip(before).map(|name| (kind, name.value.clone())));
        table.finish(report);
    }
    no_duplicates("server", &names, report);
    Servers { all, named }
}

fn one(
    table: &mut Table<'_>,
    kind: RemoteKind,
    context: &Context<'_>,
    names: &mut Vec<crate::config::walk::Said<Text>>,
    report: &mut Report,
) -> Option<RemoteServer> {
    if !table.has("name") {
        table.missing("name", "write name = \"metrics\"", report);
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    names.extend(name.clone());
    let urls = urls(table, kind, report);
    let headers = headers(table, report);
    let token = token::token(table, context, report);
    let every = span(table, "every", EVERY_RANGE, report).map_or(EVERY, |said| said.value);
    let timeout = span(table, "timeout", TIMEOUT_RANGE, report).map_or(TIMEOUT, |said| said.value);
    let with_alerts = match kind {
        RemoteKind::Prometheus => table.flag("alerts", report).is_some_and(|said| said.value),
        RemoteKind::Alertmanager => true,
    };
    if context.trusted == Trust::Repository {
        let what = "may not be set by a file that came with a repository: it would choose whom we ask";
        report.fault(&table.place(), what, "set it in your own settings file");
        return None;
    }
    Some(RemoteServer { name: name?.value, kind, urls: urls?, headers: headers?, token, every, timeout, with_alerts })
}

fn urls(table: &mut Table<'_>, kind: RemoteKind, report: &mut Report) -> Option<Vec<Url>> {
    let list = match kind {
        RemoteKind::Prometheus => {
            if !table.has("url") {
                table.missing(
                    "url",
                    "write url = \"https://HOST\", with the prefix of its paths, if it has one",
                    report,
                );
            }
            vec![table.filled("url", report)?]
        }
        RemoteKind::Alertmanager => {
            let hint = "write urls = [\"https://am-1:9093\", \"https://am-2:9093\"]: all of a pair";
            if !table.has("urls") {
                table.missing("urls", hint, report);
            }
            table.some_texts("urls", hint, report)?.value
        }
    };
    let mut urls = Vec::new();
    for said in &list {
        let url = place::url(said, report)?;
        if url.query().is_some() || url.fragment().is_some() {
            report.fault(said, "has a ? or # part", "write https://HOST/PREFIX, and nothing behind it");
            return None;
        }
        urls.push(url);
    }
    Some(urls)
}

/// Headers by their names. A secret belongs into none of them.
fn headers(table: &mut Table<'_>, report: &mut Report) -> Option<Vec<(String, String)>> {
    let Some(said) = table.pairs("headers", report) else { return Some(Vec::new()) };
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in &said.value {
        let lower = name.to_ascii_lowercase();
        let is_name = !lower.is_empty() && lower.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let is_value = value.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        let fault = if REFUSED.contains(&lower.as_str()) {
            Some((
                "which is not set here",
                "a token is named by token_env, token_file, token_command or token_credential",
            ))
        } else if !is_name || !is_value {
            Some(("which cannot be sent", "write letters, digits and - in its name, and plain characters in its value"))
        } else {
            None
        };
        if let Some((what, hint)) = fault {
            report.fault(&said, &format!("holds {}, {what}", quoted(name)), hint);
            return None;
        }
        headers.push((lower, value.clone()));
    }
    Some(headers)
}
