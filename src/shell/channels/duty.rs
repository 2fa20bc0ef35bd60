//! The duty to tell: what fires on the floor goes through the dispatcher to the courier, each second, while this process
//! leads.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::mpsc::UnboundedReceiver, time::Instant};

use crate::{
    config::notify::{Channel, NotifySettings, Pulse},
    domain::{
        alert::AlertId,
        notify::{Dispatcher, Kind, Message, Notice, Silence, Status, message::NoticeId},
        sample::Labels,
        time::{near_span, rfc3339},
    },
    floor::{Floor, escalation::Due},
    shell::{
        channels::{
            courier::{Courier, Report},
            heart::{self, Manager},
            ledger::Ledger,
            own::Figures,
            seen::Seen,
        },
        clock::Clock,
        disk,
    },
    text::{Text, counted},
};

/// How often silences are read anew: somebody may have made one with the command.
const SILENCES_EVERY: Duration = Duration::from_secs(3);

/// How often the own figures are written.
const FIGURES_EVERY: Duration = Duration::from_secs(15);

/// Until sources that do not answer are no longer waited for before it is said that the watcher is ready.
const READY_AFTER: Duration = Duration::from_secs(20);

/// How often files are looked at, and bounds judged: what a rule's way to the channel is counted with.
pub const SCRAPE: TimeDelta = TimeDelta::seconds(2);

/// The duty.
#[derive(Debug)]
pub struct Duty {
    settings: NotifySettings,
    folder: Option<PathBuf>,
    clock: Clock,
    leading: Option<Leading>,
    manager: Manager,
    figures: Figures,
    beat: Arc<AtomicU64>,
    began: Instant,
    is_ready: bool,
    next: Next,
}

/// When what is done now and then is done next.
#[derive(Debug, Default)]
struct Next {
    watchdog: Option<Instant>,
    heartbeat: Option<Instant>,
    figures: Option<Instant>,
    silences: Option<Instant>,
}

/// What only the process that leads has.
#[derive(Debug)]
struct Leading {
    courier: Courier,
    reports: UnboundedReceiver<Report>,
    dispatcher: Dispatcher,
    seen: Seen,
    /// A second way to the same file, for silences.
    ledger: Option<Ledger>,
    silences: Vec<Silence>,
    warned: Vec<u64>,
    pulse: Option<UnboundedReceiver<Option<Text>>>,
    courier_beat: (u64, Instant),
}

impl Duty {
    /// Begins; what has to be on disk is in this folder.
    pub fn begin(settings: NotifySettings, folder: Option<PathBuf>, clock: Clock) -> Self {
        let manager = Manager::of(&|name| std::env::var_os(name), std::process::id());
        Self {
            settings,
            folder,
            clock,
            leading: None,
            manager,
            figures: Figures::default(),
            beat: Arc::new(AtomicU64::new(0)),
            began: Instant::now(),
            is_ready: false,
            next: Next::default(),
        }
    }

    /// Goes by a clock that was moved.
    pub fn jumped(&mut self, by: TimeDelta) {
        if let Some(leading) = &mut self.leading {
            leading.dispatcher.jumped(by);
        }
    }

    /// Does what is due; to be called each second. Returns lines for the log.
    pub fn tick(&mut self, floor: &Floor, leads: bool, now: DateTime<Utc>) -> Vec<String> {
        self.beat.fetch_add(1, Ordering::Relaxed);
        let mut lines = Vec::new();
        if leads && self.leading.is_none() && !self.settings.channels.is_empty() {
            lines.extend(self.lead());
        }
        self.ready(floor);
        let is_loaded = self.is_ready;
        if let Some(leading) = &mut self.leading {
            lines.extend(leading.hear(&mut self.figures, &self.settings, now));
            if due(&mut self.next.silences, SILENCES_EVERY) {
                leading.read_silences(&self.settings);
                leading.warn(&self.settings, now);
            }
            if is_loaded {
                leading.dispatch(floor, &self.settings, now);
            }
        }
        lines.extend(self.live(floor, now));
        lines
    }

