//! Forgets what is too old, a little at a time, in whichever process records.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::oneshot;

use crate::{domain::time::plus, shell::engine::Engine};

/// How often a little of what is too old is forgotten.
const EVERY: TimeDelta = TimeDelta::seconds(20);

/// How long nothing is looked for once nothing is too old any more.
const AGAIN: TimeDelta = TimeDelta::hours(6);

/// Forgets now and then.
#[derive(Debug)]
pub struct Forgetting {
    keep: TimeDelta,
    due_at: Option<DateTime<Utc>>,
    /// Says whether nothing is left that is too old, once a step is done.
    step: Option<oneshot::Receiver<bool>>,
}

impl Forgetting {
    /// For a record that is kept for so long.
    pub fn new(keep: TimeDelta) -> Self {
        Self { keep, due_at: None, step: None }
    }

    /// Takes a step if one is due; nobody waits for the disk. To be called by who records, every second or so.
    pub fn look(&mut self, engine: &Engine, now: DateTime<Utc>) {
        if let Some(step) = &mut self.step {
            match step.try_recv() {
                Ok(is_all) => self.due_at = Some(plus(now, if is_all { AGAIN } else { EVERY })),
                Err(oneshot::error::TryRecvError::Empty) => return,
                // The disk refused, or its thread is gone.
                Err(oneshot::error::TryRecvError::Closed) => self.due_at = Some(plus(now, EVERY)),
            }
            self.step = None;
        }
        if self.due_at.is_none_or(|at| at <= now) {
            self.step = Some(engine.forget(self.keep));
        }
    }
}
