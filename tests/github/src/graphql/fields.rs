//! What each field holds.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    graphql::{
        connection::Connection,
        run::{Held, Run, Thing},
        schema::schema,
    },
    search,
    state::{Alert, CheckRun, Did, Happened, Head, Issue, Repository},
    wire::{instant, stamp},
    world::World,
};

type Arguments = Map<String, Value>;

impl Run<'_> {
    /// What a field of a thing holds.
    pub fn held(&self, thing: &Thing, kind: &str, name: &str, arguments: &Arguments, path: &[Value]) -> Held {
        match thing {
            Thing::Query => self.of_query(name, arguments, path),
            Thing::Repository(place) => self.of_repository(*place, name, arguments, path),
            Thing::Issue(place, issue) => self.of_issue(*place, issue, kind, name, arguments),
            Thing::Plain(value) => self.of_plain(value, name, arguments),
            Thing::Page(_) | Thing::Edge(..) => Held::Value(Value::Null),
        }
    }

    fn of_query(&self, name: &str, arguments: &Arguments, path: &[Value]) -> Held {
        let text = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        match name {
            "viewer" => Held::Value(actor(self.world, Some(&self.world.viewer))),
            "rateLimit" if !self.world.rules.primary => Held::Value(Value::Null),
            "rateLimit" => {
                let (limit, window) = (self.world.rules.graphql_limit, &self.world.limits.graphql);
                Held::Value(json!({"cost": self.cost, "limit": limit, "nodeCount": self.nodes, "used": window.used,
                    "remaining": limit.saturating_sub(window.used), "resetAt": window.reset.map(stamp)}))
            }
            "repository" => {
                let full = format!("{}/{}", text("owner"), text("name"));
                let is_followed = arguments.get("followRenames") != Some(&json!(false));
                let found = self.world.place(&full);
                match found.filter(|place| is_followed || self.world.repos[*place].full().eq_ignore_ascii_case(&full)) {
                    Some(place) => Held::Thing(Thing::Repository(place)),
                    None => missing(path, &format!("Could not resolve to a Repository with the name '{full}'.")),
                }
            }
            "node" => match self.node(text("id")) {
                Some(thing) => Held::Thing(thing),
                None => no_node(path, text("id")),
            },
            "nodes" => {
                let ids = arguments.get("ids").and_then(Value::as_array).cloned().unwrap_or_default();
                let found = |id: &str| {
                    self.node(id).ok_or_else(|| format!("Could not resolve to a node with the global id of '{id}'"))
                };
                Held::Things(ids.iter().map(|id| found(id.as_str().unwrap_or_default())).collect())
            }
            "repositoryOwner" | "organization" | "user" => {
                let login = text("login");
                if self.world.repos.iter().any(|repo| repo.owner.eq_ignore_ascii_case(login)) {
                    Held::Value(owner(self.world, login))
                } else if self.world.people.contains_key(login) && name != "organization" {
                    Held::Value(actor(self.world, Some(login)))
                } else {
                    missing(path, &format!("Could not resolve to an Organization with the login of '{login}'."))
                }
            }
            "search" => {
                let found = search::found(self.world, text("query"), self.as_of);
                Held::Connection(Connection::counted(
                    "SearchResultItem",
                    found.into_iter().map(|(place, issue)| Thing::Issue(place, issue)),
                ))
            }
            "__type" => Held::Value(match schema().fields_of(text("name")) {
                Some(fields) => {
                    let fields: Vec<Value> = fields.iter().map(|name| json!({"name": name})).collect();
                    json!({"name": text("name"), "fields": fields})
                }
                None => Value::Null,
            }),
            _ => Held::Value(Value::Null),
        }
    }

    /// Something by its global name.
    fn node(&self, id: &str) -> Option<Thing> {
        self.world.find_node(id).map(|(place, issue)| match issue {
            Some(issue) => Thing::Issue(place, issue),
            None => Thing::Repository(place),
        })
    }

    fn of_repository(&self, place: usize, name: &str, arguments: &Arguments, path: &[Value]) -> Held {
        let (world, repo) = (self.world, &self.world.repos[place]);
        let number = arguments.get("number").and_then(Value::as_u64);
        let issue = || {
            let issue = number.and_then(|number| repo.issue(number));
            let fits = |issue: &&Arc<Issue>| match name {
                "issue" => issue.pull.is_none(),
                "pullRequest" => issue.pull.is_some(),
                _ => true,
            };
            match issue.filter(fits) {
                Some(issue) => Held::Thing(Thing::Issue(place, Arc::clone(issue))),
                None => {
                    let what = if name == "pullRequest" { "a PullRequest" } else { "an Issue" };
                    missing(path, &format!("Could not resolve to {what} with the number of {}.", number.unwrap_or(0)))
                }
            }
        };
        match name {
            "id" => Held::Value(repo.node.as_str().into()),
            "databaseId" => Held::Value(repo.id.into()),
            "name" => Held::Value(repo.name.as_str().into()),
            "nameWithOwner" => Held::Value(repo.full().into()),
            "owner" => Held::Value(owner(world, &repo.owner)),
            "url" => Held::Value(format!("{}/{}", world.web, repo.full()).into()),
            "isPrivate" => Held::Value(repo.private.into()),
            "isArchived" => Held::Value(repo.archived.into()),
            "isDisabled" | "isFork" => Held::Value(false.into()),
            "hasIssuesEnabled" => Held::Value((!repo.issues_off).into()),
            "hasVulnerabilityAlertsEnabled" => Held::Value(true.into()),
            "viewerPermission" => Held::Value(repo.permission.as_str().into()),
            "viewerCanAdminister" | "viewerCanUpdateTopics" => Held::Value((repo.permission == "ADMIN").into()),
            "issue" | "pullRequest" | "issueOrPullRequest" => issue(),
            "issues" | "pullRequests" => Held::Connection(self.issues(place, name, arguments, &|_| true)),
            "labels" => Held::Connection(Connection::counted(
                "Label",
                repo.labels.iter().map(|it| Thing::Plain(label(world, repo, &it.name))),
            )),
            "label" => {
                let wanted = arguments.get("name").and_then(Value::as_str).unwrap_or_default();
                let known = repo.labels.iter().find(|it| it.name.eq_ignore_ascii_case(wanted));
                Held::Value(known.map_or(Value::Null, |it| label(world, repo, &it.name)))
            }
            "milestones" => {
                let states = words(arguments.get("states"));
                let kept = repo.milestones.iter().filter(|it| states.is_empty() || states.contains(&state_of(it.open)));
                let things = kept.map(|it| Thing::Plain(milestone(world, place, it.number)));
                Held::Connection(Connection::counted("Milestone", things))
            }
            "milestone" => Held::Value(number.map_or(Value::Null, |number| milestone(world, place, number))),
            "releases" => Held::Connection(Connection::counted(
                "Release",
                repo.releases.iter().map(|it| Thing::Plain(release(world, repo, it))),
            )),
            "latestRelease" => {
                let latest = repo.releases.iter().find(|it| !it.draft && !it.prerelease);
                Held::Value(latest.map_or(Value::Null, |it| release(world, repo, it)))
            }
            "ref" => {
                let wanted = arguments.get("qualifiedName").and_then(Value::as_str).unwrap_or_default();
                Held::Value(reference(repo, wanted))
            }
            "defaultBranchRef" => Held::Value(reference(repo, "refs/heads/main")),
            "object" => {
                let wanted = arguments.get("oid").or_else(|| arguments.get("expression")).and_then(Value::as_str);
                let wanted = wanted.unwrap_or_default();
                let by_oid = repo.heads.values().find(|head| head.oid == wanted);
                let found = by_oid.or_else(|| repo.heads.get(wanted));
                Held::Value(found.map_or(Value::Null, commit))
            }
            "assignableUsers" => Held::Connection(Connection::counted(
                "User",
                repo.assignable.iter().map(|login| Thing::Plain(actor(world, Some(login)))),
            )),
            "vulnerabilityAlerts" => {
                let states = words(arguments.get("states"));
                let kept =
                    repo.dependabot.iter().filter(|it| states.is_empty() || states.contains(&it.state.to_uppercase()));
                let things = kept.map(|it| Thing::Plain(alert(it)));
                Held::Connection(Connection::counted("RepositoryVulnerabilityAlert", things))
            }
            _ => Held::Value(Value::Null),
        }
    }

    /// Issues or pull requests of a repository that fit, in the order asked for.
    fn issues(&self, place: usize, name: &str, arguments: &Arguments, fits: &dyn Fn(&Issue) -> bool) -> Connection {
        let are_pulls = name == "pullRequests";
        let empty = Map::new();
        let filter = arguments.get("filterBy").and_then(Value::as_object).unwrap_or(&empty);
        let mut states = words(arguments.get("states"));
        states.extend(words(filter.get("states")));
        let mut labels = words(arguments.get("labels"));
        labels.extend(words(filter.get("labels")));
        let since = filter.get("since").and_then(Value::as_str).and_then(instant);
        let order = arguments.get("orderBy").and_then(Value::as_object).unwrap_or(&empty);
        let is_descending = order.get("direction") == Some(&json!("DESC"));
        let key = |issue: &Issue| match order.get("field").and_then(Value::as_str) {
            Some("UPDATED_AT") => (issue.updated_at.timestamp(), issue.id),
            Some("COMMENTS") => (issue.comments() as i64, issue.id),
            _ => (issue.created_at.timestamp(), issue.id),
        };
        let is_merged = |issue: &Issue| issue.pull.as_ref().is_some_and(|pull| pull.merged_at.is_some());
        let state = |issue: &Issue| if is_merged(issue) { "MERGED".to_owned() } else { state_of(issue.open) };
        let mut items: Vec<_> = self.world.repos[place]
            .listed(self.as_of)
            .filter(|issue| issue.pull.is_some() == are_pulls && since.is_none_or(|since| issue.updated_at >= since))
            .filter(|issue| states.is_empty() || states.contains(&state(issue)))
            .filter(|issue| {
                labels.is_empty() || labels.iter().any(|one| issue.labels.iter().any(|on| on.eq_ignore_ascii_case(one)))
            })
            .filter(|issue| fits(issue))
            .map(|issue| (key(issue), Thing::Issue(place, Arc::clone(issue))))
            .collect();
        items.sort_by_key(|(key, _)| *key);
        if is_descending {
            items.reverse();
        }
        let of = if are_pulls { "PullRequest" } else { "Issue" };
        Connection { of: of.to_owned(), items, is_descending }
    }

    fn of_issue(&self, place: usize, issue: &Issue, kind: &str, name: &str, arguments: &Arguments) -> Held {
        let (world, repo) = (self.world, &self.world.repos[place]);
        let part = if issue.pull.is_some() { "pull" } else { "issues" };
        let page = format!("/{}/{part}/{}", repo.full(), issue.number);
        let pull = issue.pull.as_ref();
        let counted = |of: &str, things: Vec<Value>| {
            Held::Connection(Connection::counted(of, things.into_iter().map(Thing::Plain)))
        };
        Held::Value(match name {
            "id" => issue.node.as_str().into(),
            "databaseId" => (issue.id & 0x7fff_ffff).into(),
            "fullDatabaseId" => issue.id.to_string().into(),
            "number" => issue.number.into(),
            "title" => issue.title.as_str().into(),
            "body" | "bodyText" => issue.body.as_str().into(),
            "url" => format!("{}{page}", world.web).into(),
            "resourcePath" => page.into(),
            "state" if pull.is_some_and(|pull| pull.merged_at.is_some()) => "MERGED".into(),
            "state" => state_of(issue.open).into(),
            "stateReason" => reason(issue.reason.as_deref(), arguments),
            "closed" => (!issue.open).into(),
            "locked" | "viewerDidAuthor" => (name == "viewerDidAuthor" && issue.author.as_ref() == Some(&world.viewer)).into(),
            "viewerCanUpdate" => (repo.may_triage() || issue.author.as_ref() == Some(&world.viewer)).into(),
            "createdAt" | "publishedAt" => stamp(issue.created_at).into(),
            "updatedAt" => stamp(issue.updated_at).into(),
            "closedAt" => json!(issue.closed_at.map(stamp)),
            "author" => actor(world, issue.author.as_deref()),
            "authorAssociation" => world.association(issue.author.as_deref()).into(),
            "milestone" => issue.milestone.map_or(Value::Null, |number| milestone(world, place, number)),
            "repository" => return Held::Thing(Thing::Repository(place)),
            "assignees" => {
                return counted("User", issue.assignees.iter().map(|login| actor(world, Some(login))).collect());
            }
            "labels" => return counted("Label", issue.labels.iter().map(|name| label(world, repo, name)).collect()),
            "comments" => {
                let comments = issue.events.iter().filter(|it| matches!(it.did, Did::Commented(_)));
                return counted("IssueComment", comments.map(|it| event(world, &page, it)).collect());
            }
            "reviews" | "latestReviews" => {
                let mut reviews: Vec<&Happened> =
                    issue.events.iter().filter(|it| matches!(it.did, Did::Reviewed(..))).collect();
                if name == "latestReviews" {
                    let is_last = |it: &&Happened| !issue.events.iter().any(|other| {
                        matches!(other.did, Did::Reviewed(..)) && other.by == it.by && other.id > it.id
                    });
                    reviews.retain(is_last);
                }
                return counted("PullRequestReview", reviews.iter().map(|it| event(world, &page, it)).collect());
            }
            "reviewRequests" => return counted("ReviewRequest", pull.map_or(Vec::new(), |pull| {
                let people = pull.reviewers.iter().map(|login| actor(world, Some(login)));
                let teams = pull.teams.iter().map(|slug| json!({"__typename": "Team", "id": format!("T_{slug}"), "name": slug,
                    "slug": slug, "combinedSlug": format!("{}/{slug}", repo.owner), "organization": owner(world, &repo.owner)}));
                people.chain(teams).enumerate()
                    .map(|(i, who)| json!({"id": format!("RR_{}_{i}", issue.id), "asCodeOwner": false, "requestedReviewer": who}))
                    .collect()
            })),
            "timelineItems" => return Held::Connection(self.timeline(issue, kind, &page, arguments)),
            "isDraft" => pull.is_some_and(|pull| pull.draft).into(),
            "merged" => pull.is_some_and(|pull| pull.merged_at.is_some()).into(),
            "mergedAt" => json!(pull.and_then(|pull| pull.merged_at).map(stamp)),
            "reviewDecision" => decision(issue),
            "baseRefName" => "main".into(),
            "headRefName" => format!("topic-{}", issue.number).into(),
            "headRefOid" => pull.map_or("", |pull| pull.head.as_str()).into(),
            "statusCheckRollup" => {
                let head = pull.and_then(|pull| repo.heads.values().find(|head| head.oid == pull.head));
                head.map_or(Value::Null, rollup)
            }
            _ => Value::Null,
        })
    }

    fn timeline(&self, issue: &Issue, kind: &str, page: &str, arguments: &Arguments) -> Connection {
        let types = words(arguments.get("itemTypes"));
        let since = arguments.get("since").and_then(Value::as_str).and_then(instant);
        let skipped = arguments.get("skip").and_then(Value::as_u64).unwrap_or(0) as usize;
        let of = format!("{kind}TimelineItems");
        let kept = issue
            .events
            .iter()
            .filter(|it| since.is_none_or(|since| it.at >= since))
            .filter(|it| types.is_empty() || types.iter().any(|wanted| wanted == item_type(&it.did)));
        let items: Vec<_> = kept
            .skip(skipped)
            .map(|it| ((it.at.timestamp(), it.id), Thing::Plain(event(self.world, page, it))))
            .collect();
        Connection { of, items, is_descending: false }
    }

    /// A field of something told as it stands; lists that are not told in it are found by where it belongs.
    fn of_plain(&self, value: &Value, name: &str, arguments: &Arguments) -> Held {
        let place = value.get("_place").and_then(Value::as_u64).map(|place| place as usize);
        match (name, place) {
            ("issues" | "pullRequests", Some(place)) => {
                let (number, label) =
                    (value.get("number").and_then(Value::as_u64), value.get("name").and_then(Value::as_str));
                let fits = |issue: &Issue| match label {
                    Some(label) => issue.labels.iter().any(|on| on == label),
                    None => issue.milestone.is_some() && issue.milestone == number,
                };
                Held::Connection(self.issues(place, name, arguments, &fits))
            }
            ("repositories", _) => {
                let login = value.get("login").and_then(Value::as_str).unwrap_or_default();
                let archived = arguments.get("isArchived").and_then(Value::as_bool);
                let mut all: Vec<(String, usize)> = self
                    .world
                    .repos
                    .iter()
                    .enumerate()
                    .filter(|(_, repo)| repo.owner.eq_ignore_ascii_case(login) && !repo.deleted)
                    .filter(|(_, repo)| archived.is_none_or(|wanted| repo.archived == wanted))
                    .map(|(place, repo)| (repo.name.clone(), place))
                    .collect();
                all.sort();
                Held::Connection(Connection::counted(
                    "Repository",
                    all.into_iter().map(|(_, place)| Thing::Repository(place)),
                ))
            }
            ("organizations", _) => {
                let mut owners: Vec<&str> = self.world.repos.iter().map(|repo| repo.owner.as_str()).collect();
                owners.sort_unstable();
                owners.dedup();
                let things = owners.iter().map(|login| Thing::Plain(owner(self.world, login)));
                Held::Connection(Connection::counted("Organization", things))
            }
            // Of a closing, a duplicate is told as such.
            ("stateReason", _) => Held::Value(json!(value.get(name).and_then(Value::as_str).map(str::to_uppercase))),
            _ => Held::Value(value.get(name).cloned().unwrap_or(Value::Null)),
        }
    }
}

