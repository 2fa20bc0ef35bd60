//! The dispatcher: alerts in, notices out. It knows no channel beyond its name.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{Alert, AlertId},
        notify::{
            group::{Group, GroupKey, Log, LogEntry, needs},
            inhibit::Inhibit,
            message::{BOUND, DRILL, DRILL_ID, Kind, LISTED, Message, Notice, NoticeId, Said, VALUE, gravity, named},
            mute::Mute,
            route::{Route, taken},
            silence::{Silence, SilenceId, silencing},
        },
        sample::Labels,
        time::{minus, plus},
    },
    text::{Text, grouped},
};

/// What decides who is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The routes, in their order; without one nobody is told anything.
    pub routes: Vec<Route>,
    /// What holds back what.
    pub inhibits: Vec<Inhibit>,
    /// Hours in which nobody is told.
    pub mutes: Vec<Mute>,
}

/// Why an alert is not told.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// By a silence.
    Silenced(SilenceId),
    /// By a graver alert.
    Inhibited,
    /// By a mute window of this name.
    Muted(Text),
}

/// Keeps groups, and says what is due.
#[derive(Debug, Clone, Default)]
pub struct Dispatcher {
    groups: BTreeMap<GroupKey, Group>,
    /// Labels of everything that fires: what inhibits.
    firing: BTreeMap<AlertId, Labels>,
    log: Log,
    /// What was put down since somebody last took it to the disk.
    fresh: Vec<(GroupKey, Text, LogEntry)>,
}

/// How long what was told of a group that is over is remembered.
const REMEMBERED: TimeDelta = TimeDelta::days(2);

impl Dispatcher {
    /// A dispatcher that knows what was told before.
    pub fn with_log(log: Log) -> Self {
        Self { log, ..Self::default() }
    }

    /// What was told.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Takes an alert as it stands: firing or over. Pending ones are nobody's concern yet.
    pub fn take(&mut self, plan: &Plan, alert: &Alert, now: DateTime<Utc>) {
        // A rehearsal holds nothing real back.
        if alert.is_firing() && !is_drill(&alert.labels) {
            self.firing.insert(alert.id, alert.labels.clone());
        } else {
            self.firing.remove(&alert.id);
        }
        let is_over = !alert.is_firing();
        if is_over && alert.resolved_at.is_none() {
            return;
        }
        for place in taken(&plan.routes, alert) {
            let Some(route) = plan.routes.get(place) else { continue };
            let key = GroupKey { route: route.name.clone(), labels: group_labels(route, &alert.labels) };
            if let Some(group) = self.groups.get_mut(&key) {
                let is_old = is_old(alert, route, now);
                if !group.is_begun && is_old {
                    group.next = now;
                }
                group.alerts.insert(alert.id, alert.clone());
                continue;
            }
            // What was over before anybody was told needs no word; after a restart, what somebody was told does.
            if is_over && !self.log.holds(&key, alert.id) {
                continue;
            }
            let wait = if is_over || is_old(alert, route, now) { TimeDelta::zero() } else { route.timing.group_wait };
            let alerts = BTreeMap::from([(alert.id, alert.clone())]);
            let next = plus(now, wait);
            self.groups.insert(key, Group { route: place, alerts, next, is_begun: false, muted: BTreeSet::new() });
        }
    }

    /// What counts as told since this was last asked: to be put on disk with the notices.
    pub fn take_told(&mut self) -> Vec<(GroupKey, Text, LogEntry)> {
        std::mem::take(&mut self.fresh)
    }

    /// What holds back an alert now.
    pub fn held(&self, plan: &Plan, silences: &[Silence], labels: &Labels, now: DateTime<Utc>) -> Option<Held> {
        if let Some(mute) = plan.mutes.iter().find(|mute| mute.mutes(labels, now)) {
            return Some(Held::Muted(mute.name.clone()));
        }
        if plan.inhibits.iter().any(|rule| rule.inhibits(labels, self.firing.values())) {
            return Some(Held::Inhibited);
        }
        silencing(silences, labels, now).map(|silence| Held::Silenced(silence.id))
    }

