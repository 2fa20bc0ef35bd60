//! Draws how the hours are shared, and who is away.

use chrono::{DateTime, Utc};
use ratatui::text::Line;

use crate::{
    floor::oncall::OnCall,
    text::{clip, fit_left},
    tui::{
        Model,
        canvas::Canvas,
        rota::load::{AHEAD, BACK, away},
        theme::Slot,
        words,
    },
};

/// Hours, nights and weekends of each person, with a bar against whoever has most.
pub fn shares(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Line<'static>> {
    let Some(shares) = &model.rota.fairness else { return Vec::new() };
    if shares.rows.is_empty() {
        return vec![Line::from(canvas.span(Slot::Dim, " nobody takes turns"))];
    }
    let most = shares.rows.iter().map(|row| row.total.num_minutes()).max().unwrap_or(0).max(1);
    let name = usize::from(width / 4).clamp(10, 18);
    let fixed = name + 2 + 4 * 9;
    let bar = usize::from(width).saturating_sub(fixed + 2).min(24);
    let head = format!(" {:name$}{:>9}{:>9}{:>9}{:>9}", "", "hours", "nights", "weekends", "ahead");
    let mut lines = vec![Line::from(canvas.span(Slot::Dim, head))];
    for row in &shares.rows {
        let hours = |length: chrono::TimeDelta, slot| {
            let text = if length.is_zero() {
                canvas.theme.sign("–", "-").to_owned()
            } else {
                format!("{} h", length.num_hours())
            };
            canvas.span(slot, format!("{text:>9}"))
        };
        let mut spans = vec![
            canvas.span(Slot::Text, format!(" {}", fit_left(&clip(row.person.as_str(), name - 1), name))),
            hours(row.total, Slot::Text),
            hours(row.nights, Slot::Dim),
            hours(row.weekends, Slot::Dim),
            hours(row.ahead, Slot::Dim),
        ];
        if bar >= 6 {
            spans.push(canvas.span(Slot::Dim, "  "));
            let share = row.total.num_minutes() as f64 / most as f64;
            spans.extend(words::meter(canvas, share, bar, Slot::Spark));
        }
        lines.push(Line::from(spans));
    }
    lines.push(Line::default());
    let text = format!(
        " the last {} days by the roster as it stands; ahead: the next {}. Night is 22–08, each by their own clock",
        BACK.num_days(),
        AHEAD.num_days()
    );
    lines.extend(
        crate::tui::canvas::wrap(&text, usize::from(width.saturating_sub(2)))
            .into_iter()
            .map(|part| Line::from(canvas.span(Slot::Dim, format!(" {part}")))),
    );
    lines
}

/// Who is away, with the duty that falls into it.
pub fn leave(
    canvas: &Canvas<'_>,
    on_call: &OnCall,
    model: &Model,
    width: u16,
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let found = away(on_call, &model.rota.duties, now);
    if found.is_empty() {
        return vec![Line::from(canvas.span(Slot::Dim, " nobody is away"))];
    }
    let to = canvas.theme.sign("–", "-");
    found
        .iter()
        .flat_map(|away| {
            let leave = away.leave;
            let when =
                format!("{} {to} {}", words::moment(leave.start, zone, now), words::moment(leave.end, zone, now));
            let is_now = leave.start <= now;
            let mut spans = vec![
                canvas.span(
                    if is_now { Slot::Accent } else { Slot::Text },
                    format!(" {}", fit_left(&clip(leave.user.as_str(), 14), 15)),
                ),
                canvas.span(Slot::Dim, fit_left(&when, 30)),
            ];
            if let Some((seat, at)) = away.duty {
                let text = format!("! {} duty {}  ", clip(seat.as_str(), 12), words::moment(at, zone, now));
                spans.push(canvas.span(Slot::Over, text));
            }
            let used: usize = spans.iter().map(ratatui::text::Span::width).sum();
            let note = leave.note.as_ref().filter(|note| !note.is_blank());
            let room = usize::from(width).saturating_sub(used + 1);
            match note {
                None => vec![Line::from(spans)],
                Some(note) if note.width() <= room => {
                    spans.push(canvas.span(Slot::Dim, note.as_str().to_owned()));
                    vec![Line::from(spans)]
                }
                Some(note) => {
                    let below = format!("   {}", clip(note.as_str(), usize::from(width).saturating_sub(4)));
                    vec![Line::from(spans), Line::from(canvas.span(Slot::Dim, below))]
                }
            }
        })
        .collect()
}
