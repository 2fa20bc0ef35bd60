//! Why an incident's clocks say what they say, and who is told of it.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        escalation::ladder::Ladder,
        incident::IncidentKey,
        rota::Person,
        sla::{self, Evidence},
    },
    floor::{
        Floor,
        escalation::{Escalations, Ground},
        freshness::Feed,
    },
    text::Text,
};

impl Floor {
    /// Why an incident's clocks say what they say.
    pub fn evidence(&self, key: &IncidentKey, now: DateTime<Utc>) -> Vec<Evidence> {
        self.queue.find(key).map(|entry| sla::explain(&entry.incident, &self.policy, now)).unwrap_or_default()
    }

    /// Who was and will be told of an incident while nobody acknowledges; nothing = it does not escalate (R18).
    ///
    /// Worked out from the incident's history and the roster, so that every console and report says the same; what this
    /// console has said is marked.
    pub fn ladder(&self, key: &IncidentKey, now: DateTime<Utc>) -> Option<Ladder> {
        let roster = self.on_call.as_ref().map(|on_call| &on_call.roster);
        let ground = Ground { queue: &self.queue, roster, promises: &self.policy };
        self.escalations.ladder(self.queue.find(key)?, ground, now)
    }

    /// Why the roster could not be read, where none ever was: then nobody knows who is told of what.
    pub fn roster_away(&self) -> Option<&Text> {
        let rosters = || self.sources.iter().filter(|source| source.feed == Feed::Roster);
        let is_known = self.on_call.is_some() || rosters().any(|source| source.heard_at.is_some());
        let away = rosters().find_map(|source| source.trouble.as_ref().map(|(_, _, why)| why));
        away.filter(|_| !is_known)
    }

    /// Who is told next of an unacknowledged incident, and when; nothing = nobody is.
    pub fn next_told(&self, key: &IncidentKey, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Vec<Person>)> {
        let roster = self.on_call.as_ref().map(|on_call| &on_call.roster);
        let ground = Ground { queue: &self.queue, roster, promises: &self.policy };
        self.escalations.next(key, ground, now)
    }

    /// The escalations, and what they are worked out from.
    pub(super) fn escalating(&mut self) -> (&mut Escalations, Ground<'_>) {
        let roster = self.on_call.as_ref().map(|on_call| &on_call.roster);
        (&mut self.escalations, Ground { queue: &self.queue, roster, promises: &self.policy })
    }
}
