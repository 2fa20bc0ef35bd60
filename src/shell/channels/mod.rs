//! Delivery: what is to be told is on disk before it is sent, each channel has a line of its own, and nothing is dropped
//! without a word.

mod codec;
pub mod courier;
pub mod duty;
pub mod heart;
pub mod ledger;
mod line;
pub mod own;
mod seen;
mod send;

pub use self::{
    courier::{Courier, Report},
    duty::Duty,
    ledger::{Ledger, State},
};
