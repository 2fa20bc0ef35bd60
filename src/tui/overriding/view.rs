//! Draws the form, and what it would change.
//!
//! ```text
//! ╭ Override ─────────────────── nothing is written before y ╮
//! │  seat      primary   backup                              │
//! │  who       be                                            │
//! │            › ben.i  Ben Ito                              │
//! │  from      now               Sat 21 Nov 11:12 CET        │
//! │  until     2026-11-21 17:00  17:00 CET, for 5h 48m       │
//! ╰──────────────────────────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::{Position, Rect},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::{
        diff::Mark,
        rota::{OverrideChange, Person},
        time::{between, short_span},
    },
    text::{clip, counted, fit_left},
    tui::{
        Model,
        canvas::{Canvas, wrap},
        field::Field,
        overriding::{Row, Stage, State, Way, consequences, pick::Pick, when::Reading},
        theme::Slot,
        words,
    },
};

/// The column in which answers begin.
const ANSWER: u16 = 15;
/// People shown at once.
const PEOPLE: usize = 6;
/// Changes of the final schedule shown at once.
const SHIFTS: usize = 5;

/// Draws the overlay; returns where the cursor blinks.
pub fn render(
    canvas: &mut Canvas<'_>,
    body: Rect,
    state: &State,
    model: &Model,
    now: DateTime<Utc>,
) -> Option<Position> {
    let width = body.width.min(92);
    let is_preview = matches!(state.stage, Stage::Preview { .. } | Stage::Writing(_)) || state.is_removal;
    let height = if is_preview || body.height <= 24 { body.height } else { 20 };
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
    canvas.clear(area);
    let title = if state.is_removal { " Take the override out " } else { " Override " };
    let title = Line::from(canvas.span(Slot::Accent, title));
    let hint = if is_preview { "" } else { " nothing is written before you saw the change " };
    let hint = Line::from(canvas.span(Slot::Dim, hint));
    let inside = canvas.frame(area, title, hint, true);
    if is_preview {
        preview(canvas, inside, state, model, now);
        return None;
    }
    form(canvas, inside, state, model, now)
}

/// How many lines of the change are on the screen: what "a page" means to the keys.
pub fn page(body: Rect) -> usize {
    usize::from(body.height.saturating_sub(12))
}

fn form(canvas: &mut Canvas<'_>, area: Rect, state: &State, model: &Model, now: DateTime<Utc>) -> Option<Position> {
    let (from, until) = state.times(&model.floor, now);
    let (mut y, mut blinks) = (0, None);
    for row in state.rows() {
        let is_here = row == state.row;
        label(canvas, area, y, row, state.way, is_here);
        let answer = Rect { x: area.x + ANSWER, width: area.width.saturating_sub(ANSWER + 1), ..area };
        match row {
            Row::Seat => choices(canvas, answer, y, &seat_names(state), state.seat, is_here),
            Row::Way => {
                let ways: Vec<String> = Way::ALL.iter().map(|way| way.word().to_owned()).collect();
                let at = Way::ALL.iter().position(|way| *way == state.way).unwrap_or(0);
                choices(canvas, answer, y, &ways, at, is_here);
            }
            Row::Who | Row::InsteadOf => {
                let pick = if row == Row::Who { &state.who } else { &state.instead_of };
                field(canvas, answer, y, &pick.field, "");
                if is_here {
                    blinks = Some((y, &pick.field));
                    y += people(canvas, answer, y + 1, pick);
                }
            }
            Row::From | Row::Until => {
                let typed = if row == Row::From { &state.from } else { &state.until };
                let read = if row == Row::From { from } else { until };
                let start = from.filter(|_| row == Row::Until).map(|f| f.at);
                field(canvas, answer, y, typed, "");
                let side = Rect { x: answer.x + 22, width: answer.width.saturating_sub(22), ..answer };
                if is_here {
                    blinks = Some((y, typed));
                }
                let (mut meaning, remark) = meaning(canvas, read, start, model, now);
                // A remark that the side has no room for stands below, whole.
                let is_room = remark.as_ref().is_none_or(|r| meaning.width() + 2 + r.width() <= side.width.into());
                if let Some(remark) = remark.clone().filter(|_| is_room) {
                    meaning.push_span(Span::raw("  "));
                    meaning.push_span(remark);
                }
                canvas.line(side, y, &meaning);
                if let Some(remark) = remark.filter(|_| !is_room) {
                    y += 1;
                    canvas.line(answer, y, &Line::from(remark));
                }
            }
            Row::Note => {
                field(canvas, answer, y, &state.note, "why, for whoever reads the roster");
                if is_here {
                    blinks = Some((y, &state.note));
                }
            }
        }
        y += 1;
    }
    tail(canvas, area, y, state);
    blinks.map(|(row, typed)| {
        let column = (typed.column() as u16).min(area.width.saturating_sub(ANSWER + 2));
        Position { x: area.x + ANSWER + column, y: area.y + row.min(area.height.saturating_sub(1)) }
    })
}

