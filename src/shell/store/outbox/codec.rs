//! Intents and their progress as JSON, in rows of the outbox and in recorded facts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        incident::{CloseReason, IncidentKey, Label, Login, Repo},
        intent::{Act, Intent, OpId, Progress, Target},
    },
    text::{Passage, Text},
};

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum WrittenAct {
    Assign { logins: Vec<String> },
    Unassign { logins: Vec<String> },
    Label { labels: Vec<String> },
    Unlabel { label: String },
    Comment { body: String },
    Close { reason: String },
    Reopen,
    Create { title: String, body: String, labels: Vec<String> },
}

/// Times in microseconds since 1970, UTC.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum WrittenProgress {
    Waiting {
        tries: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    Sending {
        since: i64,
        tries: u32,
    },
    Unsure {
        since: i64,
        tries: u32,
        why: String,
    },
    Done {
        at: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    Refused {
        at: i64,
        why: String,
    },
    Cancelled {
        at: i64,
    },
}

/// A whole intent, as a recorded fact has it.
#[derive(Serialize, Deserialize)]
struct WrittenIntent {
    id: String,
    batch: String,
    source: String,
    target: String,
    act: WrittenAct,
    by: String,
    at: i64,
    progress: WrittenProgress,
}

/// A change as JSON.
pub(super) fn write_act(act: &Act) -> String {
    json(&act_written(act))
}

/// How far an intent is, as JSON.
pub fn write_progress(progress: &Progress) -> String {
    json(&progress_written(progress))
}

/// Reads [`write_progress`]; nothing where a later version wrote it in a way not known here.
pub fn read_progress(written: &str) -> Option<Progress> {
    progress_read(serde_json::from_str(written).ok()?)
}

/// A whole intent as JSON.
pub fn write_intent(intent: &Intent) -> String {
    json(&WrittenIntent {
        id: intent.id.to_string(),
        batch: intent.batch.to_string(),
        source: intent.source.to_string(),
        target: intent.target.to_string(),
        act: act_written(&intent.act),
        by: intent.by.to_string(),
        at: intent.at.timestamp_micros(),
        progress: progress_written(&intent.progress),
    })
}

/// Reads [`write_intent`]; nothing where a later version wrote it in a way not known here.
pub fn read_intent(written: &[u8]) -> Option<Intent> {
    let read: WrittenIntent = serde_json::from_slice(written).ok()?;
    Some(Intent {
        id: OpId::parse(&read.id)?,
        batch: OpId::parse(&read.batch)?,
        source: Text::scrub(&read.source),
        target: target_of(&read.target),
        act: act_read(read.act)?,
        by: Login::new(&read.by),
        at: time(read.at)?,
        progress: progress_read(read.progress)?,
    })
}

/// The intent of a row's columns.
#[expect(clippy::too_many_arguments, reason = "one for each column")]
pub(super) fn intent_of(
    id: &str,
    batch: &str,
    source: &str,
    target: &str,
    act: &str,
    by: &str,
    at: i64,
    progress: &str,
) -> Option<Intent> {
    Some(Intent {
        id: OpId::parse(id)?,
        batch: OpId::parse(batch)?,
        source: Text::scrub(source),
        target: target_of(target),
        act: act_read(serde_json::from_str(act).ok()?)?,
        by: Login::new(by),
        at: time(at)?,
        progress: read_progress(progress)?,
    })
}

fn target_of(written: &str) -> Target {
    IncidentKey::parse(written).map_or_else(|| Target::Repository(Repo::new(written)), Target::Incident)
}

fn act_written(act: &Act) -> WrittenAct {
    let logins = |all: &[Login]| all.iter().map(ToString::to_string).collect();
    let labels = |all: &[Label]| all.iter().map(ToString::to_string).collect();
    match act {
        Act::Assign(who) => WrittenAct::Assign { logins: logins(who) },
        Act::Unassign(who) => WrittenAct::Unassign { logins: logins(who) },
        Act::Label(which) => WrittenAct::Label { labels: labels(which) },
        Act::Unlabel(which) => WrittenAct::Unlabel { label: which.to_string() },
        Act::Comment(body) => WrittenAct::Comment { body: body.as_str().to_owned() },
        Act::Close(reason) => WrittenAct::Close { reason: reason.code().to_owned() },
        Act::Reopen => WrittenAct::Reopen,
        Act::Create { title, body, labels: which } => {
            WrittenAct::Create { title: title.to_string(), body: body.as_str().to_owned(), labels: labels(which) }
        }
    }
}

fn act_read(written: WrittenAct) -> Option<Act> {
    let logins = |all: Vec<String>| all.iter().map(|login| Login::new(login)).collect();
    let labels = |all: Vec<String>| all.iter().map(|label| Label::new(label)).collect();
    let passage = |body: &str| Box::new(Passage::scrub(body));
    Some(match written {
        WrittenAct::Assign { logins: who } => Act::Assign(logins(who)),
        WrittenAct::Unassign { logins: who } => Act::Unassign(logins(who)),
        WrittenAct::Label { labels: which } => Act::Label(labels(which)),
        WrittenAct::Unlabel { label } => Act::Unlabel(Label::new(&label)),
        WrittenAct::Comment { body } => Act::Comment(passage(&body)),
        WrittenAct::Close { reason } => {
            let all = [CloseReason::Completed, CloseReason::NotPlanned, CloseReason::Duplicate];
            Act::Close(all.into_iter().find(|known| known.code() == reason)?)
        }
        WrittenAct::Reopen => Act::Reopen,
        WrittenAct::Create { title, body, labels: which } => {
            Act::Create { title: Text::scrub(&title), body: passage(&body), labels: labels(which) }
        }
    })
}

fn progress_written(progress: &Progress) -> WrittenProgress {
    match progress {
        Progress::Waiting { tries, not_before, why } => WrittenProgress::Waiting {
            tries: *tries,
            not_before: not_before.map(|at| at.timestamp_micros()),
            why: why.as_ref().map(ToString::to_string),
        },
        Progress::Sending { since, tries } => {
            WrittenProgress::Sending { since: since.timestamp_micros(), tries: *tries }
        }
        Progress::Unsure { since, tries, why } => {
            WrittenProgress::Unsure { since: since.timestamp_micros(), tries: *tries, why: why.to_string() }
        }
        Progress::Done { at, url } => {
            WrittenProgress::Done { at: at.timestamp_micros(), url: url.as_ref().map(ToString::to_string) }
        }
        Progress::Refused { at, why } => WrittenProgress::Refused { at: at.timestamp_micros(), why: why.to_string() },
        Progress::Cancelled { at } => WrittenProgress::Cancelled { at: at.timestamp_micros() },
    }
}

fn progress_read(written: WrittenProgress) -> Option<Progress> {
    let text = |words: &String| Text::scrub(words);
    Some(match written {
        WrittenProgress::Waiting { tries, not_before, why } => {
            let not_before = not_before.map(|at| time(at).ok_or(())).transpose().ok()?;
            Progress::Waiting { tries, not_before, why: why.as_ref().map(text) }
        }
        WrittenProgress::Sending { since, tries } => Progress::Sending { since: time(since)?, tries },
        WrittenProgress::Unsure { since, tries, why } => {
            Progress::Unsure { since: time(since)?, tries, why: text(&why) }
        }
        WrittenProgress::Done { at, url } => Progress::Done { at: time(at)?, url: url.as_ref().map(text) },
        WrittenProgress::Refused { at, why } => Progress::Refused { at: time(at)?, why: text(&why) },
        WrittenProgress::Cancelled { at } => Progress::Cancelled { at: time(at)? },
    })
}

fn time(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
}

fn json(value: &impl Serialize) -> String {
    // Text and numbers are always written.
    serde_json::to_string(value).unwrap_or_default()
}
