//! Acting on incidents: from a key to a choice, a question where one is due, and what is asked of the shell.
//!
//! Nothing here says that something is done: an act is wanted, then written down, then done when its host has said so.

pub mod compose;
pub mod deed;
pub mod heard;
pub mod known;
pub mod plan;
pub mod rights;
pub mod undo;

use chrono::{DateTime, Utc};

use crate::{
    config::AckSettings,
    domain::{
        incident::{IncidentKey, Login, Repo},
        intent::{Act, Draft, OpId, Target},
    },
    floor::{
        effect::Effect,
        fact::{Compose, SourceId, Went},
    },
    text::{Passage, Text},
    tui::{
        Model, Overlay, Pane,
        acting::{
            deed::Deed,
            plan::{Ground, Plan, plan},
            rights::{READ_ONLY, Rights},
        },
        action::Action,
        confirm, cursor, message, outbox,
        pick::{self, Purpose, choices},
        release,
    },
};

/// What the person has done and what the settings allow.
#[derive(Debug, Default)]
pub struct State {
    /// What acknowledging does at the host.
    pub ack: AckSettings,
    /// What the settings allow.
    pub rights: Rights,
    /// The person's account at hosts that do not tell whose token it is; nothing = the host is asked when it matters.
    pub account: Option<Login>,
    /// Repositories of the settings, in which something can be opened.
    pub repositories: Vec<Repo>,
    /// What the person did, the last one last.
    pub made: Vec<Made>,
    /// A text that was written and not sent.
    pub kept: Option<(Compose, Passage)>,
    /// Refusals that the person has looked at.
    pub refusals_seen: usize,
}

/// Something the person did.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// What.
    pub deed: Deed,
    /// To which incidents.
    pub keys: Vec<IncidentKey>,
    /// The changes that were wanted at hosts.
    pub drafts: Vec<Draft>,
    /// What they are called since they are on disk, in the order in which they came to lie there.
    pub ids: Vec<OpId>,
    /// Those that are not known to be on disk yet.
    pub unwritten: Vec<Draft>,
    /// How many of them ended.
    pub ended: usize,
}

impl Made {
    /// Whether some of it is known nowhere but here.
    pub fn is_in_memory(&self) -> bool {
        !self.unwritten.is_empty()
    }
}

/// What a yes does.
#[derive(Debug, Clone, PartialEq)]
pub struct Errand {
    /// What is asked of the shell.
    pub effects: Vec<Effect>,
    /// What is remembered of it; nothing where it takes something back.
    pub made: Option<Made>,
    /// The text it sends, kept when the answer is no.
    pub text: Option<(Compose, Passage)>,
    /// It takes the last act back.
    pub is_undo: bool,
}

/// As many acts as can be taken back one after the other.
const REMEMBERED: usize = 50;

impl State {
    /// Changes wanted that are not on disk yet.
    pub fn n_in_memory(&self) -> usize {
        self.made.iter().map(|made| made.unwritten.len()).sum()
    }

    /// Acts wanted of an incident that are not on disk yet.
    pub fn asked(&self, key: &IncidentKey) -> Vec<Act> {
        let target = Target::Incident(key.clone());
        let drafts = self.made.iter().flat_map(|made| &made.unwritten);
        drafts.filter(|draft| draft.target == target).map(|draft| draft.act.clone()).collect()
    }
}

/// The incidents that an action is meant for.
pub fn targets(model: &Model) -> Vec<IncidentKey> {
    match model.overlays.last() {
        Some(Overlay::Detail(state)) => vec![state.key.clone()],
        Some(_) => Vec::new(),
        None if matches!(model.focus, Pane::Queue | Pane::Sla) => model.queue.targets(),
        None => Vec::new(),
    }
}

/// Whether an action changes something: what a read-only run leaves out.
pub fn changes(action: Action) -> bool {
    matches!(
        action,
        Action::Acknowledge
            | Action::GiveBack
            | Action::Assign
            | Action::Label
            | Action::Prioritize
            | Action::Comment
            | Action::Close
            | Action::Reopen
            | Action::Duplicate
            | Action::Snooze
            | Action::Wake
            | Action::Create
            | Action::Undo
            | Action::CancelIntent
            | Action::RetryIntent
            | Action::TakeAlert
            | Action::GiveAlertBack
            | Action::Silence
            | Action::EndSilence
            | Action::Toggle
            | Action::SignOff
            | Action::Waive
            | Action::Decide
            | Action::MarkSent
    )
}

