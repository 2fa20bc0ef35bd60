//! Tests of the house against real material that a folder outside holds.

mod checklists;