    /// Has somebody told of steps of escalations. Returns lines for the log.
    pub fn escalate(&mut self, due: &[Due], floor: &Floor, now: DateTime<Utc>) -> Vec<String> {
        let Some(leading) = &self.leading else { return Vec::new() };
        let mut notices = Vec::new();
        for due in due {
            let people = due.people();
            let wants = |channel: &&Channel| {
                channel.has_escalations || channel.people.iter().any(|person| people.contains(person))
            };
            let link = floor.queue().find(&due.key).map(|entry| entry.incident.url.clone());
            for channel in self.settings.channels.iter().filter(wants) {
                let about = format!("{} {} {}", due.key, due.decision.latest().timestamp_micros(), channel.name);
                let mut message = word(&format!("{} ({})", due.words(), due.key), key_of(&due.key.to_string()));
                message.kind = Kind::Escalation;
                message.link = link.clone().filter(|link| !link.is_blank()).or(self.settings.watch.link.clone());
                message.on_call = on_call(floor);
                let id = NoticeId(key_of(&about));
                let since = due.decision.latest().min(now);
                notices.push(Notice { id, channel: channel.name.clone(), since, message });
            }
        }
        let is_nobody = notices.is_empty();
        leading.courier.tell(notices, Vec::new());
        let line = "note: no channel takes escalations: write escalations = true in a [[channel]]".to_owned();
        is_nobody.then_some(line).into_iter().collect()
    }

    /// Says that it ends, and ends.
    pub fn end(self) {
        self.manager.say("STOPPING=1");
        if let Some(leading) = self.leading {
            leading.courier.end();
        }
    }

    fn lead(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let opened = match &self.folder {
            Some(folder) => Ledger::open(folder),
            None => Err("there is no state folder".to_owned()),
        };
        let second = self.folder.as_ref().and_then(|folder| Ledger::open(folder).ok());
        let ledger = opened.or_else(|why| {
            lines.push(format!("note: what is to be told is not kept on disk: {why}; a crash now would lose it"));
            Ledger::in_memory()
        });
        let Ok(ledger) = ledger else { return lines };
        let log = ledger.log().unwrap_or_default();
        let channels = self.settings.channels.clone();
        match Courier::start(channels, ledger, self.clock, SCRAPE) {
            Ok((courier, reports)) => {
                let beats = vec![("the loop", Arc::clone(&self.beat)), ("delivery", courier.beat())];
                if heart::watch_over(beats, stuck).is_err() {
                    lines.push("note: the machine gives no thread for the watchdog".to_owned());
                }
                self.leading = Some(Leading {
                    courier,
                    reports,
                    dispatcher: Dispatcher::with_log(log),
                    seen: Seen::default(),
                    ledger: second,
                    silences: Vec::new(),
                    warned: Vec::new(),
                    pulse: None,
                    courier_beat: (0, Instant::now()),
                });
            }
            Err(error) => lines.push(format!("error: nobody is told: {}", disk::why(&error))),
        }
        lines
    }

    /// Whether every source was heard or is in trouble; said to the service manager once.
    fn ready(&mut self, floor: &Floor) {
        let is_settled = floor.sources.iter().all(|source| source.heard_at.is_some() || source.trouble.is_some());
        if !self.is_ready && (is_settled || READY_AFTER < self.began.elapsed()) {
            self.is_ready = true;
            self.manager.say("READY=1");
        }
    }

