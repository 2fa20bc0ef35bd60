//! What a clock change does to a time on the wall.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::Zone;

/// A time on the wall that was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The instant.
    pub at: DateTime<Utc>,
    /// What the wall clock makes of it, where a person should know.
    pub oddity: Option<Oddity>,
}

/// What a clock change does to a time on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// The wall clock skips it: the end of the skipped hour is meant (R1).
    Skipped,
    /// The wall clock shows it twice: the first pass is meant (R1).
    Twice,
}

impl Oddity {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Skipped => "the clock skips that time: the first after it",
            Self::Twice => "the clock shows it twice: the first is meant",
        }
    }
}

impl Zone {
    /// The instant of a time on this zone's wall (R1), and what is odd about it.
    pub fn on_the_wall(&self, wall: NaiveDateTime) -> Reading {
        let oddity = match self.instants(wall).len() {
            0 => Some(Oddity::Skipped),
            1 => None,
            _ => Some(Oddity::Twice),
        };
        Reading { at: self.resolve(wall), oddity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zone::Zones;

    #[test]
    fn a_reading_says_what_a_clock_change_does_to_it() {
        let berlin = Zones::bundled().find("Europe/Berlin").unwrap();
        let odd = |written: &str| berlin.on_the_wall(written.parse().unwrap()).oddity;
        assert_eq!(odd("2026-03-29T02:30:00"), Some(Oddity::Skipped));
        assert_eq!(odd("2026-10-25T02:30:00"), Some(Oddity::Twice));
        assert_eq!(odd("2026-10-25T03:00:00"), None);
    }
}
