//! What can be done about an alert: take it on, silence it, read what to do, open an incident of it.

pub mod sign;
pub mod silencing;
pub mod view;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{AlertId, RUNBOOK, alarm::Alarm, rule::AnyRule},
        notify::{Silence, message::REMEDY},
        remote::RemoteSilence,
        sample::Labels,
        time::minus,
    },
    floor::{Floor, effect::Effect, fact::Went, handled::NoticeStep},
    text::Text,
    tui::{Model, Overlay, Pane, acting::rights::READ_ONLY, action::Action, cursor::Scroll, message, runbook, words},
};

/// One alert, whole.
#[derive(Debug)]
pub struct State {
    /// The alert as it was last seen: it may clear while it is read.
    pub last: Alarm,
    /// The first line shown.
    pub scroll: Scroll,
    /// How far its notices are, or why that is not known; nothing while it is being read.
    pub notices: Option<Result<Vec<NoticeStep>, Text>>,
}

/// Notices are made after what they tell of; a clock may differ by this much.
const EARLIER: TimeDelta = TimeDelta::minutes(1);

/// The alert that an action is meant for.
pub fn target(model: &Model) -> Option<&Alarm> {
    match model.overlays.last() {
        Some(Overlay::Alert(state)) => Some(current(model, &state.last)),
        Some(_) => None,
        None if matches!(model.focus, Pane::Queue | Pane::Sla) => model.queue.alarm(),
        None => None,
    }
}

/// The alert as it stands now; as it stood when it was last seen where it has cleared.
fn current<'m>(model: &'m Model, last: &'m Alarm) -> &'m Alarm {
    model.queue.alarms.find(last.alert.id).unwrap_or(last)
}

/// Does what an action means for an alert; nothing where it is none of these actions, or no alert is meant.
pub fn act(model: &mut Model, action: Action, now: DateTime<Utc>) -> Option<Vec<Effect>> {
    let is_own = matches!(
        action,
        Action::TakeAlert
            | Action::GiveAlertBack
            | Action::Silence
            | Action::EndSilence
            | Action::AlertRunbook
            | Action::CopyAlert
            | Action::CopyAlertLink
    );
    let opens = action == Action::Open && model.overlays.is_empty();
    if !is_own && !opens {
        return None;
    }
    let Some(alarm) = target(model).cloned() else {
        if opens {
            return None;
        }
        message::say(model, "no alert is selected".to_owned(), Went::Badly, now);
        return Some(Vec::new());
    };
    if crate::tui::acting::changes(action) && model.acting.rights.is_read_only {
        message::say(model, READ_ONLY.to_owned(), Went::Badly, now);
        return Some(Vec::new());
    }
    let done = match action {
        Action::Open => Ok(open(model, alarm.clone())),
        Action::TakeAlert => match alarm.elsewhere().and_then(|abroad| abroad.manager.as_ref()) {
            // Whom the Alertmanager tells knows nothing of what is written down here.
            Some(_) => take_on_there(&alarm).map(|()| {
                let form = silencing::State::taking_on(&alarm, &model.me);
                model.overlays.push(Overlay::Silencing(Box::new(form)));
                Vec::new()
            }),
            None => take_on(&alarm),
        },
        Action::GiveAlertBack => match alarm.taken {
            Some(_) => Ok(vec![Effect::GiveAlertBack(alarm.alert.id)]),
            None if alarm.silence.is_some() => Err("it is silenced: end the silence instead".to_owned()),
            None => Err("nobody has taken it on".to_owned()),
        },
        Action::Silence => {
            let form = silencing::State::new(&alarm, &model.me);
            model.overlays.push(Overlay::Silencing(Box::new(form)));
            Ok(Vec::new())
        }
        Action::EndSilence => end_silence(&alarm),
        Action::AlertRunbook => page(&alarm, &model.floor).map(|page| runbook::open(model, page, None)),
        Action::CopyAlert => Ok(vec![Effect::Copy(Text::scrub(&alarm.alert.labels.to_string()))]),
        _ => match alarm.alert.runbook() {
            Some(page) => Ok(vec![Effect::Copy(page.clone())]),
            None => Err("it has no runbook whose address could be copied".to_owned()),
        },
    };
    Some(done.unwrap_or_else(|why| {
        message::say(model, format!("{}: {why}", alarm.alert.rule), Went::Badly, now);
        Vec::new()
    }))
}

fn take_on(alarm: &Alarm) -> Result<Vec<Effect>, String> {
    match &alarm.taken {
        Some(taken) => Err(format!("{} has taken it on already", taken.by)),
        None if !alarm.alert.is_firing() => Err("it does not fire yet: nothing to take on".to_owned()),
        None => Ok(vec![Effect::TakeAlert { id: alarm.alert.id, since: alarm.since() }]),
    }
}

