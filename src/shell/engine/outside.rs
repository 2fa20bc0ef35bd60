//! Effects and facts of a live world and of a simulated one alike.

use chrono::{DateTime, Utc};

use super::Outside;
use crate::floor::{effect::Effect, fact::Fact};

impl Outside {
    /// Performs one effect; returns what can be told at once.
    pub fn perform(&mut self, effect: Effect, now: DateTime<Utc>) -> Vec<Fact> {
        match self {
            Self::Live(engine) => engine.perform(effect),
            Self::Demo(world) => world.perform(&effect, now),
        }
    }

    /// Begins whatever fell due; returns what happened in a simulated world meanwhile.
    pub fn turn(&mut self, now: DateTime<Utc>) -> Vec<Fact> {
        match self {
            Self::Live(engine) => {
                engine.start_reading();
                Vec::new()
            }
            Self::Demo(world) => world.until(now),
        }
    }
}
