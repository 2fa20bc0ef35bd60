//! One row of the list.
//!
//! Columns leave in this order as room shrinks: reviewers, milestone, labels, who is told next (zoomed only), owner, the
//! clock's name, the repository. The title takes what is left; what is no issue says its kind before it.

use chrono::{DateTime, Utc};
use ratatui::text::Span;
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::{
        alert::{ALERTNAME, SEVERITY, alarm::Alarm},
        incident::{Incident, Kind, Numbering},
        sla::ClockState,
        zone::Zone,
    },
    floor::entry::Entry,
    text::{Text, clip, clip_words, fit_left, fit_right, grouped},
    tui::{
        Model, Pane, acting,
        alerts::sign::{figure, origin, sign, slot},
        canvas::Canvas,
        detail,
        queue::{Row, entry_of},
        theme::Slot,
        words,
    },
};

/// Which columns there are, and how wide.
pub(super) struct Columns {
    key: usize,
    key_is_short: bool,
    title: usize,
    labels: usize,
    milestone: usize,
    reviewers: usize,
    owner: usize,
    next: usize,
    clock: usize,
}

/// The title wants this much before another column may have any.
const TITLE_WANTS: usize = 34;

/// The columns before the key: ` ‼✓P0 `.
const SIGNS: usize = 7;

impl Columns {
    /// The columns that fit into `width`, for what is on the page.
    pub(super) fn fit(model: &Model, width: u16, now: DateTime<Utc>) -> Self {
        let (mut key, mut number, mut milestone, mut reviewers) = (6, 2, 0, 0);
        for entry in page(model) {
            let incident = &entry.incident;
            // The long names of alerts take room from their own titles alone.
            if incident.key.numbering == Numbering::Issues {
                key = key.max(incident.key.short().width());
                number = number.max(incident.key.name().len() + 1);
            }
            milestone = milestone.max(incident.milestone.as_ref().map_or(0, Text::width));
            reviewers = reviewers.max(asked(incident).width());
        }
        // The repository gives way, the number never does.
        let key = key.min(if width >= 110 { 24 } else { 16 }).max(number);
        // Two columns stand between the others, one at the end.
        let fixed = SIGNS + words::FIGURE_WIDTH + 2;
        let mut columns = Self {
            key,
            key_is_short: false,
            title: 0,
            labels: 0,
            milestone: 0,
            reviewers: 0,
            owner: 0,
            next: 0,
            clock: 0,
        };
        let mut left = usize::from(width).saturating_sub(fixed + key + 2);
        let mut grant = |wanted: usize, title: usize| {
            let fits = 0 < wanted && left >= title + wanted + 2;
            left -= if fits { wanted + 2 } else { 0 };
            if fits { wanted } else { 0 }
        };
        columns.clock = grant(7, TITLE_WANTS - 8);
        columns.owner = grant(10, TITLE_WANTS + 6);
        columns.next = grant(next_width(model, now), TITLE_WANTS);
        columns.labels = grant(22, TITLE_WANTS + 30);
        columns.milestone = grant(milestone.min(12), TITLE_WANTS + 30);
        columns.reviewers = grant(reviewers.min(16), TITLE_WANTS + 30);
        if left < 20 {
            columns.key_is_short = true;
            left += key.saturating_sub(number);
            columns.key = number;
        }
        columns.title = left;
        columns
    }

    /// Columns of the selection bar: signs, key and title.
    pub(super) fn bar(&self) -> u16 {
        (SIGNS + self.key + 1 + self.title) as u16
    }

    /// A row of the list: an incident or a heading.
    pub(super) fn spans(&self, canvas: &Canvas<'_>, row: Row, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
        match row {
            Row::Heading(place) => heading(canvas, place, model),
            Row::Alert(place) => match model.queue.alarms.shown().get(place) {
                Some(alarm) => self.alarm(canvas, alarm, &model.floor.zone, now),
                None => Vec::new(),
            },
            row => entry_of(&model.floor, row).map_or_else(Vec::new, |entry| self.entry(canvas, entry, model, now)),
        }
    }

    fn entry(&self, canvas: &Canvas<'_>, entry: &Entry, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
        let pressing = entry.pressing(now);
        let grade = entry.verdict.grade;
        let slot = words::state_slot(pressing.state);
        let incident = &entry.incident;
        // The long names of alerts take room from their titles; their repository stays.
        let columns = if incident.key.numbering == Numbering::Issues { self.key } else { self.key.max(24) };
        let key =
            if self.key_is_short { format!("#{}", incident.key.name()) } else { words::key(&incident.key, columns) };
        let is_picked = model.queue.picked.holds(&incident.key);
        let mut spans = vec![
            // The slot may be underlined: a blank has none of it.
            if is_picked { canvas.span(Slot::Match, canvas.theme.sign("●", "*")) } else { Span::raw(" ") },
            canvas.span(slot, words::sign(canvas.theme, pressing.state, grade)),
            canvas.span(Slot::Good, ack_sign(canvas, entry, model)),
            canvas.span(words::grade_slot(grade), format!("{:<3}", grade.word())),
            canvas.span(Slot::Dim, format!("{} ", fit_left(&key, self.key.max(key.width())))),
        ];
        let quiet = |width: usize, text: &str| {
            if width > 0 { vec![canvas.span(Slot::Dim, format!("  {}", fit_left(text, width)))] } else { Vec::new() }
        };
        let kind = kind_word(incident);
        spans.push(canvas.span(Slot::Dim, kind));
        let taken = key.width().saturating_sub(self.key) + kind.len();
        let room = self.title.saturating_sub(taken);
        spans.extend(title(canvas, entry, model, room, title_slot(pressing.state), now));
        let labels: Vec<&str> = incident.labels.iter().map(|l| l.as_str()).collect();
        spans.extend(quiet(self.labels, &labels.join(" ")));
        spans.extend(quiet(self.milestone, incident.milestone.as_ref().map_or("", Text::as_str)));
        spans.extend(quiet(self.reviewers, &asked(incident)));
        spans.extend(quiet(self.owner, &words::owner(entry).unwrap_or_else(|| "–".to_owned())));
        if self.next > 0 {
            let next = next_told(entry, model, now).unwrap_or_default();
            spans.push(canvas.span(Slot::Risk, format!("  {}", fit_left(&next, self.next))));
        }
        spans.extend(quiet(self.clock, words::clock_word(pressing.clock, grade)));
        let figure = fit_right(&words::pressing_figure(entry, &pressing), words::FIGURE_WIDTH);
        spans.push(canvas.span(slot, format!(" {figure} ")));
        spans
    }

