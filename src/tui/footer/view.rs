//! Draws the footer.

use chrono::{DateTime, Utc};
use ratatui::{layout::Rect, text::Span};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    floor::fact::Went,
    text::clip,
    tui::{
        Model, Overlay, Pane, acting,
        action::{Action, spec_of},
        alerts,
        canvas::{Canvas, spread},
        theme::Slot,
        work,
    },
};

/// The keys that matter here, and what just happened.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let message = model.message.as_ref().filter(|m| m.is_shown(now)).map(|message| {
        let slot = match message.went {
            Went::Well => Slot::Good,
            Went::Badly => Slot::Over,
        };
        let sign = match message.went {
            Went::Well => "",
            Went::Badly => "! ",
        };
        (slot, format!("{sign}{} ", message.text))
    });
    let right = message.map(|(slot, text)| {
        let room = usize::from(area.width).saturating_sub(2);
        canvas.span(slot, clip(&text, room))
    });
    let right_width = right.as_ref().map_or(0, Span::width);
    let room = usize::from(area.width).saturating_sub(right_width + 1);
    let left = key_runs(canvas, model, room);
    let line = spread(left, right.into_iter().collect(), area.width);
    canvas.line(area, 0, &line);
}

/// Keys with a word each, as many as fit. Help and quit are worth more than what stands before them.
fn key_runs(canvas: &Canvas<'_>, model: &Model, room: usize) -> Vec<Span<'static>> {
    let mut pairs: Vec<(&str, &str)> = match model.overlays.last() {
        Some(Overlay::Help(_)) => vec![("esc", "close"), ("up down", "scroll"), ("a-z", "search")],
        Some(Overlay::Overriding(_) | Overlay::Picking(_)) => vec![("esc", "leave it")],
        Some(Overlay::Silencing(_)) => {
            vec![("tab", "next"), ("space", "label in or out"), ("enter", "go on"), ("esc", "leave it")]
        }
        Some(Overlay::Saying(_)) => {
            vec![("up down", "what"), ("tab", "why or commit"), ("enter", "go on"), ("esc", "leave it")]
        }
        Some(Overlay::Confirming(_)) => vec![("y", "yes"), ("enter", "no")],
        Some(Overlay::Palette(_)) => vec![("enter", "do it"), ("up down", "choose"), ("esc", "close")],
        Some(
            Overlay::Detail(_)
            | Overlay::Alert(_)
            | Overlay::Sources(_)
            | Overlay::Outbox(_)
            | Overlay::Runbook(_)
            | Overlay::Telling(_)
            | Overlay::TakingBack(_)
            | Overlay::Work(_),
        )
        | None => {
            keys_that_matter(model)
                .into_iter()
                // A key that would only say no is not offered.
                .filter(|action| !(model.acting.rights.is_read_only && acting::changes(*action)))
                .filter_map(spec_of)
                .map(|spec| match spec.action {
                    Action::Focus(_) => ("1-5", "pane"),
                    _ => (spec.keys.first().copied().unwrap_or_default(), spec.short),
                })
                .collect()
        }
    };
    let width = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, word)| key.width() + word.width() + 3).sum::<usize>();
    while pairs.len() > 2 && width(&pairs) > room {
        pairs.remove(pairs.len() - 3);
    }
    while width(&pairs) > room {
        pairs.pop();
    }
    let run = |(key, word): (&str, &str)| {
        [canvas.span(Slot::Key, format!(" {key}")), canvas.span(Slot::Dim, format!(" {word} "))]
    };
    pairs.into_iter().flat_map(run).collect()
}

fn keys_that_matter(model: &Model) -> Vec<Action> {
    let pane = Action::Focus(Pane::Queue);
    if model.queue.field.is_some() && model.overlays.is_empty() {
        return vec![Action::Open, Action::Back];
    }
    if model.queue.menu.is_some() && model.overlays.is_empty() {
        return vec![Action::Back];
    }
    match model.overlays.last() {
        Some(Overlay::Detail(_)) => vec![
            Action::Acknowledge,
            Action::Comment,
            Action::Assign,
            Action::Label,
            Action::Close,
            Action::Browse,
            Action::CopyKey,
            Action::Down,
            Action::Back,
        ],
        Some(Overlay::Alert(_)) => {
            let keys = on_alert(model);
            keys.into_iter().chain([Action::Create, Action::CopyAlert, Action::Down, Action::Back]).collect()
        }
        Some(Overlay::Outbox(_)) => {
            vec![Action::CancelIntent, Action::RetryIntent, Action::Undo, Action::Down, Action::Up, Action::Back]
        }
        Some(Overlay::Runbook(_)) => {
            vec![Action::Tick, Action::NoteSteps, Action::CopyCommand, Action::Down, Action::PageDown, Action::Back]
        }
        Some(Overlay::Work(state)) => match state.part {
            work::Part::Goals | work::Part::BurnIn => vec![Action::Down, Action::Up, Action::NextWork, Action::Back],
            work::Part::Calendar => vec![Action::MonthBack, Action::MonthForward, Action::NextWork, Action::Back],
            _ => vec![Action::DutyDone, Action::NextWork, Action::Down, Action::Up, Action::Back],
        },
        Some(Overlay::Telling(_)) => vec![Action::CopyText, Action::MarkSent, Action::NextBoard, Action::Back],
        Some(Overlay::TakingBack(_)) => vec![Action::Decide, Action::Down, Action::Up, Action::Back],
        Some(_) => vec![Action::Back, Action::Down, Action::Up],
        None => {
            let mut keys = on_pane(model);
            let zoom = if model.is_zoomed { Action::Unzoom } else { Action::Zoom };
            keys.extend([pane, zoom, Action::Palette, Action::Help, Action::Quit]);
            keys
        }
    }
}

/// The keys that matter in the pane that has the focus.
fn on_pane(model: &Model) -> Vec<Action> {
    match model.focus {
        Pane::Queue | Pane::Sla if model.queue.alarm().is_some() => {
            on_alert(model).into_iter().chain([Action::Open, Action::Create, Action::Filter]).collect()
        }
        Pane::Queue | Pane::Sla => vec![
            Action::Acknowledge,
            Action::Comment,
            Action::Open,
            Action::Filter,
            Action::Assign,
            Action::Close,
            Action::Snooze,
        ],
        Pane::Rota if model.is_zoomed => {
            vec![Action::Override, Action::RemoveOverride, Action::NextSection, Action::Down]
        }
        Pane::Rota => vec![Action::Override],
        Pane::Release if model.is_zoomed => vec![
            Action::Toggle,
            Action::NextBoard,
            Action::SignOff,
            Action::Announcement,
            Action::TakeBack,
            Action::Decide,
        ],
        Pane::Release => vec![Action::Toggle, Action::Announcement, Action::SignOff],
        Pane::Metrics if model.is_zoomed => {
            vec![
                Action::Runbook,
                Action::TimeIn,
                Action::TimeOut,
                Action::TimeBack,
                Action::TimeForward,
                Action::LookLeft,
            ]
        }
        Pane::Metrics => vec![Action::Down, Action::Runbook],
    }
}

/// The keys that matter on an alert: what was done is offered the other way round.
fn on_alert(model: &Model) -> Vec<Action> {
    let alarm = alerts::target(model);
    let is_taken = alarm.is_some_and(|alarm| alarm.taken.is_some());
    let is_silenced = alarm.is_some_and(|alarm| alarm.silence.is_some());
    vec![
        if is_taken { Action::GiveAlertBack } else { Action::TakeAlert },
        Action::AlertRunbook,
        if is_silenced { Action::EndSilence } else { Action::Silence },
    ]
}
