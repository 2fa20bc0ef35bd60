//! Rehearsals: an alert that is marked goes the way of every alert, and what every channel said to it is heard.

mod handed;
mod own;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use url::Url;

use crate::{
    config::notify::{Channel, ChannelKind, NotifySettings, Pulse},
    domain::{
        alert::{Alert, AlertId, AlertState, SEVERITY},
        notify::{
            Dispatcher, Held, Silence,
            handover::{Handed, Handover},
            message::{DRILL, PROMISE},
            route::taken,
        },
        sample::Labels,
        time::rfc3339,
    },
    shell::{
        channels::{
            drill::{
                handed::hand_over,
                own::{Found, Mine, by_itself},
            },
            duty::SCRAPE,
            hosts::Hosts,
            ledger::Ledger,
            send::{Outcome, Sender},
        },
        clock::Clock,
        disk,
    },
    text::Text,
};

/// How often it is looked what came back.
const LOOKS_EVERY: Duration = Duration::from_millis(50);

/// How long a watcher may take to take a drill up; after that the drill goes by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// A drill is over by itself after this long.
const LASTS: TimeDelta = TimeDelta::minutes(5);

/// How long the word that it is over may take.
const LAST: Duration = Duration::from_secs(5);

/// What a drill goes by.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Channels and routes.
    pub settings: NotifySettings,
    /// The state folder.
    pub folder: Option<PathBuf>,
    /// The clock.
    pub clock: Clock,
    /// Channels that page people are told as well.
    pub pages: bool,
    /// The hosts at which issues may be opened.
    pub hosts: Hosts,
    /// Somebody else leads, maybe a watcher.
    pub is_led: bool,
}

/// How a channel took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Took {
    /// It did.
    Delivered,
    /// It did not, until the time was over.
    Not(Text),
    /// It pages people, and nobody asked for that.
    HeldBack,
    /// No route of this alert leads there.
    NotRouted,
}

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Its name.
    pub channel: Text,
    /// Its kind's word in the settings.
    pub kind: &'static str,
    /// How it took it.
    pub took: Took,
    /// How long the slowest delivery took, from the alert's firing.
    pub latency: Option<TimeDelta>,
    /// How many messages it took.
    pub n_messages: usize,
    /// The most notices that came in one message.
    pub digest_of: usize,
}

/// What came of a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The watcher told it; otherwise the drill did, the same way.
    pub by_watcher: bool,
    /// What holds such an alert back; nothing = nothing does.
    pub held: Option<Text>,
    /// Every channel, in the order of the settings.
    pub channels: Vec<Heard>,
}

impl Rehearsal {
    /// Whether at least one channel should take it, and every one did, in time.
    pub fn is_whole(&self) -> bool {
        let is_asked = |heard: &&Heard| matches!(heard.took, Took::Delivered | Took::Not(_));
        let is_good = |heard: &Heard| heard.took == Took::Delivered && heard.latency.is_some_and(|age| age <= PROMISE);
        self.is_judged() && self.channels.iter().filter(is_asked).all(is_good)
    }

    /// Whether any channel was asked.
    pub fn is_judged(&self) -> bool {
        self.held.is_none() && self.channels.iter().any(|heard| matches!(heard.took, Took::Delivered | Took::Not(_)))
    }
}

/// Whether a channel wakes people by itself.
fn pages(channel: &Channel) -> bool {
    matches!(channel.kind, ChannelKind::PagerDuty { .. }) || !channel.people.is_empty()
}

impl Ground {
    fn silences(&self) -> Vec<Silence> {
        let ledger = self.folder.as_ref().and_then(|folder| Ledger::open(folder).ok());
        let kept = ledger.and_then(|ledger| ledger.silences().ok()).unwrap_or_default();
        self.settings.silences.iter().cloned().chain(kept).collect()
    }

    /// How each channel stands before anything is sent: nothing is said of those that should take it.
    fn plan(&self, alert: &Alert) -> Vec<(Channel, Option<Took>)> {
        let plan = &self.settings.plan;
        let routes = taken(&plan.routes, alert).into_iter().filter_map(|place| plan.routes.get(place));
        let routed: BTreeSet<Text> = routes.flat_map(|route| route.channels.iter().cloned()).collect();
        let of = |channel: &Channel| {
            // An Alertmanager hears of every alert and routes by itself.
            let is_routed = routed.contains(&channel.name) || is_manager(channel);
            let took = match (is_routed, pages(channel) && !self.pages) {
                (false, _) => Some(Took::NotRouted),
                (true, true) => Some(Took::HeldBack),
                (true, false) => None,
            };
            (channel.clone(), took)
        };
        self.settings.channels.iter().map(of).collect()
    }

