//! The line of one channel: in order within a group, a few at once, and never in the way of another channel.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    task::JoinSet,
    time::Instant,
};

use crate::{
    config::notify::Channel,
    domain::{
        notify::{
            Kind, Message, Notice, Pace,
            message::{LISTED, Marks, NoticeId, PROMISE},
            pace::May,
        },
        sample::Labels,
        time::between,
    },
    shell::{
        channels::{
            courier::Report,
            ledger::{Ledger, Left, State},
            send::{GIVE_UP, Outcome, Sender, pause},
        },
        clock::Clock,
    },
    text::{Text, counted, grouped},
};

/// Attempts at once over one channel that is up. One that is not is tried by one at a time.
const AT_ONCE: usize = 4;

/// How long what is being sent may take when the process ends.
const LAST: Duration = Duration::from_secs(2);

/// A notice on its way.
#[derive(Debug, Clone)]
struct Job {
    /// Its place among all that came, from 0.
    turn: u64,
    notice: Notice,
    attempts: u32,
    is_maybe_repeated: bool,
    /// How old what it tells was when it came here, and when that was by a clock that nobody sets.
    age: TimeDelta,
    came: Instant,
}

impl Job {
    fn new(turn: u64, left: Left, now: DateTime<Utc>) -> Self {
        let Left { notice, attempts, is_maybe_repeated, .. } = left;
        let age = between(notice.since, now).max(TimeDelta::zero());
        Self { turn, notice, attempts, is_maybe_repeated, age, came: Instant::now() }
    }

    fn age(&self) -> TimeDelta {
        let here = TimeDelta::from_std(self.came.elapsed()).unwrap_or(TimeDelta::MAX);
        self.age.checked_add(&here).unwrap_or(TimeDelta::MAX)
    }

    fn marks(&self) -> Marks {
        let late_since = (PROMISE < self.age()).then_some(self.notice.since);
        Marks { late_since, is_maybe_repeated: self.is_maybe_repeated }
    }
}

/// The line.
pub(super) struct Line {
    channel: Channel,
    sender: Arc<Sender>,
    ledger: Arc<Mutex<Ledger>>,
    clock: Clock,
    report: UnboundedSender<Report>,
    waiting: VecDeque<Job>,
    n_came: u64,
    /// Groups of which something is on its way: the next of each waits for it.
    busy: BTreeSet<u64>,
    on_the_way: JoinSet<(Vec<Job>, Outcome)>,
    pace: Pace,
    n_failed: u32,
    closed_until: Option<Instant>,
    began: Instant,
}

impl Line {
    pub(super) fn new(
        channel: Channel,
        ledger: Arc<Mutex<Ledger>>,
        clock: Clock,
        report: UnboundedSender<Report>,
    ) -> Self {
        let sender = Arc::new(Sender::new(&channel));
        Self {
            channel,
            sender,
            ledger,
            clock,
            report,
            waiting: VecDeque::new(),
            n_came: 0,
            busy: BTreeSet::new(),
            on_the_way: JoinSet::new(),
            pace: Pace::default(),
            n_failed: 0,
            closed_until: None,
            began: Instant::now(),
        }
    }

