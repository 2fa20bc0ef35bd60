//! Performs effects and brings back facts: the live world behind files and hosts, or a simulated one.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use crate::{
    config::ReleaseSettings,
    demo::World,
    domain::incident::Login,
    domain::release::Digest,
    floor::{
        effect::Effect,
        fact::{Fact, SourceId},
    },
    shell::{
        clock::Clock,
        disk,
        files::{self, FileSource},
    },
    source::checklist::{self, ToggleError},
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
    files: Arc<Mutex<BTreeMap<SourceId, FileSource>>>,
    release: Option<(SourceId, ReleaseSettings)>,
    tell: mpsc::Sender<Fact>,
    due: Vec<SourceId>,
}

impl Engine {
    /// An engine over these sources; the facts come out of the receiver.
    pub fn new(
        clock: Clock,
        me: Login,
        files: BTreeMap<SourceId, FileSource>,
        release: Option<(SourceId, ReleaseSettings)>,
    ) -> (Self, mpsc::Receiver<Fact>) {
        let (tell, facts) = mpsc::channel(FACTS_WAITING);
        (Self { clock, me, files: Arc::new(Mutex::new(files)), release, tell, due: Vec::new() }, facts)
    }

    /// Performs one effect. What can be told at once is returned; the rest comes as facts.
    pub fn perform(&mut self, effect: Effect) -> Vec<Fact> {
        match effect {
            Effect::Poll(source) => {
                self.due.push(source);
                vec![Fact::Asked(source)]
            }
            Effect::Acknowledge(key) => {
                vec![Fact::Acknowledged { key, by: self.me.clone(), at: self.clock.now() }]
            }
            Effect::Toggle { path, line, seen } => vec![self.toggle(&path, line, seen)],
            Effect::Copy(_) | Effect::Browse(_) | Effect::Edit { .. } => Vec::new(),
            Effect::Suspend | Effect::Redraw | Effect::Quit => Vec::new(),
        }
    }

    /// The file behind a checklist's shown path.
    pub fn real_path(&self, shown: &Text) -> Option<PathBuf> {
        self.release.as_ref().and_then(|(_, settings)| files::path_of_checklist(settings, shown))
    }

    /// Reads the sources that fell due, all in one go on a thread that may wait for a disk.
    pub fn start_reading(&mut self) {
        if self.due.is_empty() {
            return;
        }
        let due = std::mem::take(&mut self.due);
        let (files, tell, clock) = (Arc::clone(&self.files), self.tell.clone(), self.clock);
        tokio::task::spawn_blocking(move || {
            for source in due {
                let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(file) = files.get_mut(&source) else { continue };
                // When nobody listens any more the program is ending.
                file.poll(source, clock.now(), &mut |fact| drop(tell.blocking_send(fact)));
            }
        });
    }

    /// Reads one source here and now: for commands that print and end.
    pub fn read_now(&mut self, source: SourceId) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get_mut(&source) {
            file.poll(source, self.clock.now(), &mut |fact| facts.push(fact));
        }
        facts
    }

    /// Changes one box in its file, if the file is still the one the person saw.
    fn toggle(&mut self, shown: &Text, line: usize, seen: Digest) -> Fact {
        let fail = |why: &str| Fact::ToggleFailed { path: shown.clone(), line, why: Text::scrub(why) };
        let Some(path) = self.real_path(shown) else { return fail("the file is not one of the checklists") };
        match toggle_file(&path, line, seen) {
            Ok(checklist) => Fact::Toggled { checklist: Box::new(checklist), line },
            Err(why) => {
                // Whatever changed the file: read it again at once, so that the next try is on what is there.
                if let Some((source, _)) = &self.release {
                    let source = *source;
                    if let Some(file) = self.files.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&source) {
                        file.forget();
                    }
                    self.due.push(source);
                }
                fail(&why)
            }
        }
    }
}

/// Changes one box in a file. Returns the checklist as it is now.
///
/// # Errors
/// Why not, in words; the file is as it was.
pub fn toggle_file(
    path: &std::path::Path,
    line: usize,
    seen: Digest,
) -> Result<crate::domain::release::Checklist, String> {
    let bytes = disk::read(path, checklist::LIMIT_BYTES).map_err(|e| disk::why(&e))?;
    let name = path.to_string_lossy();
    let list = checklist::read(&name, &bytes).map_err(|e| e.to_string())?;
    let item = list.items.iter().find(|item| item.line == line);
    let changed = match item {
        Some(item) => checklist::toggle(&bytes, item, seen),
        None => Err(ToggleError::Changed),
    };
    let changed = changed.map_err(|e| format!("{e}; it is read again now"))?;
    // Between our reading and our writing somebody may have saved: look once more, as late as can be.
    if disk::read(path, checklist::LIMIT_BYTES).map_err(|e| disk::why(&e))? != bytes {
        return Err(format!("{}; it is read again now", ToggleError::Changed));
    }
    disk::write_whole(path, &changed).map_err(|e| disk::why(&e))?;
    checklist::read(&name, &changed).map_err(|e| e.to_string())
}

impl Outside {
    /// Performs one effect; returns what can be told at once.
    pub fn perform(&mut self, effect: Effect, now: DateTime<Utc>) -> Vec<Fact> {
        match self {
            Self::Live(engine) => engine.perform(effect),
            Self::Demo(world) => world.perform(&effect, now),
        }
    }

    /// Begins whatever fell due; returns what happened in a simulated world meanwhile.
    pub fn turn(&mut self, now: DateTime<Utc>) -> Vec<Fact> {
        match self {
            Self::Live(engine) => {
                engine.start_reading();
                Vec::new()
            }
            Self::Demo(world) => world.until(now),
        }
    }
}
