//! The thread's own state: the store, what waits for it, who leads, and how much was told.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::{
    Asked, Job, Place, in_words,
    tell::{Teller, in_parts},
    waiting::{Waiting, Write},
};
use crate::{
    domain::sla::Policy,
    floor::fact::{Fact, Role, Went},
    shell::{
        clock::Clock,
        store::{
            Deed, Store, StoreError,
            lead::{Claim, Part},
        },
    },
    text::Text,
};

mod glance;
mod known;

use known::Wanted;
pub use known::on_a_network;
pub(in crate::shell::keeper) use known::unsaved_from_now_on;

/// How often the store is looked at for what others recorded, and the lock is tried.
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// When the whole file is looked through, after the start.
const CHECKS_AFTER: Duration = Duration::from_secs(10);

/// How often a disk that refuses is tried again.
const TRIES_EVERY: Duration = Duration::from_secs(3);

pub(super) struct Desk {
    place: Place,
    /// It looks every second; a command that prints and ends does not.
    stands: bool,
    clock: Clock,
    teller: Teller,
    tell: mpsc::Sender<Fact>,
    role: watch::Sender<Role>,
    store: Result<Store, StoreError>,
    claim: Claim,
    /// The last fact that was told; nothing = the floor knows nothing of the store yet.
    told: Option<i64>,
    /// SQLite's mark of the file as last looked at.
    mark: Option<i64>,
    waiting: Waiting,
    /// Why what waits does so, as it was told.
    refusal: Option<Text>,
    /// How much waits and why, as it was told.
    told_unsaved: (usize, Option<Text>),
    /// The connection met an error that leaves the system's own memory in doubt.
    is_doubtful: bool,
    /// The floor wants to know what the store knows.
    is_asked: bool,
    is_role_told: bool,
    /// What a first frame showed the beginning of could not be read yet; it is judged by this.
    recalls: Option<Box<Policy>>,
    /// What incidents are judged by in this process, where it has said so: what is kept in brief is kept anew by it.
    policy: Option<Box<Policy>>,
    next_kept: Instant,
    next_look: Instant,
    next_try: Instant,
    /// The whole file is looked through once, when the first rush is over.
    check_at: Option<Instant>,
    is_lease_told: bool,
}

impl Desk {
    pub(super) fn new(
        place: Place,
        clock: Clock,
        teller: Teller,
        tell: mpsc::Sender<Fact>,
        role: watch::Sender<Role>,
    ) -> Self {
        let now = Instant::now();
        Self {
            place,
            stands: false,
            clock,
            teller,
            tell,
            role,
            store: Err(StoreError::Nowhere { why: Text::default() }),
            claim: Claim::new(),
            told: None,
            mark: None,
            waiting: Waiting::default(),
            refusal: None,
            told_unsaved: (0, None),
            is_doubtful: false,
            is_asked: false,
            is_role_told: false,
            recalls: None,
            policy: None,
            next_kept: now + glance::EVERY,
            next_look: now,
            next_try: now,
            check_at: now.checked_add(CHECKS_AFTER),
            is_lease_told: false,
        }
    }

    pub(super) fn open(&mut self) {
        self.store = match &self.place {
            Place::Folder(folder) => Store::open(folder, self.clock.now()),
            Place::Memory => Store::in_memory(),
            Place::Nowhere(why) => Err(StoreError::Nowhere { why: why.clone() }),
        };
        self.mark = None;
        self.next_try = Instant::now() + TRIES_EVERY;
    }

    pub(super) fn until_next_look(&self) -> Duration {
        let next = if self.stands {
            self.next_look
        } else if self.waiting.is_empty() {
            return Duration::from_secs(3_600);
        } else {
            self.next_try
        };
        next.saturating_duration_since(Instant::now())
    }

