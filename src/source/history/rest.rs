//! One record of a backup: an issue or pull request, its timeline and its review comments, as GitHub's REST API has them.

use serde::Deserialize;

use crate::{
    domain::incident::{CloseReason, Event, Incident, Kind, Repo, What},
    source::github::{
        event::{Entry, Happened},
        field::{Str, Time, User, standing},
        issue::Issue,
        names::Names,
    },
    text::counted,
};

/// A line of the file.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    issue: Option<Issue<'a>>,
    #[serde(borrow)]
    pull: Option<Issue<'a>>,
    #[serde(borrow)]
    events: Option<Vec<Happened<'a>>>,
    #[serde(borrow)]
    comments: Option<Vec<Comment<'a>>>,
}

/// A review comment.
#[derive(Deserialize)]
struct Comment<'a> {
    created_at: Option<Time>,
    #[serde(borrow)]
    user: Option<User<'a>>,
    #[serde(borrow)]
    author_association: Option<Str<'a>>,
}

/// What became of a line.
pub(super) struct Read {
    /// The incident with its timeline.
    pub(super) incident: Incident,
    /// What of its timeline could not be used, if anything.
    pub(super) left_out: Option<String>,
}

/// Reads one line.
pub(super) fn read(line: &[u8], repository: Option<&Repo>, names: &mut Names) -> Result<Read, String> {
    // The path to a fault is worth its price only where there is a fault.
    let record: Record<'_> = serde_json::from_slice(line).map_err(|plain| path_to_fault(line, &plain))?;
    let (item, kind) = match (&record.issue, &record.pull) {
        (Some(issue), None) => (issue, issue.kind()),
        (None, Some(pull)) => (pull, Kind::PullRequest),
        (Some(_), Some(_)) => return Err("it holds an issue and a pull".to_owned()),
        (None, None) => return Err("it holds neither an issue nor a pull".to_owned()),
    };
    let mut incident = item.incident(kind, repository, names)?;
    let mut n_left_out = 0;
    let entries = record.events.as_deref().unwrap_or_default();
    let comments = record.comments.as_deref().unwrap_or_default();
    let mut timeline = Vec::with_capacity(entries.len().min(1_024));
    for entry in entries {
        match entry.event(names) {
            Entry::Kept(event) => timeline.push(event),
            Entry::Unneeded => {}
            Entry::Unusable => n_left_out += 1,
        }
        timeline.extend(entry.act(names));
    }
    for comment in comments {
        match comment.event(names) {
            Some(event) => timeline.push(event),
            None => n_left_out += 1,
        }
    }
    timeline.sort_by_key(|event| event.at);
    timeline.shrink_to_fit();
    if let (false, Some(reason)) = (incident.is_open(), item.reason()) {
        give_last_close(&mut timeline, entries, reason);
    }
    incident.timeline = timeline;
    incident.has_timeline = record.events.is_some();
    let left_out = (n_left_out > 0)
        .then(|| format!("{} without its time or label; the rest is kept", counted(n_left_out, "event", "events")));
    Ok(Read { incident, left_out })
}

/// Gives the last close the issue's own reason where no close has one: timelines often leave it out, and "not planned"
/// is no repair (SEMANTICS R22).
fn give_last_close(timeline: &mut [Event], entries: &[Happened<'_>], reason: CloseReason) {
    if entries.iter().any(Happened::says_why_it_closed) {
        return;
    }
    if let Some(last) = timeline.iter_mut().rev().find(|event| matches!(event.what, What::Closed(_))) {
        last.what = What::Closed(reason);
    }
}

fn path_to_fault(line: &[u8], plain: &serde_json::Error) -> String {
    let mut json = serde_json::Deserializer::from_slice(line);
    match serde_path_to_error::deserialize::<_, Record<'_>>(&mut json) {
        Err(error) => error.to_string(),
        // Only what follows a whole record can be wrong then.
        Ok(_) => plain.to_string(),
    }
}

impl Comment<'_> {
    fn event(&self, names: &mut Names) -> Option<Event> {
        let standing = standing(self.author_association.as_ref().map(Str::as_str));
        let actor = names.actor(self.user.as_ref(), standing);
        Some(Event { at: self.created_at?.0, actor, what: What::Commented })
    }
}
