//! The header: team, who is on call, what waits, sources with their age, the clock.

pub mod view;
