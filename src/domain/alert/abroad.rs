//! Alerts that other servers tell of, as rows of one list: what several servers tell of one alert is one row.
//!
//! A Prometheus gives its external labels to what it hands to an Alertmanager, and its own page of alerts leaves them out.
//! They are the labels that most of its alerts lack here and have there.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{Alert, AlertId, AlertState},
        notify::{Matcher, Silence, SilenceId},
        remote::{RemoteAlert, RemoteSilence, RemoteState, RemoteStatus, Told},
        sample::Labels,
    },
    text::Text,
};

/// What other servers tell of an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Abroad {
    /// The servers that tell of it, in the order of the settings.
    pub servers: Vec<Text>,
    /// Whether it is judged here as well: then how it stands is our own word.
    pub is_own: bool,
    /// Where it stands there.
    pub state: RemoteState,
    /// The Alertmanager that takes a silence of it; nothing where only a Prometheus tells of it.
    pub manager: Option<Text>,
    /// The silences that hold it back there, the longest first.
    pub silences: Vec<RemoteSilence>,
    /// How many other alerts hold it back there.
    pub n_inhibiting: usize,
    /// That none of the servers was heard lately; nothing where one was.
    pub unheard: Option<Unheard>,
}

/// Since when a server was not heard, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheard {
    /// When it was heard last.
    pub since: DateTime<Utc>,
    /// What is wrong; blank where it is only late.
    pub why: Text,
}

impl Abroad {
    /// Whether somebody or something there holds it back.
    pub fn is_held(&self) -> bool {
        self.state == RemoteState::Suppressed
    }

    /// Where it comes from, short: `@pair`, `@pair +1`.
    pub fn origin(&self) -> String {
        let first = self.manager.as_ref().or(self.servers.first());
        let more = self.servers.len().saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!(" +{more}") };
        first.map(|name| format!("@{name}{more}")).unwrap_or_default()
    }
}

/// One alert with all that servers tell of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What tells it from others, as an alert of our own with these labels has it.
    pub id: AlertId,
    /// The names of what was put together: somebody may have taken it on under any of them.
    pub ids: Vec<AlertId>,
    alert: RemoteAlert,
    /// The places of the servers that tell of it.
    by: Vec<usize>,
    manager: Option<usize>,
    silences: Vec<RemoteSilence>,
}

/// Puts together what servers told, in the order of the settings.
pub fn rows(servers: &[&Told]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut places: BTreeMap<Labels, usize> = BTreeMap::new();
    let numbered = || servers.iter().enumerate();
    for (server, told) in numbered().filter(|(_, told)| told.is_manager) {
        for alert in &told.alerts {
            match places.get(&alert.labels).and_then(|place| rows.get_mut(*place)) {
                Some(row) => row.join(alert, server, told),
                None => {
                    places.insert(alert.labels.clone(), rows.len());
                    rows.push(Row::new(alert, server, told));
                }
            }
        }
    }
    let mut by_name: BTreeMap<Text, Vec<Labels>> = BTreeMap::new();
    for row in &rows {
        by_name.entry(row.alert.name()).or_default().push(row.alert.labels.clone());
    }
    for (server, told) in numbered().filter(|(_, told)| !told.is_manager) {
        let external = external_of(&told.alerts, &by_name);
        for alert in &told.alerts {
            let handed = external.as_ref().map(|more| with(&alert.labels, more));
            let place = places.get(&alert.labels).or_else(|| places.get(handed.as_ref()?));
            match place.and_then(|place| rows.get_mut(*place)) {
                Some(row) => row.join(alert, server, told),
                None => {
                    places.insert(alert.labels.clone(), rows.len());
                    rows.push(Row::new(alert, server, told));
                }
            }
        }
    }
    rows
}

