//! What can be done: each change moves `updated_at` and the timeline as GitHub does.

use std::sync::Arc;

use chrono::{DateTime, Timelike, Utc};

use crate::{
    state::{Did, Gone, Happened, Issue, Slot},
    world::World,
};

impl World {
    /// Changes an issue and records what happened. Nothing where there is no such issue.
    ///
    /// A change moves `updated_at` unless it is one that GitHub passes over.
    pub fn change(
        &mut self,
        at: (usize, u64),
        by: Option<&str>,
        now: DateTime<Utc>,
        change: impl FnOnce(&mut Issue) -> Vec<Did>,
    ) -> bool {
        let now = now.with_nanosecond(0).unwrap_or(now);
        let Some(old) = self.repos[at.0].issue(at.1).cloned() else { return false };
        let mut next = (*old).clone();
        let dids = change(&mut next);
        for did in dids {
            let id = self.next_id();
            if did != Did::Subscribed {
                next.updated_at = now;
            }
            next.events.push(Happened { id, at: now, by: by.map(str::to_owned), did });
        }
        if let Some(slot) = self.repos[at.0].issues.get_mut(&at.1) {
            slot.put(Some(Arc::new(next)), now);
        }
        true
    }

    /// Sets a label, declaring it where it is new.
    pub fn add_label(&mut self, at: (usize, u64), name: &str, by: &str, now: DateTime<Utc>) {
        let name = self.label(at.0, name);
        self.change(at, Some(by), now, |issue| {
            if issue.labels.contains(&name) {
                return Vec::new();
            }
            issue.labels.push(name.clone());
            vec![Did::Labeled(name)]
        });
    }

    /// Takes a label off; whether it was there.
    pub fn remove_label(&mut self, at: (usize, u64), name: &str, by: &str, now: DateTime<Utc>) -> bool {
        let Some(issue) = self.repos[at.0].issue(at.1) else { return false };
        let Some(on) = issue.labels.iter().find(|on| on.eq_ignore_ascii_case(name)).cloned() else { return false };
        self.change(at, Some(by), now, |issue| {
            issue.labels.retain(|label| *label != on);
            vec![Did::Unlabeled(on)]
        })
    }

    /// Assigns somebody; those who cannot be are passed over in silence.
    pub fn assign(&mut self, at: (usize, u64), login: &str, by: &str, now: DateTime<Utc>) {
        let known = self.repos[at.0].assignable.iter().find(|known| known.eq_ignore_ascii_case(login)).cloned();
        let Some(login) = known else { return };
        self.change(at, Some(by), now, |issue| {
            if issue.assignees.contains(&login) || issue.assignees.len() >= 10 {
                return Vec::new();
            }
            issue.assignees.push(login.clone());
            vec![Did::Assigned(login)]
        });
    }

    /// Unassigns somebody.
    pub fn unassign(&mut self, at: (usize, u64), login: &str, by: &str, now: DateTime<Utc>) {
        self.change(at, Some(by), now, |issue| {
            let Some(i) = issue.assignees.iter().position(|on| on.eq_ignore_ascii_case(login)) else {
                return Vec::new();
            };
            vec![Did::Unassigned(issue.assignees.remove(i))]
        });
    }

    /// Adds a comment; gives its number.
    pub fn comment(&mut self, at: (usize, u64), text: &str, by: Option<&str>, now: DateTime<Utc>) -> Option<u64> {
        self.change(at, by, now, |_| vec![Did::Commented(text.to_owned())]);
        self.repos[at.0].issue(at.1)?.events.last().map(|event| event.id)
    }

    /// Closes.
    pub fn close(&mut self, at: (usize, u64), reason: &str, by: &str, now: DateTime<Utc>) {
        self.change(at, Some(by), now, |issue| {
            let reason = issue.pull.is_none().then(|| reason.to_owned());
            if !issue.open && issue.reason == reason {
                return Vec::new();
            }
            let was_open = std::mem::replace(&mut issue.open, false);
            issue.reason.clone_from(&reason);
            if was_open {
                issue.closed_at = Some(now.with_nanosecond(0).unwrap_or(now));
            }
            vec![Did::Closed(reason)]
        });
    }

