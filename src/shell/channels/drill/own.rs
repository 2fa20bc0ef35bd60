//! A drill that no watcher tells: the same dispatcher and courier, for as long as it takes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use tokio::{sync::mpsc::UnboundedReceiver, time::Instant};

use crate::{
    config::notify::{Channel, NotifySettings},
    domain::{
        alert::{Alert, AlertState},
        notify::{Dispatcher, Notice, Silence, message::NoticeId},
    },
    shell::{
        channels::{
            courier::{Courier, Report},
            drill::{Ground, Heard, LAST, LOOKS_EVERY, Took},
            duty::SCRAPE,
            ledger::Ledger,
        },
        clock::Clock,
        disk,
    },
    text::Text,
};

/// What one channel said.
#[derive(Debug, Clone, Default)]
pub(super) struct Mine {
    pub(super) expected: usize,
    pub(super) delivered: usize,
    pub(super) latency: Option<TimeDelta>,
    /// Messages, in parts: a notice in a digest of ten is a tenth of one.
    pub(super) messages: f64,
    pub(super) digest_of: usize,
    pub(super) why: Option<Text>,
}

impl Mine {
    pub(super) fn took(&mut self, latency: TimeDelta, digest_of: usize) {
        self.delivered += 1;
        self.latency = Some(self.latency.map_or(latency, |before| before.max(latency)));
        self.digest_of = self.digest_of.max(digest_of);
        self.messages += 1.0 / digest_of.max(1) as f64;
    }

    pub(super) fn is_done(&self) -> bool {
        0 < self.expected && self.expected <= self.delivered
    }

    pub(super) fn heard(self, channel: &Channel, took: Option<Took>, held: Option<&Text>) -> Heard {
        let took = took.unwrap_or_else(|| match held {
            Some(held) => Took::Not(held.clone()),
            None if self.is_done() => Took::Delivered,
            None => Took::Not(self.why.clone().unwrap_or_else(|| Text::scrub("nothing came back in time"))),
        });
        let latency = self.latency.filter(|_| took == Took::Delivered);
        let (channel, kind) = (channel.name.clone(), channel.kind.word());
        Heard { channel, kind, took, latency, n_messages: self.messages.round() as usize, digest_of: self.digest_of }
    }
}

pub(super) type Found = BTreeMap<Text, Mine>;

/// A dispatcher and a courier of our own, with nothing on disk: what others have to tell is theirs.
struct Own {
    courier: Courier,
    reports: UnboundedReceiver<Report>,
    dispatcher: Dispatcher,
    settings: NotifySettings,
    silences: Vec<Silence>,
    clock: Clock,
    found: Found,
}

/// Tells waves of alerts, one a second, and waits until every channel took all of them, or until then.
pub(super) async fn by_itself(
    ground: &Ground,
    waves: Vec<Vec<Alert>>,
    names: &BTreeSet<Text>,
    silences: &[Silence],
    until: Instant,
) -> Result<Found, String> {
    if names.is_empty() {
        return Ok(Found::new());
    }
    let settings = ground.only(names);
    let channels = settings.channels.clone();
    let started = Courier::start(channels, ground.hosts.clone(), Ledger::in_memory()?, ground.clock, SCRAPE);
    let (courier, reports) = started.map_err(|error| disk::why(&error))?;
    // Whoever leads has the outbox delivered.
    let outbox = if ground.is_led { None } else { ground.hosts.deliver(&settings)? };
    let mut own = Own {
        courier,
        reports,
        dispatcher: Dispatcher::default(),
        settings,
        silences: silences.to_vec(),
        clock: ground.clock,
        found: names.iter().map(|name| (name.clone(), Mine::default())).collect(),
    };
    let mut alerts = Vec::new();
    let began = Instant::now();
    let mut waves = waves.into_iter().enumerate().peekable();
    loop {
        while let Some((_, wave)) =
            waves.next_if(|(n, _)| began + std::time::Duration::from_secs(*n as u64) <= Instant::now())
        {
            let now = own.clock.now();
            for alert in wave {
                // It fires now: what it waited here for its wave is not what a channel took.
                let state = AlertState::Firing { since: now, fired_at: now, kept_since: None, blind_since: None };
                let alert = Alert { state, since: now, fired_at: Some(now), last_seen: now, ..alert };
                own.dispatcher.take(&own.settings.plan, &alert, now);
                alerts.push(alert);
            }
        }
        own.step();
        let is_told = waves.peek().is_none() && own.is_told(&alerts);
        if is_told || until <= Instant::now() {
            break;
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
    own.say_over(&alerts).await;
    if let Some(outbox) = outbox {
        outbox.end().await;
    }
    Ok(own.found)
}

impl Own {
    fn step(&mut self) {
        let now = self.clock.now();
        let notices = self.dispatcher.tick(&self.settings.plan, &self.silences, now);
        self.look_for(&notices);
        self.courier.tell(notices, self.dispatcher.take_told());
        self.hear();
    }

    fn look_for(&mut self, notices: &[Notice]) {
        for notice in notices {
            if let Some(mine) = self.found.get_mut(&notice.channel) {
                mine.expected += 1;
            }
        }
    }

    fn hear(&mut self) {
        while let Ok(report) = self.reports.try_recv() {
            match report {
                Report::Delivered { channel, age, in_digest_of, .. } => {
                    if let Some(mine) = self.found.get_mut(&channel) {
                        mine.took(age, in_digest_of);
                    }
                }
                Report::Failing { channel, why, .. } | Report::GivenUp { channel, why, .. } => {
                    if let Some(mine) = self.found.get_mut(&channel) {
                        mine.why = Some(why);
                    }
                }
                Report::Back { .. } | Report::LeftOut { .. } | Report::Disk { .. } | Report::Nowhere { .. } => {}
            }
        }
    }

    /// Whether every channel was told of every alert, and took all of it.
    fn is_told(&self, alerts: &[Alert]) -> bool {
        let told: BTreeMap<&Text, BTreeSet<_>> =
            self.dispatcher.log().iter().fold(BTreeMap::new(), |mut told, (_, channel, entry)| {
                told.entry(channel).or_insert_with(BTreeSet::new).extend(entry.firing.iter().copied());
                told
            });
        self.found.iter().all(|(name, mine)| {
            mine.is_done() && told.get(name).is_some_and(|ids| alerts.iter().all(|alert| ids.contains(&alert.id)))
        })
    }

    /// Ends what was told, so that nobody keeps an alert open that never was.
    async fn say_over(&mut self, alerts: &[Alert]) {
        let now = self.clock.now();
        let mut last = Dispatcher::with_log(self.dispatcher.log().clone());
        for alert in alerts {
            let over = Alert { state: AlertState::Inactive, resolved_at: Some(now), ..alert.clone() };
            last.take(&self.settings.plan, &over, now);
        }
        let notices = last.tick(&self.settings.plan, &self.silences, now);
        let mut waiting: BTreeSet<NoticeId> = notices.iter().map(|notice| notice.id).collect();
        self.courier.tell(notices, last.take_told());
        let until = Instant::now() + LAST;
        while !waiting.is_empty() && Instant::now() < until {
            while let Ok(report) = self.reports.try_recv() {
                match report {
                    Report::Delivered { id, .. } | Report::LeftOut { id, .. } => waiting.remove(&id),
                    Report::GivenUp { id, .. } | Report::Nowhere { id, .. } => waiting.remove(&id),
                    Report::Failing { .. } | Report::Back { .. } | Report::Disk { .. } => false,
                };
            }
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    }
}