/// The labels that a server gives to all that it hands over; nothing where nothing tells, or where two are as likely.
fn external_of(alerts: &[RemoteAlert], handed: &BTreeMap<Text, Vec<Labels>>) -> Option<Labels> {
    let mut votes: BTreeMap<Labels, usize> = BTreeMap::new();
    for alert in alerts {
        let there = handed.get(&alert.name()).map(Vec::as_slice).unwrap_or_default();
        if there.contains(&alert.labels) {
            continue;
        }
        // A storm of one name tells no more than its first few.
        for more in there.iter().filter_map(|there| beyond(&alert.labels, there)).take(MOST_VOTES) {
            *votes.entry(more).or_insert(0) += 1;
        }
    }
    let most = votes.values().copied().max()?;
    let mut first = votes.into_iter().filter(|(_, n)| *n == most);
    first.next().filter(|_| first.next().is_none()).map(|(labels, _)| labels)
}

/// Candidates of one alert that are looked at.
const MOST_VOTES: usize = 20;

/// What `there` has more than `here`; nothing where it lacks one of them, or has no more.
fn beyond(here: &Labels, there: &Labels) -> Option<Labels> {
    if there.len() <= here.len() || here.iter().any(|(name, value)| there.get(name.as_str()) != Some(value)) {
        return None;
    }
    let more = there.iter().filter(|(name, _)| here.get(name.as_str()).is_none());
    Some(more.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Labels with more of them; what is there already stays, as Prometheus has it.
fn with(labels: &Labels, more: &Labels) -> Labels {
    labels.iter().chain(more.iter()).map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl Row {
    fn new(alert: &RemoteAlert, server: usize, told: &Told) -> Self {
        let id = id_of(alert);
        let manager = told.is_manager.then_some(server);
        let silences = holding(alert, told);
        Self { id, ids: vec![id], alert: alert.clone(), by: vec![server], manager, silences }
    }

    /// Adds what another server tells of it. Who knows what is held back has the word on that.
    fn join(&mut self, alert: &RemoteAlert, server: usize, told: &Told) {
        if !self.by.contains(&server) {
            self.by.push(server);
            self.by.sort_unstable();
        }
        let id = id_of(alert);
        if !self.ids.contains(&id) {
            self.ids.push(id);
        }
        let known = &mut self.alert;
        if told.is_manager || self.manager.is_none() {
            known.state = known.state.min(alert.state);
        }
        if alert.state != RemoteState::Pending {
            known.since = known.since.min(alert.since);
        }
        known.value = known.value.or(alert.value);
        known.n_inhibiting = known.n_inhibiting.max(alert.n_inhibiting);
        known.annotations = with(&known.annotations, &alert.annotations);
        self.manager = self.manager.or_else(|| told.is_manager.then_some(server));
        for silence in holding(alert, told) {
            if !self.silences.iter().any(|there| there.id == silence.id) {
                self.silences.push(silence);
            }
        }
    }

    /// The alert, and what is told of it. `server` says what a server is called, when it was heard and, where that is too long
    /// ago, since when and why.
    pub fn told<'a>(
        &self,
        server: impl Fn(usize) -> Option<(&'a Text, Option<DateTime<Utc>>, Option<Unheard>)>,
        now: DateTime<Utc>,
    ) -> (Alert, Abroad) {
        let known: Vec<_> = self.by.iter().filter_map(|place| server(*place)).collect();
        let is_heard = known.iter().any(|(_, _, unheard)| unheard.is_none());
        let latest = known.iter().filter_map(|(_, _, unheard)| unheard.clone()).max_by_key(|unheard| unheard.since);
        let unheard = latest.filter(|_| !is_heard);
        let mut silences = self.silences.clone();
        silences.retain(|silence| now < silence.until);
        silences.sort_by_key(|silence| std::cmp::Reverse(silence.until));
        // What its silences held back is told again when the last of them is over, whether or not the server was heard since.
        let is_over = silences.is_empty() && !self.silences.is_empty() && self.alert.n_inhibiting == 0;
        let state = match self.alert.state {
            RemoteState::Suppressed if is_over => RemoteState::Firing,
            state => state,
        };
        let heard_at = known.iter().filter_map(|(_, heard, _)| *heard).max();
        let since = self.alert.since;
        let blind_since = unheard.as_ref().map(|unheard| unheard.since.max(since));
        let stands = match state {
            RemoteState::Pending => AlertState::Pending { since },
            RemoteState::Firing | RemoteState::Suppressed => {
                AlertState::Firing { since, fired_at: since, kept_since: None, blind_since }
            }
        };
        let alert = Alert {
            id: self.id,
            rule: name_of(&self.alert),
            labels: self.alert.labels.clone(),
            annotations: self.alert.annotations.clone(),
            state: stands,
            value: self.alert.value.unwrap_or(f64::NAN),
            since,
            fired_at: (state != RemoteState::Pending).then_some(since),
            resolved_at: None,
            last_seen: heard_at.unwrap_or(since),
        };
        let abroad = Abroad {
            servers: known.iter().map(|(name, ..)| (*name).clone()).collect(),
            is_own: false,
            state,
            manager: self.manager.and_then(|place| server(place).map(|(name, ..)| name.clone())),
            silences,
            n_inhibiting: self.alert.n_inhibiting,
            unheard,
        };
        (alert, abroad)
    }
}

/// The silences that hold an alert back; one that the server names and does not tell of is not known.
fn holding(alert: &RemoteAlert, told: &Told) -> Vec<RemoteSilence> {
    let holds =
        |silence: &&RemoteSilence| silence.status == RemoteStatus::Active && alert.silenced_by.contains(&silence.id);
    told.silences.iter().filter(holds).cloned().collect()
}

/// A silence of another server as one of ours; it has no name here.
pub fn as_silence(silence: &RemoteSilence) -> Silence {
    Silence {
        id: SilenceId(0),
        matchers: silence.matchers.iter().filter_map(|written| Matcher::parse(written.as_str()).ok()).collect(),
        from: silence.from,
        until: silence.until,
        author: silence.author.clone(),
        comment: silence.comment.clone(),
    }
}

fn name_of(alert: &RemoteAlert) -> Text {
    let name = alert.name();
    // An alert without a name is known by its labels.
    if name.is_blank() { Text::scrub(&alert.labels.to_string()) } else { name }
}

fn id_of(alert: &RemoteAlert) -> AlertId {
    AlertId::of(&name_of(alert), &alert.labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200 + second, 0).unwrap()
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| (Text::scrub(name), Text::scrub(value))).collect()
    }

    fn alert(pairs: &[(&str, &str)], state: RemoteState, second: i64) -> RemoteAlert {
        RemoteAlert {
            id: Text::scrub("f00"),
            labels: labels(pairs),
            annotations: labels(&[("summary", "it is slow")]),
            state,
            since: at(second),
            value: None,
            silenced_by: Vec::new(),
            n_inhibiting: 0,
        }
    }

    fn manager(alerts: Vec<RemoteAlert>) -> Told {
        Told { alerts, is_manager: true, ..Told::default() }
    }

    fn prometheus(alerts: Vec<RemoteAlert>) -> Told {
        Told { alerts, ..Told::default() }
    }

    fn silence(id: &str, until: i64) -> RemoteSilence {
        RemoteSilence {
            id: Text::scrub(id),
            matchers: vec![Text::scrub("alertname=\"slow\"")],
            from: at(0),
            until: at(until),
            author: Text::scrub("ann"),
            comment: Text::scrub("filling"),
            status: RemoteStatus::Active,
        }
    }

    const NAMES: [&str; 3] = ["one", "two", "three"];

    fn told(row: &Row, unheard: &[Option<i64>; 3], now: i64) -> (Alert, Abroad) {
        let names = NAMES.map(Text::scrub);
        let (alert, abroad) = row.told(
            |place| {
                let since = unheard.get(place)?;
                let late = since.map(|since| Unheard { since: at(since), why: Text::scrub("refused") });
                Some((names.get(place)?, Some(at(since.unwrap_or(now))), late))
            },
            at(now),
        );
        (alert, abroad)
    }

    #[test]
    fn an_alert_of_a_prometheus_and_of_its_alertmanager_is_one_row_and_the_alertmanager_says_what_is_held_back() {
        let slow = [("alertname", "slow"), ("host", "a")];
        let mut held = alert(&slow, RemoteState::Suppressed, 60);
        held.silenced_by = vec![Text::scrub("s1")];
        let am = Told { silences: vec![silence("s1", 600), silence("s2", 900)], ..manager(vec![held]) };
        let prom = prometheus(vec![RemoteAlert { value: Some(3.0), ..alert(&slow, RemoteState::Firing, 0) }]);
        for order in [[&am, &prom], [&prom, &am]] {
            let rows = rows(&order);
            assert_eq!(rows.len(), 1);
            let (alert, abroad) = told(&rows[0], &[None; 3], 100);
            assert_eq!((alert.rule.as_str(), alert.since, alert.value), ("slow", at(0), 3.0));
            assert_eq!((abroad.state, abroad.servers.len(), abroad.silences.len()), (RemoteState::Suppressed, 2, 1));
            assert!(abroad.is_held() && abroad.unheard.is_none() && abroad.manager.is_some());
            let (_, after) = told(&rows[0], &[None; 3], 600);
            assert_eq!((after.state, after.silences.len()), (RemoteState::Firing, 0), "a silence ends when it ends");
        }
    }

    #[test]
    fn labels_that_a_prometheus_gives_on_the_way_do_not_make_a_second_row() {
        let with_cluster = |name: &str, host: &str| {
            let pairs = [("alertname", name), ("cluster", "eu"), ("host", host)];
            alert(pairs.get(..if host.is_empty() { 2 } else { 3 }).unwrap(), RemoteState::Firing, 5)
        };
        let am = manager(vec![with_cluster("slow", ""), with_cluster("slow", "a"), with_cluster("full", "b")]);
        let prom = prometheus(vec![
            alert(&[("alertname", "slow")], RemoteState::Firing, 0),
            alert(&[("alertname", "slow"), ("host", "a")], RemoteState::Firing, 0),
            alert(&[("alertname", "late")], RemoteState::Pending, 0),
        ]);
        let rows = rows(&[&prom, &am]);
        let mut names: Vec<_> = rows.iter().map(|row| (row.alert.labels.to_string(), row.by.len())).collect();
        names.sort();
        assert_eq!(
            names,
            [
                ("{alertname=\"full\",cluster=\"eu\",host=\"b\"}".to_owned(), 1),
                ("{alertname=\"late\"}".to_owned(), 1),
                ("{alertname=\"slow\",cluster=\"eu\",host=\"a\"}".to_owned(), 2),
                ("{alertname=\"slow\",cluster=\"eu\"}".to_owned(), 2),
            ]
        );
    }

    #[test]
    fn where_two_are_as_likely_nothing_is_put_together_and_nothing_is_lost() {
        let of = |cluster: &str| alert(&[("alertname", "slow"), ("cluster", cluster)], RemoteState::Firing, 5);
        let am = manager(vec![of("eu"), of("us")]);
        let prom = prometheus(vec![alert(&[("alertname", "slow")], RemoteState::Firing, 0)]);
        assert_eq!(rows(&[&am, &prom]).len(), 3);
    }

    #[test]
    fn a_row_is_stale_only_where_nobody_who_tells_of_it_was_heard() {
        let slow = [("alertname", "slow")];
        let am = manager(vec![alert(&slow, RemoteState::Firing, 0)]);
        let prom = prometheus(vec![alert(&slow, RemoteState::Firing, 0)]);
        let rows = rows(&[&am, &prom]);
        let (alert, abroad) = told(&rows[0], &[Some(50), None, None], 300);
        assert_eq!((abroad.unheard, alert.stale_since()), (None, None));
        let (alert, abroad) = told(&rows[0], &[Some(50), Some(70), None], 300);
        assert_eq!(alert.stale_since(), Some(at(70)));
        assert_eq!(abroad.unheard.unwrap().why.as_str(), "refused");
        assert_eq!(abroad.servers.len(), 2);
    }
}
