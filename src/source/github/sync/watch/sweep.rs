//! Deleted and moved issues leave no trace in lists of changes: the count of the open ones tells of them.
//!
//! Where host and copy count differently twice, the copy is counted in spans of time, and only the spans that differ are
//! gone through. All of it fits into questions that are asked anyway.

use super::super::place::Sweep;
use super::*;
use crate::source::github::graphql::probe::Listed;

/// Up to so many open issues all are gone through at once.
const SMALL: usize = 100;

/// Spans that are counted at once.
const SPANS: usize = 40;

impl Watch {
    /// The host counted its open issues.
    pub(super) fn counted(&mut self, at: usize, count: usize, now: DateTime<Utc>) {
        let Some(place) = self.places.get_mut(at) else { return };
        place.n_open = Some(count);
        place.counted_at = Some(now);
        if place.issues != Cold::Done || place.sweep != Sweep::None {
            return;
        }
        if place.n_copied() == count {
            place.n_differing = 0;
            return;
        }
        // Lists lag behind counts: once is no proof.
        place.n_differing = place.n_differing.saturating_add(1);
        if place.n_differing >= 2 {
            place.n_differing = 0;
            place.sweep = if place.n_copied().max(count) <= SMALL {
                Sweep::Going { spans: vec![(None, None)], after: None, named: Vec::new() }
            } else {
                Sweep::Counting(bounds(place))
            };
        }
    }

    /// Adds the next step of a sweep to a question.
    pub(super) fn add_sweep(&self, at: usize, part: &mut Part) {
        match self.places.get(at).map(|place| &place.sweep) {
            Some(Sweep::Counting(bounds)) => {
                part.buckets.clone_from(bounds);
                part.with_count = true;
            }
            Some(Sweep::Going { spans, after, .. }) => {
                if let Some((from, _)) = spans.first() {
                    part.sweep = Some((*from, after.clone()));
                }
            }
            Some(Sweep::None) | None => {}
        }
    }

    /// The host counted spans.
    pub(super) fn buckets_told(&mut self, at: usize, part: &Part, counts: &[Option<usize>], all: Option<usize>) {
        let Some(place) = self.places.get_mut(at) else { return };
        let open = || place.copy.values().filter(|seen| seen.is_open && seen.lane == Lane::Issues);
        let ours = |from: DateTime<Utc>| open().filter(|seen| from <= seen.updated_at).count();
        // From each bound to the end, by host and copy; the first is all there is.
        let mut steps = vec![(None, all, open().count())];
        steps.extend(part.buckets.iter().zip(counts).map(|(from, count)| (Some(*from), *count, ours(*from))));
        let mut spans = Vec::new();
        for (nth, (from, theirs, ours)) in steps.iter().enumerate() {
            let (to, their_rest, our_rest) = steps.get(nth + 1).copied().unwrap_or((None, Some(0), 0));
            let is_same = match (theirs, their_rest) {
                (Some(all), Some(rest)) => all.checked_sub(rest) == ours.checked_sub(our_rest),
                // The host does not say: it is gone through.
                _ => false,
            };
            if !is_same {
                spans.push((*from, to));
            }
        }
        place.sweep = match spans.is_empty() {
            true => Sweep::None,
            false => Sweep::Going { spans, after: None, named: Vec::new() },
        };
        if let Some(part) = self.sweep_part(at) {
            self.probes.push_back((at, part));
        }
    }

    fn sweep_part(&self, at: usize) -> Option<Part> {
        let place = self.places.get(at).filter(|place| place.sweep != Sweep::None)?;
        let mut part = Part::of(&place.name);
        self.add_sweep(at, &mut part);
        Some(part)
    }

    /// A page of a span was told.
    pub(super) fn swept(&mut self, at: usize, from: Option<DateTime<Utc>>, list: Listed, now: DateTime<Utc>) {
        let Some(Place { sweep: Sweep::Going { spans, after, named }, .. }) = self.places.get_mut(at) else { return };
        let Some((_, to)) = spans.first().copied().filter(|(first, _)| *first == from) else { return };
        let is_inside = |updated_at: DateTime<Utc>| to.is_none_or(|to| updated_at < to);
        named.extend(list.items.iter().map(|item| item.number));
        let is_past = list.items.iter().any(|item| !is_inside(item.updated_at()));
        let goes_on = list.next.is_some() && !is_past && list.next != *after;
        after.clone_from(&list.next);
        let mut missing = Vec::new();
        if !goes_on {
            let named: std::collections::HashSet<u64> = std::mem::take(named).into_iter().collect();
            spans.remove(0);
            *after = None;
            let is_over = spans.is_empty();
            let Some(place) = self.places.get_mut(at) else { return };
            let is_in_span =
                |seen: &Seen| from.is_none_or(|from| from <= seen.updated_at) && is_inside(seen.updated_at);
            let lost = place.copy.iter().filter(|(number, seen)| {
                seen.is_open && seen.lane == Lane::Issues && is_in_span(seen) && !named.contains(number)
            });
            missing.extend(lost.map(|(number, _)| *number));
            if is_over {
                place.sweep = Sweep::None;
                place.counted_at = Some(now);
            }
        }
        for item in &list.items {
            self.heard_of(at, item.number, Lane::Issues, item.updated_at(), item.is_open(), now);
        }
        // What is asked for anyway tells by itself whether it is there.
        missing.retain(|number| !self.wants.contains_key(&(at, *number)));
        self.looks.extend(missing.into_iter().map(|number| Look { place: at, number, url: None, hops: 0 }));
        if let Some(part) = self.sweep_part(at) {
            self.probes.push_back((at, part));
        }
    }
}

/// Bounds that cut the open issues of a copy into spans of about the same size.
fn bounds(place: &Place) -> Vec<DateTime<Utc>> {
    let open = place.copy.values().filter(|seen| seen.is_open && seen.lane == Lane::Issues);
    let mut times: Vec<DateTime<Utc>> = open.map(|seen| seen.updated_at).collect();
    times.sort_unstable();
    let step = times.len().div_ceil(SPANS).max(SMALL / 2);
    let mut bounds: Vec<DateTime<Utc>> = times.into_iter().step_by(step).collect();
    bounds.retain(|at| *at > DateTime::<Utc>::MIN_UTC);
    bounds.dedup();
    bounds
}
