//! What people do about alerts, on disk: who takes which on, silences. A thread of its own, so that no key waits for the
//! file; what another process wrote there is told as soon as it is seen.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{mpsc as facts, watch};

use crate::{
    domain::{
        alert::{AlertId, book::Taken},
        incident::Login,
        notify::{Silence, SilenceId},
        time::{between, rfc3339},
    },
    floor::{
        effect::Effect,
        fact::{Fact, Role, Went},
        handled::{Kept, NoticeStep},
    },
    shell::{
        channels::ledger::{FILE, Ledger},
        clock::Clock,
    },
    text::Text,
};

/// How often the file is looked at.
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// Whoever leads writes once a minute how alerts stand; what is older than this was left by one who is gone.
const FRESH: TimeDelta = TimeDelta::minutes(3);

/// What is asked of the thread.
#[derive(Debug)]
enum Wish {
    TakeOn { id: AlertId, since: DateTime<Utc> },
    GiveBack(AlertId),
    Silence(Box<Silence>),
    End(SilenceId),
    Cleared(Vec<AlertId>),
    Notices { id: AlertId, since: DateTime<Utc> },
}

/// What the thread works with.
#[derive(Debug)]
struct Desk {
    folder: PathBuf,
    /// Silences of the settings.
    silences: Vec<Silence>,
    me: Login,
    clock: Clock,
    role: watch::Receiver<Role>,
    ledger: Option<Ledger>,
    seen: Option<i64>,
    book_at: Option<DateTime<Utc>>,
}

/// The way to the thread. Ends it, once all that was asked is on disk.
#[derive(Debug)]
pub struct Handling {
    ask: Option<mpsc::Sender<Wish>>,
    thread: Option<JoinHandle<()>>,
}

impl Handling {
    /// Begins; what is known is told at once, and again whenever it changed.
    ///
    /// # Errors
    /// The machine gives no thread.
    pub fn begin(
        folder: PathBuf,
        silences: Vec<Silence>,
        me: Login,
        clock: Clock,
        role: watch::Receiver<Role>,
        tell: facts::Sender<Fact>,
    ) -> std::io::Result<Self> {
        let (ask, asked) = mpsc::channel();
        let mut desk = Desk { folder, silences, me, clock, role, ledger: None, seen: None, book_at: None };
        let thread = thread::Builder::new().name("alerts".to_owned()).spawn(move || desk.run(&asked, &tell))?;
        Ok(Self { ask: Some(ask), thread: Some(thread) })
    }

    /// Has an effect done that is about alerts; what came of it is told.
    pub fn perform(&self, effect: Effect) {
        let wish = match effect {
            Effect::TakeAlert { id, since } => Wish::TakeOn { id, since },
            Effect::GiveAlertBack(id) => Wish::GiveBack(id),
            Effect::Silence(silence) => Wish::Silence(silence),
            Effect::EndSilence(id) => Wish::End(id),
            Effect::AlertsCleared(ids) => Wish::Cleared(ids),
            Effect::ReadNotices { id, since } => Wish::Notices { id, since },
            _ => return,
        };
        if let Some(ask) = &self.ask {
            // The thread ends only when this way is closed.
            let _ = ask.send(wish);
        }
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            // It waits for the disk as long as SQLite does, and no longer.
            let _ = thread.join();
        }
    }
}

/// What people did about alerts, as the disk keeps it: for a command that prints and ends. Makes no file.
///
/// How alerts stand is told as the watcher wrote it down, unless that was too long ago: then nobody watches.
pub fn kept(folder: &Path, silences: &[Silence], now: DateTime<Utc>) -> Kept {
    let is_there = folder.join(FILE).exists();
    let ledger = is_there.then(|| Ledger::open(folder).ok()).flatten();
    let taken = ledger.as_ref().and_then(|ledger| ledger.taken_on().ok()).unwrap_or_default();
    let made = ledger.as_ref().and_then(|ledger| ledger.silences().ok()).unwrap_or_default();
    let issues = ledger.as_ref().and_then(|ledger| ledger.issues().ok()).unwrap_or_default();
    let silences = silences.iter().cloned().chain(made).collect();
    let book = ledger.as_ref().and_then(|ledger| ledger.book(None).ok()).flatten();
    let book = book.filter(|(at, _)| between(*at, now).abs() <= FRESH);
    let fired = ledger.filter(|_| book.is_some()).and_then(|ledger| ledger.fired().ok()).unwrap_or_default();
    Kept { taken, silences, book: book.map(|(_, book)| Box::new(book)), issues, fired }
}

