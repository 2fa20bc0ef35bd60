//! `watchfloor release status --file`.

use std::path::Path;

use crate::{
    cli::{
        args::{Common, OnPlan},
        board, exit,
        failure::{Failure, print, print_json},
        setup, show,
        sla::scene,
    },
    config::PlanSettings,
    domain::{
        release::{
            calendar::{Calendar, DayFrom},
            course::Course,
            plan::Reading,
        },
        zone::{Zone, Zones},
    },
    shell::{clock::Clock, files, zones as host},
};

/// What the settings named with `--config` say of plans.
pub(super) struct Known {
    pub(super) plan: PlanSettings,
    calendar: Option<Calendar>,
    zone: Option<Zone>,
}

/// Prints how far one plan is.
///
/// # Errors
/// Wrong settings, an unknown zone, an unreadable file.
pub fn of_file(file: &Path, asked: &OnPlan, json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let known = known(common, zones)?;
    let mut reading = known.plan.reading.clone();
    reading.steps = asked.steps.map_or(reading.steps, Into::into);
    let zone = scene::zone(asked.zone.as_deref(), zones)?;
    let mut course = course(file, &reading)?;
    let told = known.calendar.map(|calendar| (calendar.day, calendar.at, calendar.day_from));
    let day = asked.date.map(|day| (day, None, DayFrom::Asked)).or(told);
    let zone = zone.or(known.zone).unwrap_or_else(|| host::of_host(zones));
    course.calendar = day.map(|(day, at, day_from)| Calendar {
        at,
        mode: asked.days.map_or(known.plan.mode, Into::into),
        holidays: known.plan.days_off,
        ..Calendar::new(day, zone, day_from)
    });
    let now = now(common);
    course.record.count_until(now);
    if json {
        print_json(&board::course_json(&course, zones.version(), now))?;
    } else {
        print(&board::course_plain(&course, show::width(), now))?;
    }
    Ok(exit::DONE)
}

pub(super) fn now(common: &Common) -> chrono::DateTime<chrono::Utc> {
    common.now.unwrap_or_else(|| Clock::Wall.now())
}

/// Reads a plan and its record.
pub(super) fn course(file: &Path, reading: &Reading) -> Result<Course, Failure> {
    files::read_course(file, reading).map_err(|(_, why)| {
        let hint = "mend the file, or give the path of a Markdown file";
        Failure::new(exit::COULD_NOT_JUDGE, format!("read the checklist: {why}"), hint)
    })
}

/// A plan that is named stands for itself: only settings that are named too say how it is read.
pub(super) fn known(common: &Common, zones: &Zones) -> Result<Known, Failure> {
    let nothing = Known { plan: PlanSettings::default(), calendar: None, zone: None };
    let Some(path) = &common.config else { return Ok(nothing) };
    let settings = setup::read_settings(path, crate::config::Trust::User, zones)?;
    let zone = settings.zone.clone();
    let Some(release) = settings.release else { return Ok(Known { zone, ..nothing }) };
    let zone = release.zone.clone().or(zone);
    let days = zone.clone().unwrap_or_else(|| host::of_host(zones));
    let calendar = files::release_of(&release, days, Vec::new());
    let calendar = calendar
        .day
        .map(|day| Calendar { at: calendar.at, ..Calendar::new(day, calendar.zone.clone(), DayFrom::Settings) });
    Ok(Known { plan: release.plan, calendar, zone })
}
