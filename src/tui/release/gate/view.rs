//! Draws the gate: who signed, what stands against it, freezes, what is on record.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::release::{
        gate::{Outcome, Reason, Role, Verdict},
        record::Say,
    },
    text::{Text, clip, counted, fit_left},
    tui::{
        Model,
        canvas::Canvas,
        cursor::Cursor,
        release::{
            gate::{Row, roles, says},
            saying,
        },
        theme::Slot,
        words,
    },
};

/// The gate's verdict in words.
pub fn verdict(outcome: &Outcome) -> (Slot, String) {
    let n = outcome.reasons.len();
    match outcome.verdict {
        Verdict::Go => (Slot::Good, "going out now: GO".to_owned()),
        Verdict::NoGo => (Slot::Over, format!("going out now: NO GO, {}", counted(n, "reason", "reasons"))),
        Verdict::CannotJudge => {
            (Slot::Risk, format!("going out now: COULD NOT JUDGE, {}", counted(n, "reason", "reasons")))
        }
    }
}

/// Draws the rows; without a cursor they are only read.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, cursor: Option<Cursor>, now: DateTime<Utc>) {
    let mut first = 0;
    if let Some(outcome) = model.floor.gate() {
        let (slot, said) = verdict(outcome);
        canvas.text(area, 0, slot, &format!(" {said}"));
        first = 1;
    }
    let list = Rect { y: area.y + first, height: area.height.saturating_sub(first), ..area };
    let rows = &model.release.gate;
    if rows.is_empty() {
        let hint = "roles, jobs and freezes stand in [release] of watchfloor.toml".to_owned();
        return canvas.note(list, Slot::Dim, &["nothing is asked for beside the steps".to_owned(), hint]);
    }
    let top = cursor.map_or(0, |cursor| cursor.top);
    let roles = roles(&model.floor);
    for (line, (at, row)) in rows.iter().enumerate().skip(top).take(usize::from(list.height)).enumerate() {
        let drawn = one(canvas, model, *row, &roles, list.width, now);
        canvas.line(list, line as u16, &drawn);
        if cursor.is_some_and(|cursor| cursor.at == at) {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: list.y + line as u16, height: 1, ..list }, style);
        }
    }
    if cursor.is_some() {
        canvas.scroll_mark(list, top, rows.len());
    } else if rows.len() > usize::from(list.height) && list.height > 0 {
        let more = rows.len() - usize::from(list.height) + 1;
        let line = format!("   and {more} more (l for the gate)");
        canvas.text(list, list.height - 1, Slot::Dim, &fit_left(&line, usize::from(list.width)));
    }
}

