//! Performs effects and brings back facts: the live world behind files and hosts, or a simulated one.

mod alerts;
mod duty;
mod note;
mod outside;
mod overrides;
mod past;
pub mod post;
mod reading;
mod remotes;
mod runbook;
mod toggle;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use tokio::sync::mpsc;

pub use self::toggle::{Ticked, Wanted, toggle_file};
use crate::{
    config::ReleaseSettings,
    demo::World,
    domain::{
        incident::{IncidentKey, Login},
        intent::{Progress, Target},
        sla::Policy,
        trouble::Trouble,
    },
    floor::{
        Floor,
        effect::Effect,
        escalation,
        fact::{Fact, Role, SourceId, Went},
    },
    shell::{
        channels::Handling,
        clock::Clock,
        feeds::metric::measuring::Measuring,
        files::{self, FileSource, lock},
        keeper::{self, Keeper, Remembered},
        roster_file::RosterFile,
        store::{Deed, Did, StoreError},
        sync::{Handle, HostSync},
    },
    text::Text,
};

/// Facts that wait for the loop; beyond that whoever brings them waits.
const FACTS_WAITING: usize = 256;

/// What answers effects.
pub enum Outside {
    /// Files and hosts.
    Live(Box<Engine>),
    /// A simulated world.
    Demo(Box<World>),
}

/// Performs effects on files and hosts.
pub struct Engine {
    clock: Clock,
    me: Login,
    files: BTreeMap<SourceId, Arc<Mutex<FileSource>>>,
    /// Hosts that were not asked yet, and those that are.
    hosts: Vec<HostSync>,
    asked: BTreeMap<SourceId, Handle>,
    /// Sources that were read once, for a command that prints and ends.
    read: std::collections::BTreeSet<SourceId>,
    keeper: Keeper,
    release: Option<(SourceId, ReleaseSettings)>,
    /// The roster file that overrides are written into; nothing for a calendar.
    roster: Option<(SourceId, RosterFile)>,
    /// The roster's path, a file's or a calendar's: the record of who was on call is kept for each by itself.
    roster_path: Option<PathBuf>,
    /// The record of what is done, with the source that reads it, and where what was seen is put.
    tending: Option<(SourceId, PathBuf, Option<PathBuf>)>,
    tell: mpsc::Sender<Fact>,
    due: Vec<SourceId>,
    post: post::Post,
    remotes: remotes::Remotes,
    measuring: Option<Arc<Measuring>>,
    handling: Option<Handling>,
    lively: reading::Lively,
}

/// What an engine works on.
pub struct Sources {
    /// Files, by source.
    pub files: BTreeMap<SourceId, FileSource>,
    /// Hosts, each with its sources.
    pub hosts: Vec<HostSync>,
    /// The release in preparation, with its source.
    pub release: Option<(SourceId, ReleaseSettings)>,
}

impl Engine {
    /// Where facts go in, and where they come out.
    pub fn channel() -> (mpsc::Sender<Fact>, mpsc::Receiver<Fact>) {
        mpsc::channel(FACTS_WAITING)
    }

    /// An engine over these sources; the facts go where the keeper's go.
    pub fn new(clock: Clock, me: Login, sources: Sources, keeper: Keeper, tell: mpsc::Sender<Fact>) -> Self {
        let Sources { files, hosts, release } = sources;
        let roster = files.iter().find_map(|(id, file)| Some((*id, file.roster_file()?)));
        let mut files = files;
        let roster_path = files.values_mut().find_map(|file| Some(file.as_roster()?.path().to_path_buf()));
        if let Some(roster) = files.values_mut().find_map(FileSource::as_roster) {
            roster.keep_in(keeper.clone());
        }
        let tending = files.iter().find_map(|(id, file)| file.record().map(|(record, seen)| (*id, record, seen)));
        let files = files.into_iter().map(|(id, file)| (id, Arc::new(Mutex::new(file)))).collect();
        let (asked, read, due) = (BTreeMap::new(), std::collections::BTreeSet::new(), Vec::new());
        let (post, measuring, remotes, handling) = (post::Post::default(), None, remotes::Remotes::default(), None);
        Self {
            clock,
            me,
            files,
            hosts,
            asked,
            read,
            keeper,
            release,
            roster,
            roster_path,
            tending,
            tell,
            due,
            post,
            remotes,
            measuring,
            handling,
            lively: reading::Lively::default(),
        }
    }

