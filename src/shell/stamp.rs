//! What tells one version of a file from another without reading it.

use std::{fs::File, path::Path, time::UNIX_EPOCH};

/// What a stat says of a file; two equal stamps mean the same bytes.
pub type Stamp = (u64, u64, u64, i128);

/// Opens a file that is one: a pipe would hold us for ever.
///
/// # Errors
/// It is not there, may not be read, or is no regular file.
pub fn open_regular(path: &Path) -> std::io::Result<File> {
    let refused = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file");
    if !std::fs::metadata(path)?.is_file() {
        return Err(refused());
    }
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // It may have become a pipe since it was looked at.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.union(rustix::fs::OFlags::NOCTTY).bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused()) }
}

/// The file's stamp, if it is another one than before.
///
/// # Errors
/// It cannot be looked at.
pub fn changed(path: &Path, before: &Option<Stamp>) -> std::io::Result<Option<Stamp>> {
    let found = stamp_of(path)?;
    Ok((before.as_ref() != Some(&found)).then_some(found))
}

/// The file's stamp as it is now.
///
/// # Errors
/// It cannot be looked at.
pub fn stamp_of(path: &Path) -> std::io::Result<Stamp> {
    Ok(stamp(&std::fs::metadata(path)?))
}

/// What a stat says.
pub fn stamp(metadata: &std::fs::Metadata) -> Stamp {
    #[cfg(unix)]
    let (device, inode) = {
        use std::os::unix::fs::MetadataExt as _;
        (metadata.dev(), metadata.ino())
    };
    #[cfg(not(unix))]
    let (device, inode) = (0, 0);
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    (device, inode, metadata.len(), modified.map_or(0, |d| d.as_nanos() as i128))
}
