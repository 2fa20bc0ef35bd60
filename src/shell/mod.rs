//! The only code that waits: it performs effects and brings back facts.

pub mod channels;
pub mod chores;
pub mod clock;
pub mod console;
pub mod cores;
pub mod delivery;
pub mod desk;
pub mod disk;
pub mod engine;
mod feed_copy;
pub mod feeds;
pub mod files;
pub mod follow;
pub mod http;
pub mod keeper;
pub mod keys;
pub mod paint;
pub mod past;
pub mod roster_file;
pub mod signals;
pub mod stamp;
pub mod store;
pub mod sync;
pub mod terminal;
pub mod token;
pub mod watch;
pub mod zones;
