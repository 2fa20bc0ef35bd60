//! Recorded facts, as they stand in the file and as what they say.

use chrono::{DateTime, Utc};
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{Names, Store, StoreError, codec, heard::Round};
use crate::{
    domain::{
        incident::{Incident, IncidentKey, Login},
        plans::Plans,
    },
    floor::fact::{Gone, Host},
    text::Text,
};

/// What a recorded fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// An incident as a host told it; the body is the codec's.
    Item,
    /// An incident is not there any more.
    Gone,
    /// How asking a source went.
    Round,
    /// What is known of a host.
    Host,
    /// Milestones and releases of a repository: the subject is its name.
    Plans,
    /// Which files a source was read from; the body is the affair of who records it.
    File,
    /// What a file held: the subject is its digest, the body the file.
    Content,
    /// How a source that is no host stands; the body is the affair of who records it.
    Stand,
    /// Somebody watches the files; the body says since when without a break.
    Beat,
    /// Somebody took an incident on.
    Ack,
    /// Somebody gave it back.
    Unack,
    /// An incident was put out of sight.
    Snooze,
    /// It was brought back.
    Wake,
    /// An intent was written down; the body is the outbox's.
    Intent,
    /// An intent got further; the body is the outbox's.
    Progress,
}

impl Sort {
    const ALL: [Self; 15] = [
        Self::Item,
        Self::Gone,
        Self::Round,
        Self::Host,
        Self::Plans,
        Self::File,
        Self::Content,
        Self::Stand,
        Self::Beat,
        Self::Ack,
        Self::Unack,
        Self::Snooze,
        Self::Wake,
        Self::Intent,
        Self::Progress,
    ];

    /// As it stands in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Gone => "gone",
            Self::Round => "round",
            Self::Host => "host",
            Self::Plans => "plans",
            Self::File => "file",
            Self::Content => "content",
            Self::Stand => "stand",
            Self::Beat => "beat",
            Self::Ack => "ack",
            Self::Unack => "unack",
            Self::Snooze => "snooze",
            Self::Wake => "wake",
            Self::Intent => "intent",
            Self::Progress => "progress",
        }
    }

    /// Reads [`Sort::word`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }
}

/// A recorded fact as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number: facts are numbered in the order in which they were recorded, by all processes together.
    pub seq: i64,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// What it is about.
    pub sort: Sort,
    /// The source's name; empty where there is none.
    pub source: String,
    /// An incident's key, a file's path, an intent's name; empty where there is none.
    pub subject: String,
    /// What it says.
    pub body: Vec<u8>,
}

/// What a recorded fact says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// An incident is now like this. Without its opening text.
    Item(Box<Incident>),
    /// An incident is not there any more.
    Gone(Gone),
    /// How asking a source went.
    Round(Round),
    /// What is known of a host.
    Host(Box<Host>),
    /// Milestones and releases of a repository are now like this.
    Plans(Box<Plans>),
    /// Somebody did something here.
    Done(IncidentKey, Deed, Login),
    /// Something that is read by who recorded it: a file, an intent, its progress.
    Other,
}

/// Something that somebody did to an incident here, and not at its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Took it on.
    TakeOn,
    /// Gave it back.
    GiveBack,
    /// Put it out of sight until an instant; kept to the microsecond.
    Snooze(DateTime<Utc>),
    /// Brought it back.
    Wake,
}

/// A deed's body. `until` in microseconds since 1970, UTC.
#[derive(Serialize, Deserialize)]
struct WrittenDeed {
    by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
}

impl Deed {
    pub(super) fn sort(self) -> Sort {
        match self {
            Self::TakeOn => Sort::Ack,
            Self::GiveBack => Sort::Unack,
            Self::Snooze(_) => Sort::Snooze,
            Self::Wake => Sort::Wake,
        }
    }

    pub(super) fn written(self, by: &Login) -> Vec<u8> {
        let until = match self {
            Self::Snooze(until) => Some(until.timestamp_micros()),
            Self::TakeOn | Self::GiveBack | Self::Wake => None,
        };
        // A name and a number are always written.
        serde_json::to_vec(&WrittenDeed { by: by.as_str().to_owned(), until }).unwrap_or_default()
    }
}

