//! Programs on this machine: found, started on free ports of the loopback with folders of their own, killed and started again.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use watchfloor::wire::{Method, Request, Response};

/// Finds a program by one of its names; none where the servers are to be left out.
pub fn program(names: &[&str]) -> Option<PathBuf> {
    if std::env::var_os("WATCHFLOOR_SERVERS").is_some_and(|wish| wish == "0") {
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}

/// Says that a test is left out; where the servers must be there, that is a fault.
pub fn left_out(what: &str) {
    match std::env::var_os("WATCHFLOOR_SERVERS") {
        None => println!("left out: {what} is not on this machine"),
        Some(wish) if wish == "0" => println!("left out: WATCHFLOOR_SERVERS=0, {what} was not looked for"),
        Some(_) => panic!("WATCHFLOOR_SERVERS is set, and {what} is not here"),
    }
}

/// Ports that nobody listens on just now.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let held: Vec<TcpListener> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    std::array::from_fn(|n| held[n].local_addr().unwrap().port())
}

/// A program that runs; it is killed when this is dropped, however the test ends.
pub struct Server {
    command: Box<dyn Fn() -> Command>,
    child: Option<Child>,
    log: PathBuf,
}

impl Server {
    /// Starts a program; what it says is added to a file.
    pub fn start(log: &Path, command: impl Fn() -> Command + 'static) -> Self {
        let mut server = Self { command: Box::new(command), child: None, log: log.to_owned() };
        server.begin();
        server
    }

    /// Starts it again, where it was killed.
    pub fn begin(&mut self) {
        let log = fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = (self.command)();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    /// Kills it: no time to say goodbye.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Has it stop, or go on: a server that hangs takes connections, and answers none.
    pub fn signal(&mut self, name: &str) {
        let pid = self.child.as_ref().map_or(0, Child::id);
        assert!(
            pid != 0 && Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().unwrap().success()
        );
    }

    /// What it said.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Performs a request on the loopback; nothing where nobody answers.
pub fn perform(request: &Request) -> Option<Response> {
    let (host, port) = (request.url.host_str()?, request.url.port()?);
    let mut stream = TcpStream::connect((host, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let method = if request.method == Method::Post { "POST" } else { "GET" };
    let target = format!("{}{}", request.url.path(), request.url.query().map(|q| format!("?{q}")).unwrap_or_default());
    // HTTP/1.0: the answer ends where the connection ends, and nothing comes in pieces.
    let mut head = format!("{method} {target} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {}\r\n", request.body.len());
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    stream.write_all(&request.body).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let status = std::str::from_utf8(bytes.get(9..12)?).ok()?.parse().ok()?;
    Some(Response { status, headers: Vec::new(), body: bytes.split_off(end + 4) })
}

/// The JSON at an address.
pub fn json(url: &str) -> Option<Value> {
    let answer = perform(&Request::get(url::Url::parse(url).unwrap(), Vec::new()))?;
    serde_json::from_slice(&answer.body).ok()
}

/// Waits until something is so; panics with what it is about where it takes longer.
pub fn wait_for<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + within;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "it took longer than {} s: {what}", within.as_secs());
        std::thread::sleep(Duration::from_millis(100));
    }
}