fn missing(path: &[Value], message: &str) -> Held {
    Held::Missing(
        json!({"type": "NOT_FOUND", "path": path, "locations": [{"line": 1, "column": 1}], "message": message}),
    )
}

fn no_node(path: &[Value], id: &str) -> Held {
    missing(path, &format!("Could not resolve to a node with the global id of '{id}'"))
}

fn words(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

fn state_of(open: bool) -> String {
    if open { "OPEN" } else { "CLOSED" }.to_owned()
}

/// A duplicate is told as such only to those who ask for it.
fn reason(reason: Option<&str>, arguments: &Arguments) -> Value {
    match reason {
        Some("duplicate") if arguments.get("enableDuplicate") != Some(&json!(true)) => "NOT_PLANNED".into(),
        Some(reason) => reason.to_uppercase().into(),
        None => Value::Null,
    }
}

/// An account, without the ending that REST gives apps.
fn actor(world: &World, login: Option<&str>) -> Value {
    let Some(login) = login else { return Value::Null };
    let known = world.people.get(login);
    let bare = login.trim_end_matches("[bot]");
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    let id = known.map_or(0, |person| person.id);
    json!({"__typename": kind, "id": format!("U_{id}"), "databaseId": id & 0x7fff_ffff, "login": bare, "name": null,
        "url": format!("{}/{bare}", world.web), "avatarUrl": format!("{}/avatars/{id}", world.web),
        "resourcePath": format!("/{bare}"), "isViewer": login == world.viewer})
}

fn owner(world: &World, login: &str) -> Value {
    json!({"__typename": "Organization", "id": format!("O_{login}"), "login": login, "name": login,
        "url": format!("{}/{login}", world.web), "avatarUrl": format!("{}/avatars/{login}", world.web),
        "resourcePath": format!("/{login}")})
}

fn label(world: &World, repo: &Repository, name: &str) -> Value {
    let known = repo.labels.iter().find(|it| it.name == name);
    let place = world.place(&repo.full());
    json!({"__typename": "Label", "id": known.map_or(String::new(), |it| format!("LA_{}", it.id)), "name": name,
        "color": known.map_or("ededed", |it| it.color.as_str()), "description": null, "isDefault": false, "_place": place,
        "url": format!("{}/{}/labels/{}", world.web, repo.full(), crate::rest::encoded(name))})
}

fn milestone(world: &World, place: usize, number: u64) -> Value {
    let repo = &world.repos[place];
    let Some(it) = repo.milestones.iter().find(|it| it.number == number) else { return Value::Null };
    let within: Vec<bool> = repo
        .issues
        .values()
        .filter_map(|slot| slot.now.as_ref())
        .filter(|issue| issue.milestone == Some(number))
        .map(|issue| issue.open)
        .collect();
    let n_closed = within.iter().filter(|open| !**open).count();
    let progress = if within.is_empty() { 0.0 } else { 100.0 * n_closed as f64 / within.len() as f64 };
    json!({"__typename": "Milestone", "id": format!("MI_{}", it.id), "number": it.number, "title": it.title,
        "dueOn": it.due_on.map(stamp), "state": state_of(it.open), "closed": !it.open, "progressPercentage": progress,
        "url": format!("{}/{}/milestone/{}", world.web, repo.full(), it.number), "_place": place})
}

fn release(world: &World, repo: &Repository, it: &crate::state::Release) -> Value {
    let latest = repo.releases.iter().find(|it| !it.draft && !it.prerelease).map(|it| it.id);
    json!({"__typename": "Release", "id": format!("RE_{}", it.id), "name": it.name, "tagName": it.tag, "isDraft": it.draft,
        "isPrerelease": it.prerelease, "isLatest": latest == Some(it.id), "publishedAt": it.published_at.map(stamp),
        "createdAt": it.published_at.map(stamp),
        "url": format!("{}/{}/releases/tag/{}", world.web, repo.full(), it.tag)})
}

fn reference(repo: &Repository, wanted: &str) -> Value {
    let short = wanted.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
    let prefix = if wanted.starts_with("refs/tags/") { "refs/tags/" } else { "refs/heads/" };
    repo.heads.get(short).map_or(Value::Null, |head| {
        json!({"__typename": "Ref", "id": format!("REF_{}", head.oid), "name": short, "prefix": prefix, "target": commit(head)})
    })
}

fn commit(head: &Head) -> Value {
    json!({"__typename": "Commit", "id": format!("C_{}", head.oid), "oid": head.oid, "statusCheckRollup": rollup(head)})
}

fn rollup(head: &Head) -> Value {
    if head.runs.is_empty() && head.statuses.is_empty() {
        return Value::Null;
    }
    let runs = head.runs.iter().map(check_run);
    let statuses = head.statuses.iter().map(|it| {
        json!({"__typename": "StatusContext", "id": format!("SC_{}", it.id), "context": it.context,
            "state": it.state.to_uppercase(), "createdAt": stamp(it.at), "description": null, "targetUrl": null, "isRequired": false})
    });
    let bad = ["failure", "timed_out", "cancelled", "action_required", "startup_failure"];
    let has_failed = head.runs.iter().any(|run| run.conclusion.as_deref().is_some_and(|c| bad.contains(&c)))
        || head.statuses.iter().any(|it| it.state == "failure" || it.state == "error");
    let is_pending =
        head.runs.iter().any(|run| run.status != "completed") || head.statuses.iter().any(|it| it.state == "pending");
    let state = if has_failed {
        "FAILURE"
    } else if is_pending {
        "PENDING"
    } else {
        "SUCCESS"
    };
    json!({"__typename": "StatusCheckRollup", "id": format!("SCR_{}", head.oid), "state": state,
        "contexts": runs.chain(statuses).collect::<Vec<_>>()})
}

fn check_run(it: &CheckRun) -> Value {
    json!({"__typename": "CheckRun", "id": format!("CR_{}", it.id), "name": it.name, "status": it.status.to_uppercase(),
        "conclusion": it.conclusion.as_ref().map(|c| c.to_uppercase()), "startedAt": stamp(it.started_at), "isRequired": false,
        "completedAt": (it.status == "completed").then(|| stamp(it.started_at)), "detailsUrl": null,
        "checkSuite": {"id": format!("CS_{}", it.id), "app": {"id": "A_1", "name": it.app, "slug": it.app}}})
}

fn alert(it: &Alert) -> Value {
    let severity = match it.severity.as_deref() {
        Some("medium") | None => "MODERATE".to_owned(),
        Some(other) => other.to_uppercase(),
    };
    json!({"__typename": "RepositoryVulnerabilityAlert", "id": format!("RVA_{}", it.number), "number": it.number,
        "state": it.state.to_uppercase(), "createdAt": stamp(it.created_at), "vulnerableManifestPath": "Cargo.lock",
        "securityAdvisory": {"id": it.ghsa, "ghsaId": it.ghsa, "summary": it.summary, "description": it.summary,
            "severity": severity, "publishedAt": stamp(it.created_at)},
        "securityVulnerability": {"severity": severity, "package": {"ecosystem": "RUST", "name": it.what},
            "firstPatchedVersion": {"identifier": "2.0.0"}, "vulnerableVersionRange": "< 2.0.0", "updatedAt": stamp(it.updated_at)}})
}

/// The last review of each who approved or asked for changes decides.
fn decision(issue: &Issue) -> Value {
    let mut last: std::collections::BTreeMap<&str, &str> = std::collections::BTreeMap::new();
    for event in &issue.events {
        if let (Did::Reviewed(state, _), Some(by)) = (&event.did, &event.by)
            && state != "commented"
        {
            last.insert(by, state);
        }
    }
    match () {
        () if last.values().any(|state| *state == "changes_requested") => "CHANGES_REQUESTED".into(),
        () if last.values().any(|state| *state == "approved") => "APPROVED".into(),
        () => "REVIEW_REQUIRED".into(),
    }
}

/// The type of a timeline's item, as queries name it.
fn item_type(did: &Did) -> &'static str {
    match did {
        Did::Labeled(_) => "LABELED_EVENT",
        Did::Unlabeled(_) => "UNLABELED_EVENT",
        Did::Assigned(_) => "ASSIGNED_EVENT",
        Did::Unassigned(_) => "UNASSIGNED_EVENT",
        Did::Milestoned(_) => "MILESTONED_EVENT",
        Did::Demilestoned(_) => "DEMILESTONED_EVENT",
        Did::Commented(_) => "ISSUE_COMMENT",
        Did::Closed(_) => "CLOSED_EVENT",
        Did::Reopened => "REOPENED_EVENT",
        Did::Renamed(..) => "RENAMED_TITLE_EVENT",
        Did::Transferred(_) => "TRANSFERRED_EVENT",
        Did::Reviewed(..) => "PULL_REQUEST_REVIEW",
        Did::ReviewRequested(_) => "REVIEW_REQUESTED_EVENT",
        Did::Merged => "MERGED_EVENT",
        Did::Referenced => "CROSS_REFERENCED_EVENT",
        Did::Subscribed => "SUBSCRIBED_EVENT",
    }
}

