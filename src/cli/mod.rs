//! The composition root: one file a command.

pub mod board;
pub mod exit;
