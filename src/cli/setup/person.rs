//! Who sits at the keyboard, and what they should know before they believe a clock.

use std::env;

#[cfg(unix)]
use crate::shell::disk;
use crate::{config::Settings, domain::zone::Zones, text::Text};

/// Says that the zone data is older than the settings allow.
pub fn stale_zones(settings: &Settings, zones: &Zones) -> Option<Text> {
    let least = settings.tzdata_minimum.as_ref().filter(|least| zones.is_older_than(least.as_str()))?;
    let what = format!("zone data {} is older than {least} (tzdata_minimum): update watchfloor", zones.version());
    Some(Text::scrub(&what))
}

/// Who sits at the keyboard: `WATCHFLOOR_USER`, else the account's name.
pub fn person() -> String {
    let names = ["WATCHFLOOR_USER", "USER", "LOGNAME"];
    let said = names.into_iter().filter_map(|n| env::var(n).ok()).find(|n| !n.trim().is_empty());
    said.or_else(account).unwrap_or_else(|| "me".to_owned())
}

/// The name of the account that runs this, as the machine's list has it: a service or a container often says it nowhere else.
fn account() -> Option<String> {
    #[cfg(unix)]
    {
        let list = disk::read(std::path::Path::new("/etc/passwd"), LARGEST).ok()?;
        named(&String::from_utf8_lossy(&list), rustix::process::geteuid().as_raw())
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// The most of the machine's list that is read.
#[cfg(unix)]
const LARGEST: usize = 4 * 1_024 * 1_024;

/// Who has this number in a list of accounts.
#[cfg(unix)]
fn named(list: &str, number: u32) -> Option<String> {
    let name = |line: &str| {
        let mut fields = line.split(':');
        let (name, _, uid) = (fields.next()?, fields.next()?, fields.next()?);
        (uid.parse() == Ok(number) && !name.trim().is_empty()).then(|| name.to_owned())
    };
    list.lines().find_map(name)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_number() {
        let list = "root:x:0:0:root:/root:/bin/sh\n# a note\nwatch:x:990:990::/var/lib/watch:/bin/false\n";
        assert_eq!(named(list, 990).as_deref(), Some("watch"));
        assert_eq!((named(list, 0).as_deref(), named(list, 7)), (Some("root"), None));
    }
}