fn one(canvas: &Canvas<'_>, model: &Model, row: Row, roles: &[Role], width: u16, now: DateTime<Utc>) -> Line<'static> {
    let room = usize::from(width).saturating_sub(4);
    match row {
        Row::Head(title) => Line::from(canvas.span(Slot::Heading, format!(" {title}"))),
        Row::Role(at) => roles.get(at).map(|it| role(canvas, model, it, room, now)).unwrap_or_default(),
        Row::Reason(at) => {
            let reason = model.floor.gate().and_then(|outcome| outcome.reasons.get(at));
            reason.map(|it| against(canvas, model, it, room)).unwrap_or_default()
        }
        Row::Freeze(at) => {
            let Some(freeze) = model.floor.release_rules().freezes.get(at) else { return Line::default() };
            let zone = &model.floor.zone;
            let when = |at| words::moment(at, zone, now);
            let (slot, how) = match () {
                () if freeze.end <= now => (Slot::Dim, format!("over since {}", when(freeze.end))),
                () if now < freeze.start => {
                    (Slot::Text, format!("from {} until {}", when(freeze.start), when(freeze.end)))
                }
                () if freeze.is_excepted => (Slot::Good, format!("excepted, until {}", when(freeze.end))),
                () => (Slot::Risk, format!("now, until {}", when(freeze.end))),
            };
            Line::from(canvas.span(slot, format!("   {}", clip(&format!("{}: {how}", freeze.name), room))))
        }
        Row::Entry(course, place) => {
            let course = model.floor.release().and_then(|release| release.courses.get(course));
            let Some(entry) = course.and_then(|course| course.record.entries().get(place)) else {
                return Line::default();
            };
            let why = if entry.reason.is_blank() { String::new() } else { format!(": {}", entry.reason) };
            let when = words::moment(entry.at, &model.floor.zone, now);
            let said = format!("{}, by {} {when}{why}", clip(&saying::named(model, &entry.deed), 52), entry.by);
            Line::from(canvas.span(Slot::Text, format!("   {}", clip(&said, room))))
        }
    }
}

/// A role's word: `✓ qa        go, cy, Thu 12:00, of 1a2b3c4`.
fn role(canvas: &Canvas<'_>, model: &Model, role: &Role, room: usize, now: DateTime<Utc>) -> Line<'static> {
    let counts = |by: &Text| {
        role.members.is_empty() || role.members.iter().any(|m| m.as_str().eq_ignore_ascii_case(by.as_str()))
    };
    let says = says(&model.floor, role);
    let veto = says.iter().rev().find(|(entry, say)| *say == Say::Veto && counts(&entry.by));
    let go = says.iter().rev().find(|(entry, say)| *say == Say::Go && counts(&entry.by));
    let reasons = model.floor.gate().map(|outcome| outcome.reasons.as_slice()).unwrap_or_default();
    let is_stale = reasons.iter().any(|it| matches!(it, Reason::Stale { role: of, .. } if *of == role.name));
    let told = |word: &str, entry: &crate::domain::release::record::Entry| {
        let commit =
            entry.commit.as_ref().map(|commit| format!(", of {}", clip(commit.as_str(), 8))).unwrap_or_default();
        let why = if entry.reason.is_blank() { String::new() } else { format!(": {}", entry.reason) };
        format!("{word}, {}, {}{commit}{why}", entry.by, words::moment(entry.at, &model.floor.zone, now))
    };
    let (slot, sign, said) = match (veto, go) {
        (Some((entry, _)), _) => (Slot::Over, canvas.theme.sign("✗", "x"), told("veto", entry)),
        (None, Some((entry, _))) if is_stale => (Slot::Risk, "!", told("another commit: go", entry)),
        (None, Some((entry, _))) => (Slot::Good, canvas.theme.sign("✓", "+"), told("go", entry)),
        (None, None) => {
            let members: Vec<&str> = role.members.iter().map(Text::as_str).collect();
            let who = if members.is_empty() { String::new() } else { format!(" ({})", members.join(", ")) };
            (Slot::Risk, canvas.theme.sign("–", "-"), format!("no word yet{who}"))
        }
    };
    let name = fit_left(role.name.as_str(), 13);
    Line::from(vec![
        canvas.span(slot, format!(" {sign} ")),
        canvas.span(Slot::Text, format!("{name} ")),
        canvas.span(slot, clip(&said, room.saturating_sub(13))),
    ])
}

fn against(canvas: &Canvas<'_>, model: &Model, reason: &Reason, room: usize) -> Line<'static> {
    let (slot, sign) = match reason {
        Reason::Unheard(_) => (Slot::Risk, "?"),
        Reason::Item { .. } | Reason::Missing(_) => (Slot::Text, canvas.theme.sign("·", ".")),
        Reason::NoCriteria
        | Reason::Blockers(_)
        | Reason::Contradicted { .. }
        | Reason::Stale { .. }
        | Reason::Veto { .. }
        | Reason::Decided { .. }
        | Reason::Ci { .. }
        | Reason::Freeze { .. }
        | Reason::Budget(_) => (Slot::Over, canvas.theme.sign("✗", "x")),
    };
    let said = match reason {
        // The identity is for programs.
        Reason::Item { text, .. } => text.to_string(),
        Reason::Contradicted { id, said } => {
            let steps = model.release.sheet.courses(&model.floor).iter().flat_map(|course| &course.plan.steps);
            let step = steps.into_iter().find(|step| step.id.text() == id).map_or(id, |step| &step.text);
            format!("ticked, but {said}: {step}")
        }
        reason => reason.words(),
    };
    Line::from(vec![canvas.span(slot, format!(" {sign} ")), canvas.span(Slot::Text, clip(&said, room))])
}

/// Every role in one line: names give way, down to four letters.
pub fn sign_offs(canvas: &Canvas<'_>, model: &Model, width: u16) -> Option<Line<'static>> {
    let roles = roles(&model.floor);
    let mut spans = vec![canvas.span(Slot::Dim, " sign-off")];
    let room = usize::from(width).saturating_sub(10) / roles.len().max(1);
    for role in &roles {
        let (slot, sign) = word(canvas, model, role);
        let name = clip(role.name.as_str(), room.saturating_sub(3).clamp(4, 14));
        spans.push(canvas.span(Slot::Text, format!(" {name} ")));
        spans.push(Span::styled(sign, canvas.style(slot)));
    }
    (!roles.is_empty()).then(|| Line::from(spans))
}

fn word(canvas: &Canvas<'_>, model: &Model, role: &Role) -> (Slot, &'static str) {
    use crate::domain::release::Word;

    let counts = |by: &Text| {
        role.members.is_empty() || role.members.iter().any(|m| m.as_str().eq_ignore_ascii_case(by.as_str()))
    };
    let says = says(&model.floor, role);
    let said = |wanted: Say| says.iter().any(|(entry, say)| *say == wanted && counts(&entry.by));
    // Where no plan was read, the release says it itself.
    let named = model.floor.release().into_iter().flat_map(|release| &release.sign_offs);
    let of = named.filter(|it| it.role == role.name).map(|it| it.word).find(|_| says.is_empty());
    match of {
        Some(Word::Veto) => (Slot::Over, canvas.theme.sign("✗ no", "no")),
        None if said(Say::Veto) => (Slot::Over, canvas.theme.sign("✗ no", "no")),
        Some(Word::Go) => (Slot::Good, canvas.theme.sign("✓", "go")),
        None if said(Say::Go) => (Slot::Good, canvas.theme.sign("✓", "go")),
        Some(Word::Silent) | None => (Slot::Dim, canvas.theme.sign("–", "-")),
    }
}
