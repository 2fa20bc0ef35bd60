//! What a channel refused that is handed alerts as they stand, and no notices: among what was told, with the reason.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::{
    domain::notify::Notice,
    shell::channels::ledger::{Done, Ledger, in_words},
    sink::channel::json as written,
    text::Text,
};

impl Ledger {
    /// Writes down what a channel refused that keeps no notices: how often, and why the last time.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn refused(&mut self, notice: &Notice, why: &Text, now: DateTime<Utc>) -> Done {
        let put = "INSERT INTO notice (id, channel, since, made, state, attempts, changed, why, body) \
                   VALUES (?1, ?2, ?3, ?4, 'given up', 1, ?4, ?5, ?6) \
                   ON CONFLICT (id) DO UPDATE SET attempts = attempts + 1, changed = excluded.changed, why = excluded.why";
        let values = params![
            notice.id.to_string(),
            notice.channel.as_str(),
            notice.since.timestamp_micros(),
            now.timestamp_micros(),
            why.as_str(),
            written::body(&notice.message).to_string(),
        ];
        self.db.prepare_cached(put).and_then(|mut put| put.execute(values)).map(drop).map_err(in_words)
    }
}