    /// What is due, in the order of the groups. What it names counts as told: it has to be on disk before it is sent.
    pub fn tick(&mut self, plan: &Plan, silences: &[Silence], now: DateTime<Utc>) -> Vec<Notice> {
        let due: Vec<GroupKey> =
            self.groups.iter().filter(|(_, group)| group.next <= now).map(|(key, _)| key.clone()).collect();
        let mut notices = Vec::new();
        for key in due {
            notices.extend(self.look(&key, plan, silences, now));
        }
        self.log.forget_before(minus(now, REMEMBERED));
        notices
    }

    /// When something is due next; nothing = no group is there.
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        self.groups.values().map(|group| group.next).min()
    }

    /// Has groups that were not looked at yet wait for no more alerts: for those who tell once and go.
    pub fn hurry(&mut self, now: DateTime<Utc>) {
        self.groups.values_mut().filter(|group| !group.is_begun).for_each(|group| group.next = now);
    }

    /// Keeps waits as long as they were when the clock was moved.
    pub fn jumped(&mut self, by: TimeDelta) {
        self.groups.values_mut().for_each(|group| group.next = plus(group.next, by));
        self.log.jumped(by);
    }

    fn look(&mut self, key: &GroupKey, plan: &Plan, silences: &[Silence], now: DateTime<Utc>) -> Vec<Notice> {
        let Some(mut group) = self.groups.remove(key) else { return Vec::new() };
        // A route that is gone with the settings takes its groups along; a group without alerts has ended.
        let Some(route) = plan.routes.get(group.route).filter(|_| !group.alerts.is_empty()) else { return Vec::new() };
        let (mut told, mut muted) = (Vec::new(), BTreeSet::new());
        for alert in group.alerts.values() {
            match self.held(plan, silences, &alert.labels, now) {
                None => told.push(alert.clone()),
                Some(Held::Muted(_)) => {
                    muted.insert(alert.id);
                }
                Some(Held::Silenced(_) | Held::Inhibited) => {}
            }
        }
        // R46: what was held back by a window that has ended, and still fires, is told whatever was told before it.
        let is_unmuted = told.iter().any(|alert| alert.is_firing() && group.muted.contains(&alert.id));
        group.muted = muted;
        let mut notices = Vec::new();
        if !told.is_empty() {
            for channel in &route.channels {
                notices.extend(self.tell(key, route, channel, &told, is_unmuted, now));
            }
        }
        group.alerts.retain(|_, alert| alert.is_firing());
        group.look_again(route.timing.group_interval, now);
        self.groups.insert(key.clone(), group);
        notices
    }

    fn tell(
        &mut self,
        key: &GroupKey,
        route: &Route,
        channel: &Text,
        alerts: &[Alert],
        is_forced: bool,
        now: DateTime<Utc>,
    ) -> Option<Notice> {
        let ids = |is_firing: bool| -> BTreeSet<AlertId> {
            alerts.iter().filter(|alert| alert.is_firing() == is_firing).map(|alert| alert.id).collect()
        };
        let (firing, resolved) = (ids(true), ids(false));
        let told = self.log.entry(key, channel);
        let repeat = route.timing.repeat_interval;
        if !is_forced && !needs(told, &firing, &resolved, route.sends_resolved, repeat, now) {
            return None;
        }
        let is_new = |alert: &&Alert| !alert.is_firing() || told.is_none_or(|told| !told.firing.contains(&alert.id));
        let since = alerts.iter().filter(is_new).map(happened).min().unwrap_or(now).min(now);
        let is_over = firing.is_empty();
        let knows_all = |told: &LogEntry| firing.is_subset(&told.firing) && resolved.is_subset(&told.resolved);
        let is_repeat = !is_forced && !is_over && told.is_some_and(knows_all);
        let entry = LogEntry { at: now, firing, resolved };
        self.fresh.push((key.clone(), channel.clone(), entry.clone()));
        self.log.put(key.clone(), channel.clone(), entry);
        if is_over && !route.sends_resolved {
            return None;
        }
        let shown: Vec<&Alert> = alerts.iter().filter(|alert| alert.is_firing() || route.sends_resolved).collect();
        let message = message(key, &shown, is_repeat);
        Some(Notice { id: name(key, channel, now), channel: channel.clone(), since, message, parts: Vec::new() })
    }
}

