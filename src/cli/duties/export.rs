//! `watchfloor duties export`: the turns ahead as a calendar file.

use std::path::Path;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use crate::{
    cli::{
        exit,
        failure::{Failure, print},
        setup::Setup,
    },
    shell::disk::{self, FolderLock},
    sink::ics::duties as ics,
    text::Text,
};

/// How far a calendar reaches back and ahead, as that of the rota does (SEMANTICS R12).
const BACK: Days = Days::new(15);
const AHEAD: Days = Days::new(180);

/// A longer stretch is a slip in a year.
const LONGEST: i64 = 3_700;

/// The longest file that is written over.
const LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// Runs it.
///
/// # Errors
/// The stretch of time is none, or the file cannot be written: then it is as it was.
pub(super) fn run(
    setup: &Setup,
    out: Option<&Path>,
    asked: (Option<NaiveDate>, Option<NaiveDate>),
    now: DateTime<Utc>,
) -> Result<u8, Failure> {
    let floor = &setup.floor;
    let today = floor.zone.local(now).date();
    let from = asked.0.or_else(|| today.checked_sub_days(BACK)).unwrap_or(today);
    let to = asked.1.or_else(|| from.max(today).checked_add_days(AHEAD)).unwrap_or(today);
    if !(0..=LONGEST).contains(&to.signed_duration_since(from).num_days()) {
        let hint = "--to is not before --from, and at most ten years after it";
        return Err(Failure::new(exit::USAGE, format!("export from {from} to {to}"), hint));
    }
    let turns = super::turns(floor, from, to, now);
    let midnight = |day: NaiveDate| floor.zone.resolve(day.and_time(NaiveTime::MIN));
    let window = (midnight(from), midnight(to.succ_opt().unwrap_or(to)));
    let name =
        if floor.team.is_blank() { Text::scrub("duties") } else { Text::scrub(&format!("{}: duties", floor.team)) };
    let render = |before: Option<&str>| {
        ics::render(&name, &turns, window, before, now).map_err(|why| {
            Failure::new(exit::NO, format!("write the calendar: {why}"), "it is left alone: name another file")
        })
    };
    let Some(path) = out else {
        print(&render(None)?)?;
        return Ok(exit::DONE);
    };
    let shown = Text::scrub(&path.to_string_lossy());
    let failed = |error: &std::io::Error| {
        Failure::new(exit::NO, format!("write {shown}: {}", disk::why(error)), "the file is as it was")
    };
    if !path.exists() {
        disk::create(path, render(None)?.as_bytes()).map_err(|e| failed(&e))?;
        print(&format!("{shown} is written"))?;
        return Ok(exit::DONE);
    }
    let _folder = FolderLock::of(path).map_err(|e| failed(&e))?;
    let bytes = disk::read(path, LIMIT_BYTES).map_err(|e| failed(&e))?;
    let before = String::from_utf8_lossy(&bytes).into_owned();
    let after = render(Some(&before))?;
    if after == before {
        print(&format!("{shown} says all of it already"))?;
        return Ok(exit::DONE);
    }
    let doubt = disk::write_whole(path, after.as_bytes()).map_err(|e| failed(&e))?.doubt();
    print(&format!("{shown} is brought up to date{}", doubt.map(|doubt| format!("; {doubt}")).unwrap_or_default()))?;
    Ok(exit::DONE)
}
