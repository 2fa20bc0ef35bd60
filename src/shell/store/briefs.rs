//! What is known in brief of every incident, kept beside the current copy for the next first frame.
//!
//! It may be older than the copy: it bears the number of the last fact that is in it, and whoever reads it looks up what
//! changed since. It is never the only place where something stands.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, params};

use super::{Names, Store, StoreError, codec, past};
use crate::{
    domain::{
        incident::{Incident, IncidentKey},
        time::minus,
    },
    floor::{
        brief::{Brief, is_settled},
        entry::Entry,
        fact::SourceId,
        tally::month_before,
    },
    text::Text,
};

/// The name it stands under among the settings of the file.
const NAME: &str = "briefs";

/// What is older than this is not used: changes since would have to be looked up for longer than it saves.
const OLDEST: TimeDelta = TimeDelta::days(7);

/// When more incidents than this have changed since, all of them are read anyway.
const CHANGED_AT_MOST: usize = 4_000;

/// What is known in brief, as far as it still holds.
#[derive(Debug)]
pub struct Briefs {
    bytes: Vec<u8>,
    /// Incidents about which something was recorded since: their briefs are given no more.
    pub changed: HashSet<IncidentKey>,
}

/// What is to be kept in brief.
#[derive(Debug)]
pub struct Kept(Vec<u8>);

impl Kept {
    /// All incidents of these sources, judged at `at` by a policy of this mark. `seq` is the number of the last fact that is in
    /// them.
    pub fn of((mark, seq): (u64, i64), sources: &[(Text, SourceId)], entries: &[Entry], at: DateTime<Utc>) -> Self {
        let sections: Vec<_> = sources.iter().map(|(name, id)| section(name, *id, entries, at)).collect();
        Self(codec::briefs(&codec::Head { mark, seq, at }, &sections))
    }
}

impl Store {
    /// Keeps for the next first frame what is known in brief.
    ///
    /// # Errors
    /// As the disk fails; then what was kept before is.
    pub fn keep_briefs(&mut self, kept: &Kept) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO setting VALUES (?1, ?2)";
        self.write(|change| change.prepare_cached(sql)?.execute(params![NAME, kept.0]).map(drop)).map(drop)
    }

    /// About how many incidents there are: no fewer than that.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn n_incidents_at_most(&self) -> Result<usize, StoreError> {
        let sql = "SELECT coalesce(max(id) - min(id) + 1, 0) FROM item";
        let n: i64 = self.db.query_row(sql, [], |row| row.get(0)).map_err(|error| self.failed(&error))?;
        Ok(usize::try_from(n).unwrap_or_default())
    }

    /// What is kept in brief, if it was judged by a policy of this mark and what changed since is little; else nothing.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn briefs(&self, mark: u64, now: DateTime<Utc>) -> Result<Option<Briefs>, StoreError> {
        let Some(bytes) = self.kept_briefs().map_err(|error| self.failed(&error))? else { return Ok(None) };
        let Some(head) = codec::Briefs::read(&bytes).map(|briefs| briefs.head) else { return Ok(None) };
        let is_of_use = head.mark == mark && head.at <= now && minus(now, OLDEST) <= head.at;
        // Where the record begins later, what changed in between may be forgotten.
        let is_whole = past::begins(&self.db)
            .map_err(|error| self.failed(&error))?
            .is_none_or(|begins| begins <= head.at.timestamp_micros());
        if !is_of_use || !is_whole || self.last_seq()? < head.seq {
            return Ok(None);
        }
        let changed = self.changed_after(head.seq).map_err(|error| self.failed(&error))?;
        Ok(changed.map(|changed| Briefs { bytes, changed }))
    }

    /// How much was recorded since incidents were last kept in brief; nothing where they never were.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn briefs_age(&self, mark: u64) -> Result<Option<i64>, StoreError> {
        let bytes = self.kept_briefs().map_err(|error| self.failed(&error))?;
        let head = bytes.as_deref().and_then(codec::Briefs::read).map(|briefs| briefs.head);
        let last = self.last_seq()?;
        Ok(head.filter(|head| head.mark == mark && head.seq <= last).map(|head| last - head.seq))
    }

    /// One incident of the current copy; nothing where it is not there, or cannot be read.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn incident(
        &self,
        source: &Text,
        key: &IncidentKey,
        names: &mut Names,
    ) -> Result<Option<Incident>, StoreError> {
        let body = || -> rusqlite::Result<Option<Vec<u8>>> {
            let sql = "SELECT body FROM item WHERE source = ?1 AND incident = ?2";
            let mut asked = self.db.prepare_cached(sql)?;
            asked.query_row(params![source.as_str(), key.to_string()], |row| row.get(0)).optional()
        };
        let body = body().map_err(|error| self.failed(&error))?;
        Ok(body.and_then(|body| codec::read_incident(key.clone(), &body, names)))
    }

    fn kept_briefs(&self) -> rusqlite::Result<Option<Vec<u8>>> {
        let sql = "SELECT value FROM setting WHERE name = ?1";
        self.db.prepare_cached(sql)?.query_row([NAME], |row| row.get(0)).optional()
    }

    /// Incidents about which something was recorded after a fact; nothing where they are too many.
    fn changed_after(&self, seq: i64) -> rusqlite::Result<Option<HashSet<IncidentKey>>> {
        let sql =
            "SELECT DISTINCT subject FROM fact WHERE seq > ?1 AND kind IN ('item', 'gone', 'ack', 'unack') LIMIT ?2";
        let mut asked = self.db.prepare_cached(sql)?;
        let mut rows = asked.query(params![seq, CHANGED_AT_MOST as i64 + 1])?;
        let (mut names, mut changed, mut n) = (Names::default(), HashSet::new(), 0);
        while let Some(row) = rows.next()? {
            n += 1;
            changed.extend(names.key(row.get_ref(0)?.as_str()?));
        }
        Ok((n <= CHANGED_AT_MOST).then_some(changed))
    }
}

