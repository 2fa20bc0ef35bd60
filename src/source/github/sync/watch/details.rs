//! Incidents asked for by number, and the ends of long timelines.

use super::*;
use crate::source::github::graphql::{
    self,
    details::{self, Told},
};

/// Pages of one timeline that are read: three thousand entries.
const TIMELINE_PAGES: usize = 30;

/// Timelines that are followed in one question.
const RESTS: usize = 40;

impl Watch {
    pub(super) fn ask_numbers(&mut self, dialect: Dialect) -> Option<(Request, Job)> {
        let most = (NUMBERS / self.divisor).max(1);
        let is_gathering = self.n_probing > 0 || !self.probes.is_empty() || !self.lists.is_empty();
        if self.later.len() > FEW || (!is_gathering && self.wants.is_empty() && self.is_tick_open) {
            let many = std::mem::take(&mut self.later);
            self.wants.extend(many);
        }
        if self.wants.is_empty() || (is_gathering && self.wants.len() < most) {
            return None;
        }
        self.is_tick_open = false;
        while self.wants.len() < most
            && let Some(((at, number), lane)) = self.later.pop_first()
        {
            self.wants.insert((at, number), lane);
        }
        let (mut groups, mut lists, mut n) = (Vec::<(usize, Group)>::new(), 0, 0);
        while let Some((&(at, number), &lane)) = self.wants.first_key_value() {
            lists += lane.connections();
            if n >= most || (n > 0 && lists > LISTS) {
                break;
            }
            self.wants.pop_first();
            let Some(place) = self.places.get(at).filter(|place| place.standing == Standing::There) else { continue };
            n += 1;
            match groups.last_mut().filter(|(of, _)| *of == at) {
                Some((_, group)) => group.numbers.push((number, lane)),
                None => groups.push((at, Group { name: place.name.clone(), numbers: vec![(number, lane)] })),
            }
        }
        if groups.is_empty() {
            return None;
        }
        let asked: Vec<Group> = groups.iter().map(|(_, group)| group.clone()).collect();
        let request = graphql::request(&self.plan.graphql_url(), &details::by_numbers(&asked, dialect));
        Some((request, Job::Numbers { groups }))
    }

    pub(super) fn numbers_told(
        &mut self,
        groups: Vec<(usize, Group)>,
        response: &Response,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let job = |groups| Job::Numbers { groups };
        let Some((answer, groups, host_time)) = self.opened(groups, job, response, purse, bag, now) else { return };
        for (nth, (at, group)) in groups.into_iter().enumerate() {
            if !details::has_repository(&answer, nth) {
                self.missing(at, "the host does not show it any more");
                continue;
            }
            for (number, lane) in group.numbers {
                match details::read_number(&answer, nth, number, lane, &mut self.names) {
                    Some(Ok(told)) => self.item_told(at, told, host_time, bag),
                    Some(Err(why)) => {
                        self.leave_out(at, &format!("#{number}"), &why);
                        // Until it changes again there is nothing new to be read.
                        if let Some(seen) = self.places.get_mut(at).and_then(|place| place.copy.get_mut(&number)) {
                            seen.updated_at = seen.updated_at.max(host_time);
                        }
                    }
                    None => self.looks.push(Look { place: at, number, url: None, hops: 0, is_listed: false }),
                }
            }
        }
    }

    /// Takes an item as it was told; one whose timeline goes on waits for the rest.
    pub(super) fn item_told(&mut self, at: usize, told: Told, host_time: DateTime<Utc>, bag: &mut Bag) {
        let Some(place) = self.places.get(at) else { return };
        let Told { mut incident, more, n_left_out } = told;
        incident.key.repo = place.key.clone();
        let name = place.name.clone();
        let number = incident.key.number;
        if n_left_out > 0 {
            self.leave_out(at, &format!("#{number}"), "entries of its timeline cannot be used");
        }
        let lane = Seen::of(&incident).lane;
        match more {
            None => self.take(at, incident, host_time, bag),
            Some(after) => {
                let rest = Rest { name, number, lane, after };
                self.rests.retain(|known| (known.place, known.rest.number) != (at, number));
                self.rests.push(Unfinished { place: at, incident, rest, pages: 1 });
            }
        }
    }

    pub(super) fn ask_unfinished(&mut self, dialect: Dialect) -> Option<(Request, Job)> {
        if self.rests.is_empty() {
            return None;
        }
        let most = (RESTS / self.divisor).max(1).min(self.rests.len());
        let rests: Vec<Unfinished> = self.rests.drain(..most).collect();
        let asked: Vec<Rest> = rests.iter().map(|unfinished| unfinished.rest.clone()).collect();
        let request = graphql::request(&self.plan.graphql_url(), &details::rest_of(&asked, dialect));
        Some((request, Job::Rests { rests }))
    }

    pub(super) fn rests_told(
        &mut self,
        rests: Vec<Unfinished>,
        response: &Response,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let job = |rests| Job::Rests { rests };
        let Some((answer, rests, host_time)) = self.opened(rests, job, response, purse, bag, now) else { return };
        for (nth, mut unfinished) in rests.into_iter().enumerate() {
            let number = unfinished.rest.number;
            let Some((events, next)) = details::read_rest(&answer, nth, number, &mut self.names) else {
                self.looks.push(Look { place: unfinished.place, number, url: None, hops: 0, is_listed: false });
                continue;
            };
            unfinished.incident.timeline.extend(events);
            match next.filter(|next| unfinished.pages < TIMELINE_PAGES && *next != unfinished.rest.after) {
                Some(after) => {
                    unfinished.rest.after = after;
                    unfinished.pages += 1;
                    self.rests.push(unfinished);
                }
                None => {
                    let Unfinished { place, mut incident, pages, .. } = unfinished;
                    incident.has_timeline = pages < TIMELINE_PAGES;
                    details::count_comments(&mut incident);
                    self.take(place, incident, host_time, bag);
                }
            }
        }
    }
}
