//! What a Prometheus scrapes: counters that grow and begin again, gauges, a histogram, a series that goes away.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Begins to answer scrapes; returns the port, and how many it answered.
pub fn start() -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicU64::new(0));
    let theirs = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(&stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|n| 2 < n) {
                line.clear();
            }
            let body = exposition(theirs.fetch_add(1, Ordering::Relaxed));
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close";
            let _ = (&stream).write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes());
        }
    });
    (port, count)
}

/// The `n`th scrape, from 0.
fn exposition(n: u64) -> String {
    let mut text = String::from("# TYPE requests_total counter\n");
    // The process behind host b was started again after nine scrapes.
    let since_start = |host: &str| if host == "b" && 9 <= n { n - 9 } else { n };
    for (host, code, pace) in [("a", "200", 7), ("a", "500", 1), ("b", "200", 5), ("b", "500", 2)] {
        let grown = since_start(host) * pace + n % 3;
        text.push_str(&format!("requests_total{{host=\"{host}\",code=\"{code}\"}} {grown}\n"));
    }
    text.push_str("# TYPE temperature gauge\n");
    for (room, phase) in [("north", 0.0), ("south", 1.3)] {
        let value = 20.0 + 5.0 * (n as f64 / 3.0 + phase).sin();
        text.push_str(&format!("temperature{{room=\"{room}\"}} {value}\n"));
    }
    // The cellar is measured for eight scrapes only.
    if n < 8 {
        text.push_str(&format!("temperature{{room=\"cellar\"}} {}\n", 11.5 + n as f64 / 7.0));
    }
    text.push_str("# TYPE latency_seconds histogram\n");
    for (host, spread) in [("a", 3), ("b", 5)] {
        let mut below = 0;
        for (le, pace) in [("0.05", 4), ("0.1", 6), ("0.5", spread), ("1", 1), ("+Inf", n % 2)] {
            below += n * pace;
            text.push_str(&format!("latency_seconds_bucket{{host=\"{host}\",le=\"{le}\"}} {below}\n"));
        }
        text.push_str(&format!("latency_seconds_sum{{host=\"{host}\"}} {}\n", n as f64 * 0.731));
        text.push_str(&format!("latency_seconds_count{{host=\"{host}\"}} {below}\n"));
    }
    text.push_str("# TYPE nothing gauge\nnothing NaN\n");
    text
}
