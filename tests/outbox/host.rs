//! A host that takes comments, labels and closes, loses answers when told to, and whose lists lag.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// An issue as it truly is.
#[derive(Debug, Default, Clone)]
pub struct Issue {
    pub comments: Vec<(u64, String, Instant)>,
    pub labels: BTreeSet<String>,
    pub assignees: BTreeSet<String>,
    pub is_closed: bool,
    /// Its title and text, where it was opened here.
    pub text: Option<(String, String)>,
    pub reason: Option<String>,
    /// When it was opened here.
    pub opened: Option<Instant>,
}

#[derive(Debug, Default)]
pub struct Truth {
    pub issues: BTreeMap<u64, Issue>,
    /// Issues that were opened: title and text.
    pub opened: Vec<(String, String, Instant)>,
    /// When each change arrived, and what it was.
    pub writes: Vec<(Instant, String)>,
    next_id: u64,
}

/// What goes wrong with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before it is done.
    LostBefore,
    /// It is done, and the connection breaks before the answer.
    LostAfter,
    /// It is not done, and a page says so.
    TroubleBefore,
    /// It is done, and a page says otherwise.
    TroubleAfter,
    /// This status, with these words and headers.
    Answer(u16, &'static str, &'static str),
}

pub struct Host {
    pub address: SocketAddr,
    pub truth: Arc<Mutex<Truth>>,
    planned: Arc<Mutex<Vec<Fault>>>,
    is_rough: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

impl Host {
    /// Starts one whose lists of comments lag by so much.
    pub fn start(lag: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let host = Self {
            address,
            truth: Arc::default(),
            planned: Arc::default(),
            is_rough: Arc::default(),
            is_over: Arc::default(),
        };
        let (truth, planned) = (Arc::clone(&host.truth), Arc::clone(&host.planned));
        let (is_rough, is_over) = (Arc::clone(&host.is_rough), Arc::clone(&host.is_over));
        thread::spawn(move || {
            let dice = Arc::new(AtomicU64::new(0x9E37_79B9_7F4A_7C15));
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let (truth, planned) = (Arc::clone(&truth), Arc::clone(&planned));
                let (is_rough, dice) = (Arc::clone(&is_rough), Arc::clone(&dice));
                thread::spawn(move || {
                    let fault = || {
                        let next = planned.lock().unwrap().pop();
                        next.or_else(|| is_rough.load(Ordering::Relaxed).then(|| rough(&dice)).flatten())
                    };
                    serve(stream, &truth, lag, &fault);
                });
            }
        });
        host
    }

    /// The next changes meet these, the first first.
    pub fn plan(&self, faults: &[Fault]) {
        let mut planned = self.planned.lock().unwrap();
        *planned = faults.iter().rev().copied().collect();
    }