    /// Works until nobody has anything to send any more.
    pub(super) async fn run(mut self, mut incoming: UnboundedReceiver<Left>) {
        loop {
            // What came together is looked at together: a storm is then one digest and not its first few messages.
            while let Ok(left) = incoming.try_recv() {
                self.take(left);
            }
            let wake = self.start().unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600));
            tokio::select! {
                biased;
                Some(done) = self.on_the_way.join_next(), if !self.on_the_way.is_empty() => {
                    // A task that broke takes the process with it; there is nothing to settle.
                    if let Ok((jobs, outcome)) = done {
                        self.settle(jobs, outcome);
                    }
                }
                left = incoming.recv() => match left {
                    Some(left) => self.take(left),
                    None => break,
                },
                () = tokio::time::sleep_until(wake) => {}
            }
        }
        let rest = async {
            while let Some(done) = self.on_the_way.join_next().await {
                if let Ok((jobs, outcome)) = done {
                    self.settle(jobs, outcome);
                }
            }
        };
        let _ = tokio::time::timeout(LAST, rest).await;
    }

    fn take(&mut self, left: Left) {
        self.waiting.push_back(Job::new(self.n_came, left, self.clock.now()));
        self.n_came = self.n_came.saturating_add(1);
    }

    /// Sends what may be sent; says when to look again where something waits for time to pass.
    fn start(&mut self) -> Option<Instant> {
        loop {
            let at_once = if 0 < self.n_failed { 1 } else { AT_ONCE };
            if at_once <= self.on_the_way.len() {
                return None;
            }
            if let Some(until) = self.closed_until.filter(|until| Instant::now() < *until) {
                return (!self.waiting.is_empty()).then_some(until);
            }
            let ready = self.ready();
            let first = ready.first().copied()?;
            let now_ms = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
            let may = self.channel.rate.map_or(May::One, |rate| self.pace.may(rate, ready.len(), now_ms));
            let places = match may {
                May::One => vec![first],
                May::Digest => ready,
                May::Wait(ms) => return Some(Instant::now() + Duration::from_millis(u64::try_from(ms).unwrap_or(1))),
            };
            self.pace.sent(now_ms);
            // From behind, so that the places in front stay as they are.
            let mut jobs: Vec<Job> = places.iter().rev().filter_map(|place| self.waiting.remove(*place)).collect();
            jobs.reverse();
            self.send(jobs);
        }
    }

    /// The places of what may go now: the first of each group of which nothing is on its way.
    fn ready(&self) -> Vec<usize> {
        let mut seen = self.busy.clone();
        let waiting = self.waiting.iter().enumerate();
        waiting.filter(|(_, job)| seen.insert(job.notice.message.key)).map(|(place, _)| place).collect()
    }

    fn send(&mut self, jobs: Vec<Job>) {
        self.busy.extend(jobs.iter().map(|job| job.notice.message.key));
        self.mark(&jobs, State::Sending, None);
        let now = self.clock.now();
        let Some((notice, marks)) = together(&jobs) else { return };
        let (sender, channel) = (Arc::clone(&self.sender), self.channel.clone());
        self.on_the_way.spawn(async move {
            let outcome = sender.notice(&channel, &notice, marks, now).await;
            (jobs, outcome)
        });
    }

    fn settle(&mut self, mut jobs: Vec<Job>, outcome: Outcome) {
        for job in &jobs {
            self.busy.remove(&job.notice.message.key);
        }
        jobs.iter_mut().for_each(|job| job.attempts = job.attempts.saturating_add(1));
        match outcome {
            Outcome::Taken => {
                if 0 < std::mem::take(&mut self.n_failed) {
                    self.say(Report::Back { channel: self.channel.name.clone() });
                }
                self.closed_until = None;
                self.mark(&jobs, State::Sent, None);
                let n = jobs.len();
                for job in jobs {
                    let is_late = job.marks().late_since.is_some();
                    self.say(Report::Delivered {
                        channel: self.channel.name.clone(),
                        id: job.notice.id,
                        title: job.notice.message.title.clone(),
                        age: job.age(),
                        is_late,
                        is_maybe_repeated: job.is_maybe_repeated,
                        in_digest_of: n,
                    });
                }
            }
            Outcome::Later { why, after } => self.put_back(jobs, State::Waiting, why, after),
            Outcome::Unsure { why } => {
                jobs.iter_mut().for_each(|job| job.is_maybe_repeated = true);
                self.put_back(jobs, State::Unsure, why, None);
            }
            Outcome::Refused { why } => self.give_up(jobs, &why),
        }
    }

    fn put_back(&mut self, jobs: Vec<Job>, state: State, why: Text, after: Option<Duration>) {
        self.n_failed = self.n_failed.saturating_add(1);
        let wait = after.unwrap_or_default().max(pause(self.n_failed));
        self.closed_until = Instant::now().checked_add(wait);
        if self.n_failed == 1 {
            let n_waiting = self.waiting.len().saturating_add(jobs.len());
            self.say(Report::Failing { channel: self.channel.name.clone(), why: why.clone(), n_waiting });
        }
        let (old, young): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| GIVE_UP < job.age());
        self.mark(&young, state, Some(&why));
        for job in young {
            // Several may have failed at once: each has its turn again.
            let place = self.waiting.partition_point(|other| other.turn < job.turn);
            self.waiting.insert(place, job);
        }
        if !old.is_empty() {
            self.give_up(old, &why);
        }
    }

    fn give_up(&mut self, jobs: Vec<Job>, why: &Text) {
        self.mark(&jobs, State::GivenUp, Some(why));
        for job in jobs {
            let (channel, title) = (self.channel.name.clone(), job.notice.message.title.clone());
            self.say(Report::GivenUp { channel, id: job.notice.id, title, why: why.clone() });
        }
    }

    /// Notes how far notices are. A disk that refuses keeps nobody from being told: it is said, and the sending goes on.
    fn mark(&self, jobs: &[Job], state: State, why: Option<&Text>) {
        let ids: Vec<NoticeId> = jobs.iter().map(|job| job.notice.id).collect();
        let attempts = jobs.iter().map(|job| job.attempts).max().unwrap_or(0);
        let now = self.clock.now();
        let written = self.ledger.lock().map(|mut ledger| ledger.mark(&ids, state, attempts, why, now));
        if let Ok(Err(error)) = written {
            self.say(Report::Disk { why: Text::scrub(&error) });
        }
    }

    fn say(&self, report: Report) {
        // Who no longer listens has ended.
        let _ = self.report.send(report);
    }
}

