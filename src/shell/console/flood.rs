//! Incidents in masses: a frame for each part would cost more than reading them.

use std::time::Duration;

use tokio::time::Instant;

use crate::floor::fact::Fact;

/// With as many incidents in one fact, more follow as a rule.
const MANY: usize = 200;

/// How often a flood is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// What came in masses and is not drawn yet. Whatever else is drawn draws it as well.
#[derive(Debug, Default)]
pub(super) struct Flood {
    is_on: bool,
    drawn_at: Option<Instant>,
}

impl Flood {
    /// Whether a fact is part of a flood: then it is drawn with others, else it is to be drawn at once.
    pub(super) fn takes(&mut self, fact: &Fact) -> bool {
        let n_items = match fact {
            Fact::Changed(changed) => changed.items.len(),
            Fact::Polled(polled) => polled.items.len(),
            _ => 0,
        };
        let is_part = MANY <= n_items;
        self.is_on |= is_part;
        is_part
    }

    /// Whether something waits to be drawn.
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// When it is drawn.
    pub(super) fn due(&self, now: Instant) -> Instant {
        self.drawn_at.map_or(now, |at| at + EVERY)
    }

    /// Whether it is to be drawn now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.is_on && self.due(now) <= now
    }

    /// Notes that all of it was drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        if std::mem::take(&mut self.is_on) {
            self.drawn_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        demo::World,
        domain::zone::Zones,
        floor::fact::{Part, Polled, SourceId},
    };

    fn told(n: usize) -> Fact {
        let start = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let mut world = World::new(7, start, 400, &Zones::bundled());
        let known = world.opening().into_iter().filter_map(|fact| match fact {
            Fact::Polled(polled) => Some(polled.items),
            _ => None,
        });
        let items: Vec<_> = known.flatten().take(n).collect();
        assert_eq!(items.len(), n);
        let (skipped, budget) = (Vec::new(), None);
        let source = SourceId(0);
        Fact::Polled(Polled { source, items, skipped, n_skipped: 0, part: Part::More, as_of: start, budget })
    }

    #[test]
    fn a_flood_is_drawn_ten_times_a_second_and_a_single_change_at_once() {
        let (mut flood, many, few) = (Flood::default(), told(MANY), told(3));
        let begun = Instant::now();
        assert!(!flood.takes(&few) && !flood.is_due(begun));
        let mut n_drawn = 0;
        for step in 0..400 {
            let now = begun + Duration::from_millis(step * 5);
            assert!(flood.takes(&many));
            if flood.is_due(now) {
                n_drawn += 1;
                flood.drawn(now);
            }
        }
        assert_eq!(n_drawn, 20);
        // The last part is drawn as well, though nothing follows it.
        let now = begun + Duration::from_secs(2);
        assert!(flood.is_on() && flood.due(now) <= now + EVERY);
    }
}
