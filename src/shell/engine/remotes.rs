//! Other servers among what the engine asks.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::sync::{Mutex, mpsc::Sender};

use super::Engine;
use crate::{
    domain::notify::Silence,
    floor::{
        effect::Effect,
        fact::{Fact, SourceId, Went},
    },
    shell::{
        clock::Clock,
        remote::{Door, Remote},
    },
    text::Text,
};

/// An Alertmanager marks its alerts a moment after it took a silence.
const SETTLES: Duration = Duration::from_millis(300);

/// Other servers; each answers one question at a time.
#[derive(Debug, Default)]
pub(super) struct Remotes {
    asked: BTreeMap<SourceId, Arc<Mutex<Remote>>>,
    /// Those that tell of alerts: what is changed there need not wait for what is asked.
    doors: Vec<(SourceId, Door)>,
    is_read_only: bool,
}

/// What is changed at another server.
#[derive(Debug)]
enum Change {
    Silence(Box<Silence>),
    End(Text),
}

impl Remotes {
    /// Makes or ends a silence, in a task of its own, and then asks the server what it tells now.
    pub(super) fn change(&self, effect: Effect, tell: &Sender<Fact>, clock: Clock) -> Vec<Fact> {
        let (server, change) = match effect {
            Effect::SilenceAbroad { server, silence } => (server, Change::Silence(silence)),
            Effect::EndSilenceAbroad { server, id } => (server, Change::End(id)),
            _ => return Vec::new(),
        };
        let badly = |what: &str| vec![Fact::Told { what: Text::scrub(what), went: Went::Badly }];
        if self.is_read_only {
            return badly("nothing is changed at any host: read_only");
        }
        let Some((source, door)) = self.doors.iter().find(|(_, door)| *door.name() == server).cloned() else {
            return badly(&format!("{server}: no server of the settings is called that"));
        };
        let (remote, tell) = (self.asked.get(&source).map(Arc::clone), tell.clone());
        tokio::spawn(async move {
            let (done, tried) = match &change {
                Change::Silence(silence) => {
                    (door.silence(silence).await.map(|_| format!("silenced at {server}")), "not silenced")
                }
                Change::End(id) => {
                    (door.end_silence(id).await.map(|()| format!("its silence at {server} is over")), "not ended")
                }
            };
            let (what, went) = match done {
                Ok(what) => (what, Went::Well),
                Err(refusal) => (format!("{tried} at {server}: {}", refusal.why), Went::Badly),
            };
            // When nobody listens any more the program is ending.
            let _ = tell.send(Fact::Told { what: Text::scrub(&what), went }).await;
            let Some(remote) = remote.filter(|_| went == Went::Well) else { return };
            tokio::time::sleep(SETTLES).await;
            for fact in remote.lock().await.poll(source, clock.now()).await {
                let _ = tell.send(fact).await;
            }
        });
        Vec::new()
    }

    /// Asks a source, where it is another server, in a task of its own: one that does not answer holds nothing else.
    pub(super) fn ask(&self, source: SourceId, tell: &Sender<Fact>, clock: Clock) {
        let Some(remote) = self.asked.get(&source).map(Arc::clone) else { return };
        let tell = tell.clone();
        tokio::spawn(async move {
            let facts = remote.lock().await.poll(source, clock.now()).await;
            for fact in facts {
                // When nobody listens any more the program is ending.
                let _ = tell.send(fact).await;
            }
        });
    }

    /// Asks a source here and now; nothing where it is no other server.
    pub(super) async fn ask_now(&self, source: SourceId, clock: Clock) -> Option<Vec<Fact>> {
        Some(self.asked.get(&source)?.lock().await.poll(source, clock.now()).await)
    }
}

impl Engine {
    /// The same engine, which asks these servers as well, and changes nothing there where that is not wanted.
    #[must_use]
    pub fn with_remotes(mut self, remotes: BTreeMap<SourceId, Remote>, is_read_only: bool) -> Self {
        let doors = remotes.iter().filter_map(|(id, remote)| Some((*id, remote.door()?.clone()))).collect();
        let asked = remotes.into_iter().map(|(id, one)| (id, Arc::new(Mutex::new(one)))).collect();
        self.remotes = Remotes { asked, doors, is_read_only };
        self
    }
}
