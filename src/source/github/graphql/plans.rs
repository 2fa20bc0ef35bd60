//! Milestones and releases of a repository, in the words of a question that is asked anyway.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    domain::plans::{Milestone, Release},
    source::github::field::{Str, Time},
    text::Text,
};

/// Lists that a repository's plans cost.
pub(super) const LISTS: usize = 3;

/// Lists that the counts of one milestone cost.
pub(super) const LISTS_OF_COUNTS: usize = 4;

/// What is asked of a repository's plans.
pub(super) const FIELDS: &str = "ahead:milestones(first:100,states:[OPEN],orderBy:{field:DUE_DATE,direction:ASC})\
    {nodes{number title dueOn state}} \
    behind:milestones(first:20,states:[CLOSED],orderBy:{field:UPDATED_AT,direction:DESC})\
    {nodes{number title dueOn state}} \
    releases(first:10,orderBy:{field:CREATED_AT,direction:DESC})\
    {nodes{tagName name publishedAt isDraft isPrerelease}} ";

/// Asks how much is in these milestones.
pub(super) fn write_counts(out: &mut String, milestones: &[u64]) {
    for number in milestones {
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "m{number}:milestone(number:{number}){{\
             openIssues:issues(states:[OPEN]){{totalCount}} closedIssues:issues(states:[CLOSED]){{totalCount}} \
             openPulls:pullRequests(states:[OPEN]){{totalCount}} \
             closedPulls:pullRequests(states:[CLOSED,MERGED]){{totalCount}}}} "
        );
    }
}

/// Reads milestones, by number, and releases; nothing where they were not asked for, or the host does not tell.
pub(super) fn read(repo: &Map<String, Value>) -> Option<(Vec<Milestone>, Vec<Release>)> {
    let nodes = |name: &str| repo.get(name)?.get("nodes")?.as_array();
    let read = |list: &Vec<Value>| -> Vec<Milestone> {
        list.iter().filter_map(|node| GraphMilestone::deserialize(node).ok()).filter_map(GraphMilestone::read).collect()
    };
    let mut milestones = nodes("ahead").map(read)?;
    milestones.extend(nodes("behind").map(read)?);
    milestones.sort_by_key(|milestone| milestone.number);
    milestones.dedup_by_key(|milestone| milestone.number);
    let releases = nodes("releases")?.iter().filter_map(|node| GraphRelease::deserialize(node).ok());
    Some((milestones, releases.filter_map(GraphRelease::read).collect()))
}

/// Reads how much is in a milestone: open and closed, issues and pull requests together.
pub(super) fn counts(repo: &Map<String, Value>, number: u64) -> Option<(usize, usize)> {
    let milestone = repo.get(&format!("m{number}"))?;
    let count = |name: &str| usize::try_from(milestone.get(name)?.get("totalCount")?.as_u64()?).ok();
    Some((count("openIssues")? + count("openPulls")?, count("closedIssues")? + count("closedPulls")?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphMilestone<'a> {
    number: u64,
    #[serde(borrow)]
    title: Str<'a>,
    due_on: Option<Time>,
    #[serde(borrow)]
    state: Str<'a>,
}

impl GraphMilestone<'_> {
    fn read(self) -> Option<Milestone> {
        let is_open = self.state.as_str() == "OPEN";
        let title = Text::scrub(self.title.as_str());
        let (number, due) = (self.number, self.due_on.map(|at| at.0));
        (!title.is_blank()).then_some(Milestone { number, title, due, is_open, n_open: None, n_closed: None })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphRelease<'a> {
    #[serde(borrow)]
    tag_name: Str<'a>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    published_at: Option<Time>,
    is_draft: bool,
    is_prerelease: bool,
}

impl GraphRelease<'_> {
    fn read(self) -> Option<Release> {
        let tag = Text::scrub(self.tag_name.as_str());
        let name = self.name.map_or_else(Text::default, |name| Text::scrub(name.as_str()));
        let Self { published_at, is_draft, is_prerelease, .. } = self;
        let published_at = published_at.map(|at| at.0);
        (!tag.is_blank()).then_some(Release { tag, name, published_at, is_draft, is_prerelease })
    }
}
