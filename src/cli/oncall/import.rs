//! `watchfloor oncall import`: a roster file from an exported schedule.

use std::path::Path;

use crate::{
    cli::{
        exit,
        failure::{Failure, complain, print},
    },
    domain::zone::Zones,
    shell::disk,
    source::roster::{self, import, write},
    text::{Text, counted},
};

/// The longest export that is read.
const LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// Prints the roster as TOML; what was left out is said on standard error, and then the exit code is 1.
///
/// # Errors
/// The file cannot be read, or nothing in it can be said by a roster.
pub fn run(path: &Path, zones: &Zones) -> Result<u8, Failure> {
    let name = Text::scrub(&path.to_string_lossy());
    let bytes = disk::read(path, LIMIT_BYTES).map_err(|error| {
        let what = format!("read {name}: {}", disk::why(&error));
        Failure::new(exit::COULD_NOT_JUDGE, what, "give the path of an exported schedule (JSON)")
    })?;
    let (roster, left_out) = import::read(&bytes, zones).map_err(|error| {
        Failure::new(
            exit::COULD_NOT_JUDGE,
            format!("import {name}: {error}"),
            "see docs/guide/roster.md for what can be imported",
        )
    })?;
    let file = write::render(&roster);
    if !roster::read(&file, zones).is_ok_and(|read| read == roster) {
        let what = format!("import {name}: the roster does not read back as it was meant");
        return Err(Failure::new(exit::BUG, what, "please report it, with the file if you may"));
    }
    print(&file)?;
    for skipped in &left_out {
        complain(&format!("left out: {}: {}", skipped.at, skipped.why));
    }
    if left_out.is_empty() {
        return Ok(exit::DONE);
    }
    complain(&format!("{} of {name} is not in this roster", counted(left_out.len(), "thing", "things")));
    Ok(exit::NO)
}
