//! What hosts told of themselves.

use crate::{
    domain::{
        incident::{Incident, Login, Repo},
        plans::{Milestone, Plans},
        query::Me,
    },
    floor::{
        Floor,
        fact::{Host, RefChecks, SourceId},
    },
    text::Text,
};

impl Floor {
    /// What a repository has planned and published; nothing before its host told.
    pub fn plans(&self, repo: &Repo) -> Option<&Plans> {
        self.plans.get(repo)
    }

    /// The milestone that an incident belongs to, as its repository plans it.
    pub fn milestone_of(&self, incident: &Incident) -> Option<&Milestone> {
        self.plans(&incident.key.repo)?.milestone(incident.milestone.as_ref()?)
    }

    /// Nothing where it has not told yet.
    /// What a source's host told of itself: whose token it is, what that may not, what can only be read, how checks stand.
    pub fn host(&self, source: SourceId) -> Option<&Host> {
        self.hosts.get(&source)
    }

    /// Who asks: `me` here, and at each host whoever its token belongs to.
    pub fn known_as(&self, me: &Login) -> Me {
        let viewers = self
            .hosts
            .iter()
            .filter_map(|(source, host)| Some((host.viewer.clone()?, self.sources.get(source.0)?.name.clone())));
        viewers.fold(Me::new([me.clone()]), |me, (login, source)| me.known_as(login, source))
    }

    /// How the checks of the refs that are watched stand, in the order of the sources.
    pub fn checks(&self) -> impl Iterator<Item = &RefChecks> {
        self.hosts.values().flat_map(|host| &host.checks)
    }

    /// What tokens lack, by source and feature.
    pub fn missing(&self) -> impl Iterator<Item = (SourceId, &Text)> {
        self.hosts.iter().flat_map(|(source, host)| host.missing.iter().map(|missing| (*source, missing)))
    }
}
