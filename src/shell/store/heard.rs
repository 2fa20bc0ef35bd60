//! What a source told, put on record and kept as the current copy: in one transaction, so that both always agree.

use std::{collections::HashMap, ops::RangeInclusive};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::{Store, StoreError, codec, row::Sort};
use crate::{
    domain::{
        incident::{Incident, IncidentKey},
        plans::Plans,
        trouble::{Skipped, Trouble},
    },
    floor::fact::{Going, Gone, Host, Quota, Reach},
    text::{Passage, Text},
};

/// What a source told since it was last heard, and what is to be remembered of it. Everything may be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The source's name in the settings: numbers of sources mean nothing outside their process.
    pub source: Text,
    /// Incidents as they are now. One that is as the store has it makes no fact. An incident's `body` is its opening text:
    /// nothing leaves what is known of it as it is, a blank one takes it away.
    pub items: Vec<Incident>,
    /// Incidents that are not there any more.
    pub gone: Vec<Gone>,
    /// What is known of the host, where that has changed.
    pub host: Option<Box<Host>>,
    /// Milestones and releases of repositories as they are now. What is as the store has it makes no fact.
    pub plans: Vec<Plans>,
    /// How the round went; nothing where it goes on.
    pub round: Option<Round>,
    /// What is to be remembered: where a repository's reading stands, an entity tag. Names are the source's own affair;
    /// nothing as a value forgets it.
    pub cursors: Vec<(String, Option<Vec<u8>>)>,
}

/// How asking a source went.
#[derive(Debug, Clone, PartialEq)]
pub enum Round {
    /// It answered.
    Told {
        /// How far it is.
        reach: Reach,
        /// When what it told was true; kept to the microsecond.
        as_of: DateTime<Utc>,
        /// What is left of the host's request budget, where it says.
        budget: Option<Quota>,
        /// What could not be used.
        skipped: Vec<Skipped>,
    },
    /// It could not be read; what it said before stays.
    Failed {
        /// What kind of trouble.
        trouble: Trouble,
        /// What went wrong.
        why: Text,
    },
}

/// The numbers of the facts that a change recorded; empty (`1..=0`) where nothing had changed.
pub type Recorded = RangeInclusive<i64>;

impl Heard {
    /// Nothing heard yet from a source.
    pub fn of(source: Text) -> Self {
        Self {
            source,
            items: Vec::new(),
            gone: Vec::new(),
            plans: Vec::new(),
            host: None,
            round: None,
            cursors: Vec::new(),
        }
    }

    /// Takes what was heard later from the same source: of what both tell, the later counts. So that what waits for a disk
    /// does not grow beyond what there is.
    pub fn absorb(&mut self, later: Self) {
        let mut known: HashMap<IncidentKey, Incident> =
            self.items.drain(..).map(|item| (item.key.clone(), item)).collect();
        for gone in &later.gone {
            known.remove(&gone.key);
        }
        for mut item in later.items {
            let before = known.remove(&item.key);
            // An opening text that was told is told no second time.
            item.body = item.body.or(before.and_then(|before| before.body));
            known.insert(item.key.clone(), item);
        }
        self.gone.retain(|gone| !known.contains_key(&gone.key));
        self.gone.extend(later.gone);
        self.items.extend(known.into_values());
        self.host = later.host.or(self.host.take());
        self.round = later.round.or(self.round.take());
        self.plans.retain(|plans| !later.plans.iter().any(|again| again.repo == plans.repo));
        self.plans.extend(later.plans);
        self.cursors.retain(|(name, _)| !later.cursors.iter().any(|(again, _)| again == name));
        self.cursors.extend(later.cursors);
    }
}

