//! The form that puts an override into the roster, or takes one out: what is asked for, then what it would change, then yes.
//!
//! Nothing is written before the change was seen and `y` was pressed; a paste is text and presses nothing.

pub mod outcome;
pub mod pick;
pub mod row;
pub mod view;
pub mod when;

pub use outcome::{Shift, consequences};
pub use row::{Row, Way};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        diff::DiffLine,
        release::Digest,
        rota::{Override, OverrideChange, OverrideKind},
    },
    floor::{Floor, effect::Effect},
    text::Text,
    tui::{
        Model, Overlay,
        action::Action,
        cursor::Scroll,
        field::{Field, Typed},
        input::Key,
    },
};

/// How far the change has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// The form is filled in.
    Filling,
    /// The preview is being made.
    Asked(OverrideChange),
    /// The change is looked at; only `y` writes it.
    Preview {
        /// The change.
        change: OverrideChange,
        /// What it does to the file.
        diff: Vec<DiffLine>,
        /// The file it was made of.
        seen: Digest,
    },
    /// It is being written.
    Writing(OverrideChange),
}

/// The form.
#[derive(Debug)]
pub struct State {
    /// The seats' names.
    pub seats: Vec<Text>,
    /// Which of them.
    pub seat: usize,
    /// What it does.
    pub way: Way,
    /// Who, while it is typed.
    pub who: pick::Pick,
    /// Who steps out.
    pub instead_of: pick::Pick,
    /// From when, as typed.
    pub from: Field,
    /// Until when, as typed.
    pub until: Field,
    /// Why.
    pub note: Field,
    /// The row being filled in.
    pub row: Row,
    /// How far it has come.
    pub stage: Stage,
    /// What is wrong, in words.
    pub problem: Option<Text>,
    /// The first line of the preview shown.
    pub scroll: Scroll,
    /// The change takes an override out: there is no form to go back to.
    pub is_removal: bool,
}

/// What a key did.
#[derive(Debug, Clone, PartialEq)]
pub enum Pressed {
    /// It closes the form.
    Close,
    /// It was taken.
    Taken,
    /// It asks for this.
    Asks(Effect),
}

/// What a pane asks of this overlay.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// An empty form for a seat.
    Form(usize),
    /// Taking the n-th override of a seat out, both from 0.
    Removal(usize, usize, Override),
}

/// Opens what a pane asked for.
pub fn open(model: &mut Model, asked: Asked) -> Vec<Effect> {
    let (state, effects) = match asked {
        Asked::Nothing => return Vec::new(),
        Asked::Form(seat) => (State::new(&model.floor, seat), Vec::new()),
        Asked::Removal(seat, nth, old) => match State::removal(&model.floor, seat, nth, old) {
            Some((state, effect)) => (Some(state), vec![effect]),
            None => (None, Vec::new()),
        },
    };
    model.overlays.extend(state.map(|state| Overlay::Overriding(Box::new(state))));
    effects
}

/// What an unknown duty's end is taken for.
const USUAL: &str = "+12h";

impl State {
    /// A form for a seat, from now to the end of the duty that runs; nothing where no roster was read.
    pub fn new(floor: &Floor, seat: usize) -> Option<Self> {
        let on_call = floor.on_call()?;
        let until = on_call.seats.get(seat).and_then(|s| s.duty.until);
        let until = until.map_or_else(|| USUAL.to_owned(), |until| when::written(until, &floor.zone));
        let people = pick::people(&on_call.roster);
        let seats: Vec<Text> = on_call.roster.schedules.iter().map(|s| s.name.clone()).collect();
        if seats.is_empty() {
            return None;
        }
        let here = on_call.seats.get(seat).map(|s| s.duty.people.as_slice()).unwrap_or_default();
        // One person on duty is the one to step out, most likely.
        let steps_out = if let [only] = here { only.as_str() } else { "" };
        Some(Self {
            seat: seat.min(seats.len().saturating_sub(1)),
            seats,
            way: Way::Everybody,
            who: pick::Pick::new(people.clone(), ""),
            instead_of: pick::Pick::new(people, steps_out),
            from: Field::with("now"),
            until: Field::with(&until),
            note: Field::default(),
            row: Row::Who,
            stage: Stage::Filling,
            problem: None,
            scroll: Scroll::default(),
            is_removal: false,
        })
    }

