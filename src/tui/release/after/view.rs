//! Draws what is watched after T-0.
//!
//! ```text
//!  watched for 42m more, until 11:00; ana decides (b: steps)
//!  ‼ sync broken > 30m      for 31m
//!  ✓ a new P0               none was opened
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    style::Modifier,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    domain::{
        release::{
            announcement::{Announcement, Press},
            rollback::{Criterion, Rollback, Stage, State},
        },
        time::{between, short_span},
    },
    text::{clip, clip_words, fit_left, wrap},
    tui::{
        Model,
        canvas::{Canvas, spread},
        theme::Slot,
        words,
    },
};

/// Columns of a criterion's name at most.
const NAME: usize = 36;

/// The loud row: that taking it back is recommended and nobody has decided yet. It is turned round, in every theme.
pub fn banner(canvas: &Canvas<'_>, model: &Model, width: u16, now: DateTime<Utc>) -> Option<Line<'static>> {
    let watch = model.floor.rollback().filter(|watch| watch.is_waiting())?;
    let sign = canvas.theme.sign("‼", "!!");
    let (said, tail) = loud_words(&format!("{sign} "), watch, usize::from(width).saturating_sub(2), now);
    let loud = canvas.style(Slot::Over).add_modifier(Modifier::REVERSED | Modifier::BOLD);
    let row = spread(vec![Span::raw(format!(" {said}"))], vec![Span::raw(tail)], width);
    Some(Line::from(Span::styled(row.to_string(), loud)))
}

/// What becomes of words that are longer than their row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Long {
    /// They are cut: a row each, where rows are counted beforehand.
    Cut,
    /// They go on in the next row.
    Wrapped,
}

/// What the loud row says, and which keys it names: what it is about comes before the keys, in words that fit.
fn loud_words(sign: &str, watch: &Rollback, width: usize, now: DateTime<Utc>) -> (String, &'static str) {
    const KEYS: &str = "  b steps, d decide ";
    const FEW_KEYS: &str = "  b d ";
    let (whole, short) = (format!("{sign}{}", watch.line(now)), format!("{sign}{}", watch.short()));
    let fits = |said: &str, tail: &str| said.width() + tail.width() <= width;
    let shown = |said: &str, tail: &'static str| (clip(said, width.saturating_sub(tail.width())), tail);
    match () {
        () if fits(&whole, KEYS) => shown(&whole, KEYS),
        () if ENOUGH <= width.saturating_sub(KEYS.width()) => shown(&whole, KEYS),
        () if fits(&short, KEYS) => shown(&short, KEYS),
        () if fits(&short, FEW_KEYS) => shown(&short, FEW_KEYS),
        () => shown(&short, ""),
    }
}

/// In so many columns the whole sentence says what is the matter, though its end may be cut.
const ENOUGH: usize = 48;

/// How long it is watched, what would take it back, what was decided.
pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16, long: Long, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let Some(watch) = model.floor.rollback() else {
        return vec![Line::from(canvas.span(Slot::Dim, " no date is set: nothing is watched"))];
    };
    let room = usize::from(width).saturating_sub(2);
    let mut lines = Vec::new();
    let mut say = |slot, said: &str| {
        let rows = match long {
            Long::Cut => vec![clip(said, room)],
            Long::Wrapped => wrap(said, room),
        };
        let indent = |nth| if nth == 0 { " " } else { "   " };
        let rows = rows.into_iter().enumerate().map(|(nth, row)| format!("{}{row}", indent(nth)));
        lines.extend(rows.map(|row| Line::from(canvas.span(slot, row))));
    };
    let until = words::moment(watch.end, &model.floor.zone, now);
    let (slot, bake) = match watch.stage {
        Stage::Before => (
            Slot::Dim,
            format!("roll-back: watched for {} from T-0, until {until}", short_span(between(watch.start, watch.end))),
        ),
        Stage::Baking => {
            (Slot::Risk, format!("bake window: {} left, until {until}", short_span(between(now, watch.end))))
        }
        Stage::Over => (Slot::Dim, format!("the bake window is over since {until}")),
    };
    let owner = if watch.owner.is_blank() { String::new() } else { format!("; {} decides", watch.owner) };
    say(slot, &format!("{bake}{owner}"));
    // What nobody has decided on stands in its own row above.
    if watch.is_recommended() && !watch.is_waiting() {
        say(Slot::Over, &format!("{} {}", canvas.theme.sign("‼", "!!"), watch.line(now)));
    }
    if !watch.is_declared {
        say(Slot::Dim, "the settings declare no [release.rollback]: the usual criteria are watched");
    }
    if let Some((what, by, at)) = &watch.decided {
        let when = words::moment(*at, &model.floor.zone, now);
        say(Slot::Text, &format!("decided: {}, by {by} {when}", what.word()));
    }
    let longest = watch.criteria.iter().map(|it| it.name.as_str().width()).max().unwrap_or(0);
    let name = longest.min(usize::from(width) * 3 / 5).min(NAME);
    lines.extend(watch.criteria.iter().flat_map(|it| criterion(canvas, it, watch, (name, width), long)));
    lines
}

