//! Every problem of a settings file at once, each with its line, its key and what to do.

use std::fmt;

use crate::{
    config::{secrets::masked, walk::Said},
    domain::trouble::Problem,
    text::{Text, counted},
};

/// What is wrong with a settings file; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file's name as the person knows it.
    pub file: Text,
    /// In line order; those without a line first.
    pub list: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Problem { line, what, hint, .. } in &self.list {
            writeln!(f, "error: {what}")?;
            match line {
                Some(line) => writeln!(f, "  --> {}, line {line}", self.file)?,
                None => writeln!(f, "  --> {}", self.file)?,
            }
            if let Some(hint) = hint {
                writeln!(f, "  hint: {hint}")?;
            }
        }
        write!(f, "{} in {}", counted(self.list.len(), "problem", "problems"), self.file)
    }
}

impl std::error::Error for Problems {}

/// Collects problems while a file is read.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Offset of the first byte of each line.
    line_starts: Vec<usize>,
    list: Vec<Problem>,
    /// Whether some were left out.
    is_full: bool,
}

/// Problems kept. A file with more is the wrong file, and comparing each with all others takes its time.
const KEPT: usize = 200;

impl Report {
    /// A report on this text.
    pub(super) fn on(file: &str) -> Self {
        let after_breaks = file.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        Self { line_starts: std::iter::once(0).chain(after_breaks).collect(), ..Self::default() }
    }

    /// The line, from 1, that a byte offset lies in.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).max(1)
    }

    /// The offset of that line's first byte.
    pub(super) fn start_of(&self, line: usize) -> usize {
        line.checked_sub(1).and_then(|at| self.line_starts.get(at)).copied().unwrap_or(0)
    }

    /// Adds a problem at a line.
    pub(super) fn at(&mut self, line: Option<usize>, key: &str, what: &str, hint: &str) {
        // A key or a variable's name may be a pasted token too: this is the one way out for all of them.
        let hint = (!hint.is_empty()).then(|| Text::scrub(&masked(hint)));
        let problem = Problem { line, key: masked(key), what: Text::scrub(&masked(what)), hint };
        if self.list.contains(&problem) {
            return;
        }
        if self.list.len() < KEPT {
            self.list.push(problem);
        } else {
            self.is_full = true;
        }
    }

    /// Adds a problem with something that was written: `` `key` `` and then `what`.
    pub(super) fn fault<T>(&mut self, said: &Said<T>, what: &str, hint: &str) {
        self.at(Some(said.line), &said.key, &format!("`{}` {what}", said.key), hint);
    }

    /// The problems in line order.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        if self.is_full {
            let what = Text::scrub("there are more problems than these; the others are left out");
            self.list.push(Problem {
                line: None,
                key: String::new(),
                what,
                hint: Some(Text::scrub("is it the right file?")),
            });
        }
        self.list.sort_by_key(|problem| problem.line);
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_a_problem_and_a_count_at_the_end() {
        let mut report = Report::on("one\ntwo\n");
        assert_eq!([0, 3, 4, 7, 8, 99].map(|offset| report.line_of(offset)), [1, 1, 2, 2, 3, 3]);
        report.at(Some(12), "b", "`b` is \"x\"", "write y");
        report.at(None, "a", "no `a`", "");
        report.at(None, "a", "no `a`", "");
        let problems = Problems { file: Text::scrub("watchfloor.toml"), list: report.finish() };
        assert_eq!(
            problems.to_string(),
            "error: no `a`\n  --> watchfloor.toml\nerror: `b` is \"x\"\n  --> watchfloor.toml, line 12\n  hint: write y\n2 problems in watchfloor.toml"
        );
    }
}
