//! Which group is told on which issue of a host: kept for as long as anybody may need to know, whatever the outbox forgets.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, TransactionBehavior, params};

use crate::{
    domain::{
        alert::{AlertId, alarm::Issue},
        incident::IncidentKey,
        notify::{message::NoticeId, thread::Thread},
        time::minus,
    },
    shell::channels::ledger::{Done, Ledger, in_words},
    text::Text,
};

/// The tables of this room.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS thread ( -- the issue on which a channel tells a group
    channel TEXT NOT NULL,
    key TEXT NOT NULL, -- of the group
    issue TEXT NOT NULL, -- owner/name#12
    url TEXT,
    over INTEGER NOT NULL, -- 1 = all of the group was over when that was last told
    changed INTEGER NOT NULL,
    PRIMARY KEY (channel, key)
) STRICT;
CREATE TABLE IF NOT EXISTS together ( -- notices that went, or are to go, as one message
    notice TEXT PRIMARY KEY,
    batch TEXT NOT NULL
) STRICT;
";

/// How long the issue of a group that is over is remembered.
const REMEMBERED: TimeDelta = TimeDelta::days(365);

impl Ledger {
    /// The issue on which a channel tells a group.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn thread(&self, channel: &Text, key: u64) -> Done<Option<Thread>> {
        let sql = "SELECT issue, url, EXISTS (SELECT 1 FROM thread AS other
                WHERE other.channel = one.channel AND other.issue = one.issue AND other.key <> one.key AND other.over = 0)
            FROM thread AS one WHERE channel = ?1 AND key = ?2";
        let row = |row: &rusqlite::Row<'_>| {
            let (issue, url): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            let url = url.map(|url| Text::scrub(&url));
            Ok(IncidentKey::parse(&issue).map(|issue| (issue, url, row.get(2))))
        };
        let found = self.db.query_row(sql, params![channel.as_str(), hex(key)], row).optional().map_err(in_words)?;
        let Some((issue, url, is_shared)) = found.flatten() else { return Ok(None) };
        Ok(Some(Thread { issue, url, is_shared: is_shared.map_err(in_words)? }))
    }

    /// Notes that groups are told on an issue, each with whether all of it is over.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn put_threads(
        &mut self,
        channel: &Text,
        groups: &[(u64, bool)],
        issue: &IncidentKey,
        url: Option<&Text>,
        now: DateTime<Utc>,
    ) -> Done {
        let mut write = || -> rusqlite::Result<()> {
            let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (key, is_over) in groups {
                change.prepare_cached("INSERT OR REPLACE INTO thread VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(
                    params![
                        channel.as_str(),
                        hex(*key),
                        issue.to_string(),
                        url.map(Text::as_str),
                        is_over,
                        now.timestamp_micros()
                    ],
                )?;
            }
            change.commit()
        };
        write().map_err(in_words)
    }

    /// Forgets an issue that was closed for good: what fires again gets a new one.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn drop_threads(&mut self, channel: &Text, issue: &IncidentKey) -> Done {
        let sql = "DELETE FROM thread WHERE channel = ?1 AND issue = ?2 AND over = 1";
        self.db.execute(sql, params![channel.as_str(), issue.to_string()]).map(|_| ()).map_err(in_words)
    }

    /// Notes that notices go as one message, before anything of it is asked for: after a crash it is the same message.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn put_together(&mut self, notices: &[NoticeId], batch: NoticeId) -> Done {
        let mut write = || -> rusqlite::Result<()> {
            let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for id in notices {
                let mut put = change.prepare_cached("INSERT OR REPLACE INTO together VALUES (?1, ?2)")?;
                put.execute([id.to_string(), batch.to_string()])?;
            }
            change.commit()
        };
        write().map_err(in_words)
    }

    /// The message that a notice went with, or is to go with; nothing = by itself.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn batch_of(&self, notice: NoticeId) -> Done<Option<NoticeId>> {
        let sql = "SELECT batch FROM together WHERE notice = ?1";
        let found = self.db.query_row(sql, [notice.to_string()], |row| row.get::<_, String>(0)).optional();
        let found = found.map_err(in_words)?;
        Ok(found.and_then(|batch| u64::from_str_radix(&batch, 16).ok()).map(NoticeId))
    }

    /// The issues on which alerts that fire are told; of several the one of the first channel by name.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn issues(&self) -> Done<BTreeMap<AlertId, Issue>> {
        let threads = self.threads().map_err(in_words)?;
        let mut issues = BTreeMap::new();
        if threads.is_empty() {
            return Ok(issues);
        }
        for (group, channel, entry) in self.log()?.iter() {
            let Some(issue) = threads.get(&(channel.to_string(), hex(group.hash()))) else { continue };
            for id in &entry.firing {
                issues.entry(*id).or_insert_with(|| issue.clone());
            }
        }
        Ok(issues)
    }

    fn threads(&self) -> rusqlite::Result<BTreeMap<(String, String), Issue>> {
        let mut asked = self.db.prepare_cached("SELECT channel, key, issue, url FROM thread WHERE over = 0")?;
        let row = |row: &rusqlite::Row<'_>| {
            let (issue, url): (String, Option<String>) = (row.get(2)?, row.get(3)?);
            let issue = IncidentKey::parse(&issue).map(|key| Issue { key, url: url.map(|url| Text::scrub(&url)) });
            Ok(issue.map(|issue| Ok(((row.get(0)?, row.get(1)?), issue))))
        };
        asked.query_map([], row)?.filter_map(Result::transpose).map(|found| found?).collect()
    }

    /// Forgets issues of groups that were over long ago, and what went together of notices that are forgotten.
    pub(super) fn forget_threads(&mut self, now: DateTime<Utc>) -> Done {
        let before = minus(now, REMEMBERED).timestamp_micros();
        let old = self.db.execute("DELETE FROM thread WHERE over = 1 AND changed < ?1", [before]);
        let gone = "DELETE FROM together WHERE notice NOT IN (SELECT id FROM notice)";
        old.and_then(|_| self.db.execute(gone, [])).map(|_| ()).map_err(in_words)
    }
}

