//! One GitHub host: `[[github]]`, or `[[source]]` of that kind.

use std::collections::HashSet;

use chrono::TimeDelta;
use toml::de::DeValue;
use url::Url;

use crate::{
    config::{
        Context, GithubMore, IncidentSource,
        check::{
            Range,
            address::api_url,
            source::{is_part, name, repository},
            span, token,
        },
        problems::Report,
        secrets::quoted,
        walk::{Said, Table, Wanted, wrong_type},
    },
    domain::{incident::Repo, sla::RepoPattern},
    text::Text,
};

/// Keys that only a GitHub host has.
pub(super) const KEYS: [&str; 13] = [
    "repositories",
    "repos",
    "api_url",
    "every",
    "search",
    "alerts",
    "notifications",
    "refs",
    "read_only",
    "token_env",
    "token_command",
    "token_file",
    "token_credential",
];

/// GitHub's own API.
const GITHUB_API: &str = "https://api.github.com";

/// How often a source is asked where the file does not say: one conditional request a minute is free (GitHub docs).
const EVERY: TimeDelta = TimeDelta::seconds(60);

/// Sooner is rude to the host; later than a day is no console.
const EVERY_RANGE: Range = Range { least: TimeDelta::seconds(10), most: TimeDelta::days(1) };

/// The longest search GitHub takes, in characters.
const LONGEST_SEARCH: usize = 256;

/// Which pull requests are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PullRequests {
    None,
    All,
    ForReview,
}

/// Reads a host. `list` is the key under which its repositories are missed where there are none.
pub(super) fn host(
    table: &mut Table<'_>,
    list: &'static str,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<(Said<Text>, IncidentSource)> {
    const EXAMPLE: &str = "write repositories = [\"owner/name\"]";
    let hint =
        if list == "repos" { "write repos = [\"owner/name\"], or [\"owner/*\"] for all of an owner" } else { EXAMPLE };
    let name = name(table, "github", report);
    if table.has("repos") && table.has("repositories") {
        let place = table.value("repos", report);
        place.inspect(|said| {
            report.fault(said, "stands beside `repositories`, which means the same", "keep one of them")
        });
    }
    if !["repos", "repositories", "search", "notifications"].iter().any(|key| table.has(key)) {
        table.missing(list, hint, report);
    }
    let long = table.some_texts("repositories", hint, report);
    let short = table.some_texts("repos", hint, report);
    let listed = [long, short].map(|list| list.map(|list| list.value));
    let is_listed = listed.iter().any(Option::is_some);
    let (repositories, patterns) = repositories(&listed.into_iter().flatten().flatten().collect::<Vec<_>>(), report);
    let api_url = match table.filled("api_url", report) {
        Some(said) => api_url(&said, context, report),
        None => Url::parse(GITHUB_API).ok(),
    };
    let every = span(table, "every", EVERY_RANGE, report).map_or(EVERY, |said| said.value);
    let listed_pulls = pull_requests(table, report).unwrap_or(PullRequests::None);
    let searches = searches(table, report);
    let with_notifications = table.flag("notifications", report).is_some_and(|said| said.value);
    let more = GithubMore {
        patterns,
        has_reviews_only: listed_pulls == PullRequests::ForReview,
        with_notifications,
        with_alerts: table.flag("alerts", report).is_some_and(|said| said.value),
        refs: refs(table, report),
        runs: Vec::new(),
        artefacts: Vec::new(),
        token: token::token(table, context, report),
        is_further_host: false,
        is_read_only: table.flag("read_only", report).is_some_and(|said| said.value),
        searches,
    };
    let is_asked = is_listed || !more.searches.is_empty() || with_notifications;
    let source = IncidentSource::Github {
        name: name.value.clone(),
        api_url: api_url?,
        repositories,
        every,
        with_pull_requests: listed_pulls != PullRequests::None,
        more: Box::new(more),
    };
    is_asked.then_some((name, source))
}

/// Reads `true`, `false` or `"review"`.
fn pull_requests(table: &mut Table<'_>, report: &mut Report) -> Option<PullRequests> {
    let said = table.value("pull_requests", report)?;
    match said.value {
        DeValue::Boolean(true) => Some(PullRequests::All),
        DeValue::Boolean(false) => Some(PullRequests::None),
        DeValue::String(word) if word.trim() == "review" => Some(PullRequests::ForReview),
        DeValue::String(word) => {
            let what = format!("is {}, which is not known", quoted(word));
            report.fault(&said, &what, "write true, false, or \"review\" for those that wait for a review");
            None
        }
        _ => {
            wrong_type(&said, Wanted::Flag, report);
            None
        }
    }
}

/// Repositories by name, and by pattern.
fn repositories(list: &[Said<&str>], report: &mut Report) -> (Vec<Repo>, Vec<RepoPattern>) {
    let (mut named, mut patterns, mut seen) = (Vec::with_capacity(list.len()), Vec::new(), HashSet::new());
    for said in list {
        let is_new = if said.value.contains(['*', '?']) {
            let Some(pattern) = pattern(said, report) else { continue };
            patterns.push(pattern);
            seen.insert(said.value.to_ascii_lowercase())
        } else {
            let Some(repo) = repository(said, report) else { continue };
            let is_new = seen.insert(repo.full().to_ascii_lowercase());
            named.extend(is_new.then_some(repo));
            is_new
        };
        if !is_new {
            report.fault(said, &format!("names {} twice", quoted(said.value)), "take one out");
        }
    }
    (named, patterns)
}

