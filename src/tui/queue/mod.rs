//! The incidents pane: which row, which filter, what was asked for.

pub mod filter;
pub mod picked;
pub mod view;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use crate::{
    domain::incident::{IncidentKey, Login},
    floor::{Floor, effect::Effect, entry::Entry},
    text::Text,
    tui::{
        action::Action,
        cursor::Cursor,
        field::Field,
        queue::{filter::Filter, picked::Picked},
    },
};

/// From this width on the zoomed list and its preview stand side by side.
pub const BESIDE: u16 = 150;

/// What the person is looking at in the queue.
#[derive(Debug, Default)]
pub struct State {
    /// Row and page, into [`State::rows`].
    pub cursor: Cursor,
    /// The incident under the cursor: a new order does not change what an action means.
    pub selected: Option<IncidentKey>,
    /// The filter in force, as typed.
    pub filter: String,
    /// The filter while it is being typed.
    pub field: Option<Field>,
    /// Only the person's own.
    pub only_mine: bool,
    /// Whether the zoomed list has a preview; nothing = where there is room for both.
    pub preview: Option<bool>,
    /// Places in the floor's queue that pass the filter, in order.
    pub rows: Vec<usize>,
    /// Incidents whose acknowledgement is on its way to disk.
    pub acking: HashSet<IncidentKey>,
    /// What is picked out to be acted on together.
    pub picked: Picked,
    read: Filter,
    rows_of: Option<(u64, String, bool)>,
}

impl State {
    /// Brings the rows up to the floor, and keeps the cursor on its incident.
    pub fn settle(&mut self, floor: &Floor, me: &Login, page: usize, now: DateTime<Utc>) {
        let of = (floor.queue().version(), self.filter.clone(), self.only_mine);
        if self.rows_of.as_ref() != Some(&of) {
            self.read = Filter::read(&self.filter);
            let n_before = self.rows.len();
            self.rows = self.passing(floor, me, now);
            self.rows_of = Some(of);
            self.find_selected(floor, n_before < self.rows.len());
        }
        self.cursor.hold(self.rows.len(), page);
        self.selected = self.entry(floor).map(|entry| entry.incident.key.clone());
        self.picked.settle(keys(&self.rows, floor), self.cursor.at);
    }

    /// What an action is meant for: what is picked, in the order in which it is shown, else the incident under the cursor.
    pub fn targets(&self) -> Vec<IncidentKey> {
        if self.picked.keys().is_empty() {
            self.selected.iter().cloned().collect()
        } else {
            self.picked.keys().to_vec()
        }
    }

    /// The places that pass, in the queue's order.
    ///
    /// Entries are looked at where they lie in memory, not in order: with a hundred thousand of them that is three times as
    /// fast, and a key that is typed waits for it.
    fn passing(&self, floor: &Floor, me: &Login, now: DateTime<Utc>) -> Vec<usize> {
        let queue = floor.queue();
        if self.read.is_empty() && !self.only_mine {
            return queue.order().to_vec();
        }
        let passes = |entry: &Entry| {
            entry.incident.is_open() && (!self.only_mine || filter::is_mine(entry, me)) && self.read.passes(entry, now)
        };
        let passed: Vec<bool> = queue.entries().iter().map(passes).collect();
        queue.order().iter().filter(|place| passed.get(**place) == Some(&true)).copied().collect()
    }

    /// The entry under the cursor.
    pub fn entry<'f>(&self, floor: &'f Floor) -> Option<&'f Entry> {
        self.rows.get(self.cursor.at).and_then(|place| floor.queue().entry(*place))
    }

    /// Whether the zoomed list has a preview: as the person chose, else where the screen has 30 rows or room beside.
    pub fn has_preview(&self, screen: Rect) -> bool {
        self.preview.unwrap_or(screen.height >= 30 || screen.width >= BESIDE)
    }

    /// Words of the filter that look like a field but are none.
    pub fn unknown_fields(&self) -> &[String] {
        &self.read.unknown
    }

    fn find_selected(&mut self, floor: &Floor, was_shorter: bool) {
        let Some(key) = &self.selected else { return };
        let is_it = |place: &usize| floor.queue().entry(*place).is_some_and(|e| e.incident.key == *key);
        if self.rows.get(self.cursor.at).is_some_and(is_it) {
            return;
        }
        // An incident that left the queue hands the cursor to the row that took its place.
        if let Some(at) = self.rows.iter().position(is_it) {
            // The page stays where it is if the row is on it: rows that came back above are seen.
            self.cursor.at = at;
            self.cursor.top = self.cursor.top.min(at);
            if was_shorter {
                self.cursor.top = 0;
            }
        }
    }
}

/// The keys of these rows, in order.
fn keys<'f>(rows: &'f [usize], floor: &'f Floor) -> impl Iterator<Item = &'f IncidentKey> {
    rows.iter().filter_map(|place| floor.queue().entry(*place)).map(|entry| &entry.incident.key)
}

/// Does what an action means in the queue; `page` is how many rows are on the screen, `area` the whole of it.
pub fn update(state: &mut State, action: Action, floor: &Floor, page: usize, area: Rect) -> Vec<Effect> {
    if state.cursor.step(action, state.rows.len(), page) {
        state.selected = state.entry(floor).map(|entry| entry.incident.key.clone());
        return Vec::new();
    }
    match action {
        Action::Filter => state.field = Some(Field::with(&state.filter)),
        Action::Pick => {
            if let Some(key) = state.selected.clone() {
                state.picked.toggle(key);
                state.cursor.step(Action::Down, state.rows.len(), page);
                state.selected = state.entry(floor).map(|entry| entry.incident.key.clone());
            }
        }
        Action::PickRange => {
            if let Some(key) = state.selected.clone() {
                state.picked.range(key);
            }
        }
        Action::PickAll => state.picked.pick(keys(&state.rows, floor).cloned()),
        Action::PickOthers => state.picked.invert(keys(&state.rows, floor).cloned()),
        Action::Mine => state.only_mine = !state.only_mine,
        Action::Preview => state.preview = Some(!state.has_preview(area)),
        _ => {
            let Some(key) = state.selected.clone() else { return Vec::new() };
            return on_incident(&mut state.acking, action, &key, floor);
        }
    }
    Vec::new()
}

/// Does what an action means for one incident, wherever it is shown.
pub fn on_incident(acking: &mut HashSet<IncidentKey>, action: Action, key: &IncidentKey, floor: &Floor) -> Vec<Effect> {
    let Some(entry) = floor.queue().find(key) else { return Vec::new() };
    let url = entry.incident.url.clone();
    match action {
        Action::Acknowledge if entry.acked.is_none() && acking.insert(key.clone()) => {
            vec![Effect::Acknowledge(key.clone())]
        }
        Action::CopyKey => vec![Effect::Copy(Text::scrub(&key.to_string()))],
        Action::CopyUrl if !url.is_blank() => vec![Effect::Copy(url)],
        Action::Browse if !url.is_blank() => vec![Effect::Browse(url)],
        _ => Vec::new(),
    }
}
