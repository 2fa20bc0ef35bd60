//! Which of the processes on one state folder asks the hosts and delivers: one, for certain.
//!
//! It holds a lock on `watchfloor.lock` for as long as it lives; the system lets go of it however the process ends. Where the
//! file system has no locks, a row of the state file takes its place: who leads writes it anew every two seconds, and
//! whoever sees it unchanged for five takes it over.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::text::Text;

/// The file that is locked.
pub const FILE: &str = "watchfloor.lock";

/// A lease is written anew this often.
pub const RENEWED_EVERY: Duration = Duration::from_secs(2);

/// A lease that did not change for this long is nobody's.
pub const LEASE: Duration = Duration::from_secs(5);

/// The part a process plays after it tried to lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// It leads.
    Leads,
    /// Another one does, as it calls itself: `pid 1234`, `pid 1234 on ops-2`.
    Follows(Text),
}

/// A process's claim to lead.
#[derive(Debug)]
pub struct Claim {
    file: Option<File>,
    /// Locks do not work here, and why; then it is a lease.
    without_locks: Option<Errno>,
    me: Lease,
    is_held: bool,
    renewed: Option<Instant>,
    /// The last lease seen of another process, and since when it has not changed.
    seen: Option<(Lease, Instant)>,
    lock: fn(&File) -> Result<(), Errno>,
}

/// Who leads by lease. `turn` changes with every renewal, so that no two clocks are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    host: String,
    pid: u32,
    boot: String,
    turn: u64,
}

impl Claim {
    /// A claim not yet made.
    pub fn new() -> Self {
        Self::with(|file| flock(file, FlockOperation::NonBlockingLockExclusive))
    }

    /// As [`Claim::new`], with another way to lock: file systems without locks are not at hand where tests run.
    pub fn with(lock: fn(&File) -> Result<(), Errno>) -> Self {
        let word = |path: &str| fs::read_to_string(path).map(|word| word.trim().to_owned()).unwrap_or_default();
        let host = word("/proc/sys/kernel/hostname");
        let boot = word("/proc/sys/kernel/random/boot_id");
        let me = Lease { host, pid: std::process::id(), boot, turn: 0 };
        Self { file: None, without_locks: None, me, is_held: false, renewed: None, seen: None, lock }
    }

    /// Whether this process leads.
    pub fn is_held(&self) -> bool {
        self.is_held
    }

    /// Why it is a lease and no lock, in words; nothing where locks work.
    pub fn without_locks(&self) -> Option<String> {
        self.without_locks.map(without)
    }

    /// Tries to lead, or goes on leading; to be called every second, and at least every two.
    ///
    /// # Errors
    /// The lock file cannot be made, or, by lease, as the store fails. What was held by lock stays held.
    pub fn try_lead(&mut self, folder: &Path, store: &mut Store) -> Result<Part, StoreError> {
        if self.is_held && self.without_locks.is_none() {
            return Ok(Part::Leads);
        }
        if self.without_locks.is_some() {
            return self.by_lease(store);
        }
        let path = folder.join(FILE);
        let failed = |source: io::Error| StoreError::Folder { path: path.clone(), source };
        if self.file.is_none() {
            self.file = Some(open_private(&path).map_err(failed)?);
        }
        let Some(file) = &mut self.file else { return Ok(Part::Follows(Text::default())) };
        match (self.lock)(file) {
            Ok(()) => {
                self.is_held = true;
                // Who holds it is told by the lock; the name in it is for people.
                let _ = name_in(file, &self.me);
                Ok(Part::Leads)
            }
            Err(Errno::WOULDBLOCK) => Ok(Part::Follows(holder(file))),
            Err(errno) if is_without(errno) => {
                self.without_locks = Some(errno);
                self.by_lease(store)
            }
            Err(errno) => Err(failed(errno.into())),
        }
    }

