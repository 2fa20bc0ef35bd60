//! What people did about alerts, and when that is over.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{
            Alert, AlertId, AlertState,
            alarm::{Alarm, Issue},
            book::{Snapshot, Taken},
        },
        notify::Silence,
    },
    floor::{Floor, alarms, effect::Effect},
    text::Text,
};

/// What people did about alerts, as the disk keeps it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept {
    /// Who took which alert on.
    pub taken: Vec<(AlertId, Taken)>,
    /// Silences: those of the settings, and those that people made.
    pub silences: Vec<Silence>,
    /// How the rules stand with whoever leads; nothing where this process leads, or where nothing new was written down.
    pub book: Option<Box<Snapshot>>,
    /// The issues on which alerts that fire are told.
    pub issues: BTreeMap<AlertId, Issue>,
    /// What fires with whoever leads; nothing where this process leads, or where that was written down too long ago.
    pub fired: Vec<Alert>,
}

/// How far a notice over one channel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeStep {
    /// The channel.
    pub channel: Text,
    /// The word of its state: `waiting`, `sending`, `unsure`, `sent`, `given up`.
    pub state: Text,
    /// When that was written.
    pub at: DateTime<Utc>,
    /// Why it did not arrive.
    pub why: Option<Text>,
}

/// Who took which alert on, and what is silenced.
#[derive(Debug, Default)]
pub struct Handled {
    taken: BTreeMap<AlertId, Taken>,
    silences: Vec<Silence>,
    issues: BTreeMap<AlertId, Issue>,
    /// What fires with whoever leads, as it was written down.
    fired: BTreeMap<AlertId, Alert>,
    /// Alerts somebody took on, as they fired when they were last seen.
    seen: BTreeMap<AlertId, Alert>,
    /// Alerts that were seen to clear: who took one on before that has it no more.
    cleared: BTreeMap<AlertId, DateTime<Utc>>,
}

impl Floor {
    /// An alert with what people did about it.
    pub fn handled(&self, alert: Alert, now: DateTime<Utc>) -> Alarm {
        let holds = self.handled.silences.iter().filter(|silence| silence.silences(&alert.labels, now));
        Alarm {
            taken: self.taken_on(alert.id).filter(|_| alert.is_firing()).cloned(),
            silence: holds.max_by_key(|silence| silence.until).cloned(),
            is_flapping: self.book().is_flapping(alert.id, now),
            abroad: None,
            issue: self.handled.issues.get(&alert.id).filter(|_| alert.is_firing()).cloned(),
            alert,
        }
    }

    /// Who took an alert on.
    pub fn taken_on(&self, id: AlertId) -> Option<&Taken> {
        self.handled.taken.get(&id)
    }

    /// The silences there are.
    pub fn silences(&self) -> &[Silence] {
        &self.handled.silences
    }

    /// Takes what the disk keeps in place of what was known.
    pub(super) fn alerts_kept(&mut self, kept: Kept, now: DateTime<Utc>) {
        if let Some(book) = kept.book {
            self.restore_alerts(*book, now);
        }
        let handled = &mut self.handled;
        let is_over = |id: &AlertId, taken: &Taken| handled.cleared.get(id).is_some_and(|at| taken.at <= *at);
        handled.taken = kept.taken.into_iter().filter(|(id, taken)| !is_over(id, taken)).collect();
        handled.silences = kept.silences;
        handled.issues = kept.issues;
        handled.fired = kept.fired.into_iter().map(|alert| (alert.id, alert)).collect();
        let taken = handled.taken.clone();
        self.go_by_record(now);
        // Known as firing from here on: it may clear before the next second.
        let there = self.alarms(now).into_iter().chain(self.told_abroad(now));
        let there: Vec<Alert> = there.filter(|alert| alert.is_firing() && taken.contains_key(&alert.id)).collect();
        for alert in there {
            self.handled.seen.insert(alert.id, alert);
        }
        for (id, taken) in taken {
            self.alerts.take_on(id, taken);
        }
    }

    /// An alert that fires with whoever leads.
    pub(super) fn fired_elsewhere(&self, id: AlertId) -> Option<&Alert> {
        self.handled.fired.get(&id).filter(|alert| alert.is_firing())
    }