    pub(super) fn take(&mut self, job: Job) {
        match job {
            Job::Write(write) => self.write(write),
            Job::Run(work) => {
                work(self.store.as_mut().map_err(|error| &*error));
                self.tell_new();
            }
            Job::ReadBody(key) => {
                let read = self.store.as_ref().ok().map(|store| store.opening_text(&key));
                let body = match read {
                    Some(Ok(body)) => body.map(Box::new),
                    Some(Err(_)) | None => None,
                };
                self.say(Fact::BodyRead { key, body });
            }
            Job::Remember(asked, reply) => {
                let wanted = match &asked {
                    Asked::Facts => Wanted::Facts,
                    Asked::Judged(policy) => Wanted::Judged(policy),
                    Asked::Glance(policy) => Wanted::Glance(policy),
                };
                let remembered = self.remembered(wanted);
                // Nobody waits for it any more: it is told as everything else.
                if reply.send(remembered).is_err() {
                    let facts = self.remembered(Wanted::Facts).facts;
                    in_parts(facts).for_each(|fact| self.say(fact));
                }
            }
            Job::Recall(policy) => self.recall(policy),
            Job::KeepBriefs(policy, reply) => {
                self.keep_briefs(&policy);
                self.policy = Some(policy);
                // Whoever waited may have gone.
                let _ = reply.map(|reply| reply.send(()));
            }
            Job::Stand => self.stands = true,
            Job::Lead(reply) => {
                self.lead();
                let _ = reply.send(self.role.borrow().clone());
            }
            // Dealt with by whoever runs this.
            Job::End(_) => {}
        }
    }

    /// Tries a last time; returns how much of what people did is on no disk.
    pub(super) fn end(&mut self) -> usize {
        if !self.waiting.is_empty() {
            self.try_again();
        }
        self.waiting.n_deeds()
    }

    pub(super) fn look_if_due(&mut self) {
        let now = Instant::now();
        let lacks = self.stands && (self.store.is_err() || self.recalls.is_some());
        if self.next_try <= now && (!self.waiting.is_empty() || lacks) {
            self.try_again();
        }
        if !self.stands || now < self.next_look {
            return;
        }
        self.next_look = now + LOOKS_EVERY;
        self.lead();
        if self.is_changed() {
            self.tell_new();
        }
        self.keep_briefs_if_due(now);
        if self.check_at.is_some_and(|at| at <= now) {
            self.check_at = None;
            self.check();
        }
    }

    fn write(&mut self, mut write: Write) {
        let now = self.clock.now();
        // What waits comes first: facts are numbered in the order in which they happened.
        let is_free = self.waiting.is_empty();
        let error = match &mut self.store {
            Ok(store) if is_free => match write.perform(store, now) {
                Ok(()) => return self.tell_new(),
                Err(error) => Some(error),
            },
            Ok(_) | Err(_) => None,
        };
        if let Write::Heard(heard) = &write {
            let facts = self.teller.directly(heard, now);
            in_parts(facts).for_each(|fact| self.say(fact));
        }
        self.waiting.push(write);
        match error {
            Some(error) => self.refused(error),
            None => self.say_unsaved(),
        }
    }

