//! Where things stand in the zoomed pane.

pub mod view;
