//! An issue or pull request as GitHub's REST API writes it.

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    domain::incident::{CloseReason, Incident, IncidentKey, Kind, Repo},
    text::{Passage, Text},
};

use super::{
    field::{Str, Tag, Time, User, close_reason, page},
    names::Names,
};

/// The fields of an issue that matter here; also fits a pull request of the `pulls` endpoint. Others are passed over.
#[derive(Debug, Deserialize)]
pub(crate) struct Issue<'a> {
    number: u64,
    #[serde(borrow)]
    title: Str<'a>,
    #[serde(borrow)]
    body: Option<Str<'a>>,
    #[serde(borrow)]
    user: Option<User<'a>>,
    #[serde(borrow)]
    labels: Option<Vec<Tag<'a>>>,
    #[serde(borrow)]
    assignees: Option<Vec<User<'a>>>,
    #[serde(borrow)]
    state: Str<'a>,
    #[serde(borrow)]
    state_reason: Option<Str<'a>>,
    created_at: Time,
    updated_at: Option<Time>,
    closed_at: Option<Time>,
    comments: Option<u64>,
    #[serde(borrow)]
    html_url: Option<Str<'a>>,
    #[serde(borrow)]
    url: Option<Str<'a>>,
    #[serde(borrow)]
    repository_url: Option<Str<'a>>,
    pull_request: Option<IgnoredAny>,
}

impl Issue<'_> {
    /// Issue or pull request, as far as the item itself says.
    pub(crate) fn kind(&self) -> Kind {
        if self.pull_request.is_some() { Kind::PullRequest } else { Kind::Issue }
    }

    /// Whether it says which labels it carries: they say what is urgent and what blocks.
    pub(crate) fn has_labels(&self) -> bool {
        self.labels.is_some()
    }

    /// The reason for its last close, where the source gives one.
    pub(crate) fn reason(&self) -> Option<CloseReason> {
        close_reason(self.state_reason.as_ref().map(Str::as_str))
    }

    /// The incident, without a timeline. `repository` is used where the item does not say where it lives.
    pub(crate) fn incident(
        &self,
        kind: Kind,
        repository: Option<&Repo>,
        names: &mut Names,
    ) -> Result<Incident, &'static str> {
        let is_closed = match self.state.as_str() {
            "open" => false,
            "closed" => true,
            _ => return Err("state: neither open nor closed"),
        };
        let repo = match self.repository() {
            Some(full) => names.repo(&full),
            None => repository.cloned().ok_or("repository_url: nothing says which repository this belongs to")?,
        };
        let updated_at = self.updated_at.unwrap_or(self.created_at).0;
        // The schema allows a closed issue without a time; calling it open would start its clocks again.
        let closed_at = is_closed.then(|| self.closed_at.map_or(updated_at, |at| at.0));
        let body = self.body.as_ref().map(|body| Passage::scrub(body.as_str())).filter(|body| !body.is_blank());
        Ok(Incident {
            key: IncidentKey::issue(repo, self.number),
            kind,
            title: Text::scrub(self.title.as_str()),
            author: names.login_of(self.user.as_ref()),
            labels: self.labels.iter().flatten().filter_map(Tag::name).map(|name| names.label(name)).collect(),
            assignees: self.assignees.iter().flatten().filter_map(|user| names.login_of(Some(user))).collect(),
            reviewers: Vec::new(),
            milestone: None,
            is_draft: false,
            opened_at: self.created_at.0,
            updated_at,
            closed_at,
            close_reason: is_closed.then(|| self.reason().unwrap_or(CloseReason::Completed)),
            comments: self.comments.map_or(0, |n| u32::try_from(n).unwrap_or(u32::MAX)),
            url: page(self.html_url.as_ref().map(Str::as_str)),
            body: body.map(Box::new),
            timeline: Vec::new(),
            has_timeline: false,
        })
    }

    /// `owner/name`: from its repository's address, else its own (pull requests have no `repository_url`), else its page.
    fn repository(&self) -> Option<String> {
        let after_repos = |url: &Option<Str<'_>>| {
            let (_, path) = url.as_ref()?.as_str().split_once("/repos/")?;
            two_segments(path)
        };
        after_repos(&self.repository_url).or_else(|| after_repos(&self.url)).or_else(|| {
            let (_, after_scheme) = self.html_url.as_ref()?.as_str().split_once("://")?;
            let (_, path) = after_scheme.split_once('/')?;
            two_segments(path)
        })
    }
}

fn two_segments(path: &str) -> Option<String> {
    let mut segments = path.split(['/', '?', '#']);
    let (owner, name) = (segments.next()?, segments.next()?);
    let is_plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    (is_plain(owner) && is_plain(name)).then(|| format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &serde_json::Value) -> Result<Incident, &'static str> {
        let issue = Issue::deserialize(json).expect("the shape of an issue");
        issue.incident(issue.kind(), Some(&Repo::new("fall/back")), &mut Names::default())
    }

    #[test]
    fn the_repository_is_found_wherever_it_is_written() {
        let base = json!({"number": 1, "title": "t", "state": "open", "created_at": "2026-01-01T00:00:00Z"});
        let repo_with = |key: &str, url: &str| {
            let mut item = base.clone();
            item[key] = url.into();
            read(&item).unwrap().key.repo.full().to_owned()
        };
        assert_eq!(repo_with("repository_url", "https://api.github.com/repos/a/b"), "a/b");
        assert_eq!(repo_with("url", "https://ghe.example/api/v3/repos/a/b/pulls/3"), "a/b");
        assert_eq!(repo_with("html_url", "https://github.com/a/b.c/pull/3"), "a/b.c");
        assert_eq!(repo_with("html_url", "https://github.com/a%2F/b"), "fall/back");
    }

    #[test]
    fn a_closed_issue_without_a_time_counts_as_closed_when_last_changed() {
        let item = json!({"number": 1, "title": "t", "state": "closed", "closed_at": null,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z", "state_reason": "not_planned"});
        let incident = read(&item).unwrap();
        assert_eq!(incident.closed_at, Some(incident.updated_at));
        assert_eq!(incident.close_reason, Some(CloseReason::NotPlanned));
    }

    #[test]
    fn an_open_issue_keeps_no_old_closing_time() {
        let item = json!({"number": 1, "title": "t", "state": "open", "closed_at": "2026-01-02T00:00:00Z",
            "created_at": "2026-01-01T00:00:00Z", "state_reason": "reopened"});
        let incident = read(&item).unwrap();
        assert_eq!((incident.closed_at, incident.close_reason), (None, None));
    }
}