    /// The settings with only the channels that may be told.
    fn only(&self, names: &BTreeSet<Text>) -> NotifySettings {
        let mut settings = self.settings.clone();
        settings.channels.retain(|channel| names.contains(&channel.name));
        for route in &mut settings.plan.routes {
            route.channels.retain(|name| names.contains(name));
        }
        settings
    }
}

fn is_manager(channel: &Channel) -> bool {
    matches!(channel.kind, ChannelKind::Alertmanager { .. })
}

/// Sends a marked alert the way of every alert, and waits until every channel said something, or until then.
///
/// # Errors
/// The machine gives no thread or no memory.
pub async fn breach(ground: &Ground, alert: &Alert, until: Instant) -> Result<Rehearsal, String> {
    let now = ground.clock.now();
    let silences = ground.silences();
    let held = Dispatcher::default()
        .held(&ground.settings.plan, &silences, &alert.labels, now)
        .map(|held| words(&held, &silences));
    let planned = ground.plan(alert);
    let wanted = |is_manager_wanted: bool| -> BTreeSet<Text> {
        let wanted =
            planned.iter().filter(|(channel, took)| took.is_none() && is_manager(channel) == is_manager_wanted);
        wanted.map(|(channel, _)| channel.name.clone()).collect()
    };
    let (names, mut found, mut by_watcher) = (wanted(false), BTreeMap::new(), false);
    if held.is_none() {
        (found, by_watcher) = tell(ground, vec![vec![alert.clone()]], &planned, &names, &silences, until).await?;
        let managers = wanted(true);
        for (channel, _) in planned.iter().filter(|(channel, _)| managers.contains(&channel.name)) {
            let alert = if ground.pages { alert.clone() } else { harmless(alert) };
            found.insert(channel.name.clone(), to_manager(channel, &alert, ground.clock).await);
        }
    }
    let heard = |(channel, took): (Channel, Option<Took>)| {
        let none = Mine { why: Some(Text::scrub("nothing came back in time")), ..Mine::default() };
        let mine = found.get(&channel.name).cloned().unwrap_or(none);
        mine.heard(&channel, took, held.as_ref())
    };
    let channels = planned.into_iter().map(heard).collect();
    Ok(Rehearsal { by_watcher, held, channels })
}

/// Sends so many marked alerts within a minute, each second its part, and counts the messages.
///
/// # Errors
/// The machine gives no thread or no memory.
pub async fn storm(ground: &Ground, alerts: Vec<Alert>, until: Instant) -> Result<Rehearsal, String> {
    let Some(first) = alerts.first().cloned() else { return Err("a storm of nothing".to_owned()) };
    let (silences, planned) = (ground.silences(), ground.plan(&first));
    let now = ground.clock.now();
    let held = Dispatcher::default()
        .held(&ground.settings.plan, &silences, &first.labels, now)
        .map(|held| words(&held, &silences));
    let names = planned.iter().filter(|(channel, took)| took.is_none() && !is_manager(channel));
    let names: BTreeSet<Text> = names.map(|(channel, _)| channel.name.clone()).collect();
    let a_second = alerts.len().div_ceil(STORM_SECONDS).max(1);
    let waves = alerts.chunks(a_second).map(<[Alert]>::to_vec).collect();
    let (found, by_watcher) = match held {
        None => tell(ground, waves, &planned, &names, &silences, until).await?,
        Some(_) => (Found::new(), false),
    };
    let heard = |(channel, took): (Channel, Option<Took>)| {
        // An Alertmanager takes alerts one by one whatever there are.
        let took = if is_manager(&channel) { Some(Took::NotRouted) } else { took };
        found.get(&channel.name).cloned().unwrap_or_default().heard(&channel, took, held.as_ref())
    };
    let channels = planned.into_iter().map(heard).collect();
    Ok(Rehearsal { by_watcher, held, channels })
}

/// Has waves of alerts told by the watcher that runs, else by ourselves; says whether the watcher did.
async fn tell(
    ground: &Ground,
    waves: Vec<Vec<Alert>>,
    planned: &[(Channel, Option<Took>)],
    names: &BTreeSet<Text>,
    silences: &[Silence],
    until: Instant,
) -> Result<(Found, bool), String> {
    // A watcher would tell those that page people too.
    let is_whole = planned.iter().all(|(_, took)| *took != Some(Took::HeldBack));
    if is_whole
        && ground.is_led
        && !names.is_empty()
        && let Some(found) = hand_over(ground, &waves, names, until).await?
    {
        return Ok((found, true));
    }
    Ok((by_itself(ground, waves, names, silences, until).await?, false))
}

