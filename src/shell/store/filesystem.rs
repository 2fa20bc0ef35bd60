//! Which file system a folder is on, as far as it matters for a file that several processes share.

use std::path::Path;

/// File systems over a network, or in a process of their own, by the number `statfs(2)` gives them (Linux, linux/magic.h and
/// the file systems' own sources). Shared memory and locks do not reach across them, or only sometimes.
#[cfg(target_os = "linux")]
const REMOTE: [(u32, &str); 17] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9p"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x6573_5546, "FUSE"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x4750_4653, "GPFS"),
    (0x786f_4256, "VirtualBox shared folder"),
    (0xbacb_acbc, "VMware shared folder"),
];

/// The kind of file system, where it is one that must be treated with care; nothing for a local one, or where the system
/// does not say.
pub fn remote(folder: &Path) -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    {
        let found = rustix::fs::statfs(folder).ok()?;
        named((found.f_type as u64 & 0xffff_ffff) as u32)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        None
    }
}

#[cfg(target_os = "linux")]
fn named(kind: u32) -> Option<&'static str> {
    REMOTE.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_numbers_and_local_ones_are_not_taken_for_them() {
        assert_eq!((named(0x6969), named(0x6573_5546), named(0xef53)), (Some("NFS"), Some("FUSE"), None));
        assert_eq!(remote(Path::new("/dev/shm")), None);
    }
}
