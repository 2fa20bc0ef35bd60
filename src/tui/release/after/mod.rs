//! After T-0: how long it is watched, what would take it back, what follows.

pub mod view;
