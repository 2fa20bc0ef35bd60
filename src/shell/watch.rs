//! The watcher: the loop without a terminal. It applies facts, performs effects, puts everything on record and says what is
//! worth a line; it ends on a signal.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{
    domain::time::rfc3339,
    floor::{
        Floor,
        effect::Effect,
        fact::{Fact, Role},
        news::News,
    },
    shell::{
        channels::Duty,
        clock::{Clock, JumpWatch},
        engine::Engine,
        past::{Forgetting, Note, Recorder},
        signals::{Signaled, Signals},
    },
    text::Text,
};

/// Facts taken before the next look at signals.
const FACTS_AT_ONCE: usize = 64;

/// Of the time that facts take, at most one part in so many goes to what is worked out anew behind them.
const SETTLES_ONE_IN: u32 = 5;

/// How long the disk may take for the last of it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The watcher, running.
pub struct Watcher<'a> {
    floor: Floor,
    engine: Engine,
    clock: Clock,
    recorder: Recorder,
    news: News,
    jumps: JumpWatch,
    forgetting: Forgetting,
    duty: Duty,
    /// Not before then facts settle: with thousands of sources each look at all of them takes its time.
    settles_at: Instant,
    say: &'a mut dyn FnMut(&str),
}

/// What a watcher begins with.
pub struct Begin {
    /// The floor, with its sources.
    pub floor: Floor,
    /// What performs effects.
    pub engine: Engine,
    /// Facts known from the start.
    pub first: Vec<Fact>,
    /// The clock.
    pub clock: Clock,
    /// What is put on record.
    pub recorder: Recorder,
    /// How long it is kept.
    pub keep: TimeDelta,
    /// Who is told of what.
    pub duty: Duty,
}

/// Watches until a signal ends it; returns the exit code: 128 and the signal's number. Every line said ends without a newline.
pub async fn run(begin: Begin, mut facts: mpsc::Receiver<Fact>, mut signals: Signals, say: &mut dyn FnMut(&str)) -> u8 {
    let Begin { floor, engine, first, clock, recorder, keep, duty } = begin;
    let (news, jumps, forgetting) = (News::default(), JumpWatch::new(), Forgetting::new(keep));
    let settles_at = Instant::now();
    let mut watcher = Watcher { floor, engine, clock, recorder, news, jumps, forgetting, duty, settles_at, say };
    watcher.engine.keeper().stand();
    for fact in first.into_iter().chain(watcher.engine.remembered().await) {
        watcher.quietly(fact);
    }
    watcher.engine.keeper().keep_briefs(watcher.floor.policy.clone());
    // After the rules are known, before any is judged.
    if let Some(book) = watcher.duty.book() {
        watcher.floor.restore_alerts(book, clock.now());
    }
    watcher.tick();
    let mut next_tick = Instant::now() + Duration::from_secs(1);
    loop {
        tokio::select! {
            biased;
            signaled = signals.next() => if let Signaled::End(code) = signaled {
                watcher.end(code);
                watcher.duty.end();
                return code;
            },
            // Before facts: where more come than are taken, what fires is to be told all the same.
            () = sleep_until(next_tick) => {
                watcher.tick();
                next_tick = Instant::now() + Duration::from_secs(1);
            }
            fact = facts.recv() => if let Some(fact) = fact {
                watcher.take(fact);
                for _ in 1..FACTS_AT_ONCE {
                    let Ok(fact) = facts.try_recv() else { break };
                    watcher.take(fact);
                }
                watcher.settle_soon();
            },
        }
    }
}

