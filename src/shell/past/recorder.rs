//! Sees to it that what is known of files and how they stand is put on record, once for each change.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Note, replay::recorded_as};
use crate::{
    domain::{
        incident::{Incident, IncidentKey},
        time::between,
    },
    floor::{
        Floor,
        fact::{Fact, Part, Role, SourceId},
        freshness::{Feed, numbered},
        standing::Standing,
    },
    text::Text,
};

/// How often it is put on record that the files are being watched.
const BEAT: TimeDelta = TimeDelta::minutes(1);

/// A longer pause between two looks is a break: the machine slept, or a disk did not answer.
const BREAK: TimeDelta = TimeDelta::seconds(30);

/// What a source told whole, that no host driver puts on record: histories.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The source's name.
    pub source: Text,
    /// Some of its incidents.
    pub items: Vec<Incident>,
    /// Where the answer ends here: everything it named; what else is known is gone.
    pub only: Option<BTreeSet<IncidentKey>>,
}

/// Says what is to be put on record.
#[derive(Debug, Default)]
pub struct Recorder {
    /// Whether anything is ever: under a clock of `--now` nothing was seen, unless somebody asked for it.
    is_wanted: bool,
    /// Whether anything is now: of several processes on one store, one records.
    is_on: bool,
    /// Whether incidents of histories are put on record as well.
    with_histories: bool,
    stands: BTreeMap<SourceId, Standing>,
    named: BTreeMap<SourceId, BTreeSet<IncidentKey>>,
    /// Sources whose incidents come whole and not by changes.
    whole: BTreeSet<SourceId>,
    since: Option<DateTime<Utc>>,
    looked_at: Option<DateTime<Utc>>,
    beat_at: Option<DateTime<Utc>>,
}

impl Recorder {
    /// A recorder that is off until its process leads ([`Recorder::plays`]); without `is_wanted` it stays off.
    pub fn new(is_wanted: bool, with_histories: bool) -> Self {
        Self { is_wanted, with_histories, ..Self::default() }
    }

    /// Takes note of the part that the process plays: who leads records.
    pub fn plays(&mut self, role: &Role) {
        self.is_on = self.is_wanted && *role == Role::Syncs;
    }

    /// Whether anything is put on record.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Files that were read, as a note; a process that follows another one records nothing.
    pub fn hear(&mut self, fact: &Fact, floor: &Floor) -> Option<Note> {
        match fact {
            Fact::Plays(role) => {
                self.plays(role);
                None
            }
            Fact::FilesRead { source, files } if self.is_on => {
                let source = floor.sources.get(source.0)?.name.clone();
                Some(Note::Files { source, files: files.clone() })
            }
            _ => None,
        }
    }

    /// Incidents that a history told.
    pub fn hear_history(&mut self, fact: &Fact, floor: &Floor) -> Option<Told> {
        let Fact::Polled(polled) = fact else { return None };
        if !self.is_on || !self.with_histories || polled.part == Part::Cached {
            return None;
        }
        self.whole.insert(polled.source);
        let named = self.named.entry(polled.source).or_default();
        named.extend(polled.items.iter().map(|item| item.key.clone()));
        let ended = (polled.part != Part::More).then(|| std::mem::take(named));
        let known = floor.sources.get(polled.source.0)?;
        let source = Text::scrub(&recorded_as(known.name.as_str(), known.feed));
        Some(Told { source, items: polled.items.clone(), only: ended.filter(|_| polled.part == Part::Last) })
    }

    /// Looks at a floor; says which sources stand differently, and every minute that somebody watches. Hosts are not looked
    /// at: how they are heard is put on record where they are asked.
    pub fn look(&mut self, floor: &Floor, now: DateTime<Utc>) -> Vec<Note> {
        if !self.is_on {
            return Vec::new();
        }
        let mut notes = Vec::new();
        for (id, source) in numbered(&floor.sources) {
            let standing = source.standing();
            let is_host = source.feed == Feed::Host && !self.whole.contains(&id);
            // A source that nobody has asked yet stands in no way worth a word.
            if is_host || (standing.heard_at.is_none() && standing.trouble.is_none()) {
                continue;
            }
            let is_news = match self.stands.get(&id) {
                None => true,
                // A source with a date of its own may tell of another date.
                Some(known) if known.is_plain() && standing.is_plain() => !known.differs_in_time_only(&standing),
                Some(known) => *known != standing,
            };
            if is_news {
                notes.push(Note::Stand { source: source.name.clone(), standing: Box::new(standing.clone()) });
                self.stands.insert(id, standing);
            }
        }
        notes.extend(self.beat(now));
        notes
    }