    /// The row of an alert.
    fn alarm(&self, canvas: &Canvas<'_>, alarm: &Alarm, zone: &Zone, now: DateTime<Utc>) -> Vec<Span<'static>> {
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
        let origin = origin(alarm, now);
        let arrow = canvas.theme.sign("→", ">");
        let issue = alarm.issue.as_ref().map(|issue| format!("{arrow} {}  ", issue.key.short())).unwrap_or_default();
        let line = clip_words(&format!("{word}{flaps}{origin}{issue}{}", alarm.line()), room);
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

/// Its labels but those that every alert has.
fn labels(alarm: &Alarm) -> String {
    let own = alarm.alert.labels.iter().filter(|(name, _)| ![ALERTNAME, SEVERITY].contains(&name.as_str()));
    own.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// The entries on the page, and a few below.
fn page(model: &Model) -> impl Iterator<Item = &Entry> {
    let page = model.queue.rows.iter().skip(model.queue.cursor.top).take(100);
    page.filter_map(|row| entry_of(&model.floor, *row))
}

/// What the rows below have in common, and how many they are.
fn heading(canvas: &Canvas<'_>, place: usize, model: &Model) -> Vec<Span<'static>> {
    let Some(heading) = model.queue.headings.get(place) else { return Vec::new() };
    let flat = canvas.theme.sign("─", "-");
    vec![
        canvas.span(Slot::Border, format!(" {flat} ")),
        canvas.span(Slot::Heading, clip(heading.name.as_str(), 60)),
        canvas.span(Slot::Dim, format!("  {}", grouped(heading.n))),
    ]
}

/// What it is, in a few letters and a blank; nothing for an issue.
fn kind_word(incident: &Incident) -> &'static str {
    match incident.kind {
        Kind::Issue => "",
        Kind::PullRequest if incident.is_draft => "draft ",
        Kind::PullRequest => "PR ",
        Kind::Dependabot => "dep ",
        Kind::CodeScanning => "code ",
        Kind::Advisory => "adv ",
        Kind::Notification => "inbox ",
    }
}

/// Whose review it waits for: `ben.i asked`, `ben.i +2`.
fn asked(incident: &Incident) -> String {
    match incident.reviewers.as_slice() {
        [] => String::new(),
        [only] => format!("{only} asked"),
        [first, rest @ ..] => format!("{first} +{} asked", rest.len()),
    }
}

/// The title, and behind it what is not known to be done yet: `… closing`.
fn title(
    canvas: &Canvas<'_>,
    entry: &Entry,
    model: &Model,
    columns: usize,
    slot: Slot,
    now: DateTime<Utc>,
) -> Vec<Span<'static>> {
    let title = entry.incident.title.as_str();
    let Some(mark) = acting::known::mark(model, &entry.incident.key, now) else {
        return vec![canvas.span(slot, fit_left(&clip_words(title, columns), columns))];
    };
    let room = columns.saturating_sub(mark.width() + 1);
    if room < 4 {
        // Half a title tells nothing; that something waits does.
        return vec![canvas.span(Slot::Risk, fit_left(&mark, columns))];
    }
    vec![canvas.span(slot, format!("{} ", fit_left(&clip_words(title, room), room))), canvas.span(Slot::Risk, mark)]
}

/// Columns that `next: ben.i in 4m` takes in the zoomed list; none where no row on the page has somebody to be told.
fn next_width(model: &Model, now: DateTime<Utc>) -> usize {
    if !(model.is_zoomed && model.focus == Pane::Queue) {
        return 0;
    }
    let widths = page(model).filter_map(|entry| next_told(entry, model, now)).map(|next| next.width());
    widths.max().unwrap_or(0).min(24)
}

/// Whom the escalation of an unacknowledged incident tells next.
fn next_told(entry: &Entry, model: &Model, now: DateTime<Utc>) -> Option<String> {
    let (at, people) = model.floor.next_told(&entry.incident.key, now)?;
    Some(format!("next: {}", detail::ladder::told(&people, at, now)))
}

fn title_slot(state: ClockState) -> Slot {
    if state == ClockState::Paused { Slot::Paused } else { Slot::Text }
}

/// `✓` taken on, `…` on its way to disk.
fn ack_sign(canvas: &Canvas<'_>, entry: &Entry, model: &Model) -> &'static str {
    if model.queue.acking.contains(&entry.incident.key) {
        canvas.theme.sign("…", ".")
    } else if entry.acked.is_some() {
        canvas.theme.sign("✓", "v")
    } else {
        " "
    }
}
