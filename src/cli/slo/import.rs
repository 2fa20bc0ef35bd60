//! `watchfloor slo import FILE…`: objectives that others wrote, as `[[slo]]` tables.

use std::{fmt::Write as _, path::PathBuf};

use crate::{
    cli::{
        exit,
        failure::{Failure, complain, print},
    },
    domain::zone::Zones,
    shell::disk,
    sink::slo_toml,
    source::openslo,
    text::{Text, counted},
};

/// The longest file that is read, in bytes.
const MOST: usize = 4 * 1024 * 1024;

/// Runs it: tables on standard output, what was left out on standard error. Exit code 1 where nothing could be taken, 0
/// where something was.
///
/// # Errors
/// A file cannot be read.
pub(super) fn run(files: &[PathBuf], zones: &Zones) -> Result<u8, Failure> {
    let mut out = String::new();
    let (mut n_taken, mut n_left_out) = (0, 0);
    for path in files {
        let name = Text::scrub(&path.to_string_lossy());
        let bytes = disk::read(path, MOST).map_err(|e| {
            Failure::new(exit::NO, format!("read {name}: {}", disk::why(&e)), "check the path and its rights")
        })?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::new(exit::NO, format!("read {name}: it is not UTF-8"), "save the file as UTF-8"))?;
        let found = openslo::read(&text, &|zone| zones.find(zone));
        for slo in &found.slos {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{}", slo_toml::write(slo));
        }
        for note in &found.notes {
            complain(&format!("note: {name}: {}: {}", note.at, note.why));
        }
        for skipped in &found.skipped {
            complain(&format!("left out: {name}: {}: {}", skipped.at, skipped.why));
        }
        n_taken += found.slos.len();
        n_left_out += found.skipped.len();
    }
    print(out.trim_end())?;
    let taken = counted(n_taken, "objective", "objectives");
    complain(&format!("{taken} taken, {n_left_out} left out"));
    Ok(if n_taken == 0 { exit::NO } else { exit::DONE })
}
