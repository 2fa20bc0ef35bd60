//! The outbox: changes that somebody wants, on disk before anybody asks for them (RELIABILITY, section 5).
//!
//! A row a change, in the order they were wanted; every step of it is a recorded fact as well, in the same transaction, so
//! that whoever follows the facts sees what whoever delivers does. What ended stays for seven days.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Store, StoreError, failure};
use crate::domain::{
    delivery,
    intent::{Intent, OpId, Progress},
    time::minus,
};

mod codec;

pub use codec::{read_intent, read_progress, write_intent, write_progress};

/// How long what ended stays in the outbox.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// What became of an attempt to change how far an intent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is so now, and on disk.
    Taken(Progress),
    /// It cannot be: this is how far it is.
    Stays(Progress),
    /// There is no such intent.
    Missing,
}

const COLUMNS: &str = "id, batch, source, target, act, by, at, progress";

impl Store {
    /// Writes intents down, in this order: all of them, or none. They are on disk when this returns.
    ///
    /// # Errors
    /// As the disk fails; then none of them is wanted.
    pub fn intend(&mut self, intents: &[Intent]) -> Result<(), StoreError> {
        self.outbox_change(|change| {
            let sql = "INSERT INTO outbox (id, batch, source, target, act, by, at, progress, is_over, changed_at) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?7)";
            for intent in intents {
                let written = [
                    intent.id.to_string(),
                    intent.batch.to_string(),
                    intent.source.to_string(),
                    intent.target.to_string(),
                    codec::write_act(&intent.act),
                    intent.by.to_string(),
                ];
                let [id, batch, source, target, act, by] = &written;
                let (at, is_over) = (intent.at.timestamp_micros(), intent.progress.is_over());
                let progress = write_progress(&intent.progress);
                change
                    .prepare_cached(sql)?
                    .execute(params![id, batch, source, target, act, by, at, progress, is_over])?;
                record(change, "intent", intent.source.as_str(), id, &write_intent(intent), intent.at)?;
            }
            Ok(())
        })
    }

    /// Writes down how far an intent is, unless it is over already: somebody may have taken it back meanwhile.
    ///
    /// # Errors
    /// As the disk fails; then nothing is changed.
    pub fn progress(&mut self, id: &OpId, progress: &Progress, at: DateTime<Utc>) -> Result<Step, StoreError> {
        self.step(id, at, |known| (!known.is_over()).then(|| progress.clone()))
    }

    /// Takes an intent back, while it waits.
    ///
    /// # Errors
    /// As the disk fails; then nothing is changed.
    pub fn cancel(&mut self, id: &OpId, at: DateTime<Utc>) -> Result<Step, StoreError> {
        self.step(id, at, |known| delivery::cancelled(known, at))
    }

    /// Has an intent that waits tried as soon as the host may be asked.
    ///
    /// # Errors
    /// As the disk fails; then nothing is changed.
    pub fn hurry(&mut self, id: &OpId, at: DateTime<Utc>) -> Result<Step, StoreError> {
        self.step(id, at, delivery::hurried)
    }

    /// Intents that are not over, and those that ended at `since` or later, in the order they were wanted.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn outbox(&self, since: DateTime<Utc>) -> Result<Vec<Intent>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox WHERE is_over = 0 OR (is_over = 1 AND changed_at >= ?1) ORDER BY place"
        );
        let rows = || -> rusqlite::Result<Vec<Intent>> {
            let mut asked = self.db.prepare_cached(&sql)?;
            // What a later version wrote and this one cannot read is left for that one.
            asked.query_map([since.timestamp_micros()], intent)?.filter_map(Result::transpose).collect()
        };
        rows().map_err(|error| self.failed(&error))
    }

    /// One intent.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn intent(&self, id: &OpId) -> Result<Option<Intent>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1");
        let found = self.db.query_row(&sql, [id.as_str()], intent).optional();
        found.map(Option::flatten).map_err(|error| self.failed(&error))
    }

    /// Forgets intents that ended seven days ago; the record of facts keeps them.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn compact_outbox(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let before = minus(now, KEPT).timestamp_micros();
        self.outbox_change(|change| {
            change.execute("DELETE FROM outbox WHERE is_over = 1 AND changed_at < ?1", [before]).map(drop)
        })
    }

    /// A number that differs from the last one once another connection has written; costs next to nothing.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn change_mark(&self) -> Result<i64, StoreError> {
        let mark = self.db.pragma_query_value(None, "data_version", |row| row.get(0));
        mark.map_err(|error| self.failed(&error))
    }

    /// 80 random bits, for names of intents.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn random(&self) -> Result<u128, StoreError> {
        let bytes: rusqlite::Result<Vec<u8>> = self.db.query_row("SELECT randomblob(10)", [], |row| row.get(0));
        let bytes = bytes.map_err(|error| self.failed(&error))?;
        Ok(bytes.iter().fold(0, |number, byte| (number << 8) | u128::from(*byte)))
    }

    fn step(
        &mut self,
        id: &OpId,
        at: DateTime<Utc>,
        to: impl FnOnce(&Progress) -> Option<Progress>,
    ) -> Result<Step, StoreError> {
        self.outbox_change(|change| {
            let sql = "SELECT source, progress FROM outbox WHERE id = ?1";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
            let found = change.prepare_cached(sql)?.query_row([id.as_str()], read).optional()?;
            let Some((source, known)) = found.and_then(|(source, known)| Some((source, read_progress(&known)?))) else {
                return Ok(Step::Missing);
            };
            let Some(progress) = to(&known) else { return Ok(Step::Stays(known)) };
            let written = write_progress(&progress);
            change
                .prepare_cached("UPDATE outbox SET progress = ?2, is_over = ?3, changed_at = ?4 WHERE id = ?1")?
                .execute(params![id.as_str(), written, progress.is_over(), at.timestamp_micros()])?;
            record(change, "progress", &source, id.as_str(), &written, at)?;
            Ok(Step::Taken(progress))
        })
    }

    fn outbox_change<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let path = &self.path;
        let done = self.db.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|open| {
            let made = change(&open)?;
            open.commit()?;
            Ok(made)
        });
        done.map_err(|error| failure::read(path, &error))
    }
}

fn record(
    change: &Transaction<'_>,
    kind: &str,
    source: &str,
    subject: &str,
    body: &str,
    at: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO fact (at, kind, source, subject, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    change.prepare_cached(sql)?.execute(params![at.timestamp_micros(), kind, source, subject, body.as_bytes()])?;
    Ok(())
}

fn intent(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Intent>> {
    let text = |at: usize| row.get::<_, String>(at);
    let (id, batch, source, target) = (text(0)?, text(1)?, text(2)?, text(3)?);
    let (act, by, at, progress) = (text(4)?, text(5)?, row.get::<_, i64>(6)?, text(7)?);
    Ok(codec::intent_of(&id, &batch, &source, &target, &act, &by, at, &progress))
}

#[cfg(test)]
mod tests;
