//! A receiver on this machine: a webhook, an Alertmanager, a Prometheus; what it answers can be changed while it runs.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use serde_json::Value;

/// A request, and what was answered.
#[derive(Debug, Clone)]
pub struct Heard {
    pub at: Instant,
    pub target: String,
    /// Null where there was none.
    pub body: Value,
    pub status: u16,
}

type Answer = Box<dyn FnMut(&str, &Value) -> (u16, String) + Send>;

pub struct Receiver {
    pub port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    answer: Arc<Mutex<Answer>>,
}

/// A port where nobody listens.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Receiver {
    /// Listens on a port; 0 = any. It takes everything until it is told otherwise.
    pub fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let all: Answer = Box::new(|_, _| (200, "{}".to_owned()));
        let answer = Arc::new(Mutex::new(all));
        let (heard_there, answer_there) = (Arc::clone(&heard), Arc::clone(&answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (heard, answer) = (Arc::clone(&heard_there), Arc::clone(&answer_there));
                std::thread::spawn(move || while one(&stream, &heard, &answer).is_some() {});
            }
        });
        Self { port, heard, answer }
    }

    /// Answers so from now on: a status and a body by the request's address and body.
    pub fn answers(&self, answer: impl FnMut(&str, &Value) -> (u16, String) + Send + 'static) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(answer);
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// What an Alertmanager was handed of an alert: when, whether it was taken, the alert.
    pub fn handed(&self, name: &str) -> Vec<(Instant, bool, Value)> {
        let heard = self.heard();
        let alerts = heard.iter().flat_map(|one| {
            let (at, taken) = (one.at, one.status < 300);
            one.body.as_array().into_iter().flatten().map(move |alert| (at, taken, alert.clone()))
        });
        alerts.filter(|(_, _, alert)| alert["labels"]["alertname"] == name).collect()
    }
}

fn one(stream: &TcpStream, heard: &Mutex<Vec<Heard>>, answer: &Mutex<Answer>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length, mut target) = (String::new(), 0, String::new());
    while 2 < reader.read_line(&mut line).ok()? {
        if target.is_empty() {
            target = line.split(' ').nth(1)?.to_owned();
        }
        if let Some((_, n)) = line.to_ascii_lowercase().split_once("content-length:") {
            length = n.trim().parse().ok()?;
        }
        line.clear();
    }
    if target.is_empty() {
        return None;
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    let (status, said) = (answer.lock().unwrap())(&target, &body);
    heard.lock().unwrap().push(Heard { at: Instant::now(), target, body, status });
    let mut stream = stream;
    let head = format!("HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}", said.len());
    stream.write_all(format!("{head}\r\n\r\n{said}").as_bytes()).ok()
}
