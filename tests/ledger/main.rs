//! What watching costs, and whether what is watched is so: the planner against a host, hours in moments.
//!
//! `cargo test --test ledger -- --nocapture` prints the table.

#[cfg(test)]
mod beside;
#[cfg(test)]
mod hours;
#[cfg(test)]
mod once;
#[cfg(test)]
mod watcher;
