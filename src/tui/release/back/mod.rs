//! Taking it back: what is met, and what is done then, step by step.

pub mod view;

use chrono::{DateTime, Utc};

use crate::{
    domain::release::plan::{Criterion, CriterionKind, RollbackStep},
    floor::{Floor, effect::Effect, fact::Went},
    tui::{Model, Overlay, action::Action, cursor::Scroll, message, release::gate},
};

/// The steps of a roll-back, over all plans.
pub fn steps(floor: &Floor) -> impl Iterator<Item = &RollbackStep> {
    floor.release().into_iter().flat_map(|release| &release.courses).flat_map(|course| &course.plan.rollback)
}

/// What the plans themselves say of when it is taken back.
pub fn written(floor: &Floor) -> impl Iterator<Item = &Criterion> {
    let courses = floor.release().into_iter().flat_map(|release| &release.courses);
    courses.flat_map(|course| &course.plan.criteria).filter(|it| it.kind == CriterionKind::Rollback)
}

/// Opens it.
pub fn open(model: &mut Model, now: DateTime<Utc>) {
    if model.floor.rollback().is_none() && steps(&model.floor).next().is_none() {
        let why = "the plan has no steps of a roll-back, and no day is set";
        return message::say(model, why.to_owned(), Went::Badly, now);
    }
    model.overlays.push(Overlay::TakingBack(Scroll::default()));
}

/// Does what an action means here.
pub(in crate::tui) fn act(model: &mut Model, action: Action, page: usize, now: DateTime<Utc>) -> Vec<Effect> {
    if action == Action::Decide {
        gate::decide(model, now);
        return Vec::new();
    }
    if let Some(Overlay::TakingBack(scroll)) = model.overlays.last_mut() {
        scroll.step(action, page);
    }
    Vec::new()
}
