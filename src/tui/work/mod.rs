//! The standing work, over all panes: duties that are due and late, and a month of them.

pub mod burn_in;
pub mod calendar;
pub mod goals;
pub mod list;
pub mod view;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        duty::judge::{Judged, State as TurnState},
        record::Act,
    },
    floor::{
        Floor,
        duties::Tended,
        effect::{Effect, Note},
        fact::Went,
    },
    text::Text,
    tui::{Model, Overlay, action::Action, cursor::Cursor, message},
};

/// What of the standing work is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// The duties, what is late first.
    #[default]
    Duties,
    /// A month of them.
    Calendar,
    /// Figures and what they should come to.
    Goals,
    /// Days in a row that something must hold.
    BurnIn,
}

impl Part {
    /// In their order.
    pub const ALL: [Self; 4] = [Self::Duties, Self::Calendar, Self::Goals, Self::BurnIn];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Duties => "Duties",
            Self::Calendar => "Calendar",
            Self::Goals => "Goals",
            Self::BurnIn => "Burn-in",
        }
    }

    fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|part| *part == self).unwrap_or(0);
        Self::ALL.get(at.wrapping_add(by) % Self::ALL.len()).copied().unwrap_or(self)
    }
}

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// The part.
    pub part: Part,
    /// The row under the cursor.
    pub cursor: Cursor,
    /// The duty under it.
    pub selected: Option<Text>,
    /// Months from this one.
    pub month: i32,
    /// The goals.
    pub goals: goals::State,
}

/// Opens it at a part, or turns to the part; closes it where that part is open. The month belongs to the duties.
pub(super) fn open(model: &mut Model, part: Part) {
    let is_one = |open: Part| open == part || part == Part::Duties && open != Part::Goals;
    match model.overlays.last_mut() {
        Some(Overlay::Work(state)) if is_one(state.part) => drop(model.overlays.pop()),
        Some(Overlay::Work(state)) => state.part = part,
        _ => model.overlays.push(Overlay::Work(State { part, ..State::default() })),
    }
}

/// How far the months may be turned over: ten years.
const MONTHS: i32 = 120;

/// Does what an action means here.
pub(super) fn act(model: &mut Model, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
    let page = list_page(model.size.height);
    let goals = goals_page(model.size.height, model.floor.goals().len());
    let Some(Overlay::Work(state)) = model.overlays.last_mut() else { return Vec::new() };
    match action {
        Action::NextWork => state.part = state.part.step(1),
        Action::PreviousWork => state.part = state.part.step(Part::ALL.len() - 1),
        Action::MonthBack => state.month = state.month.saturating_sub(1).max(-MONTHS),
        Action::MonthForward => state.month = state.month.saturating_add(1).min(MONTHS),
        Action::DutyDone if state.part == Part::Duties => return tick(model, now),
        Action::DutyDone => state.part = Part::Duties,
        _ if state.part == Part::Duties => {
            let rows = list::rows(&model.floor);
            state.cursor.step(action, rows.len(), page);
            state.selected = rows.get(state.cursor.at).map(|tended| tended.duty.name.clone());
        }
        _ if state.part == Part::Goals => state.goals.step(action, goals),
        _ => {}
    }
    Vec::new()
}

/// Rows of goals that are on the screen.
fn goals_page(height: u16, n: usize) -> usize {
    usize::from(goals::list_rows(height.saturating_sub(4), n))
}

/// Rows of the list that are on the screen.
fn list_page(height: u16) -> usize {
    usize::from(height.saturating_sub(4 + list::DETAILS))
}

/// Brings the cursor to its duty, or to its goal.
pub(super) fn settle(state: &mut State, floor: &Floor, height: u16, now: DateTime<Utc>) {
    if state.part == Part::Goals {
        state.goals.settle(floor, goals_page(height, floor.goals().len()), now);
    }
    let rows = list::rows(floor);
    if let Some(at) = rows.iter().position(|tended| Some(&tended.duty.name) == state.selected.as_ref()) {
        state.cursor.at = at;
    }
    state.cursor.hold(rows.len(), list_page(height));
    state.selected = rows.get(state.cursor.at).map(|tended| tended.duty.name.clone());
}

/// Ticks the turn that is due, or takes the tick of the last one back.
fn tick(model: &mut Model, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(Overlay::Work(state)) = model.overlays.last() else { return Vec::new() };
    let rows = list::rows(&model.floor);
    let selected = rows.iter().find(|tended| Some(&tended.duty.name) == state.selected.as_ref());
    let told = selected.map_or(Err("nothing is selected".to_owned()), |tended| about(tended));
    match told {
        Ok(note) => vec![Effect::Note(note)],
        Err(why) => {
            message::say(model, why, Went::Badly, now);
            Vec::new()
        }
    }
}

