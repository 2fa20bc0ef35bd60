//! The courier: a thread of its own that writes down what is to be told, and has it told.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use chrono::TimeDelta;
use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::JoinSet,
};

use crate::{
    config::notify::{Address, Channel, ChannelKind},
    domain::{
        alert::Alert,
        notify::{GroupKey, Kind, LogEntry, Notice, message::NoticeId},
        time::plus,
    },
    shell::{
        channels::{
            hand::Hand,
            hosts::Hosts,
            hub::Hub,
            late::Late,
            ledger::{Ledger, Left},
            line::Line,
            send::{Outcome, Sender},
        },
        clock::Clock,
        token::Tokens,
    },
    text::Text,
};

/// What the courier has to say.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// A channel took a notice.
    Delivered {
        /// The channel.
        channel: Text,
        /// The notice.
        id: NoticeId,
        /// What it says.
        title: Text,
        /// How old what it tells was by then.
        age: TimeDelta,
        /// That was too old, and the message said so.
        is_late: bool,
        /// It may have been told before, and the message said so.
        is_maybe_repeated: bool,
        /// How many notices went in one message: 1 = this one alone.
        in_digest_of: usize,
    },
    /// A channel does not take anything now; it is tried on.
    Failing {
        /// The channel.
        channel: Text,
        /// Why.
        why: Text,
        /// How many notices wait for it.
        n_waiting: usize,
        /// It asked to be left alone for that long, which is too long for an alert.
        rests: Option<Duration>,
    },
    /// It does again.
    Back {
        /// The channel.
        channel: Text,
    },
    /// A channel will never take a notice. Somebody has to hear of that another way.
    GivenUp {
        /// The channel.
        channel: Text,
        /// The notice.
        id: NoticeId,
        /// What it says.
        title: Text,
        /// Why.
        why: Text,
    },
    /// There was nothing to tell a channel that it does not know.
    LeftOut {
        /// The channel.
        channel: Text,
        /// The notice.
        id: NoticeId,
        /// What it says.
        title: Text,
        /// Why.
        why: Text,
    },
    /// The disk refuses: what is told is told, and a crash now may repeat it or lose it.
    Disk {
        /// Why.
        why: Text,
    },
    /// A notice for a channel that is no longer in the settings.
    Nowhere {
        /// The channel.
        channel: Text,
        /// The notice.
        id: NoticeId,
        /// What it says.
        title: Text,
    },
}

enum Order {
    Intend { notices: Vec<Notice>, told: Vec<(GroupKey, Text, LogEntry)> },
    Hand(Vec<Alert>),
    Pulse(Address, mpsc::UnboundedSender<Option<Text>>),
}

/// The thread that tells. Dropping it ends it, see [`Courier::end`].
#[derive(Debug)]
pub struct Courier {
    orders: Option<UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
    beat: Arc<AtomicU64>,
}

/// How often the courier says that it lives.
const BEAT: Duration = Duration::from_secs(1);

/// How long everything that is on its way may take when the process ends; a line of notices takes less by itself.
const LAST: Duration = Duration::from_secs(3);

/// How often what was told long ago is forgotten.
const FORGET: TimeDelta = TimeDelta::hours(6);

impl Courier {
    /// Sets it to work on these channels. What an earlier run left is told first.
    ///
    /// # Errors
    /// The machine gives no thread.
    pub fn start(
        channels: Vec<Channel>,
        hosts: Hosts,
        ledger: Ledger,
        clock: Clock,
        every: TimeDelta,
    ) -> std::io::Result<(Self, UnboundedReceiver<Report>)> {
        channels.iter().for_each(guard);
        let (orders, incoming) = mpsc::unbounded_channel();
        let (report, reports) = mpsc::unbounded_channel();
        let beat = Arc::new(AtomicU64::new(0));
        let theirs = Arc::clone(&beat);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("courier".to_owned()).spawn(move || {
            let desk = Desk { hosts, ledger: Arc::new(Mutex::new(ledger)), clock, report, beat: theirs, every };
            runtime.block_on(desk.run(channels, incoming));
        })?;
        Ok((Self { orders: Some(orders), thread: Some(thread), beat }, reports))
    }

    /// Has notices written down and told, with what counts as told then.
    pub fn tell(&self, notices: Vec<Notice>, told: Vec<(GroupKey, Text, LogEntry)>) {
        if !notices.is_empty() || !told.is_empty() {
            self.order(Order::Intend { notices, told });
        }
    }

    /// Has alerts handed to every Alertmanager, as they stand now.
    pub fn hand(&self, alerts: Vec<Alert>) {
        self.order(Order::Hand(alerts));
    }

    /// Has a sign of life given; the answer is why it was not taken, nothing where it was.
    pub fn pulse(&self, to: Address) -> UnboundedReceiver<Option<Text>> {
        let (answer, answers) = mpsc::unbounded_channel();
        self.order(Order::Pulse(to, answer));
        answers
    }

    /// Grows while it lives.
    pub fn beat(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.beat)
    }

    /// Ends it: what is being sent has two seconds, the rest is on disk.
    pub fn end(mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // It ended by itself, if it did, with a panic that was said.
            let _ = thread.join();
        }
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // A thread that is gone shows in its beat.
            let _ = orders.send(order);
        }
    }
}

