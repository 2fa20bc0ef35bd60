//! The incidents pane: which section, which row, what is typed on top, what is picked out, what was asked for.

pub mod alarms;
pub mod menu;
pub mod picked;
mod row;
pub mod tabs;
pub mod view;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use crate::{
    domain::{
        alert::{AlertId, alarm::Alarm},
        incident::{IncidentKey, Login},
        query::{Fault, Group, Me, Query, Sort},
    },
    floor::{
        Floor,
        effect::Effect,
        entry::Entry,
        listing::{self, Heading, Listing},
    },
    text::{Text, clip},
    tui::{
        action::Action,
        cursor::Cursor,
        field::Field,
        queue::{alarms::Alarms, menu::Menu, picked::Picked, tabs::Tabs},
    },
};

/// From this width on the zoomed list and its preview stand side by side.
pub const BESIDE: u16 = 150;

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The heading of this place in [`State::headings`]; the cursor passes over it.
    Heading(usize),
    /// The alert at this place of [`alarms::Alarms::shown`].
    Alert(usize),
    /// The incident at this place of the floor's queue.
    Entry(usize),
}

/// What the person is looking at in the queue.
#[derive(Debug, Default)]
pub struct State {
    /// Row and page, into [`State::rows`].
    pub cursor: Cursor,
    /// The incident under the cursor: a new order does not change what an action means.
    pub selected: Option<IncidentKey>,
    /// The alert under the cursor, where it is on one.
    pub selected_alert: Option<AlertId>,
    /// The alerts, which stand above the incidents.
    pub alarms: Alarms,
    /// The sections.
    pub tabs: Tabs,
    /// What is asked for on top of the section, as typed.
    pub filter: String,
    /// The same while it is being typed.
    pub field: Option<Field>,
    /// A choice that is open.
    pub menu: Option<Menu>,
    /// Only the person's own.
    pub only_mine: bool,
    /// Whether the zoomed list has a preview; nothing = where there is room for both.
    pub preview: Option<bool>,
    /// What is shown, in order.
    pub rows: Vec<Row>,
    /// What stands above runs of rows.
    pub headings: Vec<Heading>,
    /// Incidents among the rows.
    pub n_shown: usize,
    /// Incidents whose acknowledgement is on its way to disk.
    pub acking: HashSet<IncidentKey>,
    /// What is picked out to be acted on together.
    pub picked: Picked,
    typed: Query,
    rows_of: Option<RowsOf>,
    /// Where the cursor stood when the filter was opened: a word half typed does not lose it.
    home: Option<IncidentKey>,
    /// A row was chosen in this section: from then on the cursor stays where the person put it.
    is_placed: bool,
}

/// What the rows were made of: while it is the same, so are they.
#[derive(Debug, Clone, PartialEq)]
struct RowsOf {
    version: (u64, Option<u64>),
    query: Query,
    sort: Sort,
    group: Option<Group>,
    me: Me,
    /// Where the query asks for lengths of time: the minute.
    minute: Option<i64>,
    /// The alerts above them.
    alarms: Vec<AlertId>,
}

impl State {
    /// Brings sections and rows up to the floor, and keeps the cursor on its incident.
    pub fn settle(&mut self, floor: &Floor, me: &Login, page: usize, now: DateTime<Utc>) {
        let me = floor.known_as(me);
        self.tabs.settle(floor, &me, now);
        self.typed = Query::read(&self.filter);
        let of = self.rows_of(floor, me, now);
        // An alert that comes must not slide under a key that was meant for an incident.
        let first_entry = |rows: &[Row]| rows.iter().position(|row| matches!(row, Row::Entry(_)));
        if self.rows_of.as_ref() != Some(&of) {
            let n_before = self.rows.len();
            let is_retyped = self.rows_of.as_ref().is_some_and(|before| before.query != of.query);
            let Listing { places, headings } = listing::listing(floor, &of.query, of.sort, of.group, &of.me, now);
            self.n_shown = places.len();
            let alerts = (0..self.alarms.shown().len()).map(Row::Alert);
            self.rows = alerts.chain(rows(&places, &headings)).collect();
            self.headings = headings;
            self.rows_of = Some(of);
            if let Some(home) = self.home.clone().filter(|_| is_retyped) {
                self.go_home(home, floor);
            }
            self.find_selected(floor, n_before < self.rows.len());
        }
        let first = first_entry(&self.rows);
        if let Some(first) = first.filter(|_| !self.is_placed) {
            self.cursor.at = first;
            self.is_placed = true;
        }
        if self.field.is_none() {
            self.home = None;
        }
        self.cursor.hold(self.rows.len(), page);
        // What fires is not scrolled away above the first incident.
        if first == Some(self.cursor.at) && self.cursor.at < page {
            self.cursor.top = 0;
        }
        self.leave_heading(true, page);
        self.note_selected(floor);
        let at = self.rows.iter().take(self.cursor.at).filter(|row| matches!(row, Row::Entry(_)));
        let at = if self.picked.is_empty() { 0 } else { at.count() };
        self.picked.settle(keys(&self.rows, floor), at, self.field.is_some());
    }

