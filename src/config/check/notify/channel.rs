//! `[[channel]]`: the ways out.

use chrono::TimeDelta;

use super::{
    issues, mail,
    place::{self, KEY, PASSWORD, URL},
};
use crate::{
    config::{
        Context, IncidentSource, Trust,
        check::{Range, choice, no_duplicates, span, token},
        notify::{Channel, ChannelKind},
        paths,
        problems::Report,
        walk::{Said, Table},
    },
    domain::notify::pace::Rate,
    text::Text,
};

/// The kinds, as they are written.
const KINDS: [&str; 9] =
    ["slack", "webhook", "pagerduty", "alertmanager", "mail", "github", "command", "file", "terminal"];

/// Keys that some kinds have.
const SPECIAL: [&str; 5] = ["url", "template", "urls", "command", "path"];

/// How long one attempt may take: the promise of two minutes has room for several.
const TIMEOUT: TimeDelta = TimeDelta::seconds(10);

/// What a timeout may be.
const TIMEOUTS: Range = Range { least: TimeDelta::seconds(1), most: TimeDelta::seconds(30) };

/// Messages a minute that people can read; a program can read more.
const READABLE: usize = 20;

/// More a minute than anybody wants.
const MOST_A_MINUTE: f64 = 6_000.0;

/// Where PagerDuty takes events.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// Reads every channel.
pub(super) fn all(
    tables: Vec<Table<'_>>,
    hosts: &[IncidentSource],
    context: &Context<'_>,
    report: &mut Report,
) -> Vec<Channel> {
    let mut names = Vec::new();
    let mut channels = Vec::new();
    for table in tables {
        if context.trusted == Trust::Repository {
            let what =
                "may not be set by a file that came with a repository: it would send what you see where it likes";
            report.fault(&table.place(), what, "set it in your own settings file");
            continue;
        }
        channels.extend(channel(table, &mut names, hosts, context, report));
    }
    no_duplicates("channel", &names, report);
    channels
}