    /// The disk did not take what is to be put on record.
    fn refused(&mut self, error: StoreError) {
        self.refusal = Some(in_words(&error));
        match error {
            StoreError::Newer { .. } => self.give_up(),
            StoreError::Damaged { .. } => self.begin_anew(),
            // It is as it was; the other one ends its writing.
            StoreError::Busy { .. } => {}
            // After a failed flush nobody knows what the system still holds: all of it is written once more, from here, to a
            // file opened anew.
            StoreError::Full { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::Failed { .. }
            | StoreError::Folder { .. }
            | StoreError::Shared { .. }
            | StoreError::Link { .. }
            | StoreError::Nowhere { .. } => self.is_doubtful = true,
        }
        self.next_try = Instant::now() + TRIES_EVERY;
        self.say_unsaved();
    }

    /// Nothing will ever be saved here: what people did is refused in words, and not kept waiting.
    fn give_up(&mut self) {
        let why = self.refusal.clone().unwrap_or_default();
        for did in self.waiting.take_deeds() {
            self.say(match did.deed {
                Deed::TakeOn => Fact::AckFailed { key: did.key, why: why.clone() },
                Deed::GiveBack | Deed::Snooze(_) | Deed::Wake => {
                    Fact::NotIntended { keys: vec![did.key], why: why.clone() }
                }
            });
        }
    }

    /// The file turned out to be damaged: if it truly is, it is put aside and a new one begun.
    fn begin_anew(&mut self) {
        let Place::Folder(folder) = &self.place else { return };
        self.store = Err(StoreError::Nowhere { why: Text::scrub("it is looked through") });
        self.store = Store::open_doubted(folder, self.clock.now());
        self.mark = None;
        if let Some(what) = self.store.as_ref().ok().and_then(Store::loss) {
            self.told = Some(0);
            self.say(Fact::Told { what, went: Went::Badly });
        }
    }

    fn try_again(&mut self) {
        self.next_try = Instant::now() + TRIES_EVERY;
        if self.store.is_err() || self.is_doubtful {
            // The old connection first gives back what it holds.
            self.store = Err(StoreError::Nowhere { why: Text::default() });
            self.is_doubtful = false;
            self.open();
        }
        let now = self.clock.now();
        let store = match &mut self.store {
            Ok(store) => store,
            Err(error) => {
                self.refusal = Some(in_words(error));
                return self.say_unsaved();
            }
        };
        while let Some(first) = self.waiting.first() {
            if let Err(error) = first.perform(store, now) {
                return self.refused(error);
            }
            self.waiting.drop_first();
        }
        if let Some(policy) = self.recalls.take() {
            self.recall(policy);
        }
        if self.told.is_some() {
            self.tell_new();
        } else if self.is_asked {
            let facts = self.remembered(Wanted::Facts).facts;
            in_parts(facts).for_each(|fact| self.say(fact));
        }
        if self.store.is_ok() {
            self.refusal = None;
            self.say_unsaved();
        }
    }

    /// Says how much waits for the disk, and why, where that has changed.
    fn say_unsaved(&mut self) {
        let n = self.waiting.n_deeds();
        let now = (n, self.refusal.clone());
        if now != self.told_unsaved {
            self.told_unsaved = now.clone();
            let (n, why) = now;
            self.say(Fact::Unsaved { n, why });
        }
    }

    /// Whether somebody else wrote since the last look; costs next to nothing.
    fn is_changed(&mut self) -> bool {
        let Ok(store) = &self.store else { return false };
        // A file that cannot be looked at now is looked at again in a second.
        let Ok(mark) = store.data_version() else { return false };
        let was = self.mark.replace(mark);
        was != Some(mark)
    }

    fn tell_new(&mut self) {
        let Some(mut seq) = self.told else { return };
        loop {
            let Ok(store) = &self.store else { return };
            // What cannot be read now is read at the next look.
            let Ok(rows) = store.facts_after(seq) else {
                self.mark = None;
                return;
            };
            let Some(last) = rows.last() else { return };
            seq = last.seq;
            self.told = Some(seq);
            let facts = self.teller.facts(&rows);
            in_parts(facts).for_each(|fact| self.say(fact));
        }
    }

    /// Tries to lead, and tells the part that is played now.
    fn lead(&mut self) {
        let role = match (&self.place, &mut self.store) {
            (Place::Folder(folder), Ok(store)) if store.writable().is_ok() => {
                match self.claim.try_lead(folder, store) {
                    Ok(Part::Leads) => Role::Syncs,
                    Ok(Part::Follows(who)) => Role::Follows { who },
                    // Nobody can know who leads; what is asked is asked for this process only.
                    Err(_) => Role::Alone,
                }
            }
            // A lock is held however the disk fares.
            (Place::Folder(_), _) if self.claim.is_held() && self.claim.without_locks().is_none() => Role::Syncs,
            (Place::Folder(_) | Place::Memory | Place::Nowhere(_), _) => Role::Alone,
        };
        if let Some(why) = self.claim.without_locks().filter(|_| !self.is_lease_told) {
            self.is_lease_told = true;
            self.say(Fact::Told { what: Text::scrub(&why), went: Went::Well });
        }
        if *self.role.borrow() != role || !self.is_role_told {
            self.is_role_told = true;
            self.role.send_replace(role.clone());
            self.say(Fact::Plays(role));
        }
    }

    fn check(&mut self) {
        let checked = self.store.as_ref().map_or(Ok(()), Store::check);
        if let Err(error @ StoreError::Damaged { .. }) = checked {
            self.refusal = Some(in_words(&error));
            self.begin_anew();
            self.refusal = None;
        }
    }

    fn say(&self, fact: Fact) {
        // When nobody listens any more the program is ending.
        let _ = self.tell.blocking_send(fact);
    }
}
