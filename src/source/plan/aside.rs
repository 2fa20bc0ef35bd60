//! Sections of a plan that are no work of a phase: criteria, and the way back.

use crate::{
    domain::release::plan::{Criterion, CriterionKind, RollbackStep},
    text::Text,
};

/// What the section being read is about.
#[derive(Default)]
pub(super) struct Aside {
    /// The headings in force that say something of it, outer ones first.
    open: Vec<(u8, Kind)>,
    /// Within a roll-back: what the outermost item above says that the nested ones are.
    part: Option<Kind>,
    has_steps: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Criteria(CriterionKind),
    Rollback,
}

/// What a list item there is.
pub(super) enum Said {
    Criterion(Criterion),
    Step(RollbackStep),
}

const CRITERIA: [&str; 6] = ["criteria", "критери", "kriterien", "critères", "criterios", "definition of done"];
const ROLLBACK: [&str; 7] = ["rollback", "roll-back", "roll back", "backout", "откат", "回滚", "ロールバック"];
const ENTRY: [&str; 4] = ["entry", "entrance", "вход", "eingang"];
const STEPS: [&str; 6] = ["steps", "procedure", "шаги", "порядок", "schritte", "étapes"];

fn names(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

impl Aside {
    /// A heading of this level was read.
    pub(super) fn heading(&mut self, level: u8, heading: &str) {
        self.open.retain(|(outer, _)| *outer < level);
        (self.part, self.has_steps) = (None, false);
        let lower = heading.to_lowercase();
        let is_back = names(&lower, &ROLLBACK);
        if names(&lower, &CRITERIA) {
            let kind = match (is_back || self.is_back(), names(&lower, &ENTRY)) {
                (true, _) => CriterionKind::Rollback,
                (false, true) => CriterionKind::Entry,
                (false, false) => CriterionKind::Success,
            };
            self.open.push((level, Kind::Criteria(kind)));
        } else if is_back {
            self.open.push((level, Kind::Rollback));
        }
    }

    /// Whether items are to be shown to [`Aside::item`] at all.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn is_back(&self) -> bool {
        self.open.iter().any(|(_, kind)| *kind == Kind::Rollback)
    }

    /// What a list item is here. `depth` is 0 in the outermost list.
    pub(super) fn item(&mut self, text: &Text, depth: u16, line: usize) -> Option<Said> {
        let criterion = |kind| Some(Said::Criterion(Criterion { kind, text: text.clone(), line }));
        let (_, kind) = *self.open.last()?;
        let Kind::Criteria(kind) = kind else { return self.of_rollback(text, depth, line) };
        criterion(kind)
    }

    fn of_rollback(&mut self, text: &Text, depth: u16, line: usize) -> Option<Said> {
        let lower = text.as_str().to_lowercase();
        // A label speaks at its start: `Criteria: ...`, `Steps`.
        let label = lower.split(':').next().unwrap_or_default();
        let criterion = Criterion { kind: CriterionKind::Rollback, text: text.clone(), line };
        let step = RollbackStep { text: text.clone(), line };
        if depth == 0 {
            self.part = None;
            if names(label, &CRITERIA) {
                self.part = Some(Kind::Criteria(CriterionKind::Rollback));
                // A label without anything after it is no criterion: those nested in it are.
                let is_label = lower.split_once(':').is_none_or(|(_, said)| said.trim().is_empty());
                return (!is_label).then_some(Said::Criterion(criterion));
            }
            if names(label, &STEPS) {
                (self.part, self.has_steps) = (Some(Kind::Rollback), true);
                return None;
            }
            return (!self.has_steps).then_some(Said::Step(step));
        }
        match self.part {
            Some(Kind::Criteria(_)) => Some(Said::Criterion(criterion)),
            Some(Kind::Rollback) => Some(Said::Step(step)),
            None => None,
        }
    }
}