    fn by_lease(&mut self, store: &mut Store) -> Result<Part, StoreError> {
        if self.is_held && self.renewed.is_some_and(|at| at.elapsed() < RENEWED_EVERY) {
            return Ok(Part::Leads);
        }
        let known = store.setting("lease")?.and_then(|bytes| serde_json::from_slice::<Lease>(&bytes).ok());
        let is_mine = |lease: &Lease| lease.is_of(&self.me);
        if let Some(other) = known.as_ref().filter(|lease| !is_mine(lease)) {
            self.is_held = false;
            let since = match &self.seen {
                Some((seen, since)) if seen == other => *since,
                _ => Instant::now(),
            };
            self.seen = Some((other.clone(), since));
            if since.elapsed() < LEASE && !other.has_ended(&self.me) {
                return Ok(Part::Follows(other.name(&self.me)));
            }
        }
        self.me.turn = self.me.turn.wrapping_add(1);
        let bytes = |lease: &Lease| serde_json::to_vec(lease).unwrap_or_default();
        // Only in place of what was seen: of two that take over at once, one finds the other there.
        let taken = store.replace_setting("lease", known.as_ref().map(bytes).as_deref(), &bytes(&self.me));
        self.is_held = matches!(taken, Ok(true));
        self.renewed = Some(Instant::now());
        match taken {
            Ok(true) => Ok(Part::Leads),
            Ok(false) => Ok(Part::Follows(Text::default())),
            Err(error) => Err(error),
        }
    }
}

/// Whether locks work in a state folder, and who holds the one that counts, in words. Nothing is held when this returns.
pub fn told_of(folder: &Path) -> String {
    let mut file = match open_private(&folder.join(FILE)) {
        Ok(file) => file,
        Err(error) => return format!("{FILE} cannot be opened: {error}"),
    };
    // Shared, so that two who look at once do not see each other.
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => {
            // The end of the file's handle lets go of it as well.
            let _ = flock(&file, FlockOperation::Unlock);
            "locks work; no process leads now".to_owned()
        }
        Err(Errno::WOULDBLOCK) => {
            let who = holder(&mut file);
            match who.as_str().strip_suffix(&format!(" ({STOPPED})")) {
                Some(who) => {
                    format!("locks work; {who} is stopped: nobody asks the hosts or delivers until it goes on or ends")
                }
                None => format!("locks work; {who} asks the hosts and delivers"),
            }
        }
        Err(errno) if is_without(errno) => without(errno),
        Err(errno) => format!("{FILE} cannot be locked: {}", io::Error::from(errno)),
    }
}

/// Whether a file system that answers so has no locks.
fn is_without(errno: Errno) -> bool {
    matches!(errno, Errno::NOLCK | Errno::NOTSUP | Errno::NOSYS | Errno::INVAL)
}

fn without(errno: Errno) -> String {
    format!("no file locks in the state folder ({}): a lease is used", io::Error::from(errno))
}

impl Default for Claim {
    fn default() -> Self {
        Self::new()
    }
}

impl Lease {
    fn is_of(&self, other: &Self) -> bool {
        (&self.host, self.pid, &self.boot) == (&other.host, other.pid, &other.boot)
    }

    /// Whether its process is known to have ended: on this very machine there is none of that number, or the machine was
    /// started anew.
    fn has_ended(&self, me: &Self) -> bool {
        if self.host != me.host || me.boot.is_empty() {
            return false;
        }
        self.boot != me.boot || !Path::new(&format!("/proc/{}", self.pid)).exists()
    }

    fn name(&self, me: &Self) -> Text {
        let place = if self.host == me.host { String::new() } else { format!(" on {}", self.host) };
        Text::scrub(&format!("pid {}{place}", self.pid))
    }
}

#[cfg(unix)]
fn open_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let no_link = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(no_link).open(path)
}

#[cfg(not(unix))]
fn open_private(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

fn name_in(file: &mut File, me: &Lease) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(format!("pid {}", me.pid).as_bytes())
}

/// What the holder calls itself; blank where it has not said yet.
fn holder(file: &mut File) -> Text {
    let mut name = String::new();
    let read = file.rewind().and_then(|()| file.take(200).read_to_string(&mut name));
    let name = read.map(|_| Text::scrub(name.trim())).unwrap_or_default();
    if is_stopped(&name) { Text::scrub(&format!("{name} ({STOPPED})")) } else { name }
}

/// What stands behind the name of a process that holds the lock and does nothing.
const STOPPED: &str = "stopped";

/// Whether a process of this host was stopped by a signal: it leads, and neither asks nor delivers until it goes on. Where
/// the system does not say, it was not.
fn is_stopped(name: &Text) -> bool {
    let pid = name.as_str().strip_prefix("pid ").and_then(|pid| pid.parse::<u32>().ok());
    let told = pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok());
    // The state stands behind the program's name, which may hold anything.
    told.and_then(|told| told.rsplit_once(") ").map(|(_, rest)| rest.starts_with(['T', 't']))).unwrap_or(false)
}

