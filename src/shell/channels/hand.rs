//! One server of an Alertmanager, kept told of what fires (R44). Each of a pair has a hand of its own: one that is dead or
//! hangs holds up nobody but itself.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::Instant,
};
use url::Url;

use crate::{
    config::notify::Channel,
    domain::{
        alert::{Alert, AlertId},
        notify::{
            handover::{Handed, Handover},
            message::NoticeId,
        },
    },
    shell::{
        channels::{
            courier::Report,
            send::{Outcome, Sender},
            words::key_of,
        },
        clock::Clock,
    },
    text::Text,
};

/// How often it is looked what is to be said.
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// After what was not taken. With the time-out of a server that hangs it stays below a quarter of a minute.
const AGAIN: Duration = Duration::from_secs(3);

/// Requests in one look: a server that refuses all of many alerts is not asked for each of them.
const MOST_AT_A_LOOK: usize = 32;

/// One server, and what it was told.
pub(super) struct Hand {
    /// The channel's name; of a pair with the server's address.
    name: Text,
    base: Url,
    sender: Sender,
    handover: Handover,
    clock: Clock,
    every: TimeDelta,
    report: UnboundedSender<Report>,
    is_failing: bool,
    again_at: Option<Instant>,
    /// What was refused, and that it was said: whether it fired then.
    refused: BTreeSet<(AlertId, bool)>,
}

/// What came of saying all that was due.
#[derive(Default)]
struct Said {
    /// Why something was not taken, and may be later.
    why: Option<Text>,
    after: Option<Duration>,
    /// What will not be taken as it is.
    refused: Vec<(Handed, Text)>,
    taken: Vec<AlertId>,
}

impl Hand {
    /// A hand for one of a channel's servers; `every` is the time between evaluations.
    pub(super) fn new(
        channel: &Channel,
        base: Url,
        is_of_pair: bool,
        clock: Clock,
        every: TimeDelta,
        report: UnboundedSender<Report>,
    ) -> Self {
        let name = if is_of_pair { at(&channel.name, &base) } else { channel.name.clone() };
        Self {
            name,
            base,
            sender: Sender::new(channel),
            handover: Handover::default(),
            clock,
            every,
            report,
            is_failing: false,
            again_at: None,
            refused: BTreeSet::new(),
        }
    }

    /// Keeps the server told until nobody tells of alerts any more.
    pub(super) async fn run(mut self, mut incoming: UnboundedReceiver<Vec<Alert>>) {
        let mut looks = tokio::time::interval(LOOKS_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                alerts = incoming.recv() => match alerts {
                    Some(alerts) => alerts.iter().for_each(|alert| self.handover.take(alert)),
                    None => return,
                },
                _ = looks.tick() => self.look().await,
            }
        }
    }

    async fn look(&mut self) {
        if self.again_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        let due = self.handover.due(self.every, self.clock.now());
        if due.is_empty() {
            return;
        }
        let n_waiting = due.len();
        let Said { why, after, refused, taken } = self.say(due).await;
        // A server that was down knows none of them until it is told again: servers of a pair do not tell each other.
        if why.is_some() {
            self.handover.failed();
            self.again_at = Instant::now().checked_add(AGAIN.max(after.unwrap_or_default()));
        }
        self.refused.retain(|(id, _)| !taken.contains(id));
        for (handed, why) in refused {
            self.give_up(&handed.alert, why);
        }
        let channel = self.name.clone();
        match (why, self.is_failing) {
            (Some(why), false) => {
                self.is_failing = true;
                self.tell(Report::Failing { channel, why, n_waiting });
            }
            (None, true) => {
                self.is_failing = false;
                self.tell(Report::Back { channel });
            }
            _ => {}
        }
    }

    /// Says what is due. Where a server refuses several at once, the halves are tried: one that it does not like keeps no
    /// other from it.
    async fn say(&self, due: Vec<Handed>) -> Said {
        let (mut said, mut parts, mut n_asked) = (Said::default(), vec![due], 0);
        while let Some(mut part) = parts.pop() {
            n_asked += 1;
            match self.sender.handed(&self.base, &part, self.clock.now()).await {
                Outcome::Taken | Outcome::Nothing { .. } => {
                    said.taken.extend(part.iter().map(|handed| handed.alert.id))
                }
                Outcome::Refused { .. } if 1 < part.len() && n_asked < MOST_AT_A_LOOK => {
                    let rest = part.split_off(part.len() / 2);
                    parts.extend([rest, part]);
                }
                Outcome::Refused { why } => {
                    said.refused.extend(part.into_iter().map(|handed| (handed, why.clone())));
                }
                Outcome::Later { why, after } => {
                    (said.why, said.after) = (Some(why), after);
                    break;
                }
                Outcome::Unsure { why } => {
                    said.why = Some(why);
                    break;
                }
            }
        }
        said
    }

    /// Says once that an alert was refused. It is said to the server again when everything is, each minute, and not before.
    fn give_up(&mut self, alert: &Alert, why: Text) {
        if !self.refused.insert((alert.id, alert.is_firing())) {
            return;
        }
        let word = if alert.is_firing() { "fires" } else { "is over" };
        let title = Text::scrub(&format!("{} {word} {}", alert.rule, alert.labels));
        let id = NoticeId(key_of(&format!("{} {} {word}", self.name, alert.id.0)));
        self.tell(Report::GivenUp { channel: self.name.clone(), id, title, why });
    }

    fn tell(&self, report: Report) {
        // Who no longer listens has ended.
        let _ = self.report.send(report);
    }
}

/// A server of a pair, named.
fn at(channel: &Text, base: &Url) -> Text {
    let host = base.host_str().unwrap_or_default();
    let port = base.port().map(|port| format!(":{port}")).unwrap_or_default();
    Text::scrub(&format!("{channel} at {host}{port}"))
}