/// What is kept of a source's incidents.
fn section<'a>(name: &'a Text, id: SourceId, entries: &'a [Entry], at: DateTime<Utc>) -> codec::Section<'a> {
    let since = month_before(at);
    let (mut again, mut briefs) = (Vec::new(), Vec::new());
    for entry in entries.iter().filter(|entry| entry.source == id) {
        let (key, brief) = (&entry.incident.key, Brief::of(entry, at));
        // What is told to happen later will be judged anew then.
        if !is_settled(&entry.incident, at) {
            again.push(key);
            continue;
        }
        let moments = [Some(brief.opened_at), brief.resolved_at, brief.response.stopped_at, brief.fix.stopped_at];
        let counts = brief.is_open || moments.into_iter().flatten().any(|moment| since <= moment);
        briefs.extend(counts.then_some((key, brief)));
    }
    codec::Section { source: name.as_str(), again, briefs }
}

impl Briefs {
    /// Gives every brief that still holds, with its source's name, and notes what else is to be read whole. Nothing where the
    /// bytes end too early, or tell nothing of one of these sources.
    pub fn each(
        &mut self,
        sources: &[(Text, SourceId)],
        take: &mut dyn FnMut(SourceId, IncidentKey, Brief),
    ) -> Option<()> {
        let Self { bytes, changed } = self;
        let mut again = Vec::new();
        let told = codec::Briefs::read(bytes)?.each(&mut Names::default(), &mut |source, key, brief| {
            let Some((_, id)) = sources.iter().find(|(name, _)| name.as_str() == source) else { return };
            match brief {
                Some(brief) if changed.is_empty() || !changed.contains(&key) => take(*id, key, brief),
                Some(_) => {}
                None => again.push(key),
            }
        })?;
        let is_told = sources.iter().all(|(name, _)| told.contains(&name.as_str()));
        changed.extend(again);
        is_told.then_some(())
    }
}
