//! Guards the house: who imports whom, what stays pure, what is never committed. The rules are those of docs/ARCHITECTURE.md.
//!
//! It reads the source as tokens, without comments, texts and tests. `faults.rs` plants a fault of each kind, so that a
//! rule that stopped biting is noticed.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod house;
#[cfg(test)]
mod lexer;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod rules_page;
