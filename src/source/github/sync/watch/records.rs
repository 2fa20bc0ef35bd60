//! What lists by REST tell of single issues and pull requests.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{walk::Paged, *};
use crate::{
    domain::incident::Kind,
    source::github::{
        field::{Str, Time, User},
        issue,
        limit::host_time,
        short,
    },
};

/// How far before the latest change told a list is read: lists lag.
const OVERLAP: TimeDelta = TimeDelta::seconds(120);

/// What a record of a list says in brief.
#[derive(Deserialize)]
struct Brief<'a> {
    number: u64,
    #[serde(borrow)]
    state: Str<'a>,
    updated_at: Time,
    pull_request: Option<IgnoredAny>,
    #[serde(borrow)]
    milestone: Option<Titled<'a>>,
    draft: Option<bool>,
    /// Who is asked for a review: lists of pull requests alone say so.
    #[serde(borrow)]
    requested_reviewers: Option<Vec<User<'a>>>,
    #[serde(borrow)]
    requested_teams: Option<Vec<Team<'a>>>,
}

#[derive(Deserialize)]
struct Titled<'a> {
    #[serde(borrow)]
    title: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Team<'a> {
    #[serde(borrow)]
    slug: Option<Str<'a>>,
}

impl Brief<'_> {
    /// Lists of issues say so; lists of pull requests hold nothing else.
    fn is_pull(&self) -> bool {
        self.pull_request.is_some() || self.requested_reviewers.is_some()
    }

    /// Who is asked for a review, teams as `owner/team`; nothing where the list does not say.
    fn reviewers(&self, owner: &str, names: &mut Names) -> Option<Vec<Login>> {
        let people = self.requested_reviewers.as_ref()?.iter().filter_map(|user| names.login_of(Some(user)));
        let mut all: Vec<Login> = people.collect();
        let teams = self.requested_teams.iter().flatten().filter_map(|team| team.slug.as_ref());
        all.extend(teams.map(|slug| Login::new(&format!("{owner}/{}", slug.as_str()))));
        Some(all)
    }
}

impl Watch {
    pub(super) fn records_told(
        &mut self,
        paged: Paged,
        list_read: &[Value],
        here: &Url,
        response: &Response,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let Paged { at, list, .. } = paged;
        let (mut is_new, mut oldest, mut named) = (false, now, Vec::new());
        for (nth, record) in list_read.iter().enumerate() {
            match Brief::deserialize(record) {
                Ok(brief) => {
                    oldest = oldest.min(brief.updated_at.0);
                    named.push(brief.number);
                    is_new |= match list {
                        List::Pulls => self.reviewers_told(at, record, &brief, response, bag, now),
                        _ => self.record_told(at, record, &brief, response, bag, now),
                    };
                }
                Err(error) => {
                    let number = record.get("number").and_then(Value::as_u64);
                    let name = number.map_or_else(|| format!(" item {}", nth + 1), |number| format!("#{number}"));
                    self.leave_out(at, &name, short(&error.to_string()).as_str());
                }
            }
        }
        let since = self.places.get(at).and_then(|place| place.since).unwrap_or(now);
        // A list of changes is left where all was known already, wherever it would lead.
        if list == List::Changes && !(is_new && minus(since, OVERLAP) <= oldest) {
            return;
        }
        let next = match self.next_of(paged, here, response, list_read.len()) {
            Ok(next) => next,
            Err(why) => return self.broke_off(at, list, why, bag, now),
        };
        match list {
            List::Changes => self.lists.extend(next.map(|url| (at, list, Some(url)))),
            List::Check => self.checked(at, &named, next),
            List::Pulls => {
                if let Some(place) = self.places.get_mut(at) {
                    place.reviewers.get_or_insert_default();
                }
                // What has other reviewers has changed lately: the rest is as it was.
                self.lists.extend(next.filter(|_| is_new).map(|url| (at, list, Some(url))));
            }
            List::Info | List::Labels | List::Milestones | List::Releases => {}
            List::Open => match next {
                Some(url) => self.lists.push_back((at, List::Open, Some(url))),
                None => {
                    if let Some(place) = self.places.get_mut(at) {
                        (place.issues, place.pulls) = (Cold::Done, Cold::Done);
                    }
                    bag.is_round_over = true;
                }
            },
        }
    }