    /// A form that takes the `nth` override of a seat out, from 0 in the order of the file, with the effect that asks for its preview.
    pub fn removal(floor: &Floor, seat: usize, nth: usize, old: Override) -> Option<(Self, Effect)> {
        let mut state = Self::new(floor, seat)?;
        state.is_removal = true;
        let change = OverrideChange::Remove { nth, old };
        state.stage = Stage::Asked(change.clone());
        let effect = Effect::PreviewOverride { seat: state.seat_name(), change };
        Some((state, effect))
    }

    /// The chosen seat's name.
    pub fn seat_name(&self) -> Text {
        self.seats.get(self.seat).cloned().unwrap_or_else(|| Text::scrub(""))
    }

    /// The rows that this kind of override has.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = vec![Row::Seat, Row::Way, Row::Who];
        if self.way == Way::InsteadOf {
            rows.push(Row::InsteadOf);
        }
        rows.extend([Row::From, Row::Until, Row::Note]);
        rows
    }

    /// Reads `from`, and `until` counted from it.
    pub fn times(&self, floor: &Floor, now: DateTime<Utc>) -> (Option<when::Reading>, Option<when::Reading>) {
        let from = when::read(self.from.text(), &floor.zone, now, now);
        let base = from.map_or(now, |f| f.at);
        (from, when::read(self.until.text(), &floor.zone, base, now))
    }

    /// The override that is asked for.
    ///
    /// # Errors
    /// The row that is not filled in or cannot be read, and what to do.
    pub fn asked(&self, floor: &Floor, now: DateTime<Utc>) -> Result<Override, (Row, String)> {
        let nobody = |row| (row, "nobody of that name: type some of it, choose with up and down".to_owned());
        let who = self.who.chosen().ok_or_else(|| nobody(Row::Who))?;
        let kind = match self.way {
            Way::Everybody => OverrideKind::ReplaceAll(vec![who]),
            Way::AsWell => OverrideKind::Add(who),
            Way::Off => OverrideKind::Remove(who),
            Way::InsteadOf => {
                let user = self.instead_of.chosen().ok_or_else(|| nobody(Row::InsteadOf))?;
                if user == who {
                    return Err((Row::InsteadOf, format!("{who} cannot stand in for {who}")));
                }
                OverrideKind::ReplaceUser { user, with: who }
            }
        };
        let unread = |row| (row, format!("not a time; write {}", when::EXAMPLES));
        let (from, until) = self.times(floor, now);
        let from = from.ok_or_else(|| unread(Row::From))?.at;
        let until = until.ok_or_else(|| unread(Row::Until))?.at;
        if until <= from {
            return Err((Row::Until, "it must end after it begins".to_owned()));
        }
        let note = Text::scrub(self.note.text().trim());
        let note = (!note.is_blank()).then_some(note);
        let created = Some(when::whole_minute(now));
        Ok(Override { kind, start: from, end: until, level: 0, created, note })
    }

    /// Whether a change is on its way to disk.
    pub fn is_writing(&self) -> bool {
        matches!(self.stage, Stage::Writing(_))
    }

    /// The preview came; nothing happens where another one is waited for.
    pub fn previewed(&mut self, change: &OverrideChange, diff: &[DiffLine], seen: Digest) {
        if matches!(&self.stage, Stage::Asked(asked) if asked == change) {
            self.stage = Stage::Preview { change: change.clone(), diff: diff.to_vec(), seen };
            self.scroll = Scroll::default();
            self.problem = None;
        }
    }

    /// It could not be done: what was typed stays.
    pub fn failed(&mut self, why: &Text) {
        self.stage = Stage::Filling;
        self.problem = Some(why.clone());
    }
}

