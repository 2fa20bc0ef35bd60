//! Receivers on this machine: one that is slow, one that fails, one that is busy, one that is dead for a while.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;

/// How a receiver behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It answers after most of a second.
    Slow,
    /// Every other time it fails.
    Failing,
    /// Of three it takes one, and asks to be left alone for a second.
    Busy,
    /// It takes connections and never answers, for so long; then it is well.
    DeadFor(Duration),
}

/// What it heard.
#[derive(Debug, Clone)]
pub struct Heard {
    /// When it answered.
    pub at: Instant,
    /// The message.
    pub body: Value,
    /// Whether it answered that it took it.
    pub is_taken: bool,
}

/// A receiver.
pub struct Receiver {
    /// Its port on the loopback.
    pub port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    mode: Mode,
    began: Instant,
}

impl Receiver {
    /// Begins to listen.
    pub fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (theirs, began) = (Arc::clone(&heard), Instant::now());
        let count = Arc::new(Mutex::new(0_usize));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (heard, count) = (Arc::clone(&theirs), Arc::clone(&count));
                std::thread::spawn(move || while answer(&stream, mode, began, &heard, &count).is_some() {});
            }
        });
        Self { port, heard, mode, began }
    }

    /// What it heard so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Since when it is up, where it was not always.
    pub fn up_since(&self) -> Option<Instant> {
        match self.mode {
            Mode::DeadFor(outage) => Some(self.began + outage),
            Mode::Slow | Mode::Failing | Mode::Busy => None,
        }
    }
}

/// Answers one request; nothing where the connection is over.
fn answer(
    stream: &TcpStream,
    mode: Mode,
    began: Instant,
    heard: &Mutex<Vec<Heard>>,
    count: &Mutex<usize>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    let body: Value = serde_json::from_slice(&bytes).expect("a message in JSON");
    let n = {
        let mut count = count.lock().unwrap();
        *count += 1;
        *count
    };
    let status = match mode {
        Mode::Slow => {
            std::thread::sleep(Duration::from_millis(700));
            "204 No Content"
        }
        Mode::Failing if n % 2 == 1 => "503 Service Unavailable",
        Mode::Busy if n % 3 != 0 => "429 Too Many Requests\r\nretry-after: 1",
        Mode::DeadFor(outage) if began.elapsed() < outage => {
            std::thread::sleep(outage.saturating_sub(began.elapsed()));
            return None;
        }
        Mode::Failing | Mode::Busy | Mode::DeadFor(_) => "204 No Content",
    };
    let is_taken = status.starts_with("204");
    heard.lock().unwrap().push(Heard { at: Instant::now(), body, is_taken });
    let mut stream = stream;
    let length = if is_taken { "" } else { "content-length: 0\r\n" };
    stream.write_all(format!("HTTP/1.1 {status}\r\n{length}\r\n").as_bytes()).ok()
}