    /// Whoever ends says until when it watched; after a last [`Recorder::look`].
    pub fn end(&self) -> Option<Note> {
        self.since.filter(|_| self.is_on).map(|since| Note::Beat { since })
    }

    fn beat(&mut self, now: DateTime<Utc>) -> Option<Note> {
        let is_broken = self.looked_at.is_none_or(|at| now < at || BREAK < between(at, now));
        let since = *self.since.get_or_insert(now);
        let since = if is_broken { now } else { since };
        (self.since, self.looked_at) = (Some(since), Some(now));
        let is_due = is_broken || self.beat_at.is_none_or(|at| BEAT <= between(at, now));
        is_due.then(|| {
            self.beat_at = Some(now);
            Note::Beat { since }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            sla::Policy,
            time::{parse_rfc3339, plus},
            trouble::Trouble,
            zone::Zone,
        },
        floor::freshness::Source,
    };

    fn at(seconds: i64) -> DateTime<Utc> {
        plus(parse_rfc3339("2026-11-20T09:00:00Z").unwrap(), TimeDelta::seconds(seconds))
    }

    fn floor() -> Floor {
        let source = |name: &str, feed| Source::new(Text::scrub(name), feed, TimeDelta::seconds(2));
        let sources = vec![source("github", Feed::Host), source("roster", Feed::Roster)];
        Floor::new(Text::default(), Zone::utc(), Policy::standard(), sources)
    }

    fn words(notes: &[Note]) -> Vec<String> {
        notes
            .iter()
            .map(|note| match note {
                Note::Files { .. } => "files".to_owned(),
                Note::Stand { source, standing } => format!("{source} {}", standing.trouble.is_none()),
                Note::Beat { since } => format!("beat {}", between(at(0), *since).num_seconds()),
            })
            .collect()
    }

    #[test]
    fn a_quiet_hour_is_a_note_a_minute_and_trouble_is_one_when_it_begins_and_ends() {
        let (mut recorder, mut floor) = (Recorder::new(true, false), floor());
        recorder.plays(&Role::Syncs);
        let unchanged = Fact::Unchanged { source: SourceId(1), budget: None };
        let mut said = Vec::new();
        for second in 0..3_600 {
            let failed = Fact::Failed { source: SourceId(1), trouble: Trouble::Away, why: Text::scrub("gone") };
            floor.apply(if (600..1_200).contains(&second) { failed } else { unchanged.clone() }, at(second));
            said.extend(words(&recorder.look(&floor, at(second))));
        }
        assert_eq!(said.iter().filter(|what| what.starts_with("beat 0")).count(), 60);
        let stands: Vec<_> = said.iter().filter(|what| what.starts_with("roster")).collect();
        assert_eq!(stands, ["roster true", "roster false", "roster true"]);
        assert_eq!(said.len(), 63);
    }

    #[test]
    fn a_break_begins_the_watch_anew_and_a_follower_says_nothing() {
        let (mut recorder, floor) = (Recorder::new(true, false), floor());
        assert_eq!(words(&recorder.look(&floor, at(0))), Vec::<String>::new());
        recorder.plays(&Role::Syncs);
        assert_eq!(words(&recorder.look(&floor, at(0))), ["beat 0"]);
        assert_eq!(words(&recorder.look(&floor, at(20))), Vec::<String>::new());
        assert_eq!(words(&recorder.look(&floor, at(200))), ["beat 200"]);
        assert_eq!(words(&recorder.look(&floor, at(100))), ["beat 100"]);
        assert_eq!(words(recorder.end().as_slice()), ["beat 100"]);
        recorder.hear(&Fact::Plays(Role::Follows { who: Text::scrub("pid 7") }), &floor);
        assert_eq!(words(&recorder.look(&floor, at(500))), Vec::<String>::new());
        assert_eq!(recorder.end(), None);
    }
}
