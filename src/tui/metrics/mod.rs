//! The metrics pane: a row a signal, a chart for the one under the cursor.

pub mod axis;
pub mod chart;
pub mod mark;
pub mod row;
pub mod view;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{alert::AlertState, series::Reading},
    floor::{Floor, effect::Effect, metrics::Gauge},
    text::Text,
    tui::{action::Action, cursor::Cursor},
};

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// Row and page, over the signals.
    pub cursor: Cursor,
    /// How often the chart's stretch was doubled (positive) or halved (negative).
    pub zoom: i32,
    /// How many half-stretches the chart looks back.
    pub back: u32,
    /// Whether the chart of a signal that is silent ends now, and not soon after what was heard last.
    pub is_at_now: bool,
    /// The column that is read out, from the right edge; nothing = none.
    pub look: Option<u16>,
    /// Whether the value axis counts in powers of ten.
    pub is_logarithmic: bool,
}

/// The stretch is doubled or halved at most this often: 1/16 to 256 times the signal's window.
const ZOOM: std::ops::RangeInclusive<i32> = -4..=8;

impl State {
    /// The stretch of time the chart shows, and how far back it ends.
    pub fn stretch(&self, window: TimeDelta) -> (TimeDelta, TimeDelta) {
        let seconds = window.num_seconds().max(1) as f64 * 2f64.powi(self.zoom);
        let span = TimeDelta::seconds(seconds.max(60.0) as i64);
        let back = TimeDelta::seconds((span.num_seconds() / 2).saturating_mul(i64::from(self.back)));
        (span, back)
    }
}

/// Signals in the order of the rows: what fires, what may soon, what nobody can judge, then the rest; each as configured.
/// Those of a group stand together, where the most urgent of them stands.
pub fn rows(floor: &Floor, now: DateTime<Utc>) -> Vec<&Gauge> {
    let urgency = |gauge: &Gauge| match (gauge.alert, gauge.reading(now)) {
        (AlertState::Firing { .. }, _) => 0,
        (AlertState::Pending { .. }, _) => 1,
        (AlertState::Inactive, Reading::Stale(_) | Reading::Nothing) => 2,
        (AlertState::Inactive, Reading::Fresh(_)) => 3,
    };
    let mut groups: BTreeMap<&Text, (i32, usize)> = BTreeMap::new();
    for (place, gauge) in floor.gauges().iter().enumerate().filter(|(_, gauge)| !gauge.group.is_blank()) {
        let found = groups.entry(&gauge.group).or_insert((urgency(gauge), place));
        found.0 = found.0.min(urgency(gauge));
    }
    let mut rows: Vec<_> = floor.gauges().iter().enumerate().collect();
    rows.sort_by_key(|(place, gauge)| {
        let alone = (urgency(gauge), *place);
        (groups.get(&gauge.group).copied().unwrap_or(alone), *place)
    });
    rows.into_iter().map(|(_, gauge)| gauge).collect()
}

/// Does what an action means here; `width` is the screen's.
pub fn update(state: &mut State, action: Action, floor: &Floor, page: usize, width: u16) -> Vec<Effect> {
    if state.cursor.step(action, floor.gauges().len(), page) {
        return Vec::new();
    }
    match action {
        Action::TimeIn => state.zoom = (state.zoom - 1).max(*ZOOM.start()),
        Action::TimeOut => state.zoom = (state.zoom + 1).min(*ZOOM.end()),
        Action::TimeBack => (state.back, state.is_at_now) = (state.back.saturating_add(1).min(10_000), false),
        Action::TimeForward => {
            (state.back, state.is_at_now) = (state.back.saturating_sub(1), state.back == 0);
        }
        Action::TimeNow => (state.zoom, state.back, state.is_at_now, state.look) = (0, 0, false, None),
        Action::LookLeft => state.look = Some(state.look.map_or(0, |x| x.saturating_add(1)).min(width)),
        Action::LookRight => state.look = state.look.and_then(|x| x.checked_sub(1)),
        Action::Scale => state.is_logarithmic = !state.is_logarithmic,
        _ => {}
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{sla::Policy, zone::Zone},
        text::Text,
    };

    #[test]
    fn less_far_back_than_the_last_sample_is_now() {
        let floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        let mut state = State::default();
        let mut at = |action| {
            update(&mut state, action, &floor, 10, 80);
            (state.back, state.is_at_now)
        };
        assert_eq!([at(Action::TimeBack), at(Action::TimeForward)], [(1, false), (0, false)]);
        assert_eq!([at(Action::TimeForward), at(Action::TimeForward)], [(0, true), (0, true)]);
        assert_eq!([at(Action::TimeBack), at(Action::TimeNow)], [(1, false), (0, false)]);
    }
}
