//! `watchfloor watch`: without a terminal, for a service or a cron job.

use std::{
    io::{self, Write as _},
    sync::mpsc::{SyncSender, TrySendError, sync_channel},
    thread,
    time::Duration,
};

use chrono::Utc;
use tokio::time::Instant;

use crate::{
    cli::{
        act::told,
        args::{Common, Watch},
        exit,
        failure::{Failure, complain, print},
        setup::{self, Setup},
    },
    domain::{
        intent::{Intent, Progress},
        time::rfc3339,
        zone::Zones,
    },
    floor::{
        fact::{Fact, Role, SourceId, Went},
        freshness::{Feed, Source, Worth},
    },
    shell::{
        channels::{Duty, Once},
        past::Recorder,
        signals::{Signaled, Signals},
        watch::{self, Begin},
    },
    text::{Text, counted, grouped},
};

/// Runs it.
///
/// # Errors
/// Wrong settings, or signals cannot be listened to.
pub async fn run(asked: Watch, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let setup = setup::set_up(common, zones)?;
    let signals = Signals::listen().map_err(|error| {
        let hint = "the host refuses handlers of signals";
        Failure::new(exit::BUG, format!("listen to signals: {error}"), hint)
    })?;
    for warning in &setup.warnings {
        complain(&format!("warning: {warning}"));
    }
    if asked.once { once(setup, asked, signals).await } else { on_and_on(setup, signals).await }
}

async fn on_and_on(setup: Setup, signals: Signals) -> Result<u8, Failure> {
    if !setup.clock.runs() {
        let hint = "leave --now out; watchfloor watch --once --now INSTANT puts one look at a past time on record";
        return Err(Failure::new(exit::USAGE, "watch with --now: the clock would stand still", hint));
    }
    let Setup { floor, mut engine, facts, first, clock, keep, notify, acting, .. } = setup;
    engine.handle_alerts(acting.folder.clone(), notify.silences.clone());
    let hosts = acting.issue_hosts();
    let duty = Duty::begin(notify, acting.folder, clock).with_hosts(hosts);
    let begin = Begin { floor, engine, first, clock, recorder: Recorder::new(true, true), keep, duty };
    let mut lines = Lines::begin();
    let code = watch::run(begin, facts, signals, &mut |line| lines.say(line)).await;
    lines.end();
    Ok(code)
}

/// One whole pass, then a summary. A signal ends it at once; what was heard until then is on record.
async fn once(mut setup: Setup, asked: Watch, mut signals: Signals) -> Result<u8, Failure> {
    let limit = asked.within.to_std().unwrap_or(Duration::MAX);
    let begun = Instant::now();
    let until = begun.checked_add(limit).unwrap_or_else(|| begun + LONGEST);
    let (began, wall) = (setup.clock.now(), now());
    let role = setup.engine.keeper().lead().await;
    // One look is put on record at the time of --now: that is what a rehearsal of the past is for.
    setup.recorder = Recorder::new(true, true);
    setup.recorder.plays(&role);
    if let Role::Follows { who } = &role {
        complain(&format!("note: {who} asks the hosts: this one waits until it has heard each of them"));
        tokio::select! {
            biased;
            code = ended(&mut signals) => return Ok(code),
            () = others_heard(&setup, began, until) => {}
        }
    }
    // What somebody wants changed first: the hosts then tell of it in the same pass.
    if role == Role::Syncs && !setup.acting.is_read_only {
        tokio::select! {
            biased;
            code = ended(&mut signals) => return Ok(code),
            delivered = setup.engine.deliver(until) => if let Err(error) = delivered {
                complain(&format!("warning: nothing is delivered: {error}"));
            }
        }
    }
    let is_in_time = tokio::select! {
        biased;
        code = ended(&mut signals) => return Ok(code),
        read = tokio::time::timeout_at(until, setup.read_all()) => read.is_ok(),
    };
    if !is_in_time {
        let now = setup.clock.now();
        setup.floor.settle(now);
    }
    note_evidence(&mut setup, role.clone());
    // A console that is opened on this has its first frame at once.
    setup.engine.keeper().keep_briefs_now(setup.floor.policy.clone()).await;
    // The outbox goes by the clock on the wall, whatever --now says.
    let sent = setup.engine.outbox(wall).await;
    let told = tokio::select! {
        biased;
        code = ended(&mut signals) => return Ok(code),
        told = tell(&mut setup, &role, until) => told,
    };
    let doubts: String = setup.floor.doubts().iter().map(|doubt| format!("  {}\n", Text::scrub(doubt))).collect();
    print(&format!("{}{doubts}{}{}", summary(&setup, is_in_time), posted(&sent), said(&told)))?;
    let is_whole = |source: &Source| source.heard_at.is_some() && source.trouble.is_none() && source.n_skipped == 0;
    // What fires and reached nobody is nothing that a cron job may pass over.
    let is_heard = is_in_time && setup.floor.sources.iter().all(is_whole) && told.1.n_left == 0;
    let is_heard = is_heard && setup.floor.doubts().is_empty();
    // What is not on record was not put there, though it was heard.
    let is_saved = setup.floor.unsaved().is_none();
    // A machine without a state folder has no outbox, and that was said.
    let code = sent.map_or(exit::DONE, |intents| told::code_of_all(&intents));
    Ok(match (is_heard, is_saved) {
        (false, _) => exit::COULD_NOT_JUDGE,
        (true, false) => exit::NO,
        (true, true) => code,
    })
}