    /// Hears of one record of a list; whether it is news.
    fn record_told(
        &mut self,
        at: usize,
        record: &Value,
        brief: &Brief<'_>,
        response: &Response,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) -> bool {
        let lane = if brief.is_pull() { Lane::Pulls } else { Lane::Issues };
        let (updated_at, is_open) = (brief.updated_at.0, brief.state.as_str() == "open");
        let is_wanted = lane == Lane::Issues || self.plan.with_pull_requests;
        let by_rest = self.way == Way::Rest;
        let Some(place) = self.places.get_mut(at) else { return false };
        if !is_wanted {
            place.note_since(updated_at);
            if by_rest {
                // It is counted by the host, and so by us.
                let labels = Box::default();
                place.copy.insert(brief.number, Seen { updated_at, is_open, lane, has_timeline: true, labels });
            }
            return false;
        }
        if !by_rest {
            return self.heard_of(at, brief.number, lane, updated_at, is_open, now);
        }
        let known = place.copy.get(&brief.number);
        if known.is_some_and(|seen| updated_at <= seen.updated_at && seen.has_timeline) {
            return false;
        }
        let is_new = known.is_none_or(|seen| seen.updated_at < updated_at);
        self.listed_by_rest(at, record, brief, response, bag, now);
        is_new
    }

    /// Hears who is asked to review a pull request; whether that is news.
    fn reviewers_told(
        &mut self,
        at: usize,
        record: &Value,
        brief: &Brief<'_>,
        response: &Response,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) -> bool {
        let Some(place) = self.places.get_mut(at) else { return false };
        let owner = place.name.split('/').next().unwrap_or_default();
        let Some(reviewers) = brief.reviewers(owner, &mut self.names) else { return false };
        let known = place.reviewers.get_or_insert_default();
        let before = known.insert(brief.number, reviewers.clone());
        if before.as_ref() == Some(&reviewers) {
            return false;
        }
        self.listed_by_rest(at, record, brief, response, bag, now);
        true
    }

    /// Takes a record of a REST list as it stands.
    fn listed_by_rest(
        &mut self,
        at: usize,
        record: &Value,
        brief: &Brief<'_>,
        response: &Response,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let Some(place) = self.places.get(at) else { return };
        let key = place.key.clone();
        let reviewers = place.reviewers.as_ref().and_then(|known| known.get(&brief.number)).cloned();
        let read = serde_path_to_error::deserialize::<_, issue::Issue<'_>>(record)
            .map_err(|error| error.to_string())
            .and_then(|issue| issue.incident(issue.kind(), Some(&key), &mut self.names).map_err(str::to_owned));
        let mut incident = match read {
            Ok(incident) => incident,
            Err(why) => {
                self.leave_out(at, &format!("#{}", brief.number), &why);
                return;
            }
        };
        if brief.is_pull() {
            incident.kind = Kind::PullRequest;
            incident.reviewers = reviewers.unwrap_or_default();
        }
        incident.key.repo = key;
        let title = brief.milestone.as_ref().and_then(|milestone| milestone.title.as_ref());
        incident.milestone = title.map(|title| Text::scrub(title.as_str()));
        incident.is_draft = brief.draft.unwrap_or_default();
        self.told_without_timeline(at, incident, response, bag, now);
    }

    /// An incident as a list shows it; its history is read as the budget allows.
    fn told_without_timeline(
        &mut self,
        at: usize,
        incident: Incident,
        response: &Response,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let number = incident.key.number;
        let Some(place) = self.places.get_mut(at) else { return };
        place.note_since(incident.updated_at);
        place.changed_at = Some(now);
        let is_known = place.copy.get(&number).is_some_and(|seen| seen.has_timeline);
        if !is_known && !self.waiting.contains_key(&(at, number)) {
            self.take(at, incident.clone(), host_time(response, now), bag);
            self.settling.remove(&(at, number));
        }
        self.waiting.insert((at, number), incident);
    }
}