/// A criterion in its column, and how it stands.
fn criterion(
    canvas: &Canvas<'_>,
    criterion: &Criterion,
    watch: &Rollback,
    (name, width): (usize, u16),
    long: Long,
) -> Vec<Line<'static>> {
    let (slot, sign) = match criterion.state {
        _ if watch.stage == Stage::Before => (Slot::Dim, canvas.theme.sign("·", ".")),
        State::Met(_) => (Slot::Over, canvas.theme.sign("‼", "!")),
        State::Quiet => (Slot::Good, canvas.theme.sign("✓", "+")),
        State::NotJudged => (Slot::Risk, "?"),
    };
    let said = criterion.said.as_str();
    let beside = usize::from(width).saturating_sub(name + 6);
    let head = canvas.span(slot, format!(" {sign} "));
    if said.width() <= beside || long == Long::Cut {
        let name = canvas.span(Slot::Text, format!("{}  ", fit_left(criterion.name.as_str(), name)));
        return vec![Line::from(vec![head, name, canvas.span(slot, clip(said, beside))])];
    }
    let below = usize::from(width).saturating_sub(6);
    let name = canvas.span(Slot::Text, clip(criterion.name.as_str(), below));
    let under = |row: String| Line::from(vec![Span::raw("     "), canvas.span(slot, row)]);
    std::iter::once(Line::from(vec![head, name])).chain(wrap(said, below).into_iter().map(under)).collect()
}

/// An announcement in a line: `T-2  Send the announcement…  due today, 5h left`.
pub fn announcement(canvas: &Canvas<'_>, it: &Announcement, width: u16, now: DateTime<Utc>) -> Line<'static> {
    let (slot, sign, said) = pressing(canvas, it, now);
    let label = it.when.label();
    let right = format!("{said} ");
    let room = usize::from(width).saturating_sub(right.chars().count() + label.chars().count() + 6);
    let left: Vec<Span<'static>> = vec![
        canvas.span(slot, format!(" {sign} ")),
        canvas.span(Slot::Dim, format!("{label} ")),
        canvas.span(if it.sent.is_some() { Slot::Dim } else { Slot::Text }, clip_words(it.name.as_str(), room)),
    ];
    spread(left, vec![canvas.span(slot, right)], width)
}

/// How an announcement presses, in words.
pub fn pressing(canvas: &Canvas<'_>, it: &Announcement, now: DateTime<Utc>) -> (Slot, &'static str, String) {
    let span = |from: DateTime<Utc>, until: DateTime<Utc>| short_span(between(from, until));
    match (it.press(now), it.window.start, it.window.end) {
        (Press::Sent, ..) => (Slot::Good, canvas.theme.sign("✓", "+"), "sent".to_owned()),
        (Press::Late, _, Some(end)) => (Slot::Over, canvas.theme.sign("‼", "!"), format!("{} late", span(end, now))),
        (Press::Now, _, Some(end)) => {
            (Slot::Risk, canvas.theme.sign("●", "*"), format!("due, {} left", span(now, end)))
        }
        (Press::Later, Some(start), _) => (Slot::Dim, canvas.theme.sign("·", "."), format!("in {}", span(now, start))),
        (Press::Late | Press::Now | Press::Later, ..) => (Slot::Dim, canvas.theme.sign("·", "."), String::new()),
    }
}