    fn note_selected(&mut self, floor: &Floor) {
        self.selected = self.entry(floor).map(|entry| entry.incident.key.clone());
        self.selected_alert = self.alarm().map(|alarm| alarm.alert.id);
    }

    fn rows_of(&mut self, floor: &Floor, me: Me, now: DateTime<Utc>) -> RowsOf {
        let section = self.tabs.current();
        let mut query = section.query.and(&self.typed);
        if self.only_mine {
            query = query.and(&Query::read("is:mine"));
        }
        let sort = self.typed.sort().unwrap_or(section.sorted());
        let group = self.typed.group().or(section.grouped());
        let minute = query.is_timed().then(|| tabs::minute(now));
        let version = tabs::version(floor, query.says_pending());
        self.alarms.settle(floor, &query, &me, now);
        let alarms = self.alarms.shown().iter().map(|alarm| alarm.alert.id).collect();
        RowsOf { version, query, sort, group, me, minute, alarms }
    }

    /// What an action is meant for: what is picked, in the order in which it is shown, else the incident under the cursor.
    pub fn targets(&self) -> Vec<IncidentKey> {
        if self.picked.keys().is_empty() {
            self.selected.iter().cloned().collect()
        } else {
            self.picked.keys().to_vec()
        }
    }

    /// The entry under the cursor.
    pub fn entry<'f>(&self, floor: &'f Floor) -> Option<&'f Entry> {
        self.entry_at(self.cursor.at, floor)
    }

    /// The alert under the cursor; nothing where that is on an incident.
    pub fn alarm(&self) -> Option<&Alarm> {
        self.alarm_at(self.cursor.at)
    }

    /// The alert of a row.
    pub fn alarm_at(&self, row: usize) -> Option<&Alarm> {
        match self.rows.get(row)? {
            Row::Alert(place) => self.alarms.shown().get(*place),
            Row::Heading(_) | Row::Entry(_) => None,
        }
    }

    /// The entry of a row; nothing for a heading or an alert.
    pub fn entry_at<'f>(&self, row: usize, floor: &'f Floor) -> Option<&'f Entry> {
        self.rows.get(row).and_then(|row| entry_of(floor, *row))
    }

    /// The heading at a row.
    pub fn heading_at(&self, row: usize) -> Option<&Heading> {
        match self.rows.get(row)? {
            Row::Heading(place) => self.headings.get(*place),
            Row::Alert(_) | Row::Entry(_) => None,
        }
    }

    /// Which rows there are, for a title elsewhere: ` · Mine · /login`.
    pub fn says(&self) -> String {
        let mine = if self.only_mine { " · mine" } else { "" };
        let typed = if self.filter.is_empty() { String::new() } else { format!(" · /{}", clip(&self.filter, 24)) };
        format!(" · {}{mine}{typed}", clip(self.tabs.current().name.as_str(), 20))
    }

    /// Whether the zoomed list has a preview: as the person chose, else where the screen has 30 rows or room beside.
    pub fn has_preview(&self, screen: Rect) -> bool {
        self.preview.unwrap_or(screen.height >= 30 || screen.width >= BESIDE)
    }

    /// What could not be read of what is typed.
    pub fn faults(&self) -> &[Fault] {
        self.typed.faults()
    }

    /// Whether everything that is open and in sight is shown.
    pub fn is_whole(&self) -> bool {
        self.tabs.current().query.is_empty() && self.typed.is_empty() && !self.only_mine
    }

    /// Whether closed incidents can be among the rows.
    pub fn shows_closed(&self) -> bool {
        self.rows_of.as_ref().is_some_and(|of| of.query.says_open())
    }

    /// The order in force.
    pub fn sorted(&self) -> Sort {
        self.rows_of.as_ref().map_or(Sort::USUAL, |of| of.sort)
    }

    fn find_selected(&mut self, floor: &Floor, was_shorter: bool) {
        if let Some(id) = self.selected_alert {
            let at = (0..self.rows.len()).find(|row| self.alarm_at(*row).is_some_and(|alarm| alarm.alert.id == id));
            self.cursor.at = at.unwrap_or(self.cursor.at);
            return;
        }
        let Some(key) = &self.selected else { return };
        let is_it = |row: &Row| entry_of(floor, *row).is_some_and(|e| e.incident.key == *key);
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

    /// Back to the incident that the cursor stood on before anything was typed, or to the first that is found.
    fn go_home(&mut self, home: IncidentKey, floor: &Floor) {
        let is_found = keys(&self.rows, floor).any(|key| *key == home);
        self.selected = Some(home).filter(|_| is_found);
        if !is_found {
            (self.cursor, self.selected_alert, self.is_placed) = (Cursor::default(), None, false);
        }
    }

    /// Moves the cursor off a heading, on in the way it went; a heading right above the page's first row is shown.
    fn leave_heading(&mut self, is_down: bool, page: usize) {
        let is_entry = |at: &usize| is_entry_at(&self.rows, *at);
        let at = self.cursor.at;
        if !is_entry(&at) {
            let below = (at..self.rows.len()).find(is_entry);
            let above = (0..at).rev().find(is_entry);
            let (first, second) = if is_down { (below, above) } else { (above, below) };
            self.cursor.at = first.or(second).unwrap_or(at);
            self.cursor.hold(self.rows.len(), page);
        }
        let before = self.cursor.at.checked_sub(1).filter(|_| 1 < page && self.cursor.top == self.cursor.at);
        if let Some(before) = before.filter(|before| !is_entry_at(&self.rows, *before)) {
            self.cursor.top = before;
        }
    }

    fn step(&mut self, action: Action, floor: &Floor, page: usize) -> bool {
        let before = self.cursor.at;
        if !self.cursor.step(action, self.rows.len(), page) {
            return false;
        }
        self.leave_heading(before <= self.cursor.at, page);
        self.note_selected(floor);
        self.is_placed = true;
        if self.home.is_some() {
            self.home.clone_from(&self.selected);
        }
        true
    }

    fn turn(&mut self, is_back: bool) {
        self.tabs.step(is_back);
        // Nothing acts unseen, and another section begins at its first row.
        self.picked.clear();
        (self.selected, self.selected_alert, self.is_placed) = (None, None, false);
        self.cursor = Cursor::default();
    }
}

