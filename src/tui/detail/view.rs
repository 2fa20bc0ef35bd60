//! Draws one incident: who and what, both clocks, why they say what they say, its text.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::{Position, Rect},
    text::{Line, Span},
};

use crate::{
    domain::{
        plans::day,
        priority::Grade,
        sla::{ClockState, Step, WhichClock},
    },
    floor::{changed::Opening, entry::Entry},
    text::{clip, counted, fit_left},
    tui::{
        Model, Overlay,
        acting::deed,
        canvas::{Canvas, wrap},
        detail::{State, ladder},
        markdown,
        theme::Slot,
        words,
    },
};

/// Draws the overlay over the whole body.
pub fn render(
    canvas: &mut Canvas<'_>,
    area: Rect,
    state: &State,
    model: &Model,
    now: DateTime<Utc>,
) -> Option<Position> {
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, format!(" {} ", clip(&state.key.to_string(), 60))));
    let inside = canvas.frame(area, title, Line::default(), true);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    match model.floor.queue().find(&state.key) {
        Some(entry) => body(canvas, inside, entry, model, state.scroll.top, now),
        None => canvas.note(
            inside,
            Slot::Dim,
            &["it is no longer in the queue: its source does not name it any more".to_owned()],
        ),
    }
    None
}

/// Draws an incident from line `top` on.
pub fn body(canvas: &mut Canvas<'_>, area: Rect, entry: &Entry, model: &Model, top: usize, now: DateTime<Utc>) {
    let mut lines = Vec::new();
    for part in wrap(entry.incident.title.as_str(), usize::from(area.width)) {
        lines.push(Line::from(canvas.span(Slot::Heading, part)));
    }
    lines.extend(facts(canvas, entry, model, area.width, now));
    lines.extend(waits(canvas, entry, model, now));
    lines.push(Line::default());
    lines.extend(clocks(canvas, entry, model, now));
    lines.push(Line::default());
    if let Some(ladder) = model.floor.ladder(&entry.incident.key, now) {
        let rungs = ladder::lines(&ladder, &model.floor.zone, usize::from(area.width), now);
        lines.extend(rungs.into_iter().map(|(slot, text)| Line::from(canvas.span(slot, text))));
        lines.push(Line::default());
    }
    lines.extend(evidence(canvas, entry, model, now));
    lines.extend(opening(canvas, entry, model, area.width));
    let page = usize::from(area.height);
    let top = crate::tui::cursor::Scroll { top }.held(lines.len(), page);
    for (row, line) in lines.iter().skip(top).take(page).enumerate() {
        canvas.line(area, row as u16, line);
    }
    canvas.scroll_mark(area, top, lines.len());
}

