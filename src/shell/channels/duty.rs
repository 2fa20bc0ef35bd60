//! The duty to tell: what fires on the floor goes through the dispatcher to the courier, each second, while this process
//! leads.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::{
    config::notify::{Channel, NotifySettings, Pulse},
    domain::{
        alert::book::Snapshot,
        notify::{Kind, Notice, message::NoticeId},
        time::rfc3339,
    },
    floor::{Floor, escalation::Due},
    shell::{
        channels::{
            heart::{self, Manager},
            hosts::Hosts,
            leading::Leading,
            ledger::Ledger,
            own::Figures,
            words::{key_of, on_call, word},
        },
        clock::Clock,
        disk,
    },
    text::counted,
};

/// How often silences are read anew: somebody may have made one with the command.
const SILENCES_EVERY: Duration = Duration::from_secs(3);

/// How often the own figures are written.
const FIGURES_EVERY: Duration = Duration::from_secs(15);

/// Until sources that do not answer are no longer waited for before it is said that the watcher is ready.
const READY_AFTER: Duration = Duration::from_secs(20);

/// How often files are looked at, and bounds judged: what a rule's way to the channel is counted with.
pub const SCRAPE: TimeDelta = TimeDelta::seconds(2);

/// How often it is looked whether everything is told.
const LOOKS_EVERY: Duration = Duration::from_millis(50);

/// What became of telling once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Once {
    /// Notices that a channel took.
    pub n_told: usize,
    /// Notices that none did: they are tried again the next time, or were given up.
    pub n_left: usize,
}

/// The duty.
#[derive(Debug)]
pub struct Duty {
    settings: NotifySettings,
    hosts: Hosts,
    folder: Option<PathBuf>,
    clock: Clock,
    leading: Option<Leading>,
    manager: Manager,
    figures: Figures,
    beat: Arc<AtomicU64>,
    began: Instant,
    is_ready: bool,
    next: Next,
    unwritten: Unwritten,
}

/// Files that could not be written at the last try, and why: said once, and once an hour while it lasts.
#[derive(Debug, Default)]
struct Unwritten {
    files: BTreeMap<&'static str, (String, Instant)>,
}

/// How often it is said that a file cannot be written.
const SAID_EVERY: Duration = Duration::from_secs(3_600);

impl Unwritten {
    /// A line for a file that was written or was not: why.
    fn said(&mut self, what: &'static str, path: &Path, why: Option<String>) -> Option<String> {
        let Some(why) = why else {
            return self.files.remove(what).map(|_| format!("the {what} is written again"));
        };
        let is_said = |(known, at): &(String, Instant)| *known == why && at.elapsed() < SAID_EVERY;
        if self.files.get(what).is_some_and(is_said) {
            return None;
        }
        self.files.insert(what, (why.clone(), Instant::now()));
        Some(format!("error: the {what} {} is not written: {why}", path.to_string_lossy()))
    }
}

/// When what is done now and then is done next.
#[derive(Debug, Default)]
struct Next {
    watchdog: Option<Instant>,
    heartbeat: Option<Instant>,
    figures: Option<Instant>,
    silences: Option<Instant>,
}

impl Duty {
    /// Begins; what has to be on disk is in this folder.
    pub fn begin(settings: NotifySettings, folder: Option<PathBuf>, clock: Clock) -> Self {
        let manager = Manager::of(&|name| std::env::var_os(name), std::process::id());
        Self {
            settings,
            hosts: Hosts::default(),
            folder,
            clock,
            leading: None,
            manager,
            figures: Figures::default(),
            beat: Arc::new(AtomicU64::new(0)),
            began: Instant::now(),
            is_ready: false,
            next: Next::default(),
            unwritten: Unwritten::default(),
        }
    }

    /// Gives it the hosts at which issues may be opened.
    #[must_use]
    pub fn with_hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// How the rules stood when that was last written down (R42).
    pub fn book(&self) -> Option<Snapshot> {
        let ledger = self.folder.as_ref().and_then(|folder| Ledger::open(folder).ok());
        ledger.and_then(|ledger| ledger.book(None).ok().flatten()).map(|(_, book)| book)
    }

