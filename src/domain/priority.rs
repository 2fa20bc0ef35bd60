//! Priority: what the policy calls urgent.

use std::fmt;

/// How urgent an incident is. `P0` is the most urgent; the order of the variants is the order of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Security, data corruption, crash.
    P0,
    /// A major function is broken, or results are wrong.
    P1,
    /// Medium.
    P2,
    /// Low.
    P3,
}

impl Priority {
    /// All of them, most urgent first.
    pub const ALL: [Self; 4] = [Self::P0, Self::P1, Self::P2, Self::P3];

    /// `P0` … `P3`.
    pub fn word(self) -> &'static str {
        match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
        }
    }

    /// Reads `P0`/`p0`; nothing else.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The row of the policy an incident is judged by: a priority, or none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// It has a priority (by label, or by the policy's default).
    Set(Priority),
    /// Nobody has triaged it and the policy has no default priority.
    Untriaged,
}

impl Grade {
    /// All rows, most urgent first, untriaged last.
    pub const ALL: [Self; 5] = [
        Self::Set(Priority::P0),
        Self::Set(Priority::P1),
        Self::Set(Priority::P2),
        Self::Set(Priority::P3),
        Self::Untriaged,
    ];

    /// `P0` … `P3`, or `??` where nobody has decided.
    pub fn word(self) -> &'static str {
        match self {
            Self::Set(p) => p.word(),
            Self::Untriaged => "??",
        }
    }

    /// The row's place in [`Grade::ALL`].
    pub fn index(self) -> usize {
        match self {
            Self::Set(Priority::P0) => 0,
            Self::Set(Priority::P1) => 1,
            Self::Set(Priority::P2) => 2,
            Self::Set(Priority::P3) => 3,
            Self::Untriaged => 4,
        }
    }
}
