//! The thread that waits for the keyboard.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;

use super::parser::{Parser, Waiting};
use crate::tui::input::Key;

/// Keys waiting for the loop; when it is full the thread waits too, and then the terminal holds what is typed.
const WAITING_KEYS: usize = 256;

/// How long ESC may be the start of something. A terminal sends a sequence at once; ssh rarely splits one for longer.
const ESCAPE_ENDS: Timespec = Timespec { tv_sec: 0, tv_nsec: 30_000_000 };

/// How long the rest of a paste or of an answer may take; after that the keyboard is worth more.
const SEQUENCE_ENDS: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };

/// How long [`Keyboard::pause`] waits for the thread. It waits itself only when the loop takes no keys.
const PAUSES_WITHIN: Duration = Duration::from_secs(1);

/// What comes from the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key, or a paste.
    Key(Key),
    /// The terminal is gone: hung up, closed, or taken away. Nothing follows.
    Gone,
}

/// The keyboard's thread. It ends when this is dropped.
#[derive(Debug)]
pub struct Keyboard {
    control: PipeWriter,
    paused: Receiver<()>,
}

impl Keyboard {
    /// Starts reading standard input; the keys come out of the receiver.
    ///
    /// # Errors
    /// No file descriptor or no thread is left.
    pub fn start() -> io::Result<(Self, mpsc::Receiver<Input>)> {
        Self::reading(io::stdin().as_fd().try_clone_to_owned()?)
    }

    /// Stops reading, so that an editor or a pager can have the keyboard. Nothing is read once this returns.
    ///
    /// # Errors
    /// The thread did not stop within a second, or has ended because the terminal is gone.
    pub fn pause(&mut self) -> io::Result<()> {
        self.control.write_all(b"p")?;
        self.paused.recv_timeout(PAUSES_WITHIN).map_err(io::Error::other)
    }

    /// Reads again after [`Keyboard::pause`].
    ///
    /// # Errors
    /// The thread has ended.
    pub fn resume(&mut self) -> io::Result<()> {
        self.control.write_all(b"r")
    }

    fn reading(tty: OwnedFd) -> io::Result<(Self, mpsc::Receiver<Input>)> {
        let (keys, received) = mpsc::channel(WAITING_KEYS);
        let (orders, control) = io::pipe()?;
        let (pausing, paused) = sync_channel(1);
        let thread = Thread { tty, orders, pausing, keys, parser: Parser::default() };
        std::thread::Builder::new().name("keyboard".into()).spawn(move || thread.run())?;
        Ok((Self { control, paused }, received))
    }
}

struct Thread {
    tty: OwnedFd,
    orders: PipeReader,
    pausing: SyncSender<()>,
    keys: mpsc::Sender<Input>,
    parser: Parser,
}

/// What ends the thread.
enum End {
    /// The terminal is gone.
    Gone,
    /// Nobody listens any more.
    Unwanted,
}

impl Thread {
    fn run(mut self) {
        loop {
            match self.turn() {
                Ok(()) => {}
                Err(End::Unwanted) => return,
                Err(End::Gone) => {
                    // Nobody left to tell is no trouble: then the program is ending.
                    self.keys.blocking_send(Input::Gone).ok();
                    return;
                }
            }
        }
    }

    fn turn(&mut self) -> Result<(), End> {
        let waiting = self.parser.waiting();
        let limit = match waiting {
            Waiting::No => None,
            Waiting::Escape => Some(&ESCAPE_ENDS),
            Waiting::End => Some(&SEQUENCE_ENDS),
        };
        let mut ready = [PollFd::new(&self.tty, PollFlags::IN), PollFd::new(&self.orders, PollFlags::IN)];
        let count = match poll(&mut ready, limit) {
            Err(Errno::INTR) => return Ok(()),
            Err(_) => return Err(End::Gone),
            Ok(count) => count,
        };
        let [tty, orders] = ready.map(|fd| fd.revents());
        if !orders.is_empty() {
            return self.obey();
        }
        if count == 0 {
            let keys = if waiting == Waiting::Escape { self.parser.flush_escape() } else { self.parser.give_up() };
            return self.send(keys);
        }
        if tty.contains(PollFlags::IN) {
            return self.read();
        }
        // Hung up or broken, with nothing left to read: waiting again would return at once, for ever.
        Err(End::Gone)
    }

    fn read(&mut self) -> Result<(), End> {
        let mut bytes = [0; 4096];
        match rustix::io::read(&self.tty, &mut bytes) {
            Ok(0) => Err(End::Gone),
            Ok(n) => {
                let keys = self.parser.feed(bytes.get(..n).unwrap_or(&bytes));
                self.send(keys)
            }
            Err(Errno::INTR | Errno::AGAIN) => Ok(()),
            // EIO: the terminal hung up, or we are in the background of a shell that is gone.
            Err(_) => Err(End::Gone),
        }
    }

    fn send(&self, keys: Vec<Key>) -> Result<(), End> {
        keys.into_iter().try_for_each(|key| self.keys.blocking_send(Input::Key(key)).map_err(|_| End::Unwanted))
    }

    /// Reads one order; after `p` nothing but orders is read until `r`.
    fn obey(&mut self) -> Result<(), End> {
        while self.order()? == b'p' {
            self.parser = Parser::default();
            self.pausing.send(()).map_err(|_| End::Unwanted)?;
        }
        Ok(())
    }

    fn order(&mut self) -> Result<u8, End> {
        let mut order = [0];
        self.orders.read_exact(&mut order).map_err(|_| End::Unwanted)?;
        let [order] = order;
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    fn keyboard() -> (UnixStream, Keyboard, mpsc::Receiver<Input>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (keyboard, keys) = Keyboard::reading(theirs.into()).unwrap();
        (ours, keyboard, keys)
    }

    #[test]
    fn keys_arrive_whatever_their_number_and_the_end_is_said_once() {
        let (mut tty, _keyboard, mut keys) = keyboard();
        let typing = std::thread::spawn(move || tty.write_all(&b"j".repeat(10_000)));
        for _ in 0..10_000 {
            assert_eq!(keys.blocking_recv(), Some(Input::Key(Key::Char('j'))));
        }
        typing.join().unwrap().unwrap();
        assert_eq!(keys.blocking_recv(), Some(Input::Gone));
        assert_eq!(keys.blocking_recv(), None);
    }

    #[test]
    fn a_lone_escape_arrives_without_another_key() {
        let (mut tty, _keyboard, mut keys) = keyboard();
        tty.write_all(b"\x1b").unwrap();
        assert_eq!(keys.blocking_recv(), Some(Input::Key(Key::Esc)));
    }

    #[test]
    fn a_paused_keyboard_leaves_the_input_to_others() {
        let (mut tty, mut keyboard, mut keys) = keyboard();
        keyboard.pause().unwrap();
        tty.write_all(b"j").unwrap();
        assert_eq!(keys.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        keyboard.resume().unwrap();
        assert_eq!(keys.blocking_recv(), Some(Input::Key(Key::Char('j'))));
        drop(keyboard);
        assert_eq!(keys.blocking_recv(), None);
    }
}
