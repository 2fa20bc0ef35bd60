//! Deleted and moved issues leave no trace in lists of changes: the count of the open ones tells of them.
//!
//! Where host and copy count differently twice, the copy is counted in spans of time, and only the spans that differ are
//! gone through. All of it comes along with questions that are asked anyway.

use super::super::place::{Span, Sweep};
use super::*;
use crate::source::github::graphql::probe::Listed;

/// Up to so many open issues all are gone through at once.
const SMALL: usize = 100;

/// Spans that are counted at once.
const SPANS: usize = 120;

/// Spans that are gone through at once.
const GONE_THROUGH: usize = 100;

/// The least issues of a span: as many as one page holds, and some that come meanwhile.
const SPAN: usize = 80;

impl Watch {
    /// A page of all that is open was told, to find what is gone.
    pub(super) fn checked(&mut self, at: usize, named: &[u64], next: Option<Url>) {
        let Some(place) = self.places.get_mut(at) else { return };
        place.named.extend(named);
        if let Some(url) = next {
            self.lists.push_back((at, List::Check, Some(url)));
            return;
        }
        let named = std::mem::take(&mut place.named);
        let lost = place.copy.iter().filter(|(number, seen)| seen.is_open && !named.contains(number));
        let lost: Vec<u64> = lost.map(|(number, _)| *number).collect();
        self.looks.extend(lost.into_iter().map(|number| Look {
            place: at,
            number,
            url: None,
            hops: 0,
            is_listed: false,
        }));
    }

    /// The host counted its open issues.
    pub(super) fn counted(&mut self, at: usize, count: usize, now: DateTime<Utc>) {
        // Lists lag behind counts: once is no proof, but whoever looks once has no second look.
        let enough = if self.is_hurried { 1 } else { 2 };
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
        place.n_differing = place.n_differing.saturating_add(1);
        if place.n_differing >= enough {
            place.n_differing = 0;
            place.sweep = if place.n_copied().max(count) <= SMALL {
                Sweep::Going(vec![Span::default()])
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
            Some(Sweep::Going(spans)) => {
                let asked = spans.iter().take(GONE_THROUGH).map(|span| (span.from, span.after.clone()));
                part.sweep = asked.collect();
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
                spans.push(Span { from: *from, to, ..Span::default() });
            }
        }
        place.sweep = if spans.is_empty() { Sweep::None } else { Sweep::Going(spans) };
    }

    /// Pages of spans were told.
    pub(super) fn swept(&mut self, at: usize, part: &Part, lists: Vec<Listed>, now: DateTime<Utc>) {
        for ((from, _), list) in part.sweep.iter().zip(lists) {
            self.span_told(at, *from, &list);
            for item in &list.items {
                self.heard_of(at, item.number, Lane::Issues, item.updated_at(), item.is_open(), now);
            }
        }
        let Some(place) = self.places.get_mut(at) else { return };
        if place.sweep == Sweep::Going(Vec::new()) {
            place.sweep = Sweep::None;
            place.counted_at = Some(now);
        }
    }

    fn span_told(&mut self, at: usize, from: Option<DateTime<Utc>>, list: &Listed) {
        let Some(place) = self.places.get_mut(at) else { return };
        let Sweep::Going(spans) = &mut place.sweep else { return };
        let Some(nth) = spans.iter().position(|span| span.from == from) else { return };
        let Some(span) = spans.get_mut(nth) else { return };
        let to = span.to;
        let is_inside = |updated_at: DateTime<Utc>| to.is_none_or(|to| updated_at < to);
        span.named.extend(list.items.iter().map(|item| item.number));
        let is_past = list.items.iter().any(|item| !is_inside(item.updated_at()));
        if list.next.is_some() && !is_past && list.next != span.after {
            span.after.clone_from(&list.next);
            return;
        }
        let named: std::collections::HashSet<u64> = spans.remove(nth).named.into_iter().collect();
        let is_in_span = |seen: &Seen| from.is_none_or(|from| from <= seen.updated_at) && is_inside(seen.updated_at);
        let is_lost = |(number, seen): &(&u64, &Seen)| {
            seen.is_open && seen.lane == Lane::Issues && is_in_span(seen) && !named.contains(number)
        };
        // It may have changed while it was looked for: asked for by its number, it tells itself whether it is there.
        let lost = place.copy.iter().filter(is_lost).map(|(number, seen)| ((at, *number), seen.lane));
        self.settling.extend(lost);
    }
}

/// Bounds that cut the open issues of a copy into spans of about the same size.
fn bounds(place: &Place) -> Vec<DateTime<Utc>> {
    let open = place.copy.values().filter(|seen| seen.is_open && seen.lane == Lane::Issues);
    let mut times: Vec<DateTime<Utc>> = open.map(|seen| seen.updated_at).collect();
    times.sort_unstable();
    let step = times.len().div_ceil(SPANS).max(SPAN);
    let mut bounds: Vec<DateTime<Utc>> = times.into_iter().step_by(step).collect();
    bounds.retain(|at| *at > DateTime::<Utc>::MIN_UTC);
    bounds.dedup();
    bounds
}
