//! Lines at work beside the console.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

use super::Line;

/// Lines at work on a thread of their own; they end with it.
#[derive(Debug)]
pub struct Delivery {
    goes_on: Arc<AtomicBool>,
    wake: Arc<Notify>,
}

impl Delivery {
    /// Sets the lines to work.
    ///
    /// # Errors
    /// The machine gives no thread.
    pub fn start(lines: Vec<Line>) -> std::io::Result<Self> {
        let (goes_on, wake) = (Arc::new(AtomicBool::new(true)), Arc::new(Notify::new()));
        let (theirs, their_wake) = (Arc::clone(&goes_on), Arc::clone(&wake));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("delivery".to_owned()).spawn(move || {
            runtime.block_on(async {
                let mut all = tokio::task::JoinSet::new();
                for line in lines {
                    all.spawn(line.run(Arc::clone(&theirs), Arc::clone(&their_wake)));
                }
                while all.join_next().await.is_some() {}
            });
        })?;
        Ok(Self { goes_on, wake })
    }

    /// Says that there is something new in the outbox.
    pub fn wake(&self) {
        self.wake.notify_waiters();
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.goes_on.store(false, Ordering::Relaxed);
        self.wake.notify_waiters();
    }
}
