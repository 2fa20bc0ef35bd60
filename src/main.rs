//! Runs Watchfloor.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(watchfloor::cli::run())
}
