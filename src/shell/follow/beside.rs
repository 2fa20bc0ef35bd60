//! Files beside a followed one: its former self under another name, or a copy of it.

use std::{
    fs::{File, Metadata},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use crate::{
    shell::stamp::{open_regular, stamp},
    source::metrics::tail::{Place, Seen},
};

/// A file that holds what was being read.
pub(super) struct Found {
    pub file: File,
    pub name: String,
    pub identity: (u64, u64),
}

/// Files looked at in a folder; rotation keeps a dozen.
const LOOKED_AT: usize = 4_096;

/// What a stat says of an open file.
pub(super) fn seen(found: &Metadata) -> Seen {
    let (device, inode, length, modified) = stamp(found);
    let modified_ms = i64::try_from(modified / 1_000_000).unwrap_or(i64::MAX);
    Seen { length, identity: (device, inode), modified_ms }
}

/// Looks for the file that was being read: by its identity, which a renaming keeps, and then by what is in it, which a copy
/// keeps too where `may_be_copy`. Whether it is the one is for its bytes to tell, either way.
pub(super) fn find(path: &Path, place: &Place, present: (u64, u64), may_be_copy: bool) -> Option<Found> {
    let (folder, own) = (path.parent()?, path.file_name()?.to_string_lossy().into_owned());
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut others: Vec<(bool, i64, Seen, std::path::PathBuf, String)> = Vec::new();
    for entry in std::fs::read_dir(folder).ok()?.take(LOOKED_AT).flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(found) = entry.metadata() else { continue };
        let there = seen(&found);
        if name == own || !found.is_file() || there.identity == present || there.length < place.offset {
            continue;
        }
        let is_itself = there.identity == place.identity;
        if is_itself || (may_be_copy && !stem.is_empty() && name.starts_with(&stem)) {
            others.push((is_itself, there.modified_ms, there, entry.path(), name));
        }
    }
    others.sort_by_key(|(is_itself, modified_ms, ..)| std::cmp::Reverse((*is_itself, *modified_ms)));
    others.into_iter().find_map(|(_, _, there, path, name)| {
        let mut file = open_regular(&path).ok()?;
        is_in(&mut file, place).ok()?.then_some(Found { file, name, identity: there.identity })
    })
}

/// Whether a file begins and goes on, up to the place, as the one that was read.
pub(super) fn is_in(file: &mut File, place: &Place) -> io::Result<bool> {
    let mut head = vec![0; place.head.len()];
    let mut before = vec![0; place.before.len()];
    let n_head = read_at(file, 0, &mut head)?;
    let from = place.offset.saturating_sub(place.before.len() as u64);
    let n_before = read_at(file, from, &mut before)?;
    Ok(place.is_in(head.get(..n_head).unwrap_or_default(), before.get(..n_before).unwrap_or_default()))
}

/// Reads at an offset until the buffer is full or the file ends.
pub(super) fn read_at(file: &mut File, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(offset))?;
    let mut n = 0;
    while let Some(rest) = bytes.get_mut(n..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(n)
}

/// Where data begins again after `from` in a file with holes; `from` itself where the system cannot say.
pub(super) fn hole_end(file: &File, from: u64, length: u64) -> u64 {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(from)) {
        Ok(at) => at.min(length),
        Err(rustix::io::Errno::NXIO) => length,
        Err(_) => from,
    }
}