/// Does what an action means for incidents; nothing where it is none of these actions.
pub fn act(model: &mut Model, action: Action, now: DateTime<Utc>) -> Option<Vec<Effect>> {
    if changes(action) && model.acting.rights.is_read_only {
        message::say(model, READ_ONLY.to_owned(), Went::Badly, now);
        return Some(Vec::new());
    }
    let keys = targets(model);
    let purpose = match action {
        Action::Outbox => {
            if !matches!(model.overlays.last(), Some(Overlay::Outbox(_))) {
                model.overlays.push(Overlay::Outbox(outbox::State::default()));
            }
            return Some(Vec::new());
        }
        Action::Undo => return Some(undo::ask(model, now)),
        Action::CancelIntent | Action::RetryIntent => return Some(outbox::act(model, action, now)),
        Action::Create => Purpose::Create,
        Action::Browse | Action::CopyKey | Action::CopyUrl if keys.len() < 2 => return None,
        Action::CopyKey | Action::CopyUrl => return Some(copy(model, action, &keys)),
        Action::Acknowledge => return Some(go(model, Deed::Acknowledge, &keys, now)),
        Action::GiveBack => return Some(go(model, Deed::GiveBack, &keys, now)),
        Action::Reopen => return Some(go(model, Deed::Reopen, &keys, now)),
        Action::Wake => return Some(go(model, Deed::Wake, &keys, now)),
        Action::Browse => return Some(go(model, Deed::Browse, &keys, now)),
        Action::Comment => return Some(compose::comment(model, keys, now)),
        Action::Assign => Purpose::Assign,
        Action::Label => Purpose::Label,
        Action::Prioritize => Purpose::Priority,
        Action::Close => Purpose::Close,
        Action::Duplicate => Purpose::Duplicate,
        Action::Snooze => Purpose::Snooze,
        _ => return None,
    };
    open(model, purpose, keys, now);
    Some(Vec::new())
}

/// Opens the list of an action, where there is something it can be done to.
fn open(model: &mut Model, purpose: Purpose, keys: Vec<IncidentKey>, now: DateTime<Utc>) {
    if purpose != Purpose::Create && !can_any(model, purpose, &keys, now) {
        return;
    }
    let floor = &model.floor;
    let choices = match purpose {
        Purpose::Assign => {
            let source = keys.first().and_then(|key| floor.queue().find(key)).map(|entry| entry.source);
            choices::people(&keys, &account(model, source), floor)
        }
        Purpose::Label => choices::labels(&keys, floor),
        Purpose::Priority => choices::priorities(&keys, floor),
        Purpose::Close => choices::reasons(),
        Purpose::Duplicate => choices::originals(&keys, floor),
        Purpose::Snooze => choices::hours(floor, now),
        Purpose::Create => {
            let first = keys.first().map(|key| key.repo.clone());
            choices::repositories(first.as_ref(), &model.acting.repositories, floor)
        }
    };
    if purpose == Purpose::Create && choices.is_empty() {
        let why = "no repository of a host is known: nothing can be opened".to_owned();
        return message::say(model, why, Went::Badly, now);
    }
    model.overlays.push(Overlay::Picking(Box::new(pick::State::new(purpose, keys, choices))));
}

/// Whether the deed can be done to any of these; says why not, before the person chooses in vain.
fn can_any(model: &mut Model, purpose: Purpose, keys: &[IncidentKey], now: DateTime<Utc>) -> bool {
    let is_conversation_only = purpose != Purpose::Snooze;
    let why = keys.iter().map(|key| {
        let Some(entry) = model.floor.queue().find(key) else { return Some("it is not in the queue any more".into()) };
        let ends = matches!(purpose, Purpose::Close | Purpose::Duplicate | Purpose::Snooze);
        let refusal = model.acting.rights.refusal(entry, &model.floor).filter(|_| is_conversation_only);
        refusal.or_else(|| (ends && !entry.incident.is_open()).then(|| "it is closed already".to_owned()))
    });
    let whys: Option<Vec<String>> = why.collect();
    let Some(whys) = whys else { return true };
    let said = match (keys, whys.as_slice()) {
        ([key], [why]) => format!("{}: {why}", key.short()),
        (_, [first, ..]) => format!("nothing to be done to any of them: {first}"),
        _ => "no incident is selected".to_owned(),
    };
    message::say(model, said, Went::Badly, now);
    false
}

/// Makes a plan for a deed, and does it or asks.
pub fn go(model: &mut Model, deed: Deed, keys: &[IncidentKey], now: DateTime<Utc>) -> Vec<Effect> {
    let plan = made(model, deed, keys, now);
    if plan.doing.is_empty() && plan.drafts.is_empty() {
        message::say(model, nothing_done(&plan), Went::Badly, now);
        return Vec::new();
    }
    let errand = errand_of(&plan, None);
    if !plan.asks() {
        return run(model, errand);
    }
    ask(model, &plan, errand, now);
    Vec::new()
}

