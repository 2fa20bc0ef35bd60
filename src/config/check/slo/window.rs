//! `time_window`: a text for a rolling window, a table for one of the calendar (SEMANTICS R37).

use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use toml::de::DeValue;

use crate::{
    config::{
        Context,
        check::{Range, choice, span_of, zone},
        problems::Report,
        secrets::quoted,
        units,
        walk::{self, Said, Table, Wanted},
    },
    domain::{
        slo::{
            PERIOD,
            window::{TimeWindow, Unit},
        },
        zone::Zone,
    },
};

/// A budget of less than an hour is an alert; of more than a year nobody's promise.
const WINDOW_RANGE: Range = Range { least: TimeDelta::hours(1), most: TimeDelta::days(366) };

const HINT: &str = "write time_window = \"28d\", or { calendar = \"month\", zone = \"Europe/Berlin\" }";

/// The window where nothing is said: 28 days.
pub(super) fn usual() -> TimeWindow {
    TimeWindow::Rolling(PERIOD)
}

/// Reads the key `time_window`, which is there.
pub(super) fn read(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<TimeWindow> {
    let said = table.value("time_window", report)?;
    match said.value {
        DeValue::Table(_) => calendar(table.table("time_window", report)?, context, report),
        DeValue::String(_) => rolling(&said, report),
        _ => {
            walk::wrong_type(&said, Wanted::Text, report);
            None
        }
    }
}

fn rolling(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<TimeWindow> {
    let length = span_of(said, WINDOW_RANGE, report)?;
    if length != TimeDelta::minutes(length.num_minutes()) {
        let what = format!("is {}, which is no whole number of minutes", units::written(length));
        report.fault(said, &what, HINT);
        return None;
    }
    Some(TimeWindow::Rolling(length))
}

fn calendar(mut table: Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<TimeWindow> {
    if !table.has("calendar") {
        table.missing(
            "calendar",
            "write calendar = \"month\"; a rolling window is a text: time_window = \"28d\"",
            report,
        );
    }
    let unit = table.filled("calendar", report).and_then(|said| choice(&said, &Unit::ALL, report));
    let start = match table.value("start", report) {
        None => Some(Unit::usual_start()),
        Some(said) => start(&said, report),
    };
    let zone = match table.filled("zone", report) {
        None => Some(Zone::utc()),
        Some(said) => zone(&said, context, report),
    };
    table.finish(report);
    Some(TimeWindow::Calendar { unit: unit?, start: start?, zone: zone? })
}

/// Reads a day, or a day with an hour: `2026-01-01`, `2026-01-01 12:00`.
fn start(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<NaiveDateTime> {
    let written = match said.value {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(stamp) if stamp.offset.is_none() => stamp.to_string(),
        DeValue::Datetime(_) => String::new(),
        _ => {
            walk::wrong_type(said, Wanted::Text, report);
            return None;
        }
    };
    let (day, hour) = written.trim().split_once([' ', 'T']).unwrap_or((written.trim(), "00:00"));
    let hour = hour.strip_suffix(":00").filter(|hour| hour.len() == 5).unwrap_or(hour);
    let at = units::day(day).zip(units::hour(hour)).map(|(day, hour): (_, NaiveTime)| day.and_time(hour));
    if at.is_none() {
        let what = format!("is {}, which is no time of the wall clock", quoted(&written));
        report.fault(said, &what, "write start = \"2026-01-01\" or \"2026-01-01 12:00\"; its zone is the key zone");
    }
    at
}
