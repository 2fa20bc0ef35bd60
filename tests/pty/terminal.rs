//! A terminal with the program in it: type, and wait until the screen says something. Nothing sleeps to be on time.

use std::{
    fs::File,
    io::{Read as _, Write},
    os::fd::OwnedFd,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, NativePtySystem, PtySize, PtySystem as _};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_watchfloor");

/// How long anything may take on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(30);

/// The moment at which every demo here stands.
pub const NOW: &str = "2026-11-20T03:12:00Z";

/// The titles of the five panes.
pub const TITLES: [&str; 5] = ["Incidents", "SLA", "On call", "Release", "Metrics"];

/// A run to be.
pub struct Start {
    size: (u16, u16),
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    folder: TempDir,
}

impl Start {
    /// The program, in an empty home, on 80 by 24.
    pub fn new(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let path = std::env::var("PATH").unwrap_or_default();
        let env = [("PATH", path.as_str()), ("HOME", &home), ("TERM", "xterm-256color"), ("LANG", "C.UTF-8")];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Self { size: (80, 24), program: PROGRAM.to_owned(), args, env, folder }
    }

    /// The demo, standing still.
    pub fn demo() -> Self {
        Self::new(&["demo", "--paused", "--now", NOW])
    }

    /// Another program, such as a shell.
    pub fn program(mut self, program: &str) -> Self {
        self.program = program.to_owned();
        self
    }

    /// Columns and rows.
    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a variable away.
    pub fn without(mut self, name: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self
    }

    /// The folder the program stands in, its home.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it.
    pub fn run(self) -> Run {
        let (cols, rows) = self.size;
        let pair = NativePtySystem::default().openpty(pty_size(cols, rows)).unwrap();
        let tty = File::options().read(true).write(true).open(pair.master.tty_name().unwrap()).unwrap();
        let before = modes(&tty);
        let mut command = CommandBuilder::new(&self.program);
        command.args(&self.args);
        command.env_clear();
        for (name, value) in &self.env {
            command.env(name, value);
        }
        command.cwd(self.folder.path());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (send, bytes) = channel();
        let ends = Arc::new(AtomicBool::new(false));
        let must_end = Arc::clone(&ends);
        let reading = std::thread::spawn(move || {
            let mut chunk = [0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                if send.send(chunk[..n].to_vec()).is_err() || must_end.load(Ordering::Acquire) {
                    return;
                }
            }
        });
        Run {
            child,
            master: Some(pair.master),
            writer: Some(writer),
            tty: tty.into(),
            before,
            bytes,
            reading: Some(reading),
            ends,
            shown: parser(cols, rows),
            raw: Vec::new(),
            folder: self.folder,
        }
    }
}

fn trimmed(screen: &vt100::Screen) -> String {
    screen.contents().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn parser(cols: u16, rows: u16) -> vt100::Parser {
    vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0)
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn modes(tty: &impl std::os::fd::AsFd) -> String {
    format!("{:?}", rustix::termios::tcgetattr(tty).unwrap())
}

/// A run.
pub struct Run {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    /// Held open, so that the modes can be looked at after the end.
    tty: OwnedFd,
    before: String,
    bytes: Receiver<Vec<u8>>,
    reading: Option<JoinHandle<()>>,
    ends: Arc<AtomicBool>,
    shown: vt100::Parser,
    raw: Vec<u8>,
    folder: TempDir,
}

impl Drop for Run {
    fn drop(&mut self) {
        // A test that failed must not leave its program behind.
        self.child.kill().ok();
    }
}

impl Run {
    /// Every byte the terminal got.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The folder the program stands in, its home.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The text on the screen, without the blanks that end its rows.
    pub fn text(&self) -> String {
        trimmed(self.shown.screen())
    }

    /// Waits until the screen shows exactly this text.
    pub fn shows(&mut self, text: &str) -> &mut Self {
        self.until(text, |screen| trimmed(screen) == text)
    }

    /// The screen.
    pub fn screen(&self) -> &vt100::Screen {
        self.shown.screen()
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
        self
    }

    /// Waits until the screen is as wanted.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        let start = Instant::now();
        while !wanted(self.shown.screen()) {
            let left = PATIENCE.saturating_sub(start.elapsed());
            assert!(!left.is_zero(), "never came: {what}\n{}", self.text());
            self.receive(left.min(Duration::from_millis(100)));
        }
        self
    }

    /// Waits until the screen shows a text.
    pub fn sees(&mut self, text: &str) -> &mut Self {
        self.until(text, |screen| screen.contents().contains(text))
    }

    /// Waits until the screen no longer shows a text.
    pub fn loses(&mut self, text: &str) -> &mut Self {
        self.until(&format!("not {text}"), |screen| !screen.contents().contains(text))
    }

    /// Waits until all five panes are there.
    pub fn sees_all_panes(&mut self) -> &mut Self {
        self.until("five panes", |screen| {
            let text = screen.contents();
            TITLES.iter().all(|title| text.contains(title))
        })
    }

    /// Waits until nothing has been written for this long.
    pub fn quiet(&mut self, length: Duration) -> &mut Self {
        while self.receive(length) {}
        self
    }

    /// Takes what was written; false when nothing came in that time.
    pub fn receive(&mut self, limit: Duration) -> bool {
        match self.bytes.recv_timeout(limit) {
            Ok(bytes) => {
                self.shown.process(&bytes);
                self.raw.extend_from_slice(&bytes);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }

    /// Gives the window another size.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        // What is on its way was meant for the old size.
        self.quiet(Duration::from_millis(50));
        self.shown = parser(columns, rows);
        self.master.as_ref().unwrap().resize(pty_size(columns, rows)).unwrap();
        self
    }

    /// Sends a signal.
    pub fn signal(&mut self, signal: Signal) -> &mut Self {
        kill_process(self.pid(), signal).unwrap();
        self
    }

    /// The process.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.process_id().unwrap().cast_signed()).unwrap()
    }

    /// The exit code, once it has ended.
    pub fn ended(&mut self) -> Option<u32> {
        self.child.try_wait().unwrap().map(|status| {
            assert!(status.signal().is_none(), "{status:?}");
            status.exit_code()
        })
    }

    /// Waits for the end; the exit code.
    pub fn end_within(&mut self, limit: Duration) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(code) = self.ended() {
                while self.receive(Duration::from_millis(50)) {}
                return code;
            }
            assert!(start.elapsed() < limit, "it goes on\n{}", self.text());
            self.receive(Duration::from_millis(5));
        }
    }

    /// Waits for the end; the exit code.
    pub fn end(&mut self) -> u32 {
        self.end_within(PATIENCE)
    }

    /// Whether the terminal is in the modes it had before the start.
    pub fn is_as_before(&self) -> bool {
        modes(&self.tty) == self.before
    }

    /// Asserts that the terminal is as it was found.
    pub fn assert_given_back(&mut self) {
        self.until("the main screen", |s| !s.alternate_screen() && !s.hide_cursor() && !s.bracketed_paste());
        assert_eq!(modes(&self.tty), self.before);
    }

    /// Closes the window: the program's terminal hangs up.
    pub fn hang_up(&mut self) {
        // The reader holds the terminal open until it reads once more.
        self.ends.store(true, Ordering::Release);
        self.keys("\x0c");
        self.reading.take().unwrap().join().unwrap();
        self.writer = None;
        self.master = None;
    }
}
