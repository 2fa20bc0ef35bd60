//! The on-call pane: who is on call now and in the days ahead; zoomed, why, with whom instead, and how evenly.

pub mod glance;
pub mod layers;
pub mod load;
pub mod odd;
pub mod overrides;
pub mod turns;
pub mod view;
pub mod zoomed;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        rota::audit::{DutyInLeave, Finding},
        time::plus,
    },
    floor::{Floor, oncall::OnCall},
    tui::{
        action::Action,
        cursor::{Cursor, Scroll},
        overriding::Asked,
    },
};

/// The parts of the zoomed pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Section {
    /// The final schedule, day by day.
    #[default]
    Turns,
    /// Each rotation by itself.
    Layers,
    /// Exceptions.
    Overrides,
    /// How the hours are shared.
    Fairness,
    /// Who is away.
    Leave,
    /// What is wrong or odd.
    Odd,
}

impl Section {
    /// In the order in which keys walk them.
    pub const ALL: [Self; 6] = [Self::Turns, Self::Layers, Self::Overrides, Self::Fairness, Self::Leave, Self::Odd];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Turns => "schedule",
            Self::Layers => "layers",
            Self::Overrides => "overrides",
            Self::Fairness => "fairness",
            Self::Leave => "leave",
            Self::Odd => "warnings",
        }
    }

    fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|section| *section == self).unwrap_or(0);
        Self::ALL.get((at + by) % Self::ALL.len()).copied().unwrap_or(self)
    }
}

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// The part in front.
    pub section: Section,
    /// The first line shown of a part that is only scrolled.
    pub scroll: Scroll,
    /// The row in the list of overrides.
    pub cursor: Cursor,
    /// What is wrong or odd in the days of the strip.
    pub findings: Vec<Finding>,
    findings_of: Option<(u64, DateTime<Utc>)>,
    /// How the hours are shared, worked out for the roster that is known.
    pub fairness: Option<load::Shares>,
    /// Duties that fall into leave.
    pub duties: Vec<DutyInLeave>,
    fairness_of: Option<(u64, DateTime<Utc>)>,
}

/// How long what is worked out stands while the roster is the same: what lies behind falls out of it only slowly.
const OLD: TimeDelta = TimeDelta::minutes(10);

impl State {
    /// Brings what is worked out up to the floor. Cheap while nothing can have changed.
    pub fn settle(&mut self, floor: &Floor, is_shown: bool, page: usize, now: DateTime<Utc>) {
        let Some(on_call) = floor.on_call() else { return };
        let n = overrides::count(on_call);
        self.cursor.hold(n, page);
        let is_old =
            |(version, at): (u64, DateTime<Utc>)| version != floor.roster_version() || now < at || plus(at, OLD) <= now;
        if self.findings_of.is_none_or(is_old) {
            let end = on_call.strip.days.last().map_or(now, |day| day.end);
            self.findings = on_call.roster.audit(now, end);
            self.findings_of = Some((floor.roster_version(), now));
        }
        if is_shown && self.fairness_of.is_none_or(is_old) {
            self.fairness = Some(load::Shares::new(on_call, now));
            self.duties = load::duties(&on_call.roster, now);
            self.fairness_of = Some((floor.roster_version(), now));
        }
    }
}

/// Does what an action means here; says what is asked of the form for overrides.
pub fn update(state: &mut State, action: Action, floor: &Floor, page: usize, now: DateTime<Utc>) -> Asked {
    let Some(on_call) = floor.on_call() else { return Asked::Nothing };
    match action {
        Action::NextSection => turn(state, 1),
        Action::PreviousSection => turn(state, Section::ALL.len() - 1),
        Action::Override => return Asked::Form(seat_in_front(state, on_call, now)),
        Action::RemoveOverride if state.section != Section::Overrides => turn_to(state, Section::Overrides),
        Action::RemoveOverride => {
            let listed = overrides::list(on_call, now);
            if let Some(row) = listed.get(state.cursor.at) {
                return Asked::Removal(row.seat, row.nth, row.exception.clone());
            }
        }
        _ if state.section == Section::Overrides => {
            state.cursor.step(action, overrides::count(on_call), page);
        }
        _ => {
            state.scroll.step(action, page);
        }
    }
    Asked::Nothing
}

/// The seat of the override under the cursor, else the first.
fn seat_in_front(state: &State, on_call: &OnCall, now: DateTime<Utc>) -> usize {
    if state.section != Section::Overrides {
        return 0;
    }
    overrides::list(on_call, now).get(state.cursor.at).map_or(0, |row| row.seat)
}

fn turn(state: &mut State, by: usize) {
    turn_to(state, state.section.step(by));
}

fn turn_to(state: &mut State, section: Section) {
    state.section = section;
    state.scroll = Scroll::default();
}
