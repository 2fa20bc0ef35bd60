//! What hosts told of themselves.

use crate::{
    domain::{
        incident::{Incident, Login, Repo},
        plans::{Milestone, Plans, Release},
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

    /// Every release that everybody can have, each with its repository.
    pub fn releases(&self) -> impl Iterator<Item = (&Repo, &Release)> {
        let all = self.plans.iter().flat_map(|(repo, plans)| plans.releases.iter().map(move |release| (repo, release)));
        all.filter(|(_, release)| release.is_out())
    }

    /// The milestone that an incident belongs to, as its repository plans it.
    pub fn milestone_of(&self, incident: &Incident) -> Option<&Milestone> {
        self.plans(&incident.key.repo)?.milestone(incident.milestone.as_ref()?)
    }

    /// What a source's host told of itself: whose token it is, what that may not, what can only be read, how checks stand.
    /// Nothing where it has not told yet.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            incident::IncidentKey,
            sla::{Policy, sample_incident},
            time::parse_rfc3339,
            zone::Zone,
        },
        floor::fact::Fact,
    };

    #[test]
    fn an_incident_is_due_with_its_milestone_by_title_in_its_own_repository() {
        let now = parse_rfc3339("2026-11-20T14:00:00Z").unwrap();
        let mut floor = Floor::new(Text::scrub("ops"), Zone::utc(), Policy::standard(), Vec::new());
        let title = Text::scrub("4.9");
        let milestone =
            Milestone { number: 1, title: title.clone(), due: Some(now), is_open: true, n_open: None, n_closed: None };
        let repo = Repo::new("acme/api");
        let plans = Plans { repo: repo.clone(), milestones: vec![milestone], releases: Vec::new() };
        floor.apply(Fact::Planned { source: SourceId(0), plans: Box::new(plans) }, now);
        let mut incident = sample_incident(&[], &[]);
        incident.key = IncidentKey::issue(repo, 1);
        assert_eq!(floor.milestone_of(&incident), None);
        incident.milestone = Some(title);
        assert_eq!(floor.milestone_of(&incident).and_then(|milestone| milestone.due), Some(now));
        incident.key = IncidentKey::issue(Repo::new("acme/web"), 1);
        assert_eq!(floor.milestone_of(&incident), None);
    }
}
