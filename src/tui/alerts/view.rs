//! Draws one alert: how it stands, value against bound, labels, what to do, who was told and who is on call.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::{Position, Rect},
    text::{Line, Span},
};

use crate::{
    domain::{
        alert::{RUNBOOK, abroad::Abroad, alarm::Alarm, rule::AnyRule},
        notify::message::{BOUND, VALUE},
        time::short_span,
        zone::Zone,
    },
    text::{Text, clip, counted, fit_left},
    tui::{
        Model,
        alerts::{State, sign},
        canvas::{Canvas, wrap},
        cursor::Scroll,
        theme::Slot,
        words,
    },
};

/// The column in which answers begin.
const ANSWER: usize = 11;

/// Draws the overlay over the whole body.
pub fn render(
    canvas: &mut Canvas<'_>,
    area: Rect,
    state: &State,
    model: &Model,
    now: DateTime<Utc>,
) -> Option<Position> {
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, format!(" {} ", clip(state.last.alert.rule.as_str(), 60))));
    let id = Line::from(canvas.span(Slot::Dim, format!(" alert {} ", state.last.alert.id)));
    let inside = canvas.frame(area, title, id, true);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let found = model.queue.alarms.find(state.last.alert.id);
    let mut lines = Vec::new();
    if found.is_none() {
        let mark = canvas.theme.sign("✓", "v");
        lines.push(Line::from(canvas.span(Slot::Good, format!("{mark} it has cleared; this is how it stood last"))));
    }
    lines.extend(told_of(canvas, found.unwrap_or(&state.last), model, inside.width, now));
    lines.push(Line::default());
    lines.extend(notices(canvas, state, model, now));
    draw(canvas, inside, &lines, state.scroll);
    None
}

/// Draws an alert beside the list.
pub fn body(canvas: &mut Canvas<'_>, area: Rect, alarm: &Alarm, model: &Model, now: DateTime<Utc>) {
    let lines = told_of(canvas, alarm, model, area.width, now);
    draw(canvas, area, &lines, Scroll::default());
}

fn draw(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line<'static>], scroll: Scroll) {
    let page = usize::from(area.height);
    let top = scroll.held(lines.len(), page);
    for (row, line) in lines.iter().skip(top).take(page).enumerate() {
        canvas.line(area, row as u16, line);
    }
    canvas.scroll_mark(area, top, lines.len());
}

