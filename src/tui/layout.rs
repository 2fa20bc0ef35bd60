//! Where everything stands, as a pure function of the screen's size and of what is looked at.

use ratatui::layout::Rect;

use crate::tui::Pane;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// 160 columns by 45 rows or more: panes show their second level.
    Wide,
    /// 100 by 28 or more: five boxes.
    Normal,
    /// 76 by 22 or more: two boxes, three lines.
    Small,
    /// 40 by 10 or more: one box, four lines.
    Tiny,
    /// Less: one sentence.
    TooSmall,
}

/// Where a pane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It has a box.
    Box(Rect),
    /// It is folded to one line.
    Line(Rect),
    /// It is not on the screen.
    Hidden,
}

/// Where everything stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How much room there is.
    pub room: Room,
    /// The top row.
    pub header: Rect,
    /// The bottom row.
    pub footer: Rect,
    /// Everything between.
    pub body: Rect,
    /// The panes, in the order of [`Pane::ALL`].
    pub panes: [Place; 5],
}

impl Layout {
    /// Where a pane stands.
    pub fn place(&self, pane: Pane) -> Place {
        self.panes.get(pane.index()).copied().unwrap_or(Place::Hidden)
    }
}

/// Lays the screen out.
///
/// ```text
/// Normal                         Small                  Tiny
/// ┌ 1 ───────────┐┌ 2 ──┐        ┌ 1 ──────────┐        ┌ 1 ───────┐
/// │              ││     │        │             │        │          │
/// └──────────────┘└─────┘        └─────────────┘        └──────────┘
/// ┌ 3 ─┐┌ 4 ──┐┌ 5 ─────┐         2 SLA …                2 SLA …
/// │    ││     ││        │         3 On call …            3 On call …
/// └────┘└─────┘└────────┘         4 Release …            4 Release …
///                                ┌ 5 ──────────┐         5 Metrics …
///                                └─────────────┘
/// ```
///
/// In `Small` the lower box is the focused pane, if that is not the incidents; in `Tiny` the one box is. `signals` is how
/// many rows the metrics fill: where the screen is wide, what they leave and a chart cannot use goes to the incidents.
pub fn layout(size: Rect, focus: Pane, zoomed: bool, signals: usize) -> Layout {
    let room = room(size);
    let header = Rect { height: size.height.min(1), ..size };
    let footer = Rect { y: size.y + size.height.saturating_sub(1), height: size.height.min(1), ..size };
    let body = Rect { y: size.y + 1, height: size.height.saturating_sub(2), ..size };
    let mut panes = [Place::Hidden; 5];
    if zoomed && room != Room::TooSmall {
        set(&mut panes, focus, Place::Box(body));
    } else {
        match room {
            Room::Wide => wide(&mut panes, body, signals),
            Room::Normal => normal(&mut panes, body),
            Room::Small => small(&mut panes, body, focus),
            Room::Tiny => tiny(&mut panes, body, focus),
            Room::TooSmall => {}
        }
    }
    Layout { room, header, footer, body, panes }
}

/// Rows that a chart below the signals needs, with its heading.
pub const CHART_ROWS: u16 = 9;

fn room(size: Rect) -> Room {
    match (size.width, size.height) {
        (w, h) if w >= 160 && h >= 45 => Room::Wide,
        (w, h) if w >= 100 && h >= 28 => Room::Normal,
        (w, h) if w >= 76 && h >= 22 => Room::Small,
        (w, h) if w >= 40 && h >= 10 => Room::Tiny,
        _ => Room::TooSmall,
    }
}

fn set(panes: &mut [Place; 5], pane: Pane, place: Place) {
    if let Some(slot) = panes.get_mut(pane.index()) {
        *slot = place;
    }
}

/// Left: incidents over metrics. Right: SLA, on call, release.
fn wide(panes: &mut [Place; 5], body: Rect, signals: usize) {
    let right_width = (body.width * 2 / 5).clamp(64, 88);
    let (left, right) = split_columns(body, body.width - right_width);
    let most = (left.height * 2 / 5).clamp(16, 24);
    let rows = u16::try_from(signals).unwrap_or(u16::MAX).clamp(6, most - 2);
    let has_chart = rows + CHART_ROWS <= most - 2;
    let (queue, metrics) = split_rows(left, left.height - if has_chart { most } else { rows + 2 });
    let (sla, rest) = split_rows(right, (right.height * 3 / 10).clamp(14, 18));
    let (rota, release) = split_rows(rest, (rest.height * 2 / 5).clamp(13, 17));
    for (pane, rect) in
        [(Pane::Queue, queue), (Pane::Metrics, metrics), (Pane::Sla, sla), (Pane::Rota, rota), (Pane::Release, release)]
    {
        set(panes, pane, Place::Box(rect));
    }
}

