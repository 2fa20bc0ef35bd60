//! Milestones and releases: read rarely, along with questions that are asked anyway.

use serde::Deserialize;
use serde_json::Value;

use super::*;
use crate::{
    domain::plans::{Milestone, Plans, Release},
    source::github::{
        field::{Str, Time},
        records,
    },
};

/// How often plans are read.
pub(super) const PLANS_EVERY: TimeDelta = TimeDelta::hours(1);

/// Plans that the host did not show are asked for again after this long, or when somebody wants it read now.
const MISSING_PLANS_EVERY: TimeDelta = TimeDelta::hours(6);

/// Milestones whose contents are counted; where there are more, the others tell no counts.
const COUNTED: usize = 30;

/// A milestone as REST writes it.
#[derive(Deserialize)]
struct RestMilestone<'a> {
    number: u64,
    #[serde(borrow)]
    title: Str<'a>,
    due_on: Option<Time>,
    #[serde(borrow)]
    state: Str<'a>,
    open_issues: Option<usize>,
    closed_issues: Option<usize>,
}

#[derive(Deserialize)]
struct RestRelease<'a> {
    #[serde(borrow)]
    tag_name: Str<'a>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    published_at: Option<Time>,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    prerelease: bool,
}

impl Watch {
    /// Plans to ask a repository's plans by REST: those that it did not deny lately, in this run or an earlier one.
    pub(super) fn plan_plans(&mut self, at: usize, now: DateTime<Utc>) {
        let Some(place) = self.places.get_mut(at) else { return };
        place.plans_at = Some(now);
        let is_denied = |since: Option<DateTime<Utc>>| {
            since.is_some_and(|since| (TimeDelta::zero()..MISSING_PLANS_EVERY).contains(&between(since, now)))
        };
        let wanted = [(List::Milestones, place.no_milestones_at), (List::Releases, place.no_releases_at)];
        let wanted = wanted.into_iter().filter(|(_, since)| !is_denied(*since));
        self.lists.extend(wanted.map(|(list, _)| (at, list, None)));
    }

    /// The host shows no plans of this kind: without a right to them, or where issues are switched off.
    pub(super) fn plans_denied(&mut self, at: usize, list: List, now: DateTime<Utc>) {
        let Some(place) = self.places.get_mut(at) else { return };
        *place.denied_at(list) = Some(now);
    }

    /// What was asked of milestones came to nothing that can be read, or to something that says they are as they were.
    pub(super) fn milestones_answered(&mut self, at: usize, is_unchanged: bool, now: DateTime<Utc>) {
        let Some(place) = self.places.get_mut(at) else { return };
        place.has_unread_milestones = !is_unchanged;
        if is_unchanged {
            (place.milestones_at, place.no_milestones_at) = (Some(now), None);
        }
    }

    /// Somebody wants it read now: what was not shown is asked for again.
    pub(in super::super) fn forget_missing_plans(&mut self) {
        for place in &mut self.places {
            if place.no_milestones_at.take().is_some() | place.no_releases_at.take().is_some() {
                place.plans_at = None;
            }
        }
    }

    /// A repository's plans were told by GraphQL; how much is in its milestones is asked next.
    pub(super) fn plans_told(
        &mut self,
        at: usize,
        told: (Vec<Milestone>, Vec<Release>),
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let (milestones, releases) = told;
        let Some(place) = self.places.get_mut(at) else { return };
        let open: Vec<u64> = milestones.iter().filter(|it| it.is_open).map(|it| it.number).take(COUNTED).collect();
        place.note_milestones(milestones, now);
        place.releases = Some(releases);
        if open.is_empty() {
            return self.tell_plans(at, bag);
        }
        let part = Part { milestones: open, ..Part::of(&place.name) };
        self.probes.push_back((at, part));
    }

    /// How much is in milestones was told.
    pub(super) fn milestones_counted(&mut self, at: usize, counts: &[(u64, usize, usize)], bag: &mut Bag) {
        let Some(known) = self.places.get_mut(at).and_then(|place| place.milestones.as_mut()) else { return };
        for (number, n_open, n_closed) in counts {
            if let Some(milestone) = known.iter_mut().find(|it| it.number == *number) {
                (milestone.n_open, milestone.n_closed) = (Some(*n_open), Some(*n_closed));
            }
        }
        self.tell_plans(at, bag);
    }

    /// A REST list of milestones or releases.
    pub(super) fn rest_plans_told(
        &mut self,
        at: usize,
        list: List,
        response: &Response,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let Ok(records) = records(&response.body) else { return };
        let Some(place) = self.places.get_mut(at) else { return };
        *place.denied_at(list) = None;
        if list == List::Milestones {
            let mut read: Vec<Milestone> = records.iter().filter_map(milestone).collect();
            read.sort_by_key(|milestone| milestone.number);
            place.note_milestones(read, now);
        } else {
            place.releases = Some(records.iter().filter_map(release).collect());
        }
        self.tell_plans(at, bag);
    }

    /// Tells plans once both parts are known, and where they differ from what was told.
    fn tell_plans(&mut self, at: usize, bag: &mut Bag) {
        let Some(place) = self.places.get_mut(at) else { return };
        let (Some(milestones), Some(releases)) = (&place.milestones, &place.releases) else { return };
        let plans = Plans { repo: place.key.clone(), milestones: milestones.clone(), releases: releases.clone() };
        if place.plans_told.as_ref() != Some(&plans) {
            place.plans_told = Some(plans.clone());
            bag.plans.push(plans);
        }
    }
}

impl Place {
    fn denied_at(&mut self, list: List) -> &mut Option<DateTime<Utc>> {
        if list == List::Milestones { &mut self.no_milestones_at } else { &mut self.no_releases_at }
    }
}

fn milestone(record: &Value) -> Option<Milestone> {
    let read = RestMilestone::deserialize(record).ok()?;
    let title = Text::scrub(read.title.as_str());
    (!title.is_blank()).then(|| Milestone {
        number: read.number,
        title,
        due: read.due_on.map(|at| at.0),
        is_open: read.state.as_str() == "open",
        n_open: read.open_issues,
        n_closed: read.closed_issues,
    })
}

fn release(record: &Value) -> Option<Release> {
    let read = RestRelease::deserialize(record).ok()?;
    let tag = Text::scrub(read.tag_name.as_str());
    (!tag.is_blank()).then(|| Release {
        tag,
        name: read.name.map_or_else(Text::default, |name| Text::scrub(name.as_str())),
        published_at: read.published_at.map(|at| at.0),
        is_draft: read.draft,
        is_prerelease: read.prerelease,
    })
}
