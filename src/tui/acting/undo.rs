//! Taking the last act back: what waits is cancelled, what is done is done the other way, what was recorded here is taken
//! off the record. A comment and a new incident stay: others have read them.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::IncidentKey,
        intent::{Act, Draft, Intent, Progress, undo_of},
    },
    floor::{Floor, effect::Effect, fact::Went},
    tui::{
        Model, Overlay,
        acting::{
            Errand, Made, READ_ONLY,
            deed::{Deed, act_words},
            known,
        },
        confirm, cursor, message,
    },
};

/// What taking an act back means now.
#[derive(Debug, Default, PartialEq)]
pub struct Back {
    /// What is asked of the shell.
    pub effects: Vec<Effect>,
    /// What that does, a line each.
    pub doing: Vec<String>,
    /// What cannot be taken back, and why, a line each.
    pub stays: Vec<String>,
}

/// Asks whether the last act is to be taken back, and says how.
pub fn ask(model: &mut Model, now: DateTime<Utc>) -> Vec<Effect> {
    if model.acting.rights.is_read_only {
        message::say(model, READ_ONLY.to_owned(), Went::Badly, now);
        return Vec::new();
    }
    let Some(made) = model.acting.made.last().cloned() else {
        message::say(model, "nothing was done here that could be taken back".to_owned(), Went::Well, now);
        return Vec::new();
    };
    let order = made.deed.order(&made.keys, &model.floor.zone, now);
    let back = back(&made, &model.floor, now);
    if back.effects.is_empty() {
        let why = back.stays.first().cloned().unwrap_or_else(|| "there is nothing left of it".to_owned());
        let is_on_its_way = made.is_in_memory() || made.ids.iter().any(|id| is_sending(&model.floor, id));
        if !is_on_its_way {
            // The next one is asked about the act before.
            model.acting.made.pop();
        }
        message::say(model, format!("not taken back ({order}): {why}"), Went::Badly, now);
        return Vec::new();
    }
    let state = confirm::State {
        order: format!("take back: {order}"),
        doing: back.doing,
        skipped: back.stays,
        text: None,
        errand: Errand { effects: back.effects, made: None, text: None, is_undo: true },
        can_edit: false,
        scroll: cursor::Scroll::default(),
    };
    model.overlays.push(Overlay::Confirming(Box::new(state)));
    Vec::new()
}

fn is_sending(floor: &Floor, id: &crate::domain::intent::OpId) -> bool {
    let progress = floor.outbox().find(id).map(|intent| &intent.progress);
    matches!(progress, Some(Progress::Sending { .. } | Progress::Unsure { .. }))
}

/// What taking an act back means now.
pub fn back(made: &Made, floor: &Floor, now: DateTime<Utc>) -> Back {
    let mut back = Back::default();
    if made.is_in_memory() {
        back.stays.push("it is being written down: try again in a moment".to_owned());
        return back;
    }
    local(made, floor, now, &mut back);
    let mut drafts: Vec<Draft> = Vec::new();
    // The last change first, so that what is undone is undone in turn.
    for id in made.ids.iter().rev() {
        match floor.outbox().find(id) {
            Some(intent) => remote(intent, &mut drafts, &mut back),
            None => back.stays.push("the outbox knows it no more".to_owned()),
        }
    }
    if !drafts.is_empty() {
        back.effects.push(Effect::Intend(drafts));
    }
    back
}

fn local(made: &Made, floor: &Floor, now: DateTime<Utc>, back: &mut Back) {
    let some = |keys: Vec<IncidentKey>| (!keys.is_empty()).then_some(keys);
    let all = || made.keys.iter().cloned();
    match &made.deed {
        Deed::Acknowledge => {
            for key in all().filter(|key| floor.queue().find(key).is_some_and(|entry| entry.acked.is_some())) {
                back.doing.push(format!("{}: given back", key.short()));
                back.effects.push(Effect::TakeBackAck(key));
            }
        }
        Deed::GiveBack => {
            for key in all().filter(|key| floor.queue().find(key).is_some_and(|entry| entry.acked.is_none())) {
                back.doing.push(format!("{}: taken on again", key.short()));
                back.effects.push(Effect::Acknowledge(key));
            }
        }
        Deed::Snooze(_) => {
            let asleep = all().filter(|key| known::snoozed(floor, key, now).is_some()).collect();
            if let Some(keys) = some(asleep) {
                back.doing.extend(keys.iter().map(|key| format!("{}: woken", key.short())));
                back.effects.push(Effect::Wake(keys));
            }
        }
        Deed::Wake => back.stays.push("it was woken: s snoozes it again".to_owned()),
        _ => {}
    }
}

fn remote(intent: &Intent, drafts: &mut Vec<Draft>, back: &mut Back) {
    let what = format!("{} {}", short(intent), act_words(&intent.act));
    match &intent.progress {
        Progress::Waiting { .. } => {
            back.doing.push(format!("{what}: cancelled, it was not sent"));
            back.effects.push(Effect::Cancel(intent.id.clone()));
        }
        Progress::Sending { .. } | Progress::Unsure { .. } => {
            back.stays.push(format!("{what}: it is on its way, try again when it has arrived"));
        }
        Progress::Refused { .. } | Progress::Cancelled { .. } => {}
        Progress::Done { .. } => {
            let other_way = undo_of(intent);
            if other_way.is_empty() {
                let why = match intent.act {
                    Act::Comment(_) => "a comment stays: others have read it",
                    _ => "a new incident stays: close it where it is",
                };
                back.stays.push(format!("{what}: {why}"));
            }
            back.doing.extend(other_way.iter().map(|draft| format!("{}: {}", short(intent), act_words(&draft.act))));
            drafts.extend(other_way);
        }
    }
}

/// What an intent is made to, as a row shows it.
pub fn short(intent: &Intent) -> String {
    match &intent.target {
        crate::domain::intent::Target::Incident(key) => key.short(),
        crate::domain::intent::Target::Repository(repo) => repo.to_string(),
    }
}
