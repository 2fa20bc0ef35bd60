//! The house against real files.

mod history;
