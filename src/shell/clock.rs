//! The only place that reads a clock.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::time::plus;

/// What time it is.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The host's wall clock.
    Wall,
    /// Always the same instant: `--now`, a paused demo.
    Fixed(DateTime<Utc>),
    /// A simulated world's time: it began at an instant and runs `speed` times as fast as ours.
    Simulated {
        /// Its time when it began.
        start: DateTime<Utc>,
        /// When that was, by the monotonic clock.
        began: Instant,
        /// How many of its seconds pass in one of ours.
        speed: f64,
    },
}

impl Clock {
    /// What time it is.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::Wall => wall(),
            Self::Fixed(at) => *at,
            Self::Simulated { start, began, speed } => {
                let passed = began.elapsed().as_secs_f64() * speed;
                plus(*start, TimeDelta::milliseconds((passed * 1000.0) as i64))
            }
        }
    }

    /// Whether time passes at all.
    pub fn runs(&self) -> bool {
        !matches!(self, Self::Fixed(_))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
fn wall() -> DateTime<Utc> {
    Utc::now()
}

/// Notices a wall clock that moves otherwise than time does: NTP steps, suspended laptops.
#[derive(Debug)]
pub struct JumpWatch {
    last: Option<(DateTime<Utc>, Instant)>,
}

/// A difference smaller than this is a slow tick, not a jump.
const JUMP: TimeDelta = TimeDelta::seconds(5);

impl JumpWatch {
    /// Begins to watch.
    pub fn new() -> Self {
        Self { last: None }
    }

    /// Looks at a wall clock that should run with time; says by how much it jumped, forward positive.
    pub fn look(&mut self, clock: &Clock, now: DateTime<Utc>) -> Option<TimeDelta> {
        let Clock::Wall = clock else { return None };
        let here = Instant::now();
        let (then, there) = self.last.replace((now, here))?;
        let passed = TimeDelta::from_std(here.duration_since(there)).ok()?;
        let by = now.signed_duration_since(then).checked_sub(&passed)?;
        (by.abs() > JUMP).then_some(by)
    }
}

impl Default for JumpWatch {
    fn default() -> Self {
        Self::new()
    }
}
