//! The keeper: one thread that owns the state file, so that nobody else ever waits for a disk.
//!
//! What is to be put on record is handed over and forgotten; what was recorded comes back as facts, read from the file
//! itself: what this process wrote and what others wrote come the same way, in one order. So nothing is shown as saved
//! before it is, and every console on a state folder shows the same.
//!
//! While the disk refuses, what people did waits in memory and is tried again every three seconds ([`Fact::Unsaved`] says
//! so); what hosts told is shown all the same, with one warning.

use std::{
    path::PathBuf,
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};

use crate::{
    domain::{incident::IncidentKey, rota::watched::Watched, sla::Policy},
    floor::{
        entry::Entry,
        fact::{Fact, Role},
        glance::Glance,
    },
    shell::{
        clock::Clock,
        store::{Did, Heard, Store, StoreError},
    },
    text::Text,
};

mod desk;
mod tell;
mod waiting;

pub use desk::on_a_network;
pub use tell::Teller;
use waiting::Write;

/// Where the state file is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a folder.
    Folder(PathBuf),
    /// In memory: it ends with the process.
    Memory,
    /// Nowhere, and why.
    Nowhere(Text),
}

/// A handle on the thread that owns the state file. Cheap to clone; no call waits for a disk unless it says so.
#[derive(Debug, Clone)]
pub struct Keeper {
    jobs: mpsc::Sender<Job>,
    role: watch::Receiver<Role>,
}

/// What the store knows at the start.
#[derive(Debug, Default)]
pub struct Remembered {
    /// Incidents, judged; empty where they are among the facts, and where there is a glance.
    pub entries: Vec<Entry>,
    /// The first rows and the figures over all: then [`Keeper::recall`] brings the rest.
    pub glance: Option<Glance>,
    /// Everything else.
    pub facts: Vec<Fact>,
}

/// Something to be done once with the store, or without it.
type Once = Box<dyn FnOnce(Result<&mut Store, &StoreError>) + Send>;

/// Something for the thread to do.
enum Job {
    Write(Write),
    Run(Once),
    ReadBody(IncidentKey),
    Remember(Asked, oneshot::Sender<Remembered>),
    Recall(Box<Policy>),
    KeepBriefs(Box<Policy>, Option<oneshot::Sender<()>>),
    Lead(oneshot::Sender<Role>),
    Stand,
    End(oneshot::Sender<usize>),
}

/// What of what the store knows is asked for.
enum Asked {
    Facts,
    Judged(Box<Policy>),
    Glance(Box<Policy>),
}

impl Keeper {
    /// Starts the thread. Facts go to `tell`; `names` are the sources' names by their numbers.
    pub fn start(place: Place, clock: Clock, names: Vec<Text>, tell: tokio::sync::mpsc::Sender<Fact>) -> Self {
        let (jobs, taken) = mpsc::channel();
        let (role_is, role) = watch::channel(Role::Alone);
        let desk = desk::Desk::new(place, clock, Teller::new(names), tell, role_is);
        // Where no thread is left, every job is refused in words.
        let _ = std::thread::Builder::new().name("keeper".to_owned()).spawn(move || run(desk, &taken));
        Self { jobs, role }
    }

    /// A keeper of a store in memory that tells nobody: for what is given one and keeps little in it.
    pub fn in_memory() -> Self {
        let (tell, _) = tokio::sync::mpsc::channel(1);
        Self::start(Place::Memory, Clock::Wall, Vec::new(), tell)
    }

    /// From now on looks every second at what others recorded, and leads if nobody else does. A command that prints and ends
    /// does neither.
    pub fn stand(&self) {
        self.send(Job::Stand);
    }

    /// Which part this process plays now. Changes are told as [`Fact::Plays`] as well.
    pub fn role(&self) -> watch::Receiver<Role> {
        self.role.clone()
    }

    /// Puts on record what a source told; then it comes as facts. Where the disk refuses it comes as facts all the same.
    pub fn record(&self, heard: Heard) {
        self.send(Job::Write(Write::Heard(Box::new(heard))));
    }

    /// Puts on record what somebody did; it comes as facts once it is on disk.
    pub fn did(&self, deeds: Vec<Did>) {
        self.send(Job::Write(Write::Did(deeds)));
    }

    /// Puts on record who was seen on call by a roster's file.
    pub fn saw_on_call(&self, roster: String, seen: Vec<Watched>) {
        self.send(Job::Write(Write::Duty { roster, seen }));
    }

    /// Puts something else on record; it is tried again until the disk takes it.
    pub fn write(&self, write: impl FnMut(&mut Store) -> Result<(), StoreError> + Send + 'static) {
        self.send(Job::Write(Write::Other { write: Box::new(write), is_deed: true }));
    }