    /// With what reads metric files once for all.
    pub fn with_measuring(self, measuring: Arc<Measuring>) -> Self {
        Self { measuring: Some(measuring), ..self }
    }

    /// What reads metric files: a process that ends has it put on disk what is not there yet.
    pub fn measuring(&self) -> Option<Arc<Measuring>> {
        self.measuring.clone()
    }

    /// What owns the state file.
    pub fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// Where each host's token came from, in the order of the sources; nothing for one that has none.
    pub async fn tokens(&self) -> Vec<Option<String>> {
        let mut found = Vec::new();
        for host in &self.hosts {
            found.push(host.token_from().await);
        }
        found
    }

    /// What an earlier run left on disk: who took what on, and what hosts last said. For the first frame.
    pub async fn remembered(&self) -> Vec<Fact> {
        self.keeper.remembered().await
    }

    /// As [`Engine::remembered`], with incidents judged by this policy: for a console, whose first frame waits for it.
    pub async fn remembered_by(&self, policy: Policy) -> Remembered {
        self.keeper.remembered_by(policy).await
    }

    /// As [`Engine::remembered_by`], or only the first rows of it, see [`Keeper::glance`].
    pub async fn glance(&self, policy: Policy) -> Remembered {
        self.keeper.glance(policy).await
    }

    /// Has all read of which a first frame showed the beginning; it is told before anything newer. Where the first frame had to
    /// wait for all, the next one shall not.
    pub fn read_the_rest(&self, floor: &Floor) {
        let policy = floor.policy.clone();
        if floor.queue().is_glance() { self.keeper.recall(policy) } else { self.keeper.keep_briefs(policy) }
    }

    /// Performs one effect. What can be told at once is returned; the rest comes as facts.
    pub fn perform(&mut self, effect: Effect) -> Vec<Fact> {
        match effect {
            Effect::Poll(source) => {
                self.due.push(source);
                vec![Fact::Asked(source)]
            }
            Effect::Acknowledge(key) => self.did(vec![key], Deed::TakeOn),
            Effect::TakeBackAck(key) => self.did(vec![key], Deed::GiveBack),
            Effect::Snooze { keys, until } => self.did(keys, Deed::Snooze(until)),
            Effect::Wake(keys) => self.did(keys, Deed::Wake),
            Effect::ReadBody(key) => {
                self.keeper.read_body(key);
                Vec::new()
            }
            Effect::ReadRunbook(page) => {
                runbook::read(page, self.tell.clone());
                Vec::new()
            }
            Effect::Toggle { path, line, seen, mark, step } => self.toggle(&path, &Wanted { line, mark, seen, step }),
            Effect::Enter { path, deed, commit, reason } => self.enter(&path, deed, commit, reason),
            Effect::RecordDuty(seen) => {
                self.record(seen);
                Vec::new()
            }
            Effect::Note(note) => self.note(note),
            // Said at this screen, and nowhere else: nobody is called or written to.
            Effect::Escalate(due) => escalation::said(&due).into_iter().collect(),
            Effect::PreviewOverride { seat, change } => vec![self.preview_override(seat, change)],
            Effect::WriteOverride { seat, change, seen } => self.write_override(seat, change, seen),
            Effect::Intend(drafts) => {
                self.intend(drafts);
                Vec::new()
            }
            Effect::Cancel(id) => {
                self.step(id, true);
                Vec::new()
            }
            Effect::Retry(id) => {
                self.step(id, false);
                Vec::new()
            }
            Effect::TakeAlert { .. }
            | Effect::GiveAlertBack(_)
            | Effect::Silence(_)
            | Effect::EndSilence(_)
            | Effect::AlertsCleared(_)
            | Effect::ReadNotices { .. } => self.about_alerts(effect),
            Effect::SilenceAbroad { .. } | Effect::EndSilenceAbroad { .. } => {
                self.remotes.change(effect, &self.tell, self.clock)
            }
            Effect::Compose { .. } => Vec::new(),
            Effect::Copy(_) | Effect::CopyAll(_) | Effect::Browse(_) | Effect::Edit { .. } => Vec::new(),
            Effect::Suspend | Effect::Redraw | Effect::Quit => Vec::new(),
        }
    }

