//! The release at a glance.

pub mod view;