    /// As [`Keeper::write`], for what nobody did and what can be had again: it is not counted among what is unsaved.
    pub fn write_aside(&self, write: impl FnMut(&mut Store) -> Result<(), StoreError> + Send + 'static) {
        self.send(Job::Write(Write::Other { write: Box::new(write), is_deed: false }));
    }

    /// Reads an opening text; it comes as [`Fact::BodyRead`].
    pub fn read_body(&self, key: IncidentKey) {
        self.send(Job::ReadBody(key));
    }

    /// Does something with the store, once, and brings back what came of it. What it recorded is told at once.
    ///
    /// # Errors
    /// There is no store, or no thread: why, and what to do.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> Result<T, Text> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Run(Box::new(move |store| {
            // Whoever asked may have gone.
            let _ = reply.send(store.map(work).map_err(in_words));
        })));
        answer.await.unwrap_or_else(|_| Err(no_thread()))
    }

    /// As [`Keeper::with`], for a thread that may wait for a disk.
    ///
    /// # Errors
    /// As [`Keeper::with`].
    pub fn with_now<T: Send + 'static>(&self, work: impl FnOnce(&mut Store) -> T + Send + 'static) -> Result<T, Text> {
        let (reply, answer) = mpsc::channel();
        self.send(Job::Run(Box::new(move |store| {
            // Whoever asked may have gone.
            let _ = reply.send(store.map(work).map_err(in_words));
        })));
        answer.recv().unwrap_or_else(|_| Err(no_thread()))
    }

    /// What an earlier run, or another process, left on disk: for the first frame.
    pub async fn remembered(&self) -> Vec<Fact> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Remember(Asked::Facts, reply));
        answer.await.map_or_else(|_| vec![desk::unsaved_from_now_on(&no_thread())], |remembered| remembered.facts)
    }

    /// As [`Keeper::remembered`], with the incidents judged by the threads that read them: for a floor of this policy.
    pub async fn remembered_by(&self, policy: Policy) -> Remembered {
        self.judged(Asked::Judged(Box::new(policy))).await
    }

    /// As [`Keeper::remembered_by`], or only the first rows of it in the queue's own order with the figures over all, where
    /// these can be had sooner.
    pub async fn glance(&self, policy: Policy) -> Remembered {
        self.judged(Asked::Glance(Box::new(policy))).await
    }

    async fn judged(&self, asked: Asked) -> Remembered {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Remember(asked, reply));
        let gone = |_| Remembered { facts: vec![desk::unsaved_from_now_on(&no_thread())], ..Remembered::default() };
        answer.await.unwrap_or_else(gone)
    }

    /// Brings all that a glance showed the beginning of, as [`Fact::Recalled`].
    pub fn recall(&self, policy: Policy) {
        self.send(Job::Recall(Box::new(policy)));
    }

    /// Keeps in brief what is known, so that the next console has its first frame at once.
    pub fn keep_briefs(&self, policy: Policy) {
        self.send(Job::KeepBriefs(Box::new(policy), None));
    }

    /// As [`Keeper::keep_briefs`], for a process that ends: returns when it is done.
    pub async fn keep_briefs_now(&self, policy: Policy) {
        let (reply, answer) = oneshot::channel();
        self.send(Job::KeepBriefs(Box::new(policy), Some(reply)));
        // Where there is no thread nothing is kept.
        let _ = answer.await;
    }

    /// Tries to lead here and now; for a command that asks the hosts and ends. It leads until the process ends.
    pub async fn lead(&self) -> Role {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Lead(reply));
        answer.await.unwrap_or(Role::Alone)
    }

    /// Waits until all that was handed over is on disk, or for this long; returns how much of what people did is not, if
    /// that is known.
    pub fn close(&self, patience: Duration) -> Option<usize> {
        let (reply, mut answer) = oneshot::channel();
        self.send(Job::End(reply));
        let until = Instant::now() + patience;
        loop {
            match answer.try_recv() {
                Ok(n) => return Some(n),
                Err(oneshot::error::TryRecvError::Closed) => return None,
                Err(oneshot::error::TryRecvError::Empty) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(oneshot::error::TryRecvError::Empty) => return None,
            }
        }
    }

    fn send(&self, job: Job) {
        // A thread that ended takes nothing more; whoever waits for an answer hears that its end is gone.
        let _ = self.jobs.send(job);
    }
}

fn no_thread() -> Text {
    Text::scrub("the thread of the state file is gone: start again")
}

/// An error of the store with what to do about it.
pub fn in_words(error: &StoreError) -> Text {
    let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    Text::scrub(&format!("{error}{hint}"))
}

fn run(mut desk: desk::Desk, jobs: &mpsc::Receiver<Job>) {
    desk.open();
    loop {
        match jobs.recv_timeout(desk.until_next_look()) {
            Ok(Job::End(reply)) => {
                let _ = reply.send(desk.end());
                return;
            }
            Ok(job) => desk.take(job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        desk.look_if_due();
    }
}

#[cfg(test)]
mod tests;
