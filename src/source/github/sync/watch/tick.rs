//! Looking for changes: which repositories are due, and what is asked about each.

use super::*;
use crate::source::github::graphql::probe::Since;

/// How far before the latest change told the next question goes back: lists lag.
const OVERLAP: TimeDelta = TimeDelta::seconds(120);

/// How far it goes back now and then: replicas that came late.
const WIDE: TimeDelta = TimeDelta::minutes(15);

const WIDE_EVERY: TimeDelta = TimeDelta::minutes(5);
const COUNTED_EVERY: TimeDelta = TimeDelta::minutes(2);
const LABELS_EVERY: TimeDelta = TimeDelta::minutes(10);
const MISSING_EVERY: TimeDelta = TimeDelta::minutes(10);

/// A count that differed is looked at again after this long: what a list lags by is over then.
const LAGS: TimeDelta = TimeDelta::seconds(45);

/// Changed issues on one page of a probe.
const CHANGED: usize = 50;

impl Watch {
    /// Whether there is so little to watch that conditional requests are cheapest.
    pub(super) fn is_single(&self) -> bool {
        self.places.iter().filter(|place| place.standing != Standing::Dropped).count() == 1
            && self.places.first().is_some_and(|place| place.standing != Standing::Dropped)
    }

    /// Plans a round of looking for changes.
    pub(super) fn tick(&mut self, purse: &Purse, now: DateTime<Utc>) {
        let every = minus_part(self.plan.every);
        let coin = if self.way == Way::Rest || self.is_single() { Coin::Rest } else { Coin::Point };
        let every = purse.stretched(every, coin, self.tick_cost, now);
        // From tick to tick, so that the cadence does not drift; anew after a pause.
        let planned = plus(self.tick_at, every);
        let is_steady = between(self.tick_at, now) < every && now < planned;
        self.tick_at = if is_steady { planned } else { plus(now, every) };
        let settling = std::mem::take(&mut self.settling);
        self.wants.extend(settling);
        self.is_tick_open = true;
        self.has_broken_off = false;
        // A round that takes longer than the cadence is not overtaken by the next.
        if !self.probes.is_empty() || self.n_probing > 0 || !self.lists.is_empty() {
            return;
        }
        if self.way == Way::Rest {
            self.plan_lists(now);
        } else if self.is_single() && self.places.iter().all(|place| place.standing == Standing::There) {
            self.plan_conditional(now);
        } else {
            self.plan_probes(now);
        }
        let lists: usize = self.probes.iter().map(|(_, part)| part.lists()).sum();
        let planned = if coin == Coin::Point { lists.div_ceil(100) + 1 } else { self.lists.len().max(1) };
        self.tick_cost = u64::try_from(planned).unwrap_or(u64::MAX);
    }

    /// Plans questions about the repositories that are due; what else fits into them comes along.
    fn plan_probes(&mut self, now: DateTime<Utc>) {
        let patience = self.plan.every.checked_mul(7).unwrap_or(self.plan.every) / 4;
        let is_due = |place: &Place| match place.probed_at {
            None => true,
            Some(at) if place.standing == Standing::Missing => between(at, now) >= MISSING_EVERY,
            Some(at) => {
                place.is_lively(now) || place.sweep != super::super::place::Sweep::None || between(at, now) >= patience
            }
        };
        let mut due: Vec<usize> = Vec::new();
        let mut others: Vec<(Option<DateTime<Utc>>, usize)> = Vec::new();
        for (at, place) in self.places.iter().enumerate() {
            if place.standing == Standing::Dropped {
                continue;
            }
            if is_due(place) {
                due.push(at);
            } else if place.standing != Standing::Missing {
                others.push((place.probed_at, at));
            }
        }
        if due.is_empty() {
            return;
        }
        others.sort_unstable();
        let room = due.len().div_ceil(GROUP) * GROUP - due.len();
        due.extend(others.into_iter().take(room).map(|(_, at)| at));
        due.sort_unstable();
        for at in due {
            if let Some(part) = self.part(at, now) {
                self.probes.push_back((at, part));
            }
        }
    }

    /// What is asked about a repository at this tick.
    pub(super) fn part(&mut self, at: usize, now: DateTime<Utc>) -> Option<Part> {
        let (with_pulls, is_single) = (self.plan.with_pull_requests, self.is_single());
        let is_few = self.places.len() <= GROUP;
        let place = self.places.get_mut(at)?;
        let mut part = Part::of(&place.name);
        // Spread, so that what is asked now and then does not fall on one tick for all.
        let spread = |places: usize| TimeDelta::seconds(30 * i64::try_from(at % places).unwrap_or_default());
        place.probed_at = Some(now);
        if place.standing != Standing::There {
            part.with_head = true;
            part.with_count = true;
            part.with_pull_count = with_pulls && place.pulls != Cold::Done;
            part.with_labels = true;
            // Of many, plans wait for the next tick: the first rows do not wait for them.
            part.with_plans = is_few && !is_single;
            place.plans_at = part.with_plans.then_some(now);
            place.counted_at = Some(minus(now, spread(4)));
            place.labels_at = Some(minus(now, spread(20)));
            place.wide_at = Some(minus(now, spread(10)));
            // What an earlier run read whole may have changed since.
            if let (Cold::Done, Some(since), false) = (&place.issues, place.since, is_single) {
                part.issues = Some(Since { at: minus(since, WIDE), first: 100, after: None });
                part.pulls = with_pulls.then_some((10, None));
            }
            return Some(part);
        }
        let is_over = |last: Option<DateTime<Utc>>, every| last.is_none_or(|at| between(at, now) >= every);
        let is_wide = is_over(place.wide_at, WIDE_EVERY);
        if is_wide {
            place.wide_at = Some(now);
        }
        let since = place.since.unwrap_or(now);
        part.issues = Some(Since {
            at: minus(since, if is_wide { WIDE } else { OVERLAP }),
            first: if is_wide { 100 } else { CHANGED },
            after: None,
        });
        part.pulls = with_pulls.then_some((10, None));
        let counted_every = if place.n_differing > 0 { LAGS } else { COUNTED_EVERY };
        part.with_count = place.issues == Cold::Done && is_over(place.counted_at, counted_every);
        part.with_labels = is_over(place.labels_at, LABELS_EVERY);
        if part.with_labels {
            place.labels_at = Some(now);
        }
        part.with_plans = is_over(place.plans_at, super::plans::PLANS_EVERY);
        if part.with_plans {
            place.plans_at = Some(now);
        }
        self.add_sweep(at, &mut part);
        Some(part)
    }
}

/// A little less than asked, so that two rounds and their answers fit into two cadences.
fn minus_part(every: TimeDelta) -> TimeDelta {
    every - every / 120
}
