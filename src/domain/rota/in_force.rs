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
    /// Who steps in for somebody, by which overrides.
    standing_in: BTreeMap<&'a Person, BTreeSet<usize>>,
    /// How many overrides name a person, and those whom more than one does.
    named: BTreeMap<&'a Person, usize>,
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
                self.replaced.entry(user).or_default().insert(rank, with);
                self.standing_in.entry(with).or_default().insert(i);
                self.name(user);
                self.name(with);
            }
            OverrideKind::Add(person) => {
                self.added.entry(person).or_default().insert(i);
                self.name(person);
            }
            OverrideKind::Remove(person) => {
                self.removed.entry(person).or_default().insert(i);
                self.name(person);
            }
        }
    }

    pub(super) fn end(&mut self, i: usize, exception: &'a Override) {
        let rank = rank(i, exception);
        match &exception.kind {
            OverrideKind::ReplaceAll(_) => {
                self.everybody.remove(&rank);
            }
            OverrideKind::ReplaceUser { user, with } => {
                if let Entry::Occupied(mut of_user) = self.replaced.entry(user) {
                    of_user.get_mut().remove(&rank);
                    if of_user.get().is_empty() {
                        of_user.remove();
                    }
                }
                take(&mut self.standing_in, with, i);
                self.unname(user);
                self.unname(with);
            }
            OverrideKind::Add(person) => {
                take(&mut self.added, person, i);
                self.unname(person);
            }
            OverrideKind::Remove(person) => {
                take(&mut self.removed, person, i);
                self.unname(person);
            }
        }
    }

    fn name(&mut self, person: &'a Person) {
        let count = self.named.entry(person).or_default();
        *count = count.saturating_add(1);
        if *count > 1 {
            self.contested.insert(person);
        }
    }

    fn unname(&mut self, person: &'a Person) {
        let Some(count) = self.named.get_mut(person) else { return };
        *count = count.saturating_sub(1);
        if *count < 2 {
            self.contested.remove(person);
        }
        if *count == 0 {
            self.named.remove(person);
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

    /// Pairs that speak of everybody, or of the same person, at once: the one that wins, and each other one.
    ///
    /// Two people who stand in for one another are no clash: each is looked up once, under the name the layers give (R9).
    pub(super) fn clashes(&self) -> Vec<(usize, usize)> {
        let mut of_all = self.everybody.keys().rev().map(|rank| rank.2);
        if let Some(first) = of_all.next() {
            let of_one =
                [&self.added, &self.removed, &self.standing_in].into_iter().flat_map(BTreeMap::values).flatten();
            let hidden: BTreeSet<usize> = of_all.chain(of_one.copied()).collect();
            return hidden.into_iter().map(|other| (first, other)).collect();
        }
        let mut pairs = Vec::new();
        for person in &self.contested {
            let of = |by: &'_ BTreeMap<&'a Person, BTreeSet<usize>>| by.get(person).cloned().unwrap_or_default();
            let (added, removed) = (of(&self.added), of(&self.removed));
            let replaced = self.replaced.get(person).into_iter().flat_map(|by| by.keys().rev().map(|rank| rank.2));
            // Somebody added is on call whoever else is; a replacement wins over a removal.
            let mut of_one = added.iter().copied().chain(replaced).chain(removed.iter().copied());
            if let Some(first) = of_one.next() {
                pairs.extend(of_one.map(|other| (first, other)));
            }
            for winner in of(&self.standing_in) {
                pairs.extend(added.iter().chain(&removed).map(|other| (winner, *other)));
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
