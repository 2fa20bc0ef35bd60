//! A plan as its team wrote it: phases, steps, and what else stands in it to work by.

use std::fmt;

use super::{Checklist, Digest, Item, calendar::When, fnv1a_of, merge, words::PhaseWords};
use crate::text::Text;

/// Which list items are steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Steps {
    /// Task items only: those with a box (R49).
    #[default]
    Boxes,
    /// Task items everywhere, and under the headings of phases every numbered and bulleted item, nested ones too.
    All,
}

/// How a plan is to be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// Which list items are steps.
    pub steps: Steps,
    /// Words of the settings that make a heading a phase.
    pub words: PhaseWords,
    /// Roles as plans write them, and the login of who has each.
    pub roles: Vec<(Text, Text)>,
}

/// A plan file as read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The file, as configured or found.
    pub path: Text,
    /// The first heading, or blank.
    pub title: Text,
    /// The phases its headings name, in file order; some may have no step.
    pub phases: Vec<Phase>,
    /// The steps, in file order.
    pub steps: Vec<Step>,
    /// Who is responsible for what, from tables.
    pub duties: Vec<Duty>,
    /// Milestones, from tables that have acceptance criteria.
    pub milestones: Vec<PlanMilestone>,
    /// Criteria that a section lists: of success, of acceptance, for a roll-back.
    pub criteria: Vec<Criterion>,
    /// What is done to take the release back, in order.
    pub rollback: Vec<RollbackStep>,
    /// Items that give themselves a name which one above them has: what is said of that name is said of neither.
    pub twins: Vec<Twin>,
    /// The line of the first mark of a merge that nobody settled, and the mark: the plan is shown, judged by nobody and
    /// written to by nobody.
    pub unmerged: Option<(usize, &'static str)>,
    /// Whether the file's encoding was broken and is shown mended. The file itself is never mended.
    pub is_mended: bool,
    /// What tells this version of the file from another.
    pub digest: Digest,
    /// The version whose text was read: boxes that were ticked since change [`Plan::digest`] alone.
    pub read_from: Digest,
}

/// A name that two items give themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// The name.
    pub name: StepId,
    /// The line of the first item of that name, and of another.
    pub lines: (usize, usize),
}

impl Twin {
    /// In words: `lines 5 and 9 are both called {#backup}`.
    pub fn words(&self) -> String {
        format!("lines {} and {} are both called {{#{}}}", self.lines.0, self.lines.1, self.name)
    }
}

/// A part of a plan with its place in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// Short: `T-7`, `T-7..T-1`; where it has no days, the heading.
    pub label: Text,
    /// The heading as written.
    pub heading: Text,
    /// Its line, from 1.
    pub line: usize,
    /// When it is; nothing = the heading says a part of the plan and no time (`Phase 2`).
    pub when: Option<When>,
    /// Whether its numbered steps must be done one after the other.
    pub is_strict: bool,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is known by, whatever is edited above it.
    pub id: StepId,
    /// Its text, without Markdown marks.
    pub text: Text,
    /// Whether it has a box, and which.
    pub mark: Mark,
    /// Its line in the file, from 1.
    pub line: usize,
    /// How deep it is nested: 0 for the outermost list.
    pub depth: u16,
    /// The heading above it; blank where there is none.
    pub section: Text,
    /// Which of [`Plan::phases`] it is in.
    pub phase: Option<usize>,
    /// When its own text says it is due (`За 5 дней: ...`); nothing = with its phase.
    pub own_when: Option<When>,
    /// Who, where its text or a table says so: a login where one is known, else as written.
    pub owner: Option<Text>,
    /// Its number where its list is numbered, as a renderer counts.
    pub number: Option<u64>,
    /// Whether the release waits for it: it is not marked as optional.
    pub is_required: bool,
}

/// What a step is known by: the name its text gives (`{#backup}`), or else a digest of its heading, of the step it is nested
/// in, of its text, and of how many such stand above it. So it survives every edit but those of these.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(Text);

/// How a step's state is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// One byte in the file.
    Box {
        /// Offset of the byte between the brackets, in the file as stored.
        byte: usize,
        /// Whether it is ticked.
        is_done: bool,
    },
    /// It has no box: its state is in the record beside the plan.
    None,
}

/// A row of a table that says who is responsible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// For what.
    pub what: Text,
    /// Who: a role or a person, as written.
    pub who: Text,
    /// How they are reached; blank = the table does not say.
    pub channel: Text,
    /// Its line.
    pub line: usize,
}

