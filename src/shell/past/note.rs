//! What is put on record of sources that are no hosts, in JSON of our own shape.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::trouble::{Skipped, Trouble},
    floor::{
        fact::{FileRead, Quota},
        standing::Standing,
    },
    shell::store::{Entry, Row, Sort, Store, StoreError},
    source::checklist,
    text::Text,
};

/// Something to be put on record.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The files that a source was read from, the one that the settings name first.
    Files {
        /// The source's name.
        source: Text,
        /// The files.
        files: Vec<FileRead>,
    },
    /// A source stands differently.
    Stand {
        /// The source's name.
        source: Text,
        /// How it stands.
        standing: Box<Standing>,
    },
    /// The files are being watched.
    Beat {
        /// Since when without a break.
        since: DateTime<Utc>,
    },
}

#[derive(Serialize, Deserialize)]
struct WrittenFiles {
    files: Vec<WrittenFile>,
}

#[derive(Serialize, Deserialize)]
struct WrittenFile {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doubt: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WrittenBeat {
    since: i64,
}

#[derive(Serialize, Deserialize)]
struct WrittenStanding {
    /// Left out where it was heard whenever somebody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heard_at: Option<i64>,
    #[serde(default, skip_serializing_if = "is_no")]
    is_plain: bool,
    #[serde(default, skip_serializing_if = "is_no")]
    is_dated: bool,
    #[serde(default, skip_serializing_if = "is_no")]
    is_cached: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trouble: Option<WrittenTrouble>,
    #[serde(default, skip_serializing_if = "is_none")]
    n_skipped: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    budget: Option<(u64, u64)>,
}

#[derive(Serialize, Deserialize)]
struct WrittenTrouble {
    word: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    since: i64,
    why: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_no(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_none(value: &usize) -> bool {
    *value == 0
}

impl Note {
    /// As it is put on record. What a file held stands before what names it.
    pub fn entries(&self) -> Vec<Entry> {
        match self {
            Self::Files { source, files } => files_entries(source, files),
            Self::Stand { source, standing } => vec![entry(Sort::Stand, source, &written(standing))],
            Self::Beat { since } => {
                vec![entry(Sort::Beat, &Text::default(), &WrittenBeat { since: since.timestamp_micros() })]
            }
        }
    }
}

fn files_entries(source: &Text, files: &[FileRead]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut named = Vec::new();
    for file in files {
        let digest = file.bytes.as_deref().map(digest);
        if let (Some(digest), Some(bytes)) = (&digest, &file.bytes) {
            let (source, subject, body) = (String::new(), digest.clone(), bytes.to_vec());
            entries.push(Entry { sort: Sort::Content, source, subject, body });
        }
        let doubt = file.doubt.as_ref().map(ToString::to_string);
        named.push(WrittenFile { name: file.name.clone(), digest, doubt });
    }
    entries.push(entry(Sort::File, source, &WrittenFiles { files: named }));
    entries
}

fn entry(sort: Sort, source: &Text, body: &impl Serialize) -> Entry {
    // Names, numbers and yes or no are always written.
    let body = serde_json::to_vec(body).unwrap_or_default();
    Entry { sort, source: source.as_str().to_owned(), subject: String::new(), body }
}

fn digest(bytes: &[u8]) -> String {
    let digest = checklist::digest(bytes);
    format!("{:016x}-{}", digest.hash, digest.length)
}

fn written(standing: &Standing) -> WrittenStanding {
    let is_plain = standing.is_plain();
    let micros = |at: &DateTime<Utc>| at.timestamp_micros();
    WrittenStanding {
        heard_at: standing.heard_at.as_ref().filter(|_| !is_plain).map(micros),
        is_plain,
        is_dated: standing.is_dated,
        is_cached: standing.is_cached,
        trouble: standing.trouble.as_ref().map(|(trouble, since, why)| WrittenTrouble {
            word: trouble.word().to_owned(),
            until: match trouble {
                Trouble::Limited { until } => Some(until.timestamp_micros()),
                Trouble::Away | Trouble::Refused | Trouble::Garbled => None,
            },
            since: micros(since),
            why: why.as_str().to_owned(),
        }),
        n_skipped: standing.n_skipped,
        skipped: standing.skipped.iter().map(|s| (s.at.as_str().to_owned(), s.why.as_str().to_owned())).collect(),
        budget: standing.budget.map(|quota| (quota.remaining, quota.limit)),
    }
}

/// How a source stood by a record of it; one that was heard whenever somebody looked was heard at `looked_at`. Nothing where
/// the record is none.
pub(super) fn read_standing(row: &Row, looked_at: Option<DateTime<Utc>>) -> Option<Standing> {
    let written: WrittenStanding = serde_json::from_slice(&row.body).ok()?;
    let instant = DateTime::from_timestamp_micros;
    let trouble = match written.trouble {
        None => None,
        Some(WrittenTrouble { word, until, since, why }) => {
            let trouble = match (word.as_str(), until) {
                ("limited", Some(until)) => Trouble::Limited { until: instant(until)? },
                ("refused", _) => Trouble::Refused,
                ("unreadable", _) => Trouble::Garbled,
                _ => Trouble::Away,
            };
            Some((trouble, instant(since)?, Text::scrub(&why)))
        }
    };
    let heard_at = if written.is_plain { looked_at.or(Some(row.at)) } else { written.heard_at.and_then(instant) };
    let skipped = |(at, why): &(String, String)| Skipped { at: Text::scrub(at), why: Text::scrub(why) };
    Some(Standing {
        heard_at,
        is_dated: written.is_dated,
        is_cached: written.is_cached,
        trouble,
        n_skipped: written.n_skipped,
        skipped: written.skipped.iter().map(skipped).collect(),
        budget: written.budget.map(|(remaining, limit)| Quota { remaining, limit }),
    })
}

/// Since when the files were watched without a break, by a beat.
pub(super) fn read_beat(row: &Row) -> Option<DateTime<Utc>> {
    let WrittenBeat { since } = serde_json::from_slice(&row.body).ok()?;
    DateTime::from_timestamp_micros(since)
}

/// The files of a record of them, with what they held. Nothing where the record is none.
///
/// # Errors
/// As the disk fails.
pub(super) fn read_files(row: &Row, store: &Store) -> Result<Option<Vec<FileRead>>, StoreError> {
    let Ok(WrittenFiles { files }) = serde_json::from_slice(&row.body) else { return Ok(None) };
    let mut read = Vec::new();
    for WrittenFile { name, digest, doubt } in files {
        let held = digest.map(|digest| store.content(&digest)).transpose()?.flatten();
        let (bytes, doubt) = (held.map(Arc::from), doubt.as_deref().map(Text::scrub));
        read.push(FileRead { name, bytes, doubt });
    }
    Ok(Some(read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn at(clock: &str) -> DateTime<Utc> {
        parse_rfc3339(&format!("2026-11-20T{clock}Z")).unwrap()
    }

    fn kept(note: &Note) -> (Store, Vec<Row>) {
        let mut store = Store::in_memory().unwrap();
        store.put(&note.entries(), at("09:00:00")).unwrap();
        let rows = store.facts_after(0).unwrap();
        (store, rows)
    }

    #[test]
    fn a_standing_is_read_back_and_a_plain_one_was_heard_when_somebody_looked() {
        let plain = Standing { heard_at: Some(at("08:59:58")), n_skipped: 2, ..Standing::default() };
        let troubles = [Trouble::Away, Trouble::Refused, Trouble::Garbled, Trouble::Limited { until: at("10:00:00") }];
        let troubled = troubles.map(|trouble| Standing {
            trouble: Some((trouble, at("08:00:00"), Text::scrub("why"))),
            skipped: vec![Skipped { at: Text::scrub("line 3"), why: Text::scrub("no date") }],
            budget: Some(Quota { remaining: 1, limit: 2 }),
            ..plain.clone()
        });
        for standing in troubled.into_iter().chain([Standing { is_dated: true, ..plain.clone() }]) {
            let note = Note::Stand { source: Text::scrub("roster"), standing: Box::new(standing.clone()) };
            assert_eq!(read_standing(&kept(&note).1[0], Some(at("11:00:00"))), Some(standing));
        }
        let note = Note::Stand { source: Text::scrub("roster"), standing: Box::new(plain.clone()) };
        let row = &kept(&note).1[0];
        let heard_at = Some(at("11:00:00"));
        assert_eq!(read_standing(row, heard_at), Some(Standing { heard_at, ..plain.clone() }));
        assert_eq!(read_standing(row, None).unwrap().heard_at, Some(at("09:00:00")));
    }

    #[test]
    fn files_are_read_back_with_what_they_held() {
        let file = |name: &str, bytes: Option<&[u8]>, doubt: Option<&str>| FileRead {
            name: name.to_owned(),
            bytes: bytes.map(Arc::from),
            doubt: doubt.map(Text::scrub),
        };
        let files = vec![
            file("/r/oncall.toml", Some(b"[people]"), None),
            file("a.ics", Some(b"[people]"), Some("it was not asked yet")),
            file("b.ics", None, Some("no such file")),
        ];
        let (store, rows) = kept(&Note::Files { source: Text::scrub("roster"), files: files.clone() });
        assert_eq!(rows.len(), 2, "what two files hold alike is kept once");
        assert_eq!(read_files(&rows[1], &store).unwrap(), Some(files));
    }

    #[test]
    fn a_beat_says_since_when() {
        let since = at("07:00:00");
        assert_eq!(read_beat(&kept(&Note::Beat { since }).1[0]), Some(since));
    }
}