/// The line for the record that a tick of a duty means now.
fn about(tended: &Tended) -> Result<Note, String> {
    let name = tended.duty.name.clone();
    let note = |act, judged: &Judged| {
        Ok(Note { act, name: name.clone(), day: Some(judged.turn.day), at: None, note: Text::default() })
    };
    let standing = tended.standing.as_ref().ok_or("it is not judged yet")?;
    let head = standing.head().ok_or("it has no turn any more")?;
    match (&head.state, &standing.last) {
        (TurnState::Late | TurnState::Due | TurnState::Soon | TurnState::Unknown(_), _) => note(Act::Done, head),
        (TurnState::Done(done), _) if done.by.is_some() => note(Act::Undone, head),
        (TurnState::Upcoming, Some(last)) => match &last.state {
            TurnState::Done(done) if done.by.is_some() => note(Act::Undone, last),
            _ => Err("nothing of it is due, and what was is proven by a file".to_owned()),
        },
        (TurnState::Done(_), _) => Err("a file proves it".to_owned()),
        (TurnState::Upcoming | TurnState::Missed, _) => Err("nothing of it is due".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        demo::World,
        domain::{
            incident::Login,
            time::{parse_rfc3339, plus},
            zone::Zones,
        },
        tui::{
            Msg,
            input::Key,
            theme::{Glyphs, Theme},
            update,
        },
    };

    /// A console on the demo's world.
    struct Desk {
        world: World,
        model: Model,
        now: DateTime<Utc>,
    }

    impl Desk {
        fn new() -> Self {
            let now = parse_rfc3339("2026-11-20T03:12:00Z").unwrap();
            let mut world = World::new(7, now, 60, &Zones::bundled());
            let mut floor = world.floor();
            for fact in world.opening() {
                floor.apply(fact, now);
            }
            let mut model = Model::new(floor, Login::new("you"), Theme::shipped("midnight", Glyphs::Unicode));
            update(&mut model, Msg::Resized { width: 120, height: 36 }, now);
            model.settle(now);
            Self { world, model, now }
        }

        fn press(&mut self, keys: &str) {
            for c in keys.chars() {
                for effect in update(&mut self.model, Msg::Key(Key::Char(c)), self.now) {
                    for fact in self.world.perform(&effect, self.now) {
                        update(&mut self.model, Msg::Fact(fact), self.now);
                    }
                }
                self.model.settle(self.now);
            }
        }

        fn state(&self) -> &State {
            let Some(Overlay::Work(state)) = self.model.overlays.last() else { panic!("it is not open") };
            state
        }

        fn word(&self, name: &str) -> &'static str {
            self.model.floor.duties().find(name).unwrap().head().unwrap().state.word()
        }
    }

    #[test]
    fn what_is_late_stands_first_and_space_ticks_it_and_takes_that_back() {
        let mut desk = Desk::new();
        desk.press("t");
        assert_eq!(desk.state().selected.as_ref().unwrap().as_str(), "backlog burndown");
        desk.now = parse_rfc3339("2026-11-20T15:00:00Z").unwrap();
        desk.model.settle(desk.now);
        assert_eq!(desk.word("backlog burndown"), "late");
        desk.press(" ");
        assert_eq!(desk.word("backlog burndown"), "upcoming");
        assert_eq!(
            desk.state().selected.as_ref().unwrap().as_str(),
            "backlog burndown",
            "the cursor stays on its duty"
        );
        assert!(desk.model.message.as_ref().unwrap().text.as_str().contains("done, and on record"));
        desk.press(" ");
        assert_eq!(desk.word("backlog burndown"), "late");
    }

    #[test]
    fn what_a_file_proves_takes_no_tick() {
        let mut desk = Desk::new();
        desk.press("t");
        desk.now = plus(desk.now, TimeDelta::hours(1));
        let rows = list::rows(&desk.model.floor);
        let at = rows.iter().position(|tended| tended.duty.name.as_str() == "dependency audit").unwrap();
        desk.press(&"j".repeat(at));
        desk.press(" ");
        assert!(desk.model.message.as_ref().unwrap().text.as_str().contains("nothing of it is due"));
    }

    #[test]
    fn the_parts_turn_over_and_the_same_key_closes() {
        let mut desk = Desk::new();
        desk.press("tl");
        assert_eq!(desk.state().part, Part::Calendar);
        desk.press("]][");
        assert_eq!(desk.state().month, 1);
        desk.press("h");
        assert_eq!(desk.state().part, Part::Duties);
        desk.press("h");
        assert_eq!(desk.state().part, Part::BurnIn);
        desk.press("t");
        assert!(desk.model.overlays.is_empty());
    }
}
