//! Lists by REST: the cheapest way to watch one repository, and the only one where GraphQL is refused.
//!
//! A list that is unchanged since its entity tag was given costs nothing.

use serde::Deserialize;
use serde_json::Value;

use super::{walk::Paged, *};
use crate::{
    domain::incident::Repo,
    source::github::{ask, issues_of, limit::host_time, records, redirected, refusal, sendable, without_credentials},
};

/// Repositories whose lists are asked for in one round, where GraphQL is refused.
const AT_ONCE: usize = 20;

const INFO_EVERY: TimeDelta = TimeDelta::minutes(10);
const LATELY: TimeDelta = TimeDelta::minutes(15);

#[derive(Deserialize)]
struct Info {
    id: Option<u64>,
    node_id: Option<String>,
    full_name: String,
    #[serde(default)]
    archived: bool,
    has_issues: Option<bool>,
    open_issues_count: Option<usize>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<u64>,
    node_id: Option<String>,
    name: String,
}

impl Watch {
    /// One repository, and GraphQL for what changed: its list costs nothing while it is unchanged.
    pub(super) fn plan_conditional(&mut self, now: DateTime<Utc>) {
        let with_pulls = self.plan.with_pull_requests;
        let Some(place) = self.places.first_mut() else { return };
        self.lists.push_back((0, List::Changes, None));
        let is_over = |last: Option<DateTime<Utc>>, every| last.is_none_or(|at| between(at, now) >= every);
        if is_over(place.labels_at, INFO_EVERY) {
            place.labels_at = Some(now);
            self.lists.push_back((0, List::Info, None));
            self.lists.push_back((0, List::Labels, None));
        }
        let has_plans_due = is_over(place.plans_at, super::plans::PLANS_EVERY);
        // Where more changes than one page holds, replicas that come late are looked for behind it.
        let lately = |seen: &&Seen| between(seen.updated_at, now) < LATELY;
        let is_busy = place.copy.values().filter(lately).take(101).count() > 100;
        let is_wide = is_busy && is_over(place.wide_at, LATELY);
        let is_counted = place.n_differing > 0 || place.counted_at.is_none();
        if is_wide || is_counted || place.sweep != super::super::place::Sweep::None {
            place.probed_at = Some(now);
            let mut part = Part::of(&place.name);
            if is_wide {
                place.wide_at = Some(now);
                let at = minus(place.since.unwrap_or(now), LATELY);
                part.issues = Some(crate::source::github::graphql::probe::Since { at, first: 100, after: None });
                part.pulls = with_pulls.then_some((10, None));
            }
            part.with_count = place.issues == Cold::Done;
            self.add_sweep(0, &mut part);
            if part.lists() > 0 {
                self.probes.push_back((0, part));
            }
        }
        if has_plans_due {
            self.plan_plans(0, now);
        }
    }

    /// GraphQL is refused: the lists of the repositories that are due, the lively first.
    pub(super) fn plan_lists(&mut self, now: DateTime<Utc>) {
        let with_pulls = self.plan.with_pull_requests;
        let mut due: Vec<usize> = (0..self.places.len()).collect();
        due.retain(|at| self.places.get(*at).is_some_and(|place| place.standing != Standing::Dropped));
        due.sort_by_key(|at| {
            let place = self.places.get(*at);
            let probed_at = place.and_then(|place| place.probed_at);
            (!place.is_some_and(|place| place.probed_at.is_none() || place.is_lively(now)), probed_at)
        });
        for at in due.into_iter().take(AT_ONCE) {
            let Some(place) = self.places.get_mut(at) else { continue };
            place.probed_at = Some(now);
            let is_over = |last: Option<DateTime<Utc>>| last.is_none_or(|at| between(at, now) >= INFO_EVERY);
            if place.standing != Standing::There {
                if place.standing == Standing::Unasked || is_over(place.labels_at) {
                    place.labels_at = Some(now);
                    self.lists.push_back((at, List::Info, None));
                }
                continue;
            }
            if place.issues != Cold::Done {
                self.lists.extend(with_pulls.then_some((at, List::Pulls, None)));
                self.lists.push_back((at, List::Open, None));
                continue;
            }
            self.lists.extend(with_pulls.then_some((at, List::Pulls, None)));
            self.lists.push_back((at, List::Changes, None));
            if is_over(place.labels_at) {
                place.labels_at = Some(now);
                self.lists.push_back((at, List::Info, None));
            }
            if place.plans_at.is_none_or(|at| between(at, now) >= super::plans::PLANS_EVERY) {
                self.plan_plans(at, now);
            }
        }
    }

