//! A console of ours in a terminal: type, and wait until the screen says something.

use std::{
    io::{Read as _, Write},
    num::NonZero,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, NativePtySystem, PtySize, PtySystem as _};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

const ROWS: NonZero<u16> = NonZero::new(36).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(120).unwrap();

/// A console that runs; it is killed when this is dropped.
pub struct Console {
    screen: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// It lives for as long as somebody holds it.
    _terminal: Box<dyn MasterPty + Send>,
}

impl Console {
    /// A console on settings and a state folder where `ann` sits, 120 by 36.
    pub fn start(settings: &Path, state: &Path) -> Self {
        let pair = NativePtySystem::default()
            .openpty(PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.args(["--config".as_ref(), settings, "--state-dir".as_ref(), state]);
        command.env("WATCHFLOOR_USER", "ann");
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut output = pair.master.try_clone_reader().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let theirs = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 8_192];
            while let Ok(n) = output.read(&mut bytes) {
                if n == 0 {
                    break;
                }
                theirs.lock().unwrap().process(&bytes[..n]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { screen, keys, child, _terminal: pair.master }
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn wait(&mut self, what: &str, is_so: impl Fn(&str) -> bool) -> &mut Self {
        let until = Instant::now() + PATIENCE;
        while !is_so(&self.text()) {
            assert!(Instant::now() < until, "it took too long: {what}\n{}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
        self
    }

    /// Waits until the screen says something.
    pub fn sees(&mut self, text: &str) -> &mut Self {
        self.wait(&format!("sees {text}"), |screen| screen.contains(text))
    }

    /// Waits until the screen does not say it any more.
    pub fn loses(&mut self, text: &str) -> &mut Self {
        self.wait(&format!("loses {text}"), |screen| !screen.contains(text))
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