/// A milestone of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanMilestone {
    /// Its name.
    pub name: Text,
    /// Who owns it; blank = the table does not say.
    pub owner: Text,
    /// When it counts as reached.
    pub criteria: Text,
    /// Its line.
    pub line: usize,
}

/// What a criterion is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CriterionKind {
    /// Before work starts.
    Entry,
    /// Acceptance, success, exit, done.
    Success,
    /// For taking the release back.
    Rollback,
}

/// A criterion that a section of the plan lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// What it is for.
    pub kind: CriterionKind,
    /// Its text.
    pub text: Text,
    /// Its line.
    pub line: usize,
}

/// One step of a roll-back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackStep {
    /// Its text.
    pub text: Text,
    /// Its line.
    pub line: usize,
}

impl StepId {
    /// An identity as written in a record, in settings or on the command line.
    pub fn new(written: &str) -> Self {
        Self(Text::scrub(written.trim()))
    }

    /// The identity of a step that gives itself no name; `nth` counts from 0 those above it with the same heading, parent
    /// and text.
    pub fn of(section: &str, parent: Option<&Self>, text: &str, nth: usize) -> Self {
        let (parent, nth) = (parent.map_or("", Self::as_str), nth.to_string());
        let parts = [section, "\u{1f}", parent, "\u{1f}", text, "\u{1f}", &nth];
        Self(Text::scrub(&format!("{:012x}", fnv1a_of(&parts) >> 16)))
    }

    /// As a screen shows it.
    pub fn text(&self) -> &Text {
        &self.0
    }

    /// As a record writes it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Plan {
    /// When a step is due: as its text says, else as its phase does.
    pub fn when(&self, step: &Step) -> Option<When> {
        step.own_when.or_else(|| self.phase_of(step)?.when)
    }

    /// The phase a step is in.
    pub fn phase_of(&self, step: &Step) -> Option<&Phase> {
        self.phases.get(step.phase?)
    }

    /// The last day of a step's phase, in days from T-0; nothing where it has none.
    pub fn last_day(&self, step: &Step) -> Option<i32> {
        match self.phase_of(step)?.when? {
            When::Days(span) => Some(span.last),
            When::Before | When::Hours(_) | When::After => None,
        }
    }

    /// What makes it doubtful whether the plan says what somebody meant, in words.
    pub fn doubts(&self) -> impl Iterator<Item = String> {
        let unmerged = self.unmerged.map(|(line, mark)| format!("line {line}: {}", merge::words(mark)));
        unmerged
            .into_iter()
            .chain(self.twins.iter().map(|twin| format!("{}: give each a name of its own", twin.words())))
    }

    /// The items that share a name.
    pub fn twin(&self, name: &str) -> Option<&Twin> {
        self.twins.iter().find(|twin| twin.name.as_str() == name.trim())
    }

    /// Finds a step by its identity, by its line (`L12`), or by its text where no other step has the same.
    pub fn find(&self, wanted: &str) -> Option<&Step> {
        self.steps.get(self.place_of(wanted)?)
    }

    /// As [`Plan::find`]: where in [`Plan::steps`] it stands. A name that two have is nobody's.
    pub fn place_of(&self, wanted: &str) -> Option<usize> {
        let wanted = wanted.trim();
        if self.twin(wanted).is_some() {
            return None;
        }
        if let Some(found) = self.steps.iter().position(|step| step.id.as_str() == wanted) {
            return Some(found);
        }
        if let Some(line) = wanted.strip_prefix('L').and_then(|line| line.parse::<usize>().ok()) {
            return self.steps.iter().position(|step| step.line == line);
        }
        let mut same = self.steps.iter().enumerate().filter(|(_, step)| step.text.as_str() == wanted);
        let (found, _) = same.next()?;
        same.next().is_none().then_some(found)
    }

    /// Its task items alone.
    pub fn checklist(&self) -> Checklist {
        let item = |step: &Step| match step.mark {
            Mark::Box { byte, is_done } => Some(Item {
                id: step.id.clone(),
                is_done,
                text: step.text.clone(),
                depth: step.depth,
                section: step.section.clone(),
                phase: self.last_day(step),
                owner: step.owner.clone(),
                line: step.line,
                byte,
            }),
            Mark::None => None,
        };
        let items = self.steps.iter().filter_map(item).collect();
        Checklist { path: self.path.clone(), title: self.title.clone(), items, digest: self.digest }
    }
}
