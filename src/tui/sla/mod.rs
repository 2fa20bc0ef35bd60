//! The clocks: the queue seen as promises. It shares the row under the cursor with the incidents.

mod plan;
pub mod view;

pub use plan::view::page;
