//! `[[source]]` and `[[github]]`: where incidents come from.

use std::path::Path;

use crate::{
    config::{
        Context, IncidentSource,
        check::{choice, github, no_duplicates},
        paths,
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::incident::Repo,
    text::Text,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Github,
    History,
}

/// Reads every source, those of `[[source]]` and the hosts of `[[github]]`, in the order of the file.
pub(super) fn all(
    tables: Vec<Table<'_>>,
    hosts: Vec<Table<'_>>,
    context: &Context<'_>,
    report: &mut Report,
) -> Vec<IncidentSource> {
    let (mut names, mut sources) = (Vec::new(), Vec::new());
    let of_hosts = |mut table: Table<'_>, report: &mut Report| {
        let read = github::host(&mut table, "repos", context, report);
        table.finish(report);
        read
    };
    let mut read: Vec<_> = tables.into_iter().filter_map(|table| one(table, context, report)).collect();
    read.extend(hosts.into_iter().filter_map(|table| of_hosts(table, report)));
    read.sort_by_key(|(name, _)| name.line);
    for (name, source) in read {
        names.push(name);
        sources.push(source);
    }
    no_duplicates("source", &names, report);
    github::with_hosts_told_apart(sources)
}

fn one(mut table: Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<(Said<Text>, IncidentSource)> {
    let kind = table.filled("kind", report);
    if !table.has("kind") {
        table.missing("kind", "write kind = \"github\" or kind = \"history\"", report);
    }
    let kind = kind.and_then(|said| choice(&said, &[("github", Kind::Github), ("history", Kind::History)], report));
    let read = match kind {
        Some(Kind::Github) => {
            table.misplaced(
                &["path", "repository"],
                "for kind = \"github\"",
                "it is for kind = \"history\"; here it is repositories = [\"owner/name\"]",
                report,
            );
            github::host(&mut table, "repositories", context, report)
        }
        Some(Kind::History) => history(&mut table, context, report),
        None => {
            // What the other keys should be depends on the kind: only what is known in neither is reported.
            for name in ["name", "pull_requests", "path", "repository"].into_iter().chain(github::KEYS) {
                table.value(name, report);
            }
            None
        }
    };
    table.finish(report);
    read
}

pub(super) fn name(table: &mut Table<'_>, default: &str, report: &mut Report) -> Said<Text> {
    match table.filled("name", report) {
        Some(said) => said.with(Text::scrub(said.value)),
        None => table.place().with(Text::scrub(default)),
    }
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
        &github::KEYS,
        "for kind = \"history\"",
        "it is for kind = \"github\"; a history has one path and perhaps one repository",
        report,
    );
    let source = IncidentSource::History { name: name.value.clone(), path: path?, repository, with_pull_requests };
    Some((name, source))
}

/// Reads `owner/name`, in the characters GitHub allows: the name becomes a part of request paths.
pub(super) fn repository(said: &Said<&str>, report: &mut Report) -> Option<Repo> {
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

/// Whether a text may be an owner or a repository's name: it becomes a part of request paths.
pub(super) fn is_part(part: &str) -> bool {
    // GitHub allows 39 characters for an owner and 100 for a name.
    (1..=100).contains(&part.len())
        && part != "."
        && part != ".."
        && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
