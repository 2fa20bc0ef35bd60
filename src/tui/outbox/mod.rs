//! What waits to be done at hosts: since when, why, how often it was tried; and what came of the rest in this session.

pub mod view;

use chrono::{DateTime, Utc};

use crate::{
    domain::intent::{Intent, OpId, Progress},
    floor::{Floor, effect::Effect, fact::Went},
    tui::{Model, Overlay, action::Action, cursor::Cursor, message},
};

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// The row under the cursor.
    pub cursor: Cursor,
    /// The intent under it.
    pub selected: Option<OpId>,
}

/// Ended intents that are listed.
const ENDED: usize = 200;

/// What is listed: what has not ended, the oldest first; then what has, the latest first.
pub fn rows(floor: &Floor) -> Vec<&Intent> {
    let (mut waiting, mut ended): (Vec<_>, Vec<_>) =
        floor.outbox().all().partition(|intent| !intent.progress.is_over());
    waiting.sort_by(|a, b| a.id.cmp(&b.id));
    ended.sort_by_key(|intent| std::cmp::Reverse((ended_at(intent), intent.id.clone())));
    ended.truncate(ENDED);
    waiting.into_iter().chain(ended).collect()
}

/// When an intent ended.
pub fn ended_at(intent: &Intent) -> Option<DateTime<Utc>> {
    match &intent.progress {
        Progress::Done { at, .. } | Progress::Refused { at, .. } | Progress::Cancelled { at } => Some(*at),
        Progress::Waiting { .. } | Progress::Sending { .. } | Progress::Unsure { .. } => None,
    }
}

/// How many have not ended.
pub fn n_waiting(floor: &Floor) -> usize {
    floor.outbox().n_pending()
}

/// How many were refused.
pub fn n_refused(floor: &Floor) -> usize {
    floor.outbox().all().filter(|intent| matches!(intent.progress, Progress::Refused { .. })).count()
}

/// Moves the cursor; keeps it on its intent where the list changed.
pub fn step(state: &mut State, action: Action, floor: &Floor, page: usize) -> bool {
    settle(state, floor, page);
    let rows = rows(floor);
    let moved = state.cursor.step(action, rows.len(), page);
    state.selected = rows.get(state.cursor.at).map(|intent| intent.id.clone());
    moved
}

/// Brings the cursor to its intent.
pub fn settle(state: &mut State, floor: &Floor, page: usize) {
    let rows = rows(floor);
    if let Some(at) = rows.iter().position(|intent| Some(&intent.id) == state.selected.as_ref()) {
        state.cursor.at = at;
    }
    state.cursor.hold(rows.len(), page);
    state.selected = rows.get(state.cursor.at).map(|intent| intent.id.clone());
}

/// Does what an action means for the intent under the cursor.
pub fn act(model: &mut Model, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(Overlay::Outbox(state)) = model.overlays.last() else {
        message::say(model, "that is done in the outbox: O opens it".to_owned(), Went::Badly, now);
        return Vec::new();
    };
    let selected = state.selected.clone();
    let intent = match selected {
        Some(id) => model.floor.outbox().find(&id).cloned(),
        None => rows(&model.floor).first().map(|intent| (*intent).clone()),
    };
    let Some(intent) = intent else {
        message::say(model, "nothing is selected".to_owned(), Went::Well, now);
        return Vec::new();
    };
    let why = match (&intent.progress, action) {
        (Progress::Waiting { .. }, Action::CancelIntent) => return vec![Effect::Cancel(intent.id)],
        (Progress::Waiting { .. } | Progress::Unsure { .. }, Action::RetryIntent) => {
            return vec![Effect::Retry(intent.id)];
        }
        (Progress::Sending { .. }, _) => "it is being sent",
        (Progress::Unsure { .. }, _) => "it may have arrived: the host is looked at first",
        (Progress::Done { .. }, _) => "it is done",
        (Progress::Refused { .. }, Action::RetryIntent) => "the host does not want it: it is not tried again",
        (Progress::Refused { .. }, _) => "it was refused: nothing is left to cancel",
        (Progress::Cancelled { .. }, _) => "it is cancelled",
        (Progress::Waiting { .. }, _) => return Vec::new(),
    };
    message::say(model, why.to_owned(), Went::Badly, now);
    Vec::new()
}