fn is_drill(labels: &Labels) -> bool {
    labels.get(DRILL).is_some_and(|mark| mark.as_str() == "true")
}

/// The labels of an alert's group. A rehearsal is never told together with what is real.
fn group_labels(route: &Route, labels: &Labels) -> Labels {
    let own = route.group_by.of(labels);
    if !is_drill(labels) {
        return own;
    }
    let marks = labels.iter().filter(|(name, _)| [DRILL, DRILL_ID].contains(&name.as_str()));
    own.iter().chain(marks).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// When what an alert tells happened.
fn happened(alert: &Alert) -> DateTime<Utc> {
    match alert.resolved_at {
        Some(at) if !alert.is_firing() => at,
        _ => alert.fired_at.unwrap_or(alert.since),
    }
}

/// Whether an alert has waited for as long as a group does, before anybody here knew of it.
fn is_old(alert: &Alert, route: &Route, now: DateTime<Utc>) -> bool {
    alert.is_firing() && plus(alert.fired_at.unwrap_or(alert.since), route.timing.group_wait) < now
}

/// The name of a notice: the same group, channel and instant give the same, so that it cannot stand on disk twice.
fn name(key: &GroupKey, channel: &Text, now: DateTime<Utc>) -> NoticeId {
    let about = Text::scrub(&format!("{channel}@{}", now.timestamp_micros()));
    NoticeId(AlertId::of(&about, &Labels::default()).0 ^ key.hash().rotate_left(17))
}

/// What is said of these alerts.
fn message(key: &GroupKey, alerts: &[&Alert], is_repeat: bool) -> Message {
    let mut sorted = alerts.to_vec();
    // That data is missing is said before what it is missing of.
    sorted.sort_by_key(|alert| {
        (!alert.is_firing(), gravity(&alert.labels), !alert.is_no_data(), happened(alert), alert.id)
    });
    let n_firing = sorted.iter().filter(|alert| alert.is_firing()).count();
    let kind = if n_firing == 0 { Kind::Resolved } else { Kind::Firing };
    let first = sorted.first().map(|alert| headline(alert)).unwrap_or_default();
    let title = match sorted.len().saturating_sub(1) {
        0 => first,
        more => format!("{first}, and {} more", grouped(more)),
    };
    let common = sorted.first().map(|first| {
        let pairs = first
            .labels
            .iter()
            .filter(|(name, value)| sorted.iter().all(|alert| alert.labels.get(name.as_str()) == Some(*value)));
        pairs.map(|(name, value)| (name.clone(), value.clone())).collect()
    });
    Message {
        kind,
        key: key.hash(),
        title: Text::scrub(&title),
        common: common.unwrap_or_default(),
        alerts: sorted.iter().take(LISTED).map(|alert| Said::of(alert)).collect(),
        n_more: sorted.len().saturating_sub(LISTED),
        on_call: Vec::new(),
        link: None,
        is_drill: sorted.iter().all(|alert| is_drill(&alert.labels)),
        is_repeat,
        accounts: Vec::new(),
    }
}

/// What is wrong: the name and the summary; where nobody wrote one, the name with what is measured and the bound it should keep.
fn headline(alert: &Alert) -> String {
    let noted = |name: &str| alert.annotations.get(name).map(Text::as_str).filter(|said| !said.is_empty());
    let summary = alert.summary();
    match (noted("summary"), noted(VALUE), noted(BOUND)) {
        (None, Some(value), Some(bound)) if alert.is_firing() => format!("{summary} is {value}, {bound}"),
        _ => named(summary.as_str(), &alert.rule),
    }
}

#[cfg(test)]
mod tests;
