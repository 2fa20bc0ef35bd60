//! The floor that a command about the clocks looks at: everything heard, as it is now or as it was at an instant.

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        args::{Common, Sla},
        exit,
        failure::{Failure, complain},
        setup,
    },
    domain::zone::{Zone, Zones, advice::advice},
    floor::{
        Floor,
        fact::{Fact, Part, Polled, SourceId},
        freshness::{Feed, Source},
    },
    text::Text,
};

/// A settled floor and the instant it is judged at.
pub struct Scene {
    /// The floor.
    pub floor: Floor,
    /// The instant.
    pub now: DateTime<Utc>,
}

impl Scene {
    /// Reads every source once and settles the floor at `--at`, else now; in the zone of `--tz`, else the settings'.
    ///
    /// # Errors
    /// Wrong settings, or a zone that is not known.
    pub async fn read(sla: &Sla, common: &Common, zones: &Zones) -> Result<Self, Failure> {
        let zone = zone(sla.tz.as_deref(), zones)?;
        let mut setup = setup::set_up(common, zones)?;
        setup.read_all().await;
        for note in &setup.notes {
            complain(&format!("note: {}", Text::scrub(note)));
        }
        let now = setup.clock.now();
        let mut scene = match sla.at {
            Some(at) => Self { floor: as_of(&setup.floor, at), now: at },
            None => Self { floor: setup.floor, now },
        };
        if let Some(zone) = zone {
            scene.floor.zone = zone;
        }
        Ok(scene)
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
