//! The screen: frames to a terminal that may stop reading at any time.
//!
//! Frames are differences, so none may be dropped; a terminal that reads nothing (a dead link, tmux's copy mode) must not
//! stop the watch. So a thread of its own writes, and while it is busy no frame is made: the next one, made when it is
//! free, holds everything since.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use rustix::io::Errno;
use tokio::sync::Notify;

use super::{held, is_writable};
use crate::shell::paint::{Depth, Painter};

/// How often a writer that waits looks whether the terminal is still ours.
const LOOKS_EVERY: Duration = Duration::from_millis(250);

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// On its way.
    Sent,
    /// The screen shows it already; nothing was written.
    Unchanged,
    /// The terminal has not taken the last frame: draw again when [`Screen::freed`] returns.
    Busy,
}

/// Draws frames on the terminal that a `TerminalGuard` holds.
#[derive(Debug)]
pub struct Screen {
    painter: Painter,
    frames: SyncSender<Frame>,
    state: Arc<State>,
    /// What goes before the next frame and draws nothing.
    aside: Vec<u8>,
    /// The visit of the last frame; another one finds another screen.
    visit: u64,
}

#[derive(Debug)]
struct Frame {
    bytes: Vec<u8>,
    visit: u64,
}

#[derive(Debug, Default)]
struct State {
    busy: AtomicBool,
    gone: AtomicBool,
    free: Notify,
}

impl Screen {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// No thread is left.
    pub fn start(depth: Depth) -> io::Result<Self> {
        let (frames, received) = sync_channel(1);
        let state = Arc::new(State::default());
        let theirs = Arc::clone(&state);
        std::thread::Builder::new().name("screen".into()).spawn(move || write_frames(&received, &theirs))?;
        Ok(Self { painter: Painter::new(depth), frames, state, aside: Vec::new(), visit: 0 })
    }

    /// Draws what changed since the last frame, without waiting for the terminal.
    ///
    /// While the terminal is not ours the frame goes nowhere; the first one after it is taken again repaints everything.
    pub fn draw(&mut self, next: &Buffer, cursor: Option<Position>) -> Drawn {
        if self.is_busy() {
            return Drawn::Busy;
        }
        let visit = held().1;
        if visit != self.visit {
            self.painter.reset();
            self.visit = visit;
        }
        let mut bytes = std::mem::take(&mut self.aside);
        bytes.extend_from_slice(self.painter.frame(next, cursor));
        if bytes.is_empty() {
            return Drawn::Unchanged;
        }
        self.state.busy.store(true, Ordering::Release);
        let frame = Frame { bytes, visit };
        if self.frames.try_send(frame).is_err() {
            // The thread is never behind while it is not busy: it has ended.
            self.state.gone.store(true, Ordering::Release);
        }
        Drawn::Sent
    }

    /// Sends bytes that draw nothing (a clipboard order) with the next frame. Only bytes of our own making.
    pub fn send(&mut self, bytes: &[u8]) {
        self.aside.extend_from_slice(bytes);
    }

    /// Whether the terminal has yet to take the last frame.
    pub fn is_busy(&self) -> bool {
        self.state.busy.load(Ordering::Acquire)
    }

    /// Whether a write failed: the terminal is gone, and so is everything drawn on it.
    pub fn is_gone(&self) -> bool {
        self.state.gone.load(Ordering::Acquire)
    }

    /// Returns when a frame was taken; at once if one was since the last call. Safe to drop half-way.
    pub async fn freed(&self) {
        self.state.free.notified().await;
    }

    /// Forgets what the terminal shows: the next frame clears and repaints. For after a resize or when asked to.
    pub fn reset(&mut self) {
        self.painter.reset();
    }
}

fn write_frames(frames: &Receiver<Frame>, state: &State) {
    for frame in frames {
        if write(&frame).is_err() {
            state.gone.store(true, Ordering::Release);
        }
        state.busy.store(false, Ordering::Release);
        state.free.notify_one();
    }
}

