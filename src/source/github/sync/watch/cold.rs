//! The first reading: all that is open, page by page, several repositories in one question.

use super::*;
use crate::source::github::graphql::{self, details};

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
        let lanes: &[Lane] = if self.plan.with_pull_requests { &[Lane::Issues, Lane::Pulls] } else { &[Lane::Issues] };
        'full: for (at, place) in self.places.iter_mut().enumerate() {
            if place.standing != Standing::There || place.is_asked {
                continue;
            }
            for lane in lanes.iter().copied() {
                let after = match place.cold(lane) {
                    Cold::Ahead => None,
                    Cold::Behind(cursor) => Some(cursor.clone()),
                    Cold::Done => continue,
                };
                let left = place.n_left(lane).unwrap_or(UNKNOWN).max(1);
                let fits = room.saturating_sub(1) / lane.connections();
                let first = left.min(fits).min(items).min(100);
                if first == 0 {
                    break 'full;
                }
                room -= 1 + first * lane.connections();
                items -= first;
                place.is_asked = true;
                parts.push((at, Page { name: place.name.clone(), lane, first, after }));
            }
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
        let job = |parts| Job::Cold { parts };
        let Some((answer, parts, host_time)) = self.opened(parts, job, response, purse, bag, now) else { return };
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
            place.note_read(page.lane, n_told);
            // A page that leads to itself, or is empty and goes on, is the last.
            *place.cold(page.lane) = match list.next.filter(|next| Some(next) != page.after.as_ref() && n_told > 0) {
                Some(next) => Cold::Behind(next),
                None => Cold::Done,
            };
        }
        bag.is_round_over = true;
    }
}
