//! The only code that waits: it performs effects and brings back facts.

pub mod clock;
pub mod console;
pub mod desk;
pub mod disk;
pub mod engine;
pub mod files;
pub mod keys;
pub mod paint;
pub mod signals;
pub mod terminal;
pub mod zones;