impl Watcher<'_> {
    /// Applies what an earlier run left: that is no news.
    fn quietly(&mut self, fact: Fact) {
        let now = self.clock.now();
        if matches!(fact, Fact::Told { .. } | Fact::Plays(_)) {
            return self.take(fact);
        }
        self.record(&fact);
        let effects = self.floor.apply(fact, now);
        self.perform(effects);
    }

    fn take(&mut self, fact: Fact) {
        if let Some(by) = self.jumps.look(&self.clock, self.clock.now()) {
            self.duty.jumped(by);
            self.apply(Fact::ClockJumped { by });
        }
        self.apply(fact);
    }

    fn apply(&mut self, fact: Fact) {
        let now = self.clock.now();
        self.record(&fact);
        self.engine.follow_up(&fact, &self.floor);
        for line in self.news.of(&fact, &self.floor, now) {
            self.line(&line);
        }
        let effects = self.floor.apply(fact, now);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let now = self.clock.now();
        let mut waiting = effects;
        while let Some(effect) = waiting.pop() {
            // The watcher has a log of its own for what a console says at its foot.
            if let Effect::Escalate(due) = &effect {
                let lines: Vec<_> = due.iter().map(|due| format!("escalation: {}", due.words())).collect();
                lines.iter().for_each(|line| self.line(line));
                let notes = self.duty.escalate(due, &self.floor, now);
                notes.iter().for_each(|line| self.line(line));
                continue;
            }
            for fact in self.engine.perform(effect) {
                for line in self.news.of(&fact, &self.floor, now) {
                    self.line(&line);
                }
                waiting.extend(self.floor.apply(fact, now));
            }
        }
    }

    /// Puts on record what a fact brings that no host driver does.
    fn record(&mut self, fact: &Fact) {
        let notes: Vec<Note> = self.recorder.hear(fact, &self.floor).into_iter().collect();
        self.engine.put_on_record(&notes);
        if let Some(told) = self.recorder.hear_history(fact, &self.floor) {
            self.engine.put_history_on_record(told);
        }
    }

    /// Settles, unless that took much of the time lately: then the next tick does.
    fn settle_soon(&mut self) {
        if self.settles_at <= Instant::now() {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let now = self.clock.now();
        let began = Instant::now();
        self.floor.settle(now);
        let notes = self.recorder.look(&self.floor, now);
        self.engine.put_on_record(&notes);
        for line in self.news.overdue(&self.floor, now) {
            self.line(&line);
        }
        if let Some(line) = self.news.left_out(&self.floor) {
            self.line(&line);
        }
        for line in self.news.doubts(&self.floor) {
            self.line(&line);
        }
        self.settles_at = Instant::now() + began.elapsed() * SETTLES_ONE_IN;
    }

    fn tick(&mut self) {
        if let Some(by) = self.jumps.look(&self.clock, self.clock.now()) {
            self.duty.jumped(by);
            self.apply(Fact::ClockJumped { by });
        }
        self.apply(Fact::Tick);
        self.engine.start_reading();
        self.settle();
        // Alone, without a store, nobody else tells either.
        let leads = matches!(*self.engine.keeper().role().borrow(), Role::Syncs | Role::Alone);
        let lines = self.duty.tick(&self.floor, leads, self.clock.now());
        lines.iter().for_each(|line| self.line(line));
        if self.recorder.is_on() {
            self.forgetting.look(&self.engine, self.clock.now());
        }
    }

    /// Puts the last look on record, so that what is known of the end is exact.
    fn end(&mut self, code: u8) {
        self.settle();
        self.engine.put_on_record(self.recorder.end().as_slice());
        if let Some(measuring) = self.engine.measuring() {
            measuring.end(self.clock.now());
        }
        self.line(&format!("ended by {}", signal_name(code)));
        match self.engine.keeper().close(PATIENCE) {
            Some(0) => {}
            Some(n) => self.line(&format!("note: {n} that somebody did could not be saved")),
            None => self.line("note: the disk did not answer; the last seconds may not be saved"),
        }
    }

    fn line(&mut self, line: &str) {
        let line = format!("{} {line}", rfc3339(self.clock.now()));
        (self.say)(Text::scrub(&line).as_str());
    }
}

fn signal_name(code: u8) -> &'static str {
    match code {
        129 => "SIGHUP",
        130 => "SIGINT",
        131 => "SIGQUIT",
        143 => "SIGTERM",
        _ => "a signal",
    }
}
