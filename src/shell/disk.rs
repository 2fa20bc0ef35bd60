//! Files: read within a limit, written whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Component, Path, PathBuf},
};

/// Reads a file of at most `limit` bytes. A device, a pipe or a folder is refused rather than waited for.
///
/// # Errors
/// It is not there, may not be read, is no regular file, or is longer than `limit`.
pub fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?;
    if !kind.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(kind.len()).unwrap_or(0).min(limit));
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        let why = format!("it is longer than {} KiB", limit / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// Writes a file whole: to a new file beside it, flushed to the disk, then renamed over it, then the folder flushed.
///
/// A crash at any instant leaves the old file or the new one, whole. A link is followed, so that it stays one.
/// The new file keeps the old one's permissions.
///
/// # Errors
/// Any step failed; the old file is as it was and nothing is left beside it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    let folder = target.parent().ok_or_else(|| io::Error::other("the file is in no folder"))?;
    let temporary = beside(&target);
    if fs::metadata(&target)?.permissions().readonly() {
        // Renaming over it would work, and would break a promise somebody made with chmod.
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is write-protected"));
    }
    let result = (|| {
        let mut file = File::options().write(true).create_new(true).open(&temporary)?;
        file.set_permissions(fs::metadata(&target)?.permissions())?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)?;
        File::open(folder)?.sync_all()
    })();
    if result.is_err() {
        // What could not be finished is not left lying about; that this fails too changes nothing.
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn beside(target: &Path) -> PathBuf {
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    target.with_file_name(format!(".{name}.watchfloor-{}", std::process::id()))
}

/// The paths a pattern names, sorted; a plain path is itself, there or not.
///
/// # Errors
/// The pattern cannot be read.
pub fn expand(pattern: &str) -> Result<Vec<PathBuf>, String> {
    if !pattern.contains(['*', '?', '[']) {
        return Ok(vec![PathBuf::from(pattern)]);
    }
    // Asked for a literal dot, glob 0.3 breaks on a name that is not UTF-8; so hidden names are left out here.
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let found = glob::glob_with(pattern, options).map_err(|e| format!("the pattern is wrong: {}", e.msg))?;
    let asked = n_hidden(Path::new(pattern));
    Ok(found.filter_map(Result::ok).filter(|path| n_hidden(path) <= asked).take(MOST_FILES).collect())
}

/// How many parts of a path are hidden by a leading dot.
fn n_hidden(path: &Path) -> usize {
    let is_hidden =
        |part: &Component<'_>| matches!(part, Component::Normal(name) if name.as_encoded_bytes().starts_with(b"."));
    path.components().filter(is_hidden).count()
}

/// A pattern names at most this many files; more is a mistake in the pattern.
const MOST_FILES: usize = 1_000;

/// What an I/O error means, without the machine's number for it.
pub fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "it may not be read or written: check its permissions (chmod, chown)".to_owned()
        }
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.md");
        fs::write(&path, "- [ ] one\n").unwrap();
        write_whole(&path, b"- [x] one\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"- [x] one\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.md"), folder.path().join("link.md"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pattern_takes_no_hidden_name_unless_asked_and_survives_names_that_are_no_text() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().unwrap();
        let names: [&[u8]; 4] = [b"a.csv", b".b.csv", b"no text \xff.csv", b"c.md"];
        for name in names {
            fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
        }
        let found = |pattern: &str| expand(folder.path().join(pattern).to_str().unwrap()).unwrap();
        // The folder itself may be hidden: the pattern says its name.
        let named = |name: &str| folder.path().join(name);
        assert!(found("*.csv").contains(&named("a.csv")) && !found("*.csv").contains(&named(".b.csv")));
        assert!(found(".*.csv").contains(&named(".b.csv")));
    }

    #[test]
    fn a_device_is_refused_and_a_long_file_is_not_swallowed() {
        assert!(read(Path::new("/dev/zero"), 10).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        fs::write(&path, [b'x'; 2048]).unwrap();
        assert_eq!(read(&path, 1024).unwrap_err().to_string(), "it is longer than 1 KiB");
    }
}