    /// Goes by a clock that was moved.
    pub fn jumped(&mut self, by: TimeDelta) {
        if let Some(leading) = &mut self.leading {
            leading.jumped(by);
        }
    }

    /// Does what is due; to be called each second. Returns lines for the log.
    pub fn tick(&mut self, floor: &Floor, leads: bool, now: DateTime<Utc>) -> Vec<String> {
        self.beat.fetch_add(1, Ordering::Relaxed);
        let mut lines = Vec::new();
        // A sign of life is given though nobody is told of anything.
        let watch = &self.settings.watch;
        let is_asked = !self.settings.channels.is_empty() || watch.heartbeat.is_some() || watch.textfile.is_some();
        if leads && self.leading.is_none() && is_asked {
            lines.extend(self.lead());
        }
        self.ready(floor);
        let is_loaded = self.is_ready;
        if let Some(leading) = &mut self.leading {
            lines.extend(leading.hear(&mut self.figures, &self.settings, now));
            if due(&mut self.next.silences, SILENCES_EVERY) {
                leading.read_silences(&self.settings);
                leading.warn(&self.settings, now);
                lines.extend(leading.keep());
            }
            if is_loaded {
                leading.dispatch(floor, &self.settings, now);
                lines.extend(leading.keep_steps(floor, now));
            }
        }
        lines.extend(self.live(floor, now));
        lines
    }

