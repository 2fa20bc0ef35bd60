//! Who is on call in the play: a primary that follows the sun, a backup by the week, a swap, and one hole.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};

use crate::{
    demo::people::{Member, TEAM},
    domain::{
        escalation::{Policy, Step, Target},
        priority::Priority,
        rota::{
            Advance, Contact, Layer, Leave, Off, Override, OverrideKind, Person, Restriction, Roster, Schedule,
            ShiftLength, ShiftUnit,
        },
        time::plus,
        zone::{Zone, Zones},
    },
    text::Text,
};

/// The zone the roster is written in.
pub const HOME: &str = "Europe/Berlin";

/// How far ahead a clock change is looked for. The strip shows 14 local dates from today's on: 13 whole days at least.
const SIGHT: TimeDelta = TimeDelta::days(13);
/// How far ahead the roster names the next clock change at home when none is in sight.
const FORECAST: TimeDelta = TimeDelta::days(400);
/// Who leads the team: the last step of its escalation.
const LEAD: &str = "ana.k";
/// Who is told beside the alarm when every step was due.
const RESERVE: &str = "tui.p";
/// How long nobody holds the backup.
const HOLE: TimeDelta = TimeDelta::hours(1);

/// Homes that the last person of the team may have, so that a clock change is in sight at most times of the year.
const WANDERINGS: [&str; 8] = [
    "Pacific/Auckland",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Jerusalem",
    "Asia/Beirut",
    "America/Asuncion",
    "Africa/Casablanca",
];

/// Makes the roster as it was written shortly before `start`.
///
/// All hand-offs of the primary are read in one zone, so that it has no hole on any day. The backup's layer was ended and
/// followed up by the wall clock on the night of a clock change, and one hour fell between: the hole `check` must find.
pub fn roster(zones: &Zones, start: DateTime<Utc>) -> Roster {
    let find = |name: &str| zones.find(name).unwrap_or_else(Zone::utc);
    let home = find(HOME);
    let homes: Vec<Zone> = TEAM.iter().map(|m| find(m.zone)).collect();
    let wanderer = wandering_home(zones, &homes, start);
    let change = homes.iter().chain(&wanderer).filter_map(|zone| next_change(zone, start, SIGHT)).min();
    let hole = change.unwrap_or_else(|| next_sunday_night(&home, start));
    let week = monday_before(home.local(start).date());
    let people = TEAM.iter().zip(homes).map(|(m, zone)| contact(m, zone)).collect::<Vec<_>>();
    let mut roster = Roster::new(home.clone(), people, Vec::new());
    if let (Some(contact), Some(zone)) = (roster.people.last_mut(), wanderer) {
        contact.zone = Some(zone);
    }
    let mut primary = Schedule::new(Text::scrub("primary"), primary_layers(&home, week), Vec::new());
    primary.overrides.extend(swap(&primary, &home, start));
    let mut backup = Schedule::new(Text::scrub("backup"), backup_layers(&home, week, hole), Vec::new());
    backup.overrides.push(leave(&home, change, start));
    roster.schedules = vec![primary, backup, support(&home, week)];
    roster.leave = absences(&home, start);
    roster.escalations.push(escalation());
    roster
}

/// Who is told of a P0 or P1 while nobody takes it on: primary at once, backup after ten minutes, the lead after twenty.
fn escalation() -> Policy {
    let seat = |name: &str| Target::Seat(Text::scrub(name));
    let step = |target: Target| Step { delay: TimeDelta::minutes(10), targets: vec![target] };
    Policy {
        name: Text::scrub("urgent"),
        priorities: vec![Priority::P0, Priority::P1],
        steps: vec![step(seat("primary")), step(seat("backup")), step(Target::Person(Text::scrub(LEAD)))],
        repeat: 1,
        ack_timeout: None,
        reserve: Some(Text::scrub(RESERVE)),
    }
}

/// Where the last person of the team is, if that brings a clock change into sight that the others' homes do not have.
fn wandering_home(zones: &Zones, homes: &[Zone], start: DateTime<Utc>) -> Option<Zone> {
    if homes.iter().any(|zone| next_change(zone, start, SIGHT).is_some()) {
        return None;
    }
    let changes_soon = |zone: &Zone| next_change(zone, start, SIGHT).is_some();
    WANDERINGS.iter().filter_map(|name| zones.find(name)).find(changes_soon)
}

