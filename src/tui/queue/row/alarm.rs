//! One alert in the list, in the columns of the incidents.

use chrono::{DateTime, Utc};
use ratatui::text::Span;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    domain::{
        alert::{ALERTNAME, SEVERITY, alarm::Alarm},
        zone::Zone,
    },
    text::{clip, clip_words, fit_left, fit_right},
    tui::{
        alerts::sign::{figure, sign, slot},
        canvas::Canvas,
        queue::row::Columns,
        theme::Slot,
        words,
    },
};

/// Its labels but those that every alert has.
fn labels(alarm: &Alarm) -> String {
    let own = alarm.alert.labels.iter().filter(|(name, _)| ![ALERTNAME, SEVERITY].contains(&name.as_str()));
    own.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

impl Columns {
    /// The row of an alert.
    pub(super) fn alarm(
        &self,
        canvas: &Canvas<'_>,
        alarm: &Alarm,
        zone: &Zone,
        now: DateTime<Utc>,
    ) -> Vec<Span<'static>> {
        let slot = slot(alarm);
        let ack = if alarm.taken.is_some() { canvas.theme.sign("✓", "v") } else { " " };
        // Its name is what it is known by: it takes room from what it says.
        let most = self.key.max(24).min(self.key + self.title / 2);
        let name = clip(alarm.alert.rule.as_str(), most);
        let mut spans = vec![
            Span::raw(" "),
            canvas.span(slot, sign(canvas, alarm)),
            canvas.span(Slot::Good, ack),
            canvas.span(Slot::Dim, "   "),
            canvas.span(slot, format!("{} ", fit_left(&name, self.key.max(name.width())))),
        ];
        let room = self.title.saturating_sub(name.width().saturating_sub(self.key));
        let flaps = if alarm.is_flapping { "flapping  " } else { "" };
        let word = if self.clock == 0 { format!("{}  ", alarm.word()) } else { String::new() };
        let line = clip_words(&format!("{word}{flaps}{}", alarm.line()), room);
        let quiet = if alarm.presses() { Slot::Text } else { Slot::Dim };
        spans.push(canvas.span(quiet, fit_left(&line, room)));
        let mut column = |width: usize, text: &str| {
            if width > 0 {
                spans.push(canvas.span(Slot::Dim, format!("  {}", fit_left(&clip(text, width), width))));
            }
        };
        column(self.labels, &labels(alarm));
        column(self.milestone, "");
        column(self.reviewers, "");
        column(self.owner, alarm.taken.as_ref().map_or("–", |taken| taken.by.as_str()));
        column(self.next, "");
        if self.clock > 0 {
            spans.push(canvas.span(slot, format!("  {}", fit_left(alarm.word(), self.clock))));
        }
        let figure = fit_right(&figure(alarm, zone, now), words::FIGURE_WIDTH);
        spans.push(canvas.span(slot, format!(" {figure} ")));
        spans
    }
}