fn hex(key: u64) -> String {
    format!("{key:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            incident::Repo,
            notify::{GroupKey, LogEntry},
            sample::Labels,
            time::plus,
        },
        shell::channels::samples::at,
    };

    fn issue(n: u64) -> IncidentKey {
        IncidentKey::issue(Repo::new("acme/api"), n)
    }

    #[test]
    fn the_issue_of_a_group_is_remembered_until_it_is_over_and_long_ago() {
        let (mut ledger, hub) = (Ledger::in_memory().unwrap(), Text::scrub("hub"));
        assert_eq!(ledger.thread(&hub, 7), Ok(None));
        ledger.put_threads(&hub, &[(7, false), (u64::MAX, true)], &issue(12), None, at()).unwrap();
        let long_after = plus(at(), TimeDelta::days(400));
        ledger.forget(long_after).unwrap();
        assert_eq!(ledger.thread(&hub, 7).unwrap().map(|thread| thread.issue), Some(issue(12)));
        assert_eq!(ledger.thread(&hub, u64::MAX), Ok(None));
        assert_eq!(ledger.thread(&Text::scrub("other"), 7), Ok(None));
    }

    #[test]
    fn an_issue_is_shared_while_another_group_on_it_fires() {
        let (mut ledger, hub) = (Ledger::in_memory().unwrap(), Text::scrub("hub"));
        ledger.put_threads(&hub, &[(1, false), (2, false)], &issue(12), None, at()).unwrap();
        let is_shared = |ledger: &Ledger, key| ledger.thread(&hub, key).unwrap().unwrap().is_shared;
        assert!(is_shared(&ledger, 1));
        ledger.put_threads(&hub, &[(2, true)], &issue(12), None, at()).unwrap();
        assert!(!is_shared(&ledger, 1) && is_shared(&ledger, 2));
        ledger.drop_threads(&hub, &issue(12)).unwrap();
        assert_eq!((ledger.thread(&hub, 2), is_shared(&ledger, 1)), (Ok(None), false));
    }

    #[test]
    fn an_alert_that_fires_is_known_by_the_issue_of_its_group_until_that_is_over() {
        let (mut ledger, hub) = (Ledger::in_memory().unwrap(), Text::scrub("hub"));
        let group = GroupKey { route: Text::scrub("all"), labels: Labels::default() };
        let entry = LogEntry { at: at(), firing: [AlertId(1), AlertId(2)].into(), resolved: [AlertId(3)].into() };
        ledger.intend(&[], &[(group.clone(), hub.clone(), entry)], at()).unwrap();
        assert_eq!(ledger.issues(), Ok(BTreeMap::new()));
        let page = Text::scrub("https://host.example/acme/api/issues/12");
        ledger.put_threads(&hub, &[(group.hash(), false)], &issue(12), Some(&page), at()).unwrap();
        let known = Issue { key: issue(12), url: Some(page) };
        assert_eq!(ledger.issues(), Ok([(AlertId(1), known.clone()), (AlertId(2), known)].into()));
        ledger.put_threads(&hub, &[(group.hash(), true)], &issue(12), None, at()).unwrap();
        assert_eq!(ledger.issues(), Ok(BTreeMap::new()));
    }

    #[test]
    fn what_went_together_is_known_after_a_crash() {
        let mut ledger = Ledger::in_memory().unwrap();
        ledger.put_together(&[NoticeId(1), NoticeId(u64::MAX)], NoticeId(9)).unwrap();
        assert_eq!(ledger.batch_of(NoticeId(u64::MAX)), Ok(Some(NoticeId(9))));
        assert_eq!(ledger.batch_of(NoticeId(2)), Ok(None));
    }
}
