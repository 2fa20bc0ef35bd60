//! Which part of the zoomed pane is where, by its area.

use ratatui::layout::Rect;

/// From here on the evidence stands beside the list.
pub(in crate::tui::sla) const BESIDE: u16 = 150;
/// The columns of the matrix.
pub(in crate::tui::sla) const MATRIX: u16 = 42;

/// The rows of the matrix, its head and a blank.
pub(in crate::tui::sla) const HEAD: u16 = 7;
/// The rows that say the same in short, and a blank.
pub(in crate::tui::sla) const SHORT_HEAD: u16 = 3;

/// Where the matrix would take the room of the list it sums up.
pub(in crate::tui::sla) fn is_compact(area: Rect) -> bool {
    area.height < 28 || area.width < 98
}

/// Where the list and the evidence stand in the zoomed pane.
pub(in crate::tui::sla) fn parts(area: Rect) -> (Rect, Rect) {
    let head = if is_compact(area) { SHORT_HEAD } else { HEAD };
    let rest = Rect { y: area.y + head, height: area.height.saturating_sub(head), ..area };
    if area.width >= BESIDE {
        let list = Rect { width: rest.width * 3 / 5, ..rest };
        return (list, Rect { x: rest.x + list.width + 1, width: rest.width - list.width - 1, ..rest });
    }
    let below = (rest.height / 2).min(14);
    let list = Rect { height: rest.height - below, ..rest };
    (list, Rect { y: list.bottom(), height: below, ..rest })
}

/// How many incidents are on the screen when the pane is zoomed into this area, its frame included.
pub fn page(area: Rect) -> usize {
    let inside = Rect { width: area.width.saturating_sub(2), height: area.height.saturating_sub(2), ..area };
    usize::from(parts(inside).0.height.saturating_sub(1)).max(1)
}

/// The columns of a clock: its word, its figure and a gap.
pub(in crate::tui::sla) const CLOCK: usize = 24;

/// Where there is room, a bar says how much of the time is used.
pub(in crate::tui::sla) fn bar_width(width: u16) -> usize {
    match width {
        0..=99 => 0,
        100..=109 => 7,
        _ => 10,
    }
}
