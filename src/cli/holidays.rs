//! The holidays that `[calendar.NAME]` keeps in files of their own.

use crate::{
    cli::{
        exit,
        failure::{Failure, complain},
    },
    config::{NamedCalendar, Settings},
    domain::zone::Zones,
    shell::disk,
    source::ical,
};

/// Reads the holidays that calendars keep in files of their own. A clock that counts on a holiday would lie, so a file that
/// cannot be read is a fault of the settings.
///
/// # Errors
/// One cannot be read.
pub fn merge(mut settings: Settings, zones: &Zones) -> Result<Settings, Failure> {
    for NamedCalendar { name, holidays_file, .. } in settings.calendars.clone() {
        let Some(path) = holidays_file else { continue };
        let shown = path.to_string_lossy();
        let refused = |why: String| {
            let hint = format!("give an iCalendar file of whole days, or take holidays_file out of [calendar.{name}]");
            Failure::new(exit::CONFIG, format!("read the holidays of calendar.{name}: {shown}: {why}"), hint)
        };
        let bytes = disk::read(&path, ical::LIMIT_BYTES).map_err(|e| refused(disk::why(&e)))?;
        let (days, skipped) = ical::holidays(&bytes, zones).map_err(|e| refused(e.to_string()))?;
        if let Some(first) = skipped.first() {
            complain(&format!("note: {shown}: {} left out: {}: {}", skipped.len(), first.at, first.why));
        }
        settings.add_holidays(&name, days);
    }
    Ok(settings)
}
