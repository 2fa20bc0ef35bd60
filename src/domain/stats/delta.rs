//! What changed between two looks at the same queue.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::incident::{Incident, IncidentKey, Kind, What};

/// What changed among the items of one kind: numbers in ascending order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// New.
    pub opened: Vec<u64>,
    /// No longer there: deleted, transferred, or left out of the later look.
    pub gone: Vec<u64>,
    /// Open before, closed now.
    pub closed: Vec<u64>,
    /// Closed before, open now.
    pub reopened: Vec<u64>,
    /// New, and closed already.
    pub opened_and_already_closed: Vec<u64>,
    /// With another title.
    pub retitled: Vec<u64>,
    /// With other labels, in whatever order.
    pub relabelled: Vec<u64>,
    /// With other owners, in whatever order.
    pub reassigned: Vec<u64>,
    /// Comments, reviews and review comments more than before, by number; new items count from nothing.
    pub new_comments: BTreeMap<u64, usize>,
    /// Changed in some way, as the source says.
    pub updated_at_changed: Vec<u64>,
}

/// What changed from one look to a later one among items of one kind.
pub fn changes(old: &[Incident], new: &[Incident], kind: Kind) -> Changes {
    let mut before: HashMap<&IncidentKey, &Incident> = of_kind(old, kind).map(|i| (&i.key, i)).collect();
    let mut found = Changes::default();
    for item in of_kind(new, kind) {
        match before.remove(&item.key) {
            Some(was) => found.compare(was, item),
            None => {
                found.opened.push(item.key.number);
                if !item.is_open() {
                    found.opened_and_already_closed.push(item.key.number);
                }
                found.count_said(0, item);
            }
        }
    }
    found.gone.extend(before.keys().map(|key| key.number));
    found.sort();
    found
}

fn of_kind(items: &[Incident], kind: Kind) -> impl Iterator<Item = &Incident> {
    items.iter().filter(move |item| item.kind == kind)
}

fn said(item: &Incident) -> usize {
    item.timeline.iter().filter(|event| matches!(event.what, What::Commented | What::Reviewed)).count()
}

impl Changes {
    fn compare(&mut self, was: &Incident, is: &Incident) {
        let labels = |i: &Incident| i.labels.iter().map(|l| l.as_str().to_owned()).collect::<BTreeSet<_>>();
        let owners = |i: &Incident| i.assignees.iter().cloned().collect::<BTreeSet<_>>();
        for (differs, list) in [
            (was.is_open() && !is.is_open(), &mut self.closed),
            (!was.is_open() && is.is_open(), &mut self.reopened),
            (was.title != is.title, &mut self.retitled),
            (labels(was) != labels(is), &mut self.relabelled),
            (owners(was) != owners(is), &mut self.reassigned),
            (was.updated_at != is.updated_at, &mut self.updated_at_changed),
        ] {
            if differs {
                list.push(is.key.number);
            }
        }
        self.count_said(said(was), is);
    }

    fn count_said(&mut self, before: usize, item: &Incident) {
        let more = said(item).saturating_sub(before);
        if 0 < more {
            self.new_comments.insert(item.key.number, more);
        }
    }

    fn sort(&mut self) {
        for list in [
            &mut self.opened,
            &mut self.gone,
            &mut self.closed,
            &mut self.reopened,
            &mut self.opened_and_already_closed,
            &mut self.retitled,
            &mut self.relabelled,
            &mut self.reassigned,
            &mut self.updated_at_changed,
        ] {
            list.sort_unstable();
        }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{incident::Label, sla::sample_incident as incident},
        text::Text,
    };

    fn numbered(number: u64, events: &[&str]) -> Incident {
        let mut item = incident(&["P1"], events);
        item.key.number = number;
        item
    }

    #[test]
    fn every_kind_of_change_is_named_by_its_numbers() {
        let old = [
            numbered(1, &[]),
            numbered(2, &[]),
            numbered(3, &["12:10 mia closed"]),
            numbered(4, &["12:01 mia commented"]),
        ];
        let mut retitled = numbered(4, &["12:01 mia commented", "12:02 mia commented"]);
        retitled.title = Text::scrub("Something else");
        retitled.labels.push(Label::new("bug"));
        let new = [
            numbered(6, &["12:30 mia commented", "12:40 mia closed"]),
            numbered(2, &["12:20 mia closed"]),
            numbered(3, &["12:10 mia closed", "12:20 mia reopened"]),
            retitled,
        ];
        let found = changes(&old, &new, Kind::Issue);
        let wanted = Changes {
            opened: vec![6],
            gone: vec![1],
            closed: vec![2],
            reopened: vec![3],
            opened_and_already_closed: vec![6],
            retitled: vec![4],
            relabelled: vec![4],
            new_comments: [(4, 1), (6, 1)].into(),
            ..Changes::default()
        };
        assert_eq!(found, wanted);
        assert!(changes(&old, &old, Kind::Issue).is_empty() && changes(&old, &new, Kind::PullRequest).is_empty());
    }
}
