//! The zoomed pane: its head, and its parts beside each other or one at a time.

pub mod view;