    /// From now on one change in five goes wrong.
    pub fn be_rough(&self, is_rough: bool) {
        self.is_rough.store(is_rough, Ordering::Relaxed);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn rough(dice: &AtomicU64) -> Option<Fault> {
    let mut x = dice.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    match (x >> 40) % 20 {
        0 => Some(Fault::LostBefore),
        1 => Some(Fault::LostAfter),
        2 => Some(Fault::TroubleBefore),
        3 => Some(Fault::TroubleAfter),
        _ => None,
    }
}

fn serve(stream: TcpStream, truth: &Mutex<Truth>, lag: Duration, fault: &dyn Fn() -> Option<Fault>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let Some((method, target, body)) = request(&mut reader) else { return };
        let fault = if method == "GET" || !target.starts_with("/repos/") { None } else { fault() };
        if fault == Some(Fault::LostBefore) {
            return;
        }
        let (status, headers, answer) = match fault {
            Some(Fault::TroubleBefore) => (502, "", "<html>unicorn".to_owned()),
            Some(Fault::Answer(status, headers, words)) => (status, headers, json!({ "message": words }).to_string()),
            _ => {
                let (status, answer) = answer(&mut truth.lock().unwrap(), &method, &target, &body, lag);
                (status, "", answer.to_string())
            }
        };
        let (status, answer) = match fault {
            Some(Fault::LostAfter) => return,
            Some(Fault::TroubleAfter) => (502, "<html>unicorn".to_owned()),
            _ => (status, answer),
        };
        let head = format!("HTTP/1.1 {status} -\r\n{headers}content-length: {}\r\n\r\n", answer.len());
        if stream.write_all((head + &answer).as_bytes()).is_err() {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, String, Value)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| 0 < *n)?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| 0 < *n)?;
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, target, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

fn answer(truth: &mut Truth, method: &str, target: &str, body: &Value, lag: Duration) -> (u16, Value) {
    let path = target.split('?').next().unwrap_or_default();
    if path == "/user" {
        return (200, json!({ "login": "octo" }));
    }
    match path {
        "/repos/acme/api" => return (200, json!({ "id": 1, "full_name": "acme/api", "open_issues_count": 0 })),
        "/repos/acme/api/labels" | "/repos/acme/api/pulls" => return (200, json!([])),
        _ => {}
    }
    let Some(rest) = path.strip_prefix("/repos/acme/api/issues") else {
        return (404, json!({ "message": "Not Found" }));
    };
    if method != "GET" {
        truth.writes.push((Instant::now(), format!("{method} {target}")));
    }
    truth.next_id += 1;
    let id = truth.next_id;
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let Some(number) = parts.first().and_then(|part| part.parse::<u64>().ok()) else {
        return collection(truth, method, body, id, lag);
    };
    let issue = truth.issues.entry(number).or_default();
    let texts = |name: &str| -> Vec<String> {
        let list = body[name].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    };
    match (method, parts.get(1).copied(), parts.get(2)) {
        ("POST", Some("comments"), None) => {
            let text = body["body"].as_str().unwrap_or_default().to_owned();
            issue.comments.push((id, text.clone(), Instant::now()));
            (201, json!({ "id": id, "body": text, "html_url": format!("https://host.example/c/{id}") }))
        }
        ("GET", Some("comments"), None) => {
            let old = issue.comments.iter().filter(|(_, _, at)| lag <= at.elapsed());
            (200, old.map(|(id, body, _)| json!({ "id": id, "body": body })).collect())
        }
        ("POST", Some("labels"), None) => {
            issue.labels.extend(texts("labels"));
            (200, labels(issue))
        }
        ("DELETE", Some("labels"), Some(name)) => {
            if issue.labels.remove(&name.replace("%2F", "/").replace("%20", " ")) {
                (200, labels(issue))
            } else {
                (404, json!({}))
            }
        }
        ("POST", Some("assignees"), None) => {
            issue.assignees.extend(texts("assignees").into_iter().filter(|login| login != "ghost"));
            (201, shown(number, issue))
        }
        ("DELETE", Some("assignees"), None) => {
            issue.assignees.retain(|login| !texts("assignees").contains(login));
            (200, shown(number, issue))
        }
        ("PATCH", None, None) => {
            issue.is_closed = body["state"] == "closed";
            issue.reason = body["state_reason"].as_str().map(str::to_owned);
            (200, shown(number, issue))
        }
        ("GET", None, None) => (200, shown(number, issue)),
        _ => (404, json!({ "message": "Not Found" })),
    }
}

fn collection(truth: &mut Truth, method: &str, body: &Value, id: u64, lag: Duration) -> (u16, Value) {
    if method == "POST" {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        truth.opened.push((text("title"), text("body"), Instant::now()));
        let names = body["labels"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let made = Issue {
            labels: names.map(str::to_owned).collect(),
            text: Some((text("title"), text("body"))),
            opened: Some(Instant::now()),
            ..Issue::default()
        };
        truth.issues.insert(id, made);
        return (201, json!({ "id": id, "number": id, "body": text("body"), "html_url": page(id) }));
    }
    let old = truth.issues.iter().filter(|(_, issue)| issue.opened.is_some_and(|at| lag <= at.elapsed()));
    let listed = |(number, issue): (&u64, &Issue)| {
        let (title, body) = issue.text.clone().unwrap_or_default();
        json!({ "title": title, "body": body, "number": number, "html_url": page(*number) })
    };
    (200, old.map(listed).collect())
}

fn page(number: u64) -> String {
    format!("https://host.example/acme/api/issues/{number}")
}

fn labels(issue: &Issue) -> Value {
    issue.labels.iter().map(|name| json!({ "name": name })).collect()
}

fn shown(number: u64, issue: &Issue) -> Value {
    let assignees: Vec<Value> = issue.assignees.iter().map(|login| json!({ "login": login })).collect();
    let state = if issue.is_closed { "closed" } else { "open" };
    json!({ "number": number, "state": state, "state_reason": issue.reason, "labels": labels(issue), "assignees": assignees })
}
