//! The overrides in force at one moment, kept so that no question looks at all of them (SEMANTICS R9).

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use chrono::{DateTime, Utc};

use super::{Override, OverrideKind, Person};

/// An override's place in the order of R9: the level, the later made, the later in the file. The greatest wins.
type Rank = (i32, Option<DateTime<Utc>>, usize);

/// Overrides by what they do and to whom. An override is told by its place in the file.
#[derive(Default)]
pub(super) struct InForce<'a> {
    everybody: BTreeMap<Rank, &'a [Person]>,
    replaced: BTreeMap<&'a Person, BTreeMap<Rank, &'a Person>>,
    /// Those of the replaced whom more than one override replaces.
    contested: BTreeSet<&'a Person>,
    removed: BTreeMap<&'a Person, BTreeSet<usize>>,
    added: BTreeMap<&'a Person, BTreeSet<usize>>,
}

impl<'a> InForce<'a> {
    pub(super) fn begin(&mut self, i: usize, exception: &'a Override) {
        let rank = rank(i, exception);
        match &exception.kind {
            OverrideKind::ReplaceAll(people) => {
                self.everybody.insert(rank, people);
            }
            OverrideKind::ReplaceUser { user, with } => {
                let of_user = self.replaced.entry(user).or_default();
                of_user.insert(rank, with);
                if of_user.len() > 1 {
                    self.contested.insert(user);
                }
            }
            OverrideKind::Add(person) => {
                self.added.entry(person).or_default().insert(i);
            }
            OverrideKind::Remove(person) => {
                self.removed.entry(person).or_default().insert(i);
            }
        }
    }

    pub(super) fn end(&mut self, i: usize, exception: &'a Override) {
        let rank = rank(i, exception);
        match &exception.kind {
            OverrideKind::ReplaceAll(_) => {
                self.everybody.remove(&rank);
            }
            OverrideKind::ReplaceUser { user, .. } => {
                if let Entry::Occupied(mut of_user) = self.replaced.entry(user) {
                    of_user.get_mut().remove(&rank);
                    if of_user.get().len() < 2 {
                        self.contested.remove(user);
                    }
                    if of_user.get().is_empty() {
                        of_user.remove();
                    }
                }
            }
            OverrideKind::Add(person) => take(&mut self.added, person, i),
            OverrideKind::Remove(person) => take(&mut self.removed, person, i),
        }
    }

    /// Who is on call whatever else says, as if `left_out` were not there.
    pub(super) fn everybody(&self, left_out: Option<usize>) -> Option<&'a [Person]> {
        self.everybody.iter().rev().find(|(rank, _)| Some(rank.2) != left_out).map(|(_, people)| *people)
    }

    /// Who is on call beside those of the layers.
    pub(super) fn added(&self, left_out: Option<usize>) -> impl Iterator<Item = &'a Person> + '_ {
        self.added.iter().filter(move |(_, by)| is_any(by, left_out)).map(|(person, _)| *person)
    }

    /// Who takes the place of somebody a layer names: looked up once under that name, so two people can swap; nobody = away.
    ///
    /// A replacement beats a removal of the same person: somebody was named to step in (GoAlert does the same).
    pub(super) fn stand_in(&self, person: &'a Person, left_out: Option<usize>) -> Option<&'a Person> {
        let replaced = self.replaced.get(person);
        let with = replaced.and_then(|by| by.iter().rev().find(|(rank, _)| Some(rank.2) != left_out));
        match with {
            Some((_, with)) => Some(with),
            None if self.removed.get(person).is_some_and(|by| is_any(by, left_out)) => None,
            None => Some(person),
        }
    }

    /// The overrides whose absence alone could matter, when the layers name these people.
    pub(super) fn decisive(&self, named: impl Iterator<Item = &'a Person>) -> BTreeSet<usize> {
        if let Some((rank, _)) = self.everybody.last_key_value() {
            return BTreeSet::from([rank.2]);
        }
        let of_named = named.filter_map(|person| match self.replaced.get(person) {
            Some(by) => by.last_key_value().map(|(rank, _)| rank.2),
            None => self.removed.get(person).and_then(only),
        });
        of_named.chain(self.added.values().filter_map(only)).collect()
    }

    /// Pairs that say different things of everybody, or of the same person: the one that wins, and the next.
    pub(super) fn clashes(&self) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let mut of_all = self.everybody.iter().rev();
        if let (Some((first, these)), Some((second, those))) = (of_all.next(), of_all.next())
            && !are_same(these, those)
        {
            pairs.push((first.2, second.2));
        }
        for by in self.contested.iter().filter_map(|user| self.replaced.get(user)) {
            let mut of_one = by.iter().rev();
            if let (Some((first, this)), Some((second, that))) = (of_one.next(), of_one.next())
                && this != that
            {
                pairs.push((first.2, second.2));
            }
        }
        pairs
    }
}

fn rank(i: usize, exception: &Override) -> Rank {
    (exception.level, exception.created, i)
}

fn take<'a>(from: &mut BTreeMap<&'a Person, BTreeSet<usize>>, person: &'a Person, i: usize) {
    if let Entry::Occupied(mut by) = from.entry(person) {
        by.get_mut().remove(&i);
        if by.get().is_empty() {
            by.remove();
        }
    }
}

fn is_any(by: &BTreeSet<usize>, left_out: Option<usize>) -> bool {
    by.iter().any(|i| Some(*i) != left_out)
}

fn only(by: &BTreeSet<usize>) -> Option<usize> {
    by.first().copied().filter(|_| by.len() == 1)
}

fn are_same(these: &[Person], those: &[Person]) -> bool {
    let set = |people: &[Person]| people.iter().cloned().collect::<BTreeSet<_>>();
    set(these) == set(those)
}
