//! Statistics over lengths of time, each with its definition (SEMANTICS R32–R35, R47).
//!
//! Empty is nothing, never zero: every figure of an empty set is `None`, and its count says why.

pub mod cases;
pub mod delta;
pub mod dora;
pub mod items;
pub mod life;
pub mod noise;
pub mod outage;
pub mod period;
pub mod robots;
pub mod summary;
pub mod survival;
pub mod ticket;
pub mod times;
