//! The loop with a terminal: keys first, facts bounded, one draw for everything that happened.
//!
//! Measured: one queue for keys and facts, drawn after each message, never recovered under a flood; draining all facts
//! first took more than a second to answer a key. Keys first, with a bounded batch of facts, answers within a frame.

mod flood;
mod visit;

use std::{io, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{buffer::Buffer, layout::Rect};
use tokio::{
    sync::mpsc::{self, error::TryRecvError},
    time::{Instant, sleep_until},
};

use crate::{
    floor::{
        effect::Effect,
        fact::Fact,
        freshness::{self, Feed},
    },
    shell::{
        clock::{Clock, JumpWatch},
        console::flood::Flood,
        engine::Outside,
        keys::{Input, Keyboard},
        paint::Depth,
        past::{Forgetting, Recorder},
        signals::{Signaled, Signals},
        terminal::{self, Drawn, Screen, TerminalGuard},
    },
    tui::{self, Model, Msg},
};

/// Facts taken before the next look at the keyboard.
const FACTS_AT_ONCE: usize = 64;

/// How often files are looked at while the clock stands still (`--now`).
const LOOKS_EVERY: Duration = Duration::from_secs(2);

/// The console, running.
pub struct Console {
    model: Model,
    outside: Outside,
    clock: Clock,
    screen: Screen,
    keyboard: Keyboard,
    guard: TerminalGuard,
    jumps: JumpWatch,
    recorder: Recorder,
    forgetting: Forgetting,
    exit: Option<u8>,
    is_dirty: bool,
    flood: Flood,
    shown_minute: Option<i64>,
}

/// Runs the console until it ends; returns the exit code. What is on record is kept for `keep`.
///
/// # Errors
/// The terminal cannot be taken, or no thread is left.
pub async fn run(
    model: Model,
    outside: Outside,
    facts: Option<mpsc::Receiver<Fact>>,
    clock: Clock,
    depth: Depth,
    keep: TimeDelta,
) -> io::Result<u8> {
    let mut signals = Signals::listen()?;
    let guard = TerminalGuard::enter()?;
    let screen = Screen::start(depth)?;
    let (keyboard, mut keys) = Keyboard::start()?;
    let mut console = Console {
        model,
        outside,
        clock,
        screen,
        keyboard,
        guard,
        jumps: JumpWatch::new(),
        // Under a clock of --now nothing is seen.
        recorder: Recorder::new(matches!(clock, Clock::Wall), false),
        forgetting: Forgetting::new(keep),
        exit: None,
        is_dirty: true,
        flood: Flood::default(),
        shown_minute: None,
    };
    let mut facts = facts;
    console.resize();
    console.draw();
    if let Outside::Live(engine) = &console.outside {
        engine.read_the_rest(&console.model.floor);
    }
    console.drill();
    console.tick();
    let mut next_tick = Instant::now() + console.until_next_second();
    while console.exit.is_none() {
        tokio::select! {
            biased;
            input = keys.recv() => console.keys(input, &mut keys),
            signaled = signals.next() => console.signaled(signaled),
            () = console.screen.freed(), if console.is_dirty || console.flood.is_on() => {}
            () = sleep_until(console.flood.due(Instant::now())), if console.flood.is_on() && !console.screen.is_busy() => {}
            fact = next_fact(&mut facts) => {
                if let Some(fact) = fact {
                    console.facts(fact, facts.as_mut());
                } else {
                    facts = None;
                }
            }
            () = sleep_until(next_tick), if console.ticks() => {
                console.tick();
                next_tick = Instant::now() + console.until_next_second();
            }
        }
        if console.screen.is_gone() {
            console.exit.get_or_insert(128 + 1);
        }
        console.draw();
    }
    if let Outside::Live(engine) = &console.outside {
        let mut notes = console.recorder.look(&console.model.floor, console.clock.now());
        notes.extend(console.recorder.end());
        engine.put_on_record(&notes);
    }
    Ok(console.exit.unwrap_or(0))
}

/// The next fact; waits for ever where nobody will bring one.
async fn next_fact(facts: &mut Option<mpsc::Receiver<Fact>>) -> Option<Fact> {
    match facts {
        Some(facts) => facts.recv().await,
        None => std::future::pending().await,
    }
}

impl Console {
    /// Takes one input and every one that waits behind it, so that a burst is drawn once.
    fn keys(&mut self, first: Option<Input>, keys: &mut mpsc::Receiver<Input>) {
        let mut input = first;
        loop {
            match input {
                Some(Input::Key(key)) => {
                    let now = self.clock.now();
                    let effects = tui::update(&mut self.model, Msg::Key(key), now);
                    self.perform(effects);
                    self.is_dirty = true;
                }
                Some(Input::Gone) | None => {
                    // The terminal hung up: as if SIGHUP had come.
                    self.exit = Some(128 + 1);
                    return;
                }
            }
            if self.exit.is_some() {
                return;
            }
            input = match keys.try_recv() {
                Ok(input) => Some(input),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => None,
            };
        }
    }

    fn facts(&mut self, first: Fact, more: Option<&mut mpsc::Receiver<Fact>>) {
        self.is_dirty |= !self.flood.takes(&first);
        self.take(first);
        if let Some(more) = more {
            for _ in 1..FACTS_AT_ONCE {
                let Ok(fact) = more.try_recv() else { break };
                self.is_dirty |= !self.flood.takes(&fact);
                self.take(fact);
            }
        }
    }

    fn take(&mut self, fact: Fact) {
        // Whatever came of it must not be counted as time that passed.
        self.notice_jump();
        self.apply(fact);
    }

    fn notice_jump(&mut self) {
        if let Some(by) = self.jumps.look(&self.clock, self.clock.now()) {
            self.apply(Fact::ClockJumped { by });
        }
    }

    fn apply(&mut self, fact: Fact) {
        let now = self.clock.now();
        if let (Some(note), Outside::Live(engine)) = (self.recorder.hear(&fact, &self.model.floor), &self.outside) {
            engine.put_on_record(&[note]);
        }
        if let Outside::Live(engine) = &self.outside {
            engine.follow_up(&fact, &self.model.floor);
        }
        let effects = tui::update(&mut self.model, Msg::Fact(fact), now);
        self.perform(effects);
    }

    /// Performs effects, and theirs in turn.
    fn perform(&mut self, mut waiting: Vec<Effect>) {
        while let Some(effect) = waiting.pop() {
            let now = self.clock.now();
            let facts = match effect {
                Effect::Quit => return self.exit = Some(0),
                Effect::Redraw => {
                    self.screen.reset();
                    self.is_dirty = true;
                    Vec::new()
                }
                Effect::Suspend => {
                    self.stop();
                    Vec::new()
                }
                effect @ (Effect::Copy(_)
                | Effect::CopyAll(_)
                | Effect::Browse(_)
                | Effect::Edit { .. }
                | Effect::Compose { .. }) => self.at_the_desk(effect, now),
                effect @ (Effect::Poll(_)
                | Effect::Acknowledge(_)
                | Effect::Toggle { .. }
                | Effect::Enter { .. }
                | Effect::RecordDuty(_)
                | Effect::Note(_)
                | Effect::Escalate(_)
                | Effect::TakeBackAck(_)
                | Effect::Snooze { .. }
                | Effect::Wake(_)
                | Effect::Intend(_)
                | Effect::Cancel(_)
                | Effect::Retry(_)
                | Effect::ReadBody(_)
                | Effect::ReadRunbook(_)
                | Effect::TakeAlert { .. }
                | Effect::GiveAlertBack(_)
                | Effect::Silence(_)
                | Effect::EndSilence(_)
                | Effect::SilenceAbroad { .. }
                | Effect::EndSilenceAbroad { .. }
                | Effect::AlertsCleared(_)
                | Effect::ReadNotices { .. }
                | Effect::PreviewOverride { .. }
                | Effect::WriteOverride { .. }) => self.outside.perform(effect, now),
            };
            for fact in facts {
                waiting.extend(tui::update(&mut self.model, Msg::Fact(fact), now));
            }
        }
        let now = self.clock.now();
        for fact in self.outside.turn(now) {
            self.take_quietly(fact, now);
        }
    }

    /// Takes a fact of the simulated world; what it asks for waits for the next tick.
    fn take_quietly(&mut self, fact: Fact, now: DateTime<Utc>) {
        self.is_dirty = true;
        let effects = tui::update(&mut self.model, Msg::Fact(fact), now);
        for effect in effects {
            for fact in self.outside.perform(effect, now) {
                tui::update(&mut self.model, Msg::Fact(fact), now);
            }
        }
    }

    /// Stops as a shell job; returns when continued.
    fn stop(&mut self) {
        let is_stopped = self.away_from_the_terminal(terminal::stop_self);
        if !is_stopped {
            let what = crate::text::Text::scrub("no shell to go back to: not suspended");
            self.take(Fact::Told { what, went: crate::floor::fact::Went::Badly });
        }
    }

    fn signaled(&mut self, signaled: Signaled) {
        match signaled {
            Signaled::End(code) => self.exit = Some(code),
            Signaled::Resized => self.resize(),
            Signaled::Stop => self.stop(),
            Signaled::Continued => {
                if self.guard.resume().is_err() {
                    self.exit = Some(128 + 1);
                }
                self.resize();
            }
        }
    }

    fn resize(&mut self) {
        let (width, height) = terminal::size();
        tui::update(&mut self.model, Msg::Resized { width, height }, self.clock.now());
        self.screen.reset();
        self.is_dirty = true;
    }

    /// Whether anything happens by itself: time passes, or files are looked at.
    fn ticks(&self) -> bool {
        self.clock.runs() || (matches!(self.outside, Outside::Live(_)) && !self.model.floor.sources.is_empty())
    }

    fn tick(&mut self) {
        self.notice_jump();
        let now = self.clock.now();
        let version = self.model.floor.version();
        let mut effects = tui::update(&mut self.model, Msg::Fact(Fact::Tick), now);
        if !self.clock.runs() {
            // Under a fixed clock nothing falls due, yet files go on growing.
            let files = freshness::numbered(&self.model.floor.sources).filter(|(_, s)| s.feed != Feed::Host);
            effects.extend(files.filter(|(_, s)| !s.is_asked).map(|(id, _)| Effect::Poll(id)));
            effects.dedup();
        }
        self.perform(effects);
        if let Outside::Live(engine) = &self.outside {
            engine.put_on_record(&self.recorder.look(&self.model.floor, now));
            if self.recorder.is_on() {
                self.forgetting.look(engine, now);
            }
        }
        // A second that changes nothing on the screen is not drawn.
        let minute = now.timestamp().div_euclid(60);
        let moves = self.model.moves_each_second(now);
        if moves || self.shown_minute != Some(minute) || self.model.floor.version() != version {
            self.is_dirty = true;
        }
    }

    /// Ticks stand on whole seconds, so that a clock on the screen never shows one twice or skips one.
    fn until_next_second(&self) -> Duration {
        if !self.clock.runs() {
            return LOOKS_EVERY;
        }
        let passed = self.clock.now().timestamp_subsec_millis().min(999);
        Duration::from_millis(u64::from(1_000 - passed) + 2)
    }

    fn draw(&mut self) {
        if !(self.is_dirty || self.flood.is_due(Instant::now())) || self.exit.is_some() || self.screen.is_busy() {
            return;
        }
        let now = self.model.frozen_at.unwrap_or_else(|| self.clock.now());
        self.model.settle(now);
        let size = self.model.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        let cursor = tui::view::view(&self.model, &mut buffer, now);
        if self.screen.draw(&buffer, cursor) != Drawn::Busy {
            self.flood.drawn(Instant::now());
            self.is_dirty = false;
            self.shown_minute = Some(now.timestamp().div_euclid(60));
        }
    }

    /// Panics on demand, so that a test can see the terminal come back: `WATCHFLOOR_DRILL=panic`.
    #[expect(clippy::panic, reason = "a rehearsal of the panic path is the point")]
    fn drill(&self) {
        if std::env::var_os("WATCHFLOOR_DRILL").is_some_and(|v| v == "panic") {
            panic!("a rehearsed panic with an escape: \u{1b}]0;forged\u{7}");
        }
    }
}
