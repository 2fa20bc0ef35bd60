//! Thins what says again and again that nothing has changed, once it is a day old.
//!
//! Of rounds of a host that went as the one before and the one after, one in ten minutes stays: the age of that host is then
//! right to ten minutes, and never too low. Of notes that the files were being watched without a break the first and the last
//! stay, which say the same as all of them.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    Store, StoreError,
    past::{Forgot, keep_setting},
};
use crate::domain::time::minus;

/// What is younger stays as it was recorded.
const AFTER: TimeDelta = TimeDelta::days(1);

/// Facts looked at in one step: a few milliseconds.
const STEP: i64 = 500;

/// Up to which fact it is done.
const THINNED: &str = "thinned_to";

/// A round or a beat whose neighbours say the same. `?1` = what is younger stays, in microseconds.
const NEEDLESS: &str = "
    (f.kind = 'round' AND f.subject = '' AND json_extract(f.body, '$.went') = 'told'
        AND (SELECT json_remove(p.body, '$.as_of', '$.budget') FROM fact p WHERE p.kind = 'round' AND p.subject = ''
            AND p.seq < f.seq AND p.source = f.source ORDER BY p.seq DESC LIMIT 1)
            = json_remove(f.body, '$.as_of', '$.budget')
        AND (SELECT json_remove(n.body, '$.as_of', '$.budget') FROM fact n WHERE n.kind = 'round' AND n.subject = ''
            AND n.seq > f.seq AND n.source = f.source AND n.at < ?1 AND n.at / 600000000 = f.at / 600000000
            ORDER BY n.seq LIMIT 1) = json_remove(f.body, '$.as_of', '$.budget'))
    OR (f.kind = 'beat' AND f.subject = ''
        AND (SELECT p.body FROM fact p WHERE p.kind = 'beat' AND p.subject = ''
            AND p.seq < f.seq ORDER BY p.seq DESC LIMIT 1) = f.body
        AND (SELECT n.body FROM fact n WHERE n.kind = 'beat' AND n.subject = ''
            AND n.seq > f.seq AND n.at < ?1 ORDER BY n.seq LIMIT 1) = f.body)";

impl Store {
    /// Thins a little of what is more than a day old and says nothing new. Call it again until all is done.
    ///
    /// # Errors
    /// As the disk fails; then nothing is thinned.
    pub fn thin(&mut self, now: DateTime<Utc>) -> Result<Forgot, StoreError> {
        let cut = minus(now, AFTER).timestamp_micros();
        let mut forgot = Forgot { n: 0, is_all: true };
        self.write(|change| {
            forgot = thin(change, cut)?;
            Ok(())
        })?;
        Ok(forgot)
    }
}

