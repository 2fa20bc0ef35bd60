//! Repositories: there or not, renamed, found by a chore and lost again.

use super::*;
use crate::domain::host::Going;

impl Watch {
    /// Notes under which name and id a repository is known now; whether it is one to read.
    pub(super) fn is_known_as(&mut self, at: usize, name: &str, id: Option<&str>, bag: &mut Bag) -> bool {
        let is_twin = |(other, place): (usize, &Place)| {
            other != at && place.standing == Standing::There && id.is_some() && place.id.as_deref() == id
        };
        if let Some(twin) = self.places.iter().enumerate().find(|(other, place)| is_twin((*other, place))) {
            let why = format!("it is {} by another name, which is read already", twin.1.name);
            self.missing(at, &why);
            return false;
        }
        let key = self.plan.keyed(name);
        let Some(place) = self.places.get_mut(at) else { return false };
        let is_other = place.id.is_some() && id.is_some() && place.id.as_deref() != id;
        let numbers = || place.copy.keys().copied();
        let was = |number| IncidentKey::issue(place.key.clone(), number);
        if is_other {
            // Another repository has taken the name.
            bag.gone.extend(numbers().map(|number| Gone { key: was(number), how: Going::Unwatched }));
            *place = Place::new(&place.asked.clone(), key.clone());
            self.wants.retain(|(of, _), _| *of != at);
        } else if place.key != key {
            let moved = |number| Gone { key: was(number), how: Going::Moved(IncidentKey::issue(key.clone(), number)) };
            bag.gone.extend(numbers().map(moved));
            place.tags.0.clear();
        }
        place.key = key;
        name.clone_into(&mut place.name);
        place.id = id.map(str::to_owned).or(place.id.take());
        true
    }

    /// A repository is there.
    pub(super) fn there(
        &mut self,
        at: usize,
        number: Option<u64>,
        is_read_only: bool,
        has_issues: bool,
        host_time: DateTime<Utc>,
    ) {
        let with_pulls = self.plan.with_pull_requests;
        let by_lists = self.way == Way::Rest || self.is_single();
        let Some(place) = self.places.get_mut(at) else { return };
        // What an earlier run read whole may have changed since: it is looked at once before it counts as heard.
        if by_lists && place.standing != Standing::There && place.issues == Cold::Done {
            self.lists.push_back((at, List::Changes, None));
        }
        place.number = number.or(place.number);
        place.is_read_only = is_read_only;
        if !has_issues {
            place.issues = Cold::Done;
            place.n_open = Some(0);
        }
        if place.since.is_none() {
            place.since = Some(host_time);
        }
        if place.standing != Standing::There {
            place.standing = Standing::There;
            // What an earlier run read so close to its end that a later change could have had the same second.
            let doubtful = place.heard.map(|heard| minus(heard, SETTLES));
            let again = place
                .copy
                .iter()
                .filter(|(_, seen)| !seen.has_timeline || doubtful.is_some_and(|from| from <= seen.updated_at));
            let of_lane = |lane: Lane| lane == Lane::Issues || with_pulls;
            let again = again.filter(|(_, seen)| of_lane(seen.lane) && self.way != Way::Rest);
            self.wants.extend(again.map(|(number, seen)| ((at, *number), seen.lane)));
            if by_lists {
                self.plan_plans(at, host_time);
            }
        }
    }

    /// A repository is not shown.
    pub(super) fn missing(&mut self, at: usize, why: &str) {
        let Some(place) = self.places.get_mut(at) else { return };
        place.standing = Standing::Missing;
        let hint = "check its spelling, and that the token may see it";
        place.why = format!("{why}; {hint}");
        place.is_asked = false;
        self.wants.retain(|(of, _), _| *of != at);
        self.settling.retain(|(of, _), _| *of != at);
        self.later.retain(|(of, _), _| *of != at);
        self.looks.retain(|look| look.place != at);
        self.probes.retain(|(of, _)| *of != at);
        self.lists.retain(|(of, _, _)| *of != at);
        self.waiting.retain(|(of, _), _| *of != at);
    }

    /// An incident is not there any more.
    pub(super) fn gone(&mut self, at: usize, number: u64, how: Going, bag: &mut Bag) {
        self.wants.remove(&(at, number));
        self.settling.remove(&(at, number));
        self.later.remove(&(at, number));
        self.waiting.remove(&(at, number));
        self.skipped.remove(&(at, format!("#{number}")));
        let Some(place) = self.places.get_mut(at) else { return };
        if place.copy.remove(&number).is_some() {
            bag.gone.push(Gone { key: IncidentKey::issue(place.key.clone(), number), how });
        }
    }

    /// Takes up what the store remembers.
    pub(in super::super) fn take_up(&mut self, kept: &[Kept], cursors: &[(String, String)]) {
        self.take_up_found(cursors);
        for place in &mut self.places {
            if let Some((_, written)) = cursors.iter().find(|(name, _)| *name == place.mark_name()) {
                let plan = &self.plan;
                place.take_up(written, |name| plan.keyed(name));
            }
        }
        for item in kept {
            if item.key.numbering != Numbering::Issues {
                for duty in self.duties.iter_mut().filter(|duty| duty.chore.owns(&item.key)) {
                    duty.told.insert(item.key.clone());
                }
                continue;
            }
            let lane = if item.is_pull { Lane::Pulls } else { Lane::Issues };
            if let Some(place) = self.places.iter_mut().find(|place| place.key == item.key.repo) {
                let (labels, has_timeline) = (item.labels.clone().into(), item.has_timeline);
                let seen = Seen { updated_at: item.updated_at, is_open: item.is_open, lane, has_timeline, labels };
                place.copy.insert(item.key.number, seen);
            }
        }
    }

