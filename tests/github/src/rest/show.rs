//! How things are written in REST.

use serde_json::{Value, json};

use crate::{
    rest::encoded,
    state::{Alert, CheckRun, Did, Happened, Issue, Label, Milestone, Release, Repository, Status},
    wire::stamp,
    world::World,
};

/// An account; null where it was deleted.
pub fn actor(world: &World, login: Option<&str>) -> Value {
    login.map_or(Value::Null, |login| user(world, login))
}

/// An account.
pub fn user(world: &World, login: &str) -> Value {
    let known = world.people.get(login);
    let id = known.map_or(0, |person| person.id);
    let kind = if known.is_some_and(crate::state::Person::is_bot) { "Bot" } else { "User" };
    let api = format!("{}/users/{}", world.api, encoded(login));
    json!({"login": login, "id": id, "node_id": format!("U_{id}"), "avatar_url": format!("{}/avatars/{id}", world.web),
        "gravatar_id": "", "url": api, "html_url": format!("{}/{login}", world.web),
        "events_url": format!("{api}/events{{/privacy}}"), "type": kind, "site_admin": false})
}

/// A label.
pub fn label(world: &World, repo: &Repository, label: &Label) -> Value {
    let url = format!("{}/repos/{}/labels/{}", world.api, repo.full(), encoded(&label.name));
    json!({"id": label.id, "node_id": format!("LA_{}", label.id), "url": url, "name": label.name, "color": label.color,
        "default": false, "description": null})
}

/// A milestone.
pub fn milestone(world: &World, repo: &Repository, it: &Milestone) -> Value {
    let url = format!("{}/repos/{}/milestones/{}", world.api, repo.full(), it.number);
    let with = |open: bool| {
        repo.issues
            .values()
            .filter_map(|slot| slot.now.as_ref())
            .filter(|issue| issue.milestone == Some(it.number) && issue.open == open)
            .count()
    };
    json!({"url": url, "id": it.id, "node_id": format!("MI_{}", it.id), "number": it.number, "title": it.title,
        "description": null, "state": if it.open { "open" } else { "closed" }, "open_issues": with(true),
        "closed_issues": with(false), "due_on": it.due_on.map(stamp)})
}

/// An issue or pull request, as the issue lists show it.
pub fn issue(world: &World, repo: &Repository, it: &Issue) -> Value {
    let full = repo.full();
    let url = format!("{}/repos/{full}/issues/{}", world.api, it.number);
    let kind = if it.pull.is_some() { "pull" } else { "issues" };
    let html = format!("{}/{full}/{kind}/{}", world.web, it.number);
    let labels: Vec<Value> = it
        .labels
        .iter()
        .filter_map(|name| repo.labels.iter().find(|label| label.name == *name))
        .map(|known| label(world, repo, known))
        .collect();
    let assignees: Vec<Value> = it.assignees.iter().map(|login| user(world, login)).collect();
    let known = it.milestone.and_then(|number| repo.milestones.iter().find(|m| m.number == number));
    let mut shown = json!({
        "url": url, "repository_url": format!("{}/repos/{full}", world.api),
        "labels_url": format!("{url}/labels{{/name}}"), "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"), "html_url": html, "id": it.id, "node_id": it.node, "number": it.number,
        "title": it.title, "user": actor(world, it.author.as_deref()), "labels": labels,
        "state": if it.open { "open" } else { "closed" }, "locked": false, "assignee": assignees.first(),
        "assignees": assignees, "milestone": known.map(|known| milestone(world, repo, known)), "comments": it.comments(),
        "created_at": stamp(it.created_at), "updated_at": stamp(it.updated_at), "closed_at": it.closed_at.map(stamp),
        "author_association": world.association(it.author.as_deref()), "active_lock_reason": null, "type": null,
        "sub_issues_summary": {"total": 0, "completed": 0, "percent_completed": 0}, "body": it.body,
        "reactions": {"url": format!("{url}/reactions"), "total_count": 0}, "timeline_url": format!("{url}/timeline"),
        "performed_via_github_app": null, "state_reason": it.reason,
    });
    if let Some(pull) = &it.pull {
        shown["draft"] = pull.draft.into();
        shown["pull_request"] = json!({"url": format!("{}/repos/{full}/pulls/{}", world.api, it.number), "html_url": html,
            "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"), "merged_at": pull.merged_at.map(stamp)});
    }
    shown
}