    pub(super) fn ask_list(&mut self) -> Option<(Request, Job)> {
        let (place, list, url) = self.lists.pop_front()?;
        let address = url.clone().unwrap_or_else(|| self.list_url(place, list));
        let known = self.places.get(place);
        let tag = known.and_then(|place| place.tags.0.get(address.as_str())).map(String::as_str);
        // "Unchanged" says nothing of a repository that was not heard of in this run.
        let is_there = known.is_some_and(|place| place.standing == Standing::There);
        let tag = tag.filter(|_| is_there || list != List::Info);
        // What is gone through to its end is read anew: an unchanged first page says nothing of the others.
        let has_reviewers = known.is_some_and(|place| place.reviewers.is_some());
        let tag = tag.filter(|_| match list {
            List::Changes | List::Info | List::Labels => true,
            List::Pulls => has_reviewers,
            List::Milestones => known.is_some_and(|place| place.milestones.is_some()),
            List::Releases => known.is_some_and(|place| place.releases.is_some()),
            List::Open | List::Check => false,
        });
        Some((ask(address, tag), Job::List { place, list, url }))
    }

    fn list_url(&self, at: usize, list: List) -> Url {
        let name = Repo::new(self.places.get(at).map(|place| place.name.as_str()).unwrap_or_default());
        let mut url = issues_of(&self.plan.api_url, &name, &[]);
        let query = match list {
            List::Changes => "state=all&sort=updated&direction=desc&per_page=100",
            List::Open | List::Check => "state=open&sort=updated&direction=desc&per_page=100",
            List::Pulls => "state=open&sort=updated&direction=desc&per_page=100",
            List::Labels => "per_page=100",
            List::Milestones => "state=all&sort=due_on&direction=desc&per_page=100",
            List::Releases => "per_page=10",
            List::Info => "",
        };
        // An address that cannot have a path is refused by the configuration; here it stays as it is.
        if let Ok(mut path) = url.path_segments_mut() {
            match list {
                List::Info => drop(path.pop()),
                List::Labels => drop(path.pop().push("labels")),
                List::Pulls => drop(path.pop().push("pulls")),
                List::Milestones => drop(path.pop().push("milestones")),
                List::Releases => drop(path.pop().push("releases")),
                List::Changes | List::Open | List::Check => {}
            }
        }
        url.set_query((!query.is_empty()).then_some(query));
        without_credentials(url)
    }

