//! What a repository has planned and published: milestones and releases.

use chrono::{DateTime, Utc};

use crate::{domain::incident::Repo, domain::time::rfc3339, text::Text};

/// What a host tells of one repository's milestones and releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans {
    /// The repository, as keys name it.
    pub repo: Repo,
    /// Open milestones, and those closed of late, by number.
    pub milestones: Vec<Milestone>,
    /// The latest releases, the last made first.
    pub releases: Vec<Release>,
}

/// A milestone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// Its number in its repository: a title can change.
    pub number: u64,
    /// Its title; no two of a repository have the same.
    pub title: Text,
    /// When it is due; nothing = no day is set.
    pub due: Option<DateTime<Utc>>,
    /// Whether it is open.
    pub is_open: bool,
    /// Open issues and pull requests in it; nothing = the host was not asked.
    pub n_open: Option<usize>,
    /// Closed ones in it.
    pub n_closed: Option<usize>,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its tag.
    pub tag: Text,
    /// Its name; blank where it has none.
    pub name: Text,
    /// When it was published; nothing for a draft.
    pub published_at: Option<DateTime<Utc>>,
    /// Whether only those who may write see it.
    pub is_draft: bool,
    /// Whether it is meant for testers.
    pub is_prerelease: bool,
}

impl Release {
    /// Whether everybody can have it.
    pub fn is_out(&self) -> bool {
        !self.is_draft && self.published_at.is_some()
    }
}

/// Something that changed in a repository's plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// A milestone.
    Milestone,
    /// A release was published, or is shown no more.
    Release,
}

impl Planned {
    /// Its name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Milestone => "milestone_plan",
            Self::Release => "release",
        }
    }
}

impl Plans {
    /// The milestone of this title.
    pub fn milestone(&self, title: &Text) -> Option<&Milestone> {
        self.milestones.iter().find(|milestone| milestone.title == *title)
    }

    /// What is otherwise than `before`, in words. Counts move with their incidents and are no news; what has only left the
    /// host's list of late ones is none either.
    pub fn changes(&self, before: &Self) -> Vec<(Planned, String)> {
        let mut told = Vec::new();
        let mut milestone = |what: String| told.push((Planned::Milestone, what));
        for now in &self.milestones {
            let was = before.milestones.iter().find(|was| was.number == now.number);
            let Some(was) = was else {
                if now.is_open {
                    milestone(format!("milestone {} made, {}", now.title, due(now.due)));
                }
                continue;
            };
            if was.title != now.title {
                milestone(format!("milestone {} is called {} now", was.title, now.title));
            }
            if was.due != now.due {
                milestone(format!("milestone {}: {}, was {}", now.title, due(now.due), due(was.due)));
            }
            if was.is_open != now.is_open {
                let state = if now.is_open { "open again" } else { "closed" };
                milestone(format!("milestone {} {state}", now.title));
            }
        }
        let is_lost = |was: &&Milestone| was.is_open && self.milestones.iter().all(|now| now.number != was.number);
        for was in before.milestones.iter().filter(is_lost) {
            milestone(format!("milestone {} is not there any more", was.title));
        }
        for now in self.releases.iter().filter(|now| now.is_out()) {
            let was = before.releases.iter().find(|was| was.tag == now.tag);
            let what = if now.is_prerelease { "prerelease" } else { "release" };
            let name =
                if now.name.is_blank() || now.name == now.tag { String::new() } else { format!(" ({})", now.name) };
            if !was.is_some_and(Release::is_out) {
                told.push((Planned::Release, format!("{what} {}{name} published", now.tag)));
            } else if was.is_some_and(|was| was.is_prerelease && !now.is_prerelease) {
                told.push((Planned::Release, format!("release {}{name} is no prerelease any more", now.tag)));
            }
        }
        told
    }
}

/// The day of a milestone, `2026-12-01`: a host keeps a day, as an instant in it.
pub fn day(at: DateTime<Utc>) -> String {
    rfc3339(at).get(..10).unwrap_or_default().to_owned()
}

fn due(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "due on no day".to_owned(), |at| format!("due {}", day(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn milestone(number: u64, title: &str, due: Option<&str>) -> Milestone {
        let due = due.and_then(|day| parse_rfc3339(&format!("{day}T00:00:00Z")));
        Milestone { number, title: Text::scrub(title), due, is_open: true, n_open: Some(3), n_closed: None }
    }

    fn release(tag: &str, is_draft: bool) -> Release {
        let published_at = (!is_draft).then(|| parse_rfc3339("2026-11-20T10:00:00Z").unwrap());
        Release { tag: Text::scrub(tag), name: Text::scrub("Winter"), published_at, is_draft, is_prerelease: false }
    }

    fn plans(milestones: Vec<Milestone>, releases: Vec<Release>) -> Plans {
        Plans { repo: Repo::new("acme/api"), milestones, releases }
    }

    fn words(now: &Plans, before: &Plans) -> Vec<String> {
        now.changes(before).into_iter().map(|(_, what)| what).collect()
    }

    #[test]
    fn a_milestones_changes_are_told_and_its_counts_are_none() {
        let before = plans(vec![milestone(1, "4.9", Some("2026-11-28")), milestone(2, "5.0", None)], vec![]);
        let mut now = before.clone();
        now.milestones[0].n_open = Some(2);
        assert_eq!(words(&now, &before), [""; 0]);
        now.milestones[0].due = parse_rfc3339("2026-12-01T00:00:00Z");
        now.milestones[1].is_open = false;
        now.milestones.push(milestone(3, "6", None));
        let told = [
            "milestone 4.9: due 2026-12-01, was due 2026-11-28",
            "milestone 5.0 closed",
            "milestone 6 made, due on no day",
        ];
        assert_eq!(words(&now, &before), told);
        now.milestones.retain(|milestone| milestone.number == 3);
        // One that was closed leaves the list without a word.
        assert_eq!(words(&plans(vec![], vec![]), &now), ["milestone 6 is not there any more"]);
        assert_eq!(now.milestone(&Text::scrub("6")).map(|milestone| milestone.number), Some(3));
    }

    #[test]
    fn a_release_is_told_once_it_is_published() {
        let (none, draft) = (plans(vec![], vec![]), plans(vec![], vec![release("v1", true)]));
        let out = plans(vec![], vec![release("v1", false)]);
        assert_eq!(words(&draft, &none), [""; 0]);
        assert_eq!(words(&out, &draft), ["release v1 (Winter) published"]);
        assert_eq!(words(&out, &out), [""; 0]);
        // An old one leaves the list of the latest.
        assert_eq!(words(&none, &out), [""; 0]);
    }
}
