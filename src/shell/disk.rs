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

/// Holds a folder for one process at a time: whoever reads a file there, decides, and writes it back.
///
/// Two ticks at once would otherwise each write a file without the other's, and both would be told "saved".
pub struct FolderLock {
    /// Closing it gives the folder back, as does the end of the process.
    _folder: File,
}

impl FolderLock {
    /// Takes the folder a file is in; waits for another process for at most five seconds: each may have to wait for its disk.
    ///
    /// # Errors
    /// The folder cannot be opened, or somebody else holds it.
    pub fn of(path: &Path) -> io::Result<Self> {
        let target = fs::canonicalize(path)?;
        let folder = target.parent().ok_or_else(|| io::Error::other("the file is in no folder"))?;
        let folder = File::open(folder)?;
        for _ in 0..LOCK_TRIES {
            match rustix::fs::flock(&folder, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _folder: folder }),
                Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_PAUSE),
                // A file system without locks: the comparison before the write is all there is.
                Err(rustix::io::Errno::NOLCK | rustix::io::Errno::NOTSUP) => return Ok(Self { _folder: folder }),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process is changing files in this folder"))
    }
}

/// Tries to take a folder, with [`LOCK_PAUSE`] between them.
const LOCK_TRIES: usize = 250;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// Makes an empty file that only its owner can read; one that is there already, or a link, is not touched.
///
/// # Errors
/// As the system says.
pub fn private_new(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

/// How far a file that was written has come.
#[derive(Debug)]
#[must_use]
pub enum Written {
    /// It is on the disk.
    Safe,
    /// Everybody reads the new file, but the disk did not say that it keeps its name: a power cut now may bring the old one
    /// back.
    Unsure(io::Error),
}

impl Written {
    /// What is doubtful about it, in words; nothing when it is safe.
    pub fn doubt(&self) -> Option<String> {
        match self {
            Self::Safe => None,
            Self::Unsure(error) => Some(format!("it is written, but perhaps not yet safe on disk: {}", why(error))),
        }
    }
}

/// Writes a file whole: to a new file beside it, flushed to the disk, then renamed over it, then the folder flushed.
///
/// A crash at any instant leaves the old file or the new one, whole. A link is followed, so that it stays one.
/// The new file keeps the old one's permissions and, where we may, its owner. Hold the folder meanwhile: [`FolderLock`].
///
/// It is a new file under the old name: a hard link to the old one keeps the old text, and extended attributes are not kept.
///
/// # Errors
/// Any step up to the renaming failed; the old file is as it was and nothing is left beside it. A folder that cannot be
/// flushed after it is no error, for the file has changed: see [`Written::Unsure`].
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<Written> {
    let written = write_and_flush(path, bytes, |_| Ok(true), flush)?;
    Ok(written.unwrap_or(Written::Safe))
}

/// As [`write_whole`], if the file still holds `expected` when all is ready but the renaming: a disk may take its time, and
/// an editor save meanwhile. Nothing where it does not; then it is left as it is.
///
/// # Errors
/// As theirs of [`write_whole`].
pub fn replace(path: &Path, expected: &[u8], bytes: &[u8]) -> io::Result<Option<Written>> {
    let is_still = |target: &Path| match read(target, expected.len()) {
        Ok(found) => Ok(found == expected),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(false),
        Err(error) => Err(error),
    };
    write_and_flush(path, bytes, is_still, flush)
}

fn flush(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn write_and_flush(
    path: &Path,
    bytes: &[u8],
    may: impl FnOnce(&Path) -> io::Result<bool>,
    flush: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<Option<Written>> {
    let target = fs::canonicalize(path)?;
    let folder = target.parent().ok_or_else(|| io::Error::other("the file is in no folder"))?;
    let old = fs::metadata(&target)?;
    if !old.is_file() {
        // A file of its name would take the place of a device, for everybody on this machine.
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file: a device, a pipe or a folder"));
    }
    if old.permissions().readonly() {
        // Renaming over it would work, and would break a promise somebody made with chmod.
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is write-protected"));
    }
    remove_leftovers(folder);
    let temporary = folder.join(format!("{TEMPORARY}{}", std::process::id()));
    let mut file = File::options().write(true).create_new(true).open(&temporary)?;
    let result = (|| -> io::Result<bool> {
        file.set_permissions(old.permissions())?;
        keep_owner(&file, &old);
        file.write_all(bytes)?;
        file.sync_all()?;
        let may = may(&target)?;
        if may {
            fs::rename(&temporary, &target)?;
        }
        Ok(may)
    })();
    if !matches!(result, Ok(true)) {
        // What could not be finished is not left lying about; that this fails too changes nothing.
        let _ = fs::remove_file(&temporary);
    }
    Ok(result?.then(|| flush(folder).map_or_else(Written::Unsure, |()| Written::Safe)))
}

/// Writes a file whether it is there or not, as [`write_whole`] does where it is.
///
/// # Errors
/// As theirs of [`write_whole`] and [`create`].
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<Written> {
    match write_whole(path, bytes) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path, bytes).map(|()| Written::Safe),
        done => done,
    }
}

/// Writes a file that is not there yet, and flushes it. One that appeared meanwhile is not written over.
///
/// # Errors
/// It is there, or any step failed; then nothing of it is left.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    let result = file.write_all(bytes).and_then(|()| file.sync_all());
    if result.is_err() {
        // Half a file would look like a whole one; that this fails too changes nothing.
        let _ = fs::remove_file(path);
    }
    result
}

