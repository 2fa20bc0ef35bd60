//! The release pane: the week at a glance; zoomed, the day's runbook, the whole plan, the gate, and what follows T-0.

pub mod after;
pub mod back;
pub mod gate;
pub mod glance;
pub mod list;
pub mod saying;
pub mod sheet;
pub mod strip;
pub mod telling;
pub mod view;

use chrono::{DateTime, Utc};

use crate::{
    domain::release::{
        course::Course,
        plan::{Mark, Step},
        record::Deed,
        week::Row,
    },
    floor::{
        Floor,
        effect::Effect,
        fact::{Fact, Went},
    },
    text::Text,
    tui::{Model, Overlay, action::Action, cursor::Cursor, message},
};

use self::sheet::Sheet;

/// What of the release is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// The runbook of the day: what is late, then the steps of now in their order.
    #[default]
    Today,
    /// Every step.
    Plan,
    /// The verdict, its reasons, who signed, what is on record.
    Gate,
    /// After T-0: the bake window, the criteria of a roll-back, what follows.
    After,
}

impl Part {
    /// In their order.
    pub const ALL: [Self; 4] = [Self::Today, Self::Plan, Self::Gate, Self::After];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Today => "Today",
            Self::Plan => "Plan",
            Self::Gate => "Gate",
            Self::After => "After T-0",
        }
    }

    fn place(self) -> usize {
        Self::ALL.iter().position(|part| *part == self).unwrap_or(0)
    }

    fn step(self, by: usize) -> Self {
        Self::ALL.get((self.place() + by) % Self::ALL.len()).copied().unwrap_or(self)
    }
}

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// The part.
    pub part: Part,
    /// A step whose box is on its way to its file: the file, and the line.
    pub saving: Option<(Text, usize)>,
    /// An entry that is on its way to the record and back: nothing else is entered meanwhile, so nothing twice.
    pub entering: Option<Deed>,
    /// What of the release is worked out.
    pub sheet: Sheet,
    /// The rows of the gate.
    pub gate: Vec<gate::Row>,
    /// Which verdict they are of.
    gate_of: Option<u64>,
    cursors: [Cursor; 4],
    /// Whether the day's runbook was shown where it goes on; later the cursor is the person's.
    is_placed: bool,
}

impl State {
    /// The row and the page of the part that is looked at.
    pub fn cursor(&self) -> Cursor {
        self.cursors.get(self.part.place()).copied().unwrap_or_default()
    }

    fn cursor_mut(&mut self) -> Option<&mut Cursor> {
        self.cursors.get_mut(self.part.place())
    }

    /// How many rows the part has.
    pub fn n_rows(&self) -> usize {
        let week = &self.sheet.week;
        match self.part {
            Part::Today => week.today.len(),
            Part::Plan => week.rows.len(),
            Part::Gate => self.gate.len(),
            Part::After => week.after.len(),
        }
    }

    /// The row of steps at a place of the part; nothing at the gate.
    pub fn row(&self, at: usize) -> Option<&Row> {
        let week = &self.sheet.week;
        let place = match self.part {
            Part::Today => *week.today.get(at)?,
            Part::Plan => at,
            Part::After => *week.after.get(at)?,
            Part::Gate => return None,
        };
        week.rows.get(place)
    }

    /// Brings everything up to `now`; what is drawn each frame is worked out here, and only where something changed.
    pub fn settle(&mut self, floor: &Floor, page: usize, now: DateTime<Utc>) {
        self.sheet.settle(floor, now);
        // A release that is gone has no verdict of its own any more.
        let version = floor.release().map(|_| floor.gate_version());
        if self.gate_of != version || version.is_none() {
            (self.gate, self.gate_of) = (gate::rows(floor), version);
        }
        self.place();
        let rows = self.n_rows();
        if let Some(cursor) = self.cursor_mut() {
            cursor.hold(rows, page);
        }
    }

    /// Begins the day's runbook at the first step that is not done.
    fn place(&mut self) {
        let week = &self.sheet.week;
        if self.is_placed || week.today.is_empty() {
            return;
        }
        let open = week.today.iter().position(|at| week.rows.get(*at).is_some_and(|row| !row.is_done()));
        if let (Some(open), Some(cursor)) = (open, self.cursors.get_mut(Part::Today.place())) {
            cursor.at = open;
        }
        self.is_placed = true;
    }