/// The alerts of a storm come within this many seconds.
const STORM_SECONDS: usize = 55;

/// Gives the sign of life that a dead man's switch waits for; how long that took.
///
/// # Errors
/// It was not taken: why.
pub async fn deadman(to: &Pulse, clock: Clock) -> Result<TimeDelta, Text> {
    let began = Instant::now();
    match to {
        Pulse::File(path) => {
            let line = format!("{}\n", rfc3339(clock.now()));
            let written = disk::put(path, line.as_bytes());
            if let Err(error) = written {
                return Err(Text::scrub(&disk::why(&error)));
            }
        }
        Pulse::Http(to) => {
            let channel = Channel {
                name: Text::scrub("heartbeat"),
                kind: ChannelKind::Terminal,
                timeout: TimeDelta::seconds(10),
                rate: None,
                has_escalations: false,
                people: Vec::new(),
            };
            why_not(Sender::new(&channel).pulse(to, clock.now()).await).map_or(Ok(()), Err)?;
        }
    }
    Ok(since(began))
}

/// The alert without the label by which an Alertmanager wakes people.
fn harmless(alert: &Alert) -> Alert {
    let own = (Text::scrub(SEVERITY), Text::scrub(DRILL));
    let kept = alert.labels.iter().filter(|(name, _)| name.as_str() != SEVERITY);
    let labels: Labels = kept.map(|(name, value)| (name.clone(), value.clone())).chain([own]).collect();
    Alert { id: AlertId::of(&alert.rule, &labels), labels, ..alert.clone() }
}

async fn to_manager(channel: &Channel, alert: &Alert, clock: Clock) -> Mine {
    let ChannelKind::Alertmanager { urls } = &channel.kind else { return Mine::default() };
    let (began, now) = (Instant::now(), clock.now());
    let mut handover = Handover::default();
    handover.take(alert);
    let outcomes = hand_all(channel, urls, &handover.due(SCRAPE, now), now).await;
    let mut mine = Mine { expected: 1, ..Mine::default() };
    // Each of a pair has to know: the other one may be the one that is asked tomorrow.
    if outcomes.len() == urls.len() && outcomes.iter().all(|outcome| *outcome == Outcome::Taken) {
        mine.took(since(began), 1);
    }
    mine.why = urls.iter().zip(outcomes).find_map(|(url, outcome)| {
        let host = url.authority();
        why_not(outcome).map(|why| Text::scrub(&format!("{host}: {why}")))
    });
    handover.take(&Alert { state: AlertState::Inactive, resolved_at: Some(clock.now()), ..alert.clone() });
    // That it is over is said once; Alertmanager takes it for over by itself where that is lost.
    let now = clock.now();
    hand_all(channel, urls, &handover.due(SCRAPE, now), now).await;
    mine
}

/// Hands alerts to all of a pair at once; what came of each, in their order.
async fn hand_all(channel: &Channel, urls: &[Url], handed: &[Handed], now: DateTime<Utc>) -> Vec<Outcome> {
    let one = |url: &Url| {
        let (sender, url, handed) = (Sender::new(channel), url.clone(), handed.to_vec());
        tokio::spawn(async move { sender.handed(&url, &handed, now).await })
    };
    let tasks: Vec<_> = urls.iter().map(one).collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        // A task that broke takes the process with it.
        outcomes.extend(task.await.ok());
    }
    outcomes
}

fn why_not(outcome: Outcome) -> Option<Text> {
    match outcome {
        Outcome::Taken | Outcome::Nothing { .. } => None,
        Outcome::Later { why, .. } | Outcome::Unsure { why } | Outcome::Refused { why } => Some(why),
    }
}

fn since(began: Instant) -> TimeDelta {
    TimeDelta::from_std(began.elapsed()).unwrap_or(TimeDelta::MAX)
}

fn words(held: &Held, silences: &[Silence]) -> Text {
    match held {
        Held::Silenced(id) => {
            let silence = silences.iter().find(|silence| silence.id == *id);
            let of = silence.map(|one| format!(" {} of {}", one.selector(), one.author)).unwrap_or_default();
            Text::scrub(&format!("a silence holds it back:{of}"))
        }
        Held::Inhibited => Text::scrub("a graver alert holds it back"),
        Held::Muted(name) => Text::scrub(&format!("the mute window {name} holds it back")),
    }
}