fn normal(panes: &mut [Place; 5], body: Rect) {
    let (upper, lower) =
        split_rows(body, body.height - (body.height * 2 / 5).clamp(12, 16).max(if body.height >= 33 { 14 } else { 0 }));
    let (queue, sla) = split_columns(upper, upper.width - 40);
    let third = (lower.width - 1) / 3;
    let (rota, rest) = split_columns(lower, third);
    let (release, metrics) = split_columns(rest, third + 1);
    for (pane, rect) in
        [(Pane::Queue, queue), (Pane::Sla, sla), (Pane::Rota, rota), (Pane::Release, release), (Pane::Metrics, metrics)]
    {
        set(panes, pane, Place::Box(rect));
    }
}

fn small(panes: &mut [Place; 5], body: Rect, focus: Pane) {
    let lower_pane = if focus == Pane::Queue { Pane::Metrics } else { focus };
    // A pane that was asked for gets the bigger half.
    let lower_height = if focus == Pane::Queue { 8 } else { body.height.saturating_sub(3) / 2 + 1 };
    let (rest, lower) = split_rows(body, body.height.saturating_sub(lower_height));
    let (queue, lines) = split_rows(rest, rest.height.saturating_sub(3));
    set(panes, Pane::Queue, Place::Box(queue));
    set(panes, lower_pane, Place::Box(lower));
    fold(panes, lines);
}

fn tiny(panes: &mut [Place; 5], body: Rect, focus: Pane) {
    let (upper, lines) = split_rows(body, body.height.saturating_sub(4));
    set(panes, focus, Place::Box(upper));
    fold(panes, lines);
}

/// The panes that have no box yet take one line each, in order.
fn fold(panes: &mut [Place; 5], lines: Rect) {
    let mut y = lines.y;
    for place in panes.iter_mut() {
        if *place == Place::Hidden && y < lines.bottom() {
            *place = Place::Line(Rect { y, height: 1, ..lines });
            y += 1;
        }
    }
}

fn split_rows(area: Rect, upper: u16) -> (Rect, Rect) {
    let upper = upper.min(area.height);
    (Rect { height: upper, ..area }, Rect { y: area.y + upper, height: area.height - upper, ..area })
}

fn split_columns(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_named_sizes_have_their_rooms() {
        let rooms = [(200, 60), (120, 36), (132, 28), (80, 24), (60, 20), (39, 20), (1, 1)]
            .map(|(w, h)| layout(Rect::new(0, 0, w, h), Pane::Queue, false, 0).room);
        assert_eq!(
            rooms,
            [Room::Wide, Room::Normal, Room::Normal, Room::Small, Room::Tiny, Room::TooSmall, Room::TooSmall]
        );
    }

    #[test]
    fn at_80x24_every_pane_is_on_the_screen() {
        for focus in Pane::ALL {
            let found = layout(Rect::new(0, 0, 80, 24), focus, false, 0);
            assert!(found.panes.iter().all(|p| *p != Place::Hidden), "{focus:?}: {found:?}");
            assert!(matches!(found.place(focus), Place::Box(_)));
        }
    }

    #[test]
    fn rows_that_no_chart_can_use_go_to_the_incidents() {
        let rows = |pane, signals| match layout(Rect::new(0, 0, 160, 50), Pane::Queue, false, signals).place(pane) {
            Place::Box(area) => area.height,
            other => panic!("{other:?}"),
        };
        assert_eq!((rows(Pane::Metrics, 8), rows(Pane::Queue, 8)), (19, 29), "eight and a chart");
        assert_eq!((rows(Pane::Metrics, 12), rows(Pane::Queue, 12)), (14, 34));
        assert_eq!((rows(Pane::Metrics, 500), rows(Pane::Queue, 500)), (19, 29));
    }

    proptest! {
        #[test]
        fn nothing_overlaps_and_nothing_leaves_the_screen(w in 0u16..400, h in 0u16..200, f in 0usize..5, zoomed: bool, signals in 0usize..60) {
            let size = Rect::new(0, 0, w, h);
            let focus = Pane::ALL[f];
            let found = layout(size, focus, zoomed, signals);
            let mut taken = vec![false; usize::from(w) * usize::from(h)];
            let rects = found.panes.iter().filter_map(|p| match p {
                Place::Box(r) | Place::Line(r) => Some(*r),
                Place::Hidden => None,
            });
            for rect in rects.chain((h > 1).then_some(found.header)).chain((h > 1).then_some(found.footer)) {
                for y in rect.y..rect.bottom() {
                    for x in rect.x..rect.right() {
                        prop_assert!(x < w && y < h, "{:?} leaves {:?}", rect, size);
                        let cell = &mut taken[usize::from(y) * usize::from(w) + usize::from(x)];
                        prop_assert!(!*cell, "{:?} overlaps at {},{}", rect, x, y);
                        *cell = true;
                    }
                }
            }
        }
    }
}
