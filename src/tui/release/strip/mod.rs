//! The phases side by side, with "now".

pub mod view;
