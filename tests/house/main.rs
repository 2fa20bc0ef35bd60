//! The house on real data: what `WATCHFLOOR_DATA` names. Without it these tests are left out, and say so.

#[cfg(test)]
mod metrics;
