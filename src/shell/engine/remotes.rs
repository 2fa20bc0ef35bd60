//! Other servers among what the engine asks.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{Mutex, mpsc::Sender};

use super::Engine;
use crate::{
    floor::fact::{Fact, SourceId},
    shell::{clock::Clock, remote::Remote},
};

/// Other servers; each answers one question at a time.
#[derive(Debug, Default)]
pub(super) struct Remotes(BTreeMap<SourceId, Arc<Mutex<Remote>>>);

impl Remotes {
    /// Asks a source, where it is another server, in a task of its own: one that does not answer holds nothing else.
    pub(super) fn ask(&self, source: SourceId, tell: &Sender<Fact>, clock: Clock) {
        let Some(remote) = self.0.get(&source).map(Arc::clone) else { return };
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
        Some(self.0.get(&source)?.lock().await.poll(source, clock.now()).await)
    }
}

impl Engine {
    /// The same engine, which asks these servers as well.
    #[must_use]
    pub fn with_remotes(mut self, remotes: BTreeMap<SourceId, Remote>) -> Self {
        self.remotes = Remotes(remotes.into_iter().map(|(id, one)| (id, Arc::new(Mutex::new(one)))).collect());
        self
    }
}
