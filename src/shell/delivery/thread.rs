//! Lines at work beside the console.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Notify, oneshot};

use super::Line;

/// Lines at work on a thread of their own; they end with it.
#[derive(Debug)]
pub struct Delivery {
    goes_on: Arc<AtomicBool>,
    waker: Waker,
    ended: Option<oneshot::Receiver<()>>,
}

/// Tells lines at work that there is something new in the outbox.
#[derive(Debug, Clone, Default)]
pub struct Waker(Arc<[Arc<Notify>]>);

impl Waker {
    /// Has each line look at the outbox now, or as soon as it has done what it is at.
    pub fn wake(&self) {
        self.0.iter().for_each(|line| line.notify_one());
    }
}

impl Delivery {
    /// Sets the lines to work.
    ///
    /// # Errors
    /// The machine gives no thread.
    pub fn start(lines: Vec<Line>) -> std::io::Result<Self> {
        let goes_on = Arc::new(AtomicBool::new(true));
        let waker = Waker(lines.iter().map(|_| Arc::default()).collect());
        let (theirs, wakes) = (Arc::clone(&goes_on), Arc::clone(&waker.0));
        let (tell, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("delivery".to_owned()).spawn(move || {
            runtime.block_on(async {
                let mut all = tokio::task::JoinSet::new();
                for (line, wake) in lines.into_iter().zip(wakes.iter()) {
                    all.spawn(line.run(Arc::clone(&theirs), Arc::clone(wake)));
                }
                while all.join_next().await.is_some() {}
            });
            // Whoever waited for the end may have gone.
            let _ = tell.send(());
        })?;
        Ok(Self { goes_on, waker, ended: Some(ended) })
    }

    /// What tells the lines that there is something new in the outbox.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }
}

impl Delivery {
    /// Begins nothing more, and waits until what was begun has its answer on disk.
    pub async fn end(mut self) {
        self.stop();
        if let Some(ended) = self.ended.take() {
            // No question lasts longer than the door to the network lets it; an error says that the thread is gone.
            let _ = ended.await;
        }
    }

    fn stop(&self) {
        self.goes_on.store(false, Ordering::Relaxed);
        self.waker.wake();
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.stop();
    }
}
