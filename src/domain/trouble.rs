//! What went wrong with something from outside, in the words that decide what to do next.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::text::Text;

/// One record that was left out, and why; the rest was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where it stood: `line 12`, `#812`, `page 2, item 7`.
    pub at: Text,
    /// Why it could not be read.
    pub why: Text,
}

/// What kind of trouble a source is in: what matters is what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer, or the file is not there: ask again later.
    Away,
    /// It asked us to wait until then.
    Limited {
        /// Ask no sooner.
        until: DateTime<Utc>,
    },
    /// It refuses us: somebody must change a token or a right.
    Refused,
    /// It answered with something that is not what it should be.
    Garbled,
}

impl Trouble {
    /// One word for a header or a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Limited { .. } => "limited",
            Self::Refused => "refused",
            Self::Garbled => "unreadable",
        }
    }
}

/// One thing wrong in a file that a person wrote: where, what, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; nothing = the file as a whole.
    pub line: Option<usize>,
    /// The key, as a path: `schedule[0].layer[1].shift`; may be empty.
    pub key: String,
    /// What is wrong with it.
    pub what: Text,
    /// What to write instead.
    pub hint: Option<Text>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.key.is_empty() {
            // A key is as foreign as the file it stands in.
            write!(f, "{}: ", Text::scrub(&self.key))?;
        }
        write!(f, "{}", self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The known name that `written` is most likely a slip of, for "did you mean"; nothing when none is close.
///
/// Close is: at most one slip (a letter added, dropped, changed, or two swapped) for every three letters, ignoring case.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: Vec<char> = written.chars().take(LONGEST_NAME).flat_map(char::to_lowercase).collect();
    known
        .into_iter()
        .map(|name| (slips(&written, &name.chars().flat_map(char::to_lowercase).collect::<Vec<_>>()), name))
        .filter(|(n_slips, _)| n_slips * 3 <= written.len().max(3))
        .min_by_key(|(n_slips, _)| *n_slips)
        .map(|(_, name)| name)
}

/// Longer names are cut before they are compared: the comparison takes time in both lengths.
const LONGEST_NAME: usize = 64;

/// The optimal string alignment distance.
fn slips(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&above, j) + usize::from(ca != cb);
            let mut best = changed.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca) {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_place_fault_and_remedy() {
        let problem = Problem {
            line: Some(12),
            key: "people[0]".into(),
            what: Text::scrub("nobody is called \"anna\""),
            hint: Some(Text::scrub("did you mean \"ana\"?")),
        };
        let written = "line 12: people[0]: nobody is called \"anna\"\n  hint: did you mean \"ana\"?";
        assert_eq!(problem.to_string(), written);
    }

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_does_not() {
        let known = ["people", "anchor", "shift"];
        assert_eq!(nearest("poeple", known), Some("people"));
        assert_eq!(nearest("Shft", known), Some("shift"));
        assert_eq!(nearest("participants", known), None);
        assert_eq!(nearest("", known), None);
    }
}