/// Puts on record what files prove of duties: once they are written over nobody could tell any more.
fn note_evidence(setup: &mut Setup, role: Role) {
    let now = setup.clock.now();
    setup.floor.apply(Fact::Plays(role), now);
    for effect in setup.floor.see_evidence(now) {
        for fact in setup.engine.perform(effect) {
            if let Fact::Told { what, went: Went::Badly } = fact {
                complain(&format!("warning: {what}"));
            }
        }
    }
}

/// How long delivery may take beyond what is left of --within: what fires is told even by a pass that was slow.
const TELLING: Duration = Duration::from_secs(10);

/// Tells what fires, where nobody else does. Returns lines for the summary, and what became of it.
async fn tell(setup: &mut Setup, role: &Role, until: Instant) -> (Vec<String>, Once) {
    if matches!(role, Role::Follows { .. }) {
        return (Vec::new(), Once::default());
    }
    let now = setup.clock.now();
    setup.floor.replay_alerts(now);
    let duty = Duty::begin(setup.notify.clone(), setup.acting.folder.clone(), setup.clock);
    let mut duty = duty.with_hosts(setup.acting.issue_hosts());
    let told = duty.once(&setup.floor, until.max(Instant::now() + TELLING), now).await;
    duty.end();
    told
}

fn said((lines, once): &(Vec<String>, Once)) -> String {
    let mut lines: Vec<String> = lines.iter().map(|line| format!("  {}", Text::scrub(line))).collect();
    if 0 < once.n_left {
        let n = counted(once.n_left, "message", "messages");
        lines.push(format!("  {n} could not be delivered"));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Changes named one by one; of more than these the number is said.
const NAMED: usize = 8;

/// What became of what people wanted of hosts: how much was done, and by name what was refused and what waits.
fn posted(sent: &Result<Vec<Intent>, Text>) -> String {
    let Ok(intents) = sent else { return String::new() };
    let is_done = |intent: &&Intent| matches!(intent.progress, Progress::Done { .. });
    let (n_done, mut lines) = (intents.iter().filter(is_done).count(), Vec::new());
    if 0 < n_done {
        lines.push(format!("  outbox: {} done", counted(n_done, "change", "changes")));
    }
    let named = |word: &str, which: Vec<&Intent>, lines: &mut Vec<String>| {
        for intent in which.iter().take(NAMED) {
            let why = told::why_of(&intent.progress).map(|why| format!(": {why}")).unwrap_or_default();
            lines.push(format!("  outbox: {word}: {}: {}{why}", intent.target, intent.act.words()));
        }
        let n_more = which.len().saturating_sub(NAMED);
        lines.extend((0 < n_more).then(|| format!("  outbox: {word}: {} more", grouped(n_more))));
    };
    let is_refused = |intent: &&Intent| matches!(intent.progress, Progress::Refused { .. });
    named("refused", intents.iter().filter(is_refused).collect(), &mut lines);
    named("waits", intents.iter().filter(|intent| !intent.progress.is_over()).collect(), &mut lines);
    lines.iter().map(|line| format!("{}\n", Text::scrub(line))).collect()
}

/// What --within comes to where it is longer than clocks can count: a day.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Waits until the process that leads has heard each host since `began`, or until then.
async fn others_heard(setup: &Setup, began: chrono::DateTime<Utc>, until: Instant) {
    let hosts = || setup.floor.sources.iter().filter(|source| source.feed == Feed::Host);
    loop {
        let heard = setup.engine.heard_since(began).unwrap_or_default();
        if hosts().all(|source| heard.contains(&source.name)) || until <= Instant::now() {
            return;
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

/// How often it is looked whether somebody else has heard.
const LOOKS_EVERY: Duration = Duration::from_millis(200);

/// The exit code of the signal that ends the process.
async fn ended(signals: &mut Signals) -> u8 {
    loop {
        if let Signaled::End(code) = signals.next().await {
            return code;
        }
    }
}

/// Records left out that one pass names for each source; the others are counted.
const LEFT_OUT_NAMED: usize = 5;

/// A line for each source, and what is worth knowing beside.
fn summary(setup: &Setup, is_in_time: bool) -> String {
    let (floor, now) = (&setup.floor, setup.clock.now());
    let mut lines = vec![format!("{} one pass", rfc3339(now))];
    for (n, source) in floor.sources.iter().enumerate() {
        let mut parts = vec![match source.worth(now) {
            Worth::Fresh(_) => "heard".to_owned(),
            Worth::Stale(_) if source.is_dated && source.trouble.is_none() => "heard".to_owned(),
            Worth::Stale(_) => "not heard now".to_owned(),
            Worth::Reading | Worth::Never => "never heard".to_owned(),
        }];
        let is_known = source.heard_at.is_some() || floor.queue().entries().iter().any(|entry| entry.source.0 == n);
        if matches!(source.feed, Feed::Host | Feed::History) && is_known {
            let of_source = || floor.queue().entries().iter().filter(|entry| entry.source.0 == n);
            let n_open = of_source().filter(|entry| entry.incident.is_open()).count();
            parts.push(format!("{}, {} open", counted(of_source().count(), "incident", "incidents"), grouped(n_open)));
        }
        if 0 < source.n_skipped {
            parts.push(counted(source.n_skipped, "record left out", "records left out"));
        }
        parts.extend(source.trouble.as_ref().map(|(trouble, _, why)| format!("{}: {why}", trouble.word())));
        lines.push(format!("  {}: {}", source.name, parts.join(", ")));
        let named = source.skipped.iter().take(LEFT_OUT_NAMED);
        lines.extend(named.map(|skipped| format!("    left out: {}: {}", skipped.at, skipped.why)));
        let missing = floor.host(SourceId(n)).map(|host| host.missing.as_slice()).unwrap_or_default();
        lines.extend(missing.iter().map(|what| format!("  {}: {what}", source.name)));
    }
    if let Some(unsaved) = floor.unsaved() {
        lines.push(format!("  not saved: {}", unsaved.why));
    }
    if !is_in_time {
        lines.push("  the time of --within is over; what was not read yet is read the next time".to_owned());
    }
    let scrubbed: Vec<String> = lines.iter().map(|line| Text::scrub(line).to_string()).collect();
    format!("{}\n", scrubbed.join("\n"))
}

/// Lines that wait for a reader of standard output; more are left out, and their number is said.
const LINES_WAITING: usize = 4_096;

/// How long the last lines may take to be read.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Writes lines to standard output on a thread of its own: a log that nobody reads must not hold the watcher.
struct Lines {
    to: SyncSender<String>,
    done: std::sync::mpsc::Receiver<()>,
    n_lost: usize,
}

impl Lines {
    fn begin() -> Self {
        let (to, from) = sync_channel::<String>(LINES_WAITING);
        let (ended, done) = sync_channel(1);
        thread::spawn(move || {
            for line in from {
                // A reader that went away misses lines; what is watched goes on.
                let mut out = io::stdout().lock();
                let _ = writeln!(out, "{line}").and_then(|()| out.flush());
            }
            let _ = ended.send(());
        });
        Self { to, done, n_lost: 0 }
    }

    fn say(&mut self, line: &str) {
        if 0 < self.n_lost {
            let lost = counted(self.n_lost, "line was", "lines were");
            let note = format!("{} note: {lost} lost: nobody read them", rfc3339(now()));
            if self.to.try_send(note).is_ok() {
                self.n_lost = 0;
            }
        }
        if let Err(TrySendError::Full(_)) = self.to.try_send(line.to_owned()) {
            self.n_lost = self.n_lost.saturating_add(1);
        }
    }

    fn end(self) {
        let Self { to, done, .. } = self;
        drop(to);
        // Whoever does not read has a second to begin.
        let _ = done.recv_timeout(LAST_LINES);
    }
}

fn now() -> chrono::DateTime<Utc> {
    crate::shell::clock::Clock::Wall.now()
}
