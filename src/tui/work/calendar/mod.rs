//! A month of duties.

pub mod view;
