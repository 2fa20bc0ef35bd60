//! The floor that a command about the clocks looks at: everything heard, as it is now or as it was at an instant.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    cli::{
        args::{Common, Sla},
        board, exit,
        failure::{Failure, complain, print},
        setup::{self, Setup},
        then::{self, Then},
    },
    domain::{
        time::rfc3339,
        zone::{Zone, Zones, advice::advice},
    },
    floor::{
        Floor,
        fact::{Fact, Part, Polled, SourceId},
        freshness::{Feed, Source},
    },
    shell::past::Known,
    text::Text,
};

/// A settled floor and the instant it is judged at.
pub struct Scene {
    /// The floor.
    pub floor: Floor,
    /// The instant.
    pub now: DateTime<Utc>,
    /// What is known of the instant, where it is one of the past.
    pub known: Option<Known>,
}

impl Scene {
    /// Reads every source once and settles the floor at `--at`, else now; in the zone of `--tz`, else the settings'.
    ///
    /// # Errors
    /// Wrong settings, or a zone that is not known.
    pub async fn read(sla: &Sla, common: &Common, zones: &Zones) -> Result<Self, Failure> {
        let zone = zone(sla.tz.as_deref(), zones)?;
        let mut setup = setup::set_up(common, zones)?;
        if let Some(mut scene) = Self::on_record(sla, &setup, zones)? {
            scene.floor.zone = zone.unwrap_or(scene.floor.zone);
            return Ok(scene);
        }
        setup.read_all().await;
        for note in &setup.notes {
            complain(&format!("note: {}", Text::scrub(note)));
        }
        let now = setup.clock.now();
        let mut scene = match sla.at {
            Some(at) => {
                let known = setup.engine.known(at).ok().filter(|_| at < now);
                if let Some(since) = known.map(|known| known.since) {
                    let since = since.map(|since| format!("; recorded since {}", rfc3339(since))).unwrap_or_default();
                    complain(&format!("note: not on record: what the histories of today tell of that time{since}"));
                }
                Self { floor: as_of(&setup.floor, at), now: at, known }
            }
            None => Self { floor: setup.floor, now, known: None },
        };
        if let Some(zone) = zone {
            scene.floor.zone = zone;
        }
        Ok(scene)
    }

    /// The floor as it was known at `--at`, where that is on record and incidents were known then.
    fn on_record(sla: &Sla, setup: &Setup, zones: &Zones) -> Result<Option<Self>, Failure> {
        let past = sla.at.filter(|at| *at <= setup.clock.now());
        // A record that cannot be read is no reason not to read the histories.
        let known = past.and_then(|at| setup.engine.known(at).ok()).filter(Known::is_known);
        let Some(known) = known else { return Ok(None) };
        let then = Then::of(setup, known.at, zones)?;
        let scene = Self { floor: then.floor, now: known.at, known: Some(known) };
        Ok(Some(scene).filter(|scene| scene.floor.knows_incidents()))
    }

    /// Prints what is said of the scene: of one of the past with the mark of what is known of it.
    ///
    /// # Errors
    /// Standard output is full.
    pub fn print(
        &self,
        json: impl FnOnce(&Floor) -> Value,
        plain: impl FnOnce(&Floor) -> String,
        is_json: bool,
    ) -> Result<(), Failure> {
        if is_json {
            let mut document = json(&self.floor);
            if let Some(known) = &self.known {
                then::mark_json(&mut document, known);
            }
            return print(&board::pretty(&document));
        }
        let known = self.known.as_ref().filter(|known| known.is_known());
        let mark = known.map(|known| then::mark(known, &self.floor)).unwrap_or_default();
        print(&format!("{mark}{}", plain(&self.floor)))
    }

    /// The code of an answer: done, unless something it is made of was not heard whole.
    pub fn code(&self) -> u8 {
        if incident_sources(&self.floor).all(|s| s.trouble.is_none() && s.n_skipped == 0) {
            exit::DONE
        } else {
            exit::COULD_NOT_JUDGE
        }
    }
}

/// Sources that tell of incidents.
pub fn incident_sources(floor: &Floor) -> impl Iterator<Item = &Source> {
    floor.sources.iter().filter(|source| matches!(source.feed, Feed::Host | Feed::History))
}

/// The zone of that name; nothing where none is asked for.
///
/// # Errors
/// It is not known.
pub fn zone(name: Option<&str>, zones: &Zones) -> Result<Option<Zone>, Failure> {
    let Some(name) = name else { return Ok(None) };
    zones
        .find(name)
        .map(Some)
        .ok_or_else(|| Failure::new(exit::USAGE, format!("find the time zone {name}"), advice(name)))
}

/// The same floor at an instant: later events have not happened, and incidents opened later are not there.
fn as_of(floor: &Floor, at: DateTime<Utc>) -> Floor {
    let mut then = Floor::new(floor.team.clone(), floor.zone.clone(), floor.policy.clone(), floor.sources.clone());
    for source in &mut then.sources {
        source.heard_at = source.heard_at.map(|heard| heard.min(at));
    }
    for entry in floor.queue().entries() {
        if let Some((by, acked)) = entry.acked.as_ref().filter(|(_, acked)| *acked <= at) {
            let key = entry.incident.key.clone();
            then.apply(Fact::Acknowledged { key, by: by.clone(), at: *acked }, at);
        }
    }
    for goal in floor.goals() {
        then.apply(Fact::GoalAdded(Box::new(goal.clone())), at);
    }
    for n in 0..floor.sources.len() {
        let of_source = floor.queue().entries().iter().filter(|entry| entry.source == SourceId(n));
        let items: Vec<_> = of_source.filter_map(|entry| entry.incident.as_of(at)).collect();
        if items.is_empty() {
            continue;
        }
        let (source, skipped) = (SourceId(n), Vec::new());
        let n_skipped = floor.sources.get(n).map_or(0, |s| s.n_skipped);
        let polled = Polled { source, items, skipped, n_skipped, part: Part::More, as_of: at, budget: None };
        then.apply(Fact::Polled(polled), at);
    }
    then.settle(at);
    then
}