/// What is wrong, and the keys.
fn tail(canvas: &mut Canvas<'_>, area: Rect, y: u16, state: &State) {
    let last = area.height.saturating_sub(1);
    let mut row = y + 1;
    if let Some(problem) = &state.problem {
        for part in wrap(&format!("! {problem}"), usize::from(area.width.saturating_sub(2))).into_iter().take(3) {
            if row < last {
                canvas.text(area, row, Slot::Over, &format!(" {part}"));
            }
            row += 1;
        }
    } else if matches!(state.stage, Stage::Asked(_)) && row < last {
        canvas.text(area, row, Slot::Dim, " asking what it would change…");
    }
    keys(
        canvas,
        area,
        &[("enter", "show the change"), ("tab", "next field"), ("left right", "choose"), ("esc", "leave it")],
    );
}

fn keys(canvas: &mut Canvas<'_>, area: Rect, pairs: &[(&str, &str)]) {
    let spans: Vec<Span<'static>> = pairs
        .iter()
        .flat_map(|(key, word)| {
            [canvas.span(Slot::Key, format!(" {key}")), canvas.span(Slot::Dim, format!(" {word} "))]
        })
        .collect();
    canvas.line(area, area.height.saturating_sub(1), &Line::from(spans));
}

fn label(canvas: &mut Canvas<'_>, area: Rect, y: u16, row: Row, way: Way, is_here: bool) {
    let word = match row {
        Row::Seat => "seat",
        Row::Way => "what",
        Row::Who if way == Way::Off => "who is off",
        Row::Who => "who",
        Row::InsteadOf => "instead of",
        Row::From => "from",
        Row::Until => "until",
        Row::Note => "note",
    };
    let mark = if is_here { canvas.theme.sign("›", ">") } else { " " };
    let slot = if is_here { Slot::Accent } else { Slot::Dim };
    canvas.text(area, y, slot, &format!(" {mark} {word}"));
}

fn seat_names(state: &State) -> Vec<String> {
    state.seats.iter().map(|name| clip(name.as_str(), 24)).collect()
}

/// Choices side by side; where they do not fit, the chosen one alone with how many there are.
fn choices(canvas: &mut Canvas<'_>, area: Rect, y: u16, words: &[String], at: usize, is_here: bool) {
    let width: usize = words.iter().map(|w| w.width() + 3).sum();
    if width > usize::from(area.width) {
        let word = words.get(at).cloned().unwrap_or_default();
        let line = Line::from(vec![
            canvas.span(if is_here { Slot::Selection } else { Slot::Text }, format!("[{word}]")),
            canvas.span(Slot::Dim, format!("  {} of {}, left and right", at + 1, words.len())),
        ]);
        canvas.line(Rect { x: area.x.saturating_sub(1), width: area.width + 1, ..area }, y, &line);
        return;
    }
    let mut spans = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let slot = match (place == at, is_here) {
            (true, true) => Slot::Selection,
            (true, false) => Slot::Text,
            (false, _) => Slot::Dim,
        };
        // Without colour the chosen one still stands out.
        let text = if place == at { format!("[{word}]") } else { format!(" {word} ") };
        spans.push(canvas.span(slot, text));
        spans.push(Span::raw(" "));
    }
    canvas.line(Rect { x: area.x.saturating_sub(1), width: area.width + 1, ..area }, y, &Line::from(spans));
}

