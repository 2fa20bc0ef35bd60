//! Who is told of an alert, when, and what is held back: silences, inhibition, mute windows, routes, groups (SEMANTICS
//! section 6, R43–R46). Values in, values out: [`Dispatcher`] says what is to be sent, somebody else sends it.
//!
//! Names are Alertmanager's.

pub mod dispatch;
pub mod group;
pub mod handover;
pub mod inhibit;
pub mod latency;
pub mod matcher;
pub mod message;
pub mod mute;
pub mod pace;
pub mod route;
#[cfg(test)]
mod samples;
pub mod silence;
pub mod thread;

pub use self::{
    dispatch::{Dispatcher, Held, Plan},
    group::{GroupKey, Log, LogEntry},
    inhibit::Inhibit,
    latency::{Parts, worst},
    matcher::{Matcher, Op},
    message::{Kind, Message, Notice, Said},
    mute::Mute,
    pace::Pace,
    route::{Route, Timing},
    silence::{Silence, SilenceId, Status},
};
