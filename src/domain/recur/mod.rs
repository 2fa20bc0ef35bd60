//! What comes again: recurrence rules (RFC 5545, 3.3.10) and their instances by the wall clock.

pub mod expand;
mod rule;
pub mod stamp;

pub use rule::{Every, Rule, Until};