/// Takes a key. `page` is how many rows the preview shows.
pub fn press(state: &mut State, key: &Key, page: usize, floor: &Floor, now: DateTime<Utc>) -> Pressed {
    match &state.stage {
        Stage::Filling if state.is_removal => Pressed::Close,
        Stage::Filling => fill(state, key, floor, now),
        // What is on its way to disk cannot be called back; looking at it can end.
        Stage::Asked(_) | Stage::Writing(_) if *key == Key::Esc => leave(state),
        Stage::Asked(_) | Stage::Writing(_) => Pressed::Taken,
        Stage::Preview { change, seen, .. } => {
            let (change, seen) = (change.clone(), *seen);
            match key {
                Key::Char('y' | 'Y') => {
                    state.stage = Stage::Writing(change.clone());
                    Pressed::Asks(Effect::WriteOverride { seat: state.seat_name(), change, seen })
                }
                Key::Down | Key::Char('j') => scroll(state, Action::Down, page),
                Key::Up | Key::Char('k') => scroll(state, Action::Up, page),
                Key::PageDown => scroll(state, Action::PageDown, page),
                Key::PageUp => scroll(state, Action::PageUp, page),
                // The answer to a key pressed too fast is no.
                Key::Enter | Key::Esc | Key::Char('n' | 'N' | 'q') => leave(state),
                _ => Pressed::Taken,
            }
        }
    }
}

fn scroll(state: &mut State, action: Action, page: usize) -> Pressed {
    state.scroll.step(action, page);
    Pressed::Taken
}

/// Back to the form, or out where there is none.
fn leave(state: &mut State) -> Pressed {
    if state.is_removal || matches!(state.stage, Stage::Writing(_)) {
        return Pressed::Close;
    }
    state.stage = Stage::Filling;
    Pressed::Taken
}

fn fill(state: &mut State, key: &Key, floor: &Floor, now: DateTime<Utc>) -> Pressed {
    match (key, state.row) {
        (Key::Esc, _) => return Pressed::Close,
        (Key::Enter, _) => return preview(state, floor, now),
        (Key::Tab, _) => step(state, true),
        (Key::BackTab, _) => step(state, false),
        (Key::Down | Key::Ctrl('n'), Row::Who) => state.who.step(true),
        (Key::Up | Key::Ctrl('p'), Row::Who) => state.who.step(false),
        (Key::Down | Key::Ctrl('n'), Row::InsteadOf) => state.instead_of.step(true),
        (Key::Up | Key::Ctrl('p'), Row::InsteadOf) => state.instead_of.step(false),
        (Key::Down, _) => step(state, true),
        (Key::Up, _) => step(state, false),
        (Key::Left | Key::Right | Key::Char(_), Row::Seat) => choose_seat(state, *key != Key::Left, floor),
        (Key::Left | Key::Right | Key::Char(_), Row::Way) => choose_way(state, *key != Key::Left),
        (Key::Paste(_), Row::Seat | Row::Way) => {}
        (key, row) => {
            if typed(state, key, row) == Typed::Changed {
                state.problem = None;
            }
        }
    }
    Pressed::Taken
}

fn typed(state: &mut State, key: &Key, row: Row) -> Typed {
    match row {
        Row::Seat | Row::Way => Typed::NotForMe,
        Row::Who => state.who.take(key),
        Row::InsteadOf => state.instead_of.take(key),
        Row::From => state.from.take(key),
        Row::Until => state.until.take(key),
        Row::Note => state.note.take(key),
    }
}

fn step(state: &mut State, is_down: bool) {
    let rows = state.rows();
    // A name that was chosen from the list stands in its field from then on.
    match state.row {
        Row::Who => state.who.settle(),
        Row::InsteadOf => state.instead_of.settle(),
        Row::Seat | Row::Way | Row::From | Row::Until | Row::Note => {}
    }
    let at = rows.iter().position(|row| *row == state.row).unwrap_or(0);
    let next = if is_down { at + 1 } else { at + rows.len().saturating_sub(1) };
    state.row = rows.get(next % rows.len().max(1)).copied().unwrap_or(Row::Who);
}