impl Desk {
    fn run(&mut self, asked: &mpsc::Receiver<Wish>, tell: &facts::Sender<Fact>) {
        // Nobody listening means that the program is ending; what was asked is done all the same.
        let told = |facts: Vec<Fact>| facts.into_iter().for_each(|fact| drop(tell.blocking_send(fact)));
        told(vec![Fact::AlertsKept(Box::new(self.read().unwrap_or_else(|_| self.settings_alone())))]);
        loop {
            match asked.recv_timeout(LOOKS_EVERY) {
                Ok(wish) => told(self.grant(wish)),
                Err(RecvTimeoutError::Timeout) => told(self.look()),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn settings_alone(&self) -> Kept {
        Kept { silences: self.silences.clone(), ..Kept::default() }
    }

    /// The file, opened when it is needed; one that is only looked at is not made.
    fn ledger(&mut self, is_made: bool) -> Result<Option<&mut Ledger>, String> {
        if self.ledger.is_none() && (is_made || self.folder.join(FILE).exists()) {
            self.ledger = Some(Ledger::open(&self.folder)?);
        }
        Ok(self.ledger.as_mut())
    }

    fn look(&mut self) -> Vec<Fact> {
        let version = match self.ledger(false) {
            Ok(Some(ledger)) => ledger.data_version().ok(),
            Ok(None) | Err(_) => None,
        };
        if version.is_none() || version == self.seen {
            return Vec::new();
        }
        // A file that cannot be read now can be later: what was known stays.
        self.read().map(|kept| Fact::AlertsKept(Box::new(kept))).into_iter().collect()
    }

    fn read(&mut self) -> Result<Kept, String> {
        let follows = matches!(*self.role.borrow(), Role::Follows { .. });
        let (mut silences, book_at) = (self.silences.clone(), self.book_at);
        let Some(ledger) = self.ledger(false)? else { return Ok(self.settings_alone()) };
        let version = ledger.data_version()?;
        let taken = ledger.taken_on()?;
        silences.extend(ledger.silences()?);
        let issues = ledger.issues()?;
        let book = if follows { ledger.book(book_at)? } else { None };
        let fired = if follows { ledger.fired()? } else { Vec::new() };
        self.seen = Some(version);
        self.book_at = book.as_ref().map(|(at, _)| *at).or(self.book_at);
        Ok(Kept { taken, silences, book: book.map(|(_, book)| Box::new(book)), issues, fired })
    }

    /// Does what is asked, and tells what there is then.
    fn grant(&mut self, wish: Wish) -> Vec<Fact> {
        if let Wish::Notices { id, since } = wish {
            return vec![Fact::NoticesRead(id, self.notices(id, since).map_err(|why| Text::scrub(&why)))];
        }
        let is_quiet = matches!(wish, Wish::Cleared(_));
        let said = match self.done(wish) {
            Ok(said) => said.map(|what| (what, Went::Well)),
            // Whoever leads next forgets it then.
            Err(_) if is_quiet => None,
            Err(why) => Some((format!("not saved: {why}"), Went::Badly)),
        };
        let kept = self.read().ok().map(|kept| Fact::AlertsKept(Box::new(kept)));
        let told = said.map(|(what, went)| Fact::Told { what: Text::scrub(&what), went });
        kept.into_iter().chain(told).collect()
    }

    fn done(&mut self, wish: Wish) -> Result<Option<String>, String> {
        let (now, me) = (self.clock.now(), Text::scrub(self.me.as_str()));
        let leads = matches!(*self.role.borrow(), Role::Syncs | Role::Alone);
        let Some(ledger) = self.ledger(true)? else { return Ok(None) };
        Ok(match wish {
            Wish::TakeOn { id, since } => {
                let has_it = ledger.take_on(id, &Taken { by: me.clone(), at: now }, since)?;
                let said = if has_it == me { "taken on until it clears (saved)".to_owned() } else { String::new() };
                Some(if said.is_empty() { format!("{has_it} has taken it on before") } else { said })
            }
            Wish::GiveBack(id) => Some(match ledger.give_back(id)? {
                true => "given back (saved)".to_owned(),
                false => "nobody has taken it on".to_owned(),
            }),
            Wish::Silence(silence) => {
                let id = ledger.add_silence(&silence.checked()?)?;
                Some(format!("silence {id} (saved)"))
            }
            Wish::End(id) => Some(match ledger.expire(id, now)? {
                true => format!("silence {id} ended at {} (saved)", rfc3339(now)),
                false => format!("no silence {id} holds"),
            }),
            Wish::Cleared(ids) => {
                if leads {
                    ledger.cleared_by(&ids, now)?;
                }
                None
            }
            Wish::Notices { .. } => None,
        })
    }

    fn notices(&mut self, id: AlertId, since: DateTime<Utc>) -> Result<Vec<NoticeStep>, String> {
        let Some(ledger) = self.ledger(false)? else { return Ok(Vec::new()) };
        let steps = ledger.steps_about(&id.to_string(), since)?;
        let step = |step: crate::shell::channels::kept::Step| NoticeStep {
            channel: step.channel,
            state: Text::scrub(&step.state),
            at: step.changed,
            why: step.why,
        };
        Ok(steps.into_iter().map(step).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{notify::Matcher, time::plus};

    fn at() -> DateTime<Utc> {
        "2026-11-20T14:00:00Z".parse().unwrap()
    }

    /// One process on a folder, and what it tells.
    fn begin(folder: &Path, me: &str, role: Role) -> (Handling, facts::Receiver<Fact>) {
        let (tell, heard) = facts::channel(64);
        let role = watch::channel(role).1;
        let handling =
            Handling::begin(folder.to_path_buf(), Vec::new(), Login::new(me), Clock::Fixed(at()), role, tell).unwrap();
        (handling, heard)
    }

    fn next_kept(heard: &mut facts::Receiver<Fact>) -> Kept {
        loop {
            if let Fact::AlertsKept(kept) = heard.blocking_recv().unwrap() {
                return *kept;
            }
        }
    }

    fn follower() -> Role {
        Role::Follows { who: Text::default() }
    }

    fn silence() -> Silence {
        Silence {
            id: SilenceId(0),
            matchers: vec![Matcher::equal("alertname", "Slow")],
            from: at(),
            until: plus(at(), TimeDelta::hours(2)),
            author: Text::scrub("ann"),
            comment: Text::scrub("known"),
        }
    }

    #[test]
    fn what_one_process_did_another_one_on_the_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (leader, mut heard) = begin(folder.path(), "ben", Role::Syncs);
        assert_eq!(next_kept(&mut heard), Kept::default());
        assert!(!folder.path().join(FILE).exists());
        let (console, mut seen) = begin(folder.path(), "ann", follower());
        next_kept(&mut seen);
        console.perform(Effect::TakeAlert { id: AlertId(7), since: at() });
        console.perform(Effect::Silence(Box::new(silence())));
        next_kept(&mut seen);
        let own = next_kept(&mut seen);
        let mut told = next_kept(&mut heard);
        while told.silences.is_empty() {
            told = next_kept(&mut heard);
        }
        assert_eq!(told, own);
        assert_eq!(told.taken, [(AlertId(7), Taken { by: Text::scrub("ann"), at: at() })]);
        // Only whoever leads forgets what cleared.
        console.perform(Effect::AlertsCleared(vec![AlertId(7)]));
        assert_eq!(next_kept(&mut seen).taken.len(), 1);
        leader.perform(Effect::AlertsCleared(vec![AlertId(7)]));
        assert_eq!(next_kept(&mut heard).taken, []);
    }

    #[test]
    fn what_was_asked_for_is_on_disk_when_the_way_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let (console, heard) = begin(folder.path(), "ann", follower());
        drop(heard);
        console.perform(Effect::TakeAlert { id: AlertId(7), since: at() });
        console.perform(Effect::Silence(Box::new(silence())));
        drop(console);
        let kept = kept(folder.path(), &[], at());
        assert_eq!((kept.taken.len(), kept.silences.len()), (1, 1));
    }

    #[test]
    fn a_command_that_ends_is_told_how_alerts_stand_with_whoever_watches_while_somebody_does() {
        use crate::shell::channels::samples::alert;
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path()).unwrap();
        ledger.keep_fired(&[alert(1)], &[]).unwrap();
        ledger.keep_book(&crate::domain::alert::book::Snapshot::default(), at()).unwrap();
        let soon = kept(folder.path(), &[], plus(at(), TimeDelta::seconds(90)));
        assert_eq!((soon.fired, soon.book.is_some()), (vec![alert(1)], true));
        let late = kept(folder.path(), &[], plus(at(), TimeDelta::minutes(4)));
        assert_eq!((late.fired, late.book), (Vec::new(), None), "whoever watched is gone");
    }

    #[test]
    fn a_follower_is_told_how_the_rules_stand_with_whoever_leads_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path()).unwrap();
        ledger.keep_book(&crate::domain::alert::book::Snapshot::default(), at()).unwrap();
        let (console, mut seen) = begin(folder.path(), "ann", follower());
        assert!(next_kept(&mut seen).book.is_some());
        console.perform(Effect::GiveAlertBack(AlertId(1)));
        assert!(next_kept(&mut seen).book.is_none());
        let (_leader, mut heard) = begin(folder.path(), "ben", Role::Syncs);
        assert!(next_kept(&mut heard).book.is_none());
    }
}
