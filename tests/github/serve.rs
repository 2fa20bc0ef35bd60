//! A GitHub on the loopback, for trying things by hand and for sweeps from outside.
//!
//! `cargo run --example github -- --repos 3 --issues 200 --port 8080 --changes 60`, then lines on standard input:
//! `weather status 503`, `weather clear`, `ambush POST /comments reset-after`, `lag 20`, `graphql off`, `log`, `meter`, `stop`.

use std::{
    io::{self, BufRead, Write},
    sync::mpsc,
    time::Duration,
};

use chrono::TimeDelta;
use github_world::{
    World,
    fault::Fault,
    life::{Life, populate},
    meter::Meter,
    server::{Clock, Server},
};

const USAGE: &str =
    "github [--repos N] [--issues N] [--port P] [--changes N a minute] [--lag SECONDS] [--token T] [--seed N]";

struct Wanted {
    repos: usize,
    issues: usize,
    port: u16,
    changes: f64,
    lag: i64,
    token: Option<String>,
    seed: u64,
}

fn wanted() -> Result<Wanted, String> {
    let mut wanted = Wanted { repos: 1, issues: 50, port: 0, changes: 0.0, lag: 0, token: None, seed: 1 };
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        let value = words.next().ok_or_else(|| USAGE.to_owned())?;
        let bad = |_| format!("{name} {value}: {USAGE}");
        match name.as_str() {
            "--repos" => wanted.repos = value.parse().map_err(bad)?,
            "--issues" => wanted.issues = value.parse().map_err(bad)?,
            "--port" => wanted.port = value.parse().map_err(bad)?,
            "--changes" => wanted.changes = value.parse().map_err(|_| format!("{name} {value}: {USAGE}"))?,
            "--lag" => wanted.lag = value.parse().map_err(bad)?,
            "--seed" => wanted.seed = value.parse().map_err(bad)?,
            "--token" => wanted.token = Some(value),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(wanted)
}

fn main() -> io::Result<()> {
    let wanted = wanted().map_err(io::Error::other)?;
    let clock = Clock::real();
    let mut world = World::new(wanted.seed);
    populate(&mut world, wanted.repos.max(1), wanted.issues, clock.now(), wanted.seed);
    world.rules.lag = TimeDelta::seconds(wanted.lag);
    world.rules.tokens.extend(wanted.token);
    let server = Server::start_at(world, clock, wanted.port)?;
    let mut out = io::stdout();
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    let mut life = Life::new(wanted.seed, wanted.changes);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
        // Without a standard input it serves until it is killed.
        std::thread::park();
    });
    loop {
        match told.recv_timeout(Duration::from_millis(200)) {
            Ok(line) if line.trim() == "stop" => return Ok(()),
            Ok(line) => writeln!(out, "{}", obey(&server, &line).unwrap_or_else(|| "what?".to_owned()))?,
            Err(_) => {
                let now = server.now();
                life.advance(&mut server.world(), now);
            }
        }
        out.flush()?;
    }
}

fn obey(server: &Server, line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["weather", "clear"] => server.weather(None),
        ["weather", ref fault @ ..] => server.weather(Some(Fault::read(fault)?)),
        ["ambush", method, piece, ref fault @ ..] => server.ambush(method, piece, Fault::read(fault)?),
        ["lag", seconds] => server.world().rules.lag = TimeDelta::seconds(seconds.parse().ok()?),
        ["graphql", word] => server.world().rules.graphql = word == "on",
        ["meter"] => return Some(format!("{}\n{}", Meter::head(), server.world().meter)),
        ["log"] => {
            let log = server.news();
            let lines: Vec<String> = log
                .iter()
                .map(|seen| format!("{} {} {}", seen.status, seen.request.method, seen.request.target))
                .collect();
            return Some(lines.join("\n"));
        }
        _ => return None,
    }
    Some("done".to_owned())
}
