//! One server of an Alertmanager, kept told of what fires (R44). Each of a pair has a hand of its own: one that is dead or
//! hangs holds up nobody but itself.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

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
            Notice,
            handover::{Handed, Handover},
            message::{DRILL, Kind, Message, NoticeId, Said as Told},
        },
    },
    shell::{
        channels::{
            courier::Report,
            ledger::Ledger,
            send::{LONG_WAIT, Outcome, Sender},
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
    ledger: Arc<Mutex<Ledger>>,
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
        ledger: Arc<Mutex<Ledger>>,
        clock: Clock,
        every: TimeDelta,
        report: UnboundedSender<Report>,
    ) -> Self {
        let name = if is_of_pair { at(&channel.name, &base) } else { channel.name.clone() };
        Self {
            name,
            base,
            sender: Sender::new(channel),
            ledger,
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
        let rests = after.filter(|wait| LONG_WAIT <= *wait);
        match (why, self.is_failing) {
            (Some(why), false) => {
                self.is_failing = true;
                self.tell(Report::Failing { channel, why, n_waiting, rests });
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

    /// Says once that an alert was refused, and writes it down among what was told. It is said to the server again when everything is, each minute, and not before.
    fn give_up(&mut self, alert: &Alert, why: Text) {
        if !self.refused.insert((alert.id, alert.is_firing())) {
            return;
        }
        let word = if alert.is_firing() { "fires" } else { "is over" };
        let title = Text::scrub(&format!("{} {word} {}", alert.rule, alert.labels));
        let since = alert.resolved_at.or(alert.fired_at).unwrap_or(alert.since);
        let id = NoticeId(key_of(&format!("{} {} {word} {}", self.name, alert.id.0, since.timestamp_micros())));
        let message = Message {
            kind: if alert.is_firing() { Kind::Firing } else { Kind::Resolved },
            key: alert.id.0,
            title: title.clone(),
            common: alert.labels.clone(),
            alerts: vec![Told::of(alert)],
            n_more: 0,
            on_call: Vec::new(),
            link: None,
            is_drill: alert.labels.get(DRILL).is_some(),
            is_repeat: false,
            accounts: Vec::new(),
        };
        let notice = Notice { id, channel: self.name.clone(), since, message, parts: Vec::new() };
        // A thread that broke while it held the ledger has said so.
        let written = self.ledger.lock().ok().map(|mut ledger| ledger.refused(&notice, &why, self.clock.now()));
        if let Some(Err(why)) = written {
            self.tell(Report::Disk { why: Text::scrub(&why) });
        }
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

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        config::notify::ChannelKind,
        domain::{alert::AlertState, sample::Labels},
    };

    /// The address of a server that refuses whatever it is told.
    fn refuses() -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // A request of this length comes in two pieces at most, and what is left of it is not asked for.
                let _ = stream.read(&mut [0; 65_536]).unwrap();
                let answer = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 9\r\n\r\nbad label";
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        url
    }

    fn alert(since: chrono::DateTime<chrono::Utc>) -> Alert {
        let labels: Labels = [(Text::scrub("alertname"), Text::scrub("errors"))].into_iter().collect();
        Alert {
            id: AlertId::of(&Text::scrub("errors"), &labels),
            rule: Text::scrub("errors"),
            labels,
            annotations: Labels::default(),
            state: AlertState::Firing { since, fired_at: since, kept_since: None, blind_since: None },
            value: 7.0,
            since,
            fired_at: Some(since),
            resolved_at: None,
            last_seen: since,
        }
    }

    #[tokio::test]
    async fn what_a_server_refuses_stands_among_what_was_told_with_the_reason() {
        let base = refuses();
        let channel = Channel {
            name: Text::scrub("pair"),
            kind: ChannelKind::Alertmanager { urls: vec![base.clone()] },
            timeout: TimeDelta::seconds(5),
            rate: None,
            has_escalations: false,
            people: Vec::new(),
        };
        let ledger = Arc::new(Mutex::new(Ledger::in_memory().unwrap()));
        let (report, mut reports) = tokio::sync::mpsc::unbounded_channel();
        let every = TimeDelta::seconds(15);
        let mut hand = Hand::new(&channel, base, false, Arc::clone(&ledger), Clock::Wall, every, report);
        hand.handover.take(&alert(Clock::Wall.now()));
        hand.look().await;
        let Some(Report::GivenUp { id, .. }) = reports.recv().await else { panic!("it is said") };
        let mut ledger = ledger.lock().unwrap();
        assert_eq!(ledger.counts().unwrap(), [("given up".to_owned(), 1)]);
        let row = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        };
        let found = ledger.db.query_row("SELECT id, channel, why FROM notice", [], row).unwrap();
        assert_eq!((found.0, found.1.as_str()), (id.to_string(), "pair"));
        assert!(found.2.contains("400"), "{}", found.2);
        assert!(ledger.left().unwrap().is_empty(), "it is not sent again after a restart");
    }
}