fn next_change(zone: &Zone, from: DateTime<Utc>, within: TimeDelta) -> Option<DateTime<Utc>> {
    zone.changes(plus(from, TimeDelta::hours(1)), plus(from, within)).first().copied()
}

/// 02:00 on the next Sunday but not within a day: where a hole goes when no clock changes.
fn next_sunday_night(home: &Zone, start: DateTime<Utc>) -> DateTime<Utc> {
    let tomorrow = days_after(home.local(start).date(), 1);
    let to_sunday = (7 - tomorrow.weekday().num_days_from_sunday()) % 7;
    home.resolve(days_after(tomorrow, to_sunday.into()).and_time(clock(2)))
}

fn contact(member: &Member, zone: Zone) -> Contact {
    Contact {
        id: Text::scrub(member.id),
        name: Text::scrub(member.name),
        login: Some(Text::scrub(member.id)),
        reach: Some(Text::scrub(member.reach)),
        email: None,
        zone: Some(zone),
    }
}

/// Berlin has the day, New York the evening, Sydney and Auckland the night, each by the week.
fn primary_layers(home: &Zone, week: NaiveDate) -> Vec<Layer> {
    let hours = |name: &str, from: u32, until: u32, turns: &[&str]| Layer {
        restrictions: vec![Restriction { days: every_day(), start: clock(from), end: clock(until) }],
        ..weekly(name, home, week.and_time(clock(from)), turns)
    };
    vec![
        hours("berlin", 9, 17, &["ana.k", "ben.i", "cy.o"]),
        hours("new york", 17, 1, &["dee.w", "eli.r", "mae.l"]),
        hours("sydney and auckland", 1, 9, &["kai.n", "tui.p"]),
    ]
}

/// One rotation, written anew from the night of `hole` on, an hour too late.
fn backup_layers(home: &Zone, week: NaiveDate, hole: DateTime<Utc>) -> Vec<Layer> {
    let anchor = days_after(week, 4).and_time(clock(12));
    let old = weekly("until the change", home, anchor, &["cy.o", "mae.l", "ben.i", "dee.w"]);
    let new = weekly("from the change", home, anchor, &["eli.r", "ana.k", "mae.l", "cy.o"]);
    vec![Layer { end: Some(hole), ..old }, Layer { start: Some(plus(hole, HOLE)), ..new }]
}

/// Questions from customers, in office hours: at night and at the weekend nobody needs to be there.
fn support(home: &Zone, week: NaiveDate) -> Schedule {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    let work = vec![Mon, Tue, Wed, Thu, Fri];
    let window = |days: &[Weekday], start: u32, end: u32| Restriction {
        days: days.to_vec(),
        start: clock(start),
        end: clock(end),
    };
    let layer = Layer {
        restrictions: vec![window(&work, 9, 17)],
        ..weekly("office hours", home, week.and_time(clock(9)), &["ben.i", "cy.o", "ana.k"])
    };
    let mut seat = Schedule::new(Text::scrub("support"), vec![layer], Vec::new());
    let hours = vec![window(&work, 17, 0), window(&work, 0, 9), window(&[Sat, Sun], 0, 0)];
    seat.off.push(Off { zone: home.clone(), hours, note: Some(Text::scrub("office hours only")) });
    seat
}

/// Who is away soon: somebody now, and somebody who has a turn in it.
fn absences(home: &Zone, start: DateTime<Utc>) -> Vec<Leave> {
    let today = home.local(start).date();
    let away = |who: &str, from: u64, until: u64, note: &str| {
        let midnight = |n| home.resolve(days_after(today, n).and_time(NaiveTime::MIN));
        Leave { user: Text::scrub(who), start: midnight(from), end: midnight(until), note: Some(Text::scrub(note)) }
    };
    vec![away("dee.w", 0, 3, "moving house"), away("kai.n", 9, 16, "summer holidays")]
}

fn weekly(name: &str, zone: &Zone, anchor: NaiveDateTime, turns: &[&str]) -> Layer {
    Layer {
        name: Text::scrub(name),
        zone: zone.clone(),
        anchor,
        shift: ShiftLength { n: 1, unit: ShiftUnit::Weeks },
        participants: turns.iter().map(|id| vec![Text::scrub(id)]).collect(),
        level: 0,
        start: None,
        end: None,
        restrictions: Vec::new(),
        advance: Advance::Always,
    }
}