/// A pull request, as the pull request lists show it.
pub fn pull(world: &World, repo: &Repository, it: &Issue) -> Value {
    let mut shown = issue(world, repo, it);
    let Some(pull) = &it.pull else { return shown };
    let full = repo.full();
    shown["url"] = format!("{}/repos/{full}/pulls/{}", world.api, it.number).into();
    shown["issue_url"] = format!("{}/repos/{full}/issues/{}", world.api, it.number).into();
    let people: Vec<Value> = pull.reviewers.iter().map(|login| user(world, login)).collect();
    let teams: Vec<Value> = pull.teams.iter().map(|slug| json!({"slug": slug, "name": slug})).collect();
    shown["requested_reviewers"] = people.into();
    shown["requested_teams"] = teams.into();
    shown["merged_at"] = json!(pull.merged_at.map(stamp));
    shown["head"] = json!({"ref": format!("topic-{}", it.number), "sha": pull.head});
    shown["base"] = json!({"ref": "main"});
    if let Some(fields) = shown.as_object_mut() {
        for other in ["pull_request", "repository_url", "comments", "state_reason", "timeline_url", "type"] {
            fields.remove(other);
        }
    }
    shown
}

/// A comment.
pub fn comment(world: &World, repo: &Repository, number: u64, it: &Happened, text: &str) -> Value {
    let full = repo.full();
    json!({"url": format!("{}/repos/{full}/issues/comments/{}", world.api, it.id),
        "html_url": format!("{}/{full}/issues/{number}#issuecomment-{}", world.web, it.id),
        "issue_url": format!("{}/repos/{full}/issues/{number}", world.api), "id": it.id, "node_id": format!("IC_{}", it.id),
        "user": actor(world, it.by.as_deref()), "created_at": stamp(it.at), "updated_at": stamp(it.at),
        "author_association": world.association(it.by.as_deref()), "body": text, "performed_via_github_app": null})
}

/// The name of an event in REST.
pub fn event_name(did: &Did) -> &'static str {
    match did {
        Did::Labeled(_) => "labeled",
        Did::Unlabeled(_) => "unlabeled",
        Did::Assigned(_) => "assigned",
        Did::Unassigned(_) => "unassigned",
        Did::Milestoned(_) => "milestoned",
        Did::Demilestoned(_) => "demilestoned",
        Did::Commented(_) => "commented",
        Did::Closed(_) => "closed",
        Did::Reopened => "reopened",
        Did::Renamed(..) => "renamed",
        Did::Transferred(_) => "transferred",
        Did::Reviewed(..) => "reviewed",
        Did::ReviewRequested(_) => "review_requested",
        Did::Merged => "merged",
        Did::Referenced => "cross-referenced",
        Did::Subscribed => "subscribed",
    }
}

/// An entry of the timeline, or, with `in_list`, of the repository's events.
pub fn event(world: &World, repo: &Repository, number: u64, it: &Happened, in_list: bool) -> Value {
    let full = repo.full();
    let by = actor(world, it.by.as_deref());
    if let Did::Commented(text) = &it.did {
        let mut shown = comment(world, repo, number, it, text);
        shown["event"] = "commented".into();
        shown["actor"] = by;
        return shown;
    }
    if let Did::Reviewed(state, text) = &it.did {
        return json!({"id": it.id, "node_id": format!("PRR_{}", it.id), "user": by, "body": text, "state": state,
            "submitted_at": stamp(it.at), "author_association": world.association(it.by.as_deref()), "event": "reviewed",
            "html_url": format!("{}/{full}/pull/{number}#pullrequestreview-{}", world.web, it.id)});
    }
    let mut shown = json!({"id": it.id, "node_id": format!("EV_{}", it.id), "event": event_name(&it.did), "actor": by,
        "url": format!("{}/repos/{full}/issues/events/{}", world.api, it.id), "commit_id": null, "commit_url": null,
        "created_at": stamp(it.at), "performed_via_github_app": null});
    match &it.did {
        Did::Labeled(name) | Did::Unlabeled(name) => shown["label"] = json!({"name": name, "color": "ededed"}),
        Did::Assigned(login) | Did::Unassigned(login) => {
            // The actor is the one who was assigned; who did it is told in the events only.
            shown["actor"] = user(world, login);
            shown["assignee"] = user(world, login);
            if in_list {
                shown["assigner"] = actor(world, it.by.as_deref());
            }
        }
        Did::Milestoned(title) | Did::Demilestoned(title) => shown["milestone"] = json!({"title": title}),
        Did::Closed(reason) => shown["state_reason"] = json!(reason),
        Did::Renamed(from, to) => shown["rename"] = json!({"from": from, "to": to}),
        Did::ReviewRequested(login) => {
            shown["review_requester"] = actor(world, it.by.as_deref());
            shown["requested_reviewer"] = user(world, login);
        }
        _ => {}
    }
    shown
}

