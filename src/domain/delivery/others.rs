//! What others who ask the same host were told.

use chrono::{DateTime, Utc};

use super::Deliverer;
use crate::domain::intent::Progress;

impl Deliverer {
    /// The host asked somebody else for patience: it is asked nothing sooner. A longer wait stays.
    pub fn hold(&mut self, until: DateTime<Utc>) {
        self.barred_until = self.barred_until.max(Some(until));
    }

    /// There is another token: what waits for one is asked for now.
    pub fn token_changed(&mut self) {
        let Some(held) = self.unknown_until.take() else { return };
        for item in &mut self.items {
            if let Progress::Waiting { not_before, .. } = &mut item.intent.progress {
                *not_before = not_before.filter(|until| *until != held);
            }
        }
    }
}
