//! The only code that waits: it performs effects and brings back facts.

pub mod http;
pub mod hub;
pub mod store;
pub mod token;
