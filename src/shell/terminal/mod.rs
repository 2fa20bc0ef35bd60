//! The terminal: taken over, given back, and written to without ever waiting for it.
//!
//! What is global here is global in truth: a process has one terminal, and a panic hook or a signal's exit must be able to
//! give it back without holding anything.

mod ability;
mod screen;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr, ttyname};

pub use ability::{depth, refuse_reason};
pub use screen::{Drawn, Screen};

/// Alternate screen, cursor hidden, pastes bracketed.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h";

/// The other way round, and whatever a frame cut in the middle left: held output, margins, a pen. The screen is cleared for
/// terminals that have no alternate one.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[r\x1b[m\x1b[H\x1b[J\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// How long leaving waits for a terminal that does not read. A person who closed a dead link waits for the process.
const LEAVES_WITHIN: Duration = Duration::from_millis(300);

/// The largest screen drawn, in columns and rows. A window may claim 65,535 by 65,535, which is 6 GiB of cells and an abort;
/// 500 by 300 is larger than any wall of screens and costs about 20 MB.
const LARGEST: (u16, u16) = (500, 300);

/// What a terminal that does not know its size is taken for: 0 by 0 is what a serial line or a bare pty reports.
const USUAL: (u16, u16) = (80, 24);

/// What was taken from the terminal and must be given back.
struct Held {
    input: OwnedFd,
    output: Arc<File>,
    original: Termios,
    /// Counts the times the terminal was entered: bytes meant for an earlier time are not written.
    visit: u64,
}

/// The terminal while it is ours, and the number of the last visit.
static HELD: Mutex<(Option<Held>, u64)> = Mutex::new((None, 0));

fn held() -> MutexGuard<'static, (Option<Held>, u64)> {
    // A panic elsewhere must not keep the terminal from being given back.
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal in raw mode on its alternate screen; dropping it gives the terminal back.
#[derive(Debug)]
pub struct TerminalGuard(());

impl TerminalGuard {
    /// Takes over the terminal of standard input and output. Nothing is asked of it, so nothing is waited for.
    ///
    /// # Errors
    /// Standard input or output is no terminal, or it cannot be opened again.
    pub fn enter() -> io::Result<Self> {
        take()?;
        Ok(Self(()))
    }

    /// Gives the terminal back for a while: to an editor, a pager or the shell.
    pub fn suspend(&self) {
        restore();
    }

    /// Takes the terminal again, also when it was never given back (SIGSTOP, then SIGCONT: the shell has changed it).
    /// The next [`Screen::draw`] repaints everything.
    ///
    /// # Errors
    /// As [`TerminalGuard::enter`].
    pub fn resume(&self) -> io::Result<()> {
        take()
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was, if it is ours; the second call does nothing.
///
/// For the panic hook and for exits on signals, from any thread. Takes at most some 400 ms, also when the terminal reads
/// nothing. What was typed and not read is dropped: keys meant for the console must not run in the shell.
pub fn restore() {
    let Some(was) = held().0.take() else { return };
    if write_within(&was.output, LEAVE, LEAVES_WITHIN).is_err() {
        // It reads nothing. What waits is the rest of a frame: drop it, so that at least this gets in.
        tcflush(&was.output, QueueSelector::OFlush).ok();
        write_within(&was.output, LEAVE, LEAVES_WITHIN / 4).ok();
    }
    // A terminal that is gone cannot be restored, and nobody sees it.
    tcflush(&was.input, QueueSelector::IFlush).ok();
    tcsetattr(&was.input, OptionalActions::Now, &was.original).ok();
}

/// Columns and rows of the terminal on standard output, within 1..=500 and 1..=300; 80 by 24 where it does not say.
pub fn size() -> (u16, u16) {
    tcgetwinsize(io::stdout()).map_or(USUAL, |size| clamped(size.ws_col, size.ws_row))
}

fn clamped(columns: u16, rows: u16) -> (u16, u16) {
    if columns == 0 || rows == 0 {
        return USUAL;
    }
    (columns.min(LARGEST.0), rows.min(LARGEST.1))
}

/// Gives the terminal back and stops this process and its job, as Ctrl-Z does; returns when it goes on.
///
/// False, and nothing done, where no shell could make it go on: as a container's first process or a window's only one. After
/// true, call [`TerminalGuard::resume`]. SIGSTOP is used since SIGTSTP is caught by the loop that calls this.
pub fn stop_self() -> bool {
    let ours = getpgrp();
    // A shell with job control gives each job a group of its own, so the session's leader is not in it.
    if getsid(None).map_or(true, |session| session == ours) {
        return false;
    }
    restore();
    kill_current_process_group(Signal::STOP).is_ok()
}

fn take() -> io::Result<()> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let output = open_again(io::stdout())?;
    take_over(input, output)
}

fn take_over(input: OwnedFd, output: File) -> io::Result<()> {
    let mut now = held();
    let original = match &now.0 {
        Some(held) => held.original.clone(),
        None => tcgetattr(&input)?,
    };
    let mut raw = original.clone();
    raw.make_raw();
    tcsetattr(&input, OptionalActions::Now, &raw)?;
    let output = Arc::new(output);
    now.1 += 1;
    now.0 = Some(Held { input, output: Arc::clone(&output), original, visit: now.1 });
    // Still under the lock: a frame must not come before it.
    write_within(&output, ENTER, LEAVES_WITHIN)
}

/// Opens the terminal behind `fd` a second time.
///
/// Not to wait for it takes O_NONBLOCK, which belongs to the open file: set on standard output, it would be set for the
/// shell too. The name comes first because macOS cannot poll `/dev/tty`; that comes second because after `su` the name
/// belongs to someone else.
fn open_again(fd: impl AsFd) -> io::Result<File> {
    let name = ttyname(fd, Vec::new())?;
    let open = |path: &Path| {
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        OpenOptions::new().read(true).write(true).custom_flags(flags.bits().cast_signed()).open(path)
    };
    open(Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()))).or_else(|_| open(Path::new("/dev/tty")))
}

/// Writes all of `bytes`, or fails when the terminal does not take them in time.
fn write_within(output: &File, mut bytes: &[u8], limit: Duration) -> io::Result<()> {
    let start = Instant::now();
    while !bytes.is_empty() {
        match rustix::io::write(output, bytes) {
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let left = limit.saturating_sub(start.elapsed());
                if left.is_zero() || !is_writable(output, left)? {
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits until the terminal takes bytes; false after `limit`.
///
/// # Errors
/// The terminal is gone.
fn is_writable(output: &File, limit: Duration) -> io::Result<bool> {
    let limit = Timespec { tv_sec: 0, tv_nsec: limit.subsec_nanos().into() };
    let mut ready = [PollFd::new(output, PollFlags::OUT)];
    match poll(&mut ready, Some(&limit)) {
        Ok(0) | Err(Errno::INTR) => return Ok(false),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    let [ready] = ready.map(|fd| fd.revents());
    // Gone is told by HUP even while it would still take bytes; waiting on would return at once, for ever.
    if ready.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_sizes_are_clamped_and_unknown_ones_are_usual() {
        assert_eq!(clamped(65_535, 65_535), (500, 300));
        assert_eq!(clamped(1, 1), (1, 1));
        assert_eq!(clamped(0, 0), (80, 24));
        assert_eq!(clamped(0, 50), (80, 24));
    }

    #[test]
    fn giving_back_a_terminal_that_is_not_ours_does_nothing() {
        // The terminal of the test run itself must stay as it is.
        drop(open_again(File::open("/dev/null").unwrap()).unwrap_err());
    }
}