fn field(canvas: &mut Canvas<'_>, area: Rect, y: u16, field: &Field, empty: &str) {
    if field.text().is_empty() {
        canvas.text(area, y, Slot::Dim, empty);
    } else {
        canvas.text(area, y, Slot::Text, field.text());
    }
}

/// The people found, below the field; returns how many rows they take.
fn people(canvas: &mut Canvas<'_>, area: Rect, y: u16, pick: &Pick) -> u16 {
    let room = usize::from(area.height.saturating_sub(y + 9)).clamp(1, PEOPLE);
    if pick.n_found() == 0 {
        canvas.text(area, y, Slot::Risk, "nobody of that name in the roster");
        return 1;
    }
    let top = (pick.at + 1).saturating_sub(room);
    let mut row = 0;
    for (place, choice) in pick.found().enumerate().skip(top).take(room) {
        let is_it = pick.is_begun() && place == pick.at;
        let mark = if is_it { canvas.theme.sign("› ", "> ") } else { "  " };
        let line = Line::from(vec![
            canvas.span(Slot::Accent, mark),
            canvas.span(if is_it { Slot::Text } else { Slot::Dim }, fit_left(&clip(choice.id.as_str(), 18), 20)),
            canvas.span(Slot::Dim, clip(choice.name.as_str(), 30)),
        ]);
        canvas.line(area, y + row, &line);
        row += 1;
    }
    let more = pick.n_found().saturating_sub(top + usize::from(row));
    if more > 0 {
        canvas.text(area, y + row, Slot::Dim, &format!("  and {more} more: type some of the name"));
        row += 1;
    }
    row
}

/// What a typed time means: the day, the zone, how long; and what to know about it.
fn meaning(
    canvas: &Canvas<'_>,
    read: Option<Reading>,
    start: Option<DateTime<Utc>>,
    model: &Model,
    now: DateTime<Utc>,
) -> (Line<'static>, Option<Span<'static>>) {
    let Some(read) = read else {
        return (Line::from(canvas.span(Slot::Risk, "not a time: 18:00, fri 09:00, +12h")), None);
    };
    let zone = &model.floor.zone;
    let local = zone.local(read.at);
    let mut text = format!("{} {} {}", words::day(local.date()), local.format("%H:%M"), zone.abbreviation(read.at));
    match start {
        Some(start) if read.at > start => text.push_str(&format!(", for {}", short_span(between(start, read.at)))),
        Some(_) => {
            let remark = canvas.span(Slot::Over, "not after it begins");
            return (Line::from(canvas.span(Slot::Over, text)), Some(remark));
        }
        None if read.at > now => text.push_str(&format!(", in {}", words::age(between(now, read.at)))),
        None => {}
    }
    let remark = read.oddity.map(|oddity| canvas.span(Slot::Risk, oddity.word()));
    (Line::from(canvas.span(Slot::Dim, text)), remark)
}