/// Reads `owner/*`: an owner's repositories can be listed, all of a host's cannot.
fn pattern(said: &Said<&str>, report: &mut Report) -> Option<RepoPattern> {
    let found = RepoPattern::parse(said.value).filter(|pattern| is_part(pattern.owner()));
    if found.is_none() {
        let what = format!("names {}, which no host can list", quoted(said.value));
        report.fault(said, &what, "write the owner in full: * and ? may stand in the name, as in \"acme/*\"");
    }
    found
}

fn searches(table: &mut Table<'_>, report: &mut Report) -> Vec<Text> {
    let list =
        table.some_texts("search", "write a search such as \"label:incident org:acme\", or leave the key out", report);
    let mut searches = Vec::new();
    for said in list.map(|said| said.value).unwrap_or_default() {
        if said.value.chars().count() > LONGEST_SEARCH {
            let what = format!("holds a search of more than {LONGEST_SEARCH} characters");
            report.fault(&said, &what, "GitHub takes no longer one: make two of it");
            continue;
        }
        searches.push(Text::scrub(said.value));
    }
    searches
}

/// Reads `owner/name@ref`, each once.
fn refs(table: &mut Table<'_>, report: &mut Report) -> Vec<(Repo, Text)> {
    let list = table.some_texts("refs", "write refs = [\"owner/name@main\"], or leave the key out", report);
    let mut refs: Vec<(Repo, Text)> = Vec::new();
    for said in list.map(|said| said.value).unwrap_or_default() {
        let Some(read) = ref_of(&said, report) else { continue };
        if refs.contains(&read) {
            report.fault(&said, &format!("names {} twice", quoted(said.value)), "take one out");
        } else {
            refs.push(read);
        }
    }
    refs
}

/// Reads `owner/name@ref`.
pub(super) fn ref_of(said: &Said<&str>, report: &mut Report) -> Option<(Repo, Text)> {
    let Some((repo, name)) = said.value.split_once('@').filter(|(_, name)| is_ref(name)) else {
        let what = format!("names {}, which is no ref of a repository", quoted(said.value));
        report.fault(said, &what, "write owner/name@ref, as in \"acme/api@main\" or \"acme/api@v1.4.0\"");
        return None;
    };
    Some((repository(&said.with(repo), report)?, Text::scrub(name)))
}

/// Whether a text may be a branch's or a tag's name (git-check-ref-format): it becomes a part of request paths.
fn is_ref(name: &str) -> bool {
    let is_plain =
        |c: char| c.is_ascii_graphic() && !"~^:?*[\\\"".contains(c) || (!c.is_ascii() && c.is_alphanumeric());
    let is_step = |step: &str| !step.is_empty() && !step.starts_with('.') && !step.ends_with(".lock");
    (1..=200).contains(&name.len())
        && !name.starts_with('-')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && name.chars().all(is_plain)
        && name.split('/').all(is_step)
}

/// Gives the repositories of every host but the first the host's name: `git.acme.example/ops/pager`. github.com is the
/// first wherever it stands. Two hosts may have a repository of the same name.
pub(super) fn with_hosts_told_apart(mut sources: Vec<IncidentSource>) -> Vec<IncidentSource> {
    let hosts: Vec<String> = sources.iter().filter_map(host_of).collect();
    let Some(first) = hosts.iter().find(|host| *host == "github.com").or(hosts.first()) else { return sources };
    for source in &mut sources {
        let Some(host) = host_of(source).filter(|host| host != first) else { continue };
        if let IncidentSource::Github { repositories, more, .. } = source {
            more.is_further_host = true;
            let named = repositories.iter_mut().chain(more.refs.iter_mut().map(|(repo, _)| repo));
            named.for_each(|repo| *repo = Repo::new(&format!("{host}/{}", repo.full())));
        }
    }
    sources
}

fn host_of(source: &IncidentSource) -> Option<String> {
    match source {
        IncidentSource::Github { api_url, .. } => Some(host_name(api_url)),
        IncidentSource::History { .. } => None,
    }
}

/// What people call the host of an API's address: `github.com`, `git.acme.example`, `127.0.0.1:8080`.
pub(in crate::config) fn host_name(api_url: &Url) -> String {
    let host = api_url.host_str().unwrap_or_default();
    // Only github.com and its tenants have their API on a name of its own.
    let own = match host {
        "api.github.com" => "github.com",
        tenant if tenant.ends_with(".ghe.com") => tenant.strip_prefix("api.").unwrap_or(tenant),
        other => other,
    };
    api_url.port().map_or_else(|| own.to_owned(), |port| format!("{own}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_called_what_people_call_it() {
        for (url, called) in [
            ("https://api.github.com", "github.com"),
            ("https://api.acme.ghe.com/", "acme.ghe.com"),
            ("https://git.acme.example/api/v3", "git.acme.example"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ] {
            assert_eq!(host_name(&Url::parse(url).unwrap()), called);
        }
    }

    #[test]
    fn refs_are_what_git_calls_refs() {
        for good in ["main", "release/1.4", "v1.4.0", "fix-#12", "größe", "a@b"] {
            assert!(is_ref(good), "{good}");
        }
        for bad in [
            "", "-x", "a..b", "a b", "a//b", "/a", "a/", ".a", "a.lock", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\",
            "a@{1}", "a.",
        ] {
            assert!(!is_ref(bad), "{bad}");
        }
    }
}
