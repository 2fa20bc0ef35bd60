//! `[[source]]`: where incidents come from.

use std::{collections::HashSet, path::Path};

use chrono::TimeDelta;
use url::{Host, Url};

use crate::{
    config::{
        Context, IncidentSource, Trust,
        check::{Range, choice, no_duplicates, span},
        paths,
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::incident::Repo,
    text::Text,
};

/// GitHub's own API.
const GITHUB_API: &str = "https://api.github.com";

/// How often a source is asked where the file does not say: one conditional request a minute is free (GitHub docs).
const EVERY: TimeDelta = TimeDelta::seconds(60);

/// Sooner is rude to the host; later than a day is no console.
const EVERY_RANGE: Range = Range { least: TimeDelta::seconds(10), most: TimeDelta::days(1) };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Github,
    History,
}

/// Reads every source.
pub(super) fn all(tables: Vec<Table<'_>>, context: &Context<'_>, report: &mut Report) -> Vec<IncidentSource> {
    let (mut names, mut sources) = (Vec::new(), Vec::new());
    for table in tables {
        let Some((name, source)) = one(table, context, report) else { continue };
        names.push(name);
        sources.push(source);
    }
    no_duplicates("source", &names, report);
    sources
}

fn one(mut table: Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<(Said<Text>, IncidentSource)> {
    let kind = table.filled("kind", report);
    if !table.has("kind") {
        table.missing("kind", "write kind = \"github\" or kind = \"history\"", report);
    }
    let kind = kind.and_then(|said| choice(&said, &[("github", Kind::Github), ("history", Kind::History)], report));
    let read = match kind {
        Some(Kind::Github) => github(&mut table, context, report),
        Some(Kind::History) => history(&mut table, context, report),
        None => {
            // What the other keys should be depends on the kind: only what is known in neither is reported.
            for name in ["name", "repositories", "api_url", "every", "pull_requests", "path", "repository"] {
                table.value(name, report);
            }
            None
        }
    };
    table.finish(report);
    read
}

fn name(table: &mut Table<'_>, default: &str, report: &mut Report) -> Said<Text> {
    match table.filled("name", report) {
        Some(said) => said.with(Text::scrub(said.value)),
        None => table.place().with(Text::scrub(default)),
    }
}

fn github(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<(Said<Text>, IncidentSource)> {
    const EXAMPLE: &str = "write repositories = [\"owner/name\"]";
    let name = name(table, "github", report);
    if !table.has("repositories") {
        table.missing("repositories", EXAMPLE, report);
    }
    let repositories = table.some_texts("repositories", EXAMPLE, report);
    let repositories = repositories.map(|list| repositories_of(&list.value, report));
    let api_url = match table.filled("api_url", report) {
        Some(said) => api_url(&said, context, report),
        None => Url::parse(GITHUB_API).ok(),
    };
    let every = span(table, "every", EVERY_RANGE, report).map_or(EVERY, |said| said.value);
    let with_pull_requests = table.flag("pull_requests", report).is_some_and(|said| said.value);
    table.misplaced(
        &["path", "repository"],
        "for kind = \"github\"",
        "it is for kind = \"history\"; here it is repositories = [\"owner/name\"]",
        report,
    );
    let source = IncidentSource::Github {
        name: name.value.clone(),
        api_url: api_url?,
        repositories: repositories?,
        every,
        with_pull_requests,
        more: Box::default(),
    };
    Some((name, source))
}

fn history(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<(Said<Text>, IncidentSource)> {
    if !table.has("path") {
        table.missing("path", "write path = \"issues.jsonl\"", report);
    }
    let path = table.filled("path", report).and_then(|said| paths::path(&said, context, report));
    let stem = path.as_deref().and_then(Path::file_name).map(|file| file.to_string_lossy().into_owned());
    let stem = stem.as_deref().and_then(|file| file.split('.').find(|part| !part.is_empty())).unwrap_or("history");
    let name = name(table, stem, report);
    let repository = table.filled("repository", report).and_then(|said| repository(&said, report));
    let with_pull_requests = table.flag("pull_requests", report).is_some_and(|said| said.value);
    table.misplaced(
        &["repositories", "api_url", "every"],
        "for kind = \"history\"",
        "it is for kind = \"github\"; a history has one path and perhaps one repository",
        report,
    );
    let source = IncidentSource::History { name: name.value.clone(), path: path?, repository, with_pull_requests };
    Some((name, source))
}

fn repositories_of(list: &[Said<&str>], report: &mut Report) -> Vec<Repo> {
    let (mut read, mut seen) = (Vec::with_capacity(list.len()), HashSet::new());
    for said in list {
        let Some(repo) = repository(said, report) else { continue };
        if seen.insert(repo.full().to_ascii_lowercase()) {
            read.push(repo);
        } else {
            report.fault(said, &format!("names {} twice", quoted(repo.full())), "take one out");
        }
    }
    read
}

/// Reads `owner/name`, in the characters GitHub allows: the name becomes a part of request paths.
fn repository(said: &Said<&str>, report: &mut Report) -> Option<Repo> {
    let is_part = |part: &str| {
        // GitHub allows 39 characters for an owner and 100 for a name.
        (1..=100).contains(&part.len())
            && part != "."
            && part != ".."
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    if said.value.split_once('/').is_some_and(|(owner, name)| is_part(owner) && is_part(name)) {
        return Some(Repo::new(said.value));
    }
    let hint = match said.value.contains("://") {
        true => "write owner/name, without the host; another host goes into api_url",
        false => "write owner/name, in letters, digits, \".\", \"_\" and \"-\"",
    };
    report.fault(said, &format!("names {}, which is no repository", quoted(said.value)), hint);
    None
}

fn api_url(said: &Said<&str>, context: &Context<'_>, report: &mut Report) -> Option<Url> {
    if context.trusted == Trust::Repository {
        report.fault(
            said,
            "may not be set by a file that came with a repository: tokens would go to that host",
            "set it in your own settings file",
        );
        return None;
    }
    // Nothing here shows the URL: a password or a token may stand in it.
    let Ok(url) = Url::parse(said.value) else {
        report.fault(said, "is no URL", "write https://HOST/api/v3");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        report.fault(said, "has a user name in it", "write https://HOST/api/v3, and set GITHUB_TOKEN");
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        report.fault(said, "has a ? or # part", "write https://HOST/api/v3, and nothing behind it");
        return None;
    }
    match url.scheme() {
        "https" => Some(url),
        "http" if is_loopback(&url) => Some(url),
        "http" => {
            report.fault(
                said,
                "is plain http: a token would be sent unencrypted",
                "write https://; plain http is for this machine alone",
            );
            None
        }
        _ => {
            report.fault(said, "is neither https nor http", "write https://HOST/api/v3");
            None
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
