//! Draws burn-ins: a strip of days, the verdict, and what broke.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::burn_in::{BurnIn, Day, Standing, Verdict},
    text::Text,
    tui::{
        Model,
        canvas::{Canvas, spread, wrap},
        theme::Slot,
        words,
    },
};

/// Draws all of them, one below the other.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let all = model.floor.burn_ins();
    if all.is_empty() {
        let lines = [
            "no burn-in in the settings".to_owned(),
            "[[burn_in]] in watchfloor.toml asks that something holds for so many days".to_owned(),
        ];
        return canvas.note(area, Slot::Dim, &lines);
    }
    let mut row = 0;
    for burning in all {
        let standing = model.floor.burn_in_standing(burning, now);
        for line in lines(canvas, &burning.burn_in, &standing, area.width, model, now) {
            canvas.line(area, row, &line);
            row = row.saturating_add(1);
        }
        row = row.saturating_add(1);
    }
}

fn day_of(canvas: &Canvas<'_>, day: &Day) -> (Slot, &'static str) {
    let sign = |unicode, ascii| canvas.theme.sign(unicode, ascii);
    match day {
        Day::Held => (Slot::Good, sign("■", "+")),
        Day::Broken(_) => (Slot::Over, sign("✗", "x")),
        Day::Allowed(_) => (Slot::Risk, sign("□", "a")),
        Day::Unknown(_) => (Slot::Risk, "?"),
        Day::Running => (Slot::Accent, sign("▪", "*")),
        Day::Ahead => (Slot::Dim, sign("·", ".")),
    }
}

fn lines(
    canvas: &Canvas<'_>,
    burn_in: &BurnIn,
    standing: &Standing,
    width: u16,
    model: &Model,
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let slot = match standing.verdict {
        Verdict::Passed => Slot::Good,
        Verdict::Broken => Slot::Over,
        Verdict::Unknown => Slot::Risk,
        Verdict::Running | Verdict::NotBegun => Slot::Text,
    };
    let over = format!("{} of {} days ", standing.n_over(), burn_in.days);
    let head = vec![
        canvas.span(Slot::Text, format!(" {}  ", burn_in.name)),
        canvas.span(slot, standing.verdict.word()),
        canvas.span(Slot::Dim, format!("  since {}", words::day(standing.start))),
    ];
    let mut lines = vec![spread(head, vec![canvas.span(Slot::Dim, over)], width)];
    // Weeks of seven, so that a day can be found.
    let a_row = usize::from(width.saturating_sub(2)).saturating_sub(usize::from(width) / 8).max(14);
    for part in standing.days.chunks(a_row) {
        let mut strip = vec![Span::raw(" ")];
        for (n, (_, day)) in part.iter().enumerate() {
            if n > 0 && n % 7 == 0 {
                strip.push(Span::raw(" "));
            }
            let (slot, sign) = day_of(canvas, day);
            strip.push(canvas.span(slot, sign));
        }
        lines.push(Line::from(strip));
    }
    let room = usize::from(width).saturating_sub(4).max(20);
    let mut say = |slot: Slot, text: &str| {
        lines.extend(wrap(text, room).into_iter().map(|part| Line::from(canvas.span(slot, format!("  {part}")))));
    };
    let mut asked = Vec::new();
    asked.extend(burn_in.duty.as_ref().map(|duty| format!("{duty} done each day")));
    asked.extend(burn_in.signals.iter().map(|signal| format!("{signal} within its bound")));
    asked.extend(burn_in.slos.iter().map(|slo| format!("{slo} kept")));
    asked.extend((!burn_in.freeze.is_empty()).then(|| format!("unchanged: {}", burn_in.freeze.join(", "))));
    say(Slot::Dim, &asked.join(" · "));
    let told = standing.days.iter().filter_map(|(day, judged)| Some((day, judged, judged.why()?)));
    for (day, judged, why) in told.take(6) {
        let (slot, _) = day_of(canvas, judged);
        say(slot, &format!("{} {}: {why}", words::day(*day), judged.word()));
    }
    for reset in standing.resets.iter().rev().take(3) {
        let by = reset.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let when = words::moment(reset.at, &model.floor.zone, now);
        say(Slot::Dim, &format!("begun anew {when}{by}: {}", Text::as_str(&reset.note)));
    }
    lines
}