    /// Has it put on record what the person at the keyboard did; it is told once it is on disk.
    fn did(&self, keys: Vec<IncidentKey>, deed: Deed) -> Vec<Fact> {
        let (by, at) = (&self.me, self.clock.now());
        self.keeper.did(keys.into_iter().map(|key| Did { key, deed, by: by.clone(), at }).collect());
        Vec::new()
    }

    /// The file behind a checklist's shown path.
    pub fn real_path(&self, shown: &Text) -> Option<PathBuf> {
        self.release.as_ref().and_then(|(_, settings)| files::path_of_checklist(settings, shown))
    }

    /// Has a host look for changes; the first time its task is started, which from then on knows by itself when to ask.
    fn ask(&mut self, source: SourceId) {
        if let Some(handle) = self.asked.get(&source) {
            return handle.nudge(source);
        }
        let Some(at) = self.hosts.iter().position(|host| host.sources().any(|of| of == source)) else { return };
        let host = self.hosts.remove(at);
        let sources: Vec<SourceId> = host.sources().collect();
        let handle = host.start();
        self.asked.extend(sources.into_iter().map(|of| (of, handle.clone())));
    }

    /// Has read again from its host what was just changed there, so that nobody looks at what was for a whole round more.
    /// The floor has not taken the fact yet.
    pub fn follow_up(&self, fact: &Fact, floor: &Floor) {
        let Fact::Progressed { id, progress: Progress::Done { .. }, .. } = fact else { return };
        match floor.outbox().find(id).map(|intent| &intent.target) {
            Some(Target::Incident(key)) => self.asked.values().for_each(|handle| handle.look_at(key)),
            Some(Target::Repository(_)) => self.asked.iter().for_each(|(source, handle)| handle.nudge(*source)),
            None => {}
        }
    }

    /// Looks at the files of one source here and now, and asks no host.
    pub fn look(&self, source: SourceId) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some(file) = self.files.get(&source) {
            lock(file).poll(source, self.clock.now(), &mut |fact| facts.push(fact));
        }
        facts
    }

    /// Reads one source here and now: for commands that print and end.
    pub async fn read_now(&mut self, source: SourceId) -> Vec<Fact> {
        if self.hosts.iter().any(|host| host.sources().any(|of| of == source)) {
            return self.read_host_now(source).await;
        }
        if let Some(told) = self.remotes.ask_now(source, self.clock).await {
            return told;
        }
        let mut facts = self.look(source);
        if let Some(file) = self.files.get(&source)
            && files::ask_calendars(file, self.clock).await
        {
            lock(file).poll(source, self.clock.now(), &mut |fact| facts.push(fact));
        }
        facts
    }

    async fn read_host_now(&mut self, source: SourceId) -> Vec<Fact> {
        // Sources of one host are read together; one that another process reads is told by what that one wrote down.
        if self.read.contains(&source) || matches!(self.keeper.lead().await, Role::Follows { .. }) {
            return Vec::new();
        }
        // Whoever keeps others from delivering while it reads delivers for them.
        if self.clock.runs() {
            self.mind_post();
        }
        let mut facts = Vec::new();
        if let Some(host) = self.hosts.iter().find(|host| host.sources().any(|of| of == source)) {
            self.read.extend(host.sources());
            if !host.read_once().await {
                // A host that failed has said why; one that was merely not read to the end in time has not.
                let why = Text::scrub("not all of it was read in time; what is shown may have changed since");
                let unread = |source| Fact::Failed { source, trouble: Trouble::Away, why: why.clone() };
                facts.extend(host.sources().map(unread));
            }
        }
        self.end_post().await;
        facts
    }
}

/// A change that everybody reads already and that a power cut may undo: said after the change itself, so that it is read.
fn doubtful(what: &Text, doubt: &str) -> Fact {
    Fact::Told { what: Text::scrub(&format!("{what}: {doubt}")), went: Went::Badly }
}

fn told_badly(error: &StoreError) -> Fact {
    Fact::Told { what: keeper::in_words(error), went: Went::Badly }
}