fn is_entry_at(rows: &[Row], at: usize) -> bool {
    matches!(rows.get(at), Some(Row::Entry(_) | Row::Alert(_)))
}

/// The entry of a row; nothing for a heading.
fn entry_of(floor: &Floor, row: Row) -> Option<&Entry> {
    match row {
        Row::Entry(place) => floor.queue().entry(place),
        Row::Heading(_) | Row::Alert(_) => None,
    }
}

/// Places with their headings between them.
fn rows(places: &[usize], headings: &[Heading]) -> Vec<Row> {
    let mut rows = Vec::with_capacity(places.len() + headings.len());
    let mut ahead = headings.iter().enumerate().peekable();
    for (at, place) in places.iter().enumerate() {
        if let Some((n, _)) = ahead.next_if(|(_, heading)| heading.from == at) {
            rows.push(Row::Heading(n));
        }
        rows.push(Row::Entry(*place));
    }
    rows
}

/// The keys of these rows, in order.
fn keys<'f>(rows: &'f [Row], floor: &'f Floor) -> impl Iterator<Item = &'f IncidentKey> {
    rows.iter().filter_map(|row| entry_of(floor, *row)).map(|entry| &entry.incident.key)
}

/// Does what an action means in the queue; `page` is how many rows are on the screen, `area` the whole of it.
pub fn update(state: &mut State, action: Action, floor: &Floor, page: usize, area: Rect) -> Vec<Effect> {
    if state.step(action, floor, page) {
        return Vec::new();
    }
    let selected = state.selected.clone();
    match action {
        Action::Filter => {
            state.home.clone_from(&selected);
            state.field = Some(Field::with(&state.filter));
        }
        Action::NextTab => state.turn(false),
        Action::PreviousTab => state.turn(true),
        Action::Sort => state.menu = Some(Menu::Sort),
        Action::Group => state.menu = Some(Menu::Group),
        Action::Pick => {
            if let Some(key) = selected {
                state.picked.toggle(key);
                state.step(Action::Down, floor, page);
            }
        }
        Action::PickRange => selected.into_iter().for_each(|key| state.picked.range(key)),
        Action::PickAll => state.picked.pick(keys(&state.rows, floor).cloned()),
        Action::PickOthers => state.picked.invert(keys(&state.rows, floor).cloned()),
        Action::Mine => state.only_mine = !state.only_mine,
        Action::Preview => state.preview = Some(!state.has_preview(area)),
        _ => {
            let Some(key) = selected else { return Vec::new() };
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
