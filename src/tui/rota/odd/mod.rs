//! What is wrong or odd about the days ahead, in words.

pub mod view;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        rota::{
            Person,
            audit::{DutyInLeave, Finding, Place, Severity, WallTime},
        },
        time::{between, short_span},
        zone::Zone,
    },
    text::Text,
    tui::words,
};

/// One finding, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// How bad it is.
    pub severity: Severity,
    /// What, and when.
    pub what: String,
    /// Why, or what of it; may be empty.
    pub rest: String,
}

/// Says all findings, the same thing of several stretches once: the first of them, and how many follow.
pub fn all_said(findings: &[Finding], zone: &Zone, to: &str, now: DateTime<Utc>) -> Vec<Said> {
    let mut all: Vec<(Said, usize)> = Vec::new();
    for said in findings.iter().map(|finding| said(finding, zone, to, now)) {
        match all.iter_mut().find(|(known, _)| known.severity == said.severity && known.what == said.what) {
            Some((_, n)) => *n += 1,
            None => all.push((said, 0)),
        }
    }
    let counted = |(said, n): (Said, usize)| match n {
        0 => said,
        n => Said { rest: format!("{}, and {n} more", said.rest), ..said },
    };
    all.into_iter().map(counted).collect()
}

/// Says a finding; times are those of `zone`.
pub fn said(finding: &Finding, zone: &Zone, to: &str, now: DateTime<Utc>) -> Said {
    let span = |start: &DateTime<Utc>, end: &DateTime<Utc>| {
        let same_day = zone.local(*start).date() == zone.local(*end).date();
        let until =
            if same_day { zone.local(*end).format("%H:%M").to_string() } else { words::moment(*end, zone, now) };
        format!("{} {to} {until}", words::moment(*start, zone, now))
    };
    let (what, rest) = match finding {
        Finding::Gap { seat, start, end } => (
            format!("gap: no {seat} {}", words::moment(*start, zone, now)),
            format!("for {}", short_span(between(*start, *end))),
        ),
        Finding::UnknownPerson { person, place } => (format!("{person} is nobody the roster knows"), place_word(place)),
        Finding::UnknownSeat { seat, policy } => (format!("no seat is called {seat}"), format!("escalation {policy}")),
        Finding::Overlap { seat, layers, start, end, .. } => {
            (format!("{seat}: layers {} overlap", all(layers)), span(start, end))
        }
        Finding::OnSeveralSeats { person, seats, start, end } => {
            (format!("{person} is {}", all(seats)), format!("at once {}", span(start, end)))
        }
        Finding::DutyInLeave(DutyInLeave { person, seat, start, end, .. }) => {
            (format!("{person} is {seat} while away"), span(start, end))
        }
        Finding::OverrideWithoutEffect { seat, start, end, .. } => {
            (format!("{seat}: an override changes nothing"), span(start, end))
        }
        Finding::OverridesClash { seat, start, end, .. } => {
            (format!("{seat}: two overrides say different things"), span(start, end))
        }
        Finding::LayerNeverOn { seat, layer } => (format!("{seat}: layer {layer} is always hidden"), String::new()),
        Finding::TurnNeverOn { seat, layer, people } => {
            (format!("{seat}: the turn of {} never comes", all(people)), format!("layer {layer}"))
        }
        Finding::OddLength { seat, people, start, end, nominal, actual, .. } => {
            (odd_length(*start, *end, *actual, zone, now), odd_reason(seat, people, *nominal))
        }
        Finding::OddWallTime { seat, wall, at, how, .. } => {
            let clock = wall.format("%H:%M on %a %-d %b");
            let at = words::moment(*at, zone, now);
            let what = match how {
                WallTime::Missing => format!("{seat}: hand-off at {at}, the clock skips {clock}"),
                WallTime::Twice(_) => format!("{seat}: hand-off at {at}, the first of two {clock}"),
            };
            (what, "clocks change".to_owned())
        }
    };
    Said { severity: finding.severity(), what, rest }
}

/// `25 h shift on Sunday`, `169 h shift from Mon 09:00`.
fn odd_length(start: DateTime<Utc>, end: DateTime<Utc>, actual: TimeDelta, zone: &Zone, now: DateTime<Utc>) -> String {
    if actual <= TimeDelta::zero() {
        return format!("a shift is skipped {}", words::moment(start, zone, now));
    }
    let length = words::length(actual);
    // The clocks change at night: the day a short shift ends on is the day of the change.
    if actual <= TimeDelta::hours(30) {
        format!("{length} shift on {}", zone.local(end).format("%A"))
    } else {
        format!("{length} shift from {}", words::moment(start, zone, now))
    }
}

fn odd_reason(seat: &Text, people: &[Person], nominal: TimeDelta) -> String {
    format!("{seat}, {}: {} by the clock", all(people), words::length(nominal))
}

fn all(names: &[Text]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [first, second] => format!("{first} and {second}"),
        names => names.iter().map(Text::as_str).collect::<Vec<_>>().join(", "),
    }
}

fn place_word(place: &Place) -> String {
    match place {
        Place::Layer { seat, layer } => format!("layer {layer} of {seat}"),
        Place::Calendar { seat, calendar } => format!("calendar {calendar} of {seat}"),
        Place::Override { seat, .. } => format!("an override of {seat}"),
        Place::Leave(_) => "leave".to_owned(),
        Place::Escalation(policy) => format!("escalation {policy}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demo,
        domain::{time::parse_rfc3339, zone::Zones},
    };

    #[test]
    fn a_shift_over_a_clock_change_says_how_long_it_is() {
        let at = |written| parse_rfc3339(written).unwrap();
        let zone = Zones::bundled().find("Europe/Berlin").unwrap();
        let odd = |start, end, nominal: i64| {
            let (start, end) = (at(start), at(end));
            let finding = Finding::OddLength {
                seat: Text::scrub("primary"),
                layer: Text::scrub("x"),
                people: vec![Text::scrub("ana.k")],
                start,
                end,
                nominal: TimeDelta::hours(nominal),
                actual: between(start, end),
            };
            said(&finding, &zone, "-", at("2026-10-22T08:00:00Z"))
        };
        let daily = odd("2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", 24);
        assert_eq!(daily.what, "24 h 59 m shift on Sunday");
        let daily = odd("2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z", 24);
        assert_eq!(
            (daily.what.as_str(), daily.rest.as_str()),
            ("25 h shift on Sunday", "primary, ana.k: 24 h by the clock")
        );
        assert_eq!(odd("2026-10-19T07:00:00Z", "2026-10-26T08:00:00Z", 168).what, "169 h shift from Mon 09:00");
    }

    #[test]
    fn every_finding_of_the_demo_is_said() {
        let start = parse_rfc3339("2026-10-20T09:00:00Z").unwrap();
        let zones = Zones::bundled();
        let roster = demo::roster::roster(&zones, start);
        let found = roster.audit(start, start + TimeDelta::days(14));
        let said: Vec<String> = found.iter().map(|f| said(f, &roster.zone, "-", start).what).collect();
        assert!(said.iter().any(|what| what.starts_with("gap: no backup Sun 02:00")), "{said:?}");
        assert!(said.iter().any(|what| what.contains(" h shift ")), "{said:?}");
    }
}
