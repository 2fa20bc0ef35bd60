//! Signs of life: systemd's notifications, and a watchdog of our own that ends a process that is stuck (fault 78).

use std::{
    ffi::OsString,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The way to the service manager; nothing happens where there is none.
#[derive(Debug, Default)]
pub struct Manager {
    #[cfg(unix)]
    socket: Option<std::os::unix::net::UnixDatagram>,
    /// How often it wants to hear that we live: half of what it allows.
    pub every: Option<Duration>,
}

impl Manager {
    /// Finds it by `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    pub fn of(env: &dyn Fn(&str) -> Option<OsString>, pid: u32) -> Self {
        let text = |name: &str| env(name).and_then(|value| value.into_string().ok());
        let is_ours = text("WATCHDOG_PID").is_none_or(|said| said.parse() == Ok(pid));
        let allowed = text("WATCHDOG_USEC").and_then(|said| said.parse::<u64>().ok()).filter(|_| is_ours);
        let every = allowed.map(|usec| Duration::from_micros(usec / 2)).filter(|every| !every.is_zero());
        Self {
            #[cfg(unix)]
            socket: env("NOTIFY_SOCKET").and_then(|at| connected(&at)),
            every,
        }
    }

    /// Says it in systemd's words: `READY=1`, `STATUS=…`, `WATCHDOG=1`, `STOPPING=1`.
    pub fn say(&self, words: &str) {
        #[cfg(unix)]
        if let Some(socket) = &self.socket {
            // A manager that does not listen is no reason to stop watching.
            let _ = socket.send(words.as_bytes());
        }
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        #[cfg(unix)]
        return self.socket.is_some();
        #[cfg(not(unix))]
        return false;
    }
}

#[cfg(unix)]
fn connected(at: &std::ffi::OsStr) -> Option<std::os::unix::net::UnixDatagram> {
    use std::os::unix::{
        ffi::OsStrExt as _,
        net::{SocketAddr, UnixDatagram},
    };
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    match at.as_bytes().strip_prefix(b"@") {
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt as _;
            socket.connect_addr(&SocketAddr::from_abstract_name(name).ok()?).ok()?;
        }
        #[cfg(not(target_os = "linux"))]
        Some(_) => return None,
        None => socket.connect_addr(&SocketAddr::from_pathname(at).ok()?).ok()?,
    }
    Some(socket)
}

/// How often our own watchdog looks.
const LOOKS: Duration = Duration::from_secs(5);

/// Looks in a row without a beat, after which the process counts as stuck: a minute. A process that was stopped as a whole
/// does not look meanwhile, so a laptop that slept is not taken for stuck.
pub const STUCK: u32 = 12;

/// Watches over beats from a thread of its own: if one of them stands still for a minute, `stuck` is called with its name.
///
/// # Errors
/// The machine gives no thread.
pub fn watch_over(
    beats: Vec<(&'static str, Arc<AtomicU64>)>,
    stuck: impl Fn(&'static str) + Send + 'static,
) -> std::io::Result<()> {
    watch_every(LOOKS, beats, stuck)
}

fn watch_every(
    looks: Duration,
    beats: Vec<(&'static str, Arc<AtomicU64>)>,
    stuck: impl Fn(&'static str) + Send + 'static,
) -> std::io::Result<()> {
    let mut seen: Vec<(u64, u32)> = beats.iter().map(|(_, beat)| (beat.load(Ordering::Relaxed), 0)).collect();
    let run = move || {
        loop {
            std::thread::sleep(looks);
            for ((name, beat), (last, n)) in beats.iter().zip(&mut seen) {
                // Nobody else holds it: what beat has ended in order.
                if Arc::strong_count(beat) == 1 {
                    return;
                }
                let now = beat.load(Ordering::Relaxed);
                *n = if now == *last { n.saturating_add(1) } else { 0 };
                *last = now;
                if *n == STUCK {
                    stuck(name);
                }
            }
        }
    };
    std::thread::Builder::new().name("watchdog".to_owned()).spawn(run).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_manager_hears_what_is_said_and_its_patience_is_halved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        let env = |name: &str| match name {
            "NOTIFY_SOCKET" => Some(path.clone().into_os_string()),
            "WATCHDOG_USEC" => Some("60000000".into()),
            "WATCHDOG_PID" => Some("7".into()),
            _ => None,
        };
        let manager = Manager::of(&env, 7);
        manager.say("READY=1");
        let mut heard = [0; 64];
        let n = socket.recv(&mut heard).unwrap();
        assert_eq!((&heard[..n], manager.every), (b"READY=1".as_slice(), Some(Duration::from_secs(30))));
        assert_eq!(Manager::of(&env, 8).every, None);
        let nobody = Manager::of(&|_| None, 7);
        nobody.say("READY=1");
        assert!(!nobody.is_there() && manager.is_there());
    }

    #[test]
    fn what_stands_still_is_named_and_what_beats_is_not() {
        let (alive, stuck) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (tell, told) = std::sync::mpsc::channel();
        let beats = vec![("alive", Arc::clone(&alive)), ("stuck", Arc::clone(&stuck))];
        watch_every(Duration::from_millis(5), beats, move |name| {
            let _ = tell.send(name);
        })
        .unwrap();
        let begun = std::time::Instant::now();
        let name = loop {
            alive.fetch_add(1, Ordering::Relaxed);
            if let Ok(name) = told.try_recv() {
                break name;
            }
            assert!(begun.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(1));
        };
        assert_eq!(name, "stuck");
    }
}
