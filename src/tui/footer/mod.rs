//! The footer: the keys that matter here, and what just happened.

pub mod view;
