//! Lengths that are promised, and whether their units fit the calendar they count by (SEMANTICS R31).

use chrono::TimeDelta;

use crate::{
    config::{
        check::{Range, span_of},
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::{calendar::Calendar, priority::Grade, sla::WhichClock},
};

/// A promise is at least a minute (the resolution of the clocks) and at most ten years.
const PROMISE_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(3_650) };

/// One promise as a file gives it.
#[derive(Debug, Clone)]
pub(super) struct Given {
    /// Nothing = no promise is made.
    pub(super) length: Said<Option<TimeDelta>>,
    /// As written, where its unit is a day or longer.
    in_days: Option<String>,
}

/// Which promises of a table of grades are written in days; by grade, then response and fix.
pub(super) type InDays = [[bool; 2]; 5];

/// The two clocks, in the order of [`InDays`].
pub(super) const CLOCKS: [(WhichClock, &str); 2] = [(WhichClock::Response, "response"), (WhichClock::Fix, "fix")];

/// The words for no promise, in the same order.
pub(super) const NONE: [&str; 2] = ["none", "best effort"];

/// Which promises of the embedded defaults are written in days; a test holds it to the file.
pub(super) const DEFAULT_IN_DAYS: InDays = [[false, true], [true, true], [true, true], [true, false], [false, false]];

/// Reads a length of time, or the words that say that there is no promise.
pub(super) fn promise(row: &mut Table<'_>, name: &'static str, none: &str, report: &mut Report) -> Option<Given> {
    let said = row.value(name, report)?;
    if said.value.as_str() == Some(none) {
        return Some(Given { length: said.with(None), in_days: None });
    }
    let length = span_of(&said, PROMISE_RANGE, report)?;
    let written = said.value.as_str().unwrap_or_default();
    let is_day = |word: &str| matches!(word, "d" | "day" | "days" | "w" | "week" | "weeks");
    let has_days = written.split(|c: char| !c.is_alphabetic()).any(is_day);
    Some(Given { length: said.with(Some(length)), in_days: has_days.then(|| written.to_owned()) })
}

impl Given {
    /// Whether it is written in days or weeks.
    pub(super) fn is_in_days(&self) -> bool {
        self.in_days.is_some()
    }

    /// Reports a promise in days that counts by open hours.
    pub(super) fn must_fit(&self, calendar: &Calendar, report: &mut Report) {
        if let (Some(written), Calendar::Business(_)) = (&self.in_days, calendar) {
            let what = format!("is {}, but it counts open hours alone", quoted(written));
            report.fault(
                &self.length,
                &what,
                "a day has no length there: write hours, such as \"24h\" for three days of eight",
            );
        }
    }
}

/// Reports a promise in days that was made elsewhere, where a calendar of open hours is laid over it at `place`.
pub(super) fn must_be_rewritten(place: &Said<()>, grade: Grade, name: &str, report: &mut Report) {
    let row = row_word(grade);
    let what = format!("counts open hours alone, but the {name} of {row} is promised in days (the default)");
    report.fault(place, &what, &format!("write {name} for {row} as well, in hours, such as \"24h\""));
}

/// The name of a grade's row in the file.
pub(super) fn row_word(grade: Grade) -> &'static str {
    match grade {
        Grade::Set(priority) => priority.word(),
        Grade::Untriaged => "untriaged",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::embedded_default;

    #[test]
    fn the_table_of_units_is_that_of_the_embedded_defaults() {
        let file: toml::Table = embedded_default().parse().unwrap();
        for grade in Grade::ALL {
            let row = &file["priorities"][row_word(grade)];
            for (place, (_, name)) in CLOCKS.iter().enumerate() {
                let written = row.get(name).and_then(toml::Value::as_str).unwrap_or_default();
                let in_days = written.ends_with('d') || written.ends_with("days") || written.ends_with("weeks");
                assert_eq!(DEFAULT_IN_DAYS[grade.index()][place], in_days, "{grade:?} {name}");
            }
        }
    }
}