/// Keeps the variables with a channel's secrets from children.
fn guard(channel: &Channel) {
    let address = |to: &Address| match to {
        Address::Secret(source) => Tokens::guard(source),
        Address::Plain(_) => {}
    };
    match &channel.kind {
        ChannelKind::Slack { to } => address(to),
        ChannelKind::Webhook { to, token, .. } => {
            address(to);
            token.iter().for_each(Tokens::guard);
        }
        ChannelKind::PagerDuty { key, .. } => Tokens::guard(key),
        ChannelKind::Mail(mail) => mail.login.iter().for_each(|login| Tokens::guard(&login.password)),
        // A host's token is guarded where the host is.
        ChannelKind::GitHub(_) | ChannelKind::Alertmanager { .. } | ChannelKind::Command { .. } => {}
        ChannelKind::File { .. } | ChannelKind::Terminal => {}
    }
}

/// What the thread works with.
struct Desk {
    hosts: Hosts,
    ledger: Arc<Mutex<Ledger>>,
    clock: Clock,
    report: UnboundedSender<Report>,
    beat: Arc<AtomicU64>,
    every: TimeDelta,
}

impl Desk {
    async fn run(self, channels: Vec<Channel>, mut orders: UnboundedReceiver<Order>) {
        let mut tasks = JoinSet::new();
        let (mut lines, mut hands) = (BTreeMap::new(), Vec::new());
        for channel in channels {
            if let ChannelKind::Alertmanager { urls } = &channel.kind {
                for url in urls {
                    let (to, from) = mpsc::unbounded_channel();
                    let (url, is_of_pair) = (url.clone(), 1 < urls.len());
                    let (ledger, report) = (Arc::clone(&self.ledger), self.report.clone());
                    let hand = Hand::new(&channel, url, is_of_pair, ledger, self.clock, self.every, report);
                    tasks.spawn(hand.run(from));
                    hands.push(to);
                }
                continue;
            }
            let (to, from) = mpsc::unbounded_channel();
            let hub = Hub::of(&channel, &self.hosts, &self.ledger, self.clock);
            let line = Line::new(channel.clone(), hub, Arc::clone(&self.ledger), self.clock, self.report.clone());
            tasks.spawn(line.run(from));
            lines.insert(channel.name, to);
        }
        self.resume(&lines);
        let mut forgets_at = self.clock.now();
        let mut beats = tokio::time::interval(BEAT);
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Intend { notices, told }) => self.intend(notices, told, &lines),
                    Some(Order::Hand(alerts)) => {
                        let told = |to: &UnboundedSender<Vec<Alert>>| drop(to.send(alerts.clone()));
                        hands.iter().for_each(told);
                    }
                    Some(Order::Pulse(to, answer)) => {
                        let clock = self.clock;
                        tasks.spawn(async move { pulse(to, answer, clock).await });
                    }
                    None => break,
                },
                _ = beats.tick() => {
                    self.beat.fetch_add(1, Ordering::Relaxed);
                    let now = self.clock.now();
                    // It was said when it began to refuse.
                    let _ = self.ledger.lock().map(|mut ledger| ledger.catch_up());
                    if forgets_at <= now {
                        forgets_at = plus(now, FORGET);
                        self.with_ledger(|ledger| ledger.forget(now));
                    }
                }
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            }
        }
        drop((lines, hands));
        let rest = async { while tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST, rest).await;
        let _ = self.ledger.lock().map(|mut ledger| ledger.catch_up());
    }

    /// Sends on what an earlier run left.
    fn resume(&self, lines: &BTreeMap<Text, UnboundedSender<Left>>) {
        for left in self.with_ledger(Ledger::left).unwrap_or_default() {
            self.queue(left, lines);
        }
    }

    fn intend(
        &self,
        notices: Vec<Notice>,
        told: Vec<(GroupKey, Text, LogEntry)>,
        lines: &BTreeMap<Text, UnboundedSender<Left>>,
    ) {
        let now = self.clock.now();
        // A disk that refuses keeps nobody from being told.
        let work = Late::Intend { notices: notices.clone(), told, at: now };
        let are_new = self.with_ledger(|ledger| ledger.put(work)).unwrap_or_default();
        let until = self.ledger.lock().ok().and_then(|ledger| ledger.repeats_until);
        let is_in_doubt = until.is_some_and(|until| now < until);
        for (place, notice) in notices.into_iter().enumerate() {
            // What stands there already was told, or is on its way.
            if are_new.get(place) == Some(&false) {
                continue;
            }
            let is_maybe_repeated = is_in_doubt && notice.message.kind != Kind::Word;
            self.queue(Left { notice, made: now, attempts: 0, is_maybe_repeated }, lines);
        }
    }

    fn queue(&self, left: Left, lines: &BTreeMap<Text, UnboundedSender<Left>>) {
        match lines.get(&left.notice.channel) {
            Some(line) => drop(line.send(left)),
            None => {
                let (channel, id, title) = (left.notice.channel, left.notice.id, left.notice.message.title);
                let _ = self.report.send(Report::Nowhere { channel, id, title });
            }
        }
    }

    fn with_ledger<T>(&self, work: impl FnOnce(&mut Ledger) -> Result<T, String>) -> Option<T> {
        let mut ledger = self.ledger.lock().ok()?;
        match work(&mut ledger) {
            Ok(done) => Some(done),
            Err(why) => {
                let _ = self.report.send(Report::Disk { why: Text::scrub(&why) });
                None
            }
        }
    }
}

async fn pulse(to: Address, answer: UnboundedSender<Option<Text>>, clock: Clock) {
    let channel = Channel {
        name: Text::scrub("heartbeat"),
        kind: ChannelKind::Terminal,
        timeout: TimeDelta::seconds(10),
        rate: None,
        has_escalations: false,
        people: Vec::new(),
    };
    let why = match Sender::new(&channel).pulse(&to, clock.now()).await {
        Outcome::Taken | Outcome::Nothing { .. } => None,
        Outcome::Later { why, .. } | Outcome::Unsure { why } | Outcome::Refused { why } => Some(why),
    };
    let _ = answer.send(why);
}