/// A word and what it stands for, wrapped below itself.
fn answer(canvas: &Canvas<'_>, name: &str, slot: Slot, text: &str, width: u16) -> Vec<Line<'static>> {
    let room = usize::from(width).saturating_sub(ANSWER).max(8);
    let mut name = name;
    let mut lines = Vec::new();
    for part in wrap(text, room) {
        let head = canvas.span(Slot::Dim, fit_left(name, ANSWER));
        lines.push(Line::from(vec![head, canvas.span(slot, part)]));
        name = "";
    }
    lines
}

fn told_of(canvas: &Canvas<'_>, alarm: &Alarm, model: &Model, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let (alert, zone) = (&alarm.alert, &model.floor.zone);
    let mut lines: Vec<Line<'static>> = wrap(alert.summary().as_str(), usize::from(width))
        .into_iter()
        .map(|part| Line::from(canvas.span(Slot::Heading, part)))
        .collect();
    lines.push(Line::from(standing(canvas, alarm, model, now)));
    lines.push(Line::default());
    let measured = alarm.measured().unwrap_or_else(|| "nothing measured".to_owned());
    let bound = alarm.bound().map(|bound| format!("  fires {bound}")).unwrap_or_default();
    let slot = sign::slot(alarm);
    lines.push(Line::from(vec![
        canvas.span(Slot::Dim, fit_left("value", ANSWER)),
        canvas.span(slot, measured),
        canvas.span(Slot::Dim, bound),
        canvas.span(Slot::Dim, format!("  last heard {}", words::ago(alert.last_seen, now))),
    ]));
    let rule = model.floor.book().rules().find_map(|view| match view.rule {
        AnyRule::Alert(rule) if rule.name == alert.rule => Some(rule),
        _ => None,
    });
    if let Some(rule) = rule.filter(|_| alarm.elsewhere().is_none()) {
        let hold = if rule.hold.is_zero() { String::new() } else { format!(", for {}", short_span(rule.hold)) };
        lines.extend(answer(canvas, "rule", Slot::Text, &format!("{}{hold}", rule.expr.written()), width));
    }
    lines.extend(answer(canvas, "labels", Slot::Text, &alert.labels.to_string(), width));
    for (name, said) in alert.annotations.iter() {
        if ![RUNBOOK, BOUND, VALUE, "summary"].contains(&name.as_str()) {
            lines.extend(answer(canvas, &clip(name.as_str(), ANSWER - 1), Slot::Text, said.as_str(), width));
        }
    }
    match alert.runbook() {
        Some(page) => lines.extend(answer(canvas, "runbook", Slot::Accent, &format!("{page}  (b opens it)"), width)),
        None => lines.extend(answer(canvas, "runbook", Slot::Risk, "none: nobody wrote down what to do", width)),
    }
    if let Some(issue) = &alarm.issue {
        let page = issue.url.as_ref().map(|url| format!("  {url}")).unwrap_or_default();
        lines.extend(answer(canvas, "issue", Slot::Accent, &format!("{}{page}", issue.key), width));
    }
    lines.extend(answer(canvas, "on call", Slot::Text, &on_call(model), width));
    if let Some(abroad) = &alarm.abroad {
        lines.extend(elsewhere(canvas, abroad, zone, width, now));
    }
    if let Some(silence) = alarm.silence.as_ref().filter(|_| alarm.elsewhere().is_none_or(|a| a.manager.is_none())) {
        let until = words::moment(silence.until, zone, now);
        let said = format!("until {until} by {}: {}  {}", silence.author, silence.comment, silence.selector());
        lines.extend(answer(canvas, "silence", Slot::Paused, &said, width));
    }
    lines
}

/// What other servers tell of it: which they are, whether they are heard, what holds it back there.
fn elsewhere(canvas: &Canvas<'_>, abroad: &Abroad, zone: &Zone, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let servers: Vec<&str> = abroad.servers.iter().map(Text::as_str).collect();
    let as_well = if abroad.is_own { "judged here, and known to " } else { "" };
    let said = format!("{as_well}{}: {}", servers.join(", "), abroad.state.word());
    let mut lines = answer(canvas, "told by", Slot::Text, &said, width);
    if let Some(unheard) = &abroad.unheard {
        let why = if unheard.why.is_blank() { "it does not answer" } else { unheard.why.as_str() };
        let said = format!("last heard {}: {why}", words::ago(unheard.since, now));
        lines.extend(answer(canvas, "", Slot::Stale, &said, width));
    }
    for silence in &abroad.silences {
        let matchers: Vec<&str> = silence.matchers.iter().map(Text::as_str).collect();
        let until = words::moment(silence.until, zone, now);
        let said = format!("until {until} by {}: {}  {}", silence.author, silence.comment, matchers.join(" "));
        lines.extend(answer(canvas, "silence", Slot::Paused, &said, width));
    }
    if 0 < abroad.n_inhibiting {
        let said = format!("held back by {}", counted(abroad.n_inhibiting, "other alert", "other alerts"));
        lines.extend(answer(canvas, "", Slot::Paused, &said, width));
    }
    lines
}

/// How it stands, since when, and who has it.
fn standing(canvas: &Canvas<'_>, alarm: &Alarm, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let (zone, slot) = (&model.floor.zone, sign::slot(alarm));
    let since = words::moment(alarm.since(), zone, now);
    let mut spans = vec![
        canvas.span(slot, format!("{} {}", sign::sign(canvas, alarm), alarm.word())),
        canvas.span(Slot::Text, format!("  since {since} ({})", words::ago(alarm.since(), now))),
    ];
    if let Some(severity) = alarm.alert.severity() {
        spans.push(canvas.span(Slot::Dim, format!("  severity {}", clip(severity.as_str(), 16))));
    }
    if let Some(unheard) = alarm.unheard() {
        let said = format!("  not heard since {}", words::moment(unheard.since, zone, now));
        spans.push(canvas.span(Slot::Stale, said));
    } else if let Some(blind) = alarm.alert.stale_since() {
        spans.push(canvas.span(Slot::Stale, format!("  no data since {}", words::moment(blind, zone, now))));
    }
    if alarm.is_flapping {
        spans.push(canvas.span(Slot::Risk, "  flapping"));
    }
    if let Some(taken) = &alarm.taken {
        let at = words::moment(taken.at, zone, now);
        let mark = canvas.theme.sign("✓", "v");
        spans.push(canvas.span(Slot::Good, format!("  {mark} taken on by {} at {at}", taken.by)));
    }
    spans
}

/// Who is on call, each with the seat.
fn on_call(model: &Model) -> String {
    let Some(known) = model.floor.on_call() else { return "no roster is read".to_owned() };
    let named = known.seats.iter().map(|seat| {
        let people: Vec<&str> = seat.duty.people.iter().map(crate::text::Text::as_str).collect();
        let people = if people.is_empty() { "nobody".to_owned() } else { people.join(", ") };
        format!("{people} {}", seat.name)
    });
    named.collect::<Vec<_>>().join(" · ")
}

/// How far the notices are that tell of it.
fn notices(canvas: &Canvas<'_>, state: &State, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let head = |text: &str| vec![Line::from(canvas.span(Slot::Dim, format!("{}{text}", fit_left("told", ANSWER))))];
    match &state.notices {
        None => head("reading …"),
        Some(Err(why)) => head(&format!("not known: {why}")),
        Some(Ok(steps)) if steps.is_empty() => head("nobody over a channel, as far as is written down here"),
        Some(Ok(steps)) => {
            let mut name = "told";
            let line = |step: &crate::floor::handled::NoticeStep| {
                let slot = if step.state.as_str() == "sent" { Slot::Good } else { Slot::Risk };
                let why = step.why.as_ref().map(|why| format!("  {}", clip(why.as_str(), 60))).unwrap_or_default();
                let head = canvas.span(Slot::Dim, fit_left(std::mem::take(&mut name), ANSWER));
                let at = words::moment(step.at, &model.floor.zone, now);
                Line::from(vec![
                    head,
                    canvas.span(Slot::Dim, fit_left(&at, 13)),
                    canvas.span(slot, fit_left(step.state.as_str(), 9)),
                    canvas.span(Slot::Text, clip(step.channel.as_str(), 30)),
                    canvas.span(Slot::Dim, why),
                ])
            };
            steps.iter().map(line).collect()
        }
    }
}
