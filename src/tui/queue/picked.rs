//! Incidents picked out to be acted on together.

use std::collections::HashSet;

use crate::domain::incident::IncidentKey;

/// Which incidents are picked: one by one, and from one row to the cursor while a range is open.
#[derive(Debug, Default)]
pub struct Picked {
    keys: HashSet<IncidentKey>,
    /// Where the open range begins.
    anchor: Option<IncidentKey>,
    /// What is picked, the open range counted in, in the order in which it is shown.
    shown: Vec<IncidentKey>,
    /// The same, to look one up.
    looked_up: HashSet<IncidentKey>,
}

impl Picked {
    /// What is picked, in the order in which it is shown.
    pub fn keys(&self) -> &[IncidentKey] {
        &self.shown
    }

    /// Whether an incident is picked.
    pub fn holds(&self, key: &IncidentKey) -> bool {
        self.looked_up.contains(key)
    }

    /// Whether a range is open: the cursor picks as it moves.
    pub fn is_range(&self) -> bool {
        self.anchor.is_some()
    }

    /// Whether there is nothing to clear.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.anchor.is_none()
    }

    /// Picks an incident, or lets it go; a range that was open is kept.
    pub fn toggle(&mut self, key: IncidentKey) {
        if self.anchor.is_some() {
            self.end_range();
        } else if !self.keys.remove(&key) {
            self.keys.insert(key);
        }
    }

    /// Begins a range at an incident; the second time it ends the range, and keeps what it picked.
    pub fn range(&mut self, key: IncidentKey) {
        if self.anchor.is_some() {
            self.end_range();
        } else {
            self.anchor = Some(key);
        }
    }

    /// Picks all of these.
    pub fn pick(&mut self, keys: impl IntoIterator<Item = IncidentKey>) {
        self.anchor = None;
        self.keys.extend(keys);
    }

    /// Picks what was not, and lets go what was; of these alone.
    pub fn invert(&mut self, keys: impl IntoIterator<Item = IncidentKey>) {
        self.end_range();
        let keys: HashSet<_> = keys.into_iter().filter(|key| !self.keys.contains(key)).collect();
        self.keys = keys;
    }

    /// Lets all go.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Brings the picks up to the rows that are shown, in their order: what is out of sight is let go, for nothing acts
    /// unseen. `at` is the row under the cursor.
    pub fn settle<'k>(&mut self, rows: impl Iterator<Item = &'k IncidentKey>, at: usize) {
        if self.is_empty() {
            self.shown.clear();
            self.looked_up.clear();
            return;
        }
        let rows: Vec<&IncidentKey> = rows.collect();
        let anchor = self.anchor.as_ref().and_then(|anchor| rows.iter().position(|key| *key == anchor));
        if anchor.is_none() {
            self.anchor = None;
        }
        let range = anchor.map(|anchor| anchor.min(at)..=anchor.max(at));
        let is_in = |row: &usize| range.as_ref().is_some_and(|range| range.contains(row));
        let picked = rows.iter().enumerate().filter(|(row, key)| is_in(row) || self.keys.contains(**key));
        self.shown = picked.map(|(_, key)| (*key).clone()).collect();
        self.looked_up = self.shown.iter().cloned().collect();
        self.keys.retain(|key| self.looked_up.contains(key));
    }

    fn end_range(&mut self) {
        if self.anchor.take().is_some() {
            self.keys.clone_from(&self.looked_up);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::incident::Repo;

    fn rows() -> Vec<IncidentKey> {
        (1..=6).map(|number| IncidentKey::issue(Repo::new("acme/api"), number)).collect()
    }

    fn numbers(picked: &Picked) -> Vec<u64> {
        picked.keys().iter().map(|key| key.number).collect()
    }

    #[test]
    fn a_range_follows_the_cursor_and_is_kept_when_it_ends() {
        let (rows, mut picked) = (rows(), Picked::default());
        picked.toggle(rows[0].clone());
        picked.range(rows[4].clone());
        picked.settle(rows.iter(), 2);
        assert_eq!(numbers(&picked), [1, 3, 4, 5]);
        picked.settle(rows.iter(), 5);
        assert_eq!(numbers(&picked), [1, 5, 6]);
        picked.range(rows[5].clone());
        picked.settle(rows.iter(), 0);
        assert_eq!((numbers(&picked), picked.is_range()), (vec![1, 5, 6], false));
    }

    #[test]
    fn what_is_out_of_sight_is_let_go_for_good() {
        let (rows, mut picked) = (rows(), Picked::default());
        picked.pick(rows.iter().cloned());
        picked.settle(rows[..2].iter(), 0);
        assert_eq!(numbers(&picked), [1, 2]);
        picked.settle(rows.iter(), 0);
        assert_eq!(numbers(&picked), [1, 2]);
        assert!(!picked.holds(&rows[3]));
    }

    #[test]
    fn inverting_nothing_picks_all_and_inverting_all_picks_nothing() {
        let (rows, mut picked) = (rows(), Picked::default());
        picked.invert(rows.iter().cloned());
        picked.settle(rows.iter(), 0);
        assert_eq!(numbers(&picked).len(), 6);
        picked.invert(rows.iter().cloned());
        picked.settle(rows.iter(), 0);
        assert!(picked.is_empty() && numbers(&picked).is_empty());
    }
}
