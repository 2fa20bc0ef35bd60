//! What `watchfloor oncall` tells, as text. Times bear their zone's abbreviation: two rotas may be read side by side.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

use super::{ANY, Page, Side, Table, words};
use crate::{
    domain::{
        rota::{Contact, Person, gaps::Kind},
        time::{between, minus, plus, rfc3339, short_span},
        zone::Zone,
    },
    sink::rota::{self, About, Held, Schedule, Seat, Stretch},
    text::Text,
};

/// How far hand-offs are looked for, both ways.
const SIGHT: TimeDelta = TimeDelta::days(60);

/// Writes who is on call.
pub fn now(page: &mut Page, about: &About<'_>, seats: &[Held<'_>]) {
    head(page, "ON CALL", about);
    let mut table = seats_table();
    for held in seats {
        table.row([held.seat.to_string(), who(&held.duty.people, held.kind)]);
        if let Some(missing) = held.missing.filter(|_| held.kind == Kind::Unknown) {
            let why = format!("the calendar {} could not be read: {}", missing.calendar, missing.why);
            table.row([String::new(), why]);
            continue;
        }
        // Each side says how far it was looked at: "for more than 60 days" twice says neither.
        let day = |at| about.shown.local(at).format("%-d %b %Y").to_string();
        let since = held.duty.since.map_or_else(
            || format!("since before {}", day(minus(about.at, SIGHT))),
            |at| format!("since {}", moment(at, about.shown)),
        );
        table.row([String::new(), since]);
        let until = held.duty.until.map_or_else(
            || format!("no change until after {}", day(plus(about.at, SIGHT))),
            |until| format!("until {}, in {}", moment(until, about.shown), short_span(between(about.at, until))),
        );
        table.row([String::new(), until]);
        reach(&mut table, &held.contacts);
    }
    page.table(&table);
}

/// Writes who follows.
pub fn next(page: &mut Page, about: &About<'_>, seats: &[Held<'_>]) {
    head(page, "NEXT ON CALL", about);
    let mut table = seats_table();
    for held in seats {
        let Some(next) = &held.next else {
            let stays = format!("no change within 60 days: {}", who(&held.duty.people, held.kind));
            table.row([held.seat.to_string(), stays]);
            continue;
        };
        table.row([held.seat.to_string(), who(&next.people, next.kind)]);
        let in_time = short_span(between(about.at, next.from));
        table.row([String::new(), format!("from {}, in {in_time}", moment(next.from, about.shown))]);
        if let Some(until) = next.until {
            table.row([String::new(), format!("until {}", moment(until, about.shown))]);
        }
        reach(&mut table, &next.contacts);
    }
    page.table(&table);
}

/// Writes the final schedule. Where a part of it is over, each line says whether it was seen or worked out.
pub fn schedule(page: &mut Page, about: &About<'_>, schedule: &Schedule<'_>, now: DateTime<Utc>) {
    page.line(&format!("SCHEDULE  {}  {}", about.roster, about.shown.name()));
    page.line(&format!("  from {} to {}", stamp(schedule.start, about.shown), stamp(schedule.end, about.shown)));
    for seat in &schedule.seats {
        page.blank();
        page.line(&format!("{}  {}", seat.seat, covered(seat)));
        let mut table = Table::new([
            (Side::Left, 26),
            (Side::Left, 26),
            (Side::Right, 8),
            (Side::Left, 14),
            (Side::Left, 8),
            (Side::Left, ANY),
        ]);
        for stretch in &seat.stretches {
            let origin = if stretch.start < now { rota::origin(stretch.from) } else { "" };
            table.row([
                brief(stretch.start, about.shown, schedule.start),
                brief(stretch.end, about.shown, schedule.start),
                short_span(stretch.length()),
                clock_change(stretch, about.zone, about.shown),
                origin.to_owned(),
                match stretch.kind {
                    Kind::Manned => words::names(&stretch.people),
                    Kind::Gap => "NOBODY".to_owned(),
                    Kind::Off => "nobody (off)".to_owned(),
                    Kind::Unknown => "not known".to_owned(),
                },
            ]);
        }
        page.table(&table);
    }
}

fn seats_table() -> Table {
    Table::new([(Side::Left, 16), (Side::Left, ANY)])
}

fn head(page: &mut Page, what: &str, about: &About<'_>) {
    page.line(&format!("{what}  {}", words::whole_moment(about.at, about.shown)));
    page.line(&format!("  by {}", about.roster));
}

/// `Mon 23 Nov 2026 09:00 CET`: a report is read on another day, and in another zone.
pub(super) fn stamp(at: DateTime<Utc>, zone: &Zone) -> String {
    format!("{} {}", zone.local(at).format("%a %-d %b %Y %H:%M"), abbreviation(at, zone))
}

/// `Mon 23 Nov 09:00 CET`: the year only where it is not that of the page's beginning.
fn brief(at: DateTime<Utc>, zone: &Zone, page: DateTime<Utc>) -> String {
    let local = zone.local(at);
    if local.year() != zone.local(page).year() {
        return stamp(at, zone);
    }
    format!("{} {}", local.format("%a %-d %b %H:%M"), abbreviation(at, zone))
}

/// As [`stamp`], and in UTC where that is another clock.
fn moment(at: DateTime<Utc>, zone: &Zone) -> String {
    if zone.name() == "UTC" { stamp(at, zone) } else { format!("{}, {}", stamp(at, zone), rfc3339(at)) }
}

fn abbreviation(at: DateTime<Utc>, zone: &Zone) -> String {
    let short = zone.abbreviation(at);
    if short.is_empty() { zone.name().to_owned() } else { short }
}

/// Nobody is said loudly where somebody should be.
fn who(people: &[Person], kind: Kind) -> String {
    match kind {
        Kind::Manned => words::names(people),
        Kind::Gap => "NOBODY, and somebody should be".to_owned(),
        Kind::Off => "nobody, by design".to_owned(),
        Kind::Unknown => "not known".to_owned(),
    }
}

fn reach(table: &mut Table, contacts: &[&Contact]) {
    for contact in contacts {
        let said = |text: &Option<Text>| text.as_ref().map(ToString::to_string);
        let name = (!contact.name.is_blank()).then(|| contact.name.to_string());
        let parts: Vec<_> = [name, said(&contact.reach), said(&contact.email)].into_iter().flatten().collect();
        let said = if parts.is_empty() { "the roster does not say how".to_owned() } else { parts.join(", ") };
        table.row([String::new(), format!("reach {}: {said}", contact.id)]);
    }
}

fn covered(seat: &Seat<'_>) -> String {
    let share = seat.coverage().map(|share| format!("{} covered", words::percent(Some(share))));
    let part = |kind, said: &str| {
        let lasts = seat.lasts(kind);
        (TimeDelta::zero() < lasts).then(|| format!("{said} {}", short_span(lasts)))
    };
    let parts = [
        share,
        part(Kind::Unknown, "not known for"),
        part(Kind::Gap, "nobody for"),
        part(Kind::Off, "off by design for"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `+1h` where the roster's clocks go back within it, `-1h` where they go forward, else nothing; whose clocks where the times
/// beside it are another zone's: `+1h in Berlin`.
fn clock_change(stretch: &Stretch, zone: &Zone, shown: &Zone) -> String {
    let by = stretch.clock_change(zone);
    let sign = match by.num_seconds() {
        0 => return String::new(),
        n if n < 0 => '-',
        _ => '+',
    };
    let place = zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ");
    let whose = if zone.name() == shown.name() { String::new() } else { format!(" in {place}") };
    format!("{sign}{}{whose}", short_span(by))
}
