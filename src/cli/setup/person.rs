//! Who sits at the keyboard, and what they should know before they believe a clock.

use std::env;

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
    names.into_iter().filter_map(|n| env::var(n).ok()).find(|n| !n.trim().is_empty()).unwrap_or_else(|| "me".to_owned())
}
