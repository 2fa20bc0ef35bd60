//! Moments, spans and figures as a ticket reads them: with their date, because a ticket is read on another day.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

use crate::{
    domain::{
        priority::Grade,
        rota::Person,
        sla::{Clock, ClockState, WhichClock},
        time::{near_span, rfc3339, short_span},
        zone::Zone,
    },
    sink::board::{Judged, Source, Worth},
    text::{Text, grouped},
};

/// What stands for nothing to measure. Zero is `0`.
pub(super) const NOTHING: &str = "–";

/// `Fri 20 Nov 09:00`.
pub(super) fn moment(at: DateTime<Utc>, zone: &Zone) -> String {
    zone.local(at).format("%a %-d %b %H:%M").to_string()
}

/// As [`moment`], with the year where it is another one than now: `Fri 20 Nov 2025 09:00`.
pub(super) fn moment_of(at: DateTime<Utc>, zone: &Zone, now: DateTime<Utc>) -> String {
    let there = zone.local(at);
    let form = if there.year() == zone.local(now).year() { "%a %-d %b %H:%M" } else { "%a %-d %b %Y %H:%M" };
    there.format(form).to_string()
}

/// `Fri 20 Nov 2026 09:12:00 CET, 2026-11-20T08:12:00Z`; UTC is said once.
pub(super) fn whole_moment(at: DateTime<Utc>, zone: &Zone) -> String {
    let local = zone.local(at);
    if zone.name() == "UTC" {
        return format!("{}, {}", local.format("%a %-d %b %Y"), rfc3339(at));
    }
    format!("{} {}, {}", local.format("%a %-d %b %Y %H:%M:%S"), zone.abbreviation(at), rfc3339(at))
}

/// What the pressing clock says, in at most twelve columns; `?` where nobody knows whether somebody answered.
pub(super) fn figure(judged: &Judged<'_>, now: DateTime<Utc>) -> String {
    let clock = judged.clock(judged.pressing);
    let doubt = if judged.is_known(judged.pressing) { "" } else { "?" };
    match (clock.state, clock.left(now)) {
        (ClockState::Breached | ClockState::Ok | ClockState::AtRisk, Some(_)) => {
            format!("{}{doubt}", clock_figure(clock, now))
        }
        (state, _) => state.word().to_owned(),
    }
}

/// What a clock says: `42m over`, `9m 05s left`, `paused`.
pub(super) fn clock_figure(clock: &Clock, now: DateTime<Utc>) -> String {
    match (clock.state, clock.left(now)) {
        (ClockState::Breached, Some(left)) => format!("{} over", short_span(left)),
        (ClockState::Ok | ClockState::AtRisk, Some(left)) => format!("{} left", near_span(left)),
        (state, _) => state.word().to_owned(),
    }
}

/// The clock's name as the screen says it.
pub(super) fn clock(judged: &Judged<'_>) -> &'static str {
    clock_of(judged.pressing, judged.verdict.grade)
}

/// A clock's name as the screen says it.
pub(super) fn clock_of(which: WhichClock, grade: Grade) -> &'static str {
    match (which, grade) {
        (WhichClock::Response, Grade::Untriaged) => "triage",
        (WhichClock::Response, Grade::Set(_)) => "respond",
        (WhichClock::Fix, _) => "fix",
    }
}

/// `ana.k, ben.i`, or that nobody is.
pub(super) fn names(people: &[Person]) -> String {
    if people.is_empty() {
        return "nobody".to_owned();
    }
    people.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

/// A count, or a dash where nobody has told.
pub(super) fn count(n: usize, is_known: bool) -> String {
    if is_known { grouped(n) } else { NOTHING.to_owned() }
}

/// A length, or a dash.
pub(super) fn span(length: Option<TimeDelta>) -> String {
    length.map_or(NOTHING.to_owned(), short_span)
}

/// A share in percent, never rounded up: 99.96 % is not 100 %.
pub(super) fn percent(share: Option<f64>) -> String {
    match share {
        None => NOTHING.to_owned(),
        Some(share) if share >= 1.0 => "100 %".to_owned(),
        Some(share) => format!("{:.1} %", (share * 1000.0).floor() / 10.0),
    }
}

/// What a source's data is worth, in words: `heard 3m ago`.
pub(super) fn worth(source: &Source<'_>) -> String {
    let age = span(source.age);
    match source.worth {
        Worth::Reading => "not heard yet".to_owned(),
        Worth::Never => "never heard".to_owned(),
        Worth::Fresh => format!("heard {age} ago"),
        Worth::Stale if source.is_cached => format!("from disk, true {age} ago"),
        Worth::Stale => format!("stale, heard {age} ago"),
    }
}
