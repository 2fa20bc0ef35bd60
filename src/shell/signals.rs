//! Signals, as one stream of what they mean.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal means to the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signaled {
    /// End with this exit code: 128 and the signal's number.
    End(u8),
    /// The screen may have another size.
    Resized,
    /// Stop, as a shell job.
    Stop,
    /// We were continued: the terminal may have changed hands meanwhile.
    Continued,
}

/// The signals the console answers to.
pub struct Signals {
    term: Signal,
    hup: Signal,
    int: Signal,
    quit: Signal,
    winch: Signal,
    tstp: Signal,
    cont: Signal,
}

/// Makes a file that may grow no more (`ulimit -f`) an error of the write, and not the end of the process.
pub fn survive_long_files() {
    // Where the host refuses a handler, the process ends as any other would.
    drop(signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())));
}

impl Signals {
    /// Begins to listen; from here on none of them ends the process by itself.
    ///
    /// # Errors
    /// The host refuses a handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hup: signal(SignalKind::hangup())?,
            int: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            winch: signal(SignalKind::window_change())?,
            tstp: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            cont: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// The next one. Safe to drop half-way.
    pub async fn next(&mut self) -> Signaled {
        tokio::select! {
            _ = self.term.recv() => Signaled::End(128 + 15),
            _ = self.hup.recv() => Signaled::End(128 + 1),
            _ = self.int.recv() => Signaled::End(128 + 2),
            _ = self.quit.recv() => Signaled::End(128 + 3),
            _ = self.winch.recv() => Signaled::Resized,
            _ = self.tstp.recv() => Signaled::Stop,
            _ = self.cont.recv() => Signaled::Continued,
        }
    }
}