/// Writes a frame, or the part of it until the terminal is given back.
fn write(frame: &Frame) -> io::Result<()> {
    let mut rest = frame.bytes.as_slice();
    while !rest.is_empty() {
        let Some((written, output)) = write_some(rest, frame.visit) else { return Ok(()) };
        match written {
            Ok(n) => rest = rest.get(n..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                // Whether it took bytes or the time is over: look again.
                is_writable(&output, LOOKS_EVERY)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// One write that does not wait; nothing when the terminal is no longer the one the frame was made for.
///
/// Under the lock, so that nothing follows the bytes that give the terminal back.
fn write_some(bytes: &[u8], visit: u64) -> Option<(Result<usize, Errno>, Arc<File>)> {
    let now = held();
    let held = now.0.as_ref().filter(|held| held.visit == visit)?;
    Some((rustix::io::write(&held.output, bytes), Arc::clone(&held.output)))
}

#[cfg(test)]
mod tests {
    use super::super::{Instant, open_again, restore, take_over};
    use super::*;
    use portable_pty::{NativePtySystem, PtySize, PtySystem as _};
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use std::fs::OpenOptions;
    use std::io::Read as _;
    use std::sync::mpsc::channel;

    fn page(text: &str) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 500, 24));
        for y in 0..24 {
            buffer.set_stringn(0, y, text, 500, Style::new());
        }
        buffer
    }

    /// The whole life of a terminal, in one test: a process has one.
    #[test]
    fn a_terminal_is_taken_drawn_on_stalled_and_given_back() {
        let size = PtySize { rows: 24, cols: 500, pixel_width: 0, pixel_height: 0 };
        let pty = NativePtySystem::default().openpty(size).unwrap();
        let tty = OpenOptions::new().read(true).write(true).open(pty.master.tty_name().unwrap()).unwrap();
        let before = format!("{:?}", rustix::termios::tcgetattr(&tty).unwrap());
        take_over(tty.try_clone().unwrap().into(), open_again(&tty).unwrap()).unwrap();
        assert_ne!(format!("{:?}", rustix::termios::tcgetattr(&tty).unwrap()), before);

        // Nobody reads: the frames pile up in the terminal until it takes no more, and drawing never waits.
        let mut screen = Screen::start(Depth::TrueColor).unwrap();
        let start = Instant::now();
        let mut frames = 0;
        while start.elapsed() < Duration::from_millis(600) {
            frames += usize::from(screen.draw(&page(&format!("{frames:x}").repeat(500)), None) == Drawn::Sent);
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(screen.is_busy() && !screen.is_gone());
        assert_eq!(screen.draw(&page("now"), None), Drawn::Busy);

        // Then somebody does, and the last frame arrives whole.
        let mut reader = pty.master.try_clone_reader().unwrap();
        let (bytes, read) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                bytes.send(chunk[..n].to_vec()).ok();
            }
        });
        let mut shown = vt100::Parser::new(24.try_into().unwrap(), 500.try_into().unwrap(), 0);
        let mut until = |wanted: &dyn Fn(&vt100::Screen) -> bool| {
            while !wanted(shown.screen()) {
                shown.process(&read.recv_timeout(Duration::from_secs(5)).unwrap());
            }
        };
        let waiting = tokio::runtime::Builder::new_current_thread().build().unwrap();
        waiting.block_on(async {
            while screen.draw(&page("last"), Some(Position::new(2, 3))) == Drawn::Busy {
                screen.freed().await;
            }
        });
        until(&|s| s.contents().starts_with("last\nlast") && s.cursor_position() == (3, 2) && !s.hide_cursor());
        until(&|s| s.alternate_screen() && s.bracketed_paste());

        restore();
        until(&|s| !s.alternate_screen() && !s.bracketed_paste() && !s.hide_cursor());
        assert_eq!(format!("{:?}", rustix::termios::tcgetattr(&tty).unwrap()), before);
        restore();

        // Taken again, the first frame repaints everything although it is the same.
        take_over(tty.try_clone().unwrap().into(), open_again(&tty).unwrap()).unwrap();
        waiting.block_on(async {
            while screen.draw(&page("last"), None) != Drawn::Sent {
                screen.freed().await;
            }
        });
        until(&|s| s.alternate_screen() && s.contents().starts_with("last\nlast"));
        restore();
        assert_eq!(format!("{:?}", rustix::termios::tcgetattr(&tty).unwrap()), before);
    }
}