fn preview(canvas: &mut Canvas<'_>, area: Rect, state: &State, model: &Model, now: DateTime<Utc>) {
    let (change, diff) = match &state.stage {
        Stage::Preview { change, diff, .. } => (Some(change), diff.as_slice()),
        Stage::Writing(change) | Stage::Asked(change) => (Some(change), [].as_slice()),
        Stage::Filling => (None, [].as_slice()),
    };
    let mut y = 0;
    if let Some(problem) = &state.problem {
        for part in wrap(&format!("! {problem}"), usize::from(area.width.saturating_sub(2))) {
            canvas.text(area, y, Slot::Over, &format!(" {part}"));
            y += 1;
        }
        keys(canvas, area, &[("any key", "close")]);
        return;
    }
    for line in change.map(|change| summary(canvas, state, change, model, now)).unwrap_or_default() {
        canvas.line(area, y, &line);
        y += 1;
    }
    y += 1;
    let room = Rect { y: area.y + y, height: area.height.saturating_sub(y + 2), ..area };
    let top = state.scroll.held(diff.len(), usize::from(room.height));
    for (row, line) in diff.iter().skip(top).take(usize::from(room.height)).enumerate() {
        let slot = match line.mark {
            Mark::Kept => Slot::Dim,
            Mark::Added => Slot::Good,
            Mark::Removed => Slot::Over,
        };
        let number = line.new.or(line.old).map(|n| n.to_string()).unwrap_or_default();
        let text = Line::from(vec![
            canvas.span(Slot::Border, format!("{number:>5} ")),
            canvas.span(slot, format!("{} {}", line.mark.sign(), line.text)),
        ]);
        canvas.line(room, row as u16, &text);
    }
    canvas.scroll_mark(room, top, diff.len());
    match state.stage {
        Stage::Preview { .. } if diff.is_empty() => {
            canvas.text(area, area.height.saturating_sub(3), Slot::Risk, " the file would stay as it is");
            keys(canvas, area, &[("esc", "back")]);
        }
        Stage::Preview { .. } => {
            keys(canvas, area, &[("y", "write it into the roster"), ("enter", "no, back"), ("up down", "scroll")]);
        }
        Stage::Asked(_) => canvas.text(area, area.height.saturating_sub(1), Slot::Dim, " asking what it would change…"),
        Stage::Writing(_) | Stage::Filling => {
            canvas.text(area, area.height.saturating_sub(1), Slot::Dim, " writing…");
        }
    }
}

/// Who is on call because of it, and who was.
fn summary(
    canvas: &Canvas<'_>,
    state: &State,
    change: &OverrideChange,
    model: &Model,
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let seat = state.seat_name();
    let zone = &model.floor.zone;
    let roster = model.floor.on_call().map(|on_call| &on_call.roster);
    let Some(schedule) = roster.and_then(|r| r.schedules.iter().find(|s| s.name == seat)) else { return Vec::new() };
    // Once it is written, the roster that was read again has it already.
    if matches!(state.stage, Stage::Writing(_)) {
        return Vec::new();
    }
    let shifts = consequences(schedule, change, now);
    let mut lines = Vec::new();
    if shifts.is_empty() {
        lines.push(Line::from(canvas.span(Slot::Risk, " ! it changes nothing: the same people are on call")));
    }
    for shift in shifts.iter().take(SHIFTS) {
        let when = format!(
            " {} {} to {}  ",
            clip(seat.as_str(), 16),
            words::moment(shift.start, zone, now),
            words::moment(shift.end, zone, now)
        );
        let arrow = canvas.theme.sign(" → ", " -> ");
        lines.push(Line::from(vec![
            canvas.span(Slot::Dim, when),
            canvas.span(Slot::Dim, names(&shift.before)),
            canvas.span(Slot::Dim, arrow),
            canvas.span(if shift.after.is_empty() { Slot::Over } else { Slot::Accent }, names(&shift.after)),
        ]));
    }
    if shifts.len() > SHIFTS {
        let more = counted(shifts.len() - SHIFTS, "more stretch", "more stretches");
        lines.push(Line::from(canvas.span(Slot::Dim, format!("   and {more}"))));
    }
    lines.extend(away(canvas, change, model, now));
    lines
}

fn names(people: &[Person]) -> String {
    match people {
        [] => "nobody".to_owned(),
        people => clip(&people.iter().map(Person::as_str).collect::<Vec<_>>().join(", "), 30),
    }
}

/// Whoever steps in while away: said, not forbidden.
fn away(canvas: &Canvas<'_>, change: &OverrideChange, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let OverrideChange::Add(new) = change else { return Vec::new() };
    let steps_in = new.kind.steps_in();
    let leave = model.floor.on_call().map(|on_call| on_call.roster.leave.as_slice()).unwrap_or_default();
    leave
        .iter()
        .filter(|l| l.start < new.end && new.start < l.end && steps_in.contains(&l.user))
        .take(2)
        .map(|l| {
            let (from, until) =
                (words::moment(l.start, &model.floor.zone, now), words::moment(l.end, &model.floor.zone, now));
            let text = format!(" ! {} is away {from} to {until}", clip(l.user.as_str(), 24));
            Line::from(canvas.span(Slot::Risk, text))
        })
        .collect()
}