    /// Has bounds and objectives that fire here and with whoever leads fire since when that one says: two who look must not
    /// tell two times (R42). Rules go by their book.
    pub(super) fn go_by_record(&mut self, now: DateTime<Utc>) {
        if self.handled.fired.is_empty() {
            return;
        }
        let fired = &self.handled.fired;
        for gauge in self.gauges.iter_mut().filter(|gauge| gauge.alert != AlertState::Inactive) {
            let told = fired.get(&alarms::of_gauge_id(gauge)).filter(|told| !gauge.has_ended(told.since));
            gauge.alert = as_told(gauge.alert, told);
        }
        for watched in self.slos.iter_mut().filter(|watched| watched.is_firing()) {
            let all = alarms::of_slo(watched, now);
            let states = watched.alerts.iter_mut().chain([&mut watched.absent]);
            states.zip(all).for_each(|(state, alert)| *state = as_told(*state, fired.get(&alert.id)));
        }
    }

    /// Looks whether what somebody took on has cleared. What is only not heard of has not (R39).
    pub(super) fn look_for_cleared(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        if self.handled.taken.is_empty() {
            return None;
        }
        let mut there = self.alarms(now);
        there.extend(self.told_abroad(now));
        let firing = |id: AlertId| there.iter().find(|alert| alert.id == id && alert.is_firing());
        let ids: Vec<AlertId> = self.handled.taken.keys().copied().collect();
        let mut cleared = Vec::new();
        for id in ids {
            let last = self.handled.seen.get(&id);
            if let Some(alert) = firing(id) {
                // Of samples that come together one may end it and the next begin it again: then it is another one.
                if last.is_some_and(|last| last.since != alert.since && self.has_ended(last)) {
                    cleared.push(id);
                } else {
                    self.handled.seen.insert(id, alert.clone());
                }
                continue;
            }
            let Some(last) = last else { continue };
            let is_handed_over = there.iter().any(|alert| alert.rule == last.rule && alert.is_no_data());
            if !is_handed_over && !self.is_blind_to(last, now) {
                cleared.push(id);
            }
        }
        for id in &cleared {
            self.handled.seen.remove(id);
            self.handled.taken.remove(id);
            self.handled.cleared.insert(*id, now);
        }
        self.version = self.version.wrapping_add(cleared.len() as u64);
        (!cleared.is_empty()).then_some(Effect::AlertsCleared(cleared))
    }
}

