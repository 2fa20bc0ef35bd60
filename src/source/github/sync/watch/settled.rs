//! Whether a source has told all it was asked for.

use super::*;

impl Watch {
    /// There will be one look only.
    pub(in crate::source::github::sync) fn hurry(&mut self) {
        self.is_hurried = true;
    }

    /// Whether the host counts other than the copy, and what differs is not found yet.
    pub(in crate::source::github::sync) fn is_sweeping(&self) -> bool {
        let is_open = |place: &Place| place.sweep != super::super::place::Sweep::None;
        self.places.iter().any(|place| place.standing == Standing::There && is_open(place))
    }

    /// Whether it is sweeping, or something was seen that must be asked for by its number.
    pub(in crate::source::github::sync) fn is_in_doubt(&self) -> bool {
        !self.settling.is_empty() || self.is_sweeping()
    }

    /// Whether everything asked for was told, and nothing is left to ask for now.
    pub(in crate::source::github::sync) fn is_settled(&self) -> bool {
        let is_whole = self.places.iter().all(|place| match place.standing {
            Standing::Unasked => false,
            Standing::There => place.is_whole(self.plan.with_pull_requests),
            Standing::Missing | Standing::Dropped => true,
        });
        let has_duties = self
            .duties
            .iter()
            .filter(|duty| !duty.is_over)
            .any(|duty| duty.is_asked || duty.next.is_some() || !duty.was_heard);
        // Where there is nothing but searches and feeds, these are the round.
        let was_told = self.was_round_told || self.places.is_empty();
        is_whole && was_told && self.is_idle() && self.waiting.is_empty() && !has_duties
    }

    pub(super) fn is_idle(&self) -> bool {
        let duties = self.duties.iter().filter(|duty| duty.is_asked).count();
        self.n_asked == duties
            && self.probes.is_empty()
            && self.wants.is_empty()
            && self.later.is_empty()
            && self.rests.is_empty()
            && self.looks.is_empty()
            && self.lists.is_empty()
            && self.further.is_empty()
    }
}
