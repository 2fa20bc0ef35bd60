//! What the ledger keeps of silences.

use chrono::{DateTime, Utc};
use rusqlite::params;
use serde_json::json;

use crate::{
    domain::notify::{Matcher, Silence, SilenceId},
    shell::channels::ledger::{Done, Ledger, in_words},
    text::Text,
};

impl Ledger {
    /// Keeps a silence; returns the name it got.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn add_silence(&mut self, silence: &Silence) -> Done<SilenceId> {
        let matchers: Vec<String> = silence.matchers.iter().map(ToString::to_string).collect();
        let values = params![
            json!(matchers).to_string(),
            silence.from.timestamp_micros(),
            silence.until.timestamp_micros(),
            silence.author.as_str(),
            silence.comment.as_str(),
        ];
        let sql = "INSERT INTO silence (matchers, begins, ends, author, comment) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.db.execute(sql, values).map_err(in_words)?;
        Ok(SilenceId(u64::try_from(self.db.last_insert_rowid()).unwrap_or(0)))
    }

    /// Ends a silence now; says whether there was one that had not ended.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn expire(&mut self, id: SilenceId, now: DateTime<Utc>) -> Done<bool> {
        let at = now.timestamp_micros();
        let sql = "UPDATE silence SET ends = ?2, begins = min(begins, ?2) WHERE id = ?1 AND ?2 < ends";
        let id = i64::try_from(id.0).unwrap_or(i64::MAX);
        self.db.execute(sql, params![id, at]).map(|n| n == 1).map_err(in_words)
    }

    /// Every silence that is kept, by its name.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn silences(&self) -> Done<Vec<Silence>> {
        let read = || -> rusqlite::Result<Vec<Silence>> {
            let mut asked =
                self.db.prepare("SELECT id, matchers, begins, ends, author, comment FROM silence ORDER BY id")?;
            let mut rows = asked.query([])?;
            let mut silences = Vec::new();
            while let Some(row) = rows.next()? {
                let matchers: Vec<String> = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
                let matchers: Result<Vec<Matcher>, String> = matchers.iter().map(|one| Matcher::parse(one)).collect();
                // A silence of which a part cannot be read would silence more than its author meant.
                let Ok(matchers) = matchers else { continue };
                silences.push(Silence {
                    id: SilenceId(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0)),
                    matchers,
                    from: DateTime::from_timestamp_micros(row.get(2)?).unwrap_or_default(),
                    until: DateTime::from_timestamp_micros(row.get(3)?).unwrap_or_default(),
                    author: Text::scrub(&row.get::<_, String>(4)?),
                    comment: Text::scrub(&row.get::<_, String>(5)?),
                });
            }
            Ok(silences)
        };
        read().map_err(in_words)
    }
}
