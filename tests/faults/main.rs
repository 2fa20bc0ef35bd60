//! What goes wrong on the way to a host, at the host, on the disk and with the clock: one test a fault, on the real program.
//!
//! `cargo test --test faults -- --nocapture` prints a row a fault: its number, the fault, what is expected, what was seen.
//! Where a machine lacks what a fault is made with, its row says that it was left out.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod deeds;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod state;
#[cfg(test)]
mod way;
