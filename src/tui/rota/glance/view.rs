//! Draws now, next, the ladder, the strip of days and what is wrong with them.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::{
        priority::Priority,
        rota::{
            Person,
            audit::{Finding, Severity},
        },
        time::{between, short_span},
    },
    floor::{
        oncall::{Chain, OnCall, Seat},
        strip::Cell,
    },
    text::{clip, counted, fit_left},
    tui::{
        Model,
        canvas::Canvas,
        rota::{
            glance::{is_near_change, rungs, zones},
            odd,
            turns::view::word,
            view::names,
        },
        theme::Slot,
        words,
    },
};

/// The columns of a seat's name.
pub fn seat_width(on_call: &OnCall) -> usize {
    on_call.seats.iter().map(|seat| seat.name.width()).max().unwrap_or(0).clamp(4, 12)
}

/// How much is said of who follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// In a line of its own, for the first so many seats.
    Below(usize),
    /// Beside who is there now.
    Beside,
}

/// Who is on call and who follows.
pub fn now_and_next(
    canvas: &Canvas<'_>,
    on_call: &OnCall,
    model: &Model,
    how: Then,
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let width = seat_width(on_call);
    let mut lines = Vec::new();
    for (place, seat) in on_call.seats.iter().enumerate() {
        let mut first =
            vec![canvas.span(Slot::Dim, format!(" {}  ", fit_left(&clip(seat.name.as_str(), width), width)))];
        if seat.unknown().is_some() {
            first.push(canvas.span(Slot::Risk, "unknown: calendar unread"));
            lines.push(Line::from(first));
            continue;
        }
        first.push(who(canvas, &seat.duty.people, seat.is_off, Slot::Accent));
        if let Some(until) = seat.duty.until {
            first.push(canvas.span(Slot::Dim, format!("  until {}", words::moment(until, zone, now))));
        }
        let then = then(canvas, seat, now);
        if how == Then::Beside {
            let used: usize = first.iter().map(Span::width).sum();
            if !then.is_empty() {
                first.push(Span::raw(" ".repeat((width + 38).saturating_sub(used).max(2))));
                first.extend(then);
            }
            lines.push(Line::from(first));
            continue;
        }
        lines.push(Line::from(first));
        if !then.is_empty() && matches!(how, Then::Below(n) if place < n) {
            let mut second = vec![Span::raw(" ".repeat(width + 3))];
            second.extend(then);
            lines.push(Line::from(second));
        }
    }
    lines
}

fn then(canvas: &Canvas<'_>, seat: &Seat, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let (Some(next), Some(until)) = (&seat.duty.next, seat.duty.until) else { return Vec::new() };
    vec![
        canvas.span(Slot::Dim, "then "),
        match seat.missing {
            Some(_) if next.is_empty() && !seat.is_off_next => canvas.span(Slot::Risk, "unknown"),
            _ => who(canvas, next, seat.is_off_next, Slot::Text),
        },
        canvas.span(Slot::Dim, format!("  in {}", words::age(between(now, until)))),
    ]
}

