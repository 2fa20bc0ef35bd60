//! Takes in what sources tell, for commands that print and end.

use chrono::{DateTime, SubsecRound as _, Utc};

use crate::{
    cli::{failure::complain, setup::Setup},
    floor::{
        effect::Effect,
        fact::{Fact, SourceId, Went},
        freshness::Feed,
    },
    shell::channels::handling,
};

impl Setup {
    /// The time of a page: the second that it names, so that `--at` that second is about the same.
    pub fn printed_at(&mut self) -> DateTime<Utc> {
        let now = self.clock.now().trunc_subsecs(0);
        self.floor.conclude(now);
        now
    }

    /// Reads the files once, here and now, and asks no host.
    pub fn read_files(&mut self) {
        for fact in std::mem::take(&mut self.first) {
            self.floor.apply(fact, self.clock.now());
        }
        for n in 0..self.floor.sources.len() {
            if self.floor.sources.get(n).is_some_and(|s| s.feed == Feed::Host) {
                continue;
            }
            for fact in self.engine.look(SourceId(n)) {
                self.take(fact);
            }
        }
    }

    /// Reads the sources of one kind once, here and now.
    pub async fn read_feed(&mut self, feed: Feed) {
        for n in 0..self.floor.sources.len() {
            if self.floor.sources.get(n).is_some_and(|s| s.feed == feed) {
                self.read_one(SourceId(n)).await;
            }
        }
    }

    /// Takes in what an earlier run left on disk, and asks nobody.
    pub async fn recall(&mut self) {
        for fact in std::mem::take(&mut self.first) {
            self.floor.apply(fact, self.clock.now());
        }
        for fact in self.engine.remembered().await {
            self.take(fact);
        }
        self.floor.settle(self.clock.now());
    }

    /// Judges the rules at the time of a page: as they stand with whoever watches, and where nobody does as if somebody had,
    /// as far as the files reach back.
    pub fn judged_at(&mut self) -> DateTime<Utc> {
        let printed = self.printed_at();
        // What was written within the second that the page names is read already, and counts.
        let now = self.clock.now();
        self.floor.replay_alerts(now);
        if let Some(book) = self.book.take() {
            self.floor.stand_as_written(*book, now);
        }
        // What the rules say now is what the release is judged by.
        self.floor.settle(now);
        printed
    }

    /// Reads one source, and hears meanwhile what is put on record.
    async fn read_one(&mut self, source: SourceId) {
        let mut heard = Vec::new();
        {
            let Self { engine, facts, .. } = self;
            let mut reading = std::pin::pin!(engine.read_now(source));
            let told = loop {
                tokio::select! {
                    biased;
                    Some(fact) = facts.recv() => heard.push(fact),
                    told = &mut reading => break told,
                }
            };
            heard.extend(std::iter::from_fn(|| facts.try_recv().ok()));
            // Of a failure the host's own words tell more.
            let has_failed =
                |of: &SourceId| heard.iter().any(|fact| matches!(fact, Fact::Failed { source, .. } if source == of));
            let told =
                told.into_iter().filter(|fact| !matches!(fact, Fact::Failed { source, .. } if has_failed(source)));
            let told: Vec<Fact> = told.collect();
            heard.extend(told);
        }
        for fact in heard {
            self.take(fact);
        }
    }

    /// Reads every source once, here and now, for commands that print and end.
    pub async fn read_all(&mut self) {
        for fact in std::mem::take(&mut self.first) {
            self.floor.apply(fact, self.clock.now());
        }
        self.floor.look_back();
        for fact in self.engine.remembered().await {
            self.take(fact);
        }
        for n in 0..self.floor.sources.len() {
            self.read_one(SourceId(n)).await;
        }
        let now = self.clock.now();
        if let Some(folder) = &self.acting.folder {
            let mut kept = handling::kept(folder, &self.notify.silences, now);
            // Rules are taken up once they were judged: what waits since long ago is known to the book alone.
            self.book = kept.book.take();
            self.floor.apply(Fact::AlertsKept(Box::new(kept)), now);
        }
        self.floor.settle(now);
        let notes = self.recorder.look(&self.floor, now);
        say(self.engine.put_now(&notes));
    }

    fn take(&mut self, fact: Fact) {
        say_if_told(&fact);
        if let Some(note) = self.recorder.hear(&fact, &self.floor) {
            say(self.engine.put_now(&[note]));
        }
        if let Some(told) = self.recorder.hear_history(&fact, &self.floor) {
            say(self.engine.put_history_now(told));
        }
        for effect in self.floor.apply(fact, self.clock.now()) {
            // A command that prints and ends asks each source itself; all that is left to do is to write down what it saw.
            if let Effect::RecordDuty(seen) = effect {
                say(self.engine.record_now(seen));
            }
        }
    }
}

fn say(fact: Option<Fact>) {
    if let Some(fact) = fact {
        say_if_told(&fact);
    }
}

fn say_if_told(fact: &Fact) {
    if let Fact::Told { what, went: Went::Badly } = fact {
        complain(&format!("note: {what}"));
    }
}
