//! Histories by REST, one incident at a time: where GraphQL is refused.

use super::*;
use crate::{domain::incident::Repo, source::github::graphql::details::count_comments};

impl Watch {
    pub(super) fn ask_timeline(&mut self) -> Option<(Request, Job)> {
        if self.way != Way::Rest {
            return None;
        }
        let is_free = |((at, number), _): &(&(usize, u64), &Incident)| !self.reading.contains(&(*at, *number));
        let latest = self.waiting.iter().filter(is_free).max_by_key(|(_, incident)| incident.updated_at)?;
        let (at, number) = *latest.0;
        let name = self.places.get(at).map(|place| place.name.clone())?;
        let key = IncidentKey { repo: Repo::new(&name), number, numbering: Numbering::Issues };
        let cursor = timeline::first(&self.plan.api_url, &key);
        self.reading.insert((at, number));
        Some((timeline::request(&cursor), Job::Timeline { place: at, number, cursor, pages: 0 }))
    }

    pub(super) fn timeline_told(
        &mut self,
        (at, number, cursor, pages): (usize, u64, timeline::Cursor, usize),
        response: &Response,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        self.reading.remove(&(at, number));
        let step = match timeline::read(response, &cursor, now) {
            Ok(step) => step,
            Err(SourceError::NotFound | SourceError::Gone { .. }) => {
                self.rest_went_well(now);
                self.waiting.remove(&(at, number));
                self.looks.push(Look { place: at, number, url: None, hops: 0, is_listed: true });
                return;
            }
            Err(error @ SourceError::Garbled { .. }) => {
                self.leave_out(at, &format!("#{number}"), &format!("its timeline: {error}"));
                self.waiting.remove(&(at, number));
                return;
            }
            Err(error) => {
                let job = Job::Timeline { place: at, number, cursor, pages };
                return self.refused(job, &error, purse, bag, now);
            }
        };
        self.rest_went_well(now);
        let Some(incident) = self.waiting.get_mut(&(at, number)) else { return };
        if pages == 0 {
            incident.timeline.clear();
        }
        incident.timeline.extend(step.events);
        if let Some(next) = step.next.filter(|_| pages < timeline::MAX_PAGES) {
            self.reading.insert((at, number));
            self.further.push_back((at, number, next, pages + 1));
            return;
        }
        let Some(mut incident) = self.waiting.remove(&(at, number)) else { return };
        incident.has_timeline = pages < timeline::MAX_PAGES;
        count_comments(&mut incident);
        // The list told it as it was then; what is later is told by the next one.
        self.take(at, incident, step.host_time, bag);
        if self.waiting.is_empty() {
            bag.is_round_over = true;
        }
    }

    /// The next page of a timeline that was begun.
    pub(super) fn ask_further(&mut self) -> Option<(Request, Job)> {
        let (place, number, cursor, pages) = self.further.pop_front()?;
        Some((timeline::request(&cursor), Job::Timeline { place, number, cursor, pages }))
    }
}
