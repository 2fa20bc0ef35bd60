//! What is told: changes, the end of a round, the host itself.

use super::*;

impl Watch {
    pub(super) fn outcomes(&mut self, mut bag: Bag, purse: &Purse, now: DateTime<Utc>) -> Vec<Outcome> {
        let source = self.plan.source;
        let mut outcomes = Vec::new();
        let is_whole = bag.failed.is_none() && !self.has_broken_off;
        let is_round_over = self.is_round_open && self.is_idle() && is_whole;
        // While what is watched cannot be read, something beside it that was read is no sign of health.
        self.is_failing |= bag.failed.is_some();
        let is_part = bag.is_round_over && !self.is_failing && !self.has_broken_off;
        if is_round_over {
            self.is_round_open = false;
            self.was_round_told = true;
            for place in &mut self.places {
                place.settle_since();
            }
        }
        if is_round_over || is_part {
            bag.cursors.extend(self.places.iter_mut().filter_map(Place::mark));
        }
        let round = (is_round_over || is_part).then(|| Round {
            reach: self.reach(),
            budget: purse.budget(self.coin()),
            skipped: self.left_out(),
        });
        let Bag { items, gone, plans, cursors, failed, .. } = bag;
        if !items.is_empty() || !gone.is_empty() || !plans.is_empty() || !cursors.is_empty() || round.is_some() {
            outcomes.push(Outcome::Heard(Heard { source, at: now, items, gone, plans, cursors, round }));
        }
        if let Some(host) = self.host().filter(|host| self.host_told.as_ref() != Some(host)) {
            self.host_told = Some(host.clone());
            outcomes.push(Outcome::Host { source, host: Box::new(host) });
        }
        if let Some((trouble, why)) = failed {
            outcomes.push(Outcome::Failed { source, trouble, why });
        }
        outcomes
    }

    /// The window that this source lives on.
    fn coin(&self) -> Coin {
        let has_points = self.way != Way::Rest && !self.is_single();
        if has_points { Coin::Point } else { Coin::Rest }
    }

    pub(in super::super) fn reach(&self) -> Reach {
        let with_pulls = self.plan.with_pull_requests;
        let there = || self.places.iter().filter(|place| place.standing == Standing::There);
        let is_asked = self.places.iter().all(|place| place.standing != Standing::Unasked);
        if is_asked && there().all(|place| place.is_whole(with_pulls)) && self.waiting.is_empty() {
            return Reach::Whole;
        }
        let told = there().map(|place| place.copy.values().filter(|seen| seen.is_open).count()).sum();
        let of = there().map(|place| place.n_open).sum::<Option<usize>>().filter(|of| is_asked && told <= *of);
        Reach::Part { told, of }
    }

    fn left_out(&self) -> Vec<Skipped> {
        let missing = self
            .places
            .iter()
            .filter(|place| place.standing == Standing::Missing)
            .map(|place| Skipped { at: Text::scrub(place.key.full()), why: Text::scrub(&place.why) });
        let of_duties = self.duties.iter().flat_map(|duty| duty.skipped.iter().cloned());
        missing.chain(self.skipped.values().cloned()).chain(of_duties).collect()
    }

    /// All that is known of the host; nothing before it told anything.
    fn host(&self) -> Option<Host> {
        let is_known = self.viewer.is_some() || self.places.iter().any(|place| place.standing == Standing::There);
        if !is_known {
            return None;
        }
        let read_only = self.places.iter().filter(|place| place.is_read_only).map(|place| place.key.clone());
        let mut host = Host {
            viewer: self.viewer.clone(),
            missing: self.no_graphql.iter().cloned().chain(self.renamed()).collect(),
            read_only: read_only.collect(),
            ..Host::default()
        };
        for part in self.duties.iter().map(|duty| &duty.host) {
            host.viewer = host.viewer.or_else(|| part.host.viewer.clone());
            host.missing.extend(part.missing.iter().chain(&part.host.missing).cloned());
            host.read_only.extend(part.host.read_only.iter().cloned());
            host.checks.extend(part.host.checks.iter().cloned());
            host.runs.extend(part.host.runs.iter().cloned());
            host.artefacts.extend(part.host.artefacts.iter().cloned());
        }
        host.missing.dedup();
        Some(host)
    }

    /// Repositories that have another name by now than the one they are asked for by: what to write instead.
    fn renamed(&self) -> impl Iterator<Item = Text> {
        let there = self.places.iter().filter(|place| place.standing == Standing::There);
        let is_other = |place: &&Place| !place.name.eq_ignore_ascii_case(&place.asked);
        there.filter(is_other).map(|place| {
            let (old, new) = (&place.asked, &place.name);
            Text::scrub(&format!(
                "{old} is called {new} now: write {new} in the settings (`repositories`, and where else {old} stands)"
            ))
        })
    }

    /// Takes an incident as told: into the copy, and on to whoever listens. `host_time` is the host's clock at the answer.
    pub(super) fn take(&mut self, at: usize, incident: Incident, host_time: DateTime<Utc>, bag: &mut Bag) {
        let Some(place) = self.places.get_mut(at) else { return };
        let number = incident.key.number;
        let seen = Seen::of(&incident);
        // A list that lags behind must not undo what is known.
        if place.copy.get(&number).is_some_and(|known| incident.updated_at < known.updated_at && known.has_timeline) {
            return;
        }
        if between(incident.updated_at, host_time) <= SETTLES {
            self.settling.insert((at, number), seen.lane);
        }
        place.heard = place.heard.max(Some(host_time));
        place.copy.insert(number, seen);
        self.skipped.remove(&(at, format!("#{number}")));
        bag.items.push(incident);
    }

    /// Leaves one record out, by name.
    pub(super) fn leave_out(&mut self, at: usize, name: &str, why: &str) {
        let Some(place) = self.places.get(at) else { return };
        if self.skipped.len() < crate::source::SKIPS_NAMED {
            let at_name = Text::scrub(&format!("{}{name}", place.key));
            self.skipped.insert((at, name.to_owned()), Skipped { at: at_name, why: Text::scrub(why) });
        }
    }
}
