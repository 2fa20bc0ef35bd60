//! What changed, as text: the newest last, where the eye is.

use super::{Page, Side, TITLE, Table, words};
use crate::{
    sink::history::History,
    text::{Text, counted},
};

/// Writes a stretch of the history.
pub fn write(page: &mut Page, history: &History<'_>) {
    let moment = |at| words::moment(at, history.zone);
    let of = history.key.map(|key| format!(" of {key}")).unwrap_or_default();
    page.line(&format!("HISTORY{of}  {} to {}", moment(history.since), moment(history.until)));
    match history.recorded_since {
        None => page.line("  nothing is on record yet: watchfloor watch and the console put things there"),
        Some(since) if history.since < since => page.line(&format!("  recorded since {} only", moment(since))),
        Some(_) => {}
    }
    if history.is_cut {
        let n = counted(history.lines.len(), "newest line", "newest lines");
        page.line(&format!("  the {n}; older ones with --until or a larger --limit"));
    }
    if 0 < history.n_first_seen {
        let n = counted(history.n_first_seen, "incident was", "incidents were");
        page.line(&format!("  {n} seen for the first time, opened long before"));
    }
    let mut table = Table::new([(Side::Left, 16), (Side::Left, 24), (Side::Left, 48), (Side::Left, TITLE)]);
    for line in &history.lines {
        let about = line.key.map_or_else(|| line.source.to_string(), |key| key.short());
        let by = line.by.filter(|_| !line.what.as_str().contains(", by "));
        let what = by.map_or_else(|| line.what.to_string(), |by| format!("{}, by {by}", line.what));
        let title = line.title.filter(|_| history.key.is_none()).map(Text::to_string).unwrap_or_default();
        table.row([moment(line.at), about, what, title]);
    }
    if !table.is_empty() {
        page.blank();
        page.table(&table);
    } else if history.recorded_since.is_some() {
        page.line("  nothing changed");
    }
}
