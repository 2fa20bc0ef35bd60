//! Where the data comes from: one row a source, with its age and its trouble.

pub mod view;
