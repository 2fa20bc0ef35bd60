//! The first reading: all that is open, page by page, several repositories in one question.

use super::*;
use crate::source::github::{
    graphql::{self, details},
    limit::host_time,
};

/// Incidents asked for where nobody knows how many there are.
const UNKNOWN: usize = 40;

impl Watch {
    pub(super) fn ask_cold(&mut self, dialect: Dialect) -> Option<(Request, Job)> {
        if self.n_cold >= COLD_AT_ONCE {
            return None;
        }
        let mut parts = Vec::new();
        let mut room = (2 * 100 + 49) / self.divisor;
        let mut items = COLD / self.divisor;
        let with_pulls = self.plan.with_pull_requests;
        for (at, place) in self.places.iter_mut().enumerate() {
            if place.standing != Standing::There || place.is_asked || place.is_whole(with_pulls) {
                continue;
            }
            if place.issues != Cold::Done && place.n_open == Some(0) {
                place.issues = Cold::Done;
            }
            if place.is_whole(with_pulls) {
                continue;
            }
            let lane = if place.issues == Cold::Done { Lane::Pulls } else { Lane::Issues };
            let cold = if lane == Lane::Issues { &place.issues } else { &place.pulls };
            let after = match cold {
                Cold::Ahead => None,
                Cold::Behind(cursor) => Some(cursor.clone()),
                Cold::Done => continue,
            };
            // Only a reading that began in this run knows how many it has told.
            let left = match (lane, place.n_open, place.n_read) {
                (Lane::Issues, Some(open), Some(read)) => open.saturating_sub(read).max(1),
                _ => UNKNOWN,
            };
            let fits = room.saturating_sub(1) / lane.connections();
            let first = left.min(fits).min(items).min(100);
            if first == 0 {
                break;
            }
            room -= 1 + first * lane.connections();
            items -= first;
            place.is_asked = true;
            parts.push((at, Page { name: place.name.clone(), lane, first, after }));
        }
        if parts.is_empty() {
            return None;
        }
        let pages: Vec<Page> = parts.iter().map(|(_, page)| page.clone()).collect();
        let request = graphql::request(&self.plan.graphql_url(), &details::pages(&pages, dialect));
        Some((request, Job::Cold { parts }))
    }

    pub(super) fn cold_told(
        &mut self,
        parts: Vec<(usize, Page)>,
        response: &Response,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let answer = match graphql::read(response, now) {
            Ok(answer) => answer,
            Err(fault) => return self.fault(Job::Cold { parts }, fault, purse, bag, now),
        };
        self.went_well();
        let host_time = host_time(response, now);
        for (nth, (at, page)) in parts.into_iter().enumerate() {
            self.free(at);
            let Some(list) = details::read_page(&answer, nth, page.lane, &mut self.names) else {
                self.missing(at, "the host does not show it any more");
                continue;
            };
            let n_told = list.told.len() + list.skipped.len();
            for told in list.told {
                self.item_told(at, told, host_time, bag);
            }
            for (name, why) in &list.skipped {
                self.leave_out(at, name, why);
            }
            let Some(place) = self.places.get_mut(at) else { continue };
            if page.lane == Lane::Issues {
                place.n_read = place.n_read.map(|read| read + n_told);
            }
            let cold = if page.lane == Lane::Issues { &mut place.issues } else { &mut place.pulls };
            // A page that leads to itself, or is empty and goes on, is the last.
            *cold = match list.next.filter(|next| Some(next) != page.after.as_ref() && n_told > 0) {
                Some(next) => Cold::Behind(next),
                None => Cold::Done,
            };
        }
        bag.is_round_over = true;
    }
}
