//! What is so, and what a copy of it got wrong.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};

use crate::{
    life::PRIORITIES,
    state::{Did, Issue, Repository},
    world::World,
};

/// What a copy must know of an issue or pull request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Its title.
    pub title: String,
    /// Whether it is open.
    pub is_open: bool,
    /// Its labels, sorted.
    pub labels: Vec<String>,
    /// Who owns it, sorted.
    pub assignees: Vec<String>,
    /// Each setting (true) and taking off (false) of a priority, oldest first.
    pub priorities: Vec<(DateTime<Utc>, bool, String)>,
    /// The first comment or review by a maintainer who is neither its author nor an app.
    pub answered: Option<(DateTime<Utc>, String)>,
}

impl Told {
    /// What is so of an issue.
    pub fn of(world: &World, issue: &Issue) -> Self {
        let mut told = Self { title: issue.title.clone(), is_open: issue.open, ..Self::default() };
        told.labels.clone_from(&issue.labels);
        told.assignees.clone_from(&issue.assignees);
        for event in &issue.events {
            match &event.did {
                Did::Labeled(label) if PRIORITIES.contains(&label.as_str()) => {
                    told.priorities.push((event.at, true, label.clone()));
                }
                Did::Unlabeled(label) if PRIORITIES.contains(&label.as_str()) => {
                    told.priorities.push((event.at, false, label.clone()));
                }
                Did::Commented(_) | Did::Reviewed(..) if told.answered.is_none() => {
                    let by = event.by.as_deref().filter(|by| event.by != issue.author && !by.ends_with("[bot]"));
                    let maintains = matches!(world.association(by), "OWNER" | "MEMBER" | "COLLABORATOR");
                    told.answered = by.filter(|_| maintains).map(|by| (event.at, by.to_owned()));
                }
                _ => {}
            }
        }
        told.sorted()
    }

    /// The same with its sets in order.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.labels.sort();
        self.assignees.sort();
        self
    }
}

/// What is so of everything that is open, and of what was closed since an instant; by key.
///
/// `key` names an issue: repositories and issues are renamed and renumbered.
pub fn truth(
    world: &World,
    closed_since: DateTime<Utc>,
    with_pulls: bool,
    key: impl Fn(&Repository, &Issue) -> String,
) -> BTreeMap<String, Told> {
    let mut all = BTreeMap::new();
    for repo in world.repos.iter().filter(|repo| !repo.deleted) {
        for issue in repo.issues.values().filter_map(|slot| slot.now.as_deref()) {
            let is_recent = issue.open || issue.closed_at.is_some_and(|at| at >= closed_since);
            if is_recent && (with_pulls || issue.pull.is_none()) {
                all.insert(key(repo, issue), Told::of(world, issue));
            }
        }
    }
    all
}

/// How a copy differs from what is so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Compared.
    pub n: usize,
    /// Keys the copy lacks.
    pub missing: Vec<String>,
    /// What the copy has otherwise, a line each.
    pub wrong: Vec<String>,
}

/// Compares a copy with what is so. What the copy shows as open must be so; what it shows as closed may be older than asked.
pub fn compare(truth: &BTreeMap<String, Told>, copy: &BTreeMap<String, Told>) -> Difference {
    let mut found = Difference { n: truth.len(), ..Difference::default() };
    for (key, so) in truth {
        let Some(told) = copy.get(key) else {
            let state = if so.is_open { "open" } else { "closed" };
            found.missing.push(format!("{key} ({state}, \"{}\")", so.title));
            continue;
        };
        let mut wrong = Vec::new();
        let mut check = |name: &str, is_same: bool, so: &dyn fmt::Debug, told: &dyn fmt::Debug| {
            if !is_same {
                wrong.push(format!("{name} {told:?}, not {so:?}"));
            }
        };
        check("title", so.title == told.title, &so.title, &told.title);
        check("open", so.is_open == told.is_open, &so.is_open, &told.is_open);
        check("labels", so.labels == told.labels, &so.labels, &told.labels);
        check("assignees", so.assignees == told.assignees, &so.assignees, &told.assignees);
        check("priorities", so.priorities == told.priorities, &so.priorities, &told.priorities);
        check("answered", so.answered == told.answered, &so.answered, &told.answered);
        found.wrong.extend((!wrong.is_empty()).then(|| format!("{key}: {}", wrong.join("; "))));
    }
    for (key, told) in copy.iter().filter(|(key, told)| told.is_open && !truth.contains_key(*key)) {
        found.wrong.push(format!("{key}: shown as open, \"{}\", and is not there", told.title));
    }
    found
}

impl Difference {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.wrong.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} compared, {} wrong, {} missing", self.n, self.wrong.len(), self.missing.len())?;
        for line in self.wrong.iter().take(20) {
            writeln!(f, "  wrong: {line}")?;
        }
        for key in self.missing.iter().take(20) {
            writeln!(f, "  missing: {key}")?;
        }
        Ok(())
    }
}
