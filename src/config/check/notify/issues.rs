//! `[[channel]]` with `kind = "github"`.

use crate::{
    config::{
        IncidentSource,
        check::{github::host_name, source},
        notify::Issues,
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::{
        incident::{Label, Login, Repo},
        notify::thread::Habits,
        trouble::nearest,
    },
    text::Text,
};

/// Its keys, which no other kind has.
pub(super) const KEYS: [&str; 8] =
    ["source", "repository", "labels", "assignees", "on_call", "comment_on_repeat", "close_on_resolve", "reopen"];

/// The most people GitHub assigns to one issue.
const MOST_ASSIGNED: usize = 10;

/// The longest label, in signs.
const LONGEST_LABEL: usize = 50;

/// A host that issues can be opened at.
struct Host<'a> {
    name: &'a Text,
    /// What stands before the names of its repositories.
    prefix: Option<String>,
    is_read_only: bool,
}

/// Reads what the channel needs.
pub(super) fn read(table: &mut Table<'_>, sources: &[IncidentSource], report: &mut Report) -> Option<Issues> {
    if !table.has("repository") {
        table.missing("repository", "write repository = \"acme/oncall\": issues are opened there", report);
    }
    let repository = table.filled("repository", report).and_then(|said| source::repository(&said, report));
    let host = host(table, sources, report);
    let labels = listed("labels", table, report, label);
    let assignees = listed("assignees", table, report, login);
    let mut flag = |name, usual| table.flag(name, report).map_or(usual, |said| said.value);
    let assigns_on_call = flag("on_call", false);
    let habits = Habits {
        comments_on_repeat: flag("comment_on_repeat", true),
        closes: flag("close_on_resolve", false),
        reopens: flag("reopen", false),
    };
    let (host, repository, labels, assignees) = (host?, repository?, labels?, assignees?);
    let repository = match host.prefix {
        Some(prefix) => Repo::new(&format!("{prefix}/{repository}")),
        None => repository,
    };
    Some(Issues { source: host.name.clone(), repository, labels, assignees, assigns_on_call, habits })
}

/// The host that `source` names; without it the only one there is.
fn host<'a>(table: &mut Table<'_>, sources: &'a [IncidentSource], report: &mut Report) -> Option<Host<'a>> {
    let hosts: Vec<Host<'a>> = sources.iter().filter_map(as_host).collect();
    let names = || hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(", ");
    let said = table.filled("source", report);
    let is_said = table.has("source");
    let place = said.as_ref().map_or_else(|| table.place(), |said| said.with(()));
    let found = match &said {
        Some(said) => hosts.iter().position(|host| host.name.as_str() == said.value),
        None => (hosts.len() == 1 && !is_said).then_some(0),
    };
    let Some(found) = found else {
        match (said, hosts.is_empty()) {
            (_, true) => {
                let what = "has no host: an issue is opened at one of the [[github]] hosts, with its token";
                report.fault(&place, what, "write [[github]] with repos = [\"acme/oncall\"]");
            }
            (Some(said), false) => {
                let near = nearest(said.value, hosts.iter().map(|host| host.name.as_str()));
                let near = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
                let what = format!("is {}, which is no [[github]] host", quoted(said.value));
                report.fault(&said, &what, &format!("{near}there are: {}", names()));
            }
            (None, false) if is_said => {}
            (None, false) => {
                let hint = format!("write source = \"{}\": there are {}", hosts.first()?.name, names());
                report.fault(&place, "does not say at which host", &hint);
            }
        }
        return None;
    };
    let host = hosts.into_iter().nth(found)?;
    if host.is_read_only {
        let what = format!("would change {}, which may only be read (read_only)", host.name);
        report.fault(&place, &what, "take read_only out there, or write another channel");
        return None;
    }
    Some(host)
}

fn as_host(source: &IncidentSource) -> Option<Host<'_>> {
    let IncidentSource::Github { name, api_url, more, .. } = source else { return None };
    let prefix = more.is_further_host.then(|| host_name(api_url));
    Some(Host { name, prefix, is_read_only: more.is_read_only })
}

/// A list of which every part has to be right; without it nothing.
fn listed<T>(
    key: &'static str,
    table: &mut Table<'_>,
    report: &mut Report,
    one: impl Fn(&Said<&str>, &mut Report) -> Option<T>,
) -> Option<Vec<T>> {
    let list = table.texts(key, report).map(|list| list.value);
    if list.is_none() && table.has(key) {
        return None;
    }
    let list = list.unwrap_or_default();
    if let Some(said) = list.get(MOST_ASSIGNED).filter(|_| key == "assignees") {
        report.fault(said, "is one too many", "a host assigns at most ten people");
        return None;
    }
    let read: Vec<T> = list.iter().filter_map(|said| one(said, report)).collect();
    (read.len() == list.len()).then_some(read)
}

fn label(said: &Said<&str>, report: &mut Report) -> Option<Label> {
    let name = said.value.trim();
    if name.is_empty() || LONGEST_LABEL < name.chars().count() {
        report.fault(said, &format!("is {}, which is no label", quoted(said.value)), "write at most 50 signs");
        return None;
    }
    Some(Label::new(name))
}

fn login(said: &Said<&str>, report: &mut Report) -> Option<Login> {
    let name = said.value.trim();
    let is_one = (1..=100).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'[' | b']'));
    if !is_one {
        let hint = "write an account's name, such as \"ann\", without @; a team cannot be assigned";
        report.fault(said, &format!("is {}, which is no account", quoted(said.value)), hint);
        return None;
    }
    Some(Login::new(name))
}
