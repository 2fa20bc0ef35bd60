//! What became of what was asked for, in words and as JSON.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    cli::{
        board, exit,
        failure::{Failure, print},
    },
    domain::{
        intent::{Act, Intent, Progress, Target},
        time::{between, open_span, rfc3339},
        zone::Zones,
    },
    text::Text,
};

/// What became of it.
pub(super) struct Told<'a> {
    pub(super) target: &'a Target,
    /// What was recorded here.
    pub(super) recorded: Option<Text>,
    /// What was wanted of the host, as far as it is.
    pub(super) intents: &'a [Intent],
    /// Who delivers, where that is another process.
    pub(super) waits_for: Option<&'a str>,
}

impl Told<'_> {
    /// Says it; the exit code is 0 where all is done, 1 where the host refused something, 4 where something waits.
    pub(super) fn print(&self, json: bool, zones: &Zones, now: DateTime<Utc>) -> Result<u8, Failure> {
        if json {
            let acts: Vec<Value> = self.intents.iter().map(on_wire).collect();
            let document = board::document("incident_act", zones, now)
                .with("key", self.target.to_string())
                .with("recorded", self.recorded.as_ref().map(Text::as_str))
                .with("acts", acts);
            print(&board::pretty(&document.value()))?;
        } else {
            let recorded = self.recorded.iter().map(|words| format!("{}: {words}", self.target));
            let lines: Vec<String> = recorded.chain(self.intents.iter().map(|intent| self.line(intent))).collect();
            let nothing = format!("{}: nothing to do", self.target);
            print(&if lines.is_empty() { nothing } else { lines.join("\n") })?;
        }
        Ok(code(self.intents))
    }

    fn line(&self, intent: &Intent) -> String {
        let what = format!("{}: {}", intent.target, intent.act.words());
        match &intent.progress {
            Progress::Done { url: Some(url), .. } => format!("{what}: done, {url}"),
            Progress::Done { url: None, .. } => format!("{what}: done"),
            Progress::Refused { why, .. } => format!("{what}: refused: {why}"),
            Progress::Cancelled { .. } => format!("{what}: taken back"),
            open => {
                let why = why_of(open).map(|why| format!("{why}; ")).unwrap_or_default();
                let by = match self.waits_for.filter(|who| !who.is_empty()) {
                    Some(who) => format!("{who} will send it"),
                    None => "watchfloor watch, or the console, will send it".to_owned(),
                };
                format!("{what}: waits: {why}it is kept as {}, and {by}", intent.id)
            }
        }
    }
}

/// 0 where all is done, 1 where something was refused or taken back, 4 where something waits.
pub fn code(intents: &[Intent]) -> u8 {
    let is_over = |intent: &Intent| intent.progress.is_over();
    let is_done = |intent: &Intent| matches!(intent.progress, Progress::Done { .. });
    if intents.iter().any(|intent| is_over(intent) && !is_done(intent)) {
        exit::NO
    } else if intents.iter().all(is_done) {
        exit::DONE
    } else {
        exit::COULD_NOT_JUDGE
    }
}

/// 4 where something waits, else 1 where the host refused something, else 0. What somebody took back is nobody's failure.
pub fn code_of_all(intents: &[Intent]) -> u8 {
    if intents.iter().any(|intent| !intent.progress.is_over()) {
        exit::COULD_NOT_JUDGE
    } else if intents.iter().any(|intent| matches!(intent.progress, Progress::Refused { .. })) {
        exit::NO
    } else {
        exit::DONE
    }
}

/// What went wrong the last time, or what is doubtful.
pub fn why_of(progress: &Progress) -> Option<String> {
    match progress {
        Progress::Waiting { why, .. } => why.as_ref().map(ToString::to_string),
        Progress::Unsure { why, .. } => Some(format!("it may be there already: {why}")),
        Progress::Refused { why, .. } => Some(why.to_string()),
        Progress::Sending { .. } | Progress::Done { .. } | Progress::Cancelled { .. } => None,
    }
}

/// How long an intent has waited, in words.
pub fn age(intent: &Intent, now: DateTime<Utc>) -> String {
    open_span(between(intent.at, now))
}

/// One intent for a program.
pub fn on_wire(intent: &Intent) -> Value {
    let (mut not_before, mut tries, mut url, mut ended) = (None, None, None, None);
    match &intent.progress {
        Progress::Waiting { tries: n, not_before: at, .. } => (tries, not_before) = (Some(*n), *at),
        Progress::Sending { tries: n, .. } | Progress::Unsure { tries: n, .. } => tries = Some(*n),
        Progress::Done { at, url: page } => (ended, url) = (Some(*at), page.clone()),
        Progress::Refused { at, .. } | Progress::Cancelled { at } => ended = Some(*at),
    }
    let text = match &intent.act {
        Act::Comment(text) | Act::Create { body: text, .. } => Some(text.as_str()),
        _ => None,
    };
    json!({
        "id": intent.id.as_str(),
        "batch": intent.batch.as_str(),
        "source": intent.source.as_str(),
        "target": intent.target.to_string(),
        "act": intent.act.code(),
        "words": intent.act.words(),
        "text": text,
        "by": intent.by.as_str(),
        "at": rfc3339(intent.at),
        "state": intent.progress.code(),
        "tries": tries,
        "not_before": not_before.map(rfc3339),
        "why": why_of(&intent.progress),
        "url": url.as_ref().map(Text::as_str),
        "ended_at": ended.map(rfc3339),
    })
}