/// Whether an alert can be taken on where it comes from.
fn take_on_there(alarm: &Alarm) -> Result<(), String> {
    match &alarm.silence {
        Some(silence) => Err(format!("{} has silenced it already: {}", silence.author, silence.comment)),
        None if !alarm.alert.is_firing() => Err("it does not fire yet: nothing to take on".to_owned()),
        None => Ok(()),
    }
}

fn end_silence(alarm: &Alarm) -> Result<Vec<Effect>, String> {
    if let Some(abroad) = alarm.elsewhere()
        && let Some(server) = &abroad.manager
    {
        let end = |silence: &RemoteSilence| Effect::EndSilenceAbroad { server: server.clone(), id: silence.id.clone() };
        // It is held back for as long as any of them holds.
        let all: Vec<Effect> = abroad.silences.iter().map(end).collect();
        return if all.is_empty() { Err(format!("no silence at {server} holds it")) } else { Ok(all) };
    }
    match &alarm.silence {
        None => Err("nobody silenced it".to_owned()),
        // Silences of the settings have no name in the store.
        Some(silence) if silence.id.0 == 0 => Err("the settings silence it: it ends there".to_owned()),
        Some(silence) => Ok(vec![Effect::EndSilence(silence.id)]),
    }
}

/// Shows an alert whole.
fn open(model: &mut Model, alarm: Alarm) -> Vec<Effect> {
    let (id, since) = (alarm.alert.id, minus(alarm.alert.since, EARLIER));
    model.overlays.push(Overlay::Alert(Box::new(State { last: alarm, scroll: Scroll::default(), notices: None })));
    vec![Effect::ReadNotices { id, since }]
}

/// The page that tells what to do. A file is read only where the settings name it themselves: what a label puts into its
/// path comes from outside.
fn page(alarm: &Alarm, floor: &Floor) -> Result<Text, String> {
    let alert = &alarm.alert;
    let page = alert.runbook().ok_or("it has no runbook: its rule or its signal can name one")?;
    if alarm.elsewhere().is_some() {
        let why = || "its runbook is a file that another server names: not opened".to_owned();
        return if runbook::is_elsewhere(page) { Ok(page.clone()) } else { Err(why()) };
    }
    let of_rule = floor.book().rules().find_map(|view| match view.rule {
        AnyRule::Alert(rule) if rule.name == alert.rule => {
            let template = rule.annotations.iter().find(|(name, _)| name.as_str() == RUNBOOK)?;
            Some(template.1.fill(f64::NAN, &Labels::default()))
        }
        _ => None,
    });
    if runbook::is_elsewhere(page) || of_rule.is_none_or(|named| named == *page) {
        Ok(page.clone())
    } else {
        Err("its runbook is a file named by labels, which come from outside: not opened".to_owned())
    }
}

/// Asks whether a silence is meant, with what it would hold back now.
pub fn ask_silence(model: &mut Model, silence: Silence, server: Option<Text>, now: DateTime<Utc>) {
    let held = model.queue.alarms.held_by(&silence.matchers, server.as_ref());
    let held = held.map(|alarm| format!("{}  {}", alarm.alert.rule, alarm.line())).collect();
    let until = words::moment(silence.until, &model.floor.zone, now);
    model.overlays.push(Overlay::Confirming(Box::new(silencing::question(silence, server, held, &until))));
}

/// How far notices are was read.
pub fn heard(model: &mut Model, id: AlertId, read: &Result<Vec<NoticeStep>, Text>) {
    for overlay in &mut model.overlays {
        if let Overlay::Alert(state) = overlay
            && state.last.alert.id == id
        {
            state.notices = Some(read.clone());
        }
    }
}

/// An alert as the text of a new incident: the first line is its title.
pub fn as_incident(alarm: &Alarm, floor: &Floor, now: DateTime<Utc>) -> String {
    let alert = &alarm.alert;
    let since =
        format!("{} {}", words::moment(alarm.since(), &floor.zone, now), floor.zone.abbreviation(alarm.since()));
    let title =
        if *alert.summary() == alert.rule { format!("{} fires", alert.rule) } else { alert.summary().to_string() };
    let mut text = format!("{title}\n\nThe alert {} is {} since {since}.\n", alert.rule, alarm.word());
    if let Some(value) = alarm.measured() {
        text.push_str(&format!("\n- measured: {value}"));
    }
    if let Some(bound) = alarm.bound() {
        text.push_str(&format!("\n- fires: {bound}"));
    }
    text.push_str(&format!("\n- labels: `{}`\n", alert.labels));
    if let Some(abroad) = &alarm.abroad {
        let servers: Vec<&str> = abroad.servers.iter().map(Text::as_str).collect();
        text.push_str(&format!("- told by: {}\n", servers.join(", ")));
    }
    for name in ["description", REMEDY] {
        if let Some(said) = alert.annotations.get(name).filter(|said| !said.is_blank()) {
            text.push_str(&format!("\n{said}\n"));
        }
    }
    if let Some(page) = alert.runbook() {
        text.push_str(&format!("\nRunbook: {page}\n"));
    }
    text
}

#[cfg(test)]
mod tests;
