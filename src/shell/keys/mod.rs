//! The keyboard: a thread that waits for bytes, and what the bytes mean.
//!
//! Not crossterm's reader: that leaves input beyond 1,024 bytes until the next key, and spins when the terminal is gone
//! while SIGHUP is ignored (crossterm 0.29, pull requests 1057 and 1067, read 2026-11).

mod parser;
mod reader;
mod sequence;

pub use parser::{Parser, Waiting};
pub use reader::{Input, Keyboard};
