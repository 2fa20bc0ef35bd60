//! Who was seen on call, kept for good: reports about the past ask here first (SEMANTICS R6).

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Store, StoreError};
use crate::{
    domain::{
        rota::watched::{NEAR, Watched},
        time::minus,
    },
    text::Text,
};

impl Store {
    /// Puts on record who was seen on call by a roster's file. What goes on where an entry left off makes that entry longer;
    /// a single look that nothing followed gives way to the next one, so that the record stays small.
    ///
    /// # Errors
    /// As the disk fails; then nothing is recorded.
    pub fn saw_on_call(&mut self, roster: &str, seen: &[Watched]) -> Result<(), StoreError> {
        self.write(|change| seen.iter().try_for_each(|watched| keep(change, roster, watched))).map(drop)
    }

    /// Who was seen on call by a roster's file, as far as it touches `[from, until)`; by the start, uncut.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn seen_on_call(
        &self,
        roster: &str,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Watched>, StoreError> {
        let sql = "SELECT seat, people, since, until FROM on_call \
                   WHERE roster = ?1 AND until > ?2 AND since < ?3 ORDER BY since, id";
        let rows = || -> rusqlite::Result<Vec<_>> {
            let mut asked = self.db.prepare_cached(sql)?;
            let found = asked.query_map(params![roster, from.timestamp_micros(), until.timestamp_micros()], watched)?;
            found.filter_map(Result::transpose).collect()
        };
        rows().map_err(|error| self.failed(&error))
    }
}

fn keep(db: &Connection, roster: &str, watched: &Watched) -> rusqlite::Result<()> {
    let names: Vec<&str> = watched.people.iter().map(Text::as_str).collect();
    let people = serde_json::to_string(&names).unwrap_or_else(|_| "[]".to_owned());
    let (start, end) = (watched.start.timestamp_micros(), watched.end.timestamp_micros());
    // A single look joins what was near; what was watched is measured, and joins only what it touches: between two
    // measured stretches the clock may have been moved.
    let is_look = watched.start == watched.end;
    let near = if is_look { minus(watched.start, NEAR).timestamp_micros() } else { start };
    let seat = watched.seat.as_str();
    let goes_on = "SELECT id FROM on_call WHERE roster = ?1 AND seat = ?2 AND people = ?3 \
                   AND until >= ?4 AND since <= ?5 AND until <= ?6 ORDER BY until DESC LIMIT 1";
    // An entry that ends later than this one is longer already, unless it was written under a clock that ran ahead.
    let found: Option<i64> = db
        .prepare_cached(goes_on)?
        .query_row(params![roster, seat, people, near, start, end], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return db.prepare_cached("UPDATE on_call SET until = ?1 WHERE id = ?2")?.execute(params![end, id]).map(drop);
    }
    let covers = "SELECT EXISTS (SELECT 1 FROM on_call WHERE roster = ?1 AND seat = ?2 AND people = ?3 \
                  AND since <= ?4 AND until >= ?5)";
    if db.prepare_cached(covers)?.query_row(params![roster, seat, people, start, end], |row| row.get(0))? {
        return Ok(());
    }
    // A look from the future was made by a clock that ran ahead; it tells no more than one that nothing followed.
    let lonely =
        "DELETE FROM on_call WHERE roster = ?1 AND seat = ?2 AND since = until AND (until <= ?3 OR ?4 < since)";
    db.prepare_cached(lonely)?.execute(params![roster, seat, start, end])?;
    let insert = "INSERT INTO on_call (roster, seat, people, since, until) VALUES (?1, ?2, ?3, ?4, ?5)";
    db.prepare_cached(insert)?.execute(params![roster, seat, people, start, end]).map(drop)
}

