//! What the settings ask of a release: whose word, which jobs, which freezes, what its steps are judged by, and when it is
//! taken back (SEMANTICS R50–R52).

use super::{
    announcement::Declared,
    evidence::{Evidence, Tie},
    gate::{Class, Freeze, Role},
    record::{Deed, Entry, same},
    rollback::Watching,
};
use crate::{domain::incident::Repo, text::Text};

/// What the settings ask of a release.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rules {
    /// Whose "go" is needed, and who may say it.
    pub roles: Vec<Role>,
    /// CI jobs that count.
    pub jobs: Vec<JobRule>,
    /// Whether the settings themselves name labels of incidents that block: then somebody has to tell of incidents.
    pub asks_for_blockers: bool,
    /// Who may waive a failing job.
    pub may_waive: Vec<Text>,
    /// Who may approve an exception from a freeze; empty = anybody on record.
    pub may_except: Vec<Text>,
    /// Freezes, in force or not.
    pub freezes: Vec<Freeze>,
    /// Objectives whose overspent budget holds the release; nothing = any that is known to be overspent. One that is named
    /// and has no data cannot be judged.
    pub budgets: Option<Vec<Text>>,
    /// Whether this release is one that an overspent budget does not hold up (R52).
    pub is_urgent_fix: bool,
    /// What steps are judged by.
    pub ties: Vec<Tie>,
    /// When it is to be taken back.
    pub watching: Watching,
    /// What is to be told to whom, beside what the plans ask for.
    pub announcements: Vec<Declared>,
}

/// A CI job that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRule {
    /// The workflow, by its name or its file: `CI`, `ci.yml`.
    pub name: Text,
    /// Whether its failing alone stops a release.
    pub class: Class,
    /// The repository it runs in.
    pub repo: Repo,
    /// The branch it runs on.
    pub at: Text,
}

impl Rules {
    /// Whether what somebody put on record counts: whether they may say it, and say why where that is needed. An exception from a freeze is anybody's where
    /// nobody is named for it; a waiver needs somebody who is.
    pub fn counts(&self, entry: &Entry) -> bool {
        let is_one = |of: &[Text]| of.iter().any(|login| same(login.as_str(), entry.by.as_str()));
        match &entry.deed {
            Deed::Waiver { .. } => is_one(&self.may_waive) && !entry.reason.is_blank(),
            Deed::FreezeException { .. } => {
                (self.may_except.is_empty() || is_one(&self.may_except)) && !entry.reason.is_blank()
            }
            Deed::SignOff { role, .. } => {
                let known = self.roles.iter().find(|known| same(known.name.as_str(), role.as_str()));
                known.is_none_or(|role| role.members.is_empty() || is_one(&role.members))
            }
            Deed::Tick { .. } | Deed::Decision { .. } | Deed::Announced { .. } => true,
        }
    }

    /// Whether anything is judged by what a host tells.
    pub fn asks_hosts(&self) -> bool {
        let asks = |tie: &Tie| {
            matches!(
                tie.evidence,
                Evidence::ChecksGreen { .. } | Evidence::MilestoneEmpty { .. } | Evidence::Artefact { .. }
            )
        };
        !self.jobs.is_empty() || self.ties.iter().any(asks)
    }

    /// Branches whose runs are to be asked for, each once.
    pub fn runs(&self) -> Vec<(Repo, Text)> {
        let of_ties = self.ties.iter().filter_map(|tie| match &tie.evidence {
            Evidence::ChecksGreen { repo, at, .. } => Some((repo.clone(), at.clone())),
            _ => None,
        });
        once(self.jobs.iter().map(|job| (job.repo.clone(), job.at.clone())).chain(of_ties))
    }

    /// Artefacts that are to be asked for by name, each once.
    pub fn artefacts(&self) -> Vec<(Repo, Text)> {
        once(self.ties.iter().filter_map(|tie| match &tie.evidence {
            Evidence::Artefact { repo, name } => Some((repo.clone(), name.clone())),
            _ => None,
        }))
    }
}

fn once(pairs: impl Iterator<Item = (Repo, Text)>) -> Vec<(Repo, Text)> {
    pairs.fold(Vec::new(), |mut known, pair| {
        if !known.contains(&pair) {
            known.push(pair);
        }
        known
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{release::record::Say, time::parse_rfc3339};

    #[test]
    fn a_word_counts_from_whoever_may_say_it_and_with_a_reason_where_one_is_needed() {
        let text = Text::scrub;
        let role = Role { name: text("qa"), members: vec![text("Ana")] };
        let rules = Rules { roles: vec![role], may_waive: vec![text("ana")], ..Rules::default() };
        let at = parse_rfc3339("2026-12-03T10:00:00Z").unwrap();
        let counts = |by: &str, reason: &str, deed: &Deed| {
            rules.counts(&Entry { at, by: text(by), deed: deed.clone(), commit: None, reason: text(reason) })
        };
        let sign = |role: &str| Deed::SignOff { role: text(role), say: Say::Go };
        assert!(
            counts("ana", "", &sign("QA")) && !counts("bo", "", &sign("qa")) && counts("bo", "", &sign("security"))
        );
        let waived = Deed::Waiver { what: text("perf") };
        assert!(counts("ana", "known", &waived) && !counts("bo", "known", &waived) && !counts("ana", "", &waived));
        let excepted = Deed::FreezeException { freeze: text("holidays") };
        assert!(counts("bo", "a fix", &excepted) && !counts("bo", "", &excepted), "nobody is named for it");
    }
}