impl Store {
    /// Puts on record what a source told, and changes the current copy: all of it, or nothing. It is on disk when this
    /// returns.
    ///
    /// # Errors
    /// As the disk fails; then everything is as before.
    pub fn record(&mut self, heard: &Heard, at: DateTime<Utc>) -> Result<Recorded, StoreError> {
        self.write(|change| {
            let source = heard.source.as_str();
            for item in &heard.items {
                keep_item(change, source, item, at)?;
            }
            for gone in &heard.gone {
                forget_item(change, source, gone, at)?;
            }
            if let Some(host) = &heard.host {
                keep_host(change, source, &codec::host(host), at)?;
            }
            for plans in &heard.plans {
                keep_plans(change, source, plans, at)?;
            }
            if let Some(round) = &heard.round {
                let body = codec::round(round);
                append(change, Sort::Round, source, "", &body, at)?;
                // A failure does not make what was told before any younger.
                let told = matches!(round, Round::Told { .. }).then_some(&body);
                let sql = "INSERT INTO source (name, round, round_at, told) VALUES (?1, ?2, ?3, ?4) \
                           ON CONFLICT (name) DO UPDATE SET round = ?2, round_at = ?3, told = coalesce(?4, told)";
                change.prepare_cached(sql)?.execute(params![source, body, at.timestamp_micros(), told])?;
            }
            for (name, value) in &heard.cursors {
                keep_cursor(change, source, name, value.as_deref())?;
            }
            Ok(())
        })
    }

    /// Puts facts of one sort on record whose bodies are somebody else's affair.
    ///
    /// # Errors
    /// As the disk fails; then nothing is recorded.
    pub fn note(
        &mut self,
        sort: Sort,
        source: &str,
        notes: &[(String, Vec<u8>)],
        at: DateTime<Utc>,
    ) -> Result<Recorded, StoreError> {
        self.write(|change| {
            notes.iter().try_for_each(|(subject, body)| append(change, sort, source, subject, body, at).map(drop))
        })
    }

    /// One transaction that holds the file from its beginning. Returns the numbers of the facts it recorded.
    pub(super) fn write(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<Recorded, StoreError> {
        self.writable()?;
        let path = &self.path;
        let done = self.db.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|open| {
            let before = last_seq(&open)?;
            change(&open)?;
            let after = last_seq(&open)?;
            open.commit()?;
            Ok(before + 1..=after)
        });
        done.map_err(|error| super::failure::read(path, &error))
    }
}

/// Appends one fact; returns its number.
pub(super) fn append(
    change: &Connection,
    sort: Sort,
    source: &str,
    subject: &str,
    body: &[u8],
    at: DateTime<Utc>,
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO fact (at, kind, source, subject, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    change.prepare_cached(sql)?.insert(params![at.timestamp_micros(), sort.word(), source, subject, body])
}

pub(super) fn last_seq(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached("SELECT coalesce(max(seq), 0) FROM fact")?.query_row([], |row| row.get(0))
}

fn keep_item(change: &Connection, source: &str, item: &Incident, at: DateTime<Utc>) -> rusqlite::Result<()> {
    let (key, body) = (item.key.to_string(), codec::incident(item));
    let known = "SELECT body = ?3 FROM item WHERE source = ?1 AND incident = ?2";
    let is_known: Option<bool> =
        change.prepare_cached(known)?.query_row(params![source, key, body], |row| row.get(0)).optional()?;
    if is_known != Some(true) {
        append(change, Sort::Item, source, &key, &body, at)?;
        let sql = "INSERT INTO item (source, incident, is_open, body) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (source, incident) DO UPDATE SET is_open = ?3, body = ?4";
        change.prepare_cached(sql)?.execute(params![source, key, item.is_open(), body])?;
    }
    match &item.body {
        None => Ok(()),
        Some(text) if text.is_blank() => forget_opening(change, source, &key),
        Some(text) => {
            let sql = "INSERT INTO opening (source, incident, body) VALUES (?1, ?2, ?3) \
                       ON CONFLICT (source, incident) DO UPDATE SET body = ?3 WHERE body <> ?3";
            change.prepare_cached(sql)?.execute(params![source, key, text.as_str()]).map(drop)
        }
    }
}

fn forget_item(change: &Connection, source: &str, gone: &Gone, at: DateTime<Utc>) -> rusqlite::Result<()> {
    let key = gone.key.to_string();
    if let Going::Moved(to) = &gone.how {
        move_item(change, source, &key, &to.to_string(), at)?;
    }
    let sql = "DELETE FROM item WHERE source = ?1 AND incident = ?2";
    if change.prepare_cached(sql)?.execute(params![source, key])? > 0 {
        append(change, Sort::Gone, source, &key, &codec::gone(gone), at)?;
    }
    forget_opening(change, source, &key)
}

/// What is known of an incident goes with it, where its new place has not told of it yet: its repository was renamed.
fn move_item(change: &Connection, source: &str, from: &str, to: &str, at: DateTime<Utc>) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO item (source, incident, is_open, body) \
               SELECT source, ?3, is_open, body FROM item WHERE source = ?1 AND incident = ?2 RETURNING body";
    let moved: Option<Vec<u8>> =
        change.prepare_cached(sql)?.query_row(params![source, from, to], |row| row.get(0)).optional()?;
    if let Some(body) = moved {
        append(change, Sort::Item, source, to, &body, at)?;
    }
    let sql = "UPDATE OR IGNORE opening SET incident = ?3 WHERE source = ?1 AND incident = ?2";
    change.prepare_cached(sql)?.execute(params![source, from, to]).map(drop)
}

