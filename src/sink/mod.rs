//! Domain values to bytes, each format with its own escaping. Pure; knows nothing of the floor.
//!
//! [`board`] says what a report is made of; [`json`] and [`plain`] write it.

pub mod board;
pub mod ics;
pub mod json;
pub mod oncall_page;
pub mod plain;
pub mod rota;
mod words;