fn event(world: &World, page: &str, it: &Happened) -> Value {
    let by = actor(world, it.by.as_deref());
    let at = stamp(it.at);
    let named = |kind: &str, more: Value| {
        let mut told = json!({"__typename": kind, "id": format!("{kind}_{}", it.id), "actor": by, "createdAt": at});
        if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
            told.extend(more);
        }
        told
    };
    let spoken = |kind: &str, text: &str, more: Value| {
        let association = world.association(it.by.as_deref());
        let mut told = named(
            kind,
            json!({"author": by, "authorAssociation": association, "body": text, "bodyText": text,
            "updatedAt": at, "fullDatabaseId": it.id.to_string(), "databaseId": it.id & 0x7fff_ffff, "isMinimized": false,
            "url": format!("{}{page}#{}", world.web, it.id)}),
        );
        if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
            told.extend(more);
        }
        told
    };
    let marked = |name: &str| json!({"label": {"__typename": "Label", "id": "", "name": name, "color": "ededed", "isDefault": false}});
    match &it.did {
        Did::Labeled(name) => named("LabeledEvent", marked(name)),
        Did::Unlabeled(name) => named("UnlabeledEvent", marked(name)),
        Did::Assigned(login) => named("AssignedEvent", json!({"assignee": actor(world, Some(login))})),
        Did::Unassigned(login) => named("UnassignedEvent", json!({"assignee": actor(world, Some(login))})),
        Did::Milestoned(title) => named("MilestonedEvent", json!({"milestoneTitle": title})),
        Did::Demilestoned(title) => named("DemilestonedEvent", json!({"milestoneTitle": title})),
        Did::Commented(text) => spoken("IssueComment", text, Value::Null),
        Did::Closed(reason) => {
            named("ClosedEvent", json!({"stateReason": reason, "url": format!("{}{page}", world.web)}))
        }
        Did::Reopened => named("ReopenedEvent", json!({"stateReason": "reopened"})),
        Did::Renamed(from, to) => named("RenamedTitleEvent", json!({"previousTitle": from, "currentTitle": to})),
        Did::Transferred(_) => named("TransferredEvent", json!({"fromRepository": null})),
        Did::Reviewed(state, text) => {
            spoken("PullRequestReview", text, json!({"state": state.to_uppercase(), "submittedAt": at}))
        }
        Did::ReviewRequested(login) => {
            named("ReviewRequestedEvent", json!({"requestedReviewer": actor(world, Some(login))}))
        }
        Did::Merged => named("MergedEvent", json!({"mergeRefName": "main", "url": format!("{}{page}", world.web)})),
        Did::Referenced => named("CrossReferencedEvent", json!({"isCrossRepository": false, "url": world.web})),
        Did::Subscribed => named("SubscribedEvent", Value::Null),
    }
}

impl World {
    /// A repository, or an issue with its repository, by its global name.
    pub fn find_node(&self, id: &str) -> Option<(usize, Option<Arc<Issue>>)> {
        if id.starts_with("R_") {
            return self.repos.iter().position(|repo| repo.node == id && !repo.deleted).map(|place| (place, None));
        }
        let (place, number) = self.nodes.get(id)?;
        let issue = self.repos[*place].issue(*number).filter(|issue| issue.node == id)?;
        Some((*place, Some(Arc::clone(issue))))
    }
}
