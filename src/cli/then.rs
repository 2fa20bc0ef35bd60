//! `--at INSTANT`: the board as it was known then, by the record. What is not on record is said, and never shown as quiet.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    cli::{
        args::Common,
        board::{self, Part},
        exit,
        failure::{Failure, complain, print},
        setup::{self, Setup},
        show,
    },
    domain::{time::rfc3339, zone::Zones},
    floor::{Floor, freshness::Feed},
    shell::past::{Known, Rebuilt},
    sink::plain::Page,
    text::{Text, counted},
};

/// The floor of an earlier instant.
pub struct Then {
    /// The floor, settled then.
    pub floor: Floor,
    /// What is known of the instant.
    pub known: Known,
}

impl Then {
    /// Makes the floor of an instant from the record, by the settings of today. Asks nobody.
    ///
    /// # Errors
    /// The instant has not come, or the record cannot be read.
    pub fn of(setup: &Setup, at: DateTime<Utc>, zones: &Zones) -> Result<Self, Failure> {
        if setup.clock.now() < at {
            let hint = "--at looks back; leave it out for now";
            return Err(Failure::new(exit::USAGE, format!("--at {}: that time has not come", rfc3339(at)), hint));
        }
        let now = &setup.floor;
        let mut floor = Floor::new(now.team.clone(), now.zone.clone(), now.policy.clone(), now.sources.clone());
        floor.blocker_labels.clone_from(&now.blocker_labels);
        let rebuilt = setup.engine.rebuild(&mut floor, setup.first.clone(), zones, at).map_err(|why| {
            let hint = "see watchfloor doctor";
            Failure::new(exit::COULD_NOT_JUDGE, format!("read the record: {why}"), hint)
        })?;
        let Rebuilt { known, n_unread } = rebuilt;
        if 0 < n_unread {
            let n = counted(n_unread, "record", "records");
            complain(&format!("note: {n} could not be read; a later version may have written them"));
        }
        Ok(Self { floor, known })
    }
}

/// Prints a part of the board as it was known at an instant.
///
/// # Errors
/// Wrong settings, an instant that has not come, or a record that cannot be read.
pub fn run(part: Part, at: DateTime<Utc>, json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let setup = setup::set_up(common, zones)?;
    let then = Then::of(&setup, at, zones)?;
    if json {
        print(&board::pretty(&json_of(&then, part, zones)))?;
    } else {
        print(&plain_of(&then, part, show::width()))?;
    }
    Ok(code(&then, part))
}

/// The part as JSON: `at` and `recorded_since` beside the sections; the sections are left out where nothing was known.
pub fn json_of(then: &Then, part: Part, zones: &Zones) -> Value {
    let at = then.known.at;
    let mut document = board::json(&then.floor, part, zones.version(), at);
    if let (Value::Object(fields), false) = (&mut document, then.known.is_known()) {
        fields.retain(|name, _| ENVELOPE.contains(&name.as_str()));
    }
    mark_json(&mut document, &then.known);
    document
}

/// What a document has where nothing is known.
const ENVELOPE: [&str; 5] = ["watchfloor", "now", "kind", "team", "zone"];

/// Marks a document as one of an earlier instant.
pub fn mark_json(document: &mut Value, known: &Known) {
    if let Value::Object(fields) = document {
        fields.insert("at".to_owned(), rfc3339(known.at).into());
        fields.insert("recorded_since".to_owned(), known.since.map(rfc3339).into());
    }
}

/// The part as plain text, headed by what it is.
pub fn plain_of(then: &Then, part: Part, width: usize) -> String {
    let mark = mark(&then.known, &then.floor);
    if then.known.is_known() {
        return format!("{mark}{}", board::plain(&then.floor, part, width, then.known.at));
    }
    let mut page = Page::new(width);
    page.heading(&then.floor.team, &then.floor.zone, then.known.at);
    format!("{mark}{}", page.finish())
}

/// The line that heads a board of an earlier instant.
pub fn mark(known: &Known, floor: &Floor) -> String {
    let day = |at| Text::scrub(&floor.zone.local(at).format("%a %-d %b %Y %H:%M").to_string());
    let is_measured = floor.sources.iter().any(|source| source.feed == Feed::Metrics);
    let files = if is_measured { "; signals by the metric files of today, cut at that time" } else { "" };
    match (known.since, known.is_known()) {
        (Some(since), true) => format!("AS KNOWN THEN  recorded since {}{files}\n", day(since)),
        (Some(since), false) => format!("NOT KNOWN  nothing was recorded then; recorded since {}\n", day(since)),
        (None, _) => {
            "NOT KNOWN  nothing was ever recorded; watchfloor watch and the console put things on record\n".to_owned()
        }
    }
}

/// The code of an answer: done, unless something it is made of was not heard whole then, or nothing is known at all.
pub fn code(then: &Then, part: Part) -> u8 {
    let feeds = show::feeds_of(part);
    let sources = then.floor.sources.iter().filter(|source| feeds.contains(&source.feed));
    let is_whole = |source: &crate::floor::freshness::Source| {
        source.heard_at.is_some() && source.trouble.is_none() && source.n_skipped == 0
    };
    if then.known.is_known() && sources.into_iter().all(is_whole) { exit::DONE } else { exit::COULD_NOT_JUDGE }
}
