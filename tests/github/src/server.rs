//! The world behind a socket, with faults that are switched while it runs.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    fault::{Fault, Stage},
    wire::{Answer, Request},
    world::World,
};

/// The longest body that is read.
const LONGEST_BODY: usize = 4 << 20;

/// What time it is for the world: real, faster, or standing.
#[derive(Debug, Clone)]
pub struct Clock {
    base: DateTime<Utc>,
    began: Instant,
    speed: f64,
}

impl Clock {
    /// The real time.
    pub fn real() -> Self {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let base = DateTime::from_timestamp(since.as_secs() as i64, since.subsec_nanos()).unwrap_or_default();
        Self { base, began: Instant::now(), speed: 1.0 }
    }

    /// From an instant on, `speed` seconds to the second; 0 = it stands.
    pub fn from(base: DateTime<Utc>, speed: f64) -> Self {
        Self { base, began: Instant::now(), speed }
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.base + TimeDelta::milliseconds((self.began.elapsed().as_secs_f64() * self.speed * 1e3) as i64)
    }
}

/// A request that came, and what became of it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What was asked.
    pub request: Request,
    /// The status the world gave; 0 = the world never heard of it.
    pub status: u16,
    /// The fault it met.
    pub fault: Option<Fault>,
    /// When, by the world's clock.
    pub at: DateTime<Utc>,
}

#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    clock: Mutex<Clock>,
    /// What happens to everything, until changed.
    weather: Mutex<Option<Fault>>,
    /// What happens to the next requests that fit, one each.
    ambushes: Mutex<VecDeque<(String, String, Fault)>>,
    log: Mutex<Vec<Seen>>,
    is_refusing: AtomicBool,
    is_over: AtomicBool,
    open: Mutex<Vec<(SocketAddr, TcpStream)>>,
}

