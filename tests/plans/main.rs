//! A plan and the record beside it under fire: the program is killed at each of its writes, flushes and renames, the disk
//! fails at each, and others write at the same time.
//!
//! `cargo test` runs a part; `WATCHFLOOR_PLANS=1` runs all. Each test prints a table; what a machine lacks is a row.

#[cfg(test)]
mod scene;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod together;
