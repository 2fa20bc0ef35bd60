//! The same figures once for each group of incidents: months, weeks, quarters, priorities, repositories, labels.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    period::{Period, Unit},
    times::{Life, Times},
};
use crate::{domain::zone::Zone, text::Text};

/// One incident with what it can be grouped by.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its moments.
    pub life: Life,
    /// Its priority in its own words; blank where it has none.
    pub priority: Text,
    /// Where it lives; blank where that means nothing.
    pub repository: Text,
    /// Its labels at the instant of the report.
    pub labels: Vec<Text>,
}

/// What incidents are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A stretch of the calendar: openings and closings each count where they lie.
    Calendar(Unit),
    /// Priority.
    Priority,
    /// Repository.
    Repository,
    /// Label; one incident counts under each of its labels.
    Label,
}

/// The figures of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The group's name; blank for those that have none.
    pub name: Text,
    /// The stretch, where the group is one.
    pub period: Option<Period>,
    /// Its figures.
    pub times: Times,
}

impl By {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Calendar(Unit::Month) => "month",
            Self::Calendar(Unit::Week) => "week",
            Self::Calendar(Unit::Quarter) => "quarter",
            Self::Priority => "priority",
            Self::Repository => "repository",
            Self::Label => "label",
        }
    }
}

/// The figures of each group within `span`, groups in the order of their names. Groups with nothing in them are left out.
pub fn rows(cases: &[Case], by: By, span: &Period, zone: &Zone, now: DateTime<Utc>) -> Vec<Row> {
    let name = |case: &Case| match by {
        By::Calendar(_) => Vec::new(),
        By::Priority => vec![case.priority.clone()],
        By::Repository => vec![case.repository.clone()],
        By::Label => case.labels.clone(),
    };
    if let By::Calendar(unit) = by {
        return by_period(cases, unit, span, zone, now);
    }
    let mut groups: BTreeMap<Text, Vec<&Life>> = BTreeMap::new();
    for case in cases {
        for name in name(case) {
            groups.entry(name).or_default().push(&case.life);
        }
    }
    let row = |(name, lives): (Text, Vec<&Life>)| Row { name, period: None, times: Times::over(lives, span, now) };
    groups.into_iter().map(row).filter(|row| 0 < row.times.opened + row.times.ttr.n + row.times.cancelled).collect()
}

fn by_period(cases: &[Case], unit: Unit, span: &Period, zone: &Zone, now: DateTime<Utc>) -> Vec<Row> {
    let moments = cases
        .iter()
        .flat_map(|case| [Some(case.life.opened_at), case.life.resolved_at, case.life.cancelled_at])
        .flatten();
    let known = moments.filter(|at| *at <= now && span.holds(*at));
    let row = |period: Period| {
        let cut = Period { start: period.start.max(span.start), end: period.end.min(span.end), name: period.name };
        let times = Times::over(cases.iter().map(|case| &case.life), &cut, now);
        Row { name: Text::scrub(&cut.name), period: Some(cut), times }
    };
    unit.periods_of(known, zone).into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    fn case(opened: &str, resolved: Option<&str>, labels: &[&str]) -> Case {
        Case {
            life: Life {
                opened_at: at(opened),
                acked_at: None,
                resolved_at: resolved.map(at),
                cancelled_at: None,
                impact_at: None,
                detected_at: None,
            },
            priority: Text::scrub("P1"),
            repository: Text::default(),
            labels: labels.iter().map(|label| Text::scrub(label)).collect(),
        }
    }

    #[test]
    fn a_month_counts_what_was_opened_and_what_was_closed_in_it() {
        let cases = [case("2026-09-30T10:00:00Z", Some("2026-10-02T10:00:00Z"), &[])];
        let now = at("2026-11-20T00:00:00Z");
        let rows = rows(&cases, By::Calendar(Unit::Month), &Period::always(), &Zone::utc(), now);
        let told: Vec<_> = rows.iter().map(|r| (r.name.as_str(), r.times.opened, r.times.ttr.n)).collect();
        assert_eq!(told, [("2026-09", 1, 0), ("2026-10", 0, 1)]);
    }

    #[test]
    fn a_period_at_the_edge_of_the_span_is_cut_there() {
        let cases = [case("2026-10-02T10:00:00Z", None, &[]), case("2026-10-20T10:00:00Z", None, &[])];
        let span = Period::between(at("2026-10-10T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        let rows = rows(&cases, By::Calendar(Unit::Quarter), &span, &Zone::utc(), at("2026-11-20T00:00:00Z"));
        assert_eq!(rows.iter().map(|r| (r.name.as_str(), r.times.opened)).collect::<Vec<_>>(), [("2026-Q4", 1)]);
    }

    #[test]
    fn an_incident_counts_under_each_of_its_labels() {
        let cases = [case("2026-10-02T10:00:00Z", None, &["bug", "ui"]), case("2026-10-03T10:00:00Z", None, &["bug"])];
        let rows = rows(&cases, By::Label, &Period::always(), &Zone::utc(), at("2026-11-20T00:00:00Z"));
        let told: Vec<_> = rows.iter().map(|r| (r.name.as_str(), r.times.opened)).collect();
        assert_eq!(told, [("bug", 2), ("ui", 1)]);
    }
}
