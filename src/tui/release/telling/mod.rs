//! An announcement: its text, to copy, and whether it is out.

pub mod view;

use chrono::{DateTime, Utc};

use crate::{
    domain::release::{
        announcement::{Announcement, Press},
        plan::Mark,
        record::Deed,
    },
    floor::{effect::Effect, fact::Went},
    text::Text,
    tui::{
        Model, Overlay,
        action::Action,
        cursor::Scroll,
        message,
        release::{saying, ticking},
    },
};

/// What the person is looking at.
#[derive(Debug)]
pub struct State {
    /// Which announcement: what the record calls it.
    pub key: Text,
    /// The first line shown.
    pub scroll: Scroll,
}

/// Opens the announcement that presses most; the last one where all are out.
pub fn open(model: &mut Model, now: DateTime<Utc>) {
    let sheet = &model.release.sheet;
    let found = sheet.next_announcement(now).or_else(|| sheet.announcements.len().checked_sub(1));
    match found.and_then(|at| sheet.announcements.get(at)) {
        Some(it) => {
            let state = State { key: it.key.clone(), scroll: Scroll::default() };
            model.overlays.push(Overlay::Telling(state));
        }
        None => {
            let why = "the release has no announcement: [[release.announcement]] or a step of its plan names one";
            message::say(model, why.to_owned(), Went::Badly, now);
        }
    }
}

/// The announcement that is looked at, and its place.
pub fn shown<'a>(model: &'a Model, state: &State) -> Option<(usize, &'a Announcement)> {
    model.release.sheet.announcements.iter().enumerate().find(|(_, it)| it.key == state.key)
}

/// Does what an action means here.
pub(in crate::tui) fn act(model: &mut Model, action: Action, page: usize, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(Overlay::Telling(state)) = model.overlays.last() else { return Vec::new() };
    let Some((at, announcement)) = shown(model, state) else { return Vec::new() };
    match action {
        Action::CopyText => return vec![Effect::CopyAll(announcement.text.clone())],
        Action::NextBoard | Action::PreviousBoard => {
            let n = model.release.sheet.announcements.len();
            let at = if action == Action::NextBoard { at + 1 } else { at + n - 1 } % n.max(1);
            let key = model.release.sheet.announcements.get(at).map(|it| it.key.clone());
            if let (Some(Overlay::Telling(state)), Some(key)) = (model.overlays.last_mut(), key) {
                *state = State { key, scroll: Scroll::default() };
            }
        }
        Action::MarkSent => match sending(model, announcement, now) {
            Ok((effects, held)) => {
                saying::ask(model, effects);
                if let (Some(Overlay::Confirming(asked)), Some(why)) = (model.overlays.last_mut(), held) {
                    asked.doing.push(why);
                }
            }
            Err(why) => message::say(model, why, Went::Badly, now),
        },
        action => {
            if let Some(Overlay::Telling(state)) = model.overlays.last_mut() {
                state.scroll.step(action, page);
            }
        }
    }
    Vec::new()
}

/// What marks it as sent: an entry on record, and the tick of its step where that is open and has a box. What is out is out:
/// where another step comes before its own, that stays open, and why.
fn sending(
    model: &Model,
    announcement: &Announcement,
    now: DateTime<Utc>,
) -> Result<(Vec<Effect>, Option<String>), String> {
    if announcement.press(now) == Press::Sent {
        return Err("it is marked as sent already".to_owned());
    }
    if model.release.entering.is_some() || model.release.saving.is_some() {
        return Err("the entry before is still on its way to the record".to_owned());
    }
    let courses = model.release.sheet.courses(&model.floor);
    let (nth, place) = announcement.step.unwrap_or((0, usize::MAX));
    let course = courses.get(nth).ok_or("no plan was read: there is no record")?;
    let mut effects = vec![Effect::Enter {
        path: course.plan.path.clone(),
        deed: Deed::Announced { what: announcement.key.clone() },
        commit: None,
        reason: Text::default(),
    }];
    let row = model.release.sheet.week.rows.iter().find(|row| (row.course, row.step) == (nth, place));
    let mut held = None;
    if let Some((row, step)) = row.zip(course.plan.steps.get(place)).filter(|(_, step)| step.mark != Mark::None) {
        match ticking(course, step, row) {
            Ok(tick) => effects.push(tick),
            Err(why) => held = Some(format!("its step stays open: {why}")),
        }
    }
    Ok((effects, held))
}
