//! What to ask a GitHub host next, and when: a state machine without clock or net.

pub mod chore;
pub mod outcome;
pub mod plan;

pub use chore::{Chore, HostPart, Step};
pub use outcome::{Heard, Kept, Outcome, Round, WayFault};
pub use plan::Plan;
