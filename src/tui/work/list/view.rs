//! Draws the duties.
//!
//! ```text
//! ! late      weekly triage        Mon 10:00  mae.l            ++x++++  4 h
//! * due       hand-over note       17:00      primary: ben.i   +++++++
//! ─ hand-over note ───────────────────────────────────────────────────
//!   Write down what the next shift has to know.
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{
        duty::judge::{Done, Judged, Standing, State as TurnState},
        escalation::Target,
        time::short_span,
    },
    floor::duties::Tended,
    text::{Text, clip, fit_left},
    tui::{
        Model,
        canvas::{Canvas, spread, wrap},
        theme::Slot,
        words,
        work::{
            State,
            list::{DETAILS, rows},
        },
    },
};

/// Draws the list and what the selected one is about.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, state: &State, model: &Model, now: DateTime<Utc>) {
    let rows = rows(&model.floor);
    if rows.is_empty() {
        let lines = [
            "no duty in the settings".to_owned(),
            "[[duty]] in watchfloor.toml names work that comes again".to_owned(),
        ];
        return canvas.note(area, Slot::Dim, &lines);
    }
    let below = DETAILS.min(area.height.saturating_sub(3));
    let list = Rect { height: area.height - below, ..area };
    let page = usize::from(list.height);
    for (row, (place, tended)) in rows.iter().enumerate().skip(state.cursor.top).take(page).enumerate() {
        let line = one(canvas, tended, list.width, model, now);
        canvas.line(list, row as u16, &line);
        if place == state.cursor.at {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: list.y + row as u16, height: 1, ..list }, style);
        }
    }
    canvas.scroll_mark(list, state.cursor.top, rows.len());
    if let Some(tended) = rows.get(state.cursor.at) {
        let area = Rect { y: list.bottom(), height: below, ..area };
        details(canvas, area, tended, model, now);
    }
}

/// A sign and a colour of how a turn stands.
pub fn state_of(canvas: &Canvas<'_>, state: &TurnState) -> (Slot, &'static str) {
    let sign = |unicode, ascii| canvas.theme.sign(unicode, ascii);
    match state {
        TurnState::Late => (Slot::Over, sign("‼", "!")),
        TurnState::Missed => (Slot::Over, sign("✗", "x")),
        TurnState::Unknown(_) => (Slot::Risk, "?"),
        TurnState::Due => (Slot::Risk, sign("●", "*")),
        TurnState::Soon => (Slot::Text, sign("○", "o")),
        TurnState::Upcoming => (Slot::Dim, sign("·", ".")),
        TurnState::Done(done) if done.is_unproven => (Slot::Risk, sign("✓", "+")),
        TurnState::Done(_) => (Slot::Good, sign("✓", "+")),
    }
}

