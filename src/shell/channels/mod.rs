//! Delivery: what is to be told is on disk before it is sent, each channel has a line of its own, and nothing is dropped
//! without a word.

mod codec;
pub mod courier;
pub mod drill;
pub mod duty;
mod hand;
pub mod handling;
pub mod heart;
pub mod hosts;
mod hub;
mod job;
pub mod kept;
mod late;
mod leading;
pub mod ledger;
mod line;
mod mail;
pub mod own;
mod refused;
#[cfg(test)]
mod samples;
mod seen;
mod send;
mod silenced;
mod threads;
mod words;

pub(in crate::shell) use self::late::note_doubt;
pub use self::{
    courier::{Courier, Report},
    drill::{Ground, Rehearsal},
    duty::{Duty, Once},
    handling::Handling,
    hosts::Hosts,
    ledger::{Ledger, State},
};
