//! Turns of duties as a calendar: one event for each, half an hour long, named by the duty and its day.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Event, IcsError, escaped, merged, stamp};
use crate::{
    domain::{duty::judge::State, time::plus},
    sink::duty::TurnRow,
    text::Text,
};

const PRODUCT: &str = "-//Watchfloor//Duties//EN";

/// A duty falls due at an instant; programs show nothing that has no length.
const LENGTH: TimeDelta = TimeDelta::minutes(30);

/// Writes a calendar of turns; `before` is what an earlier export wrote, if there is one. Of `before` what lies outside
/// the window is dropped, and what is gone within it is said to be cancelled.
///
/// # Errors
/// [`IcsError`] when `before` is no whole calendar of ours.
pub fn render(
    name: &Text,
    turns: &[TurnRow<'_>],
    window: (DateTime<Utc>, DateTime<Utc>),
    before: Option<&str>,
    now: DateTime<Utc>,
) -> Result<String, IcsError> {
    let mut seen = HashSet::new();
    let events = turns.iter().map(|row| event(row, now)).filter(|event| seen.insert(event.uid.clone())).collect();
    merged(PRODUCT, name, window, events, before, now)
}

fn event(row: &TurnRow<'_>, now: DateTime<Utc>) -> Event {
    let TurnRow { duty, judged, people } = row;
    let people: Vec<_> = people.iter().map(Text::as_str).collect();
    let who = if people.is_empty() { String::new() } else { format!(": {}", people.join(", ")) };
    let done = if matches!(judged.state, State::Done(_)) { "done: " } else { "" };
    let lines = [Some(&duty.about).filter(|about| !about.is_blank()), duty.runbook.as_ref()];
    let lines: Vec<_> = lines.into_iter().flatten().map(Text::as_str).collect();
    Event {
        uid: uid(&duty.name, &judged.turn.day.to_string()),
        stamp: stamp(now),
        sequence: 0,
        start: stamp(judged.turn.at),
        end: stamp(plus(judged.turn.at, LENGTH)),
        summary: escaped(&format!("{done}{}{who}", duty.name)),
        description: escaped(&lines.join("\n")),
        is_cancelled: false,
    }
}

/// The same for the same duty and day, whenever it is due and whose it is.
fn uid(name: &Text, day: &str) -> String {
    let bytes = name.as_str().bytes();
    // FNV-1a, 64 bits (draft-eastlake-fnv).
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("duty-{day}-{hash:016x}@watchfloor")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        duty::{Duty, Turn, judge::Judged},
        escalation::Target,
        recur::Rule,
        time::parse_rfc3339,
        zone::Zone,
    };

    fn duty() -> Duty {
        Duty {
            name: Text::scrub("weekly triage"),
            about: Text::scrub("label; ask"),
            rule: Rule::read("FREQ=WEEKLY;BYDAY=MO").unwrap(),
            time: "09:00:00".parse().unwrap(),
            zone: Zone::utc(),
            owner: Target::Person(Text::scrub("ana")),
            start: None,
            until: None,
            grace: TimeDelta::zero(),
            remind: TimeDelta::zero(),
            evidence: None,
            runbook: None,
        }
    }

    #[test]
    fn names_of_events_outlive_an_export_and_what_is_gone_is_cancelled() {
        let at = |written: &str| parse_rfc3339(written).unwrap();
        let window = (at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
        let duty = duty();
        let row = |day: &str, clock: &str| TurnRow {
            duty: &duty,
            judged: Judged {
                turn: Turn { day: day.parse().unwrap(), at: at(&format!("{day}T{clock}:00Z")) },
                state: State::Upcoming,
            },
            people: vec![Text::scrub("ana")],
        };
        let name = Text::scrub("duties");
        let first = [row("2026-11-02", "09:00"), row("2026-11-09", "09:00"), row("2026-11-16", "09:00")];
        let before = render(&name, &first, window, None, at("2026-11-01T12:00:00Z")).unwrap();
        let second = [row("2026-11-02", "09:00"), row("2026-11-09", "10:00")];
        let after = render(&name, &second, window, Some(&before), at("2026-11-05T12:00:00Z")).unwrap();
        let uids = |file: &str| file.lines().filter(|l| l.starts_with("UID:")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(uids(&before), uids(&after));
        let count = |line: &str| after.lines().filter(|l| *l == line).count();
        assert_eq!((count("SEQUENCE:0"), count("SEQUENCE:1"), count("STATUS:CANCELLED")), (1, 2, 1));
        assert_eq!(count("DTSTAMP:20261101T120000Z"), 1, "what did not change keeps every byte");
        assert!(after.contains("DESCRIPTION:label\\; ask"));
        assert_eq!(render(&name, &first, window, Some("x"), at("2026-11-01T00:00:00Z")), Err(IcsError::NotOurs));
    }
}