    /// Has somebody told of steps of escalations. Returns lines for the log.
    pub fn escalate(&mut self, due: &[Due], floor: &Floor, now: DateTime<Utc>) -> Vec<String> {
        let Some(leading) = &mut self.leading else { return Vec::new() };
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
                notices.push(Notice { id, channel: channel.name.clone(), since, message, parts: Vec::new() });
            }
        }
        let is_nobody = notices.is_empty();
        leading.tell(notices);
        let line = "note: no channel takes escalations: write escalations = true in a [[channel]]".to_owned();
        is_nobody.then_some(line).into_iter().collect()
    }

    /// Tells at once what fires, for those who look once and go: groups wait for nothing, and delivery until it is done, or
    /// until then. Returns lines for the log, and what became of it.
    pub async fn once(&mut self, floor: &Floor, until: Instant, now: DateTime<Utc>) -> (Vec<String>, Once) {
        if self.settings.channels.is_empty() {
            return (Vec::new(), Once::default());
        }
        let mut lines = self.lead();
        let Some(leading) = &mut self.leading else { return (lines, Once { n_told: 0, n_left: 1 }) };
        let outbox = self.hosts.deliver(&self.settings);
        lines.extend(outbox.as_ref().err().map(|why| format!("error: the outbox is not delivered: {why}")));
        leading.read_silences(&self.settings);
        leading.hurry(floor, &self.settings, now);
        lines.extend(leading.keep());
        while 0 < leading.n_left() && Instant::now() < until {
            tokio::time::sleep(LOOKS_EVERY).await;
            // Waiting is no standing still: it ends by its own limit.
            self.beat.fetch_add(1, Ordering::Relaxed);
            lines.extend(leading.hear(&mut self.figures, &self.settings, now));
        }
        if let Ok(Some(outbox)) = outbox {
            outbox.end().await;
        }
        let once = Once { n_told: leading.n_told(), n_left: leading.n_left().saturating_add(leading.n_given_up()) };
        (lines, once)
    }

    /// Says that it ends, and ends.
    pub fn end(self) {
        self.manager.say("STOPPING=1");
        if let Some(leading) = self.leading {
            leading.end();
        }
    }

    fn lead(&mut self) -> Vec<String> {
        let (leading, mut lines) = Leading::begin(&self.settings, &self.hosts, self.folder.as_deref(), self.clock);
        if let Some(leading) = leading {
            let beats = vec![("the loop", Arc::clone(&self.beat)), ("delivery", leading.beat())];
            if heart::watch_over(beats, stuck).is_err() {
                lines.push("note: the machine gives no thread for the watchdog".to_owned());
            }
            self.leading = Some(leading);
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
            let n_firing = self.leading.as_ref().map_or(0, Leading::n_firing);
            let n = counted(n_firing, "alert fires", "alerts fire");
            let sources = counted(floor.sources.len(), "source", "sources");
            self.manager.say(&format!("WATCHDOG=1\nSTATUS={sources}; {n}"));
        }
        let Some(leading) = &mut self.leading else { return lines };
        if let Some(heartbeat) = &self.settings.watch.heartbeat {
            let every = heartbeat.every.to_std().unwrap_or(Duration::from_secs(60));
            if is_alive && due(&mut self.next.heartbeat, every) {
                match &heartbeat.to {
                    Pulse::Http(to) => leading.pulse(to.clone()),
                    Pulse::File(path) => {
                        let written = disk::put(path, format!("{}\n", rfc3339(now)).as_bytes());
                        let why = written.err().map(|e| disk::why(&e));
                        lines.extend(self.unwritten.said("heartbeat_file", path, why));
                    }
                }
            }
        }
        if let Some(why) = leading.pulse_failed() {
            lines.push(format!("heartbeat: not taken: {why}"));
        }
        if let Some(path) = &self.settings.watch.textfile
            && due(&mut self.next.figures, FIGURES_EVERY)
        {
            let text = self.figures.render(leading.n_firing(), floor.pool().n_left_out(), now.timestamp());
            let written = disk::put(path, text.as_bytes());
            lines.extend(self.unwritten.said("textfile", path, written.err().map(|e| disk::why(&e))));
        }
        lines
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::notify::ChannelKind,
        domain::{sla::Policy, zone::Zone},
        shell::channels::samples::at,
        text::Text,
    };

    #[test]
    fn a_file_that_cannot_be_written_is_said_once_and_when_it_can_be_again() {
        let mut unwritten = Unwritten::default();
        let path = Path::new("/none/alive");
        let mut said = |why: Option<&str>| unwritten.said("textfile", path, why.map(str::to_owned));
        assert_eq!(said(None), None);
        assert_eq!(said(Some("no")).unwrap(), "error: the textfile /none/alive is not written: no");
        assert_eq!(said(Some("no")), None);
        assert!(said(Some("other")).is_some());
        assert_eq!(said(None).unwrap(), "the textfile is written again");
    }

    #[tokio::test]
    async fn a_sign_of_life_that_cannot_be_given_is_said_though_no_channel_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = NotifySettings::default();
        settings.watch.textfile = Some(folder.path().join("none/figures.prom"));
        let mut duty = Duty::begin(settings, Some(folder.path().to_owned()), Clock::Wall);
        let floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let lines = duty.tick(&floor, true, Clock::Wall.now());
        assert!(lines.iter().any(|line| line.contains("the textfile")), "{lines:?}");
        duty.end();
    }

    #[tokio::test]
    async fn waiting_for_a_channel_that_takes_nothing_is_no_standing_still() {
        let folder = tempfile::tempdir().unwrap();
        let dead = Channel {
            name: Text::scrub("dead"),
            kind: ChannelKind::File { path: folder.path().join("no/such/folder/told.jsonl") },
            timeout: TimeDelta::seconds(1),
            rate: None,
            has_escalations: false,
            people: Vec::new(),
        };
        let message = word("the disk is full", 7);
        let notice = Notice { id: NoticeId(7), channel: dead.name.clone(), since: at(), message, parts: Vec::new() };
        Ledger::open(folder.path()).unwrap().intend(&[notice], &[], at()).unwrap();
        let settings = NotifySettings { channels: vec![dead], ..NotifySettings::default() };
        let floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let mut duty = Duty::begin(settings, Some(folder.path().to_owned()), Clock::Wall);
        let (_, told) = duty.once(&floor, Instant::now() + Duration::from_secs(3), at()).await;
        let n_beats = duty.beat.load(Ordering::Relaxed);
        duty.end();
        assert_eq!(told, Once { n_told: 0, n_left: 1 });
        assert!(1 <= n_beats, "the guard saw no beat");
    }
}
