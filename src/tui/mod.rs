//! The console: one model, sliced by pane; `update` means, `view` draws.

pub mod acting;
pub mod action;
pub mod alerts;
pub mod canvas;
pub mod confirm;
pub mod cursor;
pub mod detail;
pub mod field;
pub mod footer;
pub mod header;
pub mod help;
pub mod input;
pub mod keymap;
pub mod layout;
pub mod markdown;
pub mod message;
pub mod metrics;
pub mod outbox;
pub mod overlay;
pub mod overriding;
pub mod palette;
pub mod pane;
pub mod pick;
pub mod queue;
pub mod release;
pub mod rota;
pub mod runbook;
pub mod sla;
pub mod sources;
pub mod theme;
pub mod typing;
pub mod view;
pub mod words;
pub mod work;

pub use overlay::Overlay;
pub use pane::Pane;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use crate::{
    domain::{alert::AlertState, incident::Login},
    floor::{
        Floor,
        effect::Effect,
        fact::{Fact, Went},
        freshness::Feed,
    },
    text::Text,
    tui::{
        action::Action,
        input::Key,
        layout::{Layout, Room, layout},
        message::Message,
        theme::Theme,
    },
};

/// What a console shows: the floor, and what the person is looking at.
#[derive(Debug)]
pub struct Model {
    /// All that is known.
    pub floor: Floor,
    /// Who sits at the keyboard.
    pub me: Login,
    /// A word in the header: `demo`, `demo · paused`.
    pub badge: Option<&'static str>,
    /// `q` was pressed while something was not saved yet.
    pub has_asked_to_quit: bool,
    /// What was found and what was not, where there are no settings.
    pub notes: Vec<Text>,
    /// Colours.
    pub theme: Theme,
    /// The screen.
    pub size: Rect,
    /// The focused pane.
    pub focus: Pane,
    /// Whether it has the whole screen.
    pub is_zoomed: bool,
    /// The picture is held still since then.
    pub frozen_at: Option<DateTime<Utc>>,
    /// What lies over the panes.
    pub overlays: Vec<Overlay>,
    /// The footer's message.
    pub message: Option<Message>,
    /// What the person has done.
    pub acting: acting::State,
    /// The queue's slice.
    pub queue: queue::State,
    /// The on-call pane's slice.
    pub rota: rota::State,
    /// The release pane's slice.
    pub release: release::State,
    /// The metrics pane's slice.
    pub metrics: metrics::State,
    /// What was ticked in runbooks, by page.
    pub runbooks: BTreeMap<Text, runbook::Ticks>,
}

/// What reaches `update`.
#[derive(Debug)]
pub enum Msg {
    /// Something happened outside.
    Fact(Fact),
    /// A key was pressed.
    Key(Key),
    /// The screen has this size now.
    Resized {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
}

impl Model {
    /// A console on a floor, looking at the queue.
    pub fn new(floor: Floor, me: Login, theme: Theme) -> Self {
        Self {
            floor,
            me,
            badge: None,
            has_asked_to_quit: false,
            notes: Vec::new(),
            theme,
            size: Rect::new(0, 0, 80, 24),
            focus: Pane::Queue,
            is_zoomed: false,
            frozen_at: None,
            overlays: Vec::new(),
            message: None,
            acting: acting::State::default(),
            queue: queue::State::default(),
            rota: rota::State::default(),
            release: release::State::default(),
            metrics: metrics::State::default(),
            runbooks: BTreeMap::new(),
        }
    }

    /// Where everything stands.
    pub fn layout(&self) -> Layout {
        layout(self.size, self.focus, self.is_zoomed, self.floor.gauges().len() + self.floor.slos().len())
    }

    /// Whether something on the screen counts seconds: a deadline within ten minutes, an alert about to fire.
    pub fn moves_each_second(&self, now: DateTime<Utc>) -> bool {
        let is_pending = |g: &crate::floor::metrics::Gauge| matches!(g.alert, AlertState::Pending { .. });
        let has_message = self.message.as_ref().is_some_and(|m| m.is_shown(now));
        has_message
            || self.frozen_at.is_none()
                && (self.floor.queue().is_close(now) || (self.is_zoomed && self.floor.gauges().iter().any(is_pending)))
    }