/// A host on the loopback.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts on a port of its own; the world's answers name its address.
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn start(world: World, clock: Clock) -> io::Result<Self> {
        Self::start_at(world, clock, 0)
    }

    /// Starts on a port; 0 = any.
    ///
    /// # Errors
    /// Where the port cannot be had.
    pub fn start_at(mut world: World, clock: Clock, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        world.api = format!("http://{address}");
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            clock: Mutex::new(clock),
            weather: Mutex::new(None),
            ambushes: Mutex::new(VecDeque::new()),
            log: Mutex::new(Vec::new()),
            is_refusing: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            open: Mutex::new(Vec::new()),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("github".to_owned()).spawn(move || accept(listener, &theirs))?;
        Ok(Self { shared, address, thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The world, for as long as the guard is held nothing is answered.
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.shared.world)
    }

    /// The world's time.
    pub fn now(&self) -> DateTime<Utc> {
        lock(&self.shared.clock).now()
    }

    /// Sets the world's time.
    pub fn set_clock(&self, clock: Clock) {
        *lock(&self.shared.clock) = clock;
    }

    /// What happens to every request from now on; nothing = all is well. `Refuse` closes the port, too.
    pub fn weather(&self, fault: Option<Fault>) {
        let is_refusing = fault == Some(Fault::Refuse);
        *lock(&self.shared.weather) = fault;
        let was_refusing = self.shared.is_refusing.swap(is_refusing, Ordering::SeqCst);
        if is_refusing && !was_refusing {
            self.cut();
            self.wake();
            // From here on the port answers nobody: the listener is closed in its thread.
            let limit = Instant::now() + Duration::from_secs(2);
            while TcpStream::connect(self.address).is_ok() && Instant::now() < limit {
                thread::sleep(Duration::from_millis(2));
            }
        } else if was_refusing && !is_refusing {
            let limit = Instant::now() + Duration::from_secs(2);
            while TcpStream::connect(self.address).is_err() && Instant::now() < limit {
                thread::sleep(Duration::from_millis(2));
            }
        }
    }

    /// One request of that method (empty = any) whose target holds `piece` meets a fault; those set first are met first.
    pub fn ambush(&self, method: &str, piece: &str, fault: Fault) {
        lock(&self.shared.ambushes).push_back((method.to_owned(), piece.to_owned(), fault));
    }

    /// How many ambushes still wait.
    pub fn n_ambushes(&self) -> usize {
        lock(&self.shared.ambushes).len()
    }

    /// Nobody waits in ambush any more.
    pub fn call_off(&self) {
        lock(&self.shared.ambushes).clear();
    }

    /// Everything that was asked, in order.
    pub fn log(&self) -> Vec<Seen> {
        lock(&self.shared.log).clone()
    }

    /// Everything that was asked since the last look.
    pub fn news(&self) -> Vec<Seen> {
        std::mem::take(&mut *lock(&self.shared.log))
    }

    /// Whether any request shows these characters anywhere but in `authorization`.
    pub fn leaks(&self, secret: &str) -> bool {
        let shows = |text: &str| text.contains(secret);
        lock(&self.shared.log).iter().any(|seen| {
            let elsewhere = seen.request.headers.iter().filter(|(name, _)| name != "authorization");
            shows(&seen.request.target)
                || shows(&String::from_utf8_lossy(&seen.request.body))
                || elsewhere.into_iter().any(|(name, value)| shows(name) || shows(value))
        })
    }

    /// Breaks every connection that stands.
    pub fn cut(&self) {
        for (_, stream) in lock(&self.shared.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn wake(&self) {
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_millis(200));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.wake();
        self.cut();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: TcpListener, shared: &Arc<Shared>) {
    let address = listener.local_addr();
    let mut listener = Some(listener);
    while !shared.is_over.load(Ordering::SeqCst) {
        if shared.is_refusing.load(Ordering::SeqCst) {
            listener = None;
            thread::sleep(Duration::from_millis(5));
            continue;
        }
        if listener.is_none() {
            listener = address.as_ref().ok().and_then(|address| TcpListener::bind(address).ok());
        }
        let Some(Ok((stream, peer))) = listener.as_ref().map(TcpListener::accept) else {
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        if shared.is_over.load(Ordering::SeqCst) || shared.is_refusing.load(Ordering::SeqCst) {
            continue;
        }
        if let Ok(copy) = stream.try_clone() {
            lock(&shared.open).push((peer, copy));
        }
        let theirs = Arc::clone(shared);
        let _ = thread::Builder::new().name("github-peer".to_owned()).spawn(move || {
            let _ = talk(&stream, &theirs);
            lock(&theirs.open).retain(|(other, _)| *other != peer);
        });
    }
}

/// One connection, request after request.
fn talk(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream.try_clone()?;
    while let Some(request) = read(&mut reader)? {
        let fault = fault_for(shared, &request);
        let at = lock(&shared.clock).now();
        let mut seen = Seen { request: request.clone(), status: 0, fault: fault.clone(), at };
        if let Some(fault) = fault.as_ref().filter(|fault| fault.stage() == Stage::Before) {
            lock(&shared.log).push(seen);
            fault.strike(&mut writer, None, &|| shared.is_over.load(Ordering::SeqCst))?;
            return end(&writer, fault);
        }
        let answer = lock(&shared.world).answer(&request, at);
        seen.status = answer.status;
        lock(&shared.log).push(seen);
        match fault {
            Some(fault) => {
                fault.strike(&mut writer, Some(&answer), &|| shared.is_over.load(Ordering::SeqCst))?;
                if !fault.keeps_connection() {
                    return end(&writer, &fault);
                }
            }
            None => writer.write_all(&written(&answer, request.method == "HEAD"))?,
        }
        if request.header("connection").is_some_and(|how| how.eq_ignore_ascii_case("close")) {
            return Ok(());
        }
    }
    Ok(())
}

/// Ends a connection after a fault; one that is reset ends without a farewell when its last handle is dropped.
fn end(stream: &TcpStream, fault: &Fault) -> io::Result<()> {
    if fault.is_reset() {
        return socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
    }
    let _ = stream.shutdown(Shutdown::Both);
    Ok(())
}

fn fault_for(shared: &Shared, request: &Request) -> Option<Fault> {
    let mut ambushes = lock(&shared.ambushes);
    let found = ambushes.iter().position(|(method, piece, _)| {
        (method.is_empty() || *method == request.method) && request.target.contains(piece.as_str())
    });
    if let Some((_, _, fault)) = found.and_then(|i| ambushes.remove(i)) {
        return Some(fault);
    }
    lock(&shared.weather).clone()
}

/// A request, or nothing where the connection ends.
fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_ascii_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let mut request = Request { method: method.to_owned(), target: target.to_owned(), ..Request::default() };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            request.headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let length = request.header("content-length").and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
    if length > LONGEST_BODY {
        return Ok(None);
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}

/// An answer as it goes over the wire.
pub fn written(answer: &Answer, is_head: bool) -> Vec<u8> {
    let mut out = head(answer, answer.body.len());
    if !is_head {
        out.extend_from_slice(&answer.body);
    }
    out
}

/// The head of an answer that promises so many bytes.
pub fn head(answer: &Answer, length: usize) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {} -\r\n", answer.status);
    for (name, value) in &answer.headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    if answer.status != 304 && answer.status != 204 {
        out.push_str(&format!("content-length: {length}\r\n"));
    }
    out.push_str("\r\n");
    out.into_bytes()
}
