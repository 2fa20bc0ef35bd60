//! The labels of an incident that decide by what it is judged, as they come and go.

use crate::domain::{
    incident::{Incident, Label},
    priority::{Grade, Priority},
    sla::{
        Policy,
        rule::{Basis, Mask},
    },
};

/// Labels that are on and mean something to the policy.
pub(super) struct Tags<'a> {
    policy: &'a Policy,
    on: Vec<Tag<'a>>,
    /// Rules that kind and repository allow, and those of them that ask for no label.
    allowed: Mask,
    free: Mask,
}

/// A label and what it means.
struct Tag<'a> {
    label: &'a Label,
    priority: Option<Priority>,
    is_triage: bool,
    rules: Mask,
}

impl<'a> Tags<'a> {
    /// Those of the opening.
    pub(super) fn at_opening(incident: &'a Incident, policy: &'a Policy) -> Self {
        let (allowed, free) = policy.rules_for(incident);
        let on = incident.labels_on_opening().into_iter().filter_map(|label| Tag::of(label, policy)).collect();
        Self { policy, on, allowed, free }
    }

    /// Puts a label on; tells whether it means anything.
    pub(super) fn set(&mut self, label: &'a Label) -> bool {
        let Some(tag) = Tag::of(label, self.policy) else { return false };
        if !self.on.iter().any(|on| on.label == label) {
            self.on.push(tag);
        }
        true
    }

    /// Takes a label off; tells whether it meant anything.
    pub(super) fn remove(&mut self, label: &Label) -> bool {
        let before = self.on.len();
        self.on.retain(|on| on.label != label);
        self.on.len() < before
    }

    /// Whether a priority label is on.
    pub(super) fn has_priority(&self) -> bool {
        self.on.iter().any(|tag| tag.priority.is_some())
    }

    /// What judges the incident by these labels (R19).
    pub(super) fn basis(&self) -> Basis {
        let called = self.on.iter().fold(self.free, |mask, tag| mask | tag.rules) & self.allowed;
        let rule = (called != 0).then(|| called.trailing_zeros() as usize);
        let set = self.on.iter().filter_map(|tag| tag.priority).min();
        // A priority that somebody set wins over a label that says nobody has; the default does not.
        let is_triage = self.on.iter().any(|tag| tag.is_triage);
        let grade = set.or(self.policy.default_priority.filter(|_| !is_triage)).map_or(Grade::Untriaged, Grade::Set);
        Basis { grade, rule }
    }
}

impl<'a> Tag<'a> {
    fn of(label: &'a Label, policy: &Policy) -> Option<Self> {
        let (priority, is_triage, rules) = (policy.priority_of(label), policy.is_triage(label), policy.rules_of(label));
        (priority.is_some() || is_triage || rules != 0).then_some(Self { label, priority, is_triage, rules })
    }
}
