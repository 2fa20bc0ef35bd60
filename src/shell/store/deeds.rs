//! What people did here: took an incident on, gave it back, put it out of sight.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    Names, Store, StoreError,
    heard::{Recorded, append},
    row::{Deed, Said, Sort},
};
use crate::domain::incident::{IncidentKey, Login};

/// A deed, by whom, when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Did {
    /// To what.
    pub key: IncidentKey,
    /// What.
    pub deed: Deed,
    /// Who.
    pub by: Login,
    /// When; kept to the microsecond.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Puts on record what somebody did: all of it, or nothing. It is on disk when this returns.
    ///
    /// # Errors
    /// As the disk fails; then nothing is recorded.
    pub fn did(&mut self, deeds: &[Did]) -> Result<Recorded, StoreError> {
        self.write(|change| {
            deeds.iter().try_for_each(|did| {
                let body = did.deed.written(&did.by);
                append(change, did.deed.sort(), "", &did.key.to_string(), &body, did.at).map(drop)
            })
        })
    }

    /// Records that somebody took an incident on. It is on disk when this returns.
    ///
    /// # Errors
    /// As the disk fails; then nothing is recorded.
    pub fn acknowledge(&mut self, key: &IncidentKey, by: &Login, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.did(&[Did { key: key.clone(), deed: Deed::TakeOn, by: by.clone(), at }]).map(drop)
    }

    /// Every acknowledgement that stands, the first recorded first; of an incident the last one, unless it was taken back
    /// since.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn acknowledgements(&self) -> Result<Vec<(IncidentKey, Login, DateTime<Utc>)>, StoreError> {
        let standing = self.standing(Sort::Ack, Sort::Unack)?;
        Ok(standing.into_iter().map(|did| (did.key, did.by, did.at)).collect())
    }

    /// What stands of what people did: the last acknowledgement of each incident that was not taken back, and what is out
    /// of sight at `now`; each the first recorded first.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn deeds(&self, now: DateTime<Utc>) -> Result<Vec<Did>, StoreError> {
        let mut deeds = self.standing(Sort::Ack, Sort::Unack)?;
        let snoozed = self.standing(Sort::Snooze, Sort::Wake)?;
        deeds.extend(snoozed.into_iter().filter(|did| matches!(did.deed, Deed::Snooze(until) if now < until)));
        Ok(deeds)
    }

    /// The last deed of the first sort on each incident that no later one of the second undid.
    fn standing(&self, made: Sort, undone: Sort) -> Result<Vec<Did>, StoreError> {
        let sql = "SELECT seq, at, kind, source, subject, body FROM fact WHERE kind IN (?1, ?2) ORDER BY seq";
        let mut names = Names::default();
        let mut standing: BTreeMap<IncidentKey, (i64, Did)> = BTreeMap::new();
        for row in self.rows(sql, [made.word(), undone.word()])? {
            let Some(Said::Done(key, deed, by)) = row.said(&mut names) else { continue };
            if row.sort == undone {
                standing.remove(&key);
            } else {
                standing.insert(key.clone(), (row.seq, Did { key, deed, by, at: row.at }));
            }
        }
        let mut standing: Vec<_> = standing.into_values().collect();
        standing.sort_by_key(|(seq, _)| *seq);
        Ok(standing.into_iter().map(|(_, did)| did).collect())
    }
}
