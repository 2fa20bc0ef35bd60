//! What a change does to a file, line by line, so that a person can look before it is written.

use crate::text::Text;

/// Lines shown before and after what changed.
const CONTEXT: usize = 3;

/// One line of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// What becomes of it.
    pub mark: Mark,
    /// Its number in the file as it is, from 1; nothing for a line that is added.
    pub old: Option<usize>,
    /// Its number in the file as it would be, from 1; nothing for a line that is removed.
    pub new: Option<usize>,
    /// The line, without its ending.
    pub text: Text,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It stays; shown so that the place is recognized.
    Kept,
    /// It is added.
    Added,
    /// It goes.
    Removed,
}

impl Mark {
    /// The sign before the line, as every diff has it.
    pub fn sign(self) -> char {
        match self {
            Self::Kept => ' ',
            Self::Added => '+',
            Self::Removed => '-',
        }
    }
}

/// The one stretch of lines in which two versions of a file differ, with three lines around it; nothing where they are equal.
///
/// What both begin with and what both end with is left out, so a change in two places shows all that lies between them.
pub fn between(before: &str, after: &str) -> Vec<DiffLine> {
    if before == after {
        return Vec::new();
    }
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let n_same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()).saturating_sub(n_same);
    let n_tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let first = n_same.saturating_sub(CONTEXT);
    let (old_end, new_end) = (old.len().saturating_sub(n_tail), new.len().saturating_sub(n_tail));
    let mut lines = Vec::new();
    for (at, line) in (first..n_same).zip(old.iter().skip(first)) {
        lines.push(shown(Mark::Kept, Some(at), Some(at), line));
    }
    for (at, line) in (n_same..old_end).zip(old.iter().skip(n_same)) {
        lines.push(shown(Mark::Removed, Some(at), None, line));
    }
    for (at, line) in (n_same..new_end).zip(new.iter().skip(n_same)) {
        lines.push(shown(Mark::Added, None, Some(at), line));
    }
    for (nth, line) in old.iter().skip(old_end).take(CONTEXT).enumerate() {
        lines.push(shown(Mark::Kept, Some(old_end.saturating_add(nth)), Some(new_end.saturating_add(nth)), line));
    }
    lines
}

fn shown(mark: Mark, old: Option<usize>, new: Option<usize>, line: &str) -> DiffLine {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let number = |at: usize| at.saturating_add(1);
    DiffLine { mark, old: old.map(number), new: new.map(number), text: Text::scrub(line) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(before: &str, after: &str) -> Vec<String> {
        let number = |n: Option<usize>| n.map_or_else(|| "·".to_owned(), |n| n.to_string());
        let line = |l: DiffLine| format!("{}{} {}{}", number(l.old), number(l.new), l.mark.sign(), l.text);
        between(before, after).into_iter().map(line).collect()
    }

    #[test]
    fn an_added_line_stands_between_three_lines_of_its_surroundings() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n";
        let after = "1\n2\n3\n4\nx\n5\n6\n7\n8\n";
        assert_eq!(written(before, after), ["22  2", "33  3", "44  4", "·5 +x", "56  5", "67  6", "78  7"]);
    }

    #[test]
    fn a_last_line_that_gains_its_ending_is_shown_as_gone_and_come() {
        assert_eq!(written("a\nb", "a\nb\nc"), ["11  a", "2· -b", "·2 +b", "·3 +c"]);
        assert_eq!(written("a\r\n", "a\r\nb\r\n"), ["11  a", "·2 +b"]);
        assert!(written("a\n", "a\n").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_kept_and_added_is_the_new_file_and_what_is_kept_and_removed_the_old(
            before in "([ab]\n){0,12}", after in "([ab]\n){0,12}",
        ) {
            let lines = between(&before, &after);
            let part = |file: &str, number: fn(&DiffLine) -> Option<usize>| {
                lines.iter().all(|line| match number(line) {
                    Some(n) => file.lines().nth(n - 1) == Some(line.text.as_str()),
                    None => true,
                })
            };
            prop_assert!(part(&before, |l| l.old) && part(&after, |l| l.new));
            let n = |mark: Mark| lines.iter().filter(|l| l.mark == mark).count();
            prop_assert_eq!(before.lines().count() + n(Mark::Added), after.lines().count() + n(Mark::Removed));
        }
    }
}