fn made(model: &Model, deed: Deed, keys: &[IncidentKey], now: DateTime<Utc>) -> Plan {
    let State { ack, rights, .. } = &model.acting;
    let account = &|source| account(model, Some(source));
    plan(
        deed,
        keys,
        Ground { floor: &model.floor, me: &model.me, account, ack, rights, acking: &model.queue.acking },
        now,
    )
}

/// What hosts take for whoever's token it is: whoever delivers asks the host for the account then.
const ME: &str = "@me";

/// The person's account at a source's host, as far as it is known.
fn account(model: &Model, source: Option<SourceId>) -> Login {
    let viewer = source.and_then(|source| model.floor.host(source)).and_then(|host| host.viewer.clone());
    viewer.or_else(|| model.acting.account.clone()).unwrap_or_else(|| Login::new(ME))
}

fn nothing_done(plan: &Plan) -> String {
    match plan.skipped.as_slice() {
        [] => "no incident is selected".to_owned(),
        [(key, why)] => format!("{}: {why}", key.short()),
        [(key, why), ..] => format!("nothing to do for all {}: {}: {why}", plan.skipped.len(), key.short()),
    }
}

fn errand_of(plan: &Plan, text: Option<(Compose, Passage)>) -> Errand {
    let made = Made {
        deed: plan.deed.clone(),
        keys: plan.doing.clone(),
        drafts: plan.drafts.clone(),
        ids: Vec::new(),
        unwritten: plan.drafts.clone(),
        ended: 0,
    };
    Errand { effects: plan.effects(), made: (plan.deed != Deed::Browse).then_some(made), text, is_undo: false }
}

/// Puts the question on the screen.
fn ask(model: &mut Model, plan: &Plan, errand: Errand, now: DateTime<Utc>) {
    let named = |key: &IncidentKey| match model.floor.queue().find(key) {
        Some(entry) => format!("{}  {}", key.short(), entry.incident.title),
        None => key.short(),
    };
    let text = match &plan.deed {
        Deed::Comment(text) => Some((**text).clone()),
        Deed::Create { body, .. } => Some((**body).clone()),
        _ => None,
    };
    let state = confirm::State {
        order: plan.deed.order(&plan.doing, &model.floor.zone, now),
        doing: plan.doing.iter().map(named).collect(),
        skipped: plan.skipped.iter().map(|(key, why)| format!("{}: {why}", key.short())).collect(),
        can_edit: errand.text.is_some(),
        text,
        errand,
        scroll: cursor::Scroll::default(),
    };
    model.overlays.push(Overlay::Confirming(Box::new(state)));
}

/// Does it: remembers what was wanted, and hands it to the shell.
pub fn run(model: &mut Model, errand: Errand) -> Vec<Effect> {
    for effect in &errand.effects {
        if let Effect::Acknowledge(key) = effect {
            model.queue.acking.insert(key.clone());
        }
    }
    // The form stays for another try until its silence is asked for.
    let silences = |effect: &Effect| matches!(effect, Effect::Silence(_) | Effect::SilenceAbroad { .. });
    if errand.effects.iter().any(silences) {
        model.overlays.retain(|overlay| !matches!(overlay, Overlay::Silencing(_)));
    }
    release::asked(model, &errand.effects);
    if errand.is_undo {
        model.acting.made.pop();
    }
    if let Some(made) = errand.made {
        model.acting.made.push(made);
        let surplus = model.acting.made.len().saturating_sub(REMEMBERED);
        model.acting.made.drain(..surplus);
    }
    model.queue.picked.clear();
    errand.effects
}

/// The question was answered.
pub fn answered(model: &mut Model, is_yes: bool, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(Overlay::Confirming(state)) = model.overlays.pop() else { return Vec::new() };
    let errand = state.errand;
    if is_yes {
        model.acting.kept = None;
        return run(model, errand);
    }
    let kept = errand.text.is_some();
    model.acting.kept = errand.text.or_else(|| model.acting.kept.take());
    let said = if kept { "not sent; the text is kept: the same key goes on with it" } else { "nothing is done" };
    message::say(model, said.to_owned(), Went::Well, now);
    Vec::new()
}

fn copy(model: &Model, action: Action, keys: &[IncidentKey]) -> Vec<Effect> {
    let url = |key: &IncidentKey| model.floor.queue().find(key).map(|entry| entry.incident.url.to_string());
    let all: Vec<String> = match action {
        Action::CopyUrl => keys.iter().filter_map(url).filter(|url| !url.is_empty()).collect(),
        _ => keys.iter().map(ToString::to_string).collect(),
    };
    if all.is_empty() { Vec::new() } else { vec![Effect::Copy(Text::scrub(&all.join(" ")))] }
}

#[cfg(test)]
mod afterwards;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod tests;