    /// Gives signs of life: only while both the floor's loop and the courier's go round.
    fn live(&mut self, floor: &Floor, now: DateTime<Utc>) -> Vec<String> {
        let mut lines = Vec::new();
        let is_alive = self.leading.as_mut().is_none_or(Leading::is_alive);
        let every = self.manager.every.unwrap_or(Duration::from_secs(30));
        if self.manager.is_there() && is_alive && due(&mut self.next.watchdog, every) {
            let n_firing = self.leading.as_ref().map_or(0, |leading| leading.seen.n_firing());
            let n = counted(n_firing, "alert fires", "alerts fire");
            let sources = counted(floor.sources.len(), "source", "sources");
            self.manager.say(&format!("WATCHDOG=1\nSTATUS={sources}; {n}"));
        }
        let Some(leading) = &mut self.leading else { return lines };
        if let Some(heartbeat) = &self.settings.watch.heartbeat {
            let every = heartbeat.every.to_std().unwrap_or(Duration::from_secs(60));
            if is_alive && due(&mut self.next.heartbeat, every) {
                match &heartbeat.to {
                    Pulse::Http(to) => leading.pulse = Some(leading.courier.pulse(to.clone())),
                    Pulse::File(path) => {
                        let written = disk::write_whole(path, format!("{}\n", rfc3339(now)).as_bytes());
                        lines.extend(written.err().map(|e| format!("heartbeat: {}", disk::why(&e))));
                    }
                }
            }
        }
        if let Some(Ok(Some(why))) = leading.pulse.as_mut().map(UnboundedReceiver::try_recv) {
            lines.push(format!("heartbeat: not taken: {why}"));
        }
        if let Some(path) = &self.settings.watch.textfile
            && due(&mut self.next.figures, FIGURES_EVERY)
        {
            let text = self.figures.render(leading.seen.n_firing(), now.timestamp());
            let written = disk::write_whole(path, text.as_bytes());
            lines.extend(written.err().map(|e| format!("textfile: {}", disk::why(&e))));
        }
        lines
    }
}

impl Leading {
    /// Takes what fires to the dispatcher, and what the dispatcher says to the courier.
    fn dispatch(&mut self, floor: &Floor, settings: &NotifySettings, now: DateTime<Utc>) {
        let changed = self.seen.look(floor, now);
        changed.iter().for_each(|alert| self.dispatcher.take(&settings.plan, alert, now));
        if !changed.is_empty() {
            self.courier.hand(changed);
        }
        let mut notices = self.dispatcher.tick(&settings.plan, &self.silences, now);
        if !notices.is_empty() {
            let on_call = on_call(floor);
            for notice in &mut notices {
                notice.message.on_call.clone_from(&on_call);
                notice.message.link.clone_from(&settings.watch.link);
            }
        }
        self.courier.tell(notices, self.dispatcher.take_told());
    }

    fn read_silences(&mut self, settings: &NotifySettings) {
        let kept = self.ledger.as_ref().and_then(|ledger| ledger.silences().ok());
        if let Some(kept) = kept {
            self.silences = settings.silences.iter().cloned().chain(kept).collect();
        } else if self.ledger.is_none() {
            self.silences.clone_from(&settings.silences);
        }
    }

    /// Tells that silences end before they do.
    fn warn(&mut self, settings: &NotifySettings, now: DateTime<Utc>) {
        let ending = |silence: &&Silence| silence.status(now) == Status::Active && silence.warns_at() <= now;
        let ending: Vec<Silence> = self.silences.iter().filter(ending).cloned().collect();
        for silence in ending.iter().filter(|silence| !self.warned.contains(&silence.id.0)) {
            let selector = silence.selector();
            let said = format!(
                "the silence {selector} of {} ends at {}: {}",
                silence.author,
                rfc3339(silence.until),
                silence.comment
            );
            let about = format!("silence {selector} {}", silence.until.timestamp_micros());
            self.tell_everybody(settings, &said, &about, None, now);
        }
        self.warned = ending.iter().map(|silence| silence.id.0).collect();
    }

    /// Says something of our own over every channel but one.
    fn tell_everybody(
        &self,
        settings: &NotifySettings,
        said: &str,
        about: &str,
        but: Option<&Text>,
        now: DateTime<Utc>,
    ) {
        let channels = settings.plan.routes.iter().flat_map(|route| &route.channels);
        let mut names: Vec<&Text> = channels.filter(|name| but != Some(*name)).collect();
        names.sort();
        names.dedup();
        let notice = |channel: &&Text| Notice {
            id: NoticeId(key_of(&format!("{about} {channel}"))),
            channel: (*channel).clone(),
            since: now,
            message: word(said, key_of(about)),
        };
        self.courier.tell(names.iter().map(notice).collect(), Vec::new());
    }