/// A state with the times that were told of it; one that does not fire here stays as it is worked out here.
fn as_told(state: AlertState, told: Option<&Alert>) -> AlertState {
    let Some((since, fired_at)) = told.and_then(|told| Some((told.since, told.fired_at?))) else { return state };
    match state {
        AlertState::Inactive => state,
        AlertState::Pending { .. } => AlertState::Firing { since, fired_at, kept_since: None, blind_since: None },
        AlertState::Firing { kept_since, blind_since, .. } => {
            AlertState::Firing { since, fired_at, kept_since, blind_since }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        demo::{METRICS, World},
        domain::{
            incident::IncidentKey,
            notify::{Matcher, SilenceId},
            sample::Telling,
            series::Sample,
            time::{parse_rfc3339, plus},
            zone::Zones,
        },
        floor::{
            fact::{Fact, SignalId},
            metrics::Gauge,
        },
    };

    /// The place of the disk in the demo, which fires when the play begins.
    const DISK: SignalId = SignalId(8);

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T02:12:00Z").unwrap()
    }

    fn floor() -> Floor {
        let mut world = World::new(7, now(), 60, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now());
        }
        floor.apply(Fact::Tick, now());
        floor
    }

    fn kept(id: AlertId, at: DateTime<Utc>) -> Fact {
        let taken = vec![(id, Taken { by: Text::scrub("ann"), at })];
        Fact::AlertsKept(Box::new(Kept { taken, ..Kept::default() }))
    }

    fn measure(floor: &mut Floor, value: f64, at: DateTime<Utc>) -> Vec<Effect> {
        let samples = vec![Sample { at_ms: at.timestamp_millis(), value }];
        floor.apply(Fact::Unchanged { source: METRICS, budget: None }, at);
        let mut effects = floor.apply(
            Fact::Sampled { signal: DISK, samples, telling: Telling::Instead, skipped: Vec::new(), n_skipped: 0 },
            at,
        );
        effects.extend(floor.apply(Fact::Tick, at));
        effects
    }

    #[test]
    fn what_cannot_be_judged_here_fires_as_long_as_it_does_with_whoever_leads() {
        let disk = alarms::of_gauge(&floor().gauges[DISK.0], now());
        let fires = |fired: Vec<Alert>| {
            let mut blind = floor();
            blind.gauges[DISK.0] = Gauge::new(blind.gauges[DISK.0].signal.clone(), METRICS);
            blind.apply(Fact::AlertsKept(Box::new(Kept { fired, ..Kept::default() })), now());
            blind.alarms(now()).iter().any(|alert| alert.id == disk.id && alert.is_firing())
        };
        assert!(disk.is_firing() && fires(vec![disk.clone()]) && !fires(Vec::new()));
    }

    #[test]
    fn an_alert_is_taken_on_until_it_clears_and_then_it_is_a_new_one() {
        let mut floor = floor();
        let disk = floor.alarm_rows(now()).remove(0);
        assert!(disk.presses() && disk.alert.rule.as_str() == "disk pg-main");
        let id = disk.alert.id;
        floor.apply(kept(id, now()), now());
        floor.apply(Fact::Tick, now());
        assert_eq!(floor.alarm_rows(now())[0].taken.as_ref().map(|taken| taken.by.as_str()), Some("ann"));
        let minute = |n: i64| plus(now(), TimeDelta::minutes(n));
        assert!(!measure(&mut floor, 99.0, minute(1)).contains(&Effect::AlertsCleared(vec![id])));
        assert!(measure(&mut floor, 60.0, minute(2)).contains(&Effect::AlertsCleared(vec![id])));
        // The disk may tell of the old one for a while yet.
        floor.apply(kept(id, now()), minute(2));
        measure(&mut floor, 99.0, minute(3));
        assert!(floor.alarm_rows(minute(3)).iter().any(|alarm| alarm.alert.id == id && alarm.presses()));
        floor.apply(kept(id, minute(4)), minute(4));
        assert!(floor.alarm_rows(minute(4)).iter().any(|alarm| alarm.alert.id == id && alarm.taken.is_some()));
    }

    #[test]
    fn what_cleared_between_two_ticks_is_nobodys_when_it_fires_again() {
        let mut floor = floor();
        let id = floor.alarm_rows(now())[0].alert.id;
        floor.apply(kept(id, now()), now());
        let sampled = |value: f64, ms: i64| {
            let samples = vec![Sample { at_ms: now().timestamp_millis() + ms, value }];
            Fact::Sampled { signal: DISK, samples, telling: Telling::Instead, skipped: Vec::new(), n_skipped: 0 }
        };
        let cleared = floor.apply(sampled(60.0, 100), plus(now(), TimeDelta::milliseconds(100)));
        assert!(cleared.contains(&Effect::AlertsCleared(vec![id])));
        let again = plus(now(), TimeDelta::milliseconds(200));
        floor.apply(sampled(99.0, 200), again);
        assert!(floor.alarm_rows(again).iter().any(|alarm| alarm.alert.id == id && alarm.taken.is_none()));
    }

    #[test]
    fn what_cleared_and_fires_again_in_one_batch_of_samples_is_nobodys() {
        let mut floor = floor();
        let id = floor.alarm_rows(now())[0].alert.id;
        floor.apply(kept(id, now()), now());
        let batch = |values: &[(i64, f64)]| {
            let sample = |(ms, value): &(i64, f64)| Sample { at_ms: now().timestamp_millis() + ms, value: *value };
            let samples = values.iter().map(sample).collect();
            Fact::Sampled { signal: DISK, samples, telling: Telling::Instead, skipped: Vec::new(), n_skipped: 0 }
        };
        let at = |ms: i64| plus(now(), TimeDelta::milliseconds(ms));
        let still = floor.apply(batch(&[(50, 99.0), (100, 98.0)]), at(100));
        assert!(!still.contains(&Effect::AlertsCleared(vec![id])), "it went on firing");
        let cleared = floor.apply(batch(&[(150, 60.0), (200, 99.0)]), at(200));
        assert!(cleared.contains(&Effect::AlertsCleared(vec![id])));
        // The disk may tell of the old one for a while yet.
        floor.apply(kept(id, now()), at(250));
        let row = |floor: &Floor| floor.alarm_rows(at(300)).into_iter().find(|alarm| alarm.alert.id == id).unwrap();
        assert!(row(&floor).alert.is_firing() && row(&floor).taken.is_none());
        floor.apply(kept(id, at(300)), at(300));
        let effects = floor.apply(batch(&[(350, 99.0)]), at(350));
        assert!(
            !effects.contains(&Effect::AlertsCleared(vec![id])) && row(&floor).taken.is_some(),
            "a new one is taken on"
        );
    }

    #[test]
    fn silence_of_its_source_does_not_clear_an_alert_that_was_taken_on() {
        let mut floor = floor();
        let id = floor.alarm_rows(now())[0].alert.id;
        floor.apply(kept(id, now()), now());
        for minute in 0..60 {
            let effects = floor.apply(Fact::Tick, plus(now(), TimeDelta::minutes(minute)));
            assert!(!effects.iter().any(|effect| matches!(effect, Effect::AlertsCleared(_))), "{minute}");
        }
        assert!(floor.taken_on(id).is_some());
    }

    #[test]
    fn an_alert_names_the_issue_on_which_people_were_told_of_it_while_it_fires() {
        let mut floor = floor();
        let id = floor.alarm_rows(now())[0].alert.id;
        let issue = Issue { key: IncidentKey::parse("acme/api#12").unwrap(), url: None };
        let issues = [(id, issue.clone())].into_iter().collect();
        floor.apply(Fact::AlertsKept(Box::new(Kept { issues, ..Kept::default() })), now());
        let of = |floor: &Floor, now| floor.alarm_rows(now).into_iter().find(|alarm| alarm.alert.id == id);
        assert_eq!(of(&floor, now()).unwrap().issue, Some(issue));
        let later = plus(now(), TimeDelta::minutes(1));
        measure(&mut floor, 60.0, later);
        assert!(of(&floor, later).is_none_or(|alarm| alarm.issue.is_none()));
    }

    #[test]
    fn what_fires_with_whoever_leads_fires_here_since_the_same_time() {
        let mut floor = floor();
        let disk = floor.alarm_rows(now()).remove(0).alert;
        let [since, fired_at] = [70, 65].map(|n| plus(now(), TimeDelta::minutes(-n)));
        let told = Alert { since, fired_at: Some(fired_at), ..disk.clone() };
        let over = Alert { id: AlertId(7), ..told.clone() };
        floor.apply(Fact::AlertsKept(Box::new(Kept { fired: vec![told, over], ..Kept::default() })), now());
        let of = |floor: &Floor, at| floor.alarm_rows(at).into_iter().find(|row| row.alert.id == disk.id);
        let times = |row: Alarm| (row.alert.since, row.alert.fired_at);
        assert_eq!(of(&floor, now()).map(times), Some((since, Some(fired_at))));
        let later = plus(now(), TimeDelta::minutes(1));
        measure(&mut floor, 99.0, later);
        assert_eq!(of(&floor, later).map(times), Some((since, Some(fired_at))), "it goes on");
        let calm = plus(now(), TimeDelta::minutes(2));
        measure(&mut floor, 60.0, calm);
        assert!(of(&floor, calm).is_none_or(|row| !row.alert.is_firing()), "what is over here is not brought back");
    }

    #[test]
    fn a_silence_holds_an_alert_back_and_the_alert_stays_in_sight() {
        let mut floor = floor();
        let silence = Silence {
            id: SilenceId(3),
            matchers: vec![Matcher::equal("alertname", "disk pg-main")],
            from: now(),
            until: plus(now(), TimeDelta::hours(2)),
            author: Text::scrub("ann"),
            comment: Text::scrub("being moved"),
        };
        let fact = Fact::AlertsKept(Box::new(Kept { silences: vec![silence.clone()], ..Kept::default() }));
        floor.apply(fact, now());
        let of = |now| {
            floor.alarm_rows(now).into_iter().find(|alarm| alarm.alert.rule.as_str() == "disk pg-main").unwrap().silence
        };
        assert_eq!(of(now()), Some(silence));
        assert_eq!(of(plus(now(), TimeDelta::hours(2))), None);
    }
}