impl Store {
    fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        use rusqlite::OptionalExtension as _;
        let sql = "SELECT value FROM setting WHERE name = ?1";
        let found = self.db.query_row(sql, [name], |row| row.get(0)).optional();
        found.map_err(|error| self.failed(&error))
    }

    /// Sets a value if it is still as it was seen; whether it was.
    fn replace_setting(&mut self, name: &str, seen: Option<&[u8]>, new: &[u8]) -> Result<bool, StoreError> {
        let mut is_set = false;
        self.write(|change| {
            let sql = "INSERT INTO setting (name, value) SELECT ?1, ?3 WHERE ?2 IS NULL \
                       ON CONFLICT (name) DO NOTHING";
            let n = match seen {
                None => change.execute(sql, rusqlite::params![name, seen, new])?,
                Some(_) => change.execute(
                    "UPDATE setting SET value = ?3 WHERE name = ?1 AND value = ?2",
                    rusqlite::params![name, seen, new],
                )?,
            };
            is_set = n > 0;
            Ok(())
        })?;
        Ok(is_set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn store(folder: &Path) -> Store {
        Store::open(folder, parse_rfc3339("2026-11-20T14:00:00Z").unwrap()).unwrap()
    }

    #[test]
    fn of_two_that_want_to_lead_one_does_and_the_other_follows_at_once_when_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        let (mut first, mut second) = (Claim::new(), Claim::new());
        assert_eq!(first.try_lead(folder.path(), &mut store).unwrap(), Part::Leads);
        let me = Text::scrub(&format!("pid {}", std::process::id()));
        assert_eq!(second.try_lead(folder.path(), &mut store).unwrap(), Part::Follows(me));
        drop(first);
        assert_eq!(second.try_lead(folder.path(), &mut store).unwrap(), Part::Leads);
        assert!(second.is_held() && second.without_locks().is_none());
    }

    #[test]
    fn a_process_that_was_stopped_is_called_so() {
        let stand = |name: &str| is_stopped(&Text::scrub(name));
        assert!(!stand(&format!("pid {}", std::process::id())) && !stand("ana") && !stand("pid 4294967295"));
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let name = format!("pid {}", child.id());
        let signal = |word: &str| std::process::Command::new("kill").args([word, &child.id().to_string()]).status();
        assert!(signal("-STOP").unwrap().success());
        let is_seen = (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            stand(&name)
        });
        signal("-CONT").unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_seen);
    }

    #[test]
    fn without_locks_a_lease_is_kept_and_taken_over_when_it_stands_still() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        let no_locks = || Claim::with(|_| Err(Errno::NOLCK));
        let (mut first, mut second) = (no_locks(), no_locks());
        second.me.host = "elsewhere".to_owned();
        assert_eq!(first.try_lead(folder.path(), &mut store).unwrap(), Part::Leads);
        assert!(first.without_locks().unwrap().starts_with("no file locks in the state folder"));
        assert!(matches!(second.try_lead(folder.path(), &mut store).unwrap(), Part::Follows(_)));
        // It is renewed: the other one counts anew.
        first.renewed = None;
        assert_eq!(first.try_lead(folder.path(), &mut store).unwrap(), Part::Leads);
        assert!(matches!(second.try_lead(folder.path(), &mut store).unwrap(), Part::Follows(_)));
        // It is not: after five seconds it is nobody's.
        let (lease, since) = second.seen.clone().unwrap();
        second.seen = Some((lease, since.checked_sub(LEASE).unwrap()));
        assert_eq!(second.try_lead(folder.path(), &mut store).unwrap(), Part::Leads);
        first.renewed = None;
        assert!(matches!(first.try_lead(folder.path(), &mut store).unwrap(), Part::Follows(_)));
        assert!(!first.is_held());
    }

    #[test]
    fn a_lease_of_a_process_that_ended_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        let (mut dead, mut next) = (Claim::with(|_| Err(Errno::NOTSUP)), Claim::with(|_| Err(Errno::NOTSUP)));
        // No process has this number: it is beyond what the system gives out.
        dead.me.pid = u32::MAX;
        assert_eq!(dead.try_lead(folder.path(), &mut store).unwrap(), Part::Leads);
        assert_eq!(next.try_lead(folder.path(), &mut store).unwrap(), Part::Leads);
    }
}
