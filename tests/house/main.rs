//! Tests of the house against real material that a folder outside holds.

// Said again for clippy, which relaxes its lints for helpers of tests only below this attribute.
#[cfg(test)]
mod checklists;