/// Somebody takes a day of the primary for the person whose turn it is, the day after tomorrow.
fn swap(primary: &Schedule, home: &Zone, start: DateTime<Utc>) -> Option<Override> {
    let day = days_after(home.local(start).date(), 2);
    let (from, until) = (home.resolve(day.and_time(clock(9))), home.resolve(day.and_time(clock(17))));
    let user = primary.on_call(from).into_iter().next()?;
    let with = ["ben.i", "cy.o"].map(Text::scrub).into_iter().find(|other| *other != user)?;
    Some(made(OverrideKind::ReplaceUser { user, with }, from, until, start, "swapped: dentist"))
}

/// Somebody is away from the backup next week; the note says when the clocks change next.
fn leave(home: &Zone, change: Option<DateTime<Utc>>, start: DateTime<Utc>) -> Override {
    let day = days_after(home.local(start).date(), 8);
    let (from, until) = (home.resolve(day.and_time(clock(8))), home.resolve(day.and_time(clock(20))));
    let coming = change.or_else(|| next_change(home, start, FORECAST));
    let note = coming.map_or_else(
        || "second pair of hands".to_owned(),
        |at| format!("second pair of hands; clocks change {}", home.local(at).format("%a %-d %b %Y")),
    );
    made(OverrideKind::Add(Person::scrub("kai.n")), from, until, start, &note)
}

fn made(kind: OverrideKind, from: DateTime<Utc>, until: DateTime<Utc>, start: DateTime<Utc>, note: &str) -> Override {
    let created = Some(plus(start, TimeDelta::hours(-30)));
    Override { kind, start: from, end: until, level: 0, created, note: Some(Text::scrub(note)) }
}

/// The Monday some weeks back from which turns are counted.
fn monday_before(day: NaiveDate) -> NaiveDate {
    let since = Days::new(u64::from(day.weekday().num_days_from_monday()) + 28);
    day.checked_sub_days(since).unwrap_or(day)
}

fn days_after(day: NaiveDate, n: u64) -> NaiveDate {
    day.checked_add_days(Days::new(n)).unwrap_or(day)
}

fn clock(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN)
}

fn every_day() -> Vec<Weekday> {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    vec![Mon, Tue, Wed, Thu, Fri, Sat, Sun]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{between, parse_rfc3339};

    /// The people of two weeks and the holes in them, from a start.
    fn holes(schedule: &Schedule, start: DateTime<Utc>) -> Vec<(DateTime<Utc>, TimeDelta)> {
        let segments = schedule.segments(start, plus(start, TimeDelta::days(14)));
        let empty = segments.iter().filter(|s| s.people.is_empty());
        empty.map(|s| (s.start, between(s.start, s.end))).collect()
    }

    #[test]
    fn all_through_a_year_the_primary_is_held_and_the_backup_has_one_hole_of_an_hour() {
        let zones = Zones::bundled();
        let first = parse_rfc3339("2026-01-01T07:24:28Z").unwrap();
        for day in 0..366 / 3 {
            let start = plus(first, TimeDelta::days(day * 3));
            let roster = roster(&zones, start);
            assert_eq!(holes(&roster.schedules[0], start), [], "{start}");
            let found = holes(&roster.schedules[1], start);
            assert_eq!(found.iter().map(|h| h.1).collect::<Vec<_>>(), [HOLE], "{start}");
        }
    }

    #[test]
    fn the_hole_lies_at_the_clock_change_when_one_is_in_sight() {
        let zones = Zones::bundled();
        let start = parse_rfc3339("2026-10-20T09:00:00Z").unwrap();
        let change = parse_rfc3339("2026-10-25T01:00:00Z").unwrap();
        assert_eq!(holes(&roster(&zones, start).schedules[1], start), [(change, HOLE)]);
    }

    #[test]
    fn a_day_is_handed_round_the_world_and_one_day_is_swapped() {
        let zones = Zones::bundled();
        let start = parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let roster = roster(&zones, start);
        let primary = &roster.schedules[0];
        let homes: Vec<_> = [0, 9, 17]
            .map(|h| primary.on_call(plus(start, TimeDelta::hours(h)))[0].clone())
            .iter()
            .map(|id| roster.people.iter().find(|p| p.id == *id).unwrap().zone.as_ref().unwrap().name().to_owned())
            .collect();
        assert_eq!(homes[..2], ["Europe/Berlin", "America/New_York"]);
        assert!(!homes[2].starts_with("Europe") && !homes[2].starts_with("America/New"));
        let swapped = plus(start, TimeDelta::days(2));
        assert_ne!(primary.on_call(start), primary.on_call(swapped));
    }
}
