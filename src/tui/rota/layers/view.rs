//! Draws the rotations: two lines each, what it does now and how it turns.

use chrono::{DateTime, Utc};
use ratatui::text::Line;

use crate::{
    domain::rota::Schedule,
    floor::oncall::OnCall,
    text::{clip, counted, fit_left},
    tui::{
        canvas::Canvas,
        rota::{
            layers::{Standing, hours, shift, standings},
            view::names,
        },
        theme::Slot,
    },
};

/// Every layer of every seat.
pub fn lines(canvas: &Canvas<'_>, on_call: &OnCall, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for schedule in &on_call.roster.schedules {
        lines.push(Line::from(canvas.span(Slot::Heading, format!(" {}", clip(schedule.name.as_str(), 30)))));
        seat(canvas, schedule, width, now, &mut lines);
    }
    if lines.is_empty() {
        lines.push(Line::from(canvas.span(Slot::Dim, " the roster has no schedule")));
    }
    lines
}

fn seat(canvas: &Canvas<'_>, schedule: &Schedule, width: u16, now: DateTime<Utc>, lines: &mut Vec<Line<'static>>) {
    let (to, then) = (canvas.theme.sign("–", "-"), canvas.theme.sign(" › ", " > "));
    let found = standings(schedule, now);
    let levels =
        schedule.layers.iter().map(|l| (&l.name, l.level)).chain(schedule.calendars.iter().map(|c| (&c.name, c.level)));
    let turns = schedule.layers.iter().map(|layer| {
        let order: Vec<String> = layer.participants.iter().take(40).map(|turn| names(turn)).collect();
        let hours = hours(&layer.restrictions, to);
        format!("{} {hours} {}  {}", shift(layer.shift), layer.zone.name(), order.join(then))
    });
    let shifts =
        schedule.calendars.iter().map(|c| format!("{} from a calendar", counted(c.shifts.len(), "shift", "shifts")));
    let room = usize::from(width);
    let name_width = (room / 3).clamp(12, 26);
    for (((name, level), (people, standing)), how) in levels.zip(found).zip(turns.chain(shifts)) {
        let (slot, who) = match standing {
            Standing::Showing => (Slot::Accent, names(&people)),
            Standing::Hidden | Standing::Overridden => (Slot::Dim, names(&people)),
            Standing::Silent | Standing::NotYet | Standing::Over | Standing::Nobody => {
                (Slot::Dim, canvas.theme.sign("–", "-").to_owned())
            }
        };
        lines.push(Line::from(vec![
            canvas.span(Slot::Text, format!("   {}", fit_left(&clip(name.as_str(), name_width), name_width + 1))),
            canvas.span(Slot::Dim, format!("level {level:<4}")),
            canvas.span(slot, fit_left(&clip(&who, 18), 19)),
            canvas.span(if standing == Standing::Showing { Slot::Good } else { Slot::Dim }, standing.word()),
        ]));
        lines.push(Line::from(canvas.span(Slot::Dim, format!("     {}", clip(&how, room.saturating_sub(6))))));
    }
    for off in &schedule.off {
        let note = off.note.as_ref().map(|n| format!(": {n}")).unwrap_or_default();
        let text = format!("   off by design  {} {}{note}", hours(&off.hours, to), off.zone.name());
        lines.push(Line::from(canvas.span(Slot::Dim, clip(&text, room.saturating_sub(1)))));
    }
}