/// What is sent of these: the one, or a digest of all.
fn together(jobs: &[Job]) -> Option<(Notice, Marks)> {
    let (first, more) = jobs.split_first()?;
    if more.is_empty() {
        return Some((first.notice.clone(), first.marks()));
    }
    let since = jobs.iter().map(|job| job.notice.since).min()?;
    let is_late = jobs.iter().any(|job| job.marks().late_since.is_some());
    let marks =
        Marks { late_since: is_late.then_some(since), is_maybe_repeated: jobs.iter().any(|job| job.is_maybe_repeated) };
    let messages = || jobs.iter().map(|job| &job.notice.message);
    let n_alerts: usize = messages().map(|message| message.alerts.len().saturating_add(message.n_more)).sum();
    let n_over = messages().filter(|message| message.kind == Kind::Resolved).count();
    let over = if 0 < n_over { format!(", {} of them over", grouped(n_over)) } else { String::new() };
    let title = format!(
        "{} at once{over}, with {}; the first is: {}",
        counted(jobs.len(), "message", "messages"),
        counted(n_alerts, "alert", "alerts"),
        first.notice.message.title
    );
    let alerts: Vec<_> = messages().filter_map(|message| message.alerts.first().cloned()).take(LISTED).collect();
    let id = jobs.iter().fold(0x9e37_79b9_7f4a_7c15, |id: u64, job| id.rotate_left(5) ^ job.notice.id.0);
    let message = Message {
        kind: Kind::Digest,
        key: id,
        title: Text::scrub(&title),
        common: Labels::default(),
        n_more: n_alerts.saturating_sub(alerts.len()),
        alerts,
        on_call: first.notice.message.on_call.clone(),
        link: first.notice.message.link.clone(),
        is_drill: messages().all(|message| message.is_drill),
    };
    Some((Notice { id: NoticeId(id), channel: first.notice.channel.clone(), since, message }, marks))
}
