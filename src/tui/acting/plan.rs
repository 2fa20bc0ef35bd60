//! From what somebody wants to what is done: which incidents, which changes, and what is left out and why.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::{
    config::AckSettings,
    domain::{
        incident::{Incident, IncidentKey, Label, Login, What},
        intent::{Act, Draft, Target},
        priority::Priority,
    },
    floor::{Floor, effect::Effect, entry::Entry, fact::SourceId},
    text::Passage,
    tui::acting::{deed::Deed, known, rights::Rights},
};

/// What a plan is made on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// All that is known.
    pub floor: &'a Floor,
    /// Who wants it.
    pub me: &'a Login,
    /// Their account at a source's host.
    pub account: &'a dyn Fn(SourceId) -> Login,
    /// What acknowledging does at the host.
    pub ack: &'a AckSettings,
    /// What the settings allow.
    pub rights: &'a Rights,
    /// Incidents whose acknowledgement is on its way to disk.
    pub acking: &'a HashSet<IncidentKey>,
}

/// What will be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What is wanted.
    pub deed: Deed,
    /// The incidents it will be done to.
    pub doing: Vec<IncidentKey>,
    /// Changes at hosts, in order.
    pub drafts: Vec<Draft>,
    /// What is recorded here.
    pub local: Vec<Effect>,
    /// The incidents it will not be done to, and why.
    pub skipped: Vec<(IncidentKey, String)>,
}

impl Plan {
    /// What the shell is asked for, all of it.
    pub fn effects(&self) -> Vec<Effect> {
        let intend = (!self.drafts.is_empty()).then(|| Effect::Intend(self.drafts.clone()));
        self.local.iter().cloned().chain(intend).collect()
    }

    /// Whether the person is asked first: several incidents, or a deed that others see at once.
    pub fn asks(&self) -> bool {
        self.deed.always_asks() || self.doing.len() + self.skipped.len() > 1
    }
}

/// Makes a plan for these incidents.
pub fn plan(deed: Deed, keys: &[IncidentKey], ground: Ground<'_>, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan { deed, doing: Vec::new(), drafts: Vec::new(), local: Vec::new(), skipped: Vec::new() };
    if let Deed::Create { repo, title, body } = &plan.deed {
        let act = Act::Create { title: title.clone(), body: body.clone(), labels: Vec::new() };
        plan.drafts.push(Draft { target: Target::Repository(repo.clone()), act });
        return plan;
    }
    for key in keys {
        let step = match ground.floor.queue().find(key) {
            None => Err("it is not in the queue any more".to_owned()),
            Some(_) if ground.rights.is_read_only && plan.deed != Deed::Browse => {
                Err(super::rights::READ_ONLY.to_owned())
            }
            Some(entry) => step(&plan.deed, entry, ground, now),
        };
        match step {
            Ok((acts, local)) => {
                plan.doing.push(key.clone());
                let target = Target::Incident(key.clone());
                plan.drafts.extend(acts.into_iter().map(|act| Draft { target: target.clone(), act }));
                plan.local.extend(local);
            }
            Err(why) => plan.skipped.push((key.clone(), why)),
        }
    }
    together(&mut plan);
    plan
}

/// What is recorded for several incidents is recorded in one go.
fn together(plan: &mut Plan) {
    if plan.doing.is_empty() {
        return;
    }
    match plan.deed {
        Deed::Snooze(until) => plan.local = vec![Effect::Snooze { keys: plan.doing.clone(), until }],
        Deed::Wake => plan.local = vec![Effect::Wake(plan.doing.clone())],
        _ => {}
    }
}

/// What is changed at the host, and what is recorded here.
type Step = (Vec<Act>, Vec<Effect>);

fn step(deed: &Deed, entry: &Entry, ground: Ground<'_>, now: DateTime<Utc>) -> Result<Step, String> {
    let incident = &entry.incident;
    let key = &incident.key;
    let refusal = ground.rights.refusal(entry, ground.floor);
    if let Some(why) = refusal.as_ref().filter(|_| deed.is_remote()) {
        return Err(why.clone());
    }
    let may = refusal.is_none();
    match deed {
        Deed::Acknowledge => match &entry.acked {
            Some((by, _)) => Err(format!("already taken on by {by}")),
            None if !incident.is_open() => Err("it is closed".to_owned()),
            None if ground.acking.contains(key) => Err("it is being taken on".to_owned()),
            None => {
                let acts = if may { taking_on(entry, ground) } else { Vec::new() };
                Ok((acts, vec![Effect::Acknowledge(key.clone())]))
            }
        },
        Deed::GiveBack => match &entry.acked {
            Some((by, _)) if by == ground.me => {
                let acts = if may { giving_back(entry, ground) } else { Vec::new() };
                Ok((acts, vec![Effect::TakeBackAck(key.clone())]))
            }
            Some((by, _)) => Err(format!("taken on by {by}, who alone gives it back")),
            None => Err("nobody has taken it on".to_owned()),
        },
        Deed::Snooze(_) if !incident.is_open() => Err("it is closed".to_owned()),
        Deed::Snooze(until) if *until <= now => Err("that hour is over".to_owned()),
        // Recorded in one go, for all of them.
        Deed::Snooze(_) => Ok((Vec::new(), Vec::new())),
        Deed::Wake if ground.floor.queue().snoozed_until(key, now).is_none() => Err("it is not snoozed".to_owned()),
        Deed::Wake => Ok((Vec::new(), Vec::new())),
        Deed::Browse if incident.url.is_blank() => Err("it has no page".to_owned()),
        Deed::Browse => Ok((Vec::new(), vec![Effect::Browse(incident.url.clone())])),
        Deed::Create { .. } => Err("a new incident is made of nothing".to_owned()),
        deed => at_the_host(deed, entry, ground).map(|acts| (acts, Vec::new())),
    }
}

