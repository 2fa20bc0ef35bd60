//! The files that stand beside the code, held to it.

mod configs;