fn thin(change: &Connection, cut: i64) -> rusqlite::Result<Forgot> {
    let sql = "SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM setting WHERE name = ?1";
    let from: i64 = change.prepare_cached(sql)?.query_row([THINNED], |row| row.get(0)).optional()?.unwrap_or(0);
    // In the order in which they were recorded, up to the first that is too young.
    let sql = "SELECT coalesce(max(seq), 0), count(*) FROM (SELECT seq FROM fact WHERE seq > ?1 \
               AND seq < coalesce((SELECT min(seq) FROM fact WHERE at >= ?2), 9223372036854775807) \
               ORDER BY seq LIMIT ?3)";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (to, n_looked): (i64, i64) = change.prepare_cached(sql)?.query_row(params![from, cut, STEP], read)?;
    if n_looked == 0 {
        return Ok(Forgot { n: 0, is_all: true });
    }
    change.execute("INSERT OR REPLACE INTO setting VALUES ('forgets', x'01')", [])?;
    let sql = format!("DELETE FROM fact AS f WHERE f.seq > ?2 AND f.seq <= ?3 AND ({NEEDLESS})");
    let n = change.prepare_cached(&sql)?.execute(params![cut, from, to])?;
    change.execute("DELETE FROM setting WHERE name = 'forgets'", [])?;
    keep_setting(change, THINNED, to)?;
    Ok(Forgot { n, is_all: n_looked < STEP })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            time::{between, parse_rfc3339, plus},
            trouble::Trouble,
        },
        floor::fact::Reach,
        shell::store::{Entry, Heard, Round, Sort},
        text::Text,
    };

    fn at(seconds: i64) -> DateTime<Utc> {
        plus(parse_rfc3339("2026-11-01T00:00:00Z").unwrap(), TimeDelta::seconds(seconds))
    }

    fn told(as_of: DateTime<Utc>, reach: Reach) -> Round {
        Round::Told { reach, as_of, budget: None, skipped: Vec::new() }
    }

    fn beat(since: &str) -> Entry {
        let (source, subject, body) = (String::new(), String::new(), since.as_bytes().to_vec());
        Entry { sort: Sort::Beat, source, subject, body }
    }

    fn rows(store: &Store, sort: Sort, source: &str) -> Vec<i64> {
        let bound = store.bound(at(10_000_000)).unwrap().unwrap();
        let rows = store.all_at(sort, bound).unwrap();
        rows.iter().filter(|row| row.source == source).map(|row| between(at(0), row.at).num_seconds()).collect()
    }

    /// Six hours of rounds every 25 s of two hosts, one of which fails for a while, and of beats with one break.
    fn watched() -> Store {
        let mut store = Store::in_memory().unwrap();
        for second in (0..21_600).step_by(25) {
            for name in ["github", "ghe"] {
                let is_away = name == "ghe" && (7_200..7_500).contains(&second);
                let failed = Round::Failed { trouble: Trouble::Away, why: Text::scrub("no route") };
                let reach = if second < 50 { Reach::Part { told: 1, of: None } } else { Reach::Whole };
                let round = if is_away { failed } else { told(at(second), reach) };
                store.record(&Heard { round: Some(round), ..Heard::of(Text::scrub(name)) }, at(second)).unwrap();
            }
            let since = if second < 10_000 { "{\"since\":1}" } else { "{\"since\":2}" };
            store.put(&[beat(since)], at(second)).unwrap();
        }
        store
    }

    fn thin_all(store: &mut Store, now: DateTime<Utc>) -> usize {
        let mut n = 0;
        loop {
            let forgot = store.thin(now).unwrap();
            n += forgot.n;
            if forgot.is_all {
                return n;
            }
        }
    }

    #[test]
    fn after_a_day_a_round_in_ten_minutes_is_left_and_every_age_is_right_to_that() {
        let (whole, mut store) = (watched(), watched());
        assert_eq!(thin_all(&mut store, at(86_400)), 0, "nothing is a day old yet");
        assert!(thin_all(&mut store, at(86_400 * 3)) > 2_000);
        let left = rows(&store, Sort::Round, "github");
        assert!(left.len() <= 6 * 6 + 4, "{left:?}");
        assert!(left.windows(2).all(|pair| pair[1] - pair[0] <= 1_200), "{left:?}");
        // Failures, and how it was before and after them, are as they were.
        let (all, some) = (rows(&whole, Sort::Round, "ghe"), rows(&store, Sort::Round, "ghe"));
        let near = |rows: &[i64]| rows.iter().copied().filter(|s| (7_175..=7_500).contains(s)).collect::<Vec<_>>();
        assert_eq!(near(&all), near(&some));
        for second in (60..21_600).step_by(37) {
            let heard = |store: &Store| {
                let bound = store.bound(at(second)).unwrap().unwrap();
                store
                    .rounds_at("github", bound)
                    .unwrap()
                    .first()
                    .map(|row| between(at(0), row.at).num_seconds())
                    .unwrap()
            };
            let (then, now) = (heard(&whole), heard(&store));
            assert!(now <= then && then - now <= 600, "at {second}: {then} became {now}");
        }
        assert_eq!(thin_all(&mut store, at(86_400 * 3)), 0);
    }

    #[test]
    fn beats_that_are_left_say_what_all_of_them_said() {
        let (whole, mut store) = (watched(), watched());
        thin_all(&mut store, at(86_400 * 3));
        assert_eq!(rows(&store, Sort::Beat, "").len(), 4);
        for second in (0..22_000).step_by(31) {
            let around = |store: &Store| {
                let (last, next) = store.beats_around(store.bound(at(second)).unwrap().unwrap()).unwrap();
                // What is asked of them: whether it was watched then, and otherwise until when.
                let body = next.as_ref().map(|row| row.body.clone());
                let is_watched = last.as_ref().map(|row| row.body.clone()) == body;
                (is_watched, last.filter(|_| !is_watched).map(|row| row.at))
            };
            assert_eq!(around(&whole), around(&store), "at {second}");
        }
    }
}
