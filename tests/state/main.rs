//! The state file under fire: processes killed at their writes, a full disk, two processes and one that dies.
//!
//! A child is this very program again, told by a variable what to do. Faults are put between it and the system by strace,
//! or by a small file system of its own; where neither is at hand, the test says what it left out.

#[cfg(test)]
mod child;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod full;
#[cfg(test)]
mod lead;
#[cfg(test)]
mod scene;
