//! When a change that somebody wants is asked of its host, and what follows from the answer (RELIABILITY, section 5).
//!
//! One [`Deliverer`] a host. It sends one change at a time, those to one incident in the order they were wanted, at least a
//! second apart. A change that may be repeated is repeated until an answer comes. A comment and a new incident may not: after
//! an answer that was lost, or an end of the process, the host is looked at first, and only when the mark is in sight neither
//! at once nor later is it sent again.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        intent::{Act, Intent, OpId, Progress, Target},
        time::{between, minus, plus},
    },
    text::Text,
};

mod others;
mod step;

pub use step::{Outcome, Pace, Sight, Step};

/// Seconds after an answer was lost before the host is looked at: its lists may lag, and the request may be on its way.
const LOOKS_AFTER: i32 = 10;

/// Seconds after an answer was lost before "not there" is believed: lists were seen to lag by 20.
const BELIEVES_AFTER: i32 = 25;

/// Seconds between two tries with a token that the host does not know.
const TOKEN_AFTER: i32 = 30;

/// The longest pause after failures, in seconds.
const LONGEST_PAUSE: i32 = 60;

/// Failures running after which whoever prints and ends leaves a host alone.
const GIVEN_UP_AFTER: u32 = 3;

/// What creates content may be asked for this often (GitHub docs, "Rate limits for the REST API").
const PER_MINUTE: usize = 80;
const PER_HOUR: usize = 500;

#[derive(Debug)]
struct Item {
    intent: Intent,
    tried_at: Option<DateTime<Utc>>,
    looked_at: Option<DateTime<Utc>>,
}

/// Decides for one host; knows no clock and no network.
#[derive(Debug, Default)]
pub struct Deliverer {
    pace: Pace,
    items: Vec<Item>,
    in_flight: Option<OpId>,
    asked_at: Option<DateTime<Utc>>,
    /// When content was created within the last hour.
    created_at: VecDeque<DateTime<Utc>>,
    /// Nothing is asked sooner, whoever wants it: the host said so.
    barred_until: Option<DateTime<Utc>>,
    /// Nothing is asked sooner, unless there is another token.
    unknown_until: Option<DateTime<Utc>>,
    /// Nothing is asked sooner: the host failed. A person may ask for less patience here.
    paused_until: Option<DateTime<Utc>>,
    failures: u32,
    limits: u32,
}

impl Deliverer {
    /// One that has nothing to do.
    pub fn new(pace: Pace) -> Self {
        Self { pace, ..Self::default() }
    }

