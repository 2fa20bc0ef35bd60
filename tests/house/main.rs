//! Tests of the house against real material that a folder outside holds.

// Said again for clippy, which relaxes its lints for helpers of tests only below this attribute.
#[cfg(test)]
mod checklists;
//! The house on real data: what `WATCHFLOOR_DATA` names. Without it these tests are left out, and say so.

#[cfg(test)]
mod metrics;
