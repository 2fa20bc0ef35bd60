//! What the ledger keeps of alerts themselves: what fired, the book of the rules, drills, who took what on.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, TransactionBehavior, params};
use serde_json::Value;

use crate::{
    domain::alert::{
        Alert, AlertId,
        book::{Snapshot, Taken},
    },
    shell::channels::{
        codec,
        ledger::{Done, Ledger, in_words},
    },
    text::Text,
};

/// A drill that is to go the way of every alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Drill {
    /// Its place in the ledger.
    pub id: i64,
    /// The alert.
    pub alert: Alert,
    /// It is over then.
    pub until: DateTime<Utc>,
}

/// How far a notice of a drill is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The channel.
    pub channel: Text,
    /// The word of its state, see [`State`](crate::shell::channels::State).
    pub state: String,
    /// When what it tells of happened.
    pub since: DateTime<Utc>,
    /// When that was written.
    pub changed: DateTime<Utc>,
    /// Why it did not arrive.
    pub why: Option<Text>,
}

impl Ledger {
    /// Keeps what fires, and forgets what is over and told.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn keep_fired(&mut self, fires: &[Alert], over: &[AlertId]) -> Done {
        let mut write = || -> rusqlite::Result<()> {
            let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for alert in fires {
                let body = codec::put_alert(alert).to_string();
                let mut put = change.prepare_cached("INSERT OR REPLACE INTO fired VALUES (?1, ?2)")?;
                put.execute(params![alert.id.to_string(), body])?;
            }
            for id in over {
                change.prepare_cached("DELETE FROM fired WHERE id = ?1")?.execute([id.to_string()])?;
            }
            change.commit()
        };
        write().map_err(in_words)
    }

    /// What fired when that was last written down.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn fired(&self) -> Done<Vec<Alert>> {
        let read = || -> rusqlite::Result<Vec<Alert>> {
            let mut asked = self.db.prepare("SELECT body FROM fired ORDER BY id")?;
            let bodies: Vec<String> = asked.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(bodies.iter().filter_map(|body| codec::alert(&serde_json::from_str::<Value>(body).ok()?)).collect())
        };
        read().map_err(in_words)
    }

    /// Writes the book of the rules down.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn keep_book(&mut self, book: &Snapshot, now: DateTime<Utc>) -> Done {
        let body = codec::put_book(book).to_string();
        let sql = "INSERT OR REPLACE INTO book VALUES (1, ?1, ?2)";
        self.db.execute(sql, params![now.timestamp_micros(), body]).map(|_| ()).map_err(in_words)
    }

    /// The book of the rules as it was last written down, with when, where that is later than `after`.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn book(&self, after: Option<DateTime<Utc>>) -> Done<Option<(DateTime<Utc>, Snapshot)>> {
        let after = after.map_or(i64::MIN, |at| at.timestamp_micros());
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
        let found = self.db.query_row("SELECT at, body FROM book WHERE ?1 <> at", [after], row).optional();
        let found = found.map_err(in_words)?;
        Ok(found.and_then(|(at, body)| {
            let body: Value = serde_json::from_str(&body).ok()?;
            Some((DateTime::from_timestamp_micros(at)?, codec::book(&body)))
        }))
    }

    /// Notes who took on an alert that fires since then; says who has it. Who did first stays, unless that was before it
    /// fired.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn take_on(&mut self, id: AlertId, taken: &Taken, since: DateTime<Utc>) -> Done<Text> {
        let sql = "INSERT INTO taken_on VALUES (?1, ?2, ?3)
            ON CONFLICT (id) DO UPDATE SET who = ?2, at = ?3 WHERE at < ?4 RETURNING who";
        let id = id.to_string();
        let values = params![id, taken.by.as_str(), taken.at.timestamp_micros(), since.timestamp_micros()];
        let mine = self.db.query_row(sql, values, |row| row.get::<_, String>(0)).optional().map_err(in_words)?;
        let asked = || self.db.query_row("SELECT who FROM taken_on WHERE id = ?1", [&id], |row| row.get(0));
        mine.map_or_else(|| asked().map_err(in_words), Ok).map(|who: String| Text::scrub(&who))
    }

    /// Gives an alert back; says whether anybody had it.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn give_back(&mut self, id: AlertId) -> Done<bool> {
        self.db.execute("DELETE FROM taken_on WHERE id = ?1", [id.to_string()]).map(|n| n == 1).map_err(in_words)
    }

    /// Forgets who took on these until then: they cleared.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn cleared_by(&mut self, over: &[AlertId], at: DateTime<Utc>) -> Done {
        let sql = "DELETE FROM taken_on WHERE id = ?1 AND at <= ?2";
        let forget = |id: &AlertId| self.db.execute(sql, params![id.to_string(), at.timestamp_micros()]);
        over.iter().try_for_each(|id| forget(id).map(|_| ())).map_err(in_words)
    }

    /// Changes whenever another process or another way to the file has written to it.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn data_version(&self) -> Done<i64> {
        self.db.query_row("PRAGMA data_version", [], |row| row.get(0)).map_err(in_words)
    }

    /// Who took on what.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn taken_on(&self) -> Done<Vec<(AlertId, Taken)>> {
        let read = || -> rusqlite::Result<Vec<(AlertId, Taken)>> {
            let mut asked = self.db.prepare("SELECT id, who, at FROM taken_on ORDER BY id")?;
            let row = |row: &rusqlite::Row<'_>| {
                let (id, by): (String, String) = (row.get(0)?, row.get(1)?);
                let at = DateTime::from_timestamp_micros(row.get(2)?).unwrap_or_default();
                let id = u64::from_str_radix(&id, 16).ok().map(AlertId);
                Ok(id.map(|id| (id, Taken { by: Text::scrub(&by), at })))
            };
            let rows: Vec<_> = asked.query_map([], row)?.collect::<rusqlite::Result<_>>()?;
            Ok(rows.into_iter().flatten().collect())
        };
        read().map_err(in_words)
    }

    /// Forgets who took on these: they are over.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn cleared(&mut self, over: &[AlertId]) -> Done {
        let forget = |id: &AlertId| self.db.execute("DELETE FROM taken_on WHERE id = ?1", [id.to_string()]);
        over.iter().try_for_each(|id| forget(id).map(|_| ())).map_err(in_words)
    }

    /// Hands alerts of a drill to whoever watches, all or none; returns their places.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn ask_drills(&mut self, alerts: &[Alert], until: DateTime<Utc>, now: DateTime<Utc>) -> Done<Vec<i64>> {
        let mut write = || -> rusqlite::Result<Vec<i64>> {
            let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut places = Vec::with_capacity(alerts.len());
            for alert in alerts {
                let body = codec::put_alert(alert).to_string();
                let sql = "INSERT INTO drill (made, until, body) VALUES (?1, ?2, ?3)";
                let values = params![now.timestamp_micros(), until.timestamp_micros(), body];
                change.prepare_cached(sql)?.execute(values)?;
                places.push(change.last_insert_rowid());
            }
            change.commit()?;
            Ok(places)
        };
        write().map_err(in_words)
    }

    /// Takes up drills that nobody took up and that are not over.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn take_drills(&mut self, now: DateTime<Utc>) -> Done<Vec<Drill>> {
        let at = now.timestamp_micros();
        let read = || -> rusqlite::Result<Vec<Drill>> {
            let sql = "UPDATE drill SET taken = ?1 WHERE taken IS NULL AND ?1 < until RETURNING id, until, body";
            let mut asked = self.db.prepare_cached(sql)?;
            let row = |row: &rusqlite::Row<'_>| {
                let (id, until, body): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok((id, until, body))
            };
            let rows: Vec<_> = asked.query_map([at], row)?.collect::<rusqlite::Result<_>>()?;
            let drill = |(id, until, body): (i64, i64, String)| {
                let alert = codec::alert(&serde_json::from_str::<Value>(&body).ok()?)?;
                Some(Drill { id, alert, until: DateTime::from_timestamp_micros(until)? })
            };
            Ok(rows.into_iter().filter_map(drill).collect())
        };
        read().map_err(in_words)
    }

    /// Takes a drill back; false where somebody has taken up any of it, and then it stays.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn take_drills_back(&mut self, places: &[i64]) -> Done<bool> {
        let mut write = || -> rusqlite::Result<bool> {
            let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for place in places {
                let sql = "DELETE FROM drill WHERE id = ?1 AND taken IS NULL";
                if change.prepare_cached(sql)?.execute([place])? == 0 {
                    // Dropped, the change never was.
                    return Ok(false);
                }
            }
            change.commit()?;
            Ok(true)
        };
        write().map_err(in_words)
    }

    /// How far the notices are whose words have this in them and that were made since then.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn steps_about(&self, what: &str, since: DateTime<Utc>) -> Done<Vec<Step>> {
        let read = || -> rusqlite::Result<Vec<Step>> {
            let sql = "SELECT channel, state, since, changed, why FROM notice WHERE ?1 <= made AND instr(body, ?2) > 0 ORDER BY made, rowid";
            let mut asked = self.db.prepare_cached(sql)?;
            let instant = |micros: i64| DateTime::from_timestamp_micros(micros).unwrap_or_default();
            let row = |row: &rusqlite::Row<'_>| {
                let why: Option<String> = row.get(4)?;
                Ok(Step {
                    channel: Text::scrub(&row.get::<_, String>(0)?),
                    state: row.get(1)?,
                    since: instant(row.get(2)?),
                    changed: instant(row.get(3)?),
                    why: why.map(|why| Text::scrub(&why)),
                })
            };
            asked.query_map(params![since.timestamp_micros(), what], row)?.collect()
        };
        read().map_err(in_words)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        domain::time::{minus, plus},
        shell::channels::samples::{alert, at},
    };

    #[test]
    fn what_fired_is_kept_until_it_is_over_and_told() {
        let mut ledger = Ledger::in_memory().unwrap();
        ledger.keep_fired(&[alert(1), alert(2)], &[]).unwrap();
        ledger.keep_fired(&[alert(2)], &[AlertId(1)]).unwrap();
        assert_eq!(ledger.fired().unwrap(), [alert(2)]);
    }

    #[test]
    fn a_drill_is_taken_up_once_and_only_while_it_lasts() {
        let mut ledger = Ledger::in_memory().unwrap();
        let until = plus(at(), TimeDelta::minutes(5));
        let first = ledger.ask_drills(&[alert(1)], until, at()).unwrap()[0];
        let second = ledger.ask_drills(&[alert(2)], minus(at(), TimeDelta::seconds(1)), at()).unwrap()[0];
        assert_eq!(ledger.take_drills(at()).unwrap(), [Drill { id: first, alert: alert(1), until }]);
        assert_eq!(ledger.take_drills(at()).unwrap(), []);
        assert_eq!(ledger.take_drills_back(&[second, first]), Ok(false), "what began is not taken back in part");
        assert_eq!(ledger.take_drills_back(&[second]), Ok(true));
    }

    #[test]
    fn who_took_an_alert_on_first_stays_until_it_is_over() {
        let mut ledger = Ledger::in_memory().unwrap();
        let by = |name: &str| Taken { by: Text::scrub(name), at: at() };
        assert_eq!(ledger.take_on(AlertId(1), &by("ann"), at()).unwrap().as_str(), "ann");
        assert_eq!(ledger.take_on(AlertId(1), &by("ben"), at()).unwrap().as_str(), "ann");
        assert_eq!(ledger.taken_on().unwrap(), [(AlertId(1), by("ann"))]);
        // It cleared unseen and fires again: nobody has that one.
        let later = plus(at(), TimeDelta::seconds(1));
        assert_eq!(ledger.take_on(AlertId(1), &by("ben"), later).unwrap().as_str(), "ben");
        ledger.cleared_by(&[AlertId(1)], minus(at(), TimeDelta::seconds(1))).unwrap();
        assert_eq!((ledger.give_back(AlertId(1)), ledger.give_back(AlertId(1))), (Ok(true), Ok(false)));
        ledger.take_on(AlertId(1), &by("ann"), at()).unwrap();
        ledger.cleared(&[AlertId(1)]).unwrap();
        assert_eq!(ledger.taken_on().unwrap(), []);
    }

    #[test]
    fn the_book_is_read_only_where_it_is_another() {
        let mut ledger = Ledger::in_memory().unwrap();
        assert_eq!(ledger.book(None), Ok(None));
        ledger.keep_book(&Snapshot::default(), at()).unwrap();
        assert_eq!(ledger.book(None), Ok(Some((at(), Snapshot::default()))));
        assert_eq!(ledger.book(Some(at())), Ok(None));
    }
}