    /// The plan and the step under the cursor.
    pub fn selected<'a>(&'a self, floor: &'a Floor) -> Option<(&'a Course, &'a Step, &'a Row)> {
        let row = self.row(self.cursor().at)?;
        let course = self.sheet.courses(floor).get(row.course)?;
        Some((course, course.plan.steps.get(row.step)?, row))
    }
}

/// Something happened that the pane waited for.
pub(super) fn heard(model: &mut Model, fact: &Fact) {
    let is_over = matches!(fact, Fact::ReleaseRead { .. } | Fact::Failed { .. } | Fact::Told { went: Went::Badly, .. });
    if is_over {
        model.release.entering = None;
    }
}

/// These are asked of the shell: what is on its way is remembered, and the form it came from closes.
pub(super) fn asked(model: &mut Model, effects: &[Effect]) {
    for effect in effects {
        match effect {
            Effect::Enter { deed, .. } => {
                model.release.entering = Some(deed.clone());
                model.overlays.retain(|overlay| !matches!(overlay, Overlay::Saying(_)));
            }
            Effect::Toggle { path, line, .. } => model.release.saving = Some((path.clone(), *line)),
            _ => {}
        }
    }
}

/// Does what an action means here.
pub(super) fn act(model: &mut Model, action: Action, page: usize, now: DateTime<Utc>) -> Vec<Effect> {
    let state = &mut model.release;
    let rows = state.n_rows();
    if model.is_zoomed
        && let Some(cursor) = state.cursor_mut()
        && cursor.step(action, rows, page)
    {
        return Vec::new();
    }
    match action {
        Action::NextBoard => state.part = state.part.step(1),
        Action::PreviousBoard => state.part = state.part.step(Part::ALL.len() - 1),
        // What is changed must be seen: the cursor and its row are only on the zoomed board.
        Action::Toggle | Action::Edit if !model.is_zoomed => model.is_zoomed = true,
        Action::Toggle => return toggle(model, now),
        Action::Edit => {
            let found = model.release.selected(&model.floor);
            return found.map_or_else(Vec::new, |(course, step, _)| {
                vec![Effect::Edit { path: course.plan.path.clone(), line: step.line }]
            });
        }
        Action::Open if state.part == Part::Gate => gate::open_row(model, now),
        Action::SignOff => gate::sign(model, now),
        Action::Waive => gate::waive(model, now),
        Action::Decide => gate::decide(model, now),
        Action::Announcement => telling::open(model, now),
        Action::TakeBack => back::open(model, now),
        _ => {}
    }
    Vec::new()
}

/// Ticks or unticks the step under the cursor: in its file, or on record where it has no box.
fn toggle(model: &mut Model, now: DateTime<Utc>) -> Vec<Effect> {
    let told = match model.release.selected(&model.floor) {
        None => Err("no step is selected".to_owned()),
        Some(_) if model.release.saving.is_some() || model.release.entering.is_some() => {
            Err("the change before is still on its way to the disk".to_owned())
        }
        Some((course, step, row)) => ticking(course, step, row),
    };
    match told {
        Ok(effect) => {
            asked(model, std::slice::from_ref(&effect));
            vec![effect]
        }
        Err(why) => {
            message::say(model, why, Went::Badly, now);
            Vec::new()
        }
    }
}

/// What a tick of a step asks of the shell; or why it may not be ticked yet.
pub(super) fn ticking(course: &Course, step: &Step, row: &Row) -> Result<Effect, String> {
    let is_ticked = course.is_ticked(step);
    let before = row.held_by.and_then(|place| course.plan.steps.get(place)).filter(|_| !is_ticked);
    if let Some(before) = before {
        let number = before.number.map(|n| format!("{n}. ")).unwrap_or_default();
        return Err(format!("in strict order: {number}\"{}\" (line {}) comes first", before.text, before.line));
    }
    let path = course.plan.path.clone();
    Ok(match step.mark {
        mark @ Mark::Box { .. } => {
            Effect::Toggle { path, line: step.line, seen: course.plan.digest, mark, step: step.id.clone() }
        }
        Mark::None => Effect::Enter {
            path,
            deed: Deed::Tick { step: step.id.clone(), text: step.text.clone(), is_done: !is_ticked },
            commit: None,
            reason: Text::default(),
        },
    })
}
