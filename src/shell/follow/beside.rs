//! Files beside a followed one: its former self under another name, or a copy of it.

use std::{
    fs::{File, Metadata},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
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
    /// When it was last written to, as nanoseconds since 1970.
    pub modified: u128,
    /// When it was made, where that is known and it is the file itself.
    pub born: Option<std::time::SystemTime>,
}

/// A file that has another name now.
struct Sibling {
    there: Seen,
    modified: u128,
    born: Option<std::time::SystemTime>,
    path: PathBuf,
    name: String,
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
    let own = path.file_name()?.to_string_lossy().into_owned();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut others = siblings(path, &own, present);
    let is_itself = |other: &Sibling| other.there.identity == place.identity;
    others.retain(|other| is_itself(other) || (may_be_copy && !stem.is_empty() && other.name.starts_with(&stem)));
    others.sort_by_key(|other| std::cmp::Reverse((is_itself(other), other.modified)));
    let whole = others.iter().filter(|other| place.offset <= other.there.length).find_map(|other| {
        let mut file = open_regular(&other.path).ok()?;
        let (name, identity, modified) = (other.name.clone(), other.there.identity, other.modified);
        is_in(&mut file, place).ok()?.then_some(Found { file, name, identity, modified, born: other.born })
    });
    whole.or_else(|| {
        let packed = others.iter().filter(|other| may_be_copy && is_of(&other.name, &own) && is_packed(&other.name));
        packed.take(UNPACKED).find_map(|other| {
            let mut file = unpacked(&other.path)?;
            let identity = seen(&file.metadata().ok()?).identity;
            let (name, modified) = (other.name.clone(), other.modified);
            is_in(&mut file, place).ok()?.then_some(Found { file, name, identity, modified, born: None })
        })
    })
}

/// When a file was last written to (nanoseconds since 1970), and made, where that is known.
pub(super) type Age = (u128, Option<std::time::SystemTime>);

/// The files that had the path after the one that was put aside at this age, oldest first; and whether there is one
/// that cannot be read, because it is packed. `known` are read already.
pub(super) fn later(
    path: &Path,
    (modified, born): Age,
    known: &[(u64, u64)],
    present: (u64, u64),
) -> (Vec<Found>, bool) {
    let own = path.file_name().map(|own| own.to_string_lossy().into_owned()).unwrap_or_default();
    let mut others = siblings(path, &own, present);
    // One that is older, and that somebody still writes to, was read before.
    let is_older = |other: &Sibling| born.zip(other.born).is_some_and(|(born, other)| other < born);
    others.retain(|other| {
        modified < other.modified
            && !is_older(other)
            && !known.contains(&other.there.identity)
            && is_of(&other.name, &own)
    });
    others.sort_by_key(|other| other.modified);
    let is_lost = others.iter().any(|other| is_packed(&other.name));
    let open = |other: Sibling| {
        let (identity, modified) = (other.there.identity, other.modified);
        Some(Found { file: open_regular(&other.path).ok()?, name: other.name, identity, modified, born: other.born })
    };
    (others.into_iter().filter(|other| !is_packed(&other.name)).filter_map(open).collect(), is_lost)
}

fn siblings(path: &Path, own: &str, present: (u64, u64)) -> Vec<Sibling> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let sibling = |entry: std::fs::DirEntry| {
        let (found, name) = (entry.metadata().ok()?, entry.file_name().to_string_lossy().into_owned());
        let (there, modified) = (seen(&found), modified(&found));
        let is_other = name != own && found.is_file() && there.identity != present;
        let born = found.created().ok();
        is_other.then(|| Sibling { there, modified, born, path: entry.path(), name })
    };
    entries.take(LOOKED_AT).flatten().filter_map(sibling).collect()
}

/// How old an open file is.
pub(super) fn age(found: &Metadata) -> Age {
    (modified(found), found.created().ok())
}

fn modified(found: &Metadata) -> u128 {
    u128::try_from(stamp(found).3).unwrap_or_default()
}

/// Whether a file was called `own` before it was put aside: its name goes on with a number or a date.
fn is_of(name: &str, own: &str) -> bool {
    let Some(rest) = name.strip_prefix(own) else { return false };
    let rest = PACKED.iter().find_map(|ending| rest.strip_suffix(ending)).unwrap_or(rest);
    let is_date = |c: char| c.is_ascii_digit() || "-._:TZ".contains(c);
    rest.starts_with(['.', '-', '_']) && rest.chars().all(is_date) && rest.contains(|c: char| c.is_ascii_digit())
}

/// How packed files end.
const PACKED: [&str; 4] = [".gz", ".zst", ".bz2", ".xz"];

/// Packed files that are looked into.
const UNPACKED: usize = 3;

/// What of a packed file is held in memory; a longer one is not looked into.
const LARGEST_UNPACKED: u64 = 128 * 1024 * 1024;

fn is_packed(name: &str) -> bool {
    PACKED.iter().any(|ending| name.ends_with(ending))
}

/// What a packed file holds, in memory.
#[cfg(target_os = "linux")]
fn unpacked(path: &Path) -> Option<File> {
    let packed = io::BufReader::new(open_regular(path).ok()?);
    let mut file: File = rustix::fs::memfd_create("unpacked", rustix::fs::MemfdFlags::CLOEXEC).ok()?.into();
    let ending = path.extension()?.to_string_lossy().into_owned();
    let n = match ending.as_str() {
        "gz" => io::copy(&mut flate2::bufread::MultiGzDecoder::new(packed).take(LARGEST_UNPACKED), &mut file),
        "zst" => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(packed).ok()?;
            io::copy(&mut decoder.take(LARGEST_UNPACKED), &mut file)
        }
        _ => return None,
    };
    n.is_ok_and(|n| n < LARGEST_UNPACKED).then_some(file)
}

/// There is no file without a name elsewhere.
#[cfg(not(target_os = "linux"))]
fn unpacked(_path: &Path) -> Option<File> {
    None
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