/// People, or that nobody is there: by design or not.
fn who(canvas: &Canvas<'_>, people: &[Person], is_off: bool, slot: Slot) -> Span<'static> {
    if !people.is_empty() {
        return canvas.span(slot, clip(&names(people), 30));
    }
    if is_off { canvas.span(Slot::Dim, "off") } else { canvas.span(Slot::Over, "nobody") }
}

/// The policies, each in one line: whom each step tells now, and after how long.
pub fn ladder(canvas: &Canvas<'_>, on_call: &OnCall, width: usize, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let label = seat_width(on_call);
    on_call.escalations(now).into_iter().map(|chain| one_ladder(canvas, chain, label, width)).collect()
}

fn one_ladder(canvas: &Canvas<'_>, chain: Chain<'_>, label: usize, width: usize) -> Line<'static> {
    let policy = chain.policy;
    let grades = grades(&policy.priorities);
    let mut spans = vec![canvas.span(Slot::Dim, format!(" {}  ", fit_left(&clip(&grades, label), label)))];
    let then = canvas.theme.sign(" › ", " > ");
    let room = width.saturating_sub(1);
    let rungs = rungs(chain);
    for (step, rung) in rungs.iter().enumerate() {
        let left = rungs.len() - step;
        let after = if step > 0 { format!("{then}{} ", short_span(rung.after)) } else { String::new() };
        let (slot, text) = match rung.people.as_slice() {
            [] => (Slot::Over, "nobody".to_owned()),
            people => (Slot::Text, clip(&names(people), 24)),
        };
        let used: usize = spans.iter().map(Span::width).sum();
        let mark = if left > 1 { then.width() + 2 } else { 0 };
        if step > 0 && used + after.width() + text.width() + mark > room {
            // What does not fit is counted, a name never cut: a ladder that ends early is another ladder.
            let more = format!("{then}+{}", counted(left, "step", "steps"));
            let more = if used + more.width() <= room { more } else { format!("{then}+{left}") };
            spans.push(canvas.span(Slot::Dim, more));
            return Line::from(spans);
        }
        spans.push(canvas.span(Slot::Dim, after));
        spans.push(canvas.span(slot, text));
    }
    let mut tail = String::new();
    if policy.repeat > 0 {
        tail.push_str(&format!(", {} more", counted(policy.repeat as usize, "round", "rounds")));
    }
    if let Some(reserve) = &policy.reserve {
        tail.push_str(&format!("{then}then {reserve}"));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    if used + tail.width() <= room {
        spans.push(canvas.span(Slot::Dim, tail));
    }
    Line::from(spans)
}

fn grades(priorities: &[Priority]) -> String {
    let words: Vec<&str> = priorities.iter().map(|p| p.word()).collect();
    words.join(" ")
}

/// The days ahead by the clock of whoever looks, as many as fit, at least a week where a week fits.
pub fn strip(canvas: &Canvas<'_>, on_call: &OnCall, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let strip = &on_call.strip;
    // Four letters of a name are worth more than the end of a seat's.
    let seat = seat_width(on_call);
    let for_names = usize::from(width).saturating_sub(2 + 5 * strip.days.len().min(7));
    let seat = if (SHORT_SEAT..seat).contains(&for_names) { for_names } else { seat };
    let room = usize::from(width).saturating_sub(seat + 2);
    let days = (room / 3).clamp(1, strip.days.len().max(1)).min(if room >= 70 { 14 } else { 7 });
    // Wide cells hold a name, narrow ones its first two letters.
    let cell = (room / days).saturating_sub(1).clamp(2, 9);
    // Whose days these are: the zone stands where the seats' names do.
    let zone = clip(&strip.zone.abbreviation(now), seat);
    let mut head = vec![canvas.span(Slot::Dim, format!(" {} ", fit_left(&zone, seat)))];
    for (place, day) in strip.days.iter().take(days).enumerate() {
        let text = if cell >= 6 { day.date.format("%a %-d").to_string() } else { day.date.format("%a").to_string() };
        let slot = if place == 0 { Slot::Text } else { Slot::Dim };
        head.push(canvas.span(slot, format!(" {}", fit_left(&clip_plain(&text, cell), cell))));
    }
    let mut lines = vec![Line::from(head)];
    for (name, cells) in on_call.seats.iter().map(|s| &s.name).zip(&strip.seats) {
        let short =
            if seat < seat_width(on_call) { clip_plain(name.as_str(), seat) } else { clip(name.as_str(), seat) };
        let mut spans = vec![canvas.span(Slot::Dim, format!(" {} ", fit_left(&short, seat)))];
        for day in cells.iter().take(days) {
            spans.push(day_span(canvas, day, cell));
        }
        lines.push(Line::from(spans));
    }
    lines
}

fn day_span(canvas: &Canvas<'_>, day: &Cell, width: usize) -> Span<'static> {
    let Some(longest) = day.holder() else { return Span::raw(" ".repeat(width + 1)) };
    let (slot, text) = word(longest);
    // Three letters are the word itself; its sign would push one of them out.
    let text = if longest.is_off && width < text.width() { "off".to_owned() } else { text };
    // A day that several people share, or that has a hole, says so before the name of its longest holder.
    // Two letters of a follow-the-sun day have no room for that: only a hole is marked there.
    let (slot, mark) = match (day.has_gap(), day.is_split() && width >= 6) {
        (true, _) => (if longest.is_gap() { Slot::Over } else { Slot::Risk }, "!"),
        (false, true) => (slot, "+"),
        (false, false) => (slot, " "),
    };
    canvas.span(slot, format!("{mark}{}", fit_left(&clip_plain(&text, width), width)))
}

/// The least columns of a seat's name in the strip.
const SHORT_SEAT: usize = 4;

/// The first columns, without an ellipsis: two letters of a name are a name here, and `cy` of `cy.o` needs no dot.
fn clip_plain(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut cut = clip(text, columns + 1);
    cut.pop();
    cut.truncate(cut.trim_end_matches(|c: char| !c.is_alphanumeric()).len());
    cut
}

/// Gaps, turns of an odd length, clock changes: at most `most` lines, the rest counted.
pub fn warnings(
    canvas: &Canvas<'_>,
    on_call: &OnCall,
    model: &Model,
    width: u16,
    most: usize,
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let gaps: Vec<_> = on_call.gaps().into_iter().filter(|(_, gap)| now < gap.end).collect();
    let mut lines: Vec<Line<'static>> = gaps
        .iter()
        .take(most)
        .flat_map(|(seat, gap)| {
            let length = short_span(between(gap.start, gap.end));
            let changes = if is_near_change(on_call, gap.start, gap.end) { " (clock change)" } else { "" };
            let from = words::moment(gap.start, zone, now);
            let what = canvas.span(Slot::Over, format!(" ! gap: no {} {from}", clip(seat.as_str(), 14)));
            let lasts = canvas.span(Slot::Dim, format!("  for {length}{changes}"));
            if what.width() + lasts.width() <= usize::from(width) {
                return vec![Line::from(vec![what, lasts])];
            }
            vec![Line::from(what), Line::from(vec![Span::raw(" "), lasts])]
        })
        .collect();
    if gaps.len() > most {
        let more = counted(gaps.len() - most, "more gap", "more gaps");
        lines.push(Line::from(canvas.span(Slot::Over, format!("   and {more}"))));
    }
    let to = canvas.theme.sign("–", "-");
    let findings = &model.rota.findings;
    let is_of_clocks = |f: &&Finding| matches!(f, Finding::OddLength { .. } | Finding::OddWallTime { .. });
    // What is wrong comes before what is only odd; gaps are named above.
    let wrong = findings.iter().filter(|f| f.severity() != Severity::Notes && !matches!(f, Finding::Gap { .. }));
    let odd = findings.iter().filter(is_of_clocks).take(1);
    let width = width.saturating_sub(1);
    lines.extend(wrong.take(1).chain(odd).flat_map(|f| odd::view::said(canvas, &odd::said(f, zone, to, now), width)));
    if !findings.iter().any(|f| is_of_clocks(&f)) {
        lines.extend(clock_changes(canvas, on_call, model, now));
    }
    lines
}

/// Clock changes in the days of the strip: hand-offs near them deserve a look.
fn clock_changes(canvas: &Canvas<'_>, on_call: &OnCall, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let until = crate::domain::time::plus(now, TimeDelta::days(14));
    let changes =
        zones(on_call).into_iter().flat_map(|zone| zone.changes(now, until).into_iter().map(move |at| (zone, at)));
    changes
        .take(2)
        .map(|(zone, at)| {
            let when = words::moment(at, &model.floor.zone, now);
            Line::from(canvas.span(Slot::Dim, format!("   clocks change {when} in {}", zone.name())))
        })
        .collect()
}