/// How our unfinished files begin; the process's number follows. Short, so that it fits beside any name.
const TEMPORARY: &str = ".watchfloor-unfinished-";

/// Removes what a process that was killed left unfinished: whoever holds the folder is the only one writing there.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            // Still there next time, if it cannot be removed now.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A file ticked by root still belongs to who owned it. Others cannot give files away, and need not.
fn keep_owner(file: &File, old: &fs::Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let _ = std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()));
    }
}

/// What a pattern names.
#[derive(Debug, Default)]
pub struct Expanded {
    /// The paths, sorted.
    pub paths: Vec<PathBuf>,
    /// A folder that could not be looked into: there may be more than the paths say.
    pub unread: Option<String>,
}

/// The paths a pattern names; a plain path is itself, there or not, and so is a file whose name has a pattern's signs in it.
///
/// # Errors
/// The pattern cannot be read, or would walk the whole disk.
pub fn expand(pattern: &str) -> Result<Expanded, String> {
    let is_plain = !pattern.contains(['*', '?', '[']);
    if is_plain || Path::new(pattern).exists() {
        return Ok(Expanded { paths: vec![PathBuf::from(pattern)], unread: None });
    }
    let fixed = Path::new(pattern).components().take_while(|part| !part.as_os_str().to_string_lossy().contains('*'));
    if pattern.contains("**") && fixed.filter(|part| matches!(part, Component::Normal(_))).count() < 2 {
        return Err("`**` there would walk the whole disk: name at least two folders before it".to_owned());
    }
    // Asked for a literal dot, glob 0.3 breaks on a name that is not UTF-8; so hidden names are left out here.
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let found = glob::glob_with(pattern, options).map_err(|e| format!("the pattern is wrong: {}", e.msg))?;
    let asked = n_hidden(Path::new(pattern));
    let mut expanded = Expanded::default();
    for entry in found {
        match entry {
            Ok(path) if n_hidden(&path) > asked => {}
            Ok(path) => expanded.paths.push(path),
            Err(error) => {
                let why = format!("{}: {}", error.path().to_string_lossy(), why(error.error()));
                expanded.unread.get_or_insert(why);
            }
        }
        if expanded.paths.len() >= MOST_FILES {
            expanded.unread.get_or_insert(format!("only the first {MOST_FILES} files are read"));
            break;
        }
    }
    if let Some(nameless) = nameless(Path::new(pattern), false, options) {
        let why = "its name is not UTF-8, so it is not read: rename it";
        expanded.unread.get_or_insert(format!("{}: {why}", nameless.to_string_lossy()));
    }
    Ok(expanded)
}

/// The first path that a pattern would name if its name were UTF-8: glob 0.3 passes over such names.
fn nameless(pattern: &Path, is_folder: bool, options: glob::MatchOptions) -> Option<PathBuf> {
    let (parent, last) = (pattern.parent()?, pattern.file_name()?.to_str()?);
    let is_any = last == "**";
    let wanted = glob::Pattern::new(if is_any { "*" } else { last }).ok()?;
    let is_pattern = |path: &Path| path.to_string_lossy().contains(['*', '?', '[']);
    let mut folders = Vec::new();
    if is_pattern(parent) {
        if let Some(found) = nameless(parent, true, options) {
            return Some(found);
        }
        folders.extend(glob::glob_with(parent.to_str()?, options).ok()?.filter_map(Result::ok));
    } else {
        folders.push(parent.to_path_buf());
    }
    if is_any {
        folders.extend(glob::glob_with(pattern.to_str()?, options).ok()?.filter_map(Result::ok));
    } else if parent.file_name().is_some_and(|name| name == "**") {
        folders.extend(parent.parent().map(Path::to_path_buf));
    }
    let asked = n_hidden(pattern);
    let of = |folder: PathBuf| fs::read_dir(folder).ok().into_iter().flatten().filter_map(Result::ok);
    folders.into_iter().take(MOST_FOLDERS).flat_map(of).find_map(|entry| {
        let (name, path) = (entry.file_name(), entry.path());
        let is_wanted = name.to_str().is_none() && wanted.matches_with(&name.to_string_lossy(), options);
        (is_wanted && n_hidden(&path) <= asked && (!(is_any || is_folder) || path.is_dir())).then_some(path)
    })
}