    pub(super) fn list_told(
        &mut self,
        (at, list, url): (usize, List, Option<Url>),
        response: &Response,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let here = url.clone().unwrap_or_else(|| self.list_url(at, list));
        if list == List::Milestones {
            self.milestones_answered(at, response.status == 304, now);
        }
        match response.status {
            304 => self.list_unchanged(at, list, now),
            // A sign-in page says nothing of this repository.
            200..=299 if list == List::Info && serde_json::from_slice::<Value>(&response.body).is_err() => {
                if let Err(why) = records(&response.body) {
                    self.refused(Job::List { place: at, list, url }, &why, purse, bag, now);
                }
            }
            200..=299 => {
                // A list that cannot be read is no empty list: it is asked for again, and until then nothing is heard.
                let read = if list.is_of_records() { records(&response.body) } else { Ok(Vec::new()) };
                let read = match read {
                    Ok(read) => read,
                    Err(why) => return self.refused(Job::List { place: at, list, url }, &why, purse, bag, now),
                };
                self.rest_went_well(now);
                self.hops.remove(&(at, list));
                let tag = response.header("etag").and_then(sendable);
                if let (Some(place), Some(tag), None) = (self.places.get_mut(at), tag, &url) {
                    place.tags.0.insert(here.to_string(), tag);
                }
                match list {
                    List::Info => self.info_told(at, response, bag, now),
                    List::Labels => self.rest_labels_told(at, response),
                    List::Milestones | List::Releases => self.rest_plans_told(at, list, response, bag, now),
                    List::Changes | List::Open | List::Check | List::Pulls => {
                        let paged = Paged { at, list, is_first: url.is_none() };
                        self.records_told(paged, &read, &here, response, bag, now);
                    }
                }
            }
            301 | 302 | 307 | 308 => match redirected(response, &here) {
                Ok(_) if self.is_sent_on_and_on(at, list) => {
                    self.missing(at, "the host sends from one address to the next, without end");
                }
                Ok(moved) => {
                    // A repository that was renamed says so itself.
                    if list != List::Info && url.is_none() {
                        self.lists.push_back((at, List::Info, None));
                    }
                    self.lists.push_back((at, list, Some(moved)));
                }
                Err(error) => self.missing(at, &error.to_string()),
            },
            403 | 404 | 410 if list == List::Pulls && !is_limit(response, now) => {
                self.rest_went_well(now);
                let why = format!("who is asked for a review cannot be read: {}", refusal::read(response, now));
                self.leave_out(at, " pull requests", &why);
            }
            403 | 404 | 410 if list.is_of_plans() && !is_limit(response, now) => {
                self.rest_went_well(now);
                self.plans_denied(at, list, now);
            }
            404 | 410 | 451 => {
                self.rest_went_well(now);
                let error = refusal::read(response, now);
                if response.status == 410 && list != List::Info {
                    // Issues are switched off there: that is all there is to read.
                    if let Some(place) = self.places.get_mut(at) {
                        (place.issues, place.pulls, place.n_open) = (Cold::Done, Cold::Done, Some(0));
                    }
                } else {
                    self.missing(at, &error.to_string());
                }
            }
            _ => {
                let error = refusal::read(response, now);
                let is_own = matches!(error, SourceError::Forbidden { .. }) && self.places.len() > 1;
                if is_own {
                    self.missing(at, &error.to_string());
                } else {
                    self.refused(Job::List { place: at, list, url }, &error, purse, bag, now);
                }
            }
        }
    }

    fn info_told(&mut self, at: usize, response: &Response, bag: &mut Bag, now: DateTime<Utc>) {
        let Ok(info) = serde_json::from_slice::<Info>(&response.body) else {
            return self.missing(at, "what the host tells of it cannot be read");
        };
        let by_rest = self.way == Way::Rest;
        if !self.is_known_as(at, &info.full_name, info.node_id.as_deref(), bag) {
            return;
        }
        let is_new = self.places.get(at).is_some_and(|place| place.standing != Standing::There);
        if is_new || by_rest {
            let (is_read_only, has_issues) = (info.archived, info.has_issues.unwrap_or(true));
            self.there(at, info.id, is_read_only, has_issues, host_time(response, now));
        }
        let Some(place) = self.places.get_mut(at) else { return };
        if !by_rest {
            // The number counts pull requests as well; that it changed is enough to count by GraphQL.
            let before = std::mem::replace(&mut place.n_open_of_all, info.open_issues_count);
            if before.is_some() && before != info.open_issues_count {
                place.counted_at = None;
            }
            return;
        }
        let open = place.copy.values().filter(|seen| seen.is_open).count();
        let differs = info.open_issues_count.is_some_and(|count| count != open);
        place.n_open = info.open_issues_count;
        if place.issues != Cold::Done && is_new {
            self.lists.extend(self.plan.with_pull_requests.then_some((at, List::Pulls, None)));
            self.lists.push_back((at, List::Open, None));
        } else if place.issues == Cold::Done
            && differs
            && !self.lists.iter().any(|(of, list, _)| (*of, *list) == (at, List::Check))
        {
            self.lists.push_back((at, List::Check, None));
        }
    }

    fn rest_labels_told(&mut self, at: usize, response: &Response) {
        let Ok(list) = records(&response.body) else { return };
        let read = list.iter().filter_map(|label| Named::deserialize(label).ok());
        let labels = read.filter_map(|label| {
            let id = label.node_id.or_else(|| label.id.map(|id| id.to_string()))?;
            Some((id, label.name))
        });
        self.labels_told(at, labels.collect());
    }
}

fn is_limit(response: &Response, now: DateTime<Utc>) -> bool {
    matches!(refusal::read(response, now), SourceError::RateLimited { .. })
}
