//! The line of one channel: in order within a group, a few at once, and never in the way of another channel.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    task::JoinSet,
    time::Instant,
};

use crate::{
    config::notify::{Channel, ChannelKind},
    domain::notify::{
        Kind, Pace,
        message::{Marks, NoticeId},
        pace::{May, unpaced},
    },
    shell::{
        channels::{
            courier::Report,
            hub::{Hub, Telling},
            job::{Job, Lists, WHOLE, together},
            late::Late,
            ledger::{Ledger, Left, State},
            send::{GIVE_UP, LONG_WAIT, Outcome, Sender, pause},
            words::key_of,
        },
        clock::Clock,
    },
    sink::channel::heading,
    text::Text,
};

/// Attempts at once over one channel that is up. One that is not is tried by one at a time.
const AT_ONCE: usize = 4;

/// How long what is being sent may take when the process ends.
const LAST: Duration = Duration::from_secs(2);

/// The line.
pub(super) struct Line {
    channel: Channel,
    /// Its way to issues, where it opens such.
    hub: Option<Arc<Hub>>,
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
        hub: Option<Hub>,
        ledger: Arc<Mutex<Ledger>>,
        clock: Clock,
        report: UnboundedSender<Report>,
    ) -> Self {
        let sender = Arc::new(Sender::new(&channel));
        Self {
            channel,
            hub: hub.map(Arc::new),
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
        let mut job = Job::new(self.n_came, left, self.clock.now());
        if let Some(hub) = &self.hub {
            // All that is said of our own stands on one issue.
            job.key = if job.notice.message.kind == Kind::Word { key_of("word") } else { job.key };
            // What was asked for already is the message that it was.
            let is_known = 0 < job.attempts || job.is_maybe_repeated;
            job.batch = hub.batch_of(job.notice.id).or(is_known.then_some(job.notice.id));
        }
        self.waiting.push_back(job);
        self.n_came = self.n_came.saturating_add(1);
    }

    /// Sends what may be sent; says when to look again where something waits for time to pass.
    fn start(&mut self) -> Option<Instant> {
        loop {
            // Of what waits in the outbox each has a place there, and none holds up another.
            let at_once = if 0 < self.n_failed && self.hub.is_none() { 1 } else { AT_ONCE };
            if at_once <= self.on_the_way.len() {
                return None;
            }
            if let Some(until) = self.closed_until.filter(|until| Instant::now() < *until) {
                return (!self.waiting.is_empty()).then_some(until);
            }
            let ready = self.ready();
            if ready.is_empty() {
                return None;
            }
            let now_ms = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
            let places = match self.chosen(ready, now_ms) {
                Ok(places) => places,
                Err(ms) => return Some(Instant::now() + Duration::from_millis(u64::try_from(ms).unwrap_or(1))),
            };
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
        waiting.filter(|(_, job)| seen.insert(job.key)).map(|(place, _)| place).collect()
    }

    /// Which of what may go now goes, in one message; otherwise for how many milliseconds nothing does.
    fn chosen(&mut self, ready: Vec<usize>, now_ms: i64) -> Result<Vec<usize>, i64> {
        let Some(hub) = self.hub.clone() else { return self.paced(ready, now_ms) };
        let batch = |place: &usize| self.waiting.get(*place)?.batch;
        if let Some(known) = ready.iter().find_map(batch) {
            return Ok(ready.into_iter().filter(|place| batch(place) == Some(known)).collect());
        }
        // Issues are counted: a comment is no more than a line on one.
        let opens = |job: &Job| hub.opens(job.notice.message.kind, job.key);
        let (new, comments): (Vec<usize>, Vec<usize>) =
            ready.into_iter().partition(|place| self.waiting.get(*place).is_some_and(opens));
        match comments.first() {
            None => self.paced(new, now_ms),
            Some(comment) if new.is_empty() => Ok(vec![*comment]),
            Some(comment) => Ok(self.paced(new, now_ms).unwrap_or_else(|_| vec![*comment])),
        }
    }

    /// The same by the rate alone.
    fn paced(&mut self, ready: Vec<usize>, now_ms: i64) -> Result<Vec<usize>, i64> {
        let first = ready.first().and_then(|place| self.waiting.get(*place));
        let waited = first.map(Job::waited).unwrap_or_default();
        let may = match self.channel.rate {
            Some(rate) => self.pace.may(rate, ready.len(), now_ms),
            // There each alert is an incident of its own.
            None if matches!(self.channel.kind, ChannelKind::PagerDuty { .. }) => May::One,
            None => unpaced(ready.len(), waited),
        };
        let places = match may {
            May::One => ready.into_iter().take(1).collect(),
            May::Digest if self.channel.rate.is_none() => self.listed_whole(ready),
            May::Digest => ready,
            May::Wait(ms) => return Err(ms),
        };
        if self.channel.rate.is_some() {
            self.pace.sent(now_ms);
        }
        Ok(places)
    }

    /// As many, from the first on, as one digest lists whole.
    fn listed_whole(&self, ready: Vec<usize>) -> Vec<usize> {
        let alerts = |place: &usize| self.waiting.get(*place).map_or(0, |job| job.notice.message.alerts.len());
        let mut n_alerts = 0_usize;
        let fits = |(nth, place): &(usize, usize)| {
            n_alerts = n_alerts.saturating_add(alerts(place));
            *nth == 0 || n_alerts <= WHOLE
        };
        ready.into_iter().enumerate().take_while(fits).map(|(_, place)| place).collect()
    }

    fn send(&mut self, mut jobs: Vec<Job>) {
        let lists = if self.channel.rate.is_some() { Lists::Gravest } else { Lists::All };
        let Some((mut notice, mut marks)) = together(&jobs, lists) else { return };
        if let Some(hub) = &self.hub {
            let batch = jobs.iter().find_map(|job| job.batch).unwrap_or(notice.id);
            notice.id = batch;
            jobs.iter_mut().for_each(|job| job.batch = Some(batch));
            hub.put_together(&jobs.iter().map(|job| job.notice.id).collect::<Vec<_>>(), batch);
        }
        self.busy.extend(jobs.iter().map(|job| job.key));
        self.mark(&jobs, State::Sending, None);
        let now = self.clock.now();
        if let Some(hub) = self.hub.clone() {
            let may_be_there = std::mem::take(&mut marks.is_maybe_repeated);
            let parts = jobs.iter().map(|job| (job.notice.clone(), job.key)).collect();
            self.on_the_way.spawn(async move {
                let outcome = hub.tell(&Telling { parts, whole: notice, marks, may_be_there }).await;
                (jobs, outcome)
            });
            return;
        }
        let (sender, channel) = (Arc::clone(&self.sender), self.channel.clone());
        self.on_the_way.spawn(async move {
            let outcome = sender.notice(&channel, &notice, marks, now).await;
            (jobs, outcome)
        });
    }

    fn settle(&mut self, mut jobs: Vec<Job>, outcome: Outcome) {
        for job in &jobs {
            self.busy.remove(&job.key);
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
                        title: Text::scrub(&heading(&job.notice.message, Marks::default())),
                        age: job.age(),
                        is_late,
                        is_maybe_repeated: job.is_maybe_repeated && self.hub.is_none(),
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
            Outcome::Nothing { why } => {
                self.mark(&jobs, State::Sent, Some(&why));
                for job in jobs {
                    let (channel, title) = (self.channel.name.clone(), job.notice.message.title);
                    self.say(Report::LeftOut { channel, id: job.notice.id, title, why: why.clone() });
                }
            }
        }
    }

    fn put_back(&mut self, jobs: Vec<Job>, state: State, why: Text, after: Option<Duration>) {
        self.n_failed = self.n_failed.saturating_add(1);
        let wait = after.unwrap_or_default().max(pause(self.n_failed));
        self.closed_until = Instant::now().checked_add(wait);
        let rests = after.filter(|wait| LONG_WAIT <= *wait);
        if self.n_failed == 1 || rests.is_some() {
            let n_waiting = self.waiting.len().saturating_add(jobs.len());
            self.say(Report::Failing { channel: self.channel.name.clone(), why: why.clone(), n_waiting, rests });
        }
        let is_old = |job: &Job| GIVE_UP < job.age();
        // What went together to an issue stays together: it is one message there.
        let are_all_old = jobs.iter().all(is_old);
        let (old, young): (Vec<Job>, Vec<Job>) = match &self.hub {
            None => jobs.into_iter().partition(is_old),
            Some(hub) if are_all_old => {
                hub.withdraw(&jobs.iter().map(|job| job.notice.clone()).collect::<Vec<_>>());
                (jobs, Vec::new())
            }
            Some(_) => (Vec::new(), jobs),
        };
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
        let work = Late::Mark { ids, state, attempts, why: why.cloned(), at: self.clock.now() };
        let written = self.ledger.lock().map(|mut ledger| ledger.put(work));
        if let Ok(Err(error)) = written {
            self.say(Report::Disk { why: Text::scrub(&error) });
        }
    }

    fn say(&self, report: Report) {
        // Who no longer listens has ended.
        let _ = self.report.send(report);
    }
}