fn choose_seat(state: &mut State, is_next: bool, floor: &Floor) {
    let before = default_until(state.seat, floor);
    state.seat = around(state.seat, state.seats.len(), is_next);
    // The end of the duty is another one on another seat, unless somebody typed their own.
    if state.until.text() == before {
        state.until = Field::with(&default_until(state.seat, floor));
    }
    let here = floor.on_call().and_then(|o| o.seats.get(state.seat)).map(|s| s.duty.people.as_slice());
    if let Some([only]) = here {
        state.instead_of.set(only.as_str());
    }
}

fn default_until(seat: usize, floor: &Floor) -> String {
    let until = floor.on_call().and_then(|o| o.seats.get(seat)).and_then(|s| s.duty.until);
    until.map_or_else(|| USUAL.to_owned(), |until| when::written(until, &floor.zone))
}

fn choose_way(state: &mut State, is_next: bool) {
    let at = Way::ALL.iter().position(|way| *way == state.way).unwrap_or(0);
    state.way = Way::ALL.get(around(at, Way::ALL.len(), is_next)).copied().unwrap_or(Way::Everybody);
}

fn around(at: usize, n: usize, is_next: bool) -> usize {
    let next = if is_next { at + 1 } else { at + n.saturating_sub(1) };
    next % n.max(1)
}