fn forget_opening(change: &Connection, source: &str, key: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM opening WHERE source = ?1 AND incident = ?2";
    change.prepare_cached(sql)?.execute(params![source, key]).map(drop)
}

fn keep_host(change: &Connection, source: &str, body: &[u8], at: DateTime<Utc>) -> rusqlite::Result<()> {
    let sql = "INSERT INTO source (name, host) VALUES (?1, ?2) \
               ON CONFLICT (name) DO UPDATE SET host = ?2 WHERE host IS NOT ?2";
    if change.prepare_cached(sql)?.execute(params![source, body])? > 0 {
        append(change, Sort::Host, source, "", body, at)?;
    }
    Ok(())
}

/// What the names of remembered plans begin with; the repository follows.
pub(super) const PLANS: &str = "plans:";

fn keep_plans(change: &Connection, source: &str, plans: &Plans, at: DateTime<Utc>) -> rusqlite::Result<()> {
    let body = codec::plans(plans);
    let sql = "INSERT INTO cursor (source, name, value) VALUES (?1, ?2, ?3) \
               ON CONFLICT (source, name) DO UPDATE SET value = ?3 WHERE value <> ?3";
    let name = format!("{PLANS}{}", plans.repo.full());
    if change.prepare_cached(sql)?.execute(params![source, name, body])? > 0 {
        append(change, Sort::Plans, source, plans.repo.full(), &body, at)?;
    }
    Ok(())
}

fn keep_cursor(change: &Connection, source: &str, name: &str, value: Option<&[u8]>) -> rusqlite::Result<()> {
    let Some(value) = value else {
        let sql = "DELETE FROM cursor WHERE source = ?1 AND name = ?2";
        return change.prepare_cached(sql)?.execute(params![source, name]).map(drop);
    };
    let sql = "INSERT INTO cursor (source, name, value) VALUES (?1, ?2, ?3) \
               ON CONFLICT (source, name) DO UPDATE SET value = ?3 WHERE value <> ?3";
    change.prepare_cached(sql)?.execute(params![source, name, value]).map(drop)
}

/// An opening text that is kept.
pub(super) fn opening(db: &Connection, key: &IncidentKey) -> rusqlite::Result<Option<Passage>> {
    let sql = "SELECT body FROM opening WHERE incident = ?1 LIMIT 1";
    let found: Option<String> = db.prepare_cached(sql)?.query_row([key.to_string()], |row| row.get(0)).optional()?;
    Ok(found.map(|text| Passage::scrub(&text)))
}