/// The opening text under a quiet line, or why it is not there. A preview beside the list reads nothing: only what is opened
/// is worth a look at the disk.
fn opening(canvas: &Canvas<'_>, entry: &Entry, model: &Model, width: u16) -> Vec<Line<'static>> {
    let is_opened = matches!(model.overlays.last(), Some(Overlay::Detail(state)) if state.key == entry.incident.key);
    let flat = canvas.theme.sign("─", "-").repeat(usize::from(width).min(60));
    let mut lines = vec![Line::default(), Line::from(canvas.span(Slot::Border, flat))];
    match model.floor.opening(&entry.incident.key) {
        Opening::Text(passage) => lines.extend(markdown::render(canvas, passage, width.min(110))),
        Opening::None if is_opened => lines.push(Line::from(canvas.span(Slot::Dim, "no text"))),
        Opening::Unread if is_opened => lines.push(Line::from(canvas.span(Slot::Dim, "reading …"))),
        Opening::None | Opening::Unread => lines.clear(),
    }
    lines
}

fn facts(canvas: &Canvas<'_>, entry: &Entry, model: &Model, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let incident = &entry.incident;
    let zone = &model.floor.zone;
    let grade = entry.verdict.grade;
    let word = if grade == Grade::Untriaged { "untriaged" } else { grade.word() };
    let kind = if incident.is_draft { "draft pull request" } else { incident.kind.word() };
    let author = incident.author.as_ref().map_or("a deleted account".to_owned(), ToString::to_string);
    let opened = words::moment(incident.opened_at, zone, now);
    let mut first = vec![
        canvas.span(words::grade_slot(grade), word),
        canvas.span(
            Slot::Dim,
            format!("  {kind} by {author}, opened {opened} ({})", words::ago(incident.opened_at, now)),
        ),
    ];
    if let Some(at) = incident.closed_at {
        first.push(canvas.span(Slot::Good, format!("  closed {}", words::moment(at, zone, now))));
    }
    let owner = words::owner(entry).unwrap_or_else(|| "nobody".to_owned());
    let mut second = vec![canvas.span(Slot::Dim, "owner "), canvas.span(Slot::Text, clip(&owner, 30))];
    if let Some((by, at)) = &entry.acked {
        let local = words::moment(*at, zone, now);
        second.push(canvas.span(Slot::Good, format!("  {} taken on by {by} at {local}", canvas.theme.sign("✓", "v"))));
    }
    second.push(canvas.span(Slot::Dim, format!("  {}", counted(incident.comments as usize, "comment", "comments"))));
    let labels: Vec<&str> = incident.labels.iter().map(|l| l.as_str()).collect();
    let mut lines = vec![Line::from(first), Line::from(second)];
    if !labels.is_empty() {
        let text = clip(&labels.join(" · "), usize::from(width).saturating_sub(8));
        lines.push(Line::from(vec![canvas.span(Slot::Dim, "labels "), canvas.span(Slot::Text, text)]));
    }
    let mut asked = Vec::new();
    if let Some(milestone) = &incident.milestone {
        asked.push(canvas.span(Slot::Dim, "milestone "));
        asked.push(canvas.span(Slot::Text, format!("{}  ", clip(milestone.as_str(), 40))));
        if let Some(due) = model.floor.milestone_of(incident).and_then(|milestone| milestone.due) {
            asked.push(canvas.span(Slot::Dim, "due "));
            asked.push(canvas.span(Slot::Text, format!("{}  ", day(due))));
        }
    }
    if !incident.reviewers.is_empty() {
        let reviewers: Vec<&str> = incident.reviewers.iter().map(|login| login.as_str()).collect();
        asked.push(canvas.span(Slot::Dim, "review asked of "));
        asked.push(canvas.span(Slot::Text, clip(&reviewers.join(", "), 60)));
    }
    if !asked.is_empty() {
        lines.push(Line::from(asked));
    }
    if !incident.url.is_blank() {
        lines.push(Line::from(canvas.span(Slot::Dim, incident.url.as_str().to_owned())));
    }
    lines
}

/// What waits to be done to it, and until when it is out of sight.
fn waits(canvas: &Canvas<'_>, entry: &Entry, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let key = &entry.incident.key;
    let sign = canvas.theme.sign("…", ".");
    let written = model.floor.outbox().pending_on(key).map(|intent| deed::act_words(&intent.act));
    let asked = model.acting.asked(key);
    let wanted = written.chain(asked.iter().map(deed::act_words));
    let mut lines: Vec<Line<'static>> = wanted
        .map(|act| Line::from(canvas.span(Slot::Risk, format!("{sign} {act}: not done yet, O tells why"))))
        .collect();
    if let Some((until, by)) = model.floor.queue().snoozed_until(key, now) {
        let until = words::moment(*until, &model.floor.zone, now);
        lines.push(Line::from(canvas.span(Slot::Paused, format!("snoozed until {until} by {by}; w wakes it"))));
    }
    lines
}

/// Both clocks, each in a line: what it says, what was promised, when it is due.
pub fn clocks(canvas: &Canvas<'_>, entry: &Entry, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    [WhichClock::Response, WhichClock::Fix]
        .map(|which| {
            let clock = entry.clock(which);
            let state = clock.state_at(now);
            let slot = words::state_slot(state);
            let name = words::clock_word(which, entry.verdict.grade);
            if !entry.is_known(which) {
                let text = format!("{name:<8}unknown: its history has not been read");
                return Line::from(canvas.span(Slot::Stale, text));
            }
            let mut spans = vec![
                canvas.span(Slot::Dim, format!("{name:<8}")),
                canvas.span(slot, words::clock_figure(state, clock.left(now))),
            ];
            let hours = if clock.is_business { " open" } else { "" };
            let target = clock.target.map_or("best effort".to_owned(), |t| format!("within {}{hours}", clock.span(t)));
            spans.push(canvas.span(Slot::Dim, format!("  {target}")));
            if let Some(at) = clock.stopped_at {
                let text = format!("  stopped {} after {}", words::moment(at, zone, now), clock.span(clock.elapsed));
                spans.push(canvas.span(Slot::Dim, text));
            } else if let Some(at) = clock.deadline {
                let word = if state == ClockState::Breached { "was due" } else { "due" };
                // Where that was closing time, the next opening: beside "0s left" or "5m over" the deadline is a riddle.
                let opens = clock.over_after.filter(|opens| at < *opens && at <= now);
                let verb = if state == ClockState::Breached { "over since" } else { "counts on" };
                let opens = opens.map(|opens| format!(", {verb} {}", words::moment(opens, zone, now)));
                let text = format!("  {word} {}{}", words::moment(at, zone, now), opens.unwrap_or_default());
                spans.push(canvas.span(Slot::Dim, text));
            }
            Line::from(spans)
        })
        .into()
}

/// Why the clocks say what they say: each start, pause and stop, with the event that caused it.
pub fn evidence(canvas: &Canvas<'_>, entry: &Entry, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let mut lines = Vec::new();
    if !entry.incident.has_timeline {
        let text = "the source gives a list without history: clocks run from the opening, responses are not known";
        lines.push(Line::from(canvas.span(Slot::Risk, text)));
    }
    for step in model.floor.evidence(&entry.incident.key, now) {
        let clock = match step.clock {
            WhichClock::Response => "response",
            WhichClock::Fix => "fix",
        };
        let (slot, word) = match step.step {
            Step::Start => (Slot::Text, "starts".to_owned()),
            Step::Pause => (Slot::Paused, "pauses".to_owned()),
            Step::Resume => (Slot::Text, "goes on".to_owned()),
            Step::Stop => (Slot::Good, "stops".to_owned()),
            Step::Retarget(grade) => (Slot::Text, format!("judged as {}", grade.word())),
            Step::Breach => (Slot::Over, "goes over".to_owned()),
        };
        let under = step.under.as_ref().map(|rule| format!(" {}", clip(rule.as_str(), 24))).unwrap_or_default();
        let by = step.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        lines.push(Line::from(vec![
            canvas.span(Slot::Dim, fit_left(&words::moment(step.at, zone, now), 13)),
            canvas.span(Slot::Dim, format!("{clock:<9}")),
            canvas.span(slot, format!("{word:<14}")),
            Span::styled(format!("{}{by}", step.event), canvas.style(Slot::Dim)),
            canvas.span(Slot::Border, format!("  {}{under}", step.rule)),
        ]));
    }
    lines
}
