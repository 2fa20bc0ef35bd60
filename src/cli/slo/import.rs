//! `watchfloor slo import FILE…`.

use std::path::PathBuf;

use crate::cli::failure::Failure;

/// Runs it.
///
/// # Errors
/// A file cannot be read.
pub(super) fn run(_files: &[PathBuf]) -> Result<u8, Failure> {
    Ok(0)
}
