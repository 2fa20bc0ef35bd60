//! Files are read: each on a thread that may wait for a disk, and soon again where something comes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::Engine;
use crate::{
    floor::fact::{Fact, SourceId},
    shell::files::{self, lock},
};

/// A metric file that brings something is looked at again so soon, until it falls due by itself: what is in it is to be on
/// the screen within a second. One that stands still is left alone.
const AGAIN: Duration = Duration::from_millis(500);

/// How often: it falls due two seconds after it was heard, at a whole second.
const TIMES_AGAIN: usize = 5;

/// Whether a look at a source brought something since that was last asked.
pub(super) type Lively = BTreeMap<SourceId, Arc<AtomicBool>>;

impl Engine {
    /// Asks the sources that fell due: each host in its own task, each file on a thread that may wait for a disk. A file
    /// that holds its thread for ever holds nothing else.
    pub fn start_reading(&mut self) {
        self.mind_post();
        for source in std::mem::take(&mut self.due) {
            self.ask(source);
            self.remotes.ask(source, &self.tell, self.clock);
            let Some(file) = self.files.get(&source).map(Arc::clone) else { continue };
            let (tell, clock) = (self.tell.clone(), self.clock);
            let lively = Arc::clone(self.lively.entry(source).or_default());
            tokio::spawn(async move {
                // `is_again` leaves out that nothing is new: the floor was not asked for that.
                let poll = |is_again: bool| {
                    let (tell, file, lively) = (tell.clone(), Arc::clone(&file), Arc::clone(&lively));
                    tokio::task::spawn_blocking(move || {
                        lock(&file).poll(source, clock.now(), &mut |fact| {
                            if matches!(fact, Fact::Sampled { .. } | Fact::Measured(_)) {
                                lively.store(true, Ordering::Relaxed);
                            }
                            if !(is_again && matches!(fact, Fact::Unchanged { .. })) {
                                // When nobody listens any more the program is ending.
                                drop(tell.blocking_send(fact));
                            }
                        });
                    })
                };
                // A thread that broke has said so.
                let _ = poll(false).await;
                if files::ask_calendars(&file, clock).await {
                    let _ = poll(false).await;
                }
                // A look right after another finds nothing, even where lines come all the time: what came since the
                // source last fell due counts.
                let is_lively = lively.swap(false, Ordering::Relaxed);
                for _ in 0..if is_lively { TIMES_AGAIN } else { 0 } {
                    tokio::time::sleep(AGAIN).await;
                    let _ = poll(true).await;
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, time::Instant};

    use tokio::sync::watch;

    use super::*;
    use crate::{
        domain::incident::Login,
        floor::{effect::Effect, fact::Role},
        shell::{
            clock::Clock,
            engine::Sources,
            feeds::metric::measuring::{Measuring, Plan},
            files::FileSource,
            keeper::{Keeper, Place},
        },
        text::Text,
    };

    fn engine(files: String) -> (Engine, tokio::sync::mpsc::Receiver<Fact>) {
        let (_, role) = watch::channel(Role::Syncs);
        let shared = Arc::new(Measuring::new(Plan::default(), role));
        let files = BTreeMap::from([(SourceId(0), FileSource::Measured { files, shared })]);
        let (tell, facts) = Engine::channel();
        let keeper = Keeper::start(Place::Nowhere(Text::scrub("no store")), Clock::Wall, Vec::new(), tell.clone());
        let sources = Sources { files, hosts: Vec::new(), release: None };
        (Engine::new(Clock::Wall, Login::new("ana"), sources, keeper, tell), facts)
    }

    #[tokio::test]
    async fn a_file_that_falls_due_right_after_a_look_is_not_left_alone_for_that() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        let mut file = std::fs::File::create(&path).unwrap();
        writeln!(file, "time,name,value").unwrap();
        let goes_on = Arc::new(AtomicBool::new(true));
        let theirs = Arc::clone(&goes_on);
        let writer = std::thread::spawn(move || {
            while theirs.load(Ordering::Relaxed) {
                writeln!(file, "{},a,1", Clock::Wall.now().to_rfc3339()).unwrap();
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let (mut engine, mut facts) = engine(path.to_string_lossy().into_owned());
        let round = |engine: &mut Engine| {
            engine.perform(Effect::Poll(SourceId(0)));
            engine.start_reading();
            Instant::now()
        };
        round(&mut engine);
        // Its last look is half a second before the third second; the next round begins right after, and finds nothing.
        tokio::time::sleep(Duration::from_millis(2_600)).await;
        while facts.try_recv().is_ok() {}
        let begun = round(&mut engine);
        let is_looked_at = async {
            while let Some(fact) = facts.recv().await {
                if matches!(fact, Fact::Measured(_)) && Duration::from_millis(300) < begun.elapsed() {
                    return true;
                }
            }
            false
        };
        let is_looked_at = tokio::time::timeout(Duration::from_secs(10), is_looked_at).await;
        goes_on.store(false, Ordering::Relaxed);
        writer.join().unwrap();
        assert_eq!(is_looked_at, Ok(true), "lines came all the time");
    }
}