impl Row {
    /// What it says; nothing where a later version wrote it in a way not known here, or somebody edited the file.
    pub fn said(&self, names: &mut Names) -> Option<Said> {
        let key = |names: &mut Names| names.key(&self.subject);
        let deed = |names: &mut Names, deed: Deed, written: &WrittenDeed| {
            Some(Said::Done(names.key(&self.subject)?, deed, names.login(&written.by)))
        };
        let written = || serde_json::from_slice::<WrittenDeed>(&self.body).ok();
        match self.sort {
            Sort::Item => {
                let key = key(names)?;
                Some(Said::Item(Box::new(codec::read_incident(key, &self.body, names)?)))
            }
            Sort::Gone => codec::read_gone(key(names)?, &self.body).map(Said::Gone),
            Sort::Round => codec::read_round(&self.body).map(Said::Round),
            Sort::Host => codec::read_host(&self.body).map(|host| Said::Host(Box::new(host))),
            Sort::Plans => codec::read_plans(&self.subject, &self.body).map(|plans| Said::Plans(Box::new(plans))),
            Sort::Ack => deed(names, Deed::TakeOn, &written()?),
            Sort::Unack => deed(names, Deed::GiveBack, &written()?),
            Sort::Wake => deed(names, Deed::Wake, &written()?),
            Sort::Snooze => {
                let written = written()?;
                deed(names, Deed::Snooze(DateTime::from_timestamp_micros(written.until?)?), &written)
            }
            Sort::File | Sort::Content | Sort::Stand | Sort::Beat => Some(Said::Other),
            Sort::Intent | Sort::Progress => Some(Said::Other),
        }
    }

    /// The name of its source.
    pub fn source(&self) -> Text {
        Text::scrub(&self.source)
    }
}

/// Facts read at once: a flood is taken in parts.
const AT_ONCE: usize = 2_000;

impl Store {
    /// Facts recorded after this one, in order, whoever recorded them; at most 2,000, then ask again after the last of them.
    ///
    /// Facts of a sort not known here are left out.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn facts_after(&self, seq: i64) -> Result<Vec<Row>, StoreError> {
        let sql = "SELECT seq, at, kind, source, subject, body FROM fact WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        self.rows(sql, params![seq, AT_ONCE as i64])
    }

    /// Facts of one sort, in order: of one subject, or of all.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn facts_of(&self, sort: Sort, subject: Option<&str>) -> Result<Vec<Row>, StoreError> {
        let sql = "SELECT seq, at, kind, source, subject, body FROM fact \
                   WHERE kind = ?1 AND (?2 IS NULL OR subject = ?2) ORDER BY seq";
        self.rows(sql, params![sort.word(), subject])
    }

    /// The number of the last fact; 0 where there is none.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn last_seq(&self) -> Result<i64, StoreError> {
        super::heard::last_seq(&self.db).map_err(|error| self.failed(&error))
    }

    /// Reads rows of `seq, at, kind, source, subject, body`.
    pub(super) fn rows(&self, sql: &str, with: impl rusqlite::Params) -> Result<Vec<Row>, StoreError> {
        let rows = || -> rusqlite::Result<Vec<Row>> {
            let mut asked = self.db.prepare_cached(sql)?;
            let found = asked.query_map(with, |row| {
                let (at, kind): (i64, String) = (row.get(1)?, row.get(2)?);
                let (Some(at), Some(sort)) = (DateTime::from_timestamp_micros(at), Sort::parse(&kind)) else {
                    return Ok(None);
                };
                let (seq, source, subject, body) = (row.get(0)?, row.get(3)?, row.get(4)?, row.get(5)?);
                Ok(Some(Row { seq, at, sort, source, subject, body }))
            })?;
            found.filter_map(Result::transpose).collect()
        };
        rows().map_err(|error| self.failed(&error))
    }
}
