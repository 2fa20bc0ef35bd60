//! Text fields come before the keymap: what is typed into one means nothing else.

use chrono::{DateTime, Utc};

use crate::{
    floor::effect::Effect,
    tui::{
        Model, Overlay, acting,
        action::Action,
        alerts::{self, silencing},
        confirm,
        field::Typed,
        help,
        input::Key,
        overriding, palette, pick, release,
    },
};

/// What a field made of a key.
pub enum Reply {
    /// It took it.
    Done(Vec<Effect>),
    /// It chose an action.
    Act(Action),
    /// It is not for a field.
    Pass,
}

/// Text fields come first, and take every printable key.
pub fn typing(model: &mut Model, key: &Key, now: DateTime<Utc>) -> Reply {
    let page = usize::from(model.size.height);
    let body = model.layout().body;
    match model.overlays.last_mut() {
        Some(Overlay::Help(state)) => match help::press(state, key, page) {
            help::Pressed::Close => {
                model.overlays.pop();
                Reply::Done(Vec::new())
            }
            help::Pressed::Taken => Reply::Done(Vec::new()),
        },
        Some(Overlay::Palette(state)) => match palette::press(state, key) {
            palette::Pressed::Close => {
                model.overlays.pop();
                Reply::Done(Vec::new())
            }
            palette::Pressed::Taken => Reply::Done(Vec::new()),
            palette::Pressed::Chose(action) => {
                model.overlays.pop();
                Reply::Act(action)
            }
        },
        // Only ctrl-c, ctrl-z and ctrl-l mean what they mean everywhere: the form is left with esc.
        Some(Overlay::Overriding(_)) if matches!(key, Key::Ctrl('z' | 'l')) => Reply::Pass,
        Some(Overlay::Overriding(state)) => {
            match overriding::press(state, key, overriding::view::page(body), &model.floor, now) {
                overriding::Pressed::Close => {
                    model.overlays.pop();
                    Reply::Done(Vec::new())
                }
                overriding::Pressed::Taken => Reply::Done(Vec::new()),
                overriding::Pressed::Asks(effect) => Reply::Done(vec![effect]),
            }
        }
        Some(Overlay::Silencing(_)) if matches!(key, Key::Ctrl('z' | 'l')) => Reply::Pass,
        Some(Overlay::Silencing(state)) => match silencing::press(state, key, now) {
            silencing::Pressed::Close => {
                model.overlays.pop();
                Reply::Done(Vec::new())
            }
            silencing::Pressed::Taken => Reply::Done(Vec::new()),
            silencing::Pressed::Asks(silence) => {
                let server = state.server.clone();
                alerts::ask_silence(model, *silence, server, now);
                Reply::Done(Vec::new())
            }
        },
        Some(Overlay::Saying(_)) if matches!(key, Key::Ctrl('z' | 'l')) => Reply::Pass,
        Some(Overlay::Saying(state)) => match release::saying::press(state, key) {
            release::saying::Pressed::Close => {
                model.overlays.pop();
                Reply::Done(Vec::new())
            }
            release::saying::Pressed::Taken => Reply::Done(Vec::new()),
            release::saying::Pressed::Asks(effect) => {
                release::saying::ask(model, vec![*effect]);
                Reply::Done(Vec::new())
            }
        },
        Some(Overlay::Picking(_) | Overlay::Confirming(_)) if matches!(key, Key::Ctrl('z' | 'l')) => Reply::Pass,
        Some(Overlay::Picking(state)) => {
            let pressed = pick::press(state, key, &model.floor, now);
            Reply::Done(picked(model, pressed, now))
        }
        Some(Overlay::Confirming(state)) => match confirm::press(state, key, confirm::view::page(body)) {
            confirm::Pressed::Taken => Reply::Done(Vec::new()),
            confirm::Pressed::Edit => Reply::Done(acting::compose::again(model)),
            answer => Reply::Done(acting::answered(model, answer == confirm::Pressed::Yes, now)),
        },
        Some(
            Overlay::Detail(_)
            | Overlay::Alert(_)
            | Overlay::Sources(_)
            | Overlay::Outbox(_)
            | Overlay::Runbook(_)
            | Overlay::Telling(_)
            | Overlay::TakingBack(_)
            | Overlay::Work(_),
        ) => Reply::Pass,
        None => filtering(model, key),
    }
}

/// Something was chosen for an act.
fn picked(model: &mut Model, pressed: pick::Pressed, now: DateTime<Utc>) -> Vec<Effect> {
    if pressed == pick::Pressed::Taken {
        return Vec::new();
    }
    model.overlays.pop();
    match pressed {
        pick::Pressed::Close | pick::Pressed::Taken => Vec::new(),
        pick::Pressed::Chose(deed, keys) => acting::go(model, deed, &keys, now),
        pick::Pressed::Where(repo) => {
            let about = acting::targets(model).into_iter().next();
            acting::compose::create(model, repo, about.as_ref(), now)
        }
    }
}

fn filtering(model: &mut Model, key: &Key) -> Reply {
    if let Some(menu) = model.queue.menu {
        let is_over = model.queue.tabs.current_mut().is_none_or(|section| menu.press(section, key));
        if is_over {
            model.queue.menu = None;
        }
        return Reply::Done(Vec::new());
    }
    let Some(field) = &mut model.queue.field else { return Reply::Pass };
    match key {
        Key::Enter => model.queue.field = None,
        Key::Esc => {
            model.queue.field = None;
            model.queue.filter.clear();
        }
        // Rows can be walked while the filter is typed.
        Key::Down | Key::Up => {
            let step = if *key == Key::Down { Action::Down } else { Action::Up };
            return Reply::Act(step);
        }
        key => {
            if field.take(key) == Typed::Changed {
                model.queue.filter = field.text().to_owned();
            }
        }
    }
    Reply::Done(Vec::new())
}
