//! Tokens that lie in a file: one of the person's own, or a credential that systemd hands to the service.

use std::{ffi::OsStr, fs::File, io::Read as _, path::Path};

use super::{Read, first_line_of};

/// The most that is read of a file, in bytes; a token is far shorter.
const MOST_READ: u64 = 16 * 1024;

/// What others may do with a file, and still it is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeper {
    /// A person: the file is theirs, and nobody else may read it.
    Person,
    /// systemd: it gives the service's group the right to read (an access list shows as group bits).
    Manager,
}

/// Reads `token_file`.
pub(super) fn file(path: &Path) -> Read {
    read(path, Keeper::Person)
}

/// Reads a credential by its name, from the folder that systemd named.
pub(super) fn credential(folder: Option<&OsStr>, name: &str) -> Read {
    let Some(folder) = folder.map(Path::new).filter(|folder| folder.is_absolute()) else {
        let hint = "run it as a systemd service with LoadCredential=, or name another place";
        return Err(("CREDENTIALS_DIRECTORY is not set", hint));
    };
    read(&folder.join(name), Keeper::Manager)
}

fn read(path: &Path, keeper: Keeper) -> Read {
    let file = open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ("there is no such file", "write the token into it, or name another place"),
        std::io::ErrorKind::PermissionDenied => ("it may not be read", "give the file to the account that runs this"),
        _ => ("it cannot be opened", "name a regular file"),
    })?;
    // What was opened is what is checked: the name may lead elsewhere a moment later.
    let found = file.metadata().map_err(|_| ("it cannot be looked at", "name a regular file"))?;
    if !found.is_file() {
        return Err(("it is no regular file", "name a regular file"));
    }
    kept(&found, keeper)?;
    let mut bytes = Vec::new();
    file.take(MOST_READ).read_to_end(&mut bytes).map_err(|_| ("it cannot be read", "look at it by hand"))?;
    Ok(first_line_of(&bytes).to_owned())
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // A pipe without a writer would be waited for.
    let no_wait = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    std::fs::OpenOptions::new().read(true).custom_flags(no_wait).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

/// Refuses a file that others may read, or that is somebody else's: a link leads to files of one's own only.
#[cfg(unix)]
fn kept(found: &std::fs::Metadata, keeper: Keeper) -> Result<(), (&'static str, &'static str)> {
    use std::os::unix::fs::MetadataExt;
    let others = match keeper {
        Keeper::Person => 0o077,
        Keeper::Manager => 0o007,
    };
    if found.mode() & others != 0 {
        return Err(("others may read it", "chmod 600 it, and change the token: others could have read it"));
    }
    if keeper == Keeper::Person && found.uid() != rustix::process::geteuid().as_raw() {
        return Err(("it belongs to another account", "name a file of the account that runs this"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn kept(_: &std::fs::Metadata, _: Keeper) -> Result<(), (&'static str, &'static str)> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    use super::*;

    fn with_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_for_its_owner_alone_is_read_and_a_link_to_it_too() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("token"), folder.path().join("link"));
        fs::write(&path, "t0k\nsecond line\n").unwrap();
        symlink(&path, &link).unwrap();
        for (mode, is_read) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            with_mode(&path, mode);
            for name in [&path, &link] {
                let read = file(name);
                assert_eq!(read.is_ok(), is_read, "{mode:o}");
                assert!(read.is_err() || read.as_deref() == Ok("t0k"));
            }
        }
    }

    #[test]
    fn what_is_no_file_of_ones_own_is_refused_and_never_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        assert_eq!(file(&pipe).unwrap_err().0, "it is no regular file");
        assert_eq!(file(folder.path()).unwrap_err().0, "it is no regular file");
        assert_eq!(file(Path::new("/dev/zero")).unwrap_err().0, "it is no regular file");
        assert_eq!(file(&folder.path().join("none")).unwrap_err().0, "there is no such file");
        let theirs = folder.path().join("theirs");
        fs::write(&theirs, "t0k").unwrap();
        with_mode(&theirs, 0o600);
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&theirs, Some(12_345), None).unwrap();
            assert_eq!(file(&theirs).unwrap_err().0, "it belongs to another account");
        } else {
            println!("left out: a file of another account (needs root)");
        }
    }

    #[test]
    fn a_credential_is_read_from_the_folder_of_the_service() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme");
        fs::write(&path, "t0k").unwrap();
        with_mode(&path, 0o440);
        assert_eq!(credential(Some(folder.path().as_os_str()), "acme").as_deref(), Ok("t0k"));
        assert!(credential(Some(folder.path().as_os_str()), "other").is_err());
        assert!(credential(Some(OsStr::new("relative")), "acme").is_err());
        assert!(credential(None, "acme").is_err_and(|(why, _)| why.contains("CREDENTIALS_DIRECTORY")));
        with_mode(&path, 0o444);
        assert!(credential(Some(folder.path().as_os_str()), "acme").is_err());
    }
}