/// A repository.
pub fn repository(world: &World, it: &Repository) -> Value {
    let full = it.full();
    let open = it.issues.values().filter_map(|slot| slot.now.as_ref()).filter(|issue| issue.open).count();
    let rank =
        ["READ", "TRIAGE", "WRITE", "MAINTAIN", "ADMIN"].iter().position(|may| *may == it.permission).unwrap_or(0);
    json!({"id": it.id, "node_id": it.node, "name": it.name, "full_name": full, "private": it.private,
        "owner": {"login": it.owner, "type": "Organization"}, "html_url": format!("{}/{full}", world.web),
        "description": null, "fork": false, "url": format!("{}/repos/{full}", world.api), "archived": it.archived,
        "disabled": false, "has_issues": !it.issues_off, "open_issues_count": open, "default_branch": "main",
        "visibility": if it.private { "private" } else { "public" },
        "permissions": {"admin": rank >= 4, "maintain": rank >= 3, "push": rank >= 2, "triage": rank >= 1, "pull": true}})
}

/// A check run.
pub fn check_run(it: &CheckRun, oid: &str) -> Value {
    let done = (it.status == "completed").then(|| stamp(it.started_at));
    json!({"id": it.id, "name": it.name, "head_sha": oid, "status": it.status, "conclusion": it.conclusion,
        "started_at": stamp(it.started_at), "completed_at": done, "app": {"slug": it.app, "id": 15368, "name": it.app}})
}

/// A commit status.
pub fn status(it: &Status) -> Value {
    json!({"id": it.id, "context": it.context, "state": it.state, "description": null, "target_url": null,
        "created_at": stamp(it.at), "updated_at": stamp(it.at)})
}

/// A release.
pub fn release(world: &World, repo: &Repository, it: &Release) -> Value {
    json!({"id": it.id, "tag_name": it.tag, "name": it.name, "draft": it.draft, "prerelease": it.prerelease,
        "published_at": it.published_at.map(stamp), "created_at": it.published_at.map(stamp),
        "html_url": format!("{}/{}/releases/tag/{}", world.web, repo.full(), it.tag)})
}

/// A Dependabot alert.
pub fn dependabot(world: &World, repo: &Repository, it: &Alert) -> Value {
    let full = repo.full();
    let severity = it.severity.as_deref().unwrap_or("medium");
    json!({"number": it.number, "state": it.state,
        "dependency": {"package": {"ecosystem": "cargo", "name": it.what}, "manifest_path": "Cargo.lock", "scope": "runtime"},
        "security_advisory": {"ghsa_id": it.ghsa, "cve_id": null, "summary": it.summary, "severity": severity},
        "security_vulnerability": {"package": {"ecosystem": "cargo", "name": it.what}, "severity": severity,
            "vulnerable_version_range": "< 2.0.0", "first_patched_version": {"identifier": "2.0.0"}},
        "url": format!("{}/repos/{full}/dependabot/alerts/{}", world.api, it.number),
        "html_url": format!("{}/{full}/security/dependabot/{}", world.web, it.number),
        "created_at": stamp(it.created_at), "updated_at": stamp(it.updated_at), "dismissed_at": null, "fixed_at": null})
}

/// A code scanning alert.
pub fn scanning(world: &World, repo: &Repository, it: &Alert) -> Value {
    let full = repo.full();
    json!({"number": it.number, "state": it.state, "created_at": stamp(it.created_at), "updated_at": stamp(it.updated_at),
        "url": format!("{}/repos/{full}/code-scanning/alerts/{}", world.api, it.number),
        "html_url": format!("{}/{full}/security/code-scanning/{}", world.web, it.number),
        "rule": {"id": it.what, "severity": "error", "security_severity_level": it.severity, "description": it.summary},
        "tool": {"name": "CodeQL"}, "most_recent_instance": {"ref": "refs/heads/main", "state": it.state}})
}

/// A repository advisory.
pub fn advisory(world: &World, repo: &Repository, it: &Alert) -> Value {
    json!({"ghsa_id": it.ghsa, "cve_id": null, "summary": it.summary, "description": it.summary, "severity": it.severity,
        "state": it.state, "created_at": stamp(it.created_at), "updated_at": stamp(it.updated_at), "closed_at": null,
        "published_at": (it.state == "published").then(|| stamp(it.created_at)),
        "html_url": format!("{}/{}/security/advisories/{}", world.web, repo.full(), it.ghsa)})
}
