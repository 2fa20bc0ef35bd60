//! Domain values to bytes, each format with its own escaping. Pure; knows nothing of the floor.
//!
//! [`board`] and [`report`] say what is shown; [`json`] and [`plain`] write it.

pub mod audit;
pub mod board;
pub mod channel;
pub mod compare;
pub mod duty;
pub mod gate;
pub mod github;
pub mod goal;
pub mod history;
pub mod ics;
pub mod json;
pub mod markdown;
pub mod oncall_page;
pub mod plain;
pub mod release;
pub mod report;
pub mod rota;
pub mod slo;
pub mod slo_toml;
pub mod summary;
pub mod trial;
pub mod words;
