pub mod keys;
pub mod paint;
pub mod terminal;
