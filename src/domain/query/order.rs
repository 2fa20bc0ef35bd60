//! In which order, and under which headings.

use std::fmt;

/// What rows are sorted by. Equal ones stay in the queue's own order: next breach first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: By,
    /// The other way round.
    pub is_reversed: bool,
}

/// A thing to sort by, and which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// What is over, then what breaks next: the queue's own order.
    Breach,
    /// The most urgent first.
    Priority,
    /// The oldest first.
    Age,
    /// The latest change first.
    Updated,
    /// By repository, in the order of the alphabet.
    Repository,
    /// The most comments first.
    Comments,
}

/// What rows are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The repository.
    Repository,
    /// The first label that says more than the priority.
    Label,
    /// The first of its owners.
    Owner,
    /// The priority.
    Priority,
}

impl By {
    /// All of them, with their words: the first of each is the one that is printed.
    pub const WORDS: &[(&'static str, Self)] = &[
        ("breach", Self::Breach),
        ("priority", Self::Priority),
        ("age", Self::Age),
        ("updated", Self::Updated),
        ("repository", Self::Repository),
        ("comments", Self::Comments),
        ("p", Self::Priority),
        ("repo", Self::Repository),
        ("created", Self::Age),
    ];
}

impl Group {
    /// All of them, with their words: the first of each is the one that is printed.
    pub const WORDS: &[(&'static str, Self)] = &[
        ("repository", Self::Repository),
        ("label", Self::Label),
        ("owner", Self::Owner),
        ("priority", Self::Priority),
        ("repo", Self::Repository),
        ("assignee", Self::Owner),
        ("p", Self::Priority),
    ];

    /// Reads a word.
    pub fn parse(word: &str) -> Option<Self> {
        find(Self::WORDS, word)
    }
}

impl Sort {
    /// The queue's own order.
    pub const USUAL: Self = Self { by: By::Breach, is_reversed: false };

    /// Reads a word, with `-` before it for the other way round.
    pub fn parse(word: &str) -> Option<Self> {
        let (is_reversed, word) = word.strip_prefix('-').map_or((false, word), |rest| (true, rest));
        Some(Self { by: find(By::WORDS, word)?, is_reversed })
    }

    /// In words, for a title.
    pub fn says(self) -> &'static str {
        match (self.by, self.is_reversed) {
            (By::Breach, false) => "next breach first",
            (By::Breach, true) => "next breach last",
            (By::Priority, false) => "most urgent first",
            (By::Priority, true) => "least urgent first",
            (By::Age, false) => "oldest first",
            (By::Age, true) => "newest first",
            (By::Updated, false) => "last updated first",
            (By::Updated, true) => "longest quiet first",
            (By::Repository, false) => "by repository",
            (By::Repository, true) => "by repository, from the end",
            (By::Comments, false) => "most comments first",
            (By::Comments, true) => "fewest comments first",
        }
    }
}

fn find<T: Copy>(words: &[(&str, T)], word: &str) -> Option<T> {
    words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, meaning)| *meaning)
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = By::WORDS.iter().find(|(_, by)| *by == self.by).map(|(word, _)| *word);
        write!(f, "{}{}", if self.is_reversed { "-" } else { "" }, word.unwrap_or_default())
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, group)| group == self).map(|(word, _)| *word);
        f.pad(word.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_read_as_it_is_written() {
        for (_, by) in By::WORDS {
            for is_reversed in [false, true] {
                let sort = Sort { by: *by, is_reversed };
                assert_eq!(Sort::parse(&sort.to_string()), Some(sort));
            }
        }
        assert!(Group::WORDS.iter().all(|(_, group)| Group::parse(&group.to_string()) == Some(*group)));
        assert_eq!((Sort::parse("agee"), Group::parse("")), (None, None));
    }
}