    /// Whether nothing waits.
    pub fn is_idle(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether waiting a little brings nothing: the host failed three times running, is barred, or knows no such token.
    pub fn is_out_of_reach(&self, now: DateTime<Utc>) -> bool {
        GIVEN_UP_AFTER <= self.failures || self.barred_until.max(self.unknown_until).is_some_and(|until| now < until)
    }

    /// An intent that waits here.
    pub fn intent(&self, id: &OpId) -> Option<&Intent> {
        self.items.iter().find(|item| item.intent.id == *id).map(|item| &item.intent)
    }

    /// Every intent that waits here, in the order they were wanted.
    pub fn waiting(&self) -> impl Iterator<Item = &Intent> {
        self.items.iter().map(|item| &item.intent)
    }

    /// Takes an intent as it stands on disk; they come in the order they were wanted.
    ///
    /// One that was being asked for when a process ended is unsure now: that is returned, to be written down. One that is
    /// over only counts for the limits. One that is known already takes over what somebody else wrote down.
    pub fn take(&mut self, mut intent: Intent, now: DateTime<Utc>) -> Option<Progress> {
        if let Some(at) = self.items.iter().position(|item| item.intent.id == intent.id) {
            self.hear(at, intent.progress);
            return None;
        }
        let mut news = None;
        match &intent.progress {
            Progress::Done { at, .. } | Progress::Refused { at, .. } => {
                // Another process asked for it: its requests and ours are one host's.
                self.asked_at = self.asked_at.max(Some(*at).filter(|at| *at <= now));
                if is_created_once(&intent.act) && matches!(intent.progress, Progress::Done { .. }) {
                    self.created_at.push_back(*at);
                }
                return None;
            }
            Progress::Cancelled { .. } => return None,
            Progress::Sending { since, tries } => {
                self.asked_at = self.asked_at.max(Some(*since));
                if is_created_once(&intent.act) {
                    self.created_at.push_back(*since);
                }
                let why = Text::scrub("the program ended before the host had answered");
                let unsure = Progress::Unsure { since: (*since).min(now), tries: *tries, why };
                intent.progress.clone_from(&unsure);
                news = Some(unsure);
            }
            _ => {}
        }
        self.items.push(Item { intent, tried_at: None, looked_at: None });
        news
    }

    /// Takes over what another process wrote down of an intent that waits here: cancelled, or to be tried at once.
    fn hear(&mut self, at: usize, progress: Progress) {
        let is_mine = self.items.get(at).is_some_and(|item| self.in_flight.as_ref() == Some(&item.intent.id));
        if is_mine {
            return;
        }
        if progress.is_over() {
            self.items.remove(at);
        } else if let Some(item) = self.items.get_mut(at)
            && item.intent.progress != progress
        {
            if matches!(progress, Progress::Waiting { not_before: None, .. }) {
                self.paused_until = None;
            }
            item.intent.progress = progress;
        }
    }

    /// What to do now.
    pub fn next(&self, now: DateTime<Utc>) -> Step {
        if self.in_flight.is_some() {
            return Step::Busy;
        }
        let (mut before, mut soonest) = (HashSet::new(), None::<DateTime<Utc>>);
        let mut best: Option<(Option<DateTime<Utc>>, Step)> = None;
        for item in &self.items {
            if !before.insert(&item.intent.target) {
                continue;
            }
            let (at, step) = self.turn_of(item);
            let at = self.not_before(&item.intent, &step, now).max(at);
            if now < at {
                soonest = Some(soonest.map_or(at, |known| known.min(at)));
            } else if best.as_ref().is_none_or(|(tried, _)| item.tried_at < *tried) {
                // Whoever was not tried yet comes first: one that always fails holds nobody up.
                best = Some((item.tried_at, step));
            }
        }
        match (best, soonest) {
            (Some((_, step)), _) => step,
            (None, Some(at)) => Step::Wait(at),
            (None, None) => Step::Idle,
        }
    }

    /// When an intent's own turn comes, and what is done then.
    fn turn_of(&self, item: &Item) -> (DateTime<Utc>, Step) {
        let id = || item.intent.id.clone();
        let early = DateTime::<Utc>::MIN_UTC;
        match &item.intent.progress {
            Progress::Unsure { since, .. } if is_created_once(&item.intent.act) => {
                let first = plus(*since, self.pace.seconds(LOOKS_AFTER));
                let at = match item.looked_at {
                    Some(looked) if first <= looked => plus(*since, self.pace.seconds(BELIEVES_AFTER)),
                    _ => first,
                };
                (at, Step::Look(id()))
            }
            Progress::Waiting { not_before, .. } => (not_before.unwrap_or(early), Step::Send(id())),
            _ => (early, Step::Send(id())),
        }
    }

    /// When the host may be asked this.
    fn not_before(&self, intent: &Intent, step: &Step, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut at =
            self.barred_until.max(self.unknown_until).max(self.paused_until).unwrap_or(DateTime::<Utc>::MIN_UTC);
        // A clock that was put back must not make the pause an hour long.
        if let Some(asked) = self.asked_at.filter(|asked| *asked <= now) {
            at = at.max(plus(asked, self.pace.seconds(1)));
        }
        if matches!(step, Step::Send(_)) && is_created_once(&intent.act) {
            at = at.max(self.room_at(PER_MINUTE, self.pace.seconds(60), now));
            at = at.max(self.room_at(PER_HOUR, self.pace.seconds(3_600), now));
        }
        at
    }

    /// When fewer than `n` things were created within a window.
    fn room_at(&self, n: usize, window: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut recent: Vec<DateTime<Utc>> =
            self.created_at.iter().copied().filter(|at| minus(now, window) < *at && *at <= now).collect();
        recent.sort_unstable();
        let over = recent.len().checked_sub(n);
        over.and_then(|over| recent.get(over)).map_or(DateTime::<Utc>::MIN_UTC, |at| plus(*at, window))
    }

    /// Begins to ask for an intent: what is to be on disk before the request goes out.
    pub fn begin(&mut self, id: &OpId, now: DateTime<Utc>) -> Option<Progress> {
        let at = self.place_of(id)?;
        let item = self.items.get_mut(at)?;
        let sending = Progress::Sending { since: now, tries: tries_of(&item.intent.progress).saturating_add(1) };
        item.intent.progress.clone_from(&sending);
        item.tried_at = Some(now);
        self.in_flight = Some(id.clone());
        self.asked_at = Some(now);
        if is_created_once(&item.intent.act) {
            self.created_at.push_back(now);
            while self.created_at.front().is_some_and(|at| *at < minus(now, TimeDelta::hours(1))) {
                self.created_at.pop_front();
            }
        }
        Some(sending)
    }

    /// The beginning could not be written down: nothing was asked for. It waits, and is as it is on disk.
    pub fn held_back(&mut self, id: &OpId, on_disk: Progress, now: DateTime<Utc>) {
        self.in_flight = None;
        self.paused_until = Some(plus(now, self.pace.seconds(5)));
        if let Some(item) = self.place_of(id).and_then(|at| self.items.get_mut(at)) {
            item.intent.progress = on_disk;
        }
    }

    /// Somebody took it back while it was about to be asked for.
    pub fn forget(&mut self, id: &OpId) {
        self.items.retain(|item| item.intent.id != *id);
        self.in_flight = self.in_flight.take().filter(|flying| flying != id);
    }

    /// Learns what came of asking for an intent. `jitter` is from 0 to 1: it makes a pause after a failure longer by up to half.
    pub fn answered(&mut self, id: &OpId, outcome: Outcome, jitter: f64, now: DateTime<Utc>) -> Option<Progress> {
        self.in_flight = self.in_flight.take().filter(|flying| flying != id);
        let at = self.place_of(id)?;
        let (tries, is_once) = {
            let item = self.items.get(at)?;
            (tries_of(&item.intent.progress), is_created_once(&item.intent.act))
        };
        self.note(&outcome, jitter, now);
        let waits = |until: Option<DateTime<Utc>>, why| Progress::Waiting { tries, not_before: until, why: Some(why) };
        let progress = match outcome {
            Outcome::Done { url } => Progress::Done { at: now, url },
            Outcome::Refused { why } => Progress::Refused { at: now, why },
            Outcome::Away { why } => waits(self.paused_until, why),
            Outcome::Lost { why, .. } if is_once => Progress::Unsure { since: now, tries, why },
            Outcome::Lost { why, until } => waits(Some(plus(now, self.pause(tries, jitter))).max(until), why),
            Outcome::Limited { .. } => waits(self.barred_until, Text::scrub("the host asks for patience")),
            Outcome::Unknown { why } => waits(self.unknown_until, why),
        };
        self.settle(at, progress)
    }

    /// Learns what was seen of an intent whose answer was lost.
    pub fn looked(&mut self, id: &OpId, sight: Sight, jitter: f64, now: DateTime<Utc>) -> Option<Progress> {
        let at = self.place_of(id)?;
        self.asked_at = Some(now);
        let item = self.items.get_mut(at)?;
        item.tried_at = Some(now);
        let Progress::Unsure { since, tries, why } = item.intent.progress.clone() else { return None };
        let progress = match sight {
            Sight::Found { url } => Progress::Done { at: now, url },
            Sight::Absent if plus(since, self.pace.seconds(BELIEVES_AFTER)) <= now => {
                Progress::Waiting { tries, not_before: None, why: Some(why) }
            }
            Sight::Absent => {
                item.looked_at = Some(now);
                Progress::Unsure { since, tries, why }
            }
            Sight::Failed(Outcome::Refused { why }) => {
                let why = Text::scrub(&format!("nobody can say whether it was made: {why}"));
                Progress::Refused { at: now, why }
            }
            Sight::Failed(outcome) => {
                self.note(&outcome, jitter, now);
                Progress::Unsure { since, tries, why: said_of(&outcome).unwrap_or(why) }
            }
        };
        if !matches!(progress, Progress::Unsure { .. }) {
            self.failures = 0;
        }
        self.settle(at, progress)
    }

    /// Learns of the host from an answer, whoever asked: limits and tokens hold for all.
    fn note(&mut self, outcome: &Outcome, jitter: f64, now: DateTime<Utc>) {
        match outcome {
            Outcome::Done { .. } | Outcome::Refused { .. } => {
                (self.failures, self.limits) = (0, 0);
                self.paused_until = None;
            }
            Outcome::Away { .. } | Outcome::Lost { .. } => {
                self.failures = self.failures.saturating_add(1);
                self.paused_until = Some(plus(now, self.pause(self.failures, jitter)));
                if let Outcome::Lost { until: Some(until), .. } = outcome {
                    self.barred_until = self.barred_until.max(Some(*until));
                }
            }
            Outcome::Limited { until } => {
                self.limits = self.limits.saturating_add(1);
                // Asked for patience again and again: a minute, two, four, at most an hour. Never less than the host says.
                let minutes = 1_i64 << self.limits.saturating_sub(1).min(6);
                let doubled = plus(now, TimeDelta::minutes(minutes.min(60)));
                let until = if 1 < self.limits { (*until).max(doubled) } else { *until };
                self.barred_until = self.barred_until.max(Some(until));
            }
            Outcome::Unknown { .. } => {
                self.unknown_until = self.unknown_until.max(Some(plus(now, self.pace.seconds(TOKEN_AFTER))));
            }
        }
    }

    /// 1, 2, 4 … 60 seconds, and up to half of that more.
    fn pause(&self, failures: u32, jitter: f64) -> TimeDelta {
        let whole = self.pace.seconds((1_i32 << failures.saturating_sub(1).min(6)).min(LONGEST_PAUSE));
        let more = whole.num_milliseconds() as f64 * jitter.clamp(0.0, 1.0) / 2.0;
        whole.checked_add(&TimeDelta::milliseconds(more as i64)).unwrap_or(whole)
    }

    fn settle(&mut self, at: usize, progress: Progress) -> Option<Progress> {
        if progress.is_over() {
            self.items.remove(at);
        } else {
            self.items.get_mut(at)?.intent.progress.clone_from(&progress);
        }
        Some(progress)
    }

    fn place_of(&self, id: &OpId) -> Option<usize> {
        self.items.iter().position(|item| item.intent.id == *id)
    }
}

/// Whether asking twice would make two of it.
pub fn is_created_once(act: &Act) -> bool {
    matches!(act, Act::Comment(_) | Act::Create { .. })
}

/// An intent that somebody takes back: only while it waits, for what is asked for cannot be called back.
pub fn cancelled(progress: &Progress, now: DateTime<Utc>) -> Option<Progress> {
    matches!(progress, Progress::Waiting { .. }).then_some(Progress::Cancelled { at: now })
}

/// An intent that somebody wants tried now: only while it waits. What the host asked for still holds.
pub fn hurried(progress: &Progress) -> Option<Progress> {
    let Progress::Waiting { tries, why, .. } = progress else { return None };
    Some(Progress::Waiting { tries: *tries, not_before: None, why: why.clone() })
}

fn tries_of(progress: &Progress) -> u32 {
    match progress {
        Progress::Waiting { tries, .. } | Progress::Sending { tries, .. } | Progress::Unsure { tries, .. } => *tries,
        Progress::Done { .. } | Progress::Refused { .. } | Progress::Cancelled { .. } => 0,
    }
}

fn said_of(outcome: &Outcome) -> Option<Text> {
    match outcome {
        Outcome::Refused { why } | Outcome::Away { why } | Outcome::Unknown { why } => Some(why.clone()),
        Outcome::Lost { why, .. } => Some(why.clone()),
        Outcome::Limited { .. } => Some(Text::scrub("the host asks for patience")),
        Outcome::Done { .. } => None,
    }
}

/// How long something has waited in its present state; nothing once it is over.
pub fn waits_since(intent: &Intent, now: DateTime<Utc>) -> Option<TimeDelta> {
    (!intent.progress.is_over()).then(|| between(intent.at, now).max(TimeDelta::zero()))
}

/// The repository a target is in.
pub fn repo_of(target: &Target) -> &crate::domain::incident::Repo {
    match target {
        Target::Incident(key) => &key.repo,
        Target::Repository(repo) => repo,
    }
}

#[cfg(test)]
mod tests;
