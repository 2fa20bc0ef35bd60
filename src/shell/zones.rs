//! Zone data: the newer of the host's copy and the bundled one; and the zone the host is in.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};

use crate::domain::zone::{Zone, Zones};

/// Where hosts keep their zone data, in the order of looking.
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo"];

/// A zone's file is a few kilobytes; anything much longer is not one.
const ZONE_BYTES: usize = 256 * 1024;

/// The newer of the host's zone data and the bundled copy (SEMANTICS 0.1).
pub fn load() -> Zones {
    let folders = FOLDERS.iter().map(Path::new);
    let host = folders.filter_map(|folder| Some((folder.to_path_buf(), host_version(folder)?))).next();
    match host {
        Some((folder, version)) => Zones::with_host(&version, move |name| read_zone(&folder, name)),
        None => Zones::bundled(),
    }
}

/// The host copy's release, `2026b`: from the first line of `tzdata.zi`, or the file `+VERSION`.
pub fn host_version(folder: &Path) -> Option<String> {
    let first_line = |name: &str| {
        let mut line = String::new();
        BufReader::new(File::open(folder.join(name)).ok()?).read_line(&mut line).ok()?;
        Some(line.trim().to_owned())
    };
    let stated = first_line("tzdata.zi").and_then(|line| line.strip_prefix("# version ").map(str::to_owned));
    stated.or_else(|| first_line("+VERSION")).filter(|v| !v.is_empty() && v.len() < 16)
}

fn read_zone(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let path: PathBuf = folder.join(name);
    super::disk::read(&path, ZONE_BYTES).ok()
}

/// The zone this host is in; UTC where it does not say, or says something that is no zone.
pub fn of_host(zones: &Zones) -> Zone {
    iana_time_zone::get_timezone().ok().and_then(|name| zones.find(&name)).unwrap_or_else(Zone::utc)
}
