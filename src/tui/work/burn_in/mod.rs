//! Burn-ins, day by day.

pub mod view;
