//! The clocks: the queue seen as promises. It shares the row under the cursor with the incidents.

pub mod view;
