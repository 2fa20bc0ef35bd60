//! Work that comes again, as it is written.

use schemars::JsonSchema;

/// Work that comes again.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Duty {
    /// Its name; stands in the record of what was done.
    pub name: String,
    /// What is to be done.
    pub about: Option<String>,
    /// How often: "day", "week", "month", "quarter", "year", or a rule such as "FREQ=MONTHLY;BYDAY=1MO".
    pub every: String,
    /// On which day: "weekdays" of a day, weekdays of a week, "15", "last" or "first monday" of a month or a quarter, "12-01" of a year.
    pub on: Option<On>,
    /// At what time of the day it is due. Default: "09:00".
    pub time: Option<String>,
    /// The IANA zone of its days. Default: the zone at the top of the file, or UTC.
    pub zone: Option<String>,
    /// Whose it is: a person of the roster. Or `rota`.
    pub owner: Option<String>,
    /// Whose it is: whoever is on call on this seat of the roster when it falls due. Or `owner`.
    pub rota: Option<String>,
    /// The first day it counts from: "2026-11-01". Default: the first time it is done.
    pub start: Option<String>,
    /// The last day it can fall on.
    pub until: Option<String>,
    /// How long it may be due before it is late. Default: "2h" of a daily duty, else "1d".
    pub grace: Option<String>,
    /// How long before it is due its owner is reminded. Default: "0s" of a daily duty, else "1d".
    pub remind: Option<String>,
    /// Files that prove it: a path, or a pattern with *, ? and **; the newest counts. Default: somebody ticks it.
    pub file: Option<String>,
    /// How old the newest of them may be when it is due. Default: none; it goes with `file`.
    pub max_age: Option<String>,
    /// Where to read how: an http(s) address or a file.
    pub runbook: Option<String>,
}

/// One day, or several of a week.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum On {
    /// One.
    Day(String),
    /// Several.
    Days(Vec<String>),
}