fn watched(row: &Row<'_>) -> rusqlite::Result<Option<Watched>> {
    let (seat, people): (String, String) = (row.get(0)?, row.get(1)?);
    let names: Option<Vec<String>> = serde_json::from_str(&people).ok();
    let (start, end) = (DateTime::from_timestamp_micros(row.get(2)?), DateTime::from_timestamp_micros(row.get(3)?));
    // Only an edited file holds names or times that are none; such a row tells nothing.
    let (Some(names), Some(start), Some(end)) = (names, start, end) else { return Ok(None) };
    let people = names.iter().map(|name| Text::scrub(name)).collect();
    Ok(Some(Watched { seat: Text::scrub(&seat), people, start, end }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{parse_rfc3339, rfc3339};

    fn at(clock: &str) -> DateTime<Utc> {
        parse_rfc3339(&format!("2026-11-20T{clock}Z")).unwrap()
    }

    fn seen(seat: &str, who: &[&str], start: &str, end: &str) -> Watched {
        let people = who.iter().map(|name| Text::scrub(name)).collect();
        Watched { seat: Text::scrub(seat), people, start: at(start), end: at(end) }
    }

    fn all(store: &Store, roster: &str) -> Vec<String> {
        let found = store.seen_on_call(roster, at("00:00:00"), at("23:59:59")).unwrap();
        let clock = |t: DateTime<Utc>| rfc3339(t).get(11..19).unwrap().to_owned();
        found
            .iter()
            .map(|w| {
                let who: Vec<_> = w.people.iter().map(Text::as_str).collect();
                format!("{} {}-{} {}", w.seat, clock(w.start), clock(w.end), who.join("+"))
            })
            .collect()
    }

    fn rows(store: &Store) -> i64 {
        store.db.query_row("SELECT count(*) FROM on_call", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_duty_that_goes_on_is_one_entry_and_a_hand_off_begins_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path(), at("10:00:00")).unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana", "ben"], "10:00:00", "10:00:00")]).unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana", "ben"], "10:00:00", "10:04:00")]).unwrap();
        let hand_off =
            [seen("primary", &["ana", "ben"], "10:04:00", "10:06:00"), seen("primary", &[], "10:06:00", "10:06:02")];
        store.saw_on_call("r.toml", &hand_off).unwrap();
        drop(store);
        let store = Store::open(folder.path(), at("11:00:00")).unwrap();
        assert_eq!(all(&store, "r.toml"), ["primary 10:00:00-10:06:00 ana+ben", "primary 10:06:00-10:06:02 "]);
    }

    #[test]
    fn what_nobody_watched_stays_out_of_the_record() {
        let mut store = Store::in_memory().unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana"], "10:00:00", "10:04:00")]).unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana"], "10:09:01", "10:12:00")]).unwrap();
        assert_eq!(all(&store, "r.toml"), ["primary 10:00:00-10:04:00 ana", "primary 10:09:01-10:12:00 ana"]);
    }

    #[test]
    fn looks_of_a_command_every_five_minutes_join_and_lonely_ones_do_not_pile_up() {
        let mut store = Store::in_memory().unwrap();
        for look in ["10:00:00", "10:05:00", "10:10:00", "12:00:00", "14:00:00"] {
            store.saw_on_call("r.toml", &[seen("primary", &["ana"], look, look)]).unwrap();
        }
        assert_eq!(all(&store, "r.toml"), ["primary 10:00:00-10:10:00 ana", "primary 14:00:00-14:00:00 ana"]);
    }

    #[test]
    fn measured_stretches_join_only_what_they_touch_and_looks_from_the_future_go() {
        let mut store = Store::in_memory().unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana"], "10:00:00", "10:04:00")]).unwrap();
        // The clock was set four minutes ahead, then to the evening, then back.
        store.saw_on_call("r.toml", &[seen("primary", &["ana"], "10:08:00", "10:12:00")]).unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana"], "20:00:00", "20:00:00")]).unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana"], "10:20:00", "10:24:00")]).unwrap();
        let kept = ["primary 10:00:00-10:04:00 ana", "primary 10:08:00-10:12:00 ana", "primary 10:20:00-10:24:00 ana"];
        assert_eq!(all(&store, "r.toml"), kept);
    }

    #[test]
    fn two_consoles_at_once_write_one_record() {
        let mut store = Store::in_memory().unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana"], "10:00:00", "10:08:00")]).unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana"], "10:02:00", "10:06:00")]).unwrap();
        store.saw_on_call("r.toml", &[seen("primary", &["ana"], "10:06:00", "10:10:00")]).unwrap();
        assert_eq!((all(&store, "r.toml"), rows(&store)), (vec!["primary 10:00:00-10:10:00 ana".to_owned()], 1));
    }

    #[test]
    fn each_roster_and_each_seat_has_a_record_of_its_own() {
        let mut store = Store::in_memory().unwrap();
        store.saw_on_call("a.toml", &[seen("primary", &["ana"], "10:00:00", "10:04:00")]).unwrap();
        store.saw_on_call("b.toml", &[seen("primary", &["ben"], "10:00:00", "10:04:00")]).unwrap();
        store.saw_on_call("a.toml", &[seen("backup", &["ana"], "10:00:00", "10:04:00")]).unwrap();
        assert_eq!(all(&store, "a.toml"), ["primary 10:00:00-10:04:00 ana", "backup 10:00:00-10:04:00 ana"]);
        assert_eq!(all(&store, "b.toml"), ["primary 10:00:00-10:04:00 ben"]);
    }
}