fn channel(
    mut table: Table<'_>,
    names: &mut Vec<Said<Text>>,
    hosts: &[IncidentSource],
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Channel> {
    for (key, hint) in [("name", "write name = \"chat\""), ("kind", "write kind = \"slack\"")] {
        if !table.has(key) {
            table.missing(key, hint, report);
        }
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    names.extend(name.clone());
    let words = KINDS.map(|word| (word, word));
    let kind_word = table.filled("kind", report).and_then(|said| choice(&said, &words, report));
    let kind = match kind_word {
        Some("github") => issues::read(&mut table, hosts, report).map(|issues| ChannelKind::GitHub(Box::new(issues))),
        other => other.and_then(|word| kind(word, &mut table, context, report)),
    };
    misplaced(kind_word, &mut table, report);
    let timeout = span(&mut table, "timeout", TIMEOUTS, report).map_or(TIMEOUT, |said| said.value);
    let is_read = matches!(kind_word, Some("slack" | "mail" | "terminal" | "github"));
    let rate =
        if matches!(kind_word, Some("pagerduty" | "alertmanager")) { None } else { rate(&mut table, is_read, report) };
    if kind_word == Some("github") {
        let hint = "leave it out: an incident that is not taken on stands at its host already";
        table.misplaced(&["escalations", "people"], "with kind = \"github\"", hint, report);
    }
    let has_escalations = table.flag("escalations", report).is_some_and(|said| said.value);
    let people = table.texts("people", report).map(|list| list.value).unwrap_or_default();
    let people = people.iter().map(|said| Text::scrub(said.value)).collect();
    table.finish(report);
    Some(Channel { name: name?.value, kind: kind?, timeout, rate, has_escalations, people })
}

fn rate(table: &mut Table<'_>, is_read: bool, report: &mut Report) -> Option<Rate> {
    let within = TimeDelta::minutes(1);
    let Some(said) = table.number("per_minute", report) else {
        return is_read.then_some(Rate { most: READABLE, within });
    };
    if !(1.0..=MOST_A_MINUTE).contains(&said.value) || said.value.fract() != 0.0 {
        report.fault(&said, &format!("is {}", said.value), "write a whole number of messages a minute, from 1 to 6000");
        return None;
    }
    Some(Rate { most: said.value as usize, within })
}

fn kind(word: &str, table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<ChannelKind> {
    match word {
        "slack" => Some(ChannelKind::Slack { to: place::address(table, context, report)? }),
        "webhook" => {
            let to = place::address(table, context, report);
            let token = token::token(table, context, report);
            let template = table.text("template", report).map(|said| said.value.to_owned());
            Some(ChannelKind::Webhook { to: to?, token, template })
        }
        "pagerduty" => {
            let url = match table.filled("url", report) {
                Some(said) => place::url(&said, report),
                None => url::Url::parse(PAGERDUTY).ok(),
            };
            let key = place::secret(KEY, table, context, report);
            if !KEY.iter().any(|way| table.has(way)) {
                table.missing(
                    "key_env",
                    "write key_env = \"PAGERDUTY_KEY\", or key_file, key_command, key_credential",
                    report,
                );
            }
            Some(ChannelKind::PagerDuty { url: url?, key: key? })
        }
        "alertmanager" => {
            let hint = "write urls = [\"https://am-1:9093\", \"https://am-2:9093\"]: every one is told";
            if !table.has("urls") {
                table.missing("urls", hint, report);
            }
            let list = table.some_texts("urls", hint, report)?;
            let urls: Vec<_> = list.value.iter().filter_map(|said| place::url(said, report)).collect();
            (urls.len() == list.value.len()).then_some(ChannelKind::Alertmanager { urls })
        }
        "mail" => mail::read(table, context, report).map(|mail| ChannelKind::Mail(Box::new(mail))),
        "command" => {
            if !table.has("command") {
                table.missing("command", "write command = [\"/usr/local/bin/page\", \"team\"]", report);
            }
            token::words("command", table, report).map(|words| ChannelKind::Command { words })
        }
        "file" => {
            if !table.has("path") {
                table.missing("path", "write path = \"alerts.jsonl\"", report);
            }
            let path = table.filled("path", report).and_then(|said| paths::path(&said, context, report));
            path.map(|path| ChannelKind::File { path })
        }
        _ => Some(ChannelKind::Terminal),
    }
}

fn special() -> impl Iterator<Item = &'static str> {
    SPECIAL
        .into_iter()
        .chain(mail::KEYS)
        .chain(issues::KEYS)
        .chain(URL)
        .chain(KEY)
        .chain(PASSWORD)
        .chain(token::TOKEN_KEYS)
}

/// Reports keys that belong to other kinds.
fn misplaced(kind: Option<&str>, table: &mut Table<'_>, report: &mut Report) {
    let own: Vec<&'static str> = match kind {
        // Its kind is not known, so none of its keys is wrong.
        None => {
            special().for_each(|key| drop(table.value(key, report)));
            return;
        }
        Some("slack") => std::iter::once("url").chain(URL).collect(),
        Some("webhook") => ["url", "template"].into_iter().chain(URL).chain(token::TOKEN_KEYS).collect(),
        // A digest would leave incidents open there that nobody ends.
        Some(kind @ ("pagerduty" | "alertmanager")) => {
            table.misplaced(
                &["per_minute"],
                &format!("with kind = \"{kind}\""),
                "it knows repetitions by itself",
                report,
            );
            if kind == "pagerduty" { std::iter::once("url").chain(KEY).collect() } else { vec!["urls"] }
        }
        Some("mail") => mail::KEYS.into_iter().chain(PASSWORD).collect(),
        Some("github") => issues::KEYS.to_vec(),
        Some("command") => vec!["command"],
        Some("file") => vec!["path"],
        Some(_) => Vec::new(),
    };
    let others: Vec<&'static str> = special().filter(|key| !own.contains(key)).collect();
    let why = format!("with kind = \"{}\"", kind.unwrap_or_default());
    table.misplaced(&others, &why, "leave it out, or write another kind", report);
}