/// Folders that are looked through for names that cannot be read.
const MOST_FOLDERS: usize = 2_000;

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

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_whose_name_is_not_utf_8_is_said_and_not_passed_over() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().unwrap();
        let odd = std::ffi::OsStr::from_bytes(b"caf\xe9.md");
        for sub in ["p", "p/q", "other"] {
            fs::create_dir_all(folder.path().join(sub)).unwrap();
        }
        fs::write(folder.path().join("p/R.md"), "x").unwrap();
        let unread = |pattern: &str| expand(&folder.path().join(pattern).to_string_lossy()).unwrap().unread;
        assert_eq!((unread("p/*.md"), unread("**/*.md"), unread("*/*.md")), (None, None, None));
        fs::write(folder.path().join("p/q").join(odd), "x").unwrap();
        assert_eq!(
            (unread("p/*.md"), unread("p/R.md"), unread("p/q/*.txt"), unread("other/*")),
            (None, None, None, None)
        );
        for pattern in ["p/q/*.md", "p/q/caf?.md", "p/**/*.md", "**/*.md", "p/*/*.md", "*/q/*"] {
            assert!(unread(pattern).is_some_and(|why| why.contains("not UTF-8")), "{pattern}");
        }
        fs::create_dir_all(folder.path().join("p").join(std::ffi::OsStr::from_bytes(b"\xfc"))).unwrap();
        assert!(unread("p/*/none.md").is_some(), "nobody can look into it");
        assert_eq!(unread("p/*.md"), None);
    }

    #[test]
    fn what_is_put_is_there_whether_it_was_before_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alive");
        for said in ["one", "two"] {
            assert!(put(&path, said.as_bytes()).unwrap().doubt().is_none());
            assert_eq!(fs::read_to_string(&path).unwrap(), said);
        }
        assert!(put(&folder.path().join("none/alive"), b"x").is_err());
    }

    #[test]
    fn a_pipe_a_device_or_a_folder_is_never_written_over() {
        use std::os::unix::{fs::FileTypeExt as _, net::UnixListener};
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        std::os::unix::fs::symlink(&socket, folder.path().join("link")).unwrap();
        for name in ["socket", "link", "."] {
            let error = put(&folder.path().join(name), b"x").unwrap_err();
            assert!(why(&error).starts_with("it is no plain file"), "{name}: {error}");
        }
        assert!(fs::metadata(&socket).unwrap().file_type().is_socket());
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.md");
        fs::write(&path, "- [ ] one\n").unwrap();
        assert!(write_whole(&path, b"- [x] one\n").unwrap().doubt().is_none());
        assert_eq!(fs::read(&path).unwrap(), b"- [x] one\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_flushed_leaves_the_new_file_and_a_doubt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.md");
        fs::write(&path, "old").unwrap();
        let broken = |_: &Path| Err(io::Error::other("the disk is in trouble"));
        let doubt = write_and_flush(&path, b"new", |_| Ok(true), broken).unwrap().unwrap().doubt().unwrap();
        assert_eq!(doubt, "it is written, but perhaps not yet safe on disk: the disk is in trouble");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_not_what_was_expected_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.md");
        for other in ["theirs", "the", "longer than expected"] {
            fs::write(&path, other).unwrap();
            assert!(replace(&path, b"before", b"after").unwrap().is_none());
            assert_eq!(fs::read_to_string(&path).unwrap(), other);
        }
        fs::write(&path, "before").unwrap();
        assert!(replace(&path, b"before", b"after").unwrap().unwrap().doubt().is_none());
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
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
        assert!(write_whole(&link, b"new").unwrap().doubt().is_none());
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
        let found = |pattern: &str| expand(folder.path().join(pattern).to_str().unwrap()).unwrap().paths;
        // The folder itself may be hidden: the pattern says its name.
        let named = |name: &str| folder.path().join(name);
        assert!(found("*.csv").contains(&named("a.csv")) && !found("*.csv").contains(&named(".b.csv")));
        assert!(found(".*.csv").contains(&named(".b.csv")));
    }

    #[test]
    fn a_protected_file_is_left_alone_and_what_a_killed_process_left_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.md");
        fs::write(&path, "old").unwrap();
        fs::write(folder.path().join(format!("{TEMPORARY}1")), "half").unwrap();
        assert!(write_whole(&path, b"new").unwrap().doubt().is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert_eq!(write_whole(&path, b"newer").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_pattern_that_would_walk_the_whole_disk_is_refused() {
        assert!(expand("/**/*.csv").is_err() && expand("/var/**/*.csv").is_err());
        assert!(expand("/var/nowhere/**/*.csv").unwrap().paths.is_empty());
    }

    #[test]
    fn one_process_at_a_time_changes_files_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.md");
        fs::write(&path, "x").unwrap();
        let held = FolderLock::of(&path).unwrap();
        assert!(FolderLock::of(&path).is_err());
        drop(held);
        assert!(FolderLock::of(&path).is_ok());
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
