//! The steps as rows, and all there is to say of the one under the cursor.

pub mod view;
