//! Who is on call: now, the week, the gaps; whole, every hand-off of the days ahead.

use chrono::{DateTime, TimeDelta, Utc};
use unicode_width::UnicodeWidthStr as _;

use super::{ANY, Depth, Page, Side, Table, source, words};
use crate::{
    domain::{
        time::{between, short_span},
        zone::Zone,
    },
    sink::board::{Day, OnCall, Seat, Source},
    text::counted,
};

/// Days of the strip.
const WEEK: usize = 7;

/// Names in the strip stand in columns as far as this.
const NAME: usize = 30;

/// Seats and gaps on a larger board.
const SHORT: usize = 2;

/// Who is on call in one line, in the zone of the heading it stands under: `on call  ana.k until Fri 20 Nov 09:00; backup cleo`.
pub fn line(on_call: Option<&OnCall<'_>>, zone: &Zone) -> Option<String> {
    let on_call = on_call?;
    let (first, rest) = on_call.seats.split_first()?;
    let who = |seat: &Seat<'_>| if is_unknown(seat) { UNKNOWN.to_owned() } else { words::names(&seat.duty.people) };
    let second = rest.first().map(|seat| format!("; {} {}", seat.name, who(seat)));
    Some(format!("on call  {}{}", duty(first, zone), second.unwrap_or_default()))
}

/// Writes the section; `sources` are those that tell the roster.
pub fn write(page: &mut Page, on_call: Option<&OnCall<'_>>, sources: &[Source<'_>], depth: Depth, now: DateTime<Utc>) {
    let Some(on_call) = on_call else {
        page.line(&format!("ON CALL  {}", source::silence(sources, "no roster")));
        return;
    };
    let most = if depth == Depth::Short { SHORT } else { usize::MAX };
    let n_seats = on_call.seats.len();
    let cut = if most < n_seats { format!("; the first {most} of {n_seats} seats:") } else { String::new() };
    page.line(&format!("ON CALL  {}{cut}", on_call.zone.name()));
    let seats = on_call.seats.iter().take(most);
    let mut table = Table::new([(Side::Left, 12), (Side::Left, ANY)]);
    for seat in seats.clone() {
        table.row([seat.name.to_string(), in_words(seat, on_call.zone, now)]);
        if let Some(since) = seat.duty.since.filter(|_| depth == Depth::Whole) {
            table.row([String::new(), format!("since {}", words::moment(since, on_call.zone))]);
        }
    }
    page.table(&table);
    strip(page, on_call, most, depth);
    gaps(page, on_call, most);
    if depth == Depth::Whole {
        seats.for_each(|seat| hand_offs(page, seat, on_call.zone, now));
    }
}

fn duty(seat: &Seat<'_>, zone: &Zone) -> String {
    if is_unknown(seat) {
        return UNKNOWN.to_owned();
    }
    let until = seat.duty.until.map(|at| format!(" until {}", words::moment(at, zone))).unwrap_or_default();
    format!("{}{until}", words::names(&seat.duty.people))
}

const UNKNOWN: &str = "unknown: calendar unread";

/// Nobody is on call by what was read, and not all was.
fn is_unknown(seat: &Seat<'_>) -> bool {
    seat.missing.is_some() && seat.duty.people.is_empty()
}

fn in_words(seat: &Seat<'_>, zone: &Zone, now: DateTime<Utc>) -> String {
    if is_unknown(seat) {
        return duty(seat, zone);
    }
    let next = match (&seat.duty.next, seat.duty.until) {
        (Some(next), Some(until)) if next.is_empty() && seat.missing.is_some() => {
            format!(", then unknown in {}", short_span(between(now, until)))
        }
        (Some(next), Some(until)) => format!(", then {} in {}", words::names(next), short_span(between(now, until))),
        _ => ", no change within 60 days".to_owned(),
    };
    format!("{}{next}", duty(seat, zone))
}

