//! What changed: asked for many repositories at once, and compared with the copy.

use super::*;
use crate::domain::incident::Label;
use crate::source::github::graphql::{
    self,
    probe::{self, Listed, Since, Told},
};

/// Issues asked for behind the first page of changes.
const FURTHER: usize = 100;

impl Watch {
    pub(super) fn ask_probe(&mut self, _dialect: Dialect) -> Option<(Request, Job)> {
        let (most, most_lists) = ((GROUP / self.divisor).max(1), LISTS / self.divisor);
        let (mut parts, mut n_lists) = (Vec::new(), 0);
        while let Some((_, part)) = self.probes.front() {
            n_lists += part.lists();
            if !parts.is_empty() && (parts.len() >= most || n_lists > most_lists) {
                break;
            }
            parts.extend(self.probes.pop_front());
        }
        if parts.is_empty() {
            return None;
        }
        let asked: Vec<Part> = parts.iter().map(|(_, part)| part.clone()).collect();
        let query = probe::query(&asked, self.viewer.is_none());
        Some((graphql::request(&self.plan.graphql_url(), &query), Job::Probe { parts }))
    }

    pub(super) fn probed(
        &mut self,
        parts: Vec<(usize, Part)>,
        response: &Response,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let job = |parts| Job::Probe { parts };
        let Some((answer, parts, host_time)) = self.opened(parts, job, response, purse, bag, now) else { return };
        if let Some(login) = probe::viewer(&answer) {
            self.viewer = Some(self.names.login(login));
        }
        for (nth, (at, part)) in parts.iter().enumerate() {
            match probe::read(&answer, nth, part) {
                Some(told) => self.told_of(*at, part, told, host_time, bag, now),
                None => {
                    let alias = format!("r{nth}");
                    let why = answer.errors.iter().find(|error| error.is_about(&alias)).map(graphql::Wrong::words);
                    self.missing(*at, why.as_ref().map_or("the host does not show it", Text::as_str));
                }
            }
        }
    }

    fn told_of(
        &mut self,
        at: usize,
        part: &Part,
        told: Told,
        host_time: DateTime<Utc>,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        if !self.is_known_as(at, &told.name, Some(&told.id), bag) {
            return;
        }
        if part.with_head {
            let may_write = told.permission.as_deref() != Some("NONE");
            self.there(at, told.number, told.is_archived || !may_write, told.has_issues, host_time);
        }
        if let Some(since) = &part.issues {
            let is_new = self.listed(at, &told.issues, Lane::Issues, now);
            // Where one repository is all there is, a wide look goes to its end.
            let goes_on = is_new || (self.is_single() && since.first == FURTHER);
            if let Some(after) = told.issues.next.filter(|_| goes_on) {
                let further = Since { at: since.at, first: FURTHER, after: Some(after) };
                let part = Part { issues: Some(further), ..Part::of(&told.name) };
                self.probes.push_back((at, part));
            }
        }
        if part.pulls.is_some() {
            let n_known = self.wants.len();
            self.listed(at, &told.pulls, Lane::Pulls, now);
            let all_new = self.wants.len() - n_known == told.pulls.items.len();
            if let Some(after) = told.pulls.next.filter(|_| all_new) {
                let part = Part { pulls: Some((CHANGED_PULLS, Some(after))), ..Part::of(&told.name) };
                self.probes.push_back((at, part));
            }
        }
        match told.plans {
            Some(plans) => self.plans_told(at, plans, bag, now),
            None if part.with_plans => self.milestones_answered(at, false, now),
            None => {}
        }
        if !part.milestones.is_empty() {
            self.milestones_counted(at, &told.milestones, bag);
        }
        if let Some(labels) = told.labels {
            self.labels_told(at, labels);
        }
        if let (Some(count), Some(place)) = (told.pull_count, self.places.get_mut(at)) {
            place.n_open_pulls = Some(count);
        }
        if let Some(count) = told.count {
            self.counted(at, count, now);
        }
        if let Some(place) = self.places.get_mut(at) {
            place.pass_over_empty();
        }
        if !part.buckets.is_empty() {
            self.buckets_told(at, part, &told.buckets, told.count);
        }
        if !part.sweep.is_empty() {
            self.swept(at, part, told.swept, now);
        }
    }

    /// Compares a list with the copy; whether it held anything new.
    fn listed(&mut self, at: usize, list: &Listed, lane: Lane, now: DateTime<Utc>) -> bool {
        let mut is_new = false;
        for item in &list.items {
            is_new |= self.heard_of(at, item.number, lane, item.updated_at(), item.is_open(), now);
        }
        is_new
    }

    /// Hears of one item in a list; whether that is news.
    pub(super) fn heard_of(
        &mut self,
        at: usize,
        number: u64,
        lane: Lane,
        updated_at: DateTime<Utc>,
        is_open: bool,
        now: DateTime<Utc>,
    ) -> bool {
        let Some(place) = self.places.get_mut(at) else { return false };
        place.note_since(updated_at);
        match place.copy.get_mut(&number) {
            Some(seen) if updated_at <= seen.updated_at => return false,
            Some(seen) => seen.is_open = is_open,
            None => {
                let labels = Box::default();
                let updated_at = DateTime::<Utc>::MIN_UTC;
                place.copy.insert(number, Seen { updated_at, is_open, lane, has_timeline: false, labels });
            }
        }
        place.changed_at = Some(now);
        self.wants.insert((at, number), lane);
        true
    }

    /// Compares labels with those known: one that was renamed or deleted leaves no trace at its issues. One that was renamed
    /// and back again is found by the issues that were read in between.
    pub(super) fn labels_told(&mut self, at: usize, labels: Vec<(String, String)>) {
        let Some(place) = self.places.get_mut(at) else { return };
        let told: std::collections::HashMap<String, String> = labels.into_iter().collect();
        // A list of a hundred may go on.
        let is_all = told.len() < 100;
        let names: std::collections::HashSet<String> =
            told.values().map(|name| Label::new(name).as_str().to_owned()).collect();
        let is_other = |(id, name): &(&String, &String)| told.get(*id).is_some_and(|now| now != *name);
        let renamed: Vec<Label> = place.labels.iter().filter(is_other).map(|(_, name)| Label::new(name)).collect();
        let is_doubtful = |label: &Label| {
            (is_all && !names.contains(label.as_str())) || renamed.iter().any(|old| old.as_str() == label.as_str())
        };
        let concerned = place.copy.iter().filter(|(_, seen)| seen.labels.iter().any(is_doubtful));
        self.later.extend(concerned.map(|(number, seen)| ((at, *number), seen.lane)));
        place.labels = told;
    }

    /// A REST list is as it was.
    pub(super) fn list_unchanged(&mut self, at: usize, list: List, now: DateTime<Utc>) {
        self.rest_went_well(now);
        if list == List::Labels {
            self.labels_as_known(at);
        }
    }

    /// Labels are as they were: issues that were read while one had another name are found all the same.
    fn labels_as_known(&mut self, at: usize) {
        let Some(place) = self.places.get(at).filter(|place| !place.labels.is_empty()) else { return };
        let known = place.labels.iter().map(|(id, name)| (id.clone(), name.clone())).collect();
        self.labels_told(at, known);
    }
}

/// Pull requests asked for behind the first ten.
const CHANGED_PULLS: usize = 50;
