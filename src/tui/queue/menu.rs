//! A choice of one line: what the rows are sorted by, or put together by.

use crate::{
    domain::query::{By, Group, Section, Sort},
    tui::input::Key,
};

/// Which choice is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// The order of the rows.
    Sort,
    /// What they are put together by.
    Group,
}

/// A key, its word whole and short, and what it chooses.
type Choice<T> = (char, [&'static str; 2], T);

const SORTS: [Choice<By>; 6] = [
    ('b', ["breach", "breach"], By::Breach),
    ('p', ["priority", "prio"], By::Priority),
    ('a', ["age", "age"], By::Age),
    ('u', ["updated", "upd"], By::Updated),
    ('r', ["repo", "repo"], By::Repository),
    ('c', ["comments", "comm"], By::Comments),
];

const GROUPS: [Choice<Option<Group>>; 5] = [
    ('r', ["repository", "repo"], Some(Group::Repository)),
    ('l', ["label", "label"], Some(Group::Label)),
    ('o', ["owner", "owner"], Some(Group::Owner)),
    ('p', ["priority", "prio"], Some(Group::Priority)),
    ('n', ["none", "none"], None),
];

impl Menu {
    /// What is chosen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sort => "sort",
            Self::Group => "group",
        }
    }

    /// The keys with their words, whole and short, and whether each is in force.
    pub fn choices(self, section: &Section) -> Vec<(char, [&'static str; 2], bool)> {
        match self {
            Self::Sort => SORTS.map(|(key, word, by)| (key, word, section.sorted().by == by)).to_vec(),
            Self::Group => GROUPS.map(|(key, word, group)| (key, word, section.grouped() == group)).to_vec(),
        }
    }

    /// Takes a key; says whether the choice is made or given up. The order in force chosen again is turned round.
    pub fn press(self, section: &mut Section, key: &Key) -> bool {
        let letter = match key {
            Key::Char(letter) => *letter,
            Key::Enter | Key::Esc => return true,
            _ => return false,
        };
        match self {
            Self::Sort => {
                let Some((.., by)) = SORTS.iter().find(|(key, ..)| *key == letter) else { return false };
                let now = section.sorted();
                section.sort = Some(Sort { by: *by, is_reversed: now.by == *by && !now.is_reversed });
            }
            Self::Group => {
                let Some((.., group)) = GROUPS.iter().find(|(key, ..)| *key == letter) else { return false };
                section.group = *group;
                section.query.ungroup();
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::query::Query;

    #[test]
    fn the_order_in_force_chosen_again_is_turned_round() {
        let mut section = Section::new("all", Query::read("sort:age"));
        assert!(Menu::Sort.press(&mut section, &Key::Char('a')));
        assert_eq!(section.sorted(), Sort { by: By::Age, is_reversed: true });
        assert!(Menu::Sort.press(&mut section, &Key::Char('a')));
        assert!(!section.sorted().is_reversed);
        assert!(!Menu::Sort.press(&mut section, &Key::Char('z')));
        assert!(Menu::Sort.press(&mut section, &Key::Esc));
    }

    #[test]
    fn none_takes_away_what_the_query_groups_by() {
        let mut section = Section::new("all", Query::read("group:label"));
        assert!(Menu::Group.choices(&section).contains(&('l', ["label", "label"], true)));
        assert!(Menu::Group.press(&mut section, &Key::Char('n')));
        assert_eq!(section.grouped(), None);
    }
}