fn at_the_host(deed: &Deed, entry: &Entry, ground: Ground<'_>) -> Result<Vec<Act>, String> {
    let incident = &entry.incident;
    let acts = match deed {
        Deed::Assign { on, off } => assigning(incident, on, off),
        Deed::Label { on, off } => labelling(incident, on, off),
        Deed::Prioritize(priority) => prioritizing(incident, *priority, ground)?,
        Deed::Comment(text) => vec![Act::Comment(text.clone())],
        Deed::Close(_) | Deed::Duplicate(_) if !incident.is_open() => return Err("it is closed already".to_owned()),
        Deed::Close(reason) => vec![Act::Close(*reason)],
        Deed::Duplicate(of) if *of == incident.key => return Err("it cannot be a duplicate of itself".to_owned()),
        Deed::Duplicate(of) => vec![
            Act::Comment(Box::new(Passage::scrub(&format!(
                "Duplicate of {}",
                known::reference(of, incident, ground.floor)
            )))),
            Act::Close(crate::domain::incident::CloseReason::Duplicate),
        ],
        Deed::Reopen if incident.is_open() => return Err("it is open".to_owned()),
        Deed::Reopen if incident.timeline.iter().any(|event| event.what == What::Merged) => {
            return Err("it was merged: that is not undone by opening it".to_owned());
        }
        Deed::Reopen => vec![Act::Reopen],
        _ => Vec::new(),
    };
    if acts.is_empty() {
        return Err("it is so already".to_owned());
    }
    let waits = |act: &Act| !matches!(act, Act::Comment(_)) && known::is_pending(ground.floor, &incident.key, act);
    if acts.iter().all(waits) { Err("that waits already".to_owned()) } else { Ok(acts) }
}

fn assigning(incident: &Incident, on: &[Login], off: &[Login]) -> Vec<Act> {
    let on: Vec<Login> = on.iter().filter(|who| !incident.assignees.contains(who)).cloned().collect();
    let off: Vec<Login> = off.iter().filter(|who| incident.assignees.contains(who)).cloned().collect();
    let on = (!on.is_empty()).then_some(Act::Assign(on));
    on.into_iter().chain((!off.is_empty()).then_some(Act::Unassign(off))).collect()
}

fn labelling(incident: &Incident, on: &[Label], off: &[Label]) -> Vec<Act> {
    let on: Vec<Label> = on.iter().filter(|label| !incident.labels.contains(label)).cloned().collect();
    let off = off.iter().filter(|label| incident.labels.contains(label)).cloned().map(Act::Unlabel);
    (!on.is_empty()).then_some(Act::Label(on)).into_iter().chain(off).collect()
}

/// The label that means the priority, and every label off that the team lists for another one or that says that nobody has
/// triaged it. A label that says how severe a security alert is says that alone, and stays.
fn prioritizing(incident: &Incident, priority: Option<Priority>, ground: Ground<'_>) -> Result<Vec<Act>, String> {
    let policy = &ground.floor.policy;
    let label = match priority {
        None => None,
        Some(priority) => Some(
            known::label_of(priority, &incident.key.repo, ground.floor)
                .ok_or_else(|| format!("the policy names no label for {priority}"))?,
        ),
    };
    let has_it = |label: &Label| priority.is_some() && policy.listed_priority(label) == priority;
    let others = incident.labels.iter().filter(|on| {
        let is_other = policy.listed_priority(on).is_some() && !has_it(on);
        is_other || (priority.is_some() && policy.is_triage(on))
    });
    let off: Vec<Label> = others.cloned().collect();
    let on: Vec<Label> = label.into_iter().filter(|_| !incident.labels.iter().any(has_it)).collect();
    Ok(labelling(incident, &on, &off))
}

fn taking_on(entry: &Entry, ground: Ground<'_>) -> Vec<Act> {
    let incident = &entry.incident;
    let mut acts = Vec::new();
    if ground.ack.assigns {
        acts.extend(assigning(incident, &[(ground.account)(entry.source)], &[]));
    }
    acts.extend(ground.ack.label.iter().flat_map(|label| labelling(incident, std::slice::from_ref(label), &[])));
    acts.extend(ground.ack.comment.iter().map(|text| Act::Comment(Box::new(Passage::scrub(text.as_str())))));
    acts
}

/// What taking it on changed, the other way; a comment stays.
fn giving_back(entry: &Entry, ground: Ground<'_>) -> Vec<Act> {
    let incident = &entry.incident;
    let mut acts = Vec::new();
    if ground.ack.assigns {
        let account = (ground.account)(entry.source);
        // An account that is not known yet may own it.
        let is_known = account.as_str() != super::ME;
        if is_known {
            acts.extend(assigning(incident, &[], &[account]));
        } else {
            acts.push(Act::Unassign(vec![account]));
        }
    }
    acts.extend(ground.ack.label.iter().flat_map(|label| labelling(incident, &[], std::slice::from_ref(label))));
    acts
}
