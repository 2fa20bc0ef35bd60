//! What came of the person's acts: the footer says it once, and the outbox keeps it.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::IncidentKey,
        intent::{Draft, Intent, OpId, Progress, Target},
    },
    floor::fact::{Fact, Went},
    text::{Text, clip},
    tui::{
        Model,
        acting::{
            compose,
            deed::{Deed, subject},
        },
        message::say,
        words,
    },
};

/// What a fact means for acts of this console; the floor has not taken it yet.
pub fn notice(model: &mut Model, fact: &Fact, now: DateTime<Utc>) {
    match fact {
        Fact::Intended(intents) => intended(model, intents, now),
        Fact::Progressed { id, progress, .. } => progressed(model, id, progress, now),
        Fact::NotIntended { keys, why } => not_intended(model, keys, why, now),
        Fact::Composed { about, text } => compose::written(model, about, text, now),
        Fact::AckTakenBack { key, by, .. } if *by == model.me => {
            say(model, format!("{} given back (saved)", key.short()), Went::Well, now);
        }
        Fact::Snoozed { key, until, by, .. } if *by == model.me => {
            let until = words::moment(*until, &model.floor.zone, now);
            say(model, format!("{} snoozed until {until} (saved)", key.short()), Went::Well, now);
        }
        Fact::Woken { key, by, .. } if *by == model.me => {
            say(model, format!("{} is awake (saved)", key.short()), Went::Well, now);
        }
        Fact::HostKnown { source, host } => {
            model.acting.rights.locked.insert(*source, host.read_only.clone());
        }
        _ => {}
    }
}

/// Finds what was wanted here among what is now on disk: the store may tell of it in one go or one by one.
fn intended(model: &mut Model, intents: &[Intent], now: DateTime<Utc>) {
    let me = model.me.clone();
    for intent in intents.iter().filter(|intent| intent.by == me) {
        let made = &mut model.acting.made;
        if made.iter().any(|made| made.ids.contains(&intent.id)) {
            continue;
        }
        let is_it = |draft: &Draft| draft.target == intent.target && draft.act == intent.act;
        let found = made.iter_mut().find_map(|made| Some((made.unwritten.iter().position(is_it)?, made)));
        let Some((at, made)) = found else { continue };
        made.unwritten.remove(at);
        made.ids.push(intent.id.clone());
        // Taking on and giving back say so themselves.
        if made.is_in_memory() || matches!(made.deed, Deed::Acknowledge | Deed::GiveBack) {
            continue;
        }
        let order = made.deed.order(&made.keys, &model.floor.zone, now);
        say(model, format!("{order}: waiting to be sent"), Went::Well, now);
    }
}

fn progressed(model: &mut Model, id: &OpId, progress: &Progress, now: DateTime<Utc>) {
    let Some(intent) = model.floor.outbox().find(id) else { return };
    let is_news = intent.progress != *progress && !intent.progress.is_over();
    let what = match &intent.target {
        Target::Incident(key) => key.short(),
        Target::Repository(repo) => repo.to_string(),
    };
    let act = clip(&intent.act.words(), 60);
    let is_mine = intent.by == model.me;
    let refused = |why: &Text| format!("{what} {act}: refused: {why}");
    let Some(made) = model.acting.made.iter_mut().find(|made| made.ids.contains(id)).filter(|_| is_news) else {
        // Somebody else's refusal is theirs; one of an earlier run of this person's is not lost.
        if let Progress::Refused { why, .. } = progress
            && is_mine
            && is_news
        {
            say(model, refused(why), Went::Badly, now);
        }
        return;
    };
    let all = made.drafts.len();
    let (said, went) = match progress {
        Progress::Done { .. } => {
            made.ended += 1;
            let of = if all > 1 { format!(", {} of {all}", made.ended) } else { String::new() };
            (format!("{what} {act} (sent{of})"), Went::Well)
        }
        Progress::Refused { why, .. } => {
            made.ended += 1;
            (refused(why), Went::Badly)
        }
        Progress::Cancelled { .. } => {
            made.ended += 1;
            (format!("{what} {act}: cancelled, nothing was sent"), Went::Well)
        }
        Progress::Waiting { why: Some(why), .. } => (format!("{what} {act} waits: {why}"), Went::Badly),
        Progress::Unsure { why, .. } => (format!("{what} {act}: not known whether it arrived: {why}"), Went::Badly),
        Progress::Waiting { why: None, .. } | Progress::Sending { .. } => return,
    };
    say(model, said, went, now);
}

fn not_intended(model: &mut Model, keys: &[IncidentKey], why: &Text, now: DateTime<Utc>) {
    let of = |draft: &Draft| match &draft.target {
        Target::Incident(key) => keys.contains(key),
        Target::Repository(_) => keys.is_empty(),
    };
    if let Some(made) = model.acting.made.iter_mut().find(|made| made.unwritten.iter().any(of)) {
        made.unwritten.retain(|draft| !of(draft));
    }
    let what = if keys.is_empty() { String::new() } else { format!("{}: ", subject(keys)) };
    say(model, format!("{what}not done, and not written down: {why}"), Went::Badly, now);
}