fn preview(state: &mut State, floor: &Floor, now: DateTime<Utc>) -> Pressed {
    state.who.settle();
    state.instead_of.settle();
    match state.asked(floor, now) {
        Ok(new) => {
            let change = OverrideChange::Add(new);
            state.problem = None;
            state.stage = Stage::Asked(change.clone());
            Pressed::Asks(Effect::PreviewOverride { seat: state.seat_name(), change })
        }
        Err((row, why)) => {
            state.row = row;
            state.problem = Some(Text::scrub(&why));
            Pressed::Taken
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demo::{USUAL_INCIDENTS, World},
        domain::{
            time::{parse_rfc3339, plus, rfc3339},
            zone::Zones,
        },
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T02:12:33Z").unwrap()
    }

    fn floor() -> Floor {
        let mut world = World::new(7, now(), USUAL_INCIDENTS, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now());
        }
        floor
    }

    fn keys(state: &mut State, floor: &Floor, keys: &[Key]) -> Pressed {
        keys.iter().map(|key| press(state, key, 10, floor, now())).last().unwrap()
    }

    fn typed(text: &str) -> Vec<Key> {
        text.chars().map(Key::Char).collect()
    }

    #[test]
    fn a_name_and_enter_are_enough() {
        let floor = floor();
        let mut state = State::new(&floor, 0).unwrap();
        keys(&mut state, &floor, &typed("cy"));
        let Pressed::Asks(Effect::PreviewOverride { seat, change: OverrideChange::Add(new) }) =
            keys(&mut state, &floor, &[Key::Enter])
        else {
            panic!("{state:?}")
        };
        let until = floor.on_call().unwrap().seats[0].duty.until.unwrap();
        assert_eq!(seat.as_str(), "primary");
        assert_eq!(new.kind, OverrideKind::ReplaceAll(vec![Text::scrub("cy.o")]));
        assert_eq!((rfc3339(new.start).as_str(), new.end), ("2026-11-20T02:12:00Z", until));
    }

    #[test]
    fn each_way_asks_for_what_it_says() {
        let floor = floor();
        let kind = |n_right: usize| {
            let mut state = State::new(&floor, 0).unwrap();
            keys(&mut state, &floor, &typed("cy"));
            keys(&mut state, &floor, &[Key::BackTab]);
            (0..n_right).for_each(|_| drop(keys(&mut state, &floor, &[Key::Right])));
            keys(&mut state, &floor, &[Key::Enter]);
            let Stage::Asked(OverrideChange::Add(new)) = state.stage else { panic!("{:?}", state.problem) };
            new.kind
        };
        let here = floor.on_call().unwrap().seats[0].duty.people[0].clone();
        let cy = Text::scrub("cy.o");
        assert_eq!(kind(1), OverrideKind::ReplaceUser { user: here, with: cy.clone() });
        assert_eq!(kind(2), OverrideKind::Add(cy.clone()));
        assert_eq!(kind(3), OverrideKind::Remove(cy));
    }

    #[test]
    fn what_cannot_be_read_is_named_and_stays() {
        let floor = floor();
        let mut state = State::new(&floor, 0).unwrap();
        assert_eq!(keys(&mut state, &floor, &[Key::Enter]), Pressed::Taken);
        assert_eq!((state.row, state.problem.is_some()), (Row::Who, true), "nobody is chosen by chance");
        keys(&mut state, &floor, &typed("cy"));
        state.until = Field::with("soon");
        keys(&mut state, &floor, &[Key::Enter]);
        assert_eq!((state.row, state.until.text()), (Row::Until, "soon"));
        state.until = Field::with("+0h");
        keys(&mut state, &floor, &[Key::Enter]);
        assert!(state.problem.as_ref().unwrap().as_str().contains("after it begins"));
        assert_eq!(state.stage, Stage::Filling);
    }

    fn previewed(state: &mut State, floor: &Floor) -> OverrideChange {
        keys(state, floor, &typed("cy"));
        keys(state, floor, &[Key::Enter]);
        let Stage::Asked(change) = state.stage.clone() else { panic!() };
        state.previewed(&change, &[], Digest { length: 1, hash: 2 });
        change
    }

    #[test]
    fn only_y_writes_and_everything_else_is_no() {
        let floor = floor();
        for key in [Key::Enter, Key::Esc, Key::Char('n'), Key::Char(' '), Key::Tab, Key::Paste("y\ny\r".to_owned())] {
            let mut state = State::new(&floor, 0).unwrap();
            previewed(&mut state, &floor);
            let asked = keys(&mut state, &floor, std::slice::from_ref(&key));
            assert!(!matches!(asked, Pressed::Asks(_)), "{key:?}");
        }
        let mut state = State::new(&floor, 0).unwrap();
        let change = previewed(&mut state, &floor);
        let seen = Digest { length: 1, hash: 2 };
        let asked = keys(&mut state, &floor, &[Key::Char('y')]);
        assert_eq!(asked, Pressed::Asks(Effect::WriteOverride { seat: Text::scrub("primary"), change, seen }));
        assert_eq!(keys(&mut state, &floor, &[Key::Char('y')]), Pressed::Taken, "written once");
    }

    #[test]
    fn a_write_that_failed_keeps_what_was_typed() {
        let floor = floor();
        let mut state = State::new(&floor, 0).unwrap();
        previewed(&mut state, &floor);
        keys(&mut state, &floor, &[Key::Char('y')]);
        state.failed(&Text::scrub("the file is read-only"));
        assert_eq!((state.who.field.text(), &state.stage), ("cy.o", &Stage::Filling));
        assert_eq!(state.problem.as_ref().unwrap().as_str(), "the file is read-only");
    }

    #[test]
    fn a_preview_of_something_else_is_not_shown() {
        let floor = floor();
        let mut state = State::new(&floor, 0).unwrap();
        let change = previewed(&mut state, &floor);
        keys(&mut state, &floor, &[Key::Esc]);
        state.previewed(&change, &[], Digest { length: 1, hash: 2 });
        assert_eq!(state.stage, Stage::Filling);
    }

    #[test]
    fn consequences_are_the_people_who_change() {
        let floor = floor();
        let schedule = &floor.on_call().unwrap().roster.schedules[0];
        let end = plus(now(), chrono::TimeDelta::hours(2));
        let person = |id: &str| vec![Text::scrub(id)];
        let only = |who: &str| {
            let kind = OverrideKind::ReplaceAll(person(who));
            OverrideChange::Add(Override { kind, start: now(), end, level: 0, created: Some(now()), note: None })
        };
        let here = schedule.on_call(now());
        assert_eq!(consequences(schedule, &only(here[0].as_str()), now()), []);
        let expected = Shift { start: now(), end, before: here, after: person("cy.o") };
        assert_eq!(consequences(schedule, &only("cy.o"), now()), [expected]);
    }
}
