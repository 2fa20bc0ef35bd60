//! The release pane: the checklist, walked and ticked.

pub mod view;

use crate::{
    domain::release::{Checklist, Item, Release, plan::Mark},
    floor::{Floor, effect::Effect},
    text::Text,
    tui::{action::Action, cursor::Cursor},
};

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// Row and page, over all checklist items.
    pub cursor: Cursor,
    /// An item whose change is on its way to its file.
    pub saving: Option<(Text, usize)>,
    rows: usize,
}

impl State {
    /// Keeps the cursor inside the list.
    pub fn settle(&mut self, floor: &Floor, page: usize) {
        self.rows = floor.release().map_or(0, |release| items(release).count());
        self.cursor.hold(self.rows, page);
    }
}

/// Every item of every checklist, in order.
pub fn items(release: &Release) -> impl Iterator<Item = (&Checklist, &Item)> {
    release.checklists.iter().flat_map(|list| list.items.iter().map(move |item| (list, item)))
}

/// Does what an action means here.
pub fn update(state: &mut State, action: Action, floor: &Floor, page: usize) -> Vec<Effect> {
    if state.cursor.step(action, state.rows, page) {
        return Vec::new();
    }
    let Some((list, item)) = floor.release().and_then(|release| items(release).nth(state.cursor.at)) else {
        return Vec::new();
    };
    match action {
        Action::Toggle if state.saving.is_none() => {
            state.saving = Some((list.path.clone(), item.line));
            vec![Effect::Toggle {
                path: list.path.clone(),
                line: item.line,
                seen: list.digest,
                mark: Mark::Box { byte: item.byte, is_done: item.is_done },
                step: item.id.clone(),
            }]
        }
        Action::Edit => vec![Effect::Edit { path: list.path.clone(), line: item.line }],
        _ => Vec::new(),
    }
}