    /// Brings everything derived up to `now`, before a frame is drawn.
    pub fn settle(&mut self, now: DateTime<Utc>) {
        self.floor.settle(now);
        // The zoomed clocks are the same list, with rows of their own.
        let is_of_clocks = self.is_zoomed && self.focus == Pane::Sla;
        let page = view::rows_of(self, if is_of_clocks { Pane::Sla } else { Pane::Queue });
        self.queue.settle(&self.floor, &self.me, page, now);
        if let Some(Overlay::Outbox(state)) = self.overlays.last_mut() {
            outbox::settle(state, &self.floor, usize::from(self.size.height.saturating_sub(4)));
            self.acting.refusals_seen = outbox::n_refused(&self.floor);
        }
        if let Some(Overlay::Work(state)) = self.overlays.last_mut() {
            work::settle(state, &self.floor, self.size.height, now);
        }
        let page = view::rows_of(self, Pane::Rota);
        let is_shown = self.is_zoomed && self.focus == Pane::Rota;
        self.rota.settle(&self.floor, is_shown, page, now);
        let page = view::rows_of(self, Pane::Release);
        self.release.settle(&self.floor, page, now);
        let page = view::rows_of(self, Pane::Metrics);
        self.metrics.cursor.hold(self.floor.gauges().len(), page);
    }
}

/// Takes a message; says what should be done outside.
pub fn update(model: &mut Model, msg: Msg, now: DateTime<Utc>) -> Vec<Effect> {
    let mut effects = take(model, msg, now);
    if let Some(Overlay::Detail(state)) = model.overlays.last_mut() {
        effects.extend(state.ask(&model.floor));
    }
    effects
}

fn take(model: &mut Model, msg: Msg, now: DateTime<Utc>) -> Vec<Effect> {
    match msg {
        Msg::Fact(fact) => {
            message::notice(model, &fact, now);
            release::heard(model, &fact);
            if let Fact::RunbookRead { page, read } = &fact {
                runbook::heard(model, page, read);
            }
            if let Fact::NoticesRead(id, read) = &fact {
                alerts::heard(model, *id, read);
            }
            model.floor.apply(fact, now)
        }
        Msg::Resized { width, height } => {
            model.size = Rect::new(0, 0, width, height);
            Vec::new()
        }
        Msg::Key(key) => {
            model.settle(now);
            press(model, &key, now)
        }
    }
}

fn press(model: &mut Model, key: &Key, now: DateTime<Utc>) -> Vec<Effect> {
    model.message = None;
    if *key == Key::Ctrl('c') {
        return vec![Effect::Quit];
    }
    // Nothing acts on what cannot be seen; one can still leave.
    let leaves =
        matches!(key, Key::Esc | Key::Ctrl('z' | 'l')) || (*key == Key::Char('q') && model.overlays.is_empty());
    if !has_room(model) && !leaves {
        return Vec::new();
    }
    match typing::typing(model, key, now) {
        typing::Reply::Done(effects) => return effects,
        typing::Reply::Act(action) => {
            let here = keymap::scopes(model);
            if let Some(spec) = action::spec_of(action).filter(|spec| !here.contains(&spec.scope)) {
                message::say(model, format!("{} works in: {}", spec.name, spec.scope.title()), Went::Badly, now);
                return Vec::new();
            }
            return act(model, action, now);
        }
        typing::Reply::Pass => {}
    }
    let scopes = keymap::scopes(model);
    keymap::meaning(key, &scopes).map_or_else(Vec::new, |action| act(model, action, now))
}

fn act(model: &mut Model, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
    let done = alerts::act(model, action, now).or_else(|| acting::act(model, action, now));
    if let Some(effects) = done {
        return effects;
    }
    match action {
        Action::Quit => return quit(model, now),
        Action::Runbook | Action::IncidentRunbook => return runbook::open_selected(model, action, now),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Back => back(model),
        Action::Help => model.overlays.push(Overlay::Help(help::State::default())),
        Action::Palette => model.overlays.push(Overlay::Palette(palette::State::default())),
        Action::Sources if !matches!(model.overlays.last(), Some(Overlay::Sources(_))) => {
            model.overlays.push(Overlay::Sources(cursor::Scroll::default()));
        }
        Action::Duties => work::open(model, work::Part::Duties),
        Action::Goals => work::open(model, work::Part::Goals),
        Action::Focus(pane) => focus(model, pane),
        Action::NextPane => focus(model, model.focus.step(1)),
        Action::PreviousPane => focus(model, model.focus.step(4)),
        Action::Zoom if model.overlays.is_empty() => model.is_zoomed = true,
        Action::Unzoom => model.is_zoomed = false,
        Action::Freeze => model.frozen_at = if model.frozen_at.is_some() { None } else { Some(now) },
        Action::NextTheme => {
            model.theme = model.theme.next();
            message::say(model, format!("theme: {}", model.theme.name), Went::Well, now);
        }
        Action::Refresh => return sources::refresh(model, model.focus.feeds(), now),
        Action::RefreshAll => {
            return sources::refresh(model, &Feed::ALL, now);
        }
        _ => return act_here(model, action, now),
    }
    Vec::new()
}

/// Ends at once, unless something the person did is still on its way to disk: then the second time.
fn quit(model: &mut Model, now: DateTime<Utc>) -> Vec<Effect> {
    let is_writing = |overlay: &Overlay| matches!(overlay, Overlay::Overriding(form) if form.is_writing());
    let pending = model.queue.acking.len()
        + model.acting.n_in_memory()
        + usize::from(model.release.saving.is_some())
        + usize::from(model.overlays.iter().any(is_writing));
    if pending == 0 || std::mem::replace(&mut model.has_asked_to_quit, true) {
        return vec![Effect::Quit];
    }
    let n = crate::text::counted(pending, "action is", "actions are");
    message::say(model, format!("{n} not saved yet: q again ends all the same"), Went::Badly, now);
    Vec::new()
}

/// Actions that mean something for what is in front: the overlay on top, else the focused pane.
fn act_here(model: &mut Model, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
    let overlay_page = usize::from(model.size.height.saturating_sub(4));
    match model.overlays.last_mut() {
        Some(Overlay::Detail(state)) => {
            if state.scroll.step(action, overlay_page) {
                return Vec::new();
            }
            let key = state.key.clone();
            return queue::on_incident(&mut model.queue.acking, action, &key, &model.floor);
        }
        Some(Overlay::Alert(state)) => {
            state.scroll.step(action, overlay_page);
            return Vec::new();
        }
        Some(Overlay::Sources(scroll)) => {
            scroll.step(action, overlay_page);
            return Vec::new();
        }
        Some(Overlay::Outbox(state)) => {
            outbox::step(state, action, &model.floor, overlay_page);
            return Vec::new();
        }
        Some(Overlay::Runbook(_)) => return runbook::act(model, action, now),
        Some(Overlay::Work(_)) => return work::act(model, action, now),
        Some(Overlay::Telling(_)) => return release::telling::act(model, action, overlay_page, now),
        Some(Overlay::TakingBack(_)) => return release::back::act(model, action, overlay_page, now),
        Some(_) => return Vec::new(),
        None => {}
    }
    let page = view::rows_of(model, model.focus);
    match model.focus {
        Pane::Queue | Pane::Sla => {
            if action == Action::Open {
                if let Some(key) = model.queue.selected.clone() {
                    model.overlays.push(Overlay::Detail(detail::State::new(key)));
                }
                return Vec::new();
            }
            queue::update(&mut model.queue, action, &model.floor, page, model.size)
        }
        Pane::Rota => {
            open_zooms(model, action);
            let asked = rota::update(&mut model.rota, action, &model.floor, page, now);
            overriding::open(model, asked)
        }
        Pane::Release if action == Action::Open && !model.is_zoomed => {
            model.is_zoomed = true;
            Vec::new()
        }
        Pane::Release => release::act(model, action, page, now),
        Pane::Metrics => {
            open_zooms(model, action);
            metrics::update(&mut model.metrics, action, &model.floor, page, model.size.width)
        }
    }
}

/// Enter on a pane that is not zoomed zooms it.
fn open_zooms(model: &mut Model, action: Action) {
    if action == Action::Open {
        model.is_zoomed = true;
    }
}

fn focus(model: &mut Model, pane: Pane) {
    // The number of the focused pane zooms it, and gives the screen back: one key for both.
    if model.focus == pane && model.overlays.is_empty() {
        model.is_zoomed = !model.is_zoomed;
    }
    model.overlays.clear();
    model.focus = pane;
}

fn back(model: &mut Model) {
    if model.overlays.pop().is_some() {
        return;
    }
    if !model.queue.picked.is_empty() && matches!(model.focus, Pane::Queue | Pane::Sla) {
        model.queue.picked.clear();
    } else if !model.queue.filter.is_empty() && matches!(model.focus, Pane::Queue | Pane::Sla) {
        model.queue.filter.clear();
    } else if model.is_zoomed {
        model.is_zoomed = false;
    } else if model.frozen_at.is_some() {
        model.frozen_at = None;
    }
}

/// Whether the screen can hold more than one sentence.
pub fn has_room(model: &Model) -> bool {
    model.layout().room != Room::TooSmall
}
