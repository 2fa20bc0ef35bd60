//! A notice on its way over a channel, and what a storm of them is put together to.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::{
    domain::{
        notify::{
            Kind, Message, Notice,
            message::{LISTED, Marks, NoticeId, PROMISE, gravity},
        },
        sample::Labels,
        time::between,
    },
    shell::channels::ledger::Left,
    text::{Text, counted, grouped},
};

/// A notice on its way.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// Its place among all that came, from 0.
    pub(super) turn: u64,
    /// What is to be told.
    pub(super) notice: Notice,
    /// How often it was tried.
    pub(super) attempts: u32,
    /// It may have arrived already.
    pub(super) is_maybe_repeated: bool,
    /// What it is about: of what is about the same the next waits for the one before.
    pub(super) key: u64,
    /// The message it went with before.
    pub(super) batch: Option<NoticeId>,
    /// How old what it tells was when it came here, and when that was by a clock that nobody sets.
    age: TimeDelta,
    came: Instant,
}

impl Job {
    /// Begins with what stands on disk.
    pub(super) fn new(turn: u64, left: Left, now: DateTime<Utc>) -> Self {
        let Left { notice, attempts, is_maybe_repeated, .. } = left;
        let age = between(notice.since, now).max(TimeDelta::zero());
        let key = notice.message.key;
        Self { turn, key, batch: None, notice, attempts, is_maybe_repeated, age, came: Instant::now() }
    }

    /// How old what it tells is.
    pub(super) fn age(&self) -> TimeDelta {
        self.age.checked_add(&self.waited()).unwrap_or(TimeDelta::MAX)
    }

    /// How long it has been here.
    pub(super) fn waited(&self) -> TimeDelta {
        TimeDelta::from_std(self.came.elapsed()).unwrap_or(TimeDelta::MAX)
    }

    /// How it is marked.
    pub(super) fn marks(&self) -> Marks {
        let late_since = (PROMISE < self.age()).then_some(self.notice.since);
        Marks { late_since, is_maybe_repeated: self.is_maybe_repeated }
    }
}

/// Alerts that a digest lists for a program: it has no use for a count.
pub(super) const WHOLE: usize = 500;

/// How much of what is told at once a digest lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// Of each message its first alert, the gravest first, and no more than a person reads.
    Gravest,
    /// Every alert, in the order of their coming: what broke again after it was over is told last.
    All,
}

/// What is sent of these: the one, or a digest of all.
pub(super) fn together(jobs: &[Job], lists: Lists) -> Option<(Notice, Marks)> {
    let (first, more) = jobs.split_first()?;
    if more.is_empty() {
        return Some((first.notice.clone(), first.marks()));
    }
    let since = jobs.iter().map(|job| job.notice.since).min()?;
    let is_late = jobs.iter().any(|job| job.marks().late_since.is_some());
    let marks =
        Marks { late_since: is_late.then_some(since), is_maybe_repeated: jobs.iter().any(|job| job.is_maybe_repeated) };
    let mut sorted: Vec<&Message> = jobs.iter().map(|job| &job.notice.message).collect();
    let rank = |message: &Message| message.alerts.first().map_or(usize::MAX, |alert| gravity(&alert.labels));
    sorted.sort_by_key(|message| (message.kind == Kind::Resolved, rank(message)));
    let messages = || sorted.iter().copied();
    let n_alerts: usize = messages().map(|message| message.alerts.len().saturating_add(message.n_more)).sum();
    let n_over = messages().filter(|message| message.kind == Kind::Resolved).count();
    let over = if 0 < n_over { format!(", {} of them over", grouped(n_over)) } else { String::new() };
    let title = format!(
        "{} at once{over}, with {}; the gravest is: {}",
        counted(jobs.len(), "message", "messages"),
        counted(n_alerts, "alert", "alerts"),
        sorted.first().map_or("", |message| message.title.as_str())
    );
    let alerts: Vec<_> = match lists {
        Lists::Gravest => messages().filter_map(|message| message.alerts.first().cloned()).take(LISTED).collect(),
        Lists::All => jobs.iter().flat_map(|job| &job.notice.message.alerts).cloned().collect(),
    };
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
        is_repeat: messages().all(|message| message.is_repeat),
        accounts: first.notice.message.accounts.clone(),
    };
    let parts = jobs.iter().map(|job| job.notice.id).collect();
    Some((Notice { id: NoticeId(id), channel: first.notice.channel.clone(), since, message, parts }, marks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            alert::{AlertId, SEVERITY},
            notify::message::Said,
        },
        shell::channels::{samples::at, words::word},
    };

    #[test]
    fn a_digest_counts_all_and_names_the_gravest_first() {
        let job = |n: u64| {
            let severity = if n == 4_000 { "critical" } else { "warning" };
            let mut message = word(&format!("sig {n}"), n);
            message.kind = Kind::Firing;
            message.alerts = vec![Said {
                id: AlertId(n),
                labels: Labels::new([(Text::scrub(SEVERITY), Text::scrub(severity))]),
                summary: message.title.clone(),
                remedy: Text::default(),
                runbook: None,
                value: None,
                bound: Text::default(),
                since: at(),
                resolved_at: None,
            }];
            let notice =
                Notice { id: NoticeId(n), channel: Text::scrub("chat"), since: at(), message, parts: Vec::new() };
            Job::new(n, Left { notice, made: at(), attempts: 0, is_maybe_repeated: false }, at())
        };
        let jobs: Vec<Job> = (0..5_000).map(job).collect();
        let whole = together(&jobs, Lists::All).unwrap().0;
        assert_eq!((whole.message.alerts.len(), whole.message.n_more, whole.parts.len()), (5_000, 0, 5_000));
        assert!(whole.message.alerts.iter().map(|said| said.id.0).eq(0..5_000), "in the order of their coming");
        let message = together(&jobs, Lists::Gravest).unwrap().0.message;
        let title = "5 000 messages at once, with 5 000 alerts; the gravest is: sig 4000";
        assert_eq!((message.title.as_str(), message.n_more), (title, 4_980));
        assert_eq!((message.alerts[0].id, message.alerts[1].id), (AlertId(4_000), AlertId(0)));
    }
}