fn one(canvas: &Canvas<'_>, tended: &Tended, width: u16, model: &Model, now: DateTime<Utc>) -> Line<'static> {
    let is_wide = width >= 100;
    let Some((head, standing)) = tended.head().zip(tended.standing.as_ref()) else {
        return Line::from(canvas.span(Slot::Dim, format!("   over      {}", tended.duty.name)));
    };
    let (slot, sign) = state_of(canvas, &head.state);
    let zone = &model.floor.zone;
    let name = if is_wide { 30 } else { 22 };
    let left = vec![
        canvas.span(slot, format!(" {sign} {:<9}", head.state.word())),
        canvas.span(Slot::Text, format!("{} ", fit_left(tended.duty.name.as_str(), name))),
        canvas.span(slot, format!("{} ", fit_left(&words::moment(head.turn.at, zone, now), 12))),
        canvas.span(Slot::Dim, fit_left(&who(model, tended, head), if is_wide { 24 } else { 17 })),
    ];
    // Whose it is matters more than how it went a week ago.
    let mut right = strip(canvas, standing, if is_wide { 24 } else { 4 });
    let late = head.late_by(&tended.duty, now).map(|late| format!(" {:>7}", short_span(late)));
    right.push(canvas.span(Slot::Over, late.unwrap_or_else(|| " ".repeat(8))));
    spread(left, right, width)
}

/// Who has a turn: `ana.k`, or `primary: ben.i`.
fn who(model: &Model, tended: &Tended, head: &Judged) -> String {
    let people = model.floor.people_for(&tended.duty.owner, head.turn.at);
    let names = people.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
    match &tended.duty.owner {
        Target::Person(person) => person.to_string(),
        Target::Seat(seat) if names.is_empty() => format!("{seat}: nobody"),
        Target::Seat(seat) => format!("{seat}: {names}"),
    }
}

/// How the last turns went, the latest at the right.
fn strip(canvas: &Canvas<'_>, standing: &Standing, most: usize) -> Vec<Span<'static>> {
    let last = standing.last.iter().filter(|last| last.state.is_done());
    let mut past: Vec<&Judged> = last.chain(&standing.past).take(most).collect();
    past.reverse();
    let mut spans = vec![Span::raw(" ".repeat(most.saturating_sub(past.len())))];
    spans.extend(past.into_iter().map(|judged| {
        let (slot, sign) = state_of(canvas, &judged.state);
        canvas.span(slot, sign)
    }));
    spans
}

fn details(canvas: &mut Canvas<'_>, area: Rect, tended: &Tended, model: &Model, now: DateTime<Utc>) {
    let duty = &tended.duty;
    let width = usize::from(area.width);
    let rule = canvas.theme.sign("─", "-");
    let title = clip(duty.name.as_str(), width.saturating_sub(6));
    let used = title.chars().count().saturating_add(3);
    let head = vec![
        canvas.span(Slot::Border, rule),
        canvas.span(Slot::Accent, format!(" {title} ")),
        canvas.span(Slot::Border, rule.repeat(width.saturating_sub(used))),
    ];
    canvas.line(area, 0, &Line::from(head));
    let mut lines: Vec<(Slot, String)> = Vec::new();
    if !duty.about.is_blank() {
        lines.push((Slot::Text, duty.about.to_string()));
    }
    if let Some(judged) = tended.standing.as_ref().and_then(|standing| standing.last.as_ref()) {
        lines.push((state_of(canvas, &judged.state).0, last(tended, judged, model, now)));
    }
    if let Some(next) = tended.standing.as_ref().and_then(|standing| standing.next.as_ref()) {
        lines.push((Slot::Dim, format!("next {}", words::moment(next.turn.at, &model.floor.zone, now))));
    }
    let proof = match &duty.evidence {
        Some(evidence) => {
            format!("proven by {}, at most {} old when it is due", evidence.files, short_span(evidence.max_age))
        }
        None => "space says that it is done".to_owned(),
    };
    lines.push((Slot::Dim, proof));
    if let Some((missed, known @ 1..)) = tended.standing.as_ref().map(Standing::missed) {
        lines.push((
            if missed > 0 { Slot::Risk } else { Slot::Dim },
            format!("{missed} of the last {known} turns missed"),
        ));
    }
    lines.extend(duty.runbook.iter().map(|runbook| (Slot::Dim, format!("how: {runbook}"))));
    let room = width.saturating_sub(4);
    let wrapped = lines.iter().flat_map(|(slot, text)| wrap(text, room).into_iter().map(|part| (*slot, part)));
    for (row, (slot, part)) in wrapped.take(usize::from(area.height.saturating_sub(1))).enumerate() {
        canvas.text(area, row as u16 + 1, slot, &format!("  {part}"));
    }
}

/// What became of the last turn, in words.
fn last(tended: &Tended, judged: &Judged, model: &Model, now: DateTime<Utc>) -> String {
    let zone = &model.floor.zone;
    let at = words::moment(judged.turn.at, zone, now);
    let late = judged.late_by(&tended.duty, now).map(short_span);
    match &judged.state {
        TurnState::Done(Done { at: done, by, file, note, is_unproven }) => {
            let how = by.as_ref().or(file.as_ref()).map(|by| format!(" by {by}")).unwrap_or_default();
            let late = late.map(|late| format!(", {late} after it was due")).unwrap_or_default();
            let doubt = if *is_unproven { "; no file bears that out" } else { "" };
            let note = if note.is_blank() { String::new() } else { format!(": {note}") };
            format!("the turn of {at}: done {}{how}{late}{doubt}{note}", words::moment(*done, zone, now))
        }
        TurnState::Unknown(why) => format!("the turn of {at}: nobody can tell: {why}"),
        TurnState::Late | TurnState::Missed => {
            format!("the turn of {at} is not done, {} after it was due", late.unwrap_or_default())
        }
        TurnState::Due | TurnState::Soon | TurnState::Upcoming => {
            format!(
                "the turn of {at} is {}; late at {}",
                judged.state.word(),
                words::moment(tended.duty.late_at(judged.turn), zone, now)
            )
        }
    }
}
