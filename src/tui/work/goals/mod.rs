//! Goals as rows: what is missed first, then what cannot be judged, then what is on the way, then what is met.

pub mod view;

use chrono::{DateTime, Utc};

use crate::{
    domain::goal::{Goal, judge::Standing},
    floor::Floor,
    text::Text,
    tui::{action::Action, cursor::Cursor},
};

/// Rows that what the selected goal is made of takes at least.
pub const DETAILS: u16 = 8;

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// The row under the cursor.
    pub cursor: Cursor,
    /// The goal under it.
    selected: Option<Text>,
    /// How they stand, in the order in which they are shown.
    told: Vec<(Goal, Standing)>,
    judged: Option<Judged>,
}

/// Of what the standings are: ten seconds, incidents, everything told.
type Judged = (i64, u64, u64);

/// Of so many incidents figures are worked out whenever anything is told; of more, every ten seconds.
const FEW: usize = 5_000;

impl State {
    /// The goals in the order in which they press.
    pub fn rows(&self) -> &[(Goal, Standing)] {
        &self.told
    }

    /// Moves the cursor.
    pub(super) fn step(&mut self, action: Action, page: usize) {
        self.cursor.step(action, self.told.len(), page);
        self.selected = self.told.get(self.cursor.at).map(|(goal, _)| goal.name.clone());
    }

    /// Judges them where that is due, and brings the cursor to its goal.
    pub(super) fn settle(&mut self, floor: &Floor, page: usize, now: DateTime<Utc>) {
        let queue = floor.queue();
        let version = if queue.entries().len() < FEW { floor.version() } else { 0 };
        let of = (now.timestamp().div_euclid(10), queue.content(), version);
        if self.judged != Some(of) {
            self.judged = Some(of);
            let all = floor.goals().iter();
            self.told = all.map(|goal| (goal.clone(), floor.goal_standing(goal, now))).collect();
            self.told.sort_by_key(|(_, standing)| standing.verdict);
        }
        if let Some(at) = self.told.iter().position(|(goal, _)| Some(&goal.name) == self.selected.as_ref()) {
            self.cursor.at = at;
        }
        self.cursor.hold(self.told.len(), page);
        self.selected = self.told.get(self.cursor.at).map(|(goal, _)| goal.name.clone());
    }
}

/// Rows of the list in an area of this height: what it is made of stands below it.
pub fn list_rows(height: u16, n: usize) -> u16 {
    let n = u16::try_from(n).unwrap_or(u16::MAX);
    n.min(height.saturating_sub(DETAILS)).max(height.min(3))
}