    /// Opens again.
    pub fn reopen(&mut self, at: (usize, u64), by: &str, now: DateTime<Utc>) {
        self.change(at, Some(by), now, |issue| {
            if issue.open || issue.pull.as_ref().is_some_and(|pull| pull.merged_at.is_some()) {
                return Vec::new();
            }
            (issue.open, issue.closed_at) = (true, None);
            issue.reason = issue.pull.is_none().then(|| "reopened".to_owned());
            vec![Did::Reopened]
        });
    }

    /// Changes the title.
    pub fn retitle(&mut self, at: (usize, u64), title: &str, by: &str, now: DateTime<Utc>) {
        self.change(at, Some(by), now, |issue| {
            let old = std::mem::replace(&mut issue.title, title.to_owned());
            if old == issue.title { Vec::new() } else { vec![Did::Renamed(old, title.to_owned())] }
        });
    }

    /// Deletes, or makes it a discussion: it is in no list, and `since` tells nothing.
    pub fn delete(&mut self, at: (usize, u64), now: DateTime<Utc>) {
        if let Some(slot) = self.repos[at.0].issues.get_mut(&at.1) {
            slot.put(None, now);
            slot.gone = Some(Gone::Deleted);
        }
    }

    /// Moves an issue to another repository: a new number there, labels that are declared there, its history with it.
    pub fn transfer(&mut self, at: (usize, u64), to: usize, by: &str, now: DateTime<Utc>) -> Option<u64> {
        let now = now.with_nanosecond(0).unwrap_or(now);
        let old = self.repos[at.0].issue(at.1).cloned()?;
        let from = self.repos[at.0].full();
        let (id, event_id) = (self.next_id(), self.next_id());
        let there = &mut self.repos[to];
        there.last_number += 1;
        let number = there.last_number;
        let mut moved = (*old).clone();
        (moved.id, moved.node, moved.number) = (id, format!("I_{id}"), number);
        moved.labels.retain(|name| there.labels.iter().any(|label| label.name == *name));
        (moved.milestone, moved.updated_at) = (None, now);
        moved.events.push(Happened { id: event_id, at: now, by: Some(by.to_owned()), did: Did::Transferred(from) });
        self.nodes.insert(moved.node.clone(), (to, number));
        let mut slot = Slot::default();
        slot.put(Some(Arc::new(moved)), now);
        there.issues.insert(number, slot);
        if let Some(slot) = self.repos[at.0].issues.get_mut(&at.1) {
            slot.put(None, now);
            slot.gone = Some(Gone::Transferred(to, number));
        }
        Some(number)
    }

    /// Renames a label: issues carry the new name, and neither their time nor their history tells.
    pub fn rename_label(&mut self, place: usize, old: &str, new: &str, now: DateTime<Utc>) {
        let Some(label) = self.repos[place].labels.iter_mut().find(|label| label.name == old) else { return };
        new.clone_into(&mut label.name);
        for slot in self.repos[place].issues.values_mut() {
            let Some(issue) = slot.now.as_ref().filter(|issue| issue.labels.iter().any(|on| on == old)) else {
                continue;
            };
            let mut next = (**issue).clone();
            for on in next.labels.iter_mut().filter(|on| *on == old) {
                new.clone_into(on);
            }
            slot.put(Some(Arc::new(next)), now);
        }
    }

    /// Takes a label out of the repository: issues lose it, and neither their time nor their history tells.
    pub fn delete_label(&mut self, place: usize, name: &str, now: DateTime<Utc>) {
        self.repos[place].labels.retain(|label| label.name != name);
        for slot in self.repos[place].issues.values_mut() {
            let Some(issue) = slot.now.as_ref().filter(|issue| issue.labels.iter().any(|on| on == name)) else {
                continue;
            };
            let mut next = (**issue).clone();
            next.labels.retain(|on| on != name);
            slot.put(Some(Arc::new(next)), now);
        }
    }

    /// Renames or moves a repository; the old name leads to it as long as nobody takes it.
    pub fn rename_repository(&mut self, place: usize, full: &str) {
        let Some((owner, name)) = full.split_once('/') else { return };
        owner.clone_into(&mut self.repos[place].owner);
        name.clone_into(&mut self.repos[place].name);
        self.names.insert(full.to_lowercase(), place);
    }
}