/// The week, in as many rows as names of their length need; on a larger board the days of the first row.
fn strip(page: &mut Page, on_call: &OnCall<'_>, most: usize, depth: Depth) {
    let seats: Vec<&Seat<'_>> = on_call.seats.iter().take(most).collect();
    let cells = || seats.iter().flat_map(|seat| seat.by_day.iter().take(WEEK).map(move |day| (*seat, day)));
    let widest = cells().map(|(seat, day)| cell(seat, day).width()).max().unwrap_or(0).clamp(6, NAME);
    let label = seats.iter().map(|seat| seat.name.width()).max().unwrap_or(0).min(NAME);
    let beside = (page.width.saturating_sub(label + 2) / (widest + 2)).clamp(1, WEEK);
    let n_days = on_call.days.len().min(if depth == Depth::Short { beside } else { WEEK });
    for first in (0..n_days).step_by(beside) {
        let mut table = Table::new([[(Side::Left, NAME)].as_slice(), &vec![(Side::Left, widest); beside]].concat());
        let days = on_call.days.iter().take(WEEK).skip(first).take(beside);
        table.row(
            std::iter::once(String::new()).chain(days.map(|day| day.format("%a %-d").to_string())).collect::<Vec<_>>(),
        );
        for seat in &seats {
            let cells = seat.by_day.iter().take(WEEK).skip(first).take(beside).map(|day| cell(seat, day));
            table.row(std::iter::once(seat.name.to_string()).chain(cells).collect::<Vec<_>>());
        }
        page.table(&table);
    }
    let marks: Vec<&str> =
        MARKS.iter().filter(|(sign, _)| cells().any(|(seat, day)| mark(seat, day) == *sign)).map(|(_, m)| *m).collect();
    if !marks.is_empty() {
        page.line(&format!("  {}", marks.join("; ")));
    }
}

/// What the marks of the strip mean.
const MARKS: [(&str, &str); 3] = [
    ("+", "+ more than one that day: who has most of it"),
    ("!", "! nobody for a part of the day"),
    ("?", "? not known for a part of the day"),
];

/// `!` where part of the day has nobody, `?` where that is not known, `+` where others hold a part.
fn mark(seat: &Seat<'_>, day: &Day<'_>) -> &'static str {
    match (TimeDelta::zero() < day.gap, seat.missing.is_some(), day.is_split) {
        (true, true, _) => "?",
        (true, false, _) => "!",
        (false, _, true) => "+",
        (false, _, false) => "",
    }
}

/// The longest holder's name behind its mark.
fn cell(seat: &Seat<'_>, day: &Day<'_>) -> String {
    let name = day.people.first().map_or(words::NOTHING, |first| first.as_str());
    format!("{}{name}", mark(seat, day))
}

fn gaps(page: &mut Page, on_call: &OnCall<'_>, most: usize) {
    let unread = on_call.seats.iter().filter_map(|seat| Some((seat.name, seat.missing?)));
    for (seat, missing) in unread.take(most) {
        page.line(&format!("  ! the calendar {} of {seat} could not be read: {}", missing.calendar, missing.why));
    }
    if on_call.gaps.is_empty() && on_call.seats.iter().all(|seat| seat.missing.is_none()) {
        page.line(&format!("  no gap in the next {}", counted(on_call.days.len(), "day", "days")));
    }
    for (i, (seat, gap)) in on_call.gaps.iter().take(most).enumerate() {
        let rest = on_call.gaps.len().saturating_sub(most);
        let more = if i + 1 == most && 0 < rest { format!(", and {rest} more") } else { String::new() };
        page.line(&format!(
            "  ! nobody is {seat} from {} to {} ({}){more}",
            words::moment(gap.start, on_call.zone),
            words::moment(gap.end, on_call.zone),
            short_span(between(gap.start, gap.end))
        ));
    }
}

fn hand_offs(page: &mut Page, seat: &Seat<'_>, zone: &Zone, now: DateTime<Utc>) {
    page.blank();
    page.line(&format!("{}, the days ahead", seat.name));
    let mut table = Table::new([(Side::Left, 16), (Side::Left, 16), (Side::Right, 8), (Side::Left, ANY)]);
    for segment in seat.segments.iter().filter(|segment| now < segment.end) {
        table.row([
            words::moment(segment.start, zone),
            words::moment(segment.end, zone),
            short_span(between(segment.start, segment.end)),
            match seat.missing {
                Some(_) if segment.people.is_empty() => "unknown".to_owned(),
                _ => words::names(&segment.people),
            },
        ]);
    }
    page.table(&table);
}