    /// Repositories that a chore found in an earlier run count as found until it has looked again.
    fn take_up_found(&mut self, cursors: &[(String, String)]) {
        for name in cursors.iter().filter_map(|(name, _)| name.strip_prefix(super::super::place::MARK)) {
            let repo = crate::domain::incident::Repo::new(name);
            if self.places.iter().any(|place| place.asked.eq_ignore_ascii_case(name)) {
                continue;
            }
            let Some(at) = self.duties.iter().position(|duty| duty.chore.finds(&repo)) else { continue };
            self.places.push(Place::new(name, self.plan.keyed(name)));
            if let Some(duty) = self.duties.get_mut(at) {
                duty.repos.push(name.to_owned());
            }
            self.add_chores_of_found(at, name);
        }
    }

    /// What the store remembers of repositories that are asked for no more: it goes.
    pub(in super::super) fn unwatched(&self, kept: &[Kept]) -> Vec<Gone> {
        let is_ours = |key: &IncidentKey| match key.numbering {
            Numbering::Issues => {
                self.places.iter().any(|place| place.key == key.repo)
                    || self.duties.iter().any(|duty| duty.chore.owns(key))
            }
            _ => self.duties.iter().any(|duty| duty.chore.owns(key)),
        };
        let strangers = kept.iter().filter(|item| !is_ours(&item.key));
        strangers.map(|item| Gone { key: item.key.clone(), how: Going::Unwatched }).collect()
    }

    /// Reads an incident again as soon as can be: somebody changed it just now.
    pub(in super::super) fn look_at(&mut self, key: &IncidentKey) -> bool {
        let Some(at) = self.places.iter().position(|place| place.key == key.repo) else { return false };
        let Some(place) = self.places.get(at).filter(|place| place.standing == Standing::There) else { return false };
        if self.way == Way::Rest {
            self.lists.push_back((at, List::Changes, None));
            return true;
        }
        let lane = place.copy.get(&key.number).map_or(Lane::Issues, |seen| seen.lane);
        self.wants.insert((at, key.number), lane);
        true
    }

    /// Has a round begin now.
    pub(in super::super) fn nudge(&mut self, now: DateTime<Utc>) {
        self.tick_at = now;
        if self.failures > 0 {
            self.retry_at = None;
        }
    }

    /// There is another token: everything is asked anew, and by no entity tag that the old one was given.
    pub(in super::super) fn token_changed(&mut self, now: DateTime<Utc>) {
        self.tags.clear();
        for place in &mut self.places {
            place.tags.0.clear();
            (place.no_milestones_at, place.no_releases_at) = (None, None);
            // What the old one did not show, the new one may.
            if place.standing == Standing::Missing {
                place.probed_at = None;
            }
        }
        (self.failures, self.retry_at, self.tick_at) = (0, None, now);
    }

    /// The repositories that a chore finds now, instead of those it found before.
    pub(super) fn found(&mut self, duty: usize, repos: &[crate::domain::incident::Repo], bag: &mut Bag) {
        let names: Vec<String> = repos.iter().map(|repo| repo.on_host().to_owned()).collect();
        let before = match self.duties.get_mut(duty) {
            Some(duty) => std::mem::replace(&mut duty.repos, names.clone()),
            None => return,
        };
        let is_same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        for name in &names {
            match self.places.iter_mut().find(|place| is_same(&place.asked, name) || is_same(&place.name, name)) {
                Some(known) if known.standing == Standing::Dropped => {
                    let key = self.plan.keyed(name);
                    *known = Place::new(name, key);
                }
                Some(_) => {}
                None => self.places.push(Place::new(name, self.plan.keyed(name))),
            }
            self.add_chores_of_found(duty, name);
        }
        let others = self.duties.iter().flat_map(|duty| duty.repos.iter());
        let wanted: Vec<&str> =
            self.plan.repos.iter().map(|repo| repo.on_host()).chain(others.map(String::as_str)).collect();
        let lost = before.iter().filter(|name| !wanted.iter().any(|wanted| is_same(wanted, name)));
        let lost: Vec<usize> =
            lost.filter_map(|name| self.places.iter().position(|place| is_same(&place.asked, name))).collect();
        for at in lost {
            self.missing(at, "");
            if let Some(asked) = self.places.get(at).map(|place| place.asked.clone()) {
                self.end_chores_of_found(&asked, bag);
            }
            let Some(place) = self.places.get_mut(at) else { continue };
            place.standing = Standing::Dropped;
            let key = |number| IncidentKey::issue(place.key.clone(), number);
            bag.gone.extend(place.copy.keys().map(|number| Gone { key: key(*number), how: Going::Unwatched }));
            place.copy.clear();
            bag.cursors.push((place.mark_name(), None));
        }
    }
}