    /// Lines for what the courier said.
    fn hear(&mut self, figures: &mut Figures, settings: &NotifySettings, now: DateTime<Utc>) -> Vec<String> {
        let mut lines = Vec::new();
        while let Ok(report) = self.reports.try_recv() {
            figures.hear(&report);
            if let Report::GivenUp { channel, title, why } = &report {
                let said = format!("\"{channel}\" was never told of: {title}: {why}");
                // One word an hour a channel: a channel that refuses everything is one piece of news.
                let about = format!("given up {channel} {}", now.timestamp().div_euclid(3_600));
                self.tell_everybody(settings, &said, &about, Some(channel), now);
            }
            lines.push(words(&report));
        }
        lines
    }

    /// Whether the courier's loop goes round.
    fn is_alive(&mut self) -> bool {
        let beat = self.courier.beat().load(Ordering::Relaxed);
        if beat != self.courier_beat.0 {
            self.courier_beat = (beat, Instant::now());
        }
        self.courier_beat.1.elapsed() < Duration::from_secs(15)
    }
}

/// A line for the log.
fn words(report: &Report) -> String {
    match report {
        Report::Delivered { channel, title, age, is_late, is_maybe_repeated, in_digest_of, .. } => {
            let late = if *is_late { ", late" } else { "" };
            let repeated = if *is_maybe_repeated { ", maybe repeated" } else { "" };
            let digest = if 1 < *in_digest_of { format!(", in a digest of {in_digest_of}") } else { String::new() };
            format!("told {channel} after {}{late}{repeated}{digest}: {title}", near_span(*age))
        }
        Report::Failing { channel, why, n_waiting } => {
            format!("{channel} takes nothing: {why}; {} wait", counted(*n_waiting, "message", "messages"))
        }
        Report::Back { channel } => format!("{channel} is back"),
        Report::GivenUp { channel, title, why } => format!("error: {channel} will not be told: {why}: {title}"),
        Report::Disk { why } => format!("error: the disk keeps nothing of what is told: {why}"),
        Report::Nowhere { channel, title } => format!("error: there is no channel {channel} any more for: {title}"),
    }
}

/// Ends a process that is stuck: whoever started it can start it again.
fn stuck(what: &'static str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "error: {what} stood still for a minute: watchfloor ends, to be started again");
    std::process::exit(70);
}

/// Whether something that is done now and then is due; then it is due again after `every`.
fn due(next: &mut Option<Instant>, every: Duration) -> bool {
    let now = Instant::now();
    let is_due = next.is_none_or(|at| at <= now);
    if is_due {
        *next = now.checked_add(every);
    }
    is_due
}

/// `primary: ann, ben` for each seat that somebody is on.
fn on_call(floor: &Floor) -> Vec<Text> {
    let seats = floor.on_call().map(|on_call| on_call.seats.as_slice()).unwrap_or_default();
    let named = seats.iter().filter(|seat| !seat.duty.people.is_empty()).map(|seat| {
        let people: Vec<&str> = seat.duty.people.iter().map(Text::as_str).collect();
        Text::scrub(&format!("{}: {}", seat.name, people.join(", ")))
    });
    named.collect()
}

/// A message of our own.
fn word(said: &str, key: u64) -> Message {
    Message {
        kind: Kind::Word,
        key,
        title: Text::scrub(said),
        common: Labels::default(),
        alerts: Vec::new(),
        n_more: 0,
        on_call: Vec::new(),
        link: None,
        is_drill: false,
    }
}

fn key_of(about: &str) -> u64 {
    AlertId::of(&Text::scrub(about), &Labels::default()).0
}
